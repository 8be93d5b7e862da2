"""Conversion and times of each stage: its visits, the models fitted to them, and a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from funnelsim.calibration import laws
from funnelsim.calibration.cells import MINUTE, counted, on_the_clock
from funnelsim.calibration.curves import is_long_enough
from funnelsim.calibration.fates import Fitted, as_written, drawn, fitted, past_the_end
from funnelsim.calibration.mixture import MU0, MU1, SIGMA0, SIGMA1, SILENT, Kinds, P
from funnelsim.deals import Deals
from funnelsim.distributions import Floats
from funnelsim.errors import FunnelSimError

DAY = pd.Timedelta(days=1)
STAGE_COLUMNS = (
    "entered", "advanced", "lost", "still_open", "conversion", "se", "low", "high", "to_come",
    "median_days", "median_days_lost", "silent", "losses", "follow_up", "times",
)  # fmt: skip
LATE = 0.05  # of those who advance: so few may do so later than anybody was followed
ONE_IN_FIFTY = 0.02  # silent: fewer are none


@dataclass(frozen=True)
class Fates:
    """What becomes of those who enter a stage, as one model: `p` advance, after a time of the
    family `winners`; the others never say so (`silent`) or do after a time of the family `losers`.
    """

    p: float
    winners: tuple[int, float, float]  # family, μ, σ
    losers: tuple[int, float, float]
    is_tied: bool
    silent: float

    def still(self, ages: Floats) -> tuple[Floats, Floats]:
        """Of all, the shares that are open at these ages and will advance, and will not."""
        will = self.p * _above(self.winners, ages)
        told = _above(self.losers, ages) if self.silent < 1 else np.zeros_like(ages)
        return np.asarray(will), (1 - self.p) * ((1 - self.silent) * told + self.silent)

    def will_advance(self, ages: Floats) -> Floats:
        """How likely those who are open at these ages will advance."""
        will, will_not = self.still(ages)
        return np.asarray(will / np.maximum(will + will_not, 1e-300))

    def longest(self, share: float) -> float:
        """The days by which so many of each fate have said so."""
        times = (self.winners,) if self.silent == 1 else (self.winners, self.losers)
        return max(laws.quantile(*time, share) for time in times)


def _above(time: tuple[int, float, float], ages: Floats) -> Floats:
    family, mu, sigma = time
    z = (np.log(np.maximum(ages, MINUTE / 10)) - mu) / sigma
    return np.asarray(laws.survival(np.atleast_2d(z), np.array([family]))[0][0])


def fates_of(theta: Floats, kinds: Kinds, row: int) -> Fates:
    """One row of numbers as what a scenario says; of few silent none are."""
    one, is_tied = theta[row], bool(kinds.tied[row]) or kinds.silent[row] == 1
    silent = float(kinds.silent[row])
    if kinds.is_silent[row]:
        silent = float(1 / (1 + np.exp(-one[SILENT])))
    winners = int(kinds.winners[row]), float(one[MU1]), float(np.exp(one[SIGMA1]))
    losers = int(kinds.losers[row]), float(one[MU0]), float(np.exp(one[SIGMA0]))
    p = float(1 / (1 + np.exp(-one[P])))
    return Fates(p, winners, winners if is_tied else losers, is_tied, silent)


@dataclass(frozen=True)
class StageFit:
    """A stage: its visits, how many there were by week, the models, and what the scenario holds."""

    name: str
    visits: pd.DataFrame
    weekly: list[Floats]
    fit: Fitted
    fates: Fates
    is_long_enough: bool

    def draws(self, of_weeks: Floats, chance: np.random.Generator) -> list[Fates]:
        """The fates in each resample of the weeks."""
        theta, kinds = drawn(self.fit, self.weekly, of_weeks, chance, not self.is_long_enough)
        return [fates_of(theta, kinds, row) for row in range(len(theta))]

    @property
    def to_come(self) -> float:
        """The share of those who advance, of all that have entered, that has yet to do so."""
        later = float(self.fates.will_advance(self.open_ages).sum())
        seen = float((self.visits["fate"] == "advanced").sum())
        return later / (seen + later) if seen + later else 0.0

    @property
    def open_ages(self) -> Floats:
        return np.asarray(self.visits.loc[self.visits["fate"] == "open", "age"].to_numpy(float))


def visits(deals: Deals, stage: str) -> pd.DataFrame:
    """One row per lead that entered the stage: age and days (to the decision, NaN: unknown) in
    days, fate (advanced, lost, open), channel, owner, reason."""
    following = deals.stages[deals.stages.index(stage) + 1]
    entered = deals.entered[stage].dropna()
    leads = deals.leads.loc[entered.index]
    onward = deals.entered.loc[entered.index, following]
    fate = pd.Series("open", index=entered.index)
    fate[leads["outcome"] == "lost"] = "lost"
    fate[onward.notna()] = "advanced"
    end = onward.fillna(leads["ended"].where(fate == "lost"))
    later = deals.stages[deals.stages.index(stage) + 1 :]
    is_timed = deals.known.loc[entered.index, stage] & (
        (fate != "advanced") | deals.known.loc[entered.index, later].any(axis=1)
    )
    return pd.DataFrame(
        {
            "age": (deals.export_date - entered) / DAY,
            "days": ((end - entered) / DAY).where(is_timed),
            "fate": fate,
            "channel": leads["channel"],
            "owner": leads["owner"],
            "reason": leads["reason"],
        }
    )


def stage_fit(deals: Deals, stage: str, weeks: pd.Series) -> StageFit:
    """The models of a stage; FunnelSimError where nobody has left it.

    `weeks` is the number of the week (or another block) in which each lead arrived.
    """
    seen = visits(deals, stage)
    if (seen["fate"] == "open").all():
        raise FunnelSimError(
            f"stage {stage}: no lead is old enough to have been decided: of {len(seen):,} that "
            "entered it, none has gone on or been lost up to the export date "
            f"({deals.export_date:%Y-%m-%d}); take a longer export, or leave the stage out"
        )
    clock, seen = on_the_clock(deals.entered.loc[seen.index, stage], seen)
    cells, weekly = counted(seen, weeks[seen.index], int(weeks.max()) + 1, clock)
    fit = fitted(cells, weekly, deals.losses_marked)
    fates = fates_of(*as_written(fit), 0)
    is_seen_whole = is_long_enough(seen) and past_the_end(fit, float(seen["age"].max())) <= LATE
    return StageFit(stage, seen, weekly, fit, fates, is_seen_whole)


def stage_table(fits: list[StageFit], drawn: list[list[Fates]]) -> pd.DataFrame:
    """The numbers per stage (STAGE_COLUMNS): counts, the conversion with its error and 95 %
    interval, the share of those who advance that has yet to, the medians of both times."""
    rows = {}
    for stage, draws in zip(fits, drawn, strict=True):
        counts = stage.visits["fate"].value_counts()
        p, fates = np.array([one.p for one in draws]), stage.fates
        rows[stage.name] = {
            "entered": len(stage.visits),
            "advanced": counts.get("advanced", 0),
            "lost": counts.get("lost", 0),
            "still_open": counts.get("open", 0),
            "conversion": fates.p,
            "se": float(p.std(ddof=1)),
            "low": float(np.quantile(p, 0.025)),
            "high": float(np.quantile(p, 0.975)),
            "to_come": stage.to_come,
            "median_days": laws.quantile(*fates.winners, 0.5),
            "median_days_lost": laws.quantile(*fates.losers, 0.5) if fates.silent < 1 else np.nan,
            "silent": fates.silent,
            "losses": losses_of(fates),
            "follow_up": "long enough" if stage.is_long_enough else "too short",
            "times": times_of(fates),
        }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(STAGE_COLUMNS))
    return table.rename_axis("stage")


def losses_of(fates: Fates) -> str:
    """What the data say of the marking of losses."""
    if fates.silent == 1:
        return "not marked"
    return "partly marked" if fates.silent > ONE_IN_FIFTY else "marked"


def times_of(fates: Fates) -> str:
    """The families of the times."""
    won, lost = (laws.FAMILIES[time[0]] for time in (fates.winners, fates.losers))
    return f"{won}, {lost}" if not fates.is_tied else won
