"""Whoever does the work of an experiment, and whatever becomes of them: the same table."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest
from test_experiment import AIDA, quiet, same

import funnelsim as fs
from funnelsim import engines
from funnelsim.experiment import chunks


def test_chunks_are_all_of_the_work_once():
    work = chunks.chunks(2, range(5, 1005), 32)
    for scenario in (0, 1):
        assert [r for n, part in work if n == scenario for r in part] == list(range(5, 1005))


def test_threads_give_the_same_table(seed):
    with ThreadPoolExecutor(3) as pool:
        same(quiet(n=40, seed=seed).table, quiet(n=40, seed=seed, executor=pool).table)


class Broken(Executor):
    """Loses what it is given: with every second chunk a worker dies, or all of it does."""

    def __init__(self, error, every=2):
        self.error, self.every, self.asked = error, every, 0

    def submit(self, work, *given, **named):
        future = Future()
        self.asked += 1
        if self.asked % self.every:
            future.set_result(work(*given, **named))
        else:
            future.set_exception(self.error)
        return future


@pytest.mark.parametrize("error", [BrokenProcessPool("gone"), ConnectionResetError(), EOFError()])
@pytest.mark.parametrize("every", [1, 2])
def test_a_lost_chunk_is_done_again(error, every, seed):
    x = quiet(n=40, seed=seed, executor=Broken(error, every))
    same(quiet(n=40, seed=seed).table, x.table)
    assert "A worker was lost" in x.warnings[0]


def test_an_executor_that_refuses_all_costs_nothing_but_time(seed):
    class Refuses(Executor):
        def submit(self, *_, **__):
            raise BrokenProcessPool("gone")

    same(quiet(seed=seed).table, quiet(seed=seed, executor=Refuses()).table)


def test_an_error_of_the_model_is_raised_as_it_is():
    too_many = AIDA.vary({"channels.search ads.leads_per_day": 1e6})
    for executor in (None, ThreadPoolExecutor(1)):
        with pytest.raises(fs.FunnelSimError, match="leads are expected"):
            quiet(too_many, executor=executor)


@pytest.fixture
def interrupted(monkeypatch):
    """Ctrl-C after so many replications, each simulated on its own."""

    def after(count):
        calls, whole = iter(range(100)), chunks.summaries

        def summaries(together):
            if next(calls) == count:
                raise KeyboardInterrupt
            return whole(together)

        monkeypatch.setattr(chunks, "summaries", summaries)
        monkeypatch.setattr(engines, "LEADS_TOGETHER", 1)

    return after


def test_ctrl_c_keeps_what_is_finished_and_says_so(interrupted, capsys):
    interrupted(7)
    x = quiet(n=20)
    assert x.interrupted
    assert list(x.table.index) == list(range(7))
    assert "Stopped after 7 of 20 replications" in capsys.readouterr().out


def test_ctrl_c_leaves_a_comparison_with_whole_pairs(interrupted, monkeypatch):
    monkeypatch.setattr(chunks, "MUCH", 1)  # as if these were seconds of work
    interrupted(13)
    better = AIDA.vary({"stages.Interest.conversion": 0.6})
    c = fs.compare({"today": AIDA, "better": better}, n=20, progress=False)
    assert c.interrupted
    assert c.table.loc["today"].index.tolist() == c.table.loc["better"].index.tolist()
    assert len(c.table.loc["today"]) >= 5


def test_ctrl_c_before_anything_is_finished_is_a_ctrl_c(interrupted):
    interrupted(0)
    with pytest.raises(KeyboardInterrupt):
        quiet()


def test_ctrl_c_beside_an_executor_keeps_what_is_finished(monkeypatch):
    class Slow(Broken):
        """Does the first three chunks; the others are never finished."""

        def submit(self, work, *given, **named):
            self.asked += 1
            if self.asked > 3:
                return Future()
            future = Future()
            future.set_result(work(*given, **named))
            return future

    def interrupted(futures):
        yield next(iter(futures))
        raise KeyboardInterrupt

    monkeypatch.setattr(chunks, "as_completed", interrupted)
    x = quiet(n=4 * chunks.MOST, executor=Slow(None))
    assert x.interrupted
    assert len(x.table) == 3 * chunks.MOST  # three chunks of four


def test_nothing_is_written_to_stderr(capfd):
    fs.replicate(AIDA, 3)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
