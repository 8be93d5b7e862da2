"""How students answer the exercises: by every right method, and by mistakes that are made.

Worked out here anew, from the journals of what the notebooks state, by the public functions, a
plain simulation in NumPy or SciPy's distributions, and not by what the check knows. Each way takes
a seed: the question's, or the student's own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

import funnelsim as fs
from funnelsim.exercises import lesson_03, lesson_06
from funnelsim.exercises.lesson_01 import CHAIN
from funnelsim.exercises.workshop import journal_of, pottery

Ways = dict[str, Any]
SEASONS = 1_000  # as the notebook asks for, at least


# --- the worlds, simulated once for the check and for these ways ----------------------------------


def workshop(seed: int) -> fs.Journal:
    return journal_of(seed)


def chain(seed: int) -> fs.Journal:
    return journal_of(seed, *CHAIN.items())


def to_order_with(reps: int, seed: int) -> fs.Journal:
    return lesson_03._journal(seed, reps)


def year(seed: int, with_card: bool = True) -> fs.Journal:
    return lesson_06._journal(seed, *(() if with_card else (lesson_06.WITHOUT,)))


def in_stage(seed: int, stage: str) -> pd.DataFrame:
    visits = workshop(seed).stage_visits
    return visits[visits.stage == stage]


# --- 01 -------------------------------------------------------------------------------------------


def rate(seed: int) -> tuple[Ways, Ways]:
    table, outcome = fs.funnel_table(workshop(seed)), in_stage(seed, "Interest").outcome
    right = {
        "table": table.advanced["Interest"] / table.entered["Interest"],
        "visits": (outcome == "advanced").mean(),
        "next stage": len(in_stage(seed, "Desire")) / len(outcome),
    }
    wrong = {
        "of decided": (outcome[outcome != "open"] == "advanced").mean(),
        "of all leads": (outcome == "advanced").sum() / len(workshop(seed).leads),
        "who advanced or is open": (outcome != "lost").mean(),
    }
    return right, wrong


def weakest(seed: int) -> tuple[Ways, Ways]:
    visits = workshop(seed).stage_visits.query("stage != 'Action'")
    rates = (visits.outcome == "advanced").groupby(visits.stage, observed=True).mean()
    return {"visits": rates.idxmin(), "a row": rates.nsmallest(1).index}, {"best": rates.idxmax()}


def overall(seed: int) -> tuple[Ways, Ways]:
    outcome = workshop(seed).leads.outcome
    figures, table = fs.summary(workshop(seed)), fs.funnel_table(workshop(seed))
    right = {
        "leads": (outcome == "customer").mean(),
        "product": table.conversion_rate_of_entered.dropna().prod(),
        "summary": figures.overall_conversion,
    }
    wrong = {"of decided": (outcome[outcome != "open"] == "customer").mean()}
    return right, wrong


def of_decided(seed: int) -> tuple[Ways, Ways]:
    outcome = in_stage(seed, "Desire").outcome
    right = {"visits": (outcome[outcome != "open"] == "advanced").mean()}
    wrong = {
        "of entered": (outcome == "advanced").mean(),
        "odds": (outcome == "advanced").sum() / (outcome == "lost").sum(),
    }
    return right, wrong


def leads_needed(seed: int) -> tuple[Ways, Ways]:
    share = (workshop(seed).leads.outcome == "customer").mean()
    right = {"exact": 50 / share, "whole": np.ceil(50 / share), "rounded": 50 / round(share, 3)}
    return right, {"times": 50 * share, "percent": 0.5 / share, "last": 50 / of_last(seed)}


def of_last(seed: int) -> float:
    return float((in_stage(seed, "Desire").outcome == "advanced").mean())


def half(seed: int) -> tuple[Ways, Ways]:
    visits = in_stage(seed, "Desire")
    days, waited = visits.decided - visits.entered, visits.decided.fillna(60) - visits.entered
    longer = fs.simulate(pottery().vary({"horizon": "160 days"}), seed=seed, progress=False)
    same = longer.stage_visits.query("stage == 'Desire' and entered < 60")
    right = {
        "Kaplan-Meier": kaplan_meier(waited.to_numpy(), days.notna().to_numpy()),
        "watched on": (same.decided - same.entered).median(),
        "who came early": days[visits.entered < 30].fillna(np.inf).median(),
        "of the scenario": 8 / np.sqrt(2),  # lognormal with mean 8 and cv 1
    }
    wrong = {"of decided": days.median(), "until now": waited.median(), "mean": days.mean()}
    return right, wrong


def kaplan_meier(waited: np.ndarray, has_decided: np.ndarray) -> float:
    """Step by step, as in a textbook: at each decision 1/n of those at risk leave."""
    left = 1.0
    for moment in np.sort(waited[has_decided]):
        left *= 1 - 1 / (waited >= moment).sum()
        if left <= 0.5:
            return float(moment)
    raise AssertionError("half of them never decide")


def raised(seed: int) -> tuple[Ways, Ways]:
    after = pottery().vary({"stages.Desire.conversion": 0.5})
    today = fs.summary(workshop(seed)).customers
    both = fs.compare({"today": pottery(), "after": after}, 2, seed=seed, progress=False).table
    right = {
        "summaries": fs.summary(fs.simulate(after, seed=seed, progress=False)).customers - today,
        "compare": both.customers["after", 0] - both.customers["today", 0],
    }
    return right, {"both": today + right["compare"], "shrinks": -right["compare"]}


def own_seed(seed: int) -> tuple[Ways, Ways]:
    leads = chain(seed).leads
    bought, friends = leads.outcome == "customer", leads.channel == "recommendation"
    ended = leads.outcome != "open"
    exact = bought[friends].mean()
    right = {
        "leads": exact,
        "three digits": round(exact, 3),
        "channels": fs.channels_table(chain(seed)).overall_conversion["recommendation"],
        "percent": f"{exact:.1%}",
    }
    wrong = {
        "of decided": bought[friends & ended].mean(),
        "all": bought.mean(),
        "all decided": bought[ended].mean(),
        "ads": bought[~friends].mean(),
        "of customers": friends[bought].mean(),
    }
    return right, wrong | {f"{name}, rounded": round(wrong[name], 3) for name in wrong}


# --- 01b: programs, as students write them --------------------------------------------------------


def thinks(seed: int) -> tuple[Ways, Ways]:
    def by_hand(env, thinks, convinced, log):
        yield env.timeout(thinks)
        if convinced:
            log.append(("advanced", env.now))
        else:
            log.append(("lost", env.now))

    def sleeps(env, hours):
        yield env.timeout(hours)

    def in_parts(env, thinks, convinced, log):
        then = env.now + thinks
        yield from sleeps(env, thinks)
        log += [(("lost", "advanced")[convinced], then)]

    def as_a_process(env, thinks, convinced, log):
        yield env.process(sleeps(env, thinks))
        log.append(("Advanced" if convinced else "Lost", env.now))

    def no_yield(env, thinks, convinced, log):
        env.timeout(thinks)
        log.append(("advanced", env.now))

    def not_waited_for(env, thinks, convinced, log):
        env.timeout(thinks)
        yield env.timeout(0)
        log.append(("advanced" if convinced else "lost", env.now))

    def of_numbers(env, thinks, convinced, log):
        yield thinks

    def endless(env, thinks, convinced, log):
        while env.now < thinks:
            env.timeout(1)
        yield env.timeout(0)

    right = {"by hand": by_hand, "yield from": in_parts, "a process": as_a_process}
    wrong = [no_yield, not_waited_for, of_numbers, endless, sleeps]
    return right, {way.__name__: way for way in wrong}


def calls(seed: int) -> tuple[Ways, Ways]:
    def in_the_result(env, reps, patience, talks, log):
        came, rep = env.now, reps.request()
        result = yield rep | env.timeout(patience)
        if rep in result:
            log.append(("served", env.now - came))
            yield env.timeout(talks)
            reps.release(rep)
        else:
            rep.cancel()
            log.append(("gone cold", patience))

    def noted_afterwards(env, reps, patience, talks, log):
        came = env.now
        with reps.request() as rep:
            yield env.any_of([rep, env.timeout(patience)])
            waited, got = env.now - came, rep.processed
            if got:
                yield env.timeout(talks)
        log.append(("served" if got else "gone cold", waited))

    def request_not_waited_for(env, reps, patience, talks, log):
        came = env.now
        with reps.request():
            log.append(("served", env.now - came))
            yield env.timeout(talks)

    def talks_after_release(env, reps, patience, talks, log):
        came = env.now
        with reps.request() as rep:
            yield rep | env.timeout(patience)
            log.append(("served" if rep.triggered else "gone cold", env.now - came))
        yield env.timeout(talks)

    def patience_asked(env, reps, patience, talks, log):
        came, over = env.now, env.timeout(patience)
        with reps.request() as rep:
            yield rep | over
            if over.triggered:
                log.append(("gone cold", env.now - came))
                return
            log.append(("served", env.now - came))
            yield env.timeout(talks)

    def from_the_start(env, reps, patience, talks, log):
        with reps.request() as rep:
            yield rep | env.timeout(patience)
            log.append(("served" if rep.triggered else "gone cold", env.now))
            if rep.triggered:
                yield env.timeout(talks)

    right = {"the result": in_the_result, "afterwards": noted_afterwards}
    wrong = [request_not_waited_for, talks_after_release, patience_asked, from_the_start]
    return right, {way.__name__: way for way in wrong}


def firms(seed: int) -> tuple[Ways, Ways]:
    def by_numpy(which: int, days: float) -> list[float]:
        """Without SimPy: who comes takes the rep who is free first, or leaves."""
        draw = np.random.default_rng(which)
        comes = np.cumsum(draw.exponential(24 / 160, int(8 * days * 24)))
        free, waits, count = [0.0, 0.0, 0.0], [], 0
        for moment in comes[comes < 24 * days - 2]:
            wait = max(0.0, min(free) - moment)
            count += 1
            if wait <= 2:
                waits.append(wait)
                free[free.index(min(free))] = moment + wait + draw.exponential(2 / 3)
        return [float(np.mean(waits)), 1 - len(waits) / count]

    def unseeded(which: int, days: float) -> list[float]:
        return by_numpy(np.random.SeedSequence().entropy, days)

    wrong: Ways = {
        "days": lambda which, days: [by_numpy(which, days)[0] / 24, by_numpy(which, days)[1]],
        "one number": lambda which, days: by_numpy(which, days)[0],
        "one seed": lambda which, days: by_numpy(1, days),
        "unseeded": unseeded,
        "turned round": lambda which, days: by_numpy(which, days)[::-1],
    }
    return {"NumPy": by_numpy}, wrong


# --- 02: the seed is that of a simulation in NumPy, of leads that come by chance ------------------


def enough(seed: int) -> tuple[Ways, Ways]:
    sales = np.random.default_rng(seed).poisson(750 * 0.08, SEASONS)
    right = {
        "Poisson": stats.poisson.sf(59, 60),
        "binomial": stats.binom.sf(59, 750, 0.08),
        "normal": stats.norm.sf(59.5, 60, np.sqrt(60)),
        "simulated": (sales >= 60).mean(),
    }
    return right, {
        "more than": stats.poisson.sf(60, 60),
        "too few": stats.poisson.cdf(59, 60),
        "nine in ten": 0.9,
    }


def nine_in_ten(seed: int) -> tuple[Ways, Ways]:
    needed = leads_until_60(np.random.default_rng(seed), SEASONS, np.full(SEASONS, 0.08))
    right = {
        "simulated": np.quantile(needed, 0.9),
        "Poisson": POISSON,
        "binomial": BINOMIAL,
        "normal": ((1.2816 + np.sqrt(1.2816**2 + 4 * 59.5)) / 2) ** 2 / 0.08,
    }
    wrong = {
        "99 in 100": np.quantile(needed, 0.99),
        "95 in 100": POISSON_95,
        "half": np.median(needed),
        "by 0.9": 750 / 0.9,
    }
    return right, wrong


def leads_until_60(draw: np.random.Generator, seasons: int, rate: np.ndarray) -> np.ndarray:
    """How many leads it takes for 60 sales, where sales come by chance at this rate."""
    return draw.gamma(60, size=seasons) / rate


def first(least: int, chance: Callable[[int], float], sure: float = 0.9) -> int:
    return next(n for n in range(least, 5_000) if chance(n) >= sure)


BINOMIAL = first(850, lambda n: stats.binom.sf(59, n, 0.08))
POISSON = first(850, lambda n: stats.poisson.sf(59, 0.08 * n))
POISSON_95 = first(900, lambda n: stats.poisson.sf(59, 0.08 * n), 0.95)
UNSURE = first(990, lambda n: stats.betabinom.sf(59, n, 21, 231))
UNSURE_JEFFREYS = first(990, lambda n: stats.betabinom.sf(59, n, 20.5, 230.5))


def not_knowing(seed: int) -> tuple[Ways, Ways]:
    draw, many = np.random.default_rng(seed), 10 * SEASONS
    sure, unsure = np.full(many, 0.08), draw.beta(21, 231, many)
    right = {
        "simulated": np.quantile(leads_until_60(draw, many, unsure), 0.9)
        - np.quantile(leads_until_60(draw, many, sure), 0.9),
        "beta-binomial": UNSURE - BINOMIAL,
        "Jeffreys' prior": UNSURE_JEFFREYS - BINOMIAL,
        "two plans": 1_006 - 876,
    }
    return right, {"all": 1_006, "above the usual sum": 1_006 - 750, "none": 0}


def money(seed: int) -> tuple[Ways, Ways]:
    draw, logs = np.random.default_rng(seed), np.sqrt(np.log1p(0.75**2))
    sizes = draw.lognormal(np.log(40) - logs**2 / 2, logs, size=(10 * SEASONS, 200)).cumsum(axis=1)
    sales = (sizes < 2_400).sum(axis=1) + 1
    right = {
        "simulated": np.quantile(draw.gamma(sales) / 0.08, 0.9),
        "normal": (1.2816 * 1.25 / 2 + np.sqrt((1.2816 * 1.25 / 2) ** 2 + 60)) ** 2 / 0.08,
    }
    return right, {"sales": 876, "usual": 750, "EUR": 2_400 / 0.08}


def deals(seed: int) -> tuple[Ways, Ways]:
    sold = np.random.default_rng(seed).binomial(30, 0.32, SEASONS)
    return {"sum": 30 * 0.32, "simulated": sold.mean()}, {"both": 30 * 0.08, "before": 30 * 0.25}


# --- 03 -------------------------------------------------------------------------------------------


def wait(seed: int) -> tuple[Ways, Ways]:
    calls = to_order_with(2, seed).follow_ups
    days = (calls.started - calls.queued).dropna()
    right = {way: 24 * days.quantile(0.9, way) for way in ("linear", "lower", "higher", "nearest")}
    right |= {"NumPy": np.quantile(24 * days, 0.9), "rounded": round(24 * days.quantile(0.9), 1)}
    wrong = {"days": days.quantile(0.9), "mean": 24 * days.mean(), "median": 24 * days.median()}
    return right, wrong | {"in nine hours": 24 * days.quantile(0.75)}


def cold(seed: int) -> tuple[Ways, Ways]:
    outcome = to_order_with(2, seed).follow_ups.outcome
    right = {
        "outcomes": (outcome[outcome != "open"] == "gone cold").mean(),
        "summary": fs.summary(to_order_with(2, seed)).share_gone_cold,
    }
    wrong = {"odds": (outcome == "gone cold").sum() / (outcome == "served").sum()}
    return right, wrong | {"of leads": (outcome == "gone cold").sum() / 1_160}


def busy(seed: int) -> tuple[Ways, Ways]:
    calls = to_order_with(2, seed).follow_ups
    right = {
        "days": (calls.finished.fillna(60) - calls.started).sum() / 120,
        "summary": fs.summary(to_order_with(2, seed))["utilisation: sales"],
    }
    return right, {"of one": 2 * right["days"], "idle": 1 - right["days"]}


def four_reps(seed: int) -> tuple[Ways, Ways]:
    hours = {
        reps: 24 * fs.summary(to_order_with(reps, seed)).mean_response_days for reps in (2, 3, 4)
    }
    calls = to_order_with(4, seed).follow_ups
    right = {"summary": hours[4], "calls": 24 * (calls.started - calls.queued).mean()}
    return right, {"halved": hours[2] / 2, "three": hours[3], "today": hours[2]}


def profit(seed: int) -> tuple[Ways, Ways]:
    two, three = (fs.summary(to_order_with(reps, seed)) for reps in (2, 3))
    right = {
        "profit": three.profit - two.profit,
        "by hand": three.contribution - two.contribution - 60 * 60,
        "as a text": f"{three.profit - two.profit:,.2f} EUR",
    }
    return right, {"free": three.contribution - two.contribution, "cost": -3_600}


def three_calls(seed: int) -> tuple[Ways, Ways]:
    return {"all missed": 1 - 0.6**3, "one by one": 0.4 + 0.6 * 0.4 + 0.6**2 * 0.4}, {"added": 1.2}


# --- 06 -------------------------------------------------------------------------------------------


def revenue_by_key(seed: int, with_card: bool = True) -> pd.DataFrame:
    journal = year(seed, with_card)
    table = fs.customer_lifetime_value(journal)
    return table.set_index(journal.leads.loc[table.index, "key"].to_numpy())


def members(seed: int) -> tuple[Ways, Ways]:
    table, orders = fs.customer_lifetime_value(year(seed)), year(seed).orders
    mean = table.groupby("member").revenue.mean()
    paid = orders.paid.groupby(orders.tier.notna()).sum() / table.member.value_counts()
    right = {"means": mean[True] - mean[False], "orders": paid[True] - paid[False]}
    return right, {"one": mean[True], "all": paid[True] * table.member.mean() - paid[False]}


def with_and_without(seed: int, figure: str) -> float:
    return fs.summary(year(seed))[figure] - fs.summary(year(seed, False))[figure]


def revenue(seed: int) -> tuple[Ways, Ways]:
    right = {
        "summaries": with_and_without(seed, "revenue"),
        "orders": year(seed).orders.paid.sum() - year(seed, False).orders.paid.sum(),
    }
    right["as a text"] = f"{right['orders']:,.0f}"
    gap = members(seed)[0]["means"]
    count = fs.customer_lifetime_value(year(seed)).member.sum()
    return right, {"members less others": gap * count, "each": with_and_without(seed, "arpu")}


def anyway(seed: int) -> tuple[Ways, Ways]:
    now, then = revenue_by_key(seed), revenue_by_key(seed, False).revenue
    who, others = now.index[now.member], now.index[~now.member]
    gap = now.revenue[who].mean() - now.revenue[others].mean()
    without = then.reindex(who).mean()
    right = {
        "members without it": (without - now.revenue[others].mean()) / gap,
        "the gap without it": (without - then.reindex(others).mean()) / gap,
        "what it made": 1 - (now.revenue[who].mean() - without) / gap,
    }
    return right, {"made": (now.revenue[who].mean() - without) / gap, "all": without / gap}


def contribution(seed: int) -> tuple[Ways, Ways]:
    right = {"summaries": with_and_without(seed, "contribution")}
    return right, {
        "revenue": with_and_without(seed, "revenue"),
        "no cost a day": right["summaries"] + 730,
    }


def points_of(seed: int) -> pd.Series:
    return year(seed).points.groupby("kind", observed=False).points.sum()


def breakage(seed: int) -> tuple[Ways, Ways]:
    points, count = year(seed).points, points_of(seed)
    old = points.points[(points.kind == "earned") & (points.time < 185)].sum()
    right = {"points": count["expired"] / old, "summary": fs.summary(year(seed)).breakage}
    return right, {"of all": count["expired"] / count["earned"], "others": 1 - right["points"]}


def owed(seed: int) -> tuple[Ways, Ways]:
    count = points_of(seed)
    still_open = count["earned"] - count["redeemed"] - count["expired"]
    right = {"sum": 0.05 * still_open, "liability": fs.points_liability(year(seed))}
    right["as a text"] = f"{right['sum']:,.2f} €"
    return right, {"points": still_open, "with the expired": right["sum"] + 0.05 * count["expired"]}


def always(right: float, **wrong: float) -> Callable[[int], tuple[Ways, Ways]]:
    return lambda seed: ({"sum": right}, wrong)


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "01.1": rate, "01.2": weakest, "01.3": overall, "01.4": of_decided, "01.5": leads_needed,
    "01.6": half, "01.7": raised, "01.8": own_seed,
    "02.1": always(60 / 0.25 / 0.32, visits=240, percent=7.5), "02.2": enough,
    "02.3": nine_in_ten, "02.4": not_knowing, "02.5": money,
    "02.6": always(45, end=60, thinking=15), "02.7": deals,
    "03.1": wait, "03.2": cold, "03.3": busy, "03.4": four_reps, "03.5": profit,
    "03.6": three_calls,
    "01b.1": thinks, "01b.2": calls, "01b.3": firms,
    "06.1": members, "06.2": revenue, "06.3": anyway, "06.4": contribution, "06.5": breakage,
    "06.6": owed,
}  # fmt: skip


@cache
def ways(number: str, seed: int) -> tuple[Ways, Ways]:
    """Answers by right methods and by mistakes, by the name of the way."""
    return WAYS[number](seed)
