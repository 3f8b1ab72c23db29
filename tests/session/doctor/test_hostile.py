"""Hosts that are no venue, or one that refuses: each is told in its row, in time, and by no traceback."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from fillcast.feed.clock import Clock
from fillcast.session.doctor import Examination, examine
from fillcast.session.doctor.examine import CLOSING_S, LISTING_S
from fillcast.session.doctor.finding import Finding
from fillcast.venues import venue
from tests.session.doctor.hostile import Answer, frames, from_lab, host, mute, never, status
from tests.session.embedded import lab

SECONDS = 1.0
HOUR_NS = 3_600_000_000_000
BUSY_MACHINE_S = 2.0  # others use it too
HTML = "<!DOCTYPE html><html><body>Access denied</body></html>"


@pytest.fixture(autouse=True, scope="module")
def _kernels() -> None:
    """Load the kernels before any time limit runs."""
    venue("okx")


def judged(work: Callable[[], Awaitable[Examination]], seconds: float = SECONDS) -> dict[str, Finding]:
    """Examine within the promised time; return the findings by rule."""

    async def main() -> Examination:
        started = time.monotonic()
        found = await work()
        took_s = time.monotonic() - started
        assert took_s < seconds + LISTING_S + CLOSING_S + BUSY_MACHINE_S, f"took {took_s:.1f} s"
        return found

    return {finding.what: finding for finding in asyncio.run(main()).findings}


def broken(found: dict[str, Finding]) -> set[str]:
    return {name for name, finding in found.items() if finding.held is False and name != "lag"}


def okx(url: str, seconds: float = SECONDS, clock: Clock | None = None) -> Awaitable[Examination]:
    return examine("okx", ["BTC-USDT"], seconds=seconds, endpoints={"okx": url}, clock=clock)


def unlisted(rest: Answer) -> Finding:
    """Examine a host by what it answers to requests; return the one rule that was judged."""

    async def work() -> Examination:
        async with host(rest, status(500)) as url:
            return await okx(url)

    found = judged(work)
    assert {name for name, finding in found.items() if finding.held is not None} == broken(found) == {"reachable"}
    return found["reachable"]


def followed(sockets: Answer) -> dict[str, Finding]:
    """Examine a host that answers requests as the lab does, and sockets otherwise."""

    async def work() -> Examination:
        async with lab() as url, host(from_lab(url), sockets) as spoiled:
            return await okx(spoiled)

    return judged(work)


def test_a_host_that_stays_mute_is_told_in_time() -> None:
    async def timed(url: str, seconds: float) -> None:
        started = time.monotonic()
        found = {finding.what: finding for finding in (await okx(url, seconds)).findings}
        assert time.monotonic() - started < seconds + LISTING_S + CLOSING_S + BUSY_MACHINE_S
        limit_s = LISTING_S + seconds / 2
        assert broken(found) == {"reachable"}
        assert f"within {limit_s:g} s: the request for them got no answer" in found["reachable"].effect

    async def main() -> None:
        async with mute() as url:
            await asyncio.gather(timed(url, 0.2), timed(url, 3.0), timed(url.replace("http", "https"), 3.0))

    asyncio.run(main())


def test_a_host_that_answers_requests_and_no_handshake_is_told_in_time() -> None:
    found = followed(never)
    assert broken(found) == {"reachable", "first book"}
    assert "0 of 1 sockets opened" in found["reachable"].found
    assert "has not answered the handshake, after 1.0" in found["reachable"].effect


def test_a_socket_that_stays_mute_is_told() -> None:
    found = followed(frames())
    assert broken(found) == {"first book"}
    assert "never LIVE: SYNCING" in found["first book"].found
    assert found["understood"].held is None


REFUSALS = {
    403: "it refuses this address or region",
    404: "there is no such path",
    451: "it does not serve this region",
    500: "the server has trouble",
    503: "the server has trouble",
    429: "too many requests",
}


def test_a_refused_request_is_told_with_its_meaning() -> None:
    async def one(code: int) -> str:
        async with host(status(code, HTML), status(code)) as url:
            found = {finding.what: finding for finding in (await okx(url)).findings}
        assert broken(found) == {"reachable"}
        return found["reachable"].effect

    async def main() -> list[str]:
        return await asyncio.gather(*(one(code) for code in REFUSALS))

    for (code, means), effect in zip(REFUSALS.items(), asyncio.run(main()), strict=True):
        assert f"HTTP status {code}: {means}" in effect


@pytest.mark.parametrize("body", [HTML, "", "[]", "null", "{" * 10_000, "\0"])
def test_something_else_than_a_list_is_told(body: str) -> None:
    assert unlisted(status(200, body)).effect


def test_a_port_that_nobody_serves_and_one_without_tls_are_told() -> None:
    async def main() -> list[Examination]:
        async with host(status(404), status(404)) as url:
            return await asyncio.gather(okx("http://127.0.0.1:9"), okx(url.replace("http", "https")))

    effects = [found.findings[0].effect for found in asyncio.run(main())]
    assert "it refused the connection" in effects[0]
    assert "TLS handshake failed" in effects[1]


def test_a_refused_handshake_is_told() -> None:
    found = followed(status(403))
    assert broken(found) == {"reachable", "first book"}
    assert "HTTP status 403: it refuses this address or region" in found["reachable"].effect


def test_a_socket_that_closes_at_once_is_told() -> None:
    found = followed(frames(stay=False, code=1008))
    assert broken(found) == {"first book", "reconnects"}
    assert "closed by the server with code 1008" in found["reconnects"].effect


@pytest.mark.parametrize("garbage", [b"\x00\xff\xfe", HTML, '{"arg":{"channel":"books"},"data":7}', "[" * 5_000])
def test_garbage_frames_are_told(garbage: bytes | str) -> None:
    found = followed(frames(*[garbage] * 50))
    assert {"first book", "understood"} <= broken(found) <= {"first book", "understood", "reconnects"}
    assert "rejected" in found["understood"].effect


@pytest.mark.parametrize(("offset_ns", "says"), [(HOUR_NS, "ahead of"), (-HOUR_NS, "behind")])
def test_a_clock_that_is_an_hour_off_is_told(offset_ns: int, says: str) -> None:
    wrong = Clock()
    wrong = replace(wrong, wall_ns=lambda: Clock().wall_ns() + offset_ns)

    async def work() -> Examination:
        async with lab() as url:
            return await okx(url, 3.0, wrong)

    found = judged(work, 3.0)
    assert broken(found) == {"clock"}
    assert says in found["clock"].found
    assert found["clock"].command == "timedatectl status"
