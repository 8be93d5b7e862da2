"""The customer's part of a scenario: what is wrong is said; a round trip loses nothing; `vary`."""

from __future__ import annotations

import contextlib
import copy
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import funnelsim as fs

WHOLE = fs.load(Path(__file__).parent / "whole_scenario.toml")
STATUSES = [["new", {"constant": "1 day"}], ["delivered", {"constant": "0 days"}]]


def payment(**changed: Any) -> dict[str, Any]:
    return {"name": "card", "share": 1.0, "statuses": STATUSES, **changed}


def problems_of(changes: dict[str, Any]) -> list[str]:
    with pytest.raises(fs.ScenarioError) as caught:
        WHOLE.vary(changes)
    return [str(problem) for problem in caught.value.problems]


def test_a_scenario_with_every_part_survives_toml_and_python() -> None:
    assert fs.Scenario.from_toml(WHOLE.to_toml()) == WHOLE
    assert fs.Scenario(**WHOLE.tables()) == WHOLE


def test_payments_and_tiers_are_written_under_headers_of_their_own() -> None:
    text = WHOLE.to_toml()
    assert text.count("[[order.payments]]") == 2
    assert text.count("[[loyalty.tiers]]") == 2
    assert text.count("[[campaigns]]") == 2


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("order.offers.gift wrap.probability", 0.3),
        ("order.payments.prepaid.cancel_probability", 0.2),
        ("order.payments.prepaid.late.probability", 0.2),
        ("loyalty.tiers.gold.discount", 0.07),
        ("campaigns.we miss you.discount", 0.2),
        ("satisfaction.late_delivery.odds_ratio", 3.0),
        ("retention.repeat_probability", {"beta": {"a": 2.4, "b": 0.8}}),
        ("retention.gap", {"exponential": {"rate": {"gamma": {"shape": 0.243, "rate": 30.9}}}}),
        ("referral.enters", "Desire"),
        ("upsell", {"probability": 0.1, "enters": "Desire"}),
    ],
)
def test_every_part_can_be_varied_by_its_path(path: str, value: Any) -> None:
    varied = WHOLE.vary({path: value})
    assert varied != WHOLE
    assert fs.Scenario.from_toml(varied.to_toml()) == varied
    here: Any = varied.tables()
    for key in path.split("."):
        here = here[key] if isinstance(here, dict) else next(e for e in here if e["name"] == key)
    assert here == value if not isinstance(value, dict) else set(here) == set(value)


def test_what_differs_among_customers_can_be_varied_inside() -> None:
    among = WHOLE.vary({"retention.repeat_probability": {"beta": {"a": 2.4, "b": 0.8}}})
    keener = among.vary({"retention.repeat_probability.beta.a": 3.0})
    assert keener.retention.repeat_probability.beta.a == 3.0


@pytest.mark.parametrize(
    "changes",
    [
        {"retention.repeat_probability": 1},
        {"retention.gap": {"empirical": {"values": ["0 h", "1 h"], "weights": [1, 1]}}},
        {"satisfaction.promoter": 0.85},
    ],
)
def test_what_just_keeps_a_rule_is_taken(changes: dict[str, Any]) -> None:
    WHOLE.vary(changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        # orders and payments
        ({"order.payments": [payment(share=0.6)]}, "order.payments is 0.6 in sum; the shares"),
        (
            {"order.payments": [payment(share=0.5), payment(share=0.5)]},
            "order.payments.card is there 2 times",
        ),
        (
            {"order.payments": [payment(statuses=STATUSES[:1])]},
            "order.payments.card.statuses is 1 in number; an order goes through at least two",
        ),
        (
            {"order.payments": [payment(statuses=[*STATUSES, STATUSES[0]])]},
            "order.payments.card.statuses is with 'new' 2 times",
        ),
        (
            {"order.payments": [payment(statuses=[*STATUSES, ["returned", {"constant": "1 h"}]])]},
            "order.payments.card.statuses is with 'returned'; 'returned' is how an order ends",
        ),
        (
            {"order.payments": [payment(statuses=[["new", 3], STATUSES[1]])]},
            "order.payments.card.statuses.new is 3; a distribution is a table",
        ),
        (
            {"order.payments": [payment(statuses=[["a.b", {"constant": "1 h"}], STATUSES[1]])]},
            'order.payments.card.statuses.#1.name is "a.b"; a name is a text',
        ),
        (
            {"order.payments": [payment(statuses=[["new"], STATUSES[1]])]},
            "order.payments.card.statuses.new is ['new']; a status is its name and how long",
        ),
        (
            {"order.payments": [payment(statuses=[*STATUSES, ["refused", {"constant": "1 h"}]])]},
            "leave it out, and write refuse_probability = 0.05",
        ),
        (
            {"order.payments": [payment(statuses=[*STATUSES, ["cancelled", {"constant": "1 h"}]])]},
            "leave it out, and write cancel_probability = 0.05",
        ),
        (
            {"order.payments": {"name": "card"}},
            "order.payments is a table with name; this is a list: write [[order.payments]] above",
        ),
        (
            {"order.payments.prepaid.late.notified": "perhaps"},
            'order.payments.prepaid.late.notified is "perhaps"; this is true or false',
        ),
        (
            {"order.offers": [{"name": "a", "probability": 1, "value": {"constant": 1}}] * 2},
            "order.offers.a is there 2 times; each of order.offers has a name of its own",
        ),
        (
            {"order.offers": [{"name": "a", "probability": 2, "value": {"constant": 1}}]},
            "order.offers.a.probability is 2; a probability lies between 0 and 1",
        ),
        *(
            ({"order": None}, f"{part} is")
            for part in ("retention", "loyalty", "campaigns", "satisfaction", "referral")
        ),
        (
            {"order": None, "upsell": {"probability": 0.1, "enters": "Desire"}},
            "upsell is a table with probability, enters; it follows an order",
        ),
        # coming back
        ({"retention.repeat_probability": 1.5}, "retention.repeat_probability is 1.5; a probab"),
        (
            {"retention.repeat_probability": {"beta": {"a": 0, "b": 1}}},
            "retention.repeat_probability.beta.a is 0; a shape among customers lies between",
        ),
        (
            {"retention.repeat_probability": {"beta": {"a": 1, "b": 2000}}},
            "lies between 0.001 and 1000: where customers are nearly alike, write one number",
        ),
        (
            {"retention.gap": {"exponential": {"rate": {"gamma": {"shape": 0, "rate": 1}}}}},
            "retention.gap.exponential.rate.gamma.shape is 0; a shape among customers lies",
        ),
        (
            {"retention.repeat_probability": {"bta": {"a": 1, "b": 1}}},
            "retention.repeat_probability.bta is a table with a, b; there is no such key: did you "
            "mean beta",
        ),
        ({"retention.gap": {"constant": "0 h"}}, "retention.gap is a table with constant; the gap"),
        *(
            ({"retention.gap": gap}, "the gap between two orders is longer than 0: write {")
            for gap in [
                {"uniform": {"low": "0 h", "high": "0 h"}},
                {"triangular": {"low": "0 h", "mode": "0 h", "high": "0 h"}},
                {"empirical": {"values": ["0 h", "0 days"]}},
                {"empirical": {"values": ["0 h", "1 h"], "weights": [1, 0]}},
            ]
        ),
        (
            {"retention.gap": {"exponential": {"rate": {"gamma": {"shape": 1}}}}},
            "retention.gap.exponential.rate.gamma.rate is missing; it is needed",
        ),
        (
            {"retention.dropout_after": "never"},
            'retention.dropout_after is "never"; customers can drop out from one of two orders on: '
            '"first order" or "first repeat"',
        ),
        # loyalty and campaigns
        (
            {"loyalty.tiers.gold.from_spend": 0},
            "loyalty.tiers.gold.from_spend is 0; tiers stand in order, each from more",
        ),
        ({"loyalty.tiers.gold.name": "silver"}, "loyalty.tiers.silver is there 2 times"),
        ({"loyalty.point_value": 0}, "loyalty.point_value is 0; without it there is nothing to"),
        ({"loyalty.points_per_unit": None}, "loyalty.points_per_unit is missing; without it"),
        (
            {"campaigns.we miss you.kind": "post-purchase"},
            'campaigns is 2 of the kind "post-purchase"; there is one campaign of a kind',
        ),
        ({"campaigns.we miss you.kind": "spam"}, 'kind is "spam"; there are two kinds'),
        (
            {"campaigns.we miss you.name": "second order within a month"},
            "campaigns.second order within a month is there 2 times",
        ),
        ({"campaigns.we miss you.after": None}, "campaigns.we miss you.after is missing"),
        (
            {"campaigns.we miss you.probability": None},
            'campaigns.we miss you.probability is missing; "win-back" needs it: add probability =',
        ),
        (
            {"campaigns.we miss you.odds_ratio": 1.3},
            'leave it out, or write kind = "post-purchase"',
        ),
        *(
            (
                {f"campaigns.second order within a month.{field}": value},
                f"campaigns.second order within a month.{field} is",
            )
            for field, value in [("after", "9 days"), ("probability", 0.1), ("discount", 0.1)]
        ),
        (
            {"campaigns.second order within a month.within": "0 days"},
            'month.within is "0 days"; this duration is longer than 0',
        ),
        (
            {"campaigns.we miss you.within": "3 days"},
            'campaigns.we miss you.within is "3 days"; it belongs to campaigns of the kind "post',
        ),
        (
            {"campaigns.second order within a month.within": None},
            "campaigns.second order within a month.within is missing",
        ),
        (
            {"campaigns.second order within a month.odds_ratio": 0.5},
            "odds_ratio is 0.5; a campaign's odds ratio is at least 1",
        ),
        (
            {"retention": None},
            "campaigns.second order within a month is of the kind",
        ),
        (
            {"campaigns.we miss you.name": "recovery: Desire"},
            "so the messages of that stage's recovery are called",
        ),
        # satisfaction, referral, upsell
        (
            {"satisfaction.detractor": 0.7},
            "satisfaction.promoter is 1.15 with the detractors; promoters and detractors",
        ),
        ({"satisfaction": None}, "referral is a table with invites, delay, enters"),
        ({"referral.enters": "Intrest"}, 'referral.enters is "Intrest"; there is no stage'),
        ({"referral.enters": "Action"}, 'referral.enters is "Action"; there is no stage of this'),
        ({"referral.invites": -1}, "referral.invites is -1; this is a mean number, from 0 to 100"),
        ({"channels.search ads.name": "referral"}, "so the channel of referred leads is called"),
        (
            {"upsell": {"probability": 0.1, "enters": "Action"}},
            'upsell.enters is "Action"; there is no stage',
        ),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, Any], said: str) -> None:
    assert any(said in problem for problem in problems_of(changes)), problems_of(changes)


def test_an_offer_that_nobody_accepts_survives_too() -> None:
    """A win-back campaign needs its probability, and 0 is one: it must not be left out."""
    nobody = WHOLE.vary({"campaigns.we miss you.probability": 0})
    assert fs.Scenario.from_toml(nobody.to_toml()) == nobody
    assert pickle.loads(pickle.dumps(nobody)) == nobody


def test_a_list_that_is_not_there_yet_has_no_entries_to_name() -> None:
    with pytest.raises(fs.ScenarioError, match=r"loyalty\.tiers has no 'gold': there are none"):
        WHOLE.vary({"loyalty.tiers": None}).vary({"loyalty.tiers.gold.discount": 0.1})


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value in the tables."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, entry in entries:
        yield (*way, key)
        if isinstance(entry, (dict, list)):
            yield from places(entry, (*way, key))


@pytest.mark.parametrize(
    "wrong", [None, 10**400, "9" * 400 + " Jahre", float("nan"), [["x"]], {"name": ["x"]}, -1, ""]
)
def test_whatever_is_wrong_is_a_scenario_error_and_nothing_else(wrong: Any) -> None:
    tables = WHOLE.tables()
    for way in list(places(tables)):
        changed = copy.deepcopy(tables)
        here: Any = changed
        for key in way[:-1]:
            here = here[key]
        here[way[-1]] = wrong
        with contextlib.suppress(fs.ScenarioError):
            fs.Scenario(**changed)


def test_an_avalanche_of_referrals_is_stopped_before_it_fills_the_memory() -> None:
    with pytest.raises(fs.FunnelSimError, match="an avalanche; lower referral"):
        fs.simulate(WHOLE.vary({"referral.invites": 50, "referral.max_leads": 1000}))
