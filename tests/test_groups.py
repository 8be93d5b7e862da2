"""Groups compared: counts done by hand on six deals, intervals against SciPy's."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from small_journal import ADVANCED, LEAD, LOST, NO_NEED, SALE, SCENARIO, small_journal
from some_scenarios import businesses

import funnelsim as fs
from funnelsim import groups
from funnelsim.distributions import DAY

COUNTS = ["entered", "advanced", "decided"]
quick = settings(max_examples=40)


@pytest.fixture(scope="module")
def six() -> fs.Journal:
    return small_journal()


def counts(table: Any) -> dict[Any, list[int]]:
    return {
        key: row.tolist() for key, row in zip(table.index, table[COUNTS].to_numpy(), strict=True)
    }


# --- Wilson's interval ----------------------------------------------------------------------


@given(st.data())
def test_the_interval_is_wilson_s(data) -> None:
    n = data.draw(st.integers(1, 5000))
    k = data.draw(st.integers(0, n))
    confidence = data.draw(st.floats(0.5, 0.999))
    expected = binomtest(k, n).proportion_ci(confidence, method="wilson")
    low, high = groups.wilson_interval(k, n, confidence)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= low <= k / n <= high <= 1


def test_of_nobody_there_is_no_interval() -> None:
    assert np.isnan(groups.wilson_interval([0], [0])).all()


@pytest.mark.parametrize("confidence", [0, 1, 95, "0.95", None, float("nan")])
def test_a_confidence_lies_between_0_and_1(six, confidence) -> None:
    for table in (
        lambda: groups.wilson_interval(1, 2, confidence),
        lambda: fs.funnel_by(six, "channel", confidence),
        lambda: fs.reps_table(six, confidence),
        lambda: groups.losses_by_response(six, confidence),
    ):
        with pytest.raises(fs.FunnelSimError, match=r"confidence is .* between 0 and 1"):
            table()


# --- the funnel by group --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (
            "channel",
            {
                ("web", "Lead"): [2, 2, 2],
                ("web", "Offer"): [3, 2, 2],  # deal 1 counts by its return, deal 5 is open
                ("web", "overall"): [3, 2, 2],
                ("fair", "Lead"): [3, 2, 3],
                ("fair", "Offer"): [2, 0, 1],
                ("fair", "overall"): [3, 0, 2],
            },
        ),
        (
            "kind",
            {
                ("new", "Lead"): [5, 4, 5],
                ("new", "Offer"): [4, 2, 3],
                ("new", "overall"): [5, 2, 4],
                ("upsell", "Lead"): [0, 0, 0],
                ("upsell", "Offer"): [1, 0, 0],
                ("upsell", "overall"): [1, 0, 0],
            },
        ),
        (
            "region",
            {
                ("north", "Lead"): [2, 2, 2],
                ("north", "Offer"): [3, 2, 2],
                ("north", "overall"): [3, 2, 2],
            },
        ),
        (
            "rep",
            {
                ("sales 1", "Offer"): [3, 2, 2],
                ("sales 1", "overall"): [3, 2, 2],
                ("sales 2", "Offer"): [1, 0, 0],
                ("sales 2", "overall"): [1, 0, 0],
            },
        ),
        ("team", {("sales", "Offer"): [4, 2, 2], ("sales", "overall"): [4, 2, 2]}),
    ],
)
def test_counts_by_group_are_those_done_by_hand(six, by, expected) -> None:
    table = fs.funnel_by(six, by)
    assert table.index.names == [by, "stage"]
    assert counts(table) == expected


def test_a_rate_is_advanced_of_decided_with_its_interval(six) -> None:
    row = fs.funnel_by(six, "channel", confidence=0.8).loc[("fair", "Lead")]
    low, high = groups.wilson_interval(2, 3, 0.8)
    assert row["conversion_rate_of_decided"] == 2 / 3
    assert (row["low"], row["high"]) == (low, high)
    nobody = fs.funnel_by(six, "rep").loc[("sales 2", "overall")]
    assert nobody[["conversion_rate_of_decided", "low", "high"]].isna().all()


def in_plain_python(journal: fs.Journal, group: dict[int, str]) -> Counter[tuple[str, str, str]]:
    """Entered, advanced and decided by group and stage, from the visits one by one."""
    final = {}
    for visit in journal.stage_visits.itertuples():
        final[visit.lead, visit.stage] = visit.outcome
    count: Counter[tuple[str, str, str]] = Counter()
    for (lead, stage), outcome in final.items():
        if lead in group:
            count[group[lead], stage, "entered"] += 1
            count[group[lead], stage, "advanced"] += outcome == "advanced"
            count[group[lead], stage, "decided"] += outcome != "open"
    return count


@quick
@given(businesses(), st.integers(0, 2**32), st.sampled_from(["channel", "segment", "rep"]))
def test_counts_by_group_are_those_of_the_visits(business, seed, by) -> None:
    tables, initial = business
    journal = fs.simulate(fs.Scenario(**tables), seed, progress=False, initial=initial)
    if by == "rep" and not any(stage.follow_up for stage in journal.scenario.stages):
        by = "kind"
    leads = journal.leads[journal.leads["arrived"] >= journal.scenario.warm_up / DAY]
    leads = leads[~leads["kind"].isin(["open deal", "customer"])]  # they did not come in
    column = leads["owner" if by == "rep" else by].dropna()
    expected = in_plain_python(journal, dict(column))
    table = fs.funnel_by(journal, by)
    for (group, stage), row in table.iterrows():
        if stage == "overall":
            of_group = leads[column.reindex(leads.index) == group]
            assert row["entered"] == len(of_group)
            assert row["entered"] > 0 or row["held"] > 0
            assert row["advanced"] == (of_group["outcome"] == "customer").sum()
            assert row["decided"] == (of_group["outcome"] != "open").sum()
        else:
            assert [row[name] for name in COUNTS] == [expected[group, stage, n] for n in COUNTS]
    some = table["entered"].groupby(level=0, observed=True).max() > 0
    assert set(some[some].index) == set(column)


def everyone(channel: int, won: int, lost: int) -> tuple[list, list]:
    """Leads of a channel, won or lost at once."""
    leads = [{"channel": channel, "arrived": 1, "deal_value": 1}] * (won + lost)
    outcomes = [(ADVANCED, None)] * won + [(LOST, NO_NEED)] * lost
    return leads, outcomes


def test_three_of_three_is_not_better_than_ninety_of_a_hundred() -> None:
    parts = [everyone(0, won=3, lost=0), everyone(1, won=90, lost=10)]
    leads = [lead for part, _ in parts for lead in part]
    visits = []
    for lead, (outcome, reason) in enumerate(o for _, part in parts for o in part):
        visit = {"lead": lead, "entered": 1, "decided": 1, "outcome": outcome, "reason": reason}
        visits.append({**visit, "stage": LEAD})
        if outcome == ADVANCED:
            visits.append({**visit, "stage": SALE})
    journal = small_journal(leads=leads, visits=visits, calls=[], orders=[])
    overall = fs.funnel_by(journal, "channel").xs("overall", level="stage")
    assert overall["conversion_rate_of_decided"].to_dict() == {"fair": 0.9, "web": 1.0}
    assert list(overall.index) == ["fair", "web"]


@pytest.mark.parametrize("table", [fs.funnel_by, groups.losses_by])
def test_what_leads_cannot_be_grouped_by_is_told_so(six, table) -> None:
    with pytest.raises(
        fs.FunnelSimError, match=r"did you mean channel\? There are: channel, .*rep"
    ):
        table(six, "chanel")
    uncalled = fs.simulate(fs.load("aida"), seed=1, progress=False)
    with pytest.raises(fs.FunnelSimError, match='by is "rep"'):
        table(uncalled, "rep")
    with pytest.raises(fs.FunnelSimError, match="it takes a Journal"):
        table(SCENARIO, "channel")


# --- reps -----------------------------------------------------------------------------------


def test_what_each_rep_did(six) -> None:
    table = fs.reps_table(six)
    first = table.loc["sales 1"]
    low, high = groups.wilson_interval(2, 2)
    one_low, one_high = groups.wilson_interval(1, 1)
    assert first.drop(["conversion_low", "conversion_high"]).to_dict() == {
        "team": "sales",
        "calls": 3,
        "leads": 3,
        "customers": 2,
        "decided": 2,
        "win_rate": 1,
        "win_rate_low": low,
        "win_rate_high": high,
        "held": 2,  # deal 0, and deal 5, which is open; deal 1 was reached again by the other
        "closed": 1,
        "held_decided": 1,
        "close_rate": 1,
        "close_rate_low": one_low,
        "close_rate_high": one_high,
        "visits": 2,  # of deal 0, which advanced, and of deal 1, the first time
        "advanced": 1,
        "conversion_rate_of_reached": 0.5,
        "mean_response_days": (1 + 1 + 1) / 3,
        "revenue": 100 + 50,  # the order of deal 1 was returned
        "revenue_closed": 100 + 50,
    }
    second = table.loc["sales 2", ["calls", "leads", "customers", "visits", "advanced", "revenue"]]
    assert second.tolist() == [2, 1, 0, 1, 1, 0]
    assert table.loc["sales 2", "mean_response_days"] == (2 + 1) / 2
    assert table.loc["nobody's 1", ["calls", "leads", "revenue"]].tolist() == [0, 0, 0]


def test_reps_are_sorted_by_the_lower_end_of_their_win_rate(seed) -> None:
    table = fs.reps_table(fs.simulate(fs.load("b2b-pipeline"), seed, progress=False))
    owners = table[table["leads"] > 0]
    assert owners["win_rate_low"].is_monotonic_decreasing
    others = table[table["leads"] == 0]
    assert list(table.index) == [*owners.index, *others.index]
    assert others["conversion_low"].is_monotonic_decreasing


def test_reps_share_the_calls_the_leads_and_the_revenue(seed) -> None:
    journal = fs.simulate(fs.load("upsell"), seed, progress=False)
    table = fs.reps_table(journal)
    assert table["calls"].sum() == journal.follow_ups["started"].notna().sum()
    assert table["leads"].sum() == journal.leads["owner"].notna().sum()
    assert table["revenue"].sum() == pytest.approx(fs.summary(journal)["revenue"])


def test_without_teams_there_are_no_reps() -> None:
    assert fs.reps_table(fs.simulate(fs.load("aida"), seed=1, progress=False)).empty


def test_only_what_came_since_the_warm_up_counts() -> None:
    journal = small_journal(SCENARIO.vary({"warm_up": "3.5 days"}))
    assert counts(fs.funnel_by(journal, "kind"))["new", "overall"] == [2, 0, 2]  # deals 3 and 4
    first = fs.reps_table(journal).loc["sales 1"]
    assert first[["calls", "leads", "visits", "revenue"]].tolist() == [1, 1, 0, 0]  # deal 5
    waited = groups.losses_by_response(journal)
    assert waited["visits"].sum() == 2  # deal 1, the second time, and deal 4


# --- losses ---------------------------------------------------------------------------------


def test_losses_by_group_stage_and_reason(six) -> None:
    table = groups.losses_by(six, "channel")
    assert table.to_dict("index") == {
        ("fair", "Lead", "no need"): {
            "lost": 1,
            "share_of_lost": 1,
            "share_of_entered": 1 / 3,
        },
        ("fair", "Offer", "gone cold"): {
            "lost": 1,
            "share_of_lost": 1,
            "share_of_entered": 1 / 2,
        },
    }


def test_losses_by_group_add_up_to_the_funnel_table(seed) -> None:
    journal = fs.simulate(fs.load("b2b-pipeline"), seed, progress=False)
    funnel = fs.funnel_table(journal)
    table = groups.losses_by(journal, "segment")
    for (stage, reason), lost in (
        table["lost"].groupby(["stage", "reason"], observed=True).sum().items()
    ):
        assert lost == funnel.loc[stage, f"lost: {reason}"]
    assert table["lost"].sum() == funnel["lost"].sum()
    shares = table["share_of_lost"].groupby(["segment", "stage"], observed=True).sum()
    assert shares.to_numpy() == pytest.approx(1)
    for _, part in table["lost"].groupby(["segment", "stage"], observed=True):
        assert part.is_monotonic_decreasing


def test_what_waiting_costs_on_six_deals(six) -> None:
    table = groups.losses_by_response(six)
    assert set(table.index.get_level_values("stage")) == {"Offer"}
    columns = ["visits", "advanced", "lost_after_call", "gone_cold"]
    offer = table.loc["Offer", columns]
    assert offer.loc["1 to 2 days"].tolist() == [2, 1, 1, 0]  # deals 0 and 1; deal 5 is open
    assert offer.loc["2 to 4 days"].tolist() == [2, 1, 0, 1]  # deal 1 again, and deal 4
    assert offer["visits"].sum() == 4
    assert table.loc[("Offer", "2 to 4 days"), "share_lost"] == 1 / 2
    assert table.loc[("Offer", "under 5 min"), ["share_lost", "low", "high"]].isna().all()


def test_every_decided_visit_with_a_response_is_in_one_bin(seed) -> None:
    journal = fs.simulate(fs.load("b2b-pipeline").vary({"warm_up": "0 days"}), seed, progress=False)
    table = groups.losses_by_response(journal)
    visits = journal.stage_visits
    decided = visits[(visits["outcome"] != "open") & (visits["stage"] != "Won")]
    never_called = decided["reason"].isin(["missed", "not reached"]).sum()
    assert table["visits"].sum() == len(decided) - never_called
    assert table["gone_cold"].sum() == (visits["reason"] == "gone cold").sum()
    assert table["advanced"].sum() == (decided["outcome"] == "advanced").sum()
