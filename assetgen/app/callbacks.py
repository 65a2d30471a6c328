"""Listens for the calls that services make back while a build runs; asks no service anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from assetgen.clock import Clock
from assetgen.errors import Kind, Problem, UsageError
from assetgen.paid.hooks import Hooks

HALF = Kind(
    "webhook-half",
    "{missing} is missing: a call back needs an address outside and one here",
    "give both, such as --webhook-url https://me.example.org --webhook-listen 127.0.0.1:8787",
)


@dataclass(frozen=True, slots=True)
class CallBacks:
    """The address under which services reach this machine, and where it listens."""

    url: str
    listen: str


def call_backs(url: str | None, listen: str | None) -> CallBacks | None:
    """Return what two options say together. Raises UsageError if only one is given."""
    if url and listen:
        return CallBacks(url, listen)
    if url or listen:
        missing = "--webhook-listen" if url else "--webhook-url"
        raise UsageError(Problem(HALF, facts={"missing": missing}))
    return None


@asynccontextmanager
async def listening(wanted: CallBacks | None, clock: Clock) -> AsyncIterator[Hooks | None]:
    """Listen while the block lasts. Raises UsageError for addresses that are none."""
    if wanted is None:
        yield None
        return
    # Few builds listen, and the parser takes its time to load.
    from assetgen.providers.webhooks import Listener, listen_place, webhook_url

    hooks = Hooks(webhook_url(wanted.url), clock)
    listener = Listener(*listen_place(wanted.listen), hooks.hint)
    hooks.expect, hooks.forget = listener.expect, listener.forget
    await listener.start()
    try:
        yield hooks
    finally:
        await listener.close()
