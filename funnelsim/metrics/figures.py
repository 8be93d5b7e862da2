"""The register of key figures: what each is called, how it is counted, and what good means.

`FIGURES` is the one place that knows a figure. `summary`, console and report, the tiles of a board,
experiments and their charts, and the page of figures in docs/ are made of it. A new figure is one
entry here, with a function of `Facts` that gives its value for each replication.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from funnelsim.arguments import refused
from funnelsim.distributions import DAY, Floats, Ints
from funnelsim.journal import Journal
from funnelsim.metrics import stated
from funnelsim.metrics.basis import ratio
from funnelsim.metrics.facts import Facts
from funnelsim.metrics.figure import (
    COUNT,
    DAYS,
    DOWN,
    EXPIRY,
    LAPSED,
    MONEY,
    NEITHER,
    RATIO,
    SCORE,
    SHARE,
    START,
    UP,
    Figure,
    Tile,
)
from funnelsim.metrics.follow_up import quantile_of_each, utilisation
from funnelsim.metrics.nps import score, standard_error
from funnelsim.metrics.points import breakage, points_worth
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


FIGURES: tuple[Figure, ...] = (
    Figure(
        "leads",
        "Leads that came in",
        COUNT,
        NEITHER,
        "Leads that came in; an upsell is a deal with somebody who had before.",
        lambda f: f.leads,
        title="Leads",
        among="",
    ),
    Figure(
        "customers",
        "Customers among them by the end",
        COUNT,
        UP,
        "Leads that came in and have become customers by the end: they have reached the goal "
        "(without an order that is an action).",
        lambda f: f.customers,
        title="Customers",
        tile=Tile("Customers", 1),
        among="",
    ),
    Figure(
        "overall_conversion",
        "Customers among them / leads",
        SHARE,
        UP,
        "Customers / leads: from the first stage to the goal.",
        lambda f: ratio(f.customers, f.leads),
        title="Customers / leads",
        tile=Tile("Conversion", 2),
        among="leads",
    ),
    Figure(
        "orders",
        "Orders placed",
        COUNT,
        UP,
        "Orders placed, by customers who came earlier too.",
        lambda f: f.orders,
        stated.sells,
        among="",
    ),
    Figure(
        "revenue",
        "Revenue",
        MONEY,
        UP,
        "What customers have paid for these orders, without those cancelled, refused or returned "
        "by the end.",
        lambda f: f.money.revenue / 100,
        stated.sells,
        tile=Tile("Revenue", 3),
        is_earned=True,
    ),
    Figure(
        "aov",
        "Average order value",
        MONEY,
        UP,
        "Average order value: revenue / orders that count as revenue.",
        lambda f: ratio(f.money.revenue / 100, f.kept_orders),
        stated.sells,
        tile=Tile("AOV", 10),
    ),
    Figure(
        "cac",
        "Cost per customer (CAC)",
        MONEY,
        DOWN,
        "Customer acquisition cost: all that it costs to win a sale / sales. It costs leads and "
        "days of channels, rewards, commission on first orders with the fixed sum, messages to "
        "lost leads, and reps; sales are first orders (without an order, leads that reached the "
        "goal), those of leads that came before the warm-up too.",
        lambda f: ratio(f.money.acquisition / 100, f.sales),
        stated.pays_to_win,
        tile=Tile("CAC", 8),
    ),
    Figure(
        "contribution",
        "Contribution",
        MONEY,
        UP,
        "What orders leave after goods, shipping and commission, less what leads, rewards, days of "
        "channels, messages and the loyalty programme (its days less its fees) cost.",
        lambda f: f.money.contribution / 100,
        stated.earns,
        is_earned=True,
    ),
    Figure(
        "profit",
        "Profit",
        MONEY,
        UP,
        "Revenue less all costs that the scenario states: the contribution less the cost of reps "
        "and of changes.",
        lambda f: f.money.profit / 100,
        stated.earns,
        tile=Tile("Profit", 4),
        is_earned=True,
    ),
    Figure(
        "share_gone_cold",
        "Share gone cold",
        SHARE,
        DOWN,
        "Visits in which the lead lost patience before a call reached it / visits whose follow-up "
        "has ended: a call reached the lead, or it was lost before. Each stage counts.",
        lambda f: ratio(*f.gone_cold_of_ended),
        stated.loses_patience,
        tile=Tile("Gone cold", 7),
    ),
    Figure(
        "mean_response_days",
        "Mean response time",
        DAYS,
        DOWN,
        "From entering a stage to the start of the call that reached the lead, on average.",
        lambda f: ratio(f.waited / DAY, f.answered),
        stated.calls,
        tile=Tile("Response time", 6),
    ),
    Figure(
        "p90_response_days",
        "90 % answered within",
        DAYS,
        DOWN,
        "The time in which 9 of 10 leads that a call reached were reached.",
        lambda f: quantile_of_each(f.waits[f.reached], f.answered, 0.9) / DAY,
        stated.calls,
    ),
    Figure(
        "utilisation",
        "Utilisation",
        SHARE,
        NEITHER,
        "Time that reps spend on calls / time that the team is open. Calls that go on past closing "
        "count too, so it may be more than 100 %.",
        lambda f: utilisation(f.journal),
        by_team=True,
        tile=Tile("Utilisation", 5),
    ),
    Figure(
        "repeat_purchase_rate",
        "Repeat purchase rate",
        SHARE,
        UP,
        "Customers with a second order (an upsell is one) / customers.",
        lambda f: ratio(f.second_orders, f.customers),
        stated.sells_again,
        tile=Tile("Repeat purchases", 9),
        among="customers",
    ),
    Figure(
        "crr",
        "Retention in a month (CRR)",
        SHARE,
        UP,
        "Customer retention rate, (E - N) / S: customers active at the beginning of a month of 30 "
        "days who still are at its end / customers active at its beginning, all months together. "
        "Nobody says goodbye to a shop, so active is who has ordered within 1.5 mean gaps before.",
        lambda f: ratio(f.retained.stayed, f.retained.start),
        stated.keeps_customers,
        LAPSED,
    ),
    Figure(
        "churn_rate",
        "Churn in a month",
        SHARE,
        DOWN,
        "Churn rate, 1 - the retention in a month: customers active at the beginning of a month "
        "who are not at its end / customers active at its beginning.",
        lambda f: 1 - ratio(f.retained.stayed, f.retained.start),
        stated.keeps_customers,
        LAPSED,
        tile=Tile("Churn a month", 11),
    ),
    Figure(
        "gross",
        "Gross: paid on all orders placed",
        MONEY,
        UP,
        "What was paid on all orders placed, those cancelled, refused or returned among them.",
        lambda f: f.money.gross / 100,
        stated.loses_orders,
        is_earned=True,
    ),
    Figure(
        "net_of_gross",
        "Revenue / gross",
        SHARE,
        UP,
        "Revenue / gross: what is left of it when orders have ended badly.",
        lambda f: ratio(f.money.revenue, f.money.gross),
        stated.loses_orders,
    ),
    Figure(
        "cost_per_lead",
        "Cost of channels / leads (CPL)",
        MONEY,
        DOWN,
        "Cost per lead: what channels cost (leads, rewards, days, commission on first orders) / "
        "leads.",
        lambda f: ratio(f.money.channels / 100, f.leads),
        stated.pays_channels,
    ),
    Figure(
        "roas",
        "Revenue / cost of channels (ROAS)",
        RATIO,
        UP,
        "Return on ad spend: revenue / what channels cost.",
        lambda f: ratio(f.money.revenue, f.money.channels),
        stated.sells_by_paid_channels,
    ),
    Figure(
        "purchase_frequency",
        "Orders / customers who ordered",
        RATIO,
        UP,
        "Orders / customers who placed one.",
        lambda f: ratio(f.orders, f.buyers),
        stated.sells_again,
    ),
    Figure(
        "arpu",
        "Revenue / customers who ordered (ARPU)",
        MONEY,
        UP,
        "Average revenue per user: revenue / customers who placed an order.",
        lambda f: ratio(f.money.revenue / 100, f.buyers),
        stated.sells_again,
    ),
    Figure(
        "nps",
        "Promoters less detractors, of 100 kept orders (NPS)",
        SCORE,
        UP,
        "Net promoter score: promoters less detractors, per 100 kept orders, each of which is "
        'asked (F. Reichheld, "The One Number You Need to Grow", Harvard Business Review 81, '
        "2003).",
        lambda f: score(f.answers),
        stated.asks_customers,
    ),
    Figure(
        "nps_se",
        "Standard error of the NPS",
        SCORE,
        NEITHER,
        "By so many points the NPS is off by chance, give or take, with as many answers as these: "
        "100 √((p + d − (p − d)²) ÷ answers), of the shares p of promoters and d of detractors.",
        lambda f: standard_error(f.answers),
        stated.asks_customers,
    ),
    Figure(
        "k_factor",
        "Customers brought by customers / customers (K)",
        RATIO,
        UP,
        "Customers whom these customers have brought / customers, both by the end: leads that "
        "customers bring, times their conversion. So far: friends of those who bought last are "
        "still to come, so K will be higher (`fs.referrals` with `within` compares equal times).",
        lambda f: ratio(f.brought, f.customers),
        stated.brings_leads,
        title="Customers brought by customers / customers",
    ),
    Figure(
        "members",
        "Members among the customers",
        COUNT,
        NEITHER,
        "Members of the loyalty programme among the customers.",
        lambda f: f.members,
        stated.has_members,
        among="",
    ),
    Figure(
        "points_earned",
        "Points earned",
        COUNT,
        NEITHER,
        "Points earned in the whole simulation: those redeemed, expired and open at the end.",
        lambda f: f.points.earned,
        stated.gives_points,
        START,
    ),
    Figure(
        "points_redeemed",
        "Points redeemed",
        COUNT,
        NEITHER,
        "Points redeemed in the whole simulation.",
        lambda f: f.points.redeemed,
        stated.gives_points,
        START,
    ),
    Figure(
        "points_expired",
        "Points expired",
        COUNT,
        NEITHER,
        "Points expired in the whole simulation.",
        lambda f: f.points.expired,
        stated.gives_points,
        START,
    ),
    Figure(
        "points_open",
        "Points open at the end",
        COUNT,
        NEITHER,
        "Points that members have at the end.",
        lambda f: f.points.open,
        stated.gives_points,
        START,
    ),
    Figure(
        "points_liability",
        "What the open points are worth",
        MONEY,
        NEITHER,
        "What the points open at the end are worth: the firm owes it to its members.",
        lambda f: points_worth(f.journal, f.points.open),
        stated.gives_points,
        START,
    ),
    Figure(
        "breakage",
        "Expired / earned, of points old enough (breakage)",
        SHARE,
        NEITHER,
        "Points expired / points earned, of those old enough to have expired.",
        lambda f: breakage(f.journal, f.points.expired),
        stated.lets_points_expire,
        EXPIRY,
    ),
)


# --- who asks for them ----------------------------------------------------------------------------


def key_figures(journal: Journal) -> dict[str, Floats | Ints]:
    """The figures of `summary`, each of shape (replications,): of a journal, or of `Together`."""
    facts, found = Facts(journal), dict[str, Floats | Ints]()
    for figure in FIGURES:
        values = figure.value(facts)
        if figure.by_team:
            found |= dict(zip(_named([figure], journal.scenario), values.T, strict=True))
        else:
            found[figure.name] = values
    return found


def figures_of(scenario: Scenario) -> dict[str, Figure]:
    """The key figures of a scenario by their names in `summary`: of those by team one for each."""
    return _named(FIGURES, scenario)


def stated_figures(scenario: Scenario) -> dict[str, Figure]:
    """Those of them that the scenario says something about (`metrics/stated.py`).

    >>> from funnelsim import load
    >>> "mean_response_days" in stated_figures(load("aida"))  # where nobody calls
    False
    """
    return _named([figure for figure in FIGURES if figure.is_stated(scenario)], scenario)


def _named(figures: Iterable[Figure], scenario: Scenario) -> dict[str, Figure]:
    teams = [team.name for team in scenario.teams]
    each = ([f.of(team) for team in teams] if f.by_team else [f] for f in figures)
    return {figure.name: figure for own in each for figure in own}


def entry(name: str) -> Figure | None:
    """The entry of a figure by its name in `summary`, where a team's follows a colon."""
    return next((figure for figure in FIGURES if figure.name == name.partition(": ")[0]), None)


def figures(scenario: Scenario | None = None) -> pd.DataFrame:
    """All key figures, a row for each (the index: its name in `summary`), in that order.

    Columns: `label`, what it is called; `unit`: count, share, money, days, ratio or score; `good`:
    "up" where more is better, "down" where less is, "" where neither is; `since`: since when it
    can be told; `docs`: what it is. With a scenario only those that it says something about, one
    for each team, money by its currency and `since` as a day of it. Raises FunnelSimError for what
    is no scenario.

    >>> figures().loc["cac", ["label", "unit", "good"]].tolist()
    ['Cost per customer (CAC)', 'money', 'down']
    """
    import pandas as pd

    told = FIGURES if scenario is None else stated_figures(_a_scenario(scenario)).values()
    good = {UP: "up", DOWN: "down", NEITHER: ""}
    rows = [(f.name, f.label, f.unit, good[f.good], f.since.words, f.docs) for f in told]
    columns = ["figure", "label", "unit", "good", "since", "docs"]
    table = pd.DataFrame(rows, columns=columns).set_index("figure")
    if scenario is not None:
        table["unit"] = table["unit"].replace(MONEY, scenario.currency)
        table["since"] = [(f.since.moment(scenario) or 0) / DAY for f in told]
    return table


def _a_scenario(value: object) -> Scenario:
    if isinstance(value, Scenario):
        return value
    rule, way_out = "figures takes a Scenario, or nothing", 'write fs.load("aida")'
    raise refused("scenario", value, rule, way_out)
