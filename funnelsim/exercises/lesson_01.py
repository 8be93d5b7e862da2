"""The exercises of lesson 01, reading a funnel: what a pottery workshop's funnel tells.

Nothing here is typed in: every answer, right or wrong, is computed from the scenario and the seed
that the notebook states.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any

from funnelsim.engines import simulate
from funnelsim.exercises.entry import Exercise, Mistake, between_seeds, rounded_to
from funnelsim.journal import Journal
from funnelsim.metrics import funnel_table
from funnelsim.scenario import Scenario, load

if TYPE_CHECKING:
    import pandas as pd

# --- the workshop: the notebook makes the same with fs.load("aida").vary({...}) -------------------

SEED = 11
POTTERY: dict[str, Any] = {
    "name": "Pottery workshop",
    "horizon": "60 days",
    "channels.search ads.leads_per_day": 16,
    "channels.recommendation.leads_per_day": 4,
    "stages.Attention.conversion": 0.45,
    "stages.Interest.conversion": 0.65,
    "stages.Desire.conversion": 0.35,
    "stages.Desire.decision_time.lognormal.mean": "8 days",
}
RAISED = {"stages.Desire.conversion": 0.45}
CHAIN = {
    "channels.search ads.leads_per_day": 320,
    "channels.recommendation.leads_per_day": 80,
}
FRIENDS = "recommendation"
SALES = 50


def pottery() -> Scenario:
    return load("aida").vary(POTTERY)


@cache
def _journal(*changes: tuple[str, Any]) -> Journal:
    return simulate(pottery().vary(dict(changes)), seed=SEED, progress=False)


def _funnel(*changes: tuple[str, Any]) -> pd.DataFrame:
    return funnel_table(_journal(*changes))


def _customers(*changes: tuple[str, Any]) -> int:
    return int(_funnel(*changes)["entered"].iloc[-1])


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


# --- the exercises --------------------------------------------------------------------------------


def rate_of_a_stage() -> Exercise:
    table = _funnel()
    interest, desire = table.loc["Interest"], table.loc["Desire"]
    right = interest.conversion_rate_of_entered
    return Exercise(
        "01.1",
        "What share of the leads that entered Interest went on to Desire?",
        right,
        rounded_to(3),
        (
            Mistake(
                desire.share_of_leads,
                "You divided by all leads; the question is about those who entered Interest.",
            ),
            Mistake(
                interest.conversion_rate_of_decided,
                "You divided by those already decided; the question says entered, "
                "and the open ones have entered too.",
            ),
            Mistake(
                interest.lost / interest.entered, "That is the share that was lost in Interest."
            ),
            Mistake(
                desire.conversion_rate_of_entered,
                "That is the next stage's rate, from Desire to Action.",
            ),
            Mistake(
                table.conversion_rate_of_entered["Attention"],
                "That is the stage before: from Attention to Interest.",
            ),
            Mistake(interest.entered / interest.advanced, "Your fraction is upside down."),
        ),
        "Hint: advanced ÷ entered, both from the row of Interest.",
        f"{interest.advanced} of the {interest.entered} who entered Interest went on.",
        is_share=True,
    )


def weakest_stage() -> Exercise:
    table = _funnel()
    rates = table.conversion_rate_of_entered
    right, most_lost = str(rates.idxmin()), str(table.lost.idxmax())
    strongest, goal = str(rates.idxmax()), str(table.index[-1])
    return Exercise(
        "01.2",
        "Which stage is the weakest, the one with the lowest conversion rate?",
        right,
        0,
        (
            Mistake(
                most_lost,
                f"{most_lost} loses the most leads, but it also has the most to lose; "
                "the weakest stage is the one with the lowest rate.",
            ),
            Mistake(strongest, f"{strongest} has the highest rate of all."),
            Mistake(
                goal,
                f"{goal} has the fewest leads, but it is the goal: whoever is there has bought.",
            ),
        ),
        "Hint: compare advanced ÷ entered of the three stages before the goal.",
        f"Only {_percent(rates[right])} of those who entered {right} went on, "
        f"although {most_lost} lost more leads.",
    )


def overall_conversion() -> Exercise:
    table = _funnel()
    rates = table.conversion_rate_of_entered.dropna()
    leads, customers = table.entered.iloc[0], table.entered.iloc[-1]
    planned = [float(stage.conversion or 0) for stage in pottery().stages[:-1]]
    return Exercise(
        "01.3",
        "What is the overall conversion: the share of all leads that became customers?",
        customers / leads,
        rounded_to(3),
        (
            Mistake(rates.iloc[-1], "That is the last stage's rate, not the overall conversion."),
            Mistake(rates.iloc[0], "That is the first stage's rate, not the overall conversion."),
            Mistake(rates.sum(), "You added the rates; one stage follows another, so multiply."),
            Mistake(
                rates.mean(),
                "That is the mean of the rates; one stage follows another, so multiply.",
            ),
            Mistake(
                rates.iloc[:-1].prod(), "One stage is missing in your product: Desire to Action."
            ),
            Mistake(
                rates.iloc[1:].prod(),
                "One stage is missing in your product: Attention to Interest.",
            ),
            Mistake(
                table.conversion_rate_of_decided.dropna().prod(),
                "You multiplied the rates of those decided; all leads includes the open ones.",
            ),
            Mistake(
                prod(planned),
                "That is what the conversions in the scenario promise; "
                "the question is what was simulated.",
            ),
        ),
        "Hint: customers ÷ leads, the last number of the column entered ÷ the first.",
        f"{customers} of {leads} leads; the three stages' rates, multiplied, give the same.",
        is_share=True,
    )


def open_leads() -> Exercise:
    table = _funnel()
    desire = table.loc["Desire"]
    return Exercise(
        "01.4",
        "Of the leads whose time in Desire has ended, what share bought?",
        desire.conversion_rate_of_decided,
        rounded_to(3),
        (
            Mistake(
                desire.conversion_rate_of_entered,
                "You divided by all who entered Desire; some are still open, "
                "and nobody knows yet what they will do.",
            ),
            Mistake(
                (desire.advanced + desire.open) / desire.entered,
                "You counted the open leads as sold; nobody knows yet what they will do.",
            ),
            Mistake(
                desire.lost / (desire.advanced + desire.lost), "That is the share that was lost."
            ),
            Mistake(desire.open / desire.entered, "That is the share still open."),
            Mistake(
                table.conversion_rate_of_decided["Interest"],
                "That is the stage before: from Interest to Desire.",
            ),
            Mistake(
                (desire.advanced + desire.lost) / desire.entered,
                "That is the share that has decided, for or against.",
            ),
        ),
        "Hint: decided means advanced or lost; leave the open leads out of the denominator.",
        f"{desire.advanced} of {desire.advanced + desire.lost} decided; {desire.open} leads are "
        "still open and may yet go either way.",
        is_share=True,
    )


def leads_for_sales() -> Exercise:
    table = _funnel()
    rates = table.conversion_rate_of_entered.dropna()
    overall = table.entered.iloc[-1] / table.entered.iloc[0]
    right = SALES / overall
    rounding = right * rounded_to(3) / overall  # the student divides by a share of three decimals
    return Exercise(
        "01.5",
        "With that overall conversion, how many leads does it take, on average, "
        f"for {SALES} sales?",
        right,
        max(1.0, rounding),
        (
            Mistake(
                SALES * overall, "You multiplied; there must be more leads than sales, so divide."
            ),
            Mistake(SALES / rates.iloc[-1], "You divided by the last stage's rate alone."),
            Mistake(SALES / rates.iloc[0], "You divided by the first stage's rate alone."),
            Mistake(SALES / rates.sum(), "You divided by the sum of the rates."),
            Mistake(SALES / rates.mean(), "You divided by the mean of the rates."),
            Mistake(SALES / (100 * overall), "You divided by percent; divide by the share."),
            Mistake(
                SALES * (1 - overall) / overall,
                "Those are the leads that will be lost; the buyers were leads, too.",
            ),
        ),
        f"Hint: leads × overall conversion = {SALES}; solve for the leads.",
        f"{SALES} ÷ {overall:.3f} is about {right:,.0f}; that is an average, "
        "so in about half of all cases it takes more.",
    )


def half_have_decided() -> Exercise:
    table = _funnel()
    desire = table.loc["Desire"]
    visits = _journal().stage_visits
    lasted = (visits.decided - visits.entered)[visits.stage == "Desire"].dropna()
    return Exercise(
        "01.6",
        "After how many days in Desire has half of the leads decided?",
        desire.median_days,
        rounded_to(1),
        (
            Mistake(
                desire.mean_days,
                "That is the mean, which a few slow leads pull up; half have decided much sooner.",
            ),
            Mistake(lasted.max() / 2, "That is half of the longest time, not the middle lead's."),
            Mistake(
                desire.mean_days / 2,
                "Half of the mean is not the time after which half have decided.",
            ),
            Mistake(24 * desire.median_days, "Those are hours; the question asks for days."),
            Mistake(table.median_days["Interest"], "That is the time in Interest."),
        ),
        "Hint: the middle of all times is called the median.",
        f"Half decided within {desire.median_days:.1f} days, while the mean is "
        f"{desire.mean_days:.1f}: slow leads pull the mean up, not the median.",
    )


def one_rate_raised() -> Exercise:
    desire, ((path, raised),) = _funnel().loc["Desire"], RAISED.items()
    today, after = _customers(), _customers((path, raised))
    planned = POTTERY[path]
    points = round(raised - planned, 6)
    return Exercise(
        "01.7",
        f"Raise the conversion of Desire to {raised} for the same customers (same seed): "
        "how many more customers?",
        after - today,
        rounded_to(0),
        (
            Mistake(after, "That is how many customers there are now; how many more is it?"),
            Mistake(today - after, "Right in size, but wrong way round: after less today."),
            Mistake(
                after / today,
                "That is how many times as many; the question is how many more.",
                rounded_to(2),
            ),
            Mistake(
                after / today - 1,
                "That is the growth as a share; the question is how many more.",
                rounded_to(2),
            ),
            Mistake(
                _customers((path, round(planned * (1 + points), 6))) - today,
                f"You raised it by {_percent(points)} of itself; "
                f"from {_percent(planned)} to {_percent(raised)} it rises by points.",
            ),
            Mistake(
                _customers((path, points)) - today,
                "You set the conversion to the difference; set it to the new value.",
            ),
            Mistake(
                _customers(("stages.Interest.conversion", raised)) - today,
                "You changed Interest; the question is about Desire.",
            ),
            Mistake(
                int(points * desire.entered + 0.5),
                f"A fair estimate in the head ({_percent(points)} of all who entered Desire); "
                "but simulate it, and count.",
            ),
        ),
        f"Hint: fs.simulate(workshop.vary({RAISED}), seed={SEED}), then customers after "
        "less customers today.",
        f"{after} instead of {today}: the same leads came, and {after - today} who had narrowly "
        "said no now say yes.",
    )


def a_seed_of_your_own() -> Exercise:
    changes = tuple(CHAIN.items())
    leads = _journal(*changes).leads
    bought = leads.outcome == "customer"
    friends = leads.channel == FRIENDS
    right = float(bought[friends].mean())
    of_customers = float(friends[bought].mean())
    return Exercise(
        "01.8",
        "A chain of twenty such workshops, a seed of your own: what is the overall conversion of "
        "the leads that came by recommendation?",
        right,
        between_seeds(right, int(friends.sum())),
        (
            Mistake(
                float(bought.mean()),
                "That is the overall conversion of all leads; "
                "take those who came by recommendation.",
            ),
            Mistake(float(bought[~friends].mean()), "Those are the leads from search ads."),
            Mistake(
                of_customers,
                "You divided by the customers: that is the share of customers who came by "
                "recommendation. Divide by the leads who did.",
            ),
            Mistake(1 - right, "That is the share that did not buy."),
        ),
        f'Hint: keep the rows where channel is "{FRIENDS}", then customers among them ÷ all '
        "of them.",
        f"With our seed it is {right:.3f}; another seed gives another number, but with so many "
        "leads never a very different one.",
        is_share=True,
    )


EXERCISES: dict[str, Callable[[], Exercise]] = {
    "01.1": rate_of_a_stage,
    "01.2": weakest_stage,
    "01.3": overall_conversion,
    "01.4": open_leads,
    "01.5": leads_for_sales,
    "01.6": half_have_decided,
    "01.7": one_rate_raised,
    "01.8": a_seed_of_your_own,
}
