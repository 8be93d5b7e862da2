"""Why a conversion rose or fell: other leads (mix), or the same leads doing otherwise (rate).

The overall conversion is the groups' rates, weighted by their shares of the leads. So it can fall
although every group's rate has risen: by more leads of a group that always converted less. Which of
the two it was is arithmetic; why it was is not in the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.arguments import refused
from funnelsim.errors import Finding
from funnelsim.journal import Journal
from funnelsim.metrics.basis import came_in, is_customer, ratio
from funnelsim.metrics.group_rows import groups_of_leads
from funnelsim.metrics.groups import OVERALL

if TYPE_CHECKING:
    import pandas as pd

COUNTS = ["leads", "customers"]
NO_GROUP = "–"
EFFECTS = ["mix_effect", "rate_effect", "effect", "interaction"]
STEP = 1e-30  # into the imaginary: the slope is exact, nothing is subtracted

Complex = NDArray[np.complex128]


def mix_and_rate(before: Any, after: Any, by: str = "channel") -> pd.DataFrame:
    """The difference of two conversions, taken apart into mix and rate, which sum to it.

    `before` and `after` are two journals, whose leads are grouped `by` "channel", "segment",
    "arm", "kind", "team", "rep" or the name of a label; or two tables with `leads` and `customers`,
    a row per group (as `fs.channels_table` returns), for which `by` is only a name. A row per group
    (the index, in the order of the groups; "–": leads without one) and last "overall". Columns:

    - `leads_before`, `leads_after`; `share_before`, `share_after` of all leads
    - `rate_before`, `rate_after` = customers ÷ leads, those still open not being customers (yet);
      the overall one is `overall_conversion` of `fs.summary`. NaN where a group has no leads
    - `mix_effect` = change of the share × (mean of the group's two rates - mean of the two overall
      rates): below 0 where a group that converts less than the whole has grown
    - `rate_effect` = change of the rate × mean of the two shares
    - `effect` = mix_effect + rate_effect. Summed over the groups they are the overall row, in which
      `effect` = rate_after - rate_before
    - `mix_effect_se`, `rate_effect_se`, `effect_se`: standard errors, of leads that come and decide
      independently of each other; on the same customers (one seed) chance is less than that
    - `interaction` = change of the share × change of the rate. Half of it is in each effect; to
      have the mix at the rates of before, move half of it from mix_effect to rate_effect

    It is the symmetric decomposition of E. M. Kitagawa, "Components of a difference between two
    rates", Journal of the American Statistical Association 50 (1955), which has no third part. To
    see which groups it comes from, the mean overall rate is taken off theirs in mix_effect: the
    sums stay as they are, since the changes of the shares sum to 0. A group without leads in one of
    the two has no rate to compare, so all that it does is mix. Standard errors are by the delta
    method.

    Raises `FunnelSimError` for what is neither journals nor such tables, for counts that cannot be
    (more customers than leads), and where nobody came.

    >>> import pandas as pd
    >>> quarter = {"leads": [1000, 1000], "customers": [200, 50]}
    >>> first = pd.DataFrame(quarter, index=["search", "social"])
    >>> second = pd.DataFrame({"leads": [1000, 3000], "customers": [210, 165]}, first.index)
    >>> table = mix_and_rate(first, second)
    >>> table.loc["overall", ["rate_before", "rate_after"]].tolist()
    [0.125, 0.09375]
    >>> table[["mix_effect", "rate_effect"]].round(5).to_numpy().tolist()
    [[-0.02391, 0.00375], [-0.01422, 0.00312], [-0.03813, 0.00687]]
    """
    import pandas as pd

    given = [_counted(before, by, "before"), _counted(after, by, "after")]
    names = list(dict.fromkeys([*given[0].index, *given[1].index]))
    names.sort(key=lambda name: name == NO_GROUP)  # it comes last
    both = [one.reindex(names, fill_value=0).to_numpy(float) for one in given]
    table = pd.DataFrame(index=pd.Index([*names, OVERALL], name=by))
    whole = [np.vstack([one, one.sum(axis=0)]) for one in both]
    for column, of in (
        ("leads", lambda one: one[:, 0].astype(int)),
        ("share", lambda one: one[:, 0] / one[-1, 0]),
        ("rate", lambda one: ratio(one[:, 1], one[:, 0])),
    ):
        table[f"{column}_before"], table[f"{column}_after"] = map(of, whole)
    counts = np.array([(one[:, 1], one[:, 0] - one[:, 1]) for one in both])
    errors = _standard_errors(counts)
    for place, effect in enumerate(EFFECTS):
        table[effect] = _effects(counts.astype(complex))[place].real
        if effect != "interaction":
            table[f"{effect}_se"] = errors[place]
    return table


def _effects(counts: Complex) -> Complex:
    """Mix, rate, both and interaction by group and, last, of all: shape (4, groups + 1).

    `counts` are the customers and the others before and after, shape (2, 2, groups).
    """
    leads = counts.sum(axis=1)
    is_there = leads.real > 0
    rates = counts[:, 0] / np.where(is_there, leads, 1)
    rates = np.where(is_there, rates, rates[::-1])  # who is there only once keeps its rate
    shares = leads / leads.sum(axis=1, keepdims=True)
    overall = counts[:, 0].sum(axis=1) / leads.sum(axis=1)
    more, change = shares[1] - shares[0], rates[1] - rates[0]
    mix, rate = more * (rates.mean(axis=0) - overall.mean()), change * shares.mean(axis=0)
    found = np.array([mix, rate, mix + rate, more * change])
    return np.column_stack([found, found.sum(axis=1)])


def _standard_errors(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the effects, as `_effects` has them: √(Σ count × slope²), a sum over all counts.

    Those of a period are multinomial, and an effect stays the same when all of them are multiplied
    (so that Σ count × slope is 0, and no covariance is left).
    """
    variance = np.zeros(_effects(counts.astype(complex)).shape)
    for cell in np.ndindex(counts.shape):
        moved = counts.astype(complex)
        moved[cell] += STEP * 1j
        variance += counts[cell] * (_effects(moved).imag / STEP) ** 2
    return np.sqrt(variance)


# --- what is compared -----------------------------------------------------------------------------


def _counted(given: Any, by: str, name: str) -> pd.DataFrame:
    """Leads and customers by group."""
    counts = _of_a_journal(given, by) if isinstance(given, Journal) else _of_a_table(given, name)
    if OVERALL in counts.index:
        way_out = "leave that row out, or give the group another name"
        raise refused(name, OVERALL, "that is all groups together, no group", way_out)
    if not counts["leads"].sum():
        rule = "there is no conversion where no lead came"
        raise refused(name, Finding("without leads"), rule, "simulate more days")
    return counts


def _of_a_journal(journal: Journal, by: str) -> pd.DataFrame:
    """Of those that came in since the warm-up, as `fs.summary` counts them."""
    group = groups_of_leads(journal, by)
    came, won = came_in(journal), is_customer(journal)
    leads = group[came].value_counts(sort=False)
    counts = leads.to_frame("leads")
    counts["customers"] = group[came & won].value_counts(sort=False)
    counts.index = counts.index.astype(object)
    if (without := came & group.isna().to_numpy()).any():
        counts.loc[NO_GROUP] = [int(without.sum()), int((without & won).sum())]
    return counts


def _of_a_table(given: Any, name: str) -> pd.DataFrame:
    import pandas as pd

    rule = "it is a journal, or a table with a row per group that counts `leads` and `customers`"
    way_out = "write fs.simulate(scenario), or fs.channels_table(journal)"
    if not isinstance(given, pd.DataFrame):
        raise refused(name, Finding(f"a {type(given).__name__}"), rule, way_out)
    if missing := [column for column in COUNTS if column not in given]:
        finding = Finding(f"a table without {' and '.join(missing)}")
        raise refused(name, finding, rule, way_out)
    if given.index.has_duplicates:
        again = given.index[given.index.duplicated()][0]
        way_out = "sum them up: table.groupby(level=0).sum()"
        raise refused(name, Finding(f"a table with {again} twice"), "a group has one row", way_out)
    counts = given[COUNTS].apply(pd.to_numeric, errors="coerce")
    leads, customers = counts["leads"], counts["customers"]
    is_count = (counts % 1 == 0).all(axis=1) & (customers >= 0) & (customers <= leads)
    if not is_count.all():
        group = is_count.idxmin()
        told = ", ".join(f"{column} {given.loc[group, column]}" for column in COUNTS)
        rule = "both are whole numbers, and nobody is a customer who was no lead"
        raise refused(f"{name}: {group}", Finding(told), rule, "count each lead once")
    return counts.astype("int64")
