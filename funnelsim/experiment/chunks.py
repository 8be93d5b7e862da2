"""The work of an experiment, in chunks of replications: here, in a pool, or on a cluster.

`run` measures every replication of every scenario. Without an executor it does so one by one in
this process; with one (any `concurrent.futures.Executor`) it hands over chunks, a plain function
with a scenario, a seed and a range. How the work is cut never changes a result, since a
replication depends on nothing but its scenario, seed and number.

A chunk whose worker was lost is handed over once more, and then done in this process. An error of
the model itself is raised as it is. Ctrl-C keeps what is finished.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, as_completed
from dataclasses import dataclass, field
from typing import Any

from funnelsim.analytic.arrivals import expected_leads
from funnelsim.arguments import a_seed, a_whole_number, refused
from funnelsim.engines import simulate_together
from funnelsim.errors import Finding, FunnelSimError
from funnelsim.journal import Journal
from funnelsim.journal.together import Together
from funnelsim.metrics import key_figures
from funnelsim.progress import Bar
from funnelsim.scenario import Scenario, a_scenario
from funnelsim.state import State, a_state, from_today

Measure = Callable[[Together], Iterable[Any]]
"""What is asked of replications, one answer each; of a module, since it travels to processes."""
Chunk = tuple[int, range]  # the number of a scenario, and its replications
HandOver = Callable[[int, range], Future[Any]]
LEAST_PARTS = min(os.cpu_count() or 4, 4)  # chunks of a scenario, so that all workers have some
MOST_PARTS = 32  # where there is much to do
LEADS = 200_000  # in a chunk, about: a tenth of a second
MUCH = 400_000  # leads of several scenarios: from a second on Ctrl-C keeps what is finished
MOST = 100  # replications in a chunk
ROUNDS = 2  # how often a chunk is handed to the executor


@dataclass
class Outcome:
    """`results[scenario][replication]`, whether Ctrl-C ended it, and what there is to say."""

    results: list[dict[int, Any]]
    interrupted: bool = False
    sentences: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        return sum(map(len, self.results))


def measured(
    measure: Measure, scenario: Scenario, seed: int, replications: range, initial: State | None
) -> list[Any]:
    """A chunk: what is asked of each of these replications, in order."""
    answers: list[Any] = []
    for together in simulate_together(scenario, seed, replications, initial):
        answers.extend(measure(together))
        del together  # before the next ones are simulated
    return answers


def of_each(ask: Callable[[Journal], Any], together: Together) -> list[Any]:
    """The answer of each replication to what can only be asked of a single journal."""
    return [ask(journal) for journal in together.split()]


def summaries(journal: Journal) -> list[dict[str, float]]:
    """`summary` of each replication as it travels between processes: plain numbers by name."""
    figures = key_figures(journal)
    columns = (values.astype(float).tolist() for values in figures.values())
    return [dict(zip(figures, row, strict=True)) for row in zip(*columns, strict=True)]


def figures_and_journal(journal: Journal) -> tuple[dict[str, float], Journal]:
    """The key figures, and the journal without the tables that they were read from."""
    tables = {name: dict(table) for name, table in journal.whole.items()}
    which = (journal.scenario, journal.seed, journal.replication, journal.engine)
    told = Journal(*which, tables, journal.initial)
    return summaries(told)[0], told


def run(
    measure: Measure,
    scenarios: Sequence[Scenario],
    seed: int,
    replications: range,
    executor: Executor | None,
    bar: Bar,
    initial: State | None = None,
) -> Outcome:
    """What `measure` says of each replication of each scenario."""
    outcome, seed = Outcome([{} for _ in scenarios]), a_seed(seed)
    if executor is None and len(scenarios) == 1:  # whole, which is quickest
        parts = 1
    elif executor is None:  # so too, but for so much that it may be stopped on the way
        leads = len(replications) * sum(map(expected_leads, scenarios))
        parts = 1 if leads < MUCH else 4
    else:
        leads = len(replications) * max(map(expected_leads, scenarios), default=0.0)
        parts = int(min(max(leads / LEADS, LEAST_PARTS), MOST_PARTS))
    work = chunks(len(scenarios), replications, parts)
    try:
        if executor is not None:

            def hand_over(number: int, part: range) -> Future[Any]:
                return executor.submit(measured, measure, scenarios[number], seed, part, initial)

            work = _on(executor, work, hand_over, outcome, bar)
        for number, part in work:
            for together in simulate_together(scenarios[number], seed, part, initial):
                values = measure(together)
                outcome.results[number].update(zip(together.replications, values, strict=True))
                bar.update(len(together.replications))
                del together  # before the next ones are simulated
    except KeyboardInterrupt:
        if not outcome.done:
            raise
        outcome.interrupted = True
    return outcome


def chunks(scenarios: int, replications: range, parts: int) -> list[Chunk]:
    """The work in about so many parts for a scenario, all scenarios of a range side by side.

    So what is finished when it stops are the same replications of each.

    >>> chunks(2, range(3), parts=2)
    [(0, range(0, 2)), (1, range(0, 2)), (0, range(2, 3)), (1, range(2, 3))]
    """
    size = min(MOST, -(-len(replications) // parts))
    starts = range(0, len(replications), max(size, 1))
    return [(n, replications[at : at + size]) for at in starts for n in range(scenarios)]


# --- on an executor ---------------------------------------------------------------------------


def _on(
    executor: Executor,
    work: list[Chunk],
    hand_over: HandOver,
    outcome: Outcome,
    bar: Bar,
) -> list[Chunk]:
    """Has the executor do the work; returns the chunks that it has twice lost."""
    lost_before = 0
    for _ in range(ROUNDS):
        futures, refused = _handed_over(executor, work, hand_over)
        work = refused + _collected(futures, outcome, bar)
        if not work:
            break
        lost_before = lost_before or sum(len(part) for _, part in work)
    if lost_before:
        where = "in this process" if work else "by the others"
        outcome.sentences.append(
            f"A worker was lost: {lost_before:,} replications were simulated again, {where}; "
            "their figures are the same."
        )
    return work


def _handed_over(
    executor: Executor, work: list[Chunk], hand_over: HandOver
) -> tuple[dict[Future[Any], Chunk], list[Chunk]]:
    """The futures of these chunks, and the chunks that a broken executor refused."""
    futures: dict[Future[Any], Chunk] = {}
    for place, (number, part) in enumerate(work):
        try:
            future = hand_over(number, part)
        except Exception as error:
            if is_loss(error):
                return futures, work[place:]
            if isinstance(error, RuntimeError):  # what executors say that were shut down
                rule = f"it takes no more work: {error}"
                raise _no_executor(executor, rule) from error
            raise
        futures[future] = number, part
    return futures, []


def _collected(futures: dict[Future[Any], Chunk], outcome: Outcome, bar: Bar) -> list[Chunk]:
    """Puts results in their place as they come; returns the chunks that were lost on the way."""
    lost: list[Chunk] = []
    waiting = dict(futures)

    def take(future: Future[Any]) -> None:
        number, part = waiting.pop(future)
        try:
            values = future.result()
        except (Exception, CancelledError) as error:
            if not is_loss(error):
                raise
            lost.append((number, part))
        else:
            outcome.results[number].update(zip(part, values, strict=True))
            bar.update(len(part))

    try:
        for future in as_completed(futures):
            take(future)
    except KeyboardInterrupt:
        for future in list(waiting):
            if future.done() and not future.cancelled() and not future.exception():
                take(future)
        raise
    finally:
        for future in waiting:
            future.cancel()
    return lost


def is_loss(error: BaseException) -> bool:
    """Whether this is about the worker or the way to it, and not about the model.

    Dask's own errors (KilledWorker, CommClosedError) are known by where they come from, so that
    nothing of it needs to be installed.
    """
    gone = (BrokenExecutor, CancelledError, ConnectionError, EOFError)
    return isinstance(error, gone) or type(error).__module__.split(".")[0] == "distributed"


# --- what is asked for ------------------------------------------------------------------------


def begun(value: object, initial: object, name: str) -> tuple[Scenario, State | None]:
    """The value, if it is a scenario, as it begins with this state, and the state, if it is one.

    A state takes the place of the warm-up.
    """
    scenario, state = a_scenario(value, name), a_state(initial, name)
    return (scenario, None) if state is None else (from_today(scenario), state)


def a_number_of_replications(n: object, least: int = 1) -> int:
    """The value, if it is a whole number of at least so many."""
    why = "" if least == 1 else ", since an interval needs several"
    return a_whole_number("n", n, least, rule=f"it is a whole number of at least {least}{why}")


def an_executor(executor: object) -> Executor | None:
    """The value, if it is none or a `concurrent.futures.Executor`."""
    if executor is None or isinstance(executor, Executor):
        return executor
    raise _no_executor(executor, "it is a concurrent.futures.Executor")


def _no_executor(executor: object, rule: str) -> FunnelSimError:
    is_a = f"a {type(executor).__name__}"
    found = Finding(f"the class {executor.__name__}" if isinstance(executor, type) else is_a)
    way_out = "give ProcessPoolExecutor() or, from a Dask client, client.get_executor()"
    return refused("executor", found, rule, way_out)
