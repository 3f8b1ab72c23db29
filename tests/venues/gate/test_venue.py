"""Gate's metadata, fees and recordings."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from fillcast.core.events import SNAPSHOT, TOUCH, TRADES, UPDATE
from fillcast.errors import InstrumentError, VenueError
from fillcast.forecast.fee_files import fee_schedule
from fillcast.tape.verify import verify
from fillcast.venues.dialects import detect, dialects
from fillcast.venues.gate.connection import GateUpdateConnection
from fillcast.venues.gate.instruments import instrument_paths, list_instruments
from fillcast.venues.gate.venue import RecordedObuConnection
from fillcast.venues.levels import level_rows
from fillcast.venues.listing import Listing
from fillcast.venues.recorded import REPLY, Dialect, Figures
from tests.venues.gate.market import OTHER, PAIR, Gate
from tests.venues.streams import SPOT, Market, dump

ENTRY = {"id": "BTC_USDT", "base": "BTC", "quote": "USDT", "fee": "0.2", "min_base_amount": "0.000001"}
ENTRY |= {"precision": 1, "amount_precision": 6, "trade_status": "tradable", "sell_start": 0, "buy_start": 0}


def listed(*entries: object) -> Listing:
    """Return what a reply with these entries lists."""
    return list_instruments([dump(list(entries))])


def test_pairs() -> None:
    (pair,) = listed(ENTRY).instruments
    assert (pair.key, pair.base, pair.quote) == ("gate:BTC_USDT", "BTC", "USDT")
    assert (pair.tick, pair.sized_in, pair.kind, pair.settle_currency) == (Decimal("0.1"), "base", "linear", "USDT")
    assert (pair.order_step, pair.lot) == ("0.000001", Decimal("1E-11"))
    assert listed(ENTRY) == list_instruments([dump(ENTRY)])  # the reply about one pair


@pytest.mark.parametrize(
    ("precision", "amount", "lot", "largest"),
    [
        (3, 3, "1E-8", "10000000000"),  # OMG_USDT: levels of 1e-8 were seen on a step of 1e-3
        (10, 0, "1E-5", "10000000000000"),
        (14, 0, "0.1", "100000000000000000"),  # a level of a very cheap token
        (16, 2, "0.01", "1000000000000000"),  # never coarser than the step of orders
    ],
)
def test_books_hold_old_sizes_and_the_large_levels_of_cheap_tokens(
    precision: int, amount: int, lot: str, largest: str
) -> None:
    (pair,) = listed(ENTRY | {"precision": precision, "amount_precision": amount}).instruments
    assert pair.lot == Decimal(lot)
    assert Decimal(pair.order_step) == Decimal(1).scaleb(-amount)
    assert level_rows([(1, [(str(pair.tick), largest)])], pair)[0, 2] > 0


@pytest.mark.parametrize("status", ["untradable", "buyable", "sellable", ""])
def test_what_does_not_trade_both_ways_is_left_out(status: str) -> None:
    assert listed(ENTRY | {"trade_status": status}) == Listing()


@pytest.mark.parametrize(
    "change", [{"precision": "1"}, {"precision": -1}, {"amount_precision": 40}, {"amount_precision": None}, {"base": 7}]
)
def test_metadata_that_cannot_be_used_costs_no_other_pair(change: dict[str, object]) -> None:
    listing = listed(ENTRY | change, ENTRY | {"id": "ETH_USDT"}, 7)
    assert [one.symbol for one in listing.instruments] == ["ETH_USDT"]
    with pytest.raises(InstrumentError, match="gate:BTC_USDT"):
        listing.require(["BTC_USDT"])


def test_refusals_are_told() -> None:
    with pytest.raises(VenueError, match="INVALID_CURRENCY_PAIR"):
        list_instruments([b'{"label":"INVALID_CURRENCY_PAIR","message":"no such pair"}'])
    with pytest.raises(msgspec.DecodeError):
        list_instruments([b"<html>"])


def test_one_path_describes_all() -> None:
    assert instrument_paths() == instrument_paths(["BTC_USDT"]) == ("/api/v4/spot/currency_pairs",)


@pytest.mark.parametrize(
    ("tier", "maker", "taker", "dearest"),
    [(None, 10.0, 10.0, 20.0), ("VIP0 GT", 9.0, 9.0, 9.0), ("VIP9", 7.0, 7.5, 7.5), ("VIP16", 0.0, 1.75, 2.0)],
)
def test_fees(tier: str | None, maker: float, taker: float, dearest: float) -> None:
    rate = fee_schedule("gate").rate(tier)
    assert (rate.maker_bps, rate.taker_bps, rate.taker_range_bps[1]) == (maker, taker, dearest)
    assert rate.as_of == "2026-11-22"
    assert "low confidence" in fee_schedule("gate").source


def dialect(name: str) -> Dialect:
    return next(one for one in dialects() if one.venue == "gate" and one.name == name)


def test_the_two_channels_are_told_apart() -> None:
    market = Gate(PAIR)
    told = [(frame, detect(frame)) for frame in (market.full(), market.change(), market.update())]
    assert [one.name for _, one in told if one] == ["v4-obu", "v4-obu", "v4-order-book-update"]
    ack = dump({"channel": "spot.obu", "event": "subscribe", "result": {"status": "success"}})
    for other in (market.trade(), market.change()[:-4], ack, market.rest(), Market(SPOT).depth()):
        found = detect(other)
        assert found is None or found.venue != "gate"


def test_what_frames_hold() -> None:
    market = Gate(PAIR)
    obu, updates = dialect("v4-obu"), dialect("v4-order-book-update")
    assert obu.measure()(market.full()) == [Figures(SNAPSHOT, "BTC_USDT", 40, (3, 1), (0, 3))]
    assert obu.measure()(market.change([(1, 995, 12)])) == [Figures(UPDATE, "BTC_USDT", 1, (2, 1), (0, 3))]
    assert updates.measure()(market.update([(1, 995, 12)])) == [Figures(UPDATE, "BTC_USDT", 1, (2, 1), (0, 3))]
    assert updates.measure()(market.trade()) == [Figures(TRADES, "BTC_USDT", 1, (3, 1), (0, 3))]
    best = {"t": 5, "u": 9, "s": "BTC_USDT", "b": "100", "B": "2", "a": "", "A": ""}
    assert obu.measure()(market.pushed("spot.book_ticker", best)) == [Figures(TOUCH, "BTC_USDT", 1, (3, 0), (1, 0))]
    assert updates.measure_reply("A_B", market.rest()) == Figures(REPLY, "A_B", 40, (3, 1), (0, 3))
    ack = dump({"channel": "spot.obu", "event": "subscribe", "result": {"status": "success"}})
    assert obu.measure()(ack) == obu.measure()(market.pushed("spot.tickers", {})) == []


def test_a_recording_gets_the_live_protocol() -> None:
    for name, form in (("v4-obu", RecordedObuConnection), ("v4-order-book-update", GateUpdateConnection)):
        connection = dialect(name).connection([PAIR, OTHER])
        assert type(connection) is form
        assert len(connection.books) == 2


def test_the_recording_is_right_throughout(captures: Path) -> None:
    result = verify(captures / "gate" / "gate_spot_v4_20210422.ws.txt.gz")
    counts = [one.counts for one in result.instruments]
    assert result.sound, result.complaints
    assert len(counts) == 10
    found = {name: sum(getattr(one, name) for one in counts) for name in ("updates", "bridged", "gaps", "crossed")}
    assert found == {"updates": 172, "bridged": 8, "gaps": 0, "crossed": 0}
    # Two snapshots stand exactly where the stream does and nothing follows them.
    unbridged = [one for one in result.instruments if not one.counts.bridged]
    assert [(one.instrument.symbol, str(one.state.name)) for one in unbridged] == [
        ("INK_USDT", "LIVE"),
        ("BTC_USDC", "LIVE"),
    ]


def test_one_lost_update_of_the_recording_is_found(captures: Path, tmp_path: Path) -> None:
    folder = captures / "gate"
    lines = gzip.decompress((folder / "gate_spot_v4_20210422.ws.txt.gz").read_bytes()).splitlines(True)
    lost = next(index for index, line in enumerate(lines) if b'"U":59231874,' in line)
    (tmp_path / "lost.ws.txt").write_bytes(b"".join(lines[:lost] + lines[lost + 1 :]))
    (tmp_path / "lost.http.txt").write_bytes((folder / "gate_spot_v4_20210422.http.txt").read_bytes())
    gaps = [gap for one in verify(tmp_path / "lost.ws.txt").instruments for gap in one.gaps]
    assert [(gap.instrument, str(gap.reason), gap.loss) for gap in gaps] == [("gate:OMG_USDT", "sequence", 3)]
