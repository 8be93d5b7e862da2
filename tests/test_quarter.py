"""Lesson 13: a plan that is signed is judged by what it says, and the quarter is the firm's own."""

from __future__ import annotations

from typing import Any

import pytest

import funnelsim as fs
from funnelsim.exercises import quarter
from funnelsim.exercises.verdict import Verdict

GOOD = (
    "With these leads, for 10,000 EUR, and a third rep we reach it nine times in ten. Of three "
    "forecasts two held. It is wrong if leads get worse: we would see that in week four."
)


@pytest.fixture(scope="module")
def plan() -> fs.Plan:
    """By a formula: of no calibration, but a plan all the same."""
    shop = fs.Scenario(
        name="shop",
        horizon="90 days",
        channels=[{"name": "web", "leads_per_day": 2}],
        stages=[{"name": "Visit", "conversion": 0.2}, {"name": "Sale"}],
    )
    return fs.plan(shop, 30, progress=False)


@pytest.fixture(scope="module")
def firm() -> quarter.Firm:
    return quarter.coffee()


def signed(firm: quarter.Firm, plan: fs.Plan, **changed: Any) -> quarter.Signed:
    asked: dict[str, Any] = {"leads": plan.leads, "reps": 3, "chance": 0.9, "statement": GOOD}
    found = quarter.sign(firm, plan, **(asked | changed))
    assert isinstance(found, quarter.Signed)
    return found


def judged(firm: quarter.Firm, plan: fs.Plan, **changed: Any) -> dict[str, str]:
    told: dict[str, str] = signed(firm, plan, **changed).judged["yours"].to_dict()
    return told


def test_a_good_plan_is_good_and_its_words_are_left_to_people(firm, plan):
    told = judged(firm, plan)
    assert list(told) == list(quarter.rubric().table.index)
    assert list(told.values()) == ["good"] * 4 + ["a person judges"] * 2


@pytest.mark.parametrize(
    ("what", "changed", "grade"),
    [
        ("The number", {"leads": 150}, "poor"),
        ("The number", {"leads": 260}, "fair"),
        ("The number", {"chance": 0.85}, "good"),
        ("The number", {"chance": 0.8}, "fair"),
        ("The chance", {"chance": 0.5}, "poor"),
        ("The chance", {"chance": 0.99}, "fair"),
        ("The people", {"reps": 2}, "poor"),
        ("The money", {"leads": 400}, "poor"),
        ("The money", {"statement": "Wrong if the forecast fails."}, "fair"),
        ("The evidence", {"statement": "It costs 10,000 EUR."}, "poor"),
        ("The doubt", {"statement": "It costs 10,000 EUR."}, "poor"),
    ],
)
def test_what_can_be_checked_is(firm, plan, what, changed, grade):
    assert judged(firm, plan, **changed)[what] == grade


def test_less_money_with_less_chance_is_as_good(firm, plan):
    """By the plan's own curve, wherever on it one stands."""
    for chance in (0.75, 0.85, 0.95):
        curve = plan.curve.sort_values("chance")
        leads = curve["leads"][curve["chance"] >= chance].iloc[0]
        assert judged(firm, plan, leads=leads, chance=chance)["The number"] == "good"


def test_dots_are_no_plan_and_say_so(firm, plan):
    dots: Any = ...
    unsigned = quarter.sign(firm, plan, leads=dots, reps=3, chance=0.9, statement=GOOD)
    assert isinstance(unsigned, Verdict)
    assert unsigned.outcome == "not answered"
    assert quarter.april(unsigned) is unsigned
    assert quarter.many(unsigned) is unsigned


@pytest.mark.parametrize(
    "changed", [{"statement": "  "}, {"chance": 90}, {"reps": 0}, {"leads": -1}]
)
def test_what_is_no_plan_is_refused(firm, plan, changed):
    with pytest.raises(fs.FunnelSimError):
        judged(firm, plan, **changed)


def test_the_letter_says_what_the_firm_is(firm):
    letter = " ".join(firm.letter())
    assert f"{firm.target} new customers" in letter
    assert f"{firm.price:g} EUR" in letter
    assert f"{firm.budget:,.0f} EUR" in letter
    assert f"{firm.per_rep} leads a week" in letter


def test_the_quarter_begins_with_what_is_open_and_has_the_signed_leads(firm, plan):
    promised = signed(firm, plan, leads=200)
    journal = firm.reveal(promised)
    assert journal.initial is not None
    assert len(journal.initial.deals) == (firm.past.leads.outcome == "open").sum()
    came = firm.again(200, 3, n=60).table
    assert came["leads"].mean() == pytest.approx(200, abs=4 * (200 / 60) ** 0.5)
    won = firm.later(journal).leads["outcome"].eq("won").sum()
    assert won == fs.summary(journal)["orders"]
    assert f"{won} customers came" in quarter.april(promised).sentence


def test_with_too_few_reps_the_same_leads_bring_less(firm):
    few, enough = (firm.again(220, reps, n=40).table["orders"].mean() for reps in (2, 3))
    assert few < enough - 2


def test_a_plan_is_no_scenario(firm, plan):
    no_plan: Any = plan.scenario
    with pytest.raises(fs.FunnelSimError, match=r"fs\.plan"):
        quarter.sign(firm, no_plan, leads=1, reps=1, chance=0.9, statement=GOOD)
