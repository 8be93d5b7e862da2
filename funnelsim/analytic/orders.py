"""How the orders of a scenario end, by its chances: each is one of those that got so far."""

from __future__ import annotations

from funnelsim.scenario import Scenario
from funnelsim.scenario.values import CANCELLED, REFUSED, RETURNED

KEPT = "kept"


def order_ends(scenario: Scenario) -> dict[str, dict[str, float]]:
    """By method of payment: the shares of the orders placed that end each way, once all are closed.

    Empty where a scenario has no methods of payment; then all orders are kept at once.

    >>> from funnelsim import load
    >>> shares = order_ends(load("dropshipping"))["cash on delivery"]
    >>> {end: round(share, 3) for end, share in shares.items()}
    {'cancelled': 0.12, 'refused': 0.176, 'returned': 0.042, 'kept': 0.662}
    """
    found = {}
    for method in scenario.order.payments if scenario.order else ():
        sent = 1 - method.cancel_probability
        taken = sent * (1 - method.refuse_probability)
        found[method.name] = {
            CANCELLED: method.cancel_probability,
            REFUSED: sent * method.refuse_probability,
            RETURNED: taken * method.return_probability,
            KEPT: taken * (1 - method.return_probability),
        }
    return found


def kept_share(scenario: Scenario) -> float:
    """Of all orders, those that are neither cancelled, refused nor returned; 0 without an order."""
    if scenario.order is None:
        return 0.0
    payments, ends = scenario.order.payments, order_ends(scenario)
    if not payments:
        return 1.0
    return sum(p.share * ends[p.name][KEPT] for p in payments) / sum(p.share for p in payments)
