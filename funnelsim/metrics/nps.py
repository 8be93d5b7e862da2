"""The net promoter score with what chance does to it: so many were asked, and no more.

Each answer is +1 (promoter), -1 (detractor) or 0 (passive), so with the shares p and d the score's
standard error is that of a mean: 100 √((p + d − (p − d)²) ÷ n).
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from funnelsim.arguments import a_confidence, a_whole_number, refused
from funnelsim.distributions import Floats, Ints
from funnelsim.journal import DETRACTOR, FEELINGS, NEVER, PASSIVE, PROMOTER, Journal
from funnelsim.metrics.basis import ratio

if TYPE_CHECKING:
    import pandas as pd

ADDED = 0.75  # answers of promoters, and of detractors, that the interval adds
ADDED_IN_ALL = 3.0
MOST = 10**12
WAY_OUT = 'write fs.nps(journal), or fs.nps({"promoter": 20, "passive": 21, "detractor": 9})'


class Answers(NamedTuple):
    """How many answered so, of each replication."""

    promoters: Ints
    passives: Ints
    detractors: Ints

    @property
    def asked(self) -> Ints:
        return self.promoters + self.passives + self.detractors


def answers_of(journal: Journal) -> Answers:
    """Of kept orders placed since the warm-up; one that is not closed yet says nothing."""
    t = journal.whole["orders"]
    since = t["placed"] >= journal.scenario.warm_up
    said = (t["satisfaction"] != NEVER) & since
    counts = journal.counts("orders", t["satisfaction"], len(FEELINGS), said)
    return Answers(counts[:, PROMOTER], counts[:, PASSIVE], counts[:, DETRACTOR])


def score(answers: Answers) -> Floats:
    """Promoters less detractors of a hundred; NaN where nobody was asked."""
    return ratio(100 * (answers.promoters - answers.detractors), answers.asked)


def standard_error(answers: Answers) -> Floats:
    """Of the score, of a sample as large as these answers; NaN where nobody was asked."""
    return 100 * _standard_error(answers.promoters, answers.detractors, answers.asked)


def _standard_error(promoters: ArrayLike, detractors: ArrayLike, asked: ArrayLike) -> Floats:
    n = np.asarray(asked, dtype=float)
    p, d = ratio(np.asarray(promoters, float), n), ratio(np.asarray(detractors, float), n)
    found: Floats = np.sqrt(ratio(p + d - (p - d) ** 2, n))
    return found


def nps(answers: Journal | Mapping[str, int], confidence: float = 0.95) -> pd.Series:
    """The net promoter score of so many answers, with its standard error and an interval.

    `answers` is a journal (each order kept since the warm-up is asked once) or how many said what,
    of a survey or a sample: a mapping or a Series with "promoter", "passive" and "detractor" (who
    gave 9 or 10, 7 or 8, 0 to 6 of 10; left out is none). The Series returned has `asked`,
    `promoters`, `passives`, `detractors`, and, from -100 to 100:

    - `nps` = 100 × (promoters − detractors) ÷ asked (F. Reichheld, "The One Number You Need to
      Grow", Harvard Business Review 81, 2003)
    - `se`, its standard error: 100 √((p + d − (p − d)²) ÷ asked), with p and d the shares
    - `low` and `high`, an interval that holds the true score with the `confidence`: the adjusted
      Wald one, with 3 answers added, ¾ of them promoters and ¾ detractors (B. Rocks, "Interval
      Estimation for the 'Net Promoter Score'", The American Statistician 70, 2016). So 12
      promoters of 12 are no certainty, as the standard error would have it

    It is what chance does if those asked are drawn by lot, and all of them answer. Who answers only
    when delighted or angry is no matter of chance, and more of them do not help. NaN where nobody
    was asked. Raises `FunnelSimError` for answers of another kind, or a number of them below 0.

    >>> sample = nps({"promoter": 20, "passive": 21, "detractor": 9})
    >>> [round(float(sample[name]), 1) for name in ("nps", "se", "low", "high")]
    [22.0, 10.3, 1.1, 40.4]
    >>> from funnelsim import load, simulate
    >>> year = nps(simulate(load("aida-loyalty-advocacy"), seed=1))
    >>> bool(year.low < year.nps < year.high)
    True
    """
    import pandas as pd

    z = NormalDist().inv_cdf((1 + a_confidence(confidence)) / 2)
    said = answers_of(answers) if isinstance(answers, Journal) else _counted(answers)
    more, less, asked = (said.promoters + ADDED, said.detractors + ADDED, said.asked + ADDED_IN_ALL)
    middle, half = 100 * (more - less) / asked, 100 * z * _standard_error(more, less, asked)
    known = said.asked > 0
    found = {
        "asked": said.asked,
        "promoters": said.promoters,
        "passives": said.passives,
        "detractors": said.detractors,
        "nps": score(said),
        "se": standard_error(said),
        "low": np.where(known, np.maximum(middle - half, -100.0), np.nan),
        "high": np.where(known, np.minimum(middle + half, 100.0), np.nan),
    }
    return pd.Series({name: float(value[0]) for name, value in found.items()}, name="nps")


def _counted(given: Any) -> Answers:
    """Counts by name as answers, of one replication."""
    import pandas as pd

    if not isinstance(given, Mapping | pd.Series):
        rule = "nps takes a journal, or how many answered so"
        raise refused("answers", given, rule, WAY_OUT)
    counts = {str(name): count for name, count in given.items()}
    for name in counts:
        if name not in FEELINGS:
            rule = f"an answer is one of {', '.join(FEELINGS)}"
            raise refused("answers", name, rule, WAY_OUT)
    whole = {
        name: a_whole_number(name, count, 0, MOST, "it is how many answered so, 0 or more")
        for name, count in counts.items()
    }
    return Answers(*(np.array([whole.get(name, 0)]) for name in FEELINGS))
