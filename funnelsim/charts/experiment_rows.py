"""The numbers that charts of experiments draw, and how their axes and figures read."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np

from funnelsim.charts.rows import Rows
from funnelsim.distributions import DAY, BrokenRule, duration
from funnelsim.errors import FunnelSimError, Problem, nearest
from funnelsim.experiment.sweeps import Sweep, label
from funnelsim.scenario import Scenario
from funnelsim.tables import figure_text, stated_figures

if TYPE_CHECKING:
    import pandas as pd


def difference_rows(table: pd.DataFrame, kind: str, money: str) -> Rows:
    """A row for each scenario, from the part of `differences` about one figure."""
    return [
        {
            "scenario": str(name),
            "difference": float(line["difference"]),
            "low": float(line["low"]),
            "high": float(line["high"]),
            "text": signed_text(line["difference"], kind, money),
            "interval": range_text(line["low"], line["high"], kind, money, signed=True),
            "zero": 0,
        }
        for name, line in table.iterrows()
    ]


def sweep_rows(x: Sweep, table: pd.DataFrame, numbers: list[float], kind: str) -> Rows:
    """A row for each setting, from the part of a sweep's table about one figure."""
    rows: Rows = []
    money = x.scenario.currency
    for place, (setting, values) in enumerate(zip(x.settings, x.table.index, strict=True)):
        if values not in table.index:
            continue
        line = table.loc[[values]].iloc[0]
        texts = [str(label(setting[path])) for path in x.paths]
        rows.append(
            {
                "at": numbers[place] if numbers else texts[0],
                "line": texts[-1],
                **{f"value {n}": text for n, text in enumerate(texts)},
                **{key: float(line[key]) for key in ("mean", "low", "high")},
                "text": figure_text(line["mean"], kind, money),
                "interval": range_text(line["low"], line["high"], kind, money),
            }
        )
    return rows


def tornado_rows(table: pd.DataFrame, kind: str, money: str) -> Rows:
    """Two rows for each parameter: turned down, turned up."""
    rows: Rows = []
    for path, line in table.iterrows():
        for name, side, value in (
            ("down", "turned down", "low_value"),
            ("up", "turned up", "high_value"),
        ):
            low, high = float(line[f"{name}_low"]), float(line[f"{name}_high"])
            difference = float(line[name])
            rows.append(
                {
                    "parameter": str(path),
                    "side": side,
                    "value": line[value],
                    "today": line["today"],
                    "zero": 0,
                    "difference": difference,
                    "low": low,
                    "high": high,
                    "end_at": max(high, difference) if difference >= 0 else min(low, difference),
                    "text": signed_text(difference, kind, money),
                    "interval": range_text(low, high, kind, money, signed=True),
                }
            )
    return rows


# --- words and axes -----------------------------------------------------------------------------


def label_and_kind(scenario: Scenario, figure: str, known: Any) -> tuple[str, str]:
    """Label and kind of a figure; FunnelSimError for one that the experiment has not."""
    if figure not in known:
        raise FunnelSimError(
            str(Problem("figure", figure, "the experiment has no such", nearest(figure, known)))
        )
    return stated_figures(scenario).get(figure, (figure.replace("_", " "), "ratio"))


def figure_axis(kind: str) -> alt.Axis:
    return alt.Axis(format="~%" if kind == "share" else ",~f", tickCount=6, labelOverlap=True)


def figure_title(label: str, kind: str, money: str) -> str:
    unit = {"money": money, "days": "days"}.get(kind)
    return f"{label}, {unit}" if unit else label


def signed_text(value: float, kind: str, money: str) -> str:
    text = figure_text(abs(value), kind, money) + (" points" if kind == "share" else "")
    return text if value == 0 else f"{'+' if value > 0 else '−'}{text}"


def range_text(low: float, high: float, kind: str, money: str, signed: bool = False) -> str:
    if not np.isfinite(low):
        return "–"
    first, second = (
        signed_text(v, kind, money) if signed else figure_text(v, kind, money) for v in (low, high)
    )
    return f"{first} to {second}"


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
