"""What must be true after every build, however it ended; starts nothing and changes nothing.

Each check returns sentences about what is wrong. The disk is read without assetgen's own ledger
code, and charges are those of the emulated services.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assetgen.digest import sha256
from assetgen.emulator.ledger import Charge
from assetgen.emulator.pictures import note_of
from assetgen.errors import AssetgenError
from assetgen.ops.picture import inspect
from assetgen.store.lock import Lock, read
from tests.campaign.site import SERIES, TAKES, Site, Wish

OPEN = ("intent", "ambiguous", "abandoned")
"""States of a call of which nobody could say whether the service has it."""
FINAL = ("failed", "abandoned")
UNSETTLED = ("intent", "accepted", "completed", "ambiguous")


@dataclass(frozen=True, slots=True)
class Row:
    """One call, as the ledger's file has it."""

    id: int
    key: str
    take: int
    epoch: int
    state: str
    job_id: str
    project: str
    target: str
    sha256: str
    prompt: str
    charged: int | None


@dataclass(frozen=True, slots=True)
class Books:
    """The ledger's calls, and the digests that it knows as assetgen's own outputs."""

    rows: tuple[Row, ...] = ()
    made: frozenset[str] = frozenset()
    damage: str = ""

    @property
    def states(self) -> Counter[str]:
        """How many calls there are in each state."""
        return Counter(row.state for row in self.rows)


def books_of(site: Site, scratch: Path) -> Books:
    """Read a ledger from a copy; an absent one is empty."""
    copy = site.rows_copy(scratch / "ledger-copy.sqlite3")
    if copy is None:
        return Books()
    try:
        return _read(copy)
    except sqlite3.Error as error:
        return Books(damage=f"the ledger cannot be read: {error}")
    finally:
        for end in ("", "-wal", "-shm"):
            Path(f"{copy}{end}").unlink(missing_ok=True)


def _read(path: Path) -> Books:
    db = sqlite3.connect(path)
    try:
        (sound,) = db.execute("PRAGMA integrity_check").fetchone()
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        if "calls" not in tables:
            return Books()
        rows = db.execute(
            "SELECT id, key, take, epoch, state, job_id, project, target, coalesce(sha256, ''),"
            " json_extract(text, '$.prompt'), charged FROM calls JOIN manifests USING (key)"
        )
        made = db.execute("SELECT sha256 FROM made")
        return Books(
            tuple(Row(*row) for row in rows),
            frozenset(digest for (digest,) in made),
            "" if sound == "ok" else f"the ledger is damaged: {sound}",
        )
    finally:
        db.close()


def torn(site: Site, books: Books) -> Iterator[str]:
    """Say which files are not whole: outputs, kept and bought pictures, the lock, the ledger."""
    if books.damage:
        yield books.damage
    for path in site.root.rglob("*.png"):
        if not path.name.startswith(".assetgen-"):
            yield from _unfit_picture(path)
    for path in (site.data / "blobs").glob("*/*"):
        if path.name.startswith(".assetgen-"):
            continue
        if sha256(path.read_bytes()) != path.name:
            yield f"the blob {path.name[:12]} is torn"
        yield from _unfit_picture(path)
    try:
        _lock(site)
    except AssetgenError as error:
        yield f"the lock of {site.name} cannot be read: {error}"


def _unfit_picture(path: Path) -> Iterator[str]:
    try:
        inspect(path.read_bytes())
    except AssetgenError as error:
        yield f"{path.name} is torn: {error}"


def disorder(
    site: Site, books: Books, *, has_ledger: bool = True, removed: Collection[str] = ()
) -> Iterator[str]:
    """Say where the order blob, ledger, outputs, lock was not kept.

    Whatever is written names only what is there: a cut between two steps loses nothing.
    ``has_ledger`` is False where the ledger was thrown away: then it vouches for nothing.
    ``removed``: paths of outputs that the user removed.
    """
    blobs = {path.name for path in (site.data / "blobs").glob("*/*")}
    fetched = {row.sha256 for row in books.rows if row.state == "fetched"}
    for digest in fetched - blobs:
        yield f"the ledger has {digest[:12]} as fetched, and its bytes are nowhere"
    lock = _lock(site)
    for line in lock.lines.values():
        for take in line.takes:
            if take.sha256 not in blobs:
                yield f"the lock has take {take.n} of {line.target}, and its bytes are nowhere"
            if has_ledger and take.sha256 not in fetched:
                yield f"the lock has take {take.n} of {line.target}, the ledger has not"
        for path, record in line.outputs.items():
            if path in removed and not (site.root / path).exists():
                continue
            yield from _unrecorded(site, path, record.sha256, books, has_ledger=has_ledger)


def _unrecorded(
    site: Site, path: str, digest: str, books: Books, *, has_ledger: bool
) -> Iterator[str]:
    place = site.root / path
    if not place.exists():
        yield f"the lock has {path}, which is not there"
        return
    found = sha256(place.read_bytes())
    # A newer output may stand there already: the lock is written last.
    if found != digest and has_ledger and found not in books.made:
        yield f"{path} is neither what the lock says nor anything that was made"


def wrong_pictures(site: Site, books: Books, charges: Iterable[Charge]) -> Iterator[str]:
    """Say which bought pictures show something else than what they were bought for."""
    jobs = {charge.job: charge for charge in charges}
    for row in books.rows:
        path = site.data / "blobs" / row.sha256[:2] / row.sha256
        if row.state != "fetched" or not path.exists():
            continue
        note = note_of(path.read_bytes())
        if note.get("prompt") != row.prompt or note.get("job") not in jobs:
            yield f"take {row.take} of '{row.prompt}' shows '{note.get('prompt')}'"


def doubles(
    charges: Iterable[Charge], asked_for: Mapping[str, int], spare: int = 0
) -> Iterator[str]:
    """Say which prompts were paid for more often than the spec and the user wanted.

    ``asked_for``: by prompt, how often the user had it sent again at the risk of a second charge;
    ``spare``: how many second charges the user config allowed besides, whatever they are for.
    """
    paid = Counter(charge.prompt for charge in charges if not charge.refunded)
    allowed = {prompt: TAKES.get(prompt, 0) + asked_for.get(prompt, 0) for prompt in paid}
    over = {prompt: n - allowed[prompt] for prompt, n in paid.items() if n > allowed[prompt]}
    if sum(over.values()) > spare:
        for prompt in over:
            yield f"'{prompt}' was charged {paid[prompt]} times instead of {allowed[prompt]}"


def strays(
    charges: Iterable[Charge],
    ledgers: Sequence[Books],
    asked_for: Mapping[str, int],
    spare: int = 0,
) -> Iterator[str]:
    """Say which charges no ledger accounts for, be it as a call in doubt."""
    known = {row.job_id for books in ledgers for row in books.rows}
    lost = Counter(c.prompt for c in charges if c.job not in known and not c.refunded)
    doubt = Counter(row.prompt for books in ledgers for row in books.rows if row.state in OPEN)
    excused = {prompt: doubt[prompt] + asked_for.get(prompt, 0) for prompt in lost}
    if sum(max(0, n - excused[prompt]) for prompt, n in lost.items()) > spare:
        for prompt, number in lost.items():
            yield f"{number} charges for '{prompt}' are in no ledger, {excused[prompt]} in doubt"


def unfinished(site: Site, books: Books, wish: Wish) -> Iterator[str]:
    """Say what a build left undone that ended with exit code 0.

    A call that nobody wants any more may stay open: it is looked after, but it is no target's.
    """
    lock = _lock(site)
    for path, place in site.outputs.items():
        name = Path(path).stem
        if not place.exists():
            yield f"exit 0 without {path}"
        elif name not in lock.lines:
            yield f"exit 0, and {name} is not in the lock"
        elif lock.lines[name].outputs[path].sha256 != sha256(place.read_bytes()):
            yield f"exit 0, and {path} is not what the lock says"
    ended = {row.take for row in books.rows if row.prompt == SERIES and row.state in FINAL}
    have = {take.n for line in lock.lines.values() if line.target == "twins" for take in line.takes}
    for take in set(range(1, TAKES[SERIES] + 1)) - have - ended:
        yield f"exit 0 without take {take} of twins"
    for row in books.rows:
        if row.prompt in wish.prompts and row.state in UNSETTLED:
            yield f"exit 0, and call {row.id} for {row.target} is {row.state}"


def _lock(site: Site) -> Lock:
    return read(str(site.root / "assetgen.lock"))
