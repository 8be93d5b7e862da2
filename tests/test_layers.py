"""A module imports only from lines above its own in docs/architecture.md; `import` stays quick."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "funnelsim"


def lines() -> list[str]:
    """The list in docs/architecture.md, top to bottom: "errors.py  every error ...", ..."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```\nfunnelsim/\n(.*?)```", text, flags=re.DOTALL)
    return block.splitlines()


LAYERS = [line.split()[0] for line in lines()]
NEVER = [
    (line.split()[0], other) for line in lines() for other in re.findall(r"\(never (\S+)\)", line)
]
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def line_of(module: str) -> int | None:
    """The place in the list of "charts/theme.py": its own line, else its folder's."""
    for place, layer in enumerate(LAYERS):
        if module == layer or (layer.endswith("/") and module.startswith(layer)):
            return place
    return None


def imported(module: str) -> set[str]:
    """The modules of funnelsim that this one imports, anywhere in it, as paths in the package."""
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = node.module or ""
            if node.level:
                package = ["funnelsim", *Path(module).parent.parts]
                start = ".".join([*package[: len(package) - node.level + 1], *start.split(".")])
            start = start.rstrip(".")
            # `from funnelsim import charts` is about a module, `... .errors import X` about a name
            submodules = {f"{start}.{alias.name}" for alias in node.names}
            found = {name for name in submodules if path_of(name)}
            names |= found if found and len(found) == len(submodules) else {start, *found}
    return {path for path in map(path_of, names) if path} - {module}


def path_of(name: str) -> str | None:
    """ "funnelsim.charts" -> "charts/__init__.py"; None for what is not a module of funnelsim."""
    if name.split(".")[0] != "funnelsim":
        return None
    parts = name.split(".")[1:]
    for path in (Path(*parts, "__init__.py"), Path(*parts).with_suffix(".py") if parts else None):
        if path and (PACKAGE / path).is_file():
            return path.as_posix()
    return None


def test_every_line_of_the_list_is_there():
    missing = [layer for layer in LAYERS if not (PACKAGE / layer).exists()]
    assert not missing, f"docs/architecture.md lists {missing}"


@pytest.mark.parametrize("module", MODULES)
def test_imports_only_from_above(module):
    own = line_of(module)
    assert own is not None, f"{module} has no line in docs/architecture.md"
    for other in imported(module):
        same_folder = LAYERS[own].endswith("/") and other.startswith(LAYERS[own])
        place = line_of(other)
        assert same_folder or (place is not None and place < own), (
            f"{module} imports {other}, which is not above it in docs/architecture.md"
        )


def test_the_two_engines_never_import_one_another():
    assert ("engines/column_engine/", "engines/simpy_engine/") in NEVER
    for layer, other in NEVER:
        assert {layer, other} <= set(LAYERS)
        found = [(m, i) for m in MODULES if m.startswith(layer) for i in imported(m)]
        assert found, f"{layer} imports nothing, or is not read"
        assert not [pair for pair in found if pair[1].startswith(other)]
        # and what is above both knows neither, so that they do not meet by way of it
        assert LAYERS.index(layer) == LAYERS.index(other) + 1


def test_the_check_sees_imports_inside_functions():
    assert "lab/__init__.py" in imported("cli.py")


def test_import_loads_nothing_heavy():
    heavy = ["pandas", "altair", "ipywidgets", "scipy", "simpy", "jupyterlab", "numpy", "pydantic"]
    code = f"import sys, funnelsim; print(*[m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


@pytest.mark.parametrize("name", ["cohorts", "groups", "pipeline"])
def test_the_earlier_name_of_a_module_still_works_and_warns(name):
    code = f"from funnelsim.{name} import *; import funnelsim as fs; print(fs.{name}.__name__)"
    command = [sys.executable, "-W", "always", "-c", code]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"funnelsim.metrics.{name}"
    assert f"DeprecationWarning: funnelsim.{name} is now funnelsim.metrics.{name}" in done.stderr
