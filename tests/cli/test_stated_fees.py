"""The fees that a user states: typed over kept, by instrument over by venue, over what the venue says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.cli.asked import Asked, OrderFlags, ReachFlags, ask
from fillcast.cli.config import Config, read_config
from fillcast.core.instrument import Instrument
from fillcast.core.published import PublishedFees, PublishedTier
from fillcast.errors import UsageError
from fillcast.forecast.fee_files import fee_schedule
from fillcast.models.fees import FeeRate
from fillcast.venues import VENUES
from tests.forecast.examples import SPOT, SWAP
from tests.forecast.splits import ELSEWHERE

LIVE = PublishedFees("OKX, somewhere public", (PublishedTier("Regular", 7.0, 9.0),), as_of="2026-11-24")
SPOKEN = replace(SPOT, fee_group="spot", published_fees=LIVE)
KEPT = """
[fees.okx]
maker = 3
taker = "0.06%"
[fees."okx:BTC-USDT-SWAP"]
taker = 4.5
[fees.binance_spot]
maker = "-0.5bps"
"""


@pytest.fixture
def config(tmp_path, monkeypatch):
    path = tmp_path / "config.toml"
    monkeypatch.setenv("FILLCAST_CONFIG", str(path))

    def read(text: str) -> Config:
        path.write_text(text)
        return read_config(VENUES)

    return read


def asked(config: Config, **flags: list[str]) -> Asked:
    keys = [SPOT.key, SWAP.key, ELSEWHERE.key]
    return ask(keys, OrderFlags("buy", "1", **flags), ReachFlags(), config)


def paid(found: Asked, instrument: Instrument) -> FeeRate:
    return found.fee(found.order(instrument), instrument)


def figures(rate: FeeRate) -> tuple[float, float]:
    return rate.maker_bps, rate.taker_bps


def test_what_is_kept_holds_by_venue_and_by_instrument(config):
    found = asked(config(KEPT))
    assert figures(paid(found, SPOT)) == (3.0, pytest.approx(6.0))
    assert figures(paid(found, SWAP)) == (3.0, 4.5), "the venue's maker fee, the instrument's taker fee"
    assert (paid(found, SPOT).tier, paid(found, SPOT).source) == ("stated", "stated by you in the config file")
    binance = paid(found, ELSEWHERE)
    assert figures(binance) == (-0.5, fee_schedule("binance_spot").rate().taker_bps)
    assert binance.source.endswith("; maker stated by you in the config file")


def test_what_is_typed_comes_before_what_is_kept(config):
    found = asked(config(KEPT), fees_taker=["okx=8"])
    assert figures(paid(found, SPOT)) == (3.0, 8.0)
    assert paid(found, SPOT).source == "taker stated by you, maker stated by you in the config file"
    both = asked(config(KEPT), fees_taker=["okx=8"], fees_maker=["okx=1"])
    assert (figures(paid(both, SWAP)), paid(both, SWAP).source) == ((1.0, 8.0), "stated by you")


def test_a_tier_that_is_typed_comes_before_fees_that_are_kept(config):
    found = asked(config(KEPT + '[tiers]\nokx = "Lv3"\nbinance_spot = "VIP1"'), tiers=["okx=Lv2"])
    spot = replace(SPOT, fee_group="spot")
    assert (paid(found, spot).tier, paid(found, spot).taker_bps) == ("Lv2", 9.5)
    assert figures(paid(found, ELSEWHERE)) == (-0.5, fee_schedule("binance_spot").rate("VIP1").taker_bps)
    kept = asked(config(KEPT + '[tiers]\nokx = "Lv3"'))
    assert paid(kept, spot).tier == "stated", "of a tier and fees that are kept the fees hold"


def test_yours_come_before_the_venues_own_and_those_before_the_file(config):
    filed = fee_schedule("okx").rate(None, "spot").taker_bps
    nothing = config("")
    assert paid(asked(nothing), replace(SPOKEN, published_fees=None)).taker_bps == filed == 10.0
    live = paid(asked(nothing), SPOKEN)
    assert (live.taker_bps, live.as_of, live.taker_range_bps) == (9.0, "2026-11-24", (9.0, 10.0))
    stated = paid(asked(nothing, fees_taker=["8"]), SPOKEN)
    assert (figures(stated), stated.taker_range_bps) == ((8.0, 8.0), (8.0, 8.0))
    assert figures(paid(asked(config(KEPT)), SPOKEN)) == (3.0, pytest.approx(6.0))
    maker = paid(asked(nothing, fees_maker=["1"]), SPOKEN)
    assert (figures(maker), maker.taker_range_bps) == ((1.0, 9.0), (9.0, 10.0))
    assert {other.maker_bps for other in maker.disputed} == {1.0}, "nobody disputes what you state"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fees = 8", "fees must be a table"),
        ("[fees]\nokx = 8", "fees.okx must be a table, such as"),
        ("[fees.mars]\ntaker = 8", "unknown key 'mars' in .fees.; write a venue or VENUE:SYMBOL"),
        ('[fees."mars:BTC"]\ntaker = 8', "unknown key 'mars:BTC'"),
        ('[fees."okx:"]\ntaker = 8', "unknown key 'okx:'"),
        ("[fees.okx]\ntakr = 8", "unknown key 'takr' in .fees.okx.; known are maker, taker"),
        ("[fees.okx]", "nothing in .fees.okx."),
        ("[fees.okx]\ntaker = true", "fees.okx.taker must be a number of bps"),
        ("[fees.okx]\ntaker = [8]", "fees.okx.taker must be a number of bps"),
        ("[fees.okx]\ntaker = nan", "fees.okx.taker 'nan' is not a fee"),
        ("[fees.okx]\ntaker = inf", "fees.okx.taker 'inf' is not a fee"),
        ("[fees.okx]\ntaker = 'cheap'", "fees.okx.taker 'cheap' is not a fee"),
        ("[fees.okx]\nmaker = '20%'", "2000.0 bps, beyond"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_file(config, text, says):
    with pytest.raises(UsageError, match=says) as caught:
        config(text)
    assert "config.toml" in str(caught.value)
