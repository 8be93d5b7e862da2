"""Is B better? Tests of arms as a firm makes them, and beside them the truth, which it never sees.

    fs.sample_size(0.05, lift=0.2)      how many leads a test needs
    t = fs.ab_test(j, "conversion")     effect, interval, p, power, sample ratio, how much longer
    t.truth                             the same customers, all in A and all in B
    fs.ab_test_by_day(j)                what somebody sees who looks every morning
    fs.peeking(5)                       how often five looks find what is not there
    fs.stopping_limits(5)               what has to be beyond to stop early
    r = fs.repeat_ab_test(s, n=1000)    false alarms, misses and exaggeration, over replications

Everything is six sums by arm (`sums.py` of a journal, `table_sums.py` of a firm's table), from
which `effects.py` makes effects; `power.py` and `looks.py` know of no journal.
"""

from funnelsim.ab_tests.looks import always_valid, peeking, stopping_limits
from funnelsim.ab_tests.one_test import ab_test, ab_test_by_day
from funnelsim.ab_tests.power import sample_size
from funnelsim.ab_tests.repeated import RepeatedTest, repeat_ab_test
from funnelsim.ab_tests.result import AbTest

__all__ = [
    "AbTest",
    "RepeatedTest",
    "ab_test",
    "ab_test_by_day",
    "always_valid",
    "peeking",
    "repeat_ab_test",
    "sample_size",
    "stopping_limits",
]
