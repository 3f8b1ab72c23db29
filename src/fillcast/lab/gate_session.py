"""The requests of one Gate connection: channels, replies and the venue's own errors. No socket."""

from __future__ import annotations

from collections.abc import Callable, Collection

from fillcast.core.units import NS_PER_MS, NS_PER_S
from fillcast.lab.gate_feed import OBU, OBU_EVERY_MS, TICKER, TRADES, UPDATES
from fillcast.lab.json_text import compact, json_object
from fillcast.lab.protocol import Answer, Session

NO_JSON, INVALID = 1, 2  # the venue's codes of errors
INTERVAL = "100ms"
CHANNELS = (OBU, UPDATES, TICKER, TRADES)
EVENTS = ("subscribe", "unsubscribe")


class GateSession(Session):
    """One client's channels.

    Parameters
    ----------
    connection
        The id that replies carry as `conn_id`.
    symbols
        The pairs that exist.
    first
        What a subscription to the `spot.obu` book of a pair and a depth starts with.
    clock
        Wall nanoseconds.
    """

    def __init__(
        self,
        connection: str,
        symbols: Collection[str],
        first: Callable[[str, int], list[bytes]],
        clock: Callable[[], int],
    ) -> None:
        self.connection, self.symbols = connection, symbols
        self._clock = clock
        self._first = first
        self.topics: dict[str, None] = {}
        self._streams: set[str] = set()  # of spot.obu, those that do not exist included
        self._requests = 0

    def handle(self, text: str, now: float) -> Answer:
        """Answer one text message."""
        answer = Answer()
        request = json_object(text)
        if request is None:
            self._refuse(answer, {}, NO_JSON, "request message need json scheme")
            return answer
        channel, event, payload = request.get("channel"), request.get("event"), request.get("payload")
        if channel == "spot.ping":
            answer.replies.append(compact(self._head("spot.pong") | {"event": "", "result": None}))
        elif channel not in CHANNELS:
            self._refuse(answer, request, INVALID, f"Unknown channel {str(channel)[:50]}")
        elif event not in EVENTS:
            self._refuse(answer, request, INVALID, f"Unknown event {str(event)[:50]}")
        elif not isinstance(payload, list) or not payload or not all(isinstance(one, str) for one in payload):
            self._refuse(answer, request, INVALID, "invalid argument: payload")
        elif channel == OBU:
            self._obu(answer, request, payload)
        else:
            self._pairs(answer, request, str(channel), payload)
        return answer

    def _obu(self, answer: Answer, request: dict[str, object], streams: list[str]) -> None:
        """Follow books of `spot.obu`: those that do not exist are acknowledged too, and stay silent."""
        if request["event"] == "unsubscribe":
            self._accept(answer, request)
            for stream in streams:
                self._streams.discard(stream)
                self._leave(answer, self._topic_of(stream)[0])
            return
        twice = [stream for at, stream in enumerate(streams) if stream in self._streams or stream in streams[:at]]
        if twice:
            self._refuse(answer, request, INVALID, f"Alert sub {twice[0][:50]}")
            return
        self._accept(answer, request)
        for stream in streams:
            self._streams.add(stream)
            topic, symbol, depth = self._topic_of(stream)
            if topic:
                self._join(answer, topic)
                answer.replies += self._first(symbol, depth)

    def _topic_of(self, stream: str) -> tuple[str, str, int]:
        """Return topic, pair and depth of a stream such as `ob.BTC_USDT.400`; empty for one that does not exist."""
        head, _, rest = stream.partition(".")
        symbol, _, depth = rest.rpartition(".")
        if head != "ob" or symbol not in self.symbols or depth not in map(str, OBU_EVERY_MS):
            return "", "", 0
        return f"gate/{OBU}.{depth}/{symbol}", symbol, int(depth)

    def _pairs(self, answer: Answer, request: dict[str, object], channel: str, payload: list[str]) -> None:
        """Follow the other channels; the updates of a book name one pair and an interval."""
        names = payload
        if channel == UPDATES:
            names, interval = payload[:1], payload[1:]
            if interval != [INTERVAL]:
                self._refuse(answer, request, INVALID, f"invalid argument: interval {','.join(interval)[:50]}")
                return
        unknown = [name for name in names if name not in self.symbols]
        if unknown:
            self._refuse(answer, request, INVALID, f"unknown currency pair: {unknown[0][:50]}")
            return
        self._accept(answer, request)
        for name in names:
            topic = f"gate/{channel}/{name}"
            if request["event"] == "subscribe":
                self._join(answer, topic)
            else:
                self._leave(answer, topic)

    def _join(self, answer: Answer, topic: str) -> None:
        if topic not in self.topics:
            self.topics[topic] = None
            answer.added.append(topic)

    def _leave(self, answer: Answer, topic: str) -> None:
        if topic in self.topics:
            del self.topics[topic]
            answer.removed.append(topic)

    def _accept(self, answer: Answer, request: dict[str, object]) -> None:
        answer.replies.append(compact(self._echo(request) | {"result": {"status": "success"}}))

    def _refuse(self, answer: Answer, request: dict[str, object], code: int, message: str) -> None:
        error = {"error": {"code": code, "message": message}, "result": {"status": "fail"}}
        answer.replies.append(compact(self._echo(request) | error))

    def _echo(self, request: dict[str, object]) -> dict[str, object]:
        """Return what every reply repeats of its request."""
        self._requests += 1
        told = self._head(request.get("channel", ""))
        if "id" in request:
            told["id"] = request["id"]
        told["trace_id"] = f"{self.connection}{self._requests:024x}"
        return told | {"event": request.get("event", ""), "payload": request.get("payload")}

    def _head(self, channel: object) -> dict[str, object]:
        now_ns = self._clock()
        times = {"time": now_ns // NS_PER_S, "time_ms": now_ns // NS_PER_MS}
        return {**times, "conn_id": self.connection, "channel": channel}
