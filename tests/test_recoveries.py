"""Messages to the lost: counted by hand, held to theory, and to the history without them.

The last is what the flag "would have come back anyway" is for: what the table says the messages
changed is the difference to the same customers without them, to the cent.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from some_scenarios import scenario_tables
from theory import funnel, within

import funnelsim as fs
from funnelsim.charts.messages import recovery_rows
from funnelsim.errors import FunnelSimError
from funnelsim.metrics.money import money

ENGINES = ("process", "columns")
SHOP = fs.load("online-shop")


def simulate(scenario: fs.Scenario, seed: int, **more: Any) -> fs.Journal:
    return fs.simulate(scenario, seed, progress=False, **more)


def without_messages(scenario: fs.Scenario, stage: str) -> fs.Scenario:
    """Nobody gets a message at this stage; who comes back anyway still does."""
    back = f"stages.{stage}.recovery"
    (recovery,) = (s.recovery for s in scenario.stages if s.name == stage)
    changes = {"probability": recovery.anyway, "cost": 0.0, "discount": 0.0}
    return scenario.vary({f"{back}.{name}": value for name, value in changes.items()})


# --- by hand ------------------------------------------------------------------------------------


def all_alike(**recovery: Any) -> fs.Scenario:
    """Two leads a day for ten days; all leave their basket and come back the next day; all buy."""
    back = {"probability": 1.0, "delay": {"constant": "1 day"}, "odds_ratio": 1e30, **recovery}
    return fs.Scenario(
        **{
            "name": "all alike",
            "horizon": "12 days",
            "channels": [
                {
                    "name": "web", "leads_per_day": 10, "commission": 0.1, "dispersion": 1.0,
                    "bursts": [{"from": "10 days", "to": "12 days", "factor": 0.0}],
                }
            ],
            "stages": [
                {"name": "Basket", "conversion": 1e-25, "recovery": back}, {"name": "Action"},
            ],
            "order": {"value": {"constant": 100}, "margin": 0.4, "shipping_cost": 5},
        }
    )  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_where_nobody_would_come_without_the_message(seed: int, engine: str) -> None:
    """Each buys for 90: less 60 of goods, 5 to send, 9 of commission, 16 are left, less 0.30."""
    journal = simulate(all_alike(discount=0.1, cost=0.3), seed, engine=engine)
    count = len(journal.leads)
    line = fs.recoveries(journal).loc["Basket"]
    counts = ["sent", "returned", "bought"]
    assert line[counts].tolist() == [count] * 3
    assert line[["anyway", "bought_anyway", "discount_anyway"]].tolist() == [0] * 3
    assert line[["cost", "discount"]].tolist() == pytest.approx([0.3 * count, 10 * count])
    assert line["contribution"] == line["effect"] == pytest.approx(count * (16 - 0.3))
    assert line["effect_per_message"] == pytest.approx(15.7)


@pytest.mark.parametrize("engine", ENGINES)
def test_where_all_would_come_anyway(seed: int, engine: str) -> None:
    """A report credits the same; what it changed is the discount, less a tenth of it that the
    channel would have got, and the message.
    """
    journal = simulate(all_alike(discount=0.1, cost=0.3, anyway=1.0), seed, engine=engine)
    count = len(journal.leads)
    line = fs.recoveries(journal).loc["Basket"]
    assert line[["sent", "returned", "anyway", "bought", "bought_anyway"]].tolist() == [count] * 5
    assert line["discount"] == line["discount_anyway"] == pytest.approx(10 * count)
    assert line["contribution"] == pytest.approx(count * (16 - 0.3))
    assert line["effect"] == pytest.approx(count * (-9 - 0.3))


def test_the_table_is_what_one_counts_in_the_journal(seed: int) -> None:
    journal = simulate(SHOP, seed)
    leads, messages = journal.leads.set_index("lead"), journal.messages
    mails = messages[messages.name == "recovery: Basket"]
    back = mails[mails.accepted].lead
    buyers = {lead for lead in back if leads.outcome[lead] == "customer"}
    alone = buyers & set(mails.lead[mails.anyway])
    bad = {"cancelled", "returned"}
    kept = journal.orders[~journal.orders.status.isin(bad)].set_index("lead")
    first = kept[kept.number == 1].discount
    line = fs.recoveries(journal).loc["Basket"]
    assert line[["sent", "returned", "anyway"]].tolist() == [
        *(len(mails), mails.accepted.sum(), mails.anyway.sum()),
    ]
    assert line[["bought", "bought_anyway"]].tolist() == [len(buyers), len(alone)]
    assert line["cost"] == pytest.approx(0.05 * len(mails))
    assert line["discount"] == pytest.approx(sum(first.get(lead, 0) for lead in buyers))
    assert line["discount_anyway"] == pytest.approx(sum(first.get(lead, 0) for lead in alone))
    later = messages.lead[messages.name.isin(["your next order", "we miss you"])]

    def left(who: set[int]) -> float:
        orders = journal.orders[journal.orders.customer.isin(who)]
        return float(orders.contribution.sum() - 0.05 * later.isin(who).sum())

    assert line["contribution"] == pytest.approx(left(buyers) - line["cost"])
    effect = left(buyers - alone) - line["discount_anyway"] - line["cost"]
    assert line["effect"] == pytest.approx(effect)
    assert line["effect_per_message"] == pytest.approx(effect / len(mails))


def test_messages_of_the_warm_up_do_not_count(seed: int) -> None:
    journal = simulate(SHOP.vary({"warm_up": "60 days"}), seed)
    mails = journal.messages[journal.messages.name == "recovery: Basket"]
    late = mails[mails.sent >= 60]
    line = fs.recoveries(journal).loc["Basket"]
    assert line[["sent", "returned", "anyway"]].tolist() == [
        *(len(late), late.accepted.sum(), late.anyway.sum()),
    ]


# --- theory -------------------------------------------------------------------------------------

BACK = {
    "probability": 0.4, "anyway": 0.15, "delay": {"constant": "1 h"}, "cost": 0.1,
    "discount": 0.2, "odds_ratio": 1.5,
}  # fmt: skip


def a_funnel() -> fs.Scenario:
    stages = [
        {"name": "Interest", "conversion": 0.5},
        {"name": "Desire", "conversion": 0.4, "recovery": BACK},
        {"name": "Action"},
    ]
    order = {"value": {"constant": 50}, "margin": 0.4}
    channels = [{"name": "web", "leads_per_day": 500}]
    return funnel(stages=stages, order=order, channels=channels)


def test_shares_are_those_of_the_scenario(seed: int) -> None:
    """Half of the leads come to Desire, 60 % of them get a message, 40 % of these come back, and
    3 of 8 of those would anyway. On the second visit the odds are 1.5 × 40/60: 1 of 2 buys.
    """
    line = fs.recoveries(simulate(a_funnel(), seed)).loc["Desire"]

    def share(part: str, whole: str, expected: float) -> bool:
        of = line[whole]
        return within(line[part] / of, expected, np.sqrt(expected * (1 - expected) / of))

    assert within(line["sent"], 1_500, np.sqrt(1_500))  # leads by Poisson: so are these
    assert share("returned", "sent", 0.4)
    assert share("anyway", "returned", 0.375)
    assert share("bought", "returned", 0.5)
    assert share("bought_anyway", "bought", 0.375)  # who comes anyway is no keener than others
    # of a message: 0.25 × ½ buyers who leave 20 − 10, 0.15 × ½ who get 10 for nothing, less 0.10
    values = np.array([10.0, -10.0, 0.0])
    chances = np.array([0.25 / 2, 0.15 / 2, 1 - 0.4 / 2])
    mean = values @ chances
    spread = np.sqrt((values - mean) ** 2 @ chances)
    assert within(line["effect_per_message"], mean - 0.1, spread / np.sqrt(line["sent"]))


# --- the history without them -------------------------------------------------------------------


@st.composite
def without_queue(draw: st.DrawFn) -> dict[str, Any]:
    """Some messages are sent, and no lead is in another's way: no team, referral, programme."""
    tables = draw(scenario_tables())
    for stage in tables["stages"]:
        stage.pop("follow_up", None)
    for part in ("teams", "referral", "loyalty"):
        tables.pop(part, None)
    tables.pop("warm_up", None)
    stage = draw(st.sampled_from(tables["stages"][:-1]))
    probability = draw(st.sampled_from([0.3, 0.7, 1.0]))
    stage["recovery"] = {
        "probability": probability,
        "anyway": probability * draw(st.sampled_from([0.0, 0.4, 1.0])),
        "delay": {"constant": "5 h"},
        "cost": 0.05,
        "discount": draw(st.sampled_from([0.0, 0.1, 0.25])),
        "attempts": draw(st.integers(1, 3)),
    }
    return tables


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(without_queue(), st.integers(0, 10**6))
def test_what_the_messages_changed_is_the_difference_to_the_history_without_them(
    tables: dict[str, Any], number: int
) -> None:
    scenario = fs.Scenario(**tables)
    journal = simulate(scenario, number)
    for stage, line in fs.recoveries(journal).iterrows():
        other = simulate(without_messages(scenario, stage), number)
        with_it, without = (money(j).contribution[0] for j in (journal, other))
        assert round(100 * line["effect"]) == with_it - without
        assert line["bought"] >= line["bought_anyway"]


def test_the_discount_of_another_stage_would_have_held(seed: int) -> None:
    """Two stages, both with a discount: without one of them the other's holds."""
    stages = [
        {"name": "Interest", "conversion": 0.2, "recovery": {**BACK, "anyway": 0.4}},
        {"name": "Desire", "conversion": 0.2, "recovery": {**BACK, "discount": 0.3}},
        {"name": "Action"},
    ]
    channels = [{"name": "web", "leads_per_day": 300, "commission": 0.07}]
    scenario = funnel(stages=stages, channels=channels)
    journal = simulate(scenario, seed)
    table = fs.recoveries(journal)
    for stage in ("Interest", "Desire"):
        other = simulate(without_messages(scenario, stage), seed)
        difference = money(journal).contribution[0] - money(other).contribution[0]
        assert round(100 * table["effect"][stage]) == difference
    assert 0 < table["discount_anyway"]["Interest"] < table["discount"]["Interest"]


def test_who_would_come_anyway_is_who_comes_without_messages(seed: int) -> None:
    journal = simulate(SHOP, seed)
    other = simulate(without_messages(SHOP, "Basket"), seed)
    mails = journal.messages[journal.messages.name == "recovery: Basket"]
    assert mails.accepted[mails.anyway].all()
    anyway = journal.leads.key[mails.lead[mails.anyway]]
    assert set(anyway) == set(other.leads.key[other.leads.recovered > 0])


def test_a_customer_whom_a_campaign_reaches_comes_anyway_if_there_is_an_order_without_it(
    seed: int,
) -> None:
    """The next order comes ten days after the last: seen by the horizon of the other history."""
    shop = SHOP.vary({"retention.gap": {"constant": "10 days"}, "satisfaction": None})
    for kind, changes in {
        "post-purchase": {"within": "10 days"},
        "win-back": {"after": "9 days", "kind": "win-back", "probability": 0.5, "discount": 0.0},
    }.items():
        campaign = {"name": "hello", "kind": kind, "cost_per_send": 0.1, **changes}
        if kind == "post-purchase":
            campaign["odds_ratio"] = 3.0
        some = shop.vary({"campaigns": [campaign], "order.payments": []})
        journal, other = simulate(some, seed), simulate(some.vary({"campaigns": []}), seed)
        # the first message of each: until then both histories are the same
        mail = journal.messages[journal.messages.name == "hello"].drop_duplicates("lead")
        mail = mail[mail.sent < 165]
        keys = journal.leads.key[mail.lead].to_numpy()
        orders = other.orders.assign(key=other.leads.key[other.orders.customer].to_numpy())
        last = orders.groupby("key").placed.max()
        assert mail.anyway.tolist() == (last[keys].to_numpy() > mail.sent + 1e-6).tolist()
        assert 0 < mail.anyway.sum() < len(mail)


# --- where there is nothing, and what is drawn ----------------------------------------------------


def test_without_a_recovery_there_is_no_row_and_a_sentence_in_place_of_a_chart() -> None:
    journal = simulate(fs.load("aida"), 1)
    table = fs.recoveries(journal)
    assert table.empty
    assert list(table) == list(fs.recoveries(simulate(SHOP, 1)))
    assert "No stage sends a message" in str(fs.charts.recoveries(journal).to_dict())
    with pytest.raises(FunnelSimError, match="takes a Journal"):
        fs.recoveries("aida")  # type: ignore[arg-type]


def test_where_nothing_was_sent_there_is_nothing_to_divide_by() -> None:
    journal = simulate(SHOP.vary({"horizon": "1 h"}), 1)
    line = fs.recoveries(journal).loc["Basket"]
    assert line["sent"] == line["effect"] == 0
    assert np.isnan(line["effect_per_message"])
    assert "No message was sent" in str(fs.charts.recoveries(journal).to_dict())


def test_the_chart_draws_what_the_table_says(seed: int) -> None:
    journal = simulate(SHOP, seed)
    table = fs.recoveries(journal)
    line = table.loc["Basket"]
    rows = pd.DataFrame(recovery_rows(table)).set_index(["step", "why"])
    assert rows.leads.tolist() == [
        line["returned"] - line["anyway"], line["anyway"],
        line["bought"] - line["bought_anyway"], line["bought_anyway"],
    ]  # fmt: skip
    chart = fs.charts.recoveries(journal).to_dict()
    assert f"{line['effect']:,.2f} EUR" in str(chart["title"]["subtitle"])
    assert rows.reset_index().to_dict("records")[0]["step"] in str(chart)


def test_without_orders_the_chart_speaks_of_no_money(seed: int) -> None:
    journal = simulate(fs.load("awareness-to-decision"), seed)
    (subtitle,) = fs.charts.recoveries(journal).to_dict()["title"]["subtitle"]
    assert subtitle.endswith("messages")
