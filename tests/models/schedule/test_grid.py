"""Grids of scenarios: what each place holds, one computation for each content, and a cache that has an end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from fillcast.errors import ParameterError
from fillcast.models.content import content_key
from fillcast.models.impact import AlmgrenChriss, ObizhaevaWang, PowerLawImpact, SquareRootLaw
from fillcast.models.schedule import EvenPlan, LastUsed, OptimalPlan, ScenarioGrid, Schedule, grid, scenario_grid, twap

LINEAR = AlmgrenChriss(sigma=0.95, permanent=2.5e-7, temporary=2.5e-6, half_spread=0.0625)
ROOT = PowerLawImpact(0.95, 2.5e-7, 1.1e-3, 0.5, 0.0625)
MODELS = [LINEAR, ROOT, SquareRootLaw(0.9, 0.5, 0.0, 0.02, 5e6, 50.0), ObizhaevaWang(5000.0, 5e-5, 2.2, 0.02)]


@dataclass(frozen=True)
class Counted:
    """A model that counts how often it is asked."""

    model: AlmgrenChriss
    asked: ClassVar[list[int]] = []

    def impact_cost(self, trades, interval):
        self.asked.append(1)
        return self.model.impact_cost(trades, interval)


ASKED = {
    "model": LINEAR,
    "plan": OptimalPlan(LINEAR),
    "sizes": [1e5, 1e6, 2e6],
    "horizons": [1.0, 5.0],
    "risk_aversions": [0.0, 1e-6, 2e-6, 1e-5],
    "count": 5,
    "volatility": 0.95,
    "level": 0.95,
}

CHANGES = {
    "model": replace(LINEAR, permanent=np.nextafter(2.5e-7, 1)),
    "plan": EvenPlan(),
    "sizes": [1e5, 1e6, 2e6 + 1e-9],
    "horizons": [1.0, np.nextafter(5.0, 6)],
    "risk_aversions": [0.0, 1e-6, 2e-6, 2e-5],
    "count": 6,
    "volatility": 0.96,
    "level": 0.96,
}


def asked(cache, **changes) -> ScenarioGrid:
    return scenario_grid(cache=cache, **{**ASKED, **changes})


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("plan", [EvenPlan(), OptimalPlan(LINEAR), OptimalPlan(ROOT)], ids=["even", "linear", "root"])
def test_each_place_is_that_schedule(model, plan) -> None:
    found = asked({}, model=model, plan=plan)
    assert found.expected.shape == (3, 2, 4)
    for a, size in enumerate(ASKED["sizes"]):
        for b, horizon in enumerate(ASKED["horizons"]):
            for c, aversion in enumerate(ASKED["risk_aversions"]):
                if isinstance(plan, EvenPlan):
                    schedule = twap(size, 5, horizon)
                else:
                    schedule = Schedule(plan.planner.optimal_trades(size, 5, horizon / 5, aversion), horizon / 5)
                place, one = (a, b, c), schedule.cost(model, 0.95)
                assert found.expected[place] == pytest.approx(float(one.mean), rel=1e-12)
                assert found.variance[place] == pytest.approx(float(one.variance), rel=1e-12)
                assert found.value_at_risk[place] == pytest.approx(float(one.value_at_risk(0.95)), rel=1e-12)
                tail = float(one.conditional_value_at_risk(0.95))
                assert found.conditional_value_at_risk[place] == pytest.approx(tail, rel=1e-12)


def test_the_second_call_asks_no_model() -> None:
    cache: dict[str, ScenarioGrid] = {}
    Counted.asked.clear()
    first = asked(cache, model=Counted(LINEAR))
    assert sum(Counted.asked) == len(ASKED["horizons"])
    assert asked(cache, model=Counted(replace(LINEAR)), sizes=np.array(ASKED["sizes"]), count=np.int64(5)) is first
    assert sum(Counted.asked) == len(ASKED["horizons"])
    asked(cache, model=Counted(CHANGES["model"]))
    assert sum(Counted.asked) == 2 * len(ASKED["horizons"])
    assert len(cache) == 2


def stale_answers(names=tuple(CHANGES)) -> list[str]:
    """Return which parameters can change without the cached grid changing as one that is computed anew does."""
    cache: dict[str, ScenarioGrid] = {}
    asked(cache)
    stale = []
    for name in names:
        kept, fresh = asked(cache, **{name: CHANGES[name]}), asked({}, **{name: CHANGES[name]})
        for field in ("expected", "variance", "conditional_value_at_risk", "sizes", "horizons", "risk_aversions"):
            if not np.array_equal(getattr(kept, field), getattr(fresh, field)):
                stale.append(name)
                break
    return stale


def test_another_parameter_is_another_grid() -> None:
    assert stale_answers() == []
    cache: dict[str, ScenarioGrid] = {}
    for name, value in CHANGES.items():
        before = len(cache)
        asked(cache, **{name: value})
        assert len(cache) == before + 1, name


@pytest.mark.parametrize("name", CHANGES)
def test_a_key_that_forgets_a_parameter_is_caught(monkeypatch, name) -> None:
    def forgetful(kind, **parts):
        return content_key(kind, **{part: value for part, value in parts.items() if part != name})

    monkeypatch.setattr(grid, "content_key", forgetful)
    assert stale_answers() == [name]


def test_grids_cannot_be_written() -> None:
    sizes = np.array([1e5, 1e6])
    found = asked({}, sizes=sizes)
    sizes[0] = 7.0
    assert found.sizes[0] == 1e5
    for name in ("sizes", "horizons", "risk_aversions", "expected", "variance", "value_at_risk"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(found, name)[0] = 0.0


def test_more_aversion_costs_more_and_risks_less() -> None:
    found = asked({})
    assert (np.diff(found.expected, axis=-1) >= 0).all()
    assert (np.diff(found.variance, axis=-1) <= 0).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sizes": [-1.0]}, "sizes must be"),
        ({"sizes": [np.nan]}, "sizes must be finite"),
        ({"sizes": []}, "sizes must have at least 1"),
        ({"sizes": [[1.0]]}, "sizes must be one axis"),
        ({"horizons": [0.0]}, "horizons must be positive"),
        ({"horizons": np.inf}, "horizons must be finite"),
        ({"risk_aversions": [np.inf]}, "risk_aversions must be finite"),
        ({"count": 0}, "count must be a whole number"),
        ({"volatility": -1.0}, "volatility must be"),
        ({"level": 1.0}, "level must be above 0"),
        ({"plan": lambda *_: None}, "plan must be"),
        ({"plan": OptimalPlan(object())}, r"plan\.planner must be"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(changes, message) -> None:
    cache: dict[str, ScenarioGrid] = {}
    with pytest.raises(ParameterError, match=message):
        asked(cache, **changes)
    assert cache == {}


def test_the_cache_has_an_end() -> None:
    cache: LastUsed[ScenarioGrid] = LastUsed(2)
    first = asked(cache)
    second = asked(cache, level=0.9)
    assert asked(cache) is first  # used again, so that the other one goes first
    asked(cache, level=0.8)
    assert len(cache) == 2
    assert asked(cache) is first
    again = asked(cache, level=0.9)
    assert again is not second
    np.testing.assert_array_equal(again.expected, second.expected)


def test_it_is_a_mapping_of_at_most_so_many() -> None:
    cache: LastUsed[int] = LastUsed(2)
    cache.update(a=1, b=2)
    cache["a"] = 3
    cache["c"] = 4
    assert dict(cache) == {"a": 3, "c": 4}
    assert "b" not in cache
    del cache["a"]
    assert list(cache) == ["c"]
    with pytest.raises(KeyError):
        cache["a"]
    for most in (0, -1, 1.5, 2**40):
        with pytest.raises(ParameterError, match="most must be a whole number"):
            LastUsed(most)
