"""The funnel table and the key figures, against sums done by hand."""

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.distributions import DAY

NAMED = fs.templates()


def counted_by_hand(journal: fs.Journal, stage: str) -> dict[str, float]:
    """What became of the leads of one stage, with plain Python over the visits."""
    final, again = {}, set()
    arrived, warm_up = journal.leads["arrived"].tolist(), journal.scenario.warm_up / DAY
    for visit in journal.stage_visits.itertuples():
        if visit.stage == stage and arrived[visit.lead] >= warm_up:
            final[visit.lead] = visit
            again |= {visit.lead} if visit.attempt > 0 else set()
    outcomes = [visit.outcome for visit in final.values()]
    return {
        "entered": len(final),
        **{name: outcomes.count(name) for name in ("advanced", "lost", "open")},
        "re_entered": len(again),
    }


@pytest.mark.parametrize("name", NAMED)
def test_the_funnel_counts_each_lead_once_per_stage(name: str) -> None:
    journal = fs.simulate(fs.load(name), seed=3)
    table = fs.funnel_table(journal)
    stages = [stage.name for stage in journal.scenario.stages]
    assert list(table.index) == [*stages, *journal.scenario.life_stages]
    for stage in stages:
        expected = counted_by_hand(journal, stage)
        assert table.loc[stage, list(expected)].to_dict() == expected
    assert (table["entered"] == table["advanced"] + table["lost"] + table["open"]).all()
    leads = journal.leads[journal.leads["arrived"] >= journal.scenario.warm_up / DAY]
    assert table["direct"].sum() == (leads["kind"] != "new").sum()


def test_each_conversion_rate_has_the_denominator_in_its_name() -> None:
    table = fs.funnel_table(fs.simulate(fs.load("aida"), seed=3))
    interest = table.loc["Interest"]
    decided = interest["advanced"] + interest["lost"]
    assert interest["open"] > 0
    assert interest["conversion_rate_of_entered"] == interest["advanced"] / interest["entered"]
    assert interest["conversion_rate_of_decided"] == interest["advanced"] / decided
    assert interest["share_of_leads"] == interest["entered"] / table["entered"].iloc[0]
    assert interest["next_stage"] == "Desire"
    assert np.isnan(table.loc["Action", "conversion_rate_of_decided"])


def test_days_in_stage_are_those_of_the_decided() -> None:
    journal = fs.simulate(fs.load("aida-follow-up"), seed=3)
    visits = journal.stage_visits
    stay = (visits["decided"] - visits["entered"])[visits["stage"] == "Desire"].dropna()
    table = fs.funnel_table(journal)
    assert table.loc["Desire", "mean_days"] == pytest.approx(stay.mean())
    assert table.loc["Desire", "median_days"] == pytest.approx(np.median(stay))
    calls = journal.follow_ups[journal.follow_ups["stage"] == "Desire"]
    response = (calls["started"] - calls["queued"]).dropna().mean()
    assert table.loc["Desire", "mean_response_days"] == pytest.approx(response)


def test_profit_is_what_its_parts_say() -> None:
    scenario = fs.load("aida-follow-up").vary({"channels.trade fair.cost_per_day": 7})
    journal = fs.simulate(scenario, seed=3)
    figures = fs.summary(journal)
    fair = (journal.leads["channel"] == "trade fair").sum()
    cost = 2.5 * (figures["leads"] - fair) + 12 * fair + 7 * 90
    contribution = journal.orders["contribution"].sum() - cost
    assert figures["contribution"] == pytest.approx(contribution)
    assert figures["profit"] == pytest.approx(contribution - 2 * 110 * 90)
    assert figures["cac"] == pytest.approx((cost + 2 * 110 * 90) / figures["customers"])
    assert figures["revenue"] == pytest.approx(journal.orders["paid"].sum())
    assert figures["aov"] == pytest.approx(journal.orders["paid"].mean())


def test_customers_and_repeat_purchases_are_counted_by_customer() -> None:
    journal = fs.simulate(fs.load("aida"), seed=3)
    figures = fs.summary(journal)
    orders_each = journal.orders.groupby("customer").size()
    assert figures["customers"] == len(orders_each)
    assert figures["overall_conversion"] == len(orders_each) / len(journal.leads)
    assert figures["repeat_purchase_rate"] == (orders_each > 1).mean()


def test_response_and_gone_cold_are_those_of_the_follow_ups() -> None:
    scenario = fs.load("aida-follow-up").vary({"teams.sales.reps": 1})
    journal = fs.simulate(scenario, seed=3)
    figures, calls = fs.summary(journal), journal.follow_ups
    response = (calls["started"] - calls["queued"]).dropna()
    assert figures["mean_response_days"] == pytest.approx(response.mean())
    assert figures["p90_response_days"] == pytest.approx(np.percentile(response, 90))
    ended = calls[calls["outcome"] != "open"]
    assert figures["share_gone_cold"] == pytest.approx((ended["outcome"] == "gone cold").mean())
    busy = (calls["finished"].fillna(90) - calls["started"]).sum()
    assert figures["utilisation: sales"] == pytest.approx(busy / 90)


@pytest.mark.parametrize("wrong", ["aida", None, fs.load("aida")])
def test_what_is_no_journal_is_told_so(wrong: object) -> None:
    for metric in (fs.summary, fs.funnel_table):
        with pytest.raises(fs.FunnelSimError, match="it takes a Journal"):
            metric(wrong)


def test_reps_cost_on_the_days_they_open_and_utilisation_is_of_open_time() -> None:
    scenario = fs.load("aida-follow-up").vary(
        {"teams.sales.open": "Mon-Fri 09:00-17:00", "teams.sales.closed": ["2027-01-06"]}
    )
    journal = fs.simulate(scenario.vary({"horizon": "14 days"}), seed=3)
    figures, calls = fs.summary(journal), journal.follow_ups
    assert figures["contribution"] - figures["profit"] == 2 * 110 * 9  # ten weekdays less one
    busy = (calls["finished"].fillna(14) - calls["started"]).sum()
    assert figures["utilisation: sales"] == pytest.approx(busy / (2 * 9 * 8 / 24))


def test_what_came_before_the_warm_up_is_left_out() -> None:
    scenario = fs.load("aida-follow-up")
    whole = fs.simulate(scenario, seed=3)
    journal = fs.simulate(scenario.vary({"warm_up": "30 days"}), seed=3)
    assert len(journal.leads) == len(whole.leads)  # the tables keep everything
    figures, table = fs.summary(journal), fs.funnel_table(journal)
    late = whole.leads["arrived"] >= 30
    assert figures["leads"] == late.sum() == table["entered"].iloc[0]
    assert figures["orders"] == (whole.orders["placed"] >= 30).sum()
    assert figures["utilisation: sales"] < 1
    cost = fs.summary(
        fs.simulate(scenario.vary({"warm_up": "30 days", "order": None, "retention": None}))
    )
    assert cost["contribution"] - cost["profit"] == 2 * 110 * 60


def test_busy_time_is_shared_between_before_and_after_the_warm_up() -> None:
    """One rep, one job from day 0 that outlasts the run: busy all the time, at any warm-up."""
    scenario = fs.Scenario(
        name="one long job",
        horizon="10 days",
        warm_up="4 days",
        channels=[{"name": "web", "leads_per_day": 50}],
        teams=[{"name": "sales", "reps": 1}],
        stages=[
            {
                "name": "Interest",
                "conversion": 0.5,
                "follow_up": {"team": "sales", "handling_time": {"constant": "100 days"}},
            },
            {"name": "Action"},
        ],
    )
    assert fs.summary(fs.simulate(scenario))["utilisation: sales"] == pytest.approx(1.0)


def test_figures_without_anything_to_divide_by_are_empty_not_wrong() -> None:
    scenario = fs.load("aida").vary({"stages.Attention.conversion": 0})
    figures = fs.summary(fs.simulate(scenario))
    assert figures["customers"] == figures["revenue"] == 0
    assert figures[["aov", "cac", "repeat_purchase_rate", "mean_response_days"]].isna().all()
