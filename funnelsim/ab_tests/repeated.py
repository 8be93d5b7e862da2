"""The same test a thousand times: how often it is right, and how far off when it is.

Each replication is a firm that makes the test and believes it. The truth is beside it: what the
same customers would do, all in A and all in B, over all replications. So one can count what nobody
can see: false alarms, misses, and by how much the effects that were significant are exaggerated
(the winner's curse: A. Gelman and J. Carlin, Beyond Power Calculations: Assessing Type S (Sign)
and Type M (Magnitude) Errors, Perspectives on Psychological Science 9, 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.ab_tests import effects as of
from funnelsim.ab_tests.looks import KINDS, stopping_limits
from funnelsim.ab_tests.one_test import LIFT, POWER, a_plan, any_day, asked, the_control
from funnelsim.ab_tests.sums import Measured, Sums, journal_sums
from funnelsim.arguments import a_choice, a_number, a_whole_number
from funnelsim.distributions import DAY, Floats
from funnelsim.experiment import chunks
from funnelsim.experiment.intervals import student_t
from funnelsim.experiment.replications import stopped
from funnelsim.journal.provenance import Provenance
from funnelsim.journal.together import Together
from funnelsim.metrics.groups import wilson_interval
from funnelsim.progress import progress_bar
from funnelsim.scenario import Scenario, a_scenario
from funnelsim.tables import figure_text, say

if TYPE_CHECKING:
    import pandas as pd

END, SOME = "significant at the end", "significant on some look"
MISSED, WRONG = "missed at the end", "significant the wrong way round"
HOLDS, ANY_DAY = "interval holds the truth", "always-valid p on some look"
BEYOND = {kind: f"beyond the limits of {kind} on some look" for kind in KINDS}


@dataclass(eq=False)
class RepeatedTest:
    """A test over many replications, with the truth beside it.

    - `table`: a row per replication (the index): `control` and `other`, the values of the arms;
      `difference` with `low` and `high`; `p` at the end, `lowest_p` of all looks; `truth`, the
      difference with everybody in one arm and in the other
    - `summary`: a row for each thing that is counted, with `share` of the replications and its
      Wilson interval `low`, `high`. "significant at the end" is power, or without an effect false
      alarms; the rows of looks say what stopping at the first significant look would do
    - `truth` with `truth_low` and `truth_high`: the mean true difference and its 95 % interval; 0
      exactly where the arms do not differ (`is_null`)
    - `exaggeration`: how many times the true difference the significant ones say on average; NaN
      without an effect, or without a significant one
    - `interrupted` is True after Ctrl-C, `sentence` says it in words

    >>> import funnelsim as fs
    >>> same = fs.load("shop-with-experiment").vary({"arms.new page.odds_ratio": 1})
    >>> found = fs.repeat_ab_test(same.vary({"horizon": "2 days"}), n=4, looks=2, progress=False)
    >>> found.is_null, found.truth, "significant at the end" in found.summary.index
    (True, 0.0, True)
    """

    scenario: Scenario
    figure: str
    arms: tuple[str, str]
    table: pd.DataFrame
    summary: pd.DataFrame
    truth: float
    truth_low: float
    truth_high: float
    exaggeration: float
    interrupted: bool
    provenance: Provenance
    tested: Measured = field(repr=False)

    @property
    def is_null(self) -> bool:
        """Whether there is nothing to find: the arms do the same with every customer."""
        return bool((self.table["truth"] == 0).all())

    @property
    def sentence(self) -> str:
        """What became of it in words."""
        share = {name: figure_text(value, "share") for name, value in self.summary["share"].items()}
        if self.is_null:
            return (
                f"{self.arms[1]} does what {self.arms[0]} does, and still {share[END]} of the "
                f"tests are significant at the end and {share[SOME]} on some look."
            )
        told = (
            f"{share[END]} of the tests are significant at the end, {share[SOME]} on some look; "
            f"{share[WRONG]} are significant the wrong way round."
        )
        if np.isfinite(self.exaggeration):
            told += (
                f" Those that are say {self.exaggeration:.2f} times the true difference on average."
            )
        return told

    def __repr__(self) -> str:
        count = f"{len(self.table):,} replications"
        head = f"<RepeatedTest: {self.figure} of {self.scenario.name!r}, {count}>"
        return f"{head}\n{self.sentence}"


def repeat_ab_test(
    scenario: Scenario,
    figure: str | None = None,
    n: int = 1000,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool = True,
    *,
    looks: int | Sequence[float] = 1,
    within: str | None = None,
    control: str | None = None,
    arm: str | None = None,
    lift: float = LIFT,
    confidence: float = 0.95,
) -> RepeatedTest:
    """The test in n replications of a scenario with `[[arms]]`, and the truth beside it.

    `looks` is how many there are between warm-up and horizon, all as far apart and the last at the
    horizon, or the days of them. `arm` is held against `control` (default: the second against the
    first); the other arguments as in `ab_test`. `executor` as in `replicate`, with the same
    results. Each replication is simulated three times: as the firm sees it, and all in either arm.

    Raises `FunnelSimError` for a scenario without arms, a figure, arm, n or executor that is none;
    KeyboardInterrupt where Ctrl-C comes before two replications have been seen in both arms.

    >>> import funnelsim as fs
    >>> s = fs.load("shop-with-experiment")
    >>> found = fs.repeat_ab_test(s, n=3, looks=4, progress=False)
    >>> found.table.columns.tolist()
    ['control', 'other', 'difference', 'low', 'high', 'p', 'lowest_p', 'truth']
    """
    scenario = a_scenario(scenario, "repeat_ab_test")
    tested, span = asked(scenario, figure, within)
    n, executor = chunks.a_number_of_replications(n, least=2), chunks.an_executor(executor)
    lift = a_plan(lift, POWER, confidence).lift
    names = [one.name for one in scenario.arms]
    first = the_control(names, control)
    others = [name for name in names if name != first]
    other = others[0] if arm is None else a_choice("arm", arm, others, "it is no other arm")
    days = _days(scenario, looks)
    ends = [round(day * DAY) for day in days]
    seen = partial(_sums, figure=tested.name, ends=ends, span=span, by_arm=True)
    so = partial(_sums, figure=tested.name, ends=ends[-1:], span=span, by_arm=False)
    results: list[dict[int, Any]] = []
    interrupted = False
    with progress_bar(3 * n, progress) as bar:
        for measure, world in (
            (seen, scenario), (so, scenario.all_in(first)), (so, scenario.all_in(other))
        ):  # fmt: skip
            outcome = chunks.run(measure, [world], seed, range(n), executor, bar)
            results.append(outcome.results[0])
            interrupted = interrupted or outcome.interrupted
    done = sorted(set.intersection(*(set(each) for each in results)))
    if len(done) < 2:  # nothing can be counted
        raise KeyboardInterrupt
    if interrupted:
        say(stopped(len(done), n))
    tests, in_first, in_other = (
        Sums(*np.moveaxis(np.array([each[r] for r in done]), -1, 0)) for each in results
    )
    truths = of.estimates(in_other).value - of.estimates(in_first).value
    places = [names.index(first), names.index(other)]
    made = Provenance("experiment", scenario, int(seed), {"n": n, "looks": days})
    told = of.estimates(tests)
    table, summary = _counted(told, places, truths[:, 0, 0], days, lift, confidence)
    table = table.set_axis(done).rename_axis("replication")
    mean, error = table["truth"].mean(), table["truth"].std(ddof=1) / len(table) ** 0.5
    half = float(student_t(0.95, len(table))) * error
    found = table.loc[table["p"] < 1 - confidence, "difference"]
    times = found.abs().mean() / abs(mean) if mean and len(found) else float("nan")
    return RepeatedTest(
        scenario, tested.name, (first, other), table, summary, float(mean), float(mean - half),
        float(mean + half), float(times), interrupted, made, tested,
    )  # fmt: skip


def _sums(
    together: Together, figure: str, ends: list[int], span: int | None, by_arm: bool
) -> list[Any]:
    """Of each replication the sums of its looks and arms, shape (looks, arms, 6)."""
    looks = [journal_sums(together, figure, end, span, by_arm) for end in ends]
    # (6, looks, replications, arms) as (replications, looks, arms, 6)
    return list(np.array([list(sums) for sums in looks]).transpose(2, 0, 3, 1))


def _days(scenario: Scenario, looks: Any) -> list[float]:
    """The days of the looks."""
    first, last = scenario.warm_up / DAY, scenario.horizon / DAY
    if isinstance(looks, Sequence | np.ndarray) and not isinstance(looks, str):
        days = [a_number("looks", day, above=first, high=last) for day in looks]
        return sorted(set(days)) or [last]
    count = a_whole_number("looks", looks, 1, 1000)
    return [first + (last - first) * number / count for number in range(1, count + 1)]


def _counted(
    told: of.Estimate, places: list[int], truth: Floats, days: list[float], lift: float,
    confidence: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """A row for each replication, and what is counted of them."""
    import pandas as pd

    first, second = (told.of(place) for place in places)  # shape (replications, looks)
    found = of.effect(first, second, confidence)
    alpha, p = 1 - confidence, np.where(np.isfinite(found.p), found.p, 1.0)
    end = [values[:, -1] for values in (first.value, second.value, *found[:1], *found[2:4])]
    names = ["control", "other", "difference", "low", "high"]
    table = pd.DataFrame(dict(zip(names, end, strict=True)))
    table["p"], table["lowest_p"], table["truth"] = p[:, -1], p.min(axis=1), truth
    mean = float(truth.mean())
    z = np.abs(z_of(found))
    counted = {END: p[:, -1] < alpha, SOME: (p < alpha).any(axis=1)}
    for kind, name in BEYOND.items():
        limits = stopping_limits(len(days), alpha, kind)["z"].to_numpy()
        counted[name] = (z > limits).any(axis=1)
    counted[ANY_DAY] = (any_day(found, first.value[:, -1:].mean(), lift) < alpha).any(axis=1)
    counted[HOLDS] = (table["low"] <= mean) & (mean <= table["high"])
    if mean:
        counted[MISSED] = ~counted[END]
        counted[WRONG] = counted[END] & (np.sign(table["difference"]) != np.sign(mean))
    summary = pd.DataFrame({"share": {name: np.mean(these) for name, these in counted.items()}})
    low, high = wilson_interval(summary["share"] * len(table), np.full(len(summary), len(table)))
    summary["low"], summary["high"] = low, high
    return table, summary.rename_axis("counted")


def z_of(effect: of.Effect) -> Floats:
    """z of each look, 0 where nothing can be said."""
    nothing = np.zeros(effect.error.shape)
    known = effect.error > 0
    return np.divide(np.nan_to_num(effect.difference), effect.error, out=nothing, where=known)
