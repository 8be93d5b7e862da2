"""The day of the export and the first day of its leads, which a few wrong dates do not move.

A typing error puts a date years away from all others. So the times are walked outward from their
bulk: a gap far wider than those before it, with hardly a time beyond, is where the export ends.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

FEW = 0.005  # of the times may lie beyond the end
LEAST_GAP = np.timedelta64(7, "D")
WIDER = 5  # times the widest gap among the last tenth


def last_of(times: pd.Series) -> pd.Timestamp:
    """The latest time that belongs to the others.

    >>> days = pd.Series(pd.date_range("2026-01-01", periods=1_000, freq="h"))
    >>> days[17] = pd.Timestamp("2062-05-01")
    >>> str(last_of(days))
    '2026-02-11 15:00:00'
    """
    return pd.Timestamp(_end(np.sort(times.dropna().to_numpy(dtype="datetime64[us]"))))


def first_of(times: pd.Series) -> pd.Timestamp:
    """The earliest time that belongs to the others."""
    ordered = np.sort(times.dropna().to_numpy(dtype="datetime64[us]"))
    mirrored = np.datetime64(0, "us") - (ordered[::-1] - np.datetime64(0, "us"))
    return pd.Timestamp(np.datetime64(0, "us") - (_end(mirrored) - np.datetime64(0, "us")))


def _end(ordered: np.ndarray) -> np.datetime64:
    count = len(ordered)
    beyond = int(FEW * count)
    if beyond:
        gaps = np.diff(ordered)
        inner = gaps[int(0.9 * count) : count - 1 - beyond]
        widest = inner.max() if len(inner) else gaps.max()
        tail = gaps[count - 1 - beyond :]
        wide = np.flatnonzero(tail > max(WIDER * widest, LEAST_GAP))
        if len(wide):
            return np.datetime64(ordered[count - 1 - beyond + wide[0]])
    return np.datetime64(ordered[-1])
