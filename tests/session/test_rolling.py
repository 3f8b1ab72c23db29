from __future__ import annotations

import asyncio

import numpy as np
import pytest

from fillcast.errors import UsageError
from fillcast.feed.driven import Driven, Listener
from fillcast.models.features import BOOK_FEATURES, FEATURES, FeatureState, index_of
from fillcast.session import watch
from tests.feed.fakes import until
from tests.session.embedded import lab
from tests.session.test_session import at, run

KEYS = ["okx:BTC-USDT", "binance_usdm:BTCUSDT"]
LIMIT_S = 20.0


def test_features_are_those_of_a_state_that_is_fed_with_the_same_frames() -> None:
    """The session's own vector against a second state fed by a listener, on every connection of two venues."""

    async def work() -> None:
        states: dict[str, FeatureState] = {}
        late: dict[str, FeatureState] = {}  # planted: misses every other frame
        frames = 0

        def on_frame(connection: Driven) -> None:
            nonlocal frames
            frames += 1
            for index, instrument in enumerate(connection.instruments):
                own = states.setdefault(instrument.key, FeatureState(instrument))
                missing = late.setdefault(instrument.key, FeatureState(instrument))
                book = connection.books[index] if index < len(connection.books) else None
                own.update(connection.events, index, book)
                if frames % 2:
                    missing.update(connection.events, index, book)

        async with (
            lab() as url,
            watch(KEYS, endpoints=at(url), listener=Listener(on_frame=on_frame), features=True) as session,
        ):
            for key in KEYS:
                await session.live(key, LIMIT_S)
            await until(lambda: all(session.activity(key).trades > 3 for key in KEYS), LIMIT_S)
            await asyncio.sleep(0.5)
            for key in KEYS:
                found = session.features(key, 1, 1.0)
                assert found.shape == (len(FEATURES),)
                np.testing.assert_array_equal(found[len(BOOK_FEATURES) :], states[key].at())
                assert not np.array_equal(found[len(BOOK_FEATURES) :], late[key].at(), equal_nan=True)
                assert found[index_of("spread_ticks")] >= 1
                assert found[index_of("trade_intensity_60s")] > 0
                assert session.features(key, -1, 1.0)[0] == found[0]

    run(work())


def test_features_that_nobody_asked_for_are_not_kept() -> None:
    async def work() -> None:
        async with lab() as url, watch(KEYS[:1], endpoints=at(url)) as session:
            await session.live(KEYS[0], LIMIT_S)
            with pytest.raises(UsageError, match="made with features=True"):
                session.features(KEYS[0], 1, 1.0)

    run(work())
