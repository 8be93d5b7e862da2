"""What changes when, told: in words, as bars, on a page, in a workbook; and month by month."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from everything import everything

import funnelsim as fs
from funnelsim.charts.on_a_day import change_rows
from funnelsim.distributions import DAY
from funnelsim.engines import simulate_together
from funnelsim.metrics.by_month import COUNTS, MONEY, monthly
from funnelsim.report import page
from funnelsim.tables import months_text
from funnelsim.what_changes import said, what_changes

SHOP = {
    "name": "shop",
    "start": "2027-01-04",
    "horizon": "60 days",
    "channels": [{"name": "web", "leads_per_day": 5}],
    "teams": [{"name": "sales", "reps": 2}],
    "stages": [{"name": "Interest", "conversion": 0.5}, {"name": "Action"}],
    "order": {"value": {"constant": 100}, "margin": 0.5},
}


def shop(*changes: dict[str, Any], **parts: Any) -> fs.Scenario:
    return fs.Scenario(**{**SHOP, "changes": list(changes), **parts})


# --- in words -----------------------------------------------------------------------------------


def test_a_change_says_all_that_is_different() -> None:
    s = shop(
        {"name": "a", "from": "2027-02-01", "to": "5 weeks", "odds_ratio": {"Interest": 1.5},
         "leads_factor": {"web": 2}, "reps": {"sales": -1}, "discount": 0.125,
         "order_value_factor": 1.1, "repeat_odds_ratio": 0.9, "cost": 2000, "cost_per_day": 3},
        {"name": "b", "from": "-10 days", "odds_ratio": 2, "ramp": "3 days", "leads_factor": 0.5},
        {"name": "c", "from": "12 h", "reps": {"sales": 2}, "skill": 0.5, "ramp": "1 week"},
        {"name": "d", "from": "70 days"},
    )  # fmt: skip
    told = what_changes(s)
    assert list(told["says"]) == [
        "odds of Interest × 1.5, leads of web × 2, 1 rep fewer in sales, 12.5 % off, "
        "order values × 1.1, odds of ordering again × 0.9, 2,000 EUR at once, 3.00 EUR a day",
        "odds at every stage × 2, leads × 0.5, over a ramp of 3 days",
        "2 reps more in sales, at first with odds × 0.5, over a ramp of 7 days",
        "nothing",
    ]
    assert told["cost"].tolist() == [2000 + 7 * 3, 0, 0, 0]
    assert told["ramp"].tolist() == [0, 3, 7, 0]
    assert [f"{at:%m-%d %H}" for at in told["from"]] == ["02-01 00", "12-25 00", "01-04 12",
                                                         "03-15 00"]  # fmt: skip
    assert told["to"].notna().tolist() == [True, False, False, False]
    assert said(s.changes[0]).endswith("2,000 at once, 3.00 a day")  # of no currency


def test_the_description_has_a_table_of_them_where_there_are_any() -> None:
    described = fs.describe(fs.load("promotion"))
    assert described.changes.index.tolist() == ["promotion"]
    assert "What changes when" in str(described) and "Mon 8 Feb 2027" in str(described)
    assert "What changes when" not in str(fs.describe(fs.load("aida")))


# --- as bars ------------------------------------------------------------------------------------


def height(rows: list[dict[str, Any]], s: fs.Scenario, at: float) -> float:
    """How high the slope is on a day, as it is drawn: between its corners straight lines."""
    days = [(np.datetime64(row["when"][:-1]) - np.datetime64(s.start)) / np.timedelta64(1, "D")
            for row in rows]  # fmt: skip
    acts = [(row["base"] - row["acts"]) / 0.42 for row in rows]
    return float(np.interp(at, days, acts))


def test_a_bar_is_as_high_as_the_change_acts(seed: int) -> None:
    draw = np.random.default_rng(seed)
    begin, lasts, ramp = draw.uniform(-5, 30), draw.uniform(1, 30), draw.uniform(0, 20)
    what = {"name": "a", "from": f"{begin} days", "to": f"{begin + lasts} days"}
    s = shop({**what, "ramp": f"{ramp} days", "odds_ratio": 1.5})
    rows = change_rows(s)[1]
    for at in draw.uniform(0, 60, 40):
        weight = float(s.changes[0].weight(int(at * DAY)))
        assert height(rows, s, at) == pytest.approx(weight, abs=1e-3)


def test_what_a_hire_learns_goes_with_it_and_what_has_no_slope_begins_at_once() -> None:
    hire = {"name": "a", "from": "10 days", "to": "30 days", "ramp": "40 days"}
    s = shop({**hire, "reps": {"sales": 1}, "skill": 0.5})
    rows = change_rows(s)[1]
    assert height(rows, s, 29.9) == pytest.approx(0.4975, abs=0.001)
    assert height(rows, s, 30.1) == 0
    s = shop({**hire, "leads_factor": 2})  # a ramp says nothing of leads
    rows = change_rows(s)[1]
    assert [height(rows, s, at) for at in (9.9, 10.1, 29.9, 30.1)] == pytest.approx([0, 1, 1, 0])


def test_bars_end_where_the_run_does_and_a_warm_up_is_marked() -> None:
    s = shop({"name": "a", "from": "-3 days"}, {"name": "b", "from": "90 days"}, warm_up="9 days")
    bars, _ = change_rows(s)
    ends = [(row["from"][:10], row["until"][:10]) for row in bars]
    assert ends == [("2027-01-04", "2027-03-05"), ("2027-03-05", "2027-03-05")]
    assert bars[1]["text"].endswith("(not in these days)")
    assert '"at": "2027-01-13' in fs.charts.changes(s).to_json()
    assert "Nothing changes" in str(fs.charts.changes(shop()).to_dict())
    with pytest.raises(fs.FunnelSimError, match=r"charts\.changes takes a Scenario"):
        fs.charts.changes("aida")  # type: ignore[arg-type]


# --- month by month -----------------------------------------------------------------------------


def test_months_add_up_to_the_whole_to_the_cent(seed: int) -> None:
    journal = fs.simulate(everything(), seed=seed, progress=False)
    table, figures = fs.by_month(journal), fs.summary(journal)
    assert table.index.tolist() == [f"2027-{month:02}" for month in range(2, 8)]
    assert table["days"].tolist() == [26, 31, 30, 31, 30, 22]  # from 3 February to 22 July
    for name in ("leads", "orders", "revenue", "contribution", "profit"):
        assert table[name].sum() == pytest.approx(figures[name], abs=1e-6)
    lines = table["contribution"] - table["reps"] - table["changes"]
    assert np.allclose(lines, table["profit"])


def test_an_order_is_in_the_month_in_which_it_was_placed(seed: int) -> None:
    s = shop({"name": "a", "from": "2027-02-27", "to": "2027-03-03", "cost": 7, "cost_per_day": 1})
    journal = fs.simulate(s, seed=seed, progress=False)
    orders, table = journal.orders, fs.by_month(journal)
    month = np.datetime64("2027-01-04", "s") + orders["placed"] * np.timedelta64(86_400, "s")
    paid = orders.groupby(month.dt.strftime("%Y-%m"))["paid"].sum()
    assert paid.to_dict() == {m: v for m, v in table["revenue"].items() if v}
    assert table["changes"].tolist() == [0, 7 + 2, 2]


def test_replications_together_have_the_months_of_each_alone() -> None:
    s = fs.load("promotion")
    (all_of_them,) = simulate_together(s, 5, range(3))
    found = monthly(all_of_them)
    for place, journal in enumerate(all_of_them.split()):
        table = fs.by_month(journal)
        for name in (*COUNTS, *MONEY):
            assert found[name][place] == pytest.approx(table[name].to_numpy())


def test_as_text_what_is_nothing_in_every_month_is_left_out() -> None:
    journal = fs.simulate(shop(), seed=1, progress=False)
    heads = ["month", "days", "leads", "orders", "revenue", "contribution", "profit"]
    assert months_text(journal).columns.tolist() == heads
    nothing_sold = fs.simulate(shop(order=None), seed=1, progress=False)
    assert months_text(nothing_sold).columns.tolist() == ["month", "days", "leads", "sales"]


# --- on a page, in a workbook -------------------------------------------------------------------


@pytest.mark.usefixtures("few_futures")
def test_page_and_workbook_say_what_changes_when(tmp_path: Path) -> None:
    s = fs.load("promotion")
    text = page(fs.simulate(s, seed=1, progress=False))
    assert "What changes when" in text and "Mon 8 Feb 2027" in text and ">2027-02</td>" in text
    assert "Month by month" not in page(fs.simulate(fs.load("aida"), seed=1, progress=False))
    plan = fs.plan(s, 300, progress=False)
    assert "What changes when" in page_of_plan(plan)
    book = openpyxl.load_workbook(fs.write_workbook(plan, tmp_path / "plan.xlsx"))
    heads, row = list(book["Changes"].values)
    assert heads[0] == "Change" and row[:2] == ("promotion", "Mon 1 Feb 2027") and row[-1] == 410


def page_of_plan(plan: fs.Plan) -> str:
    from funnelsim.report import plan_page

    return plan_page(plan)
