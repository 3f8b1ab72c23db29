"""What a recorded REST reply is: metadata or a book, and of which symbol, by the names that its venue uses."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import msgspec

from fillcast.tape.lines import CapturedInput, InputKind
from fillcast.venues.frames import UNREADABLE
from fillcast.venues.recorded import Dialect

MOST_PARAMETERS = 100  # of a URL; requests for a book have three or four


class _Named(msgspec.Struct):
    symbol: str = ""


class Replies:
    """Tells the REST replies of one dialect's recordings apart."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def is_metadata(self, entry: CapturedInput) -> bool:
        """Whether an input is a REST reply that describes instruments."""
        return entry.kind is InputKind.REPLY and endpoint(entry.url) in self._dialect.metadata_names

    def is_snapshot(self, entry: CapturedInput) -> bool:
        """Whether an input is a REST reply with a book: by its URL, or by its format where that has none."""
        return entry.kind is InputKind.REPLY and (not entry.url or self.asks_for_book(entry.url))

    def asks_for_book(self, url: str) -> bool:
        """Whether a URL or path is that of a book."""
        return endpoint(url) in self._dialect.snapshot_names

    def symbol_in(self, url: str) -> str:
        """Return the symbol that a URL or path names; empty when it names none."""
        try:
            query = parse_qs(urlsplit(url).query, max_num_fields=MOST_PARAMETERS)
        except ValueError:
            return ""
        return next((query[name][0] for name in self._dialect.symbol_keys if name in query), "")

    def symbol(self, entry: CapturedInput) -> str:
        """Return the symbol that a REST reply is about, by its URL or else by its body; empty when neither says."""
        named = self.symbol_in(entry.url)
        if named:
            return named
        try:
            return msgspec.json.decode(entry.data, type=_Named).symbol
        except UNREADABLE:
            return ""


def endpoint(url: str) -> str:
    """Return the last part of a URL's path; empty when it is no URL."""
    try:
        return urlsplit(url).path.rpartition("/")[2]
    except ValueError:  # a bracket in the host that is not closed
        return ""
