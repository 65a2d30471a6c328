"""Whatever two locks hold, a comparison tells all that differs, once; and origins do not lie."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assetgen.action import normal_text
from assetgen.graph import Target
from assetgen.plan.difference import (
    Change,
    Comparison,
    Side,
    SideKind,
    compare_locks,
    spent,
)
from assetgen.report.diff import diff_json, diff_lines
from assetgen.spec.expand import expand
from assetgen.spec.model import Spec
from assetgen.spec.origins import Origins
from assetgen.state import LockLine
from tests.properties.test_lock_text import lines
from tests.spec.build import make_spec

Lock = dict[str, LockLine]

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

few = st.sampled_from("abcd")
locks = st.lists(lines(few), max_size=4, unique_by=lambda line: line.target).map(
    lambda some: {line.target: line for line in some}
)


@UNHURRIED
@given(locks, locks)
def test_what_differs_is_told_once_and_nothing_else(old: Lock, new: Lock) -> None:
    """Each target that is not the same on both sides, under its own name or as a rename."""
    found = compare_locks(old, new)
    told = [name for one in found for name in (one.name, one.was) if name]
    differing = {
        name
        for name in {*old, *new}
        if name not in old
        or name not in new
        or replace(old[name], epoch=new[name].epoch) != new[name]
    }
    assert sorted(told) == sorted(differing)
    assert compare_locks(old, old) == []


@UNHURRIED
@given(locks, locks)
def test_money_counts_each_new_picture_once(old: Lock, new: Lock) -> None:
    """However many targets share it, and never one that was there before."""
    known = {take.sha256 for line in old.values() for take in line.takes}
    fresh = [take.sha256 for one in compare_locks(old, new) for take in one.fresh]
    assert known.isdisjoint(fresh)
    now = {take.sha256 for line in new.values() for take in line.takes}
    assert set(fresh) == now - known
    assert spent(compare_locks(old, new)).cost >= 0


@UNHURRIED
@given(locks, locks)
def test_a_report_of_anything_is_plain_text(old: Lock, new: Lock) -> None:
    """No word of a lock reaches the terminal as a code, and the data is JSON."""
    sides = Side(SideKind.REVISION, "a", "b" * 40), Side(SideKind.TREE)
    found = compare_locks(old, new)
    comparison = Comparison(*sides, tuple(found), spent=spent(found))
    text = diff_lines(comparison)
    assert all(char == "\n" or char.isprintable() for char in text if ord(char) < 0xA0)
    json.dumps(diff_json(comparison), allow_nan=False)
    assert len(diff_json(comparison)["targets"]) == len(found)


@UNHURRIED
@given(locks)
def test_a_renamed_target_is_told_as_one(old: Lock) -> None:
    """Where it has takes by which it is known."""
    for name, line in old.items():
        alone = {name: line}
        found = compare_locks(alone, {"z": replace(line, target="z")})
        if line.takes:
            assert [(one.change, one.was) for one in found] == [(Change.RENAMED, name)]
        else:
            assert {one.change for one in found} == {Change.ADDED, Change.REMOVED}


def spec_of(style: str, variable: str) -> Spec:
    return make_spec(
        vars={"v": variable},
        styles={"s": f"x{style}"},
        targets={"a": {"prompt": "one {{ v }} two", "style": ["s"]}},
    )


def target_of(spec: Spec) -> Target:
    return expand(spec, file_exists=lambda _: False).targets["a"]


plain = st.text("ab!x", max_size=8)


@UNHURRIED
@given(plain, plain, plain, st.booleans())
def test_an_origin_accounts_for_all_of_the_change(
    style: str, variable: str, other: str, is_style: bool
) -> None:
    """It is found for every edit of one value, and its words put back give the former prompt."""
    now = spec_of(style, variable)
    then = spec_of(other, variable) if is_style else spec_of(style, other)
    target, old = target_of(now), normal_text(target_of(then).prompt)
    found = Origins(now).of(target, old)
    prompt = normal_text(target.prompt)
    if old == prompt:
        assert found is None
    else:
        assert found is not None
        at = [n for n in range(len(prompt)) if prompt.startswith(found.new, n)]
        assert old in {prompt[:n] + found.old + prompt[n + len(found.new) :] for n in at}
