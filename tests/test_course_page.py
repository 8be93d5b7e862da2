"""The course page: each lesson is on it, with what its notebook says, and its links hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import teaching_page

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "notebooks" / "README.md"
TEXT = PAGE.read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| (?P<lesson>\d\db?) \| \[(?P<title>[^\]]+)\]\((?P<file>[^)]+)\) \| (?P<needs>[^|]+) "
    r"\| (?P<minutes>\d+) \| (?P<readers>[stp ]+) \| [^|]+ \| (?P<exercises>[^|]*)\|$",
    re.MULTILINE,
)
ROWS = {found["lesson"]: found for found in ROW.finditer(TEXT)}


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)[^)]*\)", TEXT))))
def test_links_of_the_course_page_hold(link):
    assert link.startswith("https://") or (PAGE.parent / link).exists()


def test_every_lesson_is_on_the_page_in_order():
    assert set(teaching_page.lessons()) <= set(ROWS)
    assert list(ROWS) == sorted(ROWS)
    assert len(ROWS) == len(re.findall(r"^\| \d\d", TEXT, re.MULTILINE)), "a row is not understood"


@pytest.mark.parametrize("lesson", teaching_page.lessons())
def test_a_row_says_what_the_lesson_says_of_itself(lesson):
    row, path = ROWS[lesson], teaching_page.lessons()[lesson]
    assert row["file"] == path.name
    assert row["title"] == teaching_page.title(lesson).partition(" · ")[2]
    assert int(row["minutes"]) == teaching_page.minutes(lesson)
    if (ROOT / "exercises" / path.name).exists():
        assert f"../exercises/{path.name}" in row["exercises"]
        assert f"{teaching_page.minutes(lesson, 'exercises')} minutes" in row["exercises"]


def test_a_lesson_needs_only_what_comes_before_it():
    for lesson, row in ROWS.items():
        assert all(needed < lesson for needed in re.findall(r"\d\db?", row["needs"]))


def test_each_kind_of_reader_finds_a_way_and_a_lesson():
    for reader, letter in (("student", "s"), ("trainer", "t"), ("planner", "p")):
        assert f"**A {reader}**" in TEXT
        assert sum(letter in row["readers"].split() for row in ROWS.values()) >= 3
