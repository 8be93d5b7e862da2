"""Scenarios in which moments coincide: what settles who goes first at one instant is all there is.

Teams open at a full hour, several reps start at once, and whatever follows takes whole hours, or no
time at all; so leads become ready, lose patience and find a rep at the very same microsecond. Those
whom customers bring come back to the same teams.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from eventful_lives import lives
from hypothesis import strategies as st

START = date(2027, 3, 1)  # a Monday
_OPEN = [
    "Mon-Sun 09:00-12:00",
    "Mon-Fri 09:00-17:00",
    "Mon-Sun 10:00-11:00; Mon-Sun 11:00-12:00; Mon-Fri 20:00-24:00; Tue-Sat 00:00-02:00",
    "Sat-Sun 00:00-24:00",
    "always",
]
_odds = st.sampled_from([0.2, 1.0, 1.0, 5.0])
_probability = st.sampled_from([0.0, 0.5, 0.8, 1.0])
_days = st.sampled_from(["24 h", "48 h", "72 h"])


def _hours(*choice: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(choice).map(lambda h: {"constant": f"{h} h"})


_short = _hours(0, 0, 1, 1, 2, 5)
_long = _hours(0, 1, 3, 22, 24, 25, 47)


@st.composite
def _team(draw: st.DrawFn, number: int) -> dict[str, Any]:
    closed = draw(st.sets(st.integers(0, 12), max_size=3))
    return {
        "name": f"team {number}",
        "reps": draw(st.integers(1, 4)),
        "skills": draw(st.lists(_odds, max_size=4)),
        "open": draw(st.sampled_from(_OPEN)),
        "closed": [START + timedelta(days=day) for day in sorted(closed)],
        "serves": draw(st.sampled_from(["first come", "newest first"])),
    }


@st.composite
def _follow_up(draw: st.DrawFn, teams: int) -> dict[str, Any]:
    follow_up: dict[str, Any] = {
        "team": f"team {draw(st.integers(0, teams - 1))}",
        "handling_time": draw(_short),
        "missed": draw(st.sampled_from([0.0, 0.0, 0.2])),
    }
    if draw(st.booleans()):
        follow_up["patience"] = draw(_long)
    if draw(st.booleans()):
        follow_up["response_half_life"] = draw(st.sampled_from(["1 h", "20 h"]))
    if draw(st.booleans()):
        follow_up |= {
            "reach_probability": draw(_probability),
            "attempts": draw(st.integers(1, 4)),
            "every": draw(st.sampled_from(["0 h", "1 h", "24 h"])),
            "attempt_time": draw(_short),
        }
    return follow_up


@st.composite
def _recovery(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "probability": draw(_probability),
        "delay": draw(_short),
        "discount": draw(st.sampled_from([0.0, 0.05, 0.1, 0.3])),
        "odds_ratio": draw(_odds),
        "attempts": draw(st.integers(1, 3)),
    }


@st.composite
def _stage(draw: st.DrawFn, number: int, teams: int) -> dict[str, Any]:
    stage: dict[str, Any] = {
        "name": f"stage {number}",
        "conversion": draw(st.sampled_from([0.5, 0.8, 0.95, 1.0])),
        "decision_time": draw(_short),
    }
    if draw(st.booleans()):
        stage["loss_reasons"] = {"too expensive": 2, "changed mind": 1}
    if draw(st.booleans()):
        stage |= {"loss_time": draw(_short), "silent": draw(st.sampled_from([0.0, 0.4]))}
    if draw(st.booleans()):
        stage["drop_after"] = draw(st.sampled_from(["1 h", "2 h", "5 h", "24 h"]))
    if number == 0 or draw(st.booleans()):
        stage["follow_up"] = draw(_follow_up(teams))
    if draw(st.booleans()):
        stage |= {"recovery": draw(_recovery()), "conversion": draw(st.sampled_from([0.2, 0.6]))}
    return stage


def _customers(draw: st.DrawFn, stages: list[dict[str, Any]]) -> dict[str, Any]:
    """The parts from the order on; those whom customers bring are called, where a team calls."""
    funnel = ("name", "start", "horizon", "channels", "segments", "teams", "stages")
    tables = {key: part for key, part in draw(lives()).items() if key not in funnel}
    called = [stage["name"] for stage in stages if "follow_up" in stage]
    enters = st.sampled_from(called or [stage["name"] for stage in stages])
    for key in {"referral", "upsell"} & tables.keys():
        delay = draw(_hours(0, 0, 0, 1, 24, 47))
        tables[key] = tables[key] | {"enters": draw(enters), "delay": delay}
    if draw(st.booleans()):
        tables["retention"]["gap"] = {"constant": draw(_days)}
        for payment in tables["order"]["payments"]:
            payment["statuses"] = [[name, draw(_short)] for name, _ in payment["statuses"]]
    if "satisfaction" in tables:
        after = draw(st.sampled_from(["0 h", "1 h", "2 h", "22 h"]))
        tables["satisfaction"]["late_follow_up"] = {"after": after, "odds_ratio": 50}
    if "loyalty" in tables:
        all_at_once = {"point_value": 0.5, "redeem_from": 1, "redeem_probability": 1.0}
        tables["loyalty"] |= {"points_per_unit": 1.1, **all_at_once}
        tables["loyalty"] |= {"expires_after": draw(_days), "period": draw(_days)}
    miss = {"name": "we miss you", "kind": "win-back", "probability": 0.6, "discount": 0.08}
    tables["campaigns"] = [
        {**miss, "after": draw(_days)} if campaign["kind"] == miss["kind"] else campaign
        for campaign in tables["campaigns"]
    ]
    return tables


@st.composite
def tied_tables(draw: st.DrawFn) -> dict[str, Any]:
    """The tables of a valid scenario with some hundred leads at most, on a grid of hours."""
    teams = draw(st.integers(1, 2))
    stages = [draw(_stage(number, teams)) for number in range(draw(st.integers(1, 3)))]
    tables: dict[str, Any] = {
        "name": "tied",
        "start": START,
        "horizon": f"{24 * draw(st.integers(5, 14)) + draw(st.sampled_from([0, 9, 10, 11, 12]))} h",
        "channels": [{"name": "web", "leads_per_day": draw(st.sampled_from([3.0, 8.0]))}],
        "teams": [draw(_team(number)) for number in range(teams)],
        "stages": [*stages, {"name": "goal"}],
    }
    if draw(st.sampled_from([True, True, True, False])):
        tables |= _customers(draw, stages)
    return tables
