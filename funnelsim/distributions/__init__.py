"""What a duration, an amount or a probability can be: a value, or a distribution of values.

`values.py` checks single values. A distribution is one of the kinds, each a class in a file of its
own (`uniform.py`, `lognormal.py`, ...); `law.py` says what all of them can be asked, and
`distribution.py` lists them. `among_customers.py` has what differs among customers.
"""

from funnelsim.distributions.among_customers import (
    AMONG,
    ONE,
    Beta,
    GapDistribution,
    Lomax,
    OneProbability,
)
from funnelsim.distributions.distribution import (
    AT_ONCE,
    AmountDistribution,
    Distribution,
    DurationDistribution,
)
from funnelsim.distributions.empirical import Empirical
from funnelsim.distributions.exponential import Exponential
from funnelsim.distributions.gamma import Gamma
from funnelsim.distributions.law import Law, WrittenLaw
from funnelsim.distributions.loglogistic import Loglogistic
from funnelsim.distributions.lognormal import Lognormal
from funnelsim.distributions.part import Limits, Part
from funnelsim.distributions.sampling import choose, passed, rounded
from funnelsim.distributions.triangular import Triangular
from funnelsim.distributions.uniform import Uniform
from funnelsim.distributions.values import (
    DAY,
    HOUR,
    LARGEST,
    MINUTE,
    SECOND,
    WEEK,
    Amount,
    BrokenRule,
    Duration,
    Floats,
    Ints,
    MeanAmount,
    MeanDuration,
    Positive,
    PositiveDuration,
    Probability,
    amount,
    duration,
    duration_text,
    number,
    positive,
)
from funnelsim.distributions.weibull import Weibull

__all__ = [
    "AMONG",
    "AT_ONCE",
    "DAY",
    "HOUR",
    "LARGEST",
    "MINUTE",
    "ONE",
    "SECOND",
    "WEEK",
    "Amount",
    "AmountDistribution",
    "Beta",
    "BrokenRule",
    "Distribution",
    "Duration",
    "DurationDistribution",
    "Empirical",
    "Exponential",
    "Floats",
    "Gamma",
    "GapDistribution",
    "Ints",
    "Law",
    "Limits",
    "Loglogistic",
    "Lognormal",
    "Lomax",
    "MeanAmount",
    "MeanDuration",
    "OneProbability",
    "Part",
    "Positive",
    "PositiveDuration",
    "Probability",
    "Triangular",
    "Uniform",
    "Weibull",
    "WrittenLaw",
    "amount",
    "choose",
    "duration",
    "duration_text",
    "number",
    "passed",
    "positive",
    "rounded",
]
