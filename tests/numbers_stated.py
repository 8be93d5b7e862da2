"""Every number that a scenario's file states, with its path: found without the product."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import funnelsim as fs
from funnelsim.distributions import BrokenRule, duration

ROOT = Path(__file__).resolve().parents[1]
WHOLE = [*fs.templates(), str(ROOT / "tests" / "whole_scenario.toml")]
SHARES = {
    *("conversion", "margin", "commission", "share", "discount", "missed", "anyway", "enrolment"),
    *("promoter", "detractor", "click_through_rate", "probability", "reach_probability"),
    *("cancel_probability", "refuse_probability", "return_probability", "redeem_probability"),
    *("repeat_probability", "silent"),
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
