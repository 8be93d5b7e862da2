"""The funnel table and the key figures, against sums done by hand."""

from typing import Any

import numpy as np
import pytest
from everyone_buys import everyone_buys, first_day
from everything import simulated

import funnelsim as fs
from funnelsim.distributions import DAY
from funnelsim.metrics.money import profit_steps

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


# --- from the sale on ---------------------------------------------------------------------------


def cents(amount: float) -> int:
    return round(100 * amount)


def since_30(journal: fs.Journal, table: str, moment: str) -> list:
    """The rows of a table since the warm-up of `everything`, one by one."""
    return [r for r in getattr(journal, table).itertuples() if getattr(r, moment) >= 30]


BAD = ("cancelled", "refused", "returned")


def by_sale(journal: fs.Journal, order: Any) -> float:
    """What the channel of `everything` gets for an order as a sale: nothing of one not kept."""
    if order.number > 1 or order.status in BAD:
        return 0.0
    match journal.leads["channel"][order.lead]:
        case "ads":
            return round(0.05 * cents(order.paid)) / 100
        case "search":
            return 2.2
    return 0.0


def test_revenue_is_net_and_its_average_is_of_the_orders_that_count(seed: int) -> None:
    journal = simulated(seed)
    figures, orders = fs.summary(journal), since_30(journal, "orders", "placed")
    kept = [order.paid for order in orders if order.status not in BAD]
    assert figures["orders"] == len(orders) > len(kept)
    assert cents(figures["gross"]) == sum(cents(order.paid) for order in orders)
    assert cents(figures["revenue"]) == sum(map(cents, kept))
    assert figures["aov"] == pytest.approx(sum(kept) / len(kept))
    assert figures["net_of_gross"] == pytest.approx(figures["revenue"] / figures["gross"])


def test_contribution_is_less_all_that_the_scenario_makes_one_pay(seed: int) -> None:
    """Every cost of `everything` counted by hand, from day 30 to day 200."""
    journal = simulated(seed)
    figures, leads = fs.summary(journal), journal.leads
    came = leads[(leads["arrived"] >= 30) & (leads["kind"] == "new")]["channel"]
    channels = 1.25 * (came == "ads").sum() + 0.4 * (came == "search").sum() + 3 * 170
    rewards = 7 * ((leads["kind"] == "referral") & (leads["decided"] >= 30)
                   & (leads["outcome"] == "customer")).sum()  # fmt: skip
    price = {"recovery: Interest": 0.3, "again": 0.07, "we miss you": 0.5}
    messages = [price[message.name] for message in since_30(journal, "messages", "sent")]
    members = leads.set_index("lead")["member"]
    first = journal.orders[journal.orders["number"] == 1]
    fees = sum(
        4.0
        for order in first.itertuples()
        if members[order.customer]
        for period in range(5)
        if 30 <= order.placed + 50 * period < 200
    )
    of_orders = sum(order.contribution for order in since_30(journal, "orders", "placed"))
    expected = of_orders - channels - rewards - sum(messages) - (2.5 * 170 - fees)
    assert figures["contribution"] == pytest.approx(expected, abs=0.02)
    weekdays = len([day for day in range(30, 200) if day % 7 < 5])
    assert figures["profit"] == pytest.approx(expected - 2 * 40 * weekdays, abs=0.02)
    sales = [order for order in since_30(journal, "orders", "placed") if order.number == 1]
    channels += sum(by_sale(journal, order) for order in sales)
    assert figures["roas"] == pytest.approx(figures["revenue"] / (channels + rewards))
    assert figures["cost_per_lead"] == pytest.approx((channels + rewards) / figures["leads"])
    to_lost = 0.3 * sum(price == 0.3 for price in messages)
    acquisition = channels + rewards + to_lost + 2 * 40 * weekdays
    assert figures["cac"] == pytest.approx(acquisition / len(sales))


def test_what_an_upsell_brings_counts_but_it_is_no_new_lead_and_no_new_customer(seed: int) -> None:
    journal = simulated(seed)
    figures, leads = fs.summary(journal), since_30(journal, "leads", "arrived")
    people = [lead for lead in leads if lead.kind != "upsell"]
    assert len(people) < len(leads)
    assert figures["leads"] == len(people)
    customers = [lead for lead in people if lead.outcome == "customer"]
    assert figures["customers"] == len(customers)
    assert figures["members"] == sum(lead.member for lead in customers)
    upsold = journal.leads.loc[journal.leads["kind"] == "upsell", "lead"]
    assert journal.orders["lead"].isin(upsold).any()


def test_frequency_and_arpu_are_of_customers_who_ordered_and_nps_is_of_orders(seed: int) -> None:
    journal = simulated(seed)
    figures, orders = fs.summary(journal), since_30(journal, "orders", "placed")
    buyers = {order.customer for order in orders}
    assert figures["purchase_frequency"] == pytest.approx(len(orders) / len(buyers))
    assert figures["arpu"] == pytest.approx(figures["revenue"] / len(buyers))
    feelings = [order.satisfaction for order in orders if isinstance(order.satisfaction, str)]
    ahead = feelings.count("promoter") - feelings.count("detractor")
    assert figures["nps"] == pytest.approx(100 * ahead / len(feelings))


def test_points_earned_are_redeemed_or_expired_or_open(seed: int) -> None:
    journal = simulated(seed)
    figures = fs.summary(journal)
    gone = figures["points_redeemed"] + figures["points_expired"]
    assert figures["points_earned"] == gone + figures["points_open"]
    assert figures["points_earned"] == journal.orders["points_earned"].sum()
    assert figures["points_redeemed"] == journal.orders["points_redeemed"].sum()
    assert figures["points_liability"] == pytest.approx(0.05 * figures["points_open"])
    rows = list(journal.points.itertuples())
    old = sum(r.points for r in rows if r.kind == "earned" and r.time + 45 < 200)
    assert figures["breakage"] == pytest.approx(figures["points_expired"] / old)


def test_liability_on_a_day_is_what_was_open_when_it_began(seed: int) -> None:
    journal = simulated(seed)
    for day in (0, 60, 120.5, 200):
        open_ = sum(
            r.points if r.kind == "earned" else -r.points
            for r in journal.points.itertuples()
            if r.time < day
        )
        assert fs.points_liability(journal, day) == pytest.approx(0.05 * open_)
    assert fs.points_liability(journal) == fs.points_liability(journal, 200)
    assert fs.points_liability(fs.simulate(fs.load("aida"))) == 0


@pytest.mark.parametrize("day", [-1, 200.1, "1", True])
def test_a_day_outside_of_the_simulation_has_no_liability(day: object) -> None:
    with pytest.raises(fs.FunnelSimError, match=r"day is .*a day of the simulation, from 0 to 90"):
        fs.points_liability(fs.simulate(fs.load("aida")), day)


def test_what_channels_cost_and_bring_sums_to_the_whole(seed: int) -> None:
    journal = simulated(seed)
    table, figures = fs.channels_table(journal), fs.summary(journal)
    assert list(table.index) == ["ads", "search", "word of mouth", "referral"]
    for column in ("leads", "customers"):
        assert table[column].sum() == figures[column]
    assert cents(table["revenue"].sum()) == cents(figures["revenue"])
    assert table["cost"].sum() / figures["leads"] == pytest.approx(figures["cost_per_lead"])
    assert table["revenue"].sum() / table["cost"].sum() == pytest.approx(figures["roas"])
    spent = {step.name: step.cents for step in profit_steps(journal)}
    rest = [cost for name, cost in spent.items() if name.split()[0] in ("Messages", "Loyalty")]
    others = sum(rest) + spent["Fees of members"]
    assert cents(table["contribution"].sum()) + others == cents(figures["contribution"])


def test_a_channel_has_paid_when_its_leads_have_left_its_cost(seed: int) -> None:
    journal = simulated(seed)
    table, leads = fs.channels_table(journal), journal.leads
    arrived = dict(zip(leads["lead"], leads["arrived"], strict=True))
    channel = dict(zip(leads["lead"], leads["channel"], strict=True))
    for name in table.index:
        left, day = 0, np.nan
        of_channel = [o for o in journal.orders.itertuples() if channel[o.customer] == name]
        came = [arrived[order.customer] >= 30 for order in of_channel]
        # what a sale costs is in the cost; sales to leads from before day 30 are not for those
        # since to pay back
        before_cost = [cents(by_sale(journal, o)) * (o.placed >= 30) for o in of_channel]
        cost = cents(table.loc[name, "cost"])
        cost -= sum(c for c, since in zip(before_cost, came, strict=True) if not since)
        orders = [
            (order.placed - arrived[order.customer], cents(order.contribution) + of_cost)
            for order, of_cost, since in zip(of_channel, before_cost, came, strict=True)
            if since
        ]
        for age, contribution in sorted(orders):
            left += contribution
            if left >= cost:
                day = age
                break
        expected = 0 if cost == 0 else day
        assert table.loc[name, "payback_days"] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(("cost", "expected"), [(32.0, 0.5), (32.01, np.nan)])
def test_a_channel_has_paid_at_the_order_that_leaves_exactly_its_cost(
    cost: float, expected: float
) -> None:
    """Each lead leaves 32, half a day after it came: they pay for 32 each, not for a cent more."""
    stages = [
        {"name": "Interest", "conversion": 1.0, "decision_time": {"constant": "12 h"}},
        {"name": "Action"},
    ]
    channel = first_day(50, 3, cost_per_lead=cost)
    table = fs.channels_table(fs.simulate(everyone_buys(50, 3, stages=stages, channels=[channel])))
    assert table.loc["web", "payback_days"] == pytest.approx(expected, nan_ok=True)


def test_a_channel_that_brings_nothing_back_never_pays() -> None:
    scenario = fs.load("aida").vary({"order.margin": 0})
    table = fs.channels_table(fs.simulate(scenario))
    assert np.isnan(table.loc["search ads", "payback_days"])
    assert table.loc["recommendation", "payback_days"] == 0  # it costs nothing
    assert np.isnan(table.loc["recommendation", "roas"])


def test_impressions_are_the_ones_that_channels_state() -> None:
    table = fs.channels_table(simulated(1))
    weekend = len([day for day in range(30, 200) if day % 7 >= 5])
    assert table.loc["search", "impressions"] == pytest.approx(400 * (170 - weekend / 2))
    clicks = table.loc["search", "leads"] / table.loc["search", "impressions"]
    assert table.loc["search", "click_through_rate"] == pytest.approx(clicks)
    assert table["impressions"].notna().sum() == 1
    assert "impressions" not in fs.channels_table(fs.simulate(fs.load("aida")))


@pytest.mark.parametrize("name", [*NAMED, "everything"])
def test_the_steps_from_gross_to_profit_sum_exactly(name: str) -> None:
    journal = simulated(1) if name == "everything" else fs.simulate(fs.load(name))
    figures, (first, *steps) = fs.summary(journal), profit_steps(journal)
    assert first.is_left and cents(figures["gross"]) == first.cents
    left = first.cents
    for step in steps:
        left += 0 if step.is_left else step.cents
        assert not step.is_left or left == step.cents == cents(figures[step.name.lower()])
    assert step.name == "Profit"


def test_shipping_is_paid_for_what_was_sent(seed: int) -> None:
    journal = simulated(seed)
    (shipping,) = [step.cents for step in profit_steps(journal) if step.name == "Shipping"]
    sent = [o for o in since_30(journal, "orders", "placed") if o.status != "cancelled"]
    assert -shipping == 300 * len(sent)
