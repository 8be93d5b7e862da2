"""What the texts of lesson 09 say in round numbers is so, and its pictures count rightly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

import funnelsim as fs
from funnelsim.exercises import pictures_09 as pictures

PATH = Path(__file__).resolve().parents[1] / "notebooks" / "09_the_pipeline_view.ipynb"


@pytest.fixture(scope="module")
def lesson() -> dict[str, Any]:
    """The firm and both journals, as the lesson's own cells have them."""
    cells = {cell.id: cell.source for cell in nbformat.read(PATH, as_version=4).cells}
    named: dict[str, Any] = {}
    exec(cells["import"] + "\n" + cells["firm"], named)
    named["later"] = fs.simulate(named["firm"].vary({"horizon": "700 days"}), seed=1)
    named["own"] = {"Lead": 0.10, "Qualified": 0.20, "Meeting": 0.40, "Proposal": 0.60}
    named["deals"] = pictures.came(named["journal"], named["later"])
    return named


def test_a_stock_is_what_comes_in_times_how_long_it_stays(lesson: dict[str, Any]) -> None:
    table = pictures.in_a_day(lesson["journal"])
    product = table["come in a day"] * table["days there"]
    balanced = table.drop("Proposal")
    assert product[:3].to_numpy() == pytest.approx(balanced["open on average"], rel=0.05)
    assert table.loc["Proposal", "open on average"] > 3 * product["Proposal"]
    entered = fs.funnel_table(lesson["journal"]).entered[:4].to_numpy()
    come = 365 * table["come in a day"].to_numpy()
    assert come[0] == pytest.approx(entered[0])
    assert (come[1:] > entered[1:]).all()  # those who arrived before the year come on as well
    open_now = {row["stage"]: row["open"] for row in _rows(pictures.stock(lesson["journal"]))}
    assert open_now == fs.pipeline_board(lesson["journal"], day=454).deals.to_dict()


def test_forecasts_and_what_came(lesson: dict[str, Any]) -> None:
    rows = _rows(pictures.forecasts(lesson["journal"], lesson["later"], lesson["own"]))
    value, firms, by_stage, by_age, came = (row["EUR"] for row in rows)
    assert value > 2 * firms * 0.95 and firms / came == pytest.approx(6, abs=0.3)
    assert by_stage > 3 * by_age and by_age == pytest.approx(came, rel=0.15)
    orders = lesson["later"].orders
    assert came == pytest.approx(orders.paid[orders.lead.isin(lesson["deals"].index)].sum(), abs=1)
    later = orders.merge(lesson["later"].leads[["lead", "arrived"]], on="lead")
    quarter_on = later[later.placed.between(546, 576)]
    assert (quarter_on.arrived > 455).mean() > 0.9  # "is no deal yet"


def test_the_open_are_not_like_those_decided(lesson: dict[str, Any]) -> None:
    days, own = range(230, 450, 30), lesson["own"]
    assert max(days) + 200 < lesson["later"].scenario.days
    fair = fs.judged_probabilities(lesson["later"], days, own=own, within=200)
    assert (abs(fair.said - fair.happened) < 3.5 * fair.se)["seen"].all()
    assert (fair.happened < fair.said)["own"].all()
    decided = fs.judged_probabilities(lesson["later"], days, own=own).loc["own"]
    assert abs(decided.said[4] - decided.happened[4]) < decided.se[4]
    by_age = fs.win_probabilities_by_age(lesson["journal"], ages=[0, 7, 30]).win_probability
    for stage in ("Qualified", "Meeting"):
        assert by_age[stage][30] == pytest.approx(by_age[stage][0], rel=0.1)
    assert by_age["Lead"][7] < 0.6 * by_age["Lead"][0] and by_age["Proposal"][0] < 0.4


def test_weeks(lesson: dict[str, Any]) -> None:
    journal = lesson["journal"]
    best, fair = (fs.pipeline_changes(journal, day=day) for day in (258, 265))
    a_week = fs.summary(journal).revenue * 7 / 365
    assert (best.deals.won, round(best.value.won, -3)) == (7, 145_000)
    assert best.value.won > 4 * a_week and best.value.won / fair.value.won > 5
    assert best.value.now - best.value.then == pytest.approx(-90_000, abs=5_000)
    assert best.value.won < min(best.value.new, best.value.lost)
    rise = fair.value.now - fair.value.then
    assert rise == pytest.approx(700_000, abs=20_000)
    more = [fs.weighted_forecast(journal, day=day) for day in (258, 265)]
    assert (more[1] - more[0]) / rise == pytest.approx(1 / 20, abs=0.01)


def test_two_credits_for_one_sale_and_prizes(lesson: dict[str, Any]) -> None:
    table = pictures.credit(lesson["journal"]).loc["together"]
    assert table["revenue brought in"] == table["revenue closed"]
    quarters = pictures.closed_by_quarter(lesson["later"])
    orders = lesson["later"].orders
    assert quarters.index.tolist() == [1, 2, 3, 4, 5, 6]
    inside = orders[(orders.placed >= 90) & (orders.placed < 90 + 6 * 91)]
    assert quarters.to_numpy().sum() == pytest.approx(inside.paid.sum())
    reps = fs.reps_table(lesson["journal"])
    low, high = reps.conversion_low, reps.conversion_high
    first, second, _, last = (f"account executives {n}" for n in range(1, 5))
    assert low[first] < high[second] and low[second] < high[first]
    assert high[last] < min(low[first], low[second])
    assert "account executives 3" in set(quarters.idxmax(axis=1))  # odds below the average


def _rows(chart: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = chart.data.to_dict()["values"]
    return rows
