"""Which instrument is examined when none is named: by the listing alone, whatever the venue."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fillcast.core.instrument import Instrument
from fillcast.errors import VenueError
from fillcast.session.doctor.choice import busy_instrument


def listed(*words: str) -> list[Instrument]:
    """Return instruments of `SYMBOL BASE QUOTE` each."""
    return [Instrument("venue", *word.split(), Decimal("0.1"), Decimal("0.001")) for word in words]


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        (["ETH-USDT ETH USDT", "BTC-USDT-SWAP BTC USDT", "BTC-USDT BTC USDT"], "BTC-USDT"),
        (["BTCUSD_261225 BTC USD", "BTCUSD_PERP BTC USD"], "BTCUSD_PERP"),
        (["BTCUSDC BTC USDC", "BTCUSDT BTC USDT", "BTCEUR BTC EUR"], "BTCUSDT"),
        (["BTC/EUR BTC EUR", "BTC/USD BTC USD"], "BTC/USD"),
        (["S-USDT S USDT", "BTC-USDT BTC USDT"], "BTC-USDT"),
        (["AB-BTC AB BTC", "ETHUSDT ETH USDT"], "ETHUSDT"),
        (["LTC-BTC LTC BTC", "ETH-BTC ETH BTC"], "ETH-BTC"),
    ],
)
def test_the_shortest_symbol_of_btc_against_dollars(words: list[str], chosen: str) -> None:
    assert busy_instrument("venue", listed(*words)).symbol == chosen
    assert busy_instrument("venue", listed(*reversed(words))).symbol == chosen


def test_a_venue_that_lists_nothing_is_an_error() -> None:
    with pytest.raises(VenueError, match="venue lists no instrument"):
        busy_instrument("venue", [])
