"""Every rule, and the verdict: numbers in, findings out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from fillcast.session.doctor import book_rules, line_rules
from fillcast.session.doctor.evidence import Evidence
from fillcast.session.doctor.finding import Finding, counted

RULES: Final[tuple[Callable[[Evidence], Finding | None], ...]] = (
    line_rules.reachable,
    book_rules.instruments,
    book_rules.first_book,
    book_rules.fresh_snapshot,
    book_rules.sequence,
    line_rules.numbering,
    book_rules.checksum,
    book_rules.touch,
    book_rules.crossed,
    book_rules.trades,
    line_rules.answers,
    line_rules.heartbeat,
    line_rules.rates,
    line_rules.clock,
    line_rules.lag,
    line_rules.reconnects,
)


def apply_rules(evidence: Evidence) -> tuple[Finding, ...]:
    """Return what was found of every rule that concerns the venue."""
    found = (rule(evidence) for rule in RULES)
    return tuple(finding for finding in found if finding is not None)


def holds(findings: Sequence[Finding]) -> bool:
    """Whether no rule was broken."""
    return all(finding.held is not False for finding in findings)


def verdict(venue: str, findings: Sequence[Finding]) -> str:
    """Return the whole in one sentence."""
    broken = [finding.what for finding in findings if finding.held is False]
    if broken:
        return f"{counted(len(broken), 'rule')} did not hold on {venue}: {', '.join(broken)}"
    held = sum(finding.held is True for finding in findings)
    unseen = len(findings) - held
    rest = f", {unseen} not judged" if unseen else ""
    return f"what {venue} does agrees with what fillcast assumes ({counted(held, 'rule')} held{rest})"
