"""The requests of one Binance connection: streams, replies and the venue's own errors. No socket."""

from __future__ import annotations

import time
from collections.abc import Iterable

import msgspec

from fillcast.core.units import NS_PER_MS
from fillcast.lab.json_text import compact
from fillcast.lab.moment import Frame
from fillcast.lab.options import PING_S
from fillcast.lab.protocol import Answer, Session, Traffic

METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
STREAMS_MAX = 1024  # venue: streams of one connection
MESSAGES_PER_SECOND = 10  # venue: incoming messages of one connection, on futures
MARKET_STREAMS = ("aggTrade",)  # served on /market, the others on /public
MESSAGE_BYTES_MAX = 64 * 1024


def topic_of(stream: str) -> str:
    """Return the name of a stream that a client may write with the symbol in any case."""
    symbol, at, rest = stream.partition("@")
    return symbol.lower() + at + rest


class BinanceSession(Session):
    """One client's streams.

    Parameters
    ----------
    route
        "public" or "market" for the split addresses, "" for the old ones that carry everything. A stream that
        belongs to the other address is acknowledged and stays silent, as an unknown stream does.
    streams
        Those named in the address.
    combined
        Frames are wrapped in `{"stream":...,"data":...}`.
    ping_s
        Seconds between the venue's ping frames.
    lead
        What leads the lab's topics before the name of a stream.
    messages_per_second
        Incoming messages that are allowed.
    """

    def __init__(
        self,
        route: str,
        streams: Iterable[str] = (),
        *,
        combined: bool = False,
        ping_s: float = PING_S,
        lead: str = "",
        messages_per_second: int = MESSAGES_PER_SECOND,
    ) -> None:
        self.route = route
        self._lead, self._most = lead, messages_per_second
        self.combined = combined
        self._ping_s = ping_s
        self._pinged = 0.0
        self.names: dict[str, str] = {topic_of(stream): stream for stream in streams if stream}
        self._second = -1
        self._messages = 0

    @property
    def topics(self) -> dict[str, str]:
        """The streams that this connection may be sent, with the name the client used."""
        return {topic: name for topic, name in self.names.items() if self.carries(topic)}

    def carries(self, topic: str) -> bool:
        """Whether this address serves a stream."""
        is_market = topic.partition("@")[2] in MARKET_STREAMS
        return not self.route or is_market == (self.route == "market")

    def opened(self, now: float) -> Answer:
        """Join what the address names, and count the time to the first ping."""
        self._pinged = now
        return Answer(added=[self._lead + topic for topic in self.topics])

    def wire(self, frame: Frame) -> bytes:
        """Wrap a frame on a combined connection."""
        if not self.combined:
            return frame.data
        return b'{"stream":"%b","data":%b}' % (frame.topic.removeprefix(self._lead).encode(), frame.data)

    def tick(self, traffic: Traffic) -> Answer:
        """Ping when it is time."""
        if traffic.now - self._pinged < self._ping_s:
            return Answer()
        self._pinged = traffic.now
        return Answer(pings=[b"%d" % (time.time_ns() // NS_PER_MS)])

    def handle(self, text: str, now: float) -> Answer:
        """Answer one text message."""
        answer = Answer()
        if int(now) != self._second:
            self._second, self._messages = int(now), 0
        self._messages += 1
        if self._messages > self._most or len(text) > MESSAGE_BYTES_MAX:
            answer.close = "Too many requests" if self._messages > self._most else "Payload too long"
            return answer
        try:
            request = msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            _refuse(answer, 3, f"Invalid JSON: {error}", None)
            return answer
        if not isinstance(request, dict):
            _refuse(answer, 2, "Invalid request: expected an object at line 1 column 1", None)
            return answer
        identity, method, params = request.get("id"), request.get("method"), request.get("params", [])
        valid_id = isinstance(identity, str) or (isinstance(identity, int) and not isinstance(identity, bool))
        if not valid_id or (isinstance(identity, int) and identity < 0):
            _refuse(answer, 2, "Invalid request: request ID must be an unsigned integer", None)
        elif method is None:
            _refuse(answer, 2, f"Invalid request: missing field `method` at line 1 column {len(text)}", identity)
        elif method not in METHODS:
            expected = ", ".join(f"`{known}`" for known in METHODS)
            message = f"Invalid request: unknown variant `{method}`, expected one of {expected} at line 1 column 28"
            _refuse(answer, 2, message, identity)
        elif not isinstance(params, list):
            _refuse(answer, 2, "Invalid request: invalid type: expected a sequence for `params`", identity)
        elif method in ("SUBSCRIBE", "UNSUBSCRIBE"):
            self._streams(answer, method == "SUBSCRIBE", params, identity)
        else:
            self._property(answer, str(method), params, identity)
        return answer

    def _streams(self, answer: Answer, subscribe: bool, params: list[object], identity: object) -> None:
        streams = [stream for stream in params if isinstance(stream, str)]
        if len(streams) != len(params) or not streams:
            _refuse(answer, 2, "Invalid request: params must be a list of stream names", identity)
            return
        if subscribe and len(self.names) + len(streams) > STREAMS_MAX:
            _refuse(answer, 2, "Invalid request: too many parameters", identity)
            return
        for stream in streams:
            topic = topic_of(stream)
            if subscribe:
                self.names[topic] = stream
                if self.carries(topic):
                    answer.added.append(self._lead + topic)
            elif self.names.pop(topic, None) is not None:
                answer.removed.append(self._lead + topic)
        _result(answer, None, identity)

    def _property(self, answer: Answer, method: str, params: list[object], identity: object) -> None:
        if method == "LIST_SUBSCRIPTIONS":
            _result(answer, list(self.names.values()), identity)
        elif not params or params[0] != "combined":
            _refuse(answer, 0, "Unknown property", identity)
        elif method == "GET_PROPERTY":
            _result(answer, self.combined, identity)
        elif len(params) < 2 or not isinstance(params[1], bool):
            _refuse(answer, 1, "Invalid value type: expected Boolean", identity)
        else:
            self.combined = params[1]
            _result(answer, None, identity)


def _result(answer: Answer, result: object, identity: object) -> None:
    answer.replies.append(compact({"result": result, "id": identity}))


def _refuse(answer: Answer, code: int, message: str, identity: object) -> None:
    reply: dict[str, object] = {"error": {"code": code, "msg": message}}
    if identity is not None:
        reply["id"] = identity
    answer.replies.append(compact(reply))
