"""What is wrong between the fields of the customer's parts: orders, coming back, loyalty, referral.

As `problems.py`, on tables that may be wrong in any other way.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, TypeGuard

from funnelsim.distributions import BrokenRule, duration
from funnelsim.errors import MISSING, Finding, Problem, nearest
from funnelsim.scenario.values import (
    CANCELLED,
    POST_PURCHASE,
    REFERRAL,
    REFUSED,
    RETURNED,
    WIN_BACK,
)

NEED_AN_ORDER = {
    "retention": "who comes back places another order",
    "loyalty": "members earn with their orders",
    "campaigns": "they go to those who have ordered",
    "satisfaction": "customers judge their orders",
    "referral": "customers refer after an order",
    "upsell": "it follows an order",
}
OF_KIND = {
    POST_PURCHASE: ("within", "odds_ratio"),
    WIN_BACK: ("after", "probability", "discount"),
}
NEEDED = {POST_PURCHASE: ("within",), WIN_BACK: ("after",)}


def problems_of_customers(tables: dict[str, Any]) -> Iterator[Problem]:
    """What must hold between the fields from the order on."""
    for key, why in NEED_AN_ORDER.items():
        if tables.get(key) and tables.get("order") is None:
            rule, way_out = f"{why}, and there is no [order]", "add [order], or leave it out"
            yield Problem(key, tables[key], rule, way_out)
    order = _table(tables, "order")
    yield from _own_names("order.offers", order.get("offers"))
    yield from _payments(order.get("payments"))
    yield from _gap(tables)
    yield from _loyalty(_table(tables, "loyalty"))
    yield from _campaigns(tables)
    yield from _satisfaction(_table(tables, "satisfaction"))
    yield from _leads_from_customers(tables)


def _table(tables: dict[str, Any], key: str) -> dict[str, Any]:
    found = tables.get(key)
    return found if isinstance(found, dict) else {}


def _entries(entries: Any) -> list[dict[str, Any]]:
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []


def _own_names(path: str, entries: Any) -> Iterator[Problem]:
    names = [e["name"] for e in _entries(entries) if isinstance(e.get("name"), str)]
    for name, count in Counter(names).items():
        if count > 1:
            rule = f"each of {path} has a name of its own"
            yield Problem(f"{path}.{name}", Finding(f"there {count} times"), rule, "rename one")


def _number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# --- orders ---------------------------------------------------------------------------------


def _payments(payments: Any) -> Iterator[Problem]:
    yield from _own_names("order.payments", payments)
    shares = [payment.get("share") for payment in _entries(payments)]
    numbers = [share for share in shares if _number(share)]
    if shares and len(numbers) == len(shares) and not math.isclose(sum(numbers), 1, abs_tol=1e-6):
        rule = "the shares of all payments sum to 1"
        found = Finding(f"{sum(numbers):g} in sum")
        yield Problem("order.payments", found, rule, "change one of the shares")
    for number, payment in enumerate(_entries(payments), start=1):
        path = f"order.payments.{payment.get('name', f'#{number}')}.statuses"
        statuses = payment.get("statuses")
        if not isinstance(statuses, list):
            continue
        if len(statuses) < 2:
            rule = "an order goes through at least two statuses: the first, and that of delivery"
            yield Problem(path, Finding(f"{len(statuses)} in number"), rule, "add one")
        names = [s[0] for s in statuses if isinstance(s, list) and s and isinstance(s[0], str)]
        for name, count in Counter(names).items():
            if count > 1:
                rule = "each status of a payment has a name of its own"
                yield Problem(path, Finding(f"with {name!r} {count} times"), rule, "rename one")
            if name in (CANCELLED, REFUSED, RETURNED):
                rule = f"{name!r} is how an order ends, by a probability of its own"
                yield Problem(path, Finding(f"with {name!r}"), rule, "choose another name")


def _gap(tables: dict[str, Any]) -> Iterator[Problem]:
    gap = _table(tables, "retention").get("gap")
    if isinstance(gap, dict) and _is_zero(gap):
        rule = "the gap between two orders is longer than 0"
        yield Problem("retention.gap", gap, rule, 'write { constant = "30 days" }')


def _is_zero(gap: dict[str, Any]) -> bool:
    """A gap that is always 0 would place orders without end at one moment."""
    values = [gap.get("constant")]
    if isinstance(gap.get("uniform"), dict):
        values = [gap["uniform"].get("high")]
    if isinstance(gap.get("triangular"), dict):
        values = [gap["triangular"].get("high")]
    if isinstance(gap.get("empirical"), dict):
        values = gap["empirical"].get("values") or [None]
    try:
        return all(duration(value) == 0 for value in values)
    except (BrokenRule, TypeError):
        return False


# --- loyalty and campaigns ------------------------------------------------------------------


def _loyalty(loyalty: dict[str, Any]) -> Iterator[Problem]:
    yield from _own_names("loyalty.tiers", loyalty.get("tiers"))
    before: float | None = None
    for number, tier in enumerate(_entries(loyalty.get("tiers")), start=1):
        spend = tier.get("from_spend", 0.0)
        if not _number(spend):
            continue
        if before is not None and spend <= before:
            path = f"loyalty.tiers.{tier.get('name', f'#{number}')}.from_spend"
            rule = f"tiers stand in order, each from more than the one before, {before:g}"
            yield Problem(path, spend, rule, "raise it, or change their order")
        before = spend
    redeems = loyalty.get("redeem_probability")
    for key in ("points_per_unit", "point_value"):
        if _number(redeems) and redeems > 0 and not loyalty.get(key):
            path, rule = f"loyalty.{key}", "without it there is nothing to redeem"
            yield Problem(path, loyalty.get(key, MISSING), rule, f"write {key} = ... above 0")


def _campaigns(tables: dict[str, Any]) -> Iterator[Problem]:
    campaigns = _entries(tables.get("campaigns"))
    yield from _own_names("campaigns", campaigns)
    kinds = Counter(c["kind"] for c in campaigns if isinstance(c.get("kind"), str))
    for one_kind in OF_KIND:
        if kinds[one_kind] > 1:
            found = Finding(f'{kinds[one_kind]} of the kind "{one_kind}"')
            yield Problem("campaigns", found, "there is one campaign of a kind", "leave out one")
    stages = [stage.get("name") for stage in _entries(tables.get("stages"))]
    for number, campaign in enumerate(campaigns, start=1):
        path, kind = f"campaigns.{campaign.get('name', f'#{number}')}", campaign.get("kind")
        if kind not in OF_KIND:
            continue
        for key in NEEDED[kind]:
            if campaign.get(key) is None:
                yield Problem(f"{path}.{key}", MISSING, f'"{kind}" needs it', f"add {key} = ...")
        for other, keys in OF_KIND.items():
            for key in keys if other != kind else ():
                if key in campaign:
                    rule = f'it belongs to campaigns of the kind "{other}"'
                    yield Problem(f"{path}.{key}", campaign[key], rule, "leave it out")
        odds = campaign.get("odds_ratio", 1.0)
        if kind == POST_PURCHASE and _number(odds) and 0 < odds < 1:
            rule = "a campaign's odds ratio is at least 1: it raises the odds of another order"
            yield Problem(f"{path}.odds_ratio", odds, rule)
        if kind == POST_PURCHASE and tables.get("retention") is None:
            rule = "it raises the odds of another order, and there is no [retention]"
            yield Problem(path, Finding(f'of the kind "{kind}"'), rule, "add [retention]")
        if campaign.get("name") in [f"recovery: {stage}" for stage in stages]:
            rule = "so the messages of that stage's recovery are called"
            yield Problem(f"{path}.name", campaign["name"], rule, "choose another name")


# --- satisfaction, referral, upsell ---------------------------------------------------------


def _satisfaction(satisfaction: dict[str, Any]) -> Iterator[Problem]:
    promoter, detractor = satisfaction.get("promoter"), satisfaction.get("detractor")
    if _number(promoter) and _number(detractor) and promoter + detractor > 1 + 1e-9:
        rule = "promoters and detractors together are at most 1"
        found = Finding(f"{promoter + detractor:g} with the detractors")
        yield Problem("satisfaction.promoter", found, rule, "lower one of the two")


def _leads_from_customers(tables: dict[str, Any]) -> Iterator[Problem]:
    stages = [s["name"] for s in _entries(tables.get("stages")) if isinstance(s.get("name"), str)]
    for key in ("referral", "upsell"):
        enters = _table(tables, key).get("enters")
        if isinstance(enters, str) and enters not in stages[:-1]:
            rule = "there is no stage of this name before the goal"
            yield Problem(f"{key}.enters", enters, rule, nearest(enters, stages[:-1]))
    if tables.get("referral") is None:
        return
    if tables.get("satisfaction") is None:
        rule = "promoters bring new leads, and there is no [satisfaction]"
        yield Problem("referral", tables["referral"], rule, "add [satisfaction]")
    for channel in _entries(tables.get("channels")):
        if channel.get("name") == REFERRAL:
            rule = "so the channel of referred leads is called"
            yield Problem(f"channels.{REFERRAL}", channel, rule, "choose another name")
