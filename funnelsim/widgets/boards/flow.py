"""Flow: the leads themselves, as dots on their way through the stages.

    fs.board(fs.load("aida-follow-up"), "flow", beside={"teams.sales.reps": 1})

Play, step, jump to a day; click a dot and read its story. A second world, what was kept or what is
given as `beside`, stands below with the same customers: those who fare differently can be lit up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from funnelsim.errors import Finding, FunnelSimError, Problem
from funnelsim.journal import Journal
from funnelsim.pages import page
from funnelsim.scenario import Scenario
from funnelsim.scenario.parameters import every
from funnelsim.stories import Story, story
from funnelsim.widgets.board import Board, Own, Seen
from funnelsim.widgets.board_text import SENTENCES, foot_html, head_html
from funnelsim.widgets.flow import Flow, counts_html, fares_differently
from funnelsim.widgets.knobs import knobs_named
from funnelsim.widgets.newest import Newest
from funnelsim.widgets.picture import Pair, Picture, SideBySide, Simulated
from funnelsim.widgets.worlds import told_apart

DEFAULT = "aida-follow-up"
MANY = 6  # sliders: the leads are what is looked at
WORKS = "<p>Looking for what would have been otherwise …</p>"


def board(
    scenario: Scenario, simulated: Simulated, beside: Scenario | Mapping[str, Any] | None = None
) -> Board:
    """The flow board as data; `beside` is the second world: a scenario, or what it changes."""
    once = replace(simulated, replications=1, drafted=1)  # it shows a history, and no ranges
    maker = once if beside is None else SideBySide(once, _variant(scenario, beside))
    return Board(
        scenario,
        maker,
        [Own(Shown, Shown.put, Shown.still)],
        knobs_named(scenario, _paths(scenario)[:MANY]),
        line=_line,
        head=_head,
        foot=lambda seen: foot_html(seen.start, dict(seen.change), None),
    )


def _variant(scenario: Scenario, beside: Any) -> Any:
    """What makes the second world of the first: a change of it, or always the same scenario."""
    if isinstance(beside, Scenario):
        return lambda _: beside
    if isinstance(beside, Mapping):
        scenario.vary(dict(beside))  # what is wrong with it is said here
        return lambda first: first.vary(dict(beside))
    rule = "it is a scenario, or a change: what is another in the second world"
    found = Finding(f"a {type(beside).__name__}")
    raise FunnelSimError(str(Problem("beside", found, rule, 'write {"teams.sales.reps": 1}')))


def _paths(s: Scenario) -> list[str]:
    """What makes leads wait, or come back; then how many there are, and how many go on."""
    there = {found.path: found for found in every(s)}
    paths = [f"teams.{team.name}.{key}" for team in s.teams for key in ("reps", "serves")]
    paths += [f"stages.{stage.name}.recovery.probability" for stage in s.stages if stage.recovery]
    paths += ["loyalty.enrolment"]
    paths += [f"channels.{channel.name}.leads_per_day" for channel in s.channels]
    paths += [f"stages.{stage.name}.conversion" for stage in s.stages[:-1]]
    return [path for path in paths if path in there and there[path].value is not None]


# --- two worlds -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Worlds:
    """The journals that are shown, the upper one first, and their titles."""

    journals: tuple[Journal, ...]
    titles: tuple[str, ...]


def worlds(seen: Seen) -> Worlds:
    """What was kept above what is now; or what is now above the world beside it; or that alone."""
    now: Picture | Pair = seen.now
    here = now.here if isinstance(now, Pair) else now
    if seen.before is not None:
        kept = seen.before.here if isinstance(seen.before, Pair) else seen.before
        pair = kept.journal, here.journal
    elif isinstance(now, Pair):
        pair = here.journal, now.there.journal
    else:
        return Worlds((here.journal,), (here.scenario.name,))
    return Worlds(pair, told_apart(*(journal.scenario for journal in pair)))


def _head(seen: Seen) -> str:
    journal = worlds(seen).journals[-1 if seen.before else 0]
    return head_html(journal.scenario, seen.now.horizon, journal.seed, kept=False, board="flow")


def _line(seen: Seen) -> str:
    """How many fare differently; or what there is to do."""
    shown = worlds(seen)
    if len(shown.journals) < 2:
        count = f"{shown.journals[0].rows('leads'):,}"
        more = "“Keep as today” and a moved slider put a second world below: the same customers."
        return page(SENTENCES, said=f"{count} leads, a dot each", more=more)
    upper, lower = shown.journals
    sales = [int((j.leads["outcome"] == "customer").sum()) for j in shown.journals]
    differ, leads = int(fares_differently(upper, lower).sum()), upper.rows("leads")
    more = f"Customers: {sales[0]:,} above, {sales[1]:,} below."
    return page(SENTENCES, said=f"{differ:,} of {leads:,} leads fare differently", more=more)


# --- the widget -----------------------------------------------------------------------------------


class Shown(Flow):
    """The flow of a board: a lead that is chosen gets its story."""

    def __init__(self) -> None:
        super().__init__()
        self._worlds = Worlds((), ())
        self._newest = Newest(self._stories, lambda html: setattr(self, "story", html))
        self.observe(lambda _: self._chosen(), "chosen")

    def put(self, seen: Seen) -> None:
        """Show what there is to see, unless it is shown already."""
        found = worlds(seen)
        if found.journals != self._worlds.journals:
            self._worlds = found
            self.show(list(zip(found.titles, found.journals, strict=True)))

    def still(self, _: Seen) -> str:
        """How many are where, on the day that is looked at."""
        pairs = zip(self._worlds.titles, self._worlds.journals, strict=True)
        return "".join(counts_html(title, journal, self.day) for title, journal in pairs)

    def _chosen(self) -> None:
        if self.chosen:
            journal = self._worlds.journals[self.chosen["world"]]
            self._newest.ask(story(journal, self.chosen["lead"]))

    def _stories(self, of: Story) -> Iterator[str]:
        """The story at once; then with what would have been otherwise, which is simulated."""
        yield of.html(with_otherwise=False) + WORKS
        yield of.html()
