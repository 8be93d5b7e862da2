"""The pipeline of a day as columns of cards: HTML of what `open_deals` and its kin say.

A column has the sums and means of `pipeline_board`; its cards are some of the deals open in the
stage. Marks say in a word, beside their colour, what `changed_deals` knows of a deal since last
week and whether it is stale.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from funnelsim.charts.theme import COLOURS
from funnelsim.metrics.chances import stage_laws
from funnelsim.metrics.known import History, Known, day_in_words, known_on
from funnelsim.metrics.pipeline import by_stages, open_deals
from funnelsim.metrics.pipeline_changes import both_of
from funnelsim.pages import page
from funnelsim.tables import NOTHING, as_html, difference, figure_text

MANY = 2_000  # days
WEEK = 7.0  # days
STALE = 0.9  # of those who went on from a stage had been in it for less
MARKS = ("new", "moved on", "moved back", "slipped", "stale")  # of cards
SINCE = ("new", "won", "lost", "moved on", "moved back", "slipped")
LARGEST, OLDEST, TABLE = "cards, largest first", "cards, oldest first", "table"
IN_A_ROW = 6  # columns
CARDS = {1: (5, 3), 2: (2, 1)}  # of a column, by the rows of columns; the fewer where room is short


@dataclass(frozen=True, eq=False)
class Standing:
    """What was known of the pipeline on a day: `deals` of `open_deals`, `stages` of
    `pipeline_board`, `limits` by stage from which on a deal is stale; `changes` and `marks` since a
    week ago, None and nothing where no week has passed.
    """

    known: Known
    deals: pd.DataFrame
    stages: pd.DataFrame
    limits: list[float]
    changes: pd.DataFrame | None
    marks: Mapping[Any, list[str]]


@lru_cache(maxsize=4)  # several panes show the same day: of now, and of what was kept
def standing(history: History, day: float) -> Standing:
    """How the pipeline stood on that day."""
    known = known_on(history, day, "board")
    deals = open_deals(history, day, STALE)
    limits = [law.quantile(STALE) for law in stage_laws(known)]
    changes, marks = None, {}
    if day - WEEK >= history.first:
        changes, changed = both_of(history, day, WEEK)
        is_mark = changed["change"].isin(MARKS)
        marks = changed[is_mark].groupby(changed.columns[0])["change"].agg(list).to_dict()
    return Standing(known, deals, by_stages(known, deals), limits, changes, marks)


def days_shown(
    start: pd.Timestamp, first: float, last: float, is_dated: bool
) -> tuple[tuple[str, float], ...]:
    """What a slider through time offers: each whole day, of many years each week, and the last."""
    whole = np.arange(math.ceil(first), last, 1 if last - first <= MANY else 7)
    # an export tells all of its last date, until the moment when it was made
    days = [float(day) for day in whole if not (is_dated and day == math.floor(last))]
    return tuple(
        (day_in_words(start + pd.Timedelta(days=math.floor(day)), day, is_dated), day)
        for day in (*days, last)
    )


# --- columns of cards -----------------------------------------------------------------------------

COLUMNS = """<div class="funnelsim-kanban{{ ' dense' if rows > 1 }}"
 style="--columns: {{ across }}; --most: {{ most }}; --few: {{ few }}">
{%- for column in columns %}<section aria-label="{{ column.stage }}">
<h4 title="{{ column.stage }}">{{ column.stage }}</h4>
{%- for line, docs in column.lines %}<p title="{{ docs }}">{{ line }}</p>{% endfor %}
<ol tabindex="0" aria-label="{{ column.about }}">
{%- for card in column.cards %}<li title="{{ card.docs }}"
 class="{{ 'marked' if card.marks }} {{ 'late' if loop.index > few }}"
{%- if card.marks %} style="--status: {{ colours[card.marks[-1]] }}"{% endif %}>
<span><b>{{ card.value }}</b><span>{{ card.chance }}</span></span>
<span><span>{{ card.days }}</span><span class="owner">{{ card.owner }}</span></span>
<span><span class="marks">{% for mark in card.marks %}<em style="--status: {{ colours[mark] }}">
{{- mark }}</em> {% endfor %}</span><small>
{%- if card.name != card.value %}{{ card.name }}{% endif %}</small></span></li>{% endfor %}</ol>
{% for n in (most, few) %}<p class="more{{ ' few' if loop.last }}">
{%- if column.deals > n %}and {{ "{:,}".format(column.deals - n) }} more{% endif %}</p>
{%- endfor %}</section>{% endfor %}</div>"""


def columns_html(now: Standing, before: Standing | None, order: str) -> str:
    """A column per stage with its sums and means, and some of its deals: the largest, or those
    longest in it.
    """
    rows = -(-len(now.stages) // IN_A_ROW)
    (most, few), across = CARDS.get(rows, (1, 1)), -(-len(now.stages) // rows)
    by = "days_in_stage" if order == OLDEST or not now.known.history.has_value else "value"
    sorted_deals = now.deals.sort_values(by, ascending=False, kind="stable", na_position="last")
    shown: dict[Any, list[dict[str, Any]]] = {stage: [] for stage in now.stages.index}
    firsts = sorted_deals.groupby("stage", observed=True).head(most)
    for deal in firsts.to_dict("records"):
        shown[deal["stage"]].append(_card(now, deal))
    columns = []
    for number, stage in enumerate(now.stages.index):
        kept = None if before is None else before.stages.iloc[number]
        columns.append(
            {
                "stage": stage,
                "lines": list(_sums(now, number, kept, is_short=rows > 1)),
                "about": f"Deals in {stage}, the {'largest' if by == 'value' else 'oldest'} first",
                "cards": shown[stage],
                "deals": int(now.stages["deals"].iloc[number]),
            }
        )
    return page(
        COLUMNS, columns=columns, rows=rows, across=across, most=most, few=few, colours=COLOURS
    )


def _sums(
    now: Standing, number: int, kept: pd.Series | None, is_short: bool
) -> Iterator[tuple[str, str]]:
    """Lines of a column, each with what it means: how many deals, how much, how old and how likely,
    how many of them stale. Short ones, of a narrow column, leave the rest to the table.
    """
    line, limit, has_value = (
        now.stages.iloc[number],
        now.limits[number],
        now.known.history.has_value,
    )
    deals, without = int(line["deals"]), int(line["without_value"])
    more = f" {difference(deals, kept['deals'], 'count')}" if kept is not None else ""
    yield f"{deals:,} {'deal' if deals == 1 else 'deals'}{more}", "open in this stage"
    if has_value and (without < deals or not deals):
        yield _money(line["value"]), "the sum of their values"
        if not is_short:
            yield f"weighted {_money(line['weighted_value'])}", "the sum of value × chance"
    if has_value and without:
        yield f"{without:,} without value", "nobody has entered one: they count as 0"
    means = f"{_days(line['mean_age_days'])}, {_percent(line['win_probability'])}"
    yield ("" if is_short else "mean ") + means, "mean age since arrival, mean chance to be won"
    over = "" if pd.isna(limit) or is_short else f" (> {_days(limit)})"
    limit_text = figure_text(limit, "days")
    yield f"{int(line['stale']):,} stale{over}", f"longer in the stage than {limit_text}"


def _card(now: Standing, deal: Mapping[str, Any]) -> dict[str, Any]:
    is_dated = now.known.history.is_dated
    name = deal["deal" if is_dated else "lead"]
    marks = now.marks.get(name, []) + ["stale"] * bool(deal["stale"])
    chance, doubt = (figure_text(float(deal[n]), "share") for n in ("win_probability", "win_se"))
    close = deal["expected_close"]
    if not pd.isna(close):
        close = f"{close:%Y-%m-%d}" if is_dated else f"day {close:,.0f}"
    docs = {
        "": f"{'Deal' if is_dated else 'Lead'} {name}",
        "owner": _or_nothing(deal["owner"], "nobody yet"),
        "held by": _or_nothing(deal["holder"], "nobody yet"),
        "channel": _or_nothing(deal["channel"]),
        "segment": _or_nothing(deal["segment"]),
        "old": figure_text(float(deal["age_days"]), "days"),
        "chance to be won at this age": f"{chance}, standard error {doubt}",
        "expected close": _or_nothing(close),
    }
    value = _money(deal["value"]) if not pd.isna(deal["value"]) else "no value"
    return {
        "name": f"#{name}" if not is_dated else str(name),
        "value": value if now.known.history.has_value else f"#{name}",
        "chance": _percent(deal["win_probability"]),
        "days": _days(deal["days_in_stage"]),
        "owner": _or_nothing(deal["owner"]),
        "marks": marks,
        "docs": "; ".join(f"{key} {said}".strip() for key, said in docs.items()),
    }


def _money(value: float) -> str:
    return figure_text(float(value), "money", short=True)


def _days(days: float) -> str:
    """As short as a narrow column asks for: "12 d", "3.4 d", "8.2 h".

    >>> _days(12.3), _days(3.42), _days(0.34)
    ('12 d', '3.4 d', '8.2 h')
    """
    text = figure_text(float(days), "days")
    return f"{days:,.{0 if days >= 9.95 else 1}f} d" if text.endswith("days") else text


def _percent(share: float) -> str:
    """In whole percent where it is more than a few.

    >>> _percent(0.123), _percent(0.034), _percent(0.0)
    ('12 %', '3.40 %', '0 %')
    """
    return f"{100 * share:.0f} %" if 0.0995 <= share < 0.995 else figure_text(float(share), "share")


def _or_nothing(value: Any, nothing: str = NOTHING) -> str:
    return nothing if pd.isna(value) else str(value)


# --- beside them ----------------------------------------------------------------------------------

STRIP = """<p class="funnelsim-since">{% if changes %}<span>In the last {{ days }} days:</span>
{%- for name, said in changes %} <em style="--status: {{ colours[name] }}">{{ said }}</em>
{%- endfor %}{% else %}<span>A week earlier nothing was known yet.</span>{% endif %}
<em style="--status: {{ colours["stale"] }}">{{ stale }}</em></p>"""


def since_html(now: Standing) -> str:
    """What has changed since last week, in the colours and words that the cards are marked with."""
    changes = []
    if now.changes is not None:
        for name, line in now.changes.loc[[*SINCE]].iterrows():
            deals, value = int(line["deals"]), line["value"]
            worth = "" if pd.isna(value) or not deals else f" ({_money(value)})"
            changes.append((name, f"{deals:,} {name}{worth}"))
    stale = f"{int(now.stages['stale'].sum()):,} stale"
    return page(STRIP, changes=changes, days=f"{WEEK:g}", stale=stale, colours=COLOURS)


def sum_text(on: Standing) -> str:
    """How many deals are open, what they are worth, and what that is weighted by their chances."""
    stages, currency = on.stages, on.known.history.currency
    deals = int(stages["deals"].sum())
    said = f"{deals:,} open {'deal' if deals == 1 else 'deals'}"
    if not on.known.history.has_value:
        return said
    sums = (stages["value"].sum(), stages["weighted_value"].sum(skipna=False))
    value, weighted = (figure_text(float(amount), "money", currency) for amount in sums)
    return f"{said} worth {value}, weighted {weighted}"


HEADS = {"deals": "count", "value": "money", "weighted_value": "money", "mean_age_days": "days",
         "win_probability": "share", "stale": "count", "stale_value": "money",
         "without_value": "count"}  # fmt: skip
WORDS: Sequence[str] = ("deals", "value", "weighted value", "mean age", "mean chance", "stale",
                        "their value", "without a value")  # fmt: skip


def table_html(now: Standing) -> str:
    """`pipeline_board` as a table of text."""
    table = pd.DataFrame({"stage": list(now.stages.index)})
    for (column, unit), words in zip(HEADS.items(), WORDS, strict=True):
        if now.known.history.has_value or not (unit == "money" or column == "without_value"):
            table[words] = [figure_text(float(v), unit) for v in now.stages[column]]
    table["stale over"] = [figure_text(limit, "days") for limit in now.limits]
    return page('<div class="funnelsim-table">{{ table }}</div>', table=Markup(as_html(table)))
