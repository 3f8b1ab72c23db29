"""What a venue publishes of its own fees, without a login, beside an instrument."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublishedTier:
    """One tier, in bps of the traded value; negative: a rebate. `name` as in the venue's file of fees."""

    name: str
    maker_bps: float
    taker_bps: float


@dataclass(frozen=True, slots=True)
class PublishedFees:
    """The fees of one instrument as its venue's metadata states them.

    Attributes
    ----------
    source
        The public endpoint and its fields.
    tiers
        The first is a new account's. Empty where what the venue published cannot be used.
    problem
        Why it cannot be used, in one clause; empty where it can.
    as_of
        Date on which it was fetched, UTC; empty until whoever fetched it says so.
    """

    source: str
    tiers: tuple[PublishedTier, ...] = ()
    problem: str = ""
    as_of: str = ""
