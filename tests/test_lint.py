"""The whole of the code is clean by ruff and by mypy; `make lint` asks the same.

A test among others, so that it has one of two processors and not all the time of both.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("tool", ["ruff check .", "mypy"])
def test_the_code_is_clean(tool: str) -> None:
    asked = [sys.executable, "-m", *tool.split()]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
