"""The pipeline of a day, against counts done by hand, and what it promises of the future."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_journal import SCENARIO, small_journal
from some_scenarios import businesses
from theory import funnel, within

import funnelsim as fs
from funnelsim import pipeline
from funnelsim.distributions import DAY

quick = settings(max_examples=60)


@pytest.fixture(scope="module")
def six() -> fs.Journal:
    return small_journal()


def where(journal: fs.Journal, day: float) -> dict[int, str]:
    deals = fs.open_deals(journal, day)
    return dict(zip(deals["lead"], deals["stage"], strict=True))


# --- who is where ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (0, {0: "Lead"}),
        (2, {0: "Offer", 1: "Lead", 2: "Lead"}),
        (5, {0: "Offer", 1: "Offer", 2: "Offer", 3: "Lead"}),
        (10, {2: "Offer", 4: "Offer"}),
        (15, {2: "Offer", 5: "Offer"}),
        (19.9, {2: "Offer", 5: "Offer"}),
        (20, {1: "Offer", 2: "Offer", 5: "Offer"}),
        (40, {2: "Offer", 5: "Offer"}),
    ],
)
def test_a_deal_is_open_from_entering_a_stage_until_it_is_decided(six, day, expected) -> None:
    assert where(six, day) == expected


def in_plain_python(journal: fs.Journal, day: float) -> dict[str, int]:
    count = dict.fromkeys((stage.name for stage in journal.scenario.stages[:-1]), 0)
    for visit in journal.stage_visits.itertuples():
        decided = math.inf if math.isnan(visit.decided) else visit.decided
        if visit.entered <= day < decided:
            count[visit.stage] += 1
    return count


@quick
@given(businesses(), st.integers(0, 2**32), st.lists(st.floats(0, 1), min_size=1, max_size=3))
def test_counts_by_stage_are_those_visited_and_not_decided(business, seed, places) -> None:
    tables, initial = business
    journal = fs.simulate(fs.Scenario(**tables), seed, progress=False, initial=initial)
    first, last = journal.scenario.warm_up / DAY, journal.scenario.horizon / DAY
    for day in (first + place * (last - first) for place in places):
        board = fs.pipeline_board(journal, min(day, last))
        assert board["deals"].to_dict() == in_plain_python(journal, min(day, last))
        deals = fs.open_deals(journal, min(day, last))
        assert deals["lead"].is_unique
        assert (deals["days_in_stage"] >= 0).all()
        assert (deals["days_in_stage"] <= deals["age_days"]).all()


@pytest.mark.parametrize("name", ["upsell", "aida-loyalty-advocacy"])
def test_who_enters_directly_is_open_from_arrival(name) -> None:
    journal = fs.simulate(fs.load(name), seed=1, progress=False)
    children = journal.leads[journal.leads["kind"] != "new"]
    enters = (journal.scenario.upsell or journal.scenario.referral).enters
    lead, arrived = children[["lead", "arrived"]].iloc[0]
    assert where(journal, arrived)[lead] == enters
    assert lead not in where(journal, np.nextafter(arrived, 0))


def test_age_stay_value_and_origin_of_each_deal(six) -> None:
    deals = fs.open_deals(six, 20).set_index("lead")
    assert deals["age_days"].to_dict() == {1: 19, 2: 18, 5: 5}
    assert deals["days_in_stage"].to_dict() == {1: 0, 2: 16, 5: 5}  # deal 1 has come back
    assert deals["value"].to_dict() == {1: 200, 2: 400, 5: 300}
    assert deals["channel"].to_dict() == {1: "web", 2: "fair", 5: "web"}
    assert set(deals["segment"]) == {"all"}


def test_the_owner_is_the_rep_who_had_reached_it_by_then(six) -> None:
    assert fs.open_deals(six, 4.9).set_index("lead")["owner"].dropna().to_dict() == {
        0: "sales 1",
        1: "sales 1",
    }
    later = fs.open_deals(six, 25).set_index("lead")["owner"]
    assert later.to_dict() == {1: "sales 1", 2: "sales 2", 5: "sales 1"}


# --- what comes of them ---------------------------------------------------------------------


# Offer, days there: 3 lost, 5 lost, 8 on, 10 on, 25 and 36 open: of six, a sixth each went on at 8
# and 10, two sixths are open; half of those would go on if the last winner were the last word's
STILL_TO_COME = 1 / 3 * math.exp(-1) * 1 / 2


def test_the_chance_of_a_stage_is_that_of_aalen_and_johansen(six) -> None:
    offer = 1 / 3 + STILL_TO_COME
    expected = {"Lead": 4 / 5 * offer, "Offer": offer}
    assert pipeline.win_probabilities(six).to_dict() == pytest.approx(expected)
    # on day 7 nobody has gone on from Offer, and nobody was lost there
    assert pipeline.win_probabilities(six, 7).isna().all()
    # on day 9 deal 1 is lost, nobody won: the chance is 0, and far from sure
    deals = fs.open_deals(six, 9)
    assert (deals["win_probability"] == 0).all() and (deals["win_se"] > 0.1).all()


def test_the_chance_falls_with_the_days_in_the_stage(six) -> None:
    table = pipeline.win_probabilities_by_age(six, ages=[0, 5, 8, 10]).loc["Offer"]
    undecided = np.array([1, 4 / 6, 3 / 6, 2 / 6])
    on = np.array([2 / 6, 2 / 6, 1 / 6, 0]) + STILL_TO_COME
    assert table["win_probability"].tolist() == pytest.approx(list(on / undecided))
    assert table["decided"].tolist() == [4, 2, 1, 0]
    deals = fs.open_deals(six, 40).set_index("lead")
    assert deals["win_probability"][2] == pytest.approx(STILL_TO_COME * 3)


def test_expected_close_is_when_half_of_the_chance_is_over(six) -> None:
    """On day 35 deal 5 is 20 days in Offer: nobody went on so late. On day 22 deal 1 is 2 days."""
    assert np.isnan(fs.open_deals(six, 35).set_index("lead")["expected_close"][5])
    # deal 0 went on after 8 days, and no other yet
    close = fs.open_deals(six, 22).set_index("lead")["expected_close"]
    assert close[1] == pytest.approx(28, abs=0.1)


def test_stale_is_longer_than_the_quantile_of_those_who_went_on_from_there(six) -> None:
    for day, quantile, stale in [(17, 0.9, [2]), (11.9, 1.0, []), (12.1, 1.0, [2])]:
        deals = fs.open_deals(six, day, stale_quantile=quantile)
        assert deals.loc[deals["stale"], "lead"].tolist() == stale
    # by the horizon one went on after 8 days and one after 10
    table = pipeline.stale_deals(six, 40, [0.5, 1.0]).loc["Offer"]
    assert table["limit_days"].tolist() == [8, 10]
    assert table["deals"].tolist() == [2, 2] and table["value"].tolist() == [700, 700]


def test_the_board_adds_up_the_open_deals(six) -> None:
    board, deals = fs.pipeline_board(six, 15), fs.open_deals(six, 15)
    weighted = (deals["value"] * deals["win_probability"]).sum()
    assert board.loc["Offer"].to_dict() == pytest.approx(
        {
            "deals": 2,
            "value": 700,
            "mean_age_days": (13 + 0) / 2,
            "win_probability": deals["win_probability"].mean(),
            "weighted_value": weighted,
            "stale": 1,
            "stale_value": 400,
            "without_value": 0,
        }
    )
    nothing = board.loc["Lead", ["deals", "value", "weighted_value", "stale", "stale_value"]]
    assert (nothing == 0).all()
    assert fs.weighted_forecast(six, 15) == pytest.approx(weighted)


def test_the_chances_of_the_firm_stand_beside_and_make_its_own_forecast(six) -> None:
    for own in ({"Lead": 10, "Offer": 50}, {2: "50 %", 5: "50 %"}, {"Offer": 0.5}):
        board = fs.pipeline_board(six, 15, own=own)
        assert board.loc["Offer", "own_weighted_value"] == 350
        assert fs.weighted_forecast(six, 15, own=own) == 350
    for own, said in [
        ({"Ofer": 0.5, "Lead": 0.1}, "did you mean Offer"),
        ({77: 0.5}, "own names none of the 2 open deals"),
        ({"Offer": "often"}, "it is a chance, 0 to 1"),
        ({"Offer": -0.5}, "it is a chance, 0 to 1"),
        (0.5, "it is a mapping or a Series"),
    ]:
        with pytest.raises(fs.FunnelSimError, match=said):
            fs.open_deals(six, 15, own=own)


def test_sales_velocity_is_its_four_levers(six) -> None:
    v = pipeline.sales_velocity(six)
    open_days = 10 + (2 + 5 + 10) + (2 + 36) + 1 + (3 + 3) + 25
    assert v["opportunities"] == pytest.approx(open_days / 40)
    assert v["win_rate"] == 2 / 4
    assert v["mean_deal_value"] == (100 + 200) / 2
    assert v["mean_days_to_close"] == pytest.approx((10 + 17 + 1 + 6) / 4)
    assert v["sales_velocity"] == pytest.approx(open_days / 40 * 0.5 * 150 / 8.5)


def test_velocity_counts_what_was_open_since_the_warm_up() -> None:
    v = pipeline.sales_velocity(small_journal(SCENARIO.vary({"warm_up": "20 days"})))
    assert v["opportunities"] == pytest.approx((10 + 20 + 20) / 20)
    assert v["mean_days_to_close"] == 17  # of deal 1, whenever it was open


def test_without_an_order_there_is_no_value_but_a_count() -> None:
    scenario = fs.load("awareness-to-decision")
    journal = fs.simulate(scenario, seed=1, progress=False)
    board = fs.pipeline_board(journal, 60)
    assert board["deals"].sum() > 0
    assert board[["value", "weighted_value", "stale_value"]].isna().all(axis=None)
    assert np.isnan(pipeline.weighted_forecast(journal, 60))
    assert np.isnan(pipeline.sales_velocity(journal)["sales_velocity"])
    assert pipeline.sales_velocity(journal)["opportunities"] > 0


# --- against theory -------------------------------------------------------------------------


def test_half_of_the_winners_close_by_their_expected_close(seed) -> None:
    """A uniform decision time, so that a deal's age matters."""
    decision = {"uniform": {"low": "0 h", "high": "9 days"}}
    stages = [
        {"name": "Lead", "conversion": 0.5, "decision_time": decision},
        {"name": "Offer", "conversion": 0.6, "decision_time": {"constant": "1 day"}},
        {"name": "Sale"},
    ]
    channels = [{"name": "web", "leads_per_day": 200}]
    # long, or those who were quick to buy would be too many among the winners
    scenario = funnel(stages=stages, channels=channels, horizon="150 days")
    journal = fs.simulate(scenario, seed, progress=False)
    deals = fs.open_deals(journal, 60)
    leads = journal.leads.loc[deals["lead"]]
    sold = leads["decided"].where(leads["outcome"] == "customer").to_numpy()
    for old in (False, True):
        part = ((deals["days_in_stage"] > 4) == old) & (deals["stage"] == "Lead") & ~np.isnan(sold)
        early = (sold <= deals["expected_close"])[part]
        assert within(early.mean(), 0.5, 0.5 / math.sqrt(len(early)))


def test_the_chance_and_the_forecast_are_those_of_the_conversions(seed) -> None:
    channels = [{"name": "web", "leads_per_day": 200}]
    journal = fs.simulate(funnel(channels=channels, horizon="30 days"), seed, progress=False)
    chances = pipeline.win_probabilities(journal)
    entered = journal.leads.filter(like="entered_").notna().sum()
    for stage, expected in [("Interest", 0.5 * 0.4), ("Desire", 0.4)]:
        error = math.sqrt(expected * (1 - expected) / entered[f"entered_{stage}"])
        assert within(chances[stage], expected, error)


def test_velocity_is_what_sales_bring_in_a_day(seed) -> None:
    """Little's law: λ · mean time open, in a funnel that nobody waits in."""
    stages = [
        {"name": "Lead", "conversion": 0.5, "decision_time": {"exponential": {"mean": "4 days"}}},
        {"name": "Sale"},
    ]
    scenario = funnel(
        stages=stages,
        channels=[{"name": "web", "leads_per_day": 50}],
        order={"value": {"constant": 80}},
        warm_up="60 days",
        horizon="260 days",
    )
    v = pipeline.sales_velocity(fs.simulate(scenario, seed, progress=False))
    # the mean over T of an infinite server's queue has the variance 2 λ m² / T
    assert within(v["opportunities"], 50 * 4, math.sqrt(2 * 50 * 4**2 / 200))
    # sales are a Poisson process; a little more for the deals that lie across the two ends
    assert within(v["sales_velocity"], 25 * 80, 1.1 * 80 * math.sqrt(25 / 200))


# --- what is asked for ----------------------------------------------------------------------


@pytest.mark.parametrize("day", [-0.1, 40.1, math.nan, math.inf, "5", True])
@pytest.mark.parametrize("table", [fs.open_deals, fs.pipeline_board, pipeline.weighted_forecast])
def test_a_day_that_the_journal_does_not_know_is_told_so(six, table, day) -> None:
    rule = r"day is .*; it is a day between the warm-up and the horizon, from 0 to 40: "
    with pytest.raises(fs.FunnelSimError, match=rule):
        table(six, day)


def test_what_came_before_the_warm_up_is_no_pipeline() -> None:
    journal = small_journal(SCENARIO.vary({"warm_up": "9 days"}))
    assert where(journal, 9) == {0: "Offer", 2: "Offer", 4: "Offer"}  # whoever came before counts
    with pytest.raises(fs.FunnelSimError, match="9 to 40"):
        fs.open_deals(journal, 8)


@pytest.mark.parametrize("quantile", [-0.1, 1.1, math.nan, "0.9"])
def test_a_quantile_lies_between_0_and_1(six, quantile) -> None:
    with pytest.raises(fs.FunnelSimError, match=r"stale_quantile is .*from 0 to 1"):
        fs.pipeline_board(six, 5, stale_quantile=quantile)


@pytest.mark.parametrize("wrong", ["aida", None, SCENARIO])
def test_what_is_no_journal_is_told_so(wrong) -> None:
    for table in (fs.open_deals, fs.pipeline_board, pipeline.weighted_forecast):
        with pytest.raises(fs.FunnelSimError, match="it takes a Journal"):
            table(wrong, 5)
    with pytest.raises(fs.FunnelSimError, match="sales_velocity is given"):
        pipeline.sales_velocity(wrong)


def test_a_journal_in_which_nothing_happened_has_an_empty_pipeline() -> None:
    journal = small_journal(leads=[], visits=[], calls=[], orders=[])
    assert fs.open_deals(journal, 5).empty
    assert (fs.pipeline_board(journal, 5)[["deals", "value", "stale"]] == 0).all(axis=None)
    assert pipeline.sales_velocity(journal)[["win_rate", "sales_velocity"]].isna().all()
