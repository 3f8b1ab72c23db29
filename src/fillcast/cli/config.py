"""The config file: what is used where a flag is absent.

proxy = "http://proxy.example:3128"

[tiers]
okx = "VIP1"

[latencies]
okx = "40ms"

[endpoints]
okx = "http://127.0.0.1:8100"

[fees.okx]
maker = "8bps"
taker = "0.1%"

[protocol.gate]
use_gate_obu = false
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fillcast.errors import UsageError

if TYPE_CHECKING:
    from fillcast.cli.stated_fees import StatedFees
    from fillcast.venues.settings import Settings

PATH_VARIABLE = "FILLCAST_CONFIG"
TABLES = ("tiers", "latencies", "endpoints")
FEES = "fees"
PROTOCOL = "protocol"
KEYS = ("proxy", *TABLES, FEES, PROTOCOL)


@dataclass(frozen=True, slots=True)
class Config:
    """Defaults of one user.

    Attributes
    ----------
    tiers, latencies, endpoints
        By venue: a fee tier in the venue's own spelling, a duration, a base URL.
    proxy
        For every connection to a venue.
    protocol
        By venue: what its protocol waits for, compares and believes.
    fees
        By venue or `VENUE:SYMBOL`: what the user's account pays there.
    """

    tiers: Mapping[str, str] = field(default_factory=dict)
    latencies: Mapping[str, str] = field(default_factory=dict)
    endpoints: Mapping[str, str] = field(default_factory=dict)
    proxy: str | None = None
    protocol: Mapping[str, Settings] = field(default_factory=dict)
    fees: Mapping[str, StatedFees] = field(default_factory=dict)


def config_path() -> Path:
    """Return where the config file is looked for; it need not exist."""
    named = os.environ.get(PATH_VARIABLE)
    if named:
        return Path(named)
    home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(home).expanduser() / "fillcast" / "config.toml"


def read_config(venues: tuple[str, ...]) -> Config:
    """Read the config file, or return empty defaults when there is none.

    Parameters
    ----------
    venues
        The venues that its tables may name.

    Raises
    ------
    UsageError
        When the file cannot be read, or names a key, venue or setting that does not exist.
    """
    path = config_path()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if os.environ.get(PATH_VARIABLE):
            raise UsageError(f"config file {path}, named by {PATH_VARIABLE}, does not exist") from None
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"config file {path} cannot be read: {error}") from None
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"config file {path} is not TOML: {error}") from None
    except RecursionError:  # tomllib calls itself for every bracket that is open
        raise UsageError(f"config file {path} nests its values too deeply to be read") from None
    unknown = [key for key in content if key not in KEYS]
    if unknown:
        raise UsageError(f"config file {path}: unknown key {unknown[0]!r}; known are {', '.join(KEYS)}")
    proxy = content.get("proxy")
    if proxy is not None and not isinstance(proxy, str):
        raise UsageError(f"config file {path}: proxy must be a text, not {proxy!r}")
    tables = {name: _table(path, name, content.get(name, {}), venues) for name in TABLES}
    protocol, fees = _protocol(path, content, venues), _fees(path, content, venues)
    return Config(tables["tiers"], tables["latencies"], tables["endpoints"], proxy, protocol, fees)


def _protocol(path: Path, content: Mapping[str, object], venues: tuple[str, ...]) -> Mapping[str, Settings]:
    if PROTOCOL not in content:
        return {}
    from fillcast.cli.protocol_settings import read_protocols  # brings every venue along: help must stay fast

    try:
        return read_protocols(content[PROTOCOL], venues)
    except UsageError as error:
        raise UsageError(f"config file {path}: {error}") from None


def _fees(path: Path, content: Mapping[str, object], venues: tuple[str, ...]) -> Mapping[str, StatedFees]:
    if FEES not in content:
        return {}
    from fillcast.cli.stated_fees import read_fees  # brings instruments along: help must stay fast

    try:
        return read_fees(content[FEES], venues)
    except UsageError as error:
        raise UsageError(f"config file {path}: {error}") from None


def _table(path: Path, name: str, value: object, venues: tuple[str, ...]) -> dict[str, str]:
    if not isinstance(value, dict):
        raise UsageError(f"config file {path}: {name} must be a table, [{name}], with one line per venue")
    for venue, entry in value.items():
        if venue not in venues:
            raise UsageError(
                f"config file {path}: unknown key {venue!r} in [{name}]; known venues are {', '.join(venues)}"
            )
        if not isinstance(entry, str):
            raise UsageError(f"config file {path}: {name}.{venue} must be a text in quotes, not {entry!r}")
    return dict(value)
