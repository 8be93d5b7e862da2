"""The same figures in one process, in a pool and on a Dask cluster, with workers killed too.

The cluster is a real one of two worker processes on this machine, without a dashboard.
"""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial

import pandas as pd
import pytest
from lost_workers import lost_once

import funnelsim as fs
from funnelsim.experiment import chunks

pytestmark = pytest.mark.slow

TEAM = fs.load("aida-follow-up").vary({"horizon": "20 days"})


MANY = 600  # replications: more than three chunks


def alone(seed, n=64):
    return fs.replicate(TEAM, n, seed=seed, progress=False).table


def same(one, other):
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def two_workers():
    # a new Python for each worker: the same on every system, and no fork beside threads
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


@pytest.fixture(scope="module")
def pool():
    with two_workers() as workers:
        yield workers


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",  # any free port, of this machine alone
        local_directory=str(tmp_path_factory.mktemp("dask")),
        memory_limit=0,
    ) as made:
        yield made


@pytest.fixture
def client(cluster):
    from distributed import Client

    with Client(cluster) as made:
        made.wait_for_workers(2, timeout=600)
        yield made


def lose_a_worker(monkeypatch, folder):
    """Has one be killed that has begun with a chunk; `folder` has three files once it was."""
    monkeypatch.setattr(chunks, "measured", partial(lost_once, str(folder)))


# --- a pool of processes ------------------------------------------------------------------------


def test_a_pool_gives_the_same_figures(pool, seed):
    same(alone(seed), fs.replicate(TEAM, 64, seed=seed, executor=pool, progress=False).table)


def test_every_experiment_takes_a_pool(pool, seed):
    better = TEAM.vary({"stages.Interest.conversion": 0.6})
    path = "teams.sales.reps"
    for work in (
        lambda **on: fs.compare({"a": TEAM, "b": better}, 6, seed, **on).table,
        lambda **on: fs.sweep(TEAM, path, [1, 2], 6, seed, **on).table,
        lambda **on: fs.sensitivity(TEAM, [path], n=6, seed=seed, **on).table,
        lambda **on: fs.warm_up_advice(TEAM, 6, seed, **on).table,
    ):
        same(work(progress=False), work(progress=False, executor=pool))


@pytest.mark.usefixtures("few_futures")
@pytest.mark.parametrize("running", [False, True], ids=["from nothing", "from a state"])
def test_a_plan_is_the_same_in_a_pool(pool, seed, running):
    scenario = TEAM.vary({"horizon": "40 days"})
    state = fs.simulate(scenario, seed, progress=False).state(20) if running else None
    alone, shared = (
        fs.plan(scenario, 40, seed=seed, initial=state, executor=executor, progress=False)
        for executor in (None, pool)
    )
    assert shared.sentences == alone.sentences
    pd.testing.assert_frame_equal(shared.curve, alone.curve, check_exact=True)
    pd.testing.assert_frame_equal(shared.reps, alone.reps, check_exact=True)


def test_journals_travel_whole(pool, seed):
    x = fs.replicate(TEAM, 3, seed=seed, executor=pool, progress=False, keep="journals")
    here = fs.simulate(TEAM, seed, replication=2)
    for name, table in here.whole.items():
        for column, values in table.items():
            assert (x.journals[2].whole[name][column] == values).all()


def test_a_killed_process_costs_nothing_but_time(seed, monkeypatch, tmp_path):
    lose_a_worker(monkeypatch, tmp_path)
    with two_workers() as pool:
        x = fs.replicate(TEAM, MANY, seed=seed, executor=pool, progress=False)
        same(alone(seed, MANY), x.table)
        assert len(list(tmp_path.iterdir())) == 3
        assert "A worker was lost" in x.warnings[0]
        with pytest.raises(BrokenProcessPool):
            pool.submit(abs, -1)


def test_an_error_of_the_model_comes_back_as_it_is(pool):
    too_many = TEAM.vary({"channels.search ads.leads_per_day": 1e8})
    with pytest.raises(fs.FunnelSimError, match="leads are expected"):
        fs.replicate(too_many, 4, executor=pool, progress=False)


INTERRUPTED = """
import itertools, multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor, as_completed
import funnelsim as fs
from funnelsim.experiment import chunks

calls, whole = itertools.count(), chunks.summaries

def summaries(together):
    if next(calls) == 5:
        print("begun", flush=True)
    return whole(together)

def chunk_by_chunk(futures):
    for place, future in enumerate(as_completed(futures)):
        yield future
        if place == 0:
            print("begun", flush=True)

if __name__ == "__main__":
    pool = None
    if sys.argv[1:]:
        pool = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
        chunks.as_completed = chunk_by_chunk
    else:
        chunks.summaries = summaries
    x = fs.replicate(fs.load("aida"), 200_000, executor=pool, progress=False)
    print(x.interrupted, 0 < len(x.table) < 200_000, flush=True)
    if pool:
        pool.shutdown(cancel_futures=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent in another way there")
@pytest.mark.parametrize("where", [[], ["pool"]], ids=["here", "pool"])
def test_ctrl_c_for_real_returns_what_is_finished(where, tmp_path):
    script = tmp_path / "interrupted.py"
    script.write_text(INTERRUPTED, encoding="utf-8")
    command = [sys.executable, str(script), *where]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as program:
        assert program.stdout.readline() == "begun\n"
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=600)
    assert "Stopped after" in out
    assert "True True" in out, err


# --- a cluster ----------------------------------------------------------------------------------


def test_a_cluster_gives_the_same_figures(client, seed):
    executor = client.get_executor()
    same(alone(seed), fs.replicate(TEAM, 64, seed=seed, executor=executor, progress=False).table)


def test_a_killed_worker_of_a_cluster_costs_nothing_but_time(client, seed, monkeypatch, tmp_path):
    lose_a_worker(monkeypatch, tmp_path)
    executor = client.get_executor()
    x = fs.replicate(TEAM, MANY, seed=seed, executor=executor, progress=False)
    same(alone(seed, MANY), x.table)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_client_is_no_executor_and_the_way_out_is_said(client):
    with pytest.raises(fs.FunnelSimError, match=r"executor is a Client; .*client.get_executor\(\)"):
        fs.replicate(TEAM, 4, executor=client)
