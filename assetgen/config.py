"""What the user and the machine say, as one frozen value; a project can set none of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assetgen.errors import Kind, Loc, Problem, UsageError, did_you_mean
from assetgen.places import cache_dir, config_file, data_dir

BAD_TOML = Kind("bad-config", "the user config cannot be read: {what}", "mend or remove {path}")
UNKNOWN_KEY = Kind("unknown-config-key", "unknown key '{key}' in the user config", "{hint}")
BAD_VALUE = Kind("bad-config-value", "{name} must be {wanted}, not '{value}'", "mend {where}")

TABLES: Mapping[str, tuple[str, ...]] = {
    "budget": ("max_images", "max_cost"),
    "draft": ("latency", "concurrency", "ids"),
}


@dataclass(frozen=True, slots=True)
class Config:
    """Folders, caps and the draft provider's manners.

    Attributes:
        data_dir: ledger and bought pictures; cache_dir: what can be made again.
        config_path: the user config file, whether it exists or not.
        max_images, max_cost: the user's own caps for each run (pictures, USD), or None.
        draft_latency: seconds that a draft job takes; draft_concurrency: jobs at once.
        draft_server_ids: whether the draft provider chooses job ids itself, as services do whose
            submit cannot be asked for; for trying out what a lost answer means.
    """

    data_dir: str
    cache_dir: str
    config_path: str
    max_images: int | None = None
    max_cost: float | None = None
    draft_latency: float = 0.0
    draft_concurrency: int = 20
    draft_server_ids: bool = False


def load_config(environ: Mapping[str, str]) -> Config:
    """Return the configuration of this user. Raises UsageError for a file or value unfit to use.

    The environment wins over the file: `ASSETGEN_MAX_IMAGES`, `ASSETGEN_MAX_COST`,
    `ASSETGEN_DRAFT_LATENCY`, `ASSETGEN_DRAFT_CONCURRENCY`, `ASSETGEN_DRAFT_IDS`.
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
        max_images=_count(*setting("ASSETGEN_MAX_IMAGES", budget, "max_images")),
        max_cost=_number(*setting("ASSETGEN_MAX_COST", budget, "max_cost")),
        draft_latency=latency or 0.0,
        draft_concurrency=max(1, concurrency or 20),
        draft_server_ids=_word(*setting("ASSETGEN_DRAFT_IDS", draft, "ids")) == "server",
    )


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
        for key in values:
            if key not in TABLES[table]:
                facts = {"key": f"{table}.{key}", "hint": did_you_mean(key, TABLES[table])}
                problems.append(Problem(UNKNOWN_KEY, Loc(path), facts))
    return problems


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


def _word(name: str, where: str, value: Any) -> str:
    if value in (None, "derived", "server"):
        return value or "derived"
    raise UsageError(_bad(name, where, value, "'derived' or 'server'"))


def _bad(name: str, where: str, value: Any, wanted: str) -> Problem:
    return Problem(
        BAD_VALUE, None, {"name": name, "wanted": wanted, "value": str(value), "where": where}
    )
