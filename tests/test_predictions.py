"""A guess is kept, waited for, told how far off it is, and drawn into the picture."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.exercises.predictions import how_far, in_unit, is_near

NOTHING: tuple[Any, ...] = (..., None, "")


def rows(spec: dict[str, Any], part: dict[str, Any]) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = spec["datasets"][part["data"]["name"]]
    return data


@pytest.mark.parametrize("nothing", NOTHING)
def test_without_a_guess_a_line_says_so_and_the_answer_comes_all_the_same(nothing: Any) -> None:
    waits = fs.predict("90.a", unit="hours", my_wait=nothing)
    assert waits.outcome == "not answered"
    assert "in place of the three dots" in waits.sentence
    assert str(fs.reveal("90.a", my_wait=5.25)) == "No guess. It is 5.2 hours."


def test_who_opens_the_answer_without_having_been_asked_sees_it() -> None:
    assert str(fs.reveal("90.never asked", my_wait=7)).startswith("No guess. It is 7")


@pytest.mark.parametrize(
    ("unit", "typed", "meant"),
    [
        ("share", "40 %", "40.0 %"),
        ("share", 0.4, "40.0 %"),
        ("share", 40, "40.0 %"),
        ("share", "0,4", "40.0 %"),
        ("share", (0, 4), "40.0 %"),
        ("hours", "90 min", "1.5 hours"),
        ("leads", np.int64(1200), "1,200 leads"),
        ("EUR", Decimal("12.5"), "12.5 EUR"),
    ],
)
def test_a_guess_is_read_as_it_is_meant(unit: str, typed: Any, meant: str) -> None:
    assert f"You guess {meant}." in fs.predict("90.b", unit=unit, my_guess=typed).sentence


def test_what_is_no_number_is_told_and_kept_from_the_answer() -> None:
    told = fs.predict("90.c", unit="leads", my_leads="many")
    assert told.outcome == "not answered"
    assert 'my_leads: Your answer is the text "many"' in told.sentence
    assert str(fs.reveal("90.c", my_leads=5)).startswith("No guess.")


def test_half_of_what_a_class_typed_is_no_guess() -> None:
    told = fs.predict("90.k", unit="leads", my_leads=[1, "many", 3])
    assert told.outcome == "not answered"
    assert str(fs.reveal("90.k", my_leads=5)).startswith("No guess.")


def test_names_have_no_picture() -> None:
    fs.predict("90.l", among=("Interest", "Desire"), my_stage="Desire")
    assert fs.reveal("90.l", [1.0, 2.0], my_stage="Interest").chart is None


def test_a_name_is_one_of_those_there_are() -> None:
    there = ("Attention", "Interest", "Desire")
    assert "Interest" in fs.predict("90.d", among=there, my_stage=" interest").sentence
    assert str(fs.reveal("90.d", my_stage="Desire")) == "You said Interest. It is Desire."
    assert str(fs.reveal("90.d", my_stage="Interest")) == "You said Interest. So it is."
    assert "Did you mean" in fs.predict("90.d", among=there, my_stage="Intrest").sentence.replace(
        "did you", "Did you"
    )


def test_the_last_guess_counts() -> None:
    for guess in (3, 4):
        fs.predict("90.e", unit="leads", my_leads=guess)
    assert str(fs.reveal("90.e", my_leads=4)) == "You said 4 leads. So it is."


def test_a_class_is_counted_and_drawn_as_dots_below() -> None:
    guesses = [1, 2, 2, 3, 9, 5.1]
    fs.predict("90.f", unit="hours", my_wait=guesses)
    shown = fs.reveal("90.f", [4.0, 5.0, 6.0, math.nan], my_wait=5.0)
    assert "6 times, from 1.0 hours to 9.0 hours" in str(shown)
    assert "It is 5.0 hours; 1 of 6 are near." in str(shown)
    assert shown.chart is not None
    spec = shown.chart.to_dict()
    dots = rows(spec, spec["vconcat"][1])
    assert sorted(row["from"] for row in dots) == sorted(guesses)
    heights = [row["height"] for row in dots if row["from"] == 2]
    assert sorted(heights) == [1, 2]


def test_you_are_drawn_into_the_picture_and_every_value_is_in_it() -> None:
    values = np.random.default_rng(1).exponential(5, 500)
    fs.predict("90.g", unit="hours", my_mean=2.0)
    chart = fs.reveal("90.g", values, my_mean=values.mean()).chart
    assert chart is not None
    spec = chart.to_dict()
    bars, *marks = spec["layer"]
    beyond = int(spec["title"]["subtitle"][0].split(" of ")[0])
    assert sum(row["count"] for row in rows(spec, bars)) + beyond == len(values)
    at = {row["text"]: row["from"] for mark in marks for row in rows(spec, mark)}
    assert at == {
        f"— it is: {values.mean():.3g} hours": pytest.approx(values.mean()),
        "- - you: 2 hours": 2.0,
    }


def test_without_values_there_is_no_picture() -> None:
    assert fs.reveal("90.h", my_share=0.5).chart is None


def test_an_answer_to_another_question_is_refused_by_name() -> None:
    fs.predict("90.i", unit="hours", my_mean=2.0)
    with pytest.raises(fs.FunnelSimError, match=r"my_maen.*asks for my_mean.*write my_mean="):
        fs.reveal("90.i", my_maen=3.0)
    with pytest.raises(fs.FunnelSimError, match="asks for a guess"):
        fs.predict("90.j", unit="hours")


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.sampled_from(["share", "hours", "leads"]))
def test_more_and_less_are_never_mixed_up(guess: float, truth: float, unit: str) -> None:
    told = how_far(guess, truth, unit)
    if is_near(guess, truth, unit):
        assert "well guessed" in told
    elif truth > guess:
        assert "more" in told or "times as much" in told
    else:
        assert "less" in told or "only" in told
    assert in_unit(truth, unit)
