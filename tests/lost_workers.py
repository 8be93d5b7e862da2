"""Work that ends its own process on the way: a worker that is lost while it holds a chunk.

A module of its own, since workers that are started anew import it by its name.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from funnelsim.experiment import chunks

_measured = chunks.measured


def lost_once(counted: str, *chunk: Any) -> list[Any]:
    """What `chunks.measured` says; but the worker that begins the third chunk is killed.

    `counted` is an empty folder that all workers see: it gets a file for each of three chunks. By
    then one of the first two has come back, however quick or slow the machine is.
    """
    for number in range(3):
        try:
            (Path(counted) / str(number)).touch(exist_ok=False)
        except FileExistsError:
            continue
        if number == 2:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        break
    return _measured(*chunk)
