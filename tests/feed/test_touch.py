"""At equal ids our best bid and ask are the lab's own, told by another of its streams and read without fillcast."""

from __future__ import annotations

import asyncio
import json

import pytest
from websockets.asyncio.client import connect

from fillcast.cli.lab_process import LabProcess
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.feed.driven import Driven, Listener
from fillcast.session import watch

SYMBOLS = {"okx": "BTC-USDT", "binance_usdm": "BTCUSDT"}
Touch = tuple[int, int, int, int]  # bid ticks, bid lots, ask ticks, ask lots


def okx_touch(instrument: Instrument, message: dict[str, list[dict[str, object]]]) -> tuple[int, Touch]:
    row = message["data"][0]
    (bid, bid_size, *_), (ask, ask_size, *_) = row["bids"][0], row["asks"][0]
    return int(row["seqId"]), as_touch(instrument, bid, bid_size, ask, ask_size)


def binance_touch(instrument: Instrument, message: dict[str, str]) -> tuple[int, Touch]:
    return int(message["u"]), as_touch(instrument, message["b"], message["B"], message["a"], message["A"])


def as_touch(instrument: Instrument, bid: str, bid_size: str, ask: str, ask_size: str) -> Touch:
    ticks, lots = instrument.price_ticks, instrument.size_lots
    return ticks(bid), lots(bid_size), ticks(ask), lots(ask_size)


def differing(ours: dict[int, Touch], theirs: dict[int, Touch]) -> dict[int, tuple[Touch, Touch]]:
    """Return both touches of the ids that both know and at which they differ."""
    common = ours.keys() & theirs.keys()
    return {last: (ours[last], theirs[last]) for last in common if ours[last] != theirs[last]}


@pytest.mark.parametrize("name", list(SYMBOLS))
def test_at_equal_ids_the_touch_is_the_labs_own(name: str) -> None:
    key = f"{name}:{SYMBOLS[name]}"
    ours: dict[int, Touch] = {}
    theirs: dict[int, Touch] = {}

    def note(connection: Driven) -> None:
        for book in connection.books:
            if book.instrument.key == key and book.state is BookState.LIVE:
                (bid, bid_lots), (ask, ask_lots) = book.levels(1, 1), book.levels(-1, 1)
                ours[book.last_id] = int(bid[0]), int(bid_lots[0]), int(ask[0]), int(ask_lots[0])

    async def follow_touch(instrument: Instrument, url: str) -> None:
        """Follow the lab's best bid and ask by a client that knows nothing of fillcast."""
        base = url.replace("http", "ws")
        if name == "okx":
            async with connect(f"{base}/ws/v5/public", proxy=None) as socket:
                argument = {"channel": "bbo-tbt", "instId": instrument.symbol}
                await socket.send(json.dumps({"op": "subscribe", "args": [argument]}))
                async for frame in socket:
                    if "data" in (message := json.loads(frame)):
                        theirs.update([okx_touch(instrument, message)])
        else:
            path = f"/public/ws/{instrument.symbol.lower()}@bookTicker"
            async with connect(base + path, proxy=None) as socket:
                async for frame in socket:
                    theirs.update([binance_touch(instrument, json.loads(frame))])

    async def main() -> None:
        async with (
            LabProcess(0, 11, (), asyncio.Event()) as lab,
            watch([key], endpoints=lab.endpoints, listener=Listener(on_frame=note)) as session,
        ):
            instrument = (await session.live(key, 10)).instrument
            follower = asyncio.create_task(follow_touch(instrument, lab.url))
            async with asyncio.timeout(15):
                while len(ours.keys() & theirs.keys()) < 5:  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.05)
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)

    asyncio.run(main())
    assert differing(ours, theirs) == {}
    some = next(iter(ours.keys() & theirs.keys()))
    bid, lots, *ask = ours[some]
    assert list(differing({**ours, some: (bid, lots + 1, *ask)}, theirs)) == [some], "one lot off is seen"
