"""What holds for whatever is tested: no settings of the developer, no bars, Ctrl-C is heard.

Here, and not in tests/, so that it also holds for examples in docstrings and for notebooks when
they are tested alone. nbval's kernels and all other processes inherit it.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

from nbval.plugin import IPyNbCell

# Earlier names of modules: importing one warns, which is an error here.
collect_ignore = [f"funnelsim/{name}.py" for name in ("cohorts", "groups", "pipeline")]

os.environ["FUNNELSIM_PROGRESS"] = "0"  # a slow machine would show bars where a quick one has none

# A shell starts what runs in the background deaf to Ctrl-C, and so would be all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Kernels and Lab see none of this machine's settings, kernels and history, and leave none behind.
_HOME = tempfile.mkdtemp(prefix="funnelsim-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
for _name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
    os.environ[_name] = str(Path(_HOME) / _name.lower())
for _name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH", "PIP_USER", "PIP_TARGET"):
    os.environ.pop(_name, None)


# The last digits of a number are the processor's, and the name of a chart's data is a hash of all
# of them. nbval cleans texts alone (nbval_sanitize.cfg), and a chart's specification is none.
_DIGITS = 10
_DATA = re.compile("data-[0-9a-f]{32}")
_of_a_text = IPyNbCell.sanitize


def _sanitized(cell: Any, value: Any) -> Any:
    return _of_a_text(cell, value) if isinstance(value, str) else _on_any_processor(value)


def _on_any_processor(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _on_any_processor(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_on_any_processor(part) for part in value]
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    return _DATA.sub("data-HASH", value) if isinstance(value, str) else value


IPyNbCell.sanitize = _sanitized
