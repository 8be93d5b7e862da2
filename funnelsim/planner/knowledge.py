"""How well the conversion is known, and what a plan makes of it.

A conversion of 5 % that was seen 15 times in 300 may be 4 % or 6 %. Leads enough for 5 % are too
few if it is 4 %, and no surplus at 6 % makes up for that: so a plan that is to hold nine times out
of ten needs more of them. Here the overall conversion is Beta distributed: after a pilot by Bayes'
rule from an even prior (Beta(1 + sales, 1 + the others)), after a calibration with its mean and
standard error. It is cut into equally likely classes, and each future belongs to one of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.distributions import Floats, scaled
from funnelsim.errors import Finding, FunnelSimError, Problem
from funnelsim.experiment.load import conversion_of_channels
from funnelsim.planner.levers import leads_of_channels
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    from funnelsim.calibration import Calibration

CLASSES = 25
_PILOT = re.compile(r"\s*(\d+)\D+?(\d+)\D*")


@dataclass(frozen=True)
class Knowledge:
    """What is known of the overall conversion (Beta with `a`, `b`) and of the mean order value.

    `seen` is the rate that was seen, which a plan without doubt would take; `words` says where it
    comes from; `value_error` is the standard error of the mean value ÷ the mean.
    """

    a: float
    b: float
    seen: float
    words: str
    value_error: float = 0.0

    @property
    def mean(self) -> float:
        return self.a / (self.a + self.b)

    def classes(self, count: int = CLASSES) -> tuple[Floats, Floats]:
        """Equally likely conversions, and factors of the mean value that go with them."""
        from scipy.special import ndtri
        from scipy.stats import beta

        middle = (np.arange(count) + 0.5) / count
        # every 7th of the values in order, so that they are independent of the conversions
        values = np.exp(self.value_error * ndtri(middle))[np.arange(count) * 7 % count]
        return beta.ppf(middle, self.a, self.b), values


def from_pilot(pilot: object) -> Knowledge:
    """From "15 of 300" or (15, 300): sales seen, and the leads they came of."""
    given: Any = pilot
    if isinstance(given, str) and (found := _PILOT.fullmatch(given)):
        given = int(found[1]), int(found[2])
    try:
        sales, leads = (int(n) if int(n) == n else -1 for n in given)
    except (TypeError, ValueError, OverflowError):
        sales, leads = -1, -1
    if not 0 <= sales <= leads or not leads:
        rule = "it is sales seen and the leads they came of"
        raise FunnelSimError(str(Problem("pilot", pilot, rule, 'write "15 of 300" or (15, 300)')))
    words = f"{sales:,} sales seen from {leads:,} leads"
    if not sales:
        rule = "without a sale seen there is nothing to plan with"
        raise FunnelSimError(str(Problem("pilot", pilot, rule, "wait for the first")))
    return Knowledge(1.0 + sales, 1.0 + leads - sales, sales / leads, words)


def from_calibration(calibration: Calibration) -> Knowledge | None:
    """From the standard errors of a calibrated scenario; None where there is no doubt.

    The Beta with the mean and the standard error of the overall conversion; an error larger than
    that of an even distribution is taken as such a one.
    """
    mean, error = calibration.overall, calibration.overall_se
    if not 0 < mean < 1 or not error > 0:
        return None
    worth = calibration.report.value
    value_error = 0.0
    if not worth.empty:
        value_error = float(worth["± s.e."].iloc[0] / worth["mean"].iloc[0])
    together = max(mean * (1 - mean) / error**2 - 1, 2.0)
    words = f"an export, as {100 * mean:.2f} ± {100 * error:.2f} %"
    return Knowledge(mean * together, (1 - mean) * together, mean, words, value_error)


def mean_conversion(scenario: Scenario) -> float:
    """The conversion of all leads together, at the mix of the channels, if nobody waits."""
    leads = leads_of_channels(scenario)
    together = float(leads.sum())
    return float(leads @ conversion_of_channels(scenario)) / together if together else 0.0


def variants(scenario: Scenario, conversions: Floats, value_factors: Floats) -> list[Scenario]:
    """The scenario once for each overall conversion, with all odds turned alike to reach it.

    The odds ratio of each channel is multiplied by one number, read off a grid of 61; stages that
    nobody or everybody passes stay as they are. FunnelSimError where none gets there.
    """
    logs = np.linspace(-6, 6, 61)
    reached = np.array([mean_conversion(_copied(scenario, ratio)) for ratio in np.exp(logs)])
    if not reached[0] <= conversions.min() <= conversions.max() <= reached[-1]:
        rule = (
            f"no change of odds makes the scenario's {mean_conversion(scenario):.3g} so high or low"
        )
        found = f"{conversions.min():.3g} to {conversions.max():.3g}"
        raise FunnelSimError(str(Problem("the overall conversion", Finding(found), rule)))
    ratios = np.exp(np.interp(_logit(conversions), _logit(reached), logs))
    return [
        _varied(scenario, float(ratio), float(value))
        for ratio, value in zip(ratios, value_factors, strict=True)
    ]


def _varied(scenario: Scenario, ratio: float, value_factor: float) -> Scenario:
    changes = {
        f"channels.{channel.name}.odds_ratio": _times(channel.odds_ratio, scenario, ratio)
        for channel in scenario.channels
    }
    if value_factor != 1 and scenario.order is not None:
        changes["order.value"] = scaled(scenario.order.value, value_factor)
    return scenario.vary(changes)


def _copied(scenario: Scenario, ratio: float) -> Scenario:
    """The odds alone, without the checks: it is asked for many times in a row."""
    channels = tuple(
        channel.model_copy(update={"odds_ratio": _times(channel.odds_ratio, scenario, ratio)})
        for channel in scenario.channels
    )
    return scenario.model_copy(update={"channels": channels})


def _times(odds_ratio: Any, scenario: Scenario, ratio: float) -> Any:
    if isinstance(odds_ratio, float):
        return odds_ratio * ratio
    return {s.name: odds_ratio.get(s.name, 1.0) * ratio for s in scenario.stages[:-1]}


def _logit(p: Floats) -> Floats:
    inside = np.clip(p, 1e-12, 1 - 1e-12)
    found: Floats = np.log(inside / (1 - inside))
    return found
