"""The loyalty board and the money board: what they show is what `simulate` says."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import funnelsim as fs
from funnelsim.experiment.spread import nine_in_ten
from funnelsim.metrics.money import profit_steps

LOYALTY = fs.load("aida-loyalty-advocacy").vary(
    {"horizon": "120 days", "loyalty.redeem_from": 60, "loyalty.tiers.gold.from_spend": 100}
)
MONEY = fs.load("aida-follow-up")
FEW = 8  # replications, where the promise is about something else


def frame(board):
    return board._chart.frame["data"]


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def table_of(board):
    """The cells of the board's table, by the name of the line."""
    lines = re.findall(r"<tr title.*?</tr>", board._figures.value)
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line) for line in lines]
    return {cells[0]: cells[1:] for cells in found}


def number(text):
    return float(re.sub(r"[▲,%]", "", text.replace("−", "-").replace("▼", "-").replace(" ", "")))


def simulated(scenario, seed):
    return fs.simulate(scenario, seed=seed, progress=False)


# --- loyalty --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def worlds():
    """A board after a move, and both worlds as `simulate` gives them."""
    board = fs.board(LOYALTY, "loyalty", seed=3, n=19)
    board.sliders["Enrolment"].value = 0.8
    here, there = board.scenario, board.scenario.vary({"loyalty": None})
    assert here == LOYALTY.vary({"loyalty.enrolment": 0.8})
    return board, simulated(here, 3), simulated(there, 3)


def test_both_worlds_stand_side_by_side(worlds):
    board, here, there = worlds
    one, other, table = fs.summary(here), fs.summary(there), table_of(board)
    costs = [figures["revenue"] - figures["contribution"] for figures in (one, other)]
    for name, values in (
        ("Revenue", (one["revenue"], other["revenue"])),
        ("Costs, less fees", costs),
        ("Contribution", (one["contribution"], other["contribution"])),
    ):
        told = [number(text) for text in table[name][:3]]
        assert told == pytest.approx([*values, values[0] - values[1]], abs=0.51), name
    assert number(table["Points owed"][0]) == pytest.approx(fs.points_liability(here), abs=0.51)
    spent = here.points.query("kind == 'redeemed'")["points"].sum()
    paid = LOYALTY.loyalty.point_value * spent
    assert number(table["Paid with points"][0]) == pytest.approx(paid, abs=0.51) and paid > 0
    assert table["Breakage"][0] == "–"  # no points are old enough, and no "0 %" is made up
    assert table["Points owed"][1:3] == ["–", "–"]


def test_the_range_is_that_of_the_effect_on_the_same_customers(worlds):
    board, here, there = worlds
    both = [
        fs.replicate(journal.scenario, n=19, seed=3, progress=False).table
        for journal in (here, there)
    ]
    for name, key in (("Revenue", "revenue"), ("Contribution", "contribution")):
        low, high = nine_in_ten((both[0][key] - both[1][key]).to_numpy())
        ends = [number(end) for end in table_of(board)[name][3].split(" to ")]
        assert ends == pytest.approx([low, high], abs=0.51)


def test_members_and_others_stand_beside_the_true_effect(worlds):
    board, here, there = worlds

    def spent(journal):
        orders = journal.orders.merge(journal.leads, left_on="customer", right_on="lead")
        return orders.groupby(["key", "member"])["paid"].sum().reset_index("member")

    now, then = spent(here), spent(there)["paid"]
    members = now.index[now["member"].astype(bool)]
    expected = [
        now["paid"][~now.index.isin(members)].mean(),
        then[then.index.isin(members)].mean(),
        now["paid"][members].mean(),
    ]
    rows = frame(board)["members"]
    assert [row["spent"] for row in rows] == pytest.approx(expected)
    assert rows[0]["from"] is None
    assert [row["from"] for row in rows[1:]] == pytest.approx(expected[:2])
    told = words(board._sum.value)
    gap, anyway, done = re.search(
        r"others: (\S+) each. Anyway: (\S+); by .*: (\S+)\.", told
    ).groups()
    assert number(gap) == pytest.approx(number(anyway) + number(done), abs=0.02)
    assert number(done) == pytest.approx(expected[2] - expected[1], abs=0.01)


def test_who_orders_again_is_counted_customer_by_customer(worlds):
    board, *journals = worlds
    for world, journal in zip(("with it", "without it"), journals, strict=True):
        orders = journal.orders.sort_values("placed")
        first = orders.groupby("customer")["placed"].min()
        age = (orders["placed"] - orders["customer"].map(first)) // 30
        start = pd.Timestamp(LOYALTY.start)
        cohort = (start + pd.to_timedelta(first, unit="D")).dt.to_period("M")
        ends = (cohort + 1).dt.start_time
        for row in (row for row in frame(board)["ages"] if row["world"] == world):
            month = row["month"]
            day_of_end = (ends - start).dt.days + 30 * (month + 1)
            seen = first.index[day_of_end <= 120]
            again = orders["customer"][age == month]
            assert row["customers"] == len(seen) > 0
            assert row["share"] == pytest.approx(100 * seen.isin(again).mean())


def test_what_was_kept_stays_beside_what_is_moved():
    board = fs.board(LOYALTY, "loyalty", n=FEW)
    kept = table_of(board)["Contribution"]
    there = board.picture.there
    board.keep()
    board.sliders["Cost a day"].value = 6.0
    now = table_of(board)["Contribution"]
    assert now[4] == kept[2] and number(now[2]) == pytest.approx(number(kept[2]) - 3 * 120, abs=1)
    assert board.picture.there is there  # the world without it is not simulated again
    assert {row["world"] for row in frame(board)["ages"]} == {"with it", "without it", "as kept"}


def test_every_slider_of_the_programme_changes_what_is_seen():
    board = fs.board(LOYALTY, "loyalty", n=1)
    begin = board._figures.value
    assert {"loyalty.self_selection", "loyalty.point_value", "loyalty.redeem_from"} <= set(
        board.sliders.labels
    )
    for label, slider in board.sliders.items():
        start = slider.value
        for _, value in (slider.options[-1], slider.options[0]):
            slider.value = value
            if board._figures.value != begin:
                break
        assert board._figures.value != begin, label
        slider.value = start
    assert board._figures.value == begin


@pytest.mark.parametrize("enrolment", [0.0, 1.0])
def test_where_all_or_none_are_members_there_is_nothing_to_compare(enrolment):
    board = fs.board(LOYALTY.vary({"loyalty.enrolment": enrolment}), "loyalty", n=1)
    assert "nothing to compare" in board._sum.value
    assert "nobody" in {row["said"] for row in frame(board)["members"]}


# --- money ----------------------------------------------------------------------------------------


def test_the_waterfall_and_the_customers_are_those_of_the_journal(seed):
    scenario = MONEY.vary({"channels.trade fair.commission": 0.1})
    board = fs.board(scenario, "money", seed=seed, n=FEW)
    board.sliders["trade fair: commission"].value = 0.2
    j = simulated(scenario.vary({"channels.trade fair.commission": 0.2}), seed)
    steps = {row["step"]: round(100 * row["amount"]) for row in frame(board)["steps"]}
    assert steps == {step.name: step.cents for step in profit_steps(j)}
    table, figures = fs.channels_table(j), fs.summary(j)
    rows = {row["channel"]: row for row in frame(board)["costs"]}
    *channels, everybody = rows.values()
    for row, (name, line) in zip(channels, table.iterrows(), strict=True):
        assert row["channel"] == name and row["cac"] == pytest.approx(line["cac"])
        orders = j.orders.merge(j.leads[["lead", "channel"]], on="lead").query("channel == @name")
        first = orders["number"] == 1
        commission = 0.2 * orders["paid"][first].sum() * (name == "trade fair")
        left = orders["contribution"].sum() + commission
        assert row["leaves"] == pytest.approx(left / first.sum(), abs=0.01)
        assert row["payback"] == f"{line['payback_days']:,.1f} days"
    assert everybody["cac"] == pytest.approx(figures["cac"])
    assert everybody["cac"] * table["sales"].sum() > table["cost"].sum()  # the reps are in it
    # what customers leave less what they cost is the profit, to the cent
    sold = int(table["sales"].sum())
    left = everybody["leaves"] - everybody["cac"]
    assert left * sold == pytest.approx(figures["profit"], abs=0.01)
    assert f"costs {figures['cac']:,.2f} EUR" in words(board._sum.value)


def test_a_moved_budget_is_spent_to_the_cent():
    board = fs.board(MONEY, "money", n=1)
    board.sliders["From"].value, board.sliders["To"].value = "trade fair", "search ads"
    board.sliders["Part of its budget"].value = 0.4
    assert board.change == {
        "channels.trade fair.leads_per_day": 3.0,  # 24 of 60 EUR a day less, of 12 EUR each
        "channels.search ads.leads_per_day": 29.6,  # and 9.6 leads more, of 2.50 EUR each
    }
    assert "24.00 EUR a day moved: 2 leads fewer of trade fair, 9.6 more" in board._sum.value
    board.sliders["search ads: cost per lead"].value = 5.0  # and dearer leads are fewer
    assert board.change["channels.search ads.leads_per_day"] == pytest.approx(24.8)
    board.sliders["To"].value = "trade fair"
    assert set(board.change) == {"channels.search ads.cost_per_lead"}
    assert "on both sides" in board._sum.value
    board.reset()
    assert board.change == {} and board.scenario == MONEY


def test_a_budget_by_the_click_is_moved_in_impressions():
    board = fs.board(fs.load("online-shop"), "money", n=1, days=20)
    board.sliders["Part of its budget"].value = 1.0
    change = board.change
    assert change["channels.search ads.impressions_per_day"] == 0
    clicks = 1500 * 0.008 + 700 * 0.035 * 0.60 / 0.30
    moved = change["channels.social media.impressions_per_day"]
    assert moved == pytest.approx(clicks / 0.008)
    assert "no sale" in {row["said"] for row in frame(board)["costs"]}


def test_where_one_channel_is_paid_by_the_lead_no_budget_moves():
    board = fs.board(fs.load("aida"), "money", n=1)
    assert "From" not in board.sliders and "no budget to move" in board._sum.value


def test_what_was_kept_is_told_in_every_step():
    board = fs.board(MONEY, "money", n=1)
    before = {row["step"]: row for row in frame(board)["steps"]}
    board.keep()
    board.sliders["sales: cost of a rep a day"].value = 0  # then there is no step for them
    rows = {row["step"]: row for row in frame(board)["steps"]}
    assert list(rows) == list(before) and rows["Reps"]["amount"] == 0
    assert rows["Profit"]["before"] == before["Profit"]["left_at"]
    assert rows["Profit"]["label"].endswith("▲ 19,800")


@pytest.mark.parametrize("name", ["b2b-pipeline", "dropshipping", "subscription", "seven-stage"])
def test_whatever_is_paid_and_however_there_is_a_money_board(name):
    board = fs.board(fs.load(name), "money", n=1)
    assert len(board.sliders) <= 10
    ends = [row["low"] for row in frame(board)["steps"]]
    assert min(ends) >= -board._chart.frame["signals"]["loss_top"]
    for slider in board.sliders.values():
        assert slider.value in [value for _, value in slider.options]


# --- both -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("board", "suits", "lacks", "said"),
    [
        ("loyalty", "aida-loyalty-advocacy", "aida", "there is no loyalty here"),
        ("money", "aida-follow-up", "awareness-to-decision", "nothing is sold here"),
    ],
)
def test_a_board_without_a_scenario_shows_the_one_that_its_error_names(board, suits, lacks, said):
    with pytest.raises(fs.FunnelSimError, match=rf'{said}: write fs.load\("{suits}"\)'):
        fs.board(fs.load(lacks), board)
    assert fs.board(name=board, n=1, days=30).scenario == fs.load(suits)


@pytest.mark.parametrize("board", ["loyalty", "money"])
def test_where_nobody_comes_the_board_is_empty_and_says_so(board):
    nobody = {f"channels.{c.name}.leads_per_day": 0.0 for c in LOYALTY.channels}
    shown = fs.board(LOYALTY.vary(nobody), board, n=1)
    assert "nan" not in str(frame(shown)).lower() and "nan" not in shown._figures.value
    assert re.search("nothing to compare|Nobody has bought", shown._sum.value)
