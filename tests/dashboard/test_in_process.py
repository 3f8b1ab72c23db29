"""What is seen of a running session says what the session itself says."""

from __future__ import annotations

import asyncio

import pytest

from fillcast.dashboard.answering import answer
from fillcast.dashboard.asking import Question, read
from fillcast.dashboard.in_process import SessionSource
from fillcast.dashboard.wire import Asked
from fillcast.forecast.report import report
from fillcast.session import watch
from fillcast.session.answer import Answers
from tests.session.embedded import lab

KEY = "okx:BTC-USDT"


def without_time(told: dict) -> dict:
    """Return a report without what a clock says: the two are made some microseconds apart."""
    book = {name: value for name, value in told["book"].items() if name not in ("age_ms", "last_change_ms")}
    points = [(part["name"], part["bps"], part["quote"]) for part in told["components"]]
    kept = {name: value for name, value in told.items() if name not in ("as_of_ns", "provenance", "distribution")}
    net = {name: told["net"][name] for name in ("bps", "quote", "level", "at_most")}
    return {**kept, "book": book, "components": points, "net": net}


@pytest.mark.parametrize("kind", ["market", "twap", "is"])
def test_an_answer_from_a_moment_is_the_sessions_own(kind):
    async def run() -> None:
        async with lab() as url, watch([KEY], endpoints={"okx": url}) as session:
            await session.live(KEY)
            for _ in range(200):
                if session.activity(KEY).trades:
                    break
                await asyncio.sleep(0.05)
            source = SessionSource(session)
            question = read(Asked(instrument=KEY, size="3btc", type=kind), source.listing.instruments, {})
            assert isinstance(question, Question)
            seen = source.see({KEY: 0})[KEY]
            mine = answer(question, seen, Answers()).report()
            own = report(session.forecast(question.order).told)
            assert mine["net"] is not None
            if kind == "market":
                assert without_time(mine) == without_time(own)
            assert mine["net"]["bps"] == pytest.approx(own["net"]["bps"], rel=1e-3)
            assert seen.trades.end == session.activity(KEY).trades
            assert seen.trades.rows[-1, 2] > 0

    asyncio.run(run())


def test_facts_are_the_feeds_own():
    async def run() -> None:
        async with lab() as url, watch([KEY], endpoints={"okx": url}) as session:
            await session.live(KEY)
            source = SessionSource(session)
            facts = source.tell()
            assert facts.versions == {KEY: session.book(KEY).version}
            assert facts.statistics.connections == len(facts.links) == len(session.feed.links())
            assert [stage.name for stage in facts.stages] == ["receive", "decode", "apply", "forecast", "screen"]
            assert facts.last_gap is None
            source.ask({KEY: 1000})

    asyncio.run(run())
