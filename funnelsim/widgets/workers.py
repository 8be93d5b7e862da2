"""Processes that stand ready to simulate for a form: one per processor, started with the form.

They are given work only once they are up; until then, and wherever they cannot be, the kernel does
it alone. So nobody waits for them, and nothing depends on them but the time that an answer takes.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any

from funnelsim.progress import in_a_notebook

MOST = 4  # processes: each takes the memory of a kernel


def start(here: Callable[[], Any]) -> None:
    """Has them come up, and the kernel do something `here` on a thread, while whoever opened the
    form reads it. Outside of a notebook nobody waits, and nothing is started.
    """
    if in_a_notebook():
        _pool()
        threading.Thread(target=here, daemon=True).start()


def executor() -> Executor | None:
    """The pool, if its processes are up; where one was lost, others begin to come up."""
    if not _pool.cache_info().currsize or (found := _pool()) is None:
        return None
    pool, first_tasks = found
    if not all(future.done() and not future.exception() for future in first_tasks):
        return None
    try:
        pool.submit(os.getpid)
    except BrokenExecutor:  # the system may end a process where memory is short
        _pool.cache_clear()
        _pool()
        return None
    return pool


@cache
def _pool() -> tuple[Executor, list[Future[int]]] | None:
    """The pool of this kernel, and first tasks for its processes; None on a single processor, and
    where the system has no processes to give.
    """
    count = min(os.cpu_count() or 1, MOST)
    if count == 1:
        return None
    spawn = multiprocessing.get_context("spawn")  # the way that holds on every system
    try:
        pool = ProcessPoolExecutor(count, mp_context=spawn, initializer=_get_ready)
        with _deaf_to_interrupts():
            return pool, [pool.submit(os.getpid) for _ in range(count)]
    except (OSError, ImportError, NotImplementedError):  # a sandbox, or a Python in a browser
        return None


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """An interrupt reaches the kernel's processes, too, but is the kernel's to answer. Those that
    are started meanwhile do not hear it, from their first moment on (where signals are inherited).
    """
    if threading.current_thread() is not threading.main_thread():  # only that one may say so
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _get_ready() -> None:
    """In a worker: what the first simulation would load, and an end when the kernel ends."""
    from funnelsim.engines import simulate_together
    from funnelsim.scenario import load

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kernel = multiprocessing.parent_process()
    if kernel is not None:  # a kernel that is killed tells nobody

        def end_with_the_kernel() -> None:
            kernel.join()
            os._exit(1)

        threading.Thread(target=end_with_the_kernel, daemon=True).start()
    list(simulate_together(load("aida-follow-up"), 1, range(2)))
