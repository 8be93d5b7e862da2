"""The exercises of lesson 10, orders and returns: a shop for prints, ten weeks of it.

Nothing is typed in: every answer is computed from the scenario and the seed that the notebook
states.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from funnelsim.analytic.orders import order_ends
from funnelsim.engines import simulate
from funnelsim.exercises.entry import Exercise, Mistake, Right, rounded_to
from funnelsim.exercises.workshop import SEED
from funnelsim.journal import Journal
from funnelsim.metrics.orders import ENDS, order_rates, orders_by_age
from funnelsim.scenario import Scenario, load

if TYPE_CHECKING:
    import pandas as pd

# --- the shop -----------------------------------------------------------------------------------

PRINTS: dict[str, Any] = {
    "name": "Print shop",
    "horizon": "70 days",
    "channels.social media ads.impressions_per_day": 12_000,
    "stages.Interest.conversion": 0.4,
    "order.payments.prepaid.share": 0.5,
    "order.payments.cash on delivery.share": 0.5,
    "order.payments.prepaid.return_probability": 0.2,
    "order.payments.cash on delivery.cancel_probability": 0.2,
    "order.payments.cash on delivery.refuse_probability": 0.25,
    "order.payments.cash on delivery.return_probability": 0.1,
}
DAYS, OLD, LAST = 70, 35, 14  # of them all; placed before that day all are closed; the youngest
LATER = 110  # days, by when all orders of the 70 days are closed
PREPAID, CASH = "prepaid", "cash on delivery"
OLD_ENOUGH = range(20, 46)  # "those placed before this day"
KEPT = 128  # journals, of the seeds that people type


@cache
def prints() -> Scenario:
    return load("dropshipping").vary(PRINTS)


@lru_cache(KEPT)
def journal_of(seed: int, days: int = DAYS) -> Journal:
    return simulate(prints().vary({"horizon": f"{days} days"}), seed=seed, progress=False)


@lru_cache(KEPT)
def _orders(seed: int, begin: float = 0, end: float = DAYS, days: int = DAYS) -> pd.DataFrame:
    return placed_between(journal_of(seed, days), begin, end)


def placed_between(journal: Journal, begin: float, end: float) -> pd.DataFrame:
    """The orders placed from one day to another, with `end`: how they ended, or "open"."""
    orders = journal.orders
    orders = orders[(orders["placed"] >= begin) & (orders["placed"] < end)]
    ended = orders["status"].astype(object)
    kept = ended.where(ended.isin(ENDS), "kept")
    return orders.assign(end=kept.where(orders["closed"].notna(), "open"))


def _share(orders: pd.DataFrame, end: str) -> float:
    return float((orders["end"] == end).mean())


# --- the exercises ------------------------------------------------------------------------------


def kept_on_delivery() -> Exercise:
    method = next(m for m in prints().order.payments if m.name == CASH)  # type: ignore[union-attr]
    p, q, r = method.cancel_probability, method.refuse_probability, method.return_probability
    right = order_ends(prints())[CASH]["kept"]
    return Exercise(
        "10.1",
        "Of the orders on delivery, what share is kept in the end?",
        right,
        3,
        (
            Mistake(
                1 - p - q - r,
                "You took all three from all orders; nobody can refuse what was cancelled, nor "
                "return what was refused.",
            ),
            Mistake(1 - right, "That is the share that is not kept."),
            Mistake((1 - p) * (1 - q), "That is the share that is taken at the door."),
            Mistake((1 - q) * (1 - r), "You forgot those that are cancelled."),
            Mistake((1 - p) * (1 - r), "You forgot those that are refused."),
            Mistake(p * q * r, "You multiplied the chances of bad ends; take those of good ones."),
        ),
        (
            "each chance is one of the orders that got so far.",
            "(1 - cancelled) × (1 - refused) × (1 - returned).",
            f"`(1 - {p}) * (1 - {q}) * (1 - {r})`",
        ),
        f"Not {1 - p - q - r:.0%}: each chance is of those who got so far.",
        "share",
    )


def refused_at_the_door(seed: int = SEED) -> Exercise:
    orders = _orders(seed)
    cash = orders[orders["payment"] == CASH]
    count = cash["end"].value_counts()
    refused = int(count["refused"])
    delivered = int((cash["status"] == "delivered").sum()) + int(count.get("returned", 0))
    closed = len(cash) - int(count["open"])
    right = refused / (refused + delivered)
    return Exercise(
        "10.2",
        "Of the parcels on delivery that have come to the door, what share was refused?",
        right,
        3,
        (
            Mistake(
                refused / len(cash),
                "You divided by all orders on delivery; some were cancelled, and some are still "
                "on their way.",
            ),
            Mistake(
                refused / closed,
                "You divided by those closed; the cancelled never came to the door, and of those "
                "that came many are still open.",
            ),
            Mistake(
                refused / (closed - int(count["cancelled"])), "Some at the door are still open."
            ),
            Mistake(refused / len(orders), "You divided by all orders, the prepaid ones too."),
            Mistake(
                refused / delivered, "You divided by those taken; refused ones were there, too."
            ),
            Mistake(
                refused / (len(cash) - int(count["cancelled"])),
                "Those that were not cancelled are not all at the door yet.",
            ),
            Mistake(1 - right, "That is the share that was taken at the door."),
        ),
        (
            "at the door were those refused, those delivered and those returned afterwards.",
            "refused ÷ (refused + delivered + returned), of the orders on delivery.",
            '`s = orders.status[orders.payment == "cash on delivery"].value_counts()`, then '
            '`s["refused"] / (s["refused"] + s["delivered"] + s["returned"])`',
        ),
        f"{refused} of {refused + delivered}. Of all orders on delivery it is "
        f"{refused / len(cash):.1%} so far: the same parcels, another denominator.",
        "share",
        seed,
    )


def net_of_the_old(seed: int = SEED) -> Exercise:
    old, everyone = _orders(seed, 0, OLD), _orders(seed)

    def net(orders: pd.DataFrame, *ends: str) -> float:
        return float(orders["paid"][orders["end"].isin(ends)].sum() / orders["paid"].sum())

    right = net(old, "kept")
    return Exercise(
        "10.3",
        f"Of what was ordered in the first {OLD} days, in EUR, what share is net?",
        right,
        3,
        (
            Mistake(_share(old, "kept"), "Those are orders; the question is about EUR."),
            Mistake(1 - right, "That is what was lost."),
            Mistake(
                net(everyone, "kept", "open"),
                f"You took all {DAYS} days; of the young orders many are still to go.",
            ),
            Mistake(
                net(everyone, "kept"),
                f"You took all {DAYS} days; of the young ones hardly any can be kept yet.",
            ),
            Mistake(1 - net(old, "returned"), "You forgot those cancelled and refused."),
            Mistake(1 - net(old, "refused", "returned"), "You forgot those cancelled."),
        ),
        (
            "net is what was paid for orders that were neither cancelled, refused nor returned.",
            f"paid for the orders kept ÷ paid for all, of those placed before day {OLD}.",
            f"`old = orders[orders.placed < {OLD}]`, then "
            '`old.paid[old.status == "delivered"].sum() / old.paid.sum()`',
        ),
        f"{right:.1%}; of today's orders as a whole it seems to be "
        f"{net(everyone, 'kept', 'open'):.1%}, for so many are still open.",
        "share",
        seed,
        also=(Right(net(old, "kept", "open"), rounded_to(3)),),
    )


def more_by_prepaid(seed: int = SEED) -> Exercise:
    old, everyone = _orders(seed, 0, OLD), _orders(seed)

    def gap(orders: pd.DataFrame, column: str = "contribution") -> float:
        mean = orders.groupby("payment", observed=False)[column].mean()
        return float(mean[PREPAID] - mean[CASH])

    right = gap(old)
    mean = old.groupby("payment", observed=False)["contribution"].mean()
    total = old.groupby("payment", observed=False)["contribution"].sum()
    return Exercise(
        "10.4",
        f"How much more does a prepaid order of the first {OLD} days leave than one on delivery?",
        right,
        2,
        (
            Mistake(
                gap(old[old["end"] == "kept"]),
                "You took those kept; those that ended badly cost something, or at least bring "
                "nothing.",
            ),
            Mistake(gap(everyone), "You took all orders; the young ones still count as if kept."),
            Mistake(gap(old, "paid"), "That is what is paid, for those that ended badly too."),
            Mistake(-right, "Right in size, but wrong way round: prepaid less on delivery."),
            Mistake(float(total[PREPAID] - total[CASH]), "Those are sums; divide by the orders."),
            Mistake(float(mean[PREPAID]), "That is what a prepaid order leaves; how much more?"),
            Mistake(float(mean[PREPAID] / mean[CASH]), "That is how many times as much.", 0.006),
        ),
        (
            "what an order leaves stands in `contribution`; it is 0 or less where it ended badly.",
            f"the mean of `contribution` of the prepaid orders placed before day {OLD}, less that "
            "of those on delivery.",
            f'`m = orders[orders.placed < {OLD}].groupby("payment", observed=False)'
            '.contribution.mean()`, then `m["prepaid"] - m["cash on delivery"]`',
        ),
        f"{mean[PREPAID]:.2f} less {mean[CASH]:.2f}. Cash on delivery is worth offering if more "
        f"than {1 - mean[CASH] / mean[PREPAID]:.0%} of its customers would stay away without it.",
        "EUR",
        seed,
    )


def returned_in_the_end(seed: int = SEED) -> Exercise:
    orders, journal = _orders(seed), journal_of(seed)
    rates = order_rates(journal)
    right = float((rates["return_rate"] * rates["placed"]).sum() / rates["placed"].sum())
    closed = orders[orders["end"] != "open"]
    today, of_closed = _share(orders, "returned"), _share(closed, "returned")
    return Exercise(
        "10.5",
        "Of all orders placed, what share will have been returned when they are all closed?",
        right,
        3,
        (
            Mistake(
                today,
                "That is what has come back so far; of the young orders none can have come back.",
            ),
            Mistake(
                of_closed,
                "Of those closed: the cancelled and refused are closed early, so they have too "
                "much weight, and the returned too little.",
            ),
            Mistake(
                today / (today + _share(orders, "kept")),
                "Those are of the orders that were taken and are closed; the question is about "
                "all placed.",
            ),
        ),
        (
            "take orders that are old enough, or count by age.",
            f"returned ÷ placed, of the orders placed before day {OLD}; or the last row of "
            "`fs.orders_by_age(journal)`.",
            f'`old = orders[orders.placed < {OLD}]`, then `(old.status == "returned").mean()`; or '
            '`fs.orders_by_age(journal)["returned"].iloc[-1]`',
        ),
        f"About {right:.1%}, against {today:.1%} today.",
        "share",
        seed,
        also=_other_ways(seed),
    )


def _other_ways(seed: int) -> tuple[Right, ...]:
    """All in one curve; only those old enough; watched to the end; what the scenario says."""
    ways = [float(orders_by_age(journal_of(seed))["returned"].iloc[-1])]
    orders = _orders(seed)
    placed, came_back = orders["placed"].to_numpy(), (orders["end"] == "returned").to_numpy()
    ways += [float(came_back[placed < until].mean()) for until in OLD_ENOUGH]
    ways.append(_share(_orders(seed, 0, DAYS, LATER), "returned"))
    shares = order_ends(prints())
    ways.append(sum(shares[name]["returned"] for name in (PREPAID, CASH)) / 2)
    return tuple(Right(way, rounded_to(3)) for way in ways)


def left_of_the_last(seed: int = SEED) -> Exercise:
    last = _orders(seed, DAYS - LAST)
    today = order_rates(journal_of(seed), by=LAST).iloc[-1]
    right, revenue = float(today["expected_revenue"]), float(today["revenue"])
    turned_out = _orders(seed, DAYS - LAST, DAYS, LATER)
    truth = float(turned_out["paid"][turned_out["end"] == "kept"].sum())
    return Exercise(
        "10.6",
        f"The revenue of the orders of the last {LAST} days: what is to be expected of it in the "
        "end?",
        right,
        0,
        (
            Mistake(
                revenue,
                "That is today's; nearly all of these orders are open and count as if kept.",
            ),
            Mistake(float(last["paid"].sum()), "That is gross: all that was ordered."),
            Mistake(
                float(last["paid"][last["end"] == "kept"].sum()),
                "That is of those that are kept already.",
            ),
            Mistake(revenue - right, "That is what will have to be given back."),
            Mistake(
                float(order_rates(journal_of(seed))["expected_revenue"].sum()),
                f"That is of all orders of the {DAYS} days.",
            ),
        ),
        (
            "open orders end as others of their age did.",
            "`expected_revenue` of `fs.order_rates`, by fortnight; or what was ordered × the share "
            "that is kept in the end, by method of payment.",
            f"`fs.order_rates(journal, by={LAST}).expected_revenue.iloc[-1]`",
        ),
        f"{right:,.0f} of {revenue:,.0f}. Watched to the end they have brought {truth:,.0f}.",
        "EUR",
        seed,
        slack=0.02 * right,
        also=(
            Right(truth, 0.51),
            *(Right(way, 0.51) for way in _by_kept_shares(seed, last)),
        ),
    )


def _by_kept_shares(seed: int, last: pd.DataFrame) -> list[float]:
    """Gross × the share kept in the end: by method or of all, ripe, of the old, of the scenario."""
    rates, old = order_rates(journal_of(seed)), _orders(seed, 0, OLD)
    paid = last.groupby("payment", observed=False)["paid"].sum()
    kept = {
        "ripe": rates["kept_rate"],
        "old": (old["end"] == "kept").groupby(old["payment"], observed=False).mean(),
        "scenario": {name: ends["kept"] for name, ends in order_ends(prints()).items()},
    }
    ways = [sum(float(paid[name] * of[name]) for name in (PREPAID, CASH)) for of in kept.values()]
    overall = [
        float((rates["kept_rate"] * rates["placed"]).sum() / rates["placed"].sum()),
        _share(old, "kept"),
        float(orders_by_age(journal_of(seed))["kept"].iloc[-1]),
        float(old["paid"][old["end"] == "kept"].sum() / old["paid"].sum()),
    ]
    return [*ways, *(float(paid.sum()) * share for share in overall)]


EXERCISES: dict[str, Callable[..., Exercise]] = {
    "10.1": kept_on_delivery,
    "10.2": refused_at_the_door,
    "10.3": net_of_the_old,
    "10.4": more_by_prepaid,
    "10.5": returned_in_the_end,
    "10.6": left_of_the_last,
}
