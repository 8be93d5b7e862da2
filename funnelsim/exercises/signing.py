"""A plan with a name under it, and what can be checked of it: the rubric of lesson 13.

The number by the plan's own curve, the reps and the money by the letter of the `Firm`
(`quarter.py`). Of words it is only found whether they are there; a person judges them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from funnelsim.arguments import a_number, a_share, a_whole_number, refused
from funnelsim.exercises.verdict import Verdict
from funnelsim.pages import page
from funnelsim.planner import Plan
from funnelsim.tables import as_html, as_text

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.exercises.quarter import Firm

MORE, LESS = 0.06, 0.02  # that the chance of a plan may lie above, and below, the one promised
COIN, SURE = 0.6, 0.97  # a promised chance: no better than a coin; hardly to be had
DOUBT = re.compile(
    r"\b(wrong|unless|if|as long as|suppos\w+|assum\w+|depends?|provided|risk\w*|fails?)\b", re.I
)
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
    given: tuple[object, ...] = plan, leads, reps, chance, statement
    if ... in given:
        return Verdict("Your plan", "not answered", "Not signed yet: there are dots left above.")
    if not isinstance(plan, Plan):
        raise refused("plan", plan, "it is what fs.plan returns", "give your plan")
    leads, reps = round(a_number("leads", leads, 0)), a_whole_number("reps", reps, 1)
    chance = a_share("chance", chance)
    if not isinstance(statement, str) or not statement.strip():
        rule = "a plan is signed with words: number, chance, what would make it wrong"
        raise refused("statement", statement, rule, "write two or three sentences")
    signed = Signed(firm, plan, leads, reps, chance, statement.strip(), rubric().table)
    return replace(signed, judged=_judged(signed))


@dataclass(frozen=True, eq=False)
class Rubric:
    """What is judged, and what a good, a fair and a poor answer shows: by `rubric`."""

    table: pd.DataFrame

    def __repr__(self) -> str:
        return as_text(self.table.reset_index()).rstrip()

    def _repr_html_(self) -> str:
        return as_html(self.table.reset_index())


def rubric() -> Rubric:
    """By what a signed plan is judged."""
    import pandas as pd

    columns = ["a good one", "a fair one", "a poor one"]
    table = pd.DataFrame.from_dict(RUBRIC, orient="index", columns=columns)
    return Rubric(table.rename_axis("judged"))


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
