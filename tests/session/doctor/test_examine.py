"""Examinations of the embedded exchange in this process: real sockets, and faults that its rules must tell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from fillcast.core.state import Proof
from fillcast.errors import UnknownInstrumentError, UsageError
from fillcast.lab.options import LabOptions
from fillcast.lab.server import LabAddress, serve
from fillcast.session.doctor import Examination, examine
from fillcast.session.doctor.finding import Finding
from fillcast.venues import venue

SECONDS = 3.0
PLANTED_S = 1.2  # into an examination: its books are LIVE


@pytest.fixture(autouse=True, scope="module")
def _kernels() -> None:
    """Load the kernels before any time limit runs."""
    for name in ("okx", "binance_usdm"):
        venue(name)


@asynccontextmanager
async def lab(options: LabOptions | None = None) -> AsyncIterator[str]:
    stop, address = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(seed=3, options=options, ready=address.set_result, stop=stop))
    try:
        found: LabAddress = await asyncio.wait_for(address, 30)
        yield found.url
    finally:
        stop.set()
        await serving


def run(work: Awaitable[None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await work
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"left behind: {left}"

    asyncio.run(bounded())


def named(found: Examination) -> dict[str, Finding]:
    return {finding.what: finding for finding in found.findings}


def broken(found: Examination) -> list[str]:
    """Return the rules that did not hold; lateness aside, which is this machine's while others use it."""
    return [finding.what for finding in found.findings if finding.held is False and finding.what != "lag"]


async def spoiled(url: str, symbol: str, kind: str) -> Examination:
    """Examine one symbol of OKX and plant a fault in it meanwhile."""
    looking = asyncio.create_task(examine("okx", [symbol], seconds=SECONDS, endpoints={"okx": url}))
    await asyncio.sleep(PLANTED_S)
    async with aiohttp.ClientSession() as http:
        body = {"kind": kind, "protocol": "okx", "symbol": symbol, "wait": 1.0}
        async with http.post(f"{url}/lab/fault", json=body) as reply:
            assert (await reply.json())["state"] == "injected"
    return await looking


def test_both_venues_of_the_lab_do_what_fillcast_assumes() -> None:
    async def main() -> None:
        shares: list[float] = []
        async with lab(LabOptions(checksums=True)) as url:
            okx, usdm = await asyncio.gather(
                examine("okx", seconds=SECONDS, endpoints={"okx": url}, progress=shares.append),
                examine("binance_usdm", ["BTCUSDT", "ETHUSDT"], seconds=SECONDS, endpoints={"binance_usdm": url}),
            )
        assert (broken(okx), broken(usdm)) == ([], []), (okx.findings, usdm.findings)
        assert shares[0] < 0.2 < 0.8 < shares[-1] < 1
        (book,) = okx.evidence.books
        assert book.instrument.key == "okx:BTC-USDT"
        assert book.tally.checksums_matched == book.tally.checksums_checked > 20
        assert named(okx)["checksum"].held is True
        assert named(okx)["first book"].found.startswith("from the stream after ")
        assert book.buys + book.sells == book.tally.trades > 0
        assert okx.evidence.line.round_trips is not None
        first, second = usdm.evidence.books
        assert (first.proof, second.tally.checksums_checked) == (Proof.SEQUENCE, 0)
        assert named(usdm)["best bid and ask"].held is True
        assert "from REST, joined to the stream" in named(usdm)["first book"].found
        assert usdm.evidence.line.sockets == 2
        assert first.tally.trades > 0, "trades come by a socket of their own"
        assert usdm.evidence.total.sequence_checked > 40

    run(main())


def test_planted_faults_are_told_by_the_rules_that_they_break() -> None:
    async def main() -> None:
        async with lab(LabOptions(checksums=True)) as url:
            dropped, checksum, syntax, cut = await asyncio.gather(
                spoiled(url, "BTC-USDT", "drop"),
                spoiled(url, "ETH-USDT", "checksum"),
                spoiled(url, "BTC-USDT-SWAP", "corrupt_syntax"),
                spoiled(url, "BTC-USD-SWAP", "disconnect"),
            )
        assert broken(dropped) == ["sequence"]
        assert ", 1 gap, " in named(dropped)["sequence"].found
        assert "LIVE again after" in named(dropped)["sequence"].effect
        assert dropped.verdict == "1 rule did not hold on okx: sequence"
        assert broken(checksum) == ["checksum"]
        assert "the venue says" in named(checksum)["checksum"].effect
        assert broken(syntax) == ["understood"]
        assert "1 of" in named(syntax)["understood"].found
        assert broken(cut) == ["reconnects"]
        assert named(cut)["reconnects"].found == "1 reconnect"

    run(main())


def test_a_venue_whose_first_book_never_comes_is_told() -> None:
    async def main() -> None:
        async with lab(LabOptions(initial_snapshot=False)) as url:
            found = await examine("okx", seconds=1.0, endpoints={"okx": url})
        assert broken(found) == ["first book"]
        assert "okx:BTC-USDT was never LIVE: SYNCING" in named(found)["first book"].found
        assert not found.holds

    run(main())


def test_what_cannot_be_examined_raises() -> None:
    async def main() -> None:
        with pytest.raises(UsageError, match="unknown venue 'mars'"):
            await examine("mars", seconds=1.0)
        async with lab() as url:
            with pytest.raises(UnknownInstrumentError, match="did you mean BTC-USDT"):
                await examine("okx", ["btcusdt"], seconds=1.0, endpoints={"okx": url})

    run(main())
