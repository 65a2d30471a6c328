"""What the user and the machine say, as one frozen value; a project can set none of it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assetgen.errors import Kind, Loc, Problem, UsageError, did_you_mean
from assetgen.places import cache_dir, config_file, data_dir
from assetgen.secret import Secret

BAD_TOML = Kind("bad-config", "the user config cannot be read: {what}", "mend or remove {path}")
UNKNOWN_KEY = Kind("unknown-config-key", "unknown key '{key}' in the user config", "{hint}")
BAD_VALUE = Kind("bad-config-value", "{name} must be {wanted}, not '{value}'", "mend {where}")

BAD_KEY = Kind(
    "bad-key",
    "{variable} holds {what}, so it cannot be an API key",
    "set it again, to the key alone; it is not shown here",
)

CREDENTIALS = Kind(
    "credentials-in-config",
    "{name} in [hosting] holds an '@': a user name or key does not belong there",
    "set the store's own variables instead, such as AWS_ACCESS_KEY_ID",
)

SERVICES = ("pixazo", "runware", "apixo", "xai", "openai")
"""The providers that a key, a base URL or limits can be set for."""

TABLES: Mapping[str, tuple[str, ...]] = {
    "budget": ("max_images", "max_cost", "on_ambiguous", "max_duplicate_cost"),
    "draft": ("latency", "concurrency", "ids"),
    "hosting": ("store", "expires", "endpoint", "region", "public_url"),
    "ops": ("plugins",),
    "providers": SERVICES,
}
LIMITS = ("base_url", "concurrency", "rate", "first_poll", "poll")
POLICIES = ("ask", "hold", "retry")
MIN_EXPIRES = 600
IDS = ("derived", "server")
CATALOGUE_NAME = "catalogue.toml"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the user says about one provider; None leaves it to the catalogue.

    Attributes:
        base_url: where its API is.
        concurrency: jobs in flight at once; rate: requests a minute.
        first_poll, poll: seconds from a submit to the first question, and between two.
    """

    base_url: str | None = None
    concurrency: int | None = None
    rate: float | None = None
    first_poll: float | None = None
    poll: float | None = None


@dataclass(frozen=True, slots=True)
class Hosting:
    """Where pictures are put for services that read them only from an address.

    Attributes:
        store: an object store's address, such as `s3://bucket/folder`; empty for none.
        expires: seconds for which a signed address can be read.
        endpoint, region: of an object store that is not its cloud's own.
        public_url: the address under which the project's files can be read already.
    """

    store: str = ""
    expires: int = 3600
    endpoint: str = ""
    region: str = ""
    public_url: str = ""

    def __bool__(self) -> bool:
        return bool(self.store or self.public_url)


@dataclass(frozen=True, slots=True)
class Config:
    """Folders, caps, and what the user says of providers.

    Attributes:
        data_dir: ledger and bought pictures; cache_dir: what can be made again.
        config_path: the user config file, whether it exists or not.
        catalogue_path: the user's own catalogue rows, whether they exist or not.
        max_images, max_cost: the user's own caps for each run (pictures, USD), or None.
        on_ambiguous: what becomes of a call whose outcome is unknown: `ask`, `hold` or `retry`;
            max_duplicate_cost: USD a run that retries may lose to double charges.
        providers: limits by provider; hosting: where input pictures may be put.
        draft_latency: seconds that a draft job takes; draft_concurrency: jobs at once.
        draft_server_ids: whether the draft provider chooses job ids itself, as services do whose
            submit cannot be asked for; for trying out what a lost answer means.
        plugins: names of the ops of other packages that may run.
    """

    data_dir: str
    cache_dir: str
    config_path: str
    catalogue_path: str = ""
    max_images: int | None = None
    max_cost: float | None = None
    on_ambiguous: str = "ask"
    max_duplicate_cost: float = 0.0
    providers: Mapping[str, Limits] = field(default_factory=dict)
    hosting: Hosting = Hosting()
    draft_latency: float = 0.0
    draft_concurrency: int = 20
    draft_server_ids: bool = False
    plugins: tuple[str, ...] = ()


def load_config(environ: Mapping[str, str]) -> Config:
    """Return the configuration of this user. Raises UsageError for a file or value unfit to use.

    The environment wins over the file: `ASSETGEN_MAX_IMAGES`, `ASSETGEN_MAX_COST`,
    `ASSETGEN_DRAFT_LATENCY`, `ASSETGEN_DRAFT_CONCURRENCY`, `ASSETGEN_DRAFT_IDS`, and
    `ASSETGEN_<PROVIDER>_BASE_URL`.
    """
    path = config_file(environ)
    file = _read(path)
    budget, draft = file.get("budget", {}), file.get("draft", {})

    def setting(variable: str, table: Mapping[str, Any], key: str) -> tuple[str, str, Any]:
        if environ.get(variable):
            return variable, "the environment", environ[variable]
        return key, path, table.get(key)

    latency = _number(*setting("ASSETGEN_DRAFT_LATENCY", draft, "latency"))
    concurrency = _count(*setting("ASSETGEN_DRAFT_CONCURRENCY", draft, "concurrency"))
    return Config(
        data_dir=data_dir(environ),
        cache_dir=cache_dir(environ),
        config_path=path,
        catalogue_path=os.path.join(os.path.dirname(path), CATALOGUE_NAME),
        max_images=_count(*setting("ASSETGEN_MAX_IMAGES", budget, "max_images")),
        max_cost=_number(*setting("ASSETGEN_MAX_COST", budget, "max_cost")),
        on_ambiguous=_one_of(POLICIES, "on_ambiguous", path, budget.get("on_ambiguous")),
        max_duplicate_cost=_number("max_duplicate_cost", path, budget.get("max_duplicate_cost"))
        or 0.0,
        providers={
            name: _limits(environ, name, path, file.get("providers", {}).get(name, {}))
            for name in SERVICES
        },
        hosting=_hosting(path, file.get("hosting", {})),
        draft_latency=latency or 0.0,
        draft_concurrency=max(1, concurrency or 20),
        draft_server_ids=_one_of(IDS, *setting("ASSETGEN_DRAFT_IDS", draft, "ids")) == "server",
        plugins=_names("plugins", path, file.get("ops", {})),
    )


def key_variable(provider: str) -> str:
    """Return the name of the environment variable that holds a provider's key."""
    return f"{provider.upper()}_API_KEY"


def api_key(environ: Mapping[str, str], provider: str) -> Secret | None:
    """Return a provider's key from the environment; None if there is none.

    Raises UsageError, which never shows the text, for one that no service gives: a line break at
    its end would be printed by the exception that it causes in a header.
    """
    text = environ.get(key_variable(provider), "")
    if not text:
        return None
    if text.isascii() and text.isprintable() and " " not in text:
        return Secret(text)
    breaks = any(char in "\r\n" for char in text)
    what = "a line break" if breaks else "a blank or a character that is not plain ASCII"
    raise UsageError(Problem(BAD_KEY, None, {"variable": key_variable(provider), "what": what}))


def ready_services(environ: Mapping[str, str], config: Config) -> list[str]:
    """Return the providers that can be asked: their key is set, or none is needed.

    A server of the OpenAI shape at a base URL of the user's own may need no key.
    """
    ready = ["draft"]
    for name in SERVICES:
        own = name == "openai" and config.providers.get(name, Limits()).base_url
        if environ.get(key_variable(name)) or own:
            ready.append(name)
    return ready


def _limits(environ: Mapping[str, str], name: str, path: str, table: Mapping[str, Any]) -> Limits:
    concurrency = _count("concurrency", path, table.get("concurrency"))
    url = environ.get(f"ASSETGEN_{name.upper()}_BASE_URL") or _text("base_url", path, table)
    return Limits(
        base_url=url or None,
        concurrency=None if concurrency is None else max(1, concurrency),
        rate=_number("rate", path, table.get("rate")),
        first_poll=_number("first_poll", path, table.get("first_poll")),
        poll=_number("poll", path, table.get("poll")),
    )


def _names(name: str, path: str, table: Mapping[str, Any]) -> tuple[str, ...]:
    value = table.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        facts = {"name": name, "wanted": "a list of names", "value": str(value), "where": path}
        raise UsageError(Problem(BAD_VALUE, Loc(path), facts))
    return tuple(value)


def _hosting(path: str, table: Mapping[str, Any]) -> Hosting:
    expires = _count("expires", path, table.get("expires"))
    for name in ("store", "public_url", "endpoint"):
        if "@" in _text(name, path, table):
            raise UsageError(Problem(CREDENTIALS, Loc(path), {"name": name}))
    return Hosting(
        store=_text("store", path, table),
        expires=max(MIN_EXPIRES, expires) if expires is not None else 3600,
        endpoint=_text("endpoint", path, table),
        region=_text("region", path, table),
        public_url=_text("public_url", path, table).rstrip("/"),
    )


def _text(name: str, path: str, table: Mapping[str, Any]) -> str:
    value = table.get(name, "")
    if not isinstance(value, str):
        raise UsageError(_bad(name, path, value, "a text"))
    return value


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            data = tomllib.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else None
        facts = {"what": what or str(error), "path": path}
        raise UsageError(Problem(BAD_TOML, Loc(path), facts)) from error
    problems = list(_unknown(data, path))
    if problems:
        raise UsageError(*problems)
    return data


def _unknown(data: Mapping[str, Any], path: str) -> list[Problem]:
    problems = []
    for table, values in data.items():
        if table not in TABLES or not isinstance(values, dict):
            facts = {"key": table, "hint": did_you_mean(table, TABLES)}
            problems.append(Problem(UNKNOWN_KEY, Loc(path), facts))
            continue
        problems += _unknown_keys(table, values, TABLES[table], path)
        for name, limits in values.items() if table == "providers" else ():
            if isinstance(limits, dict):
                problems += _unknown_keys(f"providers.{name}", limits, LIMITS, path)
            else:
                problems.append(_bad(name, path, limits, "a table"))
    return problems


def _unknown_keys(
    table: str, values: Mapping[str, Any], known: tuple[str, ...], path: str
) -> list[Problem]:
    return [
        Problem(UNKNOWN_KEY, Loc(path), {"key": f"{table}.{key}", "hint": did_you_mean(key, known)})
        for key in values
        if key not in known
    ]


def _number(name: str, where: str, value: Any) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(value, bool) or not 0 <= number < 1e9:
        raise UsageError(_bad(name, where, value, "a number, 0 or more"))
    return number


def _count(name: str, where: str, value: Any) -> int | None:
    number = _number(name, where, value)
    if number is None:
        return None
    if not number.is_integer():
        raise UsageError(_bad(name, where, value, "a whole number, 0 or more"))
    return int(number)


def _one_of(known: tuple[str, ...], name: str, where: str, value: Any) -> str:
    """Return ``value`` if it is one of ``known``; the first of them if there is none."""
    if value is None:
        return known[0]
    if value in known:
        return str(value)
    words = [f"'{word}'" for word in known]
    raise UsageError(_bad(name, where, value, f"{', '.join(words[:-1])} or {words[-1]}"))


def _bad(name: str, where: str, value: Any, wanted: str) -> Problem:
    return Problem(
        BAD_VALUE, None, {"name": name, "wanted": wanted, "value": str(value), "where": where}
    )
