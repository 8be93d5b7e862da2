"""Business that is already running: in both engines, and cut in the middle without a trace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from test_engines_agree import any_tables, by_the_hundred, differences
from theory import mean_of

import funnelsim as fs
from funnelsim.distributions import DAY
from funnelsim.engines import simulate_together
from funnelsim.errors import FunnelSimError

TOGETHER = settings(by_the_hundred, max_examples=max(1, by_the_hundred.max_examples // 4))


def simulate(scenario: fs.Scenario, seed: int, **more: Any) -> fs.Journal:
    return fs.simulate(scenario, seed, progress=False, **more)


# --- two engines, one history -----------------------------------------------------------------


def begun(tables: dict[str, Any], seed: int, share: float) -> tuple[fs.Scenario, fs.State]:
    """A scenario, and its state somewhere in the middle."""
    scenario = fs.Scenario(**tables)
    days = scenario.horizon / DAY
    return scenario, simulate(scenario, seed).state(share * days)


@TOGETHER
@given(any_tables, st.integers(0, 2**32), st.sampled_from([0.3, 0.6, 0.9]))
def test_both_engines_go_on_alike(tables: dict[str, Any], seed: int, share: float) -> None:
    try:
        scenario, state = begun(tables, seed, share)
        told = [
            simulate(scenario, seed + 1, engine=engine, initial=state)
            for engine in ("process", "columns")
        ]
    except FunnelSimError as error:
        assert "avalanche" in str(error)
        return
    assert differences(*told) == []


@TOGETHER
@given(any_tables, st.integers(0, 2**32))
def test_replications_drawn_together_begin_alike(tables: dict[str, Any], seed: int) -> None:
    try:
        scenario, state = begun(tables, seed, 0.5)
        parts = simulate_together(scenario, seed, range(2, 4), state)
        together = [journal for part in parts for journal in part.split()]
    except FunnelSimError as error:
        assert "avalanche" in str(error)
        return
    for journal in together:
        alone = simulate(scenario, seed, replication=journal.replication, initial=state)
        assert differences(journal, alone) == []


@pytest.mark.parametrize("name", fs.templates())
def test_the_named_scenarios_go_on_alike(name: str, seed: int) -> None:
    scenario = fs.load(name)
    state = simulate(scenario, seed).state(scenario.horizon / DAY / 2)
    told = [
        simulate(scenario, seed + 1, engine=engine, initial=state)
        for engine in ("process", "columns")
    ]
    assert differences(*told) == []


@pytest.mark.parametrize("name", ["aida", "subscription", "online-shop"])
def test_who_arrives_lives_the_same_life(name: str, seed: int) -> None:
    """Without a team: nobody is in anybody's way."""
    scenario = fs.load(name)
    state = simulate(scenario, seed).state(30)
    alone, with_others = (simulate(scenario, seed, initial=i) for i in (None, state))
    came = with_others.leads[with_others.leads["kind"].isin(["new", "referral"])]
    columns = ["key", "arrived", "outcome", "decided", "channel", "segment"]
    one, other = (
        table[table["kind"] == "new"][columns].sort_values("key").reset_index(drop=True)
        for table in (alone.leads, came)
    )
    pd.testing.assert_frame_equal(one, other)


# --- cut and begun again ----------------------------------------------------------------------


def results(journal: fs.Journal, cut: float) -> list[float]:
    """Of those who were there at the cut: first orders, repeats, and the mean day of each."""
    orders, leads = journal.orders, journal.leads
    there = leads["kind"].isin(["open deal", "customer"]) if not cut else leads["arrived"] < cut
    inside = there.to_numpy()[orders["customer"]] & (orders["placed"] >= cut).to_numpy()
    days, numbers = orders["placed"].to_numpy() - cut, journal.order_numbers
    found = []
    for which in (inside & (numbers == 1), inside & (numbers == 2), inside & (numbers > 2)):
        found += [float(which.sum()), float(days[which].mean()) if which.any() else 0.0]
    return found


EXPONENTIAL = {"exponential": {"mean": "12 days"}}
CUTS: dict[str, dict[str, Any]] = {
    "decisions that age": {
        "stages": [
            {
                "name": "Interest",
                "conversion": 0.6,
                "decision_time": {"lognormal": {"mean": "6 days", "cv": 1.5}},
            },
            {
                "name": "Desire",
                "conversion": 0.7,
                "decision_time": {"uniform": {"low": "2 days", "high": "9 days"}},
            },
            {"name": "Action"},
        ]
    },
    "two fates": {
        "stages": [
            {
                "name": "Interest",
                "conversion": 0.6,
                "decision_time": {"lognormal": {"mean": "4 days", "cv": 0.8}},
                "loss_time": {"weibull": {"mean": "15 days", "shape": 0.7}},
                "silent": 0.3,
            },
            {
                "name": "Desire",
                "conversion": 0.7,
                "decision_time": {"exponential": {"mean": "9 days"}},
                "loss_time": {"uniform": {"low": "1 day", "high": "4 days"}},
                "silent": 0.2,
                "drop_after": "12 days",
                "recovery": {"probability": 0.5, "odds_ratio": 2.0},
            },
            {"name": "Action"},
        ]
    },
    "two fates and a team": {
        "teams": [{"name": "sales", "reps": 3}],
        "stages": [
            {
                "name": "Interest",
                "conversion": 0.7,
                "decision_time": {"gamma": {"mean": "5 days", "cv": 0.5}},
                "loss_time": {"exponential": {"mean": "14 days"}},
                "silent": 0.3,
                "drop_after": "20 days",
                "follow_up": {
                    "team": "sales",
                    "handling_time": {"exponential": {"mean": "2 h"}},
                    "response_half_life": "1 day",
                },
            },
            {"name": "Action"},
        ],
    },
    "a team": {
        "teams": [{"name": "sales", "reps": 3}],
        "stages": [
            {
                "name": "Interest",
                "conversion": 0.7,
                "decision_time": {"gamma": {"mean": "5 days", "cv": 0.5}},
                "follow_up": {
                    "team": "sales",
                    "handling_time": {"exponential": {"mean": "3 h"}},
                    "patience": {"weibull": {"mean": "3 days", "shape": 2.0}},
                    "response_half_life": "1 day",
                },
            },
            {"name": "Action"},
        ],
    },
    "returns": {
        "stages": [
            {
                "name": "Interest",
                "conversion": 0.4,
                "decision_time": {"constant": "6 days"},
                # at once: a message on its way would start afresh
                "recovery": {"probability": 0.7, "attempts": 2, "odds_ratio": 2.0},
            },
            {"name": "Action"},
        ]
    },
    "repeats": {"retention": {"repeat_probability": 0.7, "gap": EXPONENTIAL}},
    "repeats that age": {
        "retention": {
            "repeat_probability": 0.8,
            "gap": {"lognormal": {"mean": "12 days", "cv": 0.6}},
            "dropout_after": "first repeat",
        },
        "segments": [
            {"name": "some", "share": 0.5},
            {"name": "others", "share": 0.5, "repeat_odds_ratio": 0.3},
        ],
    },
    "customers that differ": {
        "retention": {
            "repeat_probability": {"beta": {"a": 1.5, "b": 0.8}},
            "gap": {"exponential": {"rate": {"gamma": {"shape": 0.8, "rate": 6.0}}}},
        }
    },
    "customers that differ, the first repeat sure": {
        "retention": {
            "repeat_probability": {"beta": {"a": 1.5, "b": 0.8}},
            "gap": {"exponential": {"rate": {"gamma": {"shape": 0.8, "rate": 6.0}}}},
            "dropout_after": "first repeat",
        }
    },
}


def together(scenario: fs.Scenario, seed: int, count: int) -> list[fs.Journal]:
    return [j for part in simulate_together(scenario, seed, range(count)) for j in part.split()]


@pytest.mark.parametrize("name", CUTS)
def test_a_run_cut_and_begun_again_has_the_same_results(name: str, seed: int) -> None:
    tables: dict[str, Any] = {
        "name": name,
        "horizon": "60 days",
        "channels": [{"name": "web", "leads_per_day": 30}],
        "stages": [{"name": "Interest", "conversion": 0.5}, {"name": "Action"}],
        "order": {"value": {"constant": 10}},
    }
    whole = fs.Scenario(**{**tables, **CUTS[name]})
    rest, cut = whole.vary({"horizon": "25 days"}), 35
    in_one = [results(journal, cut) for journal in together(whole, seed, 60)]
    begun_again = []
    # other runs than those they are compared with
    for replication, journal in enumerate(together(whole, seed + 1, 60)):
        again = simulate(rest, seed + 2, replication=replication, initial=journal.state(cut))
        begun_again.append(results(again, 0))
    for one, other in zip(np.transpose(in_one), np.transpose(begun_again), strict=True):
        assert mean_of(one - other, 0.0) if np.ptp(one - other) else np.all(one == other)
        if np.ptp(one):  # the whole distribution too
            assert stats.ks_2samp(one, other).pvalue > 1e-6
