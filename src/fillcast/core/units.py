"""How many of one unit are in another."""

from __future__ import annotations

from typing import Final

NS_PER_MS: Final = 1_000_000
NS_PER_S: Final = 1_000_000_000
BPS: Final = 1e4
"""Basis points in one."""
