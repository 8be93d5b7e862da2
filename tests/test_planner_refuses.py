"""What stands in the way of a target, what would move it, and what bad input gets."""

from __future__ import annotations

import re
from typing import Any

import pytest
from a_shop import shop

import funnelsim as fs


def said(p: Any, pattern: str) -> bool:
    assert not p.is_reached
    assert "cannot be met" in p.sentences[0]
    return any(re.search(pattern, sentence) for sentence in p.sentences)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("order.value", "Order: value"),
        ("channels.search ads.cost_per_lead", "search ads: cost per lead"),
    ],
)
@pytest.mark.parametrize("name", ["aida", "aida-follow-up"])  # by formula, by a search
def test_what_changes_nothing_is_named(name: str, change: str, words: str) -> None:
    p = fs.plan(fs.load(name), 500, change=change, progress=False)
    assert not p.is_reached and p.scenario == p.today
    assert said(p, f"{words} does not change the sales")


def test_a_team_that_is_too_small_is_named_with_a_number_that_would_do() -> None:
    p = fs.plan(fs.load("aida-follow-up"), 600, progress=False)
    assert said(p, "Team sales is in the way")
    way_out = next(s for s in p.sentences if s.startswith("With 3 reps"))
    leads = int(re.search(r"about ([\d,]+) leads", way_out)[1].replace(",", ""))
    assert 3_500 < leads < 6_000


def test_past_capacity_it_does_not_ask_for_more_leads() -> None:
    p = fs.plan(fs.load("aida-follow-up"), 2_000, progress=False)
    assert said(p, "Team sales is in the way")
    assert p.leads < 6_000


def test_past_capacity_only_a_rep_helps() -> None:
    p = fs.plan(fs.load("aida-follow-up"), 400, progress=False)
    assert re.search(r"instead of 2 .* for 9,900 EUR; more leads alone do not", str(p))


def test_a_conversion_of_0_is_named() -> None:
    stages = [{"name": "Visit", "conversion": 0}, {"name": "Sale"}]
    assert said(fs.plan(shop(stages=stages), 10), r"stages\.Visit\.conversion is 0")


@pytest.mark.parametrize("name", ["aida", "aida-follow-up"])
def test_what_changes_nothing_stays_where_the_target_is_met_anyway(name: str) -> None:
    change = "channels.search ads.cost_per_lead"
    p = fs.plan(fs.load(name), 100, change=change, progress=False)
    assert p.is_reached and p.scenario == p.today
    assert re.search("search ads: cost per lead does not change the sales", str(p))


@pytest.mark.usefixtures("few_futures")
def test_referrals_without_end_are_no_error() -> None:
    few = fs.load("aida-loyalty-advocacy").vary({"referral.max_leads": 2_000})
    p = fs.plan(few, 20_000, progress=False)
    assert said(p, "the referrals are an avalanche")


def test_where_open_deals_are_enough_nothing_is_said_of_teams() -> None:
    deals = {"stage": ["Desire"] * 700, "days_in_stage": [1.0] * 700}
    p = fs.plan(fs.load("aida-follow-up"), 50, initial=fs.State(deals=deals), progress=False)
    assert p.leads == 0 and "team" not in str(p).lower()


def test_a_target_far_too_high_is_told_the_same_and_soon() -> None:
    ceiling = [{"name": "web", "leads_per_day": 10, "ceiling": 20}]
    for target in (500, 2_000, 10**9):
        p = fs.plan(shop(channels=ceiling), target, progress=False)
        assert said(p, "web is at its ceiling") and p.leads == 1_800
    assert not fs.plan(fs.load("aida-follow-up"), 10**9, progress=False).is_reached


def test_the_fewest_reps_that_would_do_are_named() -> None:
    assert said(
        fs.plan(fs.load("aida-follow-up"), 500, progress=False), "With 3 reps in team sales"
    )


def test_full_channels_are_named() -> None:
    channels = [{"name": "web", "leads_per_day": 10, "ceiling": 12}]
    p = fs.plan(shop(channels=channels), 80)
    assert said(p, "web is at its ceiling")
    assert any("Within 180 days" in sentence for sentence in p.sentences)


def test_a_horizon_that_is_too_short_is_named() -> None:
    stages = [
        {"name": "Visit", "conversion": 0.5, "decision_time": {"constant": "100 days"}},
        {"name": "Sale"},
    ]
    p = fs.plan(shop(stages=stages), 10)
    assert said(p, "Nobody gets through the funnel within 90 days")
    assert any(sentence.startswith("Within 180 days") for sentence in p.sentences)


def test_leads_that_cost_more_than_they_bring_are_named() -> None:
    channels = [{"name": "web", "leads_per_day": 10, "cost_per_lead": 10}]
    p = fs.plan(shop(channels=channels), 1_000, "contribution", progress=False)
    assert said(p, "a lead costs more than it brings")


# --- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target": -1}, "target is -1; it is a number above 0"),
        ({"target": "many"}, 'target is "many"; it is a number above 0'),
        ({"target": float("nan")}, "target is nan"),
        ({"target": True}, "target is True"),
        ({"metric": "sails"}, "did you mean sales"),
        ({"probability": 90}, "write 0.9 for 90 %"),
        ({"probability": 1}, "it lies between 0 and 1"),
        ({"most_gone_cold": 5}, "write 0.05 for 5 %"),
        ({"target": 10.5}, "sales come in whole numbers: write 11"),
        ({"within": "0 days"}, 'within is "0 days"; a plan needs some time'),
        ({"change": "horizon"}, 'say it with within="120 days"'),
        ({"within": 90}, "within is 90; a duration is a number and a unit"),
        (
            {"change": "stages.Visit.conversio"},
            'change is "stages.Visit.conversio"; stages.Visit has',
        ),
        ({"change": "stages.Visit.conversio"}, "did you mean conversion? There are: "),
        ({"change": "reps"}, "there is no team: there are: leads, budget, "),
        ({"change": 3}, "change is 3"),
        ({"pilot": "a few"}, 'write "15 of 300"'),
        ({"pilot": (20, 10)}, "pilot is (20, 10)"),
        ({"pilot": (0, 0)}, "it is sales seen and the leads they came of"),
        ({"pilot": (1.5, 300)}, "pilot is (1.5, 300)"),
        ({"arrivals": "some"}, "there is no such"),
        ({"seed": -1}, "seed is -1"),
        ({"executor": 2}, "it is a concurrent.futures.Executor"),
    ],
)
def test_bad_input_gets_a_clear_word(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(fs.FunnelSimError, match=re.escape(message)):
        fs.plan(shop(), **{"target": 100, **arguments})


def test_money_needs_an_order() -> None:
    with pytest.raises(fs.FunnelSimError, match=r"the scenario has no \[order\]"):
        fs.plan(shop(order=None), 100, "revenue")


def test_nobody_comes_nobody_buys() -> None:
    nobody = shop(channels=[{"name": "web", "leads_per_day": 0}])
    with pytest.raises(fs.FunnelSimError, match="no channel brings leads in this time"):
        fs.plan(nobody, 5, change="stages.Visit.conversion")


def test_no_scenario_is_no_scenario() -> None:
    with pytest.raises(fs.FunnelSimError, match="plan takes a Scenario"):
        fs.plan("aida", 100)


def test_channels_without_leads_have_no_mix() -> None:
    channels = [{"name": "web", "leads_per_day": 0}]
    with pytest.raises(fs.FunnelSimError, match="no channel brings leads"):
        fs.plan(shop(channels=channels), 100)


def test_a_search_does_not_promise_what_it_cannot_see() -> None:
    with pytest.raises(fs.FunnelSimError, match=r"chances up to 0\.99: .* write 0\.99"):
        fs.plan(fs.load("aida-follow-up"), 330, probability=0.999)
    assert fs.plan(fs.load("aida"), 150, probability=0.999, progress=False).is_reached


def test_which_team_is_asked_for_where_there_are_several() -> None:
    with pytest.raises(fs.FunnelSimError, match=r"several teams: write one of: teams\.inside"):
        fs.plan(fs.load("b2b-pipeline"), 60, change="reps")


def test_where_no_more_leads_can_be_had_no_team_is_blamed() -> None:
    more = {"teams.sales.reps": 6, "channels.search ads.ceiling": 24}
    firm = fs.load("aida-follow-up").vary({**more, "channels.trade fair.ceiling": 6})
    p = fs.plan(firm, 350, progress=False)
    assert p.is_reached and "can do no more" not in str(p)


def test_a_fixed_number_of_leads_needs_a_formula() -> None:
    with pytest.raises(fs.FunnelSimError, match="leads wait for one another"):
        fs.plan(fs.load("aida-follow-up"), 100, arrivals="fixed")
