"""What a way to answer is: by right methods, and by mistakes that are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Ways = dict[str, Any]
SEASONS = 1_000  # as the notebooks ask for, at least


def always(right: float, **wrong: float) -> Callable[[int], tuple[Ways, Ways]]:
    return lambda seed: ({"sum": right}, wrong)
