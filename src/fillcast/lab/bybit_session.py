"""The requests of one Bybit v5 connection: topics, replies and the venue's own errors. No socket."""

from __future__ import annotations

from collections.abc import Callable, Collection

from fillcast.lab.bybit_feed import EVERY_MS, SPOT, TRADES
from fillcast.lab.json_text import compact, json_object
from fillcast.lab.protocol import Answer, Session

SPOT_ARGS_MAX = 10  # venue: topics of one request on spot
ARGS_LENGTH_MAX = 21_000  # venue: characters of all topics of one connection
CHANNELS = (*(f"orderbook.{depth}" for depth in EVERY_MS), TRADES)


class BybitSession(Session):
    """One client's topics.

    Parameters
    ----------
    category
        The product that the address serves.
    connection
        The id that replies carry as `conn_id`.
    symbols
        The instruments that exist.
    first
        What a subscription to a topic starts with.
    """

    def __init__(
        self, category: str, connection: str, symbols: Collection[str], first: Callable[[str], list[bytes]]
    ) -> None:
        self.category, self.connection, self.symbols = category, connection, symbols
        self.topics: dict[str, None] = {}
        self._first = first

    def handle(self, text: str, now: float) -> Answer:
        """Answer one text message."""
        answer = Answer()
        request = json_object(text)
        if request is None:
            self._reply(answer, "", "", "error:request format error")
            return answer
        operation, args, identity = request.get("op"), request.get("args"), request.get("req_id")
        if operation == "ping":
            self._reply(answer, "ping", identity, "", "pong")
        elif operation not in ("subscribe", "unsubscribe"):
            self._reply(answer, str(operation), identity, f"error:unknown op {operation}")
        elif not isinstance(args, list) or not args or not all(isinstance(arg, str) for arg in args):
            self._reply(answer, operation, identity, "error:args type error or empty")
        elif operation == "subscribe":
            self._subscribe(answer, args, identity)
        else:
            for arg in args:
                if self.topics.pop(arg, arg) is None:
                    answer.removed.append(self._topic(arg))
            self._reply(answer, "unsubscribe", identity, "")
        return answer

    def _subscribe(self, answer: Answer, args: list[str], identity: object) -> None:
        refused = self._why_not(args)
        if refused:
            self._reply(answer, "subscribe", identity, refused)
            return
        self.topics |= dict.fromkeys(args)
        answer.added += [self._topic(arg) for arg in args]
        first = [frame for topic in answer.added for frame in self._first(topic)]
        if self.category == SPOT:
            self._reply(answer, "subscribe", identity, "")
            answer.replies += first
        else:  # as captured: the books of the futures' addresses come before the reply
            answer.replies += first
            self._reply(answer, "subscribe", identity, "")

    def _why_not(self, args: list[str]) -> str:
        """Return the venue's words for the first thing that is wrong; one wrong topic refuses the request."""
        if self.category == SPOT and len(args) > SPOT_ARGS_MAX:
            return f"args size >{SPOT_ARGS_MAX}"
        if sum(map(len, [*self.topics, *args])) > ARGS_LENGTH_MAX:
            return f"error:args length exceeds {ARGS_LENGTH_MAX}"
        for arg in args:
            channel, _, symbol = arg.rpartition(".")
            if channel not in CHANNELS:
                return f"error:handler not found,topic:{arg[:100]}"
            if symbol not in self.symbols:
                return (
                    f"Invalid symbol :[{arg[:100]}]" if self.category == SPOT else f"error:symbol invalid,topic:{arg}"
                )
            if arg in self.topics:
                return f"error:already subscribed,topic:{arg}"
        return ""

    def _topic(self, arg: str) -> str:
        return f"{self.category}/{arg}"

    def _reply(self, answer: Answer, operation: str, identity: object, refused: str, message: str = "") -> None:
        """Append a reply: spot repeats the request's id only when there is one, the others always send the key."""
        said = refused or message or ("subscribe" if self.category == SPOT and operation == "subscribe" else "")
        reply: dict[str, object] = {"success": not refused, "ret_msg": said, "conn_id": self.connection}
        if identity is not None or self.category != SPOT:
            reply["req_id"] = identity or ""
        reply["op"] = operation
        answer.replies.append(compact(reply))
