"""The JSON-RPC of one Deribit connection: subscriptions, heartbeats and the venue's own errors. No socket."""

from __future__ import annotations

from collections.abc import Callable, Container

import msgspec

from fillcast.core.units import NS_PER_MS
from fillcast.lab.json_text import compact
from fillcast.lab.protocol import Answer, Session, Traffic

NS_PER_US = 1000
HEARTBEAT_MIN_S = 10
VERSION = "1.2.26"
INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, PARSE_ERROR = -32600, -32601, -32602, -32700
RAW_REFUSED = 13778
HEARTBEAT = b'{"params":{"type":"heartbeat"},"method":"heartbeat","jsonrpc":"2.0"}'
TEST_REQUEST = b'{"params":{"type":"test_request"},"method":"heartbeat","jsonrpc":"2.0"}'

Failure = tuple[int, str, dict[str, object]]


class DeribitSession(Session):
    """One client's channels.

    Parameters
    ----------
    channels
        Those that exist.
    first
        What a subscription to a channel starts with.
    clock
        Wall nanoseconds.
    """

    def __init__(self, channels: Container[str], first: Callable[[str], list[bytes]], clock: Callable[[], int]) -> None:
        self.channels = channels
        self._clock = clock
        self.topics: dict[str, None] = {}
        self._first = first
        self._interval_s = 0.0
        self._beat_at = 0.0
        self._tested = False

    def tick(self, traffic: Traffic) -> Answer:
        """Send a heartbeat and ask for proof of life when it is time; close when the last one stayed unanswered."""
        answer = Answer()
        if not self._interval_s or traffic.now - self._beat_at < self._interval_s:
            return answer
        if self._tested:
            answer.close = "test_request was not answered"
            return answer
        self._beat_at, self._tested = traffic.now, True
        answer.replies += [HEARTBEAT, TEST_REQUEST]
        return answer

    def handle(self, text: str, now: float) -> Answer:
        """Answer one text message."""
        answer = Answer()
        began_ns = self._clock()
        try:
            request = msgspec.json.decode(text)
        except msgspec.DecodeError:
            self._send(answer, None, began_ns, failure=(PARSE_ERROR, "Parse error", {}))
            return answer
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            self._send(answer, None, began_ns, failure=(INVALID_REQUEST, "Invalid Request", {}))
            return answer
        identity, params = request.get("id"), request.get("params", {})
        params = params if isinstance(params, dict) else {}
        result = self._call(answer, request["method"], params, now)
        if isinstance(result, tuple):
            self._send(answer, identity, began_ns, failure=result)
        else:
            self._send(answer, identity, began_ns, result=result)
        for topic in answer.added:
            answer.replies += self._first(topic)
        return answer

    def _call(self, answer: Answer, method: str, params: dict[str, object], now: float) -> object:
        """Return a method's result, or a tuple of code, message and data when it fails."""
        if method in ("public/subscribe", "public/unsubscribe"):
            channels = params.get("channels")
            if not isinstance(channels, list) or not all(isinstance(channel, str) for channel in channels):
                return _invalid("channels")
            return self._subscribe(answer, channels) if method == "public/subscribe" else self._leave(answer, channels)
        if method == "public/unsubscribe_all":
            self._leave(answer, list(self.topics))
            return "ok"
        if method == "public/set_heartbeat":
            interval = params.get("interval")
            if not isinstance(interval, int | float) or isinstance(interval, bool) or interval < HEARTBEAT_MIN_S:
                return _invalid("interval")
            self._interval_s, self._beat_at, self._tested = float(interval), now, False
            return "ok"
        if method == "public/disable_heartbeat":
            self._interval_s = 0.0
            return "ok"
        if method == "public/test":
            self._tested = False
            return {"version": VERSION}
        if method == "public/hello":
            return {"version": VERSION}
        if method == "public/get_time":
            return self._clock() // NS_PER_MS
        return METHOD_NOT_FOUND, "Method not found", {}

    def _subscribe(self, answer: Answer, channels: list[str]) -> object:
        if any(channel.endswith(".raw") for channel in channels):
            return RAW_REFUSED, "raw_subscriptions_not_available_for_unauthorized", {}
        known = [channel for channel in dict.fromkeys(channels) if channel in self.channels]
        answer.added += [channel for channel in known if channel not in self.topics]
        self.topics |= dict.fromkeys(known)
        return known

    def _leave(self, answer: Answer, channels: list[str]) -> list[str]:
        left = [channel for channel in dict.fromkeys(channels) if channel in self.topics]
        for channel in left:
            del self.topics[channel]
        answer.removed += left
        return left

    def _send(
        self, answer: Answer, identity: object, began_ns: int, *, result: object = None, failure: Failure | None = None
    ) -> None:
        reply: dict[str, object] = {"jsonrpc": "2.0"}
        if identity is not None:
            reply["id"] = identity
        if failure is None:
            reply["result"] = result
        else:
            code, message, data = failure
            reply["error"] = {"message": message, **({"data": data} if data else {}), "code": code}
        answer.replies.append(compact(reply | timing(began_ns, self._clock())))


def timing(began_ns: int, ended_ns: int) -> dict[str, object]:
    """Return the fields by which the venue tells how long it took."""
    began_us, ended_us = began_ns // NS_PER_US, ended_ns // NS_PER_US
    return {"usIn": began_us, "usOut": ended_us, "usDiff": ended_us - began_us, "testnet": False}


def _invalid(parameter: str) -> Failure:
    return INVALID_PARAMS, "Invalid params", {"reason": "wrong format", "param": parameter}
