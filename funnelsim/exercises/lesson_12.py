"""The exercises of lesson 12, from an export to a model: a firm that lays out gardens, five months.

Nothing is typed in: every answer is computed from the export of the scenario and the seed that the
notebook states, read as a student reads it. What is made here serves the lesson, too: `exported`
has a simulated firm's export, the log of its telephone and how its deals end, which no firm knows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from funnelsim.calibration.cells import on_the_clock
from funnelsim.calibration.curves import cumulative_incidence
from funnelsim.calibration.stages import visits
from funnelsim.deals import Deals, read_deals
from funnelsim.engines import simulate
from funnelsim.exercises.entry import Exercise, Mistake, Right, rounded_to
from funnelsim.exercises.workshop import SEED
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

# --- the firm -----------------------------------------------------------------------------------

DAYS, LATER = 150, 600  # to the export; until when all are won, lost or silent for good
YOUNG, MONTH, OLD, OPEN = 30, 30, 90, 60  # days: of age, of the curve, of age, an open deal's age
QUICK = 4  # hours to the first call
STYLE = "zoho"
KEPT = 40  # exports, of the seeds that people type
WEBSITE, RECOMMENDED = "website", "recommended"
EVENING = [2, 1, 1, 1, 1, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 6, 7, 9, 10, 10, 9, 7, 4]
BY_DAY = [0, 0, 0, 0, 0, 0, 0, 1, 3, 6, 6, 6, 6, 6, 6, 6, 4, 3, 2, 1, 1, 0, 0, 0]


def a_firm(**given: Any) -> Scenario:
    """Two channels, an office that calls by day, and a decision that takes weeks.

    Whoever comes by a recommendation does so by day, is called soon, and buys oftener anyway.
    """
    stage = {
        "name": "Lead",
        "conversion": given.pop("conversion"),
        "decision_time": {"lognormal": {"mean": given.pop("winners"), "cv": 0.6}},
        "loss_time": {"lognormal": {"mean": given.pop("losers"), "cv": 0.6}},
        "silent": given.pop("silent"),
        "loss_reasons": {"too expensive": 3, "went elsewhere": 2},
        "follow_up": {
            "team": "office",
            "handling_time": {"exponential": {"mean": "40 min"}},
            "patience": {"constant": "1000 days"},  # nobody goes cold: they are all called
            "response_half_life": "8 days",
        },
    }
    website, recommended = given.pop("leads_per_day")
    return Scenario(
        **given,
        currency="EUR",
        channels=[
            {
                "name": WEBSITE,
                "leads_per_day": website,
                "odds_ratio": 0.3,
                "hours": EVENING,
            },
            {
                "name": RECOMMENDED,
                "leads_per_day": recommended,
                "hours": BY_DAY,
                "weekdays": [1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5],
            },
        ],
        teams=[{"name": "office", "reps": 2, "open": "Mon-Fri 09:00-17:00"}],
        stages=[stage, {"name": "Won"}],
        order={"value": {"lognormal": {"mean": 9000, "cv": 0.6}}, "margin": 0.4},
    )


@cache
def gardens() -> Scenario:
    return a_firm(
        name="Gardens",
        start="2027-02-01",
        horizon=f"{DAYS} days",
        leads_per_day=(4.0, 3.0),
        conversion=0.4,
        winners="34 days",
        losers="46 days",
        silent=0.35,
    )


# --- what it writes down, and what it will never know -------------------------------------------


class Exported(NamedTuple):
    """A firm on the day of its export: `table` as its CRM writes it, `calls` the hours to the first
    call, and of all its leads how they end (`ends`: won, lost, open for ever) after how many days
    (`days`), both by the number of the deal."""

    table: pd.DataFrame
    calls: pd.Series
    ends: pd.DataFrame


def exported(firm: Scenario, seed: int, style: str, later: int = LATER) -> Exported:
    """The export of a firm at its horizon, and the truth: the same customers watched on."""
    import pandas as pd

    journal = simulate(firm, seed=seed, progress=False)
    table, truth = journal.to_crm(style, "some", seed=seed, truth=True)
    on = simulate(firm.vary({"horizon": f"{later} days"}), seed=seed, progress=False)
    leads = on.leads.iloc[: len(truth)]  # by arrival, as the deals are numbered
    ends = leads["outcome"].astype(object).replace("customer", "won")
    days = (leads["decided"] - leads["arrived"]).to_numpy()
    calls = journal.follow_ups.groupby("lead")["started"].min().reindex(leads["lead"])
    hours = 24 * (calls.to_numpy() - leads["arrived"].to_numpy())
    of = {"ends": ends.to_numpy(), "days": days, "arrived": leads["arrived"].to_numpy()}
    names = pd.Index(truth["id"].astype(str), name="deal")
    return Exported(
        table,
        pd.Series(hours, index=names, name="hours"),
        pd.DataFrame({**of, "channel": leads["channel"].astype(object).to_numpy()},
                            index=names),
    )  # fmt: skip


def ages(deals: Deals, calls: pd.Series | None = None) -> pd.DataFrame:
    """A row a deal: its number, channel, `age` in days, `outcome`, and the `days` to its end.

    `days` is empty for what is open and where the export has no date of closing; `hours` to the
    first call stand beside it where the calls are given.
    """
    import pandas as pd

    seen = _visits(deals)
    table = pd.DataFrame({
        "deal": deals.leads["id"].astype(str),
        "channel": seen["channel"].astype(object),
        "age": seen["age"],
        "outcome": seen["fate"].replace("advanced", "won").astype(object),
        "days": seen["days"],
    })  # fmt: skip
    return table if calls is None else table.assign(hours=calls.reindex(table["deal"]).to_numpy())


def _visits(deals: Deals) -> pd.DataFrame:
    """As a calibration counts them: where only one end of a time is a mere date, half a day off."""
    stage = deals.stages[0]
    seen = visits(deals, stage)
    return on_the_clock(deals.entered.loc[seen.index, stage], seen)[1]


def curve(deals: Deals) -> pd.DataFrame:
    """Shares won, lost and open by age, as `fs.calibrate(deals).curves` has them."""
    found = cumulative_incidence(_visits(deals))
    return found.rename(columns={"advanced": "won"})


def at(of: pd.DataFrame, day: float) -> pd.Series:
    """The row of a curve that holds on that day."""
    return of.iloc[int(np.searchsorted(of.index.to_numpy(), day, side="right")) - 1]


# --- the exercises' own -------------------------------------------------------------------------


class Known(NamedTuple):
    """What the exercises of a seed are made of."""

    exported: Exported
    deals: Deals
    ages: pd.DataFrame
    curve: pd.DataFrame


@lru_cache(KEPT)
def export_of(seed: int) -> Exported:
    return exported(gardens(), seed, STYLE)


@lru_cache(KEPT)
def _known(seed: int) -> Known:
    given = export_of(seed)
    deals = read_deals(given.table)
    return Known(given, deals, ages(deals, given.calls), curve(deals))


def _share(of: pd.Series) -> float:
    return float((of == "won").mean())


def _of_decided(table: pd.DataFrame) -> float:
    return _share(table["outcome"][table["outcome"] != "open"])


def _by_rows(answer: float, day: int) -> tuple[Mistake, ...]:
    """The first 30 rows taken for the first 30 days: `curve[:30]` does so."""
    named = f"Those are the first {day} rows; the days stand in the index: `.loc[:{day}]`."
    return (Mistake(float(answer), named),)


def by_the_report(seed: int = SEED) -> Exercise:
    known = _known(seed)
    young = known.ages[known.ages["age"] < YOUNG]
    right = _share(young["outcome"])
    ends = known.exported.ends["ends"].reindex(young["deal"])
    return Exercise(
        "12.1",
        f"Of the leads that came in the last {YOUNG} days, what share is won by now?",
        right,
        3,
        (
            Mistake(_of_decided(young), "You divided by those decided; the question is of all."),
            Mistake(_share(known.ages["outcome"]), "Those are the leads of all five months."),
        ),
        (
            f"take the rows with `age` below {YOUNG}, and see how many of them are won.",
            "won ÷ all, of the young.",
            f'`(leads.outcome[leads.age < {YOUNG}] == "won").mean()`',
        ),
        f"{right:.1%}. Watched to the end it is {_share(ends):.1%} of the same leads.",
        "share",
        seed,
    )


def within_a_month(seed: int = SEED) -> Exercise:
    known = _known(seed)
    table, right = known.ages, float(at(known.curve, MONTH)["won"])
    soon = (table["outcome"] == "won") & (table["days"] <= MONTH)
    old = table["age"] >= MONTH
    dated = (table["outcome"] == "open") | table["days"].notna()
    decided = table["outcome"] != "open"
    return Exercise(
        "12.2",
        f"What share of the leads is won within {MONTH} days of coming?",
        right,
        3,
        (
            Mistake(
                float(soon.mean()),
                f"You divided by all leads; those younger than {MONTH} days have not had that "
                "time.",
            ),
            Mistake(
                float(soon[decided].mean()), "You divided by those decided; open leads came, too."
            ),
            Mistake(_share(table["outcome"][old]), "Those have been won at any age."),
            Mistake(float(at(known.curve, MONTH)["open"]), "Those are still open."),
            *_by_rows(known.curve["won"].iloc[MONTH - 1], MONTH),
            Mistake(
                float(soon.sum() / (table["outcome"] == "won").sum()),
                "You divided by all that were won; the question is of those that came.",
            ),
        ),
        (
            "a young lead counts for as long as it was watched.",
            f"the curve at day {MONTH}; or, of those {MONTH} days old or older, the share that was "
            "won in that time.",
            f'`curve = calibration.curves["Lead"]`, then `curve.advanced.loc[:{MONTH}].iloc[-1]`',
        ),
        f"{right:.1%}. It is no conversion yet: by then {at(known.curve, MONTH)['open']:.0%} are "
        "still open.",
        "share",
        seed,
        also=(
            Right(float(soon[old].mean()), rounded_to(3)),
            Right(float(soon[old & dated].mean()), rounded_to(3)),
        ),
    )


def in_the_end(seed: int = SEED) -> Exercise:
    known = _known(seed)
    table, right = known.ages, float(known.curve["won"].iloc[-1])
    truth = _share(known.exported.ends["ends"])
    return Exercise(
        "12.3",
        "What share of all leads that came will have been won in the end?",
        right,
        2,
        (
            Mistake(
                _share(table["outcome"]), "That is what is won so far; many have not decided yet."
            ),
            Mistake(
                _of_decided(table),
                "Of those decided: winners say so sooner, and some losers never do.",
            ),
            Mistake(float(known.curve["lost"].iloc[-1]), "Those are the lost."),
            Mistake(float(at(known.curve, MONTH)["won"]), f"That is within {MONTH} days."),
        ),
        (
            "where does the curve of the won end?",
            "the last value of the curve; or `overall` of a calibration; or leads old enough.",
            "`fs.calibrate(deals).overall`",
        ),
        f"About {right:.1%}; watched to the end {truth:.1%}. By today's count it is "
        f"{_share(table['outcome']):.1%}, of those decided {_of_decided(table):.1%}.",
        "share",
        seed,
        slack=0.017,
        also=(
            Right(truth, 0.0051),
            *(
                Right(_share(table["outcome"][table["age"] >= day]), rounded_to(3))
                for day in range(80, 121)
            ),
        ),
    )


def still_to_win(seed: int = SEED) -> Exercise:
    known = _known(seed)
    table, end = known.ages, float(known.curve["won"].iloc[-1])
    count = {name: int((table["outcome"] == name).sum()) for name in ("won", "lost", "open")}
    right = end * len(table) - count["won"]
    ends = known.exported.ends["ends"].reindex(table["deal"]).to_numpy()
    truth = float(((ends == "won") & (table["outcome"] == "open").to_numpy()).sum())
    slack = 0.017 * len(table)
    return Exercise(
        "12.4",
        "How many of the deals that are open today will be won?",
        right,
        0,
        (
            Mistake(
                count["open"] * _of_decided(table),
                "You took the open for like the decided; among the open are all that stay silent.",
            ),
            Mistake(
                count["open"] * end,
                "That is the chance of a lead on its first day; those open today have used up a "
                "part of it.",
            ),
            Mistake(end * len(table), "Those are all wins, the old ones too."),
            Mistake(float(count["open"]), "Those are all open deals."),
        ),
        (
            "all that will be won, less those that have been won.",
            "the share in the end (12.3) × leads - won so far.",
            '`calibration.overall * len(leads) - (leads.outcome == "won").sum()`',
        ),
        f"About {right:.0f} of {count['open']}; watched to the end it is {truth:.0f}. At the rate "
        f"of those decided it would be {count['open'] * _of_decided(table):.0f}.",
        "deals",
        seed,
        slack=round(slack, 2),
        also=(Right(truth, 0.51),),
    )


def an_old_one(seed: int = SEED) -> Exercise:
    known = _known(seed)
    then, end = at(known.curve, OPEN), float(known.curve["won"].iloc[-1])
    still, rows = end - float(then["won"]), known.curve.iloc[OPEN - 1]
    right = still / float(then["open"])
    ends = known.exported.ends
    open_then = (ends["ends"] == "open") | (ends["days"] > OPEN)
    truth = _share(ends["ends"][open_then])
    return Exercise(
        "12.5",
        f"A deal has been open for {OPEN} days. How likely is it to be won after all?",
        right,
        2,
        (
            Mistake(end, "That is the chance of a new lead."),
            Mistake(still, "You have to divide by those that are still open on that day."),
            Mistake(float(then["open"]), "That is how many are open on that day."),
            Mistake(_of_decided(known.ages), "That is of those decided."),
            *_by_rows((end - rows["won"]) / rows["open"], OPEN),
        ),
        (
            f"of those open on day {OPEN}, how many are won later?",
            f"(the curve's end - the curve at day {OPEN}) ÷ the share open on day {OPEN}.",
            f'`c = calibration.curves["Lead"]; then = c.loc[:{OPEN}].iloc[-1]`, and '
            "`(c.advanced.iloc[-1] - then.advanced) / then.open`",
        ),
        f"About {right:.0%}, where a new lead has {end:.0%}; watched to the end {truth:.0%}.",
        "share",
        seed,
        also=(Right(truth, 0.0051),),
    )


def quick_calls(seed: int = SEED) -> Exercise:
    table = _known(seed).ages
    old = table[table["age"] >= OLD]

    def times(of: pd.DataFrame) -> float:
        quick = of["hours"] < QUICK
        return _share(of["outcome"][quick]) / max(_share(of["outcome"][~quick]), 1e-9)

    web, recommended = old[old["channel"] == WEBSITE], old[old["channel"] == RECOMMENDED]
    right, all_channels = times(web), times(old)
    quick = web["hours"] < QUICK
    gap = _share(web["outcome"][quick]) - _share(web["outcome"][~quick])
    return Exercise(
        "12.6",
        f"Of the leads {OLD} days old or older that came by way of the website: how many times as "
        f"often were those won that were called within {QUICK} hours, as those called later?",
        right,
        3,
        (
            Mistake(
                all_channels, "You took both channels; who is recommended comes by day and buys."
            ),
            Mistake(times(recommended), "Those are the recommended."),
            Mistake(times(table[table["channel"] == WEBSITE]), "You took the young ones, too."),
            Mistake(1 / right, "Upside down: the quick by the slow."),
            Mistake(gap, "That is a difference; how many times as often?"),
            Mistake(_share(web["outcome"][quick]), "That is the share of the quick; by the slow?"),
        ),
        (
            "two shares of one channel, and one divided by the other.",
            f"won ÷ all of those with `hours` below {QUICK}, divided by the same of the others.",
            f'`w = leads[(leads.age >= {OLD}) & (leads.channel == "{WEBSITE}")]`, then '
            f'`s = (w.outcome == "won").groupby(w.hours < {QUICK}).mean()` and '
            "`s[True] / s[False]`",
        ),
        f"Of both channels together it is {all_channels:.2f}. Most of that came with the channel.",
        "times",
        seed,
    )


EXERCISES: dict[str, Callable[..., Exercise]] = {
    "12.1": by_the_report,
    "12.2": within_a_month,
    "12.3": in_the_end,
    "12.4": still_to_win,
    "12.5": an_old_one,
    "12.6": quick_calls,
}
