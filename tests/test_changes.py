"""Changes on a day: what they do from one moment to another, by hand; what is wrong with some."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.analytic.changing import ln_odds, of_stage
from funnelsim.analytic.time_to_sale import expected
from funnelsim.distributions import DAY, HOUR
from funnelsim.engines import simulate_together
from funnelsim.metrics.money import money, profit_steps
from funnelsim.planner.question import why_not
from funnelsim.state import from_today

PROMOTION = fs.load("promotion")
ENGINES = ("process", "columns")


def shop(*changes: dict[str, Any], **parts: Any) -> fs.Scenario:
    """Everybody buys in the moment of coming, for 100."""
    return fs.Scenario(
        **{
            "name": "shop",
            "horizon": "10 days",
            "channels": [{"name": "web", "leads_per_day": 20}],
            "stages": [{"name": "Interest", "conversion": 1.0}, {"name": "Action"}],
            "order": {"value": {"constant": 100}, "margin": 0.5},
            "changes": list(changes),
            **parts,
        }
    )


def change(begins: Any, ends: Any = None, **what: Any) -> dict[str, Any]:
    to = {} if ends is None else {"to": ends}
    return {"name": f"from {begins}".replace(".", " "), "from": begins, **to, **what}


# --- a promotion, by hand -----------------------------------------------------------------------


def test_a_promotion_week_is_worth_what_the_sum_by_hand_says(seed: int) -> None:
    """56 days with 40 leads at 0.50; a quarter and then half of them buy for 60 and leave 45 %.

    In the week 72 leads come; of 0.5 the odds are 1.4, so 7/12 buy; 60 x 0.85 less goods for 33.
    """
    days, runs = 56, 40
    (with_it,) = simulate_together(PROMOTION, seed, range(runs))
    (without,) = simulate_together(PROMOTION.vary({"changes": []}), seed, range(runs))
    plain, in_the_week = 40 * 0.25 * 0.5, 72 * 0.25 * 7 / 12
    square = 60**2 * (1 + 0.5**2)  # of a value
    for journal, orders, each, leads, costs, second in (
        (without, days * plain, 27.0, 40 * days, 0.0, days * plain * 0.45**2 * square),
        (
            with_it,
            49 * plain + 7 * in_the_week,
            (49 * plain * 27.0 + 7 * in_the_week * 18.0) / (49 * plain + 7 * in_the_week),
            40 * 49 + 72 * 7,
            200 + 7 * 30,
            (49 * plain * 0.45**2 + 7 * in_the_week * 0.30**2) * square,
        ),
    ):
        error = math.sqrt((second + leads * 0.5**2) / runs)  # a compound Poisson sum; at most
        expected = orders * each - leads * 0.5 - costs
        assert abs(money(journal).profit.mean() / 100 - expected) < 5 * error
    assert 7 * (in_the_week * 18 - 36 - (plain * 27 - 20)) - 410 == pytest.approx(-144)


def test_what_the_comment_of_the_promotion_says() -> None:
    with_it, without = (
        fs.simulate(s, seed=1, progress=False) for s in (PROMOTION, PROMOTION.vary({"changes": []}))
    )
    week = [((j.orders["placed"] >= 28) & (j.orders["placed"] < 35)).sum() for j in
            (with_it, without)]  # fmt: skip
    assert week[0] > 1.7 * week[1]
    assert fs.summary(with_it)["profit"] < fs.summary(without)["profit"]


def test_costs_are_a_step_of_their_own_and_no_cac(seed: int) -> None:
    free = PROMOTION.vary({"changes.promotion.cost": 0, "changes.promotion.cost_per_day": 0})
    paid, unpaid = (fs.simulate(s, seed, progress=False) for s in (PROMOTION, free))
    assert [s.cents for s in profit_steps(paid) if s.name == "Changes"] == [-(200 + 7 * 30) * 100]
    names = [step.name for step in profit_steps(paid)]
    assert names[-3:] == ["Contribution", "Changes", "Profit"]
    assert "Changes" not in [step.name for step in profit_steps(unpaid)]
    told, other = fs.summary(paid), fs.summary(unpaid)
    assert told["profit"] == pytest.approx(other["profit"] - 410)
    for figure in ("cac", "contribution", "revenue"):
        assert told[figure] == other[figure]


@pytest.mark.parametrize(
    ("begins", "ends", "warm_up", "cost"),
    [
        ("2 days", "3.5 days", "0 days", 100 + 15),
        ("2 days", None, "0 days", 100 + 80),
        ("2 days", None, "2 days", 100 + 80),  # it begins when the warm-up ends
        ("2 days", None, "3 days", 70),
        ("-5 days", None, "0 days", 100),  # paid before the start
        ("10 days", None, "0 days", 0),  # at the horizon
    ],
)
def test_what_a_change_costs(begins: str, ends: str | None, warm_up: str, cost: float) -> None:
    scenario = shop(change(begins, ends, cost=100, cost_per_day=10), warm_up=warm_up)
    assert money(fs.simulate(scenario, seed=1)).changes.tolist() == [cost * 100]
    assert fs.describe(scenario).totals.loc["cost_of_changes", "value"] == cost


# --- one moment ---------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_it_acts_from_its_first_moment_on_and_at_its_last_no_longer(engine: str, seed: int) -> None:
    """All is decided on the hour, where one change gives way to the next: neither both nor none."""
    call = {"team": "team", "handling_time": {"constant": "1 h"}}
    scenario = shop(
        change("0 h", "251 h", odds_ratio={"Desire": 1e12}),
        change("251 h", odds_ratio={"Desire": 1e-12}),
        {**change("-1 h", "228 h"), "discount": 0.1},
        {**change("228 h"), "discount": 0.3},
        horizon="11 days",
        teams=[{"name": "team", "reps": 9, "open": "Mon-Sun 10:00-11:00"}],
        stages=[
            {"name": "Interest", "conversion": 1.0, "follow_up": call},
            {"name": "Desire", "conversion": 0.5, "decision_time": {"constant": "1 h"}},
            {"name": "Action"},
        ],
    )
    journal = fs.simulate(scenario, seed, engine=engine, progress=False)
    entered = journal.stage_visits.query("stage == 'Desire' and outcome != 'open'")
    hour = (entered["entered"] * 24).round().astype(int)
    assert (entered["outcome"][hour < 251] == "advanced").all()
    assert (entered["outcome"][hour == 251] == "lost").all()
    assert (hour == 251).any()
    placed = journal.whole["orders"]["placed"]
    share = journal.whole["orders"]["discount"] / journal.whole["orders"]["value"]
    assert np.allclose(share, np.where(placed < 228 * HOUR, 0.1, 0.3))
    assert (placed == 228 * HOUR).any()


@pytest.mark.parametrize("engine", ENGINES)
def test_several_multiply_and_the_largest_discount_holds(engine: str, seed: int) -> None:
    both = [change("1 days", "3 days", order_value_factor=1.5, discount=0.2),
            change("2 days", "4 days", order_value_factor=2.0, discount=0.1)]  # fmt: skip
    orders = fs.simulate(shop(*both), seed, engine=engine, progress=False).whole["orders"]
    day = orders["placed"] // DAY
    value = np.array([100, 150, 300, 200, *[100] * 6]) * 100
    assert (orders["value"] == value[day]).all()
    share = np.array([0, 0.2, 0.2, 0.1, *[0] * 6])
    assert (orders["discount"] == np.rint(value * share)[day]).all()


def test_a_ramp_rises_and_falls_in_a_straight_line() -> None:
    scenario = shop(change("2 days", "6 days", ramp="2 days", odds_ratio={"Interest": 4.0}))
    acting = of_stage(scenario, scenario.stages[0])
    days = np.array([0, 2, 3, 4, 6, 7, 8, 9])
    expected = np.array([0, 0, 0.5, 1, 1, 0.5, 0, 0]) * math.log(4)
    assert ln_odds(acting, days * DAY) == pytest.approx(expected)
    short = scenario.vary({"changes.from 2 days.to": "3 days"})
    assert ln_odds(of_stage(short, short.stages[0]), days * DAY) == pytest.approx(
        np.array([0, 0, 0.5, 0.5, 0, 0, 0, 0]) * math.log(4)
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_a_coin_is_tossed_when_an_order_is_closed(engine: str, seed: int) -> None:
    """Orders are closed a day after; nobody comes back of those that are closed meanwhile."""
    statuses = [["new", {"constant": "1 day"}], ["sent", {"constant": "0 h"}]]
    card = {"name": "card", "share": 1.0, "statuses": statuses}
    scenario = shop(
        change("3 days", "5 days", repeat_odds_ratio=1e-9),
        order={"value": {"constant": 100}, "payments": [card]},
        retention={"repeat_probability": 0.99, "gap": {"constant": "1 us"}},
        horizon="6 days",
        channels=[{"name": "web", "leads_per_day": 5}],
    )
    orders = fs.simulate(scenario, seed, engine=engine, progress=False).orders
    last = orders.groupby("lead")["closed"].transform("max") == orders["closed"]
    meanwhile = (orders["closed"] >= 3) & (orders["closed"] < 5)
    assert last[meanwhile].all()
    assert not (meanwhile & ~last).any()


# --- leads, and what is said without simulation ---------------------------------------------------


def test_leads_come_as_often_as_it_says(seed: int) -> None:
    scenario = shop(
        change("2 days", "4.5 days", leads_factor={"web": 3.0}),
        channels=[{"name": "web", "leads_per_day": 20}, {"name": "shop", "leads_per_day": 5}],
    )
    assert fs.describe(scenario).channels["leads"].tolist() == [200 + 2.5 * 40, 50]
    (runs,) = simulate_together(scenario, seed, range(50))
    days = np.bincount(runs.whole["leads"]["arrived"] // DAY, minlength=10) / 50
    expected = np.array([25, 25, 65, 65, 45, *[25] * 5])
    assert (abs(days - expected) < 5 * np.sqrt(expected / 50)).all()


def test_with_no_leads_for_a_while_nobody_comes_and_nobody_else_is_moved(seed: int) -> None:
    closed = shop(change("2 days", "4 days", leads_factor=0))
    with_it, without = (fs.simulate(s, seed).whole["leads"] for s in (closed, shop()))
    there = (without["arrived"] < 2 * DAY) | (without["arrived"] >= 4 * DAY)
    assert (with_it["key"] == without["key"][there]).all()


def test_what_is_said_without_simulation_is_an_average() -> None:
    scenario = shop(
        change("5 days", odds_ratio=3.0),
        stages=[{"name": "Interest", "conversion": 0.5}, {"name": "Action"}],
    )
    told = fs.describe(scenario)
    assert told.totals.loc["conversion", "value"] == pytest.approx((0.5 + 0.75) / 2)
    assert told.totals.loc["conversion", "holds"] == "about, on average over the leads"
    assert any("Odds change on some day" in sentence for sentence in told.sentences)


# --- dates, and what is wrong ---------------------------------------------------------------------


def test_dates_count_from_the_start() -> None:
    dated = shop(change(date(2027, 1, 8), "2027-01-12"), start=date(2027, 1, 4))
    assert (dated.changes[0].from_, dated.changes[0].to) == (4 * DAY, 8 * DAY)
    assert fs.Scenario.from_toml(dated.to_toml()) == dated
    before = shop(change(date(2026, 12, 31)), start=date(2027, 1, 4))
    assert before.changes[0].from_ == -4 * DAY
    assert fs.Scenario.from_toml(before.to_toml()) == before


TEAM = {
    "teams": [{"name": "sales", "reps": 2}],
    "stages": [
        {"name": "Interest", "conversion": 0.5, "follow_up": {"team": "sales"}},
        {"name": "Action"},
    ],
}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (change("5 days", "5 days"), 'to is "5 days"; a change ends after it begins'),
        (change(5), 'from is 5; this is a time from the start of the run, such as "30 days"'),
        (change("1 day", odds_ratio={"Interst": 2}), "no stage of this name before the goal"),
        (change("1 day", odds_ratio={"Interst": 2}), "did you mean Interest?"),
        (change("1 day", leads_factor={"wep": 2}), "no such channel: did you mean web?"),
        (change("1 day", reps={"sale": 1}), "no such team: did you mean sales?"),
        (change("1 day", reps={"sales": -3}), "teams.sales would have -1 at 1 day"),
        (change("1 day", reps={"sales": 0.5}), "whole number"),
        (change("Monday"), '"1.5 days" or "3 weeks", or a date: 2027-02-01'),
        (change("1 day", skill=0.5), "add reps = { sales = 1 }"),
        (change("1 day", skill=0.5, reps={"sales": 1}), 'add ramp = "60 days"'),
        (change("1 day", skill=0.5, reps={"sales": -1}, ramp="9 days"), "nobody comes: leave it"),
        (change("1 day", odds=2), "there is no such key"),
    ],
)
def test_what_is_wrong_is_told_with_a_way_out(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(fs.ScenarioError) as error:
        shop(wrong, **TEAM)
    assert told in str(error.value)


def test_a_value_of_which_nothing_comes_is_told() -> None:
    """A part can be taken out to see what it does, so these stay valid; `describe` says so."""
    kinds = {"share": 1, "repeat_odds_ratio": 2}
    parts = {"segments": [{"name": "all", **kinds, "order_value_factor": 1.1}],
             "arms": [{"name": "A", **kinds}]}  # fmt: skip
    with_it = shop(change("1 day", discount=0.1), **parts)
    told = " ".join(fs.describe(with_it.vary({"order": None})).sentences)
    both = "segments.all.order_value_factor and changes.from 1 day.discount"
    assert f"Without [order] nothing comes of {both}." in told
    both = "segments.all.repeat_odds_ratio and arms.A.repeat_odds_ratio"
    no_retention = f"Without [retention] nothing comes of {both}."
    assert no_retention in told
    assert [s for s in fs.describe(with_it).sentences if "nothing comes" in s] == [no_retention]


def test_two_who_are_away_at_once_are_too_many_and_one_after_the_other_are_not() -> None:
    first = change("1 day", "3 days", reps={"sales": -2})
    shop(first, change("3 days", reps={"sales": -2}), **TEAM)
    with pytest.raises(fs.ScenarioError, match="would have -2 at 2 days"):
        shop(first, change("2 days", reps={"sales": -2}), **TEAM)


@pytest.mark.parametrize(
    "team", [{"name": "sales", "reps": -1}, {"name": ["sales"], "reps": 1}], ids=["reps", "name"]
)
def test_a_wrong_team_is_told_where_a_change_moves_its_reps(team: dict[str, Any]) -> None:
    """Neither may end the search for what is wrong with an error of Python's own."""
    with pytest.raises(fs.ScenarioError, match=r"teams"):
        fs.Scenario(
            name="wrong",
            channels=[{"name": "web", "leads_per_day": 1}],
            teams=[team],
            stages=[{"name": "Interest", "conversion": 0.5}, {"name": "Action"}],
            changes=[{"name": "more", "from": "1 day", "reps": {"sales": 1}}],
        )


def test_reps_who_are_away_longer_than_others_stand_in_for_them_are_too_many() -> None:
    stand_in = change("1 day", "4 days", reps={"sales": 1})
    with pytest.raises(fs.ScenarioError, match="would have -1 at 4 days"):
        shop(stand_in, change("2 days", "5 days", reps={"sales": -3}), **TEAM)
    whole = shop(stand_in, change("2 days", "4 days", reps={"sales": -3}), **TEAM)
    least = whole.limits()
    assert [least[f"changes.{c.name}.reps.sales"][0] for c in whole.changes] == [1, -3]
    assert least["teams.sales.reps"][0] == 2


# --- plans, levers, a state -----------------------------------------------------------------------


def test_a_plan_simulates_changes_of_odds_and_knows_more_leads_by_formula() -> None:
    stages = [{"name": "Interest", "conversion": 0.5}, {"name": "Action"}]
    odds = shop(change("5 days", odds_ratio=3.0), stages=stages)
    assert why_not(odds, "sales") == "odds change on a day"
    price = shop(change("5 days", order_value_factor=1.1))
    assert (why_not(price, "sales"), why_not(price, "revenue")[:15]) == ("", "what orders pay")
    more = shop(change("0 days", leads_factor=2.0), stages=stages)
    twice = shop(stages=stages, channels=[{"name": "web", "leads_per_day": 40}])
    assert why_not(more, "sales") == ""
    assert expected(more) == pytest.approx(expected(twice))


def test_when_it_begins_can_be_turned() -> None:
    path = "changes.promotion.from"
    table = fs.sensitivity(PROMOTION, {path: ("7 days", "28 days")}, n=2, progress=False).table
    assert "promotion: from" in str(table)
    assert PROMOTION.vary({path: "7 days"}).changes[0].from_ == 7 * DAY


def test_an_open_deal_has_the_odds_of_the_day_it_entered(seed: int) -> None:
    """Its visit began before the start: a change since then is not for it, one before is."""
    deals = {"stage": ["Interest"] * 40, "days_in_stage": [3.0] * 40}
    stages = [
        {
            "name": "Interest",
            "conversion": 0.5,
            "decision_time": {"exponential": {"mean": "1 day"}},
        },
        {"name": "Action"},
    ]
    for begins, ends, share in (
        ("0 days", None, 0.5), ("-5 days", "-1 day", 1.0), ("-2 days", "0 days", 0.5),
    ):  # fmt: skip
        scenario = shop(
            change(begins, ends, odds_ratio=1e12),
            stages=stages,
            channels=[{"name": "web", "leads_per_day": 0}],
            horizon="90 days",
        )
        for engine in ENGINES:
            journal = fs.simulate(scenario, seed, engine=engine, initial=fs.State(deals=deals))
            won = journal.leads["outcome"].eq("customer").mean()
            error = 5 * math.sqrt(share * (1 - share) / 40)
            assert abs(won - share) <= error


def test_from_today_a_change_under_way_goes_on() -> None:
    scenario = shop(change("2 days", "6 days", leads_factor=3.0, cost=5), warm_up="4 days")
    later = from_today(scenario)
    assert (later.changes[0].from_, later.changes[0].to) == (-2 * DAY, 2 * DAY)
    leads = [fs.describe(s).totals.loc["leads", "value"] for s in (scenario, later)]
    assert leads == [200, 200]
