"""Frozen values that are made fast behave like any others."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from assetgen.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class Quick:
    """A point."""

    x: int
    y: int = 2
    name: str = ""


@dataclass(frozen=True, slots=True)
class Plain:
    """The same as any dataclass is made."""

    x: int
    y: int = 2
    name: str = ""


def test_a_quick_value_is_what_a_plain_one_is() -> None:
    """Type, fields, equality, hash, text and replacement are the dataclass's own."""
    quick_, plain = Quick(1, name="a"), Plain(1, name="a")
    assert type(quick_) is Quick
    assert (quick_.x, quick_.y, quick_.name) == (1, 2, "a")
    assert repr(quick_) == repr(plain).replace("Plain", "Quick")
    assert hash(quick_) == hash(plain)
    assert quick_ == Quick(x=1, y=2, name="a") != Quick(2, name="a")
    assert replace(quick_, y=3) == Quick(1, 3, "a")
    assert not hasattr(quick_, "__dict__")


def test_a_quick_value_is_frozen() -> None:
    """Once made it takes no other value, nor another attribute."""
    value = Quick(1)
    with pytest.raises(FrozenInstanceError):
        value.x = 2  # type: ignore[misc] # that it is refused is the point
    with pytest.raises(FrozenInstanceError):
        del value.x
    with pytest.raises((FrozenInstanceError, TypeError, AttributeError)):
        value.z = 2  # type: ignore[attr-defined] # that it is refused is the point


@pytest.mark.parametrize("arguments", [{}, {"y": 1}, {"x": 1, "z": 1}])
def test_arguments_are_those_of_the_dataclass(arguments: dict[str, int]) -> None:
    """What it does not take, or lacks, is refused in the words of Python."""
    with pytest.raises(TypeError) as plain:
        Plain(**arguments)  # type: ignore[arg-type] # that it is refused is the point
    with pytest.raises(TypeError) as fast:
        Quick(**arguments)  # type: ignore[arg-type] # that it is refused is the point
    assert str(fast.value) == str(plain.value).replace("Plain", "Quick")


def test_a_default_factory_is_refused() -> None:
    """It would have to be called for each value."""

    @dataclass(frozen=True, slots=True)
    class Made:
        names: list[str] = field(default_factory=list)

    with pytest.raises(TypeError, match="default factory"):
        quick(Made)
