"""The exercises of lesson 06, loyalty programmes: what a card does for the pottery workshop.

As in lesson 01 nothing is typed in: every answer is computed from the scenario and the seed that
the notebook states.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from funnelsim.engines import simulate
from funnelsim.exercises.entry import Exercise, Mistake, Right, rounded_to
from funnelsim.exercises.workshop import SEED
from funnelsim.journal import Journal
from funnelsim.metrics import points_liability, summary
from funnelsim.metrics.cohorts import customer_lifetime_value
from funnelsim.scenario import Scenario, load

if TYPE_CHECKING:
    import pandas as pd

# --- the workshop of lesson 01, a year of it, with a card for its customers -----------------------

CARD: dict[str, Any] = {
    "name": "Pottery workshop with a card",
    "channels.search ads.leads_per_day": 16,
    "channels.recommendation.leads_per_day": 4,
    "stages.Attention.conversion": 0.45,
    "stages.Interest.conversion": 0.65,
    "stages.Desire.conversion": 0.35,
    "loyalty.point_value": 0.05,
    "loyalty.redeem_from": 100,
    "loyalty.cost_per_day": 2,
    "loyalty.tiers.member.repeat_odds_ratio": 1.6,
    "loyalty.tiers.gold.repeat_odds_ratio": 1.8,
}
WITHOUT: tuple[str, Any] = ("loyalty", None)
KEPT = 32  # years, about 1 MB each: with and without the card, of the seeds that people type
DAYS = 365
LIFE_OF_A_POINT = 180  # days
POINT_VALUE = CARD["loyalty.point_value"]
COST = CARD["loyalty.cost_per_day"] * DAYS


@cache
def card() -> Scenario:
    return load("aida-loyalty-advocacy").vary(CARD)


@lru_cache(KEPT)
def _journal(seed: int, *changes: tuple[str, Any]) -> Journal:
    return simulate(card().vary(dict(changes)), seed=seed, progress=False)


@lru_cache(KEPT)
def _figures(seed: int, *changes: tuple[str, Any]) -> pd.Series:
    return summary(_journal(seed, *changes))


@lru_cache(KEPT)
def _by_customer(seed: int, *changes: tuple[str, Any]) -> pd.DataFrame:
    return customer_lifetime_value(_journal(seed, *changes))


def _change(seed: int, figure: str) -> float:
    """What the card does to a figure: the same customers with it, less without it."""
    return float(_figures(seed)[figure] - _figures(seed, WITHOUT)[figure])


@lru_cache(KEPT)
def _by_key(seed: int, *changes: tuple[str, Any]) -> pd.DataFrame:
    """A row for each customer, by the key that is the same in both years."""
    table = _by_customer(seed, *changes)
    return table.set_index(_journal(seed, *changes).leads.loc[table.index, "key"].to_numpy())


def _by_numbers(seed: int) -> float:
    """What the members bring without the card, taking leads by number: those are other people."""
    table, then = (_by_customer(seed, *changes) for changes in ((), (WITHOUT,)))
    return float(then["revenue"].reindex(table.index[table["member"]]).mean())


def _groups(seed: int) -> tuple[float, float, float, int]:
    """Mean revenue of the others, of the members without the card, and with it; how many."""
    now, then = _by_key(seed), _by_key(seed, WITHOUT)
    member = now["member"]
    anyway = then["revenue"].reindex(now.index[member]).mean()
    others, members = now["revenue"][~member].mean(), now["revenue"][member].mean()
    return float(others), float(anyway), float(members), int(member.sum())


def _points(seed: int, kind: str, before: float = DAYS) -> int:
    table = _journal(seed).points
    return int(table["points"][(table["kind"] == kind) & (table["time"] < before)].sum())


# --- the exercises --------------------------------------------------------------------------------


def members_and_others(seed: int = SEED) -> Exercise:
    others, _, members, _ = _groups(seed)
    table = _by_customer(seed)
    clv, orders = (table.groupby("member")[name].mean() for name in ("clv", "orders"))
    by_order = _journal(seed).orders.assign(member=_journal(seed).orders["tier"].notna())
    paid = by_order.groupby("member")["paid"].mean()
    total = table.groupby("member")["revenue"].sum()
    right = members - others
    return Exercise(
        "06.1",
        "How much more revenue did a member bring than a customer who is not one, on average?",
        right,
        1,
        (
            Mistake(
                float(paid[True] - paid[False]),
                "You divided by orders; the question is about customers, and members have more "
                "orders each.",
            ),
            Mistake(
                float(total[True] - total[False]),
                "Those are the sums of both groups; divide each by its customers.",
            ),
            Mistake(
                float(total[True] - total[False]) / len(table),
                "You divided by all customers; each sum has customers of its own.",
            ),
            Mistake(float(clv[True] - clv[False]), "That is the contribution of their orders."),
            Mistake(float(orders[True] - orders[False]), "Those are orders, not EUR."),
            Mistake(members, "That is what a member brought; how much more is it?"),
            Mistake(others - members, "Right in size, but wrong way round: members less others."),
        ),
        (
            "each group has its own customers to divide by.",
            "mean revenue of the members less mean revenue of the others.",
            '`m = customers.groupby("member").revenue.mean()`, then `m[True] - m[False]`',
        ),
        f"{members:.1f} less {others:.1f}, {members / others - 1:+.0%}. That is who they are and "
        "what the card does, in one number.",
        "EUR",
        seed,
    )


def revenue_of_the_card(seed: int = SEED) -> Exercise:
    others, _, members, count = _groups(seed)
    right = _change(seed, "revenue")
    table = _by_customer(seed)
    return Exercise(
        "06.2",
        "By how much does the card change the revenue of the year?",
        right,
        0,
        (
            Mistake(
                count * (members - others),
                "That is members less others, times members. They are other people: most of it "
                "would have come without the card, too.",
            ),
            Mistake(
                float(table["revenue"][table["member"]].sum()),
                "That is all that members paid; most of it they would have paid anyway.",
            ),
            Mistake(
                _change(seed, "contribution"),
                "That is the contribution; the question is the revenue.",
            ),
            Mistake(_change(seed, "arpu"), "That is for each customer, not for the year.", 0.05),
            Mistake(-right, "Right in size, but wrong way round: with the card less without it."),
        ),
        (
            "let the same year pass once more, without the card.",
            "revenue with it less revenue without it, both with the same seed.",
            f'`without = fs.simulate(card.vary({{"loyalty": None}}), seed={seed})`, then '
            "`fs.summary(journal).revenue - fs.summary(without).revenue`",
        ),
        f"{right:+,.0f} on the same customers. Members less others would have said "
        f"{count * (members - others):+,.0f}.",
        "EUR",
        seed,
    )


def there_anyway(seed: int = SEED) -> Exercise:
    others, anyway, members, count = _groups(seed)
    gap = members - others
    right = (anyway - others) / gap
    then, member = _by_key(seed, WITHOUT), _by_key(seed)["member"]
    others_then = float(then["revenue"].reindex(member.index[~member]).mean())
    return Exercise(
        "06.3",
        "Of the gap between members and others, what share would be there without the card?",
        right,
        3,
        (
            Mistake(1 - right, "That is the share of the gap that the card has made."),
            Mistake(
                anyway / members,
                "You divided all that members bring by each other; the question is about the gap, "
                "what they bring more than others.",
            ),
            Mistake((anyway - others) / anyway, "Divide by the gap, not by what members bring."),
            Mistake((anyway - others) / others, "Divide by the gap, not by what the others bring."),
            Mistake(
                (_by_numbers(seed) - others) / gap,
                "You took the members by their numbers, which are those of other people in "
                "another year: take their keys, each table with its own journal.",
            ),
            Mistake(
                1 - _change(seed, "revenue") / (count * gap),
                "Nearly. You took the change of the whole revenue; some of it came from people "
                "whom members had brought along. Take the members themselves.",
            ),
        ),
        (
            "three groups: the others, the members without the card, the members with it.",
            "what the members bring without the card, less the others, ÷ what they bring with "
            "it, less the others.",
            "`by_key = lambda j: fs.customer_lifetime_value(j).rename(index=j.leads.key).revenue`, "
            "`now, then = by_key(journal), by_key(without)`, "
            "`members = journal.leads.key[customers.index[customers.member]]`, "
            "`others = customers.revenue[~customers.member].mean()`, then "
            "`(then.reindex(members).mean() - others) / (now[members].mean() - others)`",
        ),
        f"{anyway - others:.1f} of {gap:.1f} EUR: the keen ones took the card. Where lots are "
        "drawn who is offered one, this share is 0 but for chance.",
        "share",
        seed,
        also=(Right((anyway - others_then) / gap, rounded_to(3)),),  # both groups without the card
    )


def contribution_of_the_card(seed: int = SEED) -> Exercise:
    right, revenue = _change(seed, "contribution"), _change(seed, "revenue")
    margin = card().order.margin  # type: ignore[union-attr]
    now, then = (_journal(seed, *changes).orders["value"].sum() for changes in ((), (WITHOUT,)))
    value = float(now - then)
    return Exercise(
        "06.4",
        "By how much does the card change the contribution of the year?",
        right,
        0,
        (
            Mistake(revenue, "That is the revenue; goods and the card itself are paid from it."),
            Mistake(
                margin * revenue,
                "That is 40 % of the change in revenue. The margin is one of list prices, and "
                "the card costs something every day.",
            ),
            Mistake(
                margin * value,
                "That is the margin of the orders that came of it; points and the cost "
                "a day are still to be paid.",
            ),
            Mistake(right + COST, f"You forgot the cost a day: {COST:,} in the year."),
            Mistake(margin * value - COST, "You forgot the points redeemed."),
            Mistake(
                margin * value - COST - _points(seed, "redeemed") * POINT_VALUE,
                "You forgot the rewards: with more orders, more leads are brought along, and "
                "those who buy cost a reward.",
            ),
            Mistake(-COST, "That is what the card costs in the year; but it also brings orders."),
            Mistake(-right, "Right in size, but wrong way round: with the card less without it."),
        ),
        (
            "the two years of 06.2, and what is left when all is paid.",
            "contribution with the card less contribution without it, both with the same seed.",
            "`fs.summary(journal).contribution - fs.summary(without).contribution`",
        ),
        f"{right:+,.0f} of {revenue:+,.0f}: the orders leave a margin of {margin * value:,.0f}, "
        "and most of that goes into points and the cost a day.",
        "EUR",
        seed,
    )


def breakage(seed: int = SEED) -> Exercise:
    earned, expired, redeemed = (_points(seed, kind) for kind in ("earned", "expired", "redeemed"))
    right = float(_figures(seed)["breakage"])
    customers = _by_customer(seed)
    once = float((customers["orders"][customers["member"]] == 1).mean())
    return Exercise(
        "06.5",
        f"Of the points that were earned before day {DAYS - LIFE_OF_A_POINT}, what share expired?",
        right,
        3,
        (
            Mistake(
                expired / earned,
                "You divided by all points earned; those earned since have had no chance to "
                "expire yet.",
            ),
            Mistake(
                expired / (expired + redeemed),
                "You divided by the points that are gone; many of those redeemed were earned "
                "later.",
            ),
            Mistake(1 - right, "That is the share that was redeemed."),
            Mistake(redeemed / earned, "That is the share of all points that has been redeemed."),
            Mistake(
                1 - (expired + redeemed) / earned, "That is the share of all points that is open."
            ),
        ),
        (
            f"what expired by day {DAYS} was earned before day {DAYS - LIFE_OF_A_POINT}.",
            f"all points expired ÷ the points earned before day {DAYS - LIFE_OF_A_POINT}.",
            '`p = journal.points`, then `p.points[p.kind == "expired"].sum() / p.points[(p.kind '
            f'== "earned") & (p.time < {DAYS - LIFE_OF_A_POINT})].sum()`',
        ),
        f"This is the breakage. {once:.0%} of the members ordered a single time, and what they "
        "earned with it expires.",
        "share",
        seed,
    )


def owed(seed: int = SEED) -> Exercise:
    earned, expired, redeemed = (_points(seed, kind) for kind in ("earned", "expired", "redeemed"))
    right, brought = points_liability(_journal(seed)), _change(seed, "contribution")
    return Exercise(
        "06.6",
        "What are the points worth that are open at the end of the year?",
        right,
        1,
        (
            Mistake(earned - redeemed - expired, "Those are points; what is one of them worth?"),
            Mistake(earned * POINT_VALUE, "That is all that was ever earned; some are gone."),
            Mistake(
                (earned - redeemed) * POINT_VALUE,
                "You forgot those that expired; nobody can claim them any more.",
            ),
            Mistake((earned - expired) * POINT_VALUE, "You forgot those that were redeemed."),
            Mistake(redeemed * POINT_VALUE, "That is what has been paid already."),
            Mistake(
                points_liability(_journal(seed), DAYS // 2),
                "That is the middle of the year.",
            ),
        ),
        (
            "what was earned and is neither redeemed nor expired can still be claimed.",
            "(earned - redeemed - expired) × the value of a point.",
            f'`n = journal.points.groupby("kind", observed=False).points.sum()`, then '
            f'`(n["earned"] - n["redeemed"] - n["expired"]) * {POINT_VALUE}`',
        ),
        f"{right:,.2f} EUR that stand in no profit. The card has brought "
        f"{brought:+,.0f} so far, and part of this is still to be paid from it.",
        "EUR",
        seed,
    )


EXERCISES: dict[str, Callable[..., Exercise]] = {
    "06.1": members_and_others,
    "06.2": revenue_of_the_card,
    "06.3": there_anyway,
    "06.4": contribution_of_the_card,
    "06.5": breakage,
    "06.6": owed,
}
