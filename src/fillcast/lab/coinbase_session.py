"""The requests of one Coinbase Advanced Trade connection, and its count of messages. No socket."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime

from fillcast.core.units import NS_PER_S
from fillcast.lab.coinbase_feed import LEVEL2, MARKET_TRADES, message, numbered
from fillcast.lab.json_text import compact, json_object
from fillcast.lab.moment import Frame
from fillcast.lab.protocol import Answer, Session, Traffic

HEARTBEATS = "heartbeats"
CHANNELS = (LEVEL2, MARKET_TRADES, HEARTBEATS)
HEARTBEAT_S = 1.0  # venue
SUBSCRIBE_WITHIN_S = 5.0  # venue: a connection that has not subscribed by then is closed
ALIAS, ALIASED = "-USDC", "-USD"  # venue: books in USDC are those in USD


class CoinbaseSession(Session):
    """One client's channels and the numbers of its messages.

    Parameters
    ----------
    products
        Those that exist.
    first
        What a subscription to a topic starts with, not yet numbered.
    clock
        Wall nanoseconds.
    """

    def __init__(
        self, products: Collection[str], first: Callable[[str], list[bytes]], clock: Callable[[], int]
    ) -> None:
        self.products = products
        self._clock = clock
        self.subscribed: dict[str, dict[str, None]] = {}
        self._first = first
        self._number = 0
        self._opened = 0.0
        self._beat_at = 0.0
        self._beats = 0
        self._asked = False

    def opened(self, now: float) -> Answer:
        """Count the time to the first subscription."""
        self._opened = now
        return Answer()

    def wire(self, frame: Frame) -> bytes:
        """Number a frame."""
        return self._numbered(frame.data)

    def restart(self) -> bool:
        """Count messages from 0 again."""
        self._number = 0
        return True

    def tick(self, traffic: Traffic) -> Answer:
        """Send the heartbeat of this second; close a connection that did not subscribe in time."""
        answer = Answer()
        if not self._asked and traffic.now - self._opened > SUBSCRIBE_WITHIN_S:
            answer.close = f"no subscription within {SUBSCRIBE_WITHIN_S:g} s"
        elif HEARTBEATS in self.subscribed and traffic.now - self._beat_at >= HEARTBEAT_S:
            self._beat_at += HEARTBEAT_S
            answer.replies.append(self._heartbeat(traffic.now))
        return answer

    def handle(self, text: str, now: float) -> Answer:
        """Answer one text message."""
        answer = Answer()
        request = json_object(text)
        kind = request.get("type") if request is not None else None
        if request is None or kind not in ("subscribe", "unsubscribe"):
            _refuse(answer, "failure to parse message: type must be subscribe or unsubscribe")
            return answer
        channel, named = request.get("channel"), request.get("product_ids", [])
        error = self._why_not(channel, named)
        if error or not isinstance(named, list):
            _refuse(answer, error)
            return answer
        products = [_real(product) for product in named]
        if kind == "subscribe":
            self._subscribe(answer, str(channel), products, now)
        else:
            self._leave(answer, str(channel), products)
        subscribed = {channel: list(found) for channel, found in self.subscribed.items()}
        events = compact([{"subscriptions": subscribed}])
        answer.replies.append(self._numbered(message("subscriptions", events, self._clock())))
        return answer

    def _why_not(self, channel: object, named: object) -> str:
        if channel not in CHANNELS:
            return f"failure to subscribe: channel {str(channel)[:50]} does not exist"
        if not isinstance(named, list) or not all(isinstance(product, str) for product in named):
            return "failure to subscribe: product_ids must be a list of products"
        unknown = [product for product in named if _real(product) not in self.products]
        if unknown:
            return f"failure to subscribe: {unknown[0][:50]} is not a valid product"
        if channel != HEARTBEATS and not named:
            return "failure to subscribe: product_ids is empty"
        return ""

    def _subscribe(self, answer: Answer, channel: str, products: list[str], now: float) -> None:
        self._asked = True
        held = self.subscribed.setdefault(channel, {})
        if channel == HEARTBEATS:
            held[HEARTBEATS] = None
            self._beat_at = now
            return
        for product in products:
            if product in held:
                continue
            held[product] = None
            topic = _topic(channel, product)
            answer.added.append(topic)
            answer.replies += [self._numbered(data) for data in self._first(topic)]

    def _leave(self, answer: Answer, channel: str, products: list[str]) -> None:
        held = self.subscribed.get(channel, {})
        for product in [HEARTBEATS] if channel == HEARTBEATS else products:
            if held.pop(product, product) is None and channel != HEARTBEATS:
                answer.removed.append(_topic(channel, product))
        if not held:
            self.subscribed.pop(channel, None)

    def _heartbeat(self, now: float) -> bytes:
        self._beats += 1
        wall_ns = self._clock()
        seconds, rest = divmod(wall_ns, NS_PER_S)
        at = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest:09d} +0000 UTC m=+{now:.9f}"
        events = b'[{"current_time":"%b","heartbeat_counter":%d}]' % (at.encode(), self._beats)
        return self._numbered(message(HEARTBEATS, events, wall_ns))

    def _numbered(self, data: bytes) -> bytes:
        number, self._number = self._number, self._number + 1
        return numbered(data, number)


def _real(product: str) -> str:
    """Return the product whose book a name stands for."""
    return product.removesuffix(ALIAS) + ALIASED if product.endswith(ALIAS) else product


def _topic(channel: str, product: str) -> str:
    return f"coinbase/{channel}/{product}"


def _refuse(answer: Answer, error: str) -> None:
    answer.replies.append(compact({"type": "error", "message": error}))
