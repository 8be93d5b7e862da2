"""What can be turned in a scenario: every value, by how much, within which limits, and in words."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from eventful_lives import lives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from some_scenarios import scenario_tables
from tied_scenarios import tied_tables

import funnelsim as fs
from funnelsim.distributions import BrokenRule, Distribution, Part, duration, scaled
from funnelsim.kinds import IN_STEPS, PART, Kind, mark_of
from funnelsim.sampling import inverse, mean
from funnelsim.scenario.keys import model_in
from funnelsim.scenario.parameters import every, parameter, stands_at, to_turn
from funnelsim.scenario.ranges import positions

ROOT = Path(__file__).resolve().parents[1]
WHOLE = [*fs.templates(), str(ROOT / "tests" / "whole_scenario.toml")]
SHARES = {
    *("conversion", "margin", "commission", "share", "discount", "missed", "anyway", "enrolment"),
    *("promoter", "detractor", "click_through_rate", "probability", "reach_probability"),
    *("cancel_probability", "refuse_probability", "return_probability", "redeem_probability"),
    "repeat_probability",
}
WHOLE_NUMBERS = {"reps", "attempts", "max_leads"}
TEXTS = {"name", "currency", "start", "open", "serves", "team", "enters", "kind", "dropout_after"}

AMONG = {
    "retention.repeat_probability": {"beta": {"a": 2.4, "b": 0.8}},
    "retention.gap": {"exponential": {"rate": {"gamma": {"shape": 0.243, "rate": 30.9}}}},
}


def scenarios() -> list[Any]:
    """All that come along, the one with every part, and one whose customers differ."""
    found = {Path(name).stem: fs.load(name) for name in WHOLE}
    found["among customers"] = found["whole_scenario"].vary(AMONG)
    return [pytest.param(scenario, id=name) for name, scenario in found.items()]


def numbers_in(tables: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every number and duration that a file states, with its path: found without the product."""
    steps: list[tuple[str, Any]] = []
    if isinstance(tables, dict):
        steps = list(tables.items())
    elif isinstance(tables, list):
        for number, entry in enumerate(tables):
            if isinstance(entry, dict):
                steps.append((entry.get("name", f"#{number + 1}"), entry))
            elif isinstance(entry, list):  # a status
                steps.append((entry[0], entry[1]))
            else:
                steps.append((f"#{number + 1}", entry))
    elif not isinstance(tables, bool) and (isinstance(tables, (int, float)) or is_time(tables)):
        return [(path, tables)]
    return [
        found
        for key, entry in steps
        if key not in TEXTS
        for found in numbers_in(entry, f"{path}.{key}" if path else key)
    ]


def is_time(value: Any) -> bool:
    try:
        return isinstance(duration(value), int)
    except BrokenRule:
        return False


def by(scenario: fs.Scenario, path: str, factor: float) -> tuple[Any, Any]:
    """The number at a path before and after it is turned by a factor, as a file would state it."""
    changes = to_turn(scenario, path).turned(factor)
    after = scenario.vary(changes)
    return parameter(scenario, path).value, parameter(after, path).value


def turned_right(path: str, was: Any, now: Any, factor: float) -> None:
    """Within rounding: a duration and a number by the factor, a share's odds; a step at least."""
    key = path.rsplit(".", 1)[-1]
    if key in WHOLE_NUMBERS:
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
    assert np.allclose(inverse(after.value, u), 1.25 * inverse(found.value, u), atol=2)
    assert after.number == pytest.approx(1.25 * found.number)


def test_a_gap_whose_rate_differs_among_customers_is_turned_by_the_scale_of_the_rates():
    shop = fs.load(WHOLE[-1]).vary(AMONG)
    assert scaled(shop.retention.gap, 2.0)["exponential"]["rate"]["gamma"] == {
        "shape": 0.243,
        "rate": 61.8,
    }
    tame = shop.vary({"retention.gap.exponential.rate.gamma.shape": 3.0}).retention.gap
    assert mean(type(tame)(**scaled(tame, 2.0))) == pytest.approx(2 * mean(tame))


def test_where_customers_differ_the_odds_of_the_mean_are_turned():
    shop = fs.load(WHOLE[-1]).vary(AMONG)
    after = shop.vary(parameter(shop, "retention.repeat_probability").turned(2.0)).retention
    beta = after.repeat_probability.beta
    assert beta.a / beta.b == pytest.approx(2 * 2.4 / 0.8)
    assert beta.a + beta.b == pytest.approx(3.2)


# --- paths ------------------------------------------------------------------------------------


def test_entries_without_a_name_have_a_number_and_days_have_theirs():
    s = fs.load("b2b-pipeline")
    web = "channels.website"
    varied = s.vary(
        {
            f"{web}.weekdays.Sat": 0.7,
            "channels.trade fair.weekdays.Sun": 0.0,  # left at its default
            "channels.trade fair.bursts.#2.factor": 50,
            "channels.trade fair.bursts.0.to": "75 days",
            "teams.inside sales.skills.#1": 1.3,
            "stages.Lead.loss_reasons.no need": 5,
            "channels.trade fair.odds_ratio.Lead": 2.0,
            f"{web}.hours.09:00": 11,
        }
    )
    assert varied.channels[0].weekdays[5] == 0.7
    assert varied.channels[1].weekdays == (1, 1, 1, 1, 1, 1, 0)
    assert [(b.to // 86_400_000_000, b.factor) for b in varied.channels[1].bursts] == [
        (75, 100),
        (264, 50),
    ]
    assert varied.teams[0].skills == (1.3, 0.8)
    assert varied.stages[0].loss_reasons == {"no need": 5, "too small": 1}
    assert varied.channels[1].odds_ratio["Lead"] == 2.0
    assert varied.channels[0].hours[9] == 11


def test_a_status_is_found_by_its_name():
    shop = fs.load(WHOLE[-1])
    path = "order.payments.prepaid.statuses.processing"
    assert parameter(shop, path).text == "1 day"
    longer = shop.vary({f"{path}.constant": "2 days"})
    assert parameter(longer, path).text == "2 days"
    assert longer.vary({path: {"constant": "1 day"}}) == shop


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("stages.Intrest.conversion", "stages has no 'Intrest': did you mean Interest?"),
        ("stages.Interest.conversoin", "did you mean conversion"),
        ("stage.Interest.conversion", "did you mean stages"),
        ("handling_time", r"write stages.Interest.follow_up.handling_time"),
        ("Interest: handling time", r"write stages.Interest.follow_up.handling_time"),
        ("teams.sales.rep", "did you mean reps"),
        ("stages.Attention.recovery.delay", "stages.Attention.recovery is not in this scenario"),
        ("channels.search ads.weekdays.Sab", "did you mean Sat"),
        ("stages.Interest", "one value is turned at a time, such as stages.Interest.conversion"),
        ("teams.sales.open", "opening hours, and only numbers are turned"),
        ("channels.search ads.ceiling", "left out cannot be turned"),
        ("stages.Interest.follow_up.reach_probability", "1 stays 1"),
        (3, "a path is 3"),
        ("", "the scenario has no ''"),
    ],
)
def test_a_path_that_cannot_be_turned_says_why_and_names_the_nearest(path, words):
    scenario = fs.load("aida-follow-up")
    with pytest.raises(fs.FunnelSimError, match=words):
        fs.sensitivity(scenario, [path], n=2, progress=False)
    if words != "1 stays 1":  # a plan may lower it
        with pytest.raises(fs.FunnelSimError):
            fs.plan(scenario, 100, change=path, progress=False)


def test_a_place_that_is_not_there_has_a_label_all_the_same():
    scenario = fs.load("aida")
    delay = stands_at(scenario, "stages.Interest.recovery.delay")
    assert (delay.label, delay.text) == ("Interest: recovery, delay", "none")


# --- the table --------------------------------------------------------------------------------


def test_the_table_says_what_there_is():
    table = fs.parameters(fs.load("b2b-pipeline"))
    assert table.loc["channels.partners.commission"].to_dict() == {
        "label": "partners: commission",
        "value": "10 %",
        "unit": "share",
        "kind": "share",
        "limits": "from 0 % to 100 %",
        "turned": "by its odds",
        "stated": True,
        "says": "share of what its customers pay",
    }
    told = table["value"]
    assert told["order.value"] == "12,000 EUR"
    assert told["stages.Lead.follow_up.handling_time.lognormal.mean"] == "35 min"
    assert told["teams.inside sales.reps"] == "2"
    assert told["channels.website.weekdays.Mon"] == "× 1.2"
    label = table["label"]
    mean = "stages.Lead.follow_up.handling_time.lognormal.mean"
    assert label[mean] == "Lead: handling time, mean"
    assert label["order.margin"] == "Order: margin"
    assert label["channels.trade fair.bursts.#2.factor"] == "trade fair: burst 2, factor"
    assert not table.loc["channels.website.growth", "stated"]
    assert table.loc["teams.inside sales.serves", "limits"] == "first come or newest first"
    assert table.loc["stages.Lead.follow_up.team", "limits"] == "inside sales or account executives"
    with pytest.raises(fs.FunnelSimError, match="parameters takes a Scenario"):
        fs.parameters("aida")


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("channels.search ads.cost_per_lead", "EUR"),
        ("channels.search ads.leads_per_day", "leads a day"),
        ("channels.search ads.growth", "times"),
        ("teams.sales.cost_per_rep_day", "EUR"),
        ("stages.Desire.recovery.cost", "EUR"),
        ("stages.Desire.recovery.odds_ratio", "times the odds"),
        ("order.shipping_fee", "EUR"),
        ("order.value.lognormal.mean", "EUR"),
        ("order.value.lognormal.cv", ""),
        ("loyalty.redeem_from", "points"),
        ("loyalty.point_value", "EUR"),
        ("loyalty.tiers.gold.points_factor", "times"),
        ("loyalty.tiers.gold.free_shipping_from", "EUR"),
        ("loyalty.expires_after", "time"),
        ("referral.reward", "EUR"),
    ],
)
def test_units_are_those_of_the_field(path, unit):
    assert parameter(fs.load(WHOLE[-1]), path).unit == unit


def test_of_one_name_in_two_lists_each_label_says_which():
    tables = fs.load("aida-follow-up").tables()
    tables["segments"] = [{"name": "search ads", "share": 1.0}]
    table = fs.parameters(fs.Scenario(**tables))
    assert table.loc["channels.search ads.odds_ratio", "label"] == "channel search ads: odds ratio"
    assert table.loc["segments.search ads.odds_ratio", "label"] == "segment search ads: odds ratio"


@pytest.mark.parametrize("scenario", scenarios())
def test_every_number_has_a_slider_with_its_own_value_and_scenarios_only(scenario):
    for found in every(scenario):
        offered = positions(found)
        if not found.kind.turned or not math.isfinite(found.number):
            assert not offered
            continue
        assert found.number in offered and len(offered) <= 202, found.path
        for value in {offered[0], offered[-1]}:
            scenario.vary(found.at(value))


def parts_of(model: Any) -> set[Any]:
    """All models of the parts of a scenario."""
    inside = {model_in(field.annotation) for field in model.model_fields.values()} - {None}
    return {model}.union(*(parts_of(part) for part in inside))


def test_every_field_says_what_it_is():
    """Whoever adds a field annotates it: a kind, for sliders and the like, and a description."""
    for model in parts_of(fs.Scenario):
        for name, field in model.model_fields.items():
            part = model_in(field.annotation)
            has_kind = mark_of(model, name, Kind) is not None
            assert has_kind or (part is not None and issubclass(part, Part)), (model, name)
            assert field.description, (model, name)
