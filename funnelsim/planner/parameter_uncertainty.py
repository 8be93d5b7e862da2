"""How well a scenario is known, and what a plan makes of it.

A conversion of 5 % that was seen 15 times in 300 may be 4 % or 6 %. Leads enough for 5 % are too
few if it is 4 %, and no surplus at 6 % makes up for that: so a plan that is to hold nine times out
of ten needs more of them. After a pilot the overall conversion is Beta distributed, by Bayes' rule
from an even prior (Beta(1 + sales, 1 + the others)); it is cut into equally likely classes, and
each future belongs to one of them. After a calibration each future belongs to one of its draws:
conversions, times and values together (`funnelsim/calibration/draws.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.analytic.conversion import mean_conversion
from funnelsim.analytic.time_to_sale import expected
from funnelsim.arguments import refused
from funnelsim.distributions import Floats
from funnelsim.errors import Finding
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    from funnelsim.calibration import Calibration, Draws

CLASSES, SAFE, FINE = 25, 0.95, 100  # of the conversion; how many where a plan is to be so safe
FACTORS = 50  # draws whose sales a formula works out
_NUMBER = r"\d{1,3}(?:[,.' \u00a0\u202f]\d{3})+|\d+"  # 1,500 is one number, as a plan writes it
_PILOT = re.compile(rf"\s*({_NUMBER})\s*[^\d\s](?:\D*[^\d.,])?({_NUMBER})\D*")
Pilot = str | tuple[int, int]  # "15 of 300", or (15, 300): sales seen, and the leads they came of
IMPOSSIBLE = 1e-6  # so unlikely is what a scenario cannot do, but the pilot says


@dataclass(frozen=True)
class ParameterUncertainty:
    """What is known of the overall conversion (Beta with `a`, `b`) and of the mean order value.

    `seen` is the rate that a plan without doubt would take, that which was seen, and of none or all
    the mean of the Beta; `words` says where it comes from; `value_error` is the standard error of
    the mean value ÷ the mean. Of the scenario that it is about: `nominal`, its own rate, and from
    `least` to `most` what its odds can make of it.
    """

    a: float
    b: float
    seen: float
    words: str
    value_error: float = 0.0
    nominal: float = 0.0
    least: float = 0.0
    most: float = 1.0

    @property
    def mean(self) -> float:
        if self.most > 1 - IMPOSSIBLE:
            return self.a / (self.a + self.b)
        return float(self.classes(1_000)[0].mean())

    def classes(self, count: int = CLASSES) -> tuple[Floats, Floats]:
        """Equally likely conversions, and factors of the mean value that go with them."""
        return _classes(self, count)

    def scenarios(self, scenario: Scenario, count: int) -> list[Scenario]:
        """The scenario as it may be, equally likely each, the lowest conversion first."""
        return variants(scenario, *self.classes(count))

    def about(self, scenario: Scenario) -> ParameterUncertainty:
        """The same, as that of this scenario; FunnelSimError where it cannot be."""
        return _about(scenario, self)


@dataclass(frozen=True, eq=False)
class DrawnUncertainty(ParameterUncertainty):
    """What is known of a calibrated scenario: its draws. `scenario` is the one it is about.

    A formula knows sales: so its `classes` are those of each draw ÷ those of the scenario.
    """

    draws: Draws | None = None
    scenario: Scenario | None = None
    with_rates: bool = False  # of arrivals; where leads are planned, they are known

    @property
    def mean(self) -> float:
        return float(self.factors[0].mean())

    @cached_property
    def factors(self) -> tuple[Floats, Floats]:
        """Sales of so many draws ÷ those of the scenario, ascending, and factors of the value."""
        assert self.draws is not None and self.scenario is not None
        which = self.draws.spread(FACTORS)
        made = self.draws.of(self.scenario, which, self.with_rates)
        sales, nominal = np.array([expected(s)[1] for s in made]), expected(self.scenario)[1]
        values = self.draws.table["value"].to_numpy()[which]
        order = sales.argsort(kind="stable")
        return sales[order] / nominal if nominal else np.ones(FACTORS), values[order]

    def classes(self, count: int = CLASSES) -> tuple[Floats, Floats]:
        at = (np.arange(count) * FACTORS) // count
        return self.factors[0][at], self.factors[1][at]

    def scenarios(self, scenario: Scenario, count: int) -> list[Scenario]:
        assert self.draws is not None
        return self.draws.of(scenario, self.draws.spread(count), self.with_rates)

    def about(self, scenario: Scenario) -> ParameterUncertainty:
        return replace(self, scenario=scenario, nominal=1.0)


@lru_cache(maxsize=16)  # a search asks for the same ones at every setting
def _classes(of: ParameterUncertainty, count: int) -> tuple[Floats, Floats]:
    from scipy.special import betainc, betaincinv, ndtri  # scipy.stats takes a second to load

    middle = (np.arange(count) + 0.5) / count
    # every 7th of the values in order, so that they are independent of the conversions
    values = np.exp(of.value_error * ndtri(middle))[np.arange(count) * 7 % count]
    low, high = betainc(of.a, of.b, [of.least, of.most])
    conversions = betaincinv(of.a, of.b, low + middle * (high - low))
    found = np.clip(conversions, of.least, of.most), values
    for column in found:
        column.flags.writeable = False
    return found


def classes_for(probability: float) -> int:
    """Classes of the conversion that tell a plan with this chance: its tail takes more."""
    return CLASSES if probability <= SAFE else FINE


def from_pilot(pilot: object) -> ParameterUncertainty:
    """From "15 of 300" or (15, 300): sales seen, and the leads they came of."""
    given: Any = pilot
    if isinstance(given, str) and (found := _PILOT.fullmatch(given)):
        given = [int(re.sub(r"\D", "", number)) for number in found.groups()]
    try:
        sales, leads = (int(n) if int(n) == n else -1 for n in given)
    except (TypeError, ValueError, OverflowError):
        sales, leads = -1, -1
    if not 0 <= sales <= leads or not leads:
        rule = "it is sales seen and the leads they came of"
        raise refused("pilot", pilot, rule, 'write "15 of 300" or (15, 300)')
    words = f"{sales:,} sale{'s' * (sales != 1)} seen from {leads:,} lead{'s' * (leads != 1)}"
    a, b = 1.0 + sales, 1.0 + leads - sales
    return ParameterUncertainty(a, b, sales / leads if 0 < sales < leads else a / (a + b), words)


def from_calibration(
    calibration: Calibration, with_rates: bool = False
) -> ParameterUncertainty | None:
    """From the draws of a calibrated scenario; None where there is no doubt.

    Its `a` and `b` are those of the Beta with the mean and the standard error of the overall
    conversion; an error larger than that of an even distribution is taken as such a one.
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
    return DrawnUncertainty(
        mean * together, (1 - mean) * together, mean, words, value_error,
        draws=calibration.draws, with_rates=with_rates,
    )  # fmt: skip


def about(scenario: Scenario, uncertainty: ParameterUncertainty) -> ParameterUncertainty:
    """The uncertainty, as that of this scenario; FunnelSimError where it cannot be."""
    return uncertainty.about(scenario)


def _about(scenario: Scenario, uncertainty: ParameterUncertainty) -> ParameterUncertainty:
    from scipy.special import betainc

    _, reached = _turned_odds(scenario)
    least, most = float(reached[0]), float(reached[-1])
    low, high = betainc(uncertainty.a, uncertainty.b, [least, most])
    if high - low < IMPOSSIBLE:
        found = Finding(f"{uncertainty.seen:.3g}, from {uncertainty.words}")
        can = f"between {least:.2g} and {most:.2g}" if most > least else f"{most:.3g}"
        rule = f"with any odds the scenario's conversion is {can}"
        way_out = "a stage that nobody or everybody passes, calls that reach few, or missed leads?"
        raise refused("the overall conversion", found, rule, way_out)
    seen = min(max(uncertainty.seen, least), most)
    nominal = mean_conversion(scenario)
    return replace(uncertainty, seen=seen, nominal=nominal, least=least, most=most)


def may_be(
    scenario: Scenario, uncertainty: ParameterUncertainty, count: int = CLASSES
) -> list[Scenario]:
    """The scenario with each of the conversions that may be the true one, the lowest first."""
    return uncertainty.scenarios(scenario, count)


def variants(scenario: Scenario, conversions: Floats, value_factors: Floats) -> list[Scenario]:
    """The scenario once for each overall conversion, with all odds turned alike to reach it.

    The odds ratio of each channel is multiplied by one number; stages that nobody or everybody
    passes stay as they are.
    """
    from scipy.interpolate import PchipInterpolator

    logs, reached = _turned_odds(scenario)
    rises = np.append(True, np.diff(_logit(reached)) > 1e-9)
    place = PchipInterpolator(_logit(reached[rises]), logs[rises])
    ratios = np.exp(place(_logit(np.clip(conversions, reached[0], reached[-1]))))
    return [
        _varied(scenario, float(ratio), float(value))
        for ratio, value in zip(ratios, value_factors, strict=True)
    ]


def _turned_odds(scenario: Scenario) -> tuple[Floats, Floats]:
    """Logarithms of odds ratios, and the overall conversion with all odds multiplied by each."""
    logs = np.linspace(-20, 16, 73)
    return logs, np.array([mean_conversion(_copied(scenario, ratio)) for ratio in np.exp(logs)])


def _varied(scenario: Scenario, ratio: float, value_factor: float) -> Scenario:
    changes = {
        f"channels.{channel.name}.odds_ratio": _times(channel.odds_ratio, scenario, ratio)
        for channel in scenario.channels
    }
    if value_factor != 1 and scenario.order is not None:
        changes["order.value"] = scenario.order.value.scaled(value_factor)
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
