"""One pass over an OKX v5 order book message, live (ids, checksum 0) or recorded before mid-2026 (real checksums).

Known form: {"arg":{"channel":"books","instId":"SYMBOL"},"action":"update" or "snapshot","data":[{"asks":[["price",
"size","0","orders"],...],"bids":[...],"ts":"ms",... and "checksum", "seqId", "prevSeqId" in any order}]}.
Source: OKX v5 documentation, order book channel.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
from __future__ import annotations

from typing import Final

from fillcast.core.events import FIRST_ROW, HAS_CHECKSUM, SNAPSHOT, UPDATE
from fillcast.core.jit import kernel
from fillcast.core.layout_kernels import LAST_ID
from fillcast.venues.json_kernels import INDEX, NS_PER_MS, RULE, bytes_of, match, read_signed, read_symbol, read_whole
from fillcast.venues.levels_kernels import PRICE_SIZE_ORDERS, read_levels
from fillcast.venues.update_kernels import READ, UNREAD, apply_update, fill_message, follows

CHANNEL: Final = bytes_of('{"arg":{"channel":"books')
FAST_400: Final = bytes_of("-l2-tbt")
FAST_50: Final = bytes_of("50-l2-tbt")
SYMBOL_KEY: Final = bytes_of('","instId":"')
UPDATE_DATA: Final = bytes_of('},"action":"update","data":[{"asks":[')
SNAPSHOT_DATA: Final = bytes_of('},"action":"snapshot","data":[{"asks":[')
BIDS: Final = bytes_of(',"bids":[')
STAMP: Final = bytes_of(',"ts":"')
CHECKSUM_KEY: Final = bytes_of(',"checksum":')
ID_KEY: Final = bytes_of(',"seqId":')
PREVIOUS_KEY: Final = bytes_of(',"prevSeqId":')
CLOSE: Final = bytes_of("}]}")

IDENTITY: Final = 0  # prevSeqId is the last seqId
CHECKSUMS: Final = 1  # no ids: the checksum proves each message


@kernel("int64(uint8[::1], int64, int64, int64, int64[:, ::1], int64[:, ::1])")
def advance(frame, length, wall_ns, mono_ns, words, books):
    """Read one frame; apply it when it is a plain update that follows a LIVE book; see `update_kernels`.

    A snapshot is read only: what becomes of it is for the connection to decide. Parameters are those of
    `binance_kernels.advance`.
    """
    control = books[len(books) - 1]
    frame[length] = 0
    at = match(frame, 0, CHANNEL)
    if at < 0:
        return UNREAD
    if control[RULE] == CHECKSUMS:  # captures hold the channels that push faster too
        at = max(at, match(frame, at, FAST_400), match(frame, at, FAST_50))
    at = match(frame, at, SYMBOL_KEY)
    if at < 0:
        return UNREAD
    index, at = read_symbol(frame, at, control, books)
    if at < 0:
        return UNREAD
    then = match(frame, at, UPDATE_DATA)
    update = then > 0
    at = then if update else match(frame, at, SNAPSHOT_DATA)
    if at < 0:
        return UNREAD
    book = books[index]
    row, at = read_levels(frame, at, -1, PRICE_SIZE_ORDERS, book, words, FIRST_ROW)
    if at < 0:
        return UNREAD
    at = match(frame, at, BIDS)
    if at < 0:
        return UNREAD
    row, at = read_levels(frame, at, 1, PRICE_SIZE_ORDERS, book, words, row)
    if at < 0:
        return UNREAD
    at = match(frame, at, STAMP)
    if at < 0:
        return UNREAD
    event_ms, at = read_whole(frame, at)
    if at < 0 or frame[at] != 34 or event_ms > 1 << 43:
        return UNREAD
    at += 1
    checksum, last, link = 0, -1, -1
    seen = 0
    while True:
        then = match(frame, at, CHECKSUM_KEY)
        if then > 0 and not seen & 1:
            checksum, at = read_signed(frame, then)
            seen |= 1
        else:
            then = match(frame, at, ID_KEY)
            if then > 0 and not seen & 2:
                last, at = read_whole(frame, then)
                seen |= 2
            else:
                then = match(frame, at, PREVIOUS_KEY)
                if then < 0 or seen & 4:
                    break
                link, at = read_signed(frame, then)
                seen |= 4
        if at < 0:
            return UNREAD
    at = match(frame, at, CLOSE)
    if at < 0 or at != length:
        return UNREAD
    identified = control[RULE] == IDENTITY
    if seen & 6 != 6 if identified else seen != 1 or checksum == 0:
        return UNREAD
    rows, event_ns, flags = row - FIRST_ROW, event_ms * NS_PER_MS, HAS_CHECKSUM if checksum != 0 else 0
    control[INDEX] = index
    if update and not follows(book, link if identified else book[LAST_ID]):
        return UNREAD
    if update and identified and (rows == 0 or last < 0 or last == link):
        return UNREAD
    kind = UPDATE if update else SNAPSHOT
    fill_message(words, kind, index, link, -1, last, event_ns, event_ns, wall_ns, rows, checksum, flags)
    if not update:
        return READ
    return apply_update(words, control, book, last, event_ns, wall_ns, mono_ns, rows, checksum)
