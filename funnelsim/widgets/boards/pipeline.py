"""The pipeline board: the open deals as they stood on any day, with a slider through time.

    fs.board(fs.load("b2b-pipeline"), "pipeline")
    fs.board(fs.read_deals("deals.csv"), "pipeline")

The day is only looked at: what is shown was known on it, and is what `pipeline_board`,
`open_deals` and `pipeline_changes` say. Of a scenario some of it can be turned; a journal or an
export is what it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from funnelsim.distributions import DAY
from funnelsim.journal import Journal
from funnelsim.metrics.known import Source, day_in_words, history_of
from funnelsim.pages import page
from funnelsim.scenario import Scenario
from funnelsim.scenario.parameters import every
from funnelsim.widgets.board import Board, Html, Seen, View
from funnelsim.widgets.board_text import HEAD, SENTENCES, foot_html
from funnelsim.widgets.kanban import (
    LARGEST,
    OLDEST,
    TABLE,
    Standing,
    columns_html,
    days_shown,
    since_html,
    standing,
    sum_text,
    table_html,
)
from funnelsim.widgets.knobs import knobs_named
from funnelsim.widgets.picture import AsItIs, Simulated

DEFAULT = "b2b-pipeline"
FOOT = '<div class="funnelsim-foot"><span>{{ said }}</span></div>'


def board(scenario: Scenario, simulated: Simulated) -> Board:
    """The pipeline of a scenario as data: one history, as nothing here is a range."""
    days = simulated.shortened(scenario)
    return Board(
        scenario,
        replace(simulated, replications=1),
        PANES,
        [replace(one, group="Turned") for one in knobs_named(scenario, _turned(scenario))],
        _views(pd.Timestamp(days.start), days.warm_up / DAY, days.horizon / DAY, False),
        line=_line,
        foot=lambda seen: foot_html(seen.start, dict(seen.change), None),
    )


def board_of_deals(source: Source) -> Board:
    """The pipeline of a journal or of read deals as data: nothing to turn."""
    h = history_of(source, "board")
    views = _views(h.start, h.first, h.last, h.is_dated)
    return Board(h, AsItIs(), PANES, views=views, line=_line, head=_head, foot=_foot)


def _turned(s: Scenario) -> Iterator[str]:
    """Leads; how the last stage ends and how many never say so; and who calls there."""
    there, last = {found.path for found in every(s)}, s.stages[-2]
    calls = [stage.follow_up.team for stage in s.stages if stage.follow_up]
    yield "Leads a day"
    paths = [f"stages.{last.name}.{key}" for key in ("conversion", "silent")]
    paths += [f"teams.{team}.reps" for team in calls[-1:]]
    yield from (path for path in paths if path in there)


def _views(start: pd.Timestamp, first: float, last: float, is_dated: bool) -> list[View]:
    options = days_shown(start, first, last, is_dated)
    looks = tuple((look, look) for look in (LARGEST, OLDEST, TABLE))
    return [
        View("Day", options, last, is_wide=True),
        View("Shown as", looks, LARGEST, is_choice=True),
    ]


# --- the panes ------------------------------------------------------------------------------------


def _on(seen: Seen, picture: Any) -> Standing:
    history = history_of(getattr(picture, "journal", None) or picture, "board")
    return standing(history, seen.view["Day"])


def _both(seen: Seen) -> tuple[Standing, Standing | None]:
    """Now, and as it was kept: the same day."""
    return _on(seen, seen.now), None if seen.before is None else _on(seen, seen.before)


def _deals(seen: Seen) -> str:
    now, before = _both(seen)
    look = seen.view["Shown as"]
    return table_html(now) if look == TABLE else columns_html(now, before, look)


PANES = [
    Html(lambda seen: since_html(_on(seen, seen.now))),
    Html(_deals, still=lambda seen: table_html(_on(seen, seen.now))),
]


# --- in words -------------------------------------------------------------------------------------


def _line(seen: Seen) -> str:
    """How many deals are open and what they are worth, and what stale means."""
    now, before = _both(seen)
    more = "Stale: longer in its stage than 9 of 10 of those who went on from it"
    kept = "" if before is None else f"As kept: {sum_text(before)}. "
    return page(SENTENCES, said=sum_text(now), more=f"{kept}{more}")


def _head(seen: Seen) -> str:
    h, journal = seen.now, seen.now.journal
    ends = " to ".join(
        day_in_words(h.date(math.floor(d)), d, h.is_dated) for d in (h.first, h.last)
    )
    facts = ends + f", money in {h.currency}" * bool(h.currency and h.has_value)
    facts += f"; seed {journal.seed}" if isinstance(journal, Journal) else ""
    return page(HEAD, name=h.name, facts=facts, note="")


def _foot(seen: Seen) -> str:
    said = "Move the day: only what was known then is shown. Nothing here is simulated."
    return page(FOOT, said=said)
