"""Exact decimal text to integers and back. No float anywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from fillcast.errors import OffGridError

INT64_MAX = 2**63 - 1
MAX_DIGITS = 60  # beyond any int64 of any grid; keeps 1e999999999 from being expanded
MAX_TEXT = 1000  # characters of a number; beyond it Python itself refuses to turn text into an integer
# What a venue may write: `Decimal` alone would also read spaces, underscores and the digits of every script.
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid of prices or sizes: whole multiples of `mantissa` × 10^-`decimals`.

    Attributes
    ----------
    decimals
        Digits after the point that a multiple can need, >= 0.
    mantissa
        The step in units of 10^-decimals, >= 1 (0.25 is 25 with 2 decimals).
    """

    decimals: int
    mantissa: int

    @classmethod
    def of(cls, step: Decimal) -> Grid:
        """Return the grid of a positive step such as a tick of 0.25.

        Raises
        ------
        OffGridError
            When the step is not a positive finite number.
        """
        if not step.is_finite() or step <= 0:
            raise OffGridError(f"a grid needs a positive step, not {step}")
        _, digits, exponent = step.as_tuple()
        text = "".join(map(str, digits))
        mantissa = int(text.rstrip("0"))
        power = int(exponent) + len(text) - len(text.rstrip("0"))
        if abs(power) + len(text) > MAX_DIGITS:
            raise OffGridError(f"a grid in steps of {step} holds no int64")
        return cls(-power, mantissa) if power < 0 else cls(0, mantissa * 10**power)

    @property
    def step(self) -> Decimal:
        """The step as an exact decimal."""
        return self.value(1)

    def units(self, value: str | Decimal) -> int:
        """Return how many steps a value is, exactly.

        Raises
        ------
        OffGridError
            When it is no finite number, not a whole number of steps, or beyond int64.
        """
        if isinstance(value, str) and (len(value) > MAX_TEXT or not NUMBER.fullmatch(value)):
            raise OffGridError(f"{value[:40]!r} is not a decimal number")
        try:
            sign, digits, exponent = Decimal(value).as_tuple()
        except InvalidOperation:
            raise OffGridError(f"{value!r} is not a decimal number") from None
        if not isinstance(exponent, int):
            raise OffGridError(f"{value!r} is not a finite number")
        if len(digits) > MAX_TEXT:
            raise OffGridError(f"a number of {len(digits)} digits")
        magnitude: int = int("".join(map(str, digits)))
        if magnitude == 0:
            return 0
        shift = exponent + self.decimals
        if shift + len(digits) > MAX_DIGITS:
            raise OffGridError(f"{value} is beyond int64 in steps of {self.step}")
        if shift < 0:
            magnitude, rest = divmod(magnitude, int(10 ** min(-shift, len(digits) + 1)))
        else:
            magnitude, rest = magnitude * int(10**shift), 0
        count, step_rest = divmod(magnitude, self.mantissa)
        if rest or step_rest:
            raise OffGridError(f"{value} is not a multiple of {self.step}")
        if count > INT64_MAX:
            raise OffGridError(f"{value} is beyond int64 in steps of {self.step}")
        return -count if sign else count

    def value(self, units: int) -> Decimal:
        """Return the exact decimal of a number of steps."""
        return Decimal(f"{units * self.mantissa}E-{self.decimals}")  # arithmetic would round to the caller's context

    def text(self, units: int, *, fixed: bool, decimals: int | None = None) -> str:
        """Return the decimal text of a number of steps, with trailing zeros (`fixed`) or without.

        `decimals` widens a fixed text beyond the grid's own digits; it never narrows it.
        """
        places = max(self.decimals, decimals or 0) if fixed else self.decimals
        scaled = units * self.mantissa * 10 ** (places - self.decimals)
        sign, digits = ("-" if scaled < 0 else ""), str(abs(scaled)).rjust(places + 1, "0")
        if not places:
            return sign + digits
        whole, fraction = digits[:-places], digits[-places:]
        if not fixed:
            fraction = fraction.rstrip("0")
        return f"{sign}{whole}.{fraction}" if fraction else sign + whole
