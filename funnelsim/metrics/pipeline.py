"""The pipeline as it stood on a day: which deals were open, in which stage, and what they promise.

A deal is open in a stage from entering it until it is decided there. A lead that was lost and comes
back is open again from its return; referred leads and upsells are open from their arrival.

What is said of a deal's future (its chance, its close, whether it is stale) is measured on the
leads that were won or lost between warm-up and horizon, those decided after the day among them: it
is what somebody knows who has seen the whole journal, the same on every day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.arguments import a_number
from funnelsim.distributions import DAY, Floats
from funnelsim.earlier import earlier_argument
from funnelsim.journal import Journal
from funnelsim.journal.people import holders, named, owners
from funnelsim.metrics.basis import a_journal, divided

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "open_deals",
    "pipeline_board",
    "sales_velocity",
    "weighted_forecast",
    "win_probabilities",
]


@earlier_argument("j", "journal")
def open_deals(journal: Journal, day: float, stale_quantile: float = 0.9) -> pd.DataFrame:
    """The deals open at the moment `day`, one row each, by lead; times in days, money in currency.

    Columns:

    - `lead`, `stage`
    - `age_days` since arrival; `days_in_stage` since entering the stage (again, after a recovery)
    - `value`: the value its order would have (NaN in a scenario without an order)
    - `owner`: who brought it in, the rep who had first reached it by then; `holder`: who holds it,
      the rep who had reached it last (NaN: nobody yet). Deals of the start have those whom the
      state named, until somebody else reached them
    - `channel`, `segment`
    - `expected_close`: the day by which half of those were sold that were won after at least as
      long a stay in this stage; NaN where no lead that stayed as long was won
    - `win_probability`: of the leads that entered this stage and were decided in the journal, the
      share that was won; NaN if none was. In a short journal it is too low where winning takes
      longer than losing
    - `stale`: longer in its stage than this quantile of those that advanced there and were won

    A day outside warm-up to horizon, or a quantile outside 0 to 1, raises `FunnelSimError`.

    >>> from funnelsim import load, simulate
    >>> j = simulate(load("aida-follow-up"), seed=1, progress=False)
    >>> deals = open_deals(j, day=30)
    >>> bool((deals.days_in_stage <= deals.age_days).all())
    True
    """
    journal = a_journal(journal, "open_deals")
    day = _day(journal, day)
    way_out = "the default is 0.9"
    stale_quantile = a_number("stale_quantile", stale_quantile, 0, 1, way_out=way_out)
    deals = _open_visits(journal, day).reset_index(drop=True)
    leads = journal.leads.loc[deals["lead"]].reset_index(drop=True)
    deals["age_days"] = day - leads["arrived"]
    deals["days_in_stage"] = day - deals["entered"]
    deals["value"] = leads["deal_value"]
    # a call tells whether it reaches the lead when it starts, not when it ends
    begun = journal.follow_ups["started"].to_numpy() <= day
    for name, of in (("owner", owners), ("holder", holders)):
        deals[name] = named(journal, of(journal, begun)[deals["lead"]])
    deals["channel"], deals["segment"] = leads["channel"], leads["segment"]

    won = _ways_to_the_sale(journal)
    deals["expected_close"] = day + _median_days_left(deals, won)
    deals["win_probability"] = deals["stage"].map(win_probabilities(journal)).astype(float)
    limit = won.groupby("stage", observed=False)["stay"].quantile(stale_quantile)
    deals["stale"] = deals["days_in_stage"] > deals["stage"].map(limit).astype(float)
    return deals.drop(columns=["entered"])


@earlier_argument("j", "journal")
def pipeline_board(journal: Journal, day: float, stale_quantile: float = 0.9) -> pd.DataFrame:
    """The board of the open deals: a row per stage (the index) before the goal.

    Columns: `deals` (count), `value` (sum), `mean_age_days`, `win_probability` of a deal there,
    `weighted_value` (value × win probability), `stale` (count) and `stale_value` (sum). They add up
    what `open_deals` has for the day, which says what they mean and what raises an error. Without
    an order values are NaN.

    >>> from funnelsim import load, simulate
    >>> board = pipeline_board(simulate(load("b2b-pipeline"), seed=1, progress=False), day=200)
    >>> list(board.index)
    ['Lead', 'Qualified', 'Meeting', 'Proposal']
    >>> bool((board.weighted_value <= board.value).all())
    True
    """
    import pandas as pd

    journal = a_journal(journal, "pipeline_board")
    deals = open_deals(journal, day, stale_quantile)
    stages = [stage.name for stage in journal.scenario.stages[:-1]]
    by_stage = deals.groupby("stage", observed=False)
    board = pd.DataFrame(index=pd.Index(stages, name="stage"))
    board["deals"] = by_stage.size().astype("int64")
    board["value"] = by_stage["value"].sum()
    board["mean_age_days"] = by_stage["age_days"].mean()
    board["win_probability"] = win_probabilities(journal)
    weighted = board["value"] * board["win_probability"]
    board["weighted_value"] = weighted.where(board["deals"] > 0, board["value"])  # nothing is 0
    board["stale"] = by_stage["stale"].sum().astype("int64")
    stale = deals[deals["stale"]].groupby("stage", observed=False)
    board["stale_value"] = stale["value"].sum()
    if journal.scenario.order is None:
        board[["value", "weighted_value", "stale_value"]] = np.nan
    return board


@earlier_argument("j", "journal")
def weighted_forecast(journal: Journal, day: float) -> float:
    """What the open deals of a day are worth, each at the chance of its stage; in currency.

    Σ value × win probability, what CRMs call the weighted pipeline. NaN without an order, and
    while no lead that had been in a stage with open deals is decided.

    >>> from funnelsim import load, simulate
    >>> j = simulate(load("b2b-pipeline"), seed=1, progress=False)
    >>> bool(0 < weighted_forecast(j, day=200) < pipeline_board(j, day=200).value.sum())
    True
    """
    board = pipeline_board(a_journal(journal, "weighted_forecast"), day)
    return float(board["weighted_value"].sum(skipna=False))


@earlier_argument("j", "journal")
def sales_velocity(journal: Journal) -> pd.Series:
    """What the pipeline brings in a day, and its four levers, from warm-up to horizon.

    The textbook's formula: `sales_velocity` (currency per day) = `opportunities` × `win_rate` ×
    `mean_deal_value` ÷ `mean_days_to_close`. Here opportunities are the deals open on average; the
    others are of deals decided in that time: won ÷ (won + lost), the mean value of those won, and
    how long a deal was open, won or lost. So measured the formula is Little's law (1961): open
    deals ÷ days to close are the deals decided in a day, and the velocity is what first orders and
    upsells bring. Taken with all opportunities of a quarter instead it would count each of them
    over and over. NaN where nothing was decided or won, or all at once; mean_deal_value and
    velocity also without an order.

    >>> from funnelsim import load, simulate
    >>> v = sales_velocity(simulate(load("aida-follow-up"), seed=1, progress=False))
    >>> by_hand = v.opportunities * v.win_rate * v.mean_deal_value / v.mean_days_to_close
    >>> bool(v.sales_velocity == by_hand)
    True
    """
    import pandas as pd

    journal = a_journal(journal, "sales_velocity")
    scenario, visits = journal.scenario, journal.stage_visits
    begin, end = scenario.warm_up / DAY, scenario.horizon / DAY
    until = visits["decided"].fillna(end)
    open_days = (until.clip(lower=begin) - visits["entered"].clip(lower=begin)).sum()
    decided = _decided(journal)
    won = decided["outcome"] == "customer"
    stays = (until - visits["entered"]).groupby(visits["lead"]).sum()
    figures = {
        "opportunities": divided(open_days, end - begin),
        "win_rate": won.mean(),
        "mean_deal_value": decided.loc[won, "deal_value"].mean(),
        "mean_days_to_close": stays[decided["lead"]].mean(),
    }
    gains = figures["opportunities"] * figures["win_rate"] * figures["mean_deal_value"]
    velocity = divided(gains, figures["mean_days_to_close"])
    return pd.Series({**figures, "sales_velocity": velocity}, dtype=float, name=scenario.name)


@earlier_argument("j", "journal")
def win_probabilities(journal: Journal) -> pd.Series:
    """By stage before the goal: won ÷ decided, of the leads that entered it; NaN where none was.

    Measured on the leads won or lost between warm-up and horizon. While many are still open it is
    too low where winning takes longer than losing: the winners are yet to come.

    >>> from funnelsim import load, simulate
    >>> j = simulate(load("b2b-pipeline"), seed=1, progress=False)
    >>> chances = win_probabilities(j)
    >>> bool(chances["Lead"] < chances["Proposal"])
    True
    """
    decided = _decided(a_journal(journal, "win_probabilities"))
    visits = journal.stage_visits.drop_duplicates(["lead", "stage"])
    visits = visits[visits["lead"].isin(decided["lead"])]
    won = decided["outcome"].eq("customer").loc[visits["lead"]].to_numpy()
    stages = [stage.name for stage in journal.scenario.stages[:-1]]
    chance = visits.assign(won=won).groupby("stage", observed=False)["won"].mean()
    return chance.reindex(stages).rename("win_probability")


# --- who is where -------------------------------------------------------------------------------


def _open_visits(journal: Journal, day: float) -> pd.DataFrame:
    """The visits that had begun by that moment and were not decided by then."""
    visits = journal.stage_visits
    undecided = visits["decided"].isna() | (visits["decided"] > day)
    return visits.loc[(visits["entered"] <= day) & undecided, ["lead", "stage", "entered"]]


# --- what comes of them -------------------------------------------------------------------------


def _decided(journal: Journal) -> pd.DataFrame:
    """The leads won or lost between warm-up and horizon, by whatever day they arrived."""
    leads = journal.leads
    return leads[leads["decided"] >= journal.scenario.warm_up / DAY]


def _ways_to_the_sale(journal: Journal) -> pd.DataFrame:
    """Of the leads won: each stage they advanced from, their stay there, the days to the sale."""
    decided = _decided(journal)
    sold = decided.loc[decided["outcome"] == "customer", "decided"]
    visits = journal.stage_visits
    goal = journal.scenario.stages[-1].name
    visits = visits[(visits["outcome"] == "advanced") & (visits["stage"] != goal)]
    visits = visits[visits["lead"].isin(sold.index)]
    return visits[["stage"]].assign(
        stay=visits["decided"] - visits["entered"],
        to_sale=sold.loc[visits["lead"]].to_numpy() - visits["entered"],
    )


def _median_days_left(deals: pd.DataFrame, won: pd.DataFrame) -> Floats:
    """For each deal: the median time to the sale of the winners that stayed longer than it has."""
    left = np.full(len(deals), np.nan)
    for stage, winners in won.groupby("stage", observed=True):
        stay, to_sale = winners["stay"].to_numpy(), winners["to_sale"].to_numpy()
        for place in np.flatnonzero(deals["stage"] == stage):
            so_far = deals["days_in_stage"].iat[place]
            longer = to_sale[stay > so_far]
            if longer.size:
                left[place] = np.median(longer) - so_far
    return left


# --- what is asked for --------------------------------------------------------------------------


def _day(journal: Journal, day: Any) -> float:
    """The day as a float, if the journal can tell what was then."""
    first, last = journal.scenario.warm_up / DAY, journal.scenario.horizon / DAY
    is_a, way_out = "a day between the warm-up and the horizon,", "0 is the start of the scenario"
    return a_number("day", day, first, last, is_a=is_a, way_out=way_out)
