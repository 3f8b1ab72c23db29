"""What a page asks: read as the command line reads it, or a sentence for each field that cannot be used."""

from __future__ import annotations

import pytest

from fillcast.dashboard.asking import Question, fee_bps, read
from fillcast.dashboard.wire import Asked
from fillcast.errors import UsageError
from tests.dashboard.market import SPOT, SWAP

LISTED = {one.key: one for one in (SPOT, SWAP)}


def ask(**words: object) -> Question | dict[str, str]:
    return read(Asked(**{"instrument": SPOT.key, "size": "5", **words}), LISTED, {})


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("instrument", "okx:NONE", "not followed"),
        ("instrument", "", "not followed"),
        ("side", "up", "buy or sell"),
        ("type", "iceberg", "not offered"),
        ("size", "", "a size is needed"),
        ("size", "-1", "negative"),
        ("size", "nan", "not a finite number"),
        ("size", "5 eth", "eth"),
        ("price", "100", "takes no price"),
        ("post_only", True, "post-only says nothing"),
        ("tier", "VIP99", "no fee tier"),
        ("fee_taker", "much", "not a number"),
        ("fee_maker", "9999999%", "fee"),
        ("volatility", "-3", "above 0"),
        ("volatility", "inf", "above 0"),
        ("latency", "soon", "duration"),
        ("horizon", "10m", "done at once"),
        ("participation", "0.1", "says nothing"),
        ("risk_aversion", "1", "says nothing"),
        ("level", "2", "level"),
        ("level", "nan", "level"),
        ("size", "9" * 100, "at most 64 characters"),
    ],
)
def test_a_field_that_cannot_be_used_says_why(field, value, says):
    errors = ask(**{field: value})
    assert isinstance(errors, dict)
    assert list(errors) == [field]
    assert says in errors[field]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"type": "limit"}, "price"),
        ({"type": "limit", "price": "0.05"}, "price"),
        ({"type": "limit", "price": "-1"}, "price"),
        ({"type": "twap", "horizon": "3d"}, "horizon"),
        ({"type": "pov", "participation": "1.5"}, "participation"),
        ({"type": "is", "risk_aversion": "-1"}, "risk_aversion"),
        ({"type": "is", "risk_aversion": "nan"}, "risk_aversion"),
    ],
)
def test_terms_that_do_not_fit_are_told_where_they_were_typed(words, field):
    errors = ask(**words)
    assert isinstance(errors, dict)
    assert list(errors) == [field]


def test_every_wrong_field_is_told_at_once():
    errors = ask(size="0", latency="x", level="9")
    assert isinstance(errors, dict)
    assert sorted(errors) == ["latency", "level", "size"]


def test_words_are_read_as_the_command_line_reads_them():
    found = ask(
        side="SELL", type="is", size="100000usdt", horizon="5m", risk_aversion="1e-5", level="95%", latency="40ms"
    )
    assert isinstance(found, Question)
    order = found.order
    assert (order.side, order.type, order.horizon_s, order.risk_aversion) == (-1, "is", 300.0, 1e-5)
    assert (found.level, order.latency_s) == (0.95, 0.04)


def test_stated_fees_come_before_the_tiers():
    both = ask(fee_taker="3bps", fee_maker="-0.01%")
    assert isinstance(both, Question)
    assert (both.fee.taker_bps, both.fee.maker_bps) == (3.0, -1.0)
    tiered = ask()
    maker = ask(fee_maker="1")
    assert isinstance(tiered, Question)
    assert isinstance(maker, Question)
    assert (maker.fee.taker_bps, maker.fee.maker_bps) == (tiered.fee.taker_bps, 1.0)


def test_the_same_question_of_another_instrument():
    here = ask(size="100000usd")
    assert isinstance(here, Question)
    there = here.on(SWAP, {})
    assert there.order.instrument == SWAP.key
    assert here.on(SPOT, {}) is here
    in_base = ask(type="limit", price="68000.1")
    assert isinstance(in_base, Question)


@pytest.mark.parametrize(("text", "bps"), [("8", 8.0), ("8bps", 8.0), ("0.1%", 10.0), ("-0.5bps", -0.5)])
def test_fees_are_read_in_bps_and_percent(text, bps):
    assert fee_bps(text) == pytest.approx(bps)


@pytest.mark.parametrize("text", ["nan", "inf", "free", ""])
def test_what_is_no_fee_is_refused(text):
    with pytest.raises(UsageError):
        fee_bps(text)
