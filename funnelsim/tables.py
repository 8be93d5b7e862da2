"""Tables as people read them: in a console, on a page.

`figure_text` is how a figure reads everywhere (console, page, chart, live board). `figures_text`,
`funnel_text` and the like make tables of text with it; `as_text` aligns a table for a console,
`as_html` writes it for a page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from textwrap import fill

import pandas as pd
from markupsafe import Markup

from funnelsim.journal import Journal
from funnelsim.metrics import funnel_table, summary
from funnelsim.metrics.by_month import COUNTS, by_month
from funnelsim.metrics.figures import stated_figures
from funnelsim.metrics.groups import OVERALL, funnel_by, reps_table
from funnelsim.pages import page
from funnelsim.saving import write_text  # noqa: F401  (where it was in earlier versions)

NOTHING = "–"
WIDTH = 96  # of a console
TABLE = """\
<div class="wide"><table>
<thead><tr>{% for name in heads %}
<th{{ marks[loop.index0] }}>{{ name }}</th>{% endfor %}
</tr></thead>
<tbody>{% for row in rows %}
<tr>{% for text in row %}<td{{ marks[loop.index0] }}>{{ text }}</td>{% endfor %}</tr>
{% endfor %}
</tbody></table></div>"""
SECTIONS = """\
{% for title, lines, table in sections %}
{% if title %}<h3>{{ title }}</h3>{% endif %}
{% for line in lines %}<p>{{ line }}</p>{% endfor %}
{{ table }}
{% endfor %}"""


def figure_text(value: float, kind: str, currency: str = "", short: bool = False) -> str:
    """One figure as text; kind is count, share, money, days, ratio or score (`metrics/figure.py`).

    Shares have one digit, two below 10 %, and are never 0 % or 100 % by rounding alone; money has
    cents below 1,000; times below a day are in hours, below an hour in minutes, below a minute in
    seconds. `short` (for a tile) says millions from ten million on.

    >>> figure_text(0.1234, "share"), figure_text(0.0004, "share"), figure_text(0.25, "days")
    ('12.3 %', '0.04 %', '6.0 h')
    >>> figure_text(1234.6, "money", "EUR"), figure_text(2.5, "money", "EUR")
    ('1,235 EUR', '2.50 EUR')
    >>> figure_text(2.5 / 24 / 60, "days"), figure_text(0.5 / 24, "days")
    ('2.5 min', '30 min')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if kind == "share":
        return _percent(value)
    if kind == "days":
        return _time(value)
    if short and abs(value) >= 10_000_000:
        text = f"{value / 1e6:,.1f} M"
    else:
        text = f"{value:z,.{cents(value, kind)}f}"
    return f"{text} {currency}" if kind == "money" and currency else text


def difference(value: float, before: float, kind: str) -> str:
    """How much more or less than before, with its sign and the digits of the figure.

    >>> difference(0.30, 0.25, "share"), difference(1200, 1000, "money")
    ('▲ 5.0 pts', '▲ 200')
    """
    if pd.isna(value) or pd.isna(before):
        return ""
    change = value - before
    if kind == "share":
        text = f"{100 * abs(change):.1f} pts"
    elif kind == "days":
        text = figure_text(abs(change), kind)
    elif abs(change) >= 1_000_000:  # no room for more beside the figure
        text = f"{abs(change) / 1e6:,.2f} M"
    else:
        text = f"{abs(change):,.{cents(value, kind)}f}"
    if not text.strip("0., pts"):
        return "="
    return f"{'▲' if change > 0 else '▼'} {text}"


def cents(value: float, kind: str) -> int:
    """How many decimals a count or an amount of this size is said with."""
    return 2 if kind == "ratio" or (kind == "money" and abs(value) < 1000) else 0


def _time(days: float) -> str:
    if abs(days) >= 1:
        return f"{days:,.1f} days"
    minutes = days * 24 * 60
    if abs(minutes) >= 59.5:
        return f"{minutes / 60:.1f} h"
    if abs(minutes) >= 0.995:  # what rounds to 60 s is a minute
        return f"{minutes:.0f} min" if abs(minutes) >= 9.95 else f"{minutes:.1f} min"
    return f"{minutes * 60:z.0f} s"


def _percent(share: float) -> str:
    if share in (0, 1):
        return f"{100 * share:.0f} %"
    if 0 < share < 0.00005:
        return "<0.01 %"
    if 0.99995 < share < 1:
        return ">99.99 %"
    one_digit = abs(share) >= 0.0995 and not 0.9995 < share < 1
    return f"{100 * share:.1f} %" if one_digit else f"{100 * share:.2f} %"


def figures_text(journal: Journal) -> pd.DataFrame:
    """The figures that the scenario says something about, as (figure, value) of text."""
    values, currency = summary(journal), journal.scenario.currency
    stated = stated_figures(journal.scenario).items()
    rows = [(f.label, figure_text(values[name], f.unit, currency)) for name, f in stated]
    return pd.DataFrame(rows, columns=["figure", "value"])


def funnel_text(journal: Journal) -> pd.DataFrame:
    """The funnel table as text: one row per stage, the goal and the life stages last."""
    table = funnel_table(journal)
    goal = journal.scenario.stages[-1].name
    counts = table[["entered", "advanced", "lost", "open"]].map("{:,.0f}".format)
    counts.loc[goal:, ["advanced", "lost", "open"]] = NOTHING
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


def months_text(journal: Journal) -> pd.DataFrame:
    """`by_month` as text; columns that are nothing in every month are left out, and so are sales
    where each of them is the only order.
    """
    table, currency = by_month(journal), journal.scenario.currency
    orders = table["orders"]
    drop = "sales" if (table["sales"] == orders).all() else "orders" if not orders.any() else ""
    text = table[[]].reset_index()
    text["days"] = [f"{days:.0f}" for days in table["days"]]
    for name in table.columns.drop(["from", "days", drop], errors="ignore"):
        if table[name].any():
            unit = "count" if name in COUNTS else "money"
            text[name] = [
                figure_text(float(value) or math.nan, unit, currency) for value in table[name]
            ]
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


def reps_text(journal: Journal) -> pd.DataFrame:
    """What each rep brought in and what it closed, stage by stage, as text; a row per rep.

    Shares are of those decided; a stage says how many of the deals that the rep had in hand there
    went on.
    """
    table = reps_table(journal)
    text = pd.DataFrame({"rep": table.index})
    for name, column, kind in (
        ("leads brought in", "leads", "count"),
        ("won of these", "customers", "count"),
        ("win rate", "win_rate", "share"),
        ("deals held last", "held", "count"),
        ("closed of these", "closed", "count"),
        ("close rate", "close_rate", "share"),
    ):
        text[name] = [figure_text(float(v), kind) for v in table[column]]
    in_hand = funnel_by(journal, "rep")[["closed", "held_decided"]]
    for stage in in_hand.index.unique("stage").drop(OVERALL, errors="ignore"):
        pairs = in_hand.xs(stage, level="stage").reindex(table.index, fill_value=0).to_numpy()
        texts = [f"{went_on:,.0f} of {decided:,.0f}" if decided else NOTHING
                 for went_on, decided in pairs]  # fmt: skip
        text[f"{stage}: went on"] = texts
    return text


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


def as_text(table: pd.DataFrame) -> str:
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
    return "\n".join(line.rstrip() for line in lines)


def as_html(table: pd.DataFrame) -> str:
    """The same as an HTML table in a box that scrolls sideways; every text is escaped."""
    marks = [_mark(table.iloc[:, i]) for i in range(table.shape[1])]
    return page(TABLE, heads=table.columns, rows=table.astype(str).to_numpy(), marks=marks)


def sections_as_html(sections: Iterable[tuple[str, Iterable[str], pd.DataFrame | None]]) -> str:
    """(title, lines, table) one below the other on a page; each of them may be missing.

    >>> sections_as_html([("Mind", ["a < b"], None)])
    '<h3>Mind</h3><p>a &lt; b</p>\\n'
    """
    parts = [
        (title, lines, "" if table is None else Markup(as_html(table)))
        for title, lines, table in sections
    ]
    return page(SECTIONS, sections=parts)


def print_journal(journal: Journal) -> None:
    """Funnel, lost leads and key figures of a simulated funnel."""
    heading(f"The funnel of {journal.scenario.name}")
    print(as_text(funnel_text(journal)))
    lost = loss_text(journal)
    if not lost.empty:
        heading("Lost leads")
        print(as_text(lost))
    heading("Key figures")
    print(as_text(figures_text(journal)))


def heading(title: str) -> None:
    """A title with a line under it, as in the calibration's report."""
    print(f"\n{title}\n{'-' * len(title)}")


def say(sentence: str) -> None:
    """A sentence, wrapped; a number stays with its per cent."""
    print(fill(sentence.replace(" %", "\xa0%"), WIDTH), flush=True)


def _mark(column: pd.Series) -> str:
    """How a column stands on a page: figures to the right, long text may wrap."""
    if _numeric(column):
        return Markup(' class="number"')
    return Markup(' class="long"') if column.astype(str).str.len().max() > 32 else ""


def _numeric(column: pd.Series) -> bool:
    said = column.astype(str)
    said = said[(said != "") & (said != NOTHING)]
    return not said.empty and bool(said.str.match(r"^[-+±×<>]?\d").all())
