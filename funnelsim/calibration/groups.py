"""What sets channels and owners apart: odds ratios, small ones drawn toward the whole.

At each stage a lead of a group advances with the odds of the stage times those of its group, the
same at every stage. Leads that are open count by how likely they will advance, given their age.
The groups' log odds are taken as normal about 0 with a variance that is estimated too, so that a
group of which little is known is taken as like the others: empirical Bayes, as in N. E. Breslow and
D. G. Clayton, "Approximate inference in generalized linear mixed models", Journal of the American
Statistical Association 88, 1993 (penalized quasi-likelihood).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from funnelsim.calibration.stages import StageFit
from funnelsim.distributions import Floats, Ints

ROUNDS = 60
FEW = 10  # of those who advanced, or of the others: Peduzzi et al. (1996)
LEAST_VARIANCE, AT_FIRST = 1e-4, 0.25  # of log odds
FLAT = 1e4  # a variance that draws nothing anywhere


def group_odds(fits: list[StageFit], column: str, groups: list[str]) -> pd.DataFrame:
    """A row per group: odds_ratio (drawn toward the whole, against the first group) with the se of
    its log, log (against the whole) with its se, seen (the ratio as it is seen, drawn nowhere),
    visits, advanced, expected.

    `expected` is how many of its visits have advanced or are expected to.
    """
    codes = _codes(fits, column, groups)
    entered, will, settled = _counts(fits, codes, np.zeros(len(groups)))
    log, se, variance = np.zeros(len(groups)), np.full(len(groups), np.nan), AT_FIRST
    base = _base(will, entered)
    for _ in range(ROUNDS if len(groups) > 1 else 0):
        before = log
        entered, will, settled = _counts(fits, codes, log)
        base, log, se = _step(base, log, variance, entered, will, settled)
        variance = max(float(np.mean(log**2 + se**2)), LEAST_VARIANCE)
        if np.abs(log - before).max() < 1e-5:
            break
    raw = np.zeros(len(groups))
    for _ in range(ROUNDS if len(groups) > 1 else 0):
        before = raw
        more, likely, sure = _counts(fits, codes, raw)
        base, raw, _ = _step(base, raw, FLAT, more, likely, sure)
        raw = np.clip(raw, -10, 10)
        if np.abs(raw - before).max() < 1e-6:
            break
    advanced = sum(
        (s.visits[s.visits["fate"] == "advanced"].groupby(column).size()).reindex(groups).fillna(0)
        for s in fits
    )
    table = pd.DataFrame(index=pd.Index(groups, name=column))
    table["odds_ratio"] = np.exp(log - log[0])
    table["log"], table["se"] = log, se
    table["se_of_log"] = np.append(np.nan, np.hypot(se[1:], se[0]))
    table["seen"] = np.exp(raw - raw[0])
    table["visits"], table["advanced"] = entered.sum(axis=0), advanced
    table["expected"] = will.sum(axis=0)
    return table


def base_conversions(conversions: Floats, log: Floats, entered: Floats) -> Floats:
    """The conversion of each stage for a lead whose log odds are 0, if so many of each group enter
    it and together advance as `conversions` says: shapes (..., stages), (..., groups),
    (stages, groups) -> (..., stages).
    """
    share = entered / np.maximum(entered.sum(axis=1, keepdims=True), 1e-12)
    inside = np.clip(conversions, 1e-9, 1 - 1e-9)
    place = np.log(inside / (1 - inside))
    for _ in range(30):
        p = 1 / (1 + np.exp(-(place[..., None] + log[..., None, :])))
        off = (p * share).sum(axis=-1) - inside
        place = place - np.clip(off / np.maximum((p * (1 - p) * share).sum(axis=-1), 1e-12), -2, 2)
    return np.asarray(1 / (1 + np.exp(-place)))


def _codes(fits: list[StageFit], column: str, groups: list[str]) -> list[Ints]:
    """The number of its group for each visit to each stage; -1: of none of them."""
    place = pd.Index(groups)
    return [place.get_indexer(pd.Index(stage.visits[column])) for stage in fits]


def _counts(fits: list[StageFit], codes: list[Ints], log: Floats) -> tuple[Floats, Floats, Floats]:
    """How many of each group entered each stage, how many of them advance, those expected to among
    them, and how much of that is not known (a variance): shape (stages, groups) each."""
    shape = len(fits), len(log)
    entered, will, unsure = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for row, (stage, of_group) in enumerate(zip(fits, codes, strict=True)):
        there = of_group >= 0
        which = of_group[there]
        fate, age = stage.visits["fate"].to_numpy()[there], stage.visits["age"].to_numpy()[there]
        chance = (fate == "advanced").astype(float)
        is_open = fate == "open"
        if is_open.any():
            likely, not_ = stage.fates.still(age[is_open])
            likely = likely * np.exp(log[which[is_open]])
            chance[is_open] = likely / np.maximum(likely + not_, 1e-300)
        entered[row] = np.bincount(which, minlength=len(log))
        will[row] = np.bincount(which, chance, minlength=len(log))
        unsure[row] = np.bincount(which, chance * (1 - chance), minlength=len(log))
    return entered, will, unsure


def _base(will: Floats, entered: Floats) -> Floats:
    share = (will.sum(axis=1) + 0.5) / (entered.sum(axis=1) + 1)
    return np.asarray(np.log(share / (1 - share)))


def _step(
    base: Floats, log: Floats, variance: float, entered: Floats, will: Floats, unsure: Floats
) -> tuple[Floats, Floats, Floats]:
    """A Newton step of the stages' and the groups' log odds, and the latter's errors."""
    stages, groups = entered.shape
    p = 1 / (1 + np.exp(-(base[:, None] + log)))
    off, weight = will - entered * p, entered * p * (1 - p)
    matrix = np.zeros((stages + groups, stages + groups))
    matrix[:stages, :stages] = np.diag(weight.sum(axis=1) + 1e-6)
    matrix[:stages, stages:], matrix[stages:, :stages] = weight, weight.T
    matrix[stages:, stages:] = np.diag(weight.sum(axis=0) + 1 / variance)
    uphill = np.concatenate([off.sum(axis=1), off.sum(axis=0) - log / variance])
    change = np.clip(np.linalg.solve(matrix, uphill), -2, 2)
    known = np.maximum(weight - unsure, 0.02 * weight)  # less what the open ones do not tell
    se = 1 / np.sqrt(known.sum(axis=0) + 1 / variance)
    return base + change[:stages], log + change[stages:], np.asarray(se)


def entered_by(fits: list[StageFit], column: str, groups: list[str]) -> Floats:
    """How many of each group entered each stage: shape (stages, groups)."""
    counts = [stage.visits[column].value_counts().reindex(groups).fillna(0) for stage in fits]
    return np.array(counts, dtype=float)
