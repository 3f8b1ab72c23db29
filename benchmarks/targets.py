"""Promises with a number: printed beside what was measured, never asserted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rich.console import Console


@dataclass(frozen=True, slots=True)
class Target:
    what: str
    relation: Literal["<=", ">="]
    bound: float
    measured: float

    @property
    def met(self) -> bool:
        return self.measured <= self.bound if self.relation == "<=" else self.measured >= self.bound

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "relation": self.relation,
            "bound": self.bound,
            "measured": self.measured,
            "met": self.met,
        }


def show(console: Console, targets: Sequence[Target]) -> None:
    for target in targets:
        sign = "≤" if target.relation == "<=" else "≥"
        verdict = "[green]met[/]" if target.met else "[red]missed[/]"
        console.print(f"target: {target.what} {sign} {target.bound:g}: {target.measured:.2f}, {verdict}")
