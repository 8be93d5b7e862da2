"""A firm with an export, a letter and a next quarter: what lesson 13 plans, signs and reveals.

    firm = quarter.coffee()
    firm.letter()                       what the managing director wants, pays and forbids
    deals = fs.read_deals(firm.export(), export_date=firm.day)
    signed = quarter.sign(firm, plan, leads=..., reps=..., chance=..., statement="...")
    journal = firm.reveal(signed)       the quarter, as it comes with these leads and reps

The past is simulated once, up to the day of the export; the quarter goes on from the deals that
are open then. What is judged of a plan stands in `RUBRIC`; what can be checked is checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from funnelsim import charts
from funnelsim.arguments import a_number, a_share, a_whole_number, refused
from funnelsim.deals import Deals, read_deals
from funnelsim.engines import simulate
from funnelsim.exercises.verdict import Verdict
from funnelsim.experiment import Experiment, replicate
from funnelsim.journal import Journal
from funnelsim.metrics import summary
from funnelsim.pages import page
from funnelsim.planner import Plan
from funnelsim.scenario import Scenario
from funnelsim.state import State
from funnelsim.tables import as_html, as_text

if TYPE_CHECKING:
    import pandas as pd

AGAIN = 150  # quarters
MORE, LESS = 0.06, 0.02  # that the chance of a plan may lie above, and below, the one promised
COIN, SURE = 0.6, 0.97  # a promised chance: no better than a coin; hardly to be had
DOUBT = re.compile(
    r"\b(wrong|unless|if|as long as|suppos\w+|assum\w+|depends?|provided|risk\w*|fails?)\b", re.I
)
LETTER = """<blockquote style="max-width: 46em">
{% for line in lines %}<p>{{ line }}</p>{% endfor %}</blockquote>"""
SIGNED = """<blockquote style="max-width: 46em"><p><strong>{{ head }}</strong></p>
<p>{{ statement }}</p></blockquote>
{{ table }}"""

RUBRIC = {
    "The number": (
        "the leads reach the chance that is promised, by the plan",
        "they reach more than is promised, and that is paid for; or a little less",
        "the usual sum, or a number from nowhere",
    ),
    "The chance": (
        "stated, and so high that a firm can rely on it",
        "stated, but near certainty at any price, or low",
        "none, or a coin toss sold as a plan",
    ),
    "The people": (
        "the reps can look after the planned leads",
        "a little too many leads for them",
        "reps as today, whatever comes",
    ),
    "The money": (
        "within what the letter allows, and stated",
        "within it, but not stated",
        "above it, or below cost by what is forbidden",
    ),
    "The evidence": (
        "how far such forecasts have been right, and how little that is",
        "the backtest is named, as if it were a proof",
        "none",
    ),
    "The doubt": (
        "what would make it wrong, and where one would see that first",
        "what would make it wrong",
        "none: it will be so",
    ),
}


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
    `rep_cost` for the quarter of so many `days`. `style` is the shape of its CRM's export, `seed` that of its
    past, which all students share.
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
        return Letter((
            f"From {_day(first)} to {_day(last)} I want {self.target} new customers.",
            f"A lead from the {self.bought} costs us {self.price:g} {money}. What {others} send is "
            "free, and no money makes them send more. Advertising may cost "
            f"{self.budget:,.0f} {money} in these {self.days} days, not more.",
            f"We have {self.reps} reps, and one can look after {self.per_rep} leads a week. "
            f"Another one costs {self.rep_cost:,.0f} {money} for the quarter, and I can have one "
            "from the first day on if you say so now.",
            *self.wishes,
            "The export of our CRM is attached.",
        ))

    def bought_leads(self, leads: float) -> float:
        """How many of these leads have to be paid for."""
        return max(leads - self.comes_anyway, 0.0)

    def quarter(self, leads: float, reps: int) -> Scenario:
        """The truth of the quarter with so many leads in all, and reps."""
        team = self.truth.teams[0].name
        return self.truth.vary({
            "start": (self.day + timedelta(days=1)).isoformat(),
            "horizon": f"{self.days} days",
            f"channels.{self.bought}.leads_per_day": self.bought_leads(leads) / self.days,
            f"teams.{team}.reps": reps,
        })

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


# --- the plan that is signed ----------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Signed:
    """A plan with a name under it, and what can be checked of it: by `sign`."""

    firm: Firm
    plan: Plan
    leads: int
    reps: int
    chance: float
    statement: str
    judged: pd.DataFrame = field(repr=False)

    @property
    def advertising(self) -> float:
        return self.firm.bought_leads(self.leads) * self.firm.price

    @property
    def head(self) -> str:
        more = max(self.reps - self.firm.reps, 0) * self.firm.rep_cost
        cost = f"{self.advertising:,.0f} {self.firm.truth.currency} of advertising"
        cost += f" and {more:,.0f} {self.firm.truth.currency} for more reps" if more else ""
        return (
            f"{self.firm.target} customers with {self.leads:,} leads and {self.reps} reps, with a "
            f"chance of {self.chance:.0%}, for {cost}."
        )

    def __repr__(self) -> str:
        return "\n\n".join([self.head, self.statement, as_text(self.judged.reset_index()).rstrip()])

    def _repr_html_(self) -> str:
        table = Markup(as_html(self.judged.reset_index()))
        return page(SIGNED, head=self.head, statement=self.statement, table=table)


def sign(
    firm: Firm, plan: Plan, *, leads: float, reps: int, chance: float, statement: str
) -> Signed | Verdict:
    """The plan as it goes to the managing director, with what can be checked of it.

    `leads` are those of all channels, `chance` is the one that is promised. While something is
    still `...`, it says so. Raises FunnelSimError for what is no such number, and where nothing is
    written.
    """
    if any(given is ... for given in (plan, leads, reps, chance, statement)):
        return Verdict("Your plan", "not answered", "Not signed yet: there are dots left above.")
    if not isinstance(plan, Plan):
        raise refused("plan", plan, "it is what fs.plan returns", "give your plan")
    leads, reps = round(a_number("leads", leads, 0)), a_whole_number("reps", reps, 1)
    chance = a_share("chance", chance)
    if not isinstance(statement, str) or not statement.strip():
        rule = "a plan is signed with words: number, chance, what would make it wrong"
        raise refused("statement", statement, rule, "write two or three sentences")
    unjudged = Signed(firm, plan, leads, reps, chance, statement.strip(), rubric())
    return Signed(firm, plan, leads, reps, chance, unjudged.statement, _judged(unjudged))


def april(signed: Signed | Verdict, seed: int = 1) -> Verdict:
    """The quarter in words: what came with the signed plan, and how often such a plan holds."""
    if isinstance(signed, Verdict):
        return signed
    firm, journal = signed.firm, signed.firm.reveal(signed, seed)
    came = round(float(summary(journal)["customers"]))
    held = "The plan has held." if came >= firm.target else "It was not enough."
    share = float((_customers(signed) >= firm.target).mean())
    told = (
        f"{came:,} customers came, of {firm.target:,}. {held}\n"
        f"Of {AGAIN} such quarters it holds in {share:.0%}; you promised {signed.chance:.0%}."
    )
    return Verdict("The quarter", "hint", told)


def many(signed: Signed | Verdict) -> Any:
    """A picture of the same quarter many times over, with the target."""
    if isinstance(signed, Verdict):
        return signed
    return charts.replications(_quarters(signed), "customers", target=signed.firm.target)


@lru_cache(4)
def _quarters(signed: Signed) -> Experiment:
    return signed.firm.again(signed.leads, signed.reps)


def _customers(signed: Signed) -> pd.Series:
    found: pd.Series = _quarters(signed).table["customers"]
    return found


def rubric() -> pd.DataFrame:
    """What is judged, and what a good, a fair and a poor answer shows."""
    import pandas as pd

    columns = ["a good one", "a fair one", "a poor one"]
    return pd.DataFrame.from_dict(RUBRIC, orient="index", columns=columns).rename_axis("judged")


def chance_with(plan: Plan, leads: float) -> float:
    """The chance of the target with so many leads, by the plan's curve; 0 or 1 far beside it."""
    at = plan.curve.sort_values("leads")
    found = np.interp(leads, at["leads"], at["chance"])
    beyond = leads < 0.9 * at["leads"].iloc[0]
    return 0.0 if beyond else float(found)


def _judged(signed: Signed) -> pd.DataFrame:
    import pandas as pd

    told = [_number(signed), _chance(signed), _people(signed), _money(signed), *_words(signed)]
    rows = dict(zip(RUBRIC, told, strict=True))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["yours", "why"])
    return table.rename_axis("judged")


def _number(signed: Signed) -> tuple[str, str]:
    reached = chance_with(signed.plan, signed.leads)
    why = f"by the plan {signed.leads:,} leads reach {reached:.0%}; you promise {signed.chance:.0%}"
    if reached < signed.chance - 0.1:
        return "poor", why
    good = -LESS <= reached - signed.chance <= MORE
    return "good" if good else "fair", why


def _chance(signed: Signed) -> tuple[str, str]:
    if signed.chance <= COIN:
        return "poor", "hardly better than a coin toss"
    if signed.chance > SURE:
        return "fair", "near certainty is dear: what does the last point cost?"
    return "good", f"stated: {signed.chance:.0%}"


def _people(signed: Signed) -> tuple[str, str]:
    a_week = signed.leads / signed.firm.days * 7 / signed.reps
    why = f"{a_week:.1f} leads a week for each rep; {signed.firm.per_rep} are the most"
    if a_week <= signed.firm.per_rep:
        return "good", why
    return "fair" if a_week <= 1.1 * signed.firm.per_rep else "poor", why


def _money(signed: Signed) -> tuple[str, str]:
    spent, allowed = signed.advertising, signed.firm.budget
    why = f"{spent:,.0f} of {allowed:,.0f} {signed.firm.truth.currency} of advertising"
    if spent > allowed:
        return "poor", why
    is_told = bool(re.search(rf"{signed.firm.truth.currency}|euro|cost|budget", signed.statement))
    return ("good", why) if is_told else ("fair", f"{why}; your statement is silent about it")


def _words(signed: Signed) -> list[tuple[str, str]]:
    """Words can be found; whether they are any good, a person judges."""
    text = signed.statement
    tried = re.search(r"back-?test|forecasts?|earlier|so far|tried", text, re.I)
    doubt = DOUBT.search(text)
    first = re.search(r"\b(see|first|watch|week|weeks|sign)\b", text, re.I)
    if tried:
        evidence = ("a person judges", f"found: “{tried[0]}”")
    else:
        evidence = ("poor", "not a word on how far such forecasts have been right")
    if not doubt:
        return [evidence, ("poor", "nothing would make it wrong?")]
    seen = f", “{first[0]}”" if first else "; where would one see it first?"
    return [evidence, ("a person judges", f"found: “{doubt[0]}”{seen}")]


# --- the firms ------------------------------------------------------------------------------------


def _firm(
    name: str, stages: list[dict[str, Any]], web: float, sent: float, handling: str, start: str,
    **more: Any,
) -> Firm:
    """Open until the end of 2026, since the `start`."""
    stages[0]["follow_up"] = {
        "team": "sales",
        "handling_time": {"lognormal": {"mean": handling, "cv": 0.5}},
        "patience": {"exponential": {"mean": "5 days"}},
    }
    truth = Scenario(
        name=name,
        currency="EUR",
        start=start,
        horizon=f"{(date(2027, 1, 1) - date.fromisoformat(start)).days} days",
        channels=[
            {"name": "website", "leads_per_day": web},
            {"name": "partners", "leads_per_day": sent, "odds_ratio": 1.5},
        ],
        teams=[{"name": "sales", "reps": 2, "open": "Mon-Fri 09:00-17:00"}],
        stages=stages,
    )
    return Firm(truth, bought="website", **more)


def coffee() -> Firm:
    """Coffee machines for offices: the firm of the lesson."""
    stages = [
        {"name": "Enquiry", "conversion": 0.5,
         "decision_time": {"lognormal": {"mean": "4 days", "cv": 0.8}},
         "loss_time": {"lognormal": {"mean": "10 days", "cv": 0.8}}},
        {"name": "Offer", "conversion": 0.45,
         "decision_time": {"lognormal": {"mean": "16 days", "cv": 0.7}},
         "loss_time": {"lognormal": {"mean": "40 days", "cv": 0.7}}, "silent": 0.25},
        {"name": "Won"},
    ]  # fmt: skip
    return _firm(
        "Office coffee", stages, web=1.0, sent=0.3, handling="5.5 h", start="2026-01-01",
        target=30, price=80, budget=17_000, per_rep=6, rep_cost=12_000, seed=2,
        wishes=("No discounts: a price that was lowered once stays low.",
                "It has to hold nine times in ten."),
    )  # fmt: skip


def roofs() -> Firm:
    """Solar roofs: the firm of the exercises."""
    stages = [
        {"name": "Call", "conversion": 0.4,
         "decision_time": {"lognormal": {"mean": "6 days", "cv": 0.8}},
         "loss_time": {"lognormal": {"mean": "15 days", "cv": 0.8}}},
        {"name": "Visit", "conversion": 0.5,
         "decision_time": {"lognormal": {"mean": "20 days", "cv": 0.7}},
         "loss_time": {"lognormal": {"mean": "75 days", "cv": 0.6}}, "silent": 0.15},
        {"name": "Won"},
    ]  # fmt: skip
    return _firm(
        "Solar roofs", stages, web=1.2, sent=0.4, handling="4.5 h", start="2026-03-01",
        target=36, price=50, budget=12_000, per_rep=7, rep_cost=11_000, style="log",
        wishes=("Nobody works on Saturdays.",
                "How sure you are is yours to say, and to defend."),
    )  # fmt: skip
