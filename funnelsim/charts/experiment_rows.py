"""The numbers that charts of experiments draw, and how their axes and figures read."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

import altair as alt
import numpy as np

from funnelsim.arguments import a_choice
from funnelsim.charts.rows import Rows
from funnelsim.distributions import DAY, BrokenRule, duration
from funnelsim.experiment.sweeps import Sweep, label
from funnelsim.metrics.figure import Figure
from funnelsim.metrics.figures import figures_of
from funnelsim.scenario import Scenario
from funnelsim.scenario.parameters import stands_at
from funnelsim.tables import NOTHING, figure_text

if TYPE_CHECKING:
    import pandas as pd


LONGEST = 56  # letters that fit beside a tornado


class Unit(NamedTuple):
    """What the numbers of an axis are multiplied by, and what they are in then."""

    times: float
    name: str


AS_IT_IS = Unit(1.0, "")


def difference_rows(table: pd.DataFrame, figure: Figure, money: str, unit: Unit = AS_IT_IS) -> Rows:
    """A row for each scenario, from the part of `differences` about one figure."""
    kind = figure.unit
    return [
        {
            "scenario": str(name),
            **{key: _or_none(line[key] * unit.times) for key in ("difference", "low", "high")},
            "text": signed_text(line["difference"], kind, money),
            "interval": range_text(line["low"], line["high"], kind, money, signed=True),
            "verdict": figure.verdict(line["low"], line["high"]) or NOTHING,
            "zero": 0,
        }
        for name, line in table.iterrows()
    ]


def sweep_rows(
    x: Sweep, table: pd.DataFrame, numbers: list[float], kind: str, unit: Unit = AS_IT_IS
) -> Rows:
    """A row for each setting, from the part of a sweep's table about one figure."""
    rows: Rows = []
    money = x.scenario.currency
    for place, (setting, values) in enumerate(zip(x.settings, x.table.index, strict=True)):
        if values not in table.index:
            continue
        line = table.loc[[values]].iloc[0]
        texts = [_told(x.scenario, path, setting[path]) for path in x.paths]
        rows.append(
            {
                "at": numbers[place] if numbers else texts[0],
                "line": texts[-1],
                **{f"value {n}": text for n, text in enumerate(texts)},
                **{key: _or_none(line[key] * unit.times) for key in ("mean", "low", "high")},
                "text": figure_text(line["mean"], kind, money),
                "interval": range_text(line["low"], line["high"], kind, money),
            }
        )
    return rows


def _told(scenario: Scenario, path: str, value: Any) -> str:
    """The value of a setting: a number in words, anything else as it was given."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return stands_at(scenario, path).in_words(value) if is_number else str(label(value))


def tornado_rows(table: pd.DataFrame, kind: str, money: str, unit: Unit = AS_IT_IS) -> Rows:
    """Two rows for each parameter: turned down, turned up."""
    rows: Rows = []
    names = short_labels(table["label"].tolist())
    for path, line in table.iterrows():
        for name, side, value in (
            ("down", "turned down", "low_value"),
            ("up", "turned up", "high_value"),
        ):
            ends = line[[name, f"{name}_low", f"{name}_high"]].astype(float)
            difference, low, high = (ends * unit.times).tolist()
            rows.append(
                {
                    "parameter": str(path),
                    "label": line["label"],
                    "name": names[line["label"]],
                    "side": side,
                    "value": line[value],
                    "today": line["today"],
                    "zero": 0,
                    "difference": difference,
                    "low": low,
                    "high": high,
                    "end_at": max(high, difference) if difference >= 0 else min(low, difference),
                    "text": signed_text(ends.iloc[0], kind, money),
                    "interval": range_text(ends.iloc[1], ends.iloc[2], kind, money, signed=True),
                }
            )
    return rows


# --- words and axes -----------------------------------------------------------------------------


def figure_drawn(scenario: Scenario, figure: str, known: Any) -> Figure:
    """The key figure of this name; FunnelSimError for one that the experiment has not."""
    return figures_of(scenario)[a_choice("figure", figure, known, "the experiment has no such")]


def figure_axis(kind: str) -> alt.Axis:
    return alt.Axis(format="~%" if kind == "share" else ",~f", tickCount=6, labelOverlap=True)


def axis_unit(kind: str, money: str, values: Any) -> Unit:
    """The unit of an axis, and the factor to it: of times that of `figure_text`, from minutes on.

    >>> axis_unit("days", "", [-0.02, 0.4]), axis_unit("money", "EUR", [3])
    (Unit(times=24.0, name='hours'), Unit(times=1.0, name='EUR'))
    """
    if kind != "days":
        return Unit(1.0, money if kind == "money" else "")
    most = max((abs(value) for value in values if np.isfinite(value)), default=0.0)
    if most >= 1:
        return Unit(1.0, "days")
    return Unit(24.0, "hours") if most >= 1 / 24 else Unit(1440.0, "minutes")


def figure_title(label: str, unit: Unit) -> str:
    return f"{label}, {unit.name}" if unit.name else label


def signed_text(value: float, kind: str, money: str) -> str:
    text = figure_text(abs(value), kind, money) + (" points" if kind == "share" else "")
    return text if value == 0 else f"{'+' if value > 0 else '−'}{text}"


def _or_none(value: float) -> float | None:
    """What JSON can hold: it has no NaN."""
    return float(value) if np.isfinite(value) else None


def range_text(low: float, high: float, kind: str, money: str, signed: bool = False) -> str:
    if not (np.isfinite(low) and np.isfinite(high)):
        return "–"
    if kind == "count" and low == 0 < high < 1:  # what was never seen may still happen
        return f"0 to {high:.2g}"
    first, second = (
        signed_text(v, kind, money) if signed else figure_text(v, kind, money) for v in (low, high)
    )
    return f"{first} to {second}"


def short_labels(labels: list[str]) -> dict[str, str]:
    """Each label as it fits beside a chart: long ones without their middle, the last words whole.

    >>> long = "Erstgespräch im Küchenstudio vor Ort nötig, mit Aufmaß: conversion"
    >>> short_labels(["Order: value", long])[long]
    'Erstgespräch im Küchenstudi…ötig, mit Aufmaß: conversion'
    """
    short = {whole: whole for whole in labels}
    for whole in labels:
        end = max(LONGEST // 2, len(whole) - whole.rfind(": "))
        begin = max(LONGEST - end - 1, 8)
        if len(whole) > begin + end + 1:
            short[whole] = f"{whole[:begin]}…{whole[-end:]}"
    told = list(short.values())
    return {whole: name if told.count(name) == 1 else whole for whole, name in short.items()}


def as_numbers(values: list[Any]) -> tuple[list[float], str]:
    """The values as numbers with their unit, of durations days; empty for what is neither."""
    numbers = [v for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)]
    if len(numbers) == len(values):
        return [float(v) for v in values], ""
    try:
        return [duration(v) / DAY for v in values], "days"
    except BrokenRule:
        return [], ""


def wrapped(text: str) -> list[str]:
    """Lines that fit above a chart."""
    return textwrap.wrap(text, 95)
