"""The pottery workshop, about which lessons 01 and 03 ask (and 06, in a year of its own)."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from funnelsim.engines import simulate
from funnelsim.journal import Journal
from funnelsim.metrics import funnel_table
from funnelsim.scenario import Scenario, load

if TYPE_CHECKING:
    import pandas as pd

SEED = 11  # the one that the notebooks state

# The notebook makes the same with fs.load("aida").vary({...}).
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
DAYS = 60
KEPT = 16  # journals: those of a lesson for one seed, and some


@cache
def pottery() -> Scenario:
    return load("aida").vary(POTTERY)


@lru_cache(KEPT)
def journal_of(seed: int, *changes: tuple[str, Any]) -> Journal:
    return simulate(pottery().vary(dict(changes)), seed=seed, progress=False)


@lru_cache(KEPT)
def funnel(seed: int, *changes: tuple[str, Any]) -> pd.DataFrame:
    return funnel_table(journal_of(seed, *changes))


def customers(seed: int, *changes: tuple[str, Any]) -> int:
    return int((journal_of(seed, *changes).leads.outcome == "customer").sum())
