"""How hard a property is tried: the same few examples in every run, or many under `make long`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

LONG = 100  # times the examples of a short run


def efforts(examples: int) -> pytest.MarkDecorator:
    """Parametrise a test over its number of examples."""
    return pytest.mark.parametrize(
        "examples", [examples, pytest.param(LONG * examples, marks=pytest.mark.long)], ids=["few", "many"]
    )


def effort(examples: int) -> settings:
    """Settings of one run: the same examples each time, no file written, no limit of time on a shared machine."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def explore(examples: int, check: Callable[..., None], *strategies: SearchStrategy[object]) -> None:
    """Call `check` with examples drawn from the strategies."""
    effort(examples)(given(*strategies)(check))()
