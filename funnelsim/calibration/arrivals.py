"""How leads arrive: rates of the channels, weekdays, how uneven days are, whether rates change."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from funnelsim.deals import Deals
from funnelsim.distributions import Floats

DAY = pd.Timedelta(days=1)
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
WORTH = 70  # leads, ten a weekday: so much does the pattern of all channels count in each one's own
RARE = 0.01  # a chance below which a sign is taken as no accident
RECENT, LEAST_RECENT = 0.25, 28  # of the days, and days at least
LEAST_FOR_TREND = 56  # days
MOST_DISPERSION = 50.0


def arrivals(deals: Deals) -> tuple[pd.DataFrame, pd.DataFrame, pd.DatetimeIndex]:
    """A row per channel, its weekday factors, and the days that count.

    The days run from the first creation to the last, both whole; the export's own day is left out
    as not over, unless it is the only one. Columns:

    - leads, whole (leads a day over all days: the mean of the seven weekdays' rates, so that rate ×
      factor is the rate of a weekday and the factors have mean 1)
    - recent: leads a day in the last quarter of the days (28 at least), weekdays taken out
    - trend: by how much the rate grows in 365 days (a factor; NaN: too short to tell);
      is_trend: whether that is no accident (Poisson regression, its error widened by the
      dispersion; chance below 1 %)
    - leads_per_day: what the scenario holds: recent where there is a trend, else whole; se
    - dispersion: variance ÷ mean of a day's leads beyond weekdays and trend; 1 unless it is no
      accident (chi-square test of Pearson's statistic, 1 %)
    """
    created = deals.entered.iloc[:, 0].dt.normalize()
    last = created.max()
    if last == deals.export_date.normalize() and last > created.min():
        last -= DAY
    days = pd.date_range(created.min(), last, freq="D")
    inside = created <= last
    by_channel = deals.leads["channel"][inside].value_counts(sort=False)
    order = by_channel.sort_index().sort_values(ascending=False, kind="stable").index.tolist()
    counts = pd.crosstab(created[inside], deals.leads["channel"][inside])
    per_day = counts.reindex(days, fill_value=0)
    factors = _weekday_factors(per_day[order], days)
    rows = {}
    for channel in order:
        pattern = factors.loc[channel].to_numpy()[days.day_of_week]
        rows[channel] = _of_channel(per_day[channel].to_numpy(float), pattern, days)
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("channel")
    return table, factors, days


def _weekday_factors(per_day: pd.DataFrame, days: pd.DatetimeIndex) -> pd.DataFrame:
    """Each channel's, with the pattern of all channels counting as WORTH leads of its own."""
    if len(days) < 7:
        factors = pd.DataFrame(1.0, index=per_day.columns, columns=WEEKDAYS)
        return factors.rename_axis("channel")
    by_weekday = per_day.groupby(days.day_of_week).mean()
    pooled = by_weekday.sum(axis=1)
    pooled = pooled / pooled.mean()
    rows = {}
    for channel in per_day:
        leads, mine = float(per_day[channel].sum()), by_weekday[channel]
        own = leads / (leads + WORTH) if per_day.shape[1] > 1 else 1.0
        rows[channel] = own * mine / mine.mean() + (1 - own) * pooled
    return pd.DataFrame(rows).T.set_axis(WEEKDAYS, axis=1).rename_axis("channel")


def _of_channel(seen: Floats, pattern: Floats, days: pd.DatetimeIndex) -> dict[str, object]:
    whole_weeks = len(days) >= 7
    weekday = pd.Series(seen).groupby(days.day_of_week.to_numpy())
    whole = float(weekday.mean().mean() if whole_weeks else seen.mean())
    last = max(math.ceil(RECENT * len(days)), min(LEAST_RECENT, len(days)))
    recent = float(seen[-last:].sum() / max(pattern[-last:].sum(), 1e-9))
    growth, error, expected = _trend(seen, pattern, days)
    used = expected > 0
    free = max(int(used.sum()) - (8 if whole_weeks else 1), 1)
    pearson = float(((seen - expected)[used] ** 2 / expected[used]).sum())
    dispersion = _no_accident(pearson, free)
    is_trend = False
    if not math.isnan(growth):
        is_trend = abs(growth) > 2.58 * error * math.sqrt(max(pearson / free, 1.0))
    rate, span = (recent, last) if is_trend else (whole, len(days))
    leads = float(seen[-span:].sum())
    return {
        "leads": int(seen.sum()),
        "whole": whole,
        "recent": recent,
        "trend": math.exp(growth) if not math.isnan(growth) else math.nan,
        "is_trend": is_trend,
        "leads_per_day": rate,
        "se": math.sqrt(leads * dispersion) / span,
        "dispersion": dispersion,
    }


def _no_accident(pearson: float, free: int) -> float:
    """Pearson's statistic ÷ its degrees of freedom, or 1 where chance alone may be so uneven."""
    from scipy.stats import chi2

    if free < 14 or chi2.sf(pearson, free) > RARE:
        return 1.0
    return min(pearson / free, MOST_DISPERSION)


def _trend(seen: Floats, pattern: Floats, days: pd.DatetimeIndex) -> tuple[float, float, Floats]:
    """The growth of the logarithm in 365 days, its error as of Poisson counts, and the counts
    expected with it (without one where the stretch is too short): by Newton's method."""
    total = pattern.sum()
    flat = pattern * (seen.sum() / total if total else 0.0)
    if len(days) < LEAST_FOR_TREND or seen.sum() < 30:
        return math.nan, math.nan, flat
    years = (np.arange(len(days)) - (len(days) - 1) / 2) / 365
    level, growth = math.log(seen.sum() / total), 0.0
    for _ in range(25):
        mean = pattern * np.exp(level + growth * years)
        matrix = np.array([[mean.sum(), mean @ years], [mean @ years, mean @ years**2]])
        change = np.linalg.solve(matrix, [(seen - mean).sum(), (seen - mean) @ years])
        level, growth = level + change[0], float(np.clip(growth + change[1], -20, 20))
        if np.abs(change).max() < 1e-8:
            break
    error = math.sqrt(np.linalg.inv(matrix)[1, 1])
    return growth, error, np.asarray(pattern * np.exp(level + growth * years))
