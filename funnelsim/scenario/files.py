"""The text of a scenario: one that comes along, by its name, or a file's, by its path.

A file may also be a report, a workbook or a chart that was made with a scenario (`embedded.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path

from funnelsim.arguments import refused
from funnelsim.errors import FunnelSimError, Problem, nearest
from funnelsim.scenario.embedded import Embedded, embedded

_TEMPLATES = Path(__file__).parents[1] / "scenarios"
_SUFFIXES = (".toml", ".html", ".htm", ".xlsx", ".json")


def templates() -> list[str]:
    """The names of the scenarios that come along.

    >>> "aida" in templates()
    True
    """
    return sorted(path.stem for path in _TEMPLATES.glob("*.toml"))


def text_of(name_or_path: str | Path, planned: bool) -> tuple[str | Embedded, str]:
    """The text, and the name of its file; `FunnelSimError` where there is none."""
    path = Path(str(name_or_path))
    if str(name_or_path) in templates():
        path = _TEMPLATES / f"{name_or_path}.toml"
    elif not _is(path, Path.is_file):
        raise FunnelSimError(str(_not_there(str(name_or_path), path)))
    try:
        content = path.read_bytes()
        return embedded(content, path.name, planned) or _text(content), path.name
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        rule = f"its line {line} is not UTF-8, which a scenario file is"
        way_out = 'in your editor choose "Save as" with the encoding UTF-8'
        raise refused("load", str(path), rule, way_out) from None
    except OSError as error:
        raise FunnelSimError(f"{path} cannot be read: {error}") from None


def _text(content: bytes) -> str:
    """A text with the ends of lines as Python has them."""
    return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def _not_there(given: str, path: Path) -> Problem:
    """No scenario of this name and no such file: what is there instead."""
    if "\n" in given:
        rule = "this is the name of a scenario or the path of a .toml file"
        return Problem("load", given, rule, "fs.Scenario.from_toml reads the text of a file")
    is_path = path.suffix.lower() in _SUFFIXES or "/" in given or "\\" in given
    if not is_path:
        rule = "this is the name of a scenario or the path of a .toml file"
        beside = f"{given}.toml"
        is_beside = given and _is(Path(beside), Path.is_file)
        way_out = f'write "{beside}" for the file' if is_beside else nearest(given, templates())
        return Problem("load", given, rule, way_out)
    try:
        path = path.resolve()
    except (OSError, ValueError):  # a null character
        return Problem("load", given, "this is no path of a file")
    if _is(path, Path.is_dir):
        return Problem("load", given, f"{path} is a folder", _files_in(path, ""))
    if not _is(path.parent, Path.is_dir):
        return Problem("load", given, f"there is no folder {path.parent}", _a_template(path))
    way_out = _a_template(path) or _files_in(path.parent, path.name)
    return Problem("load", given, f"there is no file {path}", way_out)


def _a_template(path: Path) -> str:
    """`aida.toml`, where `aida` is meant."""
    comes_along = path.stem in templates()
    return f'write "{path.stem}" for the scenario that comes along' if comes_along else ""


def _files_in(folder: Path, name: str) -> str:
    """The file of a folder whose name is near, or the .toml files in it."""
    try:
        names = sorted(path.name for path in folder.iterdir() if path.is_file())
    except OSError:
        return ""
    if close := get_close_matches(name, names, n=1):
        return f"did you mean {close[0]}?"
    scenarios = [name for name in names if name.lower().endswith(".toml")]
    some = ", ".join(scenarios[:8]) + (", ..." if len(scenarios) > 8 else "")
    return f"there are: {some}" if some else "there is no .toml file in this folder"


def _is(path: Path, what: Callable[[Path], bool]) -> bool:
    try:
        return what(path)
    except (OSError, ValueError):  # too long, or with a null character: no path at all
        return False
