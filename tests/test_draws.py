"""What both engines read is beyond the test that they agree: here it is worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from theory import funnel, mean_of, variance_of

import funnelsim as fs
from funnelsim.analytic.arrivals import (
    expected_leads,
    leads_of_channels,
    mean_by_day,
    mean_in_time,
    whole_days,
)
from funnelsim.distributions import DAY
from funnelsim.engines.draws.draws import Draws


def with_channel(horizon: str, **channel: Any) -> fs.Scenario:
    return funnel(
        start="2027-01-01",  # a Friday
        horizon=horizon,
        channels=[{"name": "web", "leads_per_day": 30, **channel}],
    )


def means(scenario: fs.Scenario) -> list[float]:
    return mean_by_day(scenario, scenario.channels[0]).tolist()


def test_growth_begins_on_the_first_day_and_is_there_a_year_later() -> None:
    by_day = means(with_channel("731 days", growth=4.0))
    assert by_day[0] == 30  # not a day early
    assert by_day[1] == pytest.approx(30 * 4 ** (1 / 365))
    assert (by_day[365], by_day[730]) == pytest.approx((120, 480))


def test_weekdays_and_months_are_those_of_the_calendar() -> None:
    weekdays, months = [1, 2, 3, 4, 5, 6, 7], [1.0] * 12
    months[1] = 10.0
    by_day = means(with_channel("33 days", weekdays=weekdays, months=months))
    assert by_day[:4] == [150, 180, 210, 30]  # Friday to Monday
    assert by_day[30:] == [30 * 7, 30 * 1 * 10, 30 * 2 * 10]  # the last of January is a Sunday


@pytest.mark.parametrize(
    ("bursts", "factors"),
    [
        ([("1.25 days", "3.5 days", 3.0)], [1, 1 + 2 * 0.75, 3, 1 + 2 * 0.5, 1]),
        ([("36 h", "42 h", 5.0)], [1, 1 + 4 * 0.25, 1, 1, 1]),  # within one day
        ([("1 day", "3 days", 0.0)], [1, 0, 0, 1, 1]),
        ([("2 days", "9 days", 2.0)], [1, 1, 2, 2, 2]),  # past the horizon
        ([("0 days", "2 days", 2.0), ("1 day", "3 days", 3.0)], [2, 6, 3, 1, 1]),
    ],
)
def test_of_a_day_a_burst_takes_the_part_that_it_covers(
    bursts: list[tuple[str, str, float]], factors: list[float]
) -> None:
    tables = [{"from": begin, "to": end, "factor": factor} for begin, end, factor in bursts]
    assert means(with_channel("5 days", bursts=tables)) == pytest.approx(
        [30 * factor for factor in factors]
    )


def test_of_a_last_day_that_is_not_whole_the_hours_before_the_horizon_count() -> None:
    hours = [0.0] * 8 + [3.0] * 4 + [1.0] * 12  # half of the leads come from 8 to 12
    scenario = with_channel("34 h", hours=hours)
    assert mean_in_time(scenario, scenario.channels[0]).tolist() == pytest.approx([30, 30 * 0.25])
    assert expected_leads(scenario) == pytest.approx(37.5)
    whole = with_channel("2 days", hours=hours)
    assert mean_in_time(whole, whole.channels[0]).tolist() == [30, 30]


@pytest.mark.parametrize(
    ("warm_up", "days"),
    [("0 days", 10), ("3 days", 7), ("60 h", 7), ("1 h", 9), ("9.5 days", 0)],
)
def test_a_day_counts_as_a_whole_if_it_begins_after_the_warm_up(warm_up: str, days: int) -> None:
    scenario = with_channel("10 days", growth=4.0).vary({"warm_up": warm_up})
    assert whole_days(scenario) == days
    assert leads_of_channels(scenario) == pytest.approx(sum(means(scenario)[10 - days :]))


def test_a_last_day_that_is_not_whole_has_begun() -> None:
    assert whole_days(with_channel("10 h")) == 1
    assert whole_days(with_channel("50 h").vary({"warm_up": "30 h"})) == 1


@pytest.mark.parametrize(("dispersion", "wider"), [(1.0, 1.0), (3.0, 3.0)])
def test_each_day_brings_its_own_number_with_its_own_spread(
    dispersion: float, wider: float, seed: int
) -> None:
    """The mean of every day, its variance, and no memory from one to the next."""
    count = 2_000
    bursts = [{"from": "12 h", "to": "1 day", "factor": 3.0}]
    scenario = with_channel("3 days", growth=1e9, bursts=bursts, dispersion=dispersion)
    leads = Draws(scenario, seed, range(count)).leads
    place = leads.replication * 3 + leads.earliest // DAY
    found = np.bincount(place, minlength=3 * count).reshape(count, 3)
    day = 1e9 ** (1 / 365)
    for counts, mean in zip(found.T, (60, 30 * day, 30 * day**2), strict=True):
        assert mean_of(counts, mean)
        assert variance_of(counts, mean * wider)
    together = (found[:, 0] - 60) * (found[:, 1] - 30 * day)
    assert mean_of(together, 0, wider=1.5)
