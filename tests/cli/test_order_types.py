"""Orders that are not done at once, from the command line."""

from __future__ import annotations

import json

import pytest

from fillcast.forecast.model_file import write_model
from fillcast.models.calibration.calibration import Calibration
from fillcast.models.calibration.names import RESILIENCE, UNITS, VOLATILITY, VOLUME_RATE
from fillcast.models.calibration.parameter import calibrated
from fillcast.models.estimate import Estimate

WINDOW = {"window_s": 7200.0, "as_of_ns": 7_200_000_000_001}
WORKED = {"half_spread", "slippage", "transient_impact", "permanent_impact", "latency", "timing", "fee"}
RESTING = {"half_spread", "slippage", "adverse_selection", "opportunity", "latency", "timing", "fee"}


def test_a_worked_order_comes_with_its_schedule(in_process, endpoints):
    flags = ("--side", "sell", "--size", "3btc", "--type", "is", "--horizon", "5m", "--risk-aversion", "1e-5")
    result = in_process("quote", "okx:BTC-USDT", *flags, "--observe", "4s", *endpoints, "--json")
    assert result.returncode == 0, result.stderr
    quote = json.loads(result.stdout)

    assert {part["name"] for part in quote["components"]} == WORKED
    assert sum(part["bps"] for part in quote["components"]) == quote["net"]["bps"]
    assert sum(part["quote"] for part in quote["components"]) == quote["net"]["quote"]
    assert (quote["order"]["type"], quote["order"]["horizon_s"], quote["order"]["risk_aversion"]) == ("is", 300, 1e-5)
    assert sum(one["base"] for one in quote["schedule"]) == pytest.approx(quote["filled_base"])
    assert quote["schedule"][0]["at_s"] == 0
    assert quote["schedule"][-1]["at_s"] < 300
    assert quote["distribution"]["p5_bps"] < quote["net"]["bps"] < quote["distribution"]["p95_bps"]
    assert quote["footprint_bps"] > 0
    assert quote["square_root"]["total_size_bps"] > 0
    assert any(line.startswith("permanent impact") and "prior" in line for line in quote["provenance"])


def test_a_limit_order_says_how_likely_it_fills(in_process, endpoints):
    flags = ("--side", "buy", "--size", "1btc", "--type", "limit", "--price", "60000", "--horizon", "30s")
    quote = json.loads(in_process("quote", "okx:BTC-USDT", *flags, "--observe", "4s", *endpoints, "--json").stdout)

    assert {part["name"] for part in quote["components"]} == RESTING
    assert quote["order"]["price"] == "60000"
    assert quote["fill_probability_range"][0] <= quote["fill_probability"] <= quote["fill_probability_range"][1] < 0.01
    assert quote["maker_share"] < 0.01


def test_people_see_slices_tail_and_where_parameters_come_from(in_process, endpoints):
    flags = ("--side", "buy", "--size", "3btc", "--type", "twap", "--horizon", "5m", "--observe", "4s")
    shown = in_process("quote", "okx:BTC-USDT", *flags, *endpoints).stdout

    for words in ("twap order", "in 50 slices over", "not above", "transient impact", "prior: slow refill", "net"):
        assert words in shown


def test_a_budget_is_a_chance_of_every_order_and_a_size_of_market_orders(in_process, endpoints):
    flags = ("--side", "buy", "--size", "3btc", "--max-cost", "10bps", "--observe", "4s", "--json")
    worked, market = (
        json.loads(in_process("quote", "okx:BTC-USDT", *flags, "--type", name, *endpoints).stdout)
        for name in ("twap", "market")
    )

    assert 0 < worked["probability_above_budget"] < 1
    assert "max_size" not in worked
    assert market["probability_above_budget"] > 0.5  # 10 bps of fee alone
    assert market["max_size"]["lots"] >= 0
    shown = in_process("quote", "okx:BTC-USDT", *flags[:-1], "--type", "twap", *endpoints).stdout
    assert "chance of costing more than 10 bps" in shown


def test_several_books_are_compared_and_not_split(in_process, endpoints):
    flags = ("--side", "buy", "--size", "3btc", "--type", "twap", "--horizon", "1m", "--observe", "4s", "--json")
    quotes = json.loads(in_process("quote", "okx:BTC-USDT", "binance_usdm:BTCUSDT", *flags, *endpoints).stdout)

    assert all(one["net_vs_common_bps"] is not None for one in quotes)
    assert "only market orders are split" in quotes[0]["split"]["reason"]


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (("--type", "limit"), "a limit order needs a price"),
        (("--price", "60000"), "a market order takes no price"),
        (("--type", "twap", "--participation", "1.5"), "a participation must be above 0 and below 1, not 1.5"),
        (("--type", "is", "--risk-aversion", "inf"), "a risk aversion must be finite and not negative, not inf"),
        (("--type", "is", "--risk-aversion", "nan"), "a risk aversion must be finite and not negative, not nan"),
        (("--type", "twap", "--horizon", "0s"), "a horizon must be above 0 and at most a day"),
        (("--type", "twap", "--horizon", "10"), "the duration '10' needs a unit"),
        (("--type", "iceberg"), "order type 'iceberg' is not offered"),
        (("--post-only",), "post-only says nothing of a market order"),
    ],
)
def test_terms_that_make_no_order_are_told_before_a_venue_is_asked(in_process, flags, why):
    result = in_process("quote", "okx:BTC-USDT", "--side", "buy", "--size", "1", *flags)
    assert result.returncode == 2
    assert why in result.stderr


def calibrated_model(path, instrument):
    """Write a model in which volatility, volume and resilience are known."""
    known = {VOLATILITY: 2.5, VOLUME_RATE: 3.0, RESILIENCE: 0.125}
    parameters = {
        name: calibrated(name, UNITS[name], Estimate(value, value / 2, 2 * value, 0.9, 500), "a test", **WINDOW)
        for name, value in known.items()
    }
    write_model(path, [Calibration(instrument, 0.9, 1, 7_200_000_000_001, 7200.0, 1, parameters, {})])


def test_a_model_takes_the_place_of_priors_and_of_looking_on(in_process, endpoints, tmp_path):
    calibrated_model(tmp_path / "model.json", "okx:BTC-USDT")
    flags = ("--side", "buy", "--size", "3btc", "--type", "twap", "--observe", "0s", "--json")
    model = ("--model", str(tmp_path / "model.json"))
    result = in_process("quote", "okx:BTC-USDT", *flags, *model, *endpoints)
    assert result.returncode == 0, result.stderr
    lines = json.loads(result.stdout)["provenance"]

    calibrated = "resilience 0.125 (0.0625 to 0.25) 1 / s, calibrated: 120 min of market until 1970-01-01, "
    assert any(line.startswith(calibrated) and line.endswith(" days old") for line in lines)
    assert any("prior 2.5 bps/√s" in line for line in lines)


def test_a_model_that_is_none_is_refused(in_process, tmp_path):
    (tmp_path / "model.json").write_text("{}")
    flags = ("--side", "buy", "--size", "1", "--model", str(tmp_path / "model.json"))
    result = in_process("quote", "okx:BTC-USDT", *flags)
    assert result.returncode == 2
    assert "not a model that fillcast calibrate wrote" in result.stderr
