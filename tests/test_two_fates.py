"""Those who advance and those who do not, each with a time of their own: MODEL 3 and 9.

Against survival functions and Bayes' rule by hand; that both engines tell one history is told by
`test_engines_agree.py`, whose scenarios have these fates too.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats
from theory import funnel, mean_of, within

import funnelsim as fs
from funnelsim.distributions import DAY
from funnelsim.engines.draws.draws import ENDLESS, Draws
from funnelsim.errors import FunnelSimError

ENGINES = ["process", "columns"]
YES = {"exponential": {"mean": "6 days"}}
NO = {"weibull": {"mean": "20 days", "shape": 0.7}}
S1 = stats.expon(scale=6).sf
S0 = stats.weibull_min(0.7, scale=20 / math.gamma(1 + 1 / 0.7)).sf
CALL = {"team": "sales", "handling_time": {"constant": "1 min"}}
TEAM: dict[str, Any] = {"teams": [{"name": "sales", "reps": 50}]}


def one_stage(**interest: Any) -> dict[str, Any]:
    stage = {"name": "Interest", "conversion": 0.3, "decision_time": YES, **interest}
    return {"stages": [stage, {"name": "Action"}]}


def on_the_first_day(leads: float, **parts: Any) -> fs.Scenario:
    """Leads that all have 300 days to decide."""
    burst = {"from": "1 day", "to": "301 days", "factor": 0.0}
    web = {"name": "web", "leads_per_day": leads, "bursts": [burst]}
    return funnel(**{"horizon": "301 days", "channels": [web], **parts})


def visits(scenario: fs.Scenario, seed: int, engine: str, **more: Any) -> Any:
    told = fs.simulate(scenario, seed, engine=engine, progress=False, **more).stage_visits
    return told[told["stage"] == "Interest"]


def share(hits: Any, expected: float) -> bool:
    return within(np.mean(hits), expected, math.sqrt(expected * (1 - expected) / len(hits)))


# --- as leads come ------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("called", [{}, {"follow_up": CALL}])
def test_each_fate_has_a_time_of_its_own(engine: str, called: dict[str, Any], seed: int) -> None:
    """From the end of the call, a minute, which nobody waits for here."""
    scenario = on_the_first_day(4_000, **one_stage(loss_time=NO, **called), **TEAM)
    found = visits(scenario, seed, engine)
    takes = found["decided"] - found["entered"]
    for outcome, survives in (("advanced", S1), ("lost", S0)):
        these = takes[found["outcome"] == outcome].to_numpy()
        early = these[these < 200]  # long before the horizon, which would cut it
        law = lambda t, s=survives: (1 - s(t)) / (1 - s(200))  # noqa: E731
        assert stats.kstest(early, law).pvalue > 1e-6
    assert share(found["outcome"] == "advanced", 0.3)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_silent_stay_open(engine: str, seed: int) -> None:
    short = {"constant": "3 days"}
    parts = one_stage(loss_time=short, silent=0.4, decision_time=short, conversion=0.2)
    found = visits(on_the_first_day(4_000, **parts), seed, engine)
    assert share(found["outcome"] == "advanced", 0.2)
    assert share(found["outcome"] == "open", 0.8 * 0.4)
    assert found.loc[found["outcome"] == "open", "decided"].isna().all()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("called", [{}, {"follow_up": CALL}])
def test_whoever_says_nothing_for_so_long_is_dropped(
    engine: str, called: dict[str, Any], seed: int
) -> None:
    """P(time > 8 days) of each fate, those included who never say so."""
    parts = one_stage(loss_time=NO, silent=0.25, drop_after="8 days", **called)
    found = visits(on_the_first_day(4_000, **parts, **TEAM), seed, engine)
    assert not (found["outcome"] == "open").any()
    dropped = found["reason"] == "dropped"
    assert share(dropped, 0.3 * S1(8) + 0.7 * (0.25 + 0.75 * S0(8)))
    assert share(found["outcome"] == "advanced", 0.3 * (1 - S1(8)))
    takes = (found["decided"] - found["entered"])[dropped]
    assert takes.to_numpy() == pytest.approx(8 + (1 / 1440 if called else 0))


@pytest.mark.parametrize("engine", ENGINES)
def test_who_speaks_on_the_last_moment_is_not_dropped(engine: str, seed: int) -> None:
    at_once = {"constant": "2 days"}
    parts = one_stage(decision_time=at_once, loss_time={"constant": "49 h"}, drop_after="48 h")
    found = visits(on_the_first_day(200, **parts), seed, engine)
    assert ((found["outcome"] == "advanced") | (found["reason"] == "dropped")).all()
    assert (found["outcome"] == "advanced").any()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_dropped_get_the_message_and_the_silent_do_not(engine: str, seed: int) -> None:
    back = {"probability": 0.6, "delay": {"constant": "1 day"}, "attempts": 1}
    parts = one_stage(conversion=0.0, silent=1.0, recovery=back)
    scenario = on_the_first_day(1_000, **parts)
    assert fs.simulate(scenario, seed, engine=engine, progress=False).messages.empty
    dropping = scenario.vary({"stages.Interest.drop_after": "5 days"})
    sent = fs.simulate(dropping, seed, engine=engine, progress=False).messages
    assert share(sent["accepted"], 0.6) and len(sent) > 700


def test_the_same_time_for_both_fates_is_what_there_was(seed: int) -> None:
    """One uniform for both: said twice, nothing moves."""
    scenario = fs.load("aida")
    again = {f"stages.{s.name}.loss_time": s.decision_time for s in scenario.stages[:-1]}
    one, other = (
        fs.simulate(s, seed, progress=False).events for s in (scenario, scenario.vary(again))
    )
    assert one.equals(other)


def test_a_longer_no_moves_no_yes(seed: int) -> None:
    scenario = fs.load("aida")
    slower = {"stages.Desire.loss_time": {"lognormal": {"mean": "9 days", "cv": 1.0}}}
    one, other = (
        fs.simulate(s, seed, progress=False).stage_visits for s in (scenario, scenario.vary(slower))
    )
    won = [t[(t["stage"] == "Action")].reset_index(drop=True) for t in (one, other)]
    assert won[0].equals(won[1])


def test_dropped_is_a_reason_that_nobody_gives_of_himself() -> None:
    with pytest.raises(FunnelSimError, match="drop_after"):
        funnel(**one_stage(loss_reasons={"dropped": 1}))
    with pytest.raises(FunnelSimError, match=r"Interest\.drop_after"):
        funnel(**one_stage(drop_after="0 days"))
    table = fs.funnel_table(fs.simulate(funnel(**one_stage(drop_after="1 day")), 1, progress=False))
    assert table.loc["Interest", "lost: dropped"] > 0
    without = fs.funnel_table(fs.simulate(funnel(**one_stage()), 1, progress=False))
    assert "lost: dropped" not in without


# --- in the middle ------------------------------------------------------------------------------

MANY = 4_000
QUIET: dict[str, Any] = {"channels": [{"name": "web", "leads_per_day": 0}], "horizon": "400 days"}


def old_deals(age: float) -> fs.State:
    return fs.State(deals={"stage": ["Interest"] * MANY, "days_in_stage": [age] * MANY})


@pytest.mark.parametrize("age", [0.0, 3.0, 15.0])
@pytest.mark.parametrize("called", [{}, {"follow_up": CALL}])
def test_an_open_deal_is_worth_what_its_age_says(
    age: float, called: dict[str, Any], seed: int
) -> None:
    """Bayes' rule: p S1 ÷ (p S1 + (1 - p)((1 - silent) S0 + silent)), and what is left of each."""
    scenario = funnel(**{**QUIET, **one_stage(loss_time=NO, silent=0.2, **called), **TEAM})
    [drawn] = Draws(scenario, seed, initial=old_deals(age)).stages[0]
    yes, no, never = 0.3 * S1(age), 0.7 * 0.8 * S0(age), 0.7 * 0.2
    assert share(drawn.slack > 0, yes / (yes + no + never))
    assert share(drawn.loss_time == ENDLESS, never / (no + never))
    for column, survives in ((drawn.decision_time, S1), (drawn.loss_time, S0)):
        left = column[column < ENDLESS] / DAY
        law = lambda t, s=survives: 1 - s(age + t) / s(age)  # noqa: E731
        assert stats.kstest(left, law).pvalue > 1e-6


def test_with_one_time_for_both_an_old_deal_is_worth_as_much_as_a_young_one(seed: int) -> None:
    for age in (1.0, 30.0):
        [drawn] = Draws(funnel(**{**QUIET, **one_stage()}), seed, initial=old_deals(age)).stages[0]
        assert share(drawn.slack > 0, 0.3)


@pytest.mark.parametrize(("p", "wins"), [(0.0, 0), (1.0, MANY)])
def test_certain_things_stay_certain_whatever_the_age(p: float, wins: int) -> None:
    late = {"uniform": {"low": "1 day", "high": "2 days"}}
    for yes, no in ((late, YES), (YES, late), (late, late)):
        parts = one_stage(conversion=p, decision_time=yes, loss_time=no)
        scenario = funnel(**{**QUIET, **parts})
        [drawn] = Draws(scenario, 1, initial=old_deals(50.0)).stages[0]
        assert (drawn.slack > 0).sum() == wins


def test_a_yes_that_is_out_of_time_will_not_come(seed: int) -> None:
    soon = {"uniform": {"low": "1 day", "high": "9 days"}}
    parts = one_stage(decision_time=soon, loss_time=NO)
    scenario = funnel(**{**QUIET, **parts})
    assert not (Draws(scenario, seed, initial=old_deals(9.0)).stages[0][0].slack > 0).any()


@pytest.mark.parametrize("engine", ENGINES)
def test_deals_are_dropped_when_they_would_have_been(engine: str, seed: int) -> None:
    parts = one_stage(decision_time={"constant": "40 days"}, drop_after="10 days")
    scenario = funnel(**{**QUIET, **parts})
    ages = [0.0, 4.0, 10.0, 25.0, 60.0]
    state = fs.State(deals={"stage": ["Interest"] * 5, "days_in_stage": ages})
    found = visits(scenario, seed, engine, initial=state)
    assert (found["reason"] == "dropped").all()
    assert sorted(found["decided"]) == [0.0, 0.0, 0.0, 6.0, 10.0]


# --- by formula ---------------------------------------------------------------------------------


@pytest.mark.parametrize("recovery", [None, {"probability": 0.8, "delay": {"constant": "4 days"}}])
def test_the_sales_expected_are_those_that_come(recovery: dict[str, Any] | None, seed: int) -> None:
    """Of two stages, dropped leads and returns included, up to the horizon."""
    first = {"name": "Interest", "conversion": 0.6, "decision_time": YES, "loss_time": NO}
    first |= {"silent": 0.3, "drop_after": "7 days"}
    second = {"name": "Desire", "conversion": 0.7, "decision_time": NO, "loss_time": YES}
    if recovery:
        first["recovery"] = second["recovery"] = recovery
    second["drop_after"] = "25 days"
    scenario = funnel(
        horizon="60 days",
        channels=[{"name": "web", "leads_per_day": 20, "odds_ratio": 1.3}],
        stages=[first, second, {"name": "Action"}],
    )
    said = fs.describe(scenario).totals["value"]
    runs = [fs.simulate(scenario, seed, replication=r, progress=False) for r in range(60)]
    sales = [len(j.orders) for j in runs]
    assert mean_of(sales, said["sales"])
    if not recovery:
        p = [1.3 * p / (1 - p + 1.3 * p) for p in (0.6, 0.7)]
        by_hand = p[0] * (1 - S1(7)) * p[1] * (1 - S0(25))
        assert said["conversion"] == pytest.approx(by_hand)
        planned = fs.plan(scenario, round(said["sales"]), probability=0.5, progress=False)
        assert planned.method == "formula"
        assert planned.leads == pytest.approx(1_200, rel=0.02)
