"""What is wrong between the fields of the customer's parts: orders, coming back, loyalty, referral.

As `problems.py`, on tables that may be wrong in any other way.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, TypeGuard

from pydantic import ValidationError

from funnelsim.distributions import BrokenRule, GapDistribution, number
from funnelsim.errors import MISSING, Finding, Problem, nearest
from funnelsim.scenario.loyalty import OF_KIND
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
NEEDED = {
    POST_PURCHASE: {"within": '"30 days"'},
    WIN_BACK: {"after": '"90 days"', "probability": "0.05"},
}
BY_PROBABILITY = {
    CANCELLED: "cancel_probability",
    REFUSED: "refuse_probability",
    RETURNED: "return_probability",
}


def problems_of_customers(tables: dict[str, Any]) -> Iterator[Problem]:
    """What must hold between the fields from the order on."""
    for key, why in NEED_AN_ORDER.items():
        part = tables.get(key)
        if part is not None and part != [] and tables.get("order") is None:
            found = Finding(f"{len(part)} in number") if isinstance(part, list) else part
            rule, way_out = f"{why}, and there is no [order]", "add [order], or leave it out"
            yield Problem(key, found, rule, way_out)
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


def named(path: str, entries: Any) -> list[tuple[str, dict[str, Any]]]:
    """The entries of a list, each with its path; #2 for one without a name."""
    found = []
    for place, entry in enumerate(_entries(entries), start=1):
        name = entry.get("name")
        is_usable = isinstance(name, str) and name.strip() and "." not in name
        found.append((f"{path}.{name if is_usable else f'#{place}'}", entry))
    return found


def _own_names(path: str, entries: Any) -> Iterator[Problem]:
    names = [e["name"] for e in _entries(entries) if isinstance(e.get("name"), str)]
    for name, count in Counter(names).items():
        if count > 1:
            rule = f"each of {path} has a name of its own"
            yield Problem(f"{path}.{name}", Finding(f"there {count} times"), rule, "rename one")


def _number(value: Any) -> TypeGuard[float]:
    """Whether it is a number that a field would take; a sweep's are NumPy's."""
    try:
        number(value, "")
    except BrokenRule:
        return False
    return True


def _share(value: Any) -> TypeGuard[float]:
    return _number(value) and 0 <= value <= 1


# --- orders ---------------------------------------------------------------------------------


def _payments(payments: Any) -> Iterator[Problem]:
    yield from _own_names("order.payments", payments)
    shares = [payment.get("share") for payment in _entries(payments)]
    numbers = [share for share in shares if _share(share)]
    if shares and len(numbers) == len(shares) and not math.isclose(sum(numbers), 1, abs_tol=1e-6):
        rule = "the shares of all payments sum to 1"
        found = Finding(f"{sum(numbers):g} in sum")
        yield Problem("order.payments", found, rule, "change one of the shares")
    for path, payment in named("order.payments", payments):
        path, statuses = f"{path}.statuses", payment.get("statuses")
        if not isinstance(statuses, list):
            continue
        if len(statuses) < 2:
            rule = "an order goes through at least two statuses: the first, and that of delivery"
            way_out = 'add ["delivered", { constant = "0 days" }]'
            yield Problem(path, Finding(f"{len(statuses)} in number"), rule, way_out)
        names = [s[0] for s in statuses if isinstance(s, list) and s and isinstance(s[0], str)]
        for name, count in Counter(names).items():
            if count > 1:
                rule = "each status of a payment has a name of its own"
                yield Problem(path, Finding(f"with {name!r} {count} times"), rule, "rename one")
            if name in BY_PROBABILITY:
                rule = f"{name!r} is how an order ends, by a probability of its own"
                way_out = f"leave it out, and write {BY_PROBABILITY[name]} = 0.05"
                yield Problem(path, Finding(f"with {name!r}"), rule, way_out)


def _gap(tables: dict[str, Any]) -> Iterator[Problem]:
    gap = _table(tables, "retention").get("gap")
    if isinstance(gap, dict) and _is_zero(gap):
        rule = "the gap between two orders is longer than 0"
        yield Problem("retention.gap", gap, rule, 'write { constant = "30 days" }')


def _is_zero(gap: dict[str, Any]) -> bool:
    """A gap that is always 0 would place orders without end at one moment."""
    try:
        return not GapDistribution.model_validate(gap).mean
    except ValidationError:
        return False


# --- loyalty and campaigns ------------------------------------------------------------------


def _loyalty(loyalty: dict[str, Any]) -> Iterator[Problem]:
    yield from _own_names("loyalty.tiers", loyalty.get("tiers"))
    before: float | None = None
    for path, tier in named("loyalty.tiers", loyalty.get("tiers")):
        spend = tier.get("from_spend", 0.0)
        if not _number(spend):
            continue
        if before is not None and spend <= before:
            rule = f"tiers stand in order, each from more than the one before, {before:g}"
            found, way_out = tier.get("from_spend", MISSING), "raise it, or change their order"
            yield Problem(f"{path}.from_spend", found, rule, way_out)
        before = spend
    redeems = loyalty.get("redeem_probability")
    for key in ("points_per_unit", "point_value"):
        if _number(redeems) and redeems > 0 and not loyalty.get(key):
            path, rule = f"loyalty.{key}", "without it there is nothing to redeem"
            way_out = f"write {key} = ... above 0, or leave out redeem_probability"
            yield Problem(path, loyalty.get(key, MISSING), rule, way_out)


def _campaigns(tables: dict[str, Any]) -> Iterator[Problem]:
    campaigns = _entries(tables.get("campaigns"))
    yield from _own_names("campaigns", campaigns)
    kinds = Counter(c["kind"] for c in campaigns if isinstance(c.get("kind"), str))
    for one_kind in OF_KIND:
        if kinds[one_kind] > 1:
            found = Finding(f'{kinds[one_kind]} of the kind "{one_kind}"')
            yield Problem("campaigns", found, "there is one campaign of a kind", "leave out one")
    stages = [stage.get("name") for stage in _entries(tables.get("stages"))]
    for path, campaign in named("campaigns", campaigns):
        kind = campaign.get("kind")
        if not isinstance(kind, str) or kind not in OF_KIND:
            continue
        for key, example in NEEDED[kind].items():
            if campaign.get(key) is None:
                way_out = f"add {key} = {example}"
                yield Problem(f"{path}.{key}", MISSING, f'"{kind}" needs it', way_out)
        for other, keys in OF_KIND.items():
            for key in keys if other != kind else ():
                if key in campaign:
                    rule = f'it belongs to campaigns of the kind "{other}"'
                    way_out = f'leave it out, or write kind = "{other}"'
                    yield Problem(f"{path}.{key}", campaign[key], rule, way_out)
        odds = campaign.get("odds_ratio", 1.0)
        if kind == POST_PURCHASE and _number(odds) and 0 < odds < 1:
            rule = "a campaign's odds ratio is at least 1: it raises the odds of another order"
            yield Problem(f"{path}.odds_ratio", odds, rule, "write 1.3, or leave it out")
        if kind == POST_PURCHASE and tables.get("retention") is None:
            rule = "it raises the odds of another order, and there is no [retention]"
            way_out = "add [retention], or leave it out"
            yield Problem(path, Finding(f'of the kind "{kind}"'), rule, way_out)
        if campaign.get("name") in [f"recovery: {stage}" for stage in stages]:
            rule = "so the messages of that stage's recovery are called"
            yield Problem(f"{path}.name", campaign["name"], rule, "choose another name")


# --- satisfaction, referral, upsell ---------------------------------------------------------


def _satisfaction(satisfaction: dict[str, Any]) -> Iterator[Problem]:
    promoter, detractor = satisfaction.get("promoter"), satisfaction.get("detractor")
    if _share(promoter) and _share(detractor) and promoter + detractor > 1 + 1e-9:
        rule = "promoters and detractors together are at most 1"
        found = Finding(f"{promoter + detractor:g} with the detractors")
        yield Problem("satisfaction.promoter", found, rule, "lower one of the two")


def _leads_from_customers(tables: dict[str, Any]) -> Iterator[Problem]:
    before_the_goal = _entries(tables.get("stages"))[:-1]
    stages = [s["name"] for s in before_the_goal if isinstance(s.get("name"), str)]
    for key in ("referral", "upsell"):
        enters = _table(tables, key).get("enters")
        if isinstance(enters, str) and enters not in stages:
            rule = "there is no stage of this name before the goal"
            yield Problem(f"{key}.enters", enters, rule, nearest(enters, stages))
    if tables.get("referral") is None:
        return
    if tables.get("satisfaction") is None:
        rule = "promoters bring new leads, and there is no [satisfaction]"
        way_out = "add [satisfaction], or leave it out"
        yield Problem("referral", tables["referral"], rule, way_out)
    for channel in _entries(tables.get("channels")):
        if channel.get("name") == REFERRAL:
            rule = "so the channel of referred leads is called"
            yield Problem(f"channels.{REFERRAL}", channel, rule, "choose another name")
