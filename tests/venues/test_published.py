"""Fees in the metadata of venues: read where they can be fees, told where they cannot, never in the way of a book."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from fillcast.core.instrument import Instrument
from fillcast.core.published import PublishedFees
from fillcast.forecast.fee_files import fee_schedule, instrument_fee
from fillcast.venues import venue
from fillcast.venues.kraken.fees import MOST_STEPS, pair_fees, tier_name
from fillcast.venues.published import FRACTION, MOST_BPS, rate_bps
from tests.venues.streams import dump

DERIBIT = {"instrument_name": "BTC-PERPETUAL", "kind": "future", "is_active": True, "state": "open"}
DERIBIT |= {"base_currency": "BTC", "quote_currency": "USD", "settlement_currency": "BTC", "tick_size": 0.5}
DERIBIT |= {"min_trade_amount": 10.0, "contract_size": 10.0, "instrument_type": "reversed"}
DERIBIT |= {"settlement_period": "perpetual", "maker_commission": 0.0, "taker_commission": 0.0005}
KRAKEN = {"wsname": "XBT/USD", "pair_decimals": 1, "lot_decimals": 8, "tick_size": "0.1", "status": "online"}
TAKERS = [[0, 0.4], [10_000, 0.35], [2_500_000, 0.14], [10_000_000, 0.1]]
MAKERS = [[0, 0.25], [10_000, 0.2], [2_500_000, 0.04], [10_000_000, 0]]


def deribit(**fields: object) -> Instrument:
    (one,) = venue("deribit").list_instruments([dump({"result": [DERIBIT | fields]})]).instruments
    return one


def kraken(**fields: object) -> Instrument:
    (one,) = venue("kraken").list_instruments([dump({"error": [], "result": {"X": KRAKEN | fields}})]).instruments
    return one


def tiers(fees: PublishedFees | None) -> list[tuple[str, float, float]]:
    assert fees is not None
    assert fees.problem == ""
    return [(one.name, one.maker_bps, one.taker_bps) for one in fees.tiers]


@pytest.mark.parametrize(
    ("maker", "taker", "expected"),
    [
        (0.0, 0.0005, (0.0, 5.0)),
        (-0.0001, 0.0005, (-1.0, 5.0)),
        (5e-05, 0.00035, (0.5, 3.5)),
        (0, 0, (0.0, 0.0)),
        ("0.0001", "0.0005", (1.0, 5.0)),
        (0.015, 0.015, (150.0, 150.0)),
    ],
)
def test_deribit_publishes_fractions(maker: object, taker: object, expected: tuple[float, float]) -> None:
    one = deribit(maker_commission=maker, taker_commission=taker)
    assert tiers(one.published_fees) == [("Standard", *expected)]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"taker_commission": 0.05}, "taker_commission 0.05 would be more than 150 bps"),  # percent
        ({"taker_commission": 5.0}, "taker_commission 5.0 would be more than 150 bps"),  # bps
        ({"maker_commission": -0.02}, "maker_commission -0.02 would be more than 150 bps"),
        ({"taker_commission": "1e999999999"}, "would be more than 150 bps"),
        ({"taker_commission": None}, "taker_commission is missing"),
        ({"maker_commission": ""}, "maker_commission is missing"),
        ({"taker_commission": "NaN"}, "is no number"),
        ({"taker_commission": "Infinity"}, "is no number"),
        ({"taker_commission": "free"}, 'taker_commission "free" is no number'),
        ({"taker_commission": True}, "taker_commission true is no number"),
        ({"taker_commission": [0.0005]}, "is no number"),
        ({"taker_commission": {"rate": 1}}, "is no number"),
        ({"taker_commission": "\u0665"}, "is no number"),
        ({"taker_commission": "0." + "0" * 5000 + "5"}, "is no number"),
        ({"maker_commission": 0.0005, "taker_commission": 0.0}, "makers pay 5 bps, more than takers"),  # swapped
        ({"maker_commission": -0.0006}, "makers are paid 6 bps, more than takers pay"),
    ],
)
def test_what_cannot_be_a_fee_is_told_and_costs_no_instrument(fields: dict[str, object], says: str) -> None:
    one = deribit(**fields)
    fees = one.published_fees
    assert fees is not None
    assert fees.tiers == ()
    assert says in fees.problem
    assert len(fees.problem) < 200
    rate = instrument_fee(one)
    filed = fee_schedule("deribit").rate(None, "perpetual")
    assert (rate.maker_bps, rate.taker_bps, rate.as_of) == (filed.maker_bps, filed.taker_bps, filed.as_of)
    assert fees.problem in rate.source


def test_a_rate_that_is_read_in_the_wrong_unit_is_found_by_this_table() -> None:
    percent = msgspec.Raw(b"0.05")
    assert rate_bps(msgspec.Raw(b"0.0005"), FRACTION, "taker") == 5
    assert rate_bps(percent, Decimal(1), "taker") < MOST_BPS, "planted: a reader of another unit lets it through"


def test_without_fees_nothing_is_published() -> None:
    (one,) = (
        venue("deribit")
        .list_instruments([dump({"result": [{k: v for k, v in DERIBIT.items() if "commission" not in k}]})])
        .instruments
    )
    assert one.published_fees is None
    assert kraken(fees=[], fees_maker=[]).published_fees is None
    assert kraken(fees=None, fees_maker=None).published_fees is None
    assert kraken().published_fees is None


def test_fees_are_no_part_of_what_an_instrument_is() -> None:
    one, other = deribit(), deribit(taker_commission=0.0003)
    assert one.published_fees != other.published_fees
    assert one == other
    assert hash(one) == hash(other)
    assert "published" not in repr(one)


def test_kraken_publishes_steps_of_volume_in_percent() -> None:
    found = tiers(kraken(fees=TAKERS, fees_maker=MAKERS).published_fees)
    assert found == [("0", 25.0, 40.0), ("10K", 20.0, 35.0), ("2.5M", 4.0, 14.0), ("10M", 0.0, 10.0)]
    assert tiers(kraken(fees=TAKERS[:2]).published_fees) == [("0", 40.0, 40.0), ("10K", 35.0, 35.0)]
    rebates = kraken(fees=[["0", "0.1"]], fees_maker=[["0", "-0.02"]])
    assert tiers(rebates.published_fees) == [("0", -2.0, 10.0)]


def test_steps_of_makers_and_takers_may_differ() -> None:
    found = tiers(kraken(fees=[[0, 0.4], [10_000, 0.3]], fees_maker=[[0, 0.2], [5_000, 0.1]]).published_fees)
    assert found == [("0", 20.0, 40.0), ("5K", 10.0, 40.0), ("10K", 10.0, 30.0)]


@pytest.mark.parametrize(
    ("volume", "name"),
    [("0", "0"), ("0.0", "0"), ("500", "500"), ("2500", "2.5K"), ("1e4", "10K"), ("250000", "250K"), ("1e9", "1000M")],
)
def test_names_of_tiers(volume: str, name: str) -> None:
    assert tier_name(Decimal(volume)) == name


@pytest.mark.parametrize("name", [entry.tier for entry in fee_schedule("kraken").tiers if not entry.group])
def test_tiers_of_the_file_are_named_as_those_that_are_published(name: str) -> None:
    number = Decimal(name.rstrip("KM")) * {"K": 1000, "M": 1_000_000}.get(name[-1], 1)
    assert tier_name(number) == name


@pytest.mark.parametrize(
    ("fees", "fees_maker", "says"),
    [
        ([[0, 40]], [[0, 25]], "a rate of fees 40 would be more than 150 bps"),  # bps read as percent
        ([[100, 0.4]], [], "the volumes of fees do not rise from 0"),
        ([[0, 0.4], [0, 0.3]], [], "do not rise"),
        ([[0, 0.4], [50, 0.3], [10, 0.2]], [], "do not rise"),
        ([[0, 0.4], ["1e999999999", 0.3]], [], "do not rise"),
        ([[0, 0.4], [-1, 0.3]], [], "do not rise"),
        ([[0, 0.4], ["x", 0.3]], [], 'a volume of fees "x" is no number'),
        ([[0, None]], [], "a rate of fees is missing"),
        ([[0, 0.4, 1]], [], "fees is no list of volumes and rates"),
        ([0, 0.4], [], "fees is no list"),
        ("0.4", [], "fees is no list"),
        ({"0": 0.4}, [], "fees is no list"),
        ([], [[0, 0.25]], "fees has 0 steps"),
        (TAKERS, {"0": 1}, "fees_maker is no list"),
        (MAKERS, TAKERS, "more than takers"),  # swapped
        ([[step, 0.4] for step in range(MOST_STEPS + 1)], [], f"fees has {MOST_STEPS + 1} steps"),
    ],
)
def test_ladders_that_cannot_be_used_are_told(fees: object, fees_maker: object, says: str) -> None:
    one = kraken(fees=fees, fees_maker=fees_maker)
    assert one.published_fees is not None
    assert one.published_fees.tiers == ()
    assert says in one.published_fees.problem
    assert (instrument_fee(one).taker_bps, instrument_fee(one, "10M").taker_bps) == (80.0, 10.0)


def test_a_fraction_read_as_percent_is_found_beside_the_file() -> None:
    fractions = [[[step, rate / 100] for step, rate in ladder] for ladder in (TAKERS, MAKERS)]
    one = kraken(fees=fractions[0], fees_maker=fractions[1])
    assert tiers(one.published_fees)[0] == ("0", 0.25, 0.4)
    rate = instrument_fee(one)
    assert (rate.taker_bps, rate.disputed) == (80.0, ())
    assert "looks like another unit" in rate.source
    assert instrument_fee(kraken(fees=TAKERS, fees_maker=MAKERS)).taker_range_bps == (40.0, 80.0)


def test_an_empty_ladder_of_one_side_is_no_free_trade() -> None:
    fees = pair_fees(msgspec.Raw(b"[]"), msgspec.Raw(dump(MAKERS)))
    assert fees is not None
    assert fees.problem


def test_the_field_that_gate_gave_up_is_not_believed() -> None:
    entry = {"id": "BTC_USDT", "base": "BTC", "quote": "USDT", "fee": "0.2", "precision": 1, "amount_precision": 6}
    (one,) = venue("gate").list_instruments([dump([entry | {"trade_status": "tradable"}])]).instruments
    assert one.published_fees is None
    assert instrument_fee(one).taker_bps == fee_schedule("gate").rate().taker_bps == 10.0
