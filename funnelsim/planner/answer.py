"""What the steps of a plan hand on: the setting found, how late is too late, the plan itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from funnelsim.distributions import Floats
from funnelsim.journal.provenance import Provenance
from funnelsim.pages import page
from funnelsim.scenario import Scenario
from funnelsim.scenario.parameters import parameter

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.planner.levers import Lever
    from funnelsim.planner.parameter_uncertainty import ParameterUncertainty
    from funnelsim.planner.tested import Backtest
    from funnelsim.state import State


QUANTILES = {"10%": 0.1, "50%": 0.5, "90%": 0.9}  # of single futures
SENTENCES = """\
{% for sentence in sentences %}
<p>{% if loop.first %}<strong>{{ sentence }}</strong>{% else %}{{ sentence }}{% endif %}</p>
{% endfor %}"""


@dataclass(frozen=True)
class Found:
    """Where the search ended: the setting, or None and what stopped it; the error of its logarithm.

    `chance` is that of the target at the setting (at the best one, where there is none), by so
    many `replications`. `limit` is "" where the target is met, else "high" (the lever goes no
    further), "flat" (more of it brings no more), "falls" (more of it brings less), "none" (it
    changes nothing), "avalanche" (more of it brings referrals without end) or "nothing" (nothing
    comes at all). `results` are those at the setting, equal ones spread up to the next step.
    """

    x: float | None
    best: float  # the same, or the setting tried with the best chance: what a plan tells of
    chance: float
    replications: int = 0
    error: float = 0.0
    limit: str = ""
    results: Floats | None = None


@dataclass(frozen=True)
class Solved:
    """How far the lever is turned (in the direction in which it helps), how that was found, and the
    curve: setting (a factor), chance and mean with their standard errors."""

    lever: Lever
    found: Found
    naive_chance: float
    certain: float  # the setting if the conversion were known; NaN where it is
    curve: pd.DataFrame
    method: str
    interval: tuple[float, float]  # how sure the setting itself is (95 %)


@dataclass(frozen=True)
class Deadline:
    """How late is too late for a lead, in days from the start of the scenario.

    `half` is the day from which on fewer than half of the winners get there by the horizon, `last`
    that from which on fewer than one in twenty; `share_in_time` of all winners those who do. NaN
    where nobody wins, and where so long a time cannot be simulated.
    """

    half: float
    last: float
    share_in_time: float


@dataclass(frozen=True, eq=False)
class Plan:
    """From a target back to what it takes. NaN is what does not apply, or what cannot be met.

    What was asked: `today` (the scenario), `target`, `metric`, `probability`, `change`.

    `is_reached`    False: the target cannot be met by what is moved; `sentences` say why and
                    what would move it, and all below describes the best setting that was tried
    `scenario`      the planned scenario: simulate it
    `leads`         leads expected from the warm-up to the horizon, rounded; `leads_low`,
                    `leads_high`: how sure the number itself is (95 %; equal to it for a formula)
    `leads_per_day` the same ÷ days
    `setting`       what was moved, as planned, in words; `setting_today` as it is
    `chance`        of reaching the target with it
    `naive_leads`, `naive_chance`   target ÷ value ÷ conversions, and how often that is enough
    `price_of_not_knowing`   leads of these that certainty about the conversion would save
    `method`        "formula" or "simulation"; `replications` at the planned setting
    `curve`         chance of the target: `leads`, `chance`, `mean` result, `cost`; in a search only
                    between the settings tried, with the standard errors `chance_se` and `mean_se`
                    (0 by a formula); `setting` in place of leads where something else is moved: a
                    number in the unit that `moved` names
    `stages`, `channels`, `reps`, `reps_tried`, `outcome`   tables (see `requirements.py`,
                    `outcomes.py`); `outcome` has a row per result with its mean and quantiles
                    over futures
    `budget`        what the channels cost, in currency; `commission`: how much of that is paid for
                    the planned sales; `cac`; `payback_days`
    `per_sale`      a row per channel: what a sale leaves and costs to win (see `outcomes.py`)
    `deadline`      how late is too late for a lead
    `open_business` what open deals and customers bring (mean, 10 %, 50 %, 90 %) of the metric,
                    None without `initial`; `remaining` what is left of the target on average
    `sentences`     the answer in words, the most important first
    `provenance`    how it was made: the scenario as it was given, and all other arguments
    `backtest`      how far forecasts made of the export have been right, where a calibration was
                    given and its export is long enough (else None); `initial`, `known`: the
                    state at the start, and what is known of the conversion, for `fs.track`
    `over_time`     None without `by`. A row per week, month or quarter: first and last day (`from`,
                    `to`), `days`; `leads`, `reps` there on average (of several teams also
                    `reps, <team>`), `budget` of the channels, what `staff` and `changes` cost;
                    mean `sales` and metric, the metric's quantiles `10%`, `50%`, `90%` in single
                    futures, the same `so far` (up to its end), and the `chance` that the target
                    is reached by its end. Sums over the rows are those of the whole plan

    >>> from funnelsim import load, plan
    >>> p = plan(load("aida"), target=150)
    >>> p.is_reached, p.chance >= 0.9, list(p.channels.index)
    (True, True, ['search ads', 'recommendation'])
    """

    today: Scenario
    target: float
    metric: str
    probability: float
    change: str
    is_reached: bool
    scenario: Scenario
    leads: int
    leads_low: int
    leads_high: int
    leads_per_day: float
    setting: str
    setting_today: str
    chance: float
    naive_leads: int
    naive_chance: float
    price_of_not_knowing: int
    method: str
    replications: int
    curve: pd.DataFrame
    stages: pd.DataFrame
    channels: pd.DataFrame
    reps: pd.DataFrame
    reps_tried: pd.DataFrame
    outcome: pd.DataFrame
    budget: float
    commission: float
    cac: float
    payback_days: float
    per_sale: pd.DataFrame
    deadline: Deadline
    open_business: pd.Series | None
    remaining: float
    sentences: tuple[str, ...]
    provenance: Provenance
    backtest: Backtest | None = None
    initial: State | None = field(default=None, repr=False)
    known: ParameterUncertainty | None = field(default=None, repr=False)
    over_time: pd.DataFrame | None = None

    @property
    def moved(self) -> str:
        """What is moved, in words, with its unit: "leads", "Interest: handling time, days"."""
        is_leads = self.change in ("leads", "budget")
        return "leads" if is_leads else parameter(self.today, self.change).title_in_tables

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    def __repr__(self) -> str:
        reached = f"{self.leads:,} leads" if self.is_reached else "cannot be met"
        return f"<Plan for {self.scenario.name!r}: {reached}>\n{self}"

    def _repr_html_(self) -> str:
        return page(SENTENCES, sentences=self.sentences)
