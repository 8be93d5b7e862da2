"""What is paid by the sale, in a plan: CAC, budget, and whether a sale is worth what it costs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from a_shop import shop
from test_commission import A_SHOP, BY_SALE, CAC, SAID, SUM
from test_plan_form import upload

import funnelsim as fs
from funnelsim.analytic.usual_sum import naive_leads
from funnelsim.cli import main
from funnelsim.planner.futures import Futures
from funnelsim.planner.infeasible import _cheaper
from funnelsim.planner.levers import lever
from funnelsim.planner.outcomes import along
from funnelsim.planner.text_tables import channels_text, sales_text, sections
from funnelsim.report import plan_page

pytestmark = pytest.mark.usefixtures("few_futures")


def test_every_place_that_tells_of_a_plan_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    p = fs.plan(A_SHOP, 100, progress=False)
    sales = p.outcome.loc["sales", "mean"]
    assert p.method == "formula" and p.cac == pytest.approx(CAC)
    assert p.budget == p.commission == p.channels["cost"].sum() == pytest.approx(CAC * sales)
    assert p.per_sale.loc["partners", "costs"] == pytest.approx(CAC)
    assert p.per_sale["sales"].sum() == pytest.approx(sales)
    at_plan = np.interp(p.leads, p.curve["leads"], p.curve["cost"])
    assert at_plan == pytest.approx(p.budget, rel=0.01)
    budget = f"{p.budget:,.0f} EUR"
    told = f"The sales cost {budget} in commission, a customer costs {SAID} (CAC), paid back with"
    assert any(s.startswith(told) for s in p.sentences)
    assert budget in channels_text(p).to_string() and SAID in sales_text(p).to_string()
    assert told in plan_page(p) and budget in plan_page(p)
    assert [title for title, _ in sections(p)].count("What a sale leaves") == 1
    book = openpyxl.load_workbook(fs.write_workbook(p, tmp_path / "plan.xlsx"))
    facts = {row[0].value: row[1].value for row in book["Plan"].rows}
    assert facts["Budget, EUR"] == facts["Of it commission on the sales, EUR"]
    assert facts["Budget, EUR"] == pytest.approx(p.budget)
    assert facts["Cost per customer (CAC), EUR"] == pytest.approx(CAC)
    heads, channel = ([cell.value for cell in row] for row in book["Channels"].rows)
    of_channel = dict(zip(heads, channel, strict=True))
    assert of_channel["It costs to win, EUR"] == pytest.approx(CAC)
    assert of_channel["Cost, EUR"] == of_channel["Of it commission, EUR"]
    assert of_channel["Cost, EUR"] == pytest.approx(p.budget)

    (tmp_path / "shop.toml").write_text(A_SHOP.to_toml(), "utf-8")
    assert main(["plan", str(tmp_path / "shop.toml"), "--target", "100"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert told in out and "What a sale leaves" in out
    form = fs.plan_form(tmp_path)
    upload(form, "shop.toml", A_SHOP.to_toml().encode())
    form.target.value = 100
    assert told in form._said.value and budget in form._shown.value


CALL = {"team": "sales", "handling_time": {"constant": "1 h"}, "patience": {"constant": "2 days"}}
MIXED = shop(
    channels=[*BY_SALE, {"name": "ads", "leads_per_day": 10, "cost_per_lead": 2}],
    teams=[{"name": "sales", "reps": 1, "cost_per_rep_day": 50}],
    stages=[{"name": "Visit", "conversion": 0.1, "follow_up": CALL}, {"name": "Sale"}],
    order={"value": {"lognormal": {"mean": 100, "cv": 0.5}}, "margin": 0.4},
    retention={"repeat_probability": 0.4, "gap": {"exponential": {"mean": "20 days"}}},
)


@pytest.fixture(scope="module")
def mixed() -> Any:
    return fs.plan(MIXED, 180, progress=False)


def test_a_plan_is_about_the_scenario_that_it_hands_over(mixed: Any) -> None:
    """Simulated anew, as often as is needed, the planned scenario costs what the plan says."""
    seen = fs.replicate(mixed.scenario, 300, seed=7, keep="journals", progress=False).journals
    tables = [fs.channels_table(journal) for journal in seen.values()]
    for column in ("cost", "commission"):
        for channel in ("partners", "ads"):
            values = np.array([table.loc[channel, column] for table in tables])
            error = 4 * values.std(ddof=1) * (1 / 300 + 1 / 40) ** 0.5  # the plan's are fewer
            assert mixed.channels.loc[channel, column] == pytest.approx(values.mean(), abs=error)
    spent = sum(table["cost"].sum() for table in tables) + 50 * 90 * len(tables)
    assert mixed.cac == pytest.approx(spent / sum(t["sales"].sum() for t in tables), rel=0.02)
    assert mixed.budget == pytest.approx(mixed.channels["cost"].sum())
    assert "The leads cost" in str(mixed) and "in commission, with the reps" in str(mixed)


def test_the_budget_along_the_curve_is_what_those_leads_would_cost(mixed: Any) -> None:
    moved, futures = lever(MIXED, "leads"), Futures(_Quiet())
    x = mixed.leads / 2_700
    planned = mixed.channels["commission"].to_numpy()
    for setting in (0.5 * x, 0.8 * x, 1.1 * x):
        told = float(along(moved, [setting], x, planned, futures)[0])
        runs = fs.replicate(moved.at(setting), 200, seed=9, keep="journals", progress=False)
        values = [fs.channels_table(j)["commission"].sum() for j in runs.journals.values()]
        assert told == pytest.approx(np.mean(values), rel=0.04)


class _Quiet:
    def update(self, n: int) -> None: ...


# --- a budget -----------------------------------------------------------------------------------


def test_a_channel_that_costs_only_by_the_sale_is_a_paid_one() -> None:
    channels = [
        {"name": "word of mouth", "leads_per_day": 10},
        {"name": "partners", "leads_per_day": 10, "cost_per_sale": 12},
    ]
    p = fs.plan(shop(channels=channels), 100, change="budget", progress=False)
    assert p.channels.loc["word of mouth", "planned"] == pytest.approx(10)
    assert list(p.channels["paid"]) == [False, True]
    sold = 0.05 * p.channels.loc["partners", "leads"]
    assert p.budget == pytest.approx(12 * sold)
    assert p.setting.startswith(f"{p.budget:,.2f} EUR for 2,260 leads")
    assert p.setting_today == f"{12 * 0.05 * 900:,.2f} EUR for 1,800 leads"


def test_commission_of_nothing_buys_no_leads() -> None:
    tables = shop(channels=[{"name": "web", "leads_per_day": 10, "commission": 0.2}]).tables()
    del tables["order"]  # and where nothing is ordered there is nothing to have a share of
    with pytest.raises(fs.FunnelSimError, match="no paid channel"):
        fs.plan(fs.Scenario(**tables), 10, change="budget", progress=False)


def test_the_usual_sum_knows_what_a_sale_costs() -> None:
    """A sale leaves 100 - 60 - 10 - 5 = 25, a lead of twenty 1.25 less its price of 0.25."""
    web = {"name": "web", "leads_per_day": 10, "cost_per_lead": 0.25}
    s = shop(
        channels=[{**web, "commission": 0.1, "cost_per_sale": 5}],
        order={"value": {"constant": 100}, "margin": 0.4},
    )
    assert naive_leads(s, 1000, "contribution") == pytest.approx(1000)
    two = [{**web, "cost_per_sale": 5}, {**web, "name": "good", "odds_ratio": 1e9}]
    both = shop(channels=two, order={"value": {"constant": 100}, "margin": 0.4})
    assert naive_leads(both, 1000, "contribution") == pytest.approx(
        1000 / ((0.05 * 35 + 1.0 * 40) / 2 - 0.25)  # who sells more pays more commission
    )


def test_less_commission_can_be_planned() -> None:
    s = shop(channels=[{"name": "web", "leads_per_day": 20, "commission": 0.45}])  # of 0.5
    p = fs.plan(s, 1_000, "profit", change="channels.web.commission", progress=False)
    assert p.is_reached and p.scenario.channels[0].commission < 0.45
    told = fs.sensitivity(s, n=4, progress=False).table
    assert "channels.web.commission" in str(told)


# --- a sale that loses --------------------------------------------------------------------------

LOSES = shop(
    channels=[{"name": "partners", "leads_per_day": 10, "commission": 0.9}],
    order={"value": {"constant": 100}, "margin": 0.4},
)
FIRST = "Each sale loses 50.00 EUR on average: it leaves 40.00 EUR, and it costs 90.00 EUR in"
WAITS = {"teams": [{"name": "sales", "reps": 2}]}
WAITS["stages"] = [{"name": "Visit", "conversion": 0.3, "follow_up": CALL}, {"name": "Sale"}]


@pytest.mark.parametrize(
    ("changed", "asked"),
    [
        pytest.param({}, {"target": 100}, id="by formula"),
        pytest.param({}, {"target": 10_000, "metric": "revenue"}, id="revenue"),
        pytest.param(WAITS, {"target": 100}, id="by a search"),
        pytest.param({}, {"target": 50, "change": "budget"}, id="budget"),
        pytest.param({}, {"target": 50, "change": "stages.Visit.conversion"}, id="conversion"),
        pytest.param({}, {"target": 1_000, "metric": "profit"}, id="not reached"),
    ],
)
def test_a_plan_says_first_that_each_sale_loses(
    changed: dict[str, Any], asked: dict[str, Any], tmp_path: Path
) -> None:
    p = fs.plan(LOSES.vary(changed), progress=False, **asked)
    assert p.sentences[1].startswith(FIRST)
    assert p.cac == pytest.approx(90) and math.isnan(p.payback_days)
    assert "do not pay that back" in str(p)
    assert FIRST in plan_page(p)
    book = openpyxl.load_workbook(fs.write_workbook(p, tmp_path / "plan.xlsx"))
    assert any(FIRST in str(row[1].value) for row in book["Plan"].rows)


def test_the_form_says_so(tmp_path: Path) -> None:
    form = fs.plan_form(tmp_path)
    upload(form, "shop.toml", LOSES.to_toml().encode())
    form.target.value = 100
    assert FIRST in form._said.value


def test_of_several_channels_it_is_said_which_loses() -> None:
    channels = [
        {"name": "partners", "leads_per_day": 10, "cost_per_sale": 60},
        {"name": "web", "leads_per_day": 10, "cost_per_lead": 0.5},
    ]
    order = {"value": {"constant": 100}, "margin": 0.4}
    p = fs.plan(shop(channels=channels, order=order), 100, progress=False)
    assert p.sentences[1].startswith("Each sale from partners loses 20.00 EUR on average")
    assert list(p.per_sale["loses"]) == [True, False]
    assert "from web" not in str(p)


def test_what_customers_order_later_may_make_it_good() -> None:
    """A first order leaves 40: 45 are paid back by those that follow within the time, 400 not."""
    again = {"repeat_probability": 0.9, "gap": {"constant": "10 days"}}
    for price, loses in ((45, False), (400, True)):
        channels = [{"name": "partners", "leads_per_day": 10, "cost_per_sale": price}]
        p = fs.plan(LOSES.vary({"channels": channels, "retention": again}), 100, progress=False)
        assert p.per_sale["loses"].tolist() == [loses]
        assert ("the customer's orders leave" in str(p)) == loses


def test_what_may_be_chance_is_no_loss() -> None:
    """A lead of 2, of which one in twenty buys, costs what a sale leaves, 40."""
    p = fs.plan(shop(), 100, progress=False)
    leaves, costs = p.per_sale.loc["web", ["leaves", "costs"]]
    assert leaves == 40 and costs == pytest.approx(40, rel=0.05)
    assert "loses" not in str(p)
    dear = shop(channels=[{"name": "web", "leads_per_day": 10, "cost_per_lead": 2.4}])
    assert "Each sale loses" in fs.plan(dear, 100, progress=False).sentences[1]


def test_where_nothing_is_sold_no_loss_is_told() -> None:
    tables = shop(channels=[{"name": "web", "leads_per_day": 10, **SUM}]).tables()
    del tables["order"]
    p = fs.plan(fs.Scenario(**tables), 20, progress=False)
    assert p.cac == pytest.approx(30) and not p.per_sale["loses"].any()
    assert p.commission == p.budget == pytest.approx(30 * p.outcome.loc["sales", "mean"])
    assert "What a sale leaves" not in [title for title, _ in sections(p)]


def test_ways_out_are_those_that_would_help() -> None:
    assert _cheaper(LOSES) == "Less commission or a higher margin"
    assert _cheaper(shop()) == "Cheaper leads, a higher conversion or a higher margin"
    assert _cheaper(MIXED).startswith("Cheaper leads, a higher conversion, less commission or")
