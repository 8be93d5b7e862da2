"""The pipeline as it stood on a day: which deals were open, in which stage, and what they promise.

A deal is open in a stage from entering it until it is decided there. A lead that was lost and comes
back is open again from its return; referred leads and upsells are open from their arrival.

What is said of a deal's future (its chance, its close, whether it is stale) was known on that day:
it is made of what had happened until then (`known.py`), and of the day's open deals, each for as
long as it had been open (`laws.py`). Of a simulated firm a scenario can be given in its place, and
the firm's own chances beside it. All of it works on a journal and on read deals (`fs.read_deals`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.arguments import a_number
from funnelsim.earlier import earlier_argument
from funnelsim.metrics.basis import divided
from funnelsim.metrics.chances import Chances, stage_laws, way_on
from funnelsim.metrics.known import Known, Source, known_on, names_of
from funnelsim.metrics.own import Own, own_chances
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "open_deals",
    "pipeline_board",
    "sales_velocity",
    "stale_deals",
    "weighted_forecast",
    "win_probabilities",
    "win_probabilities_by_age",
]
MEANS = {"age_days": "mean_age_days", "win_probability": "win_probability"}
QUANTILES = (0.5, 0.75, 0.9, 0.95)


@earlier_argument("j", "journal")
def open_deals(
    journal: Source,
    day: object = None,
    stale_quantile: float = 0.9,
    *,
    scenario: Scenario | None = None,
    own: Own = None,
) -> pd.DataFrame:
    """The deals open at the moment `day`, one row each; times in days, money in currency.

    `day` is a number of days since the start, or a date; left out, the last day that the journal or
    the export knows. Columns:

    - `lead` (of an export `deal`), `stage`
    - `age_days` since arrival; `days_in_stage` since entering the stage (again, after a recovery)
    - `value`: the value its order would have (NaN in a scenario without an order)
    - `owner`: who brought it in, the rep who had first reached it by then; `holder`: who holds it,
      the rep who had reached it last (NaN: nobody yet). Deals of the start have those whom the
      state named, until somebody else reached them; of an export both are its owner
    - `channel`, `segment`
    - `expected_close`: the day (of an export the date) by which half of its chance to be won is
      over; NaN where no deal that stayed as long had gone on
    - `win_probability`: the share of those still undecided after as long in this stage that went
      on, times the conversions of the stages that follow; as known on the day. NaN while nobody is
      decided in one of them
    - `win_se`: its standard error, from how many decisions it is told by; 0 by a scenario
    - `stale`: longer in its stage than this quantile of those who went on from there
    - `own_probability`: where `own` is given

    scenario   by which chances and times are told, not by what was seen: p S1(a) ÷ (p S1(a) +
               (1 - p)((1 - silent) S0(a) + silent)) at the age a since the call, or since entering
               (docs/model.md, the state at the start), by channel and segment. Who waits for a
               call counts as if it were called now
    own        the firm's chances: by stage, or by deal (of an export by its number or its row);
               shares, or percent where one is above 1

    A day outside warm-up to horizon, or a quantile outside 0 to 1, raises `FunnelSimError`.

    >>> from funnelsim import load, simulate
    >>> j = simulate(load("aida-follow-up"), seed=1, progress=False)
    >>> deals = open_deals(j, day=30, own={"Interest": 0.1, "Desire": 0.3})
    >>> bool((deals.days_in_stage <= deals.age_days).all())
    True
    """
    import pandas as pd

    known = known_on(journal, day, "open_deals")
    way_out = "the default is 0.9"
    stale_quantile = a_number("stale_quantile", stale_quantile, 0, 1, way_out=way_out)
    chances = Chances(known, scenario)
    deals = chances.deals
    table = pd.DataFrame(
        {
            ("deal" if known.history.is_dated else "lead"): deals.index,
            "stage": names_of(known.stages, deals["stage"]),
            "age_days": (known.day - deals["arrived"]).to_numpy(dtype=float),
            "days_in_stage": (known.day - deals["entered"]).to_numpy(dtype=float),
            **{name: deals[name].array for name in ("value", "owner", "holder")},
            **{name: deals[name].array for name in ("channel", "segment")},
            "expected_close": known.history.when(known.day + chances.median_days()),
            "win_probability": chances.won,
            "win_se": chances.se,
        }
    )
    table["stale"] = (chances.age > chances.limits(stale_quantile)) & ~chances.waits
    if own is not None:
        table["own_probability"] = own_chances(own, known, deals)
    return table


@earlier_argument("j", "journal")
def pipeline_board(
    journal: Source,
    day: object = None,
    stale_quantile: float = 0.9,
    *,
    scenario: Scenario | None = None,
    own: Own = None,
) -> pd.DataFrame:
    """The board of the open deals: a row per stage (the index) before the goal.

    Columns: `deals` (count), `value` (sum), `mean_age_days`, `win_probability` (the mean of the
    deals there), `weighted_value` (Σ value × win probability), `stale` (count) and `stale_value`
    (sum); `without_value` (count), deals whose value nobody has entered: they are worth 0 here;
    `own_weighted_value`, where the firm's `own` chances are given. They add up what `open_deals`
    has for the day, which says what they mean and what raises an error. Without an order values
    are NaN.

    >>> from funnelsim import load, simulate
    >>> board = pipeline_board(simulate(load("b2b-pipeline"), seed=1, progress=False), day=200)
    >>> list(board.index)
    ['Lead', 'Qualified', 'Meeting', 'Proposal']
    >>> bool((board.weighted_value <= board.value).all())
    True
    """
    known = known_on(journal, day, "pipeline_board")
    return by_stages(known, open_deals(journal, day, stale_quantile, scenario=scenario, own=own))


def by_stages(known: Known, deals: pd.DataFrame) -> pd.DataFrame:
    """The open deals of a day, as `open_deals` has them, added up as `pipeline_board` says."""
    import pandas as pd

    value, chance = deals["value"], deals["win_probability"]
    added = {
        "value": value,
        "weighted_value": value * chance,
        "untold": chance.isna() & value.notna(),
        "stale": deals["stale"],
        "stale_value": value.where(deals["stale"]),
        "without_value": value.isna(),
    }
    if "own_probability" in deals:
        added["own_weighted_value"] = value * deals["own_probability"]
    by_stage = pd.DataFrame(added).groupby(deals["stage"], observed=False)
    sums, means = by_stage.sum(), deals.groupby("stage", observed=False)[[*MEANS]].mean()
    board = pd.DataFrame(index=pd.Index(known.stages, name="stage"))
    board["deals"] = by_stage.size().astype("int64")
    board["value"] = sums["value"]
    board[[*MEANS.values()]] = means
    board["weighted_value"] = sums["weighted_value"].mask(sums["untold"] > 0)
    board["stale"] = sums["stale"].astype("int64")
    board["stale_value"] = sums["stale_value"]
    board["without_value"] = sums["without_value"].astype("int64")
    if "own_probability" in deals:
        board["own_weighted_value"] = sums["own_weighted_value"]
    if not known.history.has_value:
        values = ["value", "weighted_value", "stale_value", "own_weighted_value"]
        board[[name for name in values if name in board]] = np.nan
    return board


@earlier_argument("j", "journal")
def weighted_forecast(
    journal: Source, day: object = None, *, scenario: Scenario | None = None, own: Own = None
) -> float:
    """What the open deals of a day are worth, each at its chance to be won; in currency.

    Σ value × win probability, what CRMs call the weighted pipeline: at the chances known on the
    day, by stage and age (`open_deals`), by those of a `scenario`, or at the firm's `own`. NaN
    without an order, and while nobody who had been in a stage with open deals is decided. When it
    will come, and how surely, `pipeline_forecast` tells.

    >>> from funnelsim import load, simulate
    >>> j = simulate(load("b2b-pipeline"), seed=1, progress=False)
    >>> bool(0 < weighted_forecast(j, day=200) < pipeline_board(j, day=200).value.sum())
    True
    """
    known_on(journal, day, "weighted_forecast")
    board = pipeline_board(journal, day, scenario=scenario, own=own)
    column = "weighted_value" if own is None else "own_weighted_value"
    return float(board[column].sum(skipna=False))


@earlier_argument("j", "journal")
def sales_velocity(journal: Source, day: object = None) -> pd.Series:
    """What the pipeline brings in a day, and its four levers, from warm-up to `day` (the horizon).

    The textbook's formula: `sales_velocity` (currency per day) = `opportunities` × `win_rate` ×
    `mean_deal_value` ÷ `mean_days_to_close`. Here opportunities are the deals open on average; the
    others are of deals decided in that time: won ÷ (won + lost), the mean value of those won, and
    how long a deal was open, won or lost. So measured the formula is Little's law (1961): open
    deals ÷ days to close are the deals decided in a day, and the velocity is what first orders and
    upsells bring. Taken with all opportunities of a quarter instead it would count each of them
    over and over. NaN where nothing was decided or won, or all at once; mean_deal_value and
    velocity also without an order. Of an export it is from the first deal on, without those whose
    closing has no date.

    >>> from funnelsim import load, simulate
    >>> v = sales_velocity(simulate(load("aida-follow-up"), seed=1, progress=False))
    >>> by_hand = v.opportunities * v.win_rate * v.mean_deal_value / v.mean_days_to_close
    >>> bool(v.sales_velocity == by_hand)
    True
    """
    import pandas as pd

    known = known_on(journal, day, "sales_velocity")
    begin, end, visits = known.history.first, known.day, known.visits
    until = visits["left"].fillna(end)
    open_days = (until.clip(lower=begin) - visits["entered"].clip(lower=begin)).sum()
    by_deal = visits.assign(until=until, stay=until - visits["entered"]).groupby("deal")
    last = by_deal[["outcome", "until"]].last().join(by_deal["stay"].sum())
    decided = last[(last["outcome"] != "open") & (last["until"] >= begin)].join(known.deals)
    won = decided["won"].notna()
    figures = {
        "opportunities": divided(open_days, end - begin),
        "win_rate": won.mean(),
        "mean_deal_value": decided.loc[won, "value"].mean(),
        "mean_days_to_close": decided["stay"].mean(),
    }
    gains = figures["opportunities"] * figures["win_rate"] * figures["mean_deal_value"]
    velocity = divided(gains, figures["mean_days_to_close"])
    return pd.Series({**figures, "sales_velocity": velocity}, dtype=float, name=known.history.name)


@earlier_argument("j", "journal")
def win_probabilities(
    journal: Source, day: object = None, *, scenario: Scenario | None = None
) -> pd.Series:
    """By stage before the goal: how likely a deal that has just entered it is won.

    As known on the day, by Aalen and Johansen's estimate: open deals count for as long as they have
    been open, so that it is not too low where winning takes longer than losing. NaN while nobody is
    decided there or further on. With a `scenario`, what it says of a lead of the odds ratio 1.

    >>> from funnelsim import load, simulate
    >>> j = simulate(load("b2b-pipeline"), seed=1, progress=False)
    >>> chances = win_probabilities(j, day=300)
    >>> bool(chances["Lead"] < chances["Proposal"])
    True
    """
    import pandas as pd

    known = known_on(journal, day, "win_probabilities")
    laws = stage_laws(known, scenario)
    ways = np.cumprod([law.conversion for law in laws[::-1]])[::-1]
    index = pd.Index(known.stages, name="stage")
    return pd.Series(ways, index=index, name="win_probability", dtype=float)


def win_probabilities_by_age(
    journal: Source,
    day: object = None,
    *,
    ages: Sequence[float] | None = None,
    scenario: Scenario | None = None,
) -> pd.DataFrame:
    """How likely a deal is won by how long it has been in its stage: a row per stage and age.

    `ages` are days in the stage (left out: 0, and the quantiles 25, 50, 75, 90 and 95 % of those
    who went on). Columns: `age_days` (with `stage` the index), `onward`, the share of those still
    undecided then that goes on, `win_probability`, `win_se` and `decided`, how many decisions after
    that age tell it.

    >>> from funnelsim import load, simulate
    >>> j = simulate(load("b2b-pipeline"), seed=1, progress=False)
    >>> list(win_probabilities_by_age(j, day=300, ages=[0, 30]).loc["Proposal"].index)
    [0.0, 30.0]
    """
    import pandas as pd

    known = known_on(journal, day, "win_probabilities_by_age")
    laws, parts = stage_laws(known, scenario), []
    for number, (stage, law) in enumerate(zip(known.stages, laws, strict=True)):
        if ages is None:
            quantiles = [law.quantile(q) for q in (0.25, *QUANTILES)]
            at = np.unique([0.0, *(t for t in quantiles if not np.isnan(t))])
        else:
            at = np.array([a_number("ages", age, 0, is_a="a number of days") for age in ages])
        won, se = way_on(laws, number, at)
        parts.append(
            pd.DataFrame(
                {"stage": stage, "age_days": at, "onward": law.onward(at), "win_probability": won,
                 "win_se": se, "decided": law.told_by(at)}
            )
        )  # fmt: skip
    table = pd.concat(parts)
    table["stage"] = pd.Categorical(table["stage"], known.stages, ordered=True)
    return table.set_index(["stage", "age_days"])


def stale_deals(
    journal: Source, day: object = None, quantiles: Sequence[float] = QUANTILES
) -> pd.DataFrame:
    """How many open deals have been in their stage for longer than most winners ever were.

    A row per stage and quantile (the index) of the time in the stage of those who went on from it,
    as known on the day. Columns: `limit_days`, that time; `deals` open that are older than it, and
    their `value` (sum); `share_of_value` of the stage; their mean `win_probability`. Which they
    are: `open_deals(journal, day, stale_quantile)`.

    >>> from funnelsim import load, simulate
    >>> j = simulate(load("b2b-pipeline"), seed=1, progress=False)
    >>> table = stale_deals(j, day=200)
    >>> bool((table.loc["Proposal"].deals.diff().dropna() <= 0).all())
    True
    """
    import pandas as pd

    known = known_on(journal, day, "stale_deals")
    wanted = [a_number("quantiles", q, 0, 1, way_out="write [0.5, 0.9]") for q in quantiles]
    laws, deals, rows = stage_laws(known), open_deals(journal, day), []
    for stage, law in zip(known.stages, laws, strict=True):
        here = deals[deals["stage"] == stage]
        for q in wanted:
            limit = law.quantile(q)
            old = here[here["days_in_stage"] > limit]
            value = old["value"].sum() if known.history.has_value else np.nan
            rows.append((stage, q, limit, len(old), value, divided(value, here["value"].sum()),
                         old["win_probability"].mean()))  # fmt: skip
    columns = ["stage", "quantile", "limit_days", "deals", "value", "share_of_value",
               "win_probability"]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    table["stage"] = pd.Categorical(table["stage"], known.stages, ordered=True)
    return table.set_index(["stage", "quantile"])
