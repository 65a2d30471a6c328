"""Reads one line of the lock, which is untrusted; knows nothing of the file around it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, cast

from assetgen.action import SCHEMA
from assetgen.digest import Digest, sha256
from assetgen.errors import Kind, did_you_mean
from assetgen.graph import NOTHING, READ_FORMATS
from assetgen.paths import check_path
from assetgen.state import MAX_NAME, MAX_NOTE, LineState, LockLine, OutputRecord, Take
from assetgen.store.locktext import RECIPE, Recipe, paid_text

MAX_NUMBER = 2**31 - 1
MAX_COST = 1e9

NEWER = Kind(
    "lock-newer",
    "this {what} was written by a newer assetgen",
    "upgrade assetgen; the older one must not change the file",
)
NOT_JSON = Kind(
    "lock-not-json",
    "this line of the lock is not a JSON object",
    "take the line from version control",
)
UNKNOWN_FIELD = Kind("lock-unknown-field", "the lock has an unknown field '{field}'", "{nearest}")
BAD_FIELD = Kind(
    "lock-bad-field",
    "'{field}' in this line of the lock {why}",
    "take the line from version control",
)

_FIELDS = frozenset(
    (
        "target",
        "recipe",
        "takes",
        "shown",
        "outputs",
        "state",
        "epoch",
        "pinned",
        "accepted_key",
        "note",
    )
)
_PLAIN = frozenset(("n", "sha256", "provider", "model", "cost"))
_TAKE = _PLAIN | {"note", "rejected", "adopted", "finished"}
_RECORD = frozenset(("key", "sha256"))
_STATES = {state.value: state for state in LineState}


class BadLine(Exception):
    """A line that cannot be read: the kind of mistake, its facts and column."""

    def __init__(self, kind: Kind, facts: Mapping[str, Any] = NOTHING, column: int = 1) -> None:
        super().__init__(kind.name)
        self.kind = kind
        self.facts = facts
        self.column = column


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("a field given twice")
    return data


_DECODER: Any = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_once)
# What `decode` calls, without its two searches for white space.
_scan: Callable[[str, int], tuple[Any, int]] = _DECODER.scan_once
_is_digest = re.compile(r"[0-9a-f]{64}").fullmatch

_HEX = "[0-9a-f]{64}"
_WORD = r'[^"\\\x00-\x1f]*+'
_STRING = rf'"{_WORD}(?:\\["\\bfnrt]{_WORD})*+"'
_MAYBE = rf"(?:null|{_STRING})"
_INPUTS = rf'(?:{{"role":{_STRING},"sha256":"{_HEX}"}}(?:,(?=\{{)|(?=\])))*+'
# A target with one take and one output as `line_text` writes it. Nearly every line is one, and
# this tells three times as fast as JSON and the checks below, with the same outcome.
_match_usual = re.compile(
    rf'{{"target":"({_WORD})","recipe":('
    rf'{{"aspect_ratio":{_MAYBE},"inputs":\[{_INPUTS}\],"kind":{_STRING},"model":{_STRING},'
    rf'"prompt":{_STRING},"quality":{_MAYBE},"resolution":{_MAYBE},"schema":{SCHEMA},'
    rf'"variant":{_MAYBE}}}),"takes":\[{{"n":1,"sha256":"({_HEX})"(?:,"provider":"({_WORD})")?'
    rf'(?:,"model":"({_WORD})")?(?:,"cost":((?:0|[1-9][0-9]{{0,5}})(?:\.[0-9]{{1,9}})?))?}}\]'
    rf'(?:,"outputs":{{"({_WORD})":{{"key":"({_HEX})","sha256":"({_HEX})"}}}})?'
    rf'(?:,"state":"(picked|adopted|draft)")?}}'
).fullmatch


_USUAL_STATES: dict[Any, LineState] = {None: LineState.BOUGHT, **_STATES}


def read_object(text: str) -> dict[str, Any]:
    """Return the JSON object of one line. Raises BadLine."""
    try:
        data, end = _scan(text, 0)
        if type(data) is dict and (end == len(text) or text[end:].isspace()):
            if "\\u" in text:
                _check_unicode(data)
            return data
        column = end + 1 if type(data) is dict else 1
    except StopIteration as error:
        column = int(error.value or 0) + 1
    except json.JSONDecodeError as error:
        column = error.pos + 1
    except (ValueError, RecursionError):
        column = 1
    raise BadLine(NOT_JSON, column=column)


def _check_unicode(data: dict[str, Any]) -> None:
    # Half of an escaped pair is fine in JSON and fails wherever the text is encoded.
    json.dumps(data, ensure_ascii=False).encode()


def parse_line(text: str) -> LockLine:
    """Return the line that ``text`` holds, its key computed from the recipe. Raises BadLine."""
    return _usual_line(text) or checked_line(text)


def _usual_line(text: str) -> LockLine | None:
    found = _match_usual(text)
    if found is None:
        return None
    groups: tuple[Any, ...] = found.groups()
    target, recipe, digest, provider, model, cost, path, key, output, state = groups
    if not 0 < len(target) <= MAX_NAME or (path is not None and check_path(path)):
        return None
    outputs = NOTHING if path is None else {path: OutputRecord(key, output)}
    take = Take(1, digest, provider or "", model or "", None if cost is None else float(cost))
    own = sha256(recipe.encode())
    return LockLine(target, Recipe(recipe), own, (take,), 1, outputs, _USUAL_STATES[state])


def checked_line(text: str) -> LockLine:
    """Return what :func:`parse_line` does, by way of JSON and a check of every field."""
    data = read_object(text)
    fields = data.keys()
    if not fields <= _FIELDS:
        _check_fields(fields, _FIELDS)
    target = data.get("target")
    if type(target) is not str or not target:
        raise _bad("target", "is not a name")
    if len(target) > MAX_NAME:
        raise _bad("target", f"has more than {MAX_NAME:,} characters")
    recipe = data.get("recipe")
    key: Digest | None = None
    if recipe is not None:
        recipe = Recipe(_checked_recipe(recipe))
        key = sha256(recipe.text.encode())
    takes = _takes(data["takes"]) if "takes" in data else ()
    outputs = _outputs(data["outputs"]) if "outputs" in data else NOTHING
    line = LockLine(target, recipe, key, takes, outputs=outputs, **_rest(data))
    if takes and line.bought is None:
        raise _bad("shown", "names a take that is not there")
    return line


def _bad(name: str, why: str) -> BadLine:
    return BadLine(BAD_FIELD, {"field": name, "why": why})


def _check_fields(fields: Any, known: frozenset[str]) -> None:
    for name in fields:
        if name not in known and not name.startswith("x-"):
            raise BadLine(UNKNOWN_FIELD, {"field": name, "nearest": did_you_mean(name, known)})


def _digest(value: Any, name: str) -> Digest:
    if type(value) is str and _is_digest(value):
        return cast("Digest", value)
    raise _bad(name, "is not a sha256 in lower-case hex")


def _whole(value: object, name: str, least: int) -> int:
    if type(value) is int and least <= value <= MAX_NUMBER:
        return value
    raise _bad(name, f"is not a whole number from {least}")


def _string(value: object, name: str) -> str:
    if type(value) is str:
        return value
    raise _bad(name, "is not text")


def _note(value: object, name: str) -> str:
    note = _string(value, name)
    if len(note) > MAX_NOTE:
        raise _bad(name, f"has more than {MAX_NOTE:,} characters")
    return note


def _checked_recipe(value: Any) -> str:
    """Return the canonical text of a recipe. Raises BadLine for what is no paid manifest."""
    if type(value) is not dict:
        raise _bad("recipe", "is not an object")
    schema = value.get("schema")
    if type(schema) is not int or schema < 1:
        raise _bad("recipe.schema", "is not a number from 1")
    if schema > SCHEMA:
        raise BadLine(NEWER, {"what": "line of the lock"})
    if tuple(value) != RECIPE:
        wrong = sorted(value.keys() ^ frozenset(RECIPE))
        if wrong:
            lacks = wrong[0] in frozenset(RECIPE)
            raise _bad("recipe", f"{'lacks' if lacks else 'has an unknown field'} '{wrong[0]}'")
        value = {name: value[name] for name in RECIPE}
    try:
        for item in value["inputs"]:
            _digest(item["sha256"], "recipe.inputs.sha256")
        return paid_text(value)
    except (TypeError, KeyError, AttributeError):
        raise _bad("recipe", "has a value of a wrong type") from None


def _takes(value: Any) -> tuple[Take, ...]:
    if type(value) is not list:
        raise _bad("takes", "is not a list")
    takes = [_take(item) for item in value]
    if len(takes) > 1:
        takes.sort(key=attrgetter("n"))
        if len({take.n for take in takes}) < len(takes):
            raise _bad("takes", "has one number twice")
    return tuple(takes)


def _take(item: Any) -> Take:
    if type(item) is not dict:
        raise _bad("takes", "has an item that is not an object")
    if not item.keys() <= _TAKE:
        _check_fields(item, _TAKE)
    get = item.get
    cost = get("cost")
    if cost is not None:
        if type(cost) not in (int, float) or not 0 <= cost <= MAX_COST:
            raise _bad("takes.cost", "is not an amount in USD")
        cost = float(cost)
    return Take(
        _whole(get("n"), "takes.n", 1),
        _digest(get("sha256"), "takes.sha256"),
        _string(get("provider", ""), "takes.provider"),
        _string(get("model", ""), "takes.model"),
        cost,
        *(() if item.keys() <= _PLAIN else _said_of_take(item)),
    )


def _said_of_take(item: Mapping[str, Any]) -> tuple[str, bool, bool, str]:
    """Return the fields of a take that most do not have."""
    finished = _string(item.get("finished", ""), "takes.finished")
    if finished and finished not in READ_FORMATS:
        raise _bad("takes.finished", f"is none of {', '.join(sorted(READ_FORMATS))}")
    return (
        _note(item.get("note", ""), "takes.note"),
        _flag(item.get("rejected", False), "takes.rejected"),
        _flag(item.get("adopted", False), "takes.adopted"),
        finished,
    )


def _flag(value: object, name: str) -> bool:
    if type(value) is bool:
        return value
    raise _bad(name, "is neither true nor false")


def _outputs(value: Any) -> dict[str, OutputRecord]:
    if type(value) is not dict:
        raise _bad("outputs", "is not an object")
    outputs: dict[str, OutputRecord] = {}
    for path, record in value.items():
        why = check_path(path)
        if why:
            raise _bad("outputs", f"names the path '{path}', which {why}")
        if type(record) is not dict or not record.keys() >= _RECORD:
            raise _bad("outputs", "has a path without key and sha256")
        if len(record) > len(_RECORD):
            _check_fields(record, _RECORD)
        outputs[path] = OutputRecord(
            _digest(record["key"], "outputs.key"), _digest(record["sha256"], "outputs.sha256")
        )
    return outputs


def _rest(data: dict[str, Any]) -> dict[str, Any]:
    """Return the seldom fields of a line, as LockLine takes them."""
    rest: dict[str, Any] = {}
    if "shown" in data:
        rest["shown"] = _whole(data["shown"], "shown", 1)
    if "state" in data:
        state = data["state"]
        if type(state) is not str or state not in _STATES:
            raise _bad("state", f"is none of {', '.join(_STATES)}")
        rest["state"] = _STATES[state]
    if "epoch" in data:
        rest["epoch"] = _whole(data["epoch"], "epoch", 0)
    if "pinned" in data:
        rest["pinned"] = _flag(data["pinned"], "pinned")
    if data.get("accepted_key") is not None:
        rest["accepted_key"] = _digest(data["accepted_key"], "accepted_key")
    if "note" in data:
        rest["note"] = _note(data["note"], "note")
    return rest
