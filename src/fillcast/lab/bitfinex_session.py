"""The requests of one Bitfinex v2 connection, its channels and its count of messages. No socket."""

from __future__ import annotations

from collections.abc import Callable, Collection

from fillcast.lab.bitfinex_feed import CHECKSUM, LENGTHS, TRADES
from fillcast.lab.json_text import compact, json_object
from fillcast.lab.moment import Frame
from fillcast.lab.protocol import Answer, Session, Traffic

BOOK = "book"
TIMESTAMPS, NUMBERS, CHECKSUMS = 32768, 65536, 131072  # the venue's flags
FLAGS = TIMESTAMPS | NUMBERS | CHECKSUMS
BEAT_S = 15.0  # venue
CHANNELS_MAX = 25  # venue
CHANNEL_BASE, CHANNEL_STEP = 200_000, 1_000  # channels of two connections are not the same
LENGTH_DEFAULT = 25
UNKNOWN_EVENT, UNKNOWN_PRECISION, UNKNOWN_LENGTH = 10000, 10011, 10012  # the venue's codes of errors
FAILED, TWICE, UNKNOWN_CHANNEL, FULL, NOT_SUBSCRIBED = 10300, 10301, 10302, 10305, 10400


class BitfinexSession(Session):
    """One client's channels, and the numbers of what it is sent.

    Parameters
    ----------
    connection
        The number of the connection.
    symbols
        The pairs that exist.
    first
        What a subscription to a topic starts with, without channel and number.
    clock
        Wall milliseconds.
    """

    def __init__(
        self,
        connection: int,
        symbols: Collection[str],
        first: Callable[[str], list[bytes]],
        clock: Callable[[], int],
    ) -> None:
        self.symbols = symbols
        self.channels: dict[int, str] = {}
        self._numbers: dict[str, int] = {}  # of the channels, by topic
        self._first, self._clock = first, clock
        self._identity = f"{connection:08x}-0000-4000-8000-000000000000"
        self._next = CHANNEL_BASE + CHANNEL_STEP * connection
        self._flags = 0
        self._sent = 0
        self._beat_at = 0.0

    def opened(self, now: float) -> Answer:
        """Tell the version, and that the venue is in operation."""
        self._beat_at = now
        info = {"event": "info", "version": 2, "serverId": self._identity, "platform": {"status": 1}}
        return Answer([compact(info)])

    def wire(self, frame: Frame) -> bytes:
        """Put a frame between channel and number; a checksum only where it is asked for."""
        if frame.data.startswith(CHECKSUM) and not self._flags & CHECKSUMS:
            return b""
        return self._array(self._numbers[frame.topic], frame.data)

    def restart(self) -> bool:
        """Count messages from 1 again."""
        self._sent = 0
        return True

    def tick(self, traffic: Traffic) -> Answer:
        """Send the heartbeats of every channel when they are due, whatever else was sent."""
        if traffic.now - self._beat_at < BEAT_S:
            return Answer()
        self._beat_at += BEAT_S
        return Answer([self._array(channel, b'"hb"') for channel in self.channels])

    def handle(self, text: str, now: float) -> Answer:
        """Answer one text message."""
        answer = Answer()
        request = json_object(text) or {}
        event = request.get("event")
        if event == "ping":
            answer.replies.append(compact({"event": "pong", "ts": self._clock(), "cid": request.get("cid", 0)}))
        elif event == "conf":
            self._configure(answer, request.get("flags", 0))
        elif event == "subscribe":
            self._subscribe(answer, request)
        elif event == "unsubscribe":
            self._unsubscribe(answer, request.get("chanId"))
        else:
            _refuse(answer, {}, UNKNOWN_EVENT, "event: invalid")
        return answer

    def _configure(self, answer: Answer, flags: object) -> None:
        if not isinstance(flags, int) or flags & ~FLAGS:
            answer.replies.append(compact({"event": "conf", "status": "FAILED"}))
            return
        self._flags = flags
        answer.replies.append(compact({"event": "conf", "status": "OK", "flags": flags}))

    def _subscribe(self, answer: Answer, request: dict[str, object]) -> None:
        asked = {key: value for key, value in request.items() if key != "event"}
        channel, symbol = request.get("channel"), request.get("symbol")
        length = str(request.get("len", LENGTH_DEFAULT))
        prec, freq = request.get("prec", "P0"), request.get("freq", "F0")
        if channel not in (BOOK, TRADES):
            _refuse(answer, asked, UNKNOWN_CHANNEL, "channel: unknown")
        elif not isinstance(symbol, str) or symbol not in self.symbols:
            _refuse(answer, asked, FAILED, "symbol: invalid")
        elif channel == BOOK and (prec, freq) != ("P0", "F0"):
            _refuse(answer, asked, UNKNOWN_PRECISION, "prec: invalid" if prec != "P0" else "freq: invalid")
        elif channel == BOOK and length not in map(str, LENGTHS):
            _refuse(answer, asked, UNKNOWN_LENGTH, "len: invalid")
        elif (topic := _topic(str(channel), symbol, length)) in self._numbers:
            _refuse(answer, asked, TWICE, "subscribe: dup")
        elif len(self.channels) >= CHANNELS_MAX:
            _refuse(answer, asked, FULL, "subscribe: limit")
        else:
            options = {"prec": prec, "freq": freq, "len": length} if channel == BOOK else {}
            self._open(answer, topic, {"symbol": symbol, **options}, request)

    def _open(self, answer: Answer, topic: str, told: dict[str, object], request: dict[str, object]) -> None:
        self._next += 1
        self.channels[self._next] = topic
        self._numbers[topic] = self._next
        head = {"event": "subscribed", "channel": request["channel"], "chanId": self._next}
        named = {"subId": request["subId"]} if "subId" in request else {}
        answer.replies.append(compact(head | told | named | {"pair": str(told["symbol"])[1:]}))
        answer.replies += [self._array(self._next, data) for data in self._first(topic)]
        answer.added.append(topic)

    def _unsubscribe(self, answer: Answer, channel: object) -> None:
        topic = self.channels.pop(channel, None) if isinstance(channel, int) else None
        if topic is None:
            _refuse(answer, {"chanId": channel}, NOT_SUBSCRIBED, "unsubscribe: invalid")
            return
        del self._numbers[topic]
        answer.removed.append(topic)
        answer.replies.append(compact({"event": "unsubscribed", "status": "OK", "chanId": channel}))

    def _array(self, channel: int, data: bytes) -> bytes:
        ends = b""
        if self._flags & NUMBERS:
            self._sent += 1
            ends = b",%d" % self._sent
        if self._flags & TIMESTAMPS:
            ends += b",%d" % self._clock()
        return b"[%d,%b%b]" % (channel, data, ends)


def _topic(channel: str, symbol: str, length: str) -> str:
    return f"bitfinex/{channel}-{length}/{symbol}" if channel == BOOK else f"bitfinex/{channel}/{symbol}"


def _refuse(answer: Answer, asked: dict[str, object], code: int, message: str) -> None:
    answer.replies.append(compact({**asked, "event": "error", "msg": message, "code": code}))
