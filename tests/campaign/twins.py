"""Builds with one seeded bug each, which the campaign must find; the first one has none.

A twin is put together from subclasses, handed in where a build takes such a part.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any

import httpx

from assetgen.app.asked import Hands
from assetgen.app.project import Project
from assetgen.clock import Clock
from assetgen.config import api_key
from assetgen.digest import Digest, sha256
from assetgen.paid.collector import Collector, Counter
from assetgen.paid.desk import Desk
from assetgen.paid.orders import Order
from assetgen.paid.outcomes import CallHeld
from assetgen.providers.base import Accepted, Ambiguous, Completed, Failed, Provider, Request
from assetgen.providers.http import Http
from assetgen.providers.services import open_services
from assetgen.secret import Secret
from assetgen.state import Job, JobState
from assetgen.store.blobs import BlobStore, DiskBlobs
from assetgen.store.fs import Fs
from assetgen.store.ledger import FILE_NAME, Ledger
from assetgen.store.sessions import is_alive
from tests.campaign.builder import Steps, Task, Twin

# No intent before the request


class LateLedger(Ledger):
    """Commits an intent only together with what is recorded next."""

    @contextmanager
    def _transaction(self, db: sqlite3.Connection, name: str) -> Iterator[None]:
        if not db.in_transaction:
            db.execute("BEGIN IMMEDIATE")
        yield
        if name != JobState.INTENT:
            self._fs.step(f"ledger {name} before")
            db.execute("COMMIT")


class WithLateLedger(Project):
    """Its ledger is late."""

    @cached_property
    def ledger(self) -> Ledger:
        """The record of paid calls."""
        folder = self.config.data_dir
        path = os.path.join(folder, FILE_NAME)
        return LateLedger(path, self.fs, alive=lambda name: is_alive(folder, name))


class NoIntent(Twin):
    """The intent is not durable when the request leaves."""

    def project(self, task: Task, fs: Fs, clock: Clock) -> Project:
        """Return a project whose ledger is late."""
        return _as(WithLateLedger, super().project(task, fs, clock))


# Ids that nothing derives


class RandomDesk(Desk):
    """Its ids depend on the process."""

    def __init__(self, counters: Mapping[str, Counter], *rest: Any, **more: Any) -> None:
        own = {
            name: replace(counter, secret=secrets.token_bytes(16))
            for name, counter in counters.items()
        }
        super().__init__(own, *rest, **more)


class RandomId(Twin):
    """The id of a call cannot be derived again."""

    def hands(self, project: Project, hands: Hands) -> Hands:
        """Give a desk with a secret of its own."""
        return replace(hands, desk=RandomDesk)


# A request in doubt is sent again


class Stubborn:
    """A provider that sends again what had no answer."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    async def submit(self, request: Request, job_id: str) -> Accepted | Completed | Failed:
        """Send, and send once more."""
        try:
            return await self._provider.submit(request, job_id)
        except Ambiguous:
            return await self._provider.submit(request, job_id)


class StubbornDesk(Desk):
    """All its providers are stubborn."""

    def __init__(self, counters: Mapping[str, Counter], *rest: Any, **more: Any) -> None:
        own = {
            name: replace(counter, provider=Stubborn(counter.provider))
            for name, counter in counters.items()
        }
        super().__init__(own, *rest, **more)


class BlindRetry(Twin):
    """A 5xx or a lost answer is a reason to send again."""

    def hands(self, project: Project, hands: Hands) -> Hands:
        """Give a desk whose providers are stubborn."""
        return replace(hands, desk=StubbornDesk)


# Files written where they stand


class InPlaceFs(Steps):
    """Writes into the file itself, in two parts."""

    def write(self, path: str, data: bytes, *, mode: int = 0o666) -> None:
        """Overwrite ``path``."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        half = len(data) // 2
        with open(path, "wb") as file:
            for part in (data[:half], data[half:]):
                self.step(f"write {os.path.basename(path)}")
                file.write(part)
                file.flush()
            os.fsync(file.fileno())


class InPlace(Twin):
    """Outputs, blobs and the lock are written in place."""

    def fs(self, at: int, begin: Callable[[], None]) -> Fs:
        """Return what writes in place."""
        return InPlaceFs(at, begin)


# An HTTP client that is too eager


class FollowingHttp(Http):
    """Follows redirects, whatever the request carries."""

    def client(self, *, fresh: bool, direct: bool) -> httpx.AsyncClient:
        """Return a client that follows."""
        client = super().client(fresh=fresh, direct=direct)
        client.follow_redirects = True
        return client


class RepeatingTransport(httpx.AsyncHTTPTransport):
    """Sends a request again that had no answer."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and send once more."""
        try:
            return await super().handle_async_request(request)
        except (httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError):
            return await super().handle_async_request(request)


class OtherHttp(Twin):
    """The services are reached through another HTTP client."""

    def __init__(self, make: Callable[[], Http]) -> None:
        self._make = make

    def hands(self, project: Project, hands: Hands) -> Hands:
        """Give providers that use the client."""
        names = [name for name in project.catalogue.ready or () if name != "draft"]
        keys = {name: api_key(project.environ, name) for name in names}
        limits = project.config.providers
        wanted = {name: project.catalogue.service(name) for name in names}
        services = open_services(wanted, limits, keys, self._make())
        counters = {
            name: Counter(
                provider,
                project.bought,
                _secret(keys[name]),
                first_poll=limits[name].first_poll or 0.0,
                poll=limits[name].poll or 1.0,
            )
            for name, provider in services.providers.items()
        }
        return replace(hands, counters=counters)


# The lock before the picture


class LateBlobs(DiskBlobs):
    """Keeps pictures in memory until it is told to write them."""

    def __init__(self, root: str, fs: Fs) -> None:
        super().__init__(root, fs)
        self._waiting: dict[Digest, bytes] = {}

    def put(self, data: bytes) -> Digest:
        """Take ``data``."""
        digest = sha256(data)
        self._waiting[digest] = data
        return digest

    def get(self, digest: Digest) -> bytes:
        """Return bytes, written or not."""
        return self._waiting[digest] if digest in self._waiting else super().get(digest)

    def readable(self, digest: Digest) -> bool:
        """Return whether the bytes are here."""
        return digest in self._waiting or super().readable(digest)

    def write(self) -> None:
        """Write what waits."""
        while self._waiting:
            super().put(self._waiting.popitem()[1])


class LockFirstFs(Steps):
    """Tells when the lock was written."""

    then: Callable[[], None] = staticmethod(lambda: None)

    def write(self, path: str, data: bytes, *, mode: int = 0o666) -> None:
        """Write, and tell if it was the lock."""
        super().write(path, data, mode=mode)
        if os.path.basename(path) == "assetgen.lock":
            self.then()


class WithLateBlobs(Project):
    """Its pictures are written late."""

    @cached_property
    def bought(self) -> BlobStore:
        """Paid bytes."""
        return LateBlobs(os.path.join(self.config.data_dir, "blobs"), self.fs)


class LockFirst(Twin):
    """Ledger and lock are written before the picture is."""

    def fs(self, at: int, begin: Callable[[], None]) -> Fs:
        """Return what tells of the lock."""
        return LockFirstFs(at, begin)

    def project(self, task: Task, fs: Fs, clock: Clock) -> Project:
        """Return a project whose pictures follow the lock."""
        project = _as(WithLateBlobs, super().project(task, fs, clock))
        if isinstance(fs, LockFirstFs) and isinstance(project.bought, LateBlobs):
            fs.then = project.bought.write
        return project


# Pictures that are not whole


class CarelessCollector(Collector):
    """Stores whatever came."""

    async def _fetched(self, job: Job, result: str) -> Digest:
        counter = self._counters[job.provider]
        return counter.blobs.put(await counter.provider.fetch(result))


class CarelessDesk(Desk):
    """Collects without looking."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        changed = more["changed"]
        self._collector = CarelessCollector(*given, changed=changed)


class Truncated(Twin):
    """A picture counts that is not whole."""

    def hands(self, project: Project, hands: Hands) -> Hands:
        """Give a desk that does not look."""
        return replace(hands, desk=CarelessDesk)


# Doubt that does not last


class WithoutDoubts(Project):
    """Its ledger forgets held calls when it is opened."""

    @cached_property
    def ledger(self) -> Ledger:
        """The record of paid calls."""
        ledger = super().ledger
        if os.path.exists(ledger.path):
            db = sqlite3.connect(ledger.path, isolation_level=None)
            db.execute("DELETE FROM calls WHERE state = 'ambiguous'")
            db.close()
        return ledger


class ForgetsDoubts(Twin):
    """A held call is forgotten by the next build."""

    def project(self, task: Task, fs: Fs, clock: Clock) -> Project:
        """Return a project that forgets."""
        return _as(WithoutDoubts, super().project(task, fs, clock))


class ImpatientDesk(Desk):
    """Orders under the next epoch what is held under this one."""

    async def order(self, order: Order) -> Job:
        """Order, and order anew."""
        try:
            return await super().order(order)
        except CallHeld:
            return await super().order(replace(order, epoch=order.epoch + 1))


class OwnEpoch(Twin):
    """The epoch rises by itself."""

    def hands(self, project: Project, hands: Hands) -> Hands:
        """Give an impatient desk."""
        return replace(hands, desk=ImpatientDesk)


def _secret(key: Secret | None) -> bytes:
    return key.reveal().encode() if key else b"no key"


def _as(kind: type[Project], project: Project) -> Project:
    return kind(project.root, project.config, project.environ, project.fs, project.clock)


TWINS: Mapping[str, Twin] = {
    "": Twin(),
    "no-intent": NoIntent(),
    "random-id": RandomId(),
    "blind-retry": BlindRetry(),
    "in-place": InPlace(),
    "follows-redirects": OtherHttp(FollowingHttp),
    "repeats-requests": OtherHttp(lambda: Http(RepeatingTransport())),
    "lock-first": LockFirst(),
    "truncated": Truncated(),
    "forgets-doubts": ForgetsDoubts(),
    "own-epoch": OwnEpoch(),
}
