"""Retention carried on past what was seen: fits of the two models that a scenario simulates.

    fit = fs.fit_retention([1000, 869, 743, 653, 593, 551, 517, 491])   # still there, year by year
    fit.survival(12)                                                    # and after twelve
    fs.fit_retention(journal)                                           # customers of a simulation
    fs.fit_retention(fs.repeat_buying(journal))                         # or of a shop

A subscription is known to have ended: `ShiftedBetaGeometric`. In a shop nobody says goodbye, so
who is still a customer can only be told by chance: `BgNbd`. Both are fitted by maximum likelihood.
"""

from __future__ import annotations

from typing import Any

from funnelsim.arguments import a_choice, refused
from funnelsim.journal import Journal
from funnelsim.retention import bg_nbd, shifted_beta_geometric
from funnelsim.retention.bg_nbd import BgNbd
from funnelsim.retention.seen import COLUMNS, counted, renewals, repeat_buying
from funnelsim.retention.shifted_beta_geometric import ShiftedBetaGeometric

__all__ = ["BgNbd", "ShiftedBetaGeometric", "fit_retention", "repeat_buying"]

MODELS = (ShiftedBetaGeometric.name, BgNbd.name)


def fit_retention(
    data: Any, model: str | None = None, until: float | None = None
) -> ShiftedBetaGeometric | BgNbd:
    """A model of retention, fitted to what was seen, that says how it goes on.

    `data` is a list of how many customers of a cohort were still there after each period (several
    lists, or a table with a row for each cohort; NaN for what was not seen yet), for the
    shifted-beta-geometric model; a table with `frequency`, `recency` and `T` (`fs.repeat_buying`),
    for BG/NBD; or a Journal, of which `until` a day is read (left out: to the end). Its scenario
    says which `model` is meant if none is named: with a constant gap "shifted-beta-geometric", else
    "BG/NBD". Both suppose that nobody changes: what happens later follows from who is left.
    BG/NBD takes who never ordered again for slow, not for gone, as in a scenario whose
    `dropout_after` is "first repeat".

    Returns a `ShiftedBetaGeometric` or a `BgNbd`, with `parameters`, `survival` or
    `expected_repeats`, `lifetime_value`, `in_scenario`. Raises FunnelSimError for counts that rise,
    for customers who cannot be, and where what was seen tells nothing.

    >>> fit = fit_retention([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> round(fit.alpha, 3), round(fit.beta, 3), round(float(fit.survival(12)), 3)
    (0.668, 3.806, 0.378)
    """
    if isinstance(data, Journal):
        model = a_choice("model", _model_of(data) if model is None else model, MODELS)
        if model == BgNbd.name:
            return bg_nbd.fit(repeat_buying(data, until))
        return shifted_beta_geometric.fit(renewals(data, until))
    if until is not None:
        raise refused("until", until, "it is a day of a Journal", "leave it out")
    is_table = set(COLUMNS) <= set(getattr(data, "columns", ()))
    model = a_choice("model", MODELS[is_table] if model is None else model, MODELS)
    if model == BgNbd.name:
        return bg_nbd.fit(data)
    return shifted_beta_geometric.fit(counted(data))


def _model_of(journal: Journal) -> str:
    scenario = journal.scenario
    retention = scenario.retention
    is_constant = retention is not None and retention.gap.constant is not None
    closes_later = scenario.order is not None and bool(scenario.order.payments)
    return MODELS[0] if is_constant and not closes_later else MODELS[1]
