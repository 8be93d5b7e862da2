"""Messages to lost leads: who came back, who would have come anyway, and what they really changed.

What a message changes is the difference to the same customers without it. The journal says of each
who would have come back all the same (`messages`, `anyway`), so that difference can be counted
here, to the cent, without simulating the other history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from funnelsim.analytic.costs import cents
from funnelsim.distributions import Floats, Ints
from funnelsim.journal import REFERRED, Journal
from funnelsim.journal.there import discounts_before
from funnelsim.metrics.basis import Bools, a_journal, divided, is_customer
from funnelsim.metrics.money import counts_as_revenue

if TYPE_CHECKING:
    import pandas as pd


def recoveries(journal: Journal) -> pd.DataFrame:
    """What the messages of each stage's `recovery` brought, a row per stage that sends any.

    Of messages sent since the warm-up, and of orders up to the horizon. Columns:

    - `sent`: messages; `returned`: those after which the lead came back to the stage, `anyway` of
      them without the message, too
    - `bought`: leads who came back here and reached the goal; `bought_anyway`: those of them who
      would have without these messages, too. Who was brought back in two stages stands in both
    - `cost` of the messages; `discount` on the kept first orders of those who bought;
      `discount_anyway`: of that, what was given to those who would have bought anyway, and at the
      list price: a larger discount of another stage or a tier would have held without the message
    - `contribution`: what a report credits to the messages: all that the orders of those who
      bought leave after goods, shipping and commission (repeats and upsells too), less `cost` and
      what it cost from then on to win and keep them (later messages, rewards for the referred)
    - `effect`: what the messages changed: the contribution of those alone who would not have bought
      without them, less `cost`, less `discount_anyway` (but for the commission on it).
      `effect_per_message` = effect ÷ sent

    Money in currency; NaN where nothing was sent. `effect` is the difference in contribution to the
    same customers where that stage sends no message and those who come anyway still come, that is
    `vary({"stages.X.recovery": {"probability": anyway, "delay": ...}})`; exactly so, unless leads
    wait for a team (those who came back take its time), customers bring new leads, or a loyalty
    programme makes something else of what they paid: that, only `fs.compare` tells.

    >>> from funnelsim import load, simulate
    >>> table = recoveries(simulate(load("online-shop"), seed=1))
    >>> table[["sent", "returned", "anyway", "bought", "bought_anyway"]]
            sent  returned  anyway  bought  bought_anyway
    stage
    Basket   ...
    """
    import pandas as pd

    scenario = a_journal(journal, "recoveries").scenario
    stages = {n: stage for n, stage in enumerate(scenario.stages) if stage.recovery}
    rows = [_of_stage(journal, n) for n in stages]
    names = pd.Index([stage.name for stage in stages.values()], name="stage", dtype=object)
    table = pd.DataFrame(rows, index=names, columns=list(Recovered._fields))
    money = ["cost", "discount", "discount_anyway", "contribution", "effect"]
    table[money] = table[money] / 100
    table["effect_per_message"] = [
        divided(effect, sent) for effect, sent in zip(table["effect"], table["sent"], strict=True)
    ]
    counts = ["sent", "returned", "anyway", "bought", "bought_anyway"]
    return table.astype(dict.fromkeys(counts, "int64") | dict.fromkeys(money, "float64"))


class Recovered(NamedTuple):
    """Of one stage; amounts in cents."""

    sent: int
    returned: int
    anyway: int
    bought: int
    bought_anyway: int
    cost: int
    discount: int
    discount_anyway: int
    contribution: int
    effect: int


def _of_stage(journal: Journal, stage: int) -> Recovered:
    t, leads, orders = (journal.whole[name] for name in ("messages", "leads", "orders"))
    recovery = journal.scenario.stages[stage].recovery
    assert recovery is not None
    sent = (t["name"] == stage) & (t["sent"] >= journal.scenario.warm_up)
    returned, anyway = sent & (t["accepted"] == 1), sent & (t["anyway"] == 1)
    back = _whose(journal, returned)
    because = _whose(journal, returned & ~anyway)  # at least once only because of a message
    reached = is_customer(journal)
    cost = int(cents(np.array(recovery.cost * sent.sum())))

    of, buyer = orders["lead"], leads["customer"][orders["lead"]]
    brought, due = (these[of] | these[buyer] for these in (back, because))
    first = (orders["number"] == 1) & counts_as_revenue(journal) & back[of]
    more = np.where(first & ~due, _discount_of(journal, stage), 0)
    price = _price_of_a_sale(journal)
    rates = np.array([*(c.commission for c in journal.scenario.channels), 0.0])  # "referral"
    rate, paid = rates[leads["channel"][of]], orders["paid"]
    saved = np.rint(rate * (paid + more)) - np.rint(rate * paid)

    def left(these: Bools, orders_of: Bools) -> int:
        found = journal.contributions[orders_of].sum() - price[these & reached].sum()
        return int(found) - _messages_later(journal, stage, these)

    return Recovered(
        sent=int(sent.sum()),
        returned=int(returned.sum()),
        anyway=int(anyway.sum()),
        bought=int((back & reached).sum()),
        bought_anyway=int((back & reached & ~because).sum()),
        cost=cost,
        discount=int(orders["discount"][first].sum()),
        discount_anyway=int(more.sum()),
        contribution=left(back, brought) - cost,
        effect=left(because, due) - int(more.sum() - saved.sum()) - cost,
    )


def _whose(journal: Journal, messages: Bools) -> Bools:
    """Which leads got one of these messages."""
    found = np.zeros(journal.rows("leads"), dtype=bool)
    found[journal.whole["messages"]["lead"][messages]] = True
    return found


def _messages_later(journal: Journal, stage: int, these: Bools) -> int:
    """Cents that messages cost which were sent to these leads since they came back to the stage: of
    later stages, of campaigns, and to what is sold to them later.
    """
    t, customer = journal.whole["messages"], journal.whole["leads"]["customer"]
    to, name = t["lead"], t["name"]
    again = these[customer[to]] & (customer[to] != to) & (name != stage)
    later = (these[to] & (name > stage)) | again
    return int(cents(np.array(np.array(journal.message_costs)[name[later]].sum())))


def _discount_of(journal: Journal, stage: int) -> Ints:
    """Cents by which each order is cheaper than without this stage's messages: the largest holds,
    so only what it takes off beyond the other stages' discounts and the tier's.
    """
    t, orders, scenario = journal.whole["messages"], journal.whole["orders"], journal.scenario
    offers = np.array([s.recovery.discount if s.recovery else 0.0 for s in scenario.stages])
    others: Floats = discounts_before(journal)
    here = (t["accepted"] == 1) & (t["name"] < len(offers)) & (t["name"] != stage)
    np.maximum.at(others, t["lead"][here], offers[t["name"][here]])
    tiers = scenario.loyalty.tiers if scenario.loyalty else []
    of_tier = np.array([*(tier.discount for tier in tiers), 0.0])[orders["tier"]]  # -1: none
    without = np.rint(orders["value"] * np.maximum(others[orders["lead"]], of_tier))
    found: Ints = orders["discount"] - without.astype(np.int64)
    return found


def _price_of_a_sale(journal: Journal) -> Ints:
    """Cents that reaching the goal costs, by lead: the reward for a referred one, and where nothing
    is ordered the channel's fixed sum, which is otherwise in the order's commission.
    """
    scenario, leads = journal.scenario, journal.whole["leads"]
    reward = scenario.referral.reward if scenario.referral else 0.0
    price: Ints = np.where(leads["kind"] == REFERRED, cents(np.array(reward)), 0)
    if scenario.order is None:
        fixed = np.array([*(c.cost_per_sale for c in scenario.channels), 0.0])
        of_channel: Ints = cents(fixed)[leads["channel"]]
        price = price + of_channel
    return price
