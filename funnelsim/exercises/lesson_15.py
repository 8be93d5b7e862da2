"""The exercises of lesson 15, before it pays: a firm that sells stoves, and hires.

Nothing is typed in: every answer is computed from the scenario and the seed that the notebook
states.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from funnelsim.engines import simulate
from funnelsim.exercises.entry import Exercise, Mistake
from funnelsim.exercises.workshop import SEED
from funnelsim.journal import Journal
from funnelsim.metrics.by_month import by_month
from funnelsim.scenario import Scenario, load

if TYPE_CHECKING:
    import pandas as pd

# --- the firm -------------------------------------------------------------------------------------

SEARCH, A_DAY, RAMP, BEGINNER = 5000, 160, 90, 0.4
DAYS_OF_WORK, DAYS = 65, 91  # in 13 weeks from a Monday
STOVES: dict[str, Any] = {
    "name": "Stoves",
    "channels.search ads.leads_per_day": 18,
    "order.value": {"lognormal": {"mean": 2100, "cv": 0.6}},
    "teams.sales.cost_per_rep_day": A_DAY,
    "changes": [
        {
            "name": "hire",
            "from": "2027-03-01",
            "reps": {"sales": 1},
            "skill": BEGINNER,
            "ramp": f"{RAMP} days",
            "cost": SEARCH,
        }
    ],
}
BEFORE, MONTH = "2027-02", "2027-03"
KEPT = 128  # journals, of the seeds that people type

# Of the training and the promotion, for sums by hand.
VISITS, RATE, RATIO, VALUE, MARGIN, COST = 20, 0.4, 1.3, 2400, 0.4, 6000
SHOP = {"leads": 40, "more": 1.8, "visit": 0.25, "basket": 0.5, "click": 0.5}
LIST, SOLD, ADVERTISING = 27.0, 18.0, 410.0  # what an order leaves, before and with 15 % off


@cache
def stoves() -> Scenario:
    return load("hiring").vary(STOVES)


@lru_cache(KEPT)
def journal_of(seed: int, hires: bool = True) -> Journal:
    scenario = stoves() if hires else stoves().vary({"changes": []})
    return simulate(scenario, seed=seed, progress=False)


@lru_cache(KEPT)
def _months(seed: int, hires: bool = True) -> pd.DataFrame:
    return by_month(journal_of(seed, hires))


def odds(p: float) -> float:
    return p / (1 - p)


def rate(odds: float) -> float:
    return odds / (1 + odds)


# --- the exercises --------------------------------------------------------------------------------


def what_she_costs() -> Exercise:
    work = DAYS_OF_WORK * A_DAY
    right = SEARCH + work
    return Exercise(
        "15.1",
        "What will the hire have cost after her first 13 weeks?",
        right,
        0,
        (
            Mistake(work, "Those are her days of work; the search for her was paid, too."),
            Mistake(SEARCH, "That is the search; her days of work cost as well."),
            Mistake(
                SEARCH + DAYS * A_DAY, "A rep costs on each day on which the team is open: Mon-Fri."
            ),
            Mistake(SEARCH + 13 * A_DAY, "You counted one day a week; it is five."),
            Mistake(SEARCH + 3 * work, "There were two reps before; only she is new."),
        ),
        (
            "there is a sum that is paid once, and one for each day of work.",
            "the search + 13 weeks of 5 days, each at the cost of a rep's day.",
            f"`{SEARCH} + 13 * 5 * {A_DAY}`",
        ),
        f"{right:,.0f}, before she is as good as the others.",
        "EUR",
    )


def half_way() -> Exercise:
    right = BEGINNER ** (2 / 3)
    return Exercise(
        "15.2",
        "By which odds ratio do her calls differ from the others' after 30 days?",
        right,
        3,
        (
            Mistake(
                BEGINNER + (1 - BEGINNER) / 3,
                "You went a third of the way from 0.4 to 1; it is the *logarithm* that grows in a "
                "straight line.",
            ),
            Mistake(
                BEGINNER ** (1 / 3), "That is after 60 days: a third of the logarithm is left."
            ),
            Mistake(BEGINNER, "That is on her first day."),
            Mistake(1.0, "That is after 90 days."),
            Mistake(BEGINNER / 3, "You took a third of 0.4."),
            Mistake(1 / right, "Upside down: she is not better than the others."),
        ),
        (
            "the logarithm of the ratio goes from ln 0.4 to ln 1 = 0 in a straight line.",
            "after 30 of 90 days two thirds of the logarithm are left: 0.4 to the power of 2/3.",
            "`0.4 ** (2 / 3)`",
        ),
        f"{right:.2f}: of a deal that others win with 40 % she wins "
        f"{rate(odds(RATE) * right):.0%} by then.",
    )


def what_the_report_shows(seed: int = SEED) -> Exercise:
    table = _months(seed)
    profit, other = table["profit"], _months(seed, hires=False)["profit"]
    right = float(profit[MONTH] - profit[BEFORE])
    return Exercise(
        "15.3",
        "The report of March, beside that of February: by how much has profit changed?",
        right,
        0,
        (
            Mistake(-right, "Right in size, but what is the sign? March less February."),
            Mistake(
                float(table["contribution"][MONTH] - table["contribution"][BEFORE]),
                "That is contribution; reps and changes are paid from it.",
            ),
            Mistake(
                float(table["revenue"][MONTH] - table["revenue"][BEFORE]),
                "That is revenue.",
            ),
            Mistake(float(profit[MONTH]), "That is the profit of March; what was it before?"),
            Mistake(
                float(profit[MONTH] - other[MONTH]),
                "That is the next question: it compares with the firm that does not hire.",
            ),
        ),
        (
            "`fs.by_month(journal)` has a row for each month.",
            "profit of 2027-03 less profit of 2027-02.",
            "`profit = fs.by_month(journal).profit`, then "
            f'`profit["{MONTH}"] - profit["{BEFORE}"]`',
        ),
        f"{right:+,.0f}. It has the hire in it, three more days than February, and chance.",
        "EUR",
        seed,
    )


def what_is_so(seed: int = SEED) -> Exercise:
    with_her, without = _months(seed), _months(seed, hires=False)
    profit, other = with_her["profit"], without["profit"]
    right = float(profit[MONTH] - other[MONTH])
    paid = with_her[["reps", "changes"]].loc[MONTH].sum() - without["reps"][MONTH]
    return Exercise(
        "15.4",
        "And by how much has the hire changed the profit of March?",
        right,
        0,
        (
            Mistake(
                float(profit[MONTH] - profit[BEFORE]),
                "That is March less February, two months that differ in more than the hire.",
            ),
            Mistake(-right, "Right in size, but wrong way round."),
            Mistake(
                float(-paid), "That is what she cost; she has also sold, and taken leads over."
            ),
            Mistake(float(profit.sum() - other.sum()), "That is of all months."),
            Mistake(float(other[MONTH]), "That is the profit without her; and with her?"),
            Mistake(
                float(with_her["contribution"][MONTH] - without["contribution"][MONTH]),
                "That is contribution; what she costs is not in it.",
            ),
        ),
        (
            "the same customers, in the same month, in a firm that does not hire.",
            "profit of March with the hire less profit of March without, with the same seed.",
            f'`never = fs.simulate(stoves.vary({{"changes": []}}), seed={seed})`, then '
            f'`fs.by_month(journal).profit["{MONTH}"] - fs.by_month(never).profit["{MONTH}"]`',
        ),
        f"{right:+,.0f}; she cost {paid:,.0f} in March. The report said "
        f"{profit[MONTH] - profit[BEFORE]:+,.0f}.",
        "EUR",
        seed,
    )


def weeks_to_pay() -> Exercise:
    after = rate(odds(RATE) * RATIO)
    leaves = VALUE * MARGIN

    def weeks(more: float, each: float = leaves) -> float:
        return COST / (VISITS * more * each)

    right = weeks(after - RATE)
    return Exercise(
        "15.5",
        "After how many weeks has the training paid for itself?",
        right,
        1,
        (
            Mistake(
                weeks(RATE * (RATIO - 1)),
                "You multiplied the rate by 1.3; it is the *odds* that grow by it.",
            ),
            Mistake(weeks(after - RATE, VALUE), "You counted revenue; a sale leaves 40 % of it."),
            Mistake(weeks(after), "You counted all sales; only those that are more pay for it."),
            Mistake(
                weeks(RATE * (RATIO - 1), VALUE),
                "It is the odds that grow by 1.3, and a sale leaves 40 % of its value.",
            ),
            Mistake(7 * right, "Those are days."),
        ),
        (
            "how many sales a week are more than before, and what does each leave?",
            "cost ÷ (offers a week × (new rate - 0.4) × 960); the odds of 0.4 are 0.4 ÷ 0.6.",
            "`odds = 0.4 / 0.6 * 1.3`, `more = odds / (1 + odds) - 0.4`, then "
            "`6000 / (20 * more * 2400 * 0.4)`",
        ),
        f"{right:.1f} weeks, if it acts in full from the first day. The rate is {after:.1%} then, "
        "and decisions take time: later in truth.",
        "weeks",
    )


def worth_the_discount() -> Exercise:
    visits = 7 * SHOP["leads"] * SHOP["visit"]
    more = SHOP["more"] - 1
    usual = visits * SHOP["basket"] * LIST
    clicks = 7 * SHOP["leads"] * more * SHOP["click"]  # those beyond the usual ones

    def needed(earned: float, leaves: float = SOLD) -> float:
        return earned / (visits * SHOP["more"] * leaves)

    share = needed(usual + clicks + ADVERTISING)
    right = odds(share) / odds(SHOP["basket"])
    return Exercise(
        "15.6",
        "From which odds ratio at Basket on does the promotion week pay for itself?",
        right,
        2,
        (
            Mistake(share, "That is the share of baskets that must be bought; what are its odds?"),
            Mistake(share / SHOP["basket"], "That is a ratio of shares; of *odds* it is more."),
            Mistake(
                odds(needed(usual)), "You forgot what the advertisement and more visitors cost."
            ),
            Mistake(odds(needed(usual + ADVERTISING)), "More visitors cost more, 0.50 each."),
            Mistake(odds(needed(usual + clicks)), "You forgot the 410 that the week itself costs."),
            Mistake(
                odds(needed(usual + clicks + ADVERTISING, LIST)),
                "With 15 % off an order does not leave 27 but 18.",
            ),
            Mistake(LIST / SOLD, "27 ÷ 18 leaves out that more come, and what the week costs."),
            Mistake(1.4, "That is what the scenario assumes, and it loses by it."),
        ),
        (
            "in the week it must leave as much as a usual week, and what it costs.",
            "baskets × share × 18 = usual baskets × 0.5 × 27 + the clicks that are more + 410; "
            "then share ÷ (1 - share), as the odds of 0.5 are 1.",
            "`share = (70 * 0.5 * 27 + 7 * 32 * 0.5 + 410) / (126 * 18)`, then "
            "`share / (1 - share)`",
        ),
        f"{right:.2f}: {share:.0%} of the baskets in place of 50 %. And then nobody must have "
        "bought only earlier.",
    )


EXERCISES: dict[str, Callable[..., Exercise]] = {
    "15.1": what_she_costs,
    "15.2": half_way,
    "15.3": what_the_report_shows,
    "15.4": what_is_so,
    "15.5": weeks_to_pay,
    "15.6": worth_the_discount,
}
