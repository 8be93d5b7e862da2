"""The sheets of a class become one table; what is no sheet is named and does not stop it."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from test_students import in_an_empty_folder, restart  # noqa: F401

import funnelsim as fs
from funnelsim import cli
from funnelsim.exercises import sheets
from funnelsim.exercises.classes import as_csv

ANSWERS = {"Anna K.": (750, 9.6), "Богдан": (700, 9.6), "李明": (750, 3)}


@pytest.fixture
def handed_in() -> Path:
    folder = Path("handed in")
    for name, (first, seventh) in ANSWERS.items():
        restart()
        fs.student(name)
        fs.check("02.1", first)
        fs.check("02.7", seventh)
        fs.predict("03.a", unit="hours", my_mean=len(name), my_most=...)
        fs.results(folder / name)
    restart()
    return folder


def test_a_class_is_one_table_of_students_and_exercises(handed_in):
    table = fs.class_results(handed_in)
    right = table.assign(is_right=table.outcome == "right").pivot(
        index="student", columns="exercise", values="is_right"
    )
    assert right.loc["Anna K."].to_list() == [True, True]
    assert right.loc["Богдан"].to_list() == [False, True]
    assert right.loc["李明"].to_list() == [True, False]
    assert not table.edited.any()
    assert set(table.version) == {fs.__version__}
    assert table.attrs["left_out"] == {}


def test_by_student_and_by_guess(handed_in):
    sums = fs.class_results(handed_in, by="student").set_index("student")
    assert sums.right.to_dict() == {"Anna K.": 2, "Богдан": 1, "李明": 1}
    assert sums.guesses.to_list() == [1, 1, 1]
    guesses = fs.class_results(handed_in, by="guess").set_index("student")
    assert guesses.guess.to_dict() == {"Anna K.": 7, "Богдан": 6, "李明": 2}
    with pytest.raises(fs.FunnelSimError, match="did you mean student"):
        fs.class_results(handed_in, by="studnet")


def test_two_sheets_of_one_student_are_taken_together(handed_in):
    fs.student("ANNA K")
    Path("results-annak-1.json").unlink(missing_ok=True)
    fs.check("02.6", 45)
    fs.results(handed_in / "later")
    sums = fs.class_results(handed_in, by="student").set_index("student")
    assert len(sums) == 3
    assert sums.right.sum() == 5


def test_what_is_no_sheet_is_named_and_left_out(handed_in):
    (path,) = (handed_in / "Богдан").iterdir()
    text = path.read_text(encoding="utf-8")
    wrong = {
        "cut.json": text[: len(text) // 2],
        "notes.txt": "dear trainer",
        "other.json": '{"some": "json"}',
        "newer.json": text.replace('"format": 1', '"format": 2'),
        "odd.json": text.replace('"tries": 1', '"tries": "many"'),
        "deep.json": "[" * 100_000,
    }
    for name, content in wrong.items():
        (handed_in / name).write_text(content, encoding="utf-8")
    (handed_in / "photo.png").write_bytes(bytes(range(256)))
    (handed_in / ".DS_Store").write_bytes(b"\0")
    with pytest.warns(UserWarning, match="left out") as told:
        table = fs.class_results(handed_in)
    assert table.student.nunique() == 3
    assert set(table.attrs["left_out"]) == {*wrong, "photo.png"}
    assert all(name in str(told[0].message) for name in wrong)
    assert "answers.02.1.tries" in table.attrs["left_out"]["odd.json"]


def test_an_edited_sheet_is_marked(handed_in):
    (path,) = (handed_in / "Богдан").iterdir()
    text = path.read_text(encoding="utf-8").replace('"outcome": "wrong"', '"outcome": "right"')
    path.write_text(text, encoding="utf-8")
    table = fs.class_results(handed_in)
    assert set(table.student[table.edited]) == {"Богдан"}


def test_a_folder_without_sheets_says_what_belongs_there():
    with pytest.raises(fs.FunnelSimError, match="there is no folder nowhere"):
        fs.class_results("nowhere")
    Path("empty").mkdir()
    with pytest.raises(fs.FunnelSimError, match=r"put the files results-\.\.\.\.json there"):
        fs.class_results("empty")
    assert cli.main(["results", "empty"]) == 1


def test_the_command_prints_it_names_what_is_left_out_and_writes_a_file(handed_in, capsys):
    (handed_in / "notes.txt").write_text("dear trainer", encoding="utf-8")
    assert cli.main(["results", str(handed_in), "--by", "exercise", "--csv", "class.csv"]) == 0
    out, err = capsys.readouterr()
    assert "Богдан" in out
    assert "notes.txt is no sheet" in err
    lines = Path("class.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 7
    assert lines[0].startswith("student,lesson,exercise,outcome,tries,hints,answer")


def test_no_name_becomes_a_formula_in_a_spreadsheet():
    fs.student("=1+cmd()")
    fs.check("02.1", "=2+3")
    fs.results("class")
    lines = as_csv(fs.class_results("class")).splitlines()
    assert lines[1].startswith("'=1+cmd(),02,02.1,wrong")
    assert ",'=2+3," in lines[1]


def test_the_guesses_of_a_class_are_dots_under_the_distribution(handed_in):
    fs.predict("03.a", unit="hours", my_mean=...)
    told = fs.reveal("03.a", [1.0, 2.0, 9.0], my_mean=6.5, class_=handed_in)
    assert "3 times, from 2.0 hours to 7.0 hours" in str(told)
    assert "In 3 of 3 sheets there is a guess." in str(told)
    assert told.chart is not None
    spec = told.chart.to_dict()
    dots = spec["datasets"][spec["vconcat"][1]["data"]["name"]]
    assert sorted(row["from"] for row in dots) == [2, 6, 7]
    fs.predict("03.a", unit="days", my_mean=...)  # another question
    assert "No guess" in str(fs.reveal("03.a", my_mean=6.5, class_=handed_in))


def test_ones_own_guess_counts_once(handed_in):
    fs.student("Anna K.")
    fs.predict("03.a", unit="hours", my_mean=7)
    assert "3 times" in str(fs.reveal("03.a", my_mean=6.5, class_=handed_in))
    with pytest.raises(fs.FunnelSimError, match="there is no folder"):
        fs.reveal("03.a", my_mean=6.5, class_="elsewhere")


def test_a_warning_stands_at_the_line_that_asked(handed_in):
    (handed_in / "notes.txt").write_text("", encoding="utf-8")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        fs.class_results(handed_in)
    assert told[0].filename == __file__


def test_a_sheet_with_a_name_that_somebody_changed_is_edited():
    fs.student("Anna K.")
    fs.check("02.1", 750)
    path = fs.results("class").path
    sheet = sheets.read_sheet(path).model_copy(update={"student": "Bob"})
    path.write_text(sheets.as_text(sheet), encoding="utf-8")  # its checksum fits, its seed does not
    assert fs.class_results("class").edited.all()
