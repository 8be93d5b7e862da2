"""What the charts of customers promise: the numbers of the tables, or words in their place."""

from __future__ import annotations

import pytest
from everything import everything, simulated

import funnelsim as fs
from funnelsim import charts
from funnelsim.charts import customers, money, theme
from funnelsim.charts.rows import funnel_rows, revenue_rows

AIDA = fs.load("aida")
NOBODY = AIDA.vary({f"channels.{channel.name}.leads_per_day": 0 for channel in AIDA.channels})
FREE = NOBODY.vary({"horizon": "20 days"})
NO_SALE = AIDA.vary({"stages.Desire.conversion": 0.0})
NO_ORDER = fs.load("awareness-to-decision")
SHORT = AIDA.vary({"horizon": "20 days"})
NO_POINTS = everything(loyalty={"enrolment": 0.5})
CHARTS = (charts.cohorts, charts.lifetime_value, charts.points, charts.waterfall)


def simulate(scenario: fs.Scenario) -> fs.Journal:
    return fs.simulate(scenario, seed=1, progress=False)


@pytest.fixture(scope="module")
def journal() -> fs.Journal:
    return simulated(1)


# --- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["month", 30])
def test_a_cell_is_the_share_of_the_table(journal, period):
    table = fs.cohort_retention(journal, period)
    rows = customers.cohort_rows(table)
    assert len(rows) == table.drop(columns=["customers", 0]).notna().sum().sum() > 5
    for row in rows:
        cohort = row["cohort"].split(" · ")[0]
        line = table.loc[cohort if period == "month" else int(cohort)]
        assert row["share"] == line[row["since"]]
        assert row["ordered"] == pytest.approx(line[row["since"]] * line["customers"])


def test_the_bars_of_lifetime_value_hold_every_customer_once(journal):
    table = fs.customer_lifetime_value(journal)
    rows = customers.value_rows(table)
    assert sum(row["customers"] for row in rows) == len(table)
    by_kind = dict.fromkeys(("ordered once", "ordered again"), 0)
    for row in rows:
        by_kind[row["kind"]] += row["customers"]
        assert row["high"] - row["low"] == row["customers"]
    assert by_kind["ordered once"] == (table["orders"] == 1).sum()
    for row in rows[:-2]:  # the last bar holds what is above, too
        inside = table["clv"].between(row["from"], row["to"], inclusive="left")
        once = (table["orders"] == 1) == (row["kind"] == "ordered once")
        assert row["customers"] == (inside & once).sum()


def test_the_last_bar_says_that_it_holds_what_is_above(journal):
    rows = customers.value_rows(fs.customer_lifetime_value(journal))
    assert [row["label"] for row in rows if row["label"]] == [f"≥ {rows[-1]['from']:,.10g}"]
    assert rows[-1]["label"]


def test_customers_whom_the_funnel_leaves_out_are_said():
    journal = simulate(fs.load("b2b-pipeline"))
    there = len(fs.customer_lifetime_value(journal))
    early = there - int(fs.summary(journal)["customers"])
    first, second = charts.lifetime_value(journal).title.subtitle
    assert first.startswith(f"{there} customers: ")
    assert second.startswith(f"{early} of them came in as leads in the warm-up or before")
    assert len(charts.lifetime_value(simulate(AIDA)).title.subtitle) == 1


def test_customers_of_one_value_make_one_bar():
    scenario = AIDA.vary({"order.value": {"constant": 80}, "retention": None})
    (row,) = customers.value_rows(fs.customer_lifetime_value(simulate(scenario)))
    assert row["from"] <= 80 * 0.4 < row["to"]
    charts.lifetime_value(simulate(scenario)).to_dict()


def test_points_stack_up_to_what_was_earned_and_end_at_the_summary(journal):
    rows, figures = customers.points_rows(journal), fs.summary(journal)
    for row in rows:
        assert row["open"] + row["redeemed"] + row["expired"] == row["earned"]
        assert row["high"] - row["low"] == row[row["kind"].removeprefix("points ")]
    last = rows[-1]
    assert last["high"] == last["earned"] == figures["points_earned"]
    for what in ("redeemed", "expired", "open"):
        assert last[what] == figures[f"points_{what}"]
    assert last["liability"] == pytest.approx(figures["points_liability"], abs=0.005)


def test_the_steps_of_the_waterfall_sum_exactly(journal):
    rows, figures = money.waterfall_rows(journal), fs.summary(journal)
    left = 0
    for row in rows:
        amount = round(100 * row["amount"])
        left = amount if row["kind"] == "left" else left + amount
        ends = {round(100 * row["low"]), round(100 * row["high"])}
        assert left in ends and ends == {left, 0 if row["kind"] == "left" else left - amount}
    assert left == round(100 * figures["profit"])
    assert {row["step"]: row["amount"] for row in rows}["Revenue"] == figures["revenue"]


def test_a_loss_is_called_one():
    scenario = fs.load("aida-follow-up").vary({"teams.sales.cost_per_rep_day": 20_000})
    chart = charts.waterfall(simulate(scenario))
    assert chart.title.subtitle.startswith("a loss of ")
    assert money.waterfall_rows(simulate(scenario))[-1]["kind"] == "cost"


def test_the_revenue_chart_is_net_as_the_summary_is(journal):
    assert revenue_rows(journal)[-1]["total"] == fs.summary(journal)["revenue"]


def test_upsells_and_offers_are_repeat_orders_in_the_revenue_chart():
    scenario = fs.load("upsell")
    assert scenario.retention is None
    journal = simulate(scenario)
    last = {row["kind"]: row["revenue"] for row in revenue_rows(journal)}
    assert last["repeat orders"] > 0
    assert sum(last.values()) == pytest.approx(fs.summary(journal)["revenue"], abs=0.005)


def test_life_stages_stand_below_the_goal_in_the_funnel_and_lose_nobody(journal):
    spec = charts.funnel(journal).to_dict()
    names = ["Interest", "Desire", "Action", "Loyalty", "Advocacy"]
    assert spec["layer"][0]["encoding"]["y"]["scale"]["domain"] == names
    assert "reached Action" in spec["title"]["subtitle"]
    table = fs.funnel_table(journal)
    labels = {row["stage"]: row["went_on"] for row in funnel_rows(table)}
    rate = table.loc["Loyalty", "entered"] / table.loc["Action", "entered"]
    assert labels["Action"] == f"▼ {100 * rate:.1f} %"
    assert labels["Advocacy"] == ""
    lost = charts.losses(journal).to_dict()
    assert lost["layer"][0]["encoding"]["y"]["scale"]["domain"] == ["Interest", "Desire"]


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chart", "scenario", "words"),
    [
        (charts.cohorts, NO_ORDER, "has no order"),
        (charts.cohorts, NO_SALE, "No order was placed"),
        (charts.cohorts, SHORT, "No cohort was seen for longer than its first month"),
        (charts.lifetime_value, NO_ORDER, "has no order"),
        (charts.lifetime_value, NOBODY, "No order was placed"),
        (charts.points, AIDA, "has no loyalty programme"),
        (charts.points, NO_POINTS, "No points were earned"),
        (charts.waterfall, NO_ORDER, "has no order"),
        (charts.waterfall, FREE, "Nothing was earned and nothing spent"),
    ],
)
def test_nothing_to_draw_is_said_in_a_sentence(chart, scenario, words):
    (row,) = chart(simulate(scenario)).data.values
    assert words in row["text"]


def test_revenue_that_was_all_sent_back_is_said():
    payment = {
        "name": "cash",
        "share": 1,
        "statuses": [["sent", {"constant": "0 s"}], ["delivered", {"constant": "0 s"}]],
        "return_probability": 1.0,
    }
    (row,) = charts.revenue(simulate(AIDA.vary({"order.payments": [payment]}))).data.values
    assert "No order was kept" in row["text"]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
@pytest.mark.parametrize("wrong", [AIDA, "aida", None], ids=["scenario", "name", "nothing"])
def test_what_is_no_journal_is_said(chart, wrong):
    words = f"charts.{chart.__name__} is given .*; it takes a Journal"
    with pytest.raises(fs.FunnelSimError, match=words):
        chart(wrong)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
def test_every_chart_can_be_drawn_with_a_tooltip_on_its_marks(chart, journal):
    spec = chart(journal).to_dict()
    assert "tooltip" in str(spec["layer"])
    bundle = theme.mime_bundle(spec)
    assert bundle["image/png"]
    assert bundle["text/plain"].startswith("Chart: ")
    assert "http" not in str({**bundle[theme.VEGA_MIME], "$schema": ""})


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
@pytest.mark.parametrize("name", fs.templates())
def test_every_scenario_has_every_chart_or_a_sentence(chart, name):
    assert chart(simulate(fs.load(name))).to_dict()
