"""How students answer the exercises: by every right method, and by mistakes that are made.

Worked out here anew, from the journals of what the notebooks state, by the public functions, a
plain simulation in NumPy or SciPy's distributions, and not by what the check knows. Each way takes
a seed: the question's, or the student's own. `lesson_NN.py` holds those of a lesson, as `WAYS`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from ways_to_answer.ways import Ways

WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    number: way
    for module in iter_modules(__path__)
    if module.name.startswith("lesson_")
    for number, way in import_module(f"{__name__}.{module.name}").WAYS.items()
}


@cache
def ways(number: str, seed: int) -> tuple[Ways, Ways]:
    """Answers by right methods and by mistakes, by the name of the way."""
    return WAYS[number](seed)
