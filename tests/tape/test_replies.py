"""What recorded REST replies are, by the names that their venue uses."""

from __future__ import annotations

import pytest

from fillcast.tape.lines import LineFormat, parse
from fillcast.tape.replies import Replies
from fillcast.venues.dialects import dialects


def replies(venue):
    return Replies(next(one for one in dialects() if one.venue == venue))


@pytest.mark.parametrize(
    ("venue", "line", "symbol", "snapshot", "metadata"),
    [
        (
            "binance_spot",
            b'https://x/api/v3/depth?symbol=NKNUSDT&limit=9 -> 1652459224.5: {"bids":[]}',
            "NKNUSDT",
            1,
            0,
        ),
        ("okx", b'https://x/api/v5/market/books?instId=BTC-USDT -> 1652459224.5: {"data":[]}', "BTC-USDT", 1, 0),
        ("okx", b'https://x/api/v5/market/books?symbol=BTC-USDT -> 1652459224.5: {"data":[]}', "", 1, 0),
        ("okx", b'https://x/api/v3/depth?instId=BTC-USDT -> 1652459224.5: {"data":[]}', "BTC-USDT", 0, 0),
        ("okx", b'https://x/public/instruments -> 1652459224.5: {"data":[]}', "", 0, 1),
        ("binance_spot", b"https://x/api/v3/exchangeInfo -> 1652459224.5: {}", "", 0, 1),
        ("binance_coinm", b'https://x/api/v5/nothing -> 1652459224.5: {"symbol":"BTCUSD_PERP"}', "BTCUSD_PERP", 0, 0),
        ("okx", b"https://x/api/v5/nothing -> 1652459224.5: not json", "", 0, 0),
        ("okx", b'1652459224.5: {"symbol":"A"}', "A", 0, 0),
    ],
)
def test_a_reply_is_told_by_its_url_or_body(venue, line, symbol, snapshot, metadata):
    entry = parse(line, LineFormat.A)
    assert entry is not None
    told = replies(venue)
    assert told.symbol(entry) == symbol
    assert told.is_snapshot(entry) is bool(snapshot)
    assert told.is_metadata(entry) is bool(metadata)


def test_a_reply_without_a_url_is_a_book_by_its_format():
    entry = parse(b'1723161256172216566 {"lastUpdateId":7,"bids":[],"asks":[]}', LineFormat.B)
    assert entry is not None
    assert replies("binance_spot").is_snapshot(entry)
