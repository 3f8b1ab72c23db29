"""Every venue against the embedded exchange: what its examination judges, and a lost update that it must tell."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from fillcast.cli.lab_process import LabProcess
from fillcast.session.doctor import Examination, examine
from fillcast.venues import VENUES, venue

SECONDS = 3.0
PLANTED_S = 1.5  # into an examination: its books are LIVE
AT_ONCE = 4  # examinations, so that none is late on a small machine
LOST = {"binance_spot", "binance_usdm", "binance_coinm", "bybit_spot", "bybit_linear", "bybit_inverse"}
LOST |= {"coinbase", "deribit", "gate", "okx", "bitfinex"}  # Kraken has no ids: a lost level may be below its checksum
BY_CONNECTION = {"coinbase", "bitfinex"}  # which number every message
CHECKSUMS = {"kraken", "bitfinex"}
TOUCH_CHANNEL = "orderbook.1."  # of Bybit: a book of one level to the lab, a frame of which a client may well miss
ATTEMPTS = 50
IN_TIME = {"lag", "heartbeat"}  # of this machine, while others use it


async def spoiled(name: str, endpoints: dict[str, str]) -> Examination:
    """Examine a venue and withhold an update meanwhile."""
    looking = asyncio.create_task(examine(name, seconds=SECONDS, endpoints=endpoints))
    await asyncio.sleep(PLANTED_S)
    async with aiohttp.ClientSession() as http:
        body = {"kind": "drop", "protocol": name, "wait": 1.0}
        for _ in range(ATTEMPTS):
            async with http.post(f"{endpoints['okx']}/lab/fault", json=body) as reply:
                fault = await reply.json()
            assert fault["state"] == "injected"
            if TOUCH_CHANNEL not in fault["detail"]:
                break
        else:
            raise AssertionError("every fault struck the channel of best bids and asks")
    return await looking


async def examined() -> tuple[dict[str, Examination], dict[str, Examination]]:
    """Return what was seen of every venue, left alone and with a lost update."""
    alone: dict[str, Examination] = {}
    struck: dict[str, Examination] = {}
    async with LabProcess(0, 3, (), asyncio.Event()) as lab:
        for start in range(0, len(VENUES), AT_ONCE):
            names = VENUES[start : start + AT_ONCE]
            works = [examine(name, seconds=SECONDS, endpoints=lab.endpoints) for name in names]
            alone.update(zip(names, await asyncio.gather(*works), strict=True))
            works = [spoiled(name, lab.endpoints) for name in names if name in LOST]
            struck.update(zip([name for name in names if name in LOST], await asyncio.gather(*works), strict=True))
    return alone, struck


@pytest.fixture(scope="module")
def seen() -> tuple[dict[str, Examination], dict[str, Examination]]:
    for name in VENUES:
        venue(name)  # loads the kernels before any time limit runs
    started = time.monotonic()
    found = asyncio.run(examined())
    assert time.monotonic() - started < 40
    return found


def held(found: Examination) -> dict[str, bool | None]:
    return {finding.what: finding.held for finding in found.findings if finding.what not in IN_TIME}


@pytest.mark.parametrize("name", VENUES)
def test_a_venue_that_is_left_alone_holds_its_rules(
    seen: tuple[dict[str, Examination], dict[str, Examination]], name: str
) -> None:
    found = seen[0][name]
    rules = held(found)
    assert [what for what, one in rules.items() if one is False] == [], found.findings
    expected = {"reachable", "instruments", "first book", "not crossed", "understood", "rates", "reconnects"}
    expected |= {"sequence"} if name in LOST - BY_CONNECTION else set()
    expected |= {"connection numbering"} if name in BY_CONNECTION else set()
    expected |= {"checksum"} if name in CHECKSUMS else set()
    assert expected <= {what for what, one in rules.items() if one}, found.findings


@pytest.mark.parametrize("name", sorted(LOST))
def test_a_lost_update_is_told(seen: tuple[dict[str, Examination], dict[str, Examination]], name: str) -> None:
    rules = held(seen[1][name])
    assert rules["connection numbering" if name in BY_CONNECTION else "sequence"] is False, seen[1][name].findings
    command = next(one.command for one in seen[1][name].findings if one.held is False and one.command)
    assert f"--endpoint {name}=http://127.0.0.1:" in command
