"""The requests of one OKX connection: what is subscribed, and the venue's own replies. No socket."""

from __future__ import annotations

from collections.abc import Callable, Collection

from fillcast.lab.json_text import compact, json_object
from fillcast.lab.okx_feed import CHANNELS
from fillcast.lab.options import IDLE_S
from fillcast.lab.protocol import Answer, Session, Traffic

PRIVATE_CHANNELS = ("books-l2-tbt", "books50-l2-tbt")  # need a login, which the lab has none of
ARGS_BYTES_MAX = 64 * 1024  # venue: sum of the channels' length


CLOSE_IDLE = 4004


def no_frames(topic: str) -> list[bytes]:
    """Return nothing: a subscription that starts with no frame."""
    return []


class OkxSession(Session):
    """One client's subscriptions.

    Parameters
    ----------
    connection
        The id that replies carry as `connId`.
    symbols
        The instruments that exist.
    first
        What a subscription to a topic starts with.
    idle_s
        After so many seconds without traffic the connection is closed.
    """

    def __init__(
        self,
        connection: str,
        symbols: Collection[str],
        first: Callable[[str], list[bytes]] = no_frames,
        idle_s: float = IDLE_S,
    ) -> None:
        self.connection = connection
        self.symbols = symbols
        self.topics: dict[str, None] = {}
        self._first = first
        self._idle_s = idle_s

    def handle(self, text: str, now: float) -> Answer:
        """Answer one text message."""
        answer = Answer()
        if text == "ping":
            answer.replies.append(b"pong")
            return answer
        request = json_object(text)
        if request is None or len(text) > ARGS_BYTES_MAX:
            self._refuse(answer, None, "60012", f"Invalid request: {text[:200]}")
            return answer
        identity, operation, args = request.get("id"), request.get("op"), request.get("args")
        if operation == "login":
            self._refuse(answer, identity, "60009", "Login failed.")
        elif operation not in ("subscribe", "unsubscribe") or not isinstance(args, list) or not args:
            self._refuse(answer, identity, "60012", f"Invalid request: {text[:200]}")
        else:
            for arg in args:
                self._one(answer, identity, str(operation), arg)
        for topic in answer.added:
            answer.replies += self._first(topic)
        return answer

    def tick(self, traffic: Traffic) -> Answer:
        """Close a connection on which nothing was heard or said."""
        answer = Answer()
        if traffic.now - max(traffic.sent, traffic.heard) > self._idle_s:
            answer.close, answer.close_code = f"No data received in {self._idle_s:g}s.", CLOSE_IDLE
        return answer

    def _one(self, answer: Answer, identity: object, operation: str, arg: object) -> None:
        channel, symbol = (arg.get("channel"), arg.get("instId")) if isinstance(arg, dict) else (None, None)
        if channel in PRIVATE_CHANNELS:
            self._refuse(answer, identity, "60011", "Please log in")
            return
        if channel not in CHANNELS or symbol not in self.symbols:
            named = f"channel:{channel},instId:{symbol}" if symbol is not None else f"channel:{channel}"
            message = (
                f"Wrong URL or {named} doesn't exist. Please use the correct URL, channel and parameters "
                "referring to API document."
            )
            self._refuse(answer, identity, "60018", message)
            return
        topic = f"{channel}:{symbol}"
        if operation == "subscribe":
            if topic not in self.topics:
                self.topics[topic] = None
            answer.added.append(topic)
        else:
            self.topics.pop(topic, None)
            answer.removed.append(topic)
        reply: dict[str, object] = {"id": identity} if identity is not None else {}
        reply |= {
            "event": operation,
            "arg": {"channel": channel, "instId": symbol},
            "connId": self.connection,
        }
        answer.replies.append(compact(reply))

    def _refuse(self, answer: Answer, identity: object, code: str, message: str) -> None:
        reply: dict[str, object] = {"id": identity} if identity is not None else {}
        reply |= {"event": "error", "msg": message, "code": code, "connId": self.connection}
        answer.replies.append(compact(reply))
