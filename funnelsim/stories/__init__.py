"""The story of one lead, in sentences with times; and what would have become of it otherwise.

    print(fs.story(journal, 17))

`told.py` makes the events of the journal's rows, `otherwise.py` simulates the same customers with
one thing changed. A lead that nobody called in time, and that had bought had a rep been free, says
more of a queue than any mean.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from funnelsim.arguments import a_whole_number, refused
from funnelsim.errors import Finding
from funnelsim.journal import Journal
from funnelsim.metrics.basis import a_journal
from funnelsim.pages import page
from funnelsim.stories.otherwise import Otherwise, otherwise
from funnelsim.stories.told import Event, told, when

if TYPE_CHECKING:
    import pandas as pd

HTML = """<div class="funnelsim-story"><h3>{{ title }}</h3>
<ol>{% for when, sentence in lines %}<li><time>{{ when }}</time> {{ sentence }}</li>
{%- endfor %}</ol>
{% if others %}<h4>And otherwise?</h4><ul>
{%- for line in others %}<li>{{ line }}</li>{% endfor %}</ul>{% endif %}</div>"""


def story(journal: Journal, lead: int) -> Story:
    """What happened to one lead of a journal, and what would have become of it otherwise.

    `lead` is its number, as in `journal.leads`. Returns a `Story`: printed, it is sentences with
    times; `.table` has the events, `.otherwise` the same lead in other worlds. Raises
    FunnelSimError for what is no journal of one simulation, and for a lead that is not there.

    >>> import funnelsim as fs
    >>> journal = fs.simulate(fs.load("aida-follow-up"), seed=1)
    >>> print(fs.story(journal, 67))
    Lead 67 of AIDA with follow-up, seed 1
    Wed 06 Jan 2027, 05:48  Comes in by way of search ads, into Attention.
    ...
    Thu 07 Jan 2027, 12:47  Waits for a call by sales.
    Thu 07 Jan 2027, 15:24  Has waited 2.6 h and has gone cold: lost in Desire.
    Had a rep been free, it would have been lost in Desire on ...: changed mind.
    """
    journal = a_journal(journal, "story")
    if len(journal.replications) > 1:
        found = Finding(f"one of {len(journal.replications):,} replications together")
        raise refused("journal", found, "a story is of one", "take one of journal.split()")
    if not (count := journal.rows("leads")):
        raise refused("lead", lead, "nobody has come in this journal")
    rule = f"this is the number of a lead of the journal, 0 to {count - 1}"
    return Story(journal, a_whole_number("lead", lead, 0, count - 1, rule))


class Story:
    """The story of the lead number `.lead` of a journal: `.text`, `.table`, `.otherwise`.

    >>> import funnelsim as fs
    >>> story = fs.story(fs.simulate(fs.load("aida-follow-up"), seed=1), 67)
    >>> list(story.table.columns)
    ['day', 'time', 'event', 'stage', 'rep', 'sentence']
    """

    def __init__(self, journal: Journal, lead: int) -> None:
        self.lead, self._journal = lead, journal

    @cached_property
    def _events(self) -> list[Event]:
        return told(self._journal, self.lead)

    @cached_property
    def _others(self) -> list[Otherwise]:
        return otherwise(self._journal, self.lead)

    @property
    def title(self) -> str:
        """Which lead it is, and of which simulation."""
        j = self._journal
        which = f", replication {j.replication}" if j.replication else ""
        return f"Lead {self.lead} of {j.scenario.name}, seed {j.seed}{which}"

    @property
    def text(self) -> str:
        """What happened, a line for each event."""
        return "\n".join([self.title, *(f"{when}  {line}" for when, line in self._lines())])

    @cached_property
    def table(self) -> pd.DataFrame:
        """The events in order, a row each.

        `day` since the start, `time` by the calendar, `event` (came, waits, called, talked,
        decided, lost, message, came back, bought, ordered, joined, order ended, recommended,
        offered more, over), `stage` and `rep` where there is one, and the `sentence` that says it.
        """
        import numpy as np
        import pandas as pd

        from funnelsim.distributions import DAY

        since = np.array([event.time for event in self._events]).astype("timedelta64[us]")
        columns = {
            "day": [event.time / DAY for event in self._events],
            "time": np.datetime64(self._journal.scenario.start, "us") + since,
            **{
                name: [getattr(event, name) or None for event in self._events]
                for name in ("event", "stage", "rep", "sentence")
            },
        }
        return pd.DataFrame(columns)

    @cached_property
    def otherwise(self) -> pd.DataFrame:
        """The same lead where one thing was different, a row for each that could have mattered.

        Each is a simulation of the same customers, with the same seed and replication and what
        `change` says (as `Scenario.vary` takes it): had a rep been free (if this lead waited),
        had nobody forgotten to call, had no message been sent (those who come back anyway still
        do), had it been a member, or not been one. The first row is what did happen. All customers
        live in the changed world, so others may be in this one's way there, or no longer are.

        Columns: what, change, outcome (customer, lost, open, or "never came": whom nobody
        recommended), stage and reason of a loss, decided (day), orders, paid (in currency, of
        orders kept, those of deals sold to it later too), sentence.
        """
        import pandas as pd

        return pd.DataFrame([other.row() for other in self._others])

    def _lines(self) -> list[tuple[str, str]]:
        start = self._journal.scenario.start
        return [(when(start, event.time), event.sentence) for event in self._events]

    def _told_otherwise(self) -> list[str]:
        return [other.sentence for other in self._others[1:]]

    def html(self, with_otherwise: bool = True) -> str:
        """The story as a piece of a page; what would have been otherwise takes longer."""
        others = self._told_otherwise() if with_otherwise else []
        return page(HTML, title=self.title, lines=self._lines(), others=others)

    def _repr_html_(self) -> str:
        return self.html()

    def __str__(self) -> str:
        return "\n".join([self.text, *self._told_otherwise()])

    __repr__ = __str__
