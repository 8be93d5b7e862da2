"""The exercises of lesson 14, short and long funnels: a firm that sells software to dentists.

Nothing is typed in: every answer is computed from the scenario and the seed that the notebook
states.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from math import sqrt
from typing import TYPE_CHECKING, Any

from funnelsim.engines import simulate
from funnelsim.exercises.entry import Exercise, Mistake
from funnelsim.exercises.workshop import SEED
from funnelsim.journal import Journal
from funnelsim.metrics import funnel_table, summary
from funnelsim.scenario import Scenario, load

if TYPE_CHECKING:
    import pandas as pd

# --- the firm -------------------------------------------------------------------------------------

DENTISTS: dict[str, Any] = {
    "name": "Software for dentists",
    "stages.Offer.conversion": 0.45,
    "upsell.probability": 0.7,
    "upsell.order_value_factor": 0.6,
}
WITHOUT: tuple[str, Any] = ("upsell", None)
KEPT = 128  # journals, of the seeds that people type
WHOLE, STEPS = 0.08, 3  # of the first question


@cache
def dentists() -> Scenario:
    return load("upsell").vary(DENTISTS)


@lru_cache(KEPT)
def journal_of(seed: int, *changes: tuple[str, Any]) -> Journal:
    return simulate(dentists().vary(dict(changes)), seed=seed, progress=False)


@lru_cache(KEPT)
def _table(seed: int) -> pd.DataFrame:
    return funnel_table(journal_of(seed))


@lru_cache(KEPT)
def _figures(seed: int, *changes: tuple[str, Any]) -> pd.Series:
    return summary(journal_of(seed, *changes))


def _at_offer(seed: int) -> dict[str, tuple[int, int, int]]:
    """Of new leads and of upsells: how many came to Offer, were decided there, and bought."""
    journal = journal_of(seed)
    visits = journal.stage_visits[journal.stage_visits["stage"] == "Offer"]
    kind = journal.leads["kind"].loc[visits["lead"]].to_numpy()
    found = {}
    for name in ("new", "upsell"):
        outcome = visits["outcome"][kind == name]
        found[name] = (
            len(outcome),
            int((outcome != "open").sum()),
            int((outcome == "advanced").sum()),
        )
    return found


# --- the exercises --------------------------------------------------------------------------------


def each_step() -> Exercise:
    right = WHOLE ** (1 / STEPS)
    return Exercise(
        "14.1",
        "A funnel turns 8 % of its leads into customers, in three steps that are equally hard. "
        "What is the conversion of each?",
        right,
        3,
        (
            Mistake(WHOLE / STEPS, "You divided; conversions of steps multiply."),
            Mistake(WHOLE**STEPS, "That is what three steps of 8 % would leave."),
            Mistake(
                1 - (1 - WHOLE) / STEPS, "You divided what is lost; it is shares that multiply."
            ),
            Mistake((1 - WHOLE) ** (1 / STEPS), "You took the root of what is lost, not of 8 %."),
            Mistake(1 - right, "That is what each step loses."),
            Mistake(sqrt(WHOLE), "That is for two steps."),
            Mistake(WHOLE ** (1 / 4), "That is for four steps."),
        ),
        (
            "which number, three times multiplied, is 8 %?",
            "the third root of 0.08.",
            "`0.08 ** (1 / 3)`",
        ),
        f"{right:.1%} three times is 8 %. Told in one step or in three it is the same funnel.",
        "share",
    )


def told_in_one(seed: int = SEED) -> Exercise:
    table, leads = _table(seed), journal_of(seed).leads
    came = leads[(leads["kind"] == "new") & leads["entered_Demonstration"].notna()]
    bought = int((came["outcome"] == "customer").sum())
    right = bought / len(came)
    rates = table["conversion_rate_of_decided"]
    entered = table["entered"]
    decided = int((came["outcome"] != "open").sum())
    return Exercise(
        "14.2",
        "Of the leads that came to a demonstration, what share has bought by the end of the year?",
        right,
        3,
        (
            Mistake(
                float(entered["Sale"] / entered["Demonstration"]),
                "Among those sales are upsells, who had no demonstration in this deal: count the "
                "leads that had one.",
            ),
            Mistake(
                float(rates["Demonstration"] * rates["Offer"]),
                "You multiplied two rates of those decided; upsells are in the second, and leads "
                "still open in neither.",
            ),
            Mistake(float(rates["Demonstration"]), "That is who went on to an offer."),
            Mistake(float(rates["Offer"]), "That is of those who had an offer."),
            Mistake(bought / decided, "You left out those who are still open; they had one, too."),
            Mistake(
                bought / int((leads["kind"] == "new").sum()),
                "You divided by all leads; those count who came to a demonstration.",
            ),
        ),
        (
            "each lead tells: when it entered Demonstration, and what became of it.",
            "customers ÷ all, of the leads that have entered Demonstration.",
            "`came = leads[leads.entered_Demonstration.notna()]`, then "
            '`(came.outcome == "customer").mean()`',
        ),
        f"{bought} of {len(came)}. Sale ÷ Demonstration would have been "
        f"{entered['Sale'] / entered['Demonstration']:.1%}, upsells and all.",
        "share",
        seed,
    )


def half_have_bought(seed: int = SEED) -> Exercise:
    table, leads = _table(seed), journal_of(seed).leads
    won = leads[(leads["outcome"] == "customer") & (leads["kind"] == "new")]
    days = won["entered_Sale"] - won["arrived"]
    right = float(days.median())
    everyone = leads[leads["outcome"] == "customer"]
    medians, means = table["median_days"].iloc[:3], table["mean_days"].iloc[:3]
    return Exercise(
        "14.3",
        "Of the new leads that bought, after how many days from arrival has half of them bought?",
        right,
        1,
        (
            Mistake(
                float(medians.sum()),
                "You added the medians of the stages. A deal is slow if it is slow anywhere, so "
                "medians do not add up.",
            ),
            Mistake(float(days.mean()), "That is the mean, which the slow ones pull up."),
            Mistake(float(means.sum()), "Those are means, of those who were lost as well."),
            Mistake(
                float((everyone["entered_Sale"] - everyone["arrived"]).median()),
                "There are upsells among them, who begin at the offer.",
            ),
            Mistake(float(won["entered_Sale"].median()), "That is a day of the year."),
            Mistake(24 * right, "Those are hours."),
        ),
        (
            "each lead has the day it arrived and the day it entered Sale.",
            "the median of (entered Sale - arrived) of the new leads that bought.",
            '`won = leads[(leads.outcome == "customer") & (leads.kind == "new")]`, then '
            "`(won.entered_Sale - won.arrived).median()`",
        ),
        f"{right:.1f} days. The medians of the three stages sum to {medians.sum():.1f}.",
        "days",
        seed,
    )


def new_ones_at_the_offer(seed: int = SEED) -> Exercise:
    of = _at_offer(seed)
    came, decided, bought = of["new"]
    right = bought / decided
    upsold = of["upsell"]
    return Exercise(
        "14.4",
        "Of the new leads that had an offer and are decided, what share bought?",
        right,
        3,
        (
            Mistake(
                (bought + upsold[2]) / (decided + upsold[1]),
                "There are upsells among them, who come from the side.",
            ),
            Mistake(upsold[2] / upsold[1], "Those are the upsells."),
            Mistake(bought / came, "You divided by all who had one; some are still open."),
            Mistake(
                (bought + upsold[2]) / (came + upsold[0]),
                "You divided by all who had an offer; some are open, and some are upsells.",
            ),
            Mistake(0.45, "That is the scenario's chance; what was it in this year?"),
            Mistake(1 - right, "That is the share that did not."),
        ),
        (
            '`fs.funnel_by(journal, "kind")` parts new leads and upsells.',
            "advanced ÷ decided, of the new ones in Offer.",
            '`fs.funnel_by(journal, "kind").loc[("new", "Offer"), "conversion_rate_of_decided"]`',
        ),
        f"{bought} of {decided}; of the upsells {upsold[2]} of {upsold[1]}.",
        "share",
        seed,
    )


def how_sure(seed: int = SEED) -> Exercise:
    _, decided, bought = _at_offer(seed)["new"]
    p = bought / decided
    right = 100 * sqrt(12 * p * (1 - p) / decided)
    return Exercise(
        "14.5",
        "How large is the standard error of that rate, if one looks at a single month of the "
        "twelve?",
        right,
        1,
        (
            Mistake(
                100 * sqrt(p * (1 - p) / decided),
                "That is of the year; in a month there is a twelfth of the leads.",
            ),
            Mistake(
                100 * 12 * sqrt(p * (1 - p) / decided), "Divide the leads by 12, not the error."
            ),
            Mistake(
                right / 100, "That is a share; the question asks for percentage points.", 0.001
            ),
            Mistake(100 * sqrt(p * (1 - p) / 12), "Those are 12 leads; it is a twelfth of them."),
            Mistake(100 * sqrt(12 * p / decided), "You forgot the factor 1 - p.", 0.06),
            Mistake(100 * 12 * p * (1 - p) / decided, "You forgot the root.", 0.06),
        ),
        (
            "√(p(1 - p)/n), with n the leads that are decided in a month.",
            "n is a twelfth of those decided in the year; in points, so times 100.",
            '`o = fs.funnel_by(journal, "kind").loc[("new", "Offer")]`, '
            "`p, n = o.conversion_rate_of_decided, o.decided`, then "
            "`100 * (p * (1 - p) / (n / 12)) ** 0.5`",
        ),
        f"{right:.1f} points: a month that is {2 * right:.0f} points lower than another needs no "
        "explanation yet.",
        "points",
        seed,
        slack=0.051,
    )


def profit_of_asking(seed: int = SEED) -> Exercise:
    asks, never = _figures(seed), _figures(seed, WITHOUT)
    right = float(asks["profit"] - never["profit"])
    journal = journal_of(seed)
    upsold = (journal.leads["kind"] == "upsell").loc[journal.orders["lead"]].to_numpy()
    orders = journal.orders[upsold]
    return Exercise(
        "14.6",
        "How much more profit does the firm make in the year because it asks its customers again?",
        right,
        0,
        (
            Mistake(
                float(asks["revenue"] - never["revenue"]),
                "That is the revenue; goods and commission are paid from it.",
            ),
            Mistake(float(orders["paid"].sum()), "That is what the upsells paid."),
            Mistake(float(never["profit"]), "That is the profit of the firm that never asks."),
            Mistake(float(asks["profit"]), "That is the whole profit; how much more is it?"),
            Mistake(-right, "Right in size, but wrong way round: asking less never asking."),
            Mistake(
                float(orders["contribution"].sum()),
                "Nearly. That is what the upsells leave, but they stand in the same queue: some "
                "new leads waited longer and did not buy.",
                0.51,
            ),
        ),
        (
            "let the same year pass once more, in a firm that never asks.",
            "profit with upsell less profit without, both with the same seed.",
            f'`never = fs.simulate(dentists.vary({{"upsell": None}}), seed={seed})`, then '
            "`fs.summary(journal).profit - fs.summary(never).profit`",
        ),
        f"{right:+,.0f} of {asks['profit']:,.0f}. The upsells themselves have left "
        f"{orders['contribution'].sum():,.0f}.",
        "EUR",
        seed,
    )


EXERCISES: dict[str, Callable[..., Exercise]] = {
    "14.1": each_step,
    "14.2": told_in_one,
    "14.3": half_have_bought,
    "14.4": new_ones_at_the_offer,
    "14.5": how_sure,
    "14.6": profit_of_asking,
}
