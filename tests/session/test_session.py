"""Sessions against a lab in this process: a real server and real sockets on loopback."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Coroutine

import aiohttp
import pytest

from fillcast.core.state import BookState, Proof
from fillcast.errors import ConnectError, NotLiveError, UnknownInstrumentError, UsageError, VenueError
from fillcast.feed.backoff import BackoffPolicy
from fillcast.feed.clock import Clock
from fillcast.feed.driven import Driven, Listener
from fillcast.feed.settings import Settings
from fillcast.forecast.order import parse_order
from fillcast.models.fees import stated_fee
from fillcast.session import watch
from fillcast.session.listing import list_all
from fillcast.venues import venue
from fillcast.venues.protocol import Gap
from tests.feed.fakes import until
from tests.session.embedded import lab

OKX = ["okx:BTC-USDT", "okx:ETH-USDT", "okx:BTC-USDT-SWAP", "okx:BTC-USD-SWAP"]
BINANCE = ["binance_usdm:BTCUSDT", "binance_usdm:ETHUSDT"]
FEE = stated_fee(5.0)
QUICK = Settings(backoff=BackoffPolicy(first_s=0.1, longest_s=0.2), close_timeout_s=0.3)


@pytest.fixture(autouse=True, scope="module")
def _kernels() -> None:
    """Load the kernels before any time limit runs: after one has changed that takes long."""
    for name in ("okx", "binance_usdm"):
        venue(name)


def at(url: str) -> dict[str, str]:
    return {"okx": url, "binance_usdm": url}


def run(work: Coroutine[object, object, None], timeout_s: float = 40.0) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(timeout_s):
            await work
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"left behind: {left}"

    asyncio.run(bounded())


async def plant(url: str, kind: str, symbol: str) -> None:
    async with aiohttp.ClientSession() as http:
        await http.post(f"{url}/lab/fault", json={"kind": kind, "symbol": symbol, "wait": 0})


def test_every_instrument_of_both_venues_becomes_live_and_is_priced() -> None:
    async def main() -> None:
        async with lab() as url, watch([*OKX, *BINANCE], endpoints=at(url)) as session:
            assert list(session.instruments) == [*OKX, *BINANCE]
            for key in session.instruments:
                view = await session.live(key, 10)
                assert (view.state, view.proof) == (BookState.LIVE, Proof.SEQUENCE)
                assert session.book(key).instrument == session.instruments[key]
                assert session.view(key) is session.view(key), "one view per version"
                health = session.health(key)
                assert health.state is BookState.LIVE
                assert health.age_ns < 5e9
                size = f"5000{view.instrument.quote.lower()}"
                answer = session.forecast(parse_order(view.instrument, "sell", size), fee=FEE)
                assert answer.current.net is not None
                assert answer.last is answer.current
                assert (answer.is_old, answer.age_ns, answer.reason) == (False, 0, "")
            statistics = session.feed.statistics()
            assert statistics.connections == 3, "one for OKX, books and trades apart for Binance"
            assert (statistics.open_connections, statistics.gaps) == (3, 0)

    run(main())


def test_volatility_and_trades_are_followed_while_it_runs() -> None:
    async def main() -> None:
        async with lab() as url, watch([OKX[0], BINANCE[0]], endpoints=at(url)) as session:
            await until(
                lambda: all(
                    session.activity(key).trades and session.volatility(key).effective_samples
                    for key in session.instruments
                )
            )
            for key in session.instruments:
                activity = session.activity(key)
                assert activity.buys + activity.sells == activity.trades
                assert activity.buy_lots + activity.sell_lots > 0
                assert session.volatility(key).measured_per_sqrt_s is not None

    run(main())


def test_while_the_book_is_not_live_the_last_forecast_is_kept_and_marked_old() -> None:
    key = OKX[0]

    async def main() -> None:
        async with lab() as url, watch([key], endpoints=at(url), settings=QUICK) as session:
            instrument = (await session.live(key, 10)).instrument
            order = parse_order(instrument, "buy", "10000usdt")
            other = parse_order(instrument, "buy", "20000usdt")
            good = session.forecast(order, fee=FEE).current
            await plant(url, "disconnect", "BTC-USDT")
            await until(lambda: session.book(key).state is not BookState.LIVE)
            answer = session.forecast(order, fee=FEE)
            assert answer.state is BookState.BROKEN
            assert answer.current.net is None
            assert answer.last is good
            assert answer.is_old
            assert answer.age_ns > 0
            assert "connection" in answer.reason
            assert "attempt 2 in" in answer.reason, "how the connection stands is part of the reason"
            assert session.forecast(other, fee=FEE).last is None, "never asked before: nothing old to show"
            await session.live(key, 10)
            again = session.forecast(order, fee=FEE)
            assert again.current.net is not None
            assert not again.is_old

    run(main())


class Skewed:
    """The machine's clocks, set forward by a test."""

    def __init__(self) -> None:
        self.wall_s = self.mono_s = 0.0

    def clock(self) -> Clock:
        return Clock(
            lambda: time.time_ns() + int(self.wall_s * 1e9), lambda: time.monotonic_ns() + int(self.mono_s * 1e9)
        )


def test_a_forecast_sees_the_silence_of_the_moment_it_is_asked_at() -> None:
    key = OKX[0]

    async def main() -> None:
        skewed = Skewed()
        async with lab() as url, watch([key], endpoints=at(url), clock=skewed.clock()) as session:
            order = parse_order((await session.live(key, 10)).instrument, "buy", "10000usdt")
            good = session.forecast(order, fee=FEE).current
            assert good.net is not None
            # No await from here on: no timer and no frame can have judged the book before the forecast does.
            assert session.book(key).state is BookState.LIVE
            skewed.mono_s = 15.0
            answer = session.forecast(order, fee=FEE)
            assert answer.state is BookState.STALE
            assert answer.current.net is None
            assert answer.last is good
            assert answer.is_old
            assert answer.age_ns > 0
            assert "no sign of life" in answer.reason
            assert session.view(key).state is BookState.STALE
            assert session.health(key).state is BookState.STALE

    run(main())


def test_late_frames_are_judged_before_anybody_looks_at_their_books() -> None:
    key = BINANCE[0]

    async def main() -> None:
        skewed = Skewed()
        seen: list[tuple[float, BookState]] = []

        def note(connection: Driven) -> None:
            for book in connection.books:
                seen.append((framed_at.pop() if framed_at else -1.0, book.state))

        def note_frame(connection: Driven) -> None:
            if connection.books and connection.events.count:
                framed_at[:] = [skewed.wall_s]

        framed_at: list[float] = []
        listener = Listener(on_frame=note_frame, on_batch=note)
        async with lab() as url, watch([key], endpoints=at(url), clock=skewed.clock(), listener=listener) as session:
            await session.live(key, 10)
            await until(lambda: sum(one == (0.0, BookState.LIVE) for one in seen) > 3)
            skewed.wall_s = 5.0
            await until(lambda: sum(framed == 5.0 for framed, _ in seen) > 3)
            assert {state for framed, state in seen if framed == 5.0} == {BookState.STALE}
            assert "lag" in {str(notice.reason) for notice in session.feed.gap_log if isinstance(notice, Gap)}

    run(main())


def test_an_unknown_symbol_names_its_neighbours_and_leaves_nothing_open() -> None:
    async def main() -> None:
        async with lab() as url:
            for key, near in (
                ("okx:BTC-USTD", "BTC-USDT"),
                ("okx:btcusdt", "BTC-USDT"),
                ("binance_usdm:BTCUSD", "BTCUSDT"),
            ):
                with pytest.raises(UnknownInstrumentError, match=f"did you mean {near}"):
                    async with watch([key, BINANCE[1]], endpoints=at(url)):
                        pass
            listed = await list_all("okx", endpoints=at(url))
            assert {one.key for one in listed} == set(OKX)

    run(main())


def test_with_a_patience_what_answers_is_followed_and_the_rest_is_told() -> None:
    silent = "kraken:BTC/USD"
    unknown = "okx:BTC-USTD"

    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as never:
            endpoints = {"kraken": f"http://127.0.0.1:{never.getsockname()[1]}"}
            async with lab() as url:
                keys = [silent, OKX[0], BINANCE[0]]
                async with watch(keys, endpoints={**at(url), **endpoints}, patience_s=1.0) as session:
                    assert set(session.instruments) == {OKX[0], BINANCE[0]}
                    assert list(session.unanswered) == [silent]
                    assert "no answer about kraken:BTC/USD within 1 s" in str(session.unanswered[silent])
                    for key in session.instruments:
                        assert (await session.live(key, 10)).state is BookState.LIVE
                for beside in ([], [OKX[0]], [silent]):
                    with pytest.raises(UnknownInstrumentError, match="'BTC-USTD'"):
                        async with watch([*beside, unknown], endpoints={**at(url), **endpoints}, patience_s=1.0):
                            pass
                with pytest.raises(ConnectError, match="no answer about kraken:BTC/USD"):
                    async with watch([silent], endpoints=endpoints, patience_s=1.0):
                        pass

    run(main())


def test_a_venue_that_cannot_be_reached_is_one_sentence() -> None:
    async def main() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}"
            with pytest.raises(ConnectError, match=r"cannot reach 127\.0\.0\.1:\d+: it refused the connection"):
                async with watch([OKX[0]], endpoints=at(url), clock=Clock(sleep=lambda _: asyncio.sleep(0))):
                    pass

    run(main())


def test_something_else_than_the_venue_behind_an_endpoint_is_one_sentence() -> None:
    async def main() -> None:
        async with lab() as url:
            with pytest.raises(VenueError, match="refused /fapi"):
                async with watch([BINANCE[0]], endpoints={"binance_usdm": url + "/elsewhere"}):
                    pass

    run(main())


def test_waiting_for_a_book_that_does_not_come_says_why() -> None:
    async def main() -> None:
        async with lab() as url, watch([BINANCE[0]], endpoints=at(url)) as session:
            with pytest.raises(NotLiveError, match=r"BTCUSDT is not LIVE after 0\.001 s: its book is "):
                await session.live(BINANCE[0], 0.001)
            with pytest.raises(UsageError, match="okx:XRP-USDT is not followed by this session; followed: bin"):
                session.view("okx:XRP-USDT")

    run(main())


@pytest.mark.parametrize("where", ["on_frame", "on_batch"])
def test_an_error_of_a_listener_ends_the_block_with_that_error(where: str) -> None:
    async def main() -> None:
        def fail(*_: object) -> None:
            raise RuntimeError("a bug in a listener")

        async with lab() as url:
            with pytest.raises(RuntimeError, match="a bug in a listener"):
                async with watch([OKX[0]], endpoints=at(url), listener=Listener(**{where: fail})):
                    await asyncio.sleep(10)

    run(main())


def test_an_error_in_the_block_is_raised_as_it_is_and_everything_is_closed_quickly() -> None:
    async def main() -> None:
        async with lab() as url:
            session = watch([OKX[0], BINANCE[0]], endpoints=at(url))
            began: list[float] = []

            async def fail() -> None:
                async with session:
                    await session.live(OKX[0], 10)
                    began.append(time.monotonic())
                    raise LookupError("mine")

            with pytest.raises(LookupError, match="mine"):
                await fail()
            assert time.monotonic() - began[0] < 2.0
            assert session.book(OKX[0]).state is not BookState.LIVE

    run(main())


def test_a_session_can_be_cancelled_from_outside() -> None:
    async def main() -> None:
        async with lab() as url:

            async def follow() -> None:
                async with watch([OKX[0]], endpoints=at(url)) as session:
                    await session.live(OKX[0], 10)
                    live.set()
                    await asyncio.sleep(60)

            live = asyncio.Event()
            task = asyncio.create_task(follow())
            await asyncio.wait_for(live.wait(), 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(main())
