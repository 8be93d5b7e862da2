"""The models of a stage, weighed: which families of times, and whether losses are told.

Each pair of families of winners' and losers' times, and one time for both, is fitted
(`mixture.py`), where losses are marked both with and without a silent share. Models count by their
Akaike weights (S. T. Buckland, K. P. Burnham and N. H. Augustin, "Model selection: an integral part
of inference", Biometrics 53, 1997), in the export and again in each resample of its weeks, so that
the doubt about the family is part of the error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from funnelsim.calibration.cells import Cells
from funnelsim.calibration.laws import FAMILIES, survival
from funnelsim.calibration.mixture import (
    LEAST_SIGMA,
    MOST_SIGMA,
    MU0,
    MU1,
    SIGMA0,
    SIGMA1,
    SILENT,
    SIZE,
    USUAL_SILENT,
    Kinds,
    P,
    maximum,
    resampled,
)  # fmt: skip
from funnelsim.distributions import Floats

FEW = 5  # of a fate: below, its time is not told apart
LEAST_WEIGHT = 0.003  # of a model, of the best one's: below, resamples leave it out
RULED_OUT = 0.05  # of the best one's weight: a log-likelihood three lower
ROWS = 1_500  # worked out together
BELIEF = 0.5  # the same in resamples, of which many would else know no doubt
LEAST_BELIEF = 0.05  # visits of each kind, so that all of twelve are not certainly all


@dataclass(frozen=True)
class Fitted:
    """The models of a stage: a row each of `theta`, with its Akaike weight."""

    kinds: Kinds
    theta: Floats
    told: Floats
    information: Floats
    weights: Floats
    cells: Cells
    counts: list[Floats]  # of all visits, one row each
    usual: float

    @property
    def conversions(self) -> Floats:
        return np.asarray(1 / (1 + np.exp(-self.theta[:, P])))

    @property
    def conversion(self) -> float:
        return float(self.conversions @ self.weights)

    @property
    def silent(self) -> float:
        """The share of those who do not advance that never says so."""
        return float(_silent(self.theta, self.kinds) @ self.weights)

    @property
    def best(self) -> int:
        return int(self.weights.argmax())


def _silent(theta: Floats, kinds: Kinds) -> Floats:
    free = 1 / (1 + np.exp(-theta[:, SILENT]))
    return np.where(kinds.is_silent == 1, free, kinds.silent)


def models(advanced: int, lost: int, losses_marked: bool) -> Kinds:
    """The models that are tried where so many advanced and were lost."""
    families = range(len(FAMILIES))
    told_apart = losses_marked and min(advanced, lost) >= FEW
    pairs = [(a, b, 0) for a in families for b in families] if told_apart else []
    pairs += [(a, a, 1) for a in families]
    silences = (
        [(0, 0.0), (1, 0.0)] if losses_marked and lost else [(0, 0.0 if losses_marked else 1.0)]
    )
    rows = [(*pair, *silence, 0) for silence in silences for pair in pairs]
    return Kinds(*(np.array(column) for column in zip(*rows, strict=True)))


def fitted(cells: Cells, weekly: list[Floats], losses_marked: bool) -> Fitted:
    """The models of a stage of which there are these visits by week."""
    totals = [table.sum(axis=0) for table in weekly]
    kinds = models(int(totals[0].sum() + totals[3].sum()), int(totals[1].sum() + totals[4].sum()),
                   losses_marked)  # fmt: skip
    start, usual = _start(cells, totals)
    count = len(kinds.tied)
    counts = [np.tile(total, (count, 1)) for total in [*totals, np.full(2, LEAST_BELIEF)]]
    theta, told, information = maximum(np.tile(start, (count, 1)), kinds, cells, counts, usual)
    return Fitted(kinds, theta, told, information, _weights(told, kinds), cells,
                  [n[:1] for n in counts], usual)  # fmt: skip


def _weights(told: Floats, kinds: Kinds) -> Floats:
    """Akaike weights along the last axis."""
    level = told - kinds.parameters
    found = np.exp(level - level.max(axis=-1, keepdims=True))
    return np.asarray(found / found.sum(axis=-1, keepdims=True))


def _start(cells: Cells, totals: list[Floats]) -> tuple[Floats, float]:
    """Where to begin, and the logarithm of a usual time."""
    start = np.zeros(SIZE)
    start[[SIGMA1, SIGMA0]], start[SILENT] = -0.2, USUAL_SILENT
    every = np.concatenate(cells.log_middle)
    n = np.concatenate(totals[:2])
    usual = float(np.average(every, weights=n)) if n.sum() else float(cells.log_ages.mean())
    for fate, (mu, sigma) in enumerate(((MU1, SIGMA1), (MU0, SIGMA0))):
        n, at = totals[fate], cells.log_middle[fate]
        start[mu] = float(np.average(at, weights=n)) if n.sum() else usual
        if n.sum() >= FEW:
            spread = float(np.average((at - start[mu]) ** 2, weights=n)) ** 0.5
            start[sigma] = np.log(np.clip(spread, LEAST_SIGMA, MOST_SIGMA))
    won, rest = totals[0].sum() + totals[3].sum() + 1, sum(t.sum() for t in totals) + 2
    start[P] = np.log(won / max(rest - won, 1.0))
    return start, usual


def drawn(
    fit: Fitted,
    weekly: list[Floats],
    of_weeks: Floats,
    chance: np.random.Generator,
    is_even: bool = False,
) -> tuple[Floats, Kinds]:
    """For each row of weights of the weeks the numbers of one model, taken by its Akaike weight in
    that resample: shapes (draws, SIZE), (draws,). With `is_even` families that the data do not rule
    out count alike: past the end of the follow-up nothing tells them apart.
    """  # fmt: skip
    kept = np.flatnonzero(fit.weights >= LEAST_WEIGHT * fit.weights.max())
    draws, count = len(of_weeks), len(kept)
    totals = [of_weeks @ table for table in weekly]
    belief = chance.gamma(BELIEF, size=(draws, 2))  # as of an even prior of Jeffreys
    theta, told = np.empty((draws, count, SIZE)), np.empty((draws, count))
    together = max(1, ROWS // draws)
    for begin in range(0, count, together):
        some = kept[begin : begin + together]
        rows = np.repeat(some, draws)
        counts = [np.tile(total, (len(some), 1)) for total in [*totals, belief]]
        found, level = resampled(
            fit.theta[rows], fit.information[rows], fit.kinds.of(rows), fit.cells, counts, fit.usual
        )
        theta[:, begin : begin + len(some)] = found.reshape(len(some), draws, SIZE).swapaxes(0, 1)
        told[:, begin : begin + len(some)] = level.reshape(len(some), draws).T
    weights = _weights(told, fit.kinds.of(kept))
    if is_even:
        possible = weights > RULED_OUT * weights.max(axis=1, keepdims=True)
        weights = possible / possible.sum(axis=1, keepdims=True)
    which = (np.cumsum(weights, axis=1) < chance.random(draws)[:, None]).sum(axis=1)
    which = np.minimum(which, count - 1)
    return theta[np.arange(draws), which], fit.kinds.of(kept[which])


def as_written(fit: Fitted) -> tuple[Floats, Kinds]:
    """The numbers of the best model, fitted anew at the conversion of all models together: what a
    scenario holds. Shapes (1, SIZE), (1,).
    """
    row = np.array([fit.best])
    kinds = fit.kinds.of(row)._replace(knows_p=np.array([1]))
    start = fit.theta[row].copy()
    p = fit.conversion
    start[0, P] = np.log(p / (1 - p))
    theta, _, _ = maximum(start, kinds, fit.cells, fit.counts, fit.usual)
    return theta, kinds


def past_the_end(fit: Fitted, longest: float) -> float:
    """The share of those who advance that does so later than the longest follow-up (days), by the
    model of those not ruled out that has most."""
    possible = fit.weights > RULED_OUT * fit.weights.max()
    theta, families = fit.theta[possible], fit.kinds.winners[possible]
    z = (np.log(longest) - theta[:, MU1]) / np.exp(theta[:, SIGMA1])
    return float(survival(z[:, None], families)[0].max())
