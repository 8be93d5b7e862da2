"""fs.check: accepts what is right, names the mistake behind what is wrong, and never breaks."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.exercises import _builders, find
from funnelsim.exercises.entry import between_seeds, rounded_to
from funnelsim.exercises.workshop import SEED

NUMBERS = sorted(_builders())
OF_NUMBERS = [number for number in NUMBERS if isinstance(find(number).right, float | int)]
MISTAKES = [(number, place) for number in NUMBERS for place in range(len(find(number).mistakes))]
SHARES = [number for number in NUMBERS if find(number).is_share]


pytestmark = pytest.mark.usefixtures("nothing_tried_yet")


def check(number: str, answer: object) -> fs.exercises.Verdict:
    """With the seed that the answers here are computed with, where it is the student's."""
    return fs.check(number, answer, seed=SEED if find(number).between_seeds else None)


# --- what is right ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_the_right_answer_is_accepted(number):
    assert check(number, find(number).right).outcome == "right"


@pytest.mark.parametrize("number", OF_NUMBERS)
def test_so_is_what_it_is_when_rounded_as_asked(number):
    exercise = find(number)
    assert check(number, round(float(exercise.right), exercise.digits)).outcome == "right"


def test_rounding_more_than_asked_is_named():
    right = float(find("01.1").right)
    coarse = fs.check("01.1", round(right, 2))
    assert coarse.outcome == "wrong"
    assert "rounded too far: give 3 digits after the point" in coarse.sentence
    in_percent = fs.check("01.1", round(100 * right)).sentence
    assert "as a share, and it is rounded too far" in in_percent
    assert "give 1 digit after the point" in fs.check("02.7", 10).sentence


def test_whole_leads_above_the_average_are_accepted():
    right = float(find("01.5").right)
    assert fs.check("01.5", int(right) + 1).outcome == "right"


def test_the_formula_of_the_difference_holds_for_simulated_shares():
    share, count, draws = 0.15, 4_800, 400
    made = np.random.default_rng(5).binomial(count, share, size=(2, draws)) / count
    spread = (made[0] - made[1]).std()
    # the standard error of a spread from n draws is spread / sqrt(2 n)
    assert spread == pytest.approx(between_seeds(share, count) / 4, rel=4 / np.sqrt(2 * draws))


# --- what is wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "place"), MISTAKES)
def test_a_known_mistake_is_named(number, place):
    mistake = find(number).mistakes[place]
    verdict = check(number, mistake.answer)
    assert (verdict.outcome, verdict.sentence) == ("wrong", mistake.named)


@pytest.mark.parametrize("number", OF_NUMBERS)
def test_also_when_it_is_rounded_as_asked(number):
    """So mistakes lie apart from each other, too."""
    exercise = find(number)
    for mistake in exercise.mistakes:
        if mistake.tolerance is None:
            rounded = round(float(mistake.answer), exercise.digits)
            assert check(number, rounded).sentence == mistake.named


@pytest.mark.parametrize("number", OF_NUMBERS)
def test_no_two_mistakes_are_named_for_the_same_number(number):
    exercise = find(number)
    for one, other in combinations(exercise.mistakes, 2):
        reach = [rounded_to(exercise.digits) if m.tolerance is None else m.tolerance
                 for m in (one, other)]  # fmt: skip
        assert abs(float(one.answer) - float(other.answer)) > max(reach), (one.named, other.named)


@pytest.mark.parametrize("number", OF_NUMBERS)
def test_no_mistake_lies_within_the_tolerance_of_what_is_right(number):
    exercise = find(number)
    rights = [(float(exercise.right), exercise.tolerance)]
    rights += [(other.answer, other.tolerance) for other in exercise.also]
    for mistake in exercise.mistakes:
        assert all(abs(float(mistake.answer) - answer) > within for answer, within in rights)


def test_a_mistake_too_near_for_a_simulation_is_known_by_its_digits():
    exercise = find("02.2")
    for mistake in exercise.by_digits:
        assert fs.check("02.2", mistake.answer).sentence == mistake.named
        assert fs.check("02.2", round(float(mistake.answer), 3)).sentence == mistake.named
        rounded = fs.check("02.2", round(float(mistake.answer), 2))
        assert rounded.outcome == "wrong"
        assert rounded.sentence.startswith(mistake.named)
        assert abs(float(mistake.answer) - float(exercise.right)) < exercise.tolerance


def test_to_leave_the_open_leads_out_of_a_median_is_named():
    """The trap of 01.6: the table's own median knows only who has decided."""
    journal = fs.simulate(fs.exercises.workshop.pottery(), seed=SEED, progress=False)
    of_decided = fs.funnel_table(journal).median_days["Desire"]
    verdict = fs.check("01.6", of_decided)
    assert verdict.outcome == "wrong"
    assert "leads are still open" in verdict.sentence
    assert fs.check("01.6", round(of_decided, 1)).sentence == verdict.sentence


@pytest.mark.parametrize("number", SHARES)
def test_percent_for_a_share_is_named(number):
    exercise = find(number)
    assert "write it as a share" in check(number, 100 * float(exercise.right)).sentence
    mistake = exercise.mistakes[0]
    sentence = check(number, 100 * float(mistake.answer)).sentence
    assert mistake.named in sentence
    assert "between 0 and 1" in sentence


def test_a_point_for_thousands_is_named():
    assert "if you mean 4,087, write 4087" in fs.check("06.2", 4.087).sentence


# --- another seed -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 0, 7, 12, 42])
def test_what_another_seed_gives_is_recognised_untold(seed):
    for number in ("01.1", "01.3", "01.4", "01.6", "03.1", "03.3", "06.2"):
        sentence = fs.check(number, find(number, seed).right).sentence
        assert sentence == f"That is what seed {seed} gives; the question uses seed {SEED}."


def test_a_rounded_answer_is_recognised_of_the_seed_that_simulate_takes_by_itself():
    for number in ("01.1", "03.1"):
        exercise = find(number, 1)
        rounded = round(float(exercise.right), exercise.digits)
        assert "what seed 1 gives" in fs.check(number, rounded).sentence


def test_a_mistake_made_with_another_seed_is_both():
    mistake = find("01.4", 1).mistakes[0]
    sentence = fs.check("01.4", mistake.answer).sentence
    assert (
        sentence == f"{mistake.named} And it is what seed 1 gives; the question uses seed {SEED}."
    )


def test_the_seed_of_an_answer_that_is_not_of_the_seed_told():
    answer = find("01.8", 1).right
    sentence = fs.check("01.8", answer, seed=2027).sentence
    assert sentence == "That is what seed 1 gives; you told seed 2027."
    assert fs.check("01.8", answer, seed=1).outcome == "right"
    assert fs.check("01.8", find("01.8", 0).right, seed=0).outcome == "right"


def test_before_compared_with_after_of_another_seed_is_named():
    raised = fs.exercises.workshop.pottery().vary({"stages.Desire.conversion": 0.5})
    today = fs.summary(fs.simulate(fs.exercises.workshop.pottery(), seed=SEED)).customers
    after = fs.summary(fs.simulate(raised)).customers  # seed 1 by itself
    assert "two different crowds" in fs.check("01.7", after - today).sentence


@pytest.mark.parametrize("seed", ["2027", 1.5, True, [1]])
def test_a_seed_that_is_none(seed):
    with pytest.raises(fs.FunnelSimError, match=r"seed is .*; it is the whole number"):
        fs.check("01.8", 0.15, seed=seed)


# --- which exercise -----------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["01.2", " 01.2 ", "1.2", 1.2, "01,2", "Exercise 01.2"])
def test_an_exercise_is_found_however_its_number_is_written(written):
    assert fs.check(written, "Desire").number == "01.2"


def test_an_exercise_that_there_is_not():
    with pytest.raises(fs.FunnelSimError, match=r'no exercise "01\.11".*did you mean 01\.1') as no:
        fs.check("01.11", 0.5)
    assert "06.1" not in str(no.value), "of another lesson"
    with pytest.raises(fs.FunnelSimError, match="no exercise"):
        fs.check(["01.2"], "Desire")
    with pytest.raises(fs.FunnelSimError, match=r'the exercise comes first.*fs\.check\("01\.1"'):
        fs.check(0.638, "01.1")
    with pytest.raises(
        fs.FunnelSimError, match=r'to which exercise .*fs\.check\("01\.1", 0\.638\)'
    ):
        fs.check(0.638)
    with pytest.raises(fs.FunnelSimError, match=r"did you mean 02\.3"):
        fs.hint("02.33")


def test_how_far_one_has_come():
    assert "0 of 8 right" in str(fs.check("01"))
    fs.check("01.2", "Desire")
    fs.check("01.1", 0.1)
    assert repr(fs.check("01")).startswith("… Lesson 01  ✘ 01.1  ✔ 01.2  … 01.3")
    assert "1 of 8 right" in str(fs.check("01"))
    lines = str(fs.check()).splitlines()
    assert len(lines) == len({number.partition(".")[0] for number in NUMBERS})
    assert all("of" in line for line in lines)


def test_what_was_right_once_stays_so_in_the_account():
    fs.check("01.2", "Desire")
    fs.check("01.2", "Interest")
    assert "1 of 8 right" in str(fs.check("01"))
    for number in NUMBERS[:8]:
        check(number, find(number).right)
    assert fs.check("01").outcome == "right"


# --- how it shows -------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [..., 0.5, "<b>bold</b>"])
def test_one_line_in_a_console_and_escaped_html_in_a_notebook(answer):
    verdict = fs.check("01.1", answer)
    assert "\n" not in repr(verdict)
    assert repr(verdict).startswith(("…", "✘", "✔"))
    assert "<b>bold" not in verdict._repr_html_()


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("nothing", [None, ...])
def test_no_answer_yet(number, nothing):
    verdict = fs.check(number, nothing)
    assert verdict.outcome == "not answered"
    assert "Not answered yet" in str(verdict)


def test_code_in_a_sentence_is_code_in_a_notebook():
    verdict = fs.check("01.1", None)
    assert "print(...)" in verdict.sentence
    assert "<code>print(...)</code>" in verdict._repr_html_()
