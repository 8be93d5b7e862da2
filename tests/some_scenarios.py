"""Scenarios for property tests: every feature on and off, small enough to run by the hundred."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st
from some_customers import customer_tables
from some_states import Business, with_a_state

from funnelsim.distributions import DurationDistribution

_HOURS = ["always", "Mon-Fri 09:00-17:00", "Sat-Mon 00:00-24:00; Tue 12:00-13:00"]
_RATES: list[dict[str, Any]] = [
    {"leads_per_day": 0.0},
    {"leads_per_day": 0.3},
    {"leads_per_day": 3.0},
    {"leads_per_day": 12.0},
    {"impressions_per_day": 200.0, "click_through_rate": 0.01, "cost_per_click": 0.5},
]
_ARRIVALS: list[dict[str, Any]] = [
    {},
    {"dispersion": 3.0, "labels": {"region": "north"}},
    {"hours": [0] * 8 + [1] * 12 + [0] * 4, "growth": 2.0},
    {"months": [0.5] * 6 + [1.5] * 6},
    {"bursts": [{"from": "30 h", "to": "5 days", "factor": 3}], "labels": {"region": "south"}},
]


def _name(prefix: str, number: int) -> str:
    return f"{prefix} {number + 1}"


@st.composite
def durations(draw: st.DrawFn, longest: int = 72, shortest: int = 0) -> dict[str, Any]:
    """Any kind of duration; constants on a grid of hours, so that moments coincide."""
    hours = st.integers(max(shortest, 0), longest)
    above = st.integers(max(shortest, 1), longest).map(lambda h: f"{h} h")
    kind = draw(st.sampled_from([*DurationDistribution.model_fields]))
    match kind:
        case "constant":
            return {"constant": f"{draw(hours)} h"}
        case "uniform":
            low, high = sorted([draw(hours), draw(hours)])
            return {"uniform": {"low": f"{low} h", "high": f"{max(high, shortest)} h"}}
        case "triangular":
            low, mode, high = sorted([draw(hours), draw(hours), draw(hours)])
            return {kind: {"low": f"{low} h", "mode": f"{mode} h", "high": f"{high} h"}}
        case "empirical":
            values = [draw(above), *(f"{draw(hours)} h" for _ in range(draw(st.integers(0, 3))))]
            weights = draw(st.sampled_from([None, [1.0, 2.0, 0.0, 0.5][: len(values)]]))
            return {kind: {"values": values} | ({"weights": weights} if weights else {})}
        case "exponential":
            return {"exponential": {"mean": draw(above)}}
        case "weibull":
            return {kind: {"mean": draw(above), "shape": draw(st.sampled_from([0.6, 1.0, 2.5]))}}
        case "loglogistic":
            shape = draw(st.sampled_from([0.9, 1.5, 4.0]))
            return {kind: {"median": draw(above), "shape": shape}}
        case _:
            return {kind: {"mean": draw(above), "cv": draw(st.sampled_from([0.3, 1.0, 2.0]))}}


@st.composite
def fates(draw: st.DrawFn) -> dict[str, Any]:
    """How those take leave of a stage who do not advance; half the time nothing special."""
    entry: dict[str, Any] = {}
    if draw(st.booleans()):
        return entry
    if draw(st.booleans()):
        entry["loss_time"] = draw(durations())
    entry["silent"] = draw(st.sampled_from([0.0, 0.3, 1.0]))
    if draw(st.booleans()):
        entry["drop_after"] = f"{draw(st.integers(1, 72))} h"
    return entry


_conversion = st.sampled_from([0.0, 0.3, 0.5, 0.9, 0.9, 1.0])
_probability = st.sampled_from([0.0, 0.05, 0.3, 0.5, 0.9, 1.0])
_odds = st.sampled_from([0.2, 0.5, 1.0, 1.8, 5.0])


@st.composite
def arms(draw: st.DrawFn, stages: list[str]) -> list[dict[str, Any]]:
    """An experiment: something new, a hold-out, and an arm that everybody else is in."""
    odds = st.one_of(_odds, st.dictionaries(st.sampled_from(stages), _odds, max_size=2))
    held_out = st.lists(st.sampled_from(["recovery", "campaigns", "loyalty"]), unique=True)
    new = {"odds_ratio": draw(odds), "order_value_factor": 1.3, "repeat_odds_ratio": draw(_odds)}
    return [
        {"name": "as it is", "share": 0.3},
        {"name": "new", "share": 0.3, **new, "without": draw(held_out)},
        {"name": "hold-out", "share": 0.4, "without": ["recovery", "campaigns", "loyalty"]},
    ]


def _few_leads(tables: dict[str, Any]) -> None:
    """Leads bring leads: a week and a few a day, so that even an avalanche is some hundreds."""
    tables["horizon"] = f"{min(int(tables['horizon'].split()[0]), 7 * 24)} h"
    for channel in tables["channels"]:
        if "leads_per_day" in channel:
            channel["leads_per_day"] = min(channel["leads_per_day"], 3.0)


@st.composite
def scenario_tables(draw: st.DrawFn) -> dict[str, Any]:
    """The tables of a valid scenario with a few hundred leads at most."""
    stages = [_name("stage", n) for n in range(draw(st.integers(1, 4)))]
    teams = [_name("team", n) for n in range(draw(st.integers(0, 2)))]
    odds = st.one_of(_odds, st.dictionaries(st.sampled_from(stages), _odds, max_size=2))
    tables: dict[str, Any] = {
        "name": "generated",
        "start": draw(st.dates(date(2027, 1, 1), date(2027, 12, 31))),
        "horizon": f"{draw(st.integers(1, 30 * 24))} h",
        "channels": [
            {
                "name": _name("channel", number),
                **draw(st.sampled_from(_RATES)),
                **draw(st.sampled_from(_ARRIVALS)),
                "weekdays": draw(st.sampled_from([[1] * 7, [1.5, 1, 1, 1, 1, 0.5, 0]])),
                "odds_ratio": draw(odds),
                "cost_per_lead": draw(st.sampled_from([0.0, 2.5])),
                "cost_per_day": draw(st.sampled_from([0.0, 10])),
                "commission": draw(st.sampled_from([0.0, 0.13])),
                "cost_per_sale": draw(st.sampled_from([0.0, 4.995])),
            }
            for number in range(draw(st.integers(1, 2)))
        ],
        "teams": [
            {
                "name": team,
                "reps": draw(st.integers(1, 3)),
                "cost_per_rep_day": 110,
                "skills": draw(st.lists(_odds, max_size=3)),
                "open": draw(st.sampled_from(_HOURS)),
                "closed": draw(st.sampled_from([[], [date(2027, 6, 1), date(2027, 6, 2)]])),
                "serves": draw(st.sampled_from(["first come", "newest first"])),
            }
            for team in teams
        ],
        "stages": [],
    }
    for stage in stages:
        entry: dict[str, Any] = {"name": stage, "conversion": draw(_conversion)}
        if draw(st.booleans()):
            entry["decision_time"] = draw(durations())
        entry |= draw(fates())
        if draw(st.booleans()):
            entry["loss_reasons"] = {"too expensive": 2, "changed mind": 1}
        if teams and draw(st.booleans()):
            follow_up: dict[str, Any] = {"team": draw(st.sampled_from(teams))}
            if draw(st.booleans()):
                follow_up["handling_time"] = draw(durations())
            if draw(st.booleans()):
                follow_up["patience"] = draw(durations())
            if draw(st.booleans()):
                follow_up["response_half_life"] = f"{draw(st.integers(1, 72))} h"
            follow_up["missed"] = draw(st.sampled_from([0.0, 0.2]))
            if draw(st.booleans()):
                follow_up["reach_probability"] = draw(_probability)
                follow_up["attempts"] = draw(st.integers(1, 3))
                follow_up["every"] = f"{draw(st.integers(0, 48))} h"
                follow_up["attempt_time"] = draw(durations(longest=4))
            entry["follow_up"] = follow_up
        if draw(st.booleans()):
            probability = draw(_probability)
            entry["recovery"] = {
                "probability": probability,
                "anyway": probability / 2,
                "delay": draw(durations()),
                "cost": 0.05,
                "discount": draw(st.sampled_from([0.0, 0.1])),
                "odds_ratio": draw(_odds),
                "attempts": draw(st.integers(1, 2)),
            }
        tables["stages"].append(entry)
    tables["stages"].append({"name": "goal"})
    if draw(st.booleans()):
        half = {"share": 0.5, "odds_ratio": draw(odds), "order_value_factor": 1.2}
        tables["segments"] = [
            {"name": "one", **half},
            {"name": "other", "share": 0.5, "repeat_odds_ratio": draw(_odds)},
        ]
    if draw(st.booleans()):
        tables["arms"] = draw(arms(stages))
    if draw(st.booleans()):
        tables |= draw(customer_tables(stages))
        if "referral" in tables or "upsell" in tables:
            _few_leads(tables)
    if draw(st.booleans()) and int(tables["horizon"].split()[0]) > 24:
        tables["warm_up"] = "1 day"
    return tables


def businesses() -> st.SearchStrategy[Business]:
    """The tables of a valid scenario, and what is there at the start, or None."""
    return with_a_state(scenario_tables())
