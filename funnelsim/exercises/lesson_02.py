"""The exercises of lesson 02, planning backwards: how many leads a market stall needs.

As in lesson 01 nothing is typed in: every answer is computed from the scenario that the notebook
states.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from funnelsim.exercises.entry import Exercise, Mistake, rounded_to
from funnelsim.planner import Plan, plan
from funnelsim.scenario import Scenario

VISIT, TALK = 0.25, 0.32  # conversions
TARGET, WORTH, CV = 60, 40, 0.75
PILOT = (20, 250)
DAYS, THINKING = 60, 15
OPEN = 30  # people who have talked and not decided

STALL: dict[str, Any] = {
    "name": "Market stall",
    "horizon": f"{DAYS} days",
    "channels": [{"name": "leaflets", "leads_per_day": 10, "cost_per_lead": 0.8}],
    "stages": [
        {"name": "Visit", "conversion": VISIT},
        {"name": "Talk", "conversion": TALK},
        {"name": "Sale"},
    ],
    "order": {"value": {"lognormal": {"mean": WORTH, "cv": CV}}},
}


def stall() -> Scenario:
    return Scenario(**STALL)


@cache
def _plan(probability: float = 0.9, metric: str = "sales", pilot: Any = None) -> Plan:
    target = TARGET if metric == "sales" else TARGET * WORTH
    return plan(stall(), target, metric, probability, pilot=pilot, progress=False)


# --- the exercises ----------------------------------------------------------------------------


def usual_sum() -> Exercise:
    right = TARGET / (VISIT * TALK)
    return Exercise(
        "02.1",
        "How many leads does the usual sum ask for?",
        right,
        0.5,
        (
            Mistake(TARGET / VISIT, "That is how many must visit if every talk were a sale."),
            Mistake(TARGET / TALK, "That is how many must talk; before that they must visit."),
            Mistake(TARGET / (VISIT + TALK), "Conversions one after the other multiply."),
            Mistake(TARGET * VISIT * TALK, "Those are the sales that 60 leads bring: divide."),
            Mistake(TARGET / (100 * VISIT * TALK), "8 % is 0.08, not 8.", 0.01),
            Mistake(TARGET / (1e4 * VISIT * TALK), "25 % is 0.25, and 32 % is 0.32.", 0.01),
        ),
        "Hint: target ÷ conversion ÷ conversion.",
        f"{TARGET} ÷ {VISIT} ÷ {TALK} = {right:,.0f}, on average.",
    )


def how_often() -> Exercise:
    right = _plan().naive_chance
    return Exercise(
        "02.2",
        "How often are these leads enough?",
        right,
        rounded_to(2),
        (
            Mistake(0.9, "That is the chance of a good plan, not of the usual sum."),
            Mistake(1.0, "It is enough on average, which is not always."),
            Mistake(VISIT * TALK, "That is the conversion of a lead."),
        ),
        "Hint: fs.plan(stall, 60).naive_chance.",
        f"{right:.0%}: a coin toss.",
        is_share=True,
    )


def nine_in_ten() -> Exercise:
    right = _plan().leads
    return Exercise(
        "02.3",
        "How many leads reach the target nine times in ten?",
        right,
        1.0,
        (
            Mistake(_plan().naive_leads, "That is the usual sum: a coin toss."),
            Mistake(_plan().naive_leads / 0.9, "A chance is no conversion: dividing by 0.9 is not "
                    "enough."),
            Mistake(_plan(0.99).leads, "That is for 99 times in a hundred."),
            Mistake(_plan(0.95).leads, "That is for 95 times in a hundred."),
            Mistake(_plan().leads_per_day, "That is a day; the question asks for all."),
        ),
        "Hint: fs.plan(stall, 60).leads.",
        f"{right:,} leads, {right / _plan().naive_leads - 1:.0%} more than the usual sum.",
    )  # fmt: skip


def not_knowing() -> Exercise:
    p = _plan(pilot=PILOT)
    right = p.price_of_not_knowing
    return Exercise(
        "02.4",
        "How many more leads does it take if the 8 % are known from 20 sales of 250 leads only?",
        right,
        2.0,
        (
            Mistake(p.leads, "Those are all the leads; how many more are they?"),
            Mistake(p.leads - p.naive_leads, "More than in 02.3, not more than the usual sum."),
            Mistake(0, "The rate is the same, but you cannot be sure of it."),
        ),
        'Hint: fs.plan(stall, 60, pilot="20 of 250").price_of_not_knowing.',
        f"{right:,} leads are the price of not knowing: a larger pilot may be cheaper.",
    )


def money() -> Exercise:
    right = _plan(metric="revenue").leads
    return Exercise(
        "02.5",
        "How many leads bring 2,400 EUR of revenue nine times in ten?",
        right,
        0.005 * right,
        (
            Mistake(_plan().leads, "That is for 60 sales; orders are uneven, so their sum is more "
                    "uneven than their number."),
            Mistake(_plan().naive_leads, "That is the usual sum."),
            Mistake(TARGET * WORTH, "That is the target, in EUR."),
            Mistake(TARGET * WORTH / (VISIT * TALK), "You divided the EUR by the conversion; a "
                    "sale brings 40 of them."),
        ),
        'Hint: fs.plan(stall, 2400, "revenue").leads.',
        f"{right:,}, {right - _plan().leads:,} more than for 60 sales.",
    )  # fmt: skip


def last_day() -> Exercise:
    right = DAYS - THINKING
    return Exercise(
        "02.6",
        "On which day must a lead have come, at the latest, to buy in time?",
        float(right),
        0.51,
        (
            Mistake(DAYS, "Whoever comes on the last day is still thinking when time is up."),
            Mistake(THINKING, "That is how long they think."),
            Mistake(DAYS + THINKING, "That is when the last of them would buy."),
        ),
        "Hint: it takes 15 days, and there are 60.",
        f"Day {right}: a quarter of the time brings leads that are too late.",
    )


def open_deals() -> Exercise:
    right = OPEN * TALK
    return Exercise(
        "02.7",
        "How many sales do the 30 people bring on average who have talked and not decided?",
        right,
        rounded_to(1),
        (
            Mistake(OPEN * VISIT * TALK, "They have visited already: that rate is behind them."),
            Mistake(OPEN * VISIT, "That was the rate of the stage before."),
            Mistake(OPEN, "Not all of them will buy."),
            Mistake(TARGET - right, "That is what remains to be won."),
        ),
        "Hint: only the conversions that are still to come count.",
        f"{right:g}: so {TARGET - right:g} of the {TARGET} remain to be won.",
    )


EXERCISES: dict[str, Callable[[], Exercise]] = {
    "02.1": usual_sum,
    "02.2": how_often,
    "02.3": nine_in_ten,
    "02.4": not_knowing,
    "02.5": money,
    "02.6": last_day,
    "02.7": open_deals,
}
