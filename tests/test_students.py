"""A name gives numbers of one's own, which the check knows, and a sheet that loses nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_exercises_notebooks import NOTEBOOKS, SOLUTIONS, cells
from ways_to_answer import WAYS, ways

import funnelsim as fs
from funnelsim.exercises import _builders, _tries, find, sheets
from funnelsim.exercises.students import FIRST_SEED, SEEDS, key_of, seed_of
from funnelsim.exercises.workshop import SEED

NAMES = ("Anna K.", "José Núñez", "Олена Гончаренко", "李明", "O'Brien", "4711")


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    """A kernel just started there, and nobody has given a name."""
    monkeypatch.chdir(tmp_path)
    restart()
    yield
    restart()


def restart() -> None:
    _tries.clear()
    sheets._kept.clear()
    fs.student("")


def stored() -> dict[str, Any]:
    (path,) = Path().glob("results-*.json")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


# --- names and numbers --------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_same_name_written_a_little_differently_has_the_same_numbers(name):
    for written in (name.upper(), name.lower(), f"  {name} ", name.replace(" ", "  ")):
        assert fs.student(written).seed == fs.student(name).seed
        assert fs.student(written).sheet == fs.student(name).sheet


def test_accents_typed_in_two_ways_are_the_same_and_other_names_are_others():
    assert fs.student("José").seed == fs.student("Jose\u0301").seed
    assert fs.student("O'Brien").seed == fs.student("O’Brien").seed
    assert len({seed_of(name) for name in (*NAMES, "Anna L.", "Jose", "Елена")}) == 9


@settings(max_examples=30)
@given(st.text(min_size=1, max_size=60).filter(key_of))
@example("O¯")
@example("Ⅻ ﹰ İ ß ﬁ")
def test_every_name_has_a_seed_of_six_digits_and_a_file_of_its_own(name):
    seed = seed_of(name)
    assert FIRST_SEED <= seed < FIRST_SEED + SEEDS
    assert seed_of(name) == seed == seed_of(key_of(name))
    assert not set('/\\:*?"<>|.\n') & set(key_of(name)), "as the name of a file anywhere"


@pytest.mark.parametrize("nothing", ["", "  ", ..., None])
def test_without_a_name_all_have_the_same_numbers_and_nothing_is_stored(nothing):
    assert fs.student(nothing).seed == SEED
    assert fs.check("02.1", 750).outcome == "right"
    assert fs.check("02.1", 750).sentence.endswith("on average.")
    fs.predict("90.a", unit="hours", my_wait=2)
    fs.hint("02.1")
    assert list(Path().iterdir()) == []
    with pytest.raises(fs.FunnelSimError, match=r"whose results.*fs\.student"):
        fs.results()


@pytest.mark.parametrize("name", ["...!", 1.5, ["Anna"], True, "x" * 121])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(fs.FunnelSimError, match="student is"):
        fs.student(name)


def test_the_check_knows_the_answers_to_a_students_own_numbers():
    """By every right method, of every exercise with chance in it; told once, or with each call."""
    who = fs.student("Олена Гончаренко")
    drawn = [n for n in WAYS if find(n).seed is not None and not find(n).between_seeds]
    for number in drawn:
        right, _ = ways(number, who.seed)
        answers = list(right.values())
        assert [fs.check(number, answer).outcome for answer in answers] == ["right"] * len(answers)
        fs.student("")
        assert fs.check(number, answers[0], student="олена  гончаренко").outcome == "right"
        fs.student(who.name)


def test_what_stands_in_the_notebook_without_a_name_is_told_to_be_of_another_seed():
    seed = fs.student("Anna K.").seed
    for number in ("01.1", "01.3", "03.2"):
        (usual, *_) = ways(number, SEED)[0].values()
        told = f"That is what seed {SEED} gives; the question uses seed {seed}."
        assert fs.check(number, usual).sentence == told
        assert fs.check(number, round(usual, 3)).sentence == told


def test_an_exercise_without_chance_says_that_it_is_the_same_for_everybody():
    fs.student("Anna K.")
    for number in [n for n in _builders() if find(n).seed is None]:
        assert "the same for everybody" in fs.check(number, ...).sentence
    assert "the same for everybody" in fs.check("02.1", 750).sentence
    assert "the same for everybody" not in fs.check("01.1", ...).sentence


def test_the_code_of_a_hint_is_for_ones_own_numbers():
    seed = fs.student("Anna K.").seed
    told = [fs.hint("01.7").sentence for _ in range(3)][-1]
    assert f"seed={seed}" in told
    assert f"seed={SEED})" in [fs.hint("01.7", student="").sentence for _ in range(3)][-1]


@pytest.mark.parametrize("path", NOTEBOOKS + SOLUTIONS, ids=lambda p: f"{p.parent.name}-{p.name}")
def test_every_exercise_asks_for_a_name_and_simulates_with_its_seed(path):
    code = cells(path, "code")
    assert 'me = fs.student("")' in code[0]
    assert f"seed={SEED}" not in "\n".join([*code, *cells(path, "markdown")])


@pytest.mark.parametrize("number", ["01", "03"])
def test_the_world_of_a_notebook_is_the_students_own(number):
    (path,) = (path for path in NOTEBOOKS if path.name.startswith(f"{number}_"))
    named: dict[str, Any] = {}
    for source in cells(path, "code"):
        if "fs.check(" in source:
            break
        exec(source.replace('fs.student("")', 'fs.student("李明")'), named)
    assert named["journal"].seed == seed_of("李明")


# --- the sheet ------------------------------------------------------------------------------------


def test_a_sheet_says_who_what_how_often_and_with_how_much_help():
    seed = fs.student("Anna K.").seed
    for answer in (700, 700, 800, 750, 12):  # the same again is no try, nor what comes after
        fs.check("02.1", answer)
    fs.hint("02.2")
    fs.predict("03.a", unit="hours", my_mean="90 min")
    told = stored()
    assert (told["student"], told["seed"], told["version"]) == ("Anna K.", seed, fs.__version__)
    first = told["answers"]["02.1"]
    assert (first["outcome"], first["tries"], first["answer"]) == ("right", 3, 750)
    assert first["hints"] == 2  # of 700 and 800, about which nothing is known
    assert told["answers"]["02.2"]["outcome"] == "not answered"
    assert told["guesses"]["03.a"]["guesses"] == {"my_mean": [1.5]}
    shown = fs.results()
    assert shown.table.exercise.to_list() == ["02.1", "02.2"]
    assert "1 right, 1 prediction." in repr(shown)
    assert str(shown.path) in shown._repr_html_()


def test_all_is_there_again_after_a_restart():
    fs.student("Anna K.")
    fs.check("02.1", 700)
    fs.check("02.1", 750)
    before = stored()
    restart()
    assert fs.check("02").sentence.count("✔") == 0
    fs.student("anna k")
    assert fs.check("02").sentence.count("✔") == 1
    fs.check("02.1", 750)  # all cells run once more
    assert stored()["answers"] == before["answers"]


def test_two_notebooks_that_are_open_at_once_write_one_sheet():
    fs.student("Anna K.")
    fs.check("02.1", 750)
    sheets._kept.clear()  # another kernel
    fs.check("02.6", 45)
    assert sorted(stored()["answers"]) == ["02.1", "02.6"]


def test_a_file_that_was_deleted_is_written_whole_again():
    path = fs.student("Anna K.").sheet
    fs.check("02.1", 750)
    assert path is not None
    path.unlink()
    fs.check("02.6", 45)
    assert sorted(stored()["answers"]) == ["02.1", "02.6"]


@pytest.mark.parametrize("broken", ["", "{", '{"file": "something else"}', "[1, 2]"])
def test_a_file_that_is_no_sheet_is_set_aside_and_not_lost(broken):
    path = fs.student("Anna K.").sheet
    assert path is not None
    path.write_text(broken, encoding="utf-8")
    told = fs.check("02.1", 750)
    assert told.outcome == "right"
    aside = path.with_name(f"{path.stem}-unread-1.json")
    assert aside.name in told.sentence
    assert aside.read_text(encoding="utf-8") == broken
    assert json.loads(path.read_text(encoding="utf-8"))["answers"]["02.1"]["outcome"] == "right"


def test_where_nothing_can_be_written_the_check_goes_on_and_says_so(monkeypatch):
    fs.student("Anna K.")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(os, "fsync", full)
        told = fs.check("02.1", 750)
    assert told.outcome == "right"
    assert "Not saved" in told.sentence
    assert "No space left" in told.sentence
    fs.check("02.6", 45)
    assert sorted(sheets.sheet_of(fs.student("Anna K.")).answers) == ["02.1", "02.6"]


def test_in_a_course_the_sheet_lies_in_its_folder_whichever_notebook_is_open(tmp_path, monkeypatch):
    for name in ("notebooks", "exercises/solutions"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "notebooks" / "README.md").write_text("", encoding="utf-8")
    for name in ("notebooks", "exercises", "exercises/solutions"):
        monkeypatch.chdir(tmp_path / name)
        path = fs.student("Anna K.").sheet
        assert path is not None
        assert path.parent == tmp_path


@pytest.mark.parametrize(
    "answer",
    [float("nan"), [1, 2], "x" * 500, print, {}, 1e400, 10**400, True, object()],
)
def test_whatever_is_answered_can_be_kept(answer):
    fs.student("Anna K.")
    fs.check("02.1", answer)
    assert stored()["answers"]["02.1"]["outcome"] == "wrong"
    restart()
    fs.student("Anna K.")
    assert len(fs.results().table) == 1


def test_somebody_who_edits_a_sheet_is_told_apart_also_later():
    path = fs.student("Anna K.").sheet
    fs.check("02.1", 700)
    assert path is not None
    assert not fs.results().sheet.edited
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"wrong"', '"right"'), encoding="utf-8")
    restart()
    fs.student("Anna K.")
    assert fs.results().sheet.edited
    fs.check("02.6", 45)
    assert "edited" in repr(fs.results())
    restart()
    fs.student("Anna K.")
    assert fs.results().sheet.edited


def test_a_copy_is_written_where_one_says():
    fs.student("Anna K.")
    fs.check("02.1", 750)
    path = fs.results("shared/class").path
    assert path.parent == Path("shared/class")
    assert sheets.read_sheet(path) == fs.results().sheet


answered = st.builds(
    sheets.Answered,
    outcome=st.sampled_from(["right", "wrong", "not answered"]),
    tries=st.integers(0, 50),
    hints=st.integers(0, 3),
    answer=st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=80),
    seed=st.none() | st.just(seed_of("Anna")),
)
some_sheets = st.builds(
    sheets.Sheet,
    student=st.just("Anna"),
    seed=st.just(seed_of("Anna")),
    answers=st.dictionaries(st.sampled_from(sorted(_builders())), answered, max_size=5),
)


@settings(max_examples=30)
@given(some_sheets, some_sheets)
def test_what_is_written_is_read_and_together_nothing_goes_back(one, other):
    path = Path("sheet.json")
    path.write_text(sheets.as_text(one), encoding="utf-8")
    assert sheets.read_sheet(path) == one
    both = one.with_(other)
    assert set(both.answers) == set(one.answers) | set(other.answers)
    for sheet in (one, other):
        for number, of in sheet.answers.items():
            assert both.answers[number].tries >= of.tries or of.outcome != "right"
            assert both.answers[number].outcome == "right" or of.outcome != "right"
