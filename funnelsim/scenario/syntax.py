"""What is wrong with a text that is not TOML, and what was meant: the slips of people who write it.

TOML's parser stops at the first line that it cannot read, and says so in its own words. Here the
line is looked at, and where the slip is a known one (a header of the wrong kind, a percentage, a
unit, quotes), the lines after it are read as well. Of any other its words are told, and an example.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable

from funnelsim.errors import MISSING, Problem
from funnelsim.meant import duration_meant, key_written, number_meant, written

MOST = 20  # lines that are told at once
ABOVE = "above it "  # begins what is said of a line that is fine
A_LINE = 'a line is key = 0.5, or "a text", "30 days", 2027-01-04, [1, 2], { constant = 80 }'


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
        found = line.strip() or MISSING
        problems.append(Problem(f"line {number}", found, rule, way_out or A_LINE))
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


def _percent(line: str, bare: str) -> str:
    before, mark, _ = bare.partition("%")
    value = re.split(r"[=\[{]|,\s", before)[-1].strip()
    match = re.fullmatch(r"(?:ca\.|~)?\s*([+–−-]?)\s*([\d.,' ]+)", value)
    meant = number_meant(f"{match[2]}%") if mark and match else None
    if not match or meant is None:
        return ""
    return f"write {written(meant if match[1] in ('', '+') else -meant)} for {value} %"


def _a_comma(line: str, bare: str) -> str:
    match = re.search(r"=\s*(\d[\d.]*(?:,\d[\d.]*)+)\s*($|[}\]])", bare)
    meant = number_meant(match[1]) if match else None
    if match and meant is None and re.fullmatch(r"\d+,\d+", match[1]):  # 1,000
        whole, decimals = (match[1].replace(",", by) for by in ("", "."))
        return f"write {whole}, or {decimals} if these are decimals"
    return f"write {written(meant)}: decimals have a point" if meant is not None else ""


def _a_number_with_more(line: str, bare: str) -> str:
    """`30 days`, `2.50 EUR`, `€ 2.50`, `.5`, `010`, `1 000`."""
    match = re.search(r"=\s*([^\s\d\"'\[{+–−-]?\s*\d*\.?\d[^\"\]},;]*)($|[}\]])", bare)
    value = match[1].strip() if match else ""
    if not value or _is_fine(f"x = {value}"):  # so it is something else in the line
        return ""
    if duration := duration_meant(value):
        return f'a duration stands in quotes: write "{duration}"'
    meant = number_meant(re.sub(r"(?<=\d)\s+(?=\d{3}\b)", "", value))
    return f"write {written(meant)}" if meant is not None else ""


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
    *(_curly_quotes, _unseen, _a_quote, _percent, _a_comma, _a_number_with_more, _a_word),
)
