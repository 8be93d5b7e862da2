"""What a scenario says without being simulated, held against the mean of simulations.

`fs.describe` says how far each figure holds: what is "expected" is the mean, what is "at most" is
not exceeded by it, and what only a simulation tells is NaN. With so many reps that nobody waits,
what is at most is the mean as well.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from some_scenarios import scenario_tables

import funnelsim as fs
from funnelsim.analytic import holds
from funnelsim.analytic.time_to_sale import expected, sales_by_the_horizon
from funnelsim.engines import simulate_together
from funnelsim.errors import FunnelSimError
from funnelsim.journal import NEW
from funnelsim.metrics.money import money

NAMED = fs.templates()
FIVE = 5.0  # standard errors: a right program fails one time in a million, as in `theory.py`
by_the_dozen = settings(max_examples=25)
MANY = 1_000  # reps in place of each: more than leads that can be in calls at one moment


def measured(scenario: fs.Scenario, seed: int, count: int, before: int = 0) -> dict[str, Any]:
    """What so many simulations show, by figure: an array with a row for each replication.

    `before` counts the leads that came before it only (microseconds), and all that became of them.
    """
    parts = [_figures(j, before) for j in simulate_together(scenario, seed, range(count))]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _figures(journal: Any, before: int) -> dict[str, Any]:
    s, leads, visits = journal.scenario, journal.whole["leads"], journal.whole["stage_visits"]
    channels, stages = len(s.channels), len(s.stages)
    new, came = leads["kind"] == NEW, leads["arrived"] >= s.warm_up
    if before:
        came &= leads["arrived"] < before
    sold = (visits["stage"] == stages - 1) & new[visits["lead"]]
    counted = sold & (visits["entered"] >= s.warm_up)
    first = (visits["attempt"] == 0) & (new & came)[visits["lead"]]
    of = leads["channel"][visits["lead"]]
    orders = journal.whole["orders"]
    placed = (journal.order_numbers == 1) & (orders["placed"] >= s.warm_up)
    m = money(journal)
    return {
        "leads by channel": journal.counts("leads", leads["channel"], channels + 1, new & came),
        "sales by channel": journal.counts("stage_visits", of, channels + 1, counted),
        "goal by channel": journal.counts(
            "stage_visits", of, channels + 1, sold & came[visits["lead"]]
        ),
        "entered": journal.counts("stage_visits", visits["stage"], stages, first),
        "first_orders": journal.totals(
            "orders", orders["paid"], placed & new[orders["lead"]]
        ) / 100,
        "revenue": m.revenue / 100,
        "commission": m.by_sale / 100,
        "contribution": m.contribution / 100,
        "profit": m.profit / 100,
        "cost_of_leads": m.leads / 100,
        "cost_of_channel_days": m.channel_days / 100,
        "cost_of_reps": m.reps / 100,
    }  # fmt: skip


def off(values: Any, said: float, scenario: fs.Scenario, one: float = 1.0) -> float:
    """By how many times what chance allows the mean is above what is said (below it: negative).

    Chance allows five standard errors, not less than those of a Poisson count of events worth
    `one`, and five events more, since few of them are skewed; leads that come in heaps are more.
    """
    heap = max(channel.dispersion for channel in scenario.channels)
    values = np.asarray(values, dtype=float)
    sample = values.std(ddof=1) / math.sqrt(len(values))
    poisson = math.sqrt(abs(said) * one * heap / len(values))
    allowed = FIVE * max(sample, poisson) + FIVE * one * heap / len(values) + 1e-9 * (abs(said) + 1)
    return float((values.mean() - said) / allowed)


def is_true(distance: float, label: str) -> bool:
    if label in (holds.ABOUT, holds.AVERAGE):
        return True  # says of itself that it is no promise
    return distance <= 1 if label == holds.AT_MOST else abs(distance) <= 1


def wrong(scenario: fs.Scenario, seed: int, count: int) -> list[str]:
    """What `describe` says and simulations of the scenario do not show."""
    described, found = fs.describe(scenario), measured(scenario, seed, count)
    told, problems = described.totals, []
    for name, row in told.iterrows():
        if math.isnan(row["value"]):
            nothing = name == "conversion" or name == "paid_per_sale"
            if not (nothing or row["holds"] == holds.NOT_SAID):
                problems.append(f"{name} is NaN and {row['holds']}")
        elif row["holds"] == holds.NOT_SAID:
            problems.append(f"{name} has a value, and is not said")
    found["leads"] = found["leads by channel"].sum(axis=1)
    found["sales"] = found["sales by channel"].sum(axis=1)
    paid = told["value"].get("paid_per_sale", 1.0)
    paid = 1.0 if math.isnan(paid) else 3 * paid  # an order may be much larger than the mean
    price = max(channel.price for channel in scenario.channels)
    for name, values in found.items():
        if name not in told.index or math.isnan(told.loc[name, "value"]):
            continue
        one = {"leads": 1.0, "sales": 1.0, "cost_of_leads": price}.get(name, paid)
        distance = off(values, told.loc[name, "value"], scenario, one)
        if not is_true(distance, told.loc[name, "holds"]):
            problems.append(f"{name}: {told.loc[name].tolist()}, simulated {values.mean():.6g}")
    by_channel = {"leads": holds.EXPECTED, "sales": holds.of_sales(scenario)}
    for name, label in by_channel.items():
        for number, (channel, said) in enumerate(described.channels[name].items()):
            values = found[f"{name} by channel"][:, number]
            if not (math.isnan(said) or is_true(off(values, said, scenario), label)):
                problems.append(f"{name} of {channel}: {said:.6g}, simulated {values.mean():.6g}")
    if "paid_per_sale" in told.index and not math.isnan(each := told.loc["paid_per_sale", "value"]):
        more = found["first_orders"] - each * found["sales"]
        if not is_true(off(more, 0.0, scenario, paid), told.loc["paid_per_sale", "holds"]):
            problems.append(f"paid_per_sale: {each:.6g}, simulated {more.mean():+.6g} in all")
    return problems


def nobody_waits(scenario: fs.Scenario) -> fs.Scenario:
    """The same leads with reps enough, always there, and time enough; nothing after the goal."""
    tables = scenario.tables()
    beyond = ("order", "retention", "loyalty", "campaigns", "satisfaction", "referral", "upsell")
    tables = {name: part for name, part in tables.items() if name not in (*beyond, "life_stages")}
    # where one comes whose skill grows, it must not take months until it is the longest idle
    many = 10 if any(change.skill != 1 for change in scenario.changes) else MANY
    for team, t in zip(scenario.teams, tables.get("teams", []), strict=True):
        skills = [*team.skills[: team.reps], *[1.0] * (team.reps - len(team.skills))]
        t |= {"reps": many * team.reps, "skills": skills * many, "open": "always", "closed": []}
    for change in tables.get("changes", []):
        if "reps" in change:
            change["reps"] = {team: many * reps for team, reps in change["reps"].items()}
    return fs.Scenario(**{**tables, "horizon": f"{scenario.days + 1000} days"})


def wrong_in_the_end(scenario: fs.Scenario, seed: int, count: int) -> list[str]:
    """What `describe` says of the end and simulations without waiting do not show."""
    described = fs.describe(scenario)
    stopped = nobody_waits(scenario)
    end = {"from": f"{scenario.days} days", "to": f"{scenario.days + 1000} days", "factor": 0}
    bursts = {f"channels.{c.name}.bursts": (*c.bursts, end) for c in stopped.channels}
    found = measured(stopped.vary(bursts), seed, count, before=scenario.horizon)
    problems = []
    for number, (channel, said) in enumerate(described.channels["sales_in_the_end"].items()):
        values = found["goal by channel"][:, number]
        if abs(off(values, said, scenario)) > 1:
            problems.append(f"{channel}: {said:.6g} in the end, simulated {values.mean():.6g}")
    for number, (stage, said) in enumerate(described.stages["leads"].items()):
        values = found["entered"][:, number]
        if abs(off(values, said, scenario)) > 1:
            problems.append(f"{said:.6g} enter {stage}, simulated {values.mean():.6g}")
    return problems


def busy(tables: dict[str, Any], times: float) -> fs.Scenario:
    """The generated scenario with more leads, so that less is left to chance; not where an
    avalanche could come of it.
    """
    if "referral" in tables or "upsell" in tables:
        return fs.Scenario(**tables)
    key = "leads_per_day"
    more = [c | {key: times * c[key]} if key in c else c for c in tables["channels"]]
    return fs.Scenario(**{**tables, "channels": more})


@pytest.mark.parametrize("name", NAMED)
def test_what_is_said_of_a_named_scenario_is_what_simulations_show(name, seed):
    assert wrong(fs.load(name), seed, 60) == []


@pytest.mark.parametrize("name", NAMED)
def test_where_nobody_waits_conversions_are_those_of_simulations(name, seed):
    assert wrong_in_the_end(fs.load(name), seed, 40) == []


@by_the_dozen
@given(scenario_tables(), st.integers(0, 2**32))
def test_what_is_said_of_generated_scenarios_is_what_simulations_show(tables, seed):
    scenario = busy(tables, 4)
    try:
        assert wrong(scenario, seed, 100) == []
    except FunnelSimError as error:  # of referrals, and no question of what is said
        assert "avalanche" in str(error)


@by_the_dozen
@given(scenario_tables(), st.integers(0, 2**32))
def test_where_nobody_waits_it_is_exact_on_generated_scenarios(tables, seed):
    scenario = busy(tables, 20)
    if not any(holds.random_gaps(stage) for stage in scenario.stages):
        assert wrong_in_the_end(scenario, seed, 100) == []


# --- by hand --------------------------------------------------------------------------------------

BY_HAND = fs.Scenario(
    name="by hand",
    horizon="10 days",
    channels=[
        {"name": "ads", "leads_per_day": 20, "cost_per_lead": 3, "cost_per_day": 5,
         "commission": 0.1},
        {"name": "fair", "leads_per_day": 5, "odds_ratio": {"Offer": 3}, "cost_per_sale": 4},
    ],
    stages=[
        {"name": "Talk", "conversion": 0.4,
         "recovery": {"probability": 0.5, "odds_ratio": 1.5, "attempts": 2}},
        {"name": "Offer", "conversion": 0.5},
        {"name": "Sale"},
    ],
    order={"value": {"uniform": {"low": 50, "high": 150}}, "margin": 0.5, "shipping_cost": 6,
           "shipping_fee": 4, "offers": [
               {"name": "case", "probability": 0.25, "value": {"constant": 40}}]},
)  # fmt: skip


def test_by_hand():
    """Two returns at odds of 2/3 × 1.5 = 1, so each goes on with 1/2; the rest is a product."""
    d = fs.describe(BY_HAND)
    talk = 0.4 + 0.6 * 0.5 * 0.5 + 0.6 * 0.5 * 0.5 * 0.5 * 0.5
    ads, fair = 200 * talk * 0.5, 50 * talk * 0.75
    assert d.channels["conversion"].tolist() == pytest.approx([talk * 0.5, talk * 0.75])
    assert d.channels["sales"].tolist() == pytest.approx([ads, fair], rel=1e-3)
    assert d.channels["cost"].tolist() == [650, 0]
    assert d.stages["reached"].tolist() == pytest.approx([1, talk, (ads + fair) / 250])
    assert d.stages["goes_on"].tolist()[:2] == pytest.approx([talk, (ads + fair) / (250 * talk)])
    said = d.totals["value"]
    assert said["paid_per_sale"] == 114
    assert said["revenue"] == pytest.approx(114 * (ads + fair), rel=1e-3)
    assert said["commission"] == pytest.approx(11.4 * ads + 4 * fair, rel=1e-3)
    left = (114 - 55 - 6) * (ads + fair) - 11.4 * ads - 4 * fair - 650
    assert said["contribution"] == said["profit"] == pytest.approx(left, rel=1e-3)
    assert set(d.totals["holds"]) == {"expected"}


def test_decisions_that_come_too_late_are_no_sales_by_the_horizon():
    slow = {"decision_time": {"exponential": {"mean": "4 days"}}}
    s = fs.Scenario(
        name="slow", horizon="30 days", warm_up="10 days",
        channels=[{"name": "web", "leads_per_day": 10}],
        stages=[{"name": "Interest", "conversion": 0.5, **slow}, {"name": "Sale"}],
    )  # fmt: skip
    # 10 a day × 0.5 × what has decided: ∫ 1 - exp(-t / 4) dt from 10 to 30
    decided = 5 * (20 - 4 * (math.exp(-10 / 4) - math.exp(-30 / 4)))
    said = fs.describe(s).totals["value"]
    assert said["sales"] == pytest.approx(decided, rel=1e-3)
    assert (said["leads"], said["sales_in_the_end"]) == (200, 100)


@pytest.mark.parametrize("name", NAMED)
def test_both_ways_to_the_sales_by_the_horizon_say_the_same(name):
    stages = {f"stages.{stage.name}.recovery": None for stage in fs.load(name).stages[:-1]}
    scenario = fs.load(name).vary(stages)
    # `expected` lets leads come once an hour, so it knows the last hour of a run to a part only
    part = max(1e-4, 0.25 / (24 * scenario.days))
    assert sales_by_the_horizon(scenario).sum() == pytest.approx(expected(scenario)[1], rel=part)


def test_who_comes_back_decides_later():
    """Lost after 2 days, back 5 days later, decided 2 days after that: on the 9th day of a lead."""
    back = {"probability": 0.5, "delay": {"constant": "5 days"}}
    slow = {"decision_time": {"constant": "2 days"}, "recovery": back}
    s = fs.Scenario(
        name="back", horizon="30 days", channels=[{"name": "web", "leads_per_day": 10}],
        stages=[{"name": "Interest", "conversion": 0.4, **slow}, {"name": "Sale"}],
    )  # fmt: skip
    said = fs.describe(s).totals["value"]
    assert said["sales"] == pytest.approx(10 * (28 * 0.4 + 21 * 0.6 * 0.5 * 0.4), rel=1e-3)


def test_a_warm_up_and_a_horizon_within_a_day_count_their_hours():
    day = {"hours": [0] * 8 + [1] * 8 + [3] * 4 + [0] * 4}  # 20 weights
    web = {"name": "web", "leads_per_day": 20, **day}
    stages = [{"name": "Interest", "conversion": 0.5}, {"name": "Sale"}]
    s = fs.Scenario(name="hours", horizon="34 h", warm_up="10 h", channels=[web], stages=stages)
    # 18 after 10:00 on the first day, 2 before 10:00 on the second one
    assert fs.describe(s).totals.loc["leads", "value"] == pytest.approx(20)


def test_what_waits_is_at_most_and_what_a_warm_up_hides_is_not_said():
    team = fs.load("aida-follow-up")
    told = fs.describe(team).totals["holds"]
    assert told["conversion"] == told["sales"] == told["first_orders"] == "at most"
    later = fs.describe(team.vary({"warm_up": "10 days"})).totals
    assert later.loc["sales", "holds"] == later.loc["first_orders", "holds"] == holds.NOT_SAID
    assert later.loc[["sales", "first_orders"], "value"].isna().all()
    assert later.loc["sales_in_the_end", "value"] > 0
    skilled = fs.describe(team.vary({"teams.sales.skills": [2.0]}))
    assert skilled.totals.loc["conversion", "holds"] == holds.ABOUT
    assert "Reps differ: they are taken to answer equally often." in skilled.sentences


def test_a_queue_that_takes_nothing_away_delays_all_the_same():
    steady = {f"stages.{name}.follow_up.{key}": None for name in ("Interest", "Desire")
              for key in ("patience", "response_half_life")}  # fmt: skip
    told = fs.describe(fs.load("aida-follow-up").vary(steady)).totals["holds"]
    assert (told["conversion"], told["sales"]) == ("expected", "at most")


def label(figure: str, **changed: Any) -> str:
    """How a figure of the scenario by hand holds with these parts changed (`__` for a dot)."""
    changes = {path.replace("__", "."): value for path, value in changed.items()}
    row = fs.describe(BY_HAND.vary(changes)).totals.loc[figure]
    assert math.isnan(row["value"]) == (row["holds"] == holds.NOT_SAID)
    return str(row["holds"])


def test_what_depends_on_the_way_or_comes_later_is_said_so():
    assert label("revenue", stages__Talk__recovery__discount=0.1) == "at most"
    assert label("paid_per_sale", stages__Talk__recovery__discount=0.1) == "at most"
    assert label("contribution", stages__Talk__recovery__cost=0.05) == holds.NOT_SAID
    again = {"repeat_probability": 0.5, "gap": {"constant": "1 day"}}
    assert label("revenue", retention=again) == holds.NOT_SAID
    assert label("first_orders", retention=again) == "expected"
    statuses = [[name, {"constant": "1 day"}] for name in ("paid", "delivered")]
    card = {"name": "card", "share": 1, "statuses": statuses}
    assert label("revenue", order__payments=[card]) == "expected"
    returned = {**card, "return_probability": 0.1}
    assert label("revenue", order__payments=[returned]) == holds.NOT_SAID
    assert label("commission", order__payments=[returned]) == "at most"
    tier = {"name": "all", "discount": 0.05}
    assert label("first_orders", loyalty={"enrolment": 0.5, "tiers": [tier]}) == holds.NOT_SAID
    assert label("first_orders", loyalty={"enrolment": 0.5}) == "expected"


def test_fewer_sales_than_said_may_leave_more_where_each_leaves_a_loss():
    call = {"team": "sales", "patience": {"constant": "1 h"}, "handling_time": {"constant": "1 h"}}
    called = {"teams": [{"name": "sales", "reps": 1}], "stages__Offer__follow_up": call}
    assert label("contribution", **called) == "at most"
    assert label("contribution", **called, order__margin=0.0) == holds.NOT_SAID


def test_a_bound_is_not_reached_where_leads_wait(seed):
    few = fs.load("aida-follow-up").vary({"teams.sales.reps": 1})
    said = fs.describe(few).totals.loc["sales", "value"]
    assert measured(few, seed, 20)["sales by channel"].sum(axis=1).mean() < 0.8 * said


# --- as people read it ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMED)
def test_it_reads_in_a_console_and_on_a_page(name):
    s = fs.load(name)
    d = fs.describe(s)
    text, page = repr(d), d._repr_html_()
    assert text.startswith(f"<Description of {s.name!r}>")
    for part in (text, page):
        assert all(channel.name in part for channel in s.channels)
        assert all(stage.name in part for stage in s.stages)
        assert ("Load of the teams" in part) == bool(s.teams)
        assert all(change.name in part for change in s.changes)
        assert "nan" not in part
    assert page.count("<table>") == 3 + bool(s.teams) + bool(s.changes)
    assert d.teams.equals(fs.team_load(s))


def test_names_are_escaped_on_a_page():
    s = BY_HAND.vary({"channels.ads.name": "<b>ads</b>"})
    assert "<b>" not in fs.describe(s)._repr_html_()


def test_a_team_too_small_is_said():
    endless = {f"stages.{name}.follow_up.{key}": None for name in ("Interest", "Desire")
               for key in ("patience", "response_half_life")}  # fmt: skip
    d = fs.describe(fs.load("aida-follow-up").vary({"teams.sales.reps": 1, **endless}))
    assert any("The queue of team sales grows without end" in text for text in d.sentences)


def test_where_nobody_comes_there_is_nothing_to_divide_by():
    nobody = BY_HAND.vary({"channels.ads.leads_per_day": 0, "channels.fair.leads_per_day": 0})
    d = fs.describe(nobody)
    assert d.totals.loc["sales", "value"] == 0 and math.isnan(d.totals.loc["conversion", "value"])
    assert "nan" not in repr(d)


def test_it_takes_a_scenario():
    with pytest.raises(FunnelSimError, match=r"describe takes a Scenario: write fs\.load"):
        fs.describe("aida")
