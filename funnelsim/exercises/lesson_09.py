"""The exercises of lesson 09, the pipeline view: a firm that sells machine tools, on its day 240.

Nothing is typed in: every answer is computed from the scenario and the seed that the notebook
states. The journal goes on after that day, so that it is known what became of the open deals.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from funnelsim.engines import simulate
from funnelsim.exercises.entry import Exercise, Mistake, Right, rounded_to
from funnelsim.exercises.workshop import SEED
from funnelsim.journal import Journal
from funnelsim.metrics.groups import reps_table
from funnelsim.metrics.known import history_of
from funnelsim.metrics.pipeline import open_deals, weighted_forecast, win_probabilities
from funnelsim.metrics.pipeline_changes import pipeline_changes
from funnelsim.scenario import Scenario, load

if TYPE_CHECKING:
    import pandas as pd

# --- the firm -------------------------------------------------------------------------------------

MACHINES: dict[str, Any] = {
    "name": "Machine tools",
    "horizon": "420 days",
    "warm_up": "60 days",
    "channels.website.leads_per_day": 5,
    "stages.Proposal.silent": 0.6,
    "stages.Proposal.recovery": None,
    "stages.Proposal.decision_time.lognormal.mean": "20 days",
}
OWN = {"Lead": 0.05, "Qualified": 0.2, "Meeting": 0.45, "Proposal": 0.7}
WARM_UP, DAY, LAST = 60, 240, 420  # days: the first that counts, of the questions, of the journal
BACK = 28  # days before that of the questions
STALE = 0.9
REP = "inside sales 1"
KEPT = 128  # journals, of the seeds that people type


@cache
def machines() -> Scenario:
    return load("b2b-pipeline").vary(MACHINES)


@lru_cache(KEPT)
def journal_of(seed: int) -> Journal:
    return simulate(machines(), seed=seed, progress=False)


@lru_cache(KEPT)
def _deals(seed: int, day: int = DAY) -> pd.DataFrame:
    """The deals open on a day, with `won`: whether they were by the end of the journal."""
    deals = open_deals(journal_of(seed), day, own=OWN).set_index("lead")
    outcome = journal_of(seed).leads["outcome"].reindex(deals.index)
    return deals.assign(won=(outcome == "customer").to_numpy())


def _weighted(seed: int, chance: str, day: int = DAY) -> float:
    deals = _deals(seed, day)
    return float((deals["value"] * deals[chance]).sum())


@lru_cache(KEPT)
def _by_stage(seed: int, known_on: int) -> float:
    """The forecast of the day by the chances of those who enter a stage, as known on another."""
    chances = win_probabilities(journal_of(seed), known_on).to_dict()
    deals = _deals(seed)
    return float((deals["value"] * deals["stage"].astype(object).map(chances)).sum())


@lru_cache(KEPT)
def _by_the_scenario(seed: int) -> float:
    return weighted_forecast(journal_of(seed), DAY, scenario=machines())


@lru_cache(KEPT)
def _changes(seed: int, days: int) -> pd.DataFrame:
    return pipeline_changes(journal_of(seed), DAY, days)


@lru_cache(KEPT)
def _reps(seed: int) -> pd.DataFrame:
    return reps_table(journal_of(seed))


# --- the exercises --------------------------------------------------------------------------------


def open_on_the_day(seed: int = SEED) -> Exercise:
    leads = journal_of(seed).leads
    right, begin = len(_deals(seed)), WARM_UP
    here = leads[leads["arrived"] <= DAY]
    young = int((~(here["decided"] <= DAY) & (here["arrived"] >= begin)).sum())
    return Exercise(
        "09.1",
        f"How many deals were open on day {DAY}?",
        right,
        0,
        (
            Mistake(
                len(_deals(seed, LAST)),
                f"Those are open on day {LAST}, when the journal ends; name the day.",
            ),
            Mistake(len(here), f"So many had come by day {DAY}; most of them were decided then."),
            Mistake(
                int((here["outcome"] == "open").sum()),
                f"Those are still open when the journal ends; on day {DAY} there were others, who "
                "have been decided since.",
            ),
            Mistake(
                young,
                "You left out those who came before the warm-up was over; they are open as well.",
            ),
            Mistake(
                int((here["decided"] <= DAY).sum()), f"Those were decided by day {DAY}, not open."
            ),
        ),
        (
            f"open is who had come by day {DAY} and was not decided by then.",
            f"a row for each is in `fs.open_deals(journal, day={DAY})`.",
            f"`len(fs.open_deals(journal, day={DAY}))`",
        ),
        f"{int((_deals(seed)['stage'] == 'Proposal').sum())} of them are proposals.",
        "deals",
        seed,
    )


def by_the_firm(seed: int = SEED) -> Exercise:
    deals = _deals(seed)
    right, value = _weighted(seed, "own_probability"), float(deals["value"].sum())
    return Exercise(
        "09.2",
        f"By the firm's percentages, what is the weighted forecast of day {DAY}?",
        right,
        0,
        (
            Mistake(value, "That is the value of all open deals, as if each of them were won."),
            Mistake(
                value * sum(OWN.values()) / len(OWN),
                "You took the mean percentage of the stages; each deal has that of its own.",
            ),
            Mistake(
                float(deals["own_probability"].sum()),
                "That is a number of deals: multiply each by its value.",
            ),
            Mistake(_weighted(seed, "own_probability", LAST), f"That is of day {LAST}."),
            Mistake(
                _weighted(seed, "win_probability"),
                "Those are the chances that the history tells; the question is about the firm's.",
            ),
        ),
        (
            "Σ value × percentage of the stage, over the open deals.",
            "the board has the value of each stage's deals; or give the percentages as `own=`.",
            f"`fs.weighted_forecast(journal, day={DAY}, own=own)`",
        ),
        f"{right / value:.0%} of the open value of {value:,.0f} EUR.",
        "EUR",
        seed,
    )


def by_stage_and_age(seed: int = SEED) -> Exercise:
    deals, right = _deals(seed), _weighted(seed, "win_probability")
    return Exercise(
        "09.3",
        f"By stage and age, as known on day {DAY}, what is the weighted forecast of that day?",
        right,
        0,
        (
            Mistake(_weighted(seed, "own_probability"), "That is by the firm's percentages."),
            Mistake(
                _by_stage(seed, DAY), "That is by stage alone: an old proposal counts as a new one."
            ),
            Mistake(
                _by_stage(seed, LAST),
                f"That is by stage alone, and by chances of day {LAST}: nobody knew them then.",
            ),
            Mistake(_weighted(seed, "win_probability", LAST), f"That is of day {LAST}."),
            Mistake(
                _by_the_scenario(seed),
                "That is by the chances of the scenario, which nobody in a firm knows.",
            ),
            Mistake(
                float(deals["win_probability"].sum()),
                "That is a number of deals: multiply each by its value.",
            ),
        ),
        (
            "each open deal has its chance, by its stage and by how long it has been there.",
            f"Σ value × `win_probability` of `fs.open_deals(journal, day={DAY})`.",
            f"`fs.weighted_forecast(journal, day={DAY})`",
        ),
        f"By the firm's percentages it was {_weighted(seed, 'own_probability') / right:.1f} times "
        "as much.",
        "EUR",
        seed,
    )


def what_came(seed: int = SEED) -> Exercise:
    leads, deals = journal_of(seed).leads, _deals(seed)
    right = float(deals["value"][deals["won"]].sum())
    sold = leads[(leads["outcome"] == "customer") & (leads["decided"] > DAY)]
    return Exercise(
        "09.4",
        f"What have the deals that were open on day {DAY} brought by day {LAST}?",
        right,
        0,
        (
            Mistake(
                float(sold["deal_value"].sum()),
                f"Those are all sales since; many of these deals came in after day {DAY}.",
            ),
            Mistake(float(deals["value"].sum()), "That is what they were worth, won or not."),
            Mistake(float(deals["won"].sum()), "So many were won; what did they bring, in EUR?"),
            Mistake(
                float(deals["value"][~deals["won"]].sum()), "That is what those not won were worth."
            ),
            Mistake(
                float(leads["deal_value"][leads["outcome"] == "customer"].sum()),
                "Those are all customers that the journal has.",
            ),
        ),
        (
            f"take the deals of day {DAY}, and see which of them are customers in the end.",
            'the `outcome` of a lead is in `journal.leads`: "customer" is won.',
            f"`deals = fs.open_deals(journal, day={DAY})`, "
            '`won = journal.leads.lead[journal.leads.outcome == "customer"]`, then '
            "`deals.value[deals.lead.isin(won)].sum()`",
        ),
        f"By stage and age it was said {_weighted(seed, 'win_probability'):,.0f}, by the firm "
        f"{_weighted(seed, 'own_probability'):,.0f}.",
        "EUR",
        seed,
    )


def stale_proposals(seed: int = SEED) -> Exercise:
    deals = _deals(seed)
    proposals = deals[deals["stage"] == "Proposal"]
    right = int(proposals["stale"].sum())
    late = _deals(seed, LAST)
    decided, advanced = _stays(seed)
    old = proposals["days_in_stage"]
    return Exercise(
        "09.5",
        f"How many of the proposals open on day {DAY} are stale?",
        right,
        0,
        (
            Mistake(int(deals["stale"].sum()), "Those are the stale ones of all stages."),
            Mistake(len(proposals), "Those are all open proposals."),
            Mistake(
                int(late["stale"][late["stage"] == "Proposal"].sum()), f"Those are of day {LAST}."
            ),
            Mistake(
                int((old > old.quantile(STALE)).sum()),
                "You took the oldest tenth of the open ones; the limit is that of those who went "
                "on.",
            ),
            Mistake(len(proposals) - right, "Those are the proposals that are not stale."),
            Mistake(
                int((proposals["age_days"] > advanced.quantile(STALE)).sum()),
                "You took their age since they arrived; what counts is how long they have been in "
                "this stage.",
            ),
        ),
        (
            "stale is who has been in the stage for longer than nine in ten of those who went on "
            "from it.",
            f"`fs.open_deals(journal, day={DAY})` has a column `stale`, and one for the stage.",
            f"`deals = fs.open_deals(journal, day={DAY})`, then "
            '`(deals.stale & (deals.stage == "Proposal")).sum()`',
        ),
        f"Of {len(proposals)} open proposals. {int(proposals['won'][proposals['stale']].sum())} of "
        "the stale ones have been won since.",
        "deals",
        seed,
        also=(
            Right(int((old > advanced.quantile(STALE)).sum()), rounded_to(0)),
            Right(int((old > decided.quantile(STALE)).sum()), rounded_to(0)),
        ),
    )


@lru_cache(KEPT)
def _stays(seed: int) -> tuple[pd.Series, pd.Series]:
    """How long those decided by the day, and of those the ones who went on, were in Proposal."""
    history = history_of(journal_of(seed), "09.5")
    visits = history.on(DAY).visits
    here = visits[(visits["stage"] == history.stages.index("Proposal"))]
    here = here[here["outcome"] != "open"]
    stay = here["left"] - here["entered"]
    return stay, stay[here["outcome"] == "advanced"]


def changed_value(seed: int = SEED) -> Exercise:
    change, count = (_changes(seed, BACK)[column] for column in ("value", "deals"))
    right = float(change["now"] - change["then"])
    week = _changes(seed, 7)["value"]
    return Exercise(
        "09.6",
        f"By how much did the open value change in the {BACK} days up to day {DAY}?",
        right,
        0,
        (
            Mistake(-right, "Right in size, but wrong way round: now less then."),
            Mistake(
                float(change["new"] - change["won"]),
                "You forgot those who were lost: they go, too.",
            ),
            Mistake(
                float(change["new"] - change["lost"]),
                "You forgot those who were won: they go, too.",
            ),
            Mistake(float(change["new"]), "That is what came in; others have gone."),
            Mistake(float(change["now"]), "That is what is open now."),
            Mistake(float(week["now"] - week["then"]), f"That is of a week; take {BACK} days."),
            Mistake(float(count["now"] - count["then"]), "Those are deals; the question is EUR."),
        ),
        (
            "open then + new - won - lost = open now.",
            f"`fs.pipeline_changes(journal, day={DAY}, days={BACK})` has all of them.",
            f"`c = fs.pipeline_changes(journal, day={DAY}, days={BACK}).value`, then "
            "`c.now - c.then`",
        ),
        f"And sold was {change['won']:,.0f} EUR: neither tells you the other.",
        "EUR",
        seed,
    )


def brought_in(seed: int = SEED) -> Exercise:
    reps = _reps(seed)
    mine, all_ = reps.loc[REP], reps.sum(numeric_only=True)
    right = float(mine["revenue"] / all_["revenue"])
    return Exercise(
        "09.7",
        f"Of what the reps have sold since the warm-up, in EUR, what share did {REP} bring in?",
        right,
        3,
        (
            Mistake(
                float(mine["revenue"] / (all_["revenue"] + all_["revenue_closed"])),
                "You added what was brought in and what was closed: that is the same money twice.",
            ),
            Mistake(
                float(mine["customers"] / all_["customers"]),
                "Those are customers; the question is about EUR.",
            ),
            Mistake(
                float(mine["leads"] / all_["leads"]), "Those are leads; most of them never bought."
            ),
            Mistake(0.0, "That is what they closed: inside sales hand their deals over."),
            Mistake(1 - right, "That is what the others brought in."),
        ),
        (
            "each sale was brought in by one rep and closed by one.",
            "in `fs.reps_table(journal)`, `revenue` is what was brought in.",
            f'`r = fs.reps_table(journal).revenue`, then `r["{REP}"] / r.sum()`',
        ),
        "Added up over the reps, revenue and revenue_closed are the same "
        f"{all_['revenue']:,.0f} EUR.",
        "share",
        seed,
    )


EXERCISES: dict[str, Callable[..., Exercise]] = {
    "09.1": open_on_the_day,
    "09.2": by_the_firm,
    "09.3": by_stage_and_age,
    "09.4": what_came,
    "09.5": stale_proposals,
    "09.6": changed_value,
    "09.7": brought_in,
}
