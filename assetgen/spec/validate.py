"""Says in words where a loaded spec breaks the schema; expands nothing and reads no files.

Targets are checked one by one, so that a spec costs time for its mistakes and not for its size.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema.exceptions import ValidationError

from assetgen.errors import Kind, Loc, Problem, did_you_mean
from assetgen.spec.checks import Checks, compiled
from assetgen.spec.model import Map, Seq
from assetgen.spec.words import describe, shorten

MAX_PROBLEMS = 200

_MUST_BE = "{subject} must be {expected}; found {found}"
WRONG_TYPE = Kind("wrong-type", _MUST_BE, "{step}")
WRONG_VALUE = Kind("wrong-value", _MUST_BE, "{step}")
WRONG_FORMAT = Kind("wrong-format", _MUST_BE, "{step}")
UNKNOWN_KEY = Kind("unknown-key", "unknown field '{key}' in {where}", "{step}")
MISSING_KEY = Kind("missing-key", "{where} needs {keys}", "add {keys}")
BAD_NAME = Kind("bad-name", "'{key}' cannot be a name here", "use {expected}")
ONE_KEY = Kind(
    "one-key",
    "{expected} is one name with its arguments; found {keys}",
    "indent the arguments further, or begin each name with a '-' of its own",
)
NOTHING = Kind("nothing-given", "{subject} is empty", "write {expected}, or remove the line")
TOO_SMALL = Kind("too-small", "{subject} must be at least {limit}; found {found}", "raise it")
TOO_LARGE = Kind("too-large", "{subject} must be at most {limit}; found {found}", "lower it")
REPEATED = Kind("repeated-item", "{subject} has the same item twice", "remove one of the two")


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with a file of a spec.

    Attributes:
        problems: in the order of the file's lines.
        targets: the targets that have some of them; the others are valid.
        contained: whether there are no problems besides, so that the rest can be relied on.
    """

    problems: tuple[Problem, ...] = ()
    targets: frozenset[str] = frozenset()
    contained: bool = True


def validate(doc: Map, *, included: bool = False, gated: bool = True) -> list[Problem]:
    """Return what is wrong with a file of a spec, in the order of its lines; empty if nothing is.

    As :func:`faults` without saying whose they are.
    """
    return list(faults(doc, included=included, gated=gated).problems)


def faults(doc: Map, *, included: bool = False, gated: bool = True) -> Faults:
    """Return what is wrong with a file of a spec, and with which of its targets.

    An included file needs no `version`. ``gated`` asks the fast validator first if there is one;
    the answer is the same without it.
    """
    checks = compiled(included=included, gated=gated)
    if checks.gate is not None and checks.gate.is_valid(doc):
        return Faults()
    found: dict[tuple[Loc | None, str], Problem] = {}
    owners: set[str | None] = set()
    for owner, problem in _all(doc, checks):
        found.setdefault((problem.loc, problem.cause), problem)
        owners.add(owner)
        if len(found) >= MAX_PROBLEMS:
            owners.add(None)
            break
    return Faults(
        tuple(sorted(found.values(), key=lambda problem: problem.loc or doc.loc)),
        frozenset(owner for owner in owners if owner is not None),
        contained=None not in owners,
    )


def _all(doc: Map, checks: Checks) -> Iterator[tuple[str | None, Problem]]:
    """Yield every problem with the name of the target that has it, if it is a target's."""
    for error in checks.head.iter_errors(doc):
        for problem in _problems(error, _Place(doc, doc.loc, "the file")):
            yield None, problem
    targets = doc.get("targets")
    if not isinstance(targets, Map):
        return
    gate = checks.target_gate
    for name, value in targets.items():
        if isinstance(value, str) and value:
            continue
        place = _Place(value, targets.values_at[name], f"target '{shorten(name)}'")
        if not isinstance(value, Map):
            yield name, _target_problem(value, place)
        elif gate is None or not gate.is_valid(value):
            for error in checks.target.iter_errors(value):
                for problem in _problems(error, place):
                    yield name, problem


def _target_problem(value: Any, place: _Place) -> Problem:
    expected = "a prompt, or a mapping of fields"
    if value == "":
        return Problem(NOTHING, place.loc, {"subject": place.subject, "expected": expected})
    step = "put it in quotes" if isinstance(value, int | float) else "write a prompt"
    facts = {"subject": place.subject, "expected": expected, "found": describe(value)}
    return Problem(WRONG_TYPE, place.loc, {**facts, "step": step})


class _Place:
    """A value that is checked, where it stands, and what a message calls it."""

    __slots__ = ("loc", "subject", "value")

    def __init__(self, value: Any, loc: Loc, subject: str) -> None:
        self.value = value
        self.loc = loc
        self.subject = subject

    def below(self, error: ValidationError) -> _Place:
        """Return the place inside this one that an error is about."""
        value, loc, subject, name = self.value, self.loc, self.subject, ""
        for step in error.absolute_path:
            if isinstance(value, Map):
                loc = value.values_at[str(step)]
                name = shorten(str(step))
                subject = f"'{name}'"
            elif isinstance(value, Seq):
                loc = value.items_at[int(step)]
                subject = f"item {int(step) + 1} of '{name}'"
            value = value[step]
        return _Place(value, loc, subject)


_Words = Callable[[ValidationError, _Place], Iterator[Problem]]


def _problems(error: ValidationError, base: _Place) -> Iterator[Problem]:
    words = _WORDS.get(str(error.validator), _wrong_type)
    yield from words(error, base)


def _branches(error: ValidationError, base: _Place) -> Iterator[Problem]:
    """Speak of the one alternative that was meant: the one of the value's own type."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    meant = [
        errors
        for errors in branches.values()
        if not any(e.validator == "type" and not e.relative_path for e in errors)
    ]
    if not meant:
        yield from _wrong_type(error, base)
        return
    errors = min(meant, key=len)
    crowd = [inner for inner in errors if inner.validator == "maxProperties"]
    for inner in crowd or errors:
        yield from _problems(inner, base)


def _wrong_type(error: ValidationError, base: _Place) -> Iterator[Problem]:
    yield _must_be(WRONG_TYPE, error, base.below(error))


def _wrong_format(error: ValidationError, base: _Place) -> Iterator[Problem]:
    place = base.below(error)
    if "propertyNames" in error.relative_schema_path:
        facts = {"key": error.instance, "expected": _schema(error).get("title", "a name")}
        yield Problem(BAD_NAME, place.value.keys_at[error.instance], facts)
    else:
        yield _must_be(WRONG_FORMAT, error, place)


def _wrong_value(error: ValidationError, base: _Place) -> Iterator[Problem]:
    rule: Any = error.validator_value
    allowed = rule if error.validator == "enum" else [rule]
    known = [str(value) for value in allowed if value is not None]
    place = base.below(error)
    if isinstance(error.instance, str):
        yield _must_be(WRONG_VALUE, error, place, did_you_mean(error.instance, known))
    else:
        yield _must_be(WRONG_VALUE, error, place, f"known: {', '.join(known)}")


def _unknown_keys(error: ValidationError, base: _Place) -> Iterator[Problem]:
    rules = _schema(error)
    instance: Any = error.instance
    known = rules["properties"]
    for key in instance:
        if key not in known and not ("patternProperties" in rules and key.startswith("x-")):
            facts = {"key": key, "where": rules["title"], "step": did_you_mean(key, known)}
            yield Problem(UNKNOWN_KEY, instance.keys_at[key], facts)


def _missing_keys(error: ValidationError, base: _Place) -> Iterator[Problem]:
    required: Any = error.validator_value
    rules = _schema(error)["properties"]
    missing = [
        f"`{key}: {rules[key]['const']}`" if "const" in rules[key] else f"`{key}:`"
        for key in required
        if key not in base.below(error).value
    ]
    facts = {"where": _schema(error)["title"], "keys": " and ".join(missing)}
    yield Problem(MISSING_KEY, base.below(error).loc, facts)


def _too_many_keys(error: ValidationError, base: _Place) -> Iterator[Problem]:
    instance: Any = error.instance
    keys = " and ".join(f"'{shorten(key)}'" for key in list(instance)[:3])
    facts = {"expected": _schema(error)["title"], "keys": keys}
    yield Problem(ONE_KEY, base.below(error).loc, facts)


def _nothing(error: ValidationError, base: _Place) -> Iterator[Problem]:
    place = base.below(error)
    expected = _schema(error).get("title", "a value")
    yield Problem(NOTHING, place.loc, {"subject": place.subject, "expected": expected})


def _limit(error: ValidationError, base: _Place) -> Iterator[Problem]:
    place = base.below(error)
    kind = TOO_SMALL if error.validator == "minimum" else TOO_LARGE
    facts = {"subject": place.subject, "limit": error.validator_value, "found": error.instance}
    yield Problem(kind, place.loc, facts)


def _repeated(error: ValidationError, base: _Place) -> Iterator[Problem]:
    place = base.below(error)
    yield Problem(REPEATED, place.loc, {"subject": place.subject})


_WORDS: Mapping[str, _Words] = {
    "anyOf": _branches,
    "type": _wrong_type,
    "pattern": _wrong_format,
    "enum": _wrong_value,
    "const": _wrong_value,
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "maxProperties": _too_many_keys,
    "minProperties": _nothing,
    "minItems": _nothing,
    "minLength": _nothing,
    "minimum": _limit,
    "maximum": _limit,
    "uniqueItems": _repeated,
}


def _must_be(kind: Kind, error: ValidationError, place: _Place, step: str = "") -> Problem:
    rules = _schema(error)
    facts = {
        "subject": place.subject,
        "expected": rules.get("title", "something else"),
        "found": describe(error.instance),
        "step": step or _example(rules, error.instance),
    }
    return Problem(kind, place.loc, facts)


def _example(rules: Mapping[str, Any], found: Any) -> str:
    types = _types(rules)
    if found is None:
        return "write it, or remove the line"
    examples = rules.get("examples")
    is_text = "string" in types and not types & {"integer", "number"} and "pattern" not in rules
    if "enum" in rules or (examples and str(examples[0])[:1].isdigit()):
        is_text = False  # the number in quotes would be as wrong
    if isinstance(found, int | float) and is_text and (rules.get("type") or not examples):
        return "put it in quotes"
    if examples:
        return f"for example: {json.dumps(examples[0], ensure_ascii=False)}"
    return f"write {rules.get('title', 'another value')}"


def _types(rules: Mapping[str, Any]) -> set[str]:
    named = rules.get("type", ())
    found = {named} if isinstance(named, str) else set(named)
    return found.union(*(_types(branch) for branch in rules.get("anyOf", ())))


def _schema(error: ValidationError) -> Mapping[str, Any]:
    rules = error.schema
    return rules if isinstance(rules, Mapping) else {}
