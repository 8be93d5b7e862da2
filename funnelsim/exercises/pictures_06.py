"""What lesson 06 shows: members and the same people without a programme, its bill, its pictures.

    from funnelsim.exercises import pictures_06 as pictures

    pictures.same_people(with_it, without_it)

The lesson says what is simulated; here it is only counted and drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import altair as alt

from funnelsim.charts.parts import rows_data
from funnelsim.charts.theme import COLOURS
from funnelsim.metrics import summary
from funnelsim.metrics.programme import by_key, same_people
from funnelsim.scenario import Scenario
from funnelsim.scenario.values import REFERRAL

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.journal import Journal

BLUE, SKY, GREY = COLOURS["first orders"], COLOURS["repeat orders"], COLOURS["open"]


# --- numbers --------------------------------------------------------------------------------------


def members_less_others(with_it: list[Journal], without_it: list[Journal]) -> pd.DataFrame:
    """For each pair of histories the gap between members and others, and the programme's part."""
    import pandas as pd

    rows = []
    for now, then in zip(with_it, without_it, strict=True):
        others, before, members = same_people(now, then).values()
        rows.append({"members less others": members - others, "the programme": members - before})
    return pd.DataFrame(rows)


def gold_members(with_it: Journal, without_it: Journal) -> pd.DataFrame:
    """Who ordered as gold at least once, and the other members: what each spent in both years.

    A row per customer: `gold`, and the revenue "with it" and "without it", 0 of who did not buy.
    """
    import pandas as pd

    now, then = by_key(with_it), by_key(without_it)
    orders = with_it.orders
    golden = orders.loc[orders["tier"] == "gold", "customer"].unique()
    keys = set(with_it.leads.loc[golden, "key"])
    joined = now.index[now["member"]]
    return pd.DataFrame(
        {
            "gold": [key in keys for key in joined],
            "with it": now["revenue"].reindex(joined),
            "without it": then["revenue"].reindex(joined).fillna(0.0),
        },
        index=joined,
    )


def bill(with_it: Journal, without_it: Journal) -> pd.Series:
    """What the programme brings and costs, in EUR: it sums to the change of the contribution."""
    import pandas as pd

    scenario, orders = with_it.scenario, with_it.orders
    order, programme = scenario.order, scenario.loyalty
    assert order is not None
    assert programme is not None
    points = programme.point_value * orders["points_redeemed"]
    shipping_paid = orders["paid"] - (orders["value"] - orders["discount"] - points)
    more = len(orders) - len(without_it.orders)
    more_value = orders["value"].sum() - without_it.orders["value"].sum()
    parts = {
        "margin of more orders": order.margin * more_value,
        "sending more orders": -more * (order.shipping_cost - order.shipping_fee),
        "points": -points.sum(),
        "discount": -orders["discount"].sum(),
        "free shipping": -(shipping_paid.round(2) == 0).sum() * order.shipping_fee,
        "cost a day": -programme.cost_per_day * scenario.days,
    }
    if scenario.referral is not None and (brought := _referred(with_it) - _referred(without_it)):
        parts["rewards of more referrals"] = -brought * scenario.referral.reward
    return pd.Series(parts, name=scenario.currency)


def _referred(journal: Journal) -> int:
    """Customers whom promoters have brought: for each of them a reward is paid."""
    is_referred = journal.leads["channel"] == REFERRAL
    return int(is_referred.loc[journal.orders["customer"].unique()].sum())


def account(journal: Journal, customer: int) -> pd.DataFrame:
    """A member's points, entry by entry, with the balance after each."""
    entries = journal.points[journal.points["customer"] == customer]
    signed = entries["points"].where(entries["kind"] == "earned", -entries["points"])
    return entries.assign(balance=signed.cumsum()).drop(columns="customer").round(1)


def figures_by(scenarios: Mapping[object, Journal], figures: list[str]) -> pd.DataFrame:
    """Key figures of several histories side by side, a row for each."""
    import pandas as pd

    found = {name: summary(journal)[figures] for name, journal in scenarios.items()}
    return pd.DataFrame(found).T


# --- pictures -------------------------------------------------------------------------------------


def who_they_are(means: Mapping[str, float], currency: str = "EUR") -> alt.Chart:
    """`same_people` as bars: what was there before the programme, and what it adds."""
    names, parts = list(means), ["as much as others", "who they are", "the programme"]
    others, before, members = means.values()
    steps = [others, before - others, members - before]
    rows = [
        {"who": who, "what": parts[part], "spent": steps[part], "place": part}
        for number, who in enumerate(names)
        for part in range(number + 1)
    ]
    colours = alt.Scale(domain=parts, range=[GREY, SKY, BLUE])
    across = alt.X("spent:Q", axis=alt.Axis(tickCount=8))
    found: alt.Chart = (
        alt.Chart(rows_data(rows))
        .mark_bar(stroke="white")
        .encode(
            x=across.title(f"revenue of a customer in the year, {currency}"),
            y=alt.Y("who:N", sort=names, title=None),
            color=alt.Color("what:N", scale=colours, sort=parts),
            order="place:Q",
            tooltip=["who:N", "what:N", alt.Tooltip("spent:Q", format=".1f")],
        )
        .properties(width=520, height=150, title="What sets members apart, and who they are anyway")
    )
    return found


def gap_by_self_selection(tables: Mapping[float, pd.DataFrame]) -> alt.LayerChart | alt.Chart:
    """The means of `members_less_others` by self-selection, as two lines."""
    kinds = ["members less others", "the programme"]
    rows = [
        {"at": float(at), "EUR": float(table[what].mean()), "what": what}
        for at, table in tables.items()
        for what in kinds
    ]
    ticks = alt.Axis(values=[float(at) for at in tables])
    colours = alt.Scale(domain=kinds, range=[SKY, BLUE])
    found: alt.LayerChart | alt.Chart = (
        alt.Chart(rows_data(rows))
        .mark_line(point=True, strokeWidth=2.5)
        .encode(
            x=alt.X("at:Q", title="self-selection", axis=ticks).scale(domain=[0.9, 3.1]),
            y=alt.Y("EUR:Q", title="EUR for each member").scale(domainMin=0),
            color=alt.Color("what:N", scale=colours, legend=alt.Legend(symbolOpacity=1)),
        )
        .properties(width=520, height=220, title="The keener those who join, the wider the gap")
    )
    return found


def of_gold(odds_ratio: float, *shares: float) -> list[str]:
    """What odds so many times as high make of each share: "50 % become 77 %".

    >>> of_gold(4 / 1.2, 0.5, 0.8)
    ['50 % become 77 %', '80 % become 93 %']
    """
    said = []
    for share in shares:
        odds = odds_ratio * share / (1 - share)
        said.append(f"{100 * share:.0f} % become {100 * odds / (1 + odds):.0f} %")
    return said


def without_gold(scenario: Scenario) -> Scenario:
    """The same programme where nobody reaches gold."""
    return scenario.vary({"loyalty.tiers.gold.from_spend": 1_000_000})
