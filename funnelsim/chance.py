"""The table of chance: one uniform number for each (key, question, occasion).

Every random fact of a simulation is looked up here, not drawn from a stream: it depends on seed,
the replication, whose fact it is (a key), which fact (a question, by name) and which time it is
asked (an occasion). So changing one thing in a scenario leaves every other fact of the same
customers as it was ("common random numbers"), and any two engines read the same numbers.

Source of the mixing function: SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable
pseudorandom number generators") with Stafford's variant 13 constants.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

U64 = NDArray[np.uint64]
Ints = NDArray[np.signedinteger[Any]]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
BLOCK = 16_384
_30, _27, _31, _12, _1 = (np.uint64(n) for n in (30, 27, 31, 12, 1))
_ONE = np.uint64(0x3FF << 52)  # the bits of 1.0


def _mix(x: U64) -> U64:
    """In place and a block at a time, since most of the time goes into fetching memory."""
    high = np.empty(min(len(x), BLOCK), dtype=np.uint64)
    for begin in range(0, len(x), BLOCK):
        part = x[begin : begin + BLOCK]
        rest = high[: len(part)]
        part ^= np.right_shift(part, _30, out=rest)
        part *= _MIX_1
        part ^= np.right_shift(part, _27, out=rest)
        part *= _MIX_2
        part ^= np.right_shift(part, _31, out=rest)
    return x


def _u64(values: ArrayLike) -> U64:
    """Whole numbers as an array of unsigned 64-bit words."""
    if isinstance(values, int):
        return np.array([values & 0xFFFFFFFFFFFFFFFF], dtype=np.uint64)
    return np.atleast_1d(np.asarray(values)).astype(np.uint64)  # a copy: `_mix` works in place


def number_of(name: str) -> int:
    """A whole number for a name, the same on every machine and in every file order.

    >>> number_of("stage Interest, decision") == number_of("stage Interest, decision")
    True
    """
    return int.from_bytes(blake2b(name.encode("utf-8"), digest_size=8).digest(), "little")


def keys(
    parent: int | ArrayLike, a: ArrayLike, b: ArrayLike, times: Ints | None = None
) -> NDArray[np.int64]:
    """Keys (int64, not negative) of the things (parent, a, b): a lead's are (its channel's
    number, day, number on that day); a child's (its parent's key, order, number).

    `times`, if given, is how many b each (parent, a) has; they stand one after the other.
    """
    word = _mix(_mix(_u64(a) + _GOLDEN) ^ _mix(_u64(parent) + _GOLDEN))
    if times is not None:
        word = np.repeat(word, times)
    word = _mix(word + _u64(b) * _GOLDEN)
    return np.right_shift(word, _1, out=word).view(np.int64)


class MixedKeys(NamedTuple):
    """Those who are asked, their keys already mixed; `of` says in which replication each is."""

    words: U64
    of: NDArray[np.integer[Any]] | None = None  # places among the table's replications; none: 0

    def only(self, which: Any) -> MixedKeys:
        return MixedKeys(self.words[which], None if self.of is None else self.of[which])


def mixed(keys: ArrayLike, of: NDArray[np.integer[Any]] | None = None) -> MixedKeys:
    """Keys made ready to be asked many questions."""
    return MixedKeys(_mix(_u64(keys) + _GOLDEN), of)


class Chance:
    """The table for one seed, and for one replication or several.

    >>> table = Chance(seed=1)
    >>> u = table.uniform("stage Interest, decision", [7, 8])
    >>> bool((u == table.uniform("stage Interest, decision", [7, 8])).all())
    True
    """

    def __init__(self, seed: int, replication: int | ArrayLike = 0) -> None:
        self._bases = _mix(_mix(_u64(seed) + _GOLDEN) + _u64(replication) * _GOLDEN)
        self._words: dict[str, U64] = {}

    def uniform(
        self, question: str, keys: ArrayLike | MixedKeys, occasion: int | range = 0
    ) -> NDArray[np.float64]:
        """Uniform numbers, strictly between 0 and 1, one for each key (float64, shape of keys).

        Of several occasions those of the first come first, for all keys.
        """
        return self.column(question, keys, occasion, lambda u: u, np.float64)

    def column(
        self,
        question: str,
        keys: ArrayLike | MixedKeys,
        occasion: int | range,
        turned: Callable[[NDArray[np.float64]], NDArray[Any]],
        kind: Any,
    ) -> NDArray[Any]:
        """What the uniform numbers are turned into, a block of them at a time.

        What fits the processor's cache is quickest; `turned` may write into what it is given.
        """
        who = keys if isinstance(keys, MixedKeys) else mixed(keys)
        if isinstance(occasion, range):
            if len(occasion) == 1 or len(occasion) * len(who.words) > BLOCK:
                parts = [self.column(question, who, one, turned, kind) for one in occasion]
                return parts[0] if len(parts) == 1 else np.concatenate(parts)
            words = _mix((self._of(question) + _u64(occasion)[:, None] * _GOLDEN).ravel())
            words = words.reshape(len(occasion), -1)
            words = words if who.of is None else words.take(who.of, axis=1)
            return turned(_uniform((who.words ^ words).ravel())).astype(kind, copy=False)
        words = _mix(self._of(question) + _u64(occasion) * _GOLDEN)  # one for each replication
        values = np.empty(len(who.words), dtype=kind)
        for begin in range(0, len(values), BLOCK):
            part = slice(begin, begin + BLOCK)
            word = who.words[part] ^ (words if who.of is None else words.take(who.of[part]))
            values[part] = turned(_uniform(word))
        return values

    def _of(self, question: str) -> U64:
        """The question's word for each replication."""
        if question not in self._words:  # most are asked on many occasions
            self._words[question] = _mix(self._bases ^ _u64(number_of(question)))
        return self._words[question]


def _uniform(word: U64) -> NDArray[np.float64]:
    """The words' numbers, in their place."""
    # 52 bits and a half keep both ends out: an inverse transform never meets 0 or 1;
    # with the bits of 1.0 in front they are a number from 1 to 2
    np.right_shift(_mix(word), _12, out=word)
    word |= _ONE
    u = word.view(np.float64)
    u -= 1 - 2.0**-53
    return u
