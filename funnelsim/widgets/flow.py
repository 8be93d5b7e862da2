"""Leads that move: a dot for each, drawn on a canvas from columns that are sent once.

A `Flow` shows one world, or two of the same customers one above the other. What each lead does and
when comes from `journal/whereabouts.py`; the browser knows all of it, so playing, stepping and
jumping ask Python nothing. `static/flow.js` draws; only a lead that is chosen comes back here, as
`chosen`, and its story goes there as `story`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import anywidget
import numpy as np
import pandas as pd
import traitlets
from markupsafe import Markup

from funnelsim.distributions import DAY, Ints
from funnelsim.journal import LEAD_OUTCOMES, NEVER, Journal, reasons
from funnelsim.journal.whereabouts import BOUGHT, CAME_BACK, LOST, STATES, changes
from funnelsim.pages import page
from funnelsim.scenario.values import REFERRAL
from funnelsim.tables import as_html
from funnelsim.widgets.live_chart import STATIC

NOT_THERE = len(LEAD_OUTCOMES)
SPOTS = 1 << 16
# a lead's place within its field, in both worlds: bits of its key, stirred (Knuth's multiplier)
STIRRED = np.uint64(11400714819323198485)


class Flow(anywidget.AnyWidget):
    """One or two worlds of leads; `show` puts other ones in, and the day that is looked at stays.

    `chosen` is the lead that was clicked, as {"lead": number, "world": 0 or 1}, or empty; `story`
    a piece of HTML to stand beside the picture.

    >>> import funnelsim as fs
    >>> flow = Flow()
    >>> flow.show([("today", fs.simulate(fs.load("aida"), seed=1))])
    >>> flow.picture["worlds"][0]["title"], flow.picture["worlds"][0]["leads"]
    ('today', 1092)
    """

    _esm = (STATIC / "flow.js").read_text(encoding="utf-8")
    _css = (STATIC / "flow.css").read_text(encoding="utf-8")

    picture = traitlets.Dict().tag(sync=True)
    chosen = traitlets.Dict().tag(sync=True)
    story = traitlets.Unicode().tag(sync=True)
    day = traitlets.Float(-1.0).tag(sync=True)  # that is looked at; -1: none yet

    def show(self, worlds: Sequence[tuple[str, Journal]]) -> None:
        """Put in one world, or two, each with its title; those who fare differently are marked."""
        journals = [journal for _, journal in worlds]
        here, there = journals[0], journals[-1]
        drawn = [world(*one) for one in worlds]
        for one, (partner, differs) in zip(drawn, _beside(here, there), strict=False):
            one |= {"partner": _bytes(partner, "<i4"), "differs": _bytes(differs, "u1")}
            one["different"] = int(differs.sum())
        scenario = here.scenario
        self.chosen, self.story = {}, ""
        self.picture = {
            "number": self.picture.get("number", 0) + 1,
            "days": max(journal.scenario.horizon for journal in journals) / DAY,
            "start": scenario.start.isoformat(),
            "states": list(STATES),
            "worlds": drawn,
        }


def world(title: str, journal: Journal) -> dict[str, Any]:
    """A journal as the columns that `flow.js` draws: names as lists, numbers as bytes.

    Of each change `time` (days, float64), `state` (uint8), `stage` and, of losses, `reason`
    (uint16); those of lead n from `first[n]` (int32) on. Of each lead `channel` (uint16), and
    `spot`, two numbers by which it has a place of its own within any field (uint16).
    """
    scenario, leads, found = journal.scenario, journal.whole["leads"], changes(journal)
    channels = [channel.name for channel in scenario.channels]
    return {
        "title": title,
        "leads": journal.rows("leads"),
        "stages": [stage.name for stage in scenario.stages],
        "reasons": reasons(scenario),
        "channels": [*channels, REFERRAL] if scenario.referral else channels,
        "first": _bytes(found.first, "<i4"),
        "time": _bytes(found.time / DAY, "<f8"),
        "state": _bytes(found.state, "u1"),
        "stage": _bytes(found.stage, "<u2"),
        "reason": _bytes(np.maximum(found.reason, 0), "<u2"),
        "channel": _bytes(leads["channel"], "<u2"),
        "spot": _bytes(_spots(leads["key"]), "<u2"),
    }


def counts_html(title: str, journal: Journal, day: float) -> str:
    """A world on a day as a table: how many leads are where, in which state; -1: the last day."""
    days = journal.scenario.horizon / DAY
    at = days if day < 0 else min(day, days)
    state, stage = changes(journal).at(round(at * DAY))
    here, names = state != NEVER, [one.name for one in journal.scenario.stages]
    counts = np.zeros((len(names), len(STATES)), dtype=np.int64)
    np.add.at(counts, (stage[here], state[here]), 1)
    table = pd.DataFrame(counts, columns=list(STATES)).map("{:,}".format)
    table.insert(0, "stage", names)
    about = f"{title}, day {at:g}"
    return page("<h3>{{ about }}</h3>{{ table }}", about=about, table=Markup(as_html(table)))


def fares_differently(here: Journal, there: Journal) -> Ints:
    """Of each lead here, 1 if it ends otherwise there: as a customer, lost, open or not at all, or
    with another number of orders.
    """
    return next(_beside(here, there))[1]


def _beside(here: Journal, there: Journal) -> Iterator[tuple[Ints, Ints]]:
    """Of each world in turn: each lead's number in the other one (-1: not there), and whether it
    fares differently.
    """
    keys = [journal.whole["leads"]["key"] for journal in (here, there)]
    fates = [_fates(journal) for journal in (here, there)]
    for one, other in ((0, 1), (1, 0)):
        known = {key: number for number, key in enumerate(keys[other].tolist())}
        partner = np.array([known.get(key, NEVER) for key in keys[one].tolist()], dtype=np.int64)
        theirs = np.append(fates[other], NEVER)[partner]  # the last one is nobody's
        yield partner, (fates[one] != theirs).astype(np.int64)


def _fates(journal: Journal) -> Ints:
    """A number for what became of each lead: its last state, lost wherever and why, and orders."""
    found = changes(journal)
    last = found.state[found.first[1:] - 1]
    outcome = np.select([last == LOST, (last == BOUGHT) | (last == CAME_BACK)], [1, 0], 2)
    orders = np.bincount(journal.whole["orders"]["lead"], minlength=len(last))
    return np.asarray(orders * NOT_THERE + outcome, dtype=np.int64)


def _spots(keys: Ints) -> Ints:
    stirred = keys.astype(np.uint64) * STIRRED
    both = [(stirred >> np.uint64(shift)) % np.uint64(SPOTS) for shift in (48, 32)]
    return np.column_stack(both).astype(np.int64).ravel()


def _bytes(numbers: Any, kind: str) -> bytes:
    return np.ascontiguousarray(numbers, dtype=kind).tobytes()
