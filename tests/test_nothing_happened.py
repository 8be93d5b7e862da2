"""Where little or nothing happens every table is there, and empty, and every picture says so."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from little_happens import (
    CHARTS,
    HAPPENINGS,
    KINDS_OF_BUSINESS,
    READERS,
    TABLES_OF_A_JOURNAL,
    business,
)

import funnelsim as fs
from funnelsim import cohorts
from funnelsim.engines import simulate_together
from funnelsim.metrics import key_figures
from funnelsim.report import page

SEED = 1


def simulate(kind: str, happening: str, engine: str = "columns") -> fs.Journal:
    scenario, initial = business(kind, happening)
    return fs.simulate(scenario, SEED, engine=engine, initial=initial, progress=False)


@pytest.mark.parametrize("happening", HAPPENINGS)
@pytest.mark.parametrize("kind", KINDS_OF_BUSINESS)
def test_everything_can_be_read(kind: str, happening: str) -> None:
    journal = simulate(kind, happening)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing is divided by nothing on the way
        for read in READERS.values():
            read(journal)


@pytest.mark.parametrize("happening", HAPPENINGS)
def test_every_picture_can_be_drawn(happening: str) -> None:
    journal = simulate("everything", happening)
    for draw in CHARTS.values():
        charts = draw(journal)
        for chart in charts if isinstance(charts, list) else [charts]:
            assert chart.to_dict()
    assert page(journal).endswith("</html>\n")


@pytest.mark.parametrize("happening", HAPPENINGS)
@pytest.mark.parametrize("kind", KINDS_OF_BUSINESS)
def test_the_tables_keep_their_columns_and_their_types(kind: str, happening: str) -> None:
    busy, quiet = (simulate(kind, what) for what in ("customers and leads", happening))
    for name in TABLES_OF_A_JOURNAL:
        full, empty = getattr(busy, name), getattr(quiet, name)
        if not isinstance(full, pd.DataFrame):
            assert empty.dtype == full.dtype
            continue
        assert list(empty) == list(full)
        for column in full:
            own, usual = empty[column].dtype, full[column].dtype
            names = isinstance(usual, pd.CategoricalDtype)
            assert own == usual or len(empty) == 0 or len(full) == 0 or names, (name, column)


@pytest.mark.parametrize("happening", HAPPENINGS)
@pytest.mark.parametrize("kind", KINDS_OF_BUSINESS)
def test_several_replications_can_be_read_too(kind: str, happening: str) -> None:
    scenario, initial = business(kind, happening)
    (together,) = simulate_together(scenario, SEED, range(3), initial)
    figures = key_figures(together)
    for place, journal in enumerate(together.split()):
        read = [values[place] for values in figures.values()]
        np.testing.assert_array_equal(read, fs.summary(journal))
        assert len(fs.funnel_table(journal)) >= len(scenario.stages)
        assert (journal.leads["kind"] == "customer").sum() == len(
            initial.customers if initial else ()
        )


@pytest.mark.parametrize("kind", KINDS_OF_BUSINESS)
def test_of_no_leads_every_count_is_nothing(kind: str) -> None:
    journal = simulate(kind, "no leads")
    assert journal.leads.empty and journal.stage_visits.empty and journal.events.empty
    figures = fs.summary(journal)
    for name in ("leads", "customers", "orders", "revenue", "gross"):
        assert figures[name] == 0
    assert fs.funnel_table(journal)["entered"].sum() == 0
    assert fs.open_deals(journal, 5).empty
    assert fs.pipeline_board(journal, 5)["deals"].sum() == 0
    assert fs.funnel_by(journal, "channel").empty
    assert fs.customer_lifetime_value(journal).empty
    state = journal.state(5)
    assert state.deals.empty and state.customers.empty
    # and what is empty can be begun from
    again = fs.simulate(journal.scenario, SEED, initial=state, progress=False)
    assert again.leads.empty


@pytest.mark.parametrize("engine", ["process", "columns"])
def test_customers_of_the_start_are_in_no_table_of_those_who_came(engine: str) -> None:
    scenario, initial = business("with orders", "only customers")
    faithful = scenario.vary({"retention.repeat_probability": 1.0})
    journal = fs.simulate(faithful, SEED, engine=engine, initial=initial, progress=False)
    assert len(journal.leads) == 2 and len(journal.orders)
    assert fs.summary(journal)["orders"] == len(journal.orders)
    assert fs.summary(journal)["customers"] == 0
    assert fs.funnel_table(journal)["entered"].sum() == 0
    assert fs.funnel_by(journal, "kind").empty
    assert fs.open_deals(journal, 1).empty
    assert fs.channels_table(journal)[["leads", "customers"]].to_numpy().sum() == 0
    # their first order was before, so no cohort is theirs and nothing is known of their worth
    assert fs.customer_lifetime_value(journal).empty
    assert fs.cohort_retention(journal)["customers"].sum() == 0
    assert cohorts.clv_by_cohort(journal)["customers"].sum() == 0


def test_open_deals_alone_are_won_lost_or_open() -> None:
    journal = simulate("everything", "only open deals")
    own = journal.leads[journal.leads["kind"] == "open deal"]
    assert len(own) == 3 and own["outcome"].notna().all()
    brought = journal.leads[journal.leads["kind"] != "open deal"]  # by those who were won
    sold = brought[(brought["outcome"] == "customer") & (brought["kind"] == "referral")]
    assert fs.summary(journal)["customers"] == len(sold)
    table = fs.reps_table(journal)
    assert table["leads"].sum() == brought["owner"].notna().sum()
    assert (
        table["held"].sum()
        == journal.leads["holder"].notna().sum()
        > brought["holder"].notna().sum()
    )
    assert set(table.index) == {"sales 1", "sales 2", "Anna"}


@pytest.mark.parametrize("happening", HAPPENINGS)
def test_a_plan_can_be_made_or_says_why_not(happening: str) -> None:
    scenario, initial = business("with orders", happening)
    try:
        plan: Any = fs.plan(scenario, 5, initial=initial, progress=False)
        assert str(plan)
    except fs.FunnelSimError as error:
        assert len(str(error)) > 20
