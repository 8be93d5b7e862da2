"""The exercises of lesson 01, reading a funnel: what a pottery workshop's funnel tells.

Nothing here is typed in: every answer, right or wrong, is computed from the scenario and the seed
that the notebook states.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from funnelsim.exercises.entry import Exercise, Mistake, between_seeds, rounded_to
from funnelsim.exercises.half_have_decided import half_have_decided
from funnelsim.exercises.workshop import POTTERY, SEED, customers, funnel, journal_of, pottery

RAISED = {"stages.Desire.conversion": 0.5}
CHAIN = {
    "channels.search ads.leads_per_day": 320,
    "channels.recommendation.leads_per_day": 80,
}
FRIENDS = "recommendation"
SALES = 50
PROMISED = "That is what the scenario promises; the question is what was simulated."


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


# --- the exercises --------------------------------------------------------------------------------


def rate_of_a_stage(seed: int = SEED) -> Exercise:
    table = funnel(seed)
    interest, desire = table.loc["Interest"], table.loc["Desire"]
    return Exercise(
        "01.1",
        "What share of the leads that entered Interest went on to Desire?",
        interest.conversion_rate_of_entered,
        3,
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
            Mistake(POTTERY["stages.Interest.conversion"], PROMISED),
        ),
        (
            'what a rate is divided by stands behind "of" in the question.',
            "advanced ÷ entered, both from the row of Interest.",
            '`table.advanced["Interest"] / table.entered["Interest"]`',
        ),
        f"{interest.advanced} of the {interest.entered} who entered Interest went on.",
        "share",
        seed,
    )


def weakest_stage(seed: int = SEED) -> Exercise:
    table = funnel(seed)
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
        (
            "a stage is weak where few go on of those who come, however many come.",
            "the smallest advanced ÷ entered of the three stages before the goal.",
            "`(table.advanced / table.entered).iloc[:3].idxmin()`",
        ),
        f"Only {_percent(rates[right])} of those who entered {right} went on, "
        f"although {most_lost} lost more leads.",
        seed=seed,
    )


def overall_conversion(seed: int = SEED) -> Exercise:
    table = funnel(seed)
    rates = table.conversion_rate_of_entered.dropna()
    leads, bought = table.entered.iloc[0], table.entered.iloc[-1]
    planned = [float(stage.conversion or 0) for stage in pottery().stages[:-1]]
    return Exercise(
        "01.3",
        "What is the overall conversion: the share of all leads that became customers?",
        bought / leads,
        3,
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
                bought / (bought + table.lost.sum()),
                "You divided by the leads that have bought or are lost; all leads includes the "
                "open ones.",
            ),
            Mistake(prod(planned), PROMISED),
        ),
        (
            "of all who ever came, those who came to the end.",
            "customers ÷ leads, the last number of the column entered ÷ the first.",
            '`table.entered["Action"] / table.entered["Attention"]`',
        ),
        f"{bought} of {leads} leads; the three stages' rates, multiplied, give the same.",
        "share",
        seed,
    )


def open_leads(seed: int = SEED) -> Exercise:
    table = funnel(seed)
    desire = table.loc["Desire"]
    return Exercise(
        "01.4",
        "Of the leads whose time in Desire has ended, what share bought?",
        desire.conversion_rate_of_decided,
        3,
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
            Mistake(
                desire.advanced / desire.lost,
                "You divided by those lost; those who bought have ended their time, too.",
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
            Mistake(POTTERY["stages.Desire.conversion"], PROMISED),
        ),
        (
            "whoever is still open has not ended their time in Desire.",
            "advanced ÷ (advanced + lost), from the row of Desire.",
            '`d = table.loc["Desire"]`, then `d.advanced / (d.advanced + d.lost)`',
        ),
        f"{desire.advanced} of {desire.advanced + desire.lost} decided; {desire.open} leads are "
        "still open and may yet go either way.",
        "share",
        seed,
    )


def leads_for_sales(seed: int = SEED) -> Exercise:
    table = funnel(seed)
    rates = table.conversion_rate_of_entered.dropna()
    overall = table.entered.iloc[-1] / table.entered.iloc[0]
    right = SALES / overall

    def instead(answer: float, named: str) -> Mistake:
        return Mistake(answer, named, 0.005 * answer)

    return Exercise(
        "01.5",
        "With that overall conversion, how many leads does it take, on average, "
        f"for {SALES} sales?",
        right,
        0,
        (
            instead(
                SALES * overall, "You multiplied; there must be more leads than sales, so divide."
            ),
            instead(SALES / rates.iloc[-1], "You divided by the last stage's rate alone."),
            instead(SALES / rates.iloc[0], "You divided by the first stage's rate alone."),
            instead(SALES / rates.sum(), "You divided by the sum of the rates."),
            instead(SALES / rates.mean(), "You divided by the mean of the rates."),
            instead(SALES / (100 * overall), "You divided by percent; divide by the share."),
            instead(
                SALES * (1 - overall) / overall,
                "Those are the leads that will be lost; the buyers were leads, too.",
            ),
        ),
        (
            "of every hundred leads some buy; how many hundreds does it take?",
            f"leads × overall conversion = {SALES}; solve for the leads.",
            f'`{SALES} / (table.entered["Action"] / table.entered["Attention"])`',
        ),
        f"{SALES} ÷ {overall:.3f} is about {right:,.0f}; that is an average, "
        "so in about half of all cases it takes more.",
        "leads",
        seed,
        slack=max(1.0, right * rounded_to(3) / overall),  # divided by a share of three decimals
    )


def one_rate_raised(seed: int = SEED) -> Exercise:
    desire, ((path, raised),) = funnel(seed).loc["Desire"], RAISED.items()
    today, after = customers(seed), customers(seed, (path, raised))
    planned = POTTERY[path]
    points = round(raised - planned, 6)
    return Exercise(
        "01.7",
        f"Raise the conversion of Desire to {raised} for the same customers (same seed): "
        "how many more customers?",
        after - today,
        0,
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
                customers(seed, (path, round(planned * (1 + points), 6))) - today,
                f"You raised it by {_percent(points)} of itself; "
                f"from {_percent(planned)} to {_percent(raised)} it rises by points.",
            ),
            Mistake(
                customers(seed, (path, points)) - today,
                "You set the conversion to the difference; set it to the new value.",
            ),
            Mistake(
                customers(seed, ("stages.Interest.conversion", raised)) - today,
                "You changed Interest; the question is about Desire.",
            ),
            Mistake(
                int(points * desire.entered + 0.5),
                f"A fair estimate in the head ({_percent(points)} of all who entered Desire); "
                "but simulate it, and count.",
            ),
            *(
                Mistake(
                    customers(other, (path, raised)) - today,
                    f"You compared two different crowds: after with seed {other}, today with "
                    f"{seed}.",
                )
                for other in (1, 0)
                if other != seed
            ),
        ),
        (
            "let the same leads come once more, and change nothing but that one rate.",
            "customers after less customers today, both with the same seed.",
            f"`fs.summary(fs.simulate(raised, seed={seed})).customers - "
            "fs.summary(journal).customers`",
        ),
        f"{after} instead of {today}: the same leads came, and {after - today} who had narrowly "
        "said no now say yes.",
        "customers",
        seed,
    )


def a_seed_of_your_own(seed: int = SEED) -> Exercise:
    leads = journal_of(seed, *CHAIN.items()).leads
    bought, has_ended = leads.outcome == "customer", leads.outcome != "open"
    friends = leads.channel == FRIENDS
    right = float(bought[friends].mean())
    return Exercise(
        "01.8",
        "A chain of twenty such workshops, a seed of your own: what is the overall conversion of "
        "the leads that came by recommendation?",
        right,
        3,
        (
            Mistake(
                float(bought[friends & has_ended].mean()),
                "You divided by those who have bought or are lost; the open leads came, too.",
            ),
            Mistake(
                float(bought.mean()),
                "That is the overall conversion of all leads; "
                "take those who came by recommendation.",
            ),
            Mistake(
                float(bought[has_ended].mean()),
                "That is of all leads that have bought or are lost; take those who came by "
                "recommendation, the open ones, too.",
            ),
            Mistake(float(bought[~friends].mean()), "Those are the leads from search ads."),
            Mistake(
                float(friends[bought].mean()),
                "You divided by the customers: that is the share of customers who came by "
                "recommendation. Divide by the leads who did.",
            ),
            Mistake(1 - right, "That is the share that did not buy."),
        ),
        (
            "it is 01.3 once more, for some of the leads.",
            "customers among the leads by recommendation ÷ all leads by recommendation.",
            f"`friends = chain_journal.leads.query(\"channel == '{FRIENDS}'\")`, then "
            '`(friends.outcome == "customer").mean()`',
        ),
        f"With seed {seed} it is {right:.3f}; another seed gives another number, but with so many "
        "leads never a very different one.",
        "share",
        seed,
        between_seeds=between_seeds(right, int(friends.sum())),
    )


EXERCISES: dict[str, Callable[..., Exercise]] = {
    "01.1": rate_of_a_stage,
    "01.2": weakest_stage,
    "01.3": overall_conversion,
    "01.4": open_leads,
    "01.5": leads_for_sales,
    "01.6": half_have_decided,
    "01.7": one_rate_raised,
    "01.8": a_seed_of_your_own,
}
