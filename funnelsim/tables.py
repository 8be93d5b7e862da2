"""Tables as people read them: in a console, on a page.

`key_figures` and `funnel_text` turn the numbers of `metrics` into text (thousands, percent, days);
`as_text` aligns a table for a console, `as_html` writes it for a page.
"""

from __future__ import annotations

import math
from html import escape
from pathlib import Path

import pandas as pd

from funnelsim.errors import FunnelSimError
from funnelsim.journal import Journal
from funnelsim.metrics import funnel_table, summary

NOTHING = "–"

_LABELS = {
    "leads": ("Leads that came in", "count"),
    "customers": ("Customers among them by the end", "count"),
    "overall_conversion": ("Customers among them / leads", "share"),
    "orders": ("Orders placed", "count"),
    "revenue": ("Revenue", "money"),
    "aov": ("Average order value", "money"),
    "cac": ("Cost per customer (CAC)", "money"),
    "contribution": ("Contribution", "money"),
    "profit": ("Profit", "money"),
    "share_gone_cold": ("Share gone cold", "share"),
    "mean_response_days": ("Mean response time", "days"),
    "p90_response_days": ("90 % answered within", "days"),
    "repeat_purchase_rate": ("Repeat purchase rate", "share"),
}


def figure_text(value: float, kind: str, currency: str = "") -> str:
    """One figure as text; kind is count, share, money or days.

    >>> figure_text(0.1234, "share"), figure_text(1234.5, "money", "EUR"), figure_text(0.25, "days")
    ('12.3 %', '1,235 EUR', '6.0 h')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if kind == "share":
        return f"{value * 100:.1f} %"
    if kind == "money":
        return f"{math.floor(value + 0.5):,} {currency}".strip()
    if kind == "days":
        return f"{value * 24:.1f} h" if abs(value) < 1 else f"{value:,.1f} days"
    return f"{value:,.0f}"


def key_figures(journal: Journal) -> pd.DataFrame:
    """The key figures, as (figure, value) of text, without those the scenario says nothing about:
    money where nothing is sold, CAC, contribution and profit where no cost is stated."""
    s = journal.scenario
    leads_cost = any(c.cost_per_lead or c.cost_per_day or c.commission for c in s.channels)
    costs = leads_cost or any(team.cost_per_rep_day for team in s.teams)
    silent = set()
    if s.order is None:
        silent |= {"orders", "revenue", "aov"}
    if s.order is None or s.retention is None:
        silent.add("repeat_purchase_rate")
    if not leads_cost:
        silent.add("cac")
    if not costs and (s.order is None or s.order.margin == 1):
        silent |= {"contribution", "profit"}
    rows = []
    for name, value in summary(journal).items():
        if name not in silent and not pd.isna(value):
            label, kind = _LABELS.get(str(name), (str(name).capitalize(), "share"))
            rows.append((label, figure_text(float(value), kind, s.currency)))
    return pd.DataFrame(rows, columns=["figure", "value"])


def funnel_text(journal: Journal) -> pd.DataFrame:
    """The funnel table as text: one row per stage, the goal last."""
    table = funnel_table(journal)
    goal = table.index[-1]
    counts = table[["entered", "advanced", "lost", "open"]].map("{:,.0f}".format)
    counts.loc[goal, ["advanced", "lost", "open"]] = NOTHING
    text = counts.rename_axis("stage").reset_index()
    for name, column, kind in (
        ("went on, of entered", "conversion_rate_of_entered", "share"),
        ("of decided", "conversion_rate_of_decided", "share"),
        ("share of leads", "share_of_leads", "share"),
        ("mean time", "mean_days", "days"),
        ("median", "median_days", "days"),
        ("mean response", "mean_response_days", "days"),
    ):
        if table[column].notna().any():
            text[name] = [figure_text(float(v), kind) for v in table[column]]
            if kind == "days":  # nobody spends time in the goal
                text.loc[text["stage"] == goal, name] = NOTHING
    return text


def loss_text(journal: Journal) -> pd.DataFrame:
    """Lost leads by stage and reason as text, the commonest reason first."""
    table = funnel_table(journal)
    rows = [
        (stage, column.removeprefix("lost: "), int(count))
        for column in table.columns
        if str(column).startswith("lost: ")
        for stage, count in table[column].items()
        if count > 0
    ]
    order = {stage: i for i, stage in enumerate(table.index)}
    rows.sort(key=lambda row: (order[row[0]], -row[2], row[1]))
    texts = [(stage, reason, f"{count:,}") for stage, reason, count in rows]
    return pd.DataFrame(texts, columns=["stage", "reason", "leads lost"])


def beside_text(table: pd.DataFrame, currency: str) -> pd.DataFrame:
    """The rows of `calibration.beside.beside_export` as text."""

    def texts(column: str) -> list[str]:
        return [
            figure_text(float(v), kind, currency)
            for v, kind in zip(table[column], table["kind"], strict=True)
        ]

    ranges = [f"{low} to {high}" for low, high in zip(texts("low"), texts("high"), strict=True)]
    return pd.DataFrame(
        {
            "": table["quantity"],
            "export": texts("export"),
            "± s.e.": texts("se"),
            "simulated": texts("simulated"),
            "usual range": ranges,
        }
    )


def as_text(table: pd.DataFrame, indent: str = "") -> str:
    """A table of text with aligned columns: names to the left, numbers to the right.

    >>> print(as_text(pd.DataFrame({"stage": ["Lead", "Won"], "entered": ["1,000", "40"]})))
    stage  entered
    Lead     1,000
    Won         40
    """
    cells = [[str(c) for c in table.columns], *table.astype(str).to_numpy().tolist()]
    widths = [max(len(row[i]) for row in cells) for i in range(len(table.columns))]
    left = [not _numeric(table.iloc[:, i]) for i in range(len(widths))]
    lines = (
        "  ".join(
            cell.ljust(width) if is_left else cell.rjust(width)
            for cell, width, is_left in zip(row, widths, left, strict=True)
        )
        for row in cells
    )
    return "\n".join((indent + line).rstrip() for line in lines)


def as_html(table: pd.DataFrame) -> str:
    """The same as an HTML table in a box that scrolls sideways; every text is escaped."""
    marks = [_mark(table.iloc[:, i]) for i in range(table.shape[1])]
    heads = zip(table.columns, marks, strict=True)
    head = "".join(f"<th{mark}>{escape(str(name))}</th>" for name, mark in heads)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{mark}>{escape(str(cell))}</td>" for cell, mark in zip(row, marks, strict=True)
        )
        + "</tr>\n"
        for row in table.astype(str).to_numpy().tolist()
    )
    return (
        f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>{body}</tbody></table></div>"
    )


def write_text(path: str | Path, text: str) -> Path:
    """Writes text as UTF-8, making the folder if it is missing; FunnelSimError if it cannot."""
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        why = error.strerror or str(error)
        raise FunnelSimError(f"{path} cannot be written: {why}; give another place") from error
    return path


def _mark(column: pd.Series) -> str:
    """How a column stands on a page: figures to the right, long text may wrap."""
    if _numeric(column):
        return ' class="number"'
    return ' class="long"' if column.astype(str).str.len().max() > 32 else ""


def _numeric(column: pd.Series) -> bool:
    said = column.astype(str)
    said = said[(said != "") & (said != NOTHING)]
    return not said.empty and bool(said.str.match(r"^[-+±×]?\d").all())
