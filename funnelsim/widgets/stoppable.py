"""Work that takes a while: how far it is, and a button that stops it.

In a notebook the work is done in a thread beside the kernel's own, which stays free for the button
and for the next entry; in a plain Python program at once. Of several works the newest is done, and
one that is stopped or overtaken shows nothing more.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets

TELL_EVERY = 0.25  # seconds
NEARLY = 0.99  # of the work, if the guess of how much it is was too low
END: Any = object()

Steps = Iterator[Callable[[], Any]]
"""Each step is worked out beside, and gives what is to be done with it in the kernel's thread."""


class Stopped(Exception):
    """Nobody waits for this work any more."""


class Stoppable(ipywidgets.HBox):
    """A line that says how far the work is, with a button to stop it; unseen while there is none.

    `ended` is called when the work is done, or was stopped (True).
    """

    def __init__(self, ended: Callable[[bool], None]) -> None:
        self._ended = ended
        self._newest = 0  # the number of the work that is waited for, if it is under way
        self._share = ipywidgets.FloatProgress(max=1.0, layout={"width": "12em", "height": "1.6em"})
        self._words = ipywidgets.HTML()
        self.button = ipywidgets.Button(description="Stop", layout={"width": "auto"})
        self.button.on_click(lambda _: self.stop())
        super().__init__([self._share, self._words, self.button])
        self.layout.visibility = "hidden"  # its place stays, so that nothing jumps
        self.add_class("funnelsim-working")

    @property
    def is_busy(self) -> bool:
        return bool(self.layout.visibility != "hidden")

    def do(self, work: Callable[[Listener], Steps]) -> None:
        """Begins this work, in place of what is under way."""
        self._newest += 1
        self._tell(0, 0)
        self.layout.visibility = "visible"
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            try:
                for show in work(Listener(self, self._newest, lambda tell: tell())):
                    show()
            except BaseException:  # Ctrl-C among them
                self.stop()
                raise
            self._end()
            return
        told = Listener(self, self._newest, loop.call_soon_threadsafe)
        self._task = loop.create_task(self._beside(work(told), self._newest))

    def stop(self) -> None:
        """Waits no longer for what is under way; it ends with its next few simulations."""
        if self.is_busy:
            self.drop()
            self._ended(True)

    def drop(self) -> None:
        """The same without a word: something else is done."""
        self._newest += 1
        self.layout.visibility = "hidden"

    def is_waited_for(self, number: int) -> bool:
        return number == self._newest

    async def _beside(self, steps: Steps, number: int) -> None:
        try:
            while (show := await asyncio.to_thread(next, steps, END)) is not END:
                if not self.is_waited_for(number):
                    return
                show()
        except Stopped:
            return
        except Exception:  # a bug: say it in the log, and be ready for the next entry
            logging.getLogger(__name__).exception("the work could not be done")
            if self.is_waited_for(number):
                self.stop()
        if self.is_waited_for(number):
            self._end()

    def _end(self) -> None:
        self._share.value = 1.0
        self.layout.visibility = "hidden"
        self._ended(False)

    def _tell(self, done: int, total: int) -> None:
        self._share.value = max(self._share.value, min(done / total, NEARLY)) if total else 0.0
        count = f"{done:,} of about {max(total, done):,} simulations" if total else ""
        self._words.value = f"Working it out ... {count}"


class Listener:
    """Is told of simulations that are done, and shows it now and then; ends work that was stopped.

    `total` is how many there will be, about.
    """

    def __init__(
        self, line: Stoppable, number: int, by: Callable[[Callable[[], Any]], Any]
    ) -> None:
        self._line, self._number, self._by = line, number, by
        self._done, self._at, self.total = 0, time.monotonic(), 0

    def update(self, n: int) -> None:
        if not self._line.is_waited_for(self._number):
            raise Stopped
        self._done += n
        if time.monotonic() > self._at + TELL_EVERY:
            self._at, done, total = time.monotonic(), self._done, self.total
            self._by(lambda: self._show(done, total))

    def _show(self, done: int, total: int) -> None:
        if self._line.is_waited_for(self._number):
            self._line._tell(done, total)
