"""Chances that were said of open deals, against what has become of these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.arguments import a_number, a_whole_number
from funnelsim.distributions import Floats
from funnelsim.errors import FunnelSimError
from funnelsim.metrics.chances import Chances
from funnelsim.metrics.known import History, Known, Source, history_of, the_day
from funnelsim.metrics.own import Own, own_chances
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

CUTS = 6
ENDED = 0.9  # of the deals are decided after as long as the last cut lies back
SEEN, STATED, OWN, ALL = "seen", "scenario", "own", "all"


def judged_probabilities(
    journal: Source,
    days: Sequence[object] | None = None,
    *,
    scenario: Scenario | None = None,
    own: Own = None,
    groups: int = 5,
    within: float | None = None,
) -> pd.DataFrame:
    """How right the chances of open deals have been: said then, and happened since.

    On each of the `days` (left out: six, spread so that nearly all the deals open on the last of
    them are decided) every open deal gets its chance as known on that day, or by the `scenario`,
    and the firm's `own`, if given (as in `open_deals`). The index is `by` (seen or scenario, and
    own) and `group`: deals from the lowest chance to the highest, in as many groups of one size
    (one for each chance, where there are few), and "all". Columns:

    - `deals`: how often a deal was open on a day, and is decided now · `still_open`: and is not;
      left out of all else, so look where they are many, and give `within`
    - `said`: the mean chance · `happened`: the share that was won before it was lost
    - `se`: the standard error of `happened` if what was said is right; a deal seen on several days
      counts as one
    - `brier`: the mean of (said - happened)², 0 to 1, the lower the better; `brier_se`;
      `brier_of_mean`: had everybody been given the mean of what happened

    `within` is a number of days: then whoever is not won so long after the day counts as not won,
    the open ones, too (0 are `still_open`). It is the fair way where deals go silent and nobody
    closes them: of those decided alone nearly all chances look too low. Let it be longer than
    nearly all wins take; days left out are spread so that it has passed since the last.

    Source: G. W. Brier, Verification of Forecasts Expressed in Terms of Probability, Monthly
    Weather Review 78 (1950). Raises FunnelSimError for days that are not known, where no deal open
    then is decided, where the history is too short to choose days, and for days since which
    `within` has not passed.

    >>> from funnelsim import load, simulate
    >>> j = simulate(load("b2b-pipeline"), seed=1, progress=False)
    >>> table = judged_probabilities(j, own={"Lead": 0.1, "Qualified": 0.2, "Meeting": 0.4,
    ...                                      "Proposal": 0.6})
    >>> everything = table.xs("all", level="group")
    >>> bool(everything.brier["seen"] < everything.brier["own"])
    True
    """
    import pandas as pd

    history = history_of(journal, "judged_probabilities")
    groups = a_whole_number("groups", groups, 1, 100)
    if within is not None:
        within = a_number("within", within, above=0, is_a="a number of days")
    at = _cuts(history, within) if days is None else [the_day(history, day) for day in days]
    parts = []
    for day in at:
        if within is not None and day + within > history.last:
            raise FunnelSimError(
                f"within is {within:g}; only {history.last - day:g} days after day {day:g} are "
                "known: give earlier days= or fewer days"
            )
        known = history.on(day)
        chances = Chances(known, scenario)
        said = {SEEN if scenario is None else STATED: chances.won}
        if own is not None:
            said[OWN] = own_chances(own, known, chances.deals)
        happened = _happened(history, known, chances.deals.index, within)
        for by, chance in said.items():
            part = {"deal": chances.deals.index, "by": by, "said": chance, "happened": happened}
            parts.append(pd.DataFrame(part))
    table = pd.concat(parts, ignore_index=True).dropna(subset="said")
    if not table["happened"].notna().any():
        raise FunnelSimError(
            "no deal that was open on the days to be judged is decided; give earlier days="
        )
    rows = {}
    for by, of_one in table.groupby("by", sort=False):
        for number, some in of_one.groupby(_ranked(of_one["said"], groups)):
            rows[by, number] = _judged(some)
        rows[by, ALL] = _judged(of_one)
    found = pd.DataFrame.from_dict(rows, orient="index")
    found.index = pd.MultiIndex.from_tuples(found.index, names=["by", "group"])
    return found.astype({"deals": "int64", "still_open": "int64"})


def _ranked(said: pd.Series, groups: int) -> Floats:
    """The number of each one's group, from 1: of one size, or one for each chance if few differ."""
    if said.nunique() <= groups:
        return np.asarray(said.rank(method="dense"), dtype=int)
    rank = said.rank(method="first").to_numpy() - 1
    return np.asarray(rank * groups // len(said), dtype=int) + 1


def _judged(table: pd.DataFrame) -> dict[str, float]:
    still_open = int(table["happened"].isna().sum())
    table = table.dropna(subset="happened")
    said, happened = (table[n].to_numpy(dtype=float) for n in ("said", "happened"))
    count = len(table)
    if not count:
        return {"deals": 0, "still_open": still_open}
    squares = (said - happened) ** 2
    by_luck = np.sqrt(said * (1 - said))
    return {
        "deals": count,
        "still_open": still_open,
        "said": said.mean(),
        "happened": happened.mean(),
        "se": _of_clusters(by_luck, table["deal"]) / count,
        "brier": squares.mean(),
        "brier_se": _of_clusters(squares - squares.mean(), table["deal"]) / count,
        "brier_of_mean": happened.mean() * (1 - happened.mean()),
    }


def _of_clusters(values: Floats, deals: pd.Series) -> float:
    """The standard deviation of a sum in which what is of one deal goes together."""
    import pandas as pd

    return float(np.sqrt((pd.Series(values).groupby(deals.to_numpy()).sum() ** 2).sum()))


def _happened(
    history: History, known: Known, deals: pd.Index, within: float | None = None
) -> Floats:
    """1 for who was won after the day without being lost first, 0 for who was lost, else NaN.

    With `within` 1 for who was won so in that time, 0 for all others.
    """
    visits = history.visits
    lost = visits[(visits["outcome"] == "lost") & (visits["left"] > known.day)]
    no = lost.groupby("deal")["left"].min().reindex(deals).to_numpy(dtype=float)
    yes = history.deals["won"].reindex(deals).to_numpy(dtype=float)
    found = np.where(~np.isnan(no), 0.0, np.nan)
    won = ~np.isnan(yes) & ~(no < yes)
    if within is not None:
        return np.where(won & (yes <= known.day + within), 1.0, 0.0)
    return np.where(won, 1.0, found)


def _cuts(history: History, within: float | None) -> list[float]:
    """Days after the first third of those after which nearly all deals were decided.

    With `within`: of those since which that has passed.
    """
    ended = history.visits.groupby("deal").agg({"left": "last", "outcome": "last"})
    ended = ended[ended["outcome"] != "open"].join(history.deals["arrived"])
    if len(ended):
        took = (ended["left"] - ended["arrived"]).quantile(ENDED) if within is None else within
        last = history.last - float(took)
        if last > history.first:
            begin = history.first + (last - history.first) / 3
            return [float(day) for day in np.linspace(begin, last, CUTS)]
    raise FunnelSimError(
        f"{history.name} is too short to judge: "
        + ("most of its deals take longer" if within is None else f"within is {within:g}, longer")
        + " than it lasts; give the days to be judged, days=[...], or a longer one"
    )
