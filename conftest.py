"""What holds for whatever is tested: no settings of the developer, no bars, Ctrl-C is heard.

Here, and not in tests/, so that it also holds for examples in docstrings and for notebooks when
they are tested alone. nbval's kernels and all other processes inherit it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path

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
