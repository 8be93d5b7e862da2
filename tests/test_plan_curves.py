"""Whatever a plan's curves say is what is simulated there, within the error that they state."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from theory import FIVE

import funnelsim as fs
from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.metrics.planned import result
from funnelsim.planner import curves
from funnelsim.planner.curves import add_knots, bounds, points, searched_curve
from funnelsim.planner.futures import Futures
from funnelsim.planner.levers import lever
from funnelsim.planner.parameter_uncertainty import may_be
from funnelsim.planner.question import up_to_the_deadline
from funnelsim.planner.search import search
from funnelsim.planner.trials import Trials

FIRM = fs.load("aida-follow-up").vary({"horizon": "30 days"})
WITH_CEILING = FIRM.vary({"channels.search ads.ceiling": 24})
DEALS = fs.State(deals={"stage": ["Interest", "Desire"] * 30, "days_in_stage": [0.5, 1.5] * 30})
CURVES: dict[str, tuple[fs.Scenario, dict[str, Any]]] = {
    "leads, the team has room": (FIRM, {"target": 90}),
    "leads, past the cliff": (FIRM, {"target": 170}),
    "a channel is full": (WITH_CEILING, {"target": 90}),
    "budget": (FIRM, {"target": 90, "change": "budget"}),
    "reps": (FIRM, {"target": 110, "change": "reps"}),
    "a conversion": (FIRM, {"target": 120, "change": "stages.Interest.conversion"}),
    "a handling time": (FIRM, {"target": 108, "change": "stages.Desire.follow_up.handling_time"}),
    "profit": (FIRM, {"target": 9_000, "metric": "profit"}),
    "open deals": (FIRM, {"target": 110, "initial": DEALS}),
    "a pilot": (FIRM, {"target": 90, "pilot": "60 of 400"}),
    "by formula": (fs.load("aida"), {"target": 150}),
    "revenue by formula": (fs.load("aida"), {"target": 15_000, "metric": "revenue"}),
    "a pilot by formula": (fs.load("aida"), {"target": 150, "pilot": "60 of 400"}),
}


@pytest.mark.parametrize("name", CURVES)
def test_between_its_points_a_curve_is_what_is_simulated(name: str, seed: int) -> None:
    scenario, asked = CURVES[name]
    p = fs.plan(scenario, **asked, seed=seed, progress=False)
    moved = lever(p.today, p.change)
    across = "leads" if moved.moves_leads else "setting"
    at = p.curve[across].to_numpy()
    if moved.moves_leads:
        today = float(leads_of_channels(p.today).sum())
    else:
        today = moved.today / moved.parameter.per_unit  # a curve has days
    rng = np.random.default_rng(seed)
    for place in rng.uniform(at[0], at[-1], 3):
        # of leads with a ceiling a factor brings others; where it is does not matter
        factor = round(place) / today if moved.whole else place / today
        planned = moved.at(max(factor, 1e-3))
        value = float(leads_of_channels(planned).sum()) if moved.moves_leads else factor * today
        results = _simulated(p, planned, asked, seed + 1)
        mean, chance = results.mean(), (results >= p.target).mean()
        count = len(results)
        told = {c: np.interp(value, at, p.curve[c]) for c in p.curve.columns}
        error = math.hypot(told["mean_se"], results.std(ddof=1) / count**0.5)
        assert abs(told["mean"] - mean) <= FIVE * error + 1e-9, (value, told["mean"], mean, error)
        share = (count * chance + 1) / (count + 2)
        error = math.hypot(told["chance_se"], (share * (1 - share) / count) ** 0.5)
        assert abs(told["chance"] - chance) <= FIVE * error, (value, told["chance"], chance)


def _simulated(p: Any, planned: fs.Scenario, asked: dict[str, Any], seed: int) -> Any:
    """Results of other customers; where the conversion is in doubt, of some that it may be."""
    count, classes = 150, 50
    futures = Futures(SimpleNamespace(update=lambda n: None), seed, asked.get("initial"))
    _, knowledge = up_to_the_deadline(p.today, None, asked.get("pilot"), "plan")
    scenarios = [planned] if knowledge is None else may_be(planned, knowledge, classes)
    return np.array(futures.among(_of(p.metric), scenarios, range(count)))


def _of(metric: str) -> Any:
    return lambda journal: result(journal, metric)


def test_the_cliff_of_the_lesson_has_its_true_slope() -> None:
    curve = fs.plan(fs.load("aida-follow-up"), 500, progress=False).curve
    mean, error = (np.interp(500, curve["leads"], curve[c]) for c in ("mean", "mean_se"))
    assert mean == pytest.approx(78.6, abs=FIVE * math.hypot(error, 0.8))
    assert 0 < error < 3


def test_a_curve_by_formula_has_no_error() -> None:
    curve = fs.plan(fs.load("aida"), 150, progress=False).curve
    assert not curve[["chance_se", "mean_se"]].any(axis=None)


def test_the_picture_shows_the_error_where_there_is_one() -> None:
    for name, bands in (("aida", 0), ("aida-follow-up", 1)):
        p = fs.plan(fs.load(name), 150, progress=False)
        for chart in (fs.charts.plan_chance(p), fs.charts.plan_cliff(p)):
            marks = [layer["mark"]["type"] for layer in chart.to_dict()["layer"]]
            assert marks.count("area") == bands


# --- futures that are a sum, so that many plans can be looked at ----------------------------------


class Sums(Trials):
    """Results whose mean and spread are known at every setting, nearby ones going together."""

    def __init__(self, mean: Any, seed: int) -> None:
        self._mean, self._rng = mean, np.random.default_rng(seed)
        self.lever: Any = SimpleNamespace(whole=False, moves_leads=True, high=3.0)
        self._levers, self._results, self._is_rough = [self.lever], {}, False
        self._work = lambda x: 2_000 * x + 1
        self._grid = np.linspace(0.0, 3.0, 601)
        self._walks = self._rng.standard_normal((500, 600)) * math.sqrt(3 / 600)
        self._walks = np.hstack([np.zeros((500, 1)), self._walks.cumsum(axis=1)])

    def at(self, x: float, count: int) -> Any:
        """Mean, and a walk whose variance grows with the setting: as sales do with leads."""
        chance = np.array([np.interp(x, self._grid, walk) for walk in self._walks[:count]])
        self._results[x] = max(
            [self._results.get(x, np.empty(0)), self._mean(x) + SPREAD * chance], key=len
        )
        return self._results[x][:count]


SPREAD = 20.0
MEANS = {
    "steep": lambda x: 300 * x,
    "flat": lambda x: 400 * (1 - math.exp(-1.6 * x)),
    "bent": lambda x: 300 * min(x, 1.2) + 40 * max(x - 1.2, 0),
}


@pytest.mark.parametrize("kind", MEANS)
def test_the_interval_of_the_leads_covers_what_it_says(kind: str, seed: int) -> None:
    mean, target = MEANS[kind], {"steep": 300, "flat": 330, "bent": 360}[kind]
    truth = _least(lambda x: stats.norm.sf((target - mean(x)) / SPREAD / math.sqrt(x)), 0.9)
    covered, z = [], []
    for number in range(60):
        trials = Sums(mean, seed + number)
        found = search(trials, trials.lever, target, 0.9, 0.8)
        assert found.x is not None
        add_knots(trials, found.x, 0.0, 2.6)
        low, high = bounds(trials, target, 0.9, found.x, found.chance)
        covered.append(low <= truth <= high)
        curve = searched_curve(trials, target, points(trials, found.x, 0.5), found.x, found.chance)
        at = curve["setting"].to_numpy()
        far = (at > 0.05) & (at < 2.5)
        off = (curve["mean"] - [mean(x) for x in at]) / curve["mean_se"]
        z.append(off[far].abs().max())
    # 95 % of them, as many as chance may take away
    assert sum(covered) >= stats.binom.ppf(1e-4, len(covered), 0.95)
    assert np.median(z) < 4  # the worst of a hundred points


def _least(chance: Any, probability: float) -> float:
    low, high = 0.01, 3.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (low, middle) if chance(middle) >= probability else (middle, high)
    return high


def test_the_ends_of_the_interval_are_196_standard_errors_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A chance that rises in a line, known to 0.05: 0.9 is met at 1.8, for sure 0.196 later."""

    def a_line(trials: Any, target: float, settings: Any, plan: float, chance: float) -> Any:
        return pd.DataFrame({"chance": settings / 2, "chance_se": 0.05})

    monkeypatch.setattr(curves, "searched_curve", a_line)
    trials: Any = SimpleNamespace(settings=lambda: [0.0, 3.0])
    low, high = bounds(trials, 100, 0.9, 1.8, 0.9)
    grid = 3.0 / 1_999  # of the settings looked at
    assert (low, high) == pytest.approx((1.8 - 0.196, 1.8 + 0.196), abs=grid)


def test_the_error_of_the_search_is_how_far_searches_are_apart(seed: int) -> None:
    """Where the chance rises steadily; on a flat part its slope is hardly known."""
    found = []
    for number in range(80):
        trials = Sums(MEANS["steep"], seed + number)
        found.append(search(trials, trials.lever, 300, 0.9, 0.8))
    spread = np.std([math.log(one.x or 1.0) for one in found], ddof=1)
    stated = math.sqrt(np.mean([one.error**2 for one in found]))
    print(f"spread {spread:.4f}, stated {stated:.4f}")
    assert 0.6 < spread / stated < 1.4  # a spread of 80 is itself known to a twelfth
