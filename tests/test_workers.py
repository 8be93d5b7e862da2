"""The processes that simulate for a notebook's forms: up when asked, and gone with the kernel."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.slow

KERNEL = """
import time
from funnelsim.widgets import workers
import os

if __name__ == "__main__":
    if {is_notebook}:
        workers.in_a_notebook = lambda: True
    os.cpu_count = lambda: {processors}
    assert workers.executor() is None
    seen = []
    workers.start(lambda: seen.append(1))
    {then}
"""
IN_A_POOL = """
    end = time.monotonic() + 600
    while (workers.executor() is None or not seen) and time.monotonic() < end:
        time.sleep(0.05)
    pids = {workers.executor().submit(os.getpid).result() for _ in range(20)}
    assert os.getpid() not in pids and seen == [1]
    print(*pids, flush=True)
    time.sleep(6000)  # until it is killed
"""
LOST = """
    import signal

    def wait_until(is_up):
        end = time.monotonic() + 600
        while (workers.executor() is not None) != is_up and time.monotonic() < end:
            time.sleep(0.05)

    wait_until(True)
    lost = workers.executor().submit(os.getpid).result()
    os.kill(lost, signal.SIGTERM)
    wait_until(False)
    wait_until(True)
    print(workers.executor().submit(os.getpid).result() not in (lost, os.getpid()))
"""


INTERRUPTED = """
    import signal
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.killpg(0, signal.SIGINT)
    end = time.monotonic() + 600
    while (workers.executor() is None or not seen) and time.monotonic() < end:
        time.sleep(0.05)
    print("none" if workers.executor() is None else "up")
"""


def kernel(tmp_path, processors, then, is_notebook=True):
    """A Python that starts workers as a notebook's kernel does."""
    file = tmp_path / "kernel.py"
    text = KERNEL.format(processors=processors, then=then, is_notebook=is_notebook)
    file.write_text(text, encoding="utf-8")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, file], **pipes, text=True, start_new_session=True)


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill(pid, 0) would end it on Windows")
def test_workers_are_others_and_end_with_a_kernel_that_is_killed(tmp_path):
    with kernel(tmp_path, 2, IN_A_POOL) as running:
        pids = [int(pid) for pid in running.stdout.readline().split()]
        assert pids
        running.kill()
    end = time.monotonic() + 600
    while any(map(is_there, pids)) and time.monotonic() < end:
        time.sleep(0.1)
    assert not any(map(is_there, pids))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process in another way")
def test_others_come_up_in_the_place_of_workers_that_are_lost(tmp_path):
    with kernel(tmp_path, 2, LOST) as running:
        assert running.communicate() == ("True\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows interrupts no group of processes")
def test_an_interrupt_while_they_start_is_the_kernels_alone(tmp_path):
    with kernel(tmp_path, 2, INTERRUPTED) as running:
        assert running.communicate() == ("up\n", "")


def test_one_processor_has_no_workers(tmp_path):
    with kernel(tmp_path, 1, "assert workers.executor() is None; print('none')") as running:
        assert running.stdout.read().strip() == "none"
    assert running.returncode == 0


def test_where_there_are_no_processes_nothing_is_lost(tmp_path):
    then = """
    def none(*given, **named):
        raise OSError("no semaphores here")
    workers._pool.cache_clear()
    workers.ProcessPoolExecutor = none
    workers.start(lambda: None)
    assert workers.executor() is None
    print("none")
    """
    with kernel(tmp_path, 2, then) as running:
        assert running.communicate() == ("none\n", "")


def test_outside_of_a_notebook_nothing_is_started(tmp_path):
    then = "assert not workers._pool.cache_info().currsize and not seen; print('none')"
    with kernel(tmp_path, 2, then, is_notebook=False) as running:
        assert running.stdout.read().strip() == "none"
    assert running.returncode == 0
