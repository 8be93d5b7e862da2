"""What the open deals of a day will bring: by month, by rep, surely and at best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.arguments import a_choice, a_seed, a_share
from funnelsim.distributions import Floats
from funnelsim.metrics.chances import Chances
from funnelsim.metrics.known import Known, Source, known_on
from funnelsim.metrics.own import Own, own_chances
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

BY = ("month", "owner", "holder", "channel", "segment", "arm", "stage")
LATER, ALL, NOBODY = "later", "all", "nobody"
MOST_MONTHS = 12
FUTURES = 2000
SOON = 0.99  # of the wins expected; those that come after are told together


def pipeline_forecast(
    journal: Source,
    day: object = None,
    by: str | Sequence[str] = "month",
    *,
    scenario: Scenario | None = None,
    own: Own = None,
    commit: float = 0.9,
    best_case: float = 0.1,
    seed: int = 0,
) -> pd.DataFrame:
    """What the deals open on a day will bring, by month or by rep; deals to come are not in it.

    `by` is month (of the win), owner, holder, channel, segment, arm or stage (of today), or a
    list of them: the index. Months that lie far ahead are told together as "later", deals of nobody
    as "nobody"; the last row, "all", is the whole pipeline. Columns:

    - `deals` that are open; by month each stands in every row in which it may be won
    - `expected_wins`, `expected_value`: Σ chance, Σ chance × value; they add up to "all"
    - `commit`, `best_case`: what comes at least in 9 of 10 futures, and in 1 of 10 (in currency,
      or in wins where there is no order). They do not add up: not everybody is unlucky at once

    In CRMs a rep puts each deal into a category, commit or best case, and the categories are added
    up; nobody says how likely the sum is. Here the two have the meaning that the words promise,
    with the chances in `commit` and `best_case`: a number one can commit to, and one that takes
    luck. They come of 2,000 futures (`seed`) in which each deal is won or not, and the conversions
    are not known exactly: deals of one stage share its doubt. The chance and the time of each deal
    are those of `open_deals`; with `own` the firm's chances at the times of its deals. A deal
    without a value counts as 0.

    Raises FunnelSimError for a `by` that there is not, and for chances that are no shares.

    >>> from funnelsim import load, simulate
    >>> j = simulate(load("b2b-pipeline"), seed=1, progress=False)
    >>> table = pipeline_forecast(j, day=200)
    >>> list(table.index[:3])
    ['2027-07', '2027-08', '2027-09']
    >>> bool((table.commit <= table.best_case).all())
    True
    """
    import pandas as pd

    known = known_on(journal, day, "pipeline_forecast")
    names = [a_choice("by", one, BY) for one in ([by] if isinstance(by, str) else by)]
    quantiles = (1 - a_share("commit", commit), 1 - a_share("best_case", best_case))
    chances = Chances(known, scenario)
    cumulative, labels = _by_month(known, chances, "month" in names)
    if own is not None:
        won = own_chances(own, known, chances.deals)
        shape = np.divide(cumulative, cumulative[:, -1:], out=np.zeros_like(cumulative),
                          where=cumulative[:, -1:] > 0)  # fmt: skip
        shape[:, -1] = 1.0
        cumulative = np.nan_to_num(won)[:, None] * shape
        doubt = np.zeros_like(chances.doubt())
    else:
        doubt = chances.doubt()
    groups = [_groups(known, chances.deals, name) for name in names if name != "month"]
    codes, keys = _codes(groups, len(chances.deals))
    worth = chances.deals["value"].fillna(0.0).to_numpy(dtype=float)
    if not known.history.has_value:
        worth = np.ones(len(worth))
    shares = np.diff(np.column_stack([np.zeros(len(cumulative)), cumulative]), axis=1)
    futures = _futures(cumulative, worth, codes, len(keys), doubt, a_seed(seed))
    cells = [(key, month) for key in range(len(keys)) for month in range(len(labels))]
    rows, index = [], []
    for key, month in cells:
        here = codes == key
        index.append(tuple(labels[month] if name == "month" else next_of for name, next_of in
                           zip(names, _in_order(names, keys[key]), strict=True)))  # fmt: skip
        part = shares[here, month]
        rows.append(_row(part, worth[here], futures[:, key, month], quantiles, known))
    rows.append(_row(cumulative[:, -1], worth, futures.sum(axis=(1, 2)), quantiles, known))
    index.append((ALL,) * len(names))
    found = pd.MultiIndex.from_tuples(index, names=names)
    table = pd.DataFrame(rows, index=found if len(names) > 1 else found.get_level_values(0))
    table["deals"] = table["deals"].astype("int64")
    return table


def _row(
    shares: Floats, worth: Floats, futures: Floats, quantiles: tuple[float, float], known: Known
) -> dict[str, Any]:
    unknown = np.isnan(shares).any()
    low, high = (np.nan, np.nan) if unknown else np.quantile(futures, quantiles, method="nearest")
    return {
        "deals": int((shares > 0).sum() + np.isnan(shares).sum()),
        "expected_wins": shares.sum(),
        "expected_value": (shares * worth).sum() if known.history.has_value else np.nan,
        "commit": low,
        "best_case": high,
    }


def _by_month(known: Known, chances: Chances, told: bool) -> tuple[Floats, list[str]]:
    """How likely each deal is won by the end of each month (the last: ever), and their names."""
    import pandas as pd

    ever = chances.won[:, None]
    if not told:
        return ever, [ALL]
    months = pd.period_range(known.history.date(known.day), periods=MOST_MONTHS, freq="M")
    ends = (months.end_time - known.history.date(known.day)) / pd.Timedelta(days=1)
    within = np.minimum(chances.within(np.asarray(ends, dtype=float)), ever)
    expected = within.sum(axis=0)
    enough = np.flatnonzero(expected >= SOON * ever.sum())
    last = int(enough[0]) + 1 if len(enough) else MOST_MONTHS
    return np.column_stack([within[:, :last], ever]), [*map(str, months[:last]), LATER]


def _groups(known: Known, deals: pd.DataFrame, name: str) -> pd.Series:
    if name == "stage":
        return deals["stage"].map(dict(enumerate(known.stages)))
    return deals[name].astype(object).where(deals[name].notna(), NOBODY).astype(str)


def _codes(groups: list[pd.Series], count: int) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    """The number of each deal's group, and what the groups are called, in order."""
    if not groups:
        return np.zeros(count, dtype=np.int64), [()]
    of_each = list(zip(*groups, strict=True))
    keys = sorted(set(of_each), key=lambda key: [(name == NOBODY, name) for name in key])
    place = {key: number for number, key in enumerate(keys)}
    return np.array([place[key] for key in of_each], dtype=np.int64), keys


def _in_order(names: Sequence[str], key: tuple[str, ...]) -> list[str]:
    """The names of a group where they stand among `names`; a month has none."""
    rest = iter(key)
    return ["" if name == "month" else next(rest) for name in names]


def _futures(
    cumulative: Floats, worth: Floats, codes: np.ndarray, groups: int, doubt: Floats, seed: int
) -> Floats:
    """What comes in each future: shape (futures, groups, months)."""
    deals, months = cumulative.shape
    chance = np.nan_to_num(cumulative)
    rng = np.random.default_rng(seed)
    found = np.zeros((FUTURES, groups, months))
    middle = 0.5 * (doubt**2).sum(axis=1)
    for number in range(FUTURES):
        turned = np.exp(doubt @ rng.standard_normal(doubt.shape[1]) - middle)
        most = np.minimum(turned, 1 / np.maximum(chance[:, -1:].T, 1e-300)).T
        month = (rng.random((deals, 1)) >= chance * most).sum(axis=1)
        won = month < months
        cell = codes[won] * months + month[won]
        found[number].flat = np.bincount(cell, worth[won], groups * months)
    return found
