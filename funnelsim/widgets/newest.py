"""One thing at a time, of many requests the newest: how a slider stays ahead of its simulations.

The work is done in a thread, beside the kernel's own; what is shown follows the requests and
never goes back. Work may come in steps: a quick result first, a better one when nobody asks for
anything else meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any

REST = 0.15  # seconds: a hand that still drags a slider has moved it again by then
END = object()


class Newest:
    """Does the newest of what it is asked, one at a time, without making the asker wait.

    `work` gives results, each better than the one before, and None wherever it may be given up.
    The first is always waited for; after that, and after a moment's rest, it goes on as long as
    there is no newer request. A result is dropped once that of a newer request is there. Without
    an event loop (a plain Python program) it does each to the end at once.
    """

    def __init__(self, work: Callable[[Any], Iterator[Any]], done: Callable[[Any], None]) -> None:
        self._work, self._done = work, done
        self._asked = 0  # requests so far
        self._answered = 0  # number of the newest request that was answered
        self._wanted: list[tuple[int, Any]] = []  # empty, or the newest request and its number
        self._again = asyncio.Event()  # set by a request, to end the rest
        self._task: asyncio.Task[None] | None = None

    def ask(self, request: Any) -> None:
        self._asked += 1
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            results = [result for result in self._work(request) if result is not None]
            self._answer(self._asked, results[-1])
            return
        self._wanted = [(self._asked, request)]
        self._again.set()
        if self._task is None or self._task.done():
            self._again = asyncio.Event()  # of this loop
            self._task = loop.create_task(self._until_done())

    def settle(self) -> None:
        """The asker has the newest by another way: what is older is not shown any more."""
        self._answered = self._asked

    def _answer(self, number: int, result: Any) -> None:
        if number >= self._answered:
            self._answered = number
            self._done(result)

    async def _until_done(self) -> None:
        while self._wanted:
            number, request = self._wanted.pop()
            self._again.clear()
            try:
                await self._follow(number, self._work(request))
            except Exception:  # a bug: say it in the log, and be ready for the next move
                logging.getLogger(__name__).exception("the board could not show %s", request)

    async def _follow(self, number: int, results: Iterator[Any]) -> None:
        """Shows the results of a request until they end or a newer request is there."""
        while (result := await asyncio.to_thread(next, results, END)) is not END:
            if result is not None:
                self._answer(number, result)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._again.wait(), REST)
            if self._wanted:
                return
