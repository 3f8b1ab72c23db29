"""A cache of so many results and no more: the one that was not used for longest goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, MutableMapping
from typing import TypeVar

from fillcast.models.samples import whole

Result = TypeVar("Result")

MOST_KEPT = 1 << 20  # results; more is a mistake for bytes


class LastUsed(MutableMapping[str, Result]):
    """A dictionary of at most `most` results, for one thread at a time.

    Parameters
    ----------
    most
        How many are kept, from 1 to `MOST_KEPT`.

    Raises
    ------
    ParameterError
        For another number.
    """

    def __init__(self, most: int) -> None:
        whole("most", most, 1, MOST_KEPT)
        self.most = most
        self._kept: OrderedDict[str, Result] = OrderedDict()

    def __getitem__(self, key: str) -> Result:
        value = self._kept[key]
        self._kept.move_to_end(key)
        return value

    def __setitem__(self, key: str, value: Result) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self.most:
            self._kept.popitem(last=False)

    def __delitem__(self, key: str) -> None:
        del self._kept[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)
