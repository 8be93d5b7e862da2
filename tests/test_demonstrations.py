"""Demonstrations: what is said is true of what is shown, each plays to its end and back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import funnelsim as fs
from funnelsim.widgets import picture
from funnelsim.widgets.demonstration import Demonstration
from funnelsim.widgets.script import COME_ALONG, read_script, script_of, scripts, stops

ROOT = Path(__file__).resolve().parents[1]
TITLES = list(scripts())
NUMBERS = re.compile(
    r"\d|\b(two|three|four|five|six|seven|eight|nine|ten|twice|double|third|quarter|hundred)\b"
)
SET_BY_THE_SCRIPT = {"third", "double"}  # what a step sets, in words


@pytest.fixture(scope="module", autouse=True)
def no_curve(nothing_is_drawn):
    """The curve over other numbers of reps others look at: it takes long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(picture.Staffing, "_tried", lambda maker, reps: [reps + 1])
        yield


@pytest.fixture(scope="module")
def played(no_curve):
    """Each demonstration played to its end: what was said, revealed and shown at each stop."""
    found = {}
    for title in TITLES:
        show = fs.demonstrate(title, n=1)
        found[title] = [at_a_stop(show)]
        while show.at < show.last:
            show.forward()
            found[title].append(at_a_stop(show))
        found[title].append(show)
    return found


def at_a_stop(show):
    kept = show.board.kept
    return show.said, show.revealed, dict(show.board.change), show.board.picture, kept


def test_six_come_along():
    assert {title.casefold() for title in TITLES} == {
        "twice the leads, the same team", "the third rep", "newest first", "members buy more",
        "the cheap channel", "june's conversion",
    }  # fmt: skip


@pytest.mark.parametrize("title", TITLES)
def test_no_number_is_typed_in(title):
    for step in read_script(title).steps:
        told = re.sub(r"\{[^}]*\}", "", f"{step.say} {step.reveal}")
        numbers = {found[0].lower() for found in NUMBERS.finditer(told)}
        assert numbers <= SET_BY_THE_SCRIPT, told


@pytest.mark.parametrize("title", TITLES)
def test_back_is_as_it_was(played, title):
    *forward, show = played[title]
    for _ in range(2):
        show.back()
        assert at_a_stop(show)[:3] == forward[show.at][:3]
        assert show.board.kept is forward[show.at][4]
        assert show.board.journal.scenario == forward[show.at][3].journal.scenario
    for _ in range(4):  # beyond the last one nothing happens
        show.forward()
    assert at_a_stop(show)[:3] == forward[-1][:3]


def test_what_is_said_is_what_simulate_says(played):
    *seen, _ = played["The third rep"]
    s = fs.load("aida-follow-up")
    two, three = (
        fs.summary(fs.simulate(s.vary({"teams.sales.reps": reps}), progress=False))
        for reps in (2, 3)
    )
    assert (
        f"Profit {three['profit']:,.0f} EUR, ▼ {two['profit'] - three['profit']:,.0f}" in seen[2][1]
    )
    assert seen[1][1] == "" and seen[1][2] == {}  # a question gives nothing away
    assert f"{two['customers']:,.0f}" in seen[2][1] and f"{three['customers']:,.0f}" in seen[2][1]


def test_the_claims_of_the_six_are_true(played):
    """What the sentences say without a number."""

    def figures(title, stop):
        _, _, _, now, kept = played[title][stop]
        return now.figures, kept.figures

    now, before = figures("Twice the leads, the same team", 2)
    assert now["leads"] > 1.9 * before["leads"] and now["customers"] < 1.5 * before["customers"]
    now, before = figures("The third rep", 2)
    assert now["profit"] < before["profit"] and now["customers"] > before["customers"]
    now, before = figures("The third rep", 5)
    assert now["profit"] > before["profit"]
    now, before = figures("Newest first", 2)
    assert now["mean_response_days"] < before["mean_response_days"]
    assert now["customers"] < before["customers"]
    (half, none), (whole, half_again) = (figures("The cheap channel", n) for n in (2, 4))
    assert half["customers"] - none["customers"] > 4 * (
        whole["customers"] - half_again["customers"]
    )
    assert whole["leads"] > half["leads"] and whole["share_gone_cold"] > half["share_gone_cold"]
    now, before = figures("June's conversion", 4)
    assert now["leads"] == before["leads"]
    assert now["overall_conversion"] > 1.5 * before["overall_conversion"]
    said, told = played["Members buy more"][2][1], played["Members buy more"][5][1]
    gap, anyway, by_it = (float(n.replace("−", "-")) for n in re.findall(r"([+−][\d.]+)", said)[:3])
    assert anyway + by_it == pytest.approx(gap, abs=0.011) and anyway > 4 * by_it
    small, large = (float(n) for n in re.findall(r"\+([\d.]+)", told)[:2])
    assert small < large / 2


def test_what_a_hand_has_moved_does_not_stay():
    show = fs.demonstrate("the third rep", n=1)
    show.forward()
    show.board.sliders["sales: reps"].value = 5
    show.forward()
    assert show.board.change == {"teams.sales.reps": 3}
    show.board.undo()
    assert show.board.change == {"teams.sales.reps": 5}
    show.choose("Newest first")
    assert (show.at, show.title) == (0, "Newest first")
    assert len(show._bar.titles) == len(TITLES)


# --- a script of one's own ------------------------------------------------------------------------


def test_a_question_stops_before_its_answer():
    steps = [
        {"say": "a"},
        {"say": "b", "keep": True, "set": {"x": 1}, "reveal": "c"},
        {"say": "d", "wait": 3},
    ]
    found = stops(
        script_of({"title": "t", "board": "b", "scenario": "s", "steps": steps}, "t.toml")
    )
    assert [(stop.say, stop.reveal, stop.set, stop.keep, stop.wait) for stop in found] == [
        ("a", "", None, False, 0), ("b", "", None, True, 0), ("b", "c", {"x": 1}, False, 0),
        ("d", "", None, False, 3),
    ]  # fmt: skip


MINE = """title = "Mine"
board = "explore"
scenario = "aida-follow-up"
parameters = ["teams.sales.reps"]
[[steps]]
say = "{customers} of {leads}"
[[steps]]
say = "one rep: {customers}"
set = { "sales: reps" = 1 }
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"sales: reps" = 1', '"sales: repps" = 1', "Mine, stop 2: .*did you mean sales: reps"),
        ('"sales: reps" = 1', '"sales: reps" = 2.5', "sales: reps is 2.5; .*the nearest is"),
        ("{leads}", "{lead}", r"Mine, stop 1: \{lead\} .*did you mean leads"),
        ("say = ", "sya = ", "mine.toml, step 1, sya .*did you mean say"),
        ("set = {", "set = 3 #", "step 2, set is 3; it is values of sliders"),
        ('"explore"', '"money"', "parameters is given; the money board chooses its sliders itself"),
        ('"aida-follow-up"', '"aida-follow"', "did you mean aida-follow-up"),
        ("[[steps]]", "[[stages]]", "there is no such key.*did you mean steps"),
        ('title = "Mine"', "", "title is missing; it is needed"),
        ("title", "title title", "cannot be read as a demonstration"),
    ],
)
def test_a_script_with_a_mistake_says_where(tmp_path, old, new, said):
    path = tmp_path / "mine.toml"
    path.write_text(MINE.replace(old, new), encoding="utf-8")
    with pytest.raises(fs.FunnelSimError, match=said):
        fs.demonstrate(path, n=1)


def test_a_file_of_ones_own_is_played_beside_the_others(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(MINE, encoding="utf-8")
    show = fs.demonstrate(path, n=1)
    show.forward()
    assert isinstance(show, Demonstration) and show.said.startswith("one rep: 1")
    assert show._bar.titles == ["Mine", *TITLES]


def test_a_title_that_is_none_names_the_nearest():
    with pytest.raises(fs.FunnelSimError, match="did you mean The third rep"):
        fs.demonstrate("the thrid rep")


def test_trainers_are_told_of_all_of_them():
    told = (ROOT / "TEACHING.md").read_text(encoding="utf-8")
    assert [title for title in TITLES if title not in told] == []
    assert len(list(COME_ALONG.glob("*.toml"))) == len(TITLES)
