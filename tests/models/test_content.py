"""Keys by content: the same for the same, another for anything else, refused where content cannot be read."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import dataclass, fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.models.content import content_key
from fillcast.models.impact import (
    US_SHARES_2003,
    AlmgrenChriss,
    AthlImpact,
    DiscretePropagator,
    ExponentialSum,
    ObizhaevaWang,
    PowerLawImpact,
    PowerLawKernel,
    PowerLawPropagator,
    RateSquareRoot,
    SquareRootLaw,
    TabulatedKernel,
)

MODELS = [
    AlmgrenChriss(0.95, 2.5e-7, 2.5e-6, 0.0625),
    PowerLawImpact(0.95, 2.5e-7, 2.5e-6, 0.6, 0.0625),
    SquareRootLaw(0.9, 0.5, 0.001, 0.03, 1e5, 100.0),
    RateSquareRoot(0.9, 0.1, 0.03, 1e5, 100.0),
    ObizhaevaWang(5000.0, 5e-5, 2.2, 0.02),
    AthlImpact(US_SHARES_2003, 0.0157, 1.929e6, 50.0, 168e6),
    PowerLawPropagator(0.1, 0.02, 1e5, 0.5, 0.5),
    DiscretePropagator(ExponentialSum((0.25, 0.75), (1.0, 0.5)), 1e-3),
    DiscretePropagator(PowerLawKernel(0.5, 1.0), 1e-3),
    DiscretePropagator(TabulatedKernel((1.0, 0.5, 0.25), 1.0), 1e-3),
]


@dataclass(frozen=True)
class Anything:
    value: object


@dataclass(frozen=True)
class AnythingElse:
    value: object


def unchecked(model, name: str, value: object):
    """Return a model with one field of another value, past its own checks."""
    other = object.__new__(type(model))
    for field in fields(model):
        object.__setattr__(other, field.name, value if field.name == name else getattr(model, field.name))
    return other


def neighbours(value) -> list[object]:
    """Return values next to one: each number in it moved by its last bit, one at a time."""
    if isinstance(value, float):
        return [math.nextafter(value, math.inf)]
    if isinstance(value, tuple):
        return [(*value[:at], each, *value[at + 1 :]) for at in range(len(value)) for each in neighbours(value[at])]
    return [
        unchecked(value, field.name, each) for field in fields(value) for each in neighbours(getattr(value, field.name))
    ]


def forgotten(key, model) -> list[str]:
    """Return which fields of a model can move by a bit without moving its key."""
    return [
        field.name
        for field in fields(model)
        for each in neighbours(getattr(model, field.name))
        if key(unchecked(model, field.name, each)) == key(model)
    ]


def keyed(model: object) -> str:
    return content_key("test", model=model)


def test_every_model_has_a_key_of_its_own() -> None:
    keys = {keyed(model) for model in MODELS}
    assert len(keys) == len(MODELS)
    assert all(len(key) == 64 for key in keys)
    assert {keyed(replace(model)) for model in MODELS} == keys


def test_no_parameter_of_a_model_is_forgotten() -> None:
    for model in MODELS:
        assert forgotten(keyed, model) == [], model


def test_a_key_that_forgets_a_parameter_is_caught() -> None:
    assert forgotten(lambda model: keyed(unchecked(model, "sigma", 1.0)), MODELS[0]) == ["sigma"]
    assert forgotten(lambda model: keyed(type(model).__name__), MODELS[7]) == ["kernel"] * 4 + ["level", "exponent"]


@pytest.mark.parametrize(
    "different",
    [
        (1, 1.0, True, "1", (1,), np.array([1]), np.array([1.0]), np.array([[1.0]]), None),
        (0.1, np.nextafter(0.1, 1), np.float32(0.1)),
        (0.0, -0.0),
        (("ab", "c"), ("a", "bc"), ("abc",), ("ab", ("c",)), (("ab",), "c")),
        (np.arange(4.0), np.arange(4.0).reshape(2, 2), np.arange(4)),
        (Anything(1), AnythingElse(1), Anything(2), Anything(Anything(1)), (Anything(1),)),
        (math.nan, math.inf, -math.inf, "nan"),
    ],
)
def test_what_differs_has_different_keys(different) -> None:
    assert len({content_key("test", part=value) for value in different}) == len(different)


def test_names_and_kinds_are_part_of_it() -> None:
    keys = {content_key("a", b=1, c=2), content_key("b", b=1, c=2), content_key("a", b=2, c=1), content_key("a", b=1)}
    assert len(keys) == 4
    assert content_key("a", c=2, b=1) == content_key("a", b=1, c=2)


@given(st.lists(st.floats(allow_nan=False), max_size=4), st.lists(st.floats(allow_nan=False), max_size=4))
def test_keys_of_numbers_are_equal_only_where_the_numbers_are(one, other) -> None:
    bits = [[value.hex() for value in values] for values in (one, other)]
    assert (content_key("x", v=tuple(one)) == content_key("x", v=tuple(other))) == (bits[0] == bits[1])
    assert (content_key("x", v=np.array(one)) == content_key("x", v=np.array(other))) == (bits[0] == bits[1])


def test_a_key_is_the_same_in_another_process() -> None:
    code = "from fillcast.models.content import content_key; print(content_key('x', a=0.1, b=('t', 3, None)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == content_key("x", a=0.1, b=("t", 3, None))


def test_what_cannot_be_read_is_refused_by_name() -> None:
    @dataclass(frozen=True)
    class Local:
        value: float

    for wrong in (print, object(), [1.0], {"a": 1}, Local(1.0), Anything, np.array([object()]), 1j):
        with pytest.raises(ParameterError, match="part must be"):
            content_key("test", part=wrong)
    with pytest.raises(ParameterError, match=r"part\.value\[1\] must be"):
        content_key("test", part=Anything((1, len)))
