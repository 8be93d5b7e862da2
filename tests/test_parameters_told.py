"""Where the parameters of a scenario are, what they are called, and what a slider offers."""

from __future__ import annotations

import math
from typing import Any

import pytest
from numbers_stated import WHOLE, scenarios

import funnelsim as fs
from funnelsim.distributions import Part
from funnelsim.kinds import Kind, mark_of
from funnelsim.scenario.keys import model_in
from funnelsim.scenario.parameters import every, parameter, stands_at
from funnelsim.scenario.ranges import positions

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


def test_a_slider_that_begins_above_0_offers_where_it_begins():
    shop = fs.load("aida-loyalty-advocacy")
    offered = positions(parameter(shop, "loyalty.self_selection"))
    assert (offered[0], offered[-1]) == (1.0, 5.0)
    split = parameter(fs.load("aida-follow-up"), "segments.first-time.odds_ratio")
    assert 0.0 not in positions(split)


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
