"""`quote`, `instruments` and `watch` against a running lab: contracts that other programs rely on."""

from __future__ import annotations

import itertools
import json
import math
import time
from decimal import Decimal

import pytest

from fillcast.cli.instruments import _show, to_json
from fillcast.core.instrument import Instrument

BUY = ("--side", "buy", "--size", "3btc")
KEYS = {
    *("instrument", "as_of_ns", "book", "order", "reference", "filled_base", "unfilled_base", "unproven_base"),
    *("average_price", "all_in_price", "worst_price", "levels", "components", "net", "common_reference"),
    *("net_vs_common_bps", "maker_share", "schedule", "footprint_bps", "provenance"),
}


def test_one_quote_is_an_object_of_the_agreed_shape(in_process, endpoints):
    result = in_process("quote", "okx:BTC-USDT", *BUY, *endpoints, "--json")
    assert result.returncode == 0, result.stderr
    quote = json.loads(result.stdout)
    assert set(quote) >= KEYS
    assert set(quote["book"]) >= {"state", "proof", "age_ms", "last_change_ms", "sequence", "proven_bps"}
    assert (quote["book"]["state"], quote["book"]["proof"]) == ("LIVE", "sequence")
    assert set(quote["net"]) >= {"bps", "quote", "low_bps", "high_bps", "level"}
    assert [part["name"] for part in quote["components"]] == ["half_spread", "slippage", "latency", "fee"]
    assert sum(part["bps"] for part in quote["components"]) == quote["net"]["bps"]
    assert sum(part["quote"] for part in quote["components"]) == quote["net"]["quote"]
    assert quote["net"]["low_bps"] <= quote["net"]["bps"] <= quote["net"]["high_bps"]
    assert quote["filled_base"] + quote["unfilled_base"] == pytest.approx(3)
    assert quote["provenance"]


def test_several_instruments_are_compared_at_one_reference(in_process, endpoints):
    result = in_process("quote", "okx:BTC-USDT", "binance_usdm:BTCUSDT", *BUY, *endpoints, "--json")
    quotes = json.loads(result.stdout)
    assert [one["instrument"] for one in quotes] == ["okx:BTC-USDT", "binance_usdm:BTCUSDT"]
    assert len({one["common_reference"]["price"] for one in quotes}) == 1
    for one in quotes:
        versus = (one["all_in_price"] - one["common_reference"]["price"]) / one["common_reference"]["price"] * 1e4
        assert one["net_vs_common_bps"] == pytest.approx(versus, abs=1e-9)


def test_a_list_of_quotes_says_how_the_order_is_best_split(in_process, endpoints):
    keys = ("okx:BTC-USDT", "binance_usdm:BTCUSDT", "okx:BTC-USDT-SWAP")
    flags = ("--size", "40btc", "--side", "buy", "--fee-taker", "4")
    quotes = json.loads(in_process("quote", *keys, *flags, *endpoints, "--json").stdout)
    split = quotes[0]["split"]
    assert [one["instrument"] for one in quotes] == list(keys)
    assert all("split" not in one for one in quotes[1:])
    shares = {one["instrument"]: one["split_share"] for one in quotes if one["split_share"]}
    assert split["instruments"] == list(shares)
    assert len(shares) > 1
    assert sum(one["share"] for one in shares.values()) == 1
    assert sum(one["base"] for one in shares.values()) == pytest.approx(split["filled_base"])
    assert sum(one["cost_quote"] for one in shares.values()) == split["net"]["quote"]
    assert split["filled_base"] + split["unfilled_base"] + split["rounded_base"] == pytest.approx(40)
    assert split["net"]["low_bps"] < split["net"]["bps"] < split["net"]["high_bps"]
    whole = [one["net_vs_common_bps"] for one in quotes if one["unfilled_base"] == 0]
    assert split["saving_bps"] == pytest.approx(min(whole) - split["net"]["bps"], abs=1e-4)
    single = json.loads(in_process("quote", keys[0], *flags, *endpoints, "--json").stdout)
    assert not {"split", "split_share"} & set(single)


def test_without_a_rate_nothing_is_compared_across_currencies(in_process, endpoints):
    keys = ("okx:BTC-USDT", "okx:BTC-USD-SWAP")
    apart = json.loads(in_process("quote", *keys, *BUY, *endpoints, "--json").stdout)
    assert apart[1]["net_vs_common_bps"] is None
    assert apart[0]["split"]["net"] is None
    assert apart[0]["split"]["reason"] == "fewer than two books can be compared"
    assert "state the rate of USDT in USD" in apart[0]["split"]["left_out"][0]["reason"]
    assert [one["split_share"] for one in apart] == [None, None]

    stated = json.loads(in_process("quote", *keys, *BUY, *endpoints, "--usd-rate", "USDT=0.5", "--json").stdout)
    assert stated[1]["common_rate"] == 2
    assert stated[1]["net_vs_common_bps"] > 3000  # a coin at half a dollar: twice the price
    assert stated[0]["split"]["instruments"] == ["okx:BTC-USDT"]


def test_a_budget_and_a_curve(in_process, endpoints):
    flags = ("--max-cost", "12bps", "--curve", "--fee-taker", "5")
    quote = json.loads(in_process("quote", "okx:BTC-USDT", *BUY, *endpoints, *flags, "--json").stdout)
    assert quote["max_size"]["net_bps"] <= 12 + 1e-6
    assert quote["max_size"]["base"] > 3
    net = [point["net_bps"] for point in quote["curve"]]
    assert len(net) > 20
    assert all(later >= earlier - 1e-9 for earlier, later in itertools.pairwise(net))
    fee = next(part for part in quote["components"] if part["name"] == "fee")
    assert fee["bps"] == pytest.approx(5, rel=0.01)


def test_a_quote_that_observes_first_has_measured_the_volatility(in_process, endpoints):
    def latency_source(*flags: str) -> tuple[float, str]:
        started = time.monotonic()
        quote = json.loads(in_process("quote", "okx:BTC-USDT", *BUY, *endpoints, *flags, "--json").stdout)
        assert quote["book"]["state"] == "LIVE"
        (part,) = (part for part in quote["components"] if part["name"] == "latency")
        return time.monotonic() - started, part["source"]

    _, at_once = latency_source()
    assert at_once.startswith("volatility not measured yet")
    took_s, observed = latency_source("--observe", "2500ms")
    assert "effective samples gave" in observed
    assert took_s >= 2.5


def test_flags_reach_the_forecast(in_process, endpoints):
    flags = ("--latency", "40ms", "--tier", "VIP1", "--level", "0.5")
    quote = json.loads(in_process("quote", "binance_usdm:BTCUSDT", *BUY, *endpoints, *flags, "--json").stdout)
    assert quote["order"]["latency_ms"] == pytest.approx(40)
    assert quote["order"]["tier"] == "VIP1"
    assert quote["net"]["level"] == 0.5


def test_the_config_file_is_used_where_flags_are_absent(in_process, lab_url, tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(f'[endpoints]\nokx = "{lab_url}"\n[latencies]\nokx = "70ms"\n')
    quote = json.loads(in_process("quote", "okx:BTC-USDT", *BUY, "--json", FILLCAST_CONFIG=str(path)).stdout)
    assert quote["order"]["latency_ms"] == pytest.approx(70)


def test_too_little_depth_is_an_answer_and_a_no_with_require_fill(in_process, endpoints):
    arguments = ("quote", "okx:BTC-USDT", "--side", "sell", "--size", "100000btc", *endpoints, "--json")
    plain, strict = in_process(*arguments), in_process(*arguments, "--require-fill")
    quote = json.loads(plain.stdout)
    assert (plain.returncode, strict.returncode) == (0, 1)
    assert plain.stderr == ""
    assert strict.stderr.startswith("fillcast: --require-fill: okx:BTC-USDT does not show ")
    assert strict.stdout.startswith("{")
    assert quote["unfilled_base"] > 0
    assert math.isfinite(quote["net"]["bps"])


def test_people_get_a_table_whose_parts_add_up(in_process, endpoints):
    result = in_process("quote", "okx:BTC-USDT", *BUY, *endpoints, "--curve", "--max-cost", "12bps")
    assert result.returncode == 0
    for word in (
        "● LIVE",
        "proof sequence",
        "half spread",
        "slippage",
        "latency",
        "fee",
        "net",
        "unfilled",
        "unproven",
        "observe longer: --observe 30s",
    ):
        assert word in result.stdout
    assert "USDT" in result.stdout
    assert "largest size within 12 bps" in result.stdout
    assert "└──" in result.stdout


def test_people_get_a_comparison(in_process, endpoints):
    result = in_process("quote", "okx:BTC-USDT", "binance_usdm:BTCUSDT", *BUY, *endpoints)
    assert "vs common" in result.stdout
    assert "common reference: median of 2 mids" in result.stdout


def test_an_unknown_symbol_is_told_with_the_nearest(in_process, endpoints):
    result = in_process("quote", "okx:BTCUSDT", *BUY, *endpoints)
    assert result.returncode == 2
    assert "did you mean BTC-USDT" in result.stderr


@pytest.mark.parametrize(
    ("size", "says"),
    [
        ("0.000000001btc", "less than one lot"),
        ("1e30", "too large"),
        ("5eth", "unknown unit 'eth'"),
        ("4ct", "contracts"),
    ],
)
def test_sizes_that_make_no_sense_there(in_process, endpoints, size, says):
    result = in_process("quote", "okx:BTC-USDT", "--side", "buy", "--size", size, *endpoints)
    assert result.returncode == 2
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


def test_instruments_show_the_step_of_orders_beside_the_lot_of_the_book(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    one = Instrument("gate", "BTC_USDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.00000001"), order_lots=1000)
    _show([one], "gate", "")
    head, row, *_ = capsys.readouterr().out.splitlines()
    assert head.split()[-6:] == ["tick", "lot", "order", "step", "contract", "value"]
    assert row.split()[-3:] == ["0.1", "0.00000001", "0.00001"]
    told = to_json(one)
    assert (told["tick"], told["lot"], told["order_step"]) == ("0.1", "0.00000001", "0.00001")


def test_instruments_are_found_by_part_of_their_symbol(in_process, endpoints):
    result = in_process("instruments", "okx", "btcusd", *endpoints[:2], "--json")
    found = json.loads(result.stdout)
    assert [one["symbol"] for one in found] == ["BTC-USDT", "BTC-USD-SWAP", "BTC-USDT-SWAP"]
    assert {"instrument", "tick", "lot", "kind", "contract_value"} <= set(found[0])
    table = in_process("instruments", "okx", "eth", *endpoints[:2])
    assert "okx:ETH-USDT" in table.stdout
    assert in_process("instruments", "okx", "doge", *endpoints[:2]).returncode == 1


def test_watch_prints_a_line_a_second(in_process, endpoints):
    result = in_process("watch", "okx:BTC-USDT", *BUY, *endpoints, "--seconds", "2.5", "--json")
    assert result.returncode == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert 2 <= len(lines) <= 4
    assert set(lines[-1]) >= {*KEYS, "feed"}
    assert set(lines[-1]["feed"]) >= {"frames", "gaps", "reconnects", "queue"}
    assert lines[-1]["book"]["state"] == "LIVE"


def test_watch_compares_and_splits(in_process, endpoints):
    keys = ("okx:BTC-USDT", "okx:BTC-USD-SWAP")
    flags = ("--size", "100000usd", "--usd-rate", "USDT=1", "--seconds", "1.5")
    lines = [json.loads(line) for line in in_process("watch", *keys, *endpoints, *flags, "--json").stdout.splitlines()]
    assert [one["instrument"] for one in lines[:2]] == list(keys)
    assert lines[0]["split"]["net"]["bps"] < min(one["net_vs_common_bps"] for one in lines[:2]) + 1e-6
    assert "feed" in lines[0]
    assert "split" not in lines[1]
    plain = in_process("watch", *keys, *endpoints, *flags)
    assert "\nbest split: " in plain.stdout
    assert " vs common" in plain.stdout
    apart = in_process("watch", *keys, *endpoints, "--size", "1btc", "--seconds", "1.5")
    assert "\nno best split: fewer than two books can be compared; left out: okx:BTC-USD-SWAP" in apart.stdout


def test_watch_without_a_terminal_prints_plain_lines(in_process, endpoints):
    result = in_process("watch", "okx:BTC-USDT", *BUY, *endpoints, "--seconds", "1.5")
    assert result.returncode == 0
    assert "okx:BTC-USDT LIVE proof sequence" in result.stdout
    assert "net " in result.stdout


NOWHERE = "http://127.0.0.1:1"  # a port that only the system may listen on
UNANSWERED = {
    "coinbase:BTC-USD": "cannot reach 127.0.0.1:1",
}


def test_what_does_not_answer_is_a_row_of_the_comparison(in_process, endpoints):
    keys = ("coinbase:BTC-USD", "okx:BTC-USDT", "binance_usdm:BTCUSDT")
    flags = (*BUY, *endpoints, "--endpoint", f"coinbase={NOWHERE}", "--timeout", "8")
    answer = in_process("quote", *keys, *flags, "--json")
    assert (answer.returncode, answer.stderr) == (0, "")
    quotes = json.loads(answer.stdout)
    assert [one["instrument"] for one in quotes] == list(keys)
    for one in quotes:
        assert set(one) >= KEYS
        if one["instrument"] in UNANSWERED:
            assert (one["net"], one["all_in_price"], one["split_share"]) == (None, None, None)
            assert UNANSWERED[one["instrument"]] in one["reason"]
            assert one["order"]["side"] == "buy"
        else:
            assert one["net"]["bps"] > 0
    left_out = {one["instrument"]: one["reason"] for one in quotes[0]["split"]["left_out"]}
    assert set(left_out) == set(UNANSWERED)
    table = in_process("quote", *keys, *flags)
    assert table.returncode == 0
    for key, why in UNANSWERED.items():
        assert f"{key}: {why}" in table.stdout
    strict = in_process("quote", *keys, *flags, "--require-fill")
    assert strict.returncode == 1
    assert "cannot reach" in strict.stderr


def test_where_nothing_answers_the_answer_is_no(in_process, endpoints):
    flags = ("--endpoint", f"okx={NOWHERE}", "--endpoint", f"coinbase={NOWHERE}", "--timeout", "3")
    answer = in_process("quote", "okx:BTC-USDT", "coinbase:BTC-USD", *BUY, *flags)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.count("\n") == 1
    unknown = in_process("quote", "okx:BTC-USDT", "okx:BTC-USTD", "okx:BTC-UST", *BUY, *endpoints)
    assert unknown.returncode == 2
    assert "'BTC-USTD'" in unknown.stderr
    assert "'BTC-UST'" in unknown.stderr


def test_a_reason_is_not_repeated_by_the_line_of_the_split(in_process, lab_url, without_sockets):
    flags = ("--endpoint", f"okx={without_sockets}", "--endpoint", f"binance_usdm={lab_url}", "--seconds", "1.5")
    lines = in_process("watch", "okx:BTC-USDT", "binance_usdm:BTCUSDT", *BUY, *flags).stdout.splitlines()
    book, split = (next(line for line in lines if line.startswith(start)) for start in ("okx:", "no best split"))
    assert "okx:BTC-USDT is EMPTY" in book
    assert split.endswith("; left out: okx:BTC-USDT")
