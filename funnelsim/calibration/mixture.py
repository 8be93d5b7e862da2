"""What becomes of the visits to a stage: two fates, each with a time, by maximum likelihood.

A visit advances with probability p, after the winners' time; else it is lost after the losers' time
or, with probability `silent`, never says so. A visit that is open at the age a is one of those who
would have advanced later, be lost later, or never say no:

    p S1(a) + (1 - p) ((1 - silent) S0(a) + silent)

So nobody is too young to count. It is a mixture cure model (V. T. Farewell, "The use of mixture
models for the analysis of survival data with long-term survivors", Biometrics 38, 1982) with two
fates. Times and ages are counted in cells (`cells.py`), so that one likelihood takes microseconds
and many resamples of the export are worked out at once, a row each.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from funnelsim.calibration.cells import Cells
from funnelsim.calibration.laws import Ints, below, density, survival
from funnelsim.distributions import Floats

SIZE = 6  # logit p, μ and log σ of the winners, of the losers, logit of the silent share
P, MU1, SIGMA1, MU0, SIGMA0, SILENT = range(SIZE)
TINY = 1e-300
MOST_LOGIT, LONGEST_STEP = 12.0, 1.0
# A weak belief, worth some five visits: times within a factor of 50 of those seen, a little more
# uneven than those without memory (since customers differ), and few silent. It settles what the
# data leave open.
SPREAD_MU, SPREAD_SIGMA, USUAL_SILENT, SPREAD_SILENT = 4.0, 0.25, -2.0, 3.0
EXPONENTIAL = math.pi / math.sqrt(6)  # the standard deviation of the logarithm of such a time
UNEVEN = 1.25 * EXPONENTIAL
LOG_SIGMA = np.log(UNEVEN / np.array([EXPONENTIAL, 1.0, math.pi / math.sqrt(3)]))  # by family
LEAST_SIGMA, MOST_SIGMA = 0.051, 2.5  # what a scenario takes


class Kinds(NamedTuple):
    """Which models the rows are: families of winners and losers, whether these share one time,
    whether the silent share is estimated (else it is `silent`), and whether p is. Shapes (rows,).
    """

    winners: Ints
    losers: Ints
    tied: Ints
    is_silent: Ints
    silent: Floats
    knows_p: Ints

    def of(self, rows: Ints) -> Kinds:
        return Kinds(*(np.asarray(column[rows]) for column in self))  # type: ignore[arg-type]

    @property
    def parameters(self) -> Ints:
        """How many numbers each model has."""
        times = np.where(self.tied | (self.silent == 1), 2, 4)
        return 1 + times + self.is_silent


def free(kinds: Kinds) -> np.ndarray:
    """Which of the numbers each row estimates: shape (rows, SIZE)."""
    found = np.ones((len(kinds.tied), SIZE), dtype=bool)
    found[:, MU0] = found[:, SIGMA0] = ~((kinds.tied == 1) | (kinds.silent == 1))
    found[:, SILENT] = kinds.is_silent == 1
    found[:, P] = kinds.knows_p == 0
    return found


def likelihood(
    theta: Floats, kinds: Kinds, cells: Cells, counts: list[Floats], usual: float
) -> tuple[Floats, Floats]:
    """The penalized log-likelihood and its slope: shapes (rows,) and (rows, SIZE).

    `counts` has, for each kind of cell, how many visits lie in each, shape (rows, cells), and last
    what is believed of p before, as visits that advanced or did not, shape (rows, 2).
    """
    told, slope = np.zeros(len(theta)), np.zeros_like(theta)
    p = 1 / (1 + np.exp(-theta[:, P]))
    logit = np.clip(theta[:, SILENT], -MOST_LOGIT, MOST_LOGIT)
    s = np.where(kinds.is_silent == 1, 1 / (1 + np.exp(-logit)), kinds.silent)
    tied = kinds.tied == 1
    mu = theta[:, MU1], np.where(tied, theta[:, MU1], theta[:, MU0])
    sigma = np.exp(theta[:, SIGMA1]), np.exp(np.where(tied, theta[:, SIGMA1], theta[:, SIGMA0]))
    families = kinds.winners, kinds.losers
    slopes = np.zeros((2, 2, len(theta)))  # of both fates, by μ and by log σ
    advanced, lost = (n.sum(axis=1) for n in (counts[0], counts[1]))
    unsure = counts[3].sum(axis=1), counts[4].sum(axis=1)
    won, not_won = advanced + unsure[0], lost + unsure[1]
    told += not_won * np.log(np.maximum(1 - s, TINY)) if not_won.any() else 0.0
    slope[:, SILENT] -= not_won * s
    won, not_won = won + counts[5][:, 0], not_won + counts[5][:, 1]
    told += won * np.log(np.maximum(p, TINY)) + not_won * np.log(np.maximum(1 - p, TINY))
    slope[:, P] += won * (1 - p) - not_won * p
    for fate in (0, 1):
        _of_times(fate, cells, counts[fate], mu[fate], sigma[fate], families[fate], told, slopes)
        n = counts[3 + fate]
        if n.size and n.any():
            z = (cells.log_ages - mu[fate][:, None]) / sigma[fate][:, None]
            share = np.maximum(below(z, families[fate]), TINY)
            thick = survival(z, families[fate])[1]
            told += (n * np.log(share)).sum(axis=1)
            slopes[fate, 0] -= (n * thick / share).sum(axis=1) / sigma[fate]
            slopes[fate, 1] -= (n * thick * z / share).sum(axis=1)
    _of_open(cells, counts[2], p, s, mu, sigma, kinds, told, slope, slopes)
    slope[:, MU1] += slopes[0, 0] + np.where(tied, slopes[1, 0], 0)
    slope[:, SIGMA1] += slopes[0, 1] + np.where(tied, slopes[1, 1], 0)
    slope[:, MU0] += slopes[1, 0]
    slope[:, SIGMA0] += slopes[1, 1]
    centre = np.tile([0.0, usual, 0.0, usual, 0.0, USUAL_SILENT], (len(theta), 1))
    centre[:, SIGMA1], centre[:, SIGMA0] = LOG_SIGMA[kinds.winners], LOG_SIGMA[kinds.losers]
    width = np.array([1.0, SPREAD_MU, SPREAD_SIGMA, SPREAD_MU, SPREAD_SIGMA, SPREAD_SILENT])
    aside = np.where(free(kinds), (theta - centre) / width, 0)
    aside[:, P] = 0
    return told - (aside**2).sum(axis=1) / 2, np.where(free(kinds), slope - aside / width, 0)


def _of_times(
    fate: int, cells: Cells, n: Floats, mu: Floats, sigma: Floats, families: Ints, told: Floats,
    slopes: Floats,
) -> None:  # fmt: skip
    """Those whose time is known: narrow cells by the density in the middle, wide ones exactly."""
    if not n.size:
        return
    wide = cells.is_wide[fate]
    fine = n[:, ~wide]
    if fine.size:
        z = (cells.log_middle[fate][~wide] - mu[:, None]) / sigma[:, None]
        level, at = density(z, families)
        told += (fine * (level - np.log(sigma)[:, None] + cells.log_width[fate][~wide])).sum(axis=1)
        weighted = fine * at
        slopes[fate, 0] -= weighted.sum(axis=1) / sigma
        slopes[fate, 1] -= (weighted * z).sum(axis=1) + fine.sum(axis=1)
    coarse = n[:, wide]
    if coarse.size:
        ends = []
        for edge in (cells.log_low[fate][wide], cells.log_high[fate][wide]):
            z = (edge - mu[:, None]) / sigma[:, None]
            at = survival(z, families)[1]
            ends.append((below(z, families), at, at * np.clip(z, -50, 50)))
        share = np.maximum(ends[1][0] - ends[0][0], TINY)
        told += (coarse * np.log(share)).sum(axis=1)
        slopes[fate, 0] -= (coarse * (ends[1][1] - ends[0][1]) / share).sum(axis=1) / sigma
        slopes[fate, 1] -= (coarse * (ends[1][2] - ends[0][2]) / share).sum(axis=1)


def _of_open(
    cells: Cells, n: Floats, p: Floats, s: Floats, mu: tuple[Floats, Floats],
    sigma: tuple[Floats, Floats], kinds: Kinds, told: Floats, slope: Floats, slopes: Floats,
) -> None:  # fmt: skip
    """Those who are open at their age."""
    if not n.size:
        return
    p, s = p[:, None], s[:, None]
    z1 = (cells.log_ages - mu[0][:, None]) / sigma[0][:, None]
    above1, thick1 = survival(z1, kinds.winners)
    if (s == 1).all():
        z0, above0, thick0 = z1, np.zeros_like(z1), np.zeros_like(z1)
    else:
        z0 = (cells.log_ages - mu[1][:, None]) / sigma[1][:, None]
        above0, thick0 = survival(z0, kinds.losers)
    stay = (1 - s) * above0 + s
    here = np.maximum(p * above1 + (1 - p) * stay, TINY)
    told += (n * np.log(here)).sum(axis=1)
    each = n / here
    slope[:, P] += (each * p * (1 - p) * (above1 - stay)).sum(axis=1)
    slope[:, SILENT] += (each * (1 - p) * s * (1 - s) * (1 - above0)).sum(axis=1)
    one, two = each * p * thick1, each * (1 - p) * (1 - s) * thick0
    slopes[0, 0] += one.sum(axis=1) / sigma[0]
    slopes[0, 1] += (one * z1).sum(axis=1)
    slopes[1, 0] += two.sum(axis=1) / sigma[1]
    slopes[1, 1] += (two * z0).sum(axis=1)


def maximum(
    start: Floats, kinds: Kinds, cells: Cells, counts: list[Floats], usual: float, steps: int = 40
) -> tuple[Floats, Floats, Floats]:
    """The best numbers of each row, their log-likelihood, and the information (minus the matrix of
    second derivatives): shapes (rows, SIZE), (rows,), (rows, SIZE, SIZE).

    Newton's method with the curvature by differences of slopes, uphill in every direction and in
    steps that are shortened until they help; rows that have arrived are left alone.
    """
    theta, rows = start.copy(), np.arange(len(start))
    told, _ = likelihood(theta, kinds, cells, counts, usual)
    information = np.tile(np.eye(SIZE), (len(start), 1, 1))
    damping = np.full(len(start), 1e-3)
    for _ in range(steps):
        some = kinds.of(rows)
        n = [c[rows] for c in counts]
        slope, curved = _curvature(theta[rows], some, cells, n, usual)
        information[rows] = curved
        step = _step(slope, curved, damping[rows])
        tried = _kept_inside(theta[rows] + step)
        moved = tried - theta[rows]
        better, _ = likelihood(tried, some, cells, n, usual)
        good = better >= told[rows] - 1e-9
        gain = np.where(good, better - told[rows], np.inf)
        theta[rows[good]], told[rows[good]] = tried[good], better[good]
        damping[rows] = np.where(good, damping[rows] / 5, damping[rows] * 8)
        arrived = good & (gain < 1e-6) & (np.abs(moved).max(axis=1) < 1e-2)
        rows = rows[~(arrived | (damping[rows] > 1e8))]
        if not len(rows):
            break
    return theta, told, information


def _curvature(
    theta: Floats, kinds: Kinds, cells: Cells, counts: list[Floats], usual: float
) -> tuple[Floats, Floats]:
    """The slope, and minus the matrix of second derivatives, by differences of slopes."""
    _, slope = likelihood(theta, kinds, cells, counts, usual)
    open_to = free(kinds)
    for at_end in (SIGMA1, SIGMA0):  # who lies at an end and would go on past it stays there
        low, high = (np.abs(theta[:, at_end] - np.log(s)) < 1e-9 for s in (LEAST_SIGMA, MOST_SIGMA))
        uphill = slope[:, at_end]
        open_to[:, at_end] &= ~((low & (uphill < 0)) | (high & (uphill > 0)))
    slope = np.where(open_to, slope, 0)
    curved = np.zeros((len(theta), SIZE, SIZE))
    for place in np.flatnonzero(open_to.any(axis=0)):
        ahead = theta.copy()
        ahead[:, place] += 1e-4
        _, there = likelihood(ahead, kinds, cells, counts, usual)
        curved[:, place] = -(there - slope) / 1e-4
    curved = (curved + curved.transpose(0, 2, 1)) / 2
    both = open_to[:, :, None] & open_to[:, None, :]
    return slope, np.where(both, curved, np.eye(SIZE))


def _step(slope: Floats, information: Floats, damping: Floats) -> Floats:
    """A Newton step, shortened by the damping, uphill also where the likelihood is not concave."""
    values, vectors = np.linalg.eigh(information)
    size = np.abs(values) * (1 + damping[:, None]) + 1e-9 * np.abs(values).max(
        axis=1, keepdims=True
    )
    along = np.einsum("rji,rj->ri", vectors, slope) / size
    step = np.einsum("rij,rj->ri", vectors, along)
    return np.asarray(
        np.clip(step, -LONGEST_STEP, LONGEST_STEP)
    )  # each by itself: one may lie at its end


def _kept_inside(theta: Floats) -> Floats:
    """Within what a scenario can say."""
    theta[:, [P, SILENT]] = np.clip(theta[:, [P, SILENT]], -MOST_LOGIT, MOST_LOGIT)
    low, high = np.log(LEAST_SIGMA), np.log(MOST_SIGMA)
    theta[:, [SIGMA1, SIGMA0]] = np.clip(theta[:, [SIGMA1, SIGMA0]], low, high)
    return theta


def resampled(
    theta: Floats,
    information: Floats,
    kinds: Kinds,
    cells: Cells,
    counts: list[Floats],
    usual: float,
    steps: int = 6,
) -> tuple[Floats, Floats]:
    """The best numbers for other counts (a row each), from those of the whole export: by its own
    curvature, so that no other is worked out. Shapes (rows, SIZE), (rows,).
    """  # fmt: skip
    values, vectors = np.linalg.eigh(information)
    size = np.maximum(np.abs(values), 1e-9 * np.abs(values).max(axis=1, keepdims=True))
    found = theta.copy()
    told, slope = likelihood(found, kinds, cells, counts, usual)
    rate = np.ones(len(theta))
    for _ in range(steps):
        along = np.einsum("rji,rj->ri", vectors, slope) / size
        step = np.einsum("rij,rj->ri", vectors, along) * rate[:, None]
        step = np.clip(step, -LONGEST_STEP, LONGEST_STEP)
        tried = _kept_inside(found + step)
        better, uphill = likelihood(tried, kinds, cells, counts, usual)
        good = better >= told
        found = np.where(good[:, None], tried, found)
        slope = np.where(good[:, None], uphill, slope)
        told = np.where(good, better, told)
        rate = np.where(good, np.minimum(rate * 1.2, 1.0), rate * 0.4)
    return found, told
