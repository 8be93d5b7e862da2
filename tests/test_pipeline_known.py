"""What is said of open deals was known on that day, is as likely as said, and adds up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from small_journal import small_journal
from some_scenarios import businesses
from theory import funnel, within

import funnelsim as fs
from funnelsim.distributions import DAY
from funnelsim.metrics.known import history_of
from funnelsim.metrics.laws import Seen

FIGURES = {
    "open_deals": fs.open_deals,
    "pipeline_board": fs.pipeline_board,
    "weighted_forecast": fs.weighted_forecast,
    "sales_velocity": fs.sales_velocity,
    "win_probabilities": fs.win_probabilities,
    "win_probabilities_by_age": fs.win_probabilities_by_age,
    "stale_deals": fs.stale_deals,
    "pipeline_forecast": fs.pipeline_forecast,
    "pipeline_changes": fs.pipeline_changes,
    "changed_deals": fs.changed_deals,
}
START = pd.Timestamp("2026-01-05")


@pytest.fixture(scope="module")
def b2b() -> fs.Journal:
    """Nobody comes back: of who was lost and came back, an export knows the last end alone."""
    changes = {"horizon": "270 days", "stages.Proposal.recovery": None}
    return fs.simulate(fs.load("b2b-pipeline").vary(changes), seed=2, progress=False)


@pytest.fixture(scope="module")
def read(b2b: fs.Journal) -> fs.Deals:
    """The same firm's export at the end."""
    return fs.read_deals(b2b.to_crm("hubspot"), currency="EUR")


@pytest.fixture(scope="module")
def ended(b2b: fs.Journal) -> fs.Journal:
    return fs.simulate(b2b.scenario.vary({"horizon": "200 days"}), seed=2, progress=False)


@pytest.fixture(scope="module")
def then(b2b: fs.Journal) -> fs.Deals:
    """Its export on day 200."""
    moment = pd.Timestamp(b2b.scenario.start) + pd.Timedelta(days=200, minutes=1)
    return fs.read_deals(b2b.to_crm("hubspot", day=200), currency="EUR", export_date=moment)


def same(one: Any, other: Any) -> None:
    if isinstance(one, float):
        assert one == other
    else:
        check = pd.testing.assert_series_equal if one.ndim == 1 else pd.testing.assert_frame_equal
        check(one, other)


# --- no future ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIGURES)
def test_a_journal_that_ends_on_the_day_says_the_same(b2b, ended, name: str) -> None:
    same(FIGURES[name](b2b, 200), FIGURES[name](ended, 200))
    same(FIGURES[name](b2b, 200), FIGURES[name](ended))  # its last day


@pytest.mark.parametrize("name", FIGURES)
def test_an_export_of_the_day_says_the_same(b2b, read, then, name: str) -> None:
    """But for owners, of whom an export knows only the last."""
    day = pd.Timestamp(b2b.scenario.start) + pd.Timedelta(days=200, minutes=1)
    one, other = (FIGURES[name](deals, day) for deals in (read, then))
    if isinstance(one, pd.DataFrame):
        unknown = [column for column in ("owner", "holder") if column in one]
        one, other = one.drop(columns=unknown), other.drop(columns=unknown)
    same(one, other)


def test_an_export_and_its_journal_say_the_same(b2b, read) -> None:
    """To the minute that the CRM writes; nobody returns within days of a loss here."""
    board, other = (fs.pipeline_board(of, day) for of, day in
                    ((b2b, 200), (read, b2b.scenario.start + pd.Timedelta(days=200))))  # fmt: skip
    for column in ("deals", "value", "weighted_value"):
        assert board[column].sum() == pytest.approx(other[column].sum(), rel=0.1)
    assert fs.open_deals(read).columns[0] == "deal"
    assert fs.open_deals(read)["expected_close"].dtype.kind == "M"


# --- as likely as said ----------------------------------------------------------------------

YES, NO = {"gamma": {"mean": "4 days", "cv": 0.5}}, {"lognormal": {"mean": "15 days", "cv": 1.0}}


def two_fates(**parts: Any) -> fs.Scenario:
    stage = {
        "name": "Offer",
        "conversion": 0.3,
        "decision_time": YES,
        "loss_time": NO,
        "silent": 0.2,
    }
    later = {"name": "Trial", "conversion": 0.6, "decision_time": {"constant": "2 days"}}
    return funnel(
        **{
            "stages": [{**stage, **parts}, later, {"name": "Sale"}],
            "channels": [{"name": "web", "leads_per_day": 60}],
            "horizon": "130 days",
            "order": {"value": {"constant": 100}},
        }
    )


def law(age: float) -> float:
    """p S1 ÷ (p S1 + (1 - p)((1 - silent) S0 + silent)), times what is still to come."""
    s1 = stats.gamma(4, scale=1).sf(age)
    sigma = math.sqrt(math.log(2))
    s0 = stats.lognorm(sigma, scale=15 / math.sqrt(2)).sf(age)
    return 0.6 * 0.3 * s1 / (0.3 * s1 + 0.7 * (0.8 * s0 + 0.2))


def test_the_chance_at_an_age_is_the_law_of_two_fates(seed: int) -> None:
    scenario, ages = two_fates(), [0.0, 2.0, 5.0, 9.0, 30.0]
    journal = fs.simulate(scenario, seed, progress=False)
    stated = fs.win_probabilities_by_age(journal, ages=ages, scenario=scenario).loc["Offer"]
    seen = fs.win_probabilities_by_age(journal, 100, ages=ages).loc["Offer"]
    for age in ages:
        assert stated.loc[age, "win_probability"] == pytest.approx(law(age), abs=1e-9)
        told, se = seen.loc[age, "win_probability"], max(seen.loc[age, "win_se"], 0.002)
        assert within(told, law(age), se)


def test_the_young_do_not_pull_the_chance_down(seed: int) -> None:
    """On day 12 hardly a loser has spoken, and many winners are still to come."""
    scenario = two_fates(silent=0.0, loss_time={"constant": "1 day"}).vary(
        {"channels.web.leads_per_day": 400}
    )
    journal = fs.simulate(scenario, seed, progress=False)
    seen = fs.win_probabilities_by_age(journal, 12, ages=[0]).loc["Offer"]
    assert within(seen["win_probability"].item(), 0.18, seen["win_se"].item())


def test_a_deal_that_waits_for_its_call_counts_as_called_now() -> None:
    scenario = fs.load("aida-follow-up")
    journal = fs.simulate(scenario, seed=1, progress=False)
    deals = fs.open_deals(journal, 40, scenario=scenario)
    known = history_of(journal, "test").on(40).open()
    waits = known["waits"].to_numpy()
    assert waits.any() and (deals["win_se"] == 0).all()
    assert not deals.loc[waits, "stale"].any()


def test_the_chances_of_old_and_young_come_true(seed: int) -> None:
    journal = fs.simulate(two_fates(silent=0.0), seed, progress=False)
    flat = {"Offer": 0.18, "Trial": 0.6}
    table = fs.judged_probabilities(journal, [30, 45, 60], own=flat)
    seen = table.loc["seen"]
    assert (seen["still_open"] <= 0.06 * seen["deals"]).all()
    parts = seen.drop(index="all")
    # the chance itself is estimated, from about 2,000 deals a day
    assert (abs(parts["happened"] - parts["said"]) < 4 * np.hypot(parts["se"], 0.01)).all()
    assert parts["said"].iloc[-1] > 3 * parts["said"].iloc[0]
    everything = table.xs("all", level="group")
    gain = everything["brier"]["own"] - everything["brier"]["seen"]
    assert gain > 2 * everything["brier_se"].max()  # the firm's stages do not know of age


def test_brier_and_calibration_are_those_of_the_textbook() -> None:
    """Day 6 of six deals: 0, 1, 2 are in Offer, 4 in Lead; 1 and 4 are lost, 0 is won, 2 open."""
    own = {0: 0.9, 1: 0.5, 2: 0.5, 4: 0.1}
    table = fs.judged_probabilities(small_journal(), [6], own=own).loc["own"]
    row = table.loc["all"]
    assert (row["deals"], row["still_open"]) == (3, 1)
    assert row["said"] == pytest.approx(1.5 / 3) and row["happened"] == pytest.approx(1 / 3)
    assert row["brier"] == pytest.approx((0.1**2 + 0.5**2 + 0.1**2) / 3)
    assert row["se"] == pytest.approx(math.sqrt(0.09 + 0.25 + 0.09) / 3)
    assert table["said"].drop("all").tolist() == [0.1, 0.5, 0.9]


def test_within_some_days_who_is_open_counts_as_not_won() -> None:
    """Day 6 once more: 0 is won later, 2 stays open, 1 and 4 are lost."""
    journal, own = small_journal(), {0: 0.9, 1: 0.5, 2: 0.5, 4: 0.1}
    won = float(history_of(journal, "test").deals["won"][0])
    for days, share in ((won - 6, 1 / 4), (won - 6 - 0.01, 0.0)):
        row = fs.judged_probabilities(journal, [6], own=own, within=days).loc[("own", "all")]
        assert (row["deals"], row["still_open"], row["happened"]) == (4, 0, share)
        assert row["said"] == pytest.approx(2 / 4)


def test_where_deals_go_silent_chances_are_judged_fairly_within_some_days(seed: int) -> None:
    """By the true law: right within days by which all are won, too low of those decided."""
    # so many that the difference is twelve standard errors
    scenario = two_fates(silent=0.8).vary({"channels.web.leads_per_day": 300})
    journal = fs.simulate(scenario, seed, progress=False)
    fair = fs.judged_probabilities(journal, [60], scenario=scenario, within=60).loc["scenario"]
    assert (abs(fair["happened"] - fair["said"]) < 4 * fair["se"] + 0.002).all()
    decided = fs.judged_probabilities(journal, [60], scenario=scenario).loc[("scenario", "all")]
    assert decided["happened"] > decided["said"] + 4 * decided["se"]
    chosen = fs.judged_probabilities(journal, scenario=scenario, within=60)
    assert not chosen["still_open"].any()


def test_of_censored_times_the_law_is_that_of_scipy(seed: int) -> None:
    """One fate: Aalen and Johansen's estimate is Kaplan and Meier's."""
    rng = np.random.default_rng(seed)
    times, watched = rng.exponential(5, 300), rng.uniform(0, 12, 300)
    stay = np.minimum(times, watched)
    outcome = np.where(times <= watched, 1.0, np.nan)
    law = Seen(stay, outcome, np.zeros(300), np.ones(300))
    data = stats.CensoredData.right_censored(stay, times > watched)
    expected = stats.ecdf(data).sf.evaluate(law.times)
    assert 1 - np.cumsum(law.went_on) == pytest.approx(expected)


def test_deals_watched_late_count_from_then_on(seed: int) -> None:
    """Open deals of a state, whose decision has been under way for long."""
    rng = np.random.default_rng(seed)
    observed = rng.uniform(0, 8, 4000)
    times = rng.exponential(5, 4000)
    there = times > observed  # whoever was decided before is not in the state
    law = Seen(times[there], np.ones(there.sum()), observed[there], np.ones(there.sum()))
    undecided = 1 - np.cumsum(law.went_on)
    at = np.searchsorted(law.times, 5.0)
    assert within(undecided[at], math.exp(-1), 0.02)


# --- adding up ------------------------------------------------------------------------------


@settings(max_examples=3)
@given(businesses(), st.integers(0, 2**32), st.floats(0.1, 1), st.floats(0.05, 1))
def test_then_and_new_less_won_and_lost_is_now(business, seed, place, back) -> None:
    tables, initial = business
    journal = fs.simulate(fs.Scenario(**tables), seed, progress=False, initial=initial)
    first, last = journal.scenario.warm_up / DAY, journal.scenario.horizon / DAY
    day = first + place * (last - first)
    days = back * (day - first)
    if not 0 < days <= day - first:
        return
    table = fs.pipeline_changes(journal, day, days)
    board = fs.pipeline_board(journal, day)
    then = fs.pipeline_board(journal, day - days)
    for column in ("deals", "value"):
        c = table[column].fillna(0)
        now = c["then"] + c["new"] + c["revalued"] * (column == "value") - c["won"] - c["lost"]
        assert now == pytest.approx(c["now"], abs=0.005)
        assert c["now"] == pytest.approx(board[column].sum(), abs=0.005)
        assert c["then"] == pytest.approx(then[column].sum(), abs=0.005)


def test_what_happened_in_the_week_by_hand() -> None:
    """From day 4 to 11 of six deals: 0 is won, 1 lost, 3 came and was lost, 4 came and stayed."""
    changed = fs.changed_deals(small_journal(), 11, 7)
    told = set(zip(changed["lead"], changed["change"], strict=True))
    assert told == {(0, "won"), (1, "lost"), (3, "new"), (3, "lost"), (4, "new")}
    table = fs.pipeline_changes(small_journal(), 11, 7)
    assert table["value"].drop(["moved on", "moved back", "slipped"]).to_dict() == {
        "then": 700, "new": 130, "revalued": 0, "won": 100, "lost": 250, "now": 480,
    }  # fmt: skip
    # deal 1, lost on day 8, is back on day 20
    back = fs.changed_deals(small_journal(), 22, 7)
    assert set(zip(back["lead"], back["change"], strict=True)) == {(1, "new")}


def export(**changes: Any) -> pd.DataFrame:
    table = {"id": ["a", "b", "c"], "created": ["2026-01-05"] * 3, "closed": [None] * 3,
             "outcome": ["open"] * 3, "amount": ["100.00", "200.10", "300.00"]}  # fmt: skip
    old = {"id": "z", "created": "2025-12-01", "closed": "2025-12-09", "outcome": "won"}
    return pd.concat(
        [pd.DataFrame([{**old, "amount": "1.00"}]), pd.DataFrame({**table, **changes})]
    )


def test_two_exports_tell_what_was_revalued_and_what_is_gone() -> None:
    then = fs.read_deals(export(), export_date="2026-01-10")
    later = export(amount=["150.10", "200.10", "300.00"]).iloc[:3]
    now = fs.read_deals(later, export_date="2026-01-20")
    table = fs.pipeline_changes(now, before=then)
    assert table["value"].loc["then":"now"].to_dict() == pytest.approx(
        {"then": 600.1, "new": 0, "revalued": 50.1, "won": 0, "lost": 300, "now": 350.2}
    )
    with pytest.raises(fs.FunnelSimError, match="give the earlier one"):
        fs.pipeline_changes(then, before=now)


@pytest.mark.parametrize("by", ["month", "holder", ["owner", "month"]])
def test_a_forecast_adds_up_to_the_weighted_one(b2b, by: Any) -> None:
    table = fs.pipeline_forecast(b2b, 200, by)
    value = table["expected_value"]
    assert value.iloc[:-1].sum() == pytest.approx(value.iloc[-1])
    assert value.iloc[-1] == pytest.approx(fs.weighted_forecast(b2b, 200))
    assert (table["commit"] <= table["best_case"]).all()
    own = dict.fromkeys(["Lead", "Qualified", "Meeting", "Proposal"], 0.25)
    table = fs.pipeline_forecast(b2b, 200, by, own=own)
    assert table["expected_value"].iloc[-1] == pytest.approx(
        0.25 * fs.pipeline_board(b2b, 200)["value"].sum()
    )


def test_commit_and_best_case_hold_as_often_as_they_say(seed: int) -> None:
    """Binomial, at known chances: 200 open deals won with 0.18, whatever their age."""
    scenario = two_fates(silent=0.0, loss_time=YES)
    journal = fs.simulate(scenario, seed, progress=False)
    deals = fs.open_deals(journal, 100, scenario=scenario)
    table = fs.pipeline_forecast(journal, 100, "stage", scenario=scenario).loc["Offer"]
    n = int((deals["stage"] == "Offer").sum())
    for name, q in (("commit", 0.1), ("best_case", 0.9)):
        wins = table[name] / 100
        assert abs(stats.binom(n, 0.18).ppf(q) - wins) <= 1


def test_wins_come_in_the_month_that_was_said(seed: int) -> None:
    scenario = two_fates(silent=0.0).vary(
        {"channels.web.leads_per_day": 150, "horizon": "100 days"}
    )
    journal = fs.simulate(scenario, seed, progress=False)
    table = fs.pipeline_forecast(journal, 55)
    leads = journal.leads.loc[fs.open_deals(journal, 55)["lead"]]
    sold = leads["decided"].where(leads["outcome"] == "customer").dropna()
    dates = pd.Timestamp(scenario.start) + pd.to_timedelta(sold, unit="D")
    counts = dates.dt.strftime("%Y-%m").value_counts()
    for month, count in counts.items():
        said = table.loc[month, "expected_wins"]
        assert within(count, said, math.sqrt(said) + 0.03 * said)


# --- what is asked for ----------------------------------------------------------------------


def test_a_day_is_a_number_or_a_date(b2b, read) -> None:
    date = pd.Timestamp(b2b.scenario.start) + pd.Timedelta(days=200)
    assert fs.weighted_forecast(b2b, date) == fs.weighted_forecast(b2b, 200)
    assert fs.weighted_forecast(b2b, f"{date:%Y-%m-%d}") == fs.weighted_forecast(b2b, 200)
    for source, day, said in [
        (b2b, "2031-01-01", "it lies between"),
        (b2b, "in May", "it is no date"),
        (read, "in May", "it is no date"),
        (read, True, "of an export it is a date"),
        (read, "2001-01-01", "it lies between"),
    ]:
        with pytest.raises(fs.FunnelSimError, match=said):
            fs.open_deals(source, day)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda j: fs.pipeline_forecast(j, 20, "rep"), "by is"),
        (lambda j: fs.pipeline_forecast(j, 20, commit=90), "write 0.9 for 90 %"),
        (lambda j: fs.pipeline_changes(j, 5, 7), "nothing is known yet"),
        (lambda j: fs.pipeline_changes(j, 20, 0), "days is 0"),
        (lambda j: fs.open_deals(j, 20, scenario=fs.load("aida")), "the deals are in Lead, Offer"),
        (lambda j: fs.open_deals(j, 20, scenario="aida"), "scenario is given a str"),
        (lambda j: fs.win_probabilities_by_age(j, 20, ages=[-1]), "ages is -1"),
        (lambda j: fs.stale_deals(j, 20, [90]), "quantiles is 90"),
        (lambda j: fs.judged_probabilities(j, [39]), "give earlier days"),
        (lambda j: fs.judged_probabilities("aida"), "a Journal or Deals"),
        (lambda j: fs.judged_probabilities(j, [20], within=0), "above 0"),
        (lambda j: fs.judged_probabilities(j, [20], within=1000), "give earlier days= or fewer"),
        (lambda j: fs.judged_probabilities(j, within=1000), "within is 1000, longer than it"),
    ],
)
def test_what_cannot_be_is_told_with_the_way_out(call, said: str) -> None:
    with pytest.raises(fs.FunnelSimError, match=said):
        call(small_journal())


@pytest.mark.parametrize(
    "draw",
    [
        fs.charts.win_probabilities_by_age, fs.charts.judged_probabilities, fs.charts.pipeline,
        fs.charts.pipeline_changes, fs.charts.pipeline_forecast, fs.charts.stale_deals,
    ],
)  # fmt: skip
def test_every_picture_is_drawn_of_a_journal_and_of_an_export(b2b, read, draw) -> None:
    for source in (b2b, read):
        assert draw(source).title.text
