"""One thing at a time, of many requests the newest: how a slider stays ahead of its simulations.

The work is done in a thread, beside the kernel's own; what is shown follows the requests and
never goes back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any


class Newest:
    """Does the newest of what it is asked, one at a time, without making the asker wait.

    While one request is worked on in a thread, later ones replace each other; a result is dropped
    once a newer one is there. Without an event loop (a plain Python program) it does each at once.
    """

    def __init__(self, work: Callable[[Any], Any], done: Callable[[Any], None]) -> None:
        self._work, self._done = work, done
        self._asked = 0  # requests so far
        self._answered = 0  # number of the newest request that was answered
        self._wanted: list[tuple[int, Any]] = []  # empty, or the newest request and its number
        self._task: asyncio.Task[None] | None = None

    def ask(self, request: Any) -> None:
        self._asked += 1
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._answer(self._asked, self._work(request))
            return
        self._wanted = [(self._asked, request)]
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._until_done())

    def settle(self) -> bool:
        """The asker has the newest by another way; True if its answer was still to come."""
        waiting = self._answered < self._asked
        self._answered = self._asked
        self._wanted = []
        return waiting

    def _answer(self, number: int, result: Any) -> None:
        if number > self._answered:
            self._answered = number
            self._done(result)

    async def _until_done(self) -> None:
        while self._wanted:
            number, request = self._wanted.pop()
            try:
                self._answer(number, await asyncio.to_thread(self._work, request))
            except Exception:  # a bug: say it in the log, and be ready for the next move
                logging.getLogger(__name__).exception("the board could not show %s", request)
