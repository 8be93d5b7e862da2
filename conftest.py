"""What holds for whatever is tested: no developer's Jupyter settings, and no progress bars.

Here, and not in tests/, so that it also holds for examples in docstrings and for notebooks when
they are tested alone. nbval's kernels and all other processes inherit it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ["FUNNELSIM_PROGRESS"] = "0"  # a slow machine would show bars where a quick one has none

# Kernels and Lab see none of this machine's settings, kernels and history, and leave none behind.
_HOME = tempfile.mkdtemp(prefix="funnelsim-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
for _name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
    os.environ[_name] = str(Path(_HOME) / _name.lower())
for _name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH", "PIP_USER", "PIP_TARGET"):
    os.environ.pop(_name, None)
