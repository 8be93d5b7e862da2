"""Which sliders a board has for the customers' lives, and what each of them changes."""

from __future__ import annotations

from itertools import pairwise

import pytest

import funnelsim as fs
from funnelsim.widgets import board_text, knobs
from funnelsim.widgets.picture import Picture

WIN_BACK = {"name": "we miss you", "kind": "win-back", "after": "90 days", "probability": 0.06}
WITH_LIVES = fs.load("aida-loyalty-advocacy").vary(
    {"retention.repeat_probability": 0.4, "campaigns": [WIN_BACK]}
)
CALL = {
    "team": "sales",
    "handling_time": {"exponential": {"mean": "1 h"}},
    "patience": {"exponential": {"mean": "1 day"}},
    "response_half_life": "1 day",
}


def labels(scenario):
    return [knob.label for knob in knobs.knobs(scenario)]


def test_the_customers_lives_come_after_the_funnel_and_its_leads():
    starts = [(knob.label, knob.start) for knob in knobs.knobs(WITH_LIVES)]
    assert starts[4:] == [
        ("Repeat probability", 0.4),
        ("Win-back, we miss you", 0.06),
        ("Enrolment", 0.5),
        ("Self-selection", 2.0),
        ("Points per EUR", 1.0),
        ("Discount, gold", 0.0),
        ("Promoters", 0.3),
        ("Leads by a promoter's order", 0.6),
    ]


def test_of_what_a_scenario_lacks_there_is_no_slider():
    assert labels(WITH_LIVES.vary({"loyalty": None}))[6:] == [
        "Promoters",
        "Leads by a promoter's order",
    ]


def test_of_customers_who_differ_the_mean_slides_and_how_alike_they_are_stays():
    subscription = fs.load("subscription")
    (knob,) = (k for k in knobs.knobs(subscription) if k.label == "Repeat probability, mean")
    assert knob.start == pytest.approx(3.806 / (3.806 + 0.668))
    turned = subscription.vary(knob.change(0.5)).retention.repeat_probability.beta
    assert (turned.a, turned.b) == pytest.approx((2.237, 2.237))
    for _, mean in knob.options:
        subscription.vary(knob.change(mean))


@pytest.mark.parametrize("name", fs.templates())
def test_every_slider_changes_something_that_is_seen(name):
    scenario = fs.load(name)
    board = fs.explore(scenario, n=1)
    tiles = [figure.name for figure, _ in board_text.tiles_of(scenario)]

    def seen():
        shown = scenario.vary({"horizon": f"{board.journal.scenario.horizon} us"} | change)
        picture = Picture.of(shown, seed=1, replications=2)
        counts = picture.table.filter(["entered", "advanced", "lost", "open"])
        return counts.to_csv(), picture.figures[tiles].to_list(), picture.spread.revenue.tolist()

    change = {}
    start = seen()
    for label, knob in board._turned.knobs.items():
        dead = True
        offered = [value for _, value in knob.options]
        # of a bar with two ends the first step, and the last
        values = list(pairwise(offered)) if knob.is_span else offered
        for value in (values[0], values[-1]):
            change = knob.change(value)
            dead = dead and seen() == start
        assert not dead, label


def test_a_message_that_goes_out_after_the_days_shown_has_no_slider():
    shop = fs.load("online-shop")
    assert "Win-back, we miss you" not in fs.explore(shop, n=1).sliders
    assert "Win-back, we miss you" in fs.explore(shop, days=120, n=1).sliders


def test_promoters_have_a_slider_where_they_bring_leads_or_are_a_stage():
    drop = fs.load("dropshipping")
    assert "Promoters" not in labels(drop)
    assert "Promoters" in labels(drop.vary({"life_stages": {"Advocacy": "promoter"}}))


def test_every_position_is_a_scenario_and_only_the_start_changes_nothing():
    for knob in knobs.knobs(WITH_LIVES):
        for _, value in knob.options:
            changed = WITH_LIVES.vary(knob.change(value))
            assert (changed == WITH_LIVES) == (value == knob.start), knob.label


def test_the_customers_lives_give_way_where_the_funnel_fills_the_board():
    calls = {f"stages.{stage}.follow_up": CALL for stage in ("Attention", "Interest", "Desire")}
    busy = labels(WITH_LIVES.vary({"teams": [{"name": "sales", "reps": 2}], **calls}))
    assert len(busy) == knobs.MOST
    assert busy[-2:] == ["Half-life, Desire", "Repeat probability"]
