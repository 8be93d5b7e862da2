"""Columns of amounts as numbers, and the currency that stands with them.

Which of comma and point is the decimal mark is decided from the whole column; thousands are grouped
by points, commas, blanks or apostrophes, in threes or as in India; (1,500.00) and 1,500.00- are
below 0. Signs and codes of currencies may stand before or after.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
import pandas as pd

from funnelsim.errors import FunnelSimError, QuestionError
from funnelsim.reading.values import (
    ZEROS,
    Findings,
    as_text,
    forms_of,
    place,
    refuse,
    spread,
    texts_of,
    uniques,
)

MINUS = str.maketrans({"−": "-", "–": "-", "﹣": "-", "－": "-", "．": ".", "，": ","})
WORD = r"[^\W\d_][^\W\d_.]*\.?"
AMOUNT = r"[-+]?[\d.,]*\d[.,]?(?:[eE][+-]?\d{1,2})?-?"
THREE_DECIMALS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
PLAIN = re.compile(r"(?:[A-Z]{3} )?([0-9]+(?:[.,][0-9]+)*)(?: [A-Z]{3})?")  # nothing to mend
AROUND = re.compile(rf"^([-+]?)\s*({WORD})?\s*({AMOUNT})\s*({WORD})?$")


def read_numbers(
    column: pd.Series, decimal: str | None = None, findings: Findings | None = None
) -> pd.Series:
    """A column of amounts as floats; currency signs, codes and thousands marks are dropped.

    Which of comma and point is the decimal mark is decided from the whole column: the last one
    where a value has both; the one that is not followed by three digits. `decimal` overrules;
    it must be given where nothing decides (every value looks like 1.234).

    Raises FunnelSimError naming column, row and value of what cannot be read (with `findings`, one
    cell in a hundred may be: it is taken as empty, and said), QuestionError for a mark that nothing
    decides.

    >>> read_numbers(pd.Series(["1.234,56", "EUR 80", "(3,50)", None])).tolist()
    [1234.56, 80.0, -3.5, nan]
    >>> read_numbers(pd.Series(["1,00,000", "1 200 ₴"])).tolist()
    [100000.0, 1200.0]
    """
    if decimal not in (None, ",", "."):
        raise FunnelSimError(f"decimal is {decimal!r}; the decimal mark is ',' or '.'")
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return _finite(column, column.astype(float))
    codes, values = uniques(column)
    numbers = np.full(len(values), np.nan)
    bare = np.array([None] * len(values), dtype=object)
    unread = np.zeros(len(values), dtype=bool)
    texts = texts_of(values)
    is_number = np.array(
        [isinstance(v, (int, float, np.number)) and not isinstance(v, bool) for v in values], bool
    )
    numbers[is_number] = values[is_number].astype(float)
    written = np.flatnonzero(~is_number & pd.notna(texts))
    bare[written] = list(map(_bare, texts[written]))
    unread[written] = pd.isna(bare[written])
    mark = decimal or _decimal_mark(column, codes, values, bare, findings)
    other = "." if mark == "," else ","
    grouped = re.compile(
        rf"(?=\D*\d)-?(?:\d+|\d{{1,3}}(?:\{other}\d{{3}})+|\d{{1,2}}(?:\{other}\d{{2}})*\{other}\d{{3}})?"
        rf"(?:\{mark}\d*)?(?:[eE][+-]?\d+)?"
    )
    read = written[~unread[written]]
    unread[read] = [grouped.fullmatch(text) is None for text in bare[read]]
    read = read[~unread[read]]
    numbers[read] = [float(text.replace(other, "").replace(mark, ".")) for text in bare[read]]
    wrong = np.asarray(spread(codes, unread, False), dtype=bool)
    way_out = f"write amounts like 1234{mark}56 (decimal mark {mark!r})"
    refuse(column, wrong, "is not an amount that can be read", way_out, findings, "taken as empty")
    found = pd.Series(spread(codes, numbers, np.nan), index=column.index, name=column.name)
    return _finite(column, found)


def is_amount(text: str) -> bool:
    """Whether a text is an amount, whatever its marks mean."""
    return _bare(text) is not None


def _bare(text: str) -> str | None:
    """Digits and marks alone, with a minus in front; None where there is more than an amount.

    >>> _bare("EUR 1.200,50"), _bare("(1,500.00)"), _bare("1 200,- ₽"), _bare("12k")
    ('1.200,50', '-1,500.00', '1200,00', None)
    """
    if match := PLAIN.fullmatch(text):
        return match[1]
    text = text.translate(MINUS)
    text = re.sub(r"[^\W\d_]{0,3}\$", " ", text)  # US$, R$
    text = "".join(" " if unicodedata.category(sign) == "Sc" else sign for sign in text).strip()
    is_below = text.startswith("(") and text.endswith(")")
    text = text.strip("()").strip() if is_below else text
    text = re.sub(r"(?<=\d)([.,])(?:-+|—)(?=\D*$)", r"\g<1>00", text)  # 1.200,- is 1.200,00
    text = re.sub(r"(?<=\d)[\u00a0\u202f\u2009\u2007'’´` ](?=\d{3}(?!\d))", "", text)
    match = AROUND.match(text)
    if not match or not all(_is_currency(word) for word in (match[2], match[4]) if word):
        return None
    digits = (match[1] + match[3]).lstrip("+")
    if digits.endswith("-"):
        is_below, digits = True, digits[:-1]
    if is_below and digits.startswith("-"):
        return None
    return f"-{digits}" if is_below else digits


def _is_currency(word: str) -> bool:
    """A code, a short form or a name: but "12k" and "3 days" are no amounts."""
    is_code = len(word) == 3 and word.isascii() and word.isupper()
    plain = word.casefold()
    return is_code or plain in currency_names() or plain.rstrip(".") in currency_names()


def _finite(column: pd.Series, amounts: pd.Series) -> pd.Series:
    refuse(column, np.isinf(amounts.to_numpy()), "is no finite amount",
           "correct it, or empty the cell")  # fmt: skip
    return amounts


def _decimal_mark(
    column: pd.Series,
    codes: np.ndarray,
    values: np.ndarray,
    bare: np.ndarray,
    findings: Findings | None,
) -> str:
    texts = [text for text in bare if text is not None]

    together = "\n".join(texts)  # none holds a line's end: one search for all of them

    def any_match(pattern: str) -> bool:
        return re.search(pattern, together, re.MULTILINE) is not None

    for mark, other in ((",", "."), (".", ",")):
        # 1.234,56 and 1.234.567 say that the point groups; 12,5 says that the comma divides.
        if any_match(rf"\{other}.*\{mark}") or any_match(rf"\{other}\d{{2,3}}\{other}"):
            return mark
    for mark in (",", "."):
        if any_match(
            rf"^-?(?:\d*\{mark}(?:\d{{1,2}}|\d{{4,}})|0\{mark}\d+|\d{{4,}}\{mark}\d+"
            rf"|\d+\{mark}\d+[eE].*)$"
        ):
            return mark
    for i, text in enumerate(bare):
        if text is not None and ("," in text or "." in text) and text[-1] not in ".,":
            if (other := _other_than_thousands(column, texts)) and findings is not None:
                findings.note(
                    f"column {column.name!r}: the mark in {as_text(values[i])!r} groups thousands: "
                    "a currency has no three decimals; say decimal="
                    f"{',' if other == '.' else '.'!r} if it divides"
                )
                return other
            row = column.index[codes == i][0]
            raise QuestionError(
                f"column {column.name!r}, {place(column.index, row)}: {as_text(values[i])!r} may "
                "have a thousands mark or a decimal one, and no other value decides it; say "
                "decimal=',' or decimal='.'",
                "decimal", {"1.234,50": ",", "1,234.50": "."},
            )  # fmt: skip
    return "."


def _other_than_thousands(column: pd.Series, texts: list[str]) -> str:
    """The decimal mark where three digits follow every mark and the amounts name a currency."""
    marks = {sign for text in texts for sign in text if sign in ",."}
    named = set(currencies_in(column)) or {currency_in(str(column.name))} - {None}
    if len(marks) != 1 or not named or named & THREE_DECIMALS:
        return ""
    return "." if marks == {","} else ","


# --- currencies ---------------------------------------------------------------------------------


@cache
def currency_names() -> dict[str, str]:
    """{sign, code or name in small letters: code}."""
    text = (files("funnelsim.reading") / "currencies.toml").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for code, names in tomllib.loads(text)["names"].items():
        for name in [code, *names]:
            found.setdefault(name.casefold(), code)
    return found


def currency_in(text: str) -> str | None:
    """The currency that an amount, a heading or a word names; None where it names none.

    >>> currency_in("1 200,00 ₴"), currency_in("Amount (EUR)"), currency_in("Российский рубль")
    ('UAH', 'EUR', 'RUB')
    >>> currency_in("Deal value") is None
    True
    """
    return _named_in(text.translate(ZEROS))


@lru_cache(maxsize=65_536)
def _named_in(text: str) -> str | None:
    """The same of a text whose digits are all 0: the amounts themselves name nothing."""
    known = currency_names()
    plain = text.casefold().strip()
    if plain in known:
        return known[plain]
    words = re.findall(
        r"[^\W\d_]{0,3}[€$£¥₴₽₹₺₸₩₪₫₱฿₦₡₲₵₼₾₮﷼￥￡＄]|[^\W\d_]+(?:\.(?!\w))?|[^\W\d_]+", plain
    )
    for word in words:
        if word in known and (len(word) > 2 or not word.isascii() or "$" in word):
            return known[word]
        if word.rstrip(".") in known and len(word.rstrip(".")) > 2:
            return known[word.rstrip(".")]
    for sign in plain:
        if unicodedata.category(sign) == "Sc":
            return known.get(sign, sign)
    return None


def currencies_in(column: pd.Series) -> Counter[str]:
    """How many cells of a column name which currency."""
    codes, values = uniques(column)
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    found: Counter[str] = Counter()
    for currency, count in zip(currencies_of(values), counts, strict=True):
        if currency:
            found[currency] += int(count)
    return found


def currencies_of(values: np.ndarray) -> np.ndarray:
    """The currency that each value names, None where it names none: each form is looked at once.

    >>> currencies_of(np.array(["EUR 80", 80.0, "EUR 95"], dtype=object)).tolist()
    ['EUR', None, 'EUR']
    """
    texts = [v if isinstance(v, str) else "" for v in values]
    forms = np.array([*forms_of(texts), ""], dtype=object)
    codes, different = pd.factorize(forms)
    names = np.array([*map(_named_in, different), None], dtype=object)
    return np.asarray(names[codes[:-1]])
