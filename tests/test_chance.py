"""The table of chance: uniform, independent, and the same wherever it is looked up."""

import numpy as np
import pytest
from scipy import stats

from funnelsim.chance import Chance, keys, number_of

N = 100_000
KEYS = keys(
    number_of("channel web"), np.repeat(np.arange(1000), 100), np.tile(np.arange(100), 1000)
)


@pytest.mark.parametrize("question", ["decision", "gap", "order value"])
@pytest.mark.parametrize("occasion", [0, 1, 30])
def test_numbers_are_uniform(question: str, occasion: int) -> None:
    u = Chance(seed=2).uniform(question, KEYS, occasion)
    assert u.min() > 0 and u.max() < 1
    # nine looks at one promise: each may fail one time in 100,000
    assert stats.kstest(u, "uniform").pvalue > 1e-5


def test_numbers_of_neighbours_questions_occasions_seeds_and_replications_are_unrelated() -> None:
    u = Chance(1).uniform("decision", KEYS)
    others = [
        np.roll(u, 1),
        np.roll(u, 100),  # the same number on the day before
        Chance(1).uniform("gap", KEYS),
        Chance(1).uniform("decision", KEYS, 1),
        Chance(2).uniform("decision", KEYS),
        Chance(1, replication=1).uniform("decision", KEYS),
    ]
    for other in others:
        assert abs(np.corrcoef(u, other)[0, 1]) < 4.5 / np.sqrt(N)
        # and not only linearly: a chi-square over a 16 x 16 grid
        counts, _, _ = np.histogram2d(u, other, bins=16, range=[[0, 1], [0, 1]])
        assert stats.chisquare(counts.ravel()).pvalue > 1e-6


def test_a_number_does_not_depend_on_who_else_is_asked() -> None:
    table = Chance(seed=3)
    assert (table.uniform("gap", KEYS)[500:600] == table.uniform("gap", KEYS[500:600])).all()


def test_no_two_leads_have_the_same_key() -> None:
    other = keys(
        number_of("channel fair"), np.repeat(np.arange(1000), 100), np.tile(np.arange(100), 1000)
    )
    assert len(np.unique(np.concatenate([KEYS, other]))) == 2 * N
    assert KEYS.min() >= 0


def test_the_table_is_the_same_on_every_machine() -> None:
    """Written down once: a change here would change every journal that anyone has kept."""
    channel = number_of("channel web")
    assert channel == 476182176106909811
    key = keys(channel, [0, 5], [0, 3])
    assert key.tolist() == [6505229075298718706, 8351667428502451038]
    assert Chance(1).uniform("decision", [0, 1, 2**62]).tolist() == [
        0.5613018338418755,
        0.2333490716808554,
        0.1380814250456438,
    ]
    assert Chance(7, replication=3).uniform("gap", [12345], 2).tolist() == [0.3830452300296273]
