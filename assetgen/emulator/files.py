"""The results' own host: addresses of pictures, and what is found there; knows no service's API."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from assetgen.emulator.jobs import Job
from assetgen.emulator.references import Reference

KEPT = 256
"""Pictures that are kept after drawing; the others are drawn again, with the same bytes."""

EXTENSIONS = {"png": "png", "jpeg": "jpg", "webp": "webp"}


@dataclass(frozen=True, slots=True)
class Address:
    """One address of one picture: a job's result (number from 1) or an upload; until when."""

    token: str
    name: str
    expires: float
    source: Job | Reference
    number: int = 1


class Files:
    """Every address that was ever given out."""

    def __init__(self, base: str, seed: int, expire: float | None) -> None:
        self.base = base
        self._salt = f"{seed}:{base}"
        self._expire = float("inf") if expire is None else expire
        self._addresses: dict[str, Address] = {}
        self._current: dict[tuple[str, str, str, int], Address] = {}
        self._drawn: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def result(self, job: Job, number: int, now: float, *, name: str = "", ttl: float = 0.0) -> str:
        """Return an address of result ``number``; a new one if the last has expired."""
        key = (job.order.service, job.order.account, job.id, number)
        current = self._current.get(key)
        if current is None or current.expires <= now:
            name = name or f"output.{EXTENSIONS[job.order.format]}"
            token = self._token(*map(str, key))
            expires = now + min(self._expire, ttl or float("inf"))
            current = Address(token, name, expires, job, number)
            self._current[key] = self._addresses[token] = current
        return self._url(job.order.service, current)

    def upload(self, service: str, name: str, picture: Reference) -> str:
        """Return an address of a picture that was uploaded."""
        address = Address(self._token(service, name), name, float("inf"), picture)
        self._addresses[address.token] = address
        return self._url(service, address)

    def find(self, token: str, name: str) -> Address | None:
        """Return the address, expired or not; None if it was never given out."""
        address = self._addresses.get(token)
        return address if address and address.name == name else None

    async def picture(self, job: Job, number: int) -> bytes:
        """Return a result's bytes, drawn in a thread and kept for a while."""
        key = (id(job), number)
        data = self._drawn.get(key)
        if data is None:
            data = await asyncio.to_thread(job.picture, number)
            self._drawn[key] = data
            while len(self._drawn) > KEPT:
                self._drawn.popitem(last=False)
        return data

    def _token(self, *parts: str) -> str:
        text = "\0".join((self._salt, str(len(self._addresses)), *parts))
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    def _url(self, service: str, address: Address) -> str:
        return f"{self.base}/{service}/{address.token}/{address.name}"
