"""How many leads a channel brings on each day, and at what time of the day.

A day's count is the quantile of one uniform number, so that a higher rate adds leads and moves
none.
"""

from __future__ import annotations

import numpy as np

from funnelsim.distributions import DAY, Floats, Ints
from funnelsim.sampling import passed
from funnelsim.scenario import Channel, Scenario

SHARED = 6  # days that have the same mean, at least
LARGE = 5_000.0  # a mean whose table would be long


def mean_by_day(scenario: Scenario, channel: Channel) -> Floats:
    """Leads expected on each day up to the horizon, shape (days,)."""
    days = np.arange(scenario.days)
    dates = np.datetime64(scenario.start) + days
    weekday = (days + scenario.start.weekday()) % 7
    month = dates.astype("datetime64[M]").astype(int) % 12
    mean = channel.rate * np.array(channel.weekdays)[weekday] * np.array(channel.months)[month]
    mean = mean * channel.growth ** (days / 365)
    for burst in channel.bursts:  # a day that the burst covers in part has its share of it
        covered = np.minimum(burst.to, (days + 1) * DAY) - np.maximum(burst.from_, days * DAY)
        mean = mean * (1 + (burst.factor - 1) * np.clip(covered / DAY, 0, 1))
    return mean


def mean_in_time(scenario: Scenario, channel: Channel) -> Floats:
    """The same up to the horizon: of a last day that is not whole, the leads of its hours."""
    mean = mean_by_day(scenario, channel)
    if hours := scenario.horizon % DAY / DAY * 24:
        passed = np.append(0.0, np.cumsum(channel.hours)) / sum(channel.hours)
        mean[-1] *= np.interp(hours, np.arange(25), passed)
    return mean


def expected_leads(scenario: Scenario) -> float:
    """How many leads the channels bring until the horizon, on average."""
    return sum(float(mean_in_time(scenario, channel).sum()) for channel in scenario.channels)


def time_of_day(u: Floats, channel: Channel) -> Ints:
    """Microseconds since midnight: even over the day, or by the weights of its hours."""
    cumulated = np.concatenate([[0.0], np.cumsum(channel.hours)]) / sum(channel.hours)
    begins = np.linspace(0, 1, 25)
    hour = passed(cumulated[1:24], u)  # as `np.interp` does, which takes longer to find the hour
    with np.errstate(divide="ignore", invalid="ignore"):  # an hour without leads is never asked
        slope = np.diff(begins) / np.diff(cumulated)
    return ((slope[hour] * (u - cumulated[hour]) + begins[hour]) * DAY).astype(np.int64)


def count_quantile(u: Floats, mean: Floats, dispersion: float) -> Ints:
    """The smallest count whose cumulated probability reaches u.

    Poisson, or for a dispersion (variance ÷ mean) above 1 the negative binomial of that mean.
    """
    if dispersion == 1:
        return poisson_quantile(u, mean)
    from scipy.stats import nbinom

    count = np.zeros(len(u), dtype=np.int64)
    some = mean > 0
    count[some] = nbinom.ppf(u[some], mean[some] / (dispersion - 1), 1 / dispersion)
    return count


def poisson_quantile(u: Floats, mean: Floats) -> Ints:
    """The smallest count whose cumulated Poisson probability reaches u.

    Days share their means, as a rule, and so do customers: then a table of each is quickest.
    """
    from scipy.special import pdtr, pdtrik

    count = np.zeros(len(u), dtype=np.int64)
    means, which = np.unique(mean, return_inverse=True)
    if len(means) * SHARED <= len(mean) and means[-1] < LARGE:
        for n, one in enumerate(means.tolist()):
            if one > 0:
                table = pdtr(np.arange(one + 12 * one**0.5 + 40), one)  # past any u below 1
                mine = which == n
                count[mine] = np.searchsorted(table, u[mine])
        return count
    some = (mean > 0) & (u > pdtr(0, mean))  # pdtrik knows no answer below P(0)
    guess = np.ceil(pdtrik(u[some], mean[some]))
    one_less = np.maximum(guess - 1, 0)
    count[some] = np.where(pdtr(one_less, mean[some]) >= u[some], one_less, guess)
    return count
