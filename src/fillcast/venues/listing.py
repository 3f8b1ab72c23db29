"""What a venue's metadata lists: the instruments that can be followed, and why others cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from fillcast.core.instrument import Instrument
from fillcast.errors import InstrumentError

Head = TypeVar("Head")


@dataclass(frozen=True, slots=True)
class Listing:
    """The instruments of one or more replies.

    Attributes
    ----------
    instruments
        Those that can be followed, in the venue's order.
    problems
        Why others that trade cannot, in one sentence each, by symbol.
    """

    instruments: list[Instrument] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)

    def require(self, symbols: Iterable[str]) -> None:
        """Raise `InstrumentError` when one of these symbols is listed and cannot be used."""
        for symbol in symbols:
            if symbol in self.problems:
                raise InstrumentError(self.problems[symbol])

    def head(self, venue: str, raw: msgspec.Raw, decode: Callable[[msgspec.Raw], Head]) -> Head | None:
        """Return what one entry is about; None where even that cannot be read: it costs no other entry."""
        try:
            return decode(raw)
        except msgspec.DecodeError as error:
            self.problems[""] = f"{venue}: an entry of its metadata cannot be read: {error}"
            return None
