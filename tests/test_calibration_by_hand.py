"""Errors and rules of a calibration, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from small_export import COLUMNS, small

from funnelsim.calibration import calibrate
from funnelsim.calibration.cells import counted
from funnelsim.calibration.curves import cumulative_incidence
from funnelsim.calibration.fates import models
from funnelsim.calibration.laws import LOGNORMAL, WEIBULL
from funnelsim.calibration.mixture import SIZE, free, likelihood
from funnelsim.calibration.stages import Fates
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


@pytest.mark.parametrize("sigmas", [(0.5,), (1.0, 1.3)])
def test_the_warm_up_is_as_long_as_999_of_1000_take_stage_by_stage(
    sigmas: tuple[float, ...],
) -> None:
    def fates(median: float, sigma: float) -> Fates:
        slow, quick = (LOGNORMAL, math.log(median), sigma), (LOGNORMAL, 0.0, 0.1)
        return Fates(0.5, quick, slow, False, 0.1)

    stages = [fates(median, sigma) for median, sigma in zip((10.0, 4.0), sigmas, strict=False)]
    longest = sum(
        stats.lognorm.ppf(0.999, s, scale=m) for m, s in zip((10, 4), sigmas, strict=False)
    )
    assert _warm_up(stages) == math.ceil(longest)
    assert _warm_up([fates(10_000.0, 1.0)]) == 1_000


def test_the_curves_of_both_fates_are_those_of_aalen_and_johansen() -> None:
    """Without open visits they are shares; with some, worked out by hand."""
    fates = ["advanced", "lost", "advanced", "open", "lost"]
    days = [1.0, 2.0, 4.0, None, 6.0]
    seen = pd.DataFrame({"fate": fates, "days": days, "age": [9.0, 9.0, 9.0, 3.0, 9.0]})
    curve = cumulative_incidence(seen)
    assert curve.index.tolist() == [0.0, 1.0, 2.0, 4.0, 6.0]
    # of five, four, then two (one is open at 3 days), and the last
    assert curve["advanced"].tolist() == pytest.approx([0, 1 / 5, 1 / 5, 1 / 5 + 3 / 5 / 2, 0.5])
    assert curve["lost"].tolist() == pytest.approx([0, 0, 1 / 5, 1 / 5, 1 / 5 + 3 / 10])
    assert curve["at_risk"].tolist() == [5, 5, 4, 2, 1]
    assert (curve[["advanced", "lost", "open"]].sum(axis=1) - 1).abs().max() < 1e-12


def test_an_open_deal_is_worth_what_its_age_says() -> None:
    """MODEL: p S1 ÷ (p S1 + (1 - p)((1 - silent) S0 + silent)), with exponential times."""
    fates = Fates(0.4, (WEIBULL, math.log(10.0), 1.0), (WEIBULL, math.log(5.0), 1.0), False, 0.2)
    ages = np.array([0.0, 3.0, 40.0])
    yes, no = 0.4 * np.exp(-ages / 10), 0.6 * (0.8 * np.exp(-ages / 5) + 0.2)
    np.testing.assert_allclose(fates.will_advance(ages), yes / (yes + no), rtol=1e-3)


@pytest.mark.parametrize("clock", [1 / 1440, 1.0])
def test_the_slope_of_the_likelihood_is_its_slope(clock: float) -> None:
    chance = np.random.default_rng(1)
    fate = chance.choice(["advanced", "lost", "open"], 300)
    days = pd.Series(chance.lognormal(1, 1, 300)).where(fate != "open")
    days[::9] = np.nan
    seen = pd.DataFrame({"fate": fate, "days": (days / clock).round() * clock, "age": 30.0})
    cells, weekly = counted(seen, pd.Series(np.arange(300) % 4), 4, clock)
    kinds = models(50, 50, True)
    theta = chance.normal(0, 0.3, (len(kinds.tied), SIZE)) + np.array([0, 2, -0.2, 1.5, -0.2, -1])
    counts = [np.tile(t.sum(axis=0), (len(theta), 1)) for t in weekly] + [np.ones((len(theta), 2))]
    _, slope = likelihood(theta, kinds, cells, counts, 2.0)
    for place in range(SIZE):
        ahead = np.zeros(SIZE)
        ahead[place] = 1e-5
        there, back = (likelihood(theta + s * ahead, kinds, cells, counts, 2.0)[0] for s in (1, -1))
        found = np.where(free(kinds)[:, place], (there - back) / 2e-5, 0)
        np.testing.assert_allclose(slope[:, place], found, atol=1e-3)
