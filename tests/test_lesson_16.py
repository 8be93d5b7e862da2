"""Lesson 16: what it counts is what statistics says of numbers whose law is known."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import funnelsim as fs
from funnelsim.exercises import pictures_16 as pictures


def test_the_interval_is_students(seed):
    values = np.random.default_rng(seed).normal(10, 2, 12)
    low, high = stats.t.interval(0.95, 11, values.mean(), stats.sem(values))
    assert pictures.interval(values) == pytest.approx((low, high))


def test_studies_hold_the_truth_as_often_as_they_say(seed):
    values = np.random.default_rng(seed).normal(10, 2, 20_005)
    table = pictures.studies(values, 10, 10.0)
    assert len(table) == 2_000  # what is over belongs to none
    assert table["hits"].mean() == pytest.approx(0.95, abs=4.5 * sqrt(0.95 * 0.05 / 2_000))
    assert table["mean"].iloc[0] == pytest.approx(values[:10].mean())


def test_days_alone_hold_it_too_seldom_and_batches_about_as_often(seed):
    """An autoregression, x' = 0.9 x + e: an interval of its days is √((1 + 0.9) ÷ (1 - 0.9)) times
    too short, so it holds the mean with the chance that |z| < 1.96 ÷ 4.36."""
    draw = np.random.default_rng(seed).normal(size=(1_000, 400))
    days = np.empty_like(draw)
    days[:, 0] = draw[:, 0] / sqrt(1 - 0.9**2)
    for day in range(1, 400):
        days[:, day] = 0.9 * days[:, day - 1] + draw[:, day]
    alone = 2 * stats.norm.cdf(1.96 / sqrt(19)) - 1
    assert pictures.hits(days, 0.0) == pytest.approx(alone, abs=0.02 + 4.5 * sqrt(0.25 / 1_000))
    assert pictures.hits(days, 0.0, batch=80) == pytest.approx(0.94, abs=0.02 + 4.5 * 0.0075)


def test_open_leads_are_those_of_the_journal():
    journal = fs.simulate(fs.load("aida").vary({"horizon": "20 days"}), 1)
    visits = journal.stage_visits
    goal = journal.scenario.stages[-1].name
    visits = visits[visits["stage"] != goal]
    still = visits["decided"].isna() | (visits["decided"] > 12)
    (found,) = pictures.open_each_day([journal], after=11)
    assert found[0] == ((visits["entered"] <= 12) & still).sum()
    assert len(found) == 9


def test_each_future_is_a_dot_and_each_pair_counts():
    sales = pd.Series([3.0, 4.0, 4.0, 9.0])
    _, dots = pictures.futures(sales).layer
    rows = dots.data.to_dict()["values"]
    assert [(row["value"], row["at"]) for row in rows] == [(3, 1), (4, 1), (4, 2), (9, 1)]
    _, dots, _ = pictures.differences({"same": [1, 1, 2], "other": [-4, 3, 8]}).layer
    rows = dots.data.to_dict()["values"]
    assert [row["pairs"] for row in rows if row["paired"] == "same"] == [2, 1]
    assert [row["more"] for row in rows if row["is"] == "worse"] == [-4]
