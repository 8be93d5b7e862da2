"""How far forecasts of this firm have been right: as of earlier days, against what came.

`backtest` has the firm calibrated and forecast as it stood on some earlier days (`cuts.py`), a
horizon apart, so that no two forecasts are about the same days, and compares. `tried` does so for
a plan by itself where the export is long enough. What the errors say of the doubt is in `doubt.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, as_completed
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from funnelsim.arguments import a_seed, a_whole_number, given, refused
from funnelsim.calibration import Calibration
from funnelsim.calibration.wider import wider
from funnelsim.deals import Deals
from funnelsim.distributions import DAY, BrokenRule, Floats, duration
from funnelsim.errors import FunnelSimError
from funnelsim.experiment.chunks import an_executor, is_loss
from funnelsim.planner.cuts import (
    CLASSES,
    FIGURES,
    PARTS,
    end_of_day,
    foreseen,
    happened,
    last_day,
    wins,
)
from funnelsim.planner.doubt import factor_of
from funnelsim.planner.tested import BAND, Backtest
from funnelsim.progress import Bar, a_bar

LEAST_DAYS, LEAST_WINS = 56, 10  # that the first forecast is made of
BY_ITSELF = ((6, 60), (5, 60), (4, 60), (6, 30), (5, 30), (4, 30), (3, 30))  # cuts, days
FUTURES = 200  # of each forecast
ONE_DAY = pd.Timedelta(days=1)
Works = dict[Any, Callable[[], Floats]]

_DONE: WeakKeyDictionary[Deals, dict[Any, Floats]] = WeakKeyDictionary()  # nobody waits twice


def backtest(
    deals: Deals,
    cuts: int = 6,
    horizon: str = "60 days",
    *,
    n: int = FUTURES,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool | Bar = True,
) -> Backtest:
    """How far forecasts made of this export would have been right.

    On each of `cuts` earlier days the deals are taken as they stood (`deals.as_of(day)`),
    calibrated, and n futures of a `horizon` (whole days or weeks) forecast from them: wins and
    their value, of the deals that were open and of the leads that were still to come. Then it is
    counted what came. The forecasts follow one another without overlapping; the last ends with the
    last whole day of the export, or, where leads stop long before it, with the last day of these:
    that none came after would be no fault of a forecast. `executor` is any
    `concurrent.futures.Executor`, with which the numbers are the same; `progress` shows a bar after
    two seconds, or is told so with `update(n)`.

    What a CRM does not date cannot be taken back: channels stand as they are today. The values of
    deals that were open on a day are not used, since they may have been written down later.

    Raises FunnelSimError where the export is too short, with how long it must be.

    >>> import funnelsim as fs
    >>> deals = fs.read_deals(fs.datasets.bundled("crm_deals.csv"))
    >>> told = fs.backtest(deals, cuts=2, horizon="60 days", n=50)
    >>> told.table[["deals", "happened"]].to_numpy().tolist()
    [[4943, 63], [5636, 59]]
    """
    deals = given(Deals, deals, "backtest", "fs.read_deals(source)")
    days, cuts = whole_days(horizon), a_whole_number("cuts", cuts, 1, 1_000)
    n, seed, executor = a_whole_number("n", n, 20), a_seed(seed), an_executor(executor)
    last = last_day(deals)
    moments = [last - days * number * ONE_DAY for number in range(cuts, 0, -1)]
    _refuse_short(deals, cuts, days, last)
    told = _foreseen_at(deals, moments, days, n, seed, executor, progress)
    came = [happened(deals, moment, moment + days * ONE_DAY) for moment in moments]
    known = [int((deals.entered.iloc[:, 0] <= moment).sum()) for moment in moments]
    every, each = _compared(moments, days, told, came), _spread(told, came)
    return Backtest(
        name=deals.name,
        days=days,
        currency=deals.currency or "EUR",
        deals=tuple(known),
        every=every,
        errors=tuple(each["error"]),
        widening=factor_of(each["error"], each["by chance"]),
        replications=n,
        until=last,
        export_date=deals.export_date,
    )


def tried(
    calibration: Calibration, executor: Executor | None = None, progress: bool | Bar = True
) -> tuple[Calibration, Backtest | None]:
    """The calibration with as much doubt as its export's backtest asks for, and that backtest.

    None where the export is too short for any (or the calibration was not made of `Deals`): six
    cuts of 60 days are tried, then fewer, then such of 30 days.
    """
    deals = calibration.deals
    found = None if deals is None else _by_itself(deals, executor, progress)
    if found is None or found.widening == 1:
        return calibration, found
    return wider(calibration, found.widening), found


def _by_itself(deals: Deals, executor: Executor | None, progress: bool | Bar) -> Backtest | None:
    last = last_day(deals)
    begin = _earliest(deals)
    for cuts, days in BY_ITSELF:
        if begin is None or last - cuts * days * ONE_DAY < begin:
            continue
        try:
            return backtest(deals, cuts, f"{days} days", executor=executor, progress=progress)
        except FunnelSimError:  # a stage that nobody had left by then: a later first day may do
            continue
    return None


def whole_days(horizon: object) -> int:
    """The days of a horizon; FunnelSimError for what is none."""
    rule = "it is a time of whole days"
    try:
        length = duration(horizon)
        if length and length % DAY == 0:
            return int(length // DAY)
    except BrokenRule as broken:
        rule = broken.rule.removesuffix(", in quotes")
    raise refused("horizon", horizon, rule, 'write "60 days" or "8 weeks"')


# --- long enough ------------------------------------------------------------------------------


def _earliest(deals: Deals) -> pd.Timestamp | None:
    """The first day on which a forecast could have been made; None where there is none yet."""
    won = wins(deals).dropna().sort_values()
    if len(won) < LEAST_WINS:
        return None
    begin = deals.entered.iloc[:, 0].min().normalize() + LEAST_DAYS * ONE_DAY
    return end_of_day(max(begin, won.iloc[LEAST_WINS - 1] + ONE_DAY))


def _refuse_short(deals: Deals, cuts: int, days: int, last: pd.Timestamp) -> None:
    begin = _earliest(deals)
    if begin is None:
        count = int(wins(deals).notna().sum())
        raise FunnelSimError(
            f"deals: {count:,} win{'s' * (count != 1)} in {deals.name}; the first forecast of a "
            f"backtest is made of {LEAST_WINS} wins at least, and others must come after it: "
            "give a longer export"
        )
    if last - cuts * days * ONE_DAY >= begin:
        return
    first = deals.entered.iloc[:, 0].min()
    there = (last - first.normalize()).days + 1
    needed = (begin - first.normalize()).days + 1 + cuts * days
    room = (last - begin).days
    ways = [f"cuts={room // days}"] if room >= days else []
    if room >= cuts:
        ways.append(f'horizon="{room // cuts} day{"s" * (room // cuts != 1)}"')
    ways.append("give a longer export")
    raise FunnelSimError(
        f"deals: the export covers {there:,} days; {cuts} cut{'s' * (cuts != 1)} of {days} days "
        f"take {needed:,}: the first forecast is made of {LEAST_DAYS} days and {LEAST_WINS} wins "
        f"at least (here {needed - cuts * days:,} days), and {cuts} × {days} days come after it; "
        f"{'write ' * (len(ways) > 1)}{' or '.join(ways)}"
    )


# --- the forecasts ----------------------------------------------------------------------------


def _foreseen_at(
    deals: Deals, moments: Sequence[pd.Timestamp], days: int, n: int, seed: int,
    executor: Executor | None, progress: bool | Bar,
) -> list[Floats]:  # fmt: skip
    """The futures seen on each of these days, here or on the executor."""
    done = _DONE.setdefault(deals, {})
    keys = [(moment, days, n, seed) for moment in moments]
    todo = [key for key in keys if key not in done]
    with a_bar(progress, n * len(todo)) as bar:
        if hasattr(bar, "total"):
            bar.total = n * len(todo)
        works: Works = {key: partial(_at, deals.as_of(key[0]), key) for key in todo}

        def finished(key: Any, found: Floats) -> None:
            done[key] = found
            bar.update(n)

        if executor is not None and len(works) > 1:
            works = _on(executor, works, finished)
        for key, work in works.items():
            finished(key, work())
    return [done[key] for key in keys]


def _at(then: Deals, key: tuple[pd.Timestamp, int, int, int]) -> Floats:
    moment, days, n, seed = key
    try:
        return foreseen(then, f"{days} days", n, seed)
    except FunnelSimError as error:
        raise FunnelSimError(
            f"as of {moment:%Y-%m-%d} no forecast could have been made: {error}. Take fewer cuts, "
            "or a shorter horizon, so that the first one is later"
        ) from None


def _on(executor: Executor, works: Works, finished: Callable[[Any, Floats], None]) -> Works:
    """Has the executor do the works; returns those that it has lost."""
    left, futures = dict(works), {}
    try:
        for key, work in works.items():
            futures[executor.submit(work)] = key
        for future in as_completed(futures):
            finished(futures[future], future.result())
            del left[futures[future]]
    except Exception as error:
        if not is_loss(error):
            raise
    finally:
        for future in futures:
            future.cancel()
    return left


# --- compared ---------------------------------------------------------------------------------


def _compared(
    moments: Sequence[pd.Timestamp], days: int, told: list[Floats], came: list[Floats]
) -> pd.DataFrame:
    """A row per figure, part and cut: forecast mean, band, what happened, and whether inside."""
    rows = []
    for number, (moment, seen, fact) in enumerate(zip(moments, told, came, strict=True), 1):
        for f, figure in enumerate(FIGURES[: len(seen)]):
            for p, part in enumerate(PARTS):
                low, high = np.quantile(seen[f, p], BAND)
                real = fact[f, p]
                rows.append({
                    "figure": figure, "of": part, "cut": number, "day": moment.normalize(),
                    "until": (moment + days * ONE_DAY).normalize(),
                    "mean": float(seen[f, p].mean()), "low": float(low), "high": float(high),
                    "happened": float(real),
                    "inside": bool(low <= real <= high),
                })  # fmt: skip
    return (
        pd.DataFrame(rows)
        .sort_values(["figure", "of", "cut"], key=_as_listed)
        .reset_index(drop=True)
    )


def _as_listed(column: pd.Series) -> pd.Series:
    """Figures and parts in their own order, not that of the alphabet."""
    order = {name: place for place, name in enumerate((*FIGURES, *PARTS))}
    return column.map(order) if column.name in ("figure", "of") else column


def _spread(told: list[Floats], came: list[Floats]) -> pd.DataFrame:
    """Of each cut's sales: the standardised error, and the share of the variance that is chance.

    That share is the variance among the futures of one draw (analysis of variance).
    """
    rows = []
    for seen, fact in zip(told, came, strict=True):
        sales, real = seen[0, 0], float(fact[0, 0])
        variance = float(sales.var(ddof=1)) + 1 / 12  # a count is only known to the whole
        within = within_draws(sales)
        error = (real - float(sales.mean())) / math.sqrt(variance)
        rows.append({"error": error, "by chance": min(within / variance, 1.0)})
    return pd.DataFrame(rows)


def within_draws(sales: Floats) -> float:
    """The variance of the futures that have the same draw."""
    each = [sales[draw::CLASSES] for draw in range(CLASSES)]
    several = [one for one in each if len(one) > 1]
    if not several:
        return float(sales.var(ddof=1))
    squares = sum(float(((one - one.mean()) ** 2).sum()) for one in several)
    return squares / sum(len(one) - 1 for one in several)
