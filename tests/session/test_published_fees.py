"""Fees that a venue publishes, from its metadata to the forecast of a session."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from fillcast.forecast.order import parse_order
from fillcast.forecast.report import provenance
from fillcast.lab import deribit_rest
from fillcast.session import watch
from fillcast.venues import venue
from tests.session.embedded import lab

KEY = "deribit:BTC-PERPETUAL"


def today() -> str:
    return datetime.now(UTC).date().isoformat()


@pytest.mark.parametrize(
    ("published", "taker_bps", "fees_bps", "says"),
    [
        (0.0005, 5.0, (5.0, 5.0), "fee taker 5 bps, tier Standard group perpetual as of {today}, Deribit, public/get"),
        (0.0004, 4.0, (4.0, 5.0), "as of {today}, Deribit, public/get_instruments: maker_commission and taker_comm"),
        (0.05, 5.0, (5.0, 5.0), "taker_commission 0.05 would be more than 150 bps"),
        (None, 5.0, (5.0, 5.0), "taker_commission is missing"),
    ],
)
@pytest.mark.parametrize("patience_s", [None, 20.0])
def test_the_forecast_pays_what_the_venue_publishes_today(
    monkeypatch: pytest.MonkeyPatch,
    published: float | None,
    taker_bps: float,
    fees_bps: tuple[float, float],
    says: str,
    patience_s: float | None,
) -> None:
    venue("deribit")
    monkeypatch.setattr(deribit_rest, "TAKER", published)

    async def body() -> None:
        first = today()
        async with lab() as url, watch([KEY], endpoints={"deribit": url}, patience_s=patience_s) as session:
            await session.live(KEY, 20)
            answer = session.forecast(parse_order(session.instruments[KEY], "buy", "1000usd"))
            assert answer.current.fee.taker_bps == taker_bps
            fee = next(one for one in answer.current.components if one.name == "fee")
            assert (fee.low_bps, fee.high_bps) == pytest.approx(fees_bps, abs=1e-6)
            told = "\n".join(provenance(answer.current))
            assert any(says.format(today=day) in told for day in (first, today()))
            assert ("disputed: 5 bps (the dated file" in told) is (published == 0.0004)

    async def bounded() -> None:
        async with asyncio.timeout(60):
            await body()

    asyncio.run(bounded())
