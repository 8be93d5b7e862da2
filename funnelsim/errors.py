"""Every error a user can meet: where it is, the value, the rule, and the way out.

All of them derive from `FunnelSimError`; a scenario with wrong fields raises one
`ScenarioError` that lists every wrong field at once.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

MOST_NAMES, MOST_COMPARED = 40, 2_000  # of what there is: named, held against a wrong name
MOST_TOLD = 20  # problems that a message lists; `.problems` holds all of them
LONGEST_PATH, LONGEST_SENTENCE = 120, 400  # characters; names are a user's, and of any length


class FunnelSimError(Exception):
    """The root of everything that funnelsim raises on purpose.

    It names the place, the value, the rule and the way out.

    >>> import funnelsim as fs
    >>> try:
    ...     fs.load("ada")
    ... except fs.FunnelSimError as error:
    ...     print(error)
    load is "ada"; this is the name of a scenario or the path of ...: did you mean aida? ...
    """


class QuestionError(FunnelSimError):
    """What nothing decides is asked for: the `argument` that says it, and what it may be.

    `choices` has the values by what each of them means; a form offers them.
    """

    def __init__(self, text: str, argument: str, choices: Mapping[str, Any]) -> None:
        self.argument, self.choices = argument, dict(choices)
        super().__init__(text)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.argument, self.choices)


@dataclass(frozen=True)
class Problem:
    """One wrong field: its dotted path, the value found, the rule it breaks, the way out.

    >>> print(Problem("stages.Interest.conversion", 1.4, "a probability lies between 0 and 1"))
    stages.Interest.conversion is 1.4; a probability lies between 0 and 1
    """

    path: str
    value: Any
    rule: str
    way_out: str = ""

    def __str__(self) -> str:
        path = cut(self.path, LONGEST_PATH) or "the scenario"
        sentence = f"{path} {_is(self.value)}; {cut(self.rule, LONGEST_SENTENCE)}"
        return f"{sentence}: {cut(self.way_out, LONGEST_SENTENCE)}" if self.way_out else sentence


class Missing:
    """Stands for the value of a field that is not there."""

    def __repr__(self) -> str:
        return "missing"


MISSING = Missing()


class Finding(str):
    """What was found, in words: shown without quotes."""


def cut(text: str, most: int) -> str:
    """A text of at most so many characters, so that a message stays one.

    >>> cut("a name that goes on and on", 20)
    'a name that goes ...'
    """
    return text if len(text) <= most else text[: most - 3] + "..."


def _is(value: Any) -> str:
    if value is MISSING:
        return "is missing"
    if isinstance(value, Finding):
        return f"is {cut(value, LONGEST_SENTENCE)}"
    if isinstance(value, dict):
        return f"is a table with {cut(', '.join(map(str, value)), 200) or 'nothing in it'}"
    if isinstance(value, (datetime.date, datetime.time)):  # and a datetime, which is a date
        return f"is {value}"
    if isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
        return f"is a list of {len(value)} tables" if len(value) > 1 else "is a list of one table"
    return f"is {cut(_written(value), 60)}"


def _written(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    try:
        return repr(value)
    except (ValueError, RecursionError):  # thousands of digits; lists within lists without end
        return f"a {type(value).__name__} too long to be written"


class ScenarioError(FunnelSimError, ValueError):
    """A scenario that cannot be simulated; `.problems` holds one `Problem` per wrong field.

    >>> import funnelsim as fs
    >>> try:
    ...     fs.load("aida").vary({"horizon": "soon", "stages.Interest.conversion": 1.4})
    ... except fs.ScenarioError as error:
    ...     print([problem.path for problem in error.problems])
    ['horizon', 'stages.Interest.conversion']
    """

    def __init__(self, problems: Sequence[Problem], source: str = "") -> None:
        self.problems = tuple(problems)
        self.source = source
        count = len(self.problems)
        where = f" in {source}" if source else ""
        title = f"{count} problems{where}:\n  " if count > 1 else f"{source}: " if source else ""
        told = [str(problem) for problem in self.problems[:MOST_TOLD]]
        if count > MOST_TOLD:
            told.append(f"and {count - MOST_TOLD:,} more, in .problems of this error")
        super().__init__(title + "\n  ".join(told))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.problems, self.source)


def nearest(word: object, known: Iterable[object]) -> str:
    """The way out of a wrong name: the nearest known one, and what else there is.

    >>> nearest("Intrest", ["Attention", "Interest"])
    'did you mean Interest? There are: Attention, Interest'
    """
    names, word = [str(name) for name in known], cut(str(word), LONGEST_PATH)
    if not names:
        return "there are none"
    some = ", ".join(cut(name, LONGEST_PATH) for name in names[:MOST_NAMES])
    there_are = f"there are: {some}" + (", ..." if len(names) > MOST_NAMES else "")
    names = names[:MOST_COMPARED]
    close = get_close_matches(word, names, n=1)
    if not close:
        lowered = {name.lower(): name for name in names}
        close = [lowered[m] for m in get_close_matches(word.lower(), lowered, n=1)]
    return f"did you mean {close[0]}? T{there_are[1:]}" if close else there_are
