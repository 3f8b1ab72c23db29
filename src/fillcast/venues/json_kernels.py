"""Reading the plain JSON that venues send: literals, whole numbers, decimals in quotes, symbols.

Every reader takes a position and returns the position behind what it read, or -1 when the bytes are anything but
the plain form: the caller then hands the frame to the reference decoder, which decides. Frames end in a zero byte,
which matches nothing, so that no reader goes on past the end, and lie in a buffer with PADDING bytes to spare, which
readers that take eight bytes at a time may look at.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.core.bits_kernels import load_word
from fillcast.core.jit import inlined, kernel
from fillcast.core.layout_kernels import HASH, SYMBOL, SYMBOL_WORDS

PADDING: Final = 64
MAX_DIGITS: Final = 18  # below 2^60
POWERS: Final = 10 ** np.arange(MAX_DIGITS + 1, dtype=np.int64)

NS_PER_MS: Final = 1_000_000

# Words of a connection's control row (the row behind its books), before its symbol table.
RULE: Final = 0  # which identity a contiguous update shows; meaning belongs to the venue
INDEX: Final = 1  # book of the last frame that was read
SLOTS: Final = 2  # size of the symbol table
LAG_BOOK: Final = 3  # book of the latest update, whose LAG_NS speaks for the connection; -1: none
LAG_FLOOR_NS: Final = 4  # smallest receive minus event time of this bucket, over all books
IN_STEPS: Final = 5  # 1: a reader stops before it applies the update it has read, see `apply_read`
SYMBOLS: Final = 8  # the table: book index + 1, or 0 for a free slot


def word_of(text: str) -> int:
    """Return up to eight characters as `load_word` reads them."""
    return int.from_bytes(text.encode(), "little")


def bytes_of(text: str) -> NDArray[np.uint8]:
    """Return a literal as `match` takes it."""
    return np.frombuffer(text.encode(), np.uint8).copy()


@inlined
def match(frame, at, literal):
    """Return the position behind `literal` (uint8 array), or -1 when other bytes stand there."""
    length = len(literal)
    index = 0
    while index + 8 <= length:
        if load_word(frame, at + index) != load_word(literal, index):
            return -1
        index += 8
    while index < length:
        if frame[at + index] != literal[index]:
            return -1
        index += 1
    return at + length


@inlined
def digit_at(frame, at):
    """Return the byte at a position less "0": 0 to 9 for a digit."""
    return np.int64(frame[at]) - 48


@inlined
def read_whole(frame, at):
    """Return (value, position) of an unsigned whole number of at most 18 digits, without leading zeros."""
    start, value = at, 0
    digit = digit_at(frame, at)
    while 0 <= digit <= 9:
        value = value * 10 + digit
        at += 1
        digit = digit_at(frame, at)
    if at == start or at - start > MAX_DIGITS or (frame[start] == 48 and at - start > 1):
        return 0, -1
    return value, at


@inlined
def read_signed(frame, at):
    """Return (value, position) of a whole number that may be negative."""
    if frame[at] == 45:  # "-"
        value, at = read_whole(frame, at + 1)
        return -value, at
    return read_whole(frame, at)


@inlined
def read_decimal(frame, at, decimals, mantissa):
    """Return (steps, position) of an unsigned decimal that ends in a quote, in steps of mantissa × 10^-decimals.

    The position is the quote's. One digit at a time: a venue's numbers have much the same length from level to
    level, which the processor learns; taking eight bytes at once was measured to be slower.
    """
    start, value = at, 0
    digit = digit_at(frame, at)
    while 0 <= digit <= 9:
        value = value * 10 + digit
        at += 1
        digit = digit_at(frame, at)
    if at == start or at - start + decimals > MAX_DIGITS:
        return 0, -1
    places = decimals
    if digit == -2:  # "."
        at += 1
        start = at
        digit = digit_at(frame, at)
        while places > 0 and 0 <= digit <= 9:
            value = value * 10 + digit
            places -= 1
            at += 1
            digit = digit_at(frame, at)
        while digit == 0:  # what the grid does not hold must be zeros
            at += 1
            digit = digit_at(frame, at)
        if at == start:
            return 0, -1
    if digit != -14:  # the closing quote
        return 0, -1
    value *= POWERS[places]
    if mantissa != 1:
        if value % mantissa != 0:
            return 0, -1
        value //= mantissa
    return value, at


@inlined
def skip_text(frame, at):
    """Return the position behind a text of plain ASCII and its closing quote, whatever it says."""
    while 32 <= frame[at] < 127 and frame[at] != 34 and frame[at] != 92:
        at += 1
    return at + 1 if frame[at] == 34 else -1


@inlined
def symbol_slot(digest, slots):
    """Return where the search for a symbol starts."""
    return ((digest * HASH) >> 20) & (slots - 1)


@inlined
def read_symbol(frame, at, control, books):
    """Return (book index, position behind the closing quote) of a symbol; the position is -1 for an unknown one."""
    start = at
    digest = 0
    while frame[at] != 34:
        if frame[at] == 0 or at - start >= 8 * SYMBOL_WORDS:
            return 0, -1
        digest = digest * 31 + np.int64(frame[at])
        at += 1
    slots = control[SLOTS]
    slot = symbol_slot(digest, slots)
    while control[SYMBOLS + slot] != 0:
        index = control[SYMBOLS + slot] - 1
        same = True
        for offset in range(at - start):
            word = books[index, SYMBOL + (offset >> 3)]
            if (word >> (8 * (offset & 7))) & 255 != frame[start + offset]:
                same = False
                break
        length = at - start
        if same and (
            length == 8 * SYMBOL_WORDS or (books[index, SYMBOL + (length >> 3)] >> (8 * (length & 7))) & 255 == 0
        ):
            return index, at + 1
        slot = (slot + 1) & (slots - 1)
    return 0, -1


@kernel("void(int64[:, ::1], int64)")
def enter_symbols(books, slots):
    """Fill the symbol table (`slots` words, a power of two) of the control row from the symbols in the books."""
    control = books[len(books) - 1]
    control[SYMBOLS : SYMBOLS + slots] = 0
    control[SLOTS] = slots
    for index in range(len(books) - 1):
        digest = 0
        for offset in range(8 * SYMBOL_WORDS):
            byte = (books[index, SYMBOL + (offset >> 3)] >> (8 * (offset & 7))) & 255
            if byte == 0:
                break
            digest = digest * 31 + byte
        slot = symbol_slot(digest, slots)
        while control[SYMBOLS + slot] != 0:
            slot = (slot + 1) & (slots - 1)
        control[SYMBOLS + slot] = index + 1
