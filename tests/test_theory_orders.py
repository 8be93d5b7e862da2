"""Orders against theory: how customers feel, how orders end, what campaigns bring about.

`theory.py` says what the tolerances are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from everyone_buys import MANY, everyone_buys, share, times_odds
from scipy import stats
from theory import mean_of

import funnelsim as fs

# --- satisfaction -----------------------------------------------------------------------------


def feelings_are(feelings: pd.Series, promoter: float, detractor: float) -> bool:
    expected = {"promoter": promoter, "detractor": detractor, "passive": 1 - promoter - detractor}
    return all(share(feelings == name, p) for name, p in expected.items())


def test_customers_are_promoters_detractors_or_neither_and_detractors_leave(seed: int) -> None:
    scenario = everyone_buys(
        MANY,
        10,
        retention={"repeat_probability": 1, "gap": {"constant": "6 days"}},
        satisfaction={"promoter": 0.45, "detractor": 0.15},
    )
    journal = fs.simulate(scenario, seed)
    orders = journal.orders
    for number in (1, 2):
        assert feelings_are(orders.loc[orders["number"] == number, "satisfaction"], 0.45, 0.15)
    first = orders[orders["number"] == 1].set_index("customer")["satisfaction"]
    again = first.index.isin(orders.loc[orders["number"] == 2, "customer"])
    assert (again == (first != "detractor")).all()


def test_a_late_follow_up_makes_detractors_of_first_orders(seed: int) -> None:
    """The longest response counts, here that of the first stage; promoters are displaced too:
    (1 - d') · promoter ÷ (1 - d)."""
    call = {"handling_time": {"constant": "1 min"}}
    scenario = everyone_buys(
        MANY,
        20,
        teams=[
            {"name": "by day", "reps": 500, "open": "Mon-Fri 09:00-17:00"},
            {"name": "at once", "reps": 500},
        ],
        stages=[
            {"name": "Interest", "conversion": 1.0, "follow_up": {"team": "by day", **call}},
            {"name": "Desire", "conversion": 1.0, "follow_up": {"team": "at once", **call}},
            {"name": "Action"},
        ],
        retention={"repeat_probability": 1, "gap": {"constant": "8 days"}},
        satisfaction={
            "promoter": 0.4,
            "detractor": 0.2,
            "late_follow_up": {"after": "1 h", "odds_ratio": 2.5},
        },
    )
    journal = fs.simulate(scenario, seed)
    calls, orders = journal.follow_ups, journal.orders
    waited = (calls["started"] - calls["queued"]).groupby(calls["lead"]).max() > 1 / 24
    late = waited.reindex(orders["lead"]).to_numpy()
    first = (orders["number"] == 1).to_numpy()
    more = times_odds(0.2, 2.5)
    assert feelings_are(orders.loc[first & late, "satisfaction"], (1 - more) * 0.4 / 0.8, more)
    assert feelings_are(orders.loc[first & ~late, "satisfaction"], 0.4, 0.2)
    assert feelings_are(orders.loc[~first & late, "satisfaction"], 0.4, 0.2)


@pytest.mark.parametrize("engine", ["process", "columns"])
def test_a_late_follow_up_acts_on_the_order_of_an_upsold_deal_too(seed: int, engine: str) -> None:
    """That of the deal itself: how long the customer had waited for the first is forgotten."""
    scenario = everyone_buys(
        4_000,
        9,
        teams=[{"name": "sales", "reps": 900, "open": "Mon-Fri 09:00-17:00"}],
        stages=[
            {"name": "Interest", "conversion": 1.0, "follow_up": {"team": "sales"}},
            {"name": "Action"},
        ],
        satisfaction={
            "promoter": 0.4,
            "detractor": 0.2,
            "late_follow_up": {"after": "1 h", "odds_ratio": 5.0},
        },
        retention={"repeat_probability": 1, "gap": {"constant": "6 days"}},
        upsell={
            "probability": 0.5,
            "enters": "Interest",
            "delay": {"uniform": {"low": "0 h", "high": "48 h"}},
        },
    )
    journal = fs.simulate(scenario, seed, engine=engine)
    calls, orders, leads = journal.follow_ups, journal.orders, journal.leads
    waited = (calls["started"] - calls["queued"]).groupby(calls["lead"]).max() > 1 / 24
    late = waited.reindex(orders["lead"]).to_numpy()
    before = waited.reindex(leads["parent"].loc[orders["lead"]]).to_numpy() == 1
    upsold = (leads["kind"] == "upsell").loc[orders["lead"]].to_numpy()
    first = ~upsold & (journal.whole["orders"]["number"] == 1)
    more = times_odds(0.2, 5.0)
    feelings = orders["satisfaction"].notna()
    for which, detractor in (
        (upsold & late, more),
        (upsold & ~late & before, 0.2),  # only the first deal had waited
        (first & late, more),
        (~upsold & ~first, 0.2),
    ):
        told = orders.loc[which & feelings, "satisfaction"]
        assert len(told) > 100
        assert feelings_are(told, (1 - detractor) * 0.5, detractor)


@pytest.mark.parametrize("engine", ["process", "columns"])
def test_whom_a_late_follow_up_makes_no_promoter_brings_nobody(seed: int, engine: str) -> None:
    """Nobody is called on the first day, a Monday. Of the promoters some become passive."""
    scenario = everyone_buys(
        2_000,
        4,
        teams=[{"name": "sales", "reps": 900, "open": "Tue-Sun 00:00-24:00"}],
        stages=[
            {"name": "Interest", "conversion": 1.0, "follow_up": {"team": "sales"}},
            {"name": "Desire", "conversion": 1.0},
            {"name": "Action"},
        ],
        satisfaction={
            "promoter": 0.4,
            "detractor": 0.2,
            "late_follow_up": {"after": "1 min", "odds_ratio": 4.0},
        },
        referral={"invites": 1.0, "enters": "Desire"},
    )
    journal = fs.simulate(scenario, seed, engine=engine)
    leads, orders = journal.leads, journal.orders.set_index("lead")
    feelings = orders.loc[leads.loc[leads["kind"] == "referral", "parent"], "satisfaction"]
    assert set(feelings) == {"promoter"}
    new = leads["kind"] == "new"
    promoters = orders.loc[leads.index[new], "satisfaction"] == "promoter"
    assert share(promoters, (1 - times_odds(0.2, 4)) * 0.4 / 0.8)


def test_a_late_delivery_makes_detractors_and_fewer_where_they_were_told(seed: int) -> None:
    """Delivered after 3 days or after 7, and closed two days later; a limit of 4 days."""
    late = {"probability": 0.5, "delay": {"constant": "4 days"}}
    payments = [
        paid("told", 0.5, days_to_return=2, late={**late, "notified": True}),
        paid("not told", 0.5, days_to_return=2, late={**late, "notified": False}),
    ]
    limits = {"after": "4 days", "odds_ratio": 4.0, "notified_odds_ratio": 1.5}
    scenario = everyone_buys(
        MANY,
        12,
        order={"value": {"constant": 80}, "payments": payments},
        satisfaction={"promoter": 0.4, "detractor": 0.2, "late_delivery": limits},
    )
    orders = fs.simulate(scenario, seed).orders
    after = (orders["closed"] - orders["placed"]).round(6)
    assert set(after) == {5.0, 9.0}
    for method, ratio in (("told", 1.5), ("not told", 4.0)):
        mine = orders["payment"] == method
        more = times_odds(0.2, ratio)
        assert feelings_are(orders.loc[mine & (after == 5), "satisfaction"], 0.4, 0.2)
        promoter = (1 - more) * 0.4 / 0.8
        assert feelings_are(orders.loc[mine & (after == 9), "satisfaction"], promoter, more)


# --- payments and deliveries --------------------------------------------------------------------


def paid(name: str, share: float, days_to_return: int = 0, **changed: Any) -> dict[str, Any]:
    """A method of payment that delivers after three days."""
    statuses = [
        ["processing", {"constant": "1 day"}],
        ["shipped", {"constant": "2 days"}],
        ["delivered", {"constant": f"{days_to_return} days"}],
    ]
    return {"name": name, "share": share, "statuses": statuses, **changed}


def test_orders_are_cancelled_refused_or_returned_one_after_the_other(seed: int) -> None:
    """p, (1 - p) · q, (1 - p) · (1 - q) · r, by method of payment."""
    p, q, r = 0.2, 0.25, 0.3
    ends = {"cancel_probability": p, "refuse_probability": q, "return_probability": r}
    payments = [paid("on delivery", 0.3, **ends), paid("prepaid", 0.7, cancel_probability=0.1)]
    scenario = everyone_buys(MANY, 10, order={"value": {"constant": 80}, "payments": payments})
    orders = fs.simulate(scenario, seed).orders
    prepaid = orders["payment"] == "prepaid"
    assert share(prepaid, 0.7)
    assert share(orders.loc[prepaid, "status"] == "cancelled", 0.1)
    expected = {
        "cancelled": p,
        "refused": (1 - p) * q,
        "returned": (1 - p) * (1 - q) * r,
        "delivered": (1 - p) * (1 - q) * (1 - r),
    }
    for status, probability in expected.items():
        assert share(orders.loc[~prepaid, "status"] == status, probability)
    assert set(orders.loc[prepaid, "status"]) == {"cancelled", "delivered"}


def test_a_share_of_the_deliveries_is_late_by_the_delay(seed: int) -> None:
    late = {"probability": 0.3, "delay": {"exponential": {"mean": "4 days"}}}
    payments = [paid("prepaid", 1.0, cancel_probability=0.2, late=late)]
    scenario = everyone_buys(MANY, 100, order={"value": {"constant": 80}, "payments": payments})
    journal = fs.simulate(scenario, seed)
    delivered = journal.statuses[journal.statuses["status"] == "delivered"]
    placed = journal.orders["placed"].to_numpy()[delivered["order"]]
    delay = delivered["entered"] - placed - 3
    is_late = delay > 1e-6
    assert share(is_late, 0.3)
    assert mean_of(delay[is_late], 4)
    assert stats.kstest(delay[is_late], stats.expon(scale=4).cdf).pvalue > 1e-6


def test_offers_at_checkout_are_taken_by_their_shares(seed: int) -> None:
    offers = [
        {"name": "gift wrap", "probability": 0.15, "value": {"constant": 8}},
        {"name": "warranty", "probability": 0.4, "value": {"constant": 20}},
    ]
    scenario = everyone_buys(MANY, 2, order={"value": {"constant": 80}, "offers": offers})
    value = fs.simulate(scenario, seed).orders["value"]
    for added, p in ((0, 0.85 * 0.6), (8, 0.15 * 0.6), (20, 0.85 * 0.4), (28, 0.15 * 0.4)):
        assert share(value == 80 + added, p)


# --- campaigns ----------------------------------------------------------------------------------


def test_a_campaign_raises_the_odds_and_brings_its_own_back_evenly_within_its_time(
    seed: int,
) -> None:
    """p = .3 becomes .46 with twice the odds; the .16 more come within 20 days, each day alike."""
    scenario = everyone_buys(
        MANY,
        60,
        retention={"repeat_probability": 0.3, "gap": {"constant": "50 days"}},
        campaigns=[
            {
                "name": "second order",
                "kind": "post-purchase",
                "within": "20 days",
                "odds_ratio": 2.0,
                "cost_per_send": 0.05,
            }
        ],
    )
    journal = fs.simulate(scenario, seed)
    messages, orders = journal.messages, journal.orders
    first = messages.drop_duplicates("lead").set_index("lead")
    second = orders[orders["number"] == 2].set_index("lead")["placed"]
    because = first["accepted"]
    assert share(because, times_odds(0.3, 2) - 0.3)
    assert (first["cost"] == 0.05).all()
    returned = (second - first["sent"]).reindex(first.index)
    assert share(returned[~because].notna(), 0.3 / (1 - times_odds(0.3, 2) + 0.3))
    assert np.allclose(returned[~because].dropna(), 50)
    assert stats.kstest(returned[because], stats.uniform(0, 20).cdf).pvalue > 1e-6


def test_a_win_back_is_offered_once_and_accepted_by_its_share_but_by_no_detractor(
    seed: int,
) -> None:
    scenario = everyone_buys(
        MANY,
        300,
        retention={"repeat_probability": 0.5, "gap": {"exponential": {"mean": "20 days"}}},
        satisfaction={"promoter": 0.4, "detractor": 0.2},
        campaigns=[
            {
                "name": "we miss you",
                "kind": "win-back",
                "after": "30 days",
                "probability": 0.3,
                "discount": 0.1,
            }
        ],
    )
    journal = fs.simulate(scenario, seed)
    messages, orders = journal.messages, journal.orders
    assert messages["lead"].is_unique
    last = pd.merge_asof(
        messages, orders[["lead", "placed", "satisfaction"]], left_on="sent", right_on="placed",
        by="lead", allow_exact_matches=False,
    )  # fmt: skip
    assert np.allclose(last["sent"] - last["placed"], 30)
    detractor = last["satisfaction"] == "detractor"
    assert not last.loc[detractor, "accepted"].any()
    assert share(last.loc[~detractor, "accepted"], 0.3)
    # every customer is quiet for so long some day, unless it orders in time to the end
    assert len(messages) > 0.99 * len(journal.leads)
    won = messages.loc[messages["accepted"], ["lead", "sent"]]
    discounted = orders.loc[orders["discount"] > 0, ["lead", "placed"]]
    assert sorted(won.itertuples(index=False)) == sorted(discounted.itertuples(index=False))
