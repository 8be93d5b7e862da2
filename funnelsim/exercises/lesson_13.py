"""The exercises of lesson 13, plan a quarter: a firm for solar roofs, its export and its letter.

A calibration and a plan take seconds: what they say is known here (`SHARE`, `PLANNED`), and
`tests/ways_to_answer/lesson_13.py` makes them anew. What the open deals bring, the truth says.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import ceil

from funnelsim.deals import Deals, read_deals
from funnelsim.exercises.entry import Exercise, Mistake
from funnelsim.exercises.quarter import Firm, roofs
from funnelsim.experiment import replicate

SHARE = 0.172  # of the leads become customers, by a calibration of the export
PLANNED = 241  # leads in all, nine times in ten
PLANS_DIFFER = 0.1  # of the leads: by draws, seeds and what the backtest says
SHARE_OFF = 0.004
OPEN_OFF = 3.0  # customers
FUTURES = 100  # of the open deals


@cache
def firm() -> Firm:
    return roofs()


@cache
def deals() -> Deals:
    return read_deals(firm().export(), export_date=str(firm().day))


def _count(outcome: str) -> int:
    return int((deals().leads["outcome"] == outcome).sum())


@cache
def won_of_open() -> float:
    """How many of the open deals become customers in the quarter, on average: by the truth."""
    quarter = firm().quarter(0, firm().reps)
    nobody = {f"channels.{channel.name}.leads_per_day": 0 for channel in quarter.channels}
    alone = replicate(
        quarter.vary(nobody), FUTURES, initial=firm().open_deals, progress=False
    ).table  # fmt: skip
    return float(alone["orders"].mean())


def _apart(right: float, slack: float, *mistakes: Mistake) -> tuple[Mistake, ...]:
    """Those that are no right answers by accident."""
    return tuple(m for m in mistakes if abs(m.answer - right) > slack + (m.tolerance or 0.51))


# --- the exercises --------------------------------------------------------------------------------


def how_many_deals() -> Exercise:
    rows, right = len(firm().export()), len(deals().leads)
    return Exercise(
        "13.1",
        "How many deals does the export hold?",
        right,
        0,
        (
            Mistake(rows, "Those are rows: a deal has one for each stage that it has entered."),
            Mistake(_count("open"), "Those are the open ones."),
            Mistake(_count("won"), "Those are the won ones."),
            Mistake(right - _count("open"), "Those are decided; the open ones are deals, too."),
        ),
        (
            "a row is not a deal: this CRM has written a row for each change.",
            "`deals.leads` has a row a deal.",
            "`len(deals.leads)`",
        ),
        f"{right:,}, in {rows:,} rows.",
        "deals",
    )


def share_in_the_end() -> Exercise:
    won, lost, every = _count("won"), _count("lost"), len(deals().leads)
    right = SHARE
    wrong = (
        Mistake(won / every, "That is won of all, and some of the open ones will be won yet."),
        Mistake(
            won / (won + lost),
            "That is won of those decided; winners decide sooner, so they have too much weight.",
        ),
        Mistake((won + _count("open")) / every, "You counted every open deal as won."),
        Mistake(1 - right, "That is the share that is lost."),
    )
    return Exercise(
        "13.2",
        "What share of the leads become customers in the end?",
        right,
        3,
        wrong,
        (
            "neither of all nor of those decided: the open ones count by their age.",
            "a calibration takes winners and losers apart.",
            "`known = fs.calibrate(deals, draws=60)`, then `known.overall`",
        ),
        f"Won of all says {won / every:.1%}, won of those decided {won / (won + lost):.1%}.",
        "share",
        slack=SHARE_OFF,
    )


def open_deals() -> Exercise:
    right, there = won_of_open(), _count("open")
    return Exercise(
        "13.3",
        f"How many of the open deals become customers within the {firm().days} days?",
        right,
        0,
        _apart(
            right,
            OPEN_OFF,
            Mistake(there, "You counted every open deal as won."),
            Mistake(firm().target, "That is the target."),
            Mistake(firm().target - right, "That is what remains to be won by others.", OPEN_OFF),
        ),
        (
            "a plan that begins with the state of today counts them first.",
            "`open_business` of a plan with `initial=known.state`.",
            '`known = known.vary({"channels.website.cost_per_lead": firm.price})`, '
            '`how = {"within": "90 days", "change": "budget", "initial": known.state}`, '
            "`plan = fs.plan(known, firm.target, **how, backtest=False)`, then "
            '`plan.open_business["mean"]`',
        ),
        f"{right:.0f} on average, by the truth, of {there} that are open.",
        "customers",
        slack=OPEN_OFF,
    )


def leads_for_nine_in_ten() -> Exercise:
    target, share = firm().target, SHARE
    usual, rest = target / share, (target - won_of_open()) / share
    today = sum(channel.leads_per_day or 0 for channel in firm().truth.channels) * firm().days
    slack = PLANS_DIFFER * PLANNED
    return Exercise(
        "13.4",
        f"With how many leads in all are {target} customers reached nine times in ten?",
        PLANNED,
        0,
        _apart(
            PLANNED,
            slack,
            Mistake(usual, "That is the usual sum: it knows neither chance nor time.", 5),
            Mistake(rest, "That is the usual sum less what is open: right on average at best.", 5),
            Mistake(today, "That is as many as today.", 1),
            Mistake(
                PLANNED - firm().comes_anyway,
                "Those have to be bought; the partners' leads count, too.",
                1,
            ),
        ),
        (
            "ask a plan: of the calibration, with what is open, by the budget.",
            '`fs.plan(known, target, within="90 days", change="budget", initial=known.state)`',
            "`plan.leads`",
        ),
        f"About {PLANNED}; plans differ by some, with their draws. Target ÷ conversion is "
        f"{usual:.0f}, and without what is open about {rest:.0f}.",
        "leads",
        slack=slack,
    )


def how_many_reps() -> Exercise:
    needed = PLANNED / firm().days * 7 / firm().per_rep
    right = ceil(needed)
    return Exercise(
        "13.5",
        "How many reps can look after the leads of the plan?",
        right,
        0,
        (
            Mistake(firm().reps, "As today? Divide the leads of a week by what a rep can do."),
            Mistake(right - firm().reps, "That is how many more."),
        ),
        (
            "leads a week ÷ leads that a rep can look after, and up.",
            f"{PLANNED} ÷ {firm().days} × 7 ÷ {firm().per_rep}, and up.",
            f"`from math import ceil`, "
            f"then `ceil({PLANNED} / {firm().days} * 7 / {firm().per_rep})`",
        ),
        f"{needed:.2f}, so {right}. No export knows that.",
        "reps",
    )


def what_it_costs() -> Exercise:
    bought = firm().bought_leads(PLANNED)
    more = (how_many_reps().right - firm().reps) * firm().rep_cost
    ads = bought * firm().price
    slack = PLANS_DIFFER * PLANNED * firm().price
    return Exercise(
        "13.6",
        "What does the plan cost, in advertising and further reps?",
        ads + more,
        0,
        _apart(
            ads + more,
            slack,
            Mistake(ads, "That is the advertising; and the reps?", slack),
            Mistake(
                ads + (how_many_reps().right) * firm().rep_cost,
                "The reps who are there are paid in any case: the letter asks what is new.",
                slack,
            ),
        ),
        (
            "only leads of the website are paid, and only reps who are not there yet.",
            "(leads − what partners send) × price + further reps × their cost.",
            f"`(plan.leads - {firm().comes_anyway:.0f}) * {firm().price:g} + {more:.0f}`",
        ),
        f"About {ads:,.0f} EUR of advertising, where {firm().budget:,.0f} are allowed, and "
        f"{more:,.0f} EUR for reps.",
        "EUR",
        slack=slack,
    )


EXERCISES: dict[str, Callable[..., Exercise]] = {
    "13.1": how_many_deals,
    "13.2": share_in_the_end,
    "13.3": open_deals,
    "13.4": leads_for_nine_in_ten,
    "13.5": how_many_reps,
    "13.6": what_it_costs,
}
