from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from fillcast.errors import ConnectError, VenueError
from fillcast.feed.clock import Clock
from fillcast.feed.limits import RateLimit
from fillcast.feed.rest import NO_ANSWER, Reply, Rest, retry_after_s
from fillcast.feed.settings import Settings
from fillcast.venues.protocol import NOTHING, Effects, Fetch
from tests.feed.fakes import QUICK, FakeConnection, feed_of, run, until
from tests.feed.test_limits import most_in_any_window
from tests.feed.virtual import VirtualClock

SECOND = 1_000_000_000
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def http_server(handler: Handler) -> AsyncIterator[str]:
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class SteppedClock:
    """Sleeping moves the time on; nothing waits."""

    def __init__(self) -> None:
        self.now_ns = 1_000 * SECOND
        self.waits: list[float] = []

    def clock(self) -> Clock:
        return Clock(lambda: self.now_ns, lambda: self.now_ns, self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(round(seconds, 3))
        self.now_ns += int(seconds * SECOND)
        await asyncio.sleep(0)


def rest_of(url: str, clock: Clock | None = None, limit: int = 100, **settings: object) -> Rest:
    return Rest(url, RateLimit(limit, SECOND), settings=Settings(**settings), clock=clock or Clock())


def test_a_reply_is_given_whole_and_decompressed() -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request.path_qs == "/api/books?instId=BTC-USDT&sz=400"
        return web.Response(body=gzip.compress(b"[1, 2]"), headers={"Content-Encoding": "gzip"})

    async def main() -> None:
        async with http_server(answer) as url:
            rest = rest_of(url)
            reply = await rest.get("/api/books?instId=BTC-USDT&sz=400")
            assert (reply.ok, reply.status, reply.body) == (True, 200, b"[1, 2]")
            await rest.close()

    run(main())


def test_requests_wait_for_the_weight_limit_and_for_their_own_time() -> None:
    async def main() -> None:
        async def answer(request: web.Request) -> web.Response:
            return web.Response(text="{}")

        stepped = SteppedClock()
        async with http_server(answer) as url:
            rest = rest_of(url, stepped.clock(), limit=10)
            await rest.get("/", 6)
            await rest.get("/", 6)
            assert stepped.waits == [1.0]
            await rest.get("/", 1, not_before_ns=stepped.now_ns + 3 * SECOND)
            assert stepped.waits == [1.0, 3.0]
            await rest.close()

    run(main())


def test_too_many_requests_stop_every_request_for_as_long_as_the_venue_asks() -> None:
    async def main() -> None:
        answers = [(429, {"Retry-After": "7"}), (418, {}), (503, {}), (200, {})]

        async def answer(request: web.Request) -> web.Response:
            status, headers = answers.pop(0)
            return web.Response(status=status, headers=headers, text="slow down")

        stepped = SteppedClock()
        async with http_server(answer) as url:
            rest = rest_of(url, stepped.clock())
            first = await rest.get("/a")
            assert (first.status, first.blocked_until_ns) == (429, stepped.now_ns + 7 * SECOND)
            assert first.reason == "HTTP status 429: too many requests, it says 'slow down'"
            assert stepped.waits == [], "the refusal itself is told at once"
            await rest.get("/b")
            await rest.get("/c")
            assert (await rest.get("/d")).ok
            assert stepped.waits == [7.0, 1.0, 2.0], "without a time the penalty doubles"
            assert (rest.throttled, rest.failures, rest.requests) == (3, 3, 4)
            await rest.close()

    run(main())


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("soon", None),
        ("120", 120.0),
        ("99999999999999999999", None),
        ("Thu, 01 Jan 1970 00:16:45 GMT", 5.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_read_in_both_spellings(header: str, expected: float | None) -> None:
    assert retry_after_s(header, 1_000 * SECOND) == expected


def test_failures_come_back_as_values_with_a_sentence() -> None:
    async def main() -> None:
        async def hang(request: web.Request) -> web.Response:
            if request.path == "/hang":
                await asyncio.sleep(0.3)
            if request.path == "/drop":
                assert request.transport is not None
                request.transport.abort()
            return web.Response(body=b"x" * 2_000)

        async with http_server(hang) as url:
            rest = rest_of(url, rest_timeout_s=0.2, max_body_bytes=1_000)
            late, dropped, big = [await rest.get(path) for path in ("/hang", "/drop", "/big")]
            await rest.close()
            await asyncio.sleep(0.2)
        where = url.removeprefix("http://")
        assert (late.status, late.reason) == (NO_ANSWER, f"cannot reach {where}: it did not answer in time")
        assert dropped.reason == f"cannot reach {where}: it dropped the connection"
        assert big.reason == "/big answered with more than 1000 bytes"
        gone = rest_of(url)
        refused = await gone.get("/")
        assert refused.reason == f"cannot reach {where}: it refused the connection (nothing listens there)"
        await gone.close()

    run(main())


def test_asking_patiently_repeats_what_may_pass_and_only_that() -> None:
    async def main() -> None:
        answers = [500, 429, 200]

        async def answer(request: web.Request) -> web.Response:
            if request.path == "/unknown":
                return web.Response(status=404, text="no such path")
            if request.path == "/banned":
                return web.Response(status=418, headers={"Retry-After": "86400"})
            return web.Response(status=answers.pop(0), text="[]")

        stepped = SteppedClock()
        async with http_server(answer) as url:
            rest = rest_of(url, stepped.clock())
            assert await rest.get_patiently("/instruments") == b"[]"
            with pytest.raises(VenueError, match="refused /unknown: HTTP status 404"):
                await rest.get_patiently("/unknown")
            before = len(stepped.waits)
            with pytest.raises(VenueError, match="banned for a while"):
                await rest.get_patiently("/banned")
            assert len(stepped.waits) == before, "nobody waits a day"
            await rest.close()
        gone = rest_of(url, stepped.clock())
        with pytest.raises(ConnectError, match="nothing listens there"):
            await gone.get_patiently("/", attempts=2)
        await gone.close()

    run(main())


def test_a_fetch_is_answered_to_the_protocol_whatever_comes() -> None:
    """The venue's REST and its socket live on one port here, as in the lab."""

    async def main() -> None:
        async def answer(request: web.Request) -> web.StreamResponse:
            if request.path == "/ws":
                socket = web.WebSocketResponse()
                await socket.prepare(request)
                async for _ in socket:
                    pass
                return socket
            return web.Response(status=429 if request.path == "/busy" else 200, text=request.path)

        def script(kind: str, value: object) -> Effects:
            if kind != "opened":
                return NOTHING
            return (Fetch(1, "/book", 5, "snapshot"), Fetch(2, "/busy", 5, "snapshot"))

        fake = FakeConnection(script=script)
        async with http_server(answer) as url, feed_of(url, fake) as feed:
            await until(lambda: fake.kinds().count("reply") == 2)
            assert (feed.statistics().fetches, feed.statistics().failed_fetches) == (2, 1)
            assert feed.statistics().throttled == 1
        replies = {value for kind, value in fake.inputs if kind == "reply"}
        assert replies == {(1, 200, b"/book"), (2, 429, b"/busy")}

    run(main())


def test_a_request_that_is_under_way_when_the_socket_is_lost_is_dropped() -> None:
    async def main() -> None:
        asked = asyncio.Event()

        async def answer(request: web.Request) -> web.StreamResponse:
            if request.path == "/ws":
                socket = web.WebSocketResponse()
                await socket.prepare(request)
                await asked.wait()
                await socket.close()
                return socket
            asked.set()
            await asyncio.sleep(0.3)
            return web.Response(text="late")

        def script(kind: str, value: object) -> Effects:
            return (Fetch(1, "/book", 1, "snapshot"),) if kind == "opened" else NOTHING

        fake = FakeConnection(script=script)
        settings = Settings(backoff=QUICK, close_timeout_s=0.2)
        async with http_server(answer) as url, feed_of(url, fake, settings=settings):
            await until(lambda: "closed" in fake.kinds())
            await asyncio.sleep(0.2)
        assert "reply" not in fake.kinds()

    run(main())


class Asked(Rest):
    """Notes when requests are made; the first is answered with a penalty of 10 s, the others well."""

    def __init__(self, time: VirtualClock, limit: RateLimit) -> None:
        super().__init__("http://127.0.0.1:1", limit, settings=Settings(), clock=time.clock())
        self.time = time
        self.at_ns: list[tuple[int, int]] = []

    async def _ask(self, path: str) -> Reply:
        self.at_ns.append((self.time.now_ns, 1))
        if len(self.at_ns) > 1:
            return Reply(200, b"")
        return Reply(429, b"", self._penalty(429, {"Retry-After": "10"}))


class Hasty(Asked):
    """The planted violation: the weight is booked when the question comes, the penalty is sat out afterwards."""

    async def _turn(self, weight: int, not_before_ns: int) -> None:
        earliest_ns = max(not_before_ns, self._limit.reserve(weight, self.time.now_ns))
        await self._clock.until(max(earliest_ns, self.blocked_until_ns))


def requests_after(waiting_for: str, kind: type[Asked]) -> list[tuple[int, int]]:
    """Let 60 requests wait for one thing and return when they were made, with their weights."""
    time = VirtualClock()
    rest = kind(time, RateLimit(20, 2 * SECOND))

    async def main() -> None:
        due_ns = time.now_ns + 30 * SECOND if waiting_for == "due time" else 0
        await rest.get("/first")
        await time.finish(*(asyncio.create_task(rest.get(f"/{n}", not_before_ns=due_ns)) for n in range(60)))

    asyncio.run(main())
    return rest.at_ns


@pytest.mark.parametrize("waiting_for", ["penalty", "due time"])
def test_what_has_waited_together_does_not_go_at_once(waiting_for: str) -> None:
    made = requests_after(waiting_for, Asked)
    assert len(made) == 61
    assert made[1][0] - made[0][0] == (10 if waiting_for == "penalty" else 30) * SECOND
    assert most_in_any_window(made, 2 * SECOND) == 20
    assert made[-1][0] - made[1][0] == 4 * SECOND, "nor does anything wait longer than it must"
    assert most_in_any_window(requests_after(waiting_for, Hasty), 2 * SECOND) > 20, "the check can fail"


def test_a_penalty_that_comes_while_requests_wait_for_their_turn_holds_them_too() -> None:
    time = VirtualClock()
    rest = Asked(time, RateLimit(1, 2 * SECOND))

    async def main() -> None:
        await time.finish(*(asyncio.create_task(rest.get(f"/{n}")) for n in range(3)))

    asyncio.run(main())
    began_ns = rest.at_ns[0][0]
    assert [(at_ns - began_ns) // SECOND for at_ns, _ in rest.at_ns] == [0, 10, 12]


def test_a_request_that_is_given_up_while_it_waits_uses_nothing_of_the_limit() -> None:
    time = VirtualClock()
    rest = Asked(time, RateLimit(1, 2 * SECOND))

    async def main() -> None:
        first, second, third = (asyncio.create_task(rest.get(f"/{n}")) for n in range(3))
        await time.finish(first)
        second.cancel()
        await time.finish(second, third)

    asyncio.run(main())
    assert [(at_ns - rest.at_ns[0][0]) // SECOND for at_ns, _ in rest.at_ns] == [0, 10]


def test_asking_again_for_the_same_path_takes_the_place_of_the_question_that_still_waits() -> None:
    async def main() -> None:
        asked: list[str] = []

        async def answer(request: web.Request) -> web.StreamResponse:
            if request.path == "/ws":
                socket = web.WebSocketResponse()
                await socket.prepare(request)
                async for _ in socket:
                    pass
                return socket
            asked.append(request.path)
            return web.Response(text="{}")

        def script(kind: str, value: object) -> Effects:
            if kind != "opened":
                return NOTHING
            later_ns = Clock().mono_ns() + SECOND // 10
            return tuple(Fetch(n, "/book", 1, "snapshot", later_ns) for n in range(4))

        fake = FakeConnection(script=script)
        async with http_server(answer) as url, feed_of(url, fake):
            await until(lambda: "reply" in fake.kinds())
            await asyncio.sleep(0.05)
        assert asked == ["/book"]
        assert [value for kind, value in fake.inputs if kind == "reply"] == [(3, 200, b"{}")]

    run(main())
