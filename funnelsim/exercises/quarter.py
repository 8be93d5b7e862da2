"""A firm with an export, a letter and a next quarter: what lesson 13 plans, signs and reveals.

    firm = quarter.coffee()
    firm.letter()                       what the managing director wants, pays and forbids
    deals = fs.read_deals(firm.export(), export_date=str(firm.day))
    signed = quarter.sign(firm, plan, leads=..., reps=..., chance=..., statement="...")
    journal = firm.reveal(signed)       the quarter, as it comes with these leads and reps

The past is simulated once, up to the day of the export; the quarter goes on from the deals that
are open then. What is judged of a plan stands in `signing.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from funnelsim import charts
from funnelsim.deals import Deals, read_deals
from funnelsim.engines import simulate
from funnelsim.exercises.signing import Signed, rubric, sign
from funnelsim.exercises.verdict import Verdict
from funnelsim.experiment import Experiment, replicate
from funnelsim.journal import Journal
from funnelsim.metrics import summary
from funnelsim.pages import page
from funnelsim.scenario import Scenario
from funnelsim.state import State

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Firm", "Letter", "Signed", "april", "coffee", "many", "roofs", "rubric", "sign"]

AGAIN = 150  # quarters
LETTER = """<blockquote style="max-width: 46em">
{% for line in lines %}<p>{{ line }}</p>{% endfor %}</blockquote>"""


class Letter(tuple[str, ...]):
    """Lines of a letter; a notebook shows them as one."""

    def __repr__(self) -> str:
        return "\n\n".join(self)

    def _repr_html_(self) -> str:
        return page(LETTER, lines=self)


@dataclass(frozen=True, eq=False)
class Firm:
    """A firm up to the day of its export, and what its managing director wants of the next quarter.

    `truth` is its scenario until then, `bought` the channel whose leads cost `price` each, `budget`
    the most that they may cost; a rep looks after `per_rep` leads a week, and one more costs
    `rep_cost` for the quarter of so many `days`. `style` is the shape of its CRM's export; its past
    has a `seed`, so that all students share it.
    """

    truth: Scenario
    target: int
    bought: str
    price: float
    budget: float
    per_rep: int
    rep_cost: float
    days: int = 90
    style: str = "hubspot"
    seed: int = 1
    wishes: tuple[str, ...] = ()

    @cached_property
    def past(self) -> Journal:
        return simulate(self.truth, seed=self.seed, progress=False)

    @cached_property
    def open_deals(self) -> State:
        """Those on the day of the export, as they truly are."""
        return self.past.state(self.truth.days)

    @property
    def day(self) -> date:
        """The last day that the export knows."""
        return self.truth.start + timedelta(days=round(self.truth.days) - 1)

    @property
    def reps(self) -> int:
        return sum(team.reps for team in self.truth.teams)

    @property
    def comes_anyway(self) -> float:
        """Leads of the quarter that nobody pays for."""
        others = (c.leads_per_day or 0 for c in self.truth.channels if c.name != self.bought)
        return sum(others) * self.days

    def export(self) -> pd.DataFrame:
        """What the CRM has written on the day: with some dirt, and without the truth."""
        table: pd.DataFrame = self.past.to_crm(self.style, dirt="some")
        return table

    def letter(self) -> Letter:
        """What is wanted, what is dear, what is forbidden."""
        first, money = self.day + timedelta(days=1), self.truth.currency
        last = first + timedelta(days=self.days - 1)
        others = " and ".join(c.name for c in self.truth.channels if c.name != self.bought)
        return Letter(
            (
                f"From {_day(first)} to {_day(last)} I want {self.target} new customers.",
                f"A lead from the {self.bought} costs us {self.price:g} {money}. What {others} "
                f"send, some {self.comes_anyway:.0f} leads in such a time, is free, and no money "
                "makes them send more. Advertising may cost "
                f"{self.budget:,.0f} {money} in these {self.days} days, not more.",
                f"We have {self.reps} reps, and one can look after {self.per_rep} leads a week. "
                f"Another one costs {self.rep_cost:,.0f} {money} for the quarter, and I can have "
                "one from the first day on if you say so now.",
                *self.wishes,
                "The export of our CRM is attached.",
            )
        )

    def bought_leads(self, leads: float) -> float:
        """How many of these leads have to be paid for."""
        return max(leads - self.comes_anyway, 0.0)

    def quarter(self, leads: float, reps: int) -> Scenario:
        """The truth of the quarter with so many leads in all, and reps."""
        team = self.truth.teams[0].name
        return self.truth.vary(
            {
                "start": (self.day + timedelta(days=1)).isoformat(),
                "horizon": f"{self.days} days",
                f"channels.{self.bought}.leads_per_day": self.bought_leads(leads) / self.days,
                f"teams.{team}.reps": reps,
            }
        )

    def reveal(self, signed: Signed, seed: int = 1) -> Journal:
        """The quarter as it comes, with the signed leads and reps."""
        asked = self.quarter(signed.leads, signed.reps)
        return simulate(asked, seed=seed, initial=self.open_deals, progress=False)

    def later(self, journal: Journal) -> Deals:
        """The export at the end of that quarter, read."""
        last = self.day + timedelta(days=self.days)
        return read_deals(journal.to_crm(self.style), export_date=last.isoformat())

    def again(self, leads: float, reps: int, n: int = AGAIN, seed: int = 1) -> Experiment:
        """The same quarter n times over: what such a plan brings."""
        asked = self.quarter(leads, reps)
        return replicate(asked, n, seed=seed, initial=self.open_deals, progress=False)


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"


# --- what comes -----------------------------------------------------------------------------------


def april(signed: Signed | Verdict, seed: int = 1) -> Verdict:
    """The quarter in words: what came with the signed plan, and how often such a plan holds."""
    if isinstance(signed, Verdict):
        return signed
    firm, journal = signed.firm, signed.firm.reveal(signed, seed)
    came = round(float(summary(journal)["orders"]))
    held = "The plan has held." if came >= firm.target else "It was not enough."
    holds = int((_quarters(signed).table["orders"] >= firm.target).sum())
    told = (
        f"{came:,} customers came, of {firm.target:,}. {held}\n"
        f"Of {AGAIN} such quarters it holds in {holds}; {signed.chance:.0%}, as you promised, are "
        f"{signed.chance * AGAIN:.0f}."
    )
    return Verdict("The quarter", "hint", told)


def many(signed: Signed | Verdict) -> Any:
    """A picture of the same quarter many times over, with the target."""
    if isinstance(signed, Verdict):
        return signed
    return charts.replications(_quarters(signed), "orders", target=signed.firm.target)


@lru_cache(4)
def _quarters(signed: Signed) -> Experiment:
    return signed.firm.again(signed.leads, signed.reps)


# --- the firms ------------------------------------------------------------------------------------


def _firm(
    name: str,
    stages: list[dict[str, Any]],
    web: float,
    sent: float,
    handling: str,
    start: str,
    odds: float,
    worth: float,
    half_life: str | None = None,
    **more: Any,
) -> Firm:
    """Open until the end of 2026, since the `start`."""
    stages[0]["follow_up"] = {
        "team": "sales",
        "handling_time": {"lognormal": {"mean": handling, "cv": 0.5}},
        "patience": {"exponential": {"mean": "5 days"}},
        "response_half_life": half_life,
    }
    truth = Scenario(
        name=name,
        currency="EUR",
        start=start,
        horizon=f"{(date(2027, 1, 1) - date.fromisoformat(start)).days} days",
        channels=[
            {"name": "website", "leads_per_day": web},
            {"name": "partners", "leads_per_day": sent, "odds_ratio": odds},
        ],
        teams=[{"name": "sales", "reps": 2, "open": "Mon-Fri 09:00-17:00"}],
        stages=stages,
        order={"value": {"lognormal": {"mean": worth, "cv": 0.5}}},
    )
    return Firm(truth, bought="website", **more)


def coffee() -> Firm:
    """Coffee machines for offices: the firm of the lesson."""
    stages: list[dict[str, Any]] = [
        {"name": "Enquiry", "conversion": 0.5,
         "decision_time": {"lognormal": {"mean": "4 days", "cv": 0.8}},
         "loss_time": {"lognormal": {"mean": "10 days", "cv": 0.8}}},
        {"name": "Offer", "conversion": 0.45,
         "decision_time": {"lognormal": {"mean": "16 days", "cv": 0.7}},
         "loss_time": {"lognormal": {"mean": "40 days", "cv": 0.7}}, "silent": 0.25},
        {"name": "Won"},
    ]  # fmt: skip
    return _firm(
        "Office coffee", stages, web=1.0, sent=0.3, handling="6.5 h", start="2026-01-01",
        odds=1.5, worth=3_500, half_life="2 days",
        target=26, price=80, budget=17_000, per_rep=6, rep_cost=12_000, seed=2,
        wishes=("No discounts: a price that was lowered once stays low.",
                "It has to hold nine times in ten."),
    )  # fmt: skip


def roofs() -> Firm:
    """Solar roofs: the firm of the exercises."""
    stages: list[dict[str, Any]] = [
        {"name": "Call", "conversion": 0.4,
         "decision_time": {"lognormal": {"mean": "6 days", "cv": 0.8}},
         "loss_time": {"lognormal": {"mean": "15 days", "cv": 0.8}}},
        {"name": "Visit", "conversion": 0.5,
         "decision_time": {"lognormal": {"mean": "20 days", "cv": 0.7}},
         "loss_time": {"lognormal": {"mean": "75 days", "cv": 0.6}}, "silent": 0.15},
        {"name": "Won"},
    ]  # fmt: skip
    return _firm(
        "Solar roofs", stages, web=1.2, sent=0.4, handling="5.5 h", start="2026-03-01",
        odds=1.2, worth=14_000,
        target=27, price=50, budget=12_000, per_rep=7, rep_cost=11_000, seed=2, style="log",
        wishes=("Nobody works on Saturdays.",
                "How sure you are is yours to say, and to defend."),
    )  # fmt: skip
