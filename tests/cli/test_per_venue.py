"""Options that hold for every venue or for one."""

from __future__ import annotations

import pytest

from fillcast.cli.asked import Asked, OrderFlags, ReachFlags, ask
from fillcast.cli.config import Config
from fillcast.cli.per_venue import per_venue, read_fee_bps
from fillcast.core.instrument import Instrument
from fillcast.errors import UsageError
from tests.forecast.examples import SPOT
from tests.forecast.splits import ELSEWHERE

KEYS = ["okx:BTC-USDT", "binance_spot:BTCUSDT"]


def asked(**flags: list[str]) -> Asked:
    config = Config(latencies={"okx": "70ms", "binance_spot": "80ms"})
    return ask(KEYS, OrderFlags("buy", "1", **flags), ReachFlags(), config)


def fee_bps(found: Asked, instrument: Instrument) -> float:
    return found.fee(found.order(instrument), instrument).taker_bps


def test_a_plain_value_is_for_all_venues_and_a_named_one_for_its_own() -> None:
    found = asked(fees_taker=["7", "binance_spot=0.1%"], latencies=["okx=40ms"], tiers=["binance_spot=VIP1"])
    assert (fee_bps(found, SPOT), fee_bps(found, ELSEWHERE)) == (7.0, pytest.approx(10.0))
    assert found.order(SPOT).latency_s == pytest.approx(0.040)
    assert found.order(ELSEWHERE).latency_s == pytest.approx(0.080), "from the config file"
    assert (found.order(SPOT).tier, found.order(ELSEWHERE).tier) == (None, "VIP1")


def test_a_named_maker_fee_leaves_the_other_venue_as_it_is() -> None:
    found = asked(fees_maker=["okx=-0.5bps"])
    makers = [found.fee(found.order(one), one).maker_bps for one in (SPOT, ELSEWHERE)]
    assert makers[0] == -0.5
    assert makers[1] == asked().fee(asked().order(ELSEWHERE), ELSEWHERE).maker_bps != -0.5


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"fees_taker": ["kraken=5"]}, "--fee-taker 'kraken=5': 'kraken' is not among the venues asked: okx, binance_"),
        ({"fees_taker": ["okx=cheap"]}, "--fee-taker 'cheap' is not a fee: write 10 or 10bps, or 0.1%"),
        ({"fees_taker": ["nan"]}, "'nan' is not a fee"),
        ({"fees_taker": ["okx=20%"]}, "fee"),
        ({"latencies": ["okx=40"]}, "the duration '40' needs a unit"),
        ({"tiers": ["okx="]}, "--tier is empty"),
    ],
)
def test_what_cannot_be_read_is_refused(flags: dict[str, list[str]], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        asked(**flags)


def test_the_last_word_for_a_venue_counts() -> None:
    found = per_venue("--fee-taker", ["1", "okx=2", "3", "okx=4"], ["okx", "kraken"], read_fee_bps)
    assert (found.of("okx"), found.of("kraken")) == (4.0, 3.0)
