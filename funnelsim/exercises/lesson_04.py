"""The exercises of lesson 04, lost and back: the pottery workshop writes to those it has lost.

As in lesson 01 nothing is typed in: every answer is computed from the scenario and the seed that
the notebook states.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from funnelsim.engines import simulate
from funnelsim.exercises.entry import Exercise, Mistake
from funnelsim.exercises.workshop import POTTERY, SEED
from funnelsim.journal import Journal
from funnelsim.metrics import summary
from funnelsim.metrics.recoveries import recoveries
from funnelsim.scenario import Scenario, load

if TYPE_CHECKING:
    import pandas as pd

# --- the workshop of lesson 01, for longer, with a message to those whom Desire lost --------------

STAGE = "Desire"
COST = 0.5
MESSAGE: dict[str, Any] = {
    "probability": 0.40,
    "anyway": 0.28,
    "delay": {"constant": "3 days"},
    "cost": COST,
    "discount": 0.10,
}
BY_THEMSELVES: dict[str, Any] = {**MESSAGE, "probability": 0.28, "cost": 0.0, "discount": 0.0}
WRITES: dict[str, Any] = {
    **POTTERY,
    "name": "Pottery workshop that writes",
    "horizon": "180 days",
    f"stages.{STAGE}.recovery": MESSAGE,
}
KEPT = 32  # half-years, below 1 MB each, of the seeds that people type


@cache
def writes() -> Scenario:
    return load("aida").vary(WRITES)


@cache
def _silent() -> Scenario:
    """The workshop without the message, to which those return who would have anyway."""
    return writes().vary({f"stages.{STAGE}.recovery": BY_THEMSELVES})


@lru_cache(KEPT)
def _journal(seed: int) -> Journal:
    return simulate(writes(), seed=seed, progress=False)


@lru_cache(KEPT)
def _line(seed: int) -> pd.Series:
    return recoveries(_journal(seed)).loc[STAGE]


@lru_cache(KEPT)
def _more(seed: int) -> pd.Series:
    """Key figures with the message, less those without it."""
    without = simulate(_silent(), seed=seed, progress=False)
    return summary(_journal(seed)) - summary(without)


# --- the exercises --------------------------------------------------------------------------------


def there_anyway(seed: int = SEED) -> Exercise:
    m = _line(seed)
    right = m["anyway"] / m["returned"]
    return Exercise(
        "04.1",
        "Of those who came back after a message, what share would have come without it?",
        right,
        3,
        (
            Mistake(1 - right, "That is the share of those who came only because of it."),
            Mistake(
                m["anyway"] / m["sent"],
                "You divided by all messages; the question is about those who came back.",
            ),
            Mistake(
                m["returned"] / m["sent"], "That is the share of all messages that were answered."
            ),
            Mistake(
                m["bought_anyway"] / m["bought"],
                "Those are the ones who bought; the question is about all who came back.",
            ),
            Mistake(
                MESSAGE["anyway"] / MESSAGE["probability"],
                "That is what the scenario says on average; what was it in this half-year?",
            ),
        ),
        (
            "`journal.messages` has a row for each message: who came back, and who would have.",
            "those who would have come anyway ÷ those who came back.",
            "`mails = journal.messages`, then `mails.anyway.sum() / mails.accepted.sum()`",
        ),
        f"{m['anyway']:.0f} of {m['returned']:.0f}. The scenario says seven of ten; a firm would "
        "have to draw lots to know.",
        "share",
        seed,
    )


def won_by_messages(seed: int = SEED) -> Exercise:
    m = _line(seed)
    right = m["bought"] - m["bought_anyway"]
    return Exercise(
        "04.2",
        "How many customers are there because of the messages?",
        right,
        0,
        (
            Mistake(
                m["bought"],
                "So many came back and bought; some of them would have without the message, too.",
                0,
            ),
            Mistake(m["bought_anyway"], "Those are the ones who would have bought anyway.", 0),
            Mistake(
                m["returned"] - m["anyway"],
                "So many came back because of a message; not all of them bought.",
                0,
            ),
            Mistake(m["returned"], "So many came back; how many of them bought?", 0),
            Mistake(-right, "Right in size, but wrong way round: with the messages less without."),
        ),
        (
            "take those who came back and bought, and leave out who would have come anyway.",
            "bought less bought_anyway of `fs.recoveries`; or the customers of this half-year less "
            "those of the same one without the message.",
            f'`m = fs.recoveries(journal).loc["{STAGE}"]`, then `m.bought - m.bought_anyway`',
        ),
        f"{right:.0f}; a report on the messages would say {m['bought']:.0f}.",
        "customers",
        seed,
        slack=0.0,
    )


def given_away(seed: int = SEED) -> Exercise:
    m = _line(seed)
    orders = _journal(seed).orders
    leads = _journal(seed).leads
    all_paid = float(orders["paid"][leads.loc[orders["lead"], "recovered"].to_numpy() > 0].sum())
    return Exercise(
        "04.3",
        "How much discount went to those who would have bought anyway?",
        float(m["discount_anyway"]),
        1,
        (
            Mistake(m["discount"], "That is the discount of all who came back and bought."),
            Mistake(
                m["discount"] - m["discount_anyway"],
                "That went to those who would not have bought without the message.",
            ),
            Mistake(
                float(m["bought_anyway"] * 80 * MESSAGE["discount"]),
                "That is 10 % of an average order for each of them; take their own orders.",
            ),
            Mistake(
                float(all_paid * MESSAGE["discount"]),
                "That is 10 % of all that they paid: of what was left after the discount, and of "
                "later orders that had none.",
            ),
        ),
        (
            "the discount stands in `journal.orders`, and is given on the first order only.",
            "the sum of the discounts of those who came back, bought, and would have come anyway.",
            f'`fs.recoveries(journal).loc["{STAGE}", "discount_anyway"]`',
        ),
        f"{m['discount_anyway']:.2f} of {m['discount']:.2f} EUR. No report has this line.",
        "EUR",
        seed,
    )


def changed(seed: int = SEED) -> Exercise:
    m = _line(seed)
    right, revenue = float(m["effect"]), float(_more(seed)["revenue"])
    return Exercise(
        "04.4",
        "By how much do the messages change the contribution?",
        right,
        0,
        (
            Mistake(
                float(m["contribution"]),
                "That is what a report says, and what a workshop would lack to which nobody "
                "returns. Without the message those still come who would have anyway.",
            ),
            Mistake(revenue, "That is the revenue; goods and messages are paid from it."),
            Mistake(right + float(m["cost"]), "You forgot what the messages cost."),
            Mistake(
                right + float(m["discount_anyway"]),
                "You forgot the discount for those who would have bought anyway.",
            ),
            Mistake(-right, "Right in size, but wrong way round: with the messages less without."),
        ),
        (
            "let the same half-year pass once more without the message.",
            "contribution with it less contribution without it, where those who come anyway come.",
            f'`without = fs.simulate(writes.vary({{"stages.{STAGE}.recovery": {{"probability": '
            f'0.28, "anyway": 0.28, "delay": {{"constant": "3 days"}}}}}}), seed={seed})`, then '
            "`fs.summary(journal).contribution - fs.summary(without).contribution`",
        ),
        f"{right:+,.0f}, where a report says {m['contribution']:+,.0f}.",
        "EUR",
        seed,
    )


def worth_of_a_message(seed: int = SEED) -> Exercise:
    m = _line(seed)
    right = float((m["effect"] + m["cost"]) / m["sent"])
    return Exercise(
        "04.5",
        "What may a message cost at most, so that the messages do not make things worse?",
        right,
        2,
        (
            Mistake(
                float(m["effect_per_message"]),
                f"That is what a message leaves when its {COST:.2f} EUR are paid; they are in it.",
            ),
            Mistake(
                float((m["contribution"] + m["cost"]) / m["sent"]),
                "That is reckoned with all who came back and bought; the messages have changed "
                "less.",
            ),
            Mistake(
                float((m["effect"] + m["cost"]) / m["returned"]),
                "You divided by those who came back; every message is paid for.",
            ),
            Mistake(
                float((m["effect"] + m["cost"]) / (m["bought"] - m["bought_anyway"])),
                "You divided by the customers won; every message is paid for.",
            ),
            Mistake(float(m["effect"] + m["cost"]), "That is what all messages may cost together."),
        ),
        (
            "at that price the messages change nothing: what they bring is what they cost.",
            "(the answer to 04.4 + what the messages cost now) ÷ messages sent.",
            f'`m = fs.recoveries(journal).loc["{STAGE}"]`, then `(m.effect + m.cost) / m.sent`',
        ),
        f"It costs {COST:.2f} EUR. By the report it might cost "
        f"{(m['contribution'] + m['cost']) / m['sent']:.2f} EUR.",
        "EUR",
        seed,
    )


EXERCISES: dict[str, Callable[..., Exercise]] = {
    "04.1": there_anyway,
    "04.2": won_by_messages,
    "04.3": given_away,
    "04.4": changed,
    "04.5": worth_of_a_message,
}
