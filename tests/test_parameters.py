"""Every value of a scenario can be turned: by how much, and within which limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from eventful_lives import lives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numbers_stated import AMONG, SHARES, WHOLE, WHOLE_NUMBERS, numbers_in, scenarios
from some_scenarios import scenario_tables
from tied_scenarios import tied_tables

import funnelsim as fs
from funnelsim.distributions import Distribution, Part
from funnelsim.kinds import IN_STEPS, PART
from funnelsim.planner.levers import lever, turned_down
from funnelsim.scenario.parameters import every, parameter, to_turn

pytestmark = pytest.mark.usefixtures("few_futures")


def by(scenario: fs.Scenario, path: str, factor: float) -> tuple[Any, Any]:
    """The number at a path before and after it is turned by a factor, as a file would state it."""
    changes = to_turn(scenario, path).turned(factor)
    after = scenario.vary(changes)
    return parameter(scenario, path).value, parameter(after, path).value


def turned_right(path: str, was: Any, now: Any, factor: float) -> None:
    """Within rounding: a duration and a number by the factor, a share's odds; a step at least."""
    *_, table, key = ["", *path.split(".")]
    if WHOLE_NUMBERS & {table, key}:  # "changes.hire.reps.sales" are reps, too
        assert abs(now - was) == max(1, round(0.2 * was))
    elif key in SHARES:
        assert now / (1 - now) == pytest.approx(factor * was / (1 - was)), path
    elif isinstance(was, int):
        assert abs(now - factor * was) <= 0.5, path
    else:
        assert now == pytest.approx(factor * was), path
    assert (now > was) == (factor > 1)


@pytest.mark.parametrize("factor", [0.8, 1.2])
@pytest.mark.parametrize("scenario", scenarios())
def test_every_number_of_a_scenario_is_turned_by_a_fifth(scenario, factor):
    turned = stopped = 0
    for path, stated in numbers_in(scenario.tables()):
        found = parameter(scenario, path)
        if stated in (0, "0 days") or (stated == 1 and path.rsplit(".", 1)[-1] in SHARES):
            with pytest.raises(fs.FunnelSimError, match=r"stays .* give both values yourself"):
                to_turn(scenario, path)
            continue
        was, now = by(scenario, path, factor)
        low, high = found.kind.low, found.kind.high
        if now in (low, high):  # as far as it goes
            stopped += 1
            assert was == now or (now > was) == (factor > 1)
        else:
            turned_right(path, was, now, factor)
            turned += 1
    assert turned > 10 * stopped


QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@QUICK
@given(st.one_of(scenario_tables(), lives(), tied_tables()), st.sampled_from([0.5, 0.8, 1.2, 2.0]))
def test_every_parameter_of_any_scenario_can_be_turned(tables, factor):
    scenario = fs.Scenario(**tables)
    paths = {p.path for p in every(scenario)}
    assert len(paths) == len({p.label for p in every(scenario)})
    for path, _ in numbers_in(tables):
        assert parameter(scenario, path).path
    for found in every(scenario):
        if found.why_not:
            continue
        after = parameter(scenario.vary(found.turned(factor)), found.path)
        assert found.kind.low <= after.number <= found.kind.high or found.kind.name == PART.name
        if after.number not in (found.kind.low, found.kind.high) and math.isfinite(after.number):
            assert (after.number > found.number) == (factor > 1), found.path


# --- limits -----------------------------------------------------------------------------------


def refused(scenario: fs.Scenario, found: Any, number: float) -> bool:
    """Whether the scenario refuses the number there."""
    is_time = found.kind.unit == "time"
    is_whole = found.kind.turned == IN_STEPS
    value = f"{round(number)} us" if is_time else round(number) if is_whole else number
    if isinstance(found.value, Part):
        return False
    try:
        scenario.vary({**found.at(number), found.path: value})
    except fs.ScenarioError:
        return True
    return False


@pytest.mark.parametrize("scenario", scenarios())
def test_the_limits_told_are_those_that_the_scenario_holds(scenario):
    """At a limit it validates, past it it does not: what is known twice cannot drift apart."""
    for found in every(scenario):
        if math.isnan(found.number) or not found.kind.turned:
            continue
        kind = found.kind
        step = 1 if isinstance(found.value, int) else 1e-6 * min(kind.high, 1e9) + 1e-9 * kind.high
        for end, past in ((kind.low, kind.low - step), (kind.high, kind.high + step)):
            if not math.isfinite(end) or isinstance(found.value, Distribution):
                continue
            assert not refused(scenario, found, found.least if end == kind.low else end)
            if past >= 0 and not isinstance(found.value, Part):
                assert refused(scenario, found, past), (found.path, past)


def test_what_stands_beside_it_limits_a_number():
    shop = fs.load(WHOLE[-1])
    assert parameter(shop, "stages.Desire.recovery.anyway").limits == "from 0 % to 45 %"
    assert parameter(shop, "stages.Desire.recovery.probability").limits == "from 15 % to 100 %"
    assert parameter(shop, "satisfaction.promoter").limits == "from 0 % to 85 %"
    assert parameter(shop, "channels.search ads.bursts.#1.from").limits == "from 0 days to 37 days"
    assert parameter(shop, "loyalty.tiers.silver.from_spend").kind.high < 300
    assert parameter(shop, "campaigns.second order within a month.odds_ratio").limits == "from × 1"
    up = shop.vary({"satisfaction.promoter": 0.84}).vary(
        parameter(shop.vary({"satisfaction.promoter": 0.84}), "satisfaction.promoter").turned(1.2)
    )
    assert up.satisfaction.promoter == pytest.approx(0.85)


def test_where_shares_sum_to_one_the_others_give_way():
    shop = fs.load(WHOLE[-1])
    changes = parameter(shop, "segments.knows us.share").turned(2.0)
    right = {"segments.knows us.share": 1 / 3, "segments.first-time.share": 2 / 3}
    assert changes == pytest.approx(right)
    three = [{"name": n, "share": s} for n, s in (("a", 0.5), ("b", 0.3), ("c", 0.2))]
    after = shop.vary({"segments": three})
    shares = [s.share for s in after.vary(parameter(after, "segments.a.share").at(0.75)).segments]
    assert shares == pytest.approx([0.75, 0.15, 0.1])
    x = fs.sweep(shop, "segments.knows us.share", [0.1, 0.5], n=2, progress=False)
    assert len(x.table) == 2


# --- the cases that went wrong ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "path", "low", "high"),
    [
        ("aida", "stages.Attention.decision_time.exponential.mean", "4 h", "6 h"),
        ("aida-loyalty-advocacy", "loyalty.period", "292 days", "438 days"),
        ("aida-follow-up", "teams.sales.reps", "1", "3"),
        ("aida-follow-up", "order.value", "", ""),
    ],
)
def test_a_tornado_turns_it_by_a_fifth(name, path, low, high):
    scenario = fs.load(name)
    x = fs.sensitivity(scenario, [path], figure="customers", change=0.2, n=2, progress=False)
    row = x.table.loc[path]
    if low:
        assert (row["low_value"], row["high_value"]) == (low, high)
    assert row["label"] == parameter(scenario, path).label


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("aida-loyalty-advocacy", "loyalty.enrolment"),
        ("aida-follow-up", "stages.Interest.follow_up.missed"),
    ],
)
def test_a_share_is_turned_by_its_odds(name, path):
    scenario = fs.load(name).vary({path: 0.9})
    x = fs.sensitivity(scenario, [path], figure="customers", change=0.2, n=2, progress=False)
    assert x.table.loc[path, "low_value"] == "87.8 %"  # odds of 7.2
    assert x.table.loc[path, "high_value"] == "91.53 %"  # odds of 10.8


def test_a_plan_turns_a_mean_by_as_much_as_its_distribution():
    scenario = fs.load("aida-follow-up").vary({"teams.sales.reps": 1})
    path = "stages.Desire.follow_up.handling_time"
    whole, inner = (
        fs.plan(scenario, 230, change=change, progress=False)
        for change in (path, f"{path}.exponential.mean")
    )
    assert whole.is_reached and inner.is_reached
    assert whole.scenario == inner.scenario
    assert whole.setting.startswith("Desire: handling time = ")
    assert inner.moved == "Desire: handling time, mean, days"


def test_a_plan_moves_a_share_no_further_than_the_others_leave():
    shop = fs.load("aida-loyalty-advocacy")
    p = fs.plan(shop, 900, change="satisfaction.promoter", progress=False)
    assert p.scenario.satisfaction.promoter <= 1 - shop.satisfaction.detractor + 1e-12


@pytest.mark.parametrize("name", ["aida", "subscription"])
def test_a_tornado_of_all_numbers_there_are_turns_each_of_them(name):
    scenario = fs.load(name)
    paths = [path for path, _ in numbers_in(scenario.tables()) if path != "warm_up"]
    x = fs.sensitivity(scenario, paths, figure="customers", change=0.2, n=2, progress=False)
    assert set(x.table.index) == set(paths)
    assert not (x.table["low_value"] == x.table["high_value"]).any()


@pytest.mark.parametrize("scenario", scenarios())
def test_a_plan_can_move_every_number_as_far_as_it_goes(scenario):
    for path, _ in numbers_in(scenario.tables()):
        found = parameter(scenario, path)
        if path in ("horizon", "warm_up") or not found.number > 0:
            with pytest.raises(fs.FunnelSimError):
                lever(scenario, path)
            continue
        moved = lever(scenario, path)
        if moved.moments:  # by the week, and as early as it may be
            assert parameter(moved.at(moved.high), path).number == moved.moments[0], path
            continue
        down = parameter(moved.at(0.8), path).number
        if found.kind.turned == IN_STEPS:
            assert down == max(1, round(0.8 * found.number))
        else:
            assert down == pytest.approx(max(0.8 * found.number, found.kind.low), abs=1), path
        top = parameter(moved.at(moved.high), path).number
        assert top > found.number or moved.high == pytest.approx(1), path
        if not moved.whole:
            least = turned_down(moved)
            assert parameter(least.at(least.high), path).number <= found.number, path


def test_what_helps_by_being_less_goes_down_to_nearly_nothing():
    path = "stages.Interest.follow_up.missed"
    scenario = fs.load("aida-follow-up").vary({path: 0.9, "horizon": "60 days"})
    moved = turned_down(lever(scenario, path))
    assert parameter(moved.at(moved.high), path).number == pytest.approx(0.009)
    p = fs.plan(scenario, 140, change=path, progress=False)
    assert p.is_reached and 0.1 < parameter(p.scenario, path).number < 0.6


def test_a_gap_without_a_mean_is_moved_by_its_scale():
    shop = fs.load("online-shop").vary({"retention.gap": AMONG["retention.gap"]})
    moved = lever(shop, "retention.gap")
    assert (moved.high, moved.text(2.0)) == (100, "today's × 2")
    assert moved.at(2.0).retention.gap.rate_among.rate == pytest.approx(61.8)
    assert turned_down(moved).at(2.0).retention.gap.rate_among.rate == pytest.approx(15.45)


# --- distributions ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "table",
    [
        {"constant": "2 days"},
        {"uniform": {"low": "1 h", "high": "3 days"}},
        {"triangular": {"low": "1 h", "mode": "2 h", "high": "9 h"}},
        {"exponential": {"mean": "2 days"}},
        {"exponential": {"rate": 0.5}},
        {"lognormal": {"mean": "2 days", "cv": 0.8}},
        {"gamma": {"mean": "2 days", "cv": 0.8}},
        {"gamma": {"shape": 2.0, "rate": 0.5}},
        {"weibull": {"mean": "2 days", "shape": 0.7}},
        {"empirical": {"values": ["1 h", "2 days"], "weights": [3, 1]}},
    ],
    ids=lambda table: " ".join(map(str, table.values()))[:30],
)
def test_turning_a_distribution_multiplies_every_value(table):
    path = "stages.Interest.decision_time"
    scenario = fs.load("aida").vary({path: table})
    found = parameter(scenario, path)
    after = parameter(scenario.vary(found.turned(1.25)), path)
    u = np.linspace(0.001, 0.999, 99)
    assert np.allclose(after.value.ppf(u), 1.25 * found.value.ppf(u), atol=2)
    assert after.number == pytest.approx(1.25 * found.number)


def test_a_gap_whose_rate_differs_among_customers_is_turned_by_the_scale_of_the_rates():
    shop = fs.load(WHOLE[-1]).vary(AMONG)
    among = shop.retention.gap.scaled(2.0).rate_among
    assert (among.shape, among.rate) == (0.243, 61.8)
    tame = shop.vary({"retention.gap.exponential.rate.gamma.shape": 3.0}).retention.gap
    assert tame.scaled(2.0).mean == pytest.approx(2 * tame.mean)


def test_where_customers_differ_the_odds_of_the_mean_are_turned():
    shop = fs.load(WHOLE[-1]).vary(AMONG)
    after = shop.vary(parameter(shop, "retention.repeat_probability").turned(2.0)).retention
    beta = after.repeat_probability.beta
    assert beta.a / beta.b == pytest.approx(2 * 2.4 / 0.8)
    assert beta.a + beta.b == pytest.approx(3.2)
