"""What students write for an answer: read as it is meant, or told what is odd about it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

import funnelsim as fs
from funnelsim.exercises import _builders, find
from funnelsim.exercises.answers import read

NUMBERS = sorted(_builders())


pytestmark = pytest.mark.usefixtures("nothing_tried_yet")


WRAPPED = [
    np.float64, np.float32, np.array, Decimal, str, Fraction, pd.Series,
    lambda x: [x], lambda x: (x,), lambda x: {x}, lambda x: [[x]], lambda x: np.array([[x]]),
    lambda x: pd.Series([x], index=["a"]), lambda x: pd.DataFrame({"a": [x]}),
    lambda x: pd.Index([x]), lambda x: pd.Series([x], dtype="Float64"),
]  # fmt: skip


@pytest.mark.parametrize("wrap", WRAPPED)
def test_a_number_of_any_kind_and_the_only_one_of_a_column_or_a_list(wrap):
    for number in ("01.1", "01.5", "03.5", "06.6"):
        assert fs.check(number, wrap(float(find(number).right))).outcome == "right"


# 0.638, -2697.01, 1378.40, 46, 4087.28, 0.063, 8.855 hours
READ_AS_MEANT = [
    ("01.1", "0.638"), ("01.1", "0,638"), ("01.1", "63.8 %"), ("01.1", "63,8%"),
    ("01.1", "≈ 0.638"), ("01.1", "346/542"), ("01.1", "'0.638'"), ("01.1", (0, 638)),
    ("01.1", "63.8 percent"),
    ("03.2", (0, 63)), ("03.2", "0,063"), ("03.2", "6.3 %"), ("03.2", "34 / 541"),
    ("03.5", "-2,697"), ("03.5", "−2 697 EUR"), ("03.5", (-2, 697)), ("03.5", "-€2697.01"),
    ("06.6", "1,378.40"), ("06.6", "1.378,40 €"), ("06.6", "1 378,40"), ("06.6", (1, 378.4)),
    ("06.6", "1\u2009378.4"), ("06.6", "$1,378.40"), ("06.6", "1\u00a0378,4 EUR"),
    ("06.2", "4,087"), ("06.2", "4.087"), ("06.2", "4'087"), ("06.2", "4087 EUR"),
    ("06.2", (4, 87)), ("06.2", ["4,087"]),
    ("01.7", "46 customers"), ("01.7", "+46"),
    ("03.1", "8.9 hours"), ("03.1", "8,9 h"), ("03.1", "0.369 days"), ("03.1", "531 min"),
    ("03.1", pd.Timedelta("8 h 51 min")), ("03.1", np.timedelta64(531, "m")),
    ("03.1", pd.Series([pd.Timedelta("8 h 51 min")])), ("02.6", "day 45"), ("02.6", "45 days"),
    ("01.2", " DESIRE "), ("01.2", "'Desire'"), ("01.2", "Desire to Action"),
    ("01.2", "Desire → Action"), ("01.2", ["Desire"]), ("01.2", pd.Series(["Desire"])),
    ("01.2", np.str_("Desire")), ("01.2", pd.Categorical(["Desire"])[0]),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answer"), READ_AS_MEANT, ids=repr)
def test_is_read_as_meant(number, answer):
    assert fs.check(number, answer).outcome == "right"


def test_and_told_how_it_was_read():
    assert fs.check("01.1", (0, 638)).sentence.endswith(
        "Read as 0.638: in Python decimals have a point, and thousands no comma."
    )
    assert fs.check("01.1", "0,647").sentence.startswith(
        "Read as 0.647: a number needs no quotation marks. You divided by those already decided"
    )
    assert "Read as 8.85 hours" in fs.check("03.1", pd.Timedelta("8 h 51 min")).sentence


def test_what_may_be_two_numbers_is_the_one_that_fits_the_question():
    assert read("1,378", find("06.6")).meant == (1.378, 1378.0)
    assert "rounded too far" in fs.check("06.6", "1,378").sentence
    assert "Read as 1378:" in fs.check("06.6", (1, 378)).sentence
    assert fs.check("06.2", "4,087").outcome == "right"  # which are thousands
    assert "upside down" in fs.check("01.1", "1,566").sentence  # which is a decimal
    assert "Read as 2.345 or 2345:" in fs.check("06.6", "2,345").sentence  # who knows


TOLD = [
    ("01.1", "64 %", "rounded too far"),
    ("01.1", "many", 'the text "many"; this exercise asks for a number, a share'),
    ("01.1", "", "an empty text"),
    ("01.1", float("nan"), "a gap"),
    ("01.1", "nan", "a gap"),
    ("01.1", pd.NA, "a gap"),
    ("01.1", [None], "a gap"),
    ("01.1", np.ma.masked, "a gap"),
    ("01.1", float("inf"), "divided by zero"),
    ("01.1", -1e300, "-1e+300: so large"),
    ("01.1", True, "True, a yes or no"),
    ("01.1", np.bool_(False), "False, a yes or no"),
    ("01.1", [1, 2], "a list of 2 values"),
    ("01.1", pd.Series([1, 2]), "a whole column or row of 2 values"),
    ("01.1", pd.Series([True, False]), "the share of yes is its `.mean()`"),
    ("01.1", pd.DataFrame({"a": [1, 2], "b": 3}), "a whole table, 2 rows by 2 columns"),
    ("01.1", pd.Series([], dtype=float), "nothing in it"),
    ("01.1", len, "are its brackets missing?"),
    ("01.1", pd.Timedelta("1 h"), "a Timedelta"),
    ("01.2", "Dezire", 'did you mean "Desire"?'),
    ("01.2", "Desire and Interest", "several stages"),
    ("01.2", 3, "the number 3; this exercise asks for the name of a stage"),
    ("01.2", "the shop window", "no stage"),
]


@pytest.mark.parametrize(("number", "answer", "told"), TOLD, ids=repr)
def test_what_is_odd_is_told(number, answer, told):
    verdict = fs.check(number, answer)
    assert verdict.outcome == "wrong"
    assert told in verdict.sentence


ONE_STEP_OFF = [
    ("01.3", lambda right: 1 - right, "share of the others"),
    ("01.1", lambda right: right / 100, "a hundredth of the right number"),
    ("01.3", lambda right: 1 / right, "upside down"),
    ("06.6", lambda right: -right, "the other sign"),
    ("06.6", lambda right: 100 * right, "Those are cents"),
    ("03.1", lambda right: 60 * right, "Those are minutes; the question asks for hours."),
    ("01.1", lambda right: f"{right:.3f} days", "Your answer is a time, 0.638 days"),
]


@pytest.mark.parametrize(("number", "step", "told"), ONE_STEP_OFF)
def test_a_right_number_turned_once_is_told_how(number, step, told):
    verdict = fs.check(number, step(float(find(number).right)))
    assert verdict.outcome == "wrong"
    assert told in verdict.sentence


def itself() -> list[Any]:
    holds: list[Any] = []
    holds.append(holds)
    return holds


USELESS = [
    "", "0,77", "many", True, np.bool_(False), 1 + 2j, float("nan"), float("inf"), 10**400, -1e300,
    [0.77], {"a": 1}, (1, 2), {1}, b"x", object(), object, len, int, np.array([1.0, 2.0]),
    np.array([]), np.zeros((2, 2, 2)), pd.Series([1, 2]), pd.Series([], dtype=float),
    pd.DataFrame({"a": [1]}), pd.DataFrame(), pd.NA, pd.NaT, pd.Timestamp("2027-01-04"),
    np.datetime64("2027-01-04"), np.timedelta64(3, "D"), np.timedelta64("NaT"), Decimal("sNaN"),
    (), [], [[]], itself(), (10**5000, 1), (1, 2, 3), ("a", "b"), (True, None), "9" * 5_000,
    "1/0", "{}", "%s", "1,2,3", "-", "\N{THIN SPACE}", range(3), fs, fs.load("aida"),
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
def test_what_can_be_no_answer_gets_a_sentence(number):
    for answer in USELESS:
        verdict = fs.check(number, answer)
        assert verdict.outcome in ("wrong", "not answered")
        assert verdict.sentence.endswith((".", "?", "`", '"', "way."))
        assert len(verdict.sentence) < 700
        assert "\n" not in repr(verdict)
