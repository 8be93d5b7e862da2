"""Errors and rules of a calibration, worked out by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from scipy import stats
from small_export import COLUMNS, small

from funnelsim.calibration import calibrate
from funnelsim.calibration.estimate import cut_off
from funnelsim.calibration.to_scenario import _warm_up


def test_the_error_of_the_mean_deal_is_its_spread_over_the_root_of_their_number() -> None:
    worth = [1_000.0, None, 3_000.0, None, 5_000.0, None, 7_000.0, None]  # of those won
    found = calibrate(small(8, worth=worth), **COLUMNS, value="worth", export_date="2026-03-01")
    row = found.report.value.loc["won deals"]
    assert (row["deals"], row["mean"]) == (4, 4_000)
    spread = math.sqrt((9 + 1 + 1 + 9) / 3) * 1_000
    assert row["± s.e."] == pytest.approx(spread / 2)
    assert row["cv"] == pytest.approx(spread / 4_000)


def test_the_error_of_arrivals_is_that_of_a_poisson_count() -> None:
    """Of 60 leads in 60 days the standard error is √60 ÷ 60 a day, of 20 of them √20 ÷ 60."""
    source = ["ads", "web", "web"] * 20
    found = calibrate(small(60, source=source), **COLUMNS, channel="source")
    table = found.report.channels
    assert dict(table["leads"]) == {"web": 40, "ads": 20}
    assert table.loc["ads", "se"] == pytest.approx(math.sqrt(20) / 60)
    assert table.loc["web", "se"] == pytest.approx(math.sqrt(40) / 60)


@pytest.mark.parametrize("cvs", [(0.5,), (1.0, 2.0)])
def test_the_warm_up_is_as_long_as_999_of_1000_take_stage_by_stage(cvs: tuple[float, ...]) -> None:
    table = pd.DataFrame({"mean_days": [10.0, 4.0][: len(cvs)], "cv": cvs})
    longest = 0.0
    for mean, cv in zip(table["mean_days"], cvs, strict=True):
        s = math.sqrt(math.log(1 + cv**2))
        longest += stats.lognorm.ppf(0.999, s, scale=mean / math.sqrt(1 + cv**2))
    assert _warm_up(table) == math.ceil(longest)
    assert _warm_up(table.assign(mean_days=10_000.0)) == 1_000


def test_the_cut_off_is_taken_again_until_it_no_longer_grows() -> None:
    """The young show only their quick decisions; here with the median of the times."""
    age = pd.Series([1.0, 1, 1, 1, 3, 3, 7, 8, 20, 30])
    days = pd.Series([1.0, 1, 1, 1, 2, 2, 6, 7, 9, 12])
    assert days.median() == 2
    assert days[age >= 2].median() == 6.5
    assert days[age >= 6.5].median() == 8
    assert days[age >= 8].median() == 9
    assert days[age >= 9].median() == 10.5
    assert days[age >= 10.5].median() == 10.5
    assert cut_off(age, days, 0.5) == 10.5
