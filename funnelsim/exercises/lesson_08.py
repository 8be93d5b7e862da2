"""The exercises of lesson 08, channels and budgets: the pottery workshop and its advertising.

Nothing is typed in: every answer is computed from the scenarios and the seed that the notebook
states. Autumn is simulated with the next seed, since other people come.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from funnelsim.engines import simulate
from funnelsim.exercises.entry import Exercise, Mistake
from funnelsim.exercises.workshop import KEPT, SEED
from funnelsim.journal import Journal
from funnelsim.metrics import channels_table, summary
from funnelsim.metrics.groups import OVERALL
from funnelsim.metrics.mix import mix_and_rate
from funnelsim.scenario import Scenario, load

if TYPE_CHECKING:
    import pandas as pd

# --- the workshop of lesson 01, which advertises --------------------------------------------------

SPRING: dict[str, Any] = {
    "name": "Pottery workshop, spring",
    "horizon": "90 days",
    "channels": [
        {"name": "search ads", "leads_per_day": 16, "cost_per_lead": 2.4},
        {"name": "social ads", "leads_per_day": 10, "cost_per_lead": 0.9, "odds_ratio": 0.45},
    ],
    "teams": [{"name": "sales", "reps": 1, "cost_per_rep_day": 40}],
    "stages.Attention.conversion": 0.45,
    "stages.Interest.conversion": 0.65,
    "stages.Interest.follow_up": {
        "team": "sales",
        "handling_time": {"exponential": {"mean": "90 min"}},
        "patience": {"exponential": {"mean": "2 days"}},
        "response_half_life": "1 day",
    },
    "stages.Desire.conversion": 0.40,
}
AUTUMN: dict[str, Any] = {
    "channels.social ads.leads_per_day": 30,
    "stages.Attention.conversion": 0.50,
    "stages.Desire.conversion": 0.43,
    "teams.sales.reps": 2,
}
MORE: dict[str, Any] = {"channels.search ads.leads_per_day": 32}
DAYS = 90
SMALL = 256  # tables, which are: those of the seeds that people type
WAGES = SPRING["teams"][0]["cost_per_rep_day"] * DAYS
SEARCH, SOCIAL = "search ads", "social ads"


@cache
def spring() -> Scenario:
    return load("aida").vary(SPRING)


@lru_cache(3 * KEPT)
def _journal(seed: int, what: str = "spring") -> Journal:
    changes = {"spring": {}, "autumn": AUTUMN, "more": MORE}[what]
    return simulate(spring().vary(changes), seed=seed, progress=False)


@lru_cache(SMALL)
def _channels(seed: int, what: str = "spring") -> pd.DataFrame:
    return channels_table(_journal(seed, what))


@lru_cache(SMALL)
def _figures(seed: int, what: str = "spring") -> pd.Series:
    return summary(_journal(seed, what))


@lru_cache(SMALL)
def _taken_apart(seed: int) -> pd.DataFrame:
    return mix_and_rate(_journal(seed), _journal(seed + 1, "autumn"))


# --- the exercises --------------------------------------------------------------------------------


def cheap_click() -> Exercise:
    cheap, dear = 0.90 / 0.018, 2.40 / 0.08
    return Exercise(
        "08.1",
        "How many times as much does a customer by way of the cheap click cost as one by way of "
        "the dear click?",
        cheap / dear,
        2,
        (
            Mistake(dear / cheap, "Wrong way round: the cheap click's customer ÷ the other's."),
            Mistake(0.90 / 2.40, "Those are the clicks; how many of them does a customer take?"),
            Mistake(0.08 / 0.018, "That is how many more clicks it takes; they cost less, too."),
            Mistake(cheap, "That is what the one costs; how many times the other is it?"),
            Mistake(dear, "That is what a customer by way of the dear click costs."),
            Mistake(cheap - dear, "That is the difference; how many times as much is it?"),
            Mistake(
                0.90 * 0.018 / (2.40 * 0.08),
                "You multiplied; the fewer of the clicks buy, the more clicks a customer takes.",
            ),
        ),
        (
            "how many clicks does it take until one of them buys?",
            "cost per customer = cost per click ÷ conversion; then divide the two.",
            "`(0.90 / 0.018) / (2.40 / 0.08)`",
        ),
        f"{cheap:.0f} EUR against {dear:.0f}: a click for less than half the price, and a customer "
        "who costs more.",
        "times",
    )


def all_that_it_costs(seed: int = SEED) -> Exercise:
    figures, table = _figures(seed), _channels(seed)
    sales, clicks = int(table["sales"].sum()), float(table["cost"].sum())
    right = float(figures["cac"])
    return Exercise(
        "08.2",
        "What did it cost to win a customer in spring, all in all?",
        right,
        1,
        (
            Mistake(clicks / sales, "Those are the clicks; the rep has to be paid, too."),
            Mistake(WAGES / sales, "That is the rep alone; the clicks have to be paid, too."),
            Mistake(
                (clicks + WAGES) / figures["leads"],
                "That is for each lead; most of them did not buy.",
            ),
            Mistake(
                (clicks + WAGES) / figures["orders"],
                "You divided by all orders; with the repeat orders nobody new is won.",
            ),
            Mistake(float(table["cac"].mean()), "That is the mean of both channels' clicks."),
            Mistake(
                float(table["cac"].sum()),
                "You added two averages up; add the costs up, and divide by all customers.",
            ),
            Mistake(clicks + WAGES, "That is the whole cost; how many customers has it won?"),
        ),
        (
            "everything that was spent to win them, ÷ first orders.",
            f"(cost of the clicks + {DAYS} days of the rep) ÷ sales.",
            f"`(channels.cost.sum() + {DAYS} * 40) / channels.sales.sum()`",
        ),
        f"({clicks:,.0f} for clicks + {WAGES:,} for the rep) ÷ {sales}. The advertising platforms "
        f"would have told you {clicks / sales:.1f}.",
        "EUR",
        seed,
    )


@lru_cache(SMALL)
def _hours(seed: int) -> pd.Series:
    """Hours of calls by channel, up to the last day."""
    journal = _journal(seed)
    calls = journal.follow_ups
    hours = 24 * (calls["finished"].fillna(DAYS) - calls["started"])
    channel = journal.leads["channel"].loc[calls["lead"]].to_numpy()
    return hours.groupby(channel, observed=True).sum()


def with_the_rep(seed: int = SEED) -> Exercise:
    table, hours = _channels(seed), _hours(seed)
    its, sales = table.loc[SOCIAL], table["sales"]
    by_time = hours[SOCIAL] / hours.sum()

    def cac(share: float) -> float:
        return float((its["cost"] + WAGES * share) / its["sales"])

    right, other = cac(by_time), table.loc[SEARCH]
    of_search = float((other["cost"] + WAGES * (1 - by_time)) / other["sales"])
    return Exercise(
        "08.3",
        "With the rep's wages shared out by the hours of calls, what does a customer by way of "
        "social ads cost?",
        right,
        1,
        (
            Mistake(float(its["cac"]), "Those are the clicks; the hours of the rep cost, too."),
            Mistake(
                cac(its["leads"] / table["leads"].sum()),
                "You shared the wages out by leads; many of them were never called.",
            ),
            Mistake(
                cac(its["sales"] / sales.sum()),
                "You shared the wages out by customers; those who did not buy took time, too.",
            ),
            Mistake(cac(1.0), "All of the wages are in it; most hours went to search ads."),
            Mistake(cac(0.5), "You halved the wages; the channels did not take as many hours."),
            Mistake(
                cac(hours[SOCIAL] / (24 * DAYS)),
                "The hours in which the rep waited are left out; they are paid, too. Divide by "
                "all hours of calls.",
            ),
            Mistake(of_search, "That is a customer by way of search ads."),
            Mistake(
                (its["cost"] + WAGES * by_time) / its["leads"], "That is a lead, not a customer."
            ),
        ),
        (
            "of all hours that the rep spent on calls, which share went to leads of social ads?",
            "(cost of its clicks + wages × its share of the hours) ÷ its sales.",
            "`calls = journal.follow_ups`, "
            f"`hours = (calls.finished.fillna({DAYS}) - calls.started)"
            ".groupby(calls.lead.map(journal.leads.channel), observed=True).sum()`, then "
            f'`(channels.cost["social ads"] + {WAGES} * hours["social ads"] / hours.sum())'
            ' / channels.sales["social ads"]`',
        ),
        f"{its['cac']:.1f} EUR of clicks, and {by_time:.0%} of the rep for "
        f"{int(its['sales'])} customers. One by way of search ads costs {of_search:.1f}.",
        "EUR",
        seed,
    )


def same_rates(seed: int = SEED) -> Exercise:
    table = _taken_apart(seed)
    each, whole = table.drop(OVERALL), table.loc[OVERALL]
    right = float((each["rate_before"] * each["share_after"]).sum())
    return Exercise(
        "08.4",
        "If each channel had converted in autumn as it did in spring, what would the conversion "
        "of all leads have been?",
        right,
        4,
        (
            Mistake(
                float((each["rate_after"] * each["share_before"]).sum()),
                "Wrong way round: those are autumn's rates and spring's leads.",
            ),
            Mistake(
                float(each["rate_before"].mean()),
                "That is the mean of both rates; there are more leads of one channel.",
            ),
            Mistake(whole["rate_before"], "That is spring itself, with spring's leads."),
            Mistake(whole["rate_after"], "That is autumn itself, with autumn's rates."),
            Mistake(
                right - whole["rate_before"],
                "That is by how much it would have changed; what would it have been?",
            ),
            Mistake(
                whole["rate_before"] + whole["mix_effect"],
                "Nearly. You added the mix effect, which is valued at the mean of both seasons' "
                "rates; the question is at those of spring.",
            ),
        ),
        (
            "spring's conversion of each channel, autumn's share of each among the leads.",
            "the sum over the channels of rate in spring × share in autumn.",
            '`t = fs.mix_and_rate(journal, autumn).drop("overall")`, then '
            "`(t.rate_before * t.share_after).sum()`",
        ),
        f"{whole['rate_before']:.1%} in spring, {right:.1%} with autumn's leads, "
        f"{whole['rate_after']:.1%} in autumn.",
        "share",
        seed,
    )


def rate_effect(seed: int = SEED) -> Exercise:
    table = _taken_apart(seed)
    each, whole = table.drop(OVERALL), table.loc[OVERALL]
    right, mix = float(whole["rate_effect"]), float(whole["mix_effect"])
    change = each["rate_after"] - each["rate_before"]
    return Exercise(
        "08.5",
        "By how much did the rates alone change the conversion from spring to autumn?",
        right,
        4,
        (
            Mistake(mix, "That is the mix: what the other leads did."),
            Mistake(mix + right, "That is both together, the mix and the rates."),
            Mistake(-right, "Right in size, but wrong way round: autumn less spring."),
            Mistake(
                float(change.mean()),
                "That is the mean of both channels' changes; weight them by their leads.",
            ),
            Mistake(float(change.sum()), "You added the changes up; weight them by their leads."),
            Mistake(
                float((change * each["share_before"]).sum()),
                "You weighted with spring's shares; the question is at the mean of both seasons'.",
            ),
            Mistake(
                float((change * each["share_after"]).sum()),
                "You weighted with autumn's shares; the question is at the mean of both seasons'.",
            ),
        ),
        (
            "the change of each channel's rate, weighted by the mean of its two shares.",
            "the sum over the channels of (rate after - rate before) × mean of the shares.",
            '`fs.mix_and_rate(journal, autumn).rate_effect["overall"]`',
        ),
        f"{100 * right:+.2f} points by the rates, {100 * mix:+.2f} by the mix: "
        f"{100 * (mix + right):+.2f} in all.",
        "share",
        seed,
    )


def one_more(seed: int = SEED) -> Exercise:
    now, then = _channels(seed), _channels(seed, "more")
    cost = float(then["cost"].sum() - now["cost"].sum())
    sales = int(then["sales"].sum() - now["sales"].sum())
    own = int(then["sales"][SEARCH] - now["sales"][SEARCH])
    right, average = cost / sales, float(_figures(seed, "more")["cac"])
    return Exercise(
        "08.6",
        "With twice as many search ads, the same customers: what does each further customer cost?",
        right,
        1,
        (
            Mistake(average, "That is the average of all; what do the further ones cost?"),
            Mistake(float(_figures(seed)["cac"]), "That is the average in spring, as it was."),
            Mistake(
                cost / own,
                "You counted search ads alone. Others had to wait, and some of them are lost.",
            ),
            Mistake(float(then["cac"][SEARCH]), "That is the average of all search ads' clicks."),
            Mistake(float(now["cac"][SEARCH]), "That is what one has cost in clicks so far."),
            Mistake(float(sales), "That is how many more there are; what did each of them cost?"),
            Mistake(
                (cost + WAGES) / sales,
                "The rep's wages are the same in both; they are not what the further ones cost.",
            ),
        ),
        (
            "let the same spring pass once more, with 32 search leads a day.",
            "(cost then - cost now) ÷ (sales then - sales now), of the whole workshop.",
            f"`more = fs.channels_table(fs.simulate(spring.vary({{"
            f'"channels.search ads.leads_per_day": 32}}), seed={seed}))`, then '
            "`(more.cost - channels.cost).sum() / (more.sales - channels.sales).sum()`",
        ),
        f"{cost:,.0f} EUR more, {sales} customers more. The average of all is {average:.1f}.",
        "EUR",
        seed,
    )


EXERCISES: dict[str, Callable[..., Exercise]] = {
    "08.1": cheap_click,
    "08.2": all_that_it_costs,
    "08.3": with_the_rep,
    "08.4": same_rates,
    "08.5": rate_effect,
    "08.6": one_more,
}
