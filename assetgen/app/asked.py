"""What a build is asked for and what it is given, as values; builds nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from assetgen.app.callbacks import CallBacks
from assetgen.app.consent import Caps
from assetgen.app.loading import Loaded
from assetgen.app.planning import ALL, Selection
from assetgen.build.limits import Limits
from assetgen.catalogue import Catalogue
from assetgen.events import Event, Summary
from assetgen.paid.budget import Budget
from assetgen.paid.collector import Counter
from assetgen.paid.desk import Desk
from assetgen.plan.model import Mode, Plan
from assetgen.state import Job
from assetgen.store import snapshot


@dataclass(frozen=True, slots=True)
class Options:
    """What one build was asked for.

    Attributes:
        call_backs: where services may call back.
        scope: text that a snapshot must bear to answer the same request; stamp: the environment's
            part of it; empty texts leave no snapshot.
    """

    selection: Selection = ALL
    mode: Mode = field(default_factory=Mode)
    limits: Limits = field(default_factory=Limits)
    caps: Caps = field(default_factory=Caps)
    scope: str = ""
    stamp: str = ""
    call_backs: CallBacks | None = None


@dataclass(frozen=True, slots=True)
class Hands:
    """What a build is given from outside.

    Attributes:
        emit: told of each event.
        agree: asks the person at the terminal whether to spend; None if nobody is there.
        idle: the text that an unchanged project's build prints, from its counts.
        settle: asks that person about calls in doubt: whether to send them again.
        loaded: told what the project consists of, before anything is done about it.
        lend: told of what may be spent before anything is; may change it.
        counters: providers besides draft; catalogue: what they serve. The user's own if not given.
        desk: makes what orders are placed at.
    """

    emit: Callable[[Event], None]
    agree: Callable[[Plan], bool] | None = None
    settle: Callable[[Sequence[Job]], bool] | None = None
    loaded: Callable[[Loaded], None] | None = None
    lend: Callable[[Budget], None] | None = None
    idle: Callable[[Summary, Plan], snapshot.Message] | None = None
    counters: Mapping[str, Counter] | None = None
    catalogue: Catalogue | None = None
    desk: type[Desk] = Desk
