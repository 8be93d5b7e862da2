"""What open deals and customers of the start would do, against MODEL 9 and what it rests on.

Both engines read it from the same columns, so the test that they agree cannot see it. The columns
are looked at themselves: thousands of deals in one state, without a simulation.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats
from theory import funnel, within

import funnelsim as fs
from funnelsim.distributions import DAY
from funnelsim.engines.draws.draws import Draws
from funnelsim.journal import NEVER

MANY = 4_000
QUIET: dict[str, Any] = {"channels": [{"name": "web", "leads_per_day": 0}]}


def share(hits: Any, expected: float) -> bool:
    """Whether so many of them are what theory says."""
    error = math.sqrt(expected * (1 - expected) / len(hits))
    return within(np.mean(hits), expected, error)


# --- customers ----------------------------------------------------------------------------------


def next_orders(
    retention: dict[str, Any], seed: int, customer: dict[str, Any], **parts: Any
) -> Any:
    """Days until each of many such customers orders next; NaN for who has dropped out."""
    scenario = funnel(**{**QUIET, **parts}, retention=retention)
    customers = {name: [value] * MANY for name, value in customer.items()}
    delay = Draws(scenario, seed, initial=fs.State(customers=customers)).leads.delay
    return np.where(delay == NEVER, np.nan, delay / DAY)


@pytest.mark.parametrize(("orders", "last", "first"), [(4, 20.0, 90.0), (2, 60.0, 61.0)])
def test_bg_nbd_customers_are_alive_as_its_paper_says(
    orders: int, last: float, first: float, seed: int
) -> None:
    """P(alive) of Fader, Hardie and Lee (2005); what is left of the gap is Lomax, given its age."""
    r, alpha, a, b = 0.7, 12.0, 0.8, 2.4
    retention = {
        "repeat_probability": {"beta": {"a": b, "b": a}},
        "gap": {"exponential": {"rate": {"gamma": {"shape": r, "rate": alpha}}}},
        "dropout_after": "first repeat",
    }
    seen = {"orders": orders, "days_since_last_order": last, "days_since_first_order": first}
    found = next_orders(retention, seed, seen)
    x, recency, age = orders - 1, first - last, first
    ratio = ((alpha + age) / (alpha + recency)) ** (r + x)
    alive = 1 / (1 + a / (b + x - 1) * ratio)
    is_active = ~np.isnan(found)
    assert share(is_active, alive)
    left = stats.lomax(r + x, scale=alpha + age)
    assert stats.kstest(found[is_active], left.cdf).pvalue > 1e-6


def test_who_has_ordered_once_is_sure_to_come_where_customers_drop_out_after_a_repeat(
    seed: int,
) -> None:
    retention = {
        "repeat_probability": 0.2,
        "gap": {"exponential": {"mean": "10 days"}},
        "dropout_after": "first repeat",
    }
    once = next_orders(retention, seed, {"orders": 1, "days_since_last_order": 300.0})
    assert not np.isnan(once).any()
    twice = next_orders(retention, seed, {"orders": 2, "days_since_last_order": 5.0})
    survives = 0.2 * math.exp(-0.5)
    assert share(~np.isnan(twice), survives / (survives + 0.8))


def test_a_segment_that_comes_back_more_often_is_active_more_often(seed: int) -> None:
    """Odds of 1 x 3: 0.75; a third of all is in it, the others keep 0.5."""
    segments = [
        {"name": "fans", "share": 1 / 3, "repeat_odds_ratio": 3.0},
        {"name": "others", "share": 2 / 3},
    ]
    retention = {"repeat_probability": 0.5, "gap": {"constant": "30 days"}}
    seen = {"orders": 1, "days_since_last_order": 10.0}
    found = next_orders(retention, seed, seen, segments=segments)
    assert share(~np.isnan(found), 0.75 / 3 + 0.5 * 2 / 3)
    assert set(found[~np.isnan(found)]) == {20.0}
    named = next_orders(retention, seed, {**seen, "segment": "fans"}, segments=segments)
    assert share(~np.isnan(named), 0.75)


def test_a_gap_that_is_over_says_that_the_customer_has_gone() -> None:
    retention = {"repeat_probability": 0.9, "gap": {"uniform": {"low": "1 day", "high": "30 days"}}}
    seen = {"orders": 3, "days_since_last_order": 30.5}
    assert np.isnan(next_orders(retention, 1, seen)).all()


# --- open deals ---------------------------------------------------------------------------------


def deals(seed: int, deal: dict[str, Any], **parts: Any) -> tuple[Draws, Any]:
    """The draws of many such deals in Interest, where nobody else comes; and those of the stage."""
    state = fs.State(deals={name: [value] * MANY for name, value in deal.items()})
    drawn = Draws(funnel(**{**QUIET, **parts}), seed, initial=state)
    return drawn, drawn.stages[0]


def stages(**interest: Any) -> dict[str, Any]:
    return {"stages": [{"name": "Interest", "conversion": 0.5, **interest}, {"name": "Action"}]}


CALL = {"team": "sales", "handling_time": {"constant": "1 h"}}
TEAM: dict[str, Any] = {"teams": [{"name": "sales", "reps": 1}]}


def test_what_a_deal_has_waited_for_its_call_takes_odds(seed: int) -> None:
    """Two half-lives: odds of 1 become 1/4, so that a fifth advances."""
    parts = stages(follow_up={**CALL, "response_half_life": "1 day"}) | TEAM
    past = {"stage": "Interest", "days_in_stage": 3.0, "response_days": 2.0}
    _, [visit] = deals(seed, past, **parts)
    assert visit.settled.all()
    assert share(visit.slack > 0, 0.2)
    _, [waits] = deals(seed, {"stage": "Interest", "days_in_stage": 2.0, "waiting": True}, **parts)
    assert not waits.settled.any()
    assert share(waits.slack > 0, 0.2)  # so far; what is still to come takes more


def test_a_deal_that_came_back_has_the_odds_of_those_who_did_and_fewer_messages_left(
    seed: int,
) -> None:
    recovery = {"probability": 0.6, "odds_ratio": 3.0, "attempts": 2}
    parts = stages(recovery=recovery)
    for returns, won, again in ((0, 0.5, [0.6, 0.6]), (1, 0.75, [0.6, 0.0]), (2, 0.75, [0.0])):
        _, visits = deals(
            seed, {"stage": "Interest", "days_in_stage": 1, "returns": returns}, **parts
        )
        assert share(visits[0].slack > 0, won)
        for visit, back in zip(visits, again, strict=False):
            hits = visit.returns
            assert (not hits.any()) if back == 0 else share(hits, back)


def test_patience_and_decision_have_what_is_left_of_them(seed: int) -> None:
    parts = stages(
        decision_time={"constant": "5 days"},
        follow_up={**CALL, "patience": {"uniform": {"low": "0 h", "high": "4 days"}}},
    )
    _, [waits] = deals(seed, {"stage": "Interest", "days_in_stage": 3.0, "waiting": True}, **parts,
                       **TEAM)  # fmt: skip
    assert stats.kstest(waits.patience / DAY, stats.uniform(0, 1).cdf).pvalue > 1e-6
    assert (waits.decision_time == 5 * DAY).all()  # its decision has not begun
    _, [thinks] = deals(seed, {"stage": "Interest", "days_in_stage": 3.0}, **parts, **TEAM)
    assert (thinks.decision_time == 2 * DAY).all()
    _, [talks] = deals(seed, {"stage": "Interest", "days_in_stage": 3.0, "in_call": True}, **parts,
                       **TEAM)  # fmt: skip
    assert (talks.reached_by == 0).all() and not talks.missed.any()
    assert (talks.patience > 1e6 * DAY).all()  # it cannot go cold any more


def test_where_nobody_says_the_channel_is_drawn_by_the_leads_that_will_come(seed: int) -> None:
    channels = [
        {"name": "web", "leads_per_day": 0.03, "weekdays": [2, 2, 2, 2, 2, 2, 2]},
        {"name": "fair", "leads_per_day": 0.02},
        {"name": "old", "leads_per_day": 0},
    ]
    drawn, _ = deals(seed, {"stage": "Interest", "days_in_stage": 1.0}, channels=channels)
    mine = drawn.leads.channel[drawn.leads.initial != NEVER]
    assert len(mine) == MANY and share(mine == 0, 0.75) and share(mine == 1, 0.25)
    named, _ = deals(
        seed, {"stage": "Interest", "days_in_stage": 1.0, "channel": "old"}, channels=channels
    )
    assert (named.leads.channel[named.leads.initial != NEVER] == 2).all()


def test_a_value_that_is_known_is_that_of_the_first_order(seed: int) -> None:
    known, _ = deals(seed, {"stage": "Interest", "days_in_stage": 1.0, "value": 123.45})
    assert set(known.deal_value.tolist()) == {12_345}
    assert set(known.orders[0].basket.tolist()) == {12_345}
    drawn, _ = deals(seed, {"stage": "Interest", "days_in_stage": 1.0})
    theirs = stats.gamma(1 / 0.64, scale=80 * 0.64)
    assert stats.kstest(drawn.deal_value / 100, theirs.cdf).pvalue > 1e-6


def test_the_largest_discount_holds_that_brought_a_deal_back(seed: int) -> None:
    parts = stages(conversion=1.0) | {"order": {"value": {"constant": 100}}}
    deal = {"stage": "Interest", "days_in_stage": 1.0, "returns": 1, "discount": 0.3}
    state = fs.State(deals={name: [value] * 5 for name, value in deal.items()})
    for engine in ("process", "columns"):
        j = fs.simulate(
            funnel(**QUIET, **parts), seed, initial=state, engine=engine, progress=False
        )
        assert (j.orders["discount"] == 30).all() and len(j.orders) == 5


def test_a_customer_of_the_start_tosses_the_same_coin_whoever_drops_out_when(seed: int) -> None:
    """It is won where u is below the probability: one that is raised loses nobody."""
    state = fs.State(customers={"orders": [2] * 200, "days_since_last_order": [1.0] * 200})
    slack = {}
    for after in ("first order", "first repeat"):
        gap = {"constant": "3 days"}
        retention = {"repeat_probability": 0.5, "gap": gap, "dropout_after": after}
        drawn = Draws(funnel(**QUIET, retention=retention), seed, initial=state).orders[0]
        slack[after] = dict(zip(drawn.rows.tolist(), drawn.slack.tolist(), strict=True))
    assert slack["first repeat"] == slack["first order"] and len(slack["first order"]) > 50
