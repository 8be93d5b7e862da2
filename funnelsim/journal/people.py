"""Who has a lead in hand, from the rep who first reached it to the one who did so last.

The **owner** brought the lead in: the rep who first reached it. Who **holds** it is the rep who
reached it last; when it is sold, that is who has closed it. Open deals of the start bring both
along from before (`fs.State`), with whatever name the state gives: those that are no rep's stand
behind the reps.

People are numbers here, places in the list of `people`; -1 is nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import Ints
from funnelsim.journal.there import hands_before
from funnelsim.journal.whole import NEVER, Table
from funnelsim.staffing import crew

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.journal import Journal

Bools = NDArray[np.bool_]


def reps(journal: Journal) -> list[str]:
    """Every rep as "team number", in the order of the teams; those of a while among them."""
    sizes = zip(journal.scenario.teams, _sizes(journal), strict=True)
    return [f"{team.name} {rep + 1}" for team, reps in sizes for rep in range(reps)]


def _sizes(journal: Journal) -> list[int]:
    """How many reps each team ever has."""
    return [len(crew(journal.scenario, team)) for team in journal.scenario.teams]


def people(journal: Journal) -> list[str]:
    """The reps, then whom the state at the start names besides."""
    _, brought, held = hands_before(journal)
    named = sorted({*brought, *held} - {""})
    return list(dict.fromkeys([*reps(journal), *named]))


def named(journal: Journal, numbers: Ints) -> pd.Categorical:
    """Their names; NaN of nobody."""
    import pandas as pd

    return pd.Categorical.from_codes(numbers, categories=people(journal), ordered=True)


def teams_of_people(journal: Journal) -> Ints:
    """The number of each one's team; -1 for who is no rep."""
    found = np.full(len(people(journal)), NEVER)
    sizes = _sizes(journal)
    found[: sum(sizes)] = np.repeat(np.arange(len(sizes)), sizes)
    return found


def rep_of_calls(journal: Journal) -> Ints:
    """The rep of each call that has begun; in the journal each team counts its own from 1."""
    calls = journal.whole["follow_ups"]
    before = np.cumsum([0, *_sizes(journal)])
    of_team = before[journal.team_of_stage[calls["stage"]]] + calls["rep"] - 1
    return np.where(calls["rep"] == NEVER, NEVER, of_team)


def owners(journal: Journal, begun: Bools | None = None) -> Ints:
    """Who has brought each lead in, as far as these calls have begun (left out: all of them)."""
    known, _ = _before(journal)
    talked = _talked(journal, begun)[::-1]  # the first is written last
    first = np.full(len(known), NEVER)
    first[journal.whole["follow_ups"]["lead"][talked]] = rep_of_calls(journal)[talked]
    return np.where(known == NEVER, first, known)


def first_talks(journal: Journal, begun: Bools | None = None) -> Ints:
    """The call that first reached each lead, as far as these have begun; -1: none."""
    talked = _talked(journal, begun)[::-1]
    first = np.full(journal.rows("leads"), NEVER)
    first[journal.whole["follow_ups"]["lead"][talked]] = talked
    return first


def holders(journal: Journal, begun: Bools | None = None) -> Ints:
    """Who holds each lead, or has closed it, as far as these calls have begun."""
    _, last = _before(journal)
    talked = _talked(journal, begun)
    last[journal.whole["follow_ups"]["lead"][talked]] = rep_of_calls(journal)[talked]
    return last


def holders_of_visits(journal: Journal) -> Ints:
    """Who held the lead when each of its visits to a stage was decided, or holds it there now."""
    visits, calls = journal.whole["stage_visits"], journal.whole["follow_ups"]
    _, known = _before(journal)
    talked = _talked(journal)
    if not len(talked):
        return known[visits["lead"]]
    # both tables stand by lead, stage and attempt: the last call up to a visit is the one before
    numbers = visit_numbers(journal, calls)[talked]
    place = np.searchsorted(numbers, visit_numbers(journal, visits), side="right") - 1
    call = talked[place]
    own = (place >= 0) & (calls["lead"][call] == visits["lead"])
    return np.where(own, rep_of_calls(journal)[call], known[visits["lead"]])


def visit_numbers(journal: Journal, table: Table) -> Ints:
    """A number for each visit that a row of the table is of, in the order of a lead's way."""
    stages, attempts = len(journal.scenario.stages), 1_000_000
    place = table["lead"].astype(np.int64) * stages + table["stage"]
    return np.asarray(place * attempts + table["attempt"])


def _talked(journal: Journal, begun: Bools | None = None) -> Ints:
    """The calls that have reached somebody, which a call does when it begins."""
    reached = journal.whole["follow_ups"]["reached"] == 1
    return np.flatnonzero(reached if begun is None else reached & begun)


def _before(journal: Journal) -> tuple[Ints, Ints]:
    """Who had brought each lead in, and who held it, when the simulation began."""
    number = {name: n for n, name in enumerate(people(journal))} | {"": NEVER}
    found = np.full((2, journal.rows("leads")), NEVER)
    there, *names = hands_before(journal)
    for of_each, column in zip(names, found, strict=True):
        column[there] = [number[name] for name in of_each]
    return found[0], found[1]
