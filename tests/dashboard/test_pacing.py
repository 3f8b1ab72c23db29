"""Pacing by credit, for any order of credits, changes and times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.dashboard.pacing import EARLY_S, MOST_FRAMES_PER_S, Pacer, Rates

Levels = dict[int, int]
INTERVAL_S = 1.0 / MOST_FRAMES_PER_S

levels = st.dictionaries(st.integers(0, 5), st.integers(1, 3), max_size=4)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("offer"), levels),
        st.tuples(st.just("credit"), st.booleans()),
        st.tuples(st.just("wait"), st.floats(0.0, 0.05)),
    ),
    max_size=60,
)


def difference(sent: Levels | None, latest: Levels) -> Levels | None:
    """Return what has to be set, 0 for what is gone."""
    before = sent or {}
    change = {key: size for key, size in latest.items() if before.get(key) != size}
    change |= {key: 0 for key in before if key not in latest}
    return change if change or sent is None else None


def apply(held: Levels, change: Levels) -> Levels:
    return {key: size for key, size in {**held, **change}.items() if size}


class Played:
    """A pacer driven through steps, with all that a page and a witness see."""

    def __init__(self, pacer: Pacer[Levels, Levels]) -> None:
        self.pacer = pacer
        self.now_s = 0.0
        self.credits = self.frames = 0
        self.latest: Levels | None = None
        self.page: Levels | None = None
        self.times: list[float] = []
        self.unspent = False

    def step(self, what: str, value: object) -> None:
        if what == "offer":
            assert isinstance(value, dict)
            self.latest = value
            self.pacer.offer(value)
        elif what == "credit":
            self.credits += 1
            self.unspent = True
            if value:
                self.page = None
            self.pacer.credit(holds_nothing=bool(value))
        else:
            assert isinstance(value, float)
            self.now_s += value
        self._take()

    def _take(self) -> None:
        taken = self.pacer.take(self.now_s)
        if taken is None:
            paused_s = self.now_s - self.times[-1] if self.times else self.now_s
            waits = self.unspent and self.latest is not None and paused_s > 2 * INTERVAL_S
            assert not waits or self.page == self.latest, "news, a credit and time, and yet no frame"
            return
        sequence, change = taken
        assert self.unspent, "a frame without a credit"
        self.unspent = False
        self.frames += 1
        self.times.append(self.now_s)
        assert sequence == self.frames
        self.page = apply(self.page or {}, change)
        assert self.page == self.latest, "the page does not hold the latest state"


def play(pacer: Pacer[Levels, Levels], drawn: list[tuple[str, object]]) -> Played:
    played = Played(pacer)
    for what, value in drawn:
        played.step(what, value)
    return played


@given(steps)
def test_one_frame_a_credit_and_it_leads_to_the_latest_state_at_once(drawn):
    played = play(Pacer(difference), drawn)
    assert played.frames <= played.credits


@given(steps)
def test_never_more_than_sixty_frames_a_second(drawn):
    times = play(Pacer(difference), drawn).times
    for first, start_s in enumerate(times):
        for count, end_s in enumerate(times[first:]):
            assert count <= (end_s - start_s + 2 * EARLY_S) / INTERVAL_S + 1e-9


class Sloppy(Pacer[Levels, Levels]):
    """Forgets to spend the credit."""

    def take(self, now_s: float) -> tuple[int, Levels] | None:
        taken = super().take(now_s)
        self.credit()
        return taken


class Stuck(Pacer[Levels, Levels]):
    """Keeps the first state it is offered."""

    def offer(self, state: Levels) -> None:
        if self._latest is None:
            super().offer(state)


def leaves_levels(sent: Levels | None, latest: Levels) -> Levels | None:
    """Return a change that never takes a level away."""
    change = difference(sent, latest)
    return None if change is None else {key: size for key, size in change.items() if size}


PLANTED = [
    ("offer", {1: 1}),
    ("credit", False),
    ("wait", 0.05),
    ("offer", {2: 2}),
    ("credit", False),
    ("wait", 0.05),
    ("offer", {3: 1}),
    ("wait", 0.05),
]


@pytest.mark.parametrize("broken", [Sloppy(difference), Stuck(difference), Pacer(leaves_levels)])
def test_the_properties_see_a_pacer_that_is_broken(broken):
    with pytest.raises(AssertionError):
        play(broken, PLANTED)


def test_without_a_credit_nothing_is_asked_of_the_state():
    def never(sent: Levels | None, latest: Levels) -> Levels | None:
        raise AssertionError("a hidden page costs something")

    pacer = Pacer(never)
    for version in range(100):
        pacer.offer({1: version + 1})
        assert pacer.take(float(version)) is None
        assert not pacer.is_ready(float(version))


def test_credits_do_not_add_up():
    pacer = Pacer(difference)
    pacer.offer({1: 1})
    for _ in range(5):
        pacer.credit()
    assert pacer.take(0.0) == (1, {1: 1})
    pacer.offer({1: 2})
    assert pacer.take(1.0) is None


@given(st.lists(levels, min_size=1, max_size=40))
def test_a_slow_page_takes_nothing_from_a_fast_one(states):
    alone, beside, slow = Pacer(difference), Pacer(difference), Pacer(difference)
    slow.credit()
    for tick, state in enumerate(states):
        now_s = tick * INTERVAL_S
        for pacer in (alone, beside, slow):
            pacer.offer(state)
        for pacer in (alone, beside):
            pacer.credit()
        slow.take(now_s)  # has one credit and never another
        assert beside.take(now_s) == alone.take(now_s)


def test_a_screen_of_sixty_pictures_that_comes_a_little_early_loses_none():
    pacer = Pacer(difference)
    for picture in range(1, 601):
        now_s = picture * INTERVAL_S + (0.003 if picture % 2 else -0.003)
        pacer.offer({1: picture})
        pacer.credit()
        assert pacer.take(now_s) == (picture, {1: picture})


def test_each_kind_has_its_own_rate():
    rates = Rates({"forecast": 20.0, "curve": 5.0})
    sent = dict.fromkeys(("book", "forecast", "curve"), 0)
    for tick in range(600):  # ten seconds
        now_s = tick * INTERVAL_S
        for kind in sent:
            if rates.is_due(kind, now_s):
                rates.sent(kind, now_s)
                sent[kind] += 1
    assert sent["book"] == 600
    assert 190 <= sent["forecast"] <= 201
    assert 48 <= sent["curve"] <= 51
    rates.forget()
    assert all(rates.is_due(kind, 10.0) for kind in sent)
