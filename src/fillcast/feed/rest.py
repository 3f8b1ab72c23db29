"""REST requests to one venue: its limits kept, its refusals obeyed, every failure a value."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import aiohttp

from fillcast.errors import ConnectError, VenueError
from fillcast.feed.clock import Clock
from fillcast.feed.limits import RateLimit
from fillcast.feed.proxies import proxy_for
from fillcast.feed.reach import host_of, sentence, status_sentence
from fillcast.feed.settings import Settings

NO_ANSWER = 0  # status of a reply that never came
TOO_MANY = (418, 429)  # Binance answers 418 when a client goes on after 429
OVERLOADED = (503,)
SECOND_NS = 1_000_000_000
FIRST_PENALTY_S = 1.0  # where the venue names no time; doubles with every further refusal
LONGEST_PENALTY_S = 600.0
PATIENCE_S = 10.0  # somebody is waiting: a longer penalty is reported instead of sat out
CHUNK_BYTES = 1 << 16
EXCERPT_BYTES = 200  # of a refusal, quoted in a sentence


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, or why nothing did.

    Attributes
    ----------
    status
        HTTP status; `NO_ANSWER` when there was none.
    body
        The whole body, decompressed; for `NO_ANSWER` the sentence that says why, as bytes.
    blocked_until_ns
        Monotonic time before which this venue gets no further request, 0 when it set none.
    """

    status: int
    body: bytes
    blocked_until_ns: int = 0

    @property
    def ok(self) -> bool:
        """Whether the venue answered the question."""
        return 200 <= self.status < 300

    @property
    def reason(self) -> str:
        """Why it did not, in one sentence without a final stop."""
        if self.status == NO_ANSWER:
            return self.body.decode()
        excerpt = self.body[:EXCERPT_BYTES].decode(errors="replace").strip()
        return status_sentence(self.status) + (f", it says {excerpt!r}" if excerpt else "")


class Rest:
    """GET requests to one venue.

    Requests wait for the venue's weight limit, for their own earliest time and for the end of a penalty:
    after 429, 418 or 503 no request is made before the time that Retry-After names (or a doubling wait where
    it names none). A failure is returned, never raised: who asked decides whether to ask again.

    Parameters
    ----------
    base_url
        Scheme, host and an optional path; request paths are appended.
    limit
        The venue's weight limit, shared by everything that talks to this venue.
    """

    def __init__(
        self, base_url: str, limit: RateLimit, *, settings: Settings, clock: Clock, proxy: str | None = None
    ) -> None:
        self.base_url = base_url
        self.requests = 0
        self.failures = 0
        self.last_failure = ""
        self.throttled = 0
        self.blocked_until_ns = 0
        self._limit = limit
        self._settings = settings
        self._clock = clock
        self._proxy = proxy_for(base_url, proxy)
        self._penalty_s = FIRST_PENALTY_S
        self._session: aiohttp.ClientSession | None = None
        self._queue = asyncio.Lock()  # first come, first served

    async def get(self, path: str, weight: int = 1, *, not_before_ns: int = 0) -> Reply:
        """Ask for one path, once, as soon as it is allowed."""
        await self._turn(weight, not_before_ns)
        self.requests += 1
        try:
            reply = await self._ask(path)
        except (aiohttp.ClientError, OSError) as error:
            reply = Reply(NO_ANSWER, f"cannot reach {host_of(self.base_url)}: {sentence(error)}".encode())
        if not reply.ok:
            self.failures += 1
            self.last_failure = reply.reason
        return reply

    async def get_patiently(self, path: str, weight: int = 1, *, attempts: int = 4) -> bytes:
        """Ask until the venue answers, at most `attempts` times, and return the body.

        Raises
        ------
        ConnectError
            When no attempt got an answer.
        VenueError
            When the venue refused the request itself (a 4xx other than a rate limit), kept failing, or has
            shut this address out for longer than anybody would wait.
        """
        delay_s = FIRST_PENALTY_S / 2
        for attempt in range(1, attempts + 1):
            reply = await self.get(path, weight)
            if reply.ok:
                return reply.body
            final = 400 <= reply.status < 500 and reply.status not in TOO_MANY
            if final or attempt == attempts or self._penalty_left_s() > PATIENCE_S:
                break
            await self._clock.sleep(delay_s)
            delay_s *= 2
        if reply.status == NO_ANSWER:
            raise ConnectError(reply.reason)
        raise VenueError(f"{host_of(self.base_url)} refused {path}: {reply.reason}")

    async def close(self) -> None:
        """Close what is open; a later request opens it again."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _penalty_left_s(self) -> float:
        return (self.blocked_until_ns - self._clock.mono_ns()) / SECOND_NS

    async def _turn(self, weight: int, not_before_ns: int) -> None:
        """Wait for all that must be waited for, and book the weight at the very moment of the request.

        Booked any earlier, all that waits for one penalty or one due time would go out at once.
        """
        await self._clock.until(not_before_ns)
        async with self._queue:
            while True:
                now_ns = self._clock.mono_ns()
                # A penalty may come, or grow, while this request waits.
                earliest_ns = max(self.blocked_until_ns, self._limit.free_at(weight, now_ns))
                if earliest_ns <= now_ns:
                    self._limit.reserve(weight, now_ns)
                    return
                await self._clock.until(earliest_ns)

    async def _ask(self, path: str) -> Reply:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=self._settings.rest_timeout_s)
            self._session = aiohttp.ClientSession(timeout=timeout, trust_env=False)
        async with self._session.get(self.base_url + path, proxy=self._proxy) as response:
            blocked_until_ns = self._penalty(response.status, response.headers)
            limit = self._settings.max_body_bytes
            body = bytearray()
            async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                body += chunk
                if len(body) > limit:
                    response.close()
                    return Reply(NO_ANSWER, f"{path} answered with more than {limit} bytes".encode())
            return Reply(response.status, bytes(body), blocked_until_ns)

    def _penalty(self, status: int, headers: Mapping[str, str]) -> int:
        if status not in TOO_MANY and status not in OVERLOADED:
            self._penalty_s = FIRST_PENALTY_S
            return 0
        self.throttled += 1
        wait_s = retry_after_s(headers.get("Retry-After", ""), self._clock.wall_ns())
        if wait_s is None:
            wait_s = self._penalty_s
            self._penalty_s = min(self._penalty_s * 2, LONGEST_PENALTY_S)
        until_ns = self._clock.mono_ns() + int(wait_s * SECOND_NS)
        self.blocked_until_ns = max(self.blocked_until_ns, until_ns)
        return self.blocked_until_ns


def retry_after_s(header: str, wall_ns: int) -> float | None:
    """Return the seconds that a Retry-After header (RFC 9110, 10.2.3) asks to wait, None when nothing."""
    text = header.strip()
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, at.timestamp() - wall_ns / SECOND_NS)
