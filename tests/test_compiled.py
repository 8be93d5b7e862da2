"""The walk compiled by Numba, wherever its compiled form can be kept and where it cannot."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import funnelsim as fs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("numba") is None, reason="Numba is not installed"),
]
PACKAGE = Path(fs.__file__).parent
REPLICATIONS = """
import json, sys
import funnelsim as fs
from funnelsim.engines.column_engine import columns
x = fs.replicate(fs.load("aida-follow-up"), 4, seed=1, progress=False)
assert columns.the_walk()[1] and "numba" in sys.modules
print(json.dumps([fs.__file__, x.table["revenue"].tolist()]))
"""


def replications(code: str = REPLICATIONS, package: Path = PACKAGE, **environment: str) -> Any:
    """The revenues that a Python of its own finds, with this package and this environment."""
    where = package.parent
    # compiled as plainly as can be: what is kept where is the question, not how fast it runs
    whole = {**os.environ, "FUNNELSIM_NUMBA": "1", "NUMBA_OPT": "0", **environment}
    whole["PYTHONPATH"] = str(where)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", env=whole, cwd=where
    )
    assert done.returncode == 0, done.stderr
    file, revenues = json.loads(done.stdout)
    assert Path(file).parent == package
    return revenues


@pytest.fixture(scope="module")
def expected() -> list[float]:
    table = fs.replicate(fs.load("aida-follow-up"), 4, seed=1, progress=False).table
    return table["revenue"].tolist()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, expected: list[float]) -> Path:
    """A folder in which the compiled walk was kept."""
    folder = tmp_path_factory.mktemp("kept")
    assert replications(NUMBA_CACHE_DIR=str(folder)) == expected
    return folder


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A copy of the package that takes no compiled file, not even from a superuser."""
    package = tmp_path / "site" / PACKAGE.name
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "_course"))
    for folder in (package, *(path for path in package.rglob("*") if path.is_dir())):
        (folder / "__pycache__").write_text("a file, where a folder would have to be")
    return package


def test_a_package_that_cannot_be_written_and_no_home(sealed, tmp_path, expected):
    nowhere = tmp_path / "a file"
    nowhere.write_text("")
    homes = ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "LOCALAPPDATA", "IPYTHONDIR")
    environment = dict.fromkeys(homes, str(nowhere / "home"))
    assert replications(package=sealed, NUMBA_CACHE_DIR="", **environment) == expected


def test_a_disk_that_is_full(tmp_path, expected):
    pytest.importorskip("resource", reason="Windows limits no files")
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))"
    assert replications(full + REPLICATIONS, NUMBA_CACHE_DIR=str(tmp_path)) == expected
    assert not list(tmp_path.rglob("*.nbc"))


@pytest.mark.parametrize("kind", ["*.nbi", "*.nbc"])
def test_what_was_kept_is_broken_off(kept, tmp_path, expected, kind):
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    files = list(tmp_path.rglob(kind))
    for file in files:
        file.write_bytes(file.read_bytes()[:-40])
    assert files
    assert replications(NUMBA_CACHE_DIR=str(tmp_path)) == expected
