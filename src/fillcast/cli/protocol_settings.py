"""The tables `[protocol.VENUE]` of the config file: what a venue's protocol waits for, compares and believes.

[protocol.gate]
use_gate_obu = false

[protocol.kraken]
deep_check_ns = 600_000_000_000
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from typing import Any

from fillcast.errors import UsageError
from fillcast.venues.settings import Settings

# Settings that are asked for in the protocols of some venues alone, by the beginning of their names.
SPLICED = ("okx", "binance", "gate")  # joined to REST snapshots
STREAMED = ("bybit", "kraken", "coinbase", "deribit", "gate", "bitfinex")  # whole in the stream
ONLY_OF = {
    "snapshot_wait_ns": ("okx",),
    "stream_wait_ns": STREAMED,
    "fetch_spacing_ns": SPLICED,
    "fetch_spacing_max_ns": SPLICED,
    "refresh_bps": SPLICED,
    "refresh_spacing_ns": SPLICED,
    "asked_window_ns": SPLICED,
    "compare_levels": SPLICED,
    "max_buffered": SPLICED,
    "keepalive_wait_ns": ("okx", "bitfinex"),
    "deep_check_ns": ("kraken",),
    "use_stream_snapshot": ("okx",),
    "accept_next_id": ("binance_spot",),
    "accept_link_at_snapshot": ("binance_usdm", "binance_coinm"),
    "use_gate_obu": ("gate",),
    "require_consecutive": ("bybit",),
    "checksum_exponents": ("bitfinex",),
    "skip_duplicates": ("okx", "binance_usdm", "binance_coinm", "bybit", "deribit", "gate"),
}
NOT_LIVE = ("check_touch",)  # live connections ask for no best bid and ask messages
OFF = False  # TOML has no word for nothing
HIGHEST = 2**63 - 1  # of a clock in nanoseconds, and of a whole number in TOML


def read_protocols(value: object, venues: tuple[str, ...]) -> dict[str, Settings]:
    """Return the settings of each venue that has a table; what a table does not name keeps its default.

    Parameters
    ----------
    value
        The table `protocol` as TOML gives it.
    venues
        The venues that it may name.

    Raises
    ------
    UsageError
        When it names a venue or setting that does not exist, or a value that the setting cannot have.
    """
    if not isinstance(value, dict):
        raise UsageError("protocol must hold a table for each venue, such as [protocol.gate]")
    for venue in value:
        if venue not in venues:
            raise UsageError(f"unknown venue in [protocol.{venue}]; known venues are {', '.join(venues)}")
    return {venue: _settings(venue, table) for venue, table in value.items()}


def settable(venue: str) -> tuple[str, ...]:
    """Return the names of the settings that a live connection to a venue asks for."""
    names = (field.name for field in dataclasses.fields(Settings))
    return tuple(
        name for name in names if name not in NOT_LIVE and (name not in ONLY_OF or venue.startswith(ONLY_OF[name]))
    )


def _settings(venue: str, table: object) -> Settings:
    where = f"[protocol.{venue}]"
    if not isinstance(table, dict):
        raise UsageError(f"protocol.{venue} must be a table, {where}, with one line per setting")
    known = settable(venue)
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            raise UsageError(f"{where} has no setting {name!r}; {hint}")
    return dataclasses.replace(Settings(), **_checked(where, table))


def _checked(where: str, table: Mapping[str, object]) -> dict[str, Any]:
    kinds = {field.name: str(field.type) for field in dataclasses.fields(Settings)}
    checked: dict[str, Any] = {}
    for name, value in table.items():
        kind = kinds[name]
        if kind == "bool":
            valid, what = isinstance(value, bool), "true or false"
        elif kind == "float":
            valid = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf
            what = "a positive number"
        else:
            whole = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= HIGHEST
            optional = kind.endswith("None")
            valid = whole or (optional and value is OFF)
            what = f"a positive whole number{' of nanoseconds' if name.endswith('_ns') else ''}"
            what += ", or false to switch it off" if optional else ""
        if not valid:
            raise UsageError(f"{name} in {where} must be {what}, not {value!r}")
        checked[name] = None if value is OFF and kind != "bool" else value
    return checked
