"""How orders end: against a count by hand, and against the shares that MODEL 5 gives.

`theory.py` says what the tolerances are.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from everyone_buys import MANY, everyone_buys, share
from everything import simulated
from theory import funnel, mean_of

import funnelsim as fs
from funnelsim.analytic.orders import order_ends
from funnelsim.charts import orders as charts
from funnelsim.metrics.orders import ENDS, RATES

P, Q, R = 0.2, 0.25, 0.3
TRUTH = {
    "cancelled": P,
    "refused": (1 - P) * Q,
    "returned": (1 - P) * (1 - Q) * R,
    "kept": (1 - P) * (1 - Q) * (1 - R),
}
LATE = {"probability": 0.3, "delay": {"constant": "4 days"}}
BADLY = {"cancel_probability": P, "refuse_probability": Q, "return_probability": R}


def paid(name: str, share: float, **changed: Any) -> dict[str, Any]:
    """Sent after a day, there after five on average, and ten to send it back."""
    statuses = [
        ["processing", {"constant": "1 day"}],
        ["shipped", {"gamma": {"mean": "4 days", "cv": 0.5}}],
        ["delivered", {"constant": "10 days"}],
    ]
    return {"name": name, "share": share, "statuses": statuses, **changed}


def shop(days: int = 40, orders_a_day: float = 50, **parts: Any) -> fs.Scenario:
    """One that sells to everybody who comes, every day."""
    return funnel(
        horizon=f"{days} days",
        channels=[{"name": "web", "leads_per_day": orders_a_day}],
        stages=[{"name": "Interest", "conversion": 1.0}, {"name": "Action"}],
        order={"value": {"constant": 80}, "payments": [paid("on delivery", 1.0, **BADLY)]},
        **parts,
    )


@cache
def of_forty_days(seed: int) -> tuple[fs.Journal, ...]:
    return tuple(fs.simulate(shop(), seed, replication=r, progress=False) for r in range(60))


# --- what is counted ------------------------------------------------------------------------------


def placed_since(journal: fs.Journal) -> pd.DataFrame:
    orders = journal.orders
    orders = orders[orders["placed"] >= journal.scenario.warm_up / 86_400e6].copy()
    orders["end"] = [
        "open" if math.isnan(o.closed) else (o.status if o.status in ENDS else "kept")
        for o in orders.itertuples()
    ]
    return orders


@pytest.mark.parametrize("by", ["payment", "channel", "segment"])
def test_orders_are_counted_by_how_they_ended(by: str) -> None:
    journal = simulated(1)
    orders = placed_since(journal)
    column = orders[by] if by == "payment" else journal.leads[by].loc[orders["lead"]]
    table = fs.order_rates(journal, by, of="placed")
    assert table["placed"].sum() == len(orders)
    assert table["open"].sum() > 0
    for group, line in table.iterrows():
        mine = orders[(column == group).to_numpy()]
        for end in (*ENDS, "open"):
            assert line[end] == (mine["end"] == end).sum(), (group, end)
        assert line["gross"] == pytest.approx(mine["paid"].sum())
        stays = mine["end"].isin(["kept", "open"])
        assert line["revenue"] == pytest.approx(mine["paid"][stays].sum())
        assert line["contribution"] == pytest.approx(mine["contribution"].sum())
    assert table["revenue"].sum() == pytest.approx(fs.summary(journal)["revenue"])


def test_rates_are_of_those_placed_or_of_those_closed() -> None:
    journal = simulated(1)
    placed, closed = (fs.order_rates(journal, of=of) for of in ("placed", "closed"))
    for end in ENDS:
        assert (placed[RATES[end]] == placed[end] / placed["placed"]).all()
        of_closed = closed[end] / (closed["placed"] - closed["open"])
        assert np.allclose(closed[RATES[end]], of_closed)
    assert np.allclose(placed["ripe"], 1 - placed["not_known"])
    assert not closed["not_known"].any()


@pytest.mark.parametrize("by", ["week", "month", 10])
def test_groups_by_when_orders_were_placed(by: str | float) -> None:
    journal = simulated(1)
    start, orders = pd.Timestamp(journal.scenario.start), placed_since(journal)
    first = journal.scenario.warm_up / 86_400e6
    if by == "month":
        when = start + pd.to_timedelta(orders["placed"], unit="D")
        group = when.dt.strftime("%Y-%m")
    else:
        days = 7 if by == "week" else by
        group = first + days * ((orders["placed"] - first) // days)
    table = fs.order_rates(journal, by)
    count = group.value_counts()
    for name, line in table.iterrows():
        assert line["placed"] == count.get(name, 0)
    assert table["placed"].sum() == len(orders)


@pytest.mark.parametrize("of", ["placed", "closed", "ripe"])
def test_the_rates_and_what_is_not_known_sum_to_one(of: str) -> None:
    for scenario in (shop(6), shop(40)):
        table = fs.order_rates(fs.simulate(scenario, 1), "week", of)
        table = table[table["placed"] > table["open"]] if of == "closed" else table
        parts = table[[*RATES.values(), "not_known"]]
        assert np.allclose(parts.sum(axis=1), 1)
        assert (parts.to_numpy() >= 0).all()


def test_what_no_order_was_old_enough_for_is_not_known() -> None:
    """After six days orders are cancelled, and some refused; nobody can have sent one back."""
    line = fs.order_rates(fs.simulate(shop(6), 1)).iloc[0]
    assert line["return_rate"] == line["kept_rate"] == 0
    assert line["not_known"] > 0.5
    assert line["cancellation_rate"] + line["refusal_rate"] + line["not_known"] == pytest.approx(1)


# --- ripe -----------------------------------------------------------------------------------------


def incidence_by_hand(orders: pd.DataFrame, horizon: float) -> dict[str, dict[float, float]]:
    """By end, its share after each closing, in plain Python: Aalen and Johansen."""
    until = (orders["closed"].fillna(horizon) - orders["placed"]).round(9)
    left, curve, so_far = 1.0, {end: {} for end in ENDS}, dict.fromkeys(ENDS, 0.0)
    for age in sorted(until[orders["end"] != "open"].unique()):
        at_risk = (until >= age).sum()
        now = orders["end"][until == age].value_counts()
        closed = 0
        for end in ENDS:
            so_far[end] += left * now.get(end, 0) / at_risk
            curve[end][age] = so_far[end]
            closed += now.get(end, 0)
        left *= 1 - closed / at_risk
    return curve


def test_the_curve_is_that_of_aalen_and_johansen() -> None:
    journal = fs.simulate(shop(40, 6), 1)
    orders, table = placed_since(journal), fs.orders_by_age(journal)
    curve = incidence_by_hand(orders, 40)
    for end in ENDS:
        for age, line in table.iterrows():
            by_then = [share for when, share in curve[end].items() if when <= age]
            assert line[end] == pytest.approx(by_then[-1] if by_then else 0.0), (end, age)
    assert (table["watched"] == [(40 - orders["placed"] >= age).sum() for age in table.index]).all()
    assert np.allclose(table[[*ENDS, "open"]].sum(axis=1), 1)


def test_ripe_is_where_the_curve_ends() -> None:
    journal = simulated(1)
    rates = fs.order_rates(journal)
    for payment, line in rates.iterrows():
        last = fs.orders_by_age(journal, payment).iloc[-1]
        for end in ENDS:
            assert line[RATES[end]] == pytest.approx(last[end], abs=1e-12)
        assert line["not_known"] == pytest.approx(last["open"], abs=1e-9)


def test_what_is_left_of_the_revenue_is_what_is_kept_and_what_will_be(seed: int) -> None:
    """The same shop watched to the end, orders of the first 40 days only, says what it was."""
    early, late = [], []
    for r in range(40):
        journal = fs.simulate(shop(), seed, replication=r)
        table = fs.order_rates(journal)
        orders = fs.simulate(shop(90), seed, replication=r).orders
        orders = orders[orders["placed"] < 40]
        kept = orders["paid"][orders["status"] == "delivered"].sum()
        early.append(float(table["expected_revenue"].sum()) - kept)
        late.append(float(table["revenue"].sum()) - kept)
    assert mean_of(early, 0)
    assert np.mean(late) > 10 * np.std(late) / math.sqrt(len(late))  # today's is too high


@cache
def rates(seed: int, of: str) -> pd.DataFrame:
    return pd.concat([fs.order_rates(journal, of=of) for journal in of_forty_days(seed)])


def test_ripe_rates_are_right_where_those_of_today_are_not(seed: int) -> None:
    """Over replications of forty days, in which orders take fifteen."""
    for end in ENDS:
        assert mean_of(rates(seed, "ripe")[RATES[end]], TRUTH[end])
        today = rates(seed, "placed")[RATES[end]]
        assert today.mean() < TRUTH[end]  # some five errors below it, as cancelling is quick
    for end, too_high in {"cancelled": True, "refused": True, "returned": False}.items():
        assert (rates(seed, "closed")[RATES[end]].mean() > TRUTH[end]) == too_high


def test_a_fortnight_that_is_young_is_told_by_the_orders_of_its_age(seed: int) -> None:
    last = pd.DataFrame([fs.order_rates(j, by=10).iloc[-1] for j in of_forty_days(seed)])
    assert last["ripe"].mean() < 0.5
    for end in ENDS:
        assert mean_of(last[RATES[end]], TRUTH[end])


@cache
def ends_of_curves(seed: int) -> pd.DataFrame:
    return pd.DataFrame([fs.orders_by_age(journal).iloc[-1] for journal in of_forty_days(seed)])


@pytest.mark.parametrize("end", ENDS)
def test_the_standard_error_is_what_rates_differ_by(end: str, seed: int) -> None:
    """z of each replication has a variance of 1; the mean of its square has one of 2/n."""
    last = ends_of_curves(seed)
    z = (last[end] - TRUTH[end]) / last[f"{end}_error"]
    assert mean_of(z**2, 1, wider=1.5)


def test_where_all_were_watched_the_standard_error_is_the_binomial_s() -> None:
    scenario = everyone_buys(800, 60, order=shop().model_dump()["order"] | {"margin": 0.4})
    table = fs.orders_by_age(fs.simulate(scenario, 1))
    count = table["watched"].iloc[0]
    for end in ENDS:
        p = table[end]
        assert np.allclose(table[f"{end}_error"], np.sqrt(p * (1 - p) / count), atol=1e-12)


def test_shares_are_those_of_the_model(seed: int) -> None:
    """p, (1 - p) · q, (1 - p) · (1 - q) · r of all placed, by method of payment."""
    payments = [paid("on delivery", 0.3, **BADLY), paid("prepaid", 0.7, return_probability=0.1)]
    scenario = everyone_buys(MANY, 60, order={"value": {"constant": 80}, "payments": payments})
    table = fs.order_rates(fs.simulate(scenario, seed))
    assert (table["ripe"] == 1).all()
    prepaid = {"cancelled": 0.0, "refused": 0.0, "returned": 0.1, "kept": 0.9}
    for name, truth in (("on delivery", TRUTH), ("prepaid", prepaid)):
        line = table.loc[name]
        for end in ENDS:
            ended = np.repeat([1.0, 0.0], [line[end], line["placed"] - line[end]])
            assert line[RATES[end]] == pytest.approx(ended.mean())
            assert share(ended, truth[end])
        told = order_ends(scenario)[name]
        assert told == pytest.approx(truth)
    assert table["revenue"].to_numpy() == pytest.approx(table["expected_revenue"].to_numpy())


# --- late -----------------------------------------------------------------------------------------


def delivering(days: int, **parts: Any) -> fs.Scenario:
    """There after three days, three in ten of them four days later; a fifth is cancelled."""
    statuses = [
        [name, {"constant": f"{d} days"}] for name, d in (("sent", 1), ("way", 2), ("there", 5))
    ]
    method = {"name": "prepaid", "share": 1, "statuses": statuses, "late": LATE}
    order = {"value": {"constant": 80}, "payments": [method | {"cancel_probability": 0.2}]}
    return everyone_buys(4_000, days, order=order, **parts)


def test_late_is_what_comes_later_than_it_should(seed: int) -> None:
    journal = fs.simulate(delivering(30), seed)
    line = fs.order_rates(journal, late_after=5).iloc[0]
    sent = line["placed"] - line["cancelled"]
    assert share(np.repeat([1.0, 0.0], [line["late"], sent - line["late"]]), 0.3)
    assert line["late_rate"] == pytest.approx(line["late"] / sent)
    of_closed = fs.order_rates(journal, of="closed", late_after=5)["late_rate"].iloc[0]
    assert of_closed == line["late_rate"]
    of_placed = fs.order_rates(journal, of="placed", late_after=5)["late_rate"].iloc[0]
    assert of_placed == pytest.approx(line["late"] / line["placed"])
    assert fs.order_rates(journal, late_after=7.1)["late"].iloc[0] == 0
    assert fs.order_rates(journal, late_after=2.9)["late_rate"].iloc[0] == 1


def test_what_is_overdue_is_late_and_what_is_young_is_not_known_to_be() -> None:
    """All came on the first day; after six nobody's delay is over."""
    journal = fs.simulate(delivering(6), 1)
    line = fs.order_rates(journal, late_after=4).iloc[0]
    closed = fs.order_rates(journal, of="closed", late_after=4).iloc[0]
    assert line["late"] > 0
    assert closed["late_rate"] == 0  # of those that have come
    assert 0.2 < line["late_rate"] < 0.4
    assert math.isnan(fs.order_rates(journal, late_after=6.5)["late_rate"].iloc[0])


def test_what_is_late_is_said_by_the_scenario_or_by_nobody() -> None:
    satisfaction = {
        "promoter": 0.3,
        "detractor": 0.2,
        "late_delivery": {"after": "5 days", "odds_ratio": 2},
    }
    told = fs.simulate(delivering(30, satisfaction=satisfaction), 1)
    assert fs.order_rates(told).equals(fs.order_rates(told, late_after=5))
    line = fs.order_rates(fs.simulate(delivering(30), 1)).iloc[0]
    assert math.isnan(line["late"])
    assert math.isnan(line["late_rate"])


# --- nothing, and nonsense ------------------------------------------------------------------------


def test_without_methods_of_payment_all_orders_are_kept_at_once() -> None:
    journal = fs.simulate(fs.load("aida"), 1)
    table = fs.order_rates(journal, late_after=1)
    assert list(table.index) == ["all"]
    assert table["kept_rate"].iloc[0] == table["ripe"].iloc[0] == 1
    assert table["late"].iloc[0] == 0
    assert list(fs.orders_by_age(journal)["kept"]) == [1.0]


def test_where_nothing_is_ordered_there_are_no_rates() -> None:
    for scenario in (fs.load("awareness-to-decision"), shop(40, 0)):
        journal = fs.simulate(scenario, 1)
        table = fs.order_rates(journal)
        assert table["placed"].sum() == 0
        assert table["return_rate"].isna().all()
        assert len(fs.orders_by_age(journal)) == 0
        assert fs.charts.order_rates(journal).title
        assert fs.charts.orders_by_age(journal).title


def test_a_run_that_begins_in_the_middle_of_business_counts_what_was_placed_in_it() -> None:
    shop = fs.load("dropshipping")
    state = fs.simulate(shop, 1).state(60)
    journal = fs.simulate(shop, 2, initial=state)
    for by in ("payment", "channel", "segment", "week"):
        assert fs.order_rates(journal, by)["placed"].sum() == len(journal.orders)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"by": "pament"}, "did you mean payment"),
        ({"by": None}, "by a number of days"),
        ({"by": 0}, "above 0"),
        ({"of": "all"}, "placed, closed, ripe"),
        ({"late_after": "5 days"}, "late_after"),
    ],
)
def test_what_cannot_be_asked_is_told(given: dict[str, Any], said: str) -> None:
    with pytest.raises(fs.FunnelSimError, match=said):
        fs.order_rates(simulated(1), **given)


def test_a_method_that_is_not_there_is_told() -> None:
    with pytest.raises(fs.FunnelSimError, match="did you mean prepaid"):
        fs.orders_by_age(fs.simulate(fs.load("dropshipping"), 1), "prepayed")


# --- pictures -------------------------------------------------------------------------------------


def test_bars_and_areas_are_the_tables() -> None:
    journal = fs.simulate(fs.load("dropshipping"), 1)
    for by in ("payment", 14):
        table = fs.order_rates(journal, by, "placed")
        rows = charts.rate_rows(table)
        assert sum(row["orders"] for row in rows) == table["placed"].sum()
        for row in rows:
            assert row["high"] - row["low"] == pytest.approx(
                table.loc[next(g for g in table.index if row["group"].startswith(f"{g} ")),
                          RATES.get(row["end"], "not_known")]
            )  # fmt: skip
    table = fs.orders_by_age(journal, "prepaid")
    for row in charts.age_rows(table):
        assert row["high"] - row["low"] == pytest.approx(table.loc[row["age"], row["end"]])
    assert "90.0 % kept" in fs.charts.orders_by_age(journal, "prepaid").title.subtitle
    assert len(fs.charts.order_rates(journal, by=14, of="placed").to_dict()["title"]) == 2
