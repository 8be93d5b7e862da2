"""Customers against theory: who comes back how often, whom they bring, what a programme does.

`theory.py` says what the tolerances are.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from everyone_buys import MANY, everyone_buys, first_day, share, times_odds
from scipy import special
from theory import mean_of, within

import funnelsim as fs


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


def two_segments(ratios: tuple[float, float], repeat_probability: Any) -> fs.Scenario:
    """Enrolment 0.3, and a self-selection of 4."""
    return everyone_buys(
        MANY,
        2,
        segments=[
            {"name": "loyal", "share": 0.25, "repeat_odds_ratio": ratios[0]},
            {"name": "other", "share": 0.75, "repeat_odds_ratio": ratios[1]},
        ],
        retention={"repeat_probability": repeat_probability, "gap": {"constant": "30 days"}},
        loyalty={"enrolment": 0.3, "self_selection": 4.0},
    )


def test_self_selection_multiplies_the_odds_of_enrolling(seed: int) -> None:
    """By self_selection to the power of how far the own log odds of coming back are from the mean.

    With odds of 1/4 and a ratio of 6 the loyal come back with 0.6, the others with 0.2, the mean is
    0.25 x 0.6 + 0.75 x 0.2 = 0.3, and so the odds of coming back are 3.5 and 7/12 times the mean's.
    """
    leads = fs.simulate(two_segments((6.0, 1.0), 0.2), seed).leads
    for segment, times_mean in (("loyal", 3.5), ("other", 7 / 12)):
        ratio = 4 ** math.log(times_mean)
        assert share(leads.loc[leads["segment"] == segment, "member"], times_odds(0.3, ratio))


@pytest.mark.parametrize("repeat_odds_ratio", [0.2, 1.0, 5.0])
@pytest.mark.parametrize("repeat_probability", [0.0, 0.5, 1.0])
def test_where_all_are_alike_just_so_many_enrol(
    seed: int, repeat_odds_ratio: float, repeat_probability: float
) -> None:
    scenario = two_segments((repeat_odds_ratio, repeat_odds_ratio), repeat_probability)
    assert share(fs.simulate(scenario, seed).leads["member"], 0.3)


def test_a_ratio_that_all_segments_have_moves_no_enrolment(seed: int) -> None:
    differ = {"beta": {"a": 2.0, "b": 3.0}}
    members = [
        fs.simulate(two_segments((ratio, ratio), differ), seed).leads["member"].to_numpy()
        for ratio in (1.0, 5.0)
    ]
    assert (members[0] == members[1]).all()


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
