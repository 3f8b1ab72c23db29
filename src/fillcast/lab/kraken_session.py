"""The requests of one Kraken v2 connection: channels, replies, heartbeats and the venue's own errors. No socket."""

from __future__ import annotations

from collections.abc import Callable, Collection

from fillcast.lab.json_text import compact, json_object
from fillcast.lab.kraken_feed import DEPTHS, TIME_DIGITS, TRADE
from fillcast.lab.moment import iso_time
from fillcast.lab.protocol import Answer, Session, Traffic

BOOK = "book"
DEPTH_DEFAULT = 10
HEARTBEAT_S = 1.0  # venue: about once a second when nothing else is sent
HEARTBEAT = b'{"channel":"heartbeat"}'
VERSION = "2.0.10"
CONNECTION_BASE = 806_193_442_143_000_000  # the venue's connection ids are large numbers


class KrakenSession(Session):
    """One client's channels.

    Parameters
    ----------
    connection
        The number of the connection.
    symbols
        The pairs that exist.
    first
        What a subscription to a topic starts with when it asks for a snapshot.
    clock
        Wall nanoseconds.
    """

    def __init__(
        self,
        connection: int,
        symbols: Collection[str],
        first: Callable[[str], list[bytes]],
        clock: Callable[[], int],
    ) -> None:
        self.connection, self.symbols = connection, symbols
        self._clock = clock
        self.topics: dict[tuple[str, str], str] = {}
        self._first = first

    def opened(self, now: float) -> Answer:
        """Tell the state of the venue."""
        data = {
            "version": VERSION,
            "system": "online",
            "api_version": "v2",
            "connection_id": CONNECTION_BASE + self.connection,
        }
        return Answer([compact({"channel": "status", "type": "update", "data": [data]})])

    def tick(self, traffic: Traffic) -> Answer:
        """Say that the connection lives when nothing else was said."""
        due = bool(self.topics) and traffic.now - traffic.sent >= HEARTBEAT_S
        return Answer([HEARTBEAT] if due else [])

    def handle(self, text: str, now: float) -> Answer:
        """Answer one text message."""
        answer = Answer()
        request = json_object(text)
        if request is None:
            self._reply(answer, {"error": "Malformed request", "method": "error", "success": False})
            return answer
        method, params = request.get("method"), request.get("params")
        named = {"req_id": request["req_id"]} if "req_id" in request else {}
        if method == "ping":
            self._reply(answer, {"method": "pong", **named})
        elif method not in ("subscribe", "unsubscribe"):
            self._reply(answer, {"error": "Unsupported method", "method": method, "success": False, **named})
        elif not isinstance(params, dict) or not _is_list_of_text(params.get("symbol")):
            self._reply(answer, {"error": "Malformed request", "method": method, "success": False, **named})
        else:
            for symbol in params["symbol"]:
                if method == "subscribe":
                    self._subscribe(answer, params, symbol, named)
                else:
                    self._unsubscribe(answer, params, symbol, named)
        return answer

    def _subscribe(self, answer: Answer, params: dict[str, object], symbol: str, named: dict[str, object]) -> None:
        channel, depth, snapshot = (
            params.get("channel"),
            params.get("depth", DEPTH_DEFAULT),
            params.get("snapshot", True),
        )
        error = ""
        if channel not in (BOOK, TRADE):
            error = f"Channel {channel} not supported"
        elif channel == BOOK and depth not in DEPTHS:
            error = "Subscription depth not supported"
        elif symbol not in self.symbols:
            error = f"Currency pair not supported {symbol}"
        elif (str(channel), symbol) in self.topics:
            error = "Already subscribed"
        if error:
            self._reply(answer, {"error": error, "method": "subscribe", "success": False, "symbol": symbol, **named})
            return
        topic = f"kraken/{BOOK}-{depth}/{symbol}" if channel == BOOK else f"kraken/{TRADE}/{symbol}"
        self.topics[str(channel), symbol] = topic
        answer.added.append(topic)
        result = {"channel": channel, "snapshot": snapshot, "symbol": symbol}
        if channel == BOOK:
            result["depth"] = depth
        self._reply(answer, {"method": "subscribe", "result": result, "success": True, **named})
        if snapshot is not False:
            answer.replies += self._first(topic)

    def _unsubscribe(self, answer: Answer, params: dict[str, object], symbol: str, named: dict[str, object]) -> None:
        channel = str(params.get("channel"))
        topic = self.topics.get((channel, symbol))
        asked = f"kraken/{channel}-{params.get('depth', DEPTH_DEFAULT)}/{symbol}" if channel == BOOK else topic
        if topic is None or topic != asked:
            error = {"error": "Subscription Not Found", "method": "unsubscribe", "success": False, "symbol": symbol}
            self._reply(answer, {**error, **named})
            return
        del self.topics[channel, symbol]
        answer.removed.append(topic)
        result: dict[str, object] = {"channel": channel, "symbol": symbol}
        if channel == BOOK:
            result["depth"] = int(topic.partition("-")[2].partition("/")[0])
        self._reply(answer, {"method": "unsubscribe", "result": result, "success": True, **named})

    def _reply(self, answer: Answer, reply: dict[str, object]) -> None:
        now = iso_time(self._clock(), TIME_DIGITS)
        answer.replies.append(compact(dict(sorted((reply | {"time_in": now, "time_out": now}).items()))))


def _is_list_of_text(found: object) -> bool:
    return isinstance(found, list) and bool(found) and all(isinstance(one, str) for one in found)
