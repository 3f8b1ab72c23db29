"""A split order in words: the same in `quote` and in `watch`."""

from __future__ import annotations

from collections.abc import Container
from textwrap import wrap

from rich.console import Console
from rich.text import Text

from fillcast.cli import words
from fillcast.cli.layout import packed, print_rows
from fillcast.forecast.split import NoSplit, Share, Split

SMALLEST_SHARE = 0.001  # what is less is shown as less than it
INDENT = "  "


def share_text(share: Share) -> str:
    """Return a share in percent."""
    if share.share < SMALLEST_SHARE:
        return f"<{SMALLEST_SHARE:.1%}"
    return f"{share.share:.1%}"


def said_of(split: Split | NoSplit) -> list[list[str]]:
    """Return what there is to say of a split as a whole: lines of entries, between which a line may be broken."""
    if isinstance(split, NoSplit):
        return [[f"no best split: {split.reason}"]]
    net, money, base = split.net, split.reference.currency, split.shares[0].instrument.base
    lines = [
        [
            f"best split: {words.net_bps(net)} bps vs common",
            f"{net.level:.0%}: {words.bps(net.low_bps)} … {words.bps(net.high_bps)} bps",
            f"{words.money(net.quote)} {money}",
        ],
        _saving(split),
    ]
    if split.unfilled_base:
        lines.append([f"unfilled {words.amount(split.unfilled_base)} {base}", "not in the visible books"])
    if words.amount(split.rounded_base) != "0":
        lines.append([f"{words.amount(split.rounded_base)} {base} left by rounding down to order steps"])
    if split.unproven_base:
        lines.append([f"unproven {words.amount(split.unproven_base)} {base}", "beyond the proven edge: at most"])
    return lines


def _saving(split: Split) -> list[str]:
    if split.best_single is None or split.saving_bps is None or split.saving_quote is None:
        return ["no single book shows the whole size"]
    if split.saving_bps == 0:
        return [f"no split costs less than all of it on {split.best_single}"]
    return [
        f"saves {words.bps(split.saving_bps)} bps",
        f"{words.money(split.saving_quote)} {split.reference.currency}",
        *([] if split.saving_is_proven else ["not proven"]),
        f"against all of it on {split.best_single}",
    ]


def _left_out(split: Split | NoSplit, told: Container[str] = ()) -> list[str]:
    """Return what takes no part, and why; its name alone where the reason was told already."""
    said = dict.fromkeys(key if key in told else words.named(key, why) for key, why in split.left_out)
    return [f"left out: {why}" for why in said]


def show_split(split: Split | NoSplit, console: Console) -> None:
    """Print what a split costs, its shares, and what it saves."""
    first, *rest = said_of(split)
    for line in packed(first, console.width):
        console.print(Text(line, "bold" if isinstance(split, Split) else ""), soft_wrap=True)
    if isinstance(split, Split):
        print_rows(
            console, ("part",), ("share", "size", "average", "worst", "fee"), [_row(one) for one in split.shares]
        )
    for line in (line for entries in rest for line in packed(entries, console.width)):
        console.print(Text(line), soft_wrap=True)


def _row(share: Share) -> list[str]:
    fill, instrument = share.fill, share.instrument
    return [
        instrument.key,
        share_text(share),
        f"{words.amount(fill.base)} {instrument.base}",
        words.near_price(instrument, fill.average_price),
        words.near_price(instrument, fill.worst_price),
        f"{words.money(share.fee_quote)} {instrument.quote}",
    ]


def split_lines(split: Split | NoSplit, width: int) -> list[Text]:
    """Return a split as lines of a screen of that width."""
    first, *rest = said_of(split)
    head = packed(first, width)
    shares = [[_part(share) for share in split.shares]] if isinstance(split, Split) else []
    inner = max(width - len(INDENT), 1)
    below = [line for entries in (*shares, *rest) for line in packed(entries, inner)]
    below += [line for why in _left_out(split) for line in wrap(why, inner)]
    lines = [Text(line, "bold" if isinstance(split, Split) else "") for line in head]
    lines += [Text(INDENT + line) for line in below]
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    return lines


def plain_line(split: Split | NoSplit, told: Container[str] = ()) -> str:
    """Return a split in one line for output that is not a terminal.

    Parameters
    ----------
    told
        Keys of instruments whose own line says already why they have no forecast.
    """
    first, *rest = (", ".join(entries) for entries in said_of(split))
    shares = [_part(share) for share in split.shares] if isinstance(split, Split) else []
    return "; ".join([first, *shares, *rest, *_left_out(split, told)])


def _part(share: Share) -> str:
    return f"{share_text(share)} {share.instrument.key} {words.amount(share.fill.base)} {share.instrument.base}"
