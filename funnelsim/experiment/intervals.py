"""Means with their confidence intervals, over replications (Student's t).

Source: A. M. Law, Simulation Modeling and Analysis, 5th edition (2015), sections 4.5 and 9.4: the
means of independent replications are close to normal, so mean ± t · s / √n covers the expected
value with the stated confidence; for pairs on the same customers the same of their differences
(10.2). A figure that a replication does not have (NaN) is left out of its mean.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.metrics.figures import entry

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def intervals(table: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """A row for each column of a table with a row per replication.

    Columns: `replications` (those that have the figure), `mean`, `standard_error`, and `low` and
    `high`, the ends of the confidence interval. With one replication there is no interval (NaN).

    >>> import pandas as pd
    >>> intervals(pd.DataFrame({"sales": [1.0, 2.0, 3.0]}), 0.95).loc["sales", "mean"]
    np.float64(2.0)
    """
    import pandas as pd

    count = table.notna().sum()
    mean, spread = table.mean(), table.std(ddof=1)
    error = spread / np.sqrt(count.where(count > 1))
    half = student_t(confidence, count) * error
    return pd.DataFrame(
        {
            "replications": count,
            "mean": mean,
            "standard_error": error,
            "low": mean - half,
            "high": mean + half,
        }
    )


def intervals_of_figures(table: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """`intervals` of key figures, where what was never seen may still happen.

    Of a count that is 0 in all replications the interval ends at the upper bound of a Poisson mean,
    -ln((1 - confidence) / 2) ÷ replications (F. Garwood, Fiducial Limits for the Poisson
    Distribution, Biometrika 28, 1936), and that of a rate at this bound ÷ the mean of what it is
    counted among. What was never paid has no bound: nobody knows how much it would be (NaN).

    >>> import pandas as pd
    >>> none = pd.DataFrame({"leads": [90.0, 110.0], "orders": 0.0, "revenue": 0.0})
    >>> found = intervals_of_figures(none, 0.95)
    >>> round(float(found.loc["orders", "high"]), 2), float(found.loc["revenue", "high"])
    (1.84, nan)
    """
    found = intervals(table, confidence)
    never = [str(name) for name in table if len(table) > 1 and (table[name] == 0).all()]
    highest = -math.log((1 - confidence) / 2) / max(len(table), 1)
    known = {str(name): entry(str(name)) for name in table}
    for name in never:
        figure = known[name]
        among = figure.among if figure else None
        if among is not None:
            mean = found["mean"].get(among, 0.0) if among else 1.0
            found.loc[name, "high"] = highest / mean if mean > 0 else math.nan
    if "orders" in never:
        earned = [name for name, figure in known.items() if figure and figure.is_earned]
        alike = [name for name in earned if table[name].std() == 0]
        found.loc[alike, ["low", "high"]] = math.nan
    return found


def student_t(confidence: float, count: Any) -> Any:
    """How many standard errors an interval over so many values reaches; NaN for one value."""
    from scipy.special import stdtrit

    freedom = np.where(np.asarray(count) > 1, np.asarray(count, dtype=float) - 1, math.nan)
    return stdtrit(freedom, (1 + confidence) / 2)
