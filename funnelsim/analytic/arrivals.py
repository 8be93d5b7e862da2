"""How many leads are expected of a channel on each day, and at what time of the day they come."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from funnelsim.distributions import DAY, HOUR, Floats, Ints, passed
from funnelsim.scenario import Change, Channel, Scenario


def mean_by_day(scenario: Scenario, channel: Channel) -> Floats:
    """Leads expected on each day up to the horizon, shape (days,)."""
    days = np.arange(scenario.days)
    dates = np.datetime64(scenario.start) + days
    weekday = (days + scenario.start.weekday()) % 7
    month = dates.astype("datetime64[M]").astype(int) % 12
    mean: Floats = channel.rate * np.array(channel.weekdays)[weekday]
    mean = mean * np.array(channel.months)[month]
    mean = mean * channel.growth ** (days / 365)
    mean = mean * by_bursts(scenario, channel)
    for c in scenario.changes:
        mean = mean * _on_days(scenario, c.from_, c.until, _factor(c, channel))
    return mean


def by_bursts(scenario: Scenario, channel: Channel) -> Floats:
    """The factors of the channel's bursts on each day, shape (days,)."""
    found = np.ones(scenario.days)
    for burst in channel.bursts:
        found = found * _on_days(scenario, burst.from_, burst.to, burst.factor)
    return found


def _on_days(scenario: Scenario, begins: int, ends: int, factor: float) -> Floats:
    """A factor on each day; a day that it covers in part has its share of it."""
    days = np.arange(scenario.days)
    covered = np.minimum(ends, (days + 1) * DAY) - np.maximum(begins, days * DAY)
    found: Floats = 1 + (factor - 1) * np.clip(covered / DAY, 0, 1)
    return found


def _factor(change: Change, channel: Channel) -> float:
    """By what a change multiplies the leads of a channel."""
    of = change.leads_factor
    return of.get(channel.name, 1.0) if isinstance(of, Mapping) else of


def mean_in_time(scenario: Scenario, channel: Channel) -> Floats:
    """The same up to the horizon: of a last day that is not whole, the leads of its hours."""
    mean = mean_by_day(scenario, channel)
    if into_it := scenario.horizon % DAY:
        mean[-1] *= _passed(channel, into_it)
    return mean


def expected_leads(scenario: Scenario) -> float:
    """How many leads the channels bring until the horizon, on average."""
    return sum(float(mean_in_time(scenario, channel).sum()) for channel in scenario.channels)


def leads_since_the_warm_up(scenario: Scenario) -> Floats:
    """Leads expected of each channel from the very end of the warm-up to the horizon, shape
    (channels,).
    """
    return np.array(
        [
            _before(scenario, channel, scenario.horizon)
            - _before(scenario, channel, scenario.warm_up)
            for channel in scenario.channels
        ]
    )


def _before(scenario: Scenario, channel: Channel, moment: int) -> float:
    """Leads expected before a moment up to the horizon."""
    mean = np.append(mean_by_day(scenario, channel), 0.0)
    day, into_it = divmod(moment, DAY)
    return float(mean[:day].sum() + mean[day] * _passed(channel, into_it))


def _passed(channel: Channel, into_the_day: int) -> float:
    """The share of a day's leads that comes before this time of the day."""
    passed = np.append(0.0, np.cumsum(channel.hours)) / sum(channel.hours)
    return float(np.interp(into_the_day / DAY * 24, np.arange(25), passed))


def whole_days(scenario: Scenario) -> int:
    """Days that count; a day counts as a whole, by whether it begins in the time that counts."""
    return scenario.days - -(-scenario.warm_up // DAY)


def leads_of_channels(scenario: Scenario) -> Floats:
    """Leads expected of each channel on the days that count, shape (channels,)."""
    begun = scenario.days - whole_days(scenario)
    return np.array([mean_in_time(scenario, c)[begun:].sum() for c in scenario.channels])


def leads_before_and_after(scenario: Scenario) -> tuple[float, float]:
    """Leads expected before the days that count, and on these."""
    counted = float(leads_of_channels(scenario).sum())
    return expected_leads(scenario) - counted, counted


def time_of_leads(scenario: Scenario, leads: float) -> int:
    """From the warm-up until so many leads are expected, in microseconds, at most the horizon:
    whole days, or hours within a day.
    """
    by_hour = np.zeros(24 * scenario.days)
    for channel in scenario.channels:
        hours = np.array(channel.hours) / sum(channel.hours)
        by_hour += np.outer(mean_by_day(scenario, channel), hours).ravel()
    so_far = np.cumsum(by_hour[scenario.warm_up // HOUR :])
    if so_far[-1] <= leads:
        return scenario.horizon
    hours_needed = int(np.searchsorted(so_far, leads)) + 1
    return hours_needed * HOUR if hours_needed < 24 else round(hours_needed / 24) * DAY


def time_of_day(u: Floats, channel: Channel) -> Ints:
    """Microseconds since midnight: even over the day, or by the weights of its hours."""
    cumulated = np.concatenate([[0.0], np.cumsum(channel.hours)]) / sum(channel.hours)
    begins = np.linspace(0, 1, 25)
    hour = passed(cumulated[1:24], u)  # as `np.interp` does, which takes longer to find the hour
    with np.errstate(divide="ignore", invalid="ignore"):  # an hour without leads is never asked
        slope = np.diff(begins) / np.diff(cumulated)
    return ((slope[hour] * (u - cumulated[hour]) + begins[hour]) * DAY).astype(np.int64)
