"""Reading a market's fills: each once, in order, and none of before."""

from __future__ import annotations

import itertools

from fillcast.core.units import NS_PER_S
from fillcast.lab import engine_kernels as engine
from fillcast.lab.binance_protocol import BINANCE_USDM
from fillcast.lab.fills import Fill, FillReader
from fillcast.lab.market import FILLS, Market


def market() -> Market:
    return BINANCE_USDM.listings[0].market(7, 0)


def read(reader: FillReader, *, wanted: bool = True) -> list[Fill]:
    """Return the new fills, as an encoder is given them."""
    seen: list[Fill] = []

    def encode(fill: Fill) -> bytes:
        seen.append(fill)
        return b"%d" % fill.number

    assert reader.encoded(encode, wanted=wanted) == [b"%d" % fill.number for fill in seen]
    return seen


def test_every_fill_is_read_once_whatever_the_steps() -> None:
    in_steps, at_once = market(), market()
    readers = FillReader(in_steps), FillReader(at_once)
    stepped: list[Fill] = []
    for tenth in range(1, 101):
        in_steps.advance(tenth * NS_PER_S // 10)
        stepped += read(readers[0])
    at_once.advance(10 * NS_PER_S)
    assert len(stepped) > 10
    assert stepped == read(readers[1])
    assert read(readers[0]) == read(readers[1]) == []
    for before, after in itertools.pairwise(stepped):
        assert after.number == before.number + 1
        assert after.trade_id - after.matches == before.trade_id
        assert 0 < before.at_ns <= after.at_ns <= 10 * NS_PER_S
    assert {fill.side for fill in stepped} == {1, -1}


def test_fills_that_nobody_wants_are_passed_over() -> None:
    one = market()
    reader = FillReader(one)
    one.advance(5 * NS_PER_S)
    assert read(reader, wanted=False) == []
    passed = int(one.words[engine.FILLS])
    one.advance(10 * NS_PER_S)
    assert read(reader)[0].number == passed


def test_a_reader_that_fell_behind_gets_what_is_kept() -> None:
    one = market()
    reader = FillReader(one)
    one.words[engine.FILLS] += 3 * FILLS
    assert len(read(reader)) == FILLS
