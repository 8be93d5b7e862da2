"""What was meant by a value that cannot be read: the way out, ready to be copied.

Nothing here changes what is read. A scenario holds what its file says, or it is refused; these
guesses only make the sentence that refuses it useful. They are about numbers, percentages and
units; for all else an example is told, and the JSON schema lets an editor say it while one writes.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any


def written(value: Any) -> str:
    """A value as a scenario file has it.

    >>> written(True), written("30 min"), written([50, 0.5])
    ('true', '"30 min"', '[50, 0.5]')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, dict):
        pairs = (f"{key_written(key)} = {written(entry)}" for key, entry in value.items())
        return f"{{ {', '.join(pairs)} }}"
    return f'"{value}"' if isinstance(value, str) else str(value)


def key_written(key: object) -> str:
    """A key as a scenario file has it: in quotes, where TOML wants them.

    >>> key_written("price"), key_written("too expensive")
    ('price', '"too expensive"')
    """
    return str(key) if re.fullmatch(r"[A-Za-z0-9_-]+", str(key)) else f'"{key}"'


_NUMBER = re.compile(r"[^\d%-]*?(\.?\d[\d.,' ]*)(%|percent|prozent)?[^\d%]*", re.IGNORECASE)
_PLAIN = re.compile(r"\d*[.,]?\d+")
_GROUPED = re.compile(r"([1-9]\d{0,2}(?:([., '])\d{3})(?:\2\d{3})*)((?!\2)[.,]\d+)?")


def number_meant(text: str) -> float | None:
    """The number in a text with a unit, a percent sign or a decimal comma; None: who knows.

    >>> number_meant("5 %"), number_meant("0,5"), number_meant("80 EUR"), number_meant("1.200,50 €")
    (0.05, 0.5, 80.0, 1200.5)
    >>> number_meant("1,200") is None  # 1200 or 1.2
    True
    >>> number_meant("1 200 000"), number_meant("1,2,3"), number_meant("2 3 days")
    (1200000.0, None, None)
    """
    match = _NUMBER.fullmatch(text.strip())
    if not match:
        return None
    digits = match[1].rstrip("., '")
    if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits):
        return None
    if grouped := _GROUPED.fullmatch(digits):
        digits = re.sub(r"\D", "", grouped[1]) + (grouped[3] or "")
    elif not _PLAIN.fullmatch(digits):  # several numbers
        return None
    number = float(digits.replace(",", "."))
    if number == math.inf:  # hundreds of digits
        return None
    return number / 100 if match[2] else number


def number_instead(value: Any) -> str:
    """The way out for what is no number. Of a factor nobody knows what "20 %" is to say."""
    if isinstance(value, Mapping) and "constant" in value:
        return f"write {written(value['constant'])} alone"
    if not isinstance(value, str) or not re.search(r"\d", value):
        return "write a number"
    meant = number_meant(value)
    if meant is None:
        return "write the number alone, without quotes; decimals have a point"
    if "%" not in value:
        return f"write {written(meant)}"
    percent = f"{written(round(meant * 100, 9))} %"
    return f"write {written(meant)} for {percent}, or {written(1 + meant)} for {percent} more"


# --- durations ----------------------------------------------------------------------------

_SECONDS = {"weeks": 604_800, "days": 86_400, "h": 3_600, "min": 60, "s": 1}
_MEANT = {
    "weeks": "w week weeks wk wks woche wochen",
    "days": "d day days tag tage tagen",
    "h": "h hour hours hr hrs std stunde stunden",
    "min": "min minute minutes mins minuten",
    "s": "s sec second seconds secs sek sekunde sekunden",
}
_UNIT = {word: unit for unit, words in _MEANT.items() for word in words.split()}
_DAYS = dict.fromkeys(("month", "months", "monat", "monate", "monaten"), 365 / 12)
_DAYS |= dict.fromkeys(("quarter", "quarters", "quartal", "quartale"), 365 / 4)
_DAYS |= dict.fromkeys(("year", "years", "yr", "yrs", "jahr", "jahre", "jahren"), 365)
_LENGTH = re.compile(r"(\d{1,9}(?:[.,]\d{1,9})?)\s*([^\W\d_]+)\.?")


def duration_meant(text: str) -> str | None:
    """The duration in other words, another language or with a slip; None: who knows.

    >>> duration_meant("2 Tage"), duration_meant("1,5 dais"), duration_meant("1 year")
    ('2 days', '1.5 days', '365 days')
    >>> duration_meant("1 h 30 min")
    '90 min'
    >>> duration_meant("0.01 months") is None  # which is not "0 days"
    True
    """
    lengths = [(float(n.replace(",", ".")), word.lower()) for n, word in _LENGTH.findall(text)]
    if not lengths or _LENGTH.sub("", text).strip(" ,+"):
        return None
    found: list[tuple[float, str]] = []
    for length, word in lengths:
        close = get_close_matches(word, [*_UNIT, *_DAYS], n=1) if len(word) > 1 else [word]
        if not close or close[0] not in _UNIT.keys() | _DAYS.keys():
            return None
        if close[0] in _DAYS:
            days = round(length * _DAYS[close[0]])
            if length and not days:
                return None
            found.append((days, "days"))
        else:
            found.append((length, _UNIT[close[0]]))
    if len(found) == 1:
        return f"{written(found[0][0])} {found[0][1]}"
    seconds = sum(length * _SECONDS[unit] for length, unit in found)
    unit = next((unit for unit in ("days", "h", "min") if seconds % _SECONDS[unit] == 0), "s")
    return f"{written(seconds / _SECONDS[unit])} {unit}"


def duration_instead(value: Any) -> str:
    """What to write in place of what is no duration."""
    if isinstance(value, Mapping) and isinstance(value.get("constant"), str):
        return f"{written(value['constant'])} alone"
    if isinstance(value, str):
        if meant := duration_meant(value):
            return f'"{meant}"'
        value = number_meant(value) if re.fullmatch(r"[\d.,\s]+", value) else None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf:
        length = written(value)
        return f'"{length} days", "{length} h" or "{length} min"' if value else '"0 days"'
    if isinstance(value, datetime.date):
        return 'a length in place of a date, such as "30 days"'
    return '"30 min", "2 h", "1.5 days" or "3 weeks"'
