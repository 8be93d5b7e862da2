"""Lesson 08: channels and budgets."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import funnelsim as fs
from funnelsim.exercises import lesson_08
from ways_to_answer.ways import Ways


@cache
def counts(seed: int, season: str = "spring") -> tuple[dict[str, int], dict[str, int]]:
    """Leads and customers by channel, counted in the leads' table."""
    leads = lesson_08._journal(seed + (season == "autumn"), season).leads
    won = leads[leads.outcome == "customer"].channel.value_counts()
    return leads.channel.value_counts().to_dict(), won.to_dict()


def clicks(seed: int, season: str = "spring") -> dict[str, float]:
    leads, _ = counts(seed, season)
    return {"search ads": 2.4 * leads["search ads"], "social ads": 0.9 * leads["social ads"]}


def cheap_click(seed: int) -> tuple[Ways, Ways]:
    right = {"clicks for a customer": (0.9 * 1000 / 18) / (2.4 * 100 / 8), "rounded": 1.67}
    return right, {"clicks": 0.375, "other way": 0.6}


def cac(seed: int) -> tuple[Ways, Ways]:
    _, won = counts(seed)
    all_of_it = sum(clicks(seed).values()) + 90 * 40
    right = {
        "by hand": all_of_it / sum(won.values()),
        "summary": fs.summary(lesson_08._journal(seed)).cac,
    }
    wrong = {"clicks": sum(clicks(seed).values()) / sum(won.values())}
    return right, wrong | {"of leads": all_of_it / sum(counts(seed)[0].values())}


def with_the_rep(seed: int) -> tuple[Ways, Ways]:
    journal = lesson_08._journal(seed)
    _, won = counts(seed)
    calls = journal.follow_ups.dropna(subset="started").fillna({"finished": 90.0})
    days, channel = dict.fromkeys(clicks(seed), 0.0), journal.leads.channel.tolist()
    for lead, taken in zip(calls.lead, calls.finished - calls.started, strict=True):
        days[channel[lead]] += taken
    share = days["social ads"] / sum(days.values())
    right = {"call by call": (clicks(seed)["social ads"] + 3600 * share) / won["social ads"]}
    return right, {"clicks": clicks(seed)["social ads"] / won["social ads"]}


def conversions(seed: int) -> tuple[dict[str, float], ...]:
    """Shares and rates of spring, shares and rates of autumn."""
    found = []
    for season in ("spring", "autumn"):
        leads, won = counts(seed, season)
        found.append({name: n / sum(leads.values()) for name, n in leads.items()})
        found.append({name: won[name] / n for name, n in leads.items()})
    return tuple(found)


def same_rates(seed: int) -> tuple[Ways, Ways]:
    then, rates, now, rates_now = conversions(seed)
    right = sum(now[name] * rates[name] for name in now)
    wrong = sum(then[name] * rates_now[name] for name in now)
    return {"by hand": right, "per cent": f"{100 * right:.4f} %"}, {"other way": wrong}


def rates_alone(seed: int) -> tuple[Ways, Ways]:
    then, rates, now, rates_now = conversions(seed)
    change = {name: rates_now[name] - rates[name] for name in now}
    right = sum(change[name] * (then[name] + now[name]) / 2 for name in now)
    whole = sum(now[n] * rates_now[n] - then[n] * rates[n] for n in now)
    mix = sum((now[n] - then[n]) * (rates[n] + rates_now[n]) / 2 for n in now)
    return {"by hand": right, "what is left": whole - mix}, {"mix": mix, "all": whole}


def one_more(seed: int) -> tuple[Ways, Ways]:
    now, then = (lesson_08._journal(seed, what) for what in ("spring", "more"))
    of = {what: clicks(seed, what)["search ads"] for what in ("spring", "more")}
    more = [sum(counts(seed, what)[1].values()) for what in ("spring", "more")]
    totals = [fs.summary(j).cac * fs.channels_table(j).sales.sum() for j in (now, then)]
    right = {
        "clicks": (of["more"] - of["spring"]) / (more[1] - more[0]),
        "all costs": (totals[1] - totals[0]) / (more[1] - more[0]),
    }
    return right, {"average": totals[1] / more[1]}


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "08.1": cheap_click, "08.2": cac, "08.3": with_the_rep, "08.4": same_rates,
    "08.5": rates_alone, "08.6": one_more,
}  # fmt: skip
