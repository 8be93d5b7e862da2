"""The values of a scenario in words: 12.5 %, 90 min, 12,000 EUR, × 1.5."""

from __future__ import annotations

import math
from typing import Any

from funnelsim.distributions import DAY, HOUR, MINUTE, SECOND, duration_text
from funnelsim.kinds import CURRENCY, DURATION, FACTOR, ODDS_RATIO, SHARE, Kind

NONE = "none"


def in_words(value: Any, kind: Kind, currency: str) -> str:
    """A value of this kind as a trainer would say it; of a list its entries.

    >>> in_words(0.125, SHARE, "EUR"), in_words(1.5, FACTOR, "EUR"), in_words(None, SHARE, "EUR")
    ('12.5 %', '× 1.5', 'none')
    """
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(in_words(entry, kind, currency) for entry in value)}]"
    if not isinstance(value, (int, float)):
        return str(value)
    if not math.isfinite(value):
        return "no mean"
    if kind.unit == SHARE.unit:
        return share_text(value)
    if kind.unit == DURATION.unit:
        return short_duration(round(value))
    if kind.unit == CURRENCY:
        return f"{money_text(value)} {currency}"
    if kind.unit in (FACTOR.unit, ODDS_RATIO.unit):
        return f"× {number_text(value)}"
    return number_text(value)


def share_text(value: float) -> str:
    """A share as a reader writes it.

    >>> share_text(0.6), share_text(0.07), share_text(1 / 3)
    ('60 %', '7 %', '33.33 %')
    """
    return f"{100 * value:.4g} %"


def number_text(value: float) -> str:
    """A number in four digits, or more where it is a large one.

    >>> number_text(0.12345), number_text(12345.6), number_text(3.0)
    ('0.1235', '12,346', '3')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def money_text(value: float) -> str:
    """An amount: cents where there are any.

    >>> money_text(2.5), money_text(80.0), money_text(0.03)
    ('2.50', '80', '0.03')
    """
    is_small = 0 < abs(value) < 0.1
    return number_text(value) if value == round(value) or is_small else f"{value:,.2f}"


def short_duration(microseconds: int) -> str:
    """A duration for the eye: what no one would write by hand is rounded to three digits.

    >>> short_duration(2 * DAY), short_duration(123_456_789_012), short_duration(1584 * MINUTE)
    ('2 days', '34.3 h', '26.4 h')
    """
    text = duration_text(microseconds)
    count, unit = text.split()
    if unit in ("day", "days") or (unit in ("h", "min") and len(count) <= 3):
        return text
    for size, name in ((2 * DAY, "days"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")):
        if microseconds >= size:
            return f"{microseconds / (DAY if name == 'days' else size):.3g} {name}"
    return text
