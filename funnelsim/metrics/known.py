"""What was known on a day: the deals that had come, and what had become of them by then.

The pipeline's figures are made of this and of nothing else, so that none of them can know the
future. A journal tells a `History` here; an export does by itself (`Deals.history`). Times are days
since `start`; an export's are turned into dates again by `when`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

import numpy as np

from funnelsim.arguments import a_number, is_number, refused
from funnelsim.distributions import DAY, Floats
from funnelsim.errors import FunnelSimError
from funnelsim.journal import Journal
from funnelsim.journal.people import holders, named, owners, visit_numbers
from funnelsim.journal.there import days_before

if TYPE_CHECKING:
    import pandas as pd


class TellsHistory(Protocol):
    """Read deals: `fs.Deals`."""

    def history(self) -> History:
        """All that is known of them."""


@dataclass(frozen=True, eq=False)
class History:
    """All that a journal or an export says of its deals, whenever it happened.

    - `deals`, by deal: arrived, won (NaN: not), value, channel, segment, arm, owner, holder,
      number (by which it is named besides: its row)
    - `visits`: deal, stage (its number), entered, left (NaN: open, or not known when), outcome
      (advanced, lost, open), observed (the age from which it was watched: 0, or more for what had
      begun before the history), weight (more than 1 where others of its kind have no date), since
      (when the decision began: the end of the call), waits (for a call). A stage that was skipped
      is a visit that took no time
    """

    name: str
    start: pd.Timestamp
    first: float
    last: float
    stages: list[str]  # before the goal
    currency: str
    deals: pd.DataFrame
    visits: pd.DataFrame
    is_dated: bool = False  # times are told as dates
    has_value: bool = True
    journal: Journal | None = field(default=None, repr=False)

    def on(self, day: float) -> Known:
        """What was known of it on that day."""
        deals = self.deals[self.deals["arrived"] <= day].copy()
        deals["won"] = deals["won"].where(deals["won"] <= day)
        visits = self.visits[self.visits["entered"] <= day].copy()
        later = ~(visits["left"] <= day) & (visits["left"].notna() | (visits["outcome"] == "open"))
        visits["left"] = visits["left"].mask(later)
        visits["outcome"] = visits["outcome"].mask(later, "open")
        if self.journal is not None:
            deals = deals.assign(**_hands(self.journal, deals.index, day))
            visits = visits.assign(**_calls(self.journal, visits, day))
        return Known(self, day, deals, visits)

    def when(self, days: Any) -> Any:
        """Days as the source tells them: dates of an export, days of a journal."""
        import pandas as pd

        return self.start + pd.to_timedelta(days, unit="D") if self.is_dated else days

    def date(self, day: float) -> pd.Timestamp:
        import pandas as pd

        return self.start + pd.Timedelta(days=day)

    def history(self) -> History:
        """Itself: who asks day after day takes this in place of the export it was made of."""
        return self


@dataclass(frozen=True, eq=False)
class Known:
    """What was known of a `history` on a `day`; tables as there, without anything later."""

    history: History
    day: float
    deals: pd.DataFrame
    visits: pd.DataFrame

    @property
    def stages(self) -> list[str]:
        return self.history.stages

    @property
    def label(self) -> str:
        """The day as people write it: "day 200 (Fri 23 Jul 2027)", of an export its date."""
        return day_in_words(self.history.date(int(self.day)), self.day, self.history.is_dated)

    def open(self) -> pd.DataFrame:
        """The deals open then, by deal: stage (number), entered, since, waits, and all of `deals`.

        An export without a date for a win or a loss does not say that the deal is open.
        """
        return self._open

    @cached_property
    def _open(self) -> pd.DataFrame:
        here = self.visits[self.visits["outcome"] == "open"]
        here = here[["deal", "stage", "entered", "since", "waits"]].set_index("deal")
        return here.join(self.deals)


Source = Journal | TellsHistory


def known_on(source: object, day: object, name: str) -> Known:
    """What the journal or the deals knew on that day; without one, on their last."""
    history = history_of(source, name)
    return _on(history, the_day(history, day))


def history_of(source: object, name: str) -> History:
    """The history of a journal or of read deals; else FunnelSimError, naming who asked for it.

    >>> history_of("aida", "open_deals")
    Traceback (most recent call last):
    funnelsim.errors.FunnelSimError: open_deals is given "aida"; it takes a Journal or Deals: ...
    """
    if isinstance(source, Journal):
        return _of_journal(source)
    told = getattr(source, "history", None)
    if callable(told) and isinstance(found := told(), History):
        return found
    given = f'"{source}"' if isinstance(source, str) else f"a {type(source).__name__}"
    way_out = "write fs.simulate(scenario) or fs.read_deals(file)"
    raise FunnelSimError(f"{name} is given {given}; it takes a Journal or Deals: {way_out}")


def tells_history(source: object) -> TypeGuard[Source]:
    """Whether it is a journal, or something that tells its history as read deals do."""
    return isinstance(source, Journal) or callable(getattr(source, "history", None))


@lru_cache(maxsize=4)  # figures of one day ask for it one after the other: nobody may write on it
def _on(history: History, day: float) -> Known:
    return history.on(day)


def day_in_words(date: dt.date, day: float, is_dated: bool) -> str:
    """A day as people write it; of an export, which is dated, without its number.

    >>> day_in_words(dt.date(2027, 7, 23), 200, False)
    'day 200 (Fri 23 Jul 2027)'
    """
    words = f"{date:%a} {date.day} {date:%b %Y}"
    return words if is_dated else f"day {day:g} ({words})"


def the_day(history: History, day: object) -> float:
    """The day as days since the start: a number of them, a date, or nothing (the last day)."""
    import pandas as pd

    first, last = history.first, history.last
    if day is None:
        return last
    if isinstance(day, dt.date) or (isinstance(day, str) and not day.strip().isdigit()):
        try:
            moment = pd.Timestamp(day)
        except ValueError:
            moment = pd.NaT
        if moment is pd.NaT:
            raise refused("day", day, "it is no date", "write it as 2026-03-31")
        moment = moment.tz_localize(None)
        found = (moment - history.start) / pd.Timedelta(days=1)
        if moment == moment.normalize() and found <= last < found + 1 and history.is_dated:
            return last  # the day of the export: all that it holds
        if not first <= found <= last:
            ends = f"{history.date(first):%Y-%m-%d} and {history.date(last):%Y-%m-%d}"
            raise refused("day", str(day), f"it lies between {ends}")
        return float(found)
    if history.is_dated and not is_number(day):
        raise refused("day", day, "of an export it is a date", "write it as '2026-03-31'")
    is_a = "a day between the warm-up and the horizon,"
    if history.is_dated:
        is_a = f"a date, or a number of days since {history.start:%Y-%m-%d},"
    return a_number("day", day, first, last, is_a=is_a, way_out="0 is the start of the scenario"
                    if not history.is_dated else "write a date as '2026-03-31'")  # fmt: skip


# --- a journal ----------------------------------------------------------------------------------


@lru_cache(maxsize=4)  # each figure of the pipeline asks for it: of now, and of what was kept
def _of_journal(journal: Journal) -> History:
    import pandas as pd

    scenario, leads, visits = journal.scenario, journal.leads, journal.stage_visits
    goal = len(scenario.stages) - 1
    before = np.zeros(len(visits))
    there, days = days_before(journal)
    first = visits["lead"].drop_duplicates().index
    at = first[np.isin(visits["lead"][first], there)]
    age_of = dict(zip(there, days, strict=True))
    before[at] = [age_of[lead] for lead in visits["lead"][at]]
    deals = pd.DataFrame(
        {
            "arrived": leads["arrived"],
            "won": leads[f"entered_{scenario.stages[-1].name}"],
            "value": leads["deal_value"],
            "channel": leads["channel"],
            "segment": leads["segment"],
            "arm": leads["arm"],
            "owner": leads["owner"],
            "holder": leads["holder"],
            "number": leads["lead"],
        }
    )
    deals.loc[there, "arrived"] -= days
    deals.index.name = "lead"
    table = pd.DataFrame(
        {
            "deal": visits["lead"],
            "stage": journal.whole["stage_visits"]["stage"].astype(np.int64),
            "entered": visits["entered"] - before,
            "left": visits["decided"],
            "outcome": visits["outcome"].astype(object),
            "observed": before,
            "weight": 1.0,
            "since": visits["entered"] - before,
            "waits": False,
            "number": visit_numbers(journal, journal.whole["stage_visits"]),
        }
    )
    return History(
        scenario.name, pd.Timestamp(scenario.start), scenario.warm_up / DAY,
        scenario.horizon / DAY, [stage.name for stage in scenario.stages[:-1]], scenario.currency,
        deals[deals.index.isin(table["deal"])], table[table["stage"] < goal],
        has_value=scenario.order is not None, journal=journal,
    )  # fmt: skip


def _hands(journal: Journal, deals: pd.Index, day: float) -> dict[str, Any]:
    """Who had brought each in and who held it; a call tells whom it reaches when it starts."""
    begun = journal.follow_ups["started"].to_numpy() <= day
    return {
        name: named(journal, of(journal, begun)[deals])
        for name, of in (("owner", owners), ("holder", holders))
    }


def _calls(journal: Journal, visits: pd.DataFrame, day: float) -> dict[str, Any]:
    """From when each visit decides (the end of its call) and which still wait for one."""
    import pandas as pd

    called = np.array([stage.follow_up is not None for stage in journal.scenario.stages])
    calls = journal.follow_ups
    done = (journal.whole["follow_ups"]["reached"] == 1) & (calls["finished"].to_numpy() <= day)
    numbers = visit_numbers(journal, journal.whole["follow_ups"])[done]
    ended = pd.Series(calls["finished"].to_numpy()[done], index=numbers)
    since = visits["number"].map(ended[~ended.index.duplicated(keep="last")])
    there = visits["observed"] > 0  # in the middle of their decision, unless they wait
    return {
        "since": since.astype(float).fillna(visits["entered"]),
        "waits": called[visits["stage"]] & since.isna() & ~there,
    }


# --- of many deals ------------------------------------------------------------------------------


def stays(visits: pd.DataFrame, day: float) -> Floats:
    """How long each visit has lasted, until it was decided or that day."""
    found: Floats = (visits["left"].fillna(day) - visits["entered"]).to_numpy(dtype=float)
    return found


def without_what_has_no_date(visits: pd.DataFrame) -> pd.DataFrame:
    """Visits that ended nobody knows when are left out; the others of their kind stand for them."""
    lacks = visits["left"].isna() & (visits["outcome"] != "open")
    if not lacks.any():
        return visits.assign(weight=1.0)
    kinds = [visits["stage"], visits["outcome"]]
    whole = lacks.groupby(kinds).transform("size")
    dated = (~lacks).groupby(kinds).transform("sum")
    weight = (whole / dated.where(dated > 0)).fillna(1.0)
    return visits.assign(weight=weight)[~lacks]


def as_history(**parts: Any) -> History:
    """An export's history, its visits completed with what it has no word for."""
    history = History(**parts, is_dated=True)
    visits = without_what_has_no_date(history.visits).assign(observed=0.0, waits=False)
    visits["since"] = visits["entered"]
    return replace(history, visits=visits)


def names_of(stages: Sequence[str], numbers: Any) -> Any:
    """Numbers of stages as their names, in order."""
    import pandas as pd

    return pd.Categorical.from_codes(np.asarray(numbers, dtype=int), list(stages), ordered=True)
