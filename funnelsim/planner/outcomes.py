"""What the planned scenario brings and needs, as tables: its results, stages, channels and sales,
CAC and payback, and how late is too late.

Read from some replications of the planned scenario, told as means (and quantiles, of results).
Commission (a share of the first order, and `cost_per_sale`) depends on what becomes of the leads,
so it is read from the same futures. Where leads do not wait for one another a channel's commission
is in proportion to its leads; elsewhere some futures say what it would be with others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels, whole_days
from funnelsim.analytic.costs import cost_of_channels, costs_by_sale
from funnelsim.analytic.time_to_sale import entries, shares_of_channels
from funnelsim.distributions import DAY, Floats, Ints, duration_text
from funnelsim.errors import FunnelSimError
from funnelsim.experiment.chunks import of_each
from funnelsim.journal import NEVER, NEW, OPEN_DEAL, Journal
from funnelsim.metrics.basis import divided, ratio, sales
from funnelsim.metrics.money import channel_costs, left_by_orders, money, sale_costs
from funnelsim.planner.answer import QUANTILES, Deadline, Solved
from funnelsim.planner.closed_form import by_law
from funnelsim.planner.futures import FEW, Futures, all_results, part_of, together
from funnelsim.planner.levers import Lever, is_full, is_paid, leads_at
from funnelsim.planner.parameter_uncertainty import may_be
from funnelsim.planner.question import Question
from funnelsim.planner.search import UNBIASED
from funnelsim.scenario import Scenario
from funnelsim.scenario.values import REFERRAL

if TYPE_CHECKING:
    import pandas as pd

LEADS, FEWEST = 120_000, 20  # simulated in all; replications at least
SETTINGS = 5  # of the lever, at which commission is simulated
SOME, LEADS_AT_A_SETTING = (3, 10), 20_000  # replications there, and leads in all
SURE = 3.0  # standard errors: a smaller loss may be chance
LEADS_IN_TIME = 60_000  # simulated for how late is too late
IN_VAIN = 0.05  # of the winners: if only so many still get there in time, it is too late


@dataclass(frozen=True)
class Outcomes:
    """What the planned scenario brings: tables and figures of a `Plan` by their names there, and
    the mean number of `sales`."""

    outcome: pd.DataFrame
    stages: pd.DataFrame
    channels: pd.DataFrame
    per_sale: pd.DataFrame
    cac: float
    payback_days: float
    deadline: Deadline
    sales: float


def outcomes(
    question: Question, solved: Solved, planned: Scenario, parts: float, futures: Futures
) -> Outcomes:
    """All of that, of the scenario `planned`; told by one of so many `parts` of it."""
    moved, x = solved.lever, solved.x
    scenarios = [planned]
    if question.uncertainty is not None:
        made = may_be(moved.scenario, question.uncertainty)
        scenarios = [replace(moved, scenario=scenario).at(x) for scenario in made]
    seen = see(scenarios, futures, parts)
    is_law = solved.method == "formula"
    results, entered = seen.results, seen.entered
    if not is_law:  # the curve's mean is of more futures
        known_mean = np.interp(x, solved.curve["setting"], solved.curve["mean"])
        results = agreed(results, question.metric, float(known_mean))
    elif question.uncertainty is None:  # a formula knows what replications tell by chance
        entered = entries(planned)
    outcome = outcome_table(results)
    _correct(outcome, question, solved, planned)
    sold = seen.channels[:, 0].mean(axis=0)
    if is_law:
        sold = outcome.loc["sales", "mean"] * shares_of_channels(planned)
    by_channel = per_sale(planned, seen.channels, sold)
    commission = by_channel.eval("sales * commission").fillna(0.0).to_numpy()
    return Outcomes(
        outcome=outcome,
        stages=stages_required(planned, entered),
        channels=channels_required(question.today, planned, commission[: len(planned.channels)]),
        per_sale=by_channel,
        cac=seen.cac,
        payback_days=seen.payback_days,
        deadline=deadline(part_of(planned, parts), futures),
        sales=float(results["sales"].mean()),
    )


def to_come(part: Scenario, futures: Futures) -> int:
    """How many replications that takes, about."""
    in_all = ((LEADS, FEWEST), (LEADS_IN_TIME, FEW))
    return sum(futures.replications_for(part, *leads) for leads in in_all)


# --- results ----------------------------------------------------------------------------------


def _correct(outcome: pd.DataFrame, question: Question, solved: Solved, planned: Scenario) -> None:
    """Puts into the table what formula or search know better than these few replications."""
    names, found = list(QUANTILES), solved.found
    if solved.method == "formula":
        for metric in {"sales", question.metric}:
            about = outcome.loc[metric, names].tolist()
            outcome.loc[metric] = by_law(question, planned, metric, about)
        if question.metric == "revenue":  # nobody orders twice, where there is a formula
            outcome.loc["revenue of first orders"] = outcome.loc["revenue"]
    elif found.results is not None:  # those of the search: others would contradict the chance
        ps = QUANTILES.values()
        told = [float(np.quantile(found.results, p, method=UNBIASED)) for p in ps]
        told = [math.floor(v + 1e-9) for v in told] if question.metric == "sales" else told
        outcome.loc[question.metric, names] = told


@dataclass(frozen=True)
class Seen:
    """What replications of the planned scenario showed.

    `results` has a row per replication; `entered` the mean first entries of each stage; `cac` the
    cost of winning a customer; `payback_days` how long until a customer's orders have paid for it;
    `channels` what `commission.of_channels` says of each replication.
    """

    results: pd.DataFrame
    entered: Floats
    cac: float
    payback_days: float
    channels: Floats


def see(scenarios: Sequence[Scenario], futures: Futures, parts: float = 1.0) -> Seen:
    """Simulates the planned scenario some times: several, where each may be the true one; or one of
    so many `parts` of each, of which the whole is told.
    """
    import pandas as pd

    simulated = [part_of(scenario, parts) for scenario in scenarios]
    count = futures.replications_for(simulated[0], LEADS, FEWEST)
    count = -(-count // len(scenarios)) * len(scenarios)  # as many of each
    told = futures.among(partial(of_each, _seen), simulated, range(count))
    rows, came, entered, spent, ages, channels = zip(*told, strict=True)
    results = pd.DataFrame(rows)
    cac = divided(sum(spent) / 100, float(results["sales"].sum()))
    results = together(results, parts, len(scenarios))
    # how many leads come is known, so the stages need not tell by chance (a ratio estimate)
    known = float(leads_of_channels(scenarios[0]).sum()) / np.mean(came) if np.any(came) else 1.0
    by_stage = np.mean(entered, axis=0) * known
    return Seen(results, by_stage, cac, _payback(ages, cac), np.array(channels))


def _seen(journal: Journal) -> tuple[dict[str, float], int, Floats, int, Floats | None, Floats]:
    """Results, leads that came, entries of each stage, cents spent to win customers, what orders
    leave by age, and sales and costs of the channels.
    """
    t = journal.whole["leads"]
    came = int(np.sum((t["kind"] == NEW) & (t["arrived"] >= journal.scenario.warm_up)))
    ages = _left_by_age(journal) if journal.scenario.order is not None else None
    spent, entered, channels = money(journal), _entered(journal), of_channels(journal)
    return all_results(journal, spent), came, entered, int(spent.acquisition[0]), ages, channels


def _entered(journal: Journal) -> Floats:
    """Leads that entered each stage since the warm-up, each counted once."""
    visits = journal.whole["stage_visits"]
    first = (visits["attempt"] == 0) & (visits["entered"] >= journal.scenario.warm_up)
    # deals that are open at the start are where they are, and do not enter there
    kind = journal.whole["leads"]["kind"][visits["lead"]]
    first &= (kind != OPEN_DEAL) | (visits["entered"] > 0)
    stages = len(journal.scenario.stages)
    return np.bincount(visits["stage"][first], minlength=stages).astype(float)


def agreed(results: pd.DataFrame, metric: str, mean: float) -> pd.DataFrame:
    """The results with one metric's mean as it is known from more futures, and the others with what
    goes together with that (a control variate)."""
    about, varies = results.cov()[metric], float(results[metric].var())
    if not varies:
        return results
    return results + about / varies * (mean - float(results[metric].mean()))


def outcome_table(results: pd.DataFrame) -> pd.DataFrame:
    """A row per result: its `mean`, and the quantiles `10%`, `50%` and `90%` of single futures."""
    quantiles = {name: results.quantile(p) for name, p in QUANTILES.items()}
    table = results.mean().to_frame("mean").assign(**quantiles)
    return table.rename_axis("result")


# --- when a customer has paid for itself ------------------------------------------------------


def _left_by_age(journal: Journal) -> Floats:
    """By days since the first order: what orders leave before CAC, and customers seen so long."""
    scenario, days = journal.scenario, journal.scenario.days + 1
    t, customer = journal.whole["orders"], journal.whole["leads"]["customer"]
    of, numbers = customer[t["lead"]], journal.order_numbers
    first = np.full(len(customer), NEVER, dtype=np.int64)
    first[of[numbers == 1]] = t["placed"][numbers == 1]
    counted = first[of] >= scenario.warm_up  # NEVER is before
    age = (t["placed"][counted] - first[of[counted]]) // DAY
    left = np.bincount(age, left_by_orders(journal)[counted] / 100, days)
    seen = (scenario.horizon - first[first >= scenario.warm_up]) // DAY
    exposed = np.bincount(seen, minlength=days)[::-1].cumsum()[::-1]
    return np.array([left, exposed])


def _payback(ages: Sequence[Floats | None], cac: float) -> float:
    """Days after the first order until the mean customer's orders have paid the CAC; NaN: never.

    What orders of an age leave is divided by the customers seen for so long.
    """
    known = [age for age in ages if age is not None]
    if not known or not math.isfinite(cac):
        return math.nan
    left, exposed = np.sum(known, axis=0)
    earned = np.cumsum(np.divide(left, exposed, out=np.zeros_like(left), where=exposed > 0))
    paid = np.flatnonzero(earned >= cac)
    return float(paid[0]) if len(paid) else math.nan


# --- stages and channels ----------------------------------------------------------------------


def stages_required(scenario: Scenario, entered: Floats) -> pd.DataFrame:
    """A row per stage: `entered` (leads, in all), `per_day`, and the share that got from each to
    the next within the time (`went_on`)."""
    import pandas as pd

    went_on = np.append([divided(b, a) for a, b in pairwise(entered)], np.nan)
    index = pd.Index([stage.name for stage in scenario.stages], name="stage")
    days = max(whole_days(scenario), 1)
    columns = {"entered": entered, "per_day": entered / days, "went_on": went_on}
    return pd.DataFrame(columns, index=index)


def channels_required(today: Scenario, planned: Scenario, commission: Floats) -> pd.DataFrame:
    """A row per channel: leads a day `today` and `planned`, `leads` and `cost` in all, how much of
    that is `commission` on the sales, its `ceiling` a day (NaN: none), whether the plan has reached
    it (`full`), and whether a lead or a sale of it costs something (`paid`)."""
    import pandas as pd

    days = max(whole_days(planned), 1)
    leads = leads_of_channels(planned)
    ceilings = np.array(
        [np.nan if c.ceiling is None else c.ceiling for c in planned.channels], dtype=float
    )
    return pd.DataFrame(
        {
            "today": leads_of_channels(today) / days,
            "planned": leads / days,
            "leads": leads,
            "cost": cost_of_channels(planned) + commission,
            "commission": commission,
            "ceiling": ceilings,
            "full": is_full(today, planned),
            "paid": [is_paid(channel, planned) for channel in planned.channels],
        },
        index=pd.Index([channel.name for channel in planned.channels], name="channel"),
    )


# --- what a sale leaves and costs -------------------------------------------------------------


def of_channels(journal: Journal) -> Floats:
    """Of each channel since the warm-up: its sales, their commission, what all orders of these
    customers leave, and what it cost to win them (both before reps and days of channels).

    Amounts in currency; shape (4, channels), "referral" last where customers bring leads.
    """
    leads, (table, sold) = journal.whole["leads"], sales(journal)
    lead, costs = journal.whole[table]["lead"], channel_costs(journal)[0]
    count = np.bincount(leads["channel"][lead[sold]], minlength=len(costs))
    commission = np.zeros(len(costs))
    commission[: len(journal.scenario.channels)] = sale_costs(journal)[0]
    left = np.zeros(len(costs))
    if journal.scenario.order is not None:
        won = np.zeros(len(leads["key"]), dtype=bool)
        won[leads["customer"][lead[sold]]] = True
        theirs = won[leads["customer"][lead]]
        left += np.bincount(
            leads["channel"][lead[theirs]], left_by_orders(journal)[theirs], len(costs)
        )
    return np.array([count, commission / 100, left / 100, costs / 100])


def per_sale(scenario: Scenario, seen: Floats, sales: Floats) -> pd.DataFrame:
    """A row per channel, "referral" among them: `sales` on average, what one of them `leaves`
    within the time (all orders of the customer) and `costs` to win, in currency, how much of that
    is `commission`, and whether it `loses`: more than chance may be. NaN and False where nothing is
    sold.

    `seen` holds `of_channels` of each replication, `sales` are those that are told of each channel.
    """
    import pandas as pd

    names = [channel.name for channel in scenario.channels]
    names += [REFERRAL] if scenario.referral else []
    sold, commission, left, cost = seen.sum(axis=0)
    each = [seen[:, :, [number]] for number in range(len(names))]
    columns = {
        "sales": sales,
        "leaves": ratio(left, sold, where=scenario.order is not None),
        "costs": ratio(cost, sold),
        "commission": ratio(commission, sold),
        "loses": [scenario.order is not None and is_loss(one) for one in each],
    }
    return pd.DataFrame(columns, index=pd.Index(names, name="channel"))


def is_loss(seen: Floats) -> bool:
    """Whether the sales of these channels lose money on average, by more than may be chance."""
    left = (seen[:, 2] - seen[:, 3]).sum(axis=1)
    error = left.std(ddof=1) / len(left) ** 0.5 if len(left) > 1 else 0.0
    return bool(seen[:, 0].any() and left.mean() < -SURE * error)


def along(
    moved: Lever, settings: Sequence[float], x: float, planned: Floats, futures: Futures
) -> Floats:
    """The commission at settings of a lever of leads; `planned` is that of each channel at x."""
    scenario = moved.scenario
    if not any(costs_by_sale(channel, scenario) for channel in scenario.channels):
        return np.zeros(len(settings))
    if x and futures.initial is None and not any(stage.follow_up for stage in scenario.stages):
        each = ratio(planned, leads_of_channels(moved.at(x)))  # of a lead; NaN where there is none
        found: Floats = np.nansum(each * leads_at(moved, np.array(settings)), axis=1)
        return found
    tried = np.unique([x, *np.linspace(min(settings), max(settings), SETTINGS)])
    means = [_mean(moved.at(float(s)), futures) for s in tried]
    here = means[int(np.searchsorted(tried, x))]
    known = float(planned.sum()) / here if here else 1.0  # a ratio estimate: of the same customers
    return known * np.interp(settings, tried, means)


def _mean(scenario: Scenario, futures: Futures) -> float:
    """The commission on average, by some futures: the same ones at every setting."""
    leads = max(float(leads_of_channels(scenario).sum()), 1.0)
    count = int(np.clip(LEADS_AT_A_SETTING / leads, *SOME))
    return float(np.mean(futures.of(partial(of_each, _in_all), scenario, range(count))))


def _in_all(journal: Journal) -> float:
    return float(sale_costs(journal).sum() / 100)


# --- how late is too late ---------------------------------------------------------------------


def deadline(scenario: Scenario, futures: Futures) -> Deadline:
    """From the lead times of those who win, simulated up to twice the horizon."""
    longer = scenario.vary({"horizon": duration_text(2 * scenario.horizon)})
    unknown = Deadline(math.nan, math.nan, math.nan)
    try:
        told = replace(futures, initial=None).of(
            partial(of_each, partial(_lead_times, until=scenario.horizon)),
            longer,
            range(futures.replications_for(longer, LEADS_IN_TIME, FEW)),
        )
    except FunnelSimError:  # in twice the time referrals may be an avalanche
        return unknown
    arrived, lead_time = (np.concatenate(column) for column in zip(*told, strict=True))
    if not len(arrived):
        return unknown
    half, last = scenario.horizon - np.quantile(lead_time, [0.5, IN_VAIN])
    counts = arrived >= scenario.warm_up
    in_time = (arrived + lead_time < scenario.horizon)[counts].mean() if counts.any() else np.nan
    return Deadline(float(half) / DAY, float(last) / DAY, float(in_time))


def _lead_times(journal: Journal, until: int) -> tuple[Ints, Ints]:
    """When the winners among the leads arrived, until some moment, and how long each took."""
    visits, leads = journal.whole["stage_visits"], journal.whole["leads"]
    at_goal = visits["stage"] == len(journal.scenario.stages) - 1
    lead, won = visits["lead"][at_goal], visits["entered"][at_goal]
    arrived = leads["arrived"][lead]
    counted = (leads["kind"][lead] == NEW) & (arrived < until)
    return arrived[counted], (won - arrived)[counted]
