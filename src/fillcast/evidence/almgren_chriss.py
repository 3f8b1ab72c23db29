"""Almgren-Chriss: the test case of the paper's table 1, a public program's run of it, and a pair of instruments."""

from __future__ import annotations

import numpy as np

from fillcast.evidence.row import Provenance, Row
from fillcast.models.impact import AlmgrenChriss, PortfolioImpact
from fillcast.models.risk import normal_moves, simulated_costs
from fillcast.models.risk.tails import NormalCost
from fillcast.models.schedule import Schedule

MODEL = "Almgren-Chriss"
TABLE = "inputs of Almgren and Chriss (2000), table 1"
PROGRAM = "DROP library, published run of the same inputs"
PAPER = "Almgren and Chriss (2000)"

# Dollars, shares and days; the impact coefficients follow from 5e6 shares a day and a spread of 1/8 dollar.
VOLUME = 5e6
SPREAD = 0.125
TABLE_1 = AlmgrenChriss(
    sigma=0.95, permanent=SPREAD / (0.1 * VOLUME), temporary=SPREAD / (0.01 * VOLUME), half_spread=SPREAD / 2
)
SIZE, COUNT, INTERVAL = 1e6, 5, 1.0
LVAR_QUANTILE = 1.645
# What the paper derives the inputs from: 30 % a year of 250 trading days on a price of 50 dollars; permanent impact of
# one spread for 10 % of a day's volume, temporary of one for 1 %.
PRICE, ANNUAL, TRADING_DAYS = 50.0, 0.30, 250
DRIFT = 0.02  # dollars a share a day
# Cents of sigma; and gamma and eta as printed.
DERIVED = (("sigma", 0.95, 5e-3), ("gamma", 2.5e-7, 1e-21), ("eta", 2.5e-6, 1e-20))
# What waiting for the drift adds to x_1 .. x_4 at lambda = 1e-6: the correction of the paper, x = 11080.3324 times
# 1 - (sinh(kappa (T - t)) + sinh(kappa t)) / sinh(kappa T).
DRIFT_HELD = (4386.732898, 6229.897981, 6229.897981, 4386.732898)
DRIFT_SHARES = 5e-7
BLOCK = float(np.finfo(np.float64).max)  # the largest aversion to risk that is a number

# lambda; kappa, 1/kappa, E, V, sqrt V, the trades, each with half a unit of its last digit printed.
Printed = tuple[float, float]
TABLE_ROWS: list[tuple[float, dict[str, Printed], tuple[float, ...]]] = [
    (
        0.0,
        {"kappa": (0.0, 1e-12), "E": (662500.0, 0.5), "V": (1.083e12, 5e8), "sqrt V": (1040672.86, 5e-3)},
        (200000.0,) * 5,
    ),
    (
        1e-7,
        {
            "kappa": (0.1946285505, 5e-11),
            "1/kappa": (5.13799, 5e-6),
            "E": (670057.460045, 5e-7),
            "V": (9.2471861e11, 5e3),
            "sqrt V": (961622.90, 5e-3),
        },
        (242117.6087, 213318.0778, 192624.6339, 179250.9261, 172688.7535),
    ),
    (
        1e-6,
        {
            "kappa": (0.6070761632, 5e-11),
            "1/kappa": (1.64724, 5e-6),
            "E": (911226.986304, 5e-7),
            "V": (3.6412857206e11, 5.0),
            "sqrt V": (603430.6688, 5e-5),
        },
        (458044.4456, 252101.3350, 141956.7316, 85755.6862, 62141.8016),
    ),
    (
        2e-6,
        {
            "kappa": (0.8462971345, 5e-11),
            "1/kappa": (1.18162, 5e-6),
            "E": (1140715.167050, 5e-7),
            "V": (2.0193128715e11, 5.0),
            "sqrt V": (449367.6525, 5e-5),
        },
        (571401.1543, 245666.0315, 106637.0926, 48652.3442, 27643.3774),
    ),
]
TRADE = 5e-5  # shares: trades are printed to four decimals
TWAP_TRADE = 1e-9  # shares: 200000 is exact
HOLDINGS = (1e6, 541955.5544, 289854.2194, 147897.4878, 62141.8016, 0.0)
TAILS = {
    ("VaR", 0.95): 1903782.11,
    ("CVaR", 0.95): 2155931.16,
    ("VaR", 0.99): 2315016.64,
    ("CVaR", 0.99): 2519498.99,
}
CENT = 5e-3  # dollars, half of one
FLAT = 1e-12  # per dollar, an aversion to risk at which the frontier is flat: the slope is minus the aversion
RELATIVE = 1e-9  # what closed forms, sums and a simulated mean are to agree to

# lambda; E in million dollars, V in 1e12 dollars squared and 1/kappa in days, where the program prints them.
PROGRAM_ROWS: list[tuple[float, dict[str, Printed]]] = [
    (1e-9, {"E": (0.6625, 5e-5), "V": (1.0812, 5e-5), "1/kappa": (51.30, 5e-3)}),
    (2e-9, {"V": (1.0794, 5e-5), "1/kappa": (36.27, 5e-3)}),
    (5e-9, {"V": (1.0740, 5e-5), "1/kappa": (22.94, 5e-3)}),
    (9e-9, {"E": (0.6626, 5e-5), "V": (1.0669, 5e-5), "1/kappa": (17.10, 5e-3)}),
]
# Half-life and V at lambda = 1e-9, and the half-life at 1e-6, to more digits than printed there.
PROGRAM_CLOSED = (("1/kappa", 1e-9, 51.2997, 5e-5), ("V", 1e-9, 1.0811918e12, 5e4), ("1/kappa", 1e-6, 1.647240, 5e-7))
PROGRAM_UNITS = {"E": 1e6, "V": 1e12, "1/kappa": 1.0}

DEVIATIONS = np.array([0.95, 1.9])
PAIR = PortfolioImpact(
    covariance=np.outer(DEVIATIONS, DEVIATIONS) * np.array([[1.0, 0.6], [0.6, 1.0]]),
    permanent=np.diag([2.5e-7, 5e-7]),
    temporary=np.diag([2.5e-6, 5e-6]),
    half_spread=np.array([0.0625, 0.05]),
)
PAIR_POSITIONS = (1e6, -3e5)
PAIR_TRADES = (
    (381972.48, -91026.22),
    (242414.07, -73116.43),
    (161631.90, -55504.72),
    (116959.71, -43224.51),
    (97021.84, -37128.12),
)
PAIR_EXPECTED, PAIR_VARIANCE = (922784.664041, 5e-7), (339112349893.5374, 5e-3)


def rows() -> list[Row]:
    """Return every row of this family, computed now."""
    return [*_inputs(), *_table(), *_block(), *_identities(), *_drift(), *_program(), *_pair()]


def _inputs() -> list[Row]:
    ours = {
        "sigma": PRICE * ANNUAL / TRADING_DAYS**0.5,
        "gamma": TABLE_1.permanent,
        "eta": TABLE_1.temporary,
    }
    return [_row(f"{name}, from what it is derived from", TABLE, value, ours[name], w) for name, value, w in DERIVED]


def _table() -> list[Row]:
    found = []
    for aversion, printed, trades in TABLE_ROWS:
        ours = _numbers(aversion)
        for name, (value, within) in printed.items():
            found.append(_row(f"{name}, lambda = {aversion:g}", TABLE, value, ours[name], within))
        plan = TABLE_1.optimal_trades(SIZE, COUNT, INTERVAL, aversion)
        within = TRADE if aversion else TWAP_TRADE
        for number, (value, trade) in enumerate(zip(trades, plan, strict=True), 1):
            found.append(_row(f"n_{number}, lambda = {aversion:g}", TABLE, value, float(trade), within))
    left = TABLE_1.optimal_holdings(SIZE, COUNT, INTERVAL, 1e-6)
    for number, (value, held) in enumerate(zip(HOLDINGS, left, strict=True)):
        found.append(_row(f"x_{number}, lambda = 1e-06", TABLE, value, float(held), TRADE))
    place = TABLE_1.frontier(SIZE, COUNT, INTERVAL, 1e-6)
    tail = NormalCost(place.expected, place.variance)
    for (name, level), value in TAILS.items():
        cost = tail.value_at_risk(level) if name == "VaR" else tail.conditional_value_at_risk(level)
        found.append(_row(f"{name} {level:.0%}, lambda = 1e-06", TABLE, value, float(cost), CENT))
    return found


def _block() -> list[Row]:
    place = TABLE_1.frontier(SIZE, COUNT, INTERVAL, BLOCK)
    trades = TABLE_1.optimal_trades(SIZE, COUNT, INTERVAL, BLOCK)
    return [
        _row("E, all in the first slice", TABLE, 2562500.0, float(place.expected), 0.5),
        _row("V, all in the first slice", TABLE, 0.0, float(place.variance), CENT),
        _row("sqrt V, all in the first slice", TABLE, 0.0, float(place.variance) ** 0.5, CENT),
        _row("n_1, all in the first slice", TABLE, 1e6, float(trades[0]), TRADE),
    ]


def _identities() -> list[Row]:
    """Closed forms over sums, a simulated mean over E, and the L-VaR condition: each a quotient that must be 1."""
    trades = TABLE_1.optimal_trades(SIZE, COUNT, INTERVAL, 1e-6)
    plan, place = Schedule(trades, INTERVAL), TABLE_1.frontier(SIZE, COUNT, INTERVAL, 1e-6)
    summed = plan.cost(TABLE_1, TABLE_1.sigma)
    moves = normal_moves(10_000, COUNT, TABLE_1.sigma, INTERVAL, 1, antithetic=True)
    mean = float(simulated_costs(plan, TABLE_1, moves, "sell").mean())
    lvar = TABLE_1.lvar_plan(SIZE, COUNT, INTERVAL, LVAR_QUANTILE).place
    best = TABLE_1.frontier(SIZE, COUNT, INTERVAL, lvar.risk_aversion)
    condition = float(lvar.risk_aversion * 2.0 * np.sqrt(best.variance)) / LVAR_QUANTILE
    kappa = _numbers(1e-6)["kappa"]
    squared = 1e-6 * TABLE_1.sigma**2 / (TABLE_1.temporary - 0.5 * TABLE_1.permanent * INTERVAL)
    even = TABLE_1.frontier(SIZE, COUNT, INTERVAL, 0.0)
    steps = (1.0 - 1.0 / COUNT) * (1.0 - 0.5 / COUNT)
    even_variance = TABLE_1.sigma**2 * SIZE**2 * COUNT * INTERVAL / 3.0 * steps
    quotients = {
        "E, closed form over sum": float(place.expected / summed.mean),
        "V, closed form over sum": float(place.variance / summed.variance),
        "2 (cosh(kappa tau) - 1) / tau^2 over kappa~^2": 2.0
        * (np.cosh(kappa * INTERVAL) - 1.0)
        / INTERVAL**2
        / squared,
        "V of even slices over its closed form": float(even.variance) / even_variance,
        "mean of antithetic paths over E": mean / float(place.expected),
        "L-VaR: 2 lambda sqrt V over lambda_v = 1.645": condition,
    }
    found = [_row(name, PAPER, 1.0, float(ours), RELATIVE) for name, ours in quotients.items()]
    near = TABLE_1.frontier(SIZE, COUNT, INTERVAL, np.array([-FLAT, FLAT]))
    slope = float(np.diff(near.expected)[0] / np.diff(near.variance)[0])
    return [*found, _row("dE/dV, lambda = 0", PAPER, 0.0, slope, FLAT)]


def _drift() -> list[Row]:
    added = np.cumsum(-TABLE_1.drift_trades(DRIFT, COUNT, INTERVAL, 1e-6))
    return [
        _row(f"added to x_{place} by a drift of {DRIFT:g}", PAPER, value, float(added[place - 1]), DRIFT_SHARES)
        for place, value in enumerate(DRIFT_HELD, 1)
    ]


def _program() -> list[Row]:
    found = []
    for aversion, printed in PROGRAM_ROWS:
        ours = _numbers(aversion)
        for name, (value, within) in printed.items():
            quantity = f"{name}, lambda = {aversion:g}"
            scaled = ours[name] / PROGRAM_UNITS[name]
            found.append(_row(quantity, PROGRAM, value, scaled, within, provenance="published"))
    for name, aversion, value, within in PROGRAM_CLOSED:
        quantity = f"{name}, lambda = {aversion:g}, more digits"
        found.append(_row(quantity, PROGRAM, value, _numbers(aversion)[name], within))
    return found


def _pair() -> list[Row]:
    model, source = "Almgren-Chriss, portfolio", "two instruments, correlation 0.6, lambda = 1e-6"
    trades = PAIR.optimal_trades(PAIR_POSITIONS, COUNT, INTERVAL, 1e-6)
    place = PAIR.frontier(PAIR_POSITIONS, COUNT, INTERVAL, 1e-6)
    printed = [
        (f"n_{slice_ + 1} of instrument {each + 1}", value, float(trades[slice_, each]), CENT)
        for slice_, pair in enumerate(PAIR_TRADES)
        for each, value in enumerate(pair)
    ]
    printed += [
        ("E", PAIR_EXPECTED[0], float(place.expected), PAIR_EXPECTED[1]),
        ("V", PAIR_VARIANCE[0], float(place.variance), PAIR_VARIANCE[1]),
    ]
    return [Row(model, name, source, value, ours, within, "golden case") for name, value, ours, within in printed]


def _numbers(aversion: float) -> dict[str, float]:
    place = TABLE_1.frontier(SIZE, COUNT, INTERVAL, aversion)
    life = float(TABLE_1.half_life(COUNT, INTERVAL, aversion))
    expected, variance = float(place.expected), float(place.variance)
    return {"kappa": 1.0 / life, "1/kappa": life, "E": expected, "V": variance, "sqrt V": variance**0.5}


def _row(
    quantity: str, source: str, published: float, ours: float, within: float, provenance: Provenance = "recomputed"
) -> Row:
    return Row(MODEL, quantity, source, published, ours, within, provenance)
