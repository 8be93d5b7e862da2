"""What is paid by the sale, worked out by hand; every place that tells of a journal agrees."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from a_shop import shop
from by_hand import order, payment, returns_after
from everyone_buys import everyone_buys, first_day
from everything import simulated

import funnelsim as fs
from funnelsim.charts import money
from funnelsim.cli import main
from funnelsim.metrics.figures import stated_figures
from funnelsim.metrics.money import profit_steps
from funnelsim.report import page
from funnelsim.tables import figures_text
from funnelsim.widgets import board_text

NINETY = {"commission": 0.9}
SUM = {"cost_per_sale": 30}


@pytest.fixture(params=["process", "columns"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def partners(seed: int, engine: str, paid: dict[str, float], **changed: Any) -> fs.Journal:
    """About twenty customers on the first day, all of partners, each buying for 80 at once."""
    tables = {"channels": [{**first_day(20, 61), "name": "partners", **paid}], **changed}
    return fs.simulate(everyone_buys(20, 61, **tables), seed, engine=engine)


def of_partners(journal: fs.Journal) -> pd.Series:
    return fs.channels_table(journal).loc["partners"]


# --- one order, by hand -------------------------------------------------------------------------


def test_a_partner_who_gets_more_than_the_margin(seed: int, engine: str) -> None:
    """Of 80 paid 32 are margin, and 72 go to the partner: each sale loses 40."""
    j = partners(seed, engine, NINETY)
    n, figures, channel = len(j.orders), fs.summary(j), of_partners(j)
    assert j.orders["contribution"].tolist() == [-40.0] * n
    assert figures["cac"] == channel["cac"] == 72
    assert figures["cost_per_lead"] == channel["cost_per_lead"] == 72  # each lead buys
    assert figures["roas"] == channel["roas"] == pytest.approx(80 / 72)
    assert channel["cost"] == channel["commission"] == 72 * n
    assert figures["contribution"] == figures["profit"] == channel["contribution"] == -40 * n
    assert math.isnan(channel["payback_days"])
    assert {s.name: s.cents for s in profit_steps(j)}["Commission"] == -7200 * n


def test_a_fixed_sum_for_each_sale(seed: int, engine: str) -> None:
    j = partners(seed, engine, SUM)
    n, figures, channel = len(j.orders), fs.summary(j), of_partners(j)
    assert j.orders["contribution"].tolist() == [2.0] * n
    assert figures["cac"] == channel["cac"] == 30
    assert figures["roas"] == channel["roas"] == pytest.approx(80 / 30)
    assert figures["contribution"] == channel["contribution"] == 2 * n
    assert channel["payback_days"] == 0  # at once


def test_both_are_rounded_to_cents_for_each_order(seed: int, engine: str) -> None:
    both = {"commission": 0.05, "cost_per_sale": 1.004}
    j = partners(seed, engine, both, **order(value={"constant": 79.99}))
    assert fs.summary(j)["cac"] == 4 + 1  # 3.9995 and 1.004


@pytest.mark.parametrize("paid", [NINETY, SUM])
@pytest.mark.parametrize(
    ("end", "left"),
    [("cancel_probability", 0), ("refuse_probability", -6), ("return_probability", -6)],
)
def test_for_an_order_that_is_not_kept_nothing_is_paid(
    seed: int, engine: str, paid: dict[str, float], end: str, left: float
) -> None:
    j = partners(seed, engine, paid, **order(shipping_cost=6, payments=payment(**{end: 1})))
    n, figures, channel = len(j.orders), fs.summary(j), of_partners(j)
    assert n and j.orders["contribution"].tolist() == [left] * n
    assert figures["cac"] == channel["cac"] == channel["cost"] == 0
    assert figures["contribution"] == channel["contribution"] == left * n


def test_on_later_orders_commission_is_a_cost_of_those_orders(seed: int, engine: str) -> None:
    """Two orders each: of the second the share is paid, not the sum, and it is not in CAC."""
    paid = {"commission": 0.1, "cost_per_sale": 30}
    j = partners(seed, engine, paid, **returns_after("40 days"))
    n, figures, channel = fs.summary(j)["customers"], fs.summary(j), of_partners(j)
    assert sorted(j.orders["contribution"].unique()) == [32 - 8 - 30, 32 - 8]
    assert figures["cac"] == channel["cac"] == 8 + 30
    assert channel["cost"] == channel["commission"] == 38 * n
    assert figures["contribution"] == channel["contribution"] == (-6 + 24) * n
    assert channel["payback_days"] == pytest.approx(40)  # 32 at first, and 24 more
    worth = fs.customer_lifetime_value(j)["clv"]  # before CAC
    assert worth.tolist() == pytest.approx([32 + 24] * int(n))


def test_an_upsell_is_no_sale(seed: int, engine: str) -> None:
    upsell = {"probability": 1, "enters": "Interest", "delay": {"constant": "35 days"}}
    j = partners(seed, engine, SUM, upsell=upsell)
    assert sorted(j.orders["contribution"].unique()) == [2, 32]
    assert fs.summary(j)["cac"] == of_partners(j)["cac"] == 30


def test_for_whom_customers_bring_no_channel_is_paid(seed: int, engine: str) -> None:
    told = {"satisfaction": {"promoter": 1, "detractor": 0}}
    told["referral"] = {"invites": 3, "enters": "Interest", "delay": {"constant": "40 days"}}
    j = partners(seed, engine, SUM | NINETY, **told)
    referred = j.leads["channel"][j.orders["lead"]].to_numpy() == "referral"
    assert referred.any() and (j.orders["contribution"][referred] == 32).all()
    table = fs.channels_table(j)
    assert table.loc["referral", ["cost", "cac", "commission"]].tolist() == [0, 0, 0]
    assert table.loc["partners", "cac"] == 30 + 72


def test_without_an_order_the_sum_is_for_each_who_reaches_the_goal(seed: int, engine: str) -> None:
    tables = shop(channels=[{"name": "web", "leads_per_day": 20, **SUM, **NINETY}]).tables()
    del tables["order"]
    j = fs.simulate(fs.Scenario(**tables), seed, engine=engine)
    n, figures = fs.summary(j)["customers"], fs.summary(j)
    assert figures["cac"] == fs.channels_table(j).loc["web", "cac"] == 30
    assert figures["contribution"] == -30 * n
    assert "cac" in stated_figures(j.scenario)


def test_cac_is_of_the_sales_since_the_warm_up_whenever_their_leads_came(seed: int) -> None:
    slow = {"name": "Visit", "conversion": 0.5, "decision_time": {"constant": "60 days"}}
    web = [{"name": "web", "leads_per_day": 5, **SUM}]
    j = fs.simulate(shop(channels=web, stages=[slow, {"name": "Sale"}], warm_up="45 days"), seed)
    table = fs.channels_table(j).loc["web"]
    assert table["customers"] == 0 < table["sales"]
    assert table["cac"] == fs.summary(j)["cac"] == 30
    assert table["payback_days"] == 0  # of the leads since the warm-up nobody has bought yet


def test_the_first_order_of_an_open_deal_is_a_sale_that_of_a_customer_is_none(seed: int) -> None:
    s = shop(
        channels=[{"name": "web", "leads_per_day": 0, **SUM}],
        stages=[{"name": "Visit", "conversion": 1.0}, {"name": "Sale"}],
        retention={"repeat_probability": 1, "gap": {"constant": "50 days"}},
    )
    state = fs.State(
        deals={"stage": ["Visit"] * 4, "days_in_stage": [1.0] * 4, "channel": ["web"] * 4},
        customers={"days_since_last_order": [10.0] * 3, "orders": [1] * 3, "channel": ["web"] * 3},
    )
    j = fs.simulate(s, seed, initial=state)
    assert len(j.orders) > 4
    table = fs.channels_table(j).loc["web"]
    assert (table["commission"], table["cac"], fs.summary(j)["cac"]) == (4 * 30, 30, 30)


def test_what_customers_leave_less_cac_is_their_contribution(seed: int) -> None:
    j = simulated(seed, warm_up="0 days")
    by_sale = fs.channels_table(j)["commission"].sum()
    left = fs.customer_lifetime_value(j)["clv"].sum() - by_sale
    assert by_sale > 0
    assert left == pytest.approx(j.orders["contribution"].sum(), abs=0.01)


@pytest.mark.parametrize("value", [-1, "a lot", math.inf])
def test_a_sum_is_an_amount(value: Any) -> None:
    with pytest.raises(fs.ScenarioError, match=r"channels\.web\.cost_per_sale is"):
        shop(channels=[{"name": "web", "leads_per_day": 1, "cost_per_sale": value}])


def test_it_stands_in_the_file_that_is_written() -> None:
    s = shop(channels=[{"name": "web", "leads_per_day": 1, "cost_per_sale": 12.5}])
    assert "cost_per_sale = 12.5" in s.to_toml()
    assert fs.Scenario.from_toml(s.to_toml()) == s


# --- the same number wherever it is told --------------------------------------------------------

CAC = 0.2 * 100 + 5  # of each sale
BY_SALE = [{"name": "partners", "leads_per_day": 20, "commission": 0.2, "cost_per_sale": 5}]
A_SHOP = shop(
    channels=BY_SALE,
    order={"value": {"constant": 100}, "margin": 0.4},
    retention={"repeat_probability": 0.4, "gap": {"exponential": {"mean": "20 days"}}},
)
SAID = "25.00 EUR"


def test_every_place_that_tells_of_a_journal_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    j = fs.simulate(A_SHOP, 1)
    assert fs.summary(j)["cac"] == of_partners(j)["cac"] == CAC
    roas = fs.summary(j)["roas"]
    assert of_partners(j)["roas"] == pytest.approx(roas)
    texts = dict(figures_text(j).to_numpy())
    assert texts["Cost per customer (CAC)"] == SAID
    assert texts["Revenue / cost of channels (ROAS)"] == f"{roas:.2f}"
    assert f"<dd>{SAID}</dd>" in page(j) or SAID in page(j)
    assert fs.replicate(A_SHOP, 3, progress=False).summary().loc["cac", "mean"] == CAC
    lines = [row["name"] for row in _drawn(fs.charts.lifetime_value(j)) if "what" in row]
    assert any("CAC" in line and SAID in line for line in lines)
    assert -money.waterfall_rows(j)[-2]["amount"] >= 25 * fs.summary(j)["customers"]
    board = fs.explore(A_SHOP, n=2)
    assert "cac" in [figure.name for figure, _ in board_text.tiles_of(A_SHOP)]
    assert ">25.00<" in board._figures.value
    (tmp_path / "shop.toml").write_text(A_SHOP.to_toml(), "utf-8")
    assert main(["run", str(tmp_path / "shop.toml")]) == 0
    (line,) = [x for x in capsys.readouterr().out.splitlines() if "(CAC)" in x]
    assert line.split()[-2:] == SAID.split()


def _drawn(chart: Any) -> list[dict[str, Any]]:
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


# --- on a slider --------------------------------------------------------------------------------


def test_what_is_paid_by_the_sale_has_a_slider() -> None:
    board = fs.explore(A_SHOP, n=2)
    labels = ["Commission, partners", "Cost per sale, partners"]
    assert set(labels) <= set(board.sliders)
    board.sliders[labels[0]].value = 0.3
    board.sliders[labels[1]].value = 10
    assert fs.summary(board.journal)["cac"] == 0.3 * 100 + 10
    assert not [label for label in fs.explore(shop(), n=2).sliders if "partners" in label]
