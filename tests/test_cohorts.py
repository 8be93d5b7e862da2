"""Retention, churn and customer lifetime value, against counts done by hand and against theory."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from everyone_buys import everyone_buys
from everything import simulated
from test_metrics import by_sale
from theory import within

import funnelsim as fs
from funnelsim.metrics.cohorts import active_days_of, clv_by_cohort, retention_rate


def orders_by_customer(journal: fs.Journal) -> dict[int, list[float]]:
    """The days on which each customer ordered."""
    days: dict[int, list[float]] = {}
    for order in journal.orders.itertuples():
        days.setdefault(order.customer, []).append(order.placed)
    return days


# --- retention and churn ------------------------------------------------------------------------


def test_retention_is_the_share_of_the_active_who_stay(seed: int) -> None:
    """CRR = (E - N) ÷ S, each of the three counted customer by customer."""
    journal = simulated(seed)
    days = orders_by_customer(journal)

    def active(moment: float) -> set[int]:
        return {who for who, all_ in days.items() if any(moment - 25 <= d < moment for d in all_)}

    table = fs.retention_by_period(journal, 40, active_days=25)
    assert table["begin"].tolist() == [30, 70, 110, 150]  # from the warm-up on
    assert table["end"].iloc[-1] <= 200
    for row in table.itertuples():
        at_begin, at_end = active(row.begin), active(row.end)
        assert (row.start, row.active) == (len(at_begin), len(at_end))
        assert row.new == len(at_end - at_begin)
        assert row.returned == sum(min(days[who]) < row.begin for who in at_end - at_begin)
        too_early = row.begin < min(map(min, days.values())) + 25
        rate = math.nan if too_early else (row.active - row.new) / row.start
        assert row.retention_rate == pytest.approx(rate, nan_ok=True)
        assert row.churn_rate == pytest.approx(1 - rate, nan_ok=True)
        assert retention_rate(journal, row.begin, row.end, 25) == pytest.approx(rate, nan_ok=True)


def test_no_rate_is_told_while_hardly_anybody_can_have_lapsed(seed: int) -> None:
    """Half of all drop out after each order: a rate near 1 would read as "nobody left"."""
    retention = {"repeat_probability": 0.5, "gap": {"exponential": {"mean": "30 days"}}}
    days = 300
    journal = fs.simulate(everyone_buys(5_000, days, retention=retention), seed)
    for active in (20, 45, 100):
        table = fs.retention_by_period(journal, 30, active_days=active)
        says_from = table.attrs["says_from"]
        assert says_from == pytest.approx(journal.orders["placed"].min() + active)
        told = table["retention_rate"].notna() & (table["start"] > 0)
        assert told.equals((table["begin"] >= says_from) & (table["start"] > 0))
        assert math.isnan(retention_rate(journal, 0, active, active))
        assert (table.loc[told, "retention_rate"] < 0.95).all()
    nobody = fs.retention_by_period(fs.simulate(fs.load("awareness-to-decision")), active_days=9)
    assert nobody.attrs["says_from"] == math.inf


def test_nobody_active_has_no_retention_rate() -> None:
    table = fs.retention_by_period(fs.simulate(fs.load("aida")), 30)
    assert table["start"].iloc[0] == 0
    assert math.isnan(table["retention_rate"].iloc[0])
    assert math.isnan(table["churn_rate"].iloc[0])


@pytest.mark.parametrize(("probability", "rate"), [(1.0, 1.0), (0.0, 0.0)])
def test_a_subscription_has_churned_half_a_period_after_it_was_due(
    seed: int, probability: float, rate: float
) -> None:
    retention = {"repeat_probability": probability, "gap": {"constant": "30 days"}}
    journal = fs.simulate(everyone_buys(50, 200, retention=retention), seed)
    assert active_days_of(journal) == 45
    begin = 45 + float(journal.orders["placed"].min())
    assert retention_rate(journal, begin, 47) == rate  # by then the last of them are gone
    assert math.isnan(retention_rate(journal, 30, 44))  # when nobody can have gone


def test_active_days_are_one_and_a_half_mean_gaps_and_said() -> None:
    table = fs.retention_by_period(fs.simulate(fs.load("aida-loyalty-advocacy")))
    gap = fs.load("aida-loyalty-advocacy").retention.gap.exponential.mean / (24 * 3600 * 1e6)
    assert table.attrs["active_days"] == 1.5 * gap
    own = fs.retention_by_period(fs.simulate(fs.load("aida")), active_days=12)
    assert own.attrs["active_days"] == 12


def test_where_the_mean_gap_is_infinite_it_is_measured(seed: int) -> None:
    rate = {"gamma": {"shape": 0.5, "rate": 10}}
    retention = {"repeat_probability": 0.8, "gap": {"exponential": {"rate": rate}}}
    journal = fs.simulate(everyone_buys(300, 200, retention=retention), seed)
    apart = [d for days in orders_by_customer(journal).values() for d in np.diff(days)]
    assert active_days_of(journal) == pytest.approx(1.5 * np.mean(apart))


def test_where_nobody_orders_twice_active_days_must_be_given() -> None:
    journal = fs.simulate(fs.load("b2b-pipeline"))
    with pytest.raises(fs.FunnelSimError, match=r"nobody orders twice .* active_days=90"):
        fs.retention_by_period(journal)
    assert len(fs.retention_by_period(journal, active_days=90)) == 12


# --- cohorts ------------------------------------------------------------------------------------


def shares_by_hand(journal: fs.Journal, period_of, age=None) -> dict[tuple[int, int], float]:
    """Share of customers of each (cohort, periods since) who ordered, period numbers as given."""
    customers: dict[int, set[int]] = {}
    ordered: dict[tuple[int, int], set[int]] = {}
    for who, days in orders_by_customer(journal).items():
        if min(days) >= journal.scenario.warm_up / (24 * 3600 * 1e6):
            cohort = period_of(min(days))
            customers.setdefault(cohort, set()).add(who)
            for day in days:
                since = int((day - min(days) + 1e-9) // age) if age else period_of(day) - cohort
                ordered.setdefault((cohort, since), set()).add(who)
    return {cell: len(who) / len(customers[cell[0]]) for cell, who in ordered.items()}


def month(day: float) -> int:
    date = dt.datetime(2027, 1, 4) + dt.timedelta(days=day)
    return date.month - 2  # the warm-up ends on 3 February


def test_cohorts_by_calendar_months(seed: int) -> None:
    journal = simulated(seed)
    table, shares = fs.cohort_retention(journal, by="calendar"), shares_by_hand(journal, month)
    assert table.index.tolist() == [f"2027-0{n}" for n in range(2, 8)]  # day 200 is 23 July
    check(table, shares, lambda cohort, since: cohort + since < 5)


def test_periods_count_by_the_age_of_the_customer(seed: int) -> None:
    """A cell is told once the youngest of the cohort are old enough: 30 days are a month of age."""
    journal = simulated(seed)
    table, shares = fs.cohort_retention(journal), shares_by_hand(journal, month, age=30)
    assert table.index.tolist() == [f"2027-0{n}" for n in range(2, 8)]
    ends = [dt.datetime(2027, n, 1) - dt.datetime(2027, 1, 4) for n in range(3, 9)]
    check(table, shares, lambda cohort, since: ends[cohort].days + 30 * (since + 1) <= 200)
    table, shares = fs.cohort_retention(journal, 40), shares_by_hand(journal, by_40, age=40)
    check(table, shares, lambda cohort, since: 30 + 40 * (cohort + 1 + since + 1) <= 200)


def by_40(day: float) -> int:
    return int((day - 30) // 40)


def test_who_comes_every_30_days_is_there_in_each_month_of_age(seed: int) -> None:
    """By the calendar the same subscribers seem to stay away in one month and come back later."""
    retention = {"repeat_probability": 1.0, "gap": {"constant": "30 days"}}
    journal = fs.simulate(fs.load("subscription").vary({"retention": retention}), seed)
    by_age, by_calendar = (fs.cohort_retention(journal, by=by) for by in ("age", "calendar"))
    assert (by_age.drop(columns="customers").stack().dropna() == 1).all()
    assert by_calendar.drop(columns="customers").stack().min() < 0.95


def test_cohorts_by_days_count_from_the_warm_up(seed: int) -> None:
    journal = simulated(seed)
    table = fs.cohort_retention(journal, 60, by="calendar")
    assert table.index.tolist() == [30, 90, 150]
    shares = shares_by_hand(journal, lambda day: int((day - 30) // 60))
    check(table, shares, lambda cohort, since: cohort + since < 2)


def check(table, shares: dict[tuple[int, int], float], complete) -> None:
    """Every cell is the share by hand; those of periods that are not complete are empty."""
    for number in range(len(table)):
        for since in range(len(table.columns) - 1):
            found = table.iloc[number, 1 + since]
            if complete(number, since):
                assert found == pytest.approx(shares.get((number, since), 0))
            else:
                assert math.isnan(found)
    assert (table[0].dropna() == 1).all()


def test_the_customers_of_all_cohorts_are_all(seed: int) -> None:
    journal = simulated(seed)
    firsts = [min(days) for days in orders_by_customer(journal).values()]
    expected = sum(first >= 30 for first in firsts)
    assert fs.cohort_retention(journal)["customers"].sum() == expected
    assert len(fs.customer_lifetime_value(journal)) == expected


def test_a_cohort_of_subscribers_survives_as_theory_says(seed: int) -> None:
    """Shifted beta-geometric: S(t) = Π (b + i) ÷ (a + b + i), Fader and Hardie 2007."""
    a, b = 0.668, 3.806
    probability = {"beta": {"a": b, "b": a}}
    retention = {"repeat_probability": probability, "gap": {"constant": "30 days"}}
    journal = fs.simulate(everyone_buys(5_000, 241, retention=retention), seed)
    table = fs.cohort_retention(journal, 30)
    count, survival = table["customers"].iloc[0], 1.0
    for period in range(1, 7):
        survival *= (b + period - 1) / (a + b + period - 1)
        error = math.sqrt(survival * (1 - survival) / count)
        assert within(table[period].iloc[0], survival, error)


def test_no_order_no_customers_but_a_table() -> None:
    journal = fs.simulate(fs.load("awareness-to-decision"))
    assert fs.cohort_retention(journal)["customers"].sum() == 0
    assert fs.cohort_retention(journal)[0].isna().all()
    assert fs.customer_lifetime_value(journal).empty
    assert clv_by_cohort(journal)["clv"].isna().all()


# --- what customers are worth -------------------------------------------------------------------


def test_lifetime_value_is_what_each_order_left_before_cac_discounted(seed: int) -> None:
    journal = simulated(seed)
    table, orders = fs.customer_lifetime_value(journal, 0.2), journal.orders
    worth: dict[int, float] = {}
    paid: dict[int, float] = {}
    first: dict[int, float] = {}
    for order in orders.itertuples():
        since = order.placed - first.setdefault(order.customer, order.placed)
        discounted = (order.contribution + by_sale(journal, order)) / 1.2 ** (since / 365)
        worth[order.customer] = worth.get(order.customer, 0) + discounted
        kept = order.status not in ("cancelled", "refused", "returned")
        paid[order.customer] = paid.get(order.customer, 0) + order.paid * kept
    assert sorted(table.index) == sorted(who for who, day in first.items() if day >= 30)
    for row in table.itertuples():
        assert row.clv == pytest.approx(worth[row.Index])
        assert row.revenue == pytest.approx(paid[row.Index])
    assert table["orders"].sum() == orders["customer"].isin(table.index).sum()
    assert table["member"].equals(journal.leads.loc[table.index, "member"])


def test_a_discount_takes_nothing_from_the_first_order(seed: int) -> None:
    journal = simulated(seed)
    plain, discounted = (fs.customer_lifetime_value(journal, rate) for rate in (0, 0.5))
    once = plain["orders"] == 1
    assert (plain["clv"] == discounted["clv"])[once].all()
    assert discounted["clv"].sum() < plain["clv"].sum()


def test_a_cohort_is_worth_what_its_customers_are(seed: int) -> None:
    journal = simulated(seed)
    for period in ("month", 45):
        table = clv_by_cohort(journal, period, annual_discount_rate=0.1)
        each = fs.customer_lifetime_value(journal, 0.1)
        whole = (table["customers"] * table["clv"]).sum()
        assert whole == pytest.approx(each["clv"].sum())
    so_far = clv_by_cohort(journal, 45).iloc[0].drop(["customers", "clv"]).dropna()
    mine = journal.orders[journal.orders["customer"].isin(each.index)]
    before_cac = mine["contribution"] + [by_sale(journal, order) for order in mine.itertuples()]
    first = mine.groupby("customer")["placed"].transform("min")
    cohort = mine[first.between(30, 75, inclusive="left")]
    for periods, mean in so_far.items():
        age = cohort["placed"] - cohort.groupby("customer")["placed"].transform("min")
        early = before_cac.loc[cohort.index[age < 45 * (periods + 1)]].sum()
        assert mean == pytest.approx(early / cohort["customer"].nunique())


# --- what cannot be -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda j: fs.cohort_retention(j, "week"), 'period is "week"; a period is "month" or'),
        (lambda j: fs.cohort_retention(j, by="aeg"), "by is .* did you mean age"),
        (lambda j: fs.cohort_retention(j, 0), "period is 0; it is a number of days above 0"),
        (lambda j: fs.cohort_retention(j, 0.001), "more than 1,000 of them: take a longer one"),
        (lambda j: fs.retention_by_period(j, "month"), "period_days is .*number of days"),
        (lambda j: fs.retention_by_period(j, 30, -1), "active_days is -1"),
        (lambda j: retention_rate(j, 60, 30), "the first is before the second"),
        (lambda j: retention_rate(j, 60, 91), "from day 0 to day 90"),
        (lambda j: fs.customer_lifetime_value(j, -0.1), "annual_discount_rate is -0.1"),
        (lambda j: fs.customer_lifetime_value(j, "10 %"), "0.1 for 10 % a year"),
        (lambda j: fs.cohort_retention("aida"), "cohort_retention is given .* takes a Journal"),
    ],
)
def test_what_cannot_be_is_told(call, words: str) -> None:
    with pytest.raises(fs.FunnelSimError, match=words):
        call(fs.simulate(fs.load("aida")))
