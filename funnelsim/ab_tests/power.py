"""How many leads a test needs, and what it can find: the arithmetic before the first lead.

    n = (z(1 - alpha/2) · s0 + z(power) · s1)² ÷ difference², in each arm

with s0 and s1 the standard deviations of a difference of two leads, without and with the effect
(J. L. Fleiss, B. Levin and M. C. Paik, Statistical Methods for Rates and Proportions, 3rd edition
(2003), chapter 4, without the correction for continuity).
"""

from __future__ import annotations

import math
from statistics import NormalDist

from funnelsim.arguments import a_number, a_share, refused

MOST_LEADS, LARGEST_SPREAD = 1e15, 1e100


def sample_size(
    rate: float,
    lift: float,
    power: float = 0.8,
    alpha: float = 0.05,
    *,
    spread: float | None = None,
    share: float = 0.5,
) -> int:
    """How many leads a test needs in all, to find a lift with this chance.

    `rate` is what the control does, a share, and `lift` the relative change that is worth finding:
    0.2 makes 6 % of 5 %. Of an amount, such as revenue per lead, `rate` is its mean and `spread`
    its standard deviation among leads. `alpha` is the chance of a false alarm (two-sided).
    `share` of the leads goes to B; half is what needs fewest.

    Raises `FunnelSimError` for a rate, lift, power or share that is none, for a lift that takes the
    rate out of 0 to 1, and for one that nobody could find.

    >>> sample_size(0.05, lift=0.2)            # 8,158 in each arm
    16316
    >>> sample_size(0.05, lift=0.1) / sample_size(0.05, lift=0.2) > 3.7
    True
    >>> sample_size(20.0, lift=0.1, spread=60.0)
    28256
    """
    share = a_share("share", share, "it is the share of B, between 0 and 1")
    lift = a_number("lift", lift, above=-1)
    if lift == 0:
        raise refused("lift", lift, "nothing is found of no lift", "write 0.1 for 10 % more")
    z_alpha = -NormalDist().inv_cdf(a_share("alpha", alpha) / 2)
    z_power = NormalDist().inv_cdf(a_share("power", power))
    if spread is None:
        control = a_share("rate", rate, "without a spread it is a share, between 0 and 1",
                          "give the spread of an amount")  # fmt: skip
        other = control * (1 + lift)
        if not 0 < other < 1:
            rule = f"{control:g} lifted by it would be {other:.3g}, which is no share"
            raise refused("lift", lift, rule)
        pooled = (1 - share) * control + share * other
        without = pooled * (1 - pooled) * (1 / share + 1 / (1 - share))
        with_it = control * (1 - control) / (1 - share) + other * (1 - other) / share
    else:
        control = a_number("rate", rate, above=0)
        spread = a_number("spread", spread, above=0, high=LARGEST_SPREAD)
        without = with_it = spread**2 * (1 / share + 1 / (1 - share))
    reach = z_alpha * math.sqrt(without) + z_power * math.sqrt(with_it)
    difference = abs(control * lift)
    if reach > math.sqrt(MOST_LEADS) * difference:
        rule = f"it would take more than {MOST_LEADS:.0e} leads to find that"
        raise refused("lift", lift, rule, "plan for a larger one")
    needed = (reach / difference) ** 2
    if share == 0.5:  # as many in each arm
        return 2 * math.ceil(needed / 2)
    return math.ceil(needed)


def chance_to_find(difference: float, standard_error: float, alpha: float) -> float:
    """The chance that a two-sided test is significant, of a true difference known so well.

    >>> round(chance_to_find(2.8, 1.0, 0.05), 2), round(chance_to_find(0.0, 1.0, 0.05), 2)
    (0.8, 0.05)
    """
    normal = NormalDist()
    if not standard_error > 0:
        return math.nan
    z, away = -normal.inv_cdf(alpha / 2), difference / standard_error
    return normal.cdf(away - z) + normal.cdf(-away - z)


def reach(power: float, alpha: float) -> float:
    """How many standard errors a difference has to be worth to be found with this chance."""
    return NormalDist().inv_cdf(power) - NormalDist().inv_cdf(alpha / 2)
