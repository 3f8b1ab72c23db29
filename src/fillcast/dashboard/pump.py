"""The loop that turns credits into frames: it runs while a page is ready, and sleeps while none is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fillcast.dashboard.hub import Hub
from fillcast.dashboard.state import Page

POLL_S = 0.006  # between looks at books while a page waits for news: a third of a picture
GATHER_S = 0.004  # between looks after frames were sent: credits that come together are answered together
STUDY_S = 0.002  # for studies between two looks: what a page may have to wait beside its own frame


class Pump:
    """Drives a hub.

    Parameters
    ----------
    clock_s
        Seconds of a clock that never jumps.
    """

    def __init__(self, hub: Hub, clock_s: Callable[[], float]) -> None:
        self._hub = hub
        self._clock_s = clock_s
        self._stirred = asyncio.Event()
        self._outboxes: dict[Page, asyncio.Queue[bytes]] = {}

    def enter(self) -> tuple[Page, asyncio.Queue[bytes]]:
        """Return a new page, and where its frames come: never more than one at once."""
        page = self._hub.enter()
        outbox: asyncio.Queue[bytes] = asyncio.Queue(1)
        self._outboxes[page] = outbox
        return page, outbox

    def leave(self, page: Page) -> None:
        """Forget a page."""
        self._hub.leave(page)
        self._outboxes.pop(page, None)

    def receive(self, page: Page, message: bytes) -> None:
        """Take one message of a page; raises as `Hub.receive` does."""
        self._hub.receive(page, message, self._clock_s())
        self._stirred.set()

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            self._stirred.clear()
            frames = await self._hub.tick(self._clock_s())
            for page, data in frames:
                outbox = self._outboxes.get(page)
                if outbox is not None:
                    page.is_sending = True
                    outbox.put_nowait(data)
            await asyncio.sleep(0)  # frames go out before anything that takes long
            self._hub.work(self._clock_s(), STUDY_S)
            if frames:
                await asyncio.sleep(GATHER_S)
            elif any(page.pacer.has_credit for page in self._hub.pages):
                await self._stir(POLL_S)
            else:
                await self._stirred.wait()

    async def _stir(self, timeout_s: float) -> None:
        try:
            await asyncio.wait_for(self._stirred.wait(), timeout_s)
        except TimeoutError:
            return
