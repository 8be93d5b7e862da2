"""Exercise 01.6, which has a trap and more than one right way: when half of the leads has decided.

The table's `median_days` knows only who has decided; whoever thinks long is missing (the times are
censored). Kaplan and Meier's estimate counts the open ones for as long as they were watched; to
watch the same leads on, or to take only those who came early enough, is as good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import DAY
from funnelsim.exercises.entry import Exercise, Mistake, Right, rounded_to
from funnelsim.exercises.workshop import DAYS, SEED, funnel, journal_of, pottery

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.journal import Journal

EARLY = range(20, 55)  # "those who came in the first so many days"
WATCHED_ON = 200  # days, after which nobody is open any more


def half_have_decided(seed: int = SEED) -> Exercise:
    table, visits = funnel(seed), _in_desire(journal_of(seed))
    days, open_now = visits.decided - visits.entered, int(visits.decided.isna().sum())
    right, of_decided = _half_of_all(days, DAYS - visits.entered), days.median()
    until_now = days.fillna(DAYS - visits.entered)
    return Exercise(
        "01.6",
        "After how many days in Desire has half of the leads decided?",
        right,
        1,
        (
            Mistake(
                of_decided,
                f"That is the median of those who have decided. {open_now} leads are still open, "
                "and the slow ones are among them: count them, too.",
            ),
            Mistake(
                until_now.median(),
                "You counted the open leads as if they decided on the last day; they will take "
                "longer than that.",
            ),
            Mistake(
                days.fillna(np.inf).median(),
                "You counted every open lead as a slow one; some came only days ago. Take those "
                "who came early enough to be slow.",
            ),
            Mistake(
                days.mean(),
                "That is the mean, which a few slow leads pull up; half have decided much sooner.",
            ),
            Mistake(days.max() / 2, "That is half of the longest time, not the middle lead's."),
            Mistake(
                days.mean() / 2, "Half of the mean is not the time after which half have decided."
            ),
            Mistake(24 * right, "Those are hours; the question asks for days."),
            Mistake(table.median_days["Interest"], "That is the time in Interest."),
        ),
        (
            "`median_days` knows only those who have decided; whoever thinks long is missing.",
            "take the leads of the first 40 days, who all were watched for 20 or more; put them "
            "in order, the open ones last; the middle one tells.",
            "`v = journal.stage_visits.query(\"stage == 'Desire' and entered < 40\")`, then "
            '`(v.decided - v.entered).fillna(float("inf")).median()`',
        ),
        f"{right:.1f} days, the {open_now} open leads counted (by Kaplan and Meier's method). "
        f"Among those who have decided it was {of_decided:.1f}: the slow ones are missing there.",
        "days",
        seed,
        also=_other_ways_to_half(seed, visits),
    )


def _in_desire(journal: Journal) -> pd.DataFrame:
    return journal.stage_visits[journal.stage_visits.stage == "Desire"]


def _half_of_all(days: pd.Series, watched: pd.Series) -> float:
    """The median time by Kaplan and Meier: whoever is open is counted as long as watched."""
    from scipy import stats  # takes a second to load, and no other exercise of the lesson needs it

    times = stats.CensoredData.right_censored(days.fillna(watched), days.isna())
    undecided = stats.ecdf(times).sf
    return float(undecided.quantiles[np.argmax(undecided.probabilities <= 0.5)])


def _other_ways_to_half(seed: int, visits: pd.DataFrame) -> tuple[Right, ...]:
    """The same leads watched on; those of the first days, the open ones last; the scenario's."""
    watched_on = _in_desire(journal_of(seed, ("horizon", f"{DAYS + WATCHED_ON} days")))
    watched_on = watched_on[watched_on.entered < DAYS]
    ways = [float((watched_on.decided - watched_on.entered).median())]
    for until in EARLY:
        early = visits[visits.entered < until]
        ways.append(float((early.decided - early.entered).fillna(np.inf).median()))
    planned = pottery().stages[2].decision_time.ppf(np.array([0.5]))
    ways.append(float(planned[0]) / DAY)
    return tuple(Right(way, rounded_to(1)) for way in ways)
