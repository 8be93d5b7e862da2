"""What a plan can move, and from when on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from a_shop import shop
from hypothesis import given
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.analytic.arrivals import leads_of_channels, mean_by_day
from funnelsim.planner.levers import lever, with_reps
from funnelsim.planner.requirements import fewest


def test_ceilings_are_kept_and_the_others_take_the_rest() -> None:
    channels = [
        {"name": "web", "leads_per_day": 10, "ceiling": 12},
        {"name": "ads", "leads_per_day": 10},
    ]
    p = fs.plan(shop(channels=channels), 100)
    assert p.leads == 2_260
    assert p.channels.loc["web", "planned"] == pytest.approx(12)
    assert list(p.channels["full"]) == [True, False]


def test_a_budget_buys_leads_of_paid_channels_only() -> None:
    channels = [
        {"name": "word of mouth", "leads_per_day": 10},
        {"name": "ads", "leads_per_day": 10, "cost_per_lead": 3},
    ]
    p = fs.plan(shop(channels=channels), 100, change="budget")
    assert p.channels.loc["word of mouth", "planned"] == pytest.approx(10)
    assert p.leads == 2_260
    assert p.budget == pytest.approx(3 * (2_260 - 900), abs=3)


def test_a_conversion_can_be_moved() -> None:
    p = fs.plan(shop(), 100, change="stages.Visit.conversion")
    # 900 leads: the mean of a Poisson number that is 100 or more nine times in ten is 113.03
    assert p.scenario.stages[0].conversion == pytest.approx(113.03 / 900, rel=1e-3)
    assert p.setting == "Visit: conversion = 12.56 %"


def test_the_leads_of_one_channel_can_be_moved_and_how_sure_they_are_is_told() -> None:
    """Also by a search, whose curve has settings in place of leads."""
    stages = [{"name": "Visit", "conversion": 0.5}, {"name": "Sale"}]
    small = shop(channels=[{"name": "web", "leads_per_day": 1}], stages=stages, horizon="20 days")
    there = fs.State(deals={"stage": ["Visit"] * 4, "days_in_stage": [1.0] * 4})
    p = fs.plan(small, 10, change="channels.web.leads_per_day", initial=there, progress=False)
    assert p.method == "simulation"
    told = next(s for s in p.sentences if "simulated futures" in s)
    assert f"between {p.leads_low:,} and {p.leads_high:,} leads in all (95 % interval)." in told
    assert p.leads_low <= p.leads <= p.leads_high


def test_reps_move_in_whole_steps() -> None:
    p = fs.plan(fs.load("aida-follow-up"), 330, change="reps", progress=False)
    assert p.change == "teams.sales.reps"
    assert p.scenario.teams[0].reps == 3


def test_reps_between_those_tried_first_are_found() -> None:
    many = {"channels.search ads.leads_per_day": 32, "channels.trade fair.leads_per_day": 8}
    busy = fs.load("aida-follow-up").vary(many)
    p = fs.plan(busy, 75_300, "profit", change="reps", progress=False)
    assert p.is_reached and p.scenario.teams[0].reps == 3  # two lose sales, and four cost more
    assert "With 3 reps in team sales (today 2; 9,900 EUR more)" in p.sentences[0]


def test_reps_who_come_or_go_have_the_average_skill() -> None:
    skills = [1.5, 1.2, 0.9, 0.6]
    team = {"name": "sales", "reps": 4, "skills": skills}
    firm = fs.load("aida-follow-up").vary({"teams": [team]})
    assert with_reps(firm, "sales", 4) == firm
    average = np.prod(skills) ** 0.25
    assert np.allclose(with_reps(firm, "sales", 2).teams[0].skills, [average] * 2)
    assert np.allclose(with_reps(firm, "sales", 6).teams[0].skills, [*skills, average, average])


def test_by_formula_too_less_of_some_things_is_more_sales() -> None:
    slow = {"name": "Visit", "conversion": 0.1}
    slow["decision_time"] = {"exponential": {"mean": "40 days"}}
    web = [{"name": "web", "leads_per_day": 20}]
    s = shop(channels=web, stages=[slow, {"name": "Sale"}])
    p = fs.plan(s, 130, change="stages.Visit.decision_time", progress=False)
    assert p.method == "formula" and p.is_reached
    assert 1 < float(p.setting.split(" = ")[1].split(" ")[0]) < 40  # days


def test_the_usual_sum_has_the_chance_of_its_own_leads() -> None:
    leads, budget = (fs.plan(fs.load("aida"), 60, change=c) for c in ("leads", "budget"))
    for p in (leads, budget):
        assert p.naive_leads < p.leads and p.naive_chance < 0.9
    curve = budget.curve  # which is of paid leads only
    at = np.interp(budget.naive_leads, curve["leads"], curve["chance"])
    assert budget.naive_chance == pytest.approx(at, abs=0.01)


def test_a_part_of_a_day_has_its_part_of_the_leads() -> None:
    half = shop(horizon="36 h", channels=[{"name": "web", "leads_per_day": 100}])
    assert leads_of_channels(half).sum() == pytest.approx(150)
    by_night = [1.0] * 12 + [0.0] * 12
    early = [{"name": "web", "leads_per_day": 100, "hours": by_night}]
    assert leads_of_channels(shop(horizon="36 h", channels=early)).sum() == pytest.approx(200)


def test_a_plan_for_a_part_of_a_day_holds(seed: int) -> None:
    short = shop(horizon="36 h", channels=[{"name": "web", "leads_per_day": 100}])
    p = fs.plan(short, 8, progress=False)
    told = fs.forecast(p.scenario, n=2_000, seed=seed, progress=False).chance("sales", 8)
    assert told == pytest.approx(p.chance, abs=4.5 * (0.09 / 2_000) ** 0.5)


def test_a_plan_planned_again_keeps_to_its_ceiling() -> None:
    web = [{"name": "web", "leads_per_day": 10, "ceiling": 12}]
    first = fs.plan(shop(channels=web, warm_up="30 days", horizon="120 days"), 40, progress=False)
    again = fs.plan(first.scenario, 60, progress=False)
    assert not again.is_reached and again.channels["full"].all()
    assert again.channels["planned"].tolist() == pytest.approx([12.0])
    assert len(again.scenario.channels[0].bursts) == 1


def test_less_handling_time_is_more_sales() -> None:
    scenario = fs.load("aida-follow-up").vary({"teams.sales.reps": 1})
    path = "stages.Desire.follow_up.handling_time"
    p = fs.plan(scenario, 230, change=path, progress=False)
    assert p.is_reached
    handling = p.scenario.stages[2].follow_up.handling_time.exponential.mean
    assert handling < scenario.stages[2].follow_up.handling_time.exponential.mean


def test_leads_are_bought_from_the_end_of_the_warm_up_on() -> None:
    aida = fs.load("aida").vary({"warm_up": "20 days"})
    ads, after = aida.channels[0], lever(aida, "leads").at(2.5)
    before, then = mean_by_day(aida, ads), mean_by_day(after, after.channels[0])
    assert np.array_equal(then[:20], before[:20])
    assert np.allclose(then[20:], 2.5 * before[20:])


def test_a_plan_after_a_warm_up_holds_with_the_pipeline_of_its_end(seed: int) -> None:
    pipeline = fs.load("b2b-pipeline")
    p = fs.plan(pipeline, 60, progress=False)
    ends = [fs.simulate(pipeline, seed=seed + n, progress=False).state(90) for n in range(40)]
    told = [
        fs.forecast(p.scenario, end, n=5, seed=seed + n, progress=False).chance("sales", 60)
        for n, end in enumerate(ends)
    ]
    # the plan's own chance is known to 0.02, and this mean to its standard error
    assert abs(np.mean(told) - 0.9) < 4.5 * math.hypot(np.std(told) / len(told) ** 0.5, 0.02)


def test_a_lever_of_one_is_today() -> None:
    for name in fs.templates():
        scenario = fs.load(name)
        assert lever(scenario, "leads").at(1.0) == scenario


@given(enough=st.integers(1, 60), busy=st.integers(1, 15), floor=st.sampled_from([0.0, 0.05, 0.3]))
def test_the_fewest_reps_are_found_wherever_the_search_begins(enough, busy, floor) -> None:
    def gone_cold(reps: int) -> float:
        return floor if reps >= enough else 0.9

    every = range(1, 4 * busy + 1)
    kept = [n for n in every if gone_cold(n) <= 0.1]
    near = [n for n in every if gone_cold(n) <= gone_cold(4 * busy) + 0.01]
    assert fewest(gone_cold, 0.1, busy, 4 * busy) == (min(kept or near), bool(kept))
