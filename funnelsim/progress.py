"""A bar on whatever takes longer than two seconds: whether it is shown, and where.

Everything that counts its work asks `progress_bar`; here alone is decided. In a notebook the bar is
a widget, in a console a line of text, and where nobody looks (a file, a pipe) there is none. It
goes when the work is done. `progress=False` asks for none, FUNNELSIM_PROGRESS=0 in the environment
for none at all: for outputs that are compared or stored, however slow the machine is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol, TextIO

DELAY = 2.0  # seconds, after which a bar appears


class Bar(Protocol):
    """What is told how much has been done."""

    def update(self, n: int) -> Any: ...


class _Silence:
    def update(self, n: int) -> None: ...


@contextmanager
def progress_bar(
    total: int, progress: bool, unit: str = "replication", is_guess: bool = False
) -> Iterator[Bar]:
    """A bar for so many units of work, if one is asked for and somebody can see it.

    A total that is a guess is put right at the end.
    """
    audience = _audience() if progress else None
    if audience is None:
        yield _Silence()
        return
    from tqdm.auto import tqdm

    told = {"total": total, "desc": "simulating", "unit": unit}
    bar = tqdm(**told, delay=DELAY, leave=False, file=audience)
    try:
        yield bar
    finally:
        if is_guess:
            bar.total = bar.n
        bar.close()


def _audience() -> TextIO | None:
    """Where a bar is seen, if anywhere.

    A notebook's is stdout, should there be no widgets: stderr is no part of a stored output.
    """
    if os.environ.get("FUNNELSIM_PROGRESS") == "0":
        return None
    if in_a_notebook():
        return sys.stdout
    consoles = (stream for stream in (sys.stderr, sys.stdout) if stream and stream.isatty())
    return next(consoles, None)


def in_a_notebook() -> bool:
    """Whether this Python is the kernel of a notebook; without loading IPython for the answer."""
    loaded = sys.modules.get("IPython")
    return loaded is not None and hasattr(loaded.get_ipython(), "kernel")


def a_bar(progress: bool | Bar, total: int, is_guess: bool = False) -> AbstractContextManager[Bar]:
    """What is told of replications done: one's own `update(n)`, or a bar after two seconds."""
    if hasattr(progress, "update"):
        return nullcontext(progress)
    return progress_bar(total, bool(progress), is_guess=is_guess)
