"""Which sliders a board has for the customers' lives, and what each of them changes."""

from __future__ import annotations

import funnelsim as fs
from funnelsim.widgets import knobs

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
    # customers who differ have no one repeat probability to slide
    assert "Repeat probability" not in labels(fs.load("aida-loyalty-advocacy"))


def test_every_position_is_a_scenario_and_only_the_start_changes_nothing():
    for knob in knobs.knobs(WITH_LIVES):
        for _, value in knob.options:
            changed = WITH_LIVES.vary(knob.change(value))
            assert (changed == WITH_LIVES) == (value == knob.start), knob.label


def test_the_customers_lives_give_way_where_the_funnel_fills_the_board():
    calls = {f"stages.{stage}.follow_up": CALL for stage in ("Attention", "Interest", "Desire")}
    busy = labels(WITH_LIVES.vary({"teams": [{"name": "sales", "reps": 2}], **calls}))
    assert len(busy) == knobs.MOST
    assert busy[-2:] == ["Desire: response half-life", "Repeat probability"]
