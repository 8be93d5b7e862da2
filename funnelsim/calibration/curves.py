"""What the visits to a stage show without any model: the curves of both fates, and whether the
follow-up is long enough to see where they end.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

LEAST = 0.05  # a chance that the follow-up is too short all the same


def cumulative_incidence(visits: pd.DataFrame) -> pd.DataFrame:
    """How many have advanced, and have been lost, so many days after entering the stage.

    The estimator of Aalen and Johansen ("An empirical transition matrix for non-homogeneous Markov
    chains based on censored observations", Scandinavian Journal of Statistics 5, 1978): at each day
    with a decision, the share still open times the decisions of each kind ÷ those open and as old.
    `visits` has fate (advanced, lost, open), days (NaN: not known, left out) and age, in days.
    Columns: advanced, lost, open (shares), at_risk; the index is days.

    >>> seen = pd.DataFrame({"fate": ["advanced", "lost", "open", "advanced"],
    ...                      "days": [1.0, 2.0, None, 5.0], "age": [9.0, 9.0, 3.0, 9.0]})
    >>> cumulative_incidence(seen)["advanced"].tolist()
    [0.0, 0.25, 0.25, 0.75]
    """
    is_open = visits["fate"] == "open"
    kept = visits[is_open | visits["days"].notna()]
    times = kept["days"].where(kept["fate"] != "open", kept["age"]).to_numpy(float)
    fates = kept["fate"].to_numpy()
    decided = np.unique(times[fates != "open"])
    at_risk = len(times) - np.searchsorted(np.sort(times), decided, side="left")
    hazards = {}
    for fate in ("advanced", "lost"):
        mine = np.sort(times[fates == fate])
        count = np.searchsorted(mine, decided, "right") - np.searchsorted(mine, decided, "left")
        hazards[fate] = count / at_risk
    left = np.cumprod(1 - hazards["advanced"] - hazards["lost"])
    before = np.append(1.0, left[:-1])
    table = {fate: np.append(0.0, np.cumsum(before * hazard)) for fate, hazard in hazards.items()}
    table |= {"open": np.append(1.0, left), "at_risk": np.append(len(times), at_risk)}
    return pd.DataFrame(table, index=pd.Index(np.append(0.0, decided), name="days"))


def is_long_enough(visits: pd.DataFrame) -> bool:
    """Whether the follow-up is so long that hardly anybody will advance later than all seen so far.

    The test of Maller and Zhou ("Testing for sufficient follow-up and outliers in survival data",
    Journal of the American Statistical Association 89, 1994): with n visits, the last at T and the
    last that advanced at t, let N be those that advanced in (2t - T, t]. Were the follow-up too
    short, t would lie close to T, and N be 0 or nearly so; its chance is taken as (1 - N ÷ n)^n,
    and at most `LEAST` means long enough. Visits that were lost never advance: they are followed to
    the end. Where few are followed for long the test is easily content; so `stages` asks too
    how many are to come later by the models.

    >>> early = pd.DataFrame({"fate": ["advanced"] * 9 + ["open"] * 9, "days": [*range(1, 10)]
    ...                       + [None] * 9, "age": 100.0})
    >>> is_long_enough(early), is_long_enough(early.assign(age=9.5))
    (True, False)
    """
    won = visits.loc[(visits["fate"] == "advanced") & visits["days"].notna(), "days"]
    if won.empty or visits.empty:
        return False
    last, longest, count = float(won.max()), float(visits["age"].max()), len(visits)
    if longest <= last:
        return False
    near = int(((won > 2 * last - longest) & (won <= last)).sum())
    return bool((1 - near / count) ** count <= LEAST)
