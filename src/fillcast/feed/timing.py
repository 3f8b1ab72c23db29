"""Which frames of a connection are timed, and the times at which they passed each stage."""

from __future__ import annotations

from fillcast.feed.clock import Clock
from fillcast.feed.driven import Driven
from fillcast.runtime.stages import Sampler, Stages
from fillcast.venues.protocol import Effects


class FrameTimer:
    """Times some frames of one connection; all others do not meet it.

    Parameters
    ----------
    stages
        Where the times are counted.
    every
        One frame in so many, on average; 0: none.
    """

    __slots__ = ("_clock", "_connection", "_decoded_ns", "_sampler", "_stages")

    def __init__(self, connection: Driven, stages: Stages, every: int, clock: Clock) -> None:
        self._connection = connection
        self._stages = stages
        self._sampler = Sampler(every)
        self._clock = clock
        self._decoded_ns = 0

    def next(self) -> int:
        """Return in how many frames the next one is timed; 0: never."""
        return self._sampler.next()

    def frame(self, data: bytes, received_ns: int) -> Effects:
        """Hand a frame to the protocol and count its stages, if it changed a book.

        `received_ns` is the monotonic time at which the oldest frame of its batch came.
        """
        clock, self._decoded_ns = self._clock, 0
        taken_ns = clock.mono_ns()
        effects = self._connection.frame_in_steps(data, clock.wall_ns(), taken_ns, self._decoded)
        if self._decoded_ns:
            self._stages.frame(received_ns or taken_ns, taken_ns, self._decoded_ns, clock.mono_ns())
        return effects

    def _decoded(self) -> None:
        self._decoded_ns = self._clock.mono_ns()
