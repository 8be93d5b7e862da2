"""TEACHING.md is made of its parts, its numbers are those of the lessons, its timetables add up."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
import teaching_page
from teaching_page import PAGE, PARTS, ROOT, NotThere, answer, day, lessons, minutes, shown

TEXT = PAGE.read_text(encoding="utf-8")
ASKED = [
    "**Open with:**",
    "**What they guess, and why:**",
    "**What goes wrong:**",
    "**On the board:**",
    '**"Is that real?"**',
]
ROW = re.compile(r"^\| (\d+):(\d\d) \| ?(\d*) \| (.*) \|$", re.MULTILINE)


def test_the_page_is_what_is_made_of_its_parts(capsys):
    assert teaching_page.main(["--check"]) == 0, "run python scripts/teaching_page.py"
    assert capsys.readouterr().out == ""


def test_a_number_that_has_changed_is_found(capsys, monkeypatch, tmp_path):
    old = tmp_path / "TEACHING.md"
    old.write_text(TEXT.replace(answer("03.c"), "99 hours"), encoding="utf-8")
    monkeypatch.setattr(teaching_page, "PAGE", old)
    assert teaching_page.main(["--check"]) == 1
    assert "99 hours" in capsys.readouterr().out


def test_every_lesson_has_its_place_and_says_what_it_is_for():
    for lesson, path in lessons().items():
        told = TEXT.split(f"### {teaching_page.title(lesson)}\n")[1].partition("\n### ")[0]
        assert "**Aim:** " in told
        assert f"**Minutes:** {minutes(lesson)}" in told
        assert f"`notebooks/{path.name}`" in told


@pytest.mark.parametrize("part", sorted(PARTS.glob("[0-9]*.md")), ids=lambda part: part.name)
def test_a_part_answers_all_that_a_trainer_asks(part):
    told = part.read_text(encoding="utf-8")
    assert part.stem in lessons(), "of which lesson?"
    assert re.findall(r'^\*\*[^*\n]+(?::|\?")\*\*', told, re.MULTILINE) == ASKED
    assert "{{ " in told or part.stem == "01b", "its numbers are typed in"


def test_timetables_add_up():
    rows = [(60 * int(h) + int(m), int(n or 0), what) for h, m, n, what in ROW.findall(TEXT)]
    begins, last = [], "end:"
    for place, (_, _, what) in enumerate(rows):
        if "end:" in last:
            begins.append(place)
        last = what
    assert len(begins) == 3
    for (at, length, what), (then, _, _) in pairwise(rows):
        assert "end:" in what or then == at + length
    lengths = [int(n) for n in re.findall(r"end: (\d+) minutes", TEXT)]
    assert lengths[0] <= 240, "half a day"
    assert all(length <= 450 for length in lengths[1:]), "a day"


def test_a_lesson_has_at_least_its_own_minutes_in_every_timetable():
    for _, _, length, what in ROW.findall(TEXT):
        if found := re.match(r"\*\*(\d\db?) · ", what):
            assert int(length) >= minutes(found[1]), what
        if found := re.match(r"Exercises to (\d\db?)$", what):
            assert int(length) >= minutes(found[1], "exercises"), what


def test_weeks_fit_into_ninety_minutes():
    weeks = re.findall(r"^\| (\d) \| (.+?) \| .*\|$", TEXT, re.MULTILINE)
    assert [int(week) for week, _ in weeks] == list(range(1, 9))
    for _, there in weeks:
        assert sum(int(n) for n in re.findall(r"\((\d+)\)", there)) <= 75, "time to talk"


def test_answers_are_found_as_the_lessons_show_them():
    assert answer("00.a").endswith(" customers")
    assert answer("03.a", "Mean").endswith(" hours")
    assert shown("03", r"busy (\d+%)").endswith("%")
    for ask in (lambda: answer("03.zz"), lambda: shown("03", "no such"), lambda: minutes("99")):
        with pytest.raises(NotThere):
            ask()


def test_a_day_is_as_long_as_its_parts():
    made = day("8:50", [("a", 15), ("b", 60)])
    assert "| 9:05 | 60 | b |" in made
    assert "| 10:05 | | end: 75 minutes |" in made


def test_it_is_in_the_docs_and_named_where_people_begin():
    assert "include} ../TEACHING.md" in (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
    for page in ("README.md", "notebooks/README.md", "docs/guides/teach_offline.md"):
        assert "TEACHING.md" in (ROOT / page).read_text(encoding="utf-8"), page
