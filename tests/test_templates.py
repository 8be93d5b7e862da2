"""The scenarios that come along: each is there, says where its numbers come from, and is a lesson.

What a scenario's comment promises to show, it shows with seed 1: the one that `simulate` takes by
itself and that lessons use. So that seed is fixed here.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import funnelsim as fs
from funnelsim.distributions import DAY

FOLDER = Path(fs.__file__).parent / "scenarios"
NAMED = fs.templates()
PROMISED = [
    "aida",
    "aida-follow-up",
    "aida-loyalty-advocacy",
    "awareness-to-decision",
    "b2b-pipeline",
    "dropshipping",
    "online-shop",
    "seven-stage",
    "shop-with-experiment",
    "subscription",
    "upsell",
]


def comment(name: str) -> str:
    """The comment at the top of the file, as one line of text."""
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    lines = text.split("\n\n")[0].splitlines()
    assert all(line.startswith("#") for line in lines)
    return " ".join(line.removeprefix("#").strip() for line in lines)


@pytest.fixture(scope="module")
def journals() -> dict[str, fs.Journal]:
    return {name: fs.simulate(fs.load(name), seed=1, progress=False) for name in NAMED}


def summary(journal: fs.Journal) -> dict[str, float]:
    return fs.summary(journal).to_dict()


def test_every_scenario_that_was_promised_is_there() -> None:
    assert set(PROMISED) <= set(NAMED)


@pytest.mark.parametrize("name", NAMED)
def test_the_comment_says_what_it_shows_and_where_its_numbers_come_from(name: str) -> None:
    told, where = comment(name).split("Where the numbers come from: ")
    assert len(told) > 50
    assert len(where) > 100


@pytest.mark.parametrize("name", NAMED)
def test_it_has_customers_and_few_enough_leads_to_answer_at_once(
    name: str, journals: dict[str, fs.Journal]
) -> None:
    journal = journals[name]
    assert (journal.leads["outcome"] == "customer").sum() >= 50
    assert len(journal.leads) <= 10_000


@pytest.mark.parametrize("name", NAMED)
def test_it_earns_money_where_it_sells_something(
    name: str, journals: dict[str, fs.Journal]
) -> None:
    figures = summary(journals[name])
    assert (figures["profit"] > 0) == (journals[name].scenario.order is not None)


@pytest.mark.parametrize("name", NAMED)
def test_teams_are_busy_and_not_overrun(name: str, seed: int) -> None:
    figures = summary(fs.simulate(fs.load(name), seed, progress=False))
    busy = {key: share for key, share in figures.items() if key.startswith("utilisation")}
    assert all(0.5 < share < 0.95 for share in busy.values()), busy


@pytest.mark.parametrize("name", NAMED)
def test_the_changes_that_the_comment_names_can_be_made(name: str) -> None:
    scenario = fs.load(name)
    for changes in re.findall(r"s\.vary\((\{.*?\})\) ", comment(name) + " "):
        assert scenario.vary(eval(changes)) != scenario  # our own file


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("aida-loyalty-advocacy", "Attention Interest Desire Action Loyalty Advocacy"),
        ("awareness-to-decision", "Awareness Interest Consideration Decision"),
        ("dropshipping", "Awareness Interest Consideration Action Loyalty"),
        (
            "seven-stage",
            "Awareness Interest Consideration Decision Action Retention Advocacy",
        ),
    ],
)
def test_the_funnel_shows_the_stages_of_the_books(
    name: str, shown: str, journals: dict[str, fs.Journal]
) -> None:
    table = fs.funnel_table(journals[name])
    assert list(table.index) == shown.split()
    assert (table["entered"] > 0).all()


# --- what each one shows ----------------------------------------------------------------------


def test_loyalty_members_order_more_than_the_programme_makes_them_order(
    journals: dict[str, fs.Journal],
) -> None:
    journal = journals["aida-loyalty-advocacy"]
    without = fs.simulate(journal.scenario.vary({"loyalty": None}), seed=1, progress=False)
    customers = journal.leads[journal.leads["outcome"] == "customer"]
    count = journal.orders["customer"].value_counts().reindex(customers["lead"], fill_value=0)
    member = customers["member"].to_numpy()
    apart = count[member].mean() - count[~member].mean()
    brought = (len(journal.orders) - len(without.orders)) / member.sum()
    assert apart > 2 * brought > 0


def test_a_cheap_click_is_not_a_cheap_action(journals: dict[str, fs.Journal]) -> None:
    journal = journals["awareness-to-decision"]
    leads = journal.leads
    actions = leads["channel"][leads["outcome"] == "customer"].value_counts()
    clicks = leads["channel"].value_counts()
    search, social = (
        channel.cost_per_click * clicks[channel.name] / actions[channel.name]
        for channel in journal.scenario.channels[:2]
    )
    assert social > 1.3 * search


def test_an_order_paid_on_delivery_leaves_less_than_a_prepaid_one(
    journals: dict[str, fs.Journal],
) -> None:
    orders = journals["dropshipping"].orders
    left = orders.groupby("payment", observed=True)["contribution"].mean()
    assert left["cash on delivery"] < left["prepaid"]
    assert {"cancelled", "refused", "returned"} <= set(orders["status"])


def test_lost_deals_are_revived_after_months(journals: dict[str, fs.Journal]) -> None:
    journal = journals["b2b-pipeline"]
    visits = journal.stage_visits[journal.stage_visits["stage"] == "Proposal"]
    again = visits[visits["attempt"] > 0].set_index("lead")["entered"]
    lost = visits[visits["attempt"] == 0].set_index("lead")["decided"]
    assert (again - lost).dropna().median() > 60
    assert (journal.leads["outcome"][journal.leads["recovered"] > 0] == "customer").any()


def test_the_message_to_left_baskets_wins_less_than_those_who_come_back(
    journals: dict[str, fs.Journal],
) -> None:
    journal = journals["online-shop"]
    (changes, *_) = re.findall(r"s\.vary\((\{.*?\})\) ", comment("online-shop"))
    without = fs.simulate(journal.scenario.vary(eval(changes)), seed=1, progress=False)
    came_back = journal.leads["recovered"].sum()
    assert 0 < without.leads["recovered"].sum() < came_back


def test_the_renewal_rate_rises_with_age(journals: dict[str, fs.Journal]) -> None:
    journal = journals["subscription"]
    horizon = journal.scenario.horizon / DAY
    number = journal.orders["number"]
    placed = number.value_counts()
    due = number[journal.orders["placed"] < horizon - 30].value_counts()

    def renewal_rate(nth: int) -> float:
        return float(placed[nth + 1] / due[nth])

    assert renewal_rate(1) < renewal_rate(6)


def test_an_upsell_needs_no_new_lead_and_makes_a_good_part_of_the_profit(
    journals: dict[str, fs.Journal],
) -> None:
    journal = journals["upsell"]
    without = fs.simulate(journal.scenario.vary({"upsell": None}), seed=1, progress=False)
    assert (journal.leads["kind"] == "new").sum() == len(without.leads)
    assert summary(without)["profit"] < 0.75 * summary(journal)["profit"]
