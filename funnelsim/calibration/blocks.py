"""Resamples of an export by weeks of arrival: leads of one week have much in common.

Each resample gives each week a random weight (D. B. Rubin, "The Bayesian bootstrap", Annals of
Statistics 9, 1981), which leaves no week out altogether: of a short export that would be half of
what is known. The weights are spread so that the mean of few weeks has the error of Student's t.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from funnelsim.distributions import Floats

FEWEST = 8  # weeks; of fewer, days are taken, and of fewer days each lead by itself
FEW = 4  # blocks whose spread says nothing
DRAWS = 200


def blocks(created: pd.Series) -> pd.Series:
    """The number of the week (of few weeks: the day; of few days: the lead) of each lead."""
    first = created.min().normalize()
    days = (created.dt.normalize() - first).dt.days
    for found in (days // 7, days):
        numbers = pd.Series(pd.factorize(found, sort=True)[0], index=created.index)
        if numbers.max() + 1 >= FEWEST:
            return numbers
    return pd.Series(np.arange(len(created)), index=created.index)


def weights(count: int, draws: int, chance: np.random.Generator) -> Floats:
    """A row of weights per resample, of mean 1: shape (draws, count)."""
    from scipy.stats import t

    if count < FEW:
        return np.ones((draws, count))
    wider = t.ppf(0.975, count - 1) / 1.96
    found = chance.gamma((count - 2) / count / wider**2, size=(draws, count))
    return np.asarray(found / np.maximum(found.mean(axis=1, keepdims=True), 1e-12))
