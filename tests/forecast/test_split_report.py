from __future__ import annotations

from fillcast.forecast.comparison import compare
from fillcast.forecast.report import report, with_split
from fillcast.forecast.split import NoSplit, Split, best_split
from tests.forecast.examples import FREE, SPOT, priced
from tests.forecast.splits import ELSEWHERE, TEN_BPS, two_books


def test_reports_gain_keys_and_lose_none() -> None:
    views = two_books()
    forecasts = compare([priced(view, "buy", "4", fee) for view, fee in zip(views, [FREE, TEN_BPS], strict=True)])
    plain = [report(one) for one in forecasts]
    found = best_split(forecasts, views)
    told = with_split(plain, found)

    assert isinstance(found, Split)
    for before, after in zip(plain, told, strict=True):
        assert all(after[key] == value for key, value in before.items())
    assert "split" in told[0]
    assert "split" not in told[1]
    assert [one["split_share"]["base"] for one in told] == [3.0, 1.0]
    assert sum(one["split_share"]["cost_quote"] for one in told) == told[0]["split"]["net"]["quote"]
    assert told[0]["split"]["instruments"] == [SPOT.key, ELSEWHERE.key]
    assert told[0]["split"]["saving_bps"] == found.saving_bps
    none = with_split(plain, NoSplit("fewer than two books can be compared", ((SPOT.key, "why"),)))
    assert none[0]["split"] == {
        "net": None,
        "left_out": [{"instrument": SPOT.key, "reason": "why"}],
        "reason": "fewer than two books can be compared",
    }
    assert [one["split_share"] for one in none] == [None, None]
