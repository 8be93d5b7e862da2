"""What a key figure is: name and unit, which way is better, what it means, how it is counted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from funnelsim.distributions import Floats, Ints
from funnelsim.metrics import stated
from funnelsim.metrics.facts import Facts
from funnelsim.metrics.retained import GAPS
from funnelsim.scenario import Scenario

COUNT, SHARE, MONEY, DAYS, RATIO, SCORE = "count", "share", "money", "days", "ratio", "score"
UP, DOWN, NEITHER = 1, -1, 0  # in which direction a figure is better


class Since(NamedTuple):
    """Since when a figure can be told: in words, and the moment in a scenario (microseconds); None
    where it can never be.
    """

    words: str
    moment: Callable[[Scenario], int | None]


WARM_UP = Since("the warm-up", lambda s: s.warm_up)
START = Since("the start", lambda s: 0)
EXPIRY = Since(
    "the first points can have expired",
    lambda s: s.loyalty.expires_after if s.loyalty else None,
)


def can_have_lapsed(scenario: Scenario) -> int | None:
    """When who ordered at the start is not active any more; where gaps have no mean, a journal
    has to tell.
    """
    if scenario.retention is None:
        return None
    lasts = GAPS * scenario.retention.gap.mean
    return max(scenario.warm_up, round(lasts) if math.isfinite(lasts) else 0)


LAPSED = Since("the first customers can have lapsed", can_have_lapsed)


class Tile(NamedTuple):
    """What a figure is called on a board, and its place: where there is no room, the last go."""

    name: str
    place: int


NO_TILE = Tile("", 0)


@dataclass(frozen=True)
class Figure:
    """A key figure.

    `name` is its column in tables, `label` what it is called in a list. `unit` says how it reads
    (`tables.figure_text`), `good` whether more of it is better. `value` takes `Facts` and gives
    shape (replications,), of one `by_team` (replications, teams). `is_stated` says whether a
    scenario says something about it.
    """

    name: str
    label: str
    unit: str
    good: int
    docs: str
    value: Callable[[Facts], Floats | Ints]
    is_stated: Callable[[Scenario], bool] = stated.always
    since: Since = WARM_UP
    by_team: bool = False  # one for each team, named "<name>: <team>"
    title: str = ""  # what it is called alone, where its label refers to the line above
    tile: Tile = NO_TILE  # on a board
    # what is known of it where it was 0 in all replications:
    among: str | None = None  # it counts what may happen all the same: "", or a share of a figure
    is_earned: bool = False  # of what orders bring: without one nobody knows how much that is

    @property
    def alone(self) -> str:
        """What it is called where no other line stands above it."""
        return self.title or self.label

    def verdict(self, low: float, high: float) -> str:
        """What a change from `low` to `high` (the ends of its interval) is: better, worse, or ""
        where it may be none, or where neither is better.
        """
        way = int(low > 0) - int(high < 0)
        return {1: "better", -1: "worse"}.get(self.good * way, "")

    def of(self, team: str) -> Figure:
        """The one of this team, of a figure `by_team`."""
        tile = Tile(f"{self.tile.name}, {team}", self.tile.place) if self.tile.name else NO_TILE
        name, label = f"{self.name}: {team}", f"{self.label}: {team}"
        return replace(self, name=name, label=label, tile=tile)
