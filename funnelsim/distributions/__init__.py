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
from funnelsim.distributions.law import Law, WrittenLaw
from funnelsim.distributions.part import Limits, Part
from funnelsim.distributions.sampling import choose, passed, rounded
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
    "Floats",
    "GapDistribution",
    "Ints",
    "Law",
    "Limits",
    "Lomax",
    "MeanAmount",
    "MeanDuration",
    "OneProbability",
    "Part",
    "Positive",
    "PositiveDuration",
    "Probability",
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
