"""What is wrong with a text that is not TOML, and what was meant: the slips of people who write it.

TOML's parser stops at the first line that it cannot read, and says so in its own words. Here the
line is looked at, and where the slip is a known one, the lines after it are read as well.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable

from funnelsim.errors import MISSING, Problem
from funnelsim.meant import date_meant, duration_meant, key_written, number_meant, written

MOST = 20  # lines that are told at once
ABOVE = "above it "  # begins what is said of a line that is fine


def problems_of_syntax(text: str, lists: tuple[str, ...]) -> list[Problem]:
    """Every line that is not TOML; of those after one that is not understood, none.

    >>> for problem in problems_of_syntax("a = 5 %\\nb = 0,5\\nc = 3", ()):
    ...     print(problem)
    line 1 is "a = 5 %"; not TOML: write 0.05 for 5 %
    line 2 is "b = 0,5"; not TOML: write 0.5: decimals have a point
    """
    lines, problems = text.replace("\r\n", "\n").split("\n"), list[Problem]()
    while len(problems) < MOST:
        try:
            tomllib.loads("\n".join(lines))
            break
        except tomllib.TOMLDecodeError as error:
            message = str(error)
        number = _line(message, lines)
        line = lines[number - 1]
        way_out = _way_out(line, message, lists)
        if problems and not way_out:
            break  # it may be wrong only because of what was left out above
        rule = "not TOML" if way_out else f"not TOML: {message.split(' (at')[0]}"
        problems.append(Problem(f"line {number}", line.strip() or MISSING, rule, way_out))
        if not way_out or "=" not in line or way_out.startswith(ABOVE):
            break
        lines[number - 1] = ""
    return problems


def _line(message: str, lines: list[str]) -> int:
    """The number of the line that is wrong; an open [ or { is found out one line later."""
    place = re.search(r"\(at line (\d+), column \d+\)", message)
    number = int(place[1]) if place else len(lines)
    while number > 1 and not lines[number - 1].strip():
        number -= 1
    return number


def _way_out(line: str, message: str, lists: tuple[str, ...]) -> str:
    line = re.sub(r"(^|\s)#.*$", "", line).strip(" \t")
    bare = re.sub(r'"[^"]*"|\'[^\']*\'', '""', line)  # without what stands in quotes
    if bare.startswith("["):
        return _of_header(line, bare, message, lists)
    if _is_fine(line):  # so it is what stands above that makes it wrong
        is_there = "overwrite" in message
        there = "this key is there already: leave out one of the two"
        return there if is_there else f"{ABOVE}a [ or a quote is not closed"
    return next((way_out for slip in SLIPS if (way_out := slip(line, bare))), "")


def _is_fine(line: str) -> bool:
    """Whether the line could be read alone."""
    try:
        return bool(tomllib.loads(line))
    except tomllib.TOMLDecodeError:
        return False


def _of_header(line: str, bare: str, message: str, lists: tuple[str, ...]) -> str:
    if "nclosed" in message:
        return f"{ABOVE}a [ is not closed: add ]"
    if re.search(r"\]\s*[^\s\]]", bare):
        return "nothing stands after ]"
    parts = re.findall(r"""(?:"[^"]*"|'[^']*'|[^.\[\]"'])+""", line)
    name = ".".join(_part_of_header(" ".join(part.split())) for part in parts if part.strip())
    if "twice" not in message and "overwrite" not in message:
        return f"write [[{name}]]" if name in lists else f"write [{name}]"
    if bare.startswith("[[") and name in lists:
        return f"above the first [[{name}]] is a table of it: write [[{name}]] above that one too"
    if name in lists:
        return f"write [[{name}]] above each of them, in place of [{name}]"
    parent = name.rpartition(".")[0]
    if parent in lists:
        return f"it belongs to the [[{parent}]] above it, and there is one for each"
    return "it is there already: put the two together"


def _part_of_header(part: str) -> str:
    if part == "follow up":  # the one table of two words
        return "follow_up"
    return part if part[0] in "\"'" else key_written(part)


# --- one slip each: the line, and the same without what is in quotes -> the way out, or "" -------


def _curly_quotes(line: str, bare: str) -> str:
    straight = re.sub("[“”„‟«»‘’‚]", '"', line)
    return f"use straight quotes: {straight}" if re.search("[“”„‟«»‘’‚]", bare) else ""


def _unseen(line: str, bare: str) -> str:
    is_there = re.search("[\u00a0\u200b\u2009\u202f\ufeff]", bare)
    return "there is a character in it that cannot be seen: type the line anew" if is_there else ""


def _a_quote(line: str, bare: str) -> str:
    if re.search(r'""\w', bare):
        return "a text with one kind of quotes in it stands in the other, ' or \""
    return 'a quote " is missing' if bare.replace('""', "").count('"') == 1 else ""


def _a_minus(line: str, bare: str) -> str:
    return "write -, the plain minus sign" if re.search(r"=\s*[–−]\s*\d", bare) else ""


def _a_fraction(line: str, bare: str) -> str:
    match = re.search(r"=\s*(\d{1,9})\s*/\s*([1-9]\d{0,8})\s*($|[,}\]])", bare)
    return f"write {int(match[1]) / int(match[2]):.4g}" if match else ""


def _percent(line: str, bare: str) -> str:
    before, mark, _ = bare.partition("%")
    value = re.split(r"[=\[{]|,\s", before)[-1].strip()
    match = re.fullmatch(r"(?:ca\.|~)?\s*([+–−-]?)\s*([\d.,' ]+)", value)
    meant = number_meant(f"{match[2]}%") if mark and match else None
    if not match or meant is None:
        return ""
    return f"write {written(meant if match[1] in ('', '+') else -meant)} for {value} %"


def _a_date(line: str, bare: str) -> str:
    if meant := date_meant(bare):
        return f"write {meant}"
    is_date = re.search(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}", bare)
    return "a date is year-month-day, such as 2027-01-04" if is_date else ""


def _a_comma(line: str, bare: str) -> str:
    match = re.search(r"=\s*(\d[\d.]*(?:\s*,\s*\d[\d.]*)+)(?![\w.]*\s*=)", bare)
    if not match:
        return ""
    meant, parts = number_meant(match[1]), re.split(r"\s*,\s*", match[1])
    if len(parts) > 2 or re.search(r"\s", match[1]):
        number = f"write {written(meant)}, or " if meant is not None else "write "
        return f"a list stands in [ ]: {number}[{', '.join(parts)}]"
    if not re.fullmatch(r"\d+", "".join(parts)) and meant is None:
        return ""  # 2.1.5,3
    if meant is None:
        whole = match[1].replace(",", "")
        return f"write {whole}, or {match[1].replace(',', '.')} if these are decimals"
    return f"write {written(meant)}: decimals have a point"


def _a_number_with_more(line: str, bare: str) -> str:
    """`30 days`, `2.50 EUR`, `€ 2.50`, `.5`, `010`, `1 000`."""
    match = re.search(r"=\s*([^\s\d\"'\[{+-]?\s*\d*\.?\d[^\"\]},;]*)", bare)
    if not match:
        return ""
    value = match[1].strip()
    if duration := duration_meant(value):
        return f'a duration stands in quotes: write "{duration}"'
    meant = number_meant(re.sub(r"(?<=\d)\s+(?=\d{3}\b)", "", value))
    return f"write {written(meant)}" if meant is not None else ""


def _a_colon(line: str, bare: str) -> str:
    if re.search(r"(^|[{,])\s*[\w-]+\s*:", bare):
        return f"a key and its value have = between them: {line.replace(':', ' =', 1)}"
    return "a comment begins with #" if bare.startswith("//") else ""


def _a_key(line: str, bare: str) -> str:
    """`too expensive = 2`, `größe = 2`, `= 2`."""
    if re.search(r"(^|[{,])\s*=", bare):
        return "a key stands before ="
    for key in re.findall(r"(?:^|[{,])\s*([^=,{}\[\]\"']+?)\s*=", bare):
        if not re.fullmatch(r"[A-Za-z0-9_.(\s-]+", key) or re.search(r"[\w-]\s+[\w-]", key):
            return f"a name with more than plain letters stands in quotes: {key_written(key)} = ..."
    return ""


def _brackets(line: str, bare: str) -> str:
    if bare.count("{") > bare.count("}"):
        return "a table in { } begins and ends on one line: add }"
    if re.search(r",\s*}", bare):
        return "leave out the comma before }"
    if re.search(r"\[[^\],]*[\d\"\]}]\s+[\d\"\[{]", bare):
        return "the entries of a list have commas between them"
    return ""


def _a_word(line: str, bare: str) -> str:
    match = re.search(r"=\s*([^\W\d][^=\[\]{}\",]*)$", bare)
    if not match:
        return "write a value after =" if bare.endswith("=") else ""
    word = match[1].strip()
    if word.lower() in ("true", "yes", "false", "no"):
        return f"write {'true' if word.lower() in ('true', 'yes') else 'false'}"
    if word.lower() in ("null", "none", "nil"):
        return "leave the line out"
    return f'a text stands in quotes: write "{word}"'


SLIPS: tuple[Callable[[str, str], str], ...] = (
    *(_curly_quotes, _unseen, _a_quote, _a_colon, _a_key, _brackets, _percent, _a_date),
    *(_a_minus, _a_fraction, _a_comma, _a_number_with_more, _a_word),
)
