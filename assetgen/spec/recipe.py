"""One declaration to its targets: fields are compiled once and rendered for all cells together.

Knows nothing of other declarations: whether names, references and outputs fit is checked later.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from types import MappingProxyType
from typing import Any

from assetgen.action import DRAFT_MODEL
from assetgen.errors import Kind, Loc, Problem, SpecError
from assetgen.graph import Op, Output, Target, TargetKind
from assetgen.optable import OPS
from assetgen.spec.atlases import Packing, atlas_fields, packings
from assetgen.spec.collect import Problems
from assetgen.spec.columns import Columns, Computed, Constant, Field, data_field, joined
from assetgen.spec.exports import DEFAULT_OUTPUT, OutputField, output_fields
from assetgen.spec.layers import Fields, listed
from assetgen.spec.model import Map
from assetgen.spec.opspec import crop_to, ops_field
from assetgen.spec.outputs import plain_output
from assetgen.spec.prompt import Style, chosen_styles, prompt_field
from assetgen.spec.ratio import normal_ratio
from assetgen.spec.reads import Reads, mentions
from assetgen.spec.values import scalar_text

MAX_TAKES = 20

NOTHING_TO_MAKE = Kind(
    "target-without-recipe",
    "the target '{key}' does not say what to make",
    "give it a `prompt`, or `from` a picture, or an `atlas`",
)
MIXED_KINDS = Kind(
    "target-of-two-kinds",
    "the target '{key}' has {fields}, which do not go together",
    "a target is one of: prompt; edit with prompt; from; atlas",
)
EDIT_WITHOUT_PROMPT = Kind(
    "edit-without-prompt",
    "the target '{key}' edits a picture but has no prompt",
    "say in `prompt` what to change, or write `from` instead of `edit` for a free copy",
)
REFERENCES_WITHOUT_EDIT = Kind(
    "references-without-edit",
    "the target '{key}' has `references` but no `edit`",
    "name the first picture as `edit`, the others as `references`",
)
USELESS_FIELD = Kind(
    "field-without-use",
    "'{field}' means nothing for the target '{key}', which makes no paid call",
    "remove it",
)
MOVES_FRAMES = Kind(
    "op-moves-frames",
    "'{op}' would change the size of a sheet, and its frames would be elsewhere",
    "do it to what is packed, not to the atlas",
)
BAD_TAKES = Kind(
    "bad-takes", "takes is {takes}, not a whole number from 1 to {limit}", "write such a number"
)

_ONLY_PAID = ("model", "providers", "resolution", "quality", "variant", "takes", "review", "style")
_BROKEN = Constant(None)
_ORDER = tuple(one.name for one in dataclasses.fields(Target))


@dataclass(frozen=True, slots=True)
class Declaration:
    """A target as declared.

    Attributes:
        key: its key in `targets:`; loc: where that stands.
        final: no override changes what it is.
    """

    key: str
    loc: Loc
    final: bool = True


@dataclass(slots=True)
class Workshop:
    """What all declarations share while a spec is expanded.

    Attributes:
        styles: by name.
        problems: gathers every mistake.
        packings: filled with what each atlas packs.
        boxed: filled with the targets whose `trim` measures others.
    """

    styles: Mapping[str, Style]
    problems: Problems
    packings: dict[str, Packing] = field(default_factory=dict)
    boxed: list[str] = field(default_factory=list)


def make_targets(
    what: Declaration, fields: Fields, columns: Columns, names: Sequence[str], shop: Workshop
) -> list[Target]:
    """Return the targets of cells that share ``fields``, in order; mistakes are noted.

    ``names`` are those of the cells, which ``columns`` see. Raises SpecError if the fields make no
    one kind of target.
    """
    kind = _kind(what, fields)
    problems = shop.problems
    reads = Reads(kind, fields, what.loc, problems)
    made = _picture(kind, what, fields, columns, problems)
    made["inputs"] = reads.column(columns, list(made["ops"]), list(made["outputs"]))
    if kind.is_paid:
        made |= _bought(what, fields, columns, reads, shop)
    if kind is TargetKind.ATLAS:
        made["atlas"] = _atlases(what, fields, columns, names, shop)
    if mentions(fields, "trim"):
        shop.boxed.extend(name for name in names if name)
    made["provenance"] = repeat(fields.get("provenance") != "none")
    own_ops = enumerate(listed(fields.get("ops"), what.loc))
    marks = MappingProxyType(
        {**fields.keys_at, **{f"ops.{number}": at for number, (_, at) in own_ops}}
    )
    made |= {"name": names, "kind": repeat(kind), "loc": repeat(what.loc), "marks": repeat(marks)}
    return list(map(Target, *(made.get(one, repeat(_DEFAULTS.get(one))) for one in _ORDER)))


_DEFAULTS = {
    one.name: one.default
    for one in dataclasses.fields(Target)
    if one.default is not dataclasses.MISSING
}


def _kind(what: Declaration, fields: Fields) -> TargetKind:
    has = [name for name in ("prompt", "edit", "from", "atlas") if fields.get(name) is not None]
    facts = {"key": what.key}
    if not has:
        raise SpecError(Problem(NOTHING_TO_MAKE, what.loc, facts))
    if has == ["edit"]:
        raise SpecError(Problem(EDIT_WITHOUT_PROMPT, fields.at("edit", what.loc), facts))
    kinds = {
        ("prompt",): TargetKind.GENERATE,
        ("prompt", "edit"): TargetKind.EDIT,
        ("from",): TargetKind.DERIVE,
        ("atlas",): TargetKind.ATLAS,
    }
    kind = kinds.get(tuple(has))
    if kind is None:
        written = " and ".join(f"`{name}`" for name in has)
        raise SpecError(Problem(MIXED_KINDS, what.loc, {**facts, "fields": written}))
    if kind is TargetKind.GENERATE and fields.get("references"):
        loc = fields.at("references", what.loc)
        raise SpecError(Problem(REFERENCES_WITHOUT_EDIT, loc, facts))
    _check_use(what, fields, kind)
    return kind


def _check_use(what: Declaration, fields: Fields, kind: TargetKind) -> None:
    if kind.is_paid or not what.final:
        return
    useless = [name for name in (*_ONLY_PAID, "references") if name in fields.own]
    if useless:
        raise SpecError(
            *(
                Problem(USELESS_FIELD, fields.keys_at[name], {"field": name, "key": what.key})
                for name in useless
            )
        )


def _picture(
    kind: TargetKind, what: Declaration, fields: Fields, columns: Columns, problems: Problems
) -> dict[str, Iterable[Any]]:
    """Return the columns that every kind of target has."""
    ratio: Field = Constant(None)
    if kind is not TargetKind.ATLAS and fields.get("aspect_ratio") is not None:
        at = fields.at("aspect_ratio", what.loc)
        text = problems.attempt(data_field, fields.get("aspect_ratio"), at) or ratio
        ratio = Computed(text.names, lambda scope: normal_ratio(str(text.render(scope)), at))
    own = _ops(kind, fields, what.loc, problems)
    ratios = columns.render(ratio)
    ops = columns.render(own)
    chain = _combined(_crops(ratios), ops)
    return {
        "aspect_ratio": ratios,
        "ops": chain,
        "outputs": _outputs(kind, what, fields, columns, chain, problems),
        "tags": columns.render(_tags(fields, what.loc, problems)),
        "note": columns.render(_data(fields, "note", what.loc, problems, "")),
    }


def _crops(ratios: Sequence[Any]) -> list[Any]:
    known: dict[Any, Any] = {None: ()}
    for ratio in dict.fromkeys(ratios):
        if ratio is not None:
            known[ratio] = (crop_to(ratio),)
    return [known[ratio] for ratio in ratios]


def _combined(first: Sequence[Any], second: Sequence[Any]) -> list[Any]:
    """Return ``first + second`` for each cell, equal pairs sharing one tuple."""
    known: dict[tuple[int, int], tuple[Op, ...]] = {}
    result = []
    for pair in zip(first, second, strict=True):
        key = (id(pair[0]), id(pair[1]))
        chain = known.get(key)
        if chain is None:
            chain = known[key] = (*(pair[0] or ()), *(pair[1] or ()))
        result.append(chain)
    return result


def _ops(kind: TargetKind, fields: Fields, loc: Loc, problems: Problems) -> Field:
    """Return the field of a target's own ops; a sheet keeps its size, or its frames were wrong."""
    if kind is not TargetKind.ATLAS:
        return ops_field(fields.get("ops"), fields.at("ops", loc), problems)
    if "ops" not in fields.own:
        return Constant(())
    at = fields.at("ops", loc)
    for item, item_at in listed(fields.get("ops"), at):
        name = next(iter(item)) if isinstance(item, Map) and item else str(item)
        if name in OPS and not OPS[name].keeps_size:
            problems.add(MOVES_FRAMES, item_at, op=name)
    return ops_field(fields.get("ops"), at, problems)


def _outputs(
    kind: TargetKind,
    what: Declaration,
    fields: Fields,
    columns: Columns,
    chain: Sequence[Any],
    problems: Problems,
) -> list[Any]:
    if kind is TargetKind.ATLAS:
        files = problems.attempt(atlas_fields, _with_output(fields), what.loc) or []
    else:
        files = output_fields(fields, what.loc, problems)
    made = [_files(file, columns, chain, problems) for file in files]
    if not made:
        return [()] * len(chain)
    return [tuple([file for file in row if file]) for row in zip(*made, strict=True)]


def _with_output(fields: Fields) -> Fields:
    if fields.get("output") is not None:
        return fields
    values = {**fields.values, "output": DEFAULT_OUTPUT}
    return dataclasses.replace(fields, values=values)


def _files(
    file: OutputField, columns: Columns, chain: Sequence[Any], problems: Problems
) -> list[Output | None]:
    """Return one file of each cell."""
    chains = _combined(chain, columns.render(file.ops))
    others = map(columns.render, (file.encode, file.expect, file.content))
    made: list[Output | None] = []
    for path, ops, *rest in zip(columns.render(file.path), chains, *others, strict=True):
        try:
            made.append(plain_output(scalar_text(path), file, ops, rest) if path else None)
        except SpecError as error:
            problems.take(error)
            made.append(None)
    return made


def _bought(
    what: Declaration, fields: Fields, columns: Columns, reads: Reads, shop: Workshop
) -> dict[str, Iterable[Any]]:
    """Return the columns that only paid targets have."""
    problems = shop.problems
    styles = chosen_styles(fields.get("style") or (), shop.styles, problems)
    at = fields.at("prompt", what.loc)
    body = _data(fields, "prompt", what.loc, problems)
    prompt = prompt_field(body, at, reads.labels, styles)
    models = columns.render(_data(fields, "model", what.loc, problems, DRAFT_MODEL))
    named = listed(fields.get("providers"), what.loc)
    providers = tuple(scalar_text(name) for name, _ in named)
    made: dict[str, Iterable[Any]] = {
        name: columns.render(_data(fields, name, what.loc, problems))
        for name in ("resolution", "quality", "variant")
    }
    return made | {
        "prompt": repeat("") if body == _BROKEN else columns.render(prompt),
        "model": models,
        "providers": [() if model == DRAFT_MODEL else providers for model in models],
        "takes": repeat(_takes(fields, what.loc, problems)),
        "review": repeat(fields.get("review") == "required"),
        "styles": repeat(tuple(style.name for style in fields.get("style") or ())),
    }


def _takes(fields: Fields, loc: Loc, problems: Problems) -> int:
    takes = fields.get("takes")
    if takes is None:
        return 1
    if isinstance(takes, bool) or not isinstance(takes, int) or not 1 <= takes <= MAX_TAKES:
        at = fields.at("takes", loc)
        problems.add(BAD_TAKES, at, takes=scalar_text(takes), limit=MAX_TAKES)
        return 1
    return takes


def _atlases(
    what: Declaration, fields: Fields, columns: Columns, names: Sequence[str], shop: Workshop
) -> list[Any]:
    """Return what decides where sprites go; what they are goes to the workshop."""
    result: list[Any] = []
    found = packings(fields, columns, fields.at("atlas", what.loc))
    for name, (layout, packing) in zip(names, found, strict=True):
        if name is not None:
            shop.packings[name] = packing
        result.append(MappingProxyType(layout))
    return result


def _data(fields: Fields, name: str, loc: Loc, problems: Problems, otherwise: Any = None) -> Field:
    """Return a field's value with its templates; ``otherwise`` where it is absent or broken."""
    value = fields.get(name)
    if value is None:
        return Constant(otherwise)
    return problems.attempt(data_field, value, fields.at(name, loc)) or Constant(otherwise)


def _tags(fields: Fields, loc: Loc, problems: Problems) -> Field:
    items = listed(fields.get("tags"), fields.at("tags", loc))
    parts = [part for item, at in items if (part := problems.attempt(data_field, item, at))]
    return joined(parts, lambda values: tuple(map(scalar_text, values)))
