"""What comes after the sale, against theory: coming back, satisfaction, payments, campaigns.

`theory.py` says what the tolerances are. Everyone arrives on the first day and buys, so that the
customers of a simulation are independent of each other and equally long under observation.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from everyone_buys import everyone_buys, first_day
from scipy import special, stats
from theory import mean_of, within

import funnelsim as fs

MANY = 20_000


def share(which: Any, p: float) -> bool:
    """Whether a share of independent cases is what theory says."""
    which = np.asarray(which)
    return within(which.mean(), p, math.sqrt(p * (1 - p) / len(which)))


def times_odds(p: float, ratio: float) -> float:
    """The probability whose odds are `ratio` times those of p."""
    return p * ratio / (1 - p + p * ratio)


def orders_of_each(journal: fs.Journal, until: float = math.inf) -> np.ndarray:
    """How many orders each customer has placed within `until` days from the first."""
    orders = journal.orders
    since = orders["placed"] - orders.groupby("customer")["placed"].transform("min")
    counts = orders[since <= until].groupby("customer").size()
    assert len(counts) == len(journal.leads)
    return counts.to_numpy()


# --- coming back ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alpha", "beta", "published"),
    [
        (0.668, 3.806, "86.9 74.3 65.3 59.3 55.1 51.7 49.1 46.8 44.5 42.7 40.9 39.4"),  # High End
        (0.704, 1.182, "63.1 46.8 38.2 32.6 28.9 26.2 24.1 22.3 20.7 19.4 18.3 17.3"),  # Regular
    ],
)
def test_renewals_are_shifted_beta_geometric(
    seed: int, alpha: float, beta: float, published: str
) -> None:
    """S(t) = Π (β + i - 1) ÷ (α + β + i - 1) for i = 1 … t.

    Fader and Hardie 2007, "How to project customer retention": α and β fitted there to seven years
    of two segments, and what was seen in twelve (table 1), which the fit meets within two points.
    """
    years = np.arange(1, 13)
    survival = np.cumprod((beta + years - 1) / (alpha + beta + years - 1))
    seen = np.array(published.split(), dtype=float) / 100
    assert np.abs(survival - seen).max() < 0.02
    retention = {
        "repeat_probability": {"beta": {"a": beta, "b": alpha}},
        "gap": {"constant": "30 days"},
    }
    journal = fs.simulate(everyone_buys(MANY, 12 * 30 + 1, retention=retention), seed)
    renewals = orders_of_each(journal) - 1
    for year, expected in zip(years, survival, strict=True):
        assert share(renewals >= year, expected)


def bg_nbd(t: float, r: float, alpha: float, a: float, b: float) -> float:
    """Repeat purchases of a random customer within t: Fader, Hardie and Lee 2005, equation 9."""
    series = special.hyp2f1(r, b, a + b - 1, t / (alpha + t))
    return float((a + b - 1) / (a - 1) * (1 - (alpha / (alpha + t)) ** r * series))


def test_repeat_purchases_are_those_of_the_bg_nbd_model(seed: int) -> None:
    """Fader, Hardie and Lee 2005, "Counting your customers the easy way": CDNOW, in weeks.

    Its 2,357 customers first bought within 12 weeks and were seen until week 39; they made 2,457
    repeat purchases, which the mean of the formula over their time meets within 3 %.
    """
    fitted = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    cohort = np.mean([bg_nbd(t, **fitted) for t in np.linspace(27, 39, 50)])
    assert cohort == pytest.approx(2_457 / 2_357, rel=0.03)
    rate = {"gamma": {"shape": fitted["r"], "rate": fitted["alpha"] * 7}}  # per day
    retention = {
        "repeat_probability": {"beta": {"a": fitted["b"], "b": fitted["a"]}},
        "gap": {"exponential": {"rate": rate}},
        "dropout_after": "first repeat",
    }
    journal = fs.simulate(everyone_buys(2 * MANY, 78 * 7 + 1, retention=retention), seed)
    for weeks in (39, 78):
        repeats = orders_of_each(journal, until=weeks * 7) - 1
        assert mean_of(repeats, bg_nbd(weeks, **fitted))


def test_customers_who_never_drop_out_buy_as_the_nbd_says(seed: int) -> None:
    """Rates Gamma(r, α), Poisson purchases: mean r·t ÷ α, P(none) = (α ÷ (α + t))^r.

    Ehrenberg 1959, "The pattern of consumer purchases".
    """
    rate = {"gamma": {"shape": 0.8, "rate": 40}}
    retention = {"repeat_probability": 1, "gap": {"exponential": {"rate": rate}}}
    journal = fs.simulate(everyone_buys(MANY, 101, retention=retention), seed)
    repeats = orders_of_each(journal, until=100) - 1
    assert mean_of(repeats, 0.8 * 100 / 40)
    assert share(repeats == 0, (40 / 140) ** 0.8)


def test_segments_and_tiers_multiply_the_odds_of_coming_back(seed: int) -> None:
    """Odds 1 (p = .5), times 3 by segment, times 2 for members (they are all silver)."""
    scenario = everyone_buys(
        MANY,
        10,
        segments=[
            {"name": "loyal", "share": 0.5, "repeat_odds_ratio": 3.0},
            {"name": "other", "share": 0.5},
        ],
        retention={"repeat_probability": 0.5, "gap": {"constant": "5 days"}},
        loyalty={"enrolment": 0.4, "tiers": [{"name": "silver", "repeat_odds_ratio": 2.0}]},
    )
    journal = fs.simulate(scenario, seed)
    leads, again = journal.leads, orders_of_each(journal) > 1
    assert share(leads["member"], 0.4)
    for segment, odds in (("loyal", 3.0), ("other", 1.0)):
        for member, ratio in ((True, 2.0), (False, 1.0)):
            mine = (leads["segment"] == segment) & (leads["member"] == member)
            assert share(again[mine], odds * ratio / (1 + odds * ratio))


# --- referral and upsell ----------------------------------------------------------------------


def test_referrals_of_referrals_are_a_geometric_series(seed: int) -> None:
    """With K children per lead a lead counts for 1 ÷ (1 - K) in all.

    The variance of all that come of one is K ÷ (1 - K)³ (Borel 1942).
    """
    k = 0.4
    scenario = everyone_buys(
        MANY,
        100,  # a day for each generation
        satisfaction={"promoter": 1.0, "detractor": 0.0},
        referral={"invites": k, "delay": {"constant": "1 day"}, "enters": "Interest"},
    )
    kinds = fs.simulate(scenario, seed).leads["kind"].value_counts()
    new = kinds["new"]
    assert within(kinds.sum(), new / (1 - k), math.sqrt(new * k / (1 - k) ** 3))


def test_those_referred_have_odds_and_a_segment_of_their_own(seed: int) -> None:
    """The channel's odds ratio (4) is not theirs (1/4): .8 of the new buy, .2 of those referred."""
    scenario = everyone_buys(
        MANY,
        3,
        channels=[first_day(MANY, 3, odds_ratio=4.0)],
        segments=[{"name": "one", "share": 0.3}, {"name": "other", "share": 0.7}],
        stages=[{"name": "Interest", "conversion": 0.5}, {"name": "Action"}],
        satisfaction={"promoter": 1.0, "detractor": 0.0},
        referral={"invites": 1.0, "enters": "Interest", "odds_ratio": 0.25},
    )
    leads = fs.simulate(scenario, seed).leads
    for kind, p in (("new", 0.8), ("referral", 0.2)):
        assert share(leads.loc[leads["kind"] == kind, "outcome"] == "customer", p)
    referred = leads[leads["kind"] == "referral"]
    parents = leads["segment"].to_numpy()[referred["parent"]]
    for segment in ("one", "other"):  # whoever has sent them
        assert share(referred.loc[parents == segment, "segment"] == "one", 0.3)


def test_an_upsell_may_follow_an_upsell(seed: int) -> None:
    """Offered with q, bought with p: q·p more orders follow each order, 1 ÷ (1 - q·p) in all."""
    scenario = everyone_buys(
        MANY,
        60,
        stages=[
            {"name": "Interest", "conversion": 1.0},
            {"name": "Desire", "conversion": 0.5},
            {"name": "Action"},
        ],
        upsell={"probability": 0.6, "delay": {"constant": "1 day"}, "enters": "Desire"},
    )
    journal = fs.simulate(scenario, seed)
    # a chain of events, one offer after the other: geometric
    assert mean_of(journal.orders.groupby("customer").size(), 1 / (1 - 0.6 * 0.5))


# --- the loyalty programme --------------------------------------------------------------------


def test_self_selection_multiplies_the_odds_of_enrolling(seed: int) -> None:
    """By self_selection to the power of how far the own log odds of coming back are from the mean.

    A segment's odds ratio 3 moves them by ln 3; 4^(ln 3) = 4.59.
    """
    scenario = everyone_buys(
        MANY,
        2,
        segments=[
            {"name": "loyal", "share": 0.5, "repeat_odds_ratio": 3.0},
            {"name": "other", "share": 0.5},
        ],
        retention={"repeat_probability": 0.2, "gap": {"constant": "30 days"}},
        loyalty={"enrolment": 0.3, "self_selection": 4.0},
    )
    leads = fs.simulate(scenario, seed).leads
    for segment, ratio in (("loyal", 4 ** math.log(3)), ("other", 1.0)):
        assert share(leads.loc[leads["segment"] == segment, "member"], times_odds(0.3, ratio))


@pytest.mark.parametrize(
    ("self_selection", "repeat_probability", "misleads"),
    [
        (3.0, {"beta": {"a": 1.5, "b": 1.5}}, True),
        (1.0, {"beta": {"a": 1.5, "b": 1.5}}, False),  # all alike enrol
        (3.0, 0.5, False),  # all enrol alike
    ],
)
def test_members_against_others_overstates_the_programme_where_members_choose_themselves(
    seed: int, self_selection: float, repeat_probability: Any, misleads: bool
) -> None:
    """The effect on members: their orders with the programme less those of the same without it."""
    scenario = everyone_buys(
        MANY,
        365,
        retention={"repeat_probability": repeat_probability, "gap": {"constant": "30 days"}},
        loyalty={
            "enrolment": 0.5,
            "self_selection": self_selection,
            "tiers": [{"name": "silver", "repeat_odds_ratio": 1.3}],
        },
    )
    journal = fs.simulate(scenario, seed)
    member = journal.leads["member"].to_numpy()
    orders = orders_of_each(journal)
    without = orders_of_each(fs.simulate(scenario.vary({"loyalty": None}), seed))
    assert (orders == without)[~member].all()  # nothing has changed for the others
    effect = (orders - without)[member].mean()
    difference = orders[member].mean() - orders[~member].mean()
    error = math.sqrt(
        without[member].var() / member.sum() + without[~member].var() / (~member).sum()
    )
    print(f"members order {difference:.3f} more than others, {effect:.3f} because of the programme")
    assert effect > 0
    if misleads:
        assert difference - effect > 5 * error
    else:
        assert within(difference, effect, error)


def test_points_are_redeemed_by_a_share_of_those_who_could(seed: int) -> None:
    scenario = everyone_buys(
        MANY,
        10,
        retention={"repeat_probability": 1, "gap": {"constant": "6 days"}},
        loyalty={
            "enrolment": 1,
            "points_per_unit": 1,
            "point_value": 0.03,
            "redeem_from": 80,
            "redeem_probability": 0.7,
        },
    )
    orders = fs.simulate(scenario, seed).orders
    assert share(orders.loc[orders["number"] == 2, "points_redeemed"] == 80, 0.7)


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


def test_a_late_delivery_makes_detractors_and_fewer_where_they_were_told(seed: int) -> None:
    """Delivered after 3 days or after 7; a limit of 6 days."""
    late = {"probability": 0.5, "delay": {"constant": "4 days"}}
    payments = [
        paid("told", 0.5, late={**late, "notified": True}),
        paid("not told", 0.5, late={**late, "notified": False}),
    ]
    limits = {"after": "6 days", "odds_ratio": 4.0, "notified_odds_ratio": 1.5}
    scenario = everyone_buys(
        MANY,
        10,
        order={"value": {"constant": 80}, "payments": payments},
        satisfaction={"promoter": 0.4, "detractor": 0.2, "late_delivery": limits},
    )
    orders = fs.simulate(scenario, seed).orders
    after = (orders["closed"] - orders["placed"]).round(6)
    assert set(after) == {3.0, 7.0}
    for method, ratio in (("told", 1.5), ("not told", 4.0)):
        mine = orders["payment"] == method
        more = times_odds(0.2, ratio)
        assert feelings_are(orders.loc[mine & (after == 3), "satisfaction"], 0.4, 0.2)
        promoter = (1 - more) * 0.4 / 0.8
        assert feelings_are(orders.loc[mine & (after == 7), "satisfaction"], promoter, more)


# --- payments and deliveries --------------------------------------------------------------------


def paid(name: str, share: float, **changed: Any) -> dict[str, Any]:
    """A method of payment that delivers after three days."""
    statuses = [
        ["processing", {"constant": "1 day"}],
        ["shipped", {"constant": "2 days"}],
        ["delivered", {"constant": "0 days"}],
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
