"""The embedded exchange as a process of its own, that never outlives the one that started it."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Sequence
from types import TracebackType

import msgspec

from fillcast.errors import FillcastError

START_S = 60.0  # a cold kernel cache is compiled first
END_S = 4.0
KEPT_LINES = 5


class LabProcess:
    """Starts `fillcast lab`, waits until it is ready, and ends it.

    The process ends by itself when its standard input is closed, so that it does not outlive us whatever ends us. It
    has a session of its own: Ctrl-C reaches us alone.

    Parameters
    ----------
    stop
        Set when the process ends before it is told to; leaving then raises `FillcastError` with its last words.
    instruments, random_faults
        Made-up instruments that every venue lists, and random faults a second.
    options
        Further words of its command line.

    Attributes
    ----------
    endpoints
        Where each venue is reached; empty when `stop` was set before it was ready.
    """

    def __init__(
        self, port: int, seed: int, faults: Sequence[str], stop: asyncio.Event, options: Sequence[str] = ()
    ) -> None:
        self._arguments = ["--port", str(port), "--seed", str(seed), "--until-eof", *options]
        for fault in faults:
            self._arguments += ["--fault", fault]
        self._stop = stop
        self._errors: deque[str] = deque(maxlen=KEPT_LINES)
        self._tasks: list[asyncio.Task[None]] = []
        self._failure = ""
        self.endpoints: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Where the lab itself is reached; empty when it is not there."""
        return self.endpoints.get("okx", "")

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    async def __aenter__(self) -> LabProcess:
        command = [sys.executable, "-m", "fillcast", "lab", *self._arguments]
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._watch())]
        try:
            await self._wait_until_ready()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()
        if self._failure:
            raise FillcastError(self._failure) from None

    async def _wait_until_ready(self) -> None:
        output = self._process.stdout
        if output is None:
            raise FillcastError("the embedded exchange has no output")
        line = asyncio.create_task(output.readline())
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait((line, stopping), timeout=START_S, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not line.done():
            line.cancel()
            if not self._stop.is_set():
                raise FillcastError(f"the embedded exchange was not ready within {START_S:.0f} s")
            return
        try:
            ready = msgspec.json.decode(line.result(), type=dict[str, int | str])
            self.endpoints = {name: url for name, url in ready.items() if isinstance(url, str)}
        except msgspec.DecodeError:
            await asyncio.wait(self._tasks, timeout=END_S)
            raise FillcastError(self._failure or "the embedded exchange did not start") from None

    async def _listen(self) -> None:
        errors = self._process.stderr
        while errors is not None and (line := await errors.readline()):
            self._errors.append(line.decode(errors="replace").strip())

    async def _watch(self) -> None:
        code = await self._process.wait()
        await asyncio.wait(self._tasks[:1], timeout=END_S)
        said = self._errors[-1].removeprefix("fillcast: ") if self._errors else f"exit code {code}"
        self._failure = f"the embedded exchange ended: {said}"
        self._stop.set()

    async def _end(self) -> None:
        process = self._process
        watching = self._tasks[1]
        if process.returncode is None:
            watching.cancel()
            if process.stdin is not None:
                process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), END_S)
            except TimeoutError:
                process.kill()
                await process.wait()
        else:
            await asyncio.wait((watching,), timeout=END_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
