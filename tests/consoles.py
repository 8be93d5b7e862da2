"""A program in a console, for the tests: as a person sees it who typed its name."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence

import pytest

needs_a_console = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no pseudo-terminals that Python opens"
)


class Console:
    """What the program says, to a console in place of stderr and stdout."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self.told = descriptor, ""

    def read(self, until: str | None = None) -> str:
        """All that has been said up to these words, or to the end."""
        while until is None or until not in self.told:
            try:
                said = os.read(self._descriptor, 1024)
            except OSError:  # how Linux says that the program has ended
                break
            if not said:
                break
            self.told += said.decode("utf-8", errors="replace")
        return self.told


@contextlib.contextmanager
def in_a_console(
    command: Sequence[str], environment: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], Console]]:
    """The running program and its console, of 24 lines of 80 characters."""
    import termios  # not on Windows

    ours, its = os.openpty()
    termios.tcsetwinsize(its, (24, 80))
    try:
        with subprocess.Popen(command, env=environment, stdout=its, stderr=its) as program:
            os.close(its)
            yield program, Console(ours)
    finally:
        os.close(ours)
