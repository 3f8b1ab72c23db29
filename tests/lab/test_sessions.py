"""What the two venues answer to requests, good and bad."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fillcast.lab.binance_session import BinanceSession
from fillcast.lab.okx_session import OkxSession

SYMBOLS = ("BTC-USDT", "ETH-USDT")


def okx(text: object) -> list[Any]:
    session = OkxSession("00000001", SYMBOLS)
    raw = text if isinstance(text, str) else json.dumps(text)
    return [json.loads(reply) if reply != b"pong" else "pong" for reply in session.handle(raw, 0.0).replies]


def test_okx_answers_ping_with_pong() -> None:
    assert okx("ping") == ["pong"]


def test_okx_acknowledges_each_argument_and_echoes_the_id() -> None:
    args = [{"channel": channel, "instId": "BTC-USDT"} for channel in ("books", "trades")]
    for operation in ("subscribe", "unsubscribe"):
        replies = okx({"id": "1512", "op": operation, "args": args})
        expected = [{"id": "1512", "event": operation, "arg": arg, "connId": "00000001"} for arg in args]
        assert replies == expected
    assert "id" not in okx({"op": "subscribe", "args": args})[0]


@pytest.mark.parametrize(
    ("request_", "code", "words"),
    [
        ("{bad", "60012", "Invalid request: {bad"),
        ("[]", "60012", "Invalid request"),
        ("ping ", "60012", "Invalid request"),
        ({"op": "fly", "args": [{}]}, "60012", "fly"),
        ({"op": "subscribe"}, "60012", "subscribe"),
        ({"op": "subscribe", "args": []}, "60012", "args"),
        ({"op": "subscribe", "args": "books"}, "60012", "args"),
        ({"op": "subscribe", "args": ["books"]}, "60018", "doesn't exist"),
        ({"op": "subscribe", "args": [{"channel": "books"}]}, "60018", "channel:books doesn't exist"),
        ({"op": "subscribe", "args": [{"channel": "nope", "instId": "BTC-USDT"}]}, "60018", "channel:nope,instId"),
        ({"op": "subscribe", "args": [{"channel": "books", "instId": "NO-USDT"}]}, "60018", "instId:NO-USDT"),
        ({"op": "subscribe", "args": [{"channel": ["books"], "instId": {"a": 1}}]}, "60018", "doesn't exist"),
        ({"op": "subscribe", "args": [{"channel": "books-l2-tbt", "instId": "BTC-USDT"}]}, "60011", "log in"),
        ({"op": "login", "args": [{}]}, "60009", "Login"),
        ({"op": "subscribe", "args": [{"channel": "x" * 70_000, "instId": "y"}]}, "60012", "Invalid request"),
    ],
)
def test_okx_refuses_in_its_own_words(request_: object, code: str, words: str) -> None:
    (reply,) = okx(request_)
    assert reply["event"] == "error"
    assert reply["code"] == code
    assert words in reply["msg"]
    assert reply["connId"] == "00000001"


def test_okx_takes_the_good_arguments_of_a_mixed_request() -> None:
    session = OkxSession("00000001", SYMBOLS)
    args = [{"channel": "books", "instId": "NO"}, {"channel": "books", "instId": "ETH-USDT"}]
    answer = session.handle(json.dumps({"op": "subscribe", "args": args}), 0.0)
    assert [json.loads(reply)["event"] for reply in answer.replies] == ["error", "subscribe"]
    assert answer.added == ["books:ETH-USDT"]
    gone = session.handle(json.dumps({"op": "unsubscribe", "args": args[1:]}), 0.0)
    assert gone.removed == ["books:ETH-USDT"]
    assert not session.topics


def binance(session: BinanceSession, message: object, second: int = 0) -> Any:
    raw = message if isinstance(message, str) else json.dumps(message)
    answer = session.handle(raw, second)
    return json.loads(answer.replies[0]) if answer.replies else answer.close


def test_binance_subscribes_lists_and_unsubscribes() -> None:
    session = BinanceSession("")
    streams = ["BTCUSDT@depth@100ms", "ethusdt@aggTrade"]
    assert binance(session, {"method": "SUBSCRIBE", "params": streams, "id": 1}) == {"result": None, "id": 1}
    assert set(session.topics) == {"btcusdt@depth@100ms", "ethusdt@aggTrade"}
    assert binance(session, {"method": "LIST_SUBSCRIPTIONS", "id": 3}) == {"result": streams, "id": 3}
    assert binance(session, {"method": "UNSUBSCRIBE", "params": streams[:1], "id": "a"})["id"] == "a"
    assert set(session.topics) == {"ethusdt@aggTrade"}


def test_binance_acknowledges_unknown_streams_and_stays_silent() -> None:
    session = BinanceSession("")
    assert binance(session, {"method": "SUBSCRIBE", "params": ["nope@depth"], "id": 1})["result"] is None


def test_binance_wraps_when_asked_to() -> None:
    session = BinanceSession("")
    assert binance(session, {"method": "GET_PROPERTY", "params": ["combined"], "id": 1})["result"] is False
    assert binance(session, {"method": "SET_PROPERTY", "params": ["combined", True], "id": 2})["result"] is None
    assert session.combined


def test_the_split_addresses_carry_only_their_streams() -> None:
    for route, kept in (("public", "btcusdt@depth"), ("market", "btcusdt@aggTrade")):
        session = BinanceSession(route, ["btcusdt@depth", "btcusdt@aggTrade"])
        assert set(session.topics) == {kept}


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        ("{bad", 3, "Invalid JSON"),
        ("[]", 2, "expected an object"),
        ({}, 2, "request ID must be an unsigned integer"),
        ({"id": -1, "method": "SUBSCRIBE"}, 2, "request ID"),
        ({"id": True, "method": "SUBSCRIBE"}, 2, "request ID"),
        ({"id": 1}, 2, "missing field `method`"),
        ({"id": 1, "method": "FLY"}, 2, "unknown variant `FLY`"),
        ({"id": 1, "method": {}}, 2, "unknown variant"),
        ({"id": 1, "method": "SUBSCRIBE", "params": "btcusdt@depth"}, 2, "sequence"),
        ({"id": 1, "method": "SUBSCRIBE", "params": [7]}, 2, "stream names"),
        ({"id": 1, "method": "SUBSCRIBE", "params": []}, 2, "stream names"),
        ({"id": 1, "method": "SUBSCRIBE", "params": [f"s{i}@depth" for i in range(1025)]}, 2, "too many"),
        ({"id": 1, "method": "GET_PROPERTY", "params": ["colour"]}, 0, "Unknown property"),
        ({"id": 1, "method": "SET_PROPERTY", "params": ["combined", 1]}, 1, "expected Boolean"),
    ],
)
def test_binance_refuses_in_its_own_words(message: object, code: int, words: str) -> None:
    reply = binance(BinanceSession(""), message)
    assert reply["error"]["code"] == code
    assert words in reply["error"]["msg"]


def test_binance_closes_on_too_many_and_too_large_messages() -> None:
    session = BinanceSession("")
    answers = [binance(session, {"method": "LIST_SUBSCRIPTIONS", "id": n}) for n in range(11)]
    assert answers[-1] == "Too many requests"
    assert all(answer["result"] == [] for answer in answers[:-1])
    assert binance(session, {"method": "LIST_SUBSCRIPTIONS", "id": 1}, second=1)["result"] == []
    assert binance(BinanceSession(""), "x" * 70_000) == "Payload too long"
