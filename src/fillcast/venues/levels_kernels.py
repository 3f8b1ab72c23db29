"""Reading lists of levels, `["price","size"]` or with OKX's two fields more, into the rows of an event buffer."""

# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
from __future__ import annotations

from typing import Final

from fillcast.core.bits_kernels import load_word
from fillcast.core.jit import inlined
from fillcast.core.layout_kernels import LOT_MANTISSA, PRICE_DECIMALS, SIZE_DECIMALS, TICK_MANTISSA
from fillcast.venues.json_kernels import read_decimal, read_whole, word_of

BETWEEN: Final = word_of('","')
RETIRED: Final = word_of('","0","')
NEXT_LEVEL: Final = word_of('"],["')
LAST_LEVEL: Final = word_of('"]]')

PRICE_SIZE: Final = 2  # fields of a level
PRICE_SIZE_ORDERS: Final = 4  # OKX: price, size, a retired "0", how many orders


@inlined
def read_levels(frame, at, side, fields, book, words, row):
    """Read levels from behind the list's opening bracket into the rows from `row` on; return (next row, position)."""
    price_decimals, tick = book[PRICE_DECIMALS], book[TICK_MANTISSA]
    size_decimals, lot = book[SIZE_DECIMALS], book[LOT_MANTISSA]
    if frame[at] == 93:  # "]"
        return row, at + 1
    if frame[at] != 91 or frame[at + 1] != 34:  # [ "
        return row, -1
    at += 2
    while True:
        ticks, at = read_decimal(frame, at, price_decimals, tick)
        if at < 0 or ticks == 0 or row >= len(words) or load_word(frame, at) & 0xFFFFFF != BETWEEN:
            return row, -1
        lots, at = read_decimal(frame, at + 3, size_decimals, lot)
        if at < 0:
            return row, -1
        if fields == PRICE_SIZE_ORDERS:
            if load_word(frame, at) & 0xFFFFFFFFFFFFFF != RETIRED:
                return row, -1
            _, at = read_whole(frame, at + 7)
            if at < 0:
                return row, -1
        words[row, 0] = side
        words[row, 1] = ticks
        words[row, 2] = lots
        words[row, 3] = 0
        row += 1
        end = load_word(frame, at)
        if end & 0xFFFFFFFFFF == NEXT_LEVEL:
            at += 5
        elif end & 0xFFFFFF == LAST_LEVEL:
            return row, at + 3
        else:
            return row, -1
