"""Looks at keys, addresses and rows of every provider, and asks the services if told to."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

from assetgen.action import DRAFT_MODEL
from assetgen.catalogue import Catalogue, Service
from assetgen.config import (
    SERVICES,
    Config,
    Limits,
    api_key,
    key_variable,
    load_config,
    ready_services,
)
from assetgen.errors import AccountError, AssetgenError, Problem
from assetgen.report.diagnosis import Answer, Diagnosis, Place, Seen
from assetgen.rows import read_catalogue

Check = Callable[[str], Awaitable[str]]
"""Asks a service something free; returns one line or raises AssetgenError."""


def diagnose(
    environ: Mapping[str, str], *, ask: bool = False, check: Check | None = None
) -> Diagnosis:
    """Return what this user can buy where; with ``ask`` the services that are ready are asked.

    ``check`` asks instead of the real services. Raises UsageError for a config file or a catalogue
    that cannot be read.
    """
    config = load_config(environ)
    catalogue = read_catalogue(config.catalogue_path)
    ready = ready_services(environ, config)
    seen = [
        _seen(catalogue, name, config, environ, is_ready=name in ready)
        for name in (DRAFT_MODEL, *SERVICES)
    ]
    if ask:
        names = [one.service.name for one in seen if one.variable and one.ready]
        answers = asyncio.run(_ask_all(names, check or _opened(catalogue, config, environ)))
        seen = [replace(one, answer=answers.get(one.service.name)) for one in seen]
    return Diagnosis(tuple(seen), config.hosting, tuple(_places(config)))


def _seen(
    catalogue: Catalogue,
    name: str,
    config: Config,
    environ: Mapping[str, str],
    *,
    is_ready: bool,
) -> Seen:
    routes = tuple(r for rows in catalogue.models.values() for r in rows if r.provider == name)
    limits = config.providers.get(name, Limits())
    service = _limited(catalogue.service(name), limits)
    if name == DRAFT_MODEL:
        return Seen(replace(service, concurrency=config.draft_concurrency), routes)
    variable = f"ASSETGEN_{name.upper()}_BASE_URL"
    said = variable if environ.get(variable) else config.config_path
    problems, base_url = _checked(name, limits.base_url or service.base_url, environ)
    return Seen(
        service,
        routes,
        key_variable(name),
        key_set=bool(environ.get(key_variable(name))),
        base_url=base_url,
        base_from=said if limits.base_url else "",
        ready=is_ready and not problems,
        problems=problems,
    )


def _limited(service: Service, limits: Limits) -> Service:
    """Return the service with what the user says of it."""
    return replace(
        service,
        concurrency=limits.concurrency or service.concurrency,
        rate=service.rate if limits.rate is None else limits.rate,
        first_poll=service.first_poll if limits.first_poll is None else limits.first_poll,
        poll=service.poll if limits.poll is None else limits.poll,
    )


def _checked(
    name: str, base_url: str, environ: Mapping[str, str]
) -> tuple[tuple[Problem, ...], str]:
    """Return what is wrong with key and address, and the address if it can be shown."""
    # The HTTP client takes as long to load as a small project to plan; other commands need none.
    from assetgen.providers.services import checked_base_url

    problems: list[Problem] = []
    try:
        api_key(environ, name)
    except AssetgenError as error:
        problems += error.problems
    try:
        return tuple(problems), checked_base_url(name, base_url)
    except AssetgenError as error:
        return (*problems, *error.problems), ""


def _opened(catalogue: Catalogue, config: Config, environ: Mapping[str, str]) -> Check:
    """Return a check that asks the services themselves, each on a client of its own."""
    from assetgen.providers.services import open_services

    async def check(name: str) -> str:
        services = open_services(
            {name: catalogue.service(name)}, config.providers, {name: api_key(environ, name)}
        )
        try:
            return await services.providers[name].check()
        finally:
            await services.close()

    return check


async def _ask_all(names: Iterable[str], check: Check) -> dict[str, Answer]:
    async def ask(name: str) -> tuple[str, Answer]:
        try:
            return name, Answer(await check(name))
        except AssetgenError as error:
            return name, Answer("", error.problems, isinstance(error, AccountError))

    return dict(await asyncio.gather(*map(ask, names)))


def _places(config: Config) -> Iterable[Place]:
    for name, path in (
        ("config", config.config_path),
        ("catalogue", config.catalogue_path),
        ("data", config.data_dir),
        ("cache", config.cache_dir),
    ):
        yield Place(name, path, os.path.exists(path))
