"""What `make mutants` changes, and that every module of its subjects is there."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import mutants
import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = b'''
def f(a: int | None, b: float = 2.5) -> list[int] | None:
    """Not 3 < 4."""
    c = a * (b + 1) if not a else -b  # a - b
    c += 0
    if a and 1 <= b < 3 or a is None:
        return max(a, b, key=lambda x: x in "left")
    return True if c else np.searchsorted(c, b, side="left")
'''


def test_of_each_place_one_thing_is_changed() -> None:
    found = mutants.changes("f.py", TEXT)
    lines = {(change.line, change.after) for change in found}
    rest = 'max(a, b, key=lambda x: x in "left")'
    branch = 'True if c else np.searchsorted(c, b, side="left")'
    assert lines == {
        (2, "def f(a: int | None, b: float = 3.5) -> list[int] | None:"),
        *((4, f"c = {text} # a - b") for text in (
            "a / (b + 1) if not a else -b", "a * (b - 1) if not a else -b",
            "a * (b + 2) if not a else -b", "a * (b + 1) if a else -b",
            "a * (b + 1) if not a else b")),
        (5, "c -= 0"),
        (5, "c += 1"),
        *((6, f"if {text}:") for text in (
            "a or 1 <= b < 3 or a is None", "a and 1 < b < 3 or a is None",
            "a and 2 <= b < 3 or a is None", "a and 1 <= b <= 3 or a is None",
            "a and 1 <= b < 4 or a is None", "a and 1 <= b < 3 and a is None",
            "a and 1 <= b < 3 or a is not None")),
        (7, f"return {rest.replace('max', 'min')}"),
        (7, f"return {rest.replace(' in ', ' not in ')}"),
        (7, "return max(a, b, key=lambda x: x in 'right')"),
        (8, f"return {branch.replace('True', 'False')}"),
        (8, f"return {branch.replace('if c', 'if not c')}"),
        (8, "return True if c else np.searchsorted(c, b, side='right')"),
    }  # fmt: skip
    assert len(found) == len(lines)
    assert mutants.changes("f.py", TEXT) == found  # the same order on every machine


def test_every_module_and_its_tests_are_in_one_subject() -> None:
    of_folders = [
        path.relative_to(ROOT / "funnelsim").as_posix()
        for folder in ("engines", "metrics", "planner", "calibration")
        for path in (ROOT / "funnelsim" / folder).rglob("*.py")
    ]
    named = Counter(
        change.relative_to(ROOT / "funnelsim").as_posix()
        for patterns, _ in mutants.SUBJECTS.values()
        for pattern in patterns
        for change in (ROOT / "funnelsim").glob(pattern)
    )
    assert [module for module in of_folders if named[module] != 1] == []


@pytest.mark.parametrize("subject", mutants.SUBJECTS)
def test_the_tests_of_a_subject_are_there(subject: str) -> None:
    names = mutants.SUBJECTS[subject][1].split()
    missing = [n for n in names if not (ROOT / "tests" / f"test_{n}.py").exists()]
    assert missing == []


def test_what_was_found_and_why_it_may_stay_is_told(tmp_path: Path, monkeypatch) -> None:
    one, other = mutants.of_subject("money")[:2]
    judged = tmp_path / "mutants.toml"
    lines = "\n".join(f"{name} = {getattr(one, name)!r}" for name in ("module", "before", "after"))
    judged.write_text(f'[[unnoticed]]\n{lines}\nwhy = "it changes nothing"\n', encoding="utf-8")
    monkeypatch.setattr(mutants, "JUDGED", judged)
    results = {
        mutants.key(change): {**change._asdict(), "subject": "money", "noticed": False}
        for change in (one, other)
    }
    page = mutants.page(results)
    assert f"`{one.module}:{one.line}`: it changes nothing" in page
    assert f"`{other.module}:{other.line}`: not looked at yet" in page
    assert "; 2 were\ntried" in page
