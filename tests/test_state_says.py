"""What a state at the start promises, what it refuses, and what a plan makes of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from test_engines_agree import differences
from theory import mean_of, within

import funnelsim as fs
from funnelsim.analytic.arrivals import mean_by_day
from funnelsim.errors import FunnelSimError
from funnelsim.state import from_today


def shop(**changed: Any) -> fs.Scenario:
    tables: dict[str, Any] = {
        "name": "shop",
        "horizon": "400 days",
        "channels": [{"name": "web", "leads_per_day": 0}],
        "stages": [{"name": "Interest", "conversion": 0.5}, {"name": "Action"}],
        "order": {"value": {"constant": 10}},
    }
    return fs.Scenario(**{**tables, **changed})


def test_what_is_left_of_a_decision_is_drawn_given_its_age(seed: int) -> None:
    """A Weibull time of shape 2 in its tenth day: the rest of it by numerical integration."""
    decision = {"weibull": {"mean": "8 days", "shape": 2.0}}
    stage = {"name": "Interest", "conversion": 0.5, "decision_time": decision}
    scenario = shop(stages=[stage, {"name": "Action"}])
    count = 4_000
    state = fs.State(deals={"stage": ["Interest"] * count, "days_in_stage": [10.0] * count})
    visits = fs.simulate(scenario, seed, initial=state).stage_visits
    decided = visits[visits["stage"] == "Interest"]["decided"]
    law = stats.weibull_min(2.0, scale=8 / math.gamma(1.5))
    grid = np.linspace(10, 100, 100_000)
    expected = float(np.trapezoid(law.sf(grid), grid) / law.sf(10))
    assert mean_of(decided, expected)


@pytest.mark.parametrize("engine", ["process", "columns"])
def test_a_deal_older_than_any_that_was_seen_decides_at_once(engine: str, seed: int) -> None:
    stage = {"name": "Interest", "conversion": 0.5}
    stage["decision_time"] = {"empirical": {"values": ["9 days", "1 day", "5 days"]}}
    ages = [9.0] * 50 + [8.0] * 50
    state = fs.State(deals={"stage": ["Interest"] * 100, "days_in_stage": ages})
    scenario = shop(stages=[stage, {"name": "Action"}])
    visits = fs.simulate(scenario, seed, engine=engine, initial=state).stage_visits
    decided = visits[visits["stage"] == "Interest"]["decided"]
    assert sorted(decided) == [0.0] * 50 + [1.0] * 50


def test_a_triangle_of_three_equal_numbers_is_that_number(seed: int) -> None:
    same = {"triangular": {"low": "5 days", "mode": "5 days", "high": "5 days"}}
    stage = {"name": "Interest", "conversion": 0.5, "decision_time": same}
    state = fs.State(deals={"stage": ["Interest"], "days_in_stage": [2.0]})
    visits = fs.simulate(shop(stages=[stage, {"name": "Action"}]), seed, initial=state).stage_visits
    assert visits["decided"].iloc[0] == pytest.approx(3)


def test_a_deal_of_a_stage_is_won_with_the_conversions_that_are_left(seed: int) -> None:
    stages = [
        {"name": "Interest", "conversion": 0.1},
        {"name": "Desire", "conversion": 0.3},
        {"name": "Action"},
    ]
    count = 4_000
    state = fs.State(deals={"stage": ["Desire"] * count, "days_in_stage": [1.0] * count})
    j = fs.simulate(shop(stages=stages), seed, initial=state)
    assert within(len(j.orders) / count, 0.3, math.sqrt(0.3 * 0.7 / count))


@pytest.mark.parametrize("age", [5.0, 40.0])
def test_a_silent_customer_is_still_active_with_this_probability(age: float, seed: int) -> None:
    """p S(age) ÷ (p S(age) + 1 - p), for p = 0.6 and exponential gaps of 20 days."""
    retention = {"repeat_probability": 0.6, "gap": {"exponential": {"mean": "20 days"}}}
    count = 4_000
    state = fs.State(customers={"days_since_last_order": [age] * count, "orders": [1] * count})
    journal = fs.simulate(shop(retention=retention), seed, initial=state)
    survives = 0.6 * math.exp(-age / 20)
    expected = survives / (survives + 0.4)
    active = journal.orders["customer"].nunique() / count
    assert within(active, expected, math.sqrt(expected * (1 - expected) / count))


def test_a_silent_customer_may_have_been_a_detractor(seed: int) -> None:
    """A detractor does not come back: p is 0.6 x (1 - 0.3), here with an age of 10 days."""
    scenario = shop(
        retention={"repeat_probability": 0.6, "gap": {"exponential": {"mean": "20 days"}}},
        satisfaction={"promoter": 0.5, "detractor": 0.3},
    )
    count = 4_000
    state = fs.State(customers={"days_since_last_order": [10.0] * count, "orders": [1] * count})
    journal = fs.simulate(scenario, seed, initial=state)
    survives = 0.42 * math.exp(-10 / 20)
    expected = survives / (survives + 0.58)
    active = journal.orders["customer"].nunique() / count
    assert within(active, expected, math.sqrt(expected * (1 - expected) / count))


def test_orders_of_customers_go_on_from_those_they_have_placed() -> None:
    retention = {"repeat_probability": 1.0, "gap": {"constant": "100 days"}}
    customers = {"days_since_last_order": [30.0], "orders": [4]}
    j = fs.simulate(shop(retention=retention), 1, initial=fs.State(customers=customers))
    assert j.orders["placed"].round(6).tolist() == [70, 170, 270, 370]
    assert j.order_numbers.tolist() == [5, 6, 7, 8]


def test_open_deals_and_customers_do_not_come_in_but_what_they_bring_counts() -> None:
    state = fs.State(
        deals={"stage": ["Interest"] * 3, "days_in_stage": [1.0] * 3, "value": [7.0, 8.0, 9.0]},
        customers={"days_since_last_order": [1.0], "orders": [1]},
    )
    always = shop(
        stages=[{"name": "Interest", "conversion": 1.0}, {"name": "Action"}],
        channels=[{"name": "web", "leads_per_day": 0, "cost_per_lead": 5}],
        retention={"repeat_probability": 1.0, "gap": {"constant": "300 days"}},
    )
    figures = fs.summary(fs.simulate(always, 1, initial=state))
    assert figures["leads"] == figures["customers"] == 0
    # three deals of the known values and their repeats at 10, the customer's order at 10
    assert figures["revenue"] == 7 + 8 + 9 + 3 * 10 + 10
    assert fs.funnel_table(fs.simulate(always, 1, initial=state))["entered"].sum() == 0


@pytest.mark.parametrize("serves", ["first come", "newest first"])
def test_who_has_waited_longest_is_called_first_or_last(serves: str) -> None:
    stage = {
        "name": "Interest",
        "conversion": 1.0,
        "follow_up": {"team": "sales", "handling_time": {"constant": "1 h"}},
    }
    scenario = shop(
        stages=[stage, {"name": "Action"}],
        teams=[{"name": "sales", "reps": 1, "serves": serves}],
    )
    ages = [3.0, 1.0, 2.0, 5.0, 4.0]
    deals = {
        "stage": ["Interest"] * 5,
        "days_in_stage": ages,
        "waiting": [True] * 5,
        "value": ages,  # tells who is who
    }
    for engine in ("columns", "process"):
        j = fs.simulate(scenario, 1, initial=fs.State(deals=deals), engine=engine)
        called = j.follow_ups.sort_values("started")["lead"]
        in_order = j.leads["deal_value"].loc[called].tolist()
        assert in_order == sorted(ages, reverse=serves == "first come")


def test_a_deal_past_its_call_is_not_called_again() -> None:
    stage = {"name": "Interest", "conversion": 1.0, "follow_up": {"team": "sales"}}
    scenario = shop(stages=[stage, {"name": "Action"}], teams=[{"name": "sales", "reps": 1}])
    state = fs.State(deals={"stage": ["Interest"], "days_in_stage": [1.0]})
    j = fs.simulate(scenario, 1, initial=state)
    assert len(j.follow_ups) == 0
    assert j.leads["outcome"].tolist() == ["customer"]


def test_a_state_of_the_first_day_is_empty_and_changes_nothing(seed: int) -> None:
    scenario = fs.load("aida-follow-up")
    j = fs.simulate(scenario, seed)
    state = j.state(0)
    assert (len(state.deals), len(state.customers)) == (0, 0)
    assert differences(fs.simulate(scenario, seed, initial=state), j) == []


def test_a_state_can_be_written_and_read(tmp_path: Path) -> None:
    state = fs.simulate(fs.load("aida-follow-up"), 1).state(40)
    places = tmp_path / "deals.csv", tmp_path / "customers.csv"
    state.write(*places)
    again = fs.State.read(*places)
    scenario = fs.load("aida-follow-up")
    one, other = (fs.simulate(scenario, 2, initial=s) for s in (state, again))
    assert differences(one, other) == []


@pytest.mark.parametrize(
    ("separator", "encoding", "decimal"),
    [(",", "utf-8", "."), (";", "cp1252", ","), ("\t", "utf-16", ",")],
)
def test_open_deals_are_read_as_a_firm_writes_them(
    tmp_path: Path, separator: str, encoding: str, decimal: str
) -> None:
    rows = [
        ["stage", "days_in_stage", "value", "owner", "waiting"],
        ["Interest", "12.5", "1234.75", "Jörg Müller", "1"],
        ["Desire", "0.25", "", "", "no"],
    ]
    lines = [separator.join(c.replace(".", decimal) for c in row) for row in rows]
    (tmp_path / "open.csv").write_text("\n".join(lines), encoding=encoding)
    deals = fs.State.read(tmp_path / "open.csv").deals
    assert deals["days_in_stage"].tolist() == [12.5, 0.25]
    assert deals["value"][0] == 1234.75 and deals["owner"][0] == "Jörg Müller"
    state = fs.State.read(tmp_path / "open.csv")
    assert len(fs.simulate(fs.load("aida-follow-up"), 1, initial=state).leads) > 2


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("soon", r"open\.csv, column 'days_in_stage', line 2: 'soon' is not an amount"),
        ("12,125", r"may have a thousands mark or a decimal one.*; write 1234\.5, or 1234"),
    ],
)
def test_a_number_that_cannot_be_read_is_named_with_its_file(
    tmp_path: Path, days: str, said: str
) -> None:
    (tmp_path / "open.csv").write_text(f"stage;days_in_stage\nInterest;{days}\n", encoding="utf-8")
    with pytest.raises(FunnelSimError, match=said):
        fs.State.read(tmp_path / "open.csv")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("stage,days_in_stage,value\nInterest,1.125,1.234\nDesire,3.5,2.500", [1.234, 2.5]),
        ("stage;days_in_stage;value\nInterest;2,5;1.234,50\nDesire;3,5;2.500", [1234.5, 2500]),
        ("stage;days_in_stage;value\nInterest;2.5;1.234\nDesire;0.125;12.50", [1.234, 12.5]),
    ],
)
def test_the_mark_of_a_number_is_decided_by_its_file(text: str, values: list[float]) -> None:
    state = fs.State.of_files(("open.csv", text.encode()))
    assert state.deals["value"].tolist() == values


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "stage;days_in_stage;value\nInterest;2,5;1.234\nDesire;3,5;2.500",
            r"open\.csv, column 'value', line 2: '1\.234' may have.* decides it; write 1234\.5",
        ),
        ("stage,stage,days_in_stage\na,b,1", r"open\.csv has several columns 'stage'; leave one"),
        ("stage,value,value,days_in_stage\na,1,2,1", "has several columns 'value'; leave one"),
    ],
)
def test_a_file_that_can_be_read_in_two_ways_is_refused(text: str, said: str) -> None:
    with pytest.raises(FunnelSimError, match=said):
        fs.State.of_files(("open.csv", text.encode()))


# --- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deals", "customers", "message"),
    [
        ({"stage": ["Intrest"], "days_in_stage": [1]}, None, "did you mean Interest"),
        ({"stage": ["Action"], "days_in_stage": [1]}, None, "no such stage before the goal"),
        ({"stage": ["Interest"], "days_in_stage": [-1]}, None, "deals.days_in_stage, row 0 is -1"),
        ({"stage": ["Interest"], "days_in_stage": ["x"]}, None, "it is a number of days"),
        ({"stage": ["Interest"], "days_in_stage": [float("nan")]}, None, "it is a number of days"),
        ({"stage": ["Interest"], "days_in_stage": [1], "value": [-5]}, None, "it is an amount"),
        ({"stage": ["Interest"], "days_in_stage": [1], "waiting": [True]}, None, "nobody calls"),
        (
            {"stage": ["Interest"], "days_in_stage": [1], "waiting": ["maybe"]},
            None,
            "true or false",
        ),
        ({"stage": ["Interest"], "days_in_stage": [1], "channel": ["tv"]}, None, "no such channel"),
        (None, {"days_since_last_order": [1], "orders": [0]}, "it is a number of orders"),
        (
            None,
            {"days_since_last_order": [9], "orders": [2], "days_since_first_order": [3]},
            "the first order is not later than the last",
        ),
    ],
)
def test_every_wrong_cell_is_named(deals: Any, customers: Any, message: str) -> None:
    state = fs.State(deals=deals, customers=customers)
    with pytest.raises(FunnelSimError, match=message):
        fs.simulate(shop(), 1, initial=state)


@pytest.mark.parametrize(
    ("deals", "message"),
    [
        ({"stage": ["Interest"]}, "the table needs days_in_stage"),
        ({"stage": ["Interest"], "days_in_stage": [1], "valu": [1]}, "did you mean value"),
        ({"stage": ["Interest"], "days_in_stage": [1, 2]}, "give a DataFrame"),
        ("deals.csv", "give a DataFrame"),
        (
            pd.DataFrame([["a", "b", 1]], columns=["stage", "stage", "days_in_stage"]),
            "deals has several columns 'stage'; leave one of them",
        ),
    ],
)
def test_a_table_of_other_columns_is_none(deals: Any, message: str) -> None:
    with pytest.raises(FunnelSimError, match=message):
        fs.State(deals=deals)


def test_initial_is_a_state() -> None:
    with pytest.raises(FunnelSimError, match="simulate takes a State"):
        fs.simulate(shop(), 1, initial={"deals": []})


@pytest.mark.parametrize("day", [-1, 401, "today", True])
def test_a_day_of_the_run(day: Any) -> None:
    with pytest.raises(FunnelSimError, match="it is a day of the simulation, from 0 to 400"):
        fs.simulate(shop(), 1).state(day)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FunnelSimError, match=r"none\.csv cannot be read"):
        fs.State.read(deals=tmp_path / "none.csv")


# --- from an export, and in a plan ------------------------------------------------------------


def test_the_open_deals_of_an_export_are_read_with_it() -> None:
    deals = pd.DataFrame(
        {
            "in": ["2026-01-01", "2026-01-02", "2026-01-03", "2026-02-20", "2026-02-25"],
            "offer": ["2026-01-04", "2026-01-05", "2026-01-06", "2026-02-27", None],
            "sold": ["2026-01-11", None, "2026-01-08", None, None],
            "lost": [None, "2026-01-09", None, None, None],
            "worth": [100, 200, 300, 400, 500],
        }
    )
    found = fs.calibrate(
        deals, created="in", won="sold", lost="lost", value="worth",
        stages={"Offer": "offer"}, export_date="2026-03-01",
    )  # fmt: skip
    state = found.state.deals
    assert state["stage"].tolist() == ["Offer", "Lead"]
    assert state["days_in_stage"].round().tolist() == [3, 5]  # to the end of that day
    assert state["value"].tolist() == [400, 500]
    fs.simulate(found.scenario, 1, initial=found.state)


def test_a_plan_counts_what_is_open_first(seed: int) -> None:
    stages = [
        {"name": "Interest", "conversion": 0.2},
        {"name": "Desire", "conversion": 0.5},
        {"name": "Action"},
    ]
    scenario = shop(stages=stages, channels=[{"name": "web", "leads_per_day": 5}])
    deals = {"stage": ["Desire"] * 60, "days_in_stage": [1.0] * 60}
    p = fs.plan(scenario, 100, initial=fs.State(deals=deals), seed=seed, progress=False)
    assert within(p.open_business["mean"], 30, math.sqrt(60 / 4 / 250))
    assert p.remaining == pytest.approx(100 - p.open_business["mean"])
    assert any("remain to be won" in sentence for sentence in p.sentences)
    # 100 = binomial (60, 1/2) + Poisson: nine times in ten
    won = stats.binom.pmf(np.arange(61), 60, 0.5)
    mean = p.leads * 0.1
    chance = float(won @ stats.poisson.sf(99 - np.arange(61), mean))
    assert within(chance, 0.9, math.sqrt(0.09 / p.replications))


def test_what_is_open_may_be_enough() -> None:
    deals = {"stage": ["Interest"] * 50, "days_in_stage": [1.0] * 50}
    channels = [{"name": "web", "leads_per_day": 5}]
    p = fs.plan(shop(channels=channels), 10, initial=fs.State(deals=deals), progress=False)
    assert p.is_reached
    assert p.leads == 0


def test_a_forecast_begins_with_what_is_open(seed: int) -> None:
    deals = {"stage": ["Interest"] * 400, "days_in_stage": [1.0] * 400}
    told = fs.forecast(shop(), fs.State(deals=deals), n=100, seed=seed, progress=False)
    assert mean_of(told.totals["sales"], 200)


def test_the_end_of_the_warm_up_is_today() -> None:
    channels = [
        {
            "name": "web",
            "leads_per_day": 10,
            "growth": 2.0,
            "bursts": [
                {"from": "10 days", "to": "50 days", "factor": 2},
                {"from": "1 day", "to": "2 days", "factor": 9},
            ],
        }
    ]
    scenario = shop(channels=channels, warm_up="40 days", horizon="100 days")
    today = from_today(scenario)
    assert (today.days, today.warm_up) == (60, 0)
    one, other = (mean_by_day(s, s.channels[0]) for s in (scenario, today))
    np.testing.assert_allclose(one[40:], other)
