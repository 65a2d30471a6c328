"""Operations from their short and long spelling to `Op` values; runs none of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from assetgen.errors import Kind, Loc, Problem, SpecError, did_you_mean
from assetgen.graph import Op
from assetgen.optable import OPS
from assetgen.spec.collect import Problems
from assetgen.spec.columns import Constant, Field, data_field, joined
from assetgen.spec.layers import listed
from assetgen.spec.model import Map
from assetgen.spec.ratio import normal_ratio
from assetgen.spec.values import scalar_text

UNKNOWN_OP = Kind("unknown-op", "there is no operation '{name}'", "{step}")
UNKNOWN_ARGUMENT = Kind(
    "unknown-op-argument", "the operation '{op}' has no argument '{name}'", "{step}"
)
NO_SHORT_FORM = Kind(
    "op-without-short-form",
    "the operation '{op}' does not stand for one value",
    "name its arguments, such as {{{op}: {{{example}: …}}}}",
)
ONE_OP = Kind(
    "op-not-single",
    "an item of `ops` is one operation, and this one holds {count}",
    "write one item for each, in their order",
)
READS_NOTHING = Kind(
    "op-without-file",
    "the operation '{op}' has no {argument}",
    "write {argument}: with {what}",
)

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?")
_TEXT_ARGUMENTS = frozenset({"text", "image", "font", "aspect_ratio"})
_READS = {
    "overlay": ("image", "a target's name or ./file"),
    "text": ("font", "a font file of the project, such as ./fonts/Title.ttf"),
}
"""Ops that are nothing without the file that they read: its argument, and what to write."""


def ops_field(value: Any, loc: Loc, problems: Problems) -> Field:
    """Return the field that renders to a tuple of Op; mistakes are noted in ``problems``."""
    fields = [
        field
        for item, at in listed(value, loc)
        if (field := problems.attempt(_op_field, item, at)) is not None
    ]
    return joined(fields, tuple)


def crop_to(ratio: str) -> Op:
    """Return the operation that gives a picture its declared ratio."""
    return Op("crop", {"aspect_ratio": ratio})


def resize_to(width: int) -> Op:
    """Return the operation that gives a picture of a `srcset` its width."""
    return Op("resize", {"width": width})


def _op_field(item: Any, at: Loc) -> Field:
    if isinstance(item, Map):
        if len(item) != 1:
            raise SpecError(Problem(ONE_OP, at, {"count": len(item)}))
        ((name, value),) = item.items()
        return _checked(name, value, item.keys_at[name], item.values_at[name])
    return _checked(scalar_text(item), None, at, at)


def _checked(name: str, value: Any, key_at: Loc, value_at: Loc) -> Field:
    info = OPS.get(name)
    if info is None:
        facts = {"name": name, "step": did_you_mean(name, OPS)}
        raise SpecError(Problem(UNKNOWN_OP, key_at, facts))
    if value is None or value is True:
        arguments: Mapping[str, Field] = {}
    elif isinstance(value, Map):
        if not info.takes_any:
            _check_arguments(name, value, info.args)
        arguments = {
            key: data_field(value[key], value.values_at[key])
            for key in value
            if not key.startswith("x-")
        }
    elif info.short:
        arguments = {info.short: data_field(value, value_at)}
    else:
        example = info.args[0] if info.args else "argument"
        raise SpecError(Problem(NO_SHORT_FORM, value_at, {"op": name, "example": example}))
    if name in _READS and _READS[name][0] not in arguments:
        argument, what = _READS[name]
        raise SpecError(
            Problem(READS_NOTHING, key_at, {"op": name, "argument": argument, "what": what})
        )
    keys = list(arguments)
    written = [type(field) is Constant for field in arguments.values()]

    def make(values: list[Any]) -> Op:
        args = {
            key: value if constant else _typed(key, value)
            for key, value, constant in zip(keys, values, written, strict=True)
        }
        if "aspect_ratio" in args:
            args["aspect_ratio"] = normal_ratio(scalar_text(args["aspect_ratio"]), value_at)
        return Op(name, args) if args else Op(name)

    return joined(list(arguments.values()), make)


def _check_arguments(op: str, value: Map, known: tuple[str, ...]) -> None:
    unknown = [key for key in value if key not in known and not key.startswith("x-")]
    if unknown:
        raise SpecError(
            *(
                Problem(
                    UNKNOWN_ARGUMENT,
                    value.keys_at[key],
                    {"op": op, "name": key, "step": did_you_mean(key, known)},
                )
                for key in unknown
            )
        )


def _typed(key: str, value: Any) -> Any:
    """Return a rendered number as a number, since `width: "{{ size }}"` means one."""
    if key in _TEXT_ARGUMENTS or not isinstance(value, str):
        return value
    match = _NUMBER.fullmatch(value)
    if not match:
        return value
    return float(value) if match[1] else int(value)
