"""What was meant by a value that cannot be read: the way out, ready to be copied.

Nothing here changes what is read. A scenario holds what its file says, or it is refused; these
guesses only make the sentence that refuses it useful.
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


# --- dates and hours ----------------------------------------------------------------------


def date_meant(text: str) -> str | None:
    """The date in another order; None: who knows, as with 01/04/2027.

    >>> date_meant("4.1.2027"), date_meant("2027/1/4")
    ('2027-01-04', '2027-01-04')
    """
    if match := re.search(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})\b", text):
        day, month, year = map(int, match.groups())
    elif match := re.search(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})\b", text):
        year, month, day = int(match[1]), int(match[3]), int(match[4])
    else:
        return None
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return None


_DAYS_MEANT = {
    "Mon": "monday montag",
    "Tue": "tuesday dienstag",
    "Wed": "wednesday mittwoch",
    "Thu": "thursday donnerstag",
    "Fri": "friday freitag",
    "Sat": "saturday samstag",
    "Sun": "sunday sonntag",
    "Mon-Sun": "daily täglich",
    "Mon-Fri": "weekdays workdays werktags",
}
_CLOCK = r"(\d{1,2})(?:[:.](\d\d))?\s*(am|pm)?(?:\s*uhr)?"
_TO = r"\s*(?:-|to|bis)\s*"
_HOURS = re.compile(rf"{_CLOCK}{_TO}{_CLOCK}|([a-zä]+)\.?(?:{_TO}([a-z]+))?")


def hours_meant(text: str) -> str | None:
    """Opening hours as they could be written; None: who knows. Without weekdays, Mon-Fri.

    >>> hours_meant("Mo-Fr 9-17"), hours_meant("9am to 5 pm"), hours_meant("9-5")
    ('Mon-Fri 09:00-17:00', 'Mon-Fri 09:00-17:00', 'Mon-Fri 09:00-17:00')
    >>> hours_meant("Mon, Wed 09:00-12:00, 13:00-17:00 Uhr")
    'Mon 09:00-12:00; Wed 09:00-12:00; Mon 13:00-17:00; Wed 13:00-17:00'
    """
    text = re.sub("[–—]", "-", text.lower())
    if text.strip() in ("24/7", "24 h", "24h"):
        return "always"
    days: list[str] = []
    parts: list[str] = []
    in_hours = False
    for match in _HOURS.finditer(text):
        first, last = match[7], match[8]
        if first:
            names = [_day(name) for name in (first, last) if name]
            if "" in names or (last and any("-" in name for name in names)):
                return None
            days = [*([] if in_hours else days), "-".join(names)]
        else:
            hours = _from_to(*match.groups()[:6])
            if not hours:
                return None
            parts += [f"{day} {hours}" for day in days or ["Mon-Fri"]]
        in_hours = not first
    rest = _HOURS.sub("", text).strip(" ,;:&+")
    return "; ".join(parts) if parts and in_hours and not rest.strip(" ,;:&+") else None


def _day(word: str) -> str:
    """Mon, from two letters on, or "" for what is no day."""
    for day, names in _DAYS_MEANT.items():
        if len(word) > 1 and any(name.startswith(word) for name in names.split()):
            return day
    return ""


def _from_to(*clocks: str | None) -> str:
    """Hour, minute and half of the day, twice: as in a scenario, or "" for what is no time of day.

    >>> _from_to("9", None, None, "5", "30", None), _from_to("9", None, "am", "12", None, "am")
    ('09:00-17:30', '09:00-24:00')
    >>> _from_to("22", None, None, "6", None, None)  # the night: two days
    ''
    """
    begin, end = _minutes(*clocks[:3]), _minutes(*clocks[3:]) or 24 * 60
    is_on_a_dial = int(clocks[0] or 0) <= 12 and not clocks[5]
    if end <= begin and end < 13 * 60 and is_on_a_dial:  # 9-5
        end += 12 * 60
    is_a_day = begin < end <= 24 * 60 and all(int(minute or 0) < 60 for minute in clocks[1::3])
    return f"{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}" if is_a_day else ""


def _minutes(hour: str | None, minute: str | None, half: str | None) -> int:
    h = int(hour or 0)
    return (h % 12 + 12 * (half == "pm") if half else h) * 60 + int(minute or 0)
