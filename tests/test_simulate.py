"""What `simulate` promises: the same customers in another scenario, and the edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from some_scenarios import scenario_tables
from test_process import simulate

import funnelsim as fs
from funnelsim.distributions import DAY
from funnelsim.engines.draws.counts import poisson_quantile
from funnelsim.engines.draws.draws import Draws
from funnelsim.engines.simpy_engine.recorder import Recorder

seeds = st.integers(0, 2**32)
quick = settings(max_examples=60)


# --- the same customers ---------------------------------------------------------------------


@pytest.mark.parametrize("name", fs.templates())
def test_same_seed_same_journal_another_seed_another(name: str) -> None:
    scenario = fs.load(name)
    journal, again = fs.simulate(scenario, seed=5), fs.simulate(scenario, seed=5)
    for table in ("leads", "stage_visits", "follow_ups", "orders", "events"):
        pd.testing.assert_frame_equal(getattr(journal, table), getattr(again, table))
    for other in (fs.simulate(scenario, seed=6), fs.simulate(scenario, seed=5, replication=1)):
        assert not np.intersect1d(journal.leads["arrived"], other.leads["arrived"]).size


@quick
@given(scenario_tables(), seeds, st.sampled_from([1.5, 4.0]))
def test_raising_a_rate_adds_leads_and_moves_none(
    tables: dict[str, Any], seed: int, factor: float
) -> None:
    few = simulate(tables, seed).leads.set_index("key")
    few = few[few["kind"] == "new"]  # who is referred or comes back does so after others' orders
    channel = tables["channels"][0]
    rate = "leads_per_day" if "leads_per_day" in channel else "impressions_per_day"
    raised = {f"channels.{channel['name']}.{rate}": channel[rate] * factor}
    more = simulate(fs.Scenario(**tables).vary(raised).tables(), seed)
    facts = ["channel", "segment", "arrived", "deal_value"]
    there = more.leads.set_index("key").reindex(few.index)
    pd.testing.assert_frame_equal(few[facts], there[facts])


def test_without_a_team_more_leads_change_no_lead_s_fate() -> None:
    scenario = fs.load("aida")
    few = fs.simulate(scenario).leads.set_index("key").drop(columns="lead")
    more = fs.simulate(scenario.vary({"channels.recommendation.leads_per_day": 9})).leads
    more = more.set_index("key").drop(columns="lead")
    assert len(more) > len(few)
    pd.testing.assert_frame_equal(few, more.reindex(few.index))


def test_a_higher_conversion_changes_only_what_it_causes() -> None:
    scenario = fs.load("aida")
    today = fs.simulate(scenario).leads
    better = fs.simulate(scenario.vary({"stages.Interest.conversion": 0.6})).leads
    for column in ("key", "arrived", "deal_value", "entered_Attention", "entered_Interest"):
        pd.testing.assert_series_equal(today[column], better[column])
    got_there = today["entered_Desire"].notna()
    assert (today["entered_Desire"] == better["entered_Desire"])[got_there].all()
    assert better["entered_Desire"].notna().sum() > got_there.sum()
    assert (better.loc[today["outcome"] == "customer", "outcome"] == "customer").all()


def test_a_stage_before_does_not_shift_the_chances_of_one_after() -> None:
    """Questions are numbered by name, not by place in the file."""
    scenario = fs.load("aida")
    tables = scenario.tables()
    tables["stages"].insert(0, {"name": "Awareness", "conversion": 1.0})
    today, longer = Draws(scenario, 1), Draws(fs.Scenario(**tables), 1)
    assert (today.stages[0][0].slack == longer.stages[1][0].slack).all()


# --- the edges --------------------------------------------------------------------------------


def test_rate_zero_runs() -> None:
    scenario = fs.load("aida-follow-up").vary(
        {"channels.search ads.leads_per_day": 0, "channels.trade fair.leads_per_day": 0}
    )
    journal = fs.simulate(scenario)
    assert len(journal.leads) == len(journal.events) == 0
    assert fs.funnel_table(journal)["entered"].sum() == 0
    assert fs.summary(journal)["revenue"] == 0


def test_conversion_0_loses_all_and_conversion_1_none() -> None:
    scenario = fs.load("aida").vary(
        {"stages.Attention.conversion": 1, "stages.Desire.conversion": 0}
    )
    table = fs.funnel_table(fs.simulate(scenario))
    assert table.loc["Attention", "lost"] == 0
    assert table.loc["Desire", "advanced"] == 0 and table.loc["Desire", "lost"] > 0


def test_one_rep_and_ten_thousand_leads() -> None:
    scenario = fs.load("aida-follow-up").vary(
        {"teams.sales.reps": 1, "channels.search ads.leads_per_day": 340, "horizon": "30 days"}
    )
    figures = fs.summary(fs.simulate(scenario))
    assert figures["leads"] > 10_000
    assert figures["utilisation: sales"] > 0.99 and figures["share_gone_cold"] > 0.5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"seed": -1}, "seed is -1"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"seed": 2**64}, "seed is 18446744073709551616"),
        ({"seed": 1, "replication": "a"}, "replication is"),
        ({"seed": 1, "engine": "proces"}, "did you mean process?"),
    ],
)
def test_wrong_arguments_are_said(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(fs.FunnelSimError) as caught:
        fs.simulate(fs.load("aida"), **arguments)
    assert said in str(caught.value)


def test_a_name_in_place_of_a_scenario_is_said() -> None:
    with pytest.raises(fs.FunnelSimError, match=r"fs\.load"):
        fs.simulate("aida")  # type: ignore[arg-type]


def test_a_billion_leads_are_refused_before_memory_is_taken() -> None:
    scenario = fs.load("aida").vary({"channels.search ads.leads_per_day": 1e7})
    with pytest.raises(fs.FunnelSimError, match="leads are expected"):
        fs.simulate(scenario)


@pytest.mark.parametrize(
    "gap",
    [
        {"exponential": {"mean": "1 s"}},
        {"empirical": {"values": ["0 s", "5 days"], "weights": [1, 1e-9]}},
    ],
)
def test_customers_who_would_order_without_end_are_refused(gap: dict[str, Any]) -> None:
    scenario = fs.load("aida").vary({"retention": {"repeat_probability": 1, "gap": gap}})
    with pytest.raises(fs.FunnelSimError, match=r"retention\.gap is"):
        fs.simulate(scenario)


def test_an_interrupted_run_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C may come at any moment; here it comes in the middle of a lead's story."""

    def interrupted(recorder: Any, visit: Any, now: int) -> Any:
        if now > 33 * DAY:
            raise KeyboardInterrupt
        return record_entry(recorder, visit, now)

    record_entry = Recorder.record_entry
    monkeypatch.setattr(Recorder, "record_entry", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        fs.simulate(fs.load("aida"), engine="process")
    assert caught.value.__notes__ == ["stopped on day 34 of 90; no journal was made"]


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0, 500))
def test_the_poisson_quantile_is_scipy_s(u: float, mean: float) -> None:
    ours = poisson_quantile(np.array([u]), np.array([mean]))[0]
    assert ours == stats.poisson.ppf(u, mean)
