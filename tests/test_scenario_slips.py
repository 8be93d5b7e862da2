"""A trainer's slips in a file written by hand: each message says what to write, and that works."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import funnelsim as fs
from funnelsim.scenario.syntax import A_LINE

TEXT = """name = "shop"
currency = "EUR"
horizon = "30 days"
start = 2027-01-04

[[channels]]
name = "web"
leads_per_day = 10

[[teams]]
name = "sales"
reps = 2
open = "always"

[[stages]]
name = "Interest"
conversion = 0.5
loss_reasons = { price = 1 }
[stages.follow_up]
team = "sales"

[[stages]]
name = "Action"

[order]
value = { constant = 80 }
"""


def said(text: str) -> str:
    with pytest.raises(fs.ScenarioError) as caught:
        fs.Scenario.from_toml(text)
    return str(caught.value)


def with_lines(lines: str) -> str:
    """The text with these lines in place of the one that has the key of the first."""
    key = lines.replace(":", "=", 1).split("=")[0].strip()
    (old,) = [there for there in TEXT.splitlines() if there.split("=")[0].strip() == key]
    return TEXT.replace(old, lines, 1)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        # a share, a number, an amount
        ('conversion = "5 %"', "0.05"),
        ("conversion = 5 %", "0.05"),
        ("conversion = 5", "0.05"),
        ('conversion = "60"', "0.6"),
        ("conversion = 0,5", "0.5"),
        ('conversion = "0,5"', "0.5"),
        ('conversion = "ca. 50 Prozent"', "0.5"),
        ("conversion = .5", "0.5"),
        ("conversion = { constant = 0.5 }", "0.5"),
        ('leads_per_day = "10 leads"', "10"),
        ("leads_per_day = 1,000", "1000"),
        ("leads_per_day = 1 000", "1000"),
        ('leads_per_day = "1 000 000 leads"', "1000000"),
        ("leads_per_day = 1.000,50", "1000.5"),
        ("conversion = ca. 5 %", "0.05"),
        ('reps = "2"', "2"),
        # what is distributed
        ('value = "80 EUR"', "{ constant = 80 }"),
        ('value = "1.200,50 €"', "{ constant = 1200.5 }"),
        ("value = true", "{ constant = 80 }"),
        ("value = [50, 100]", "{ uniform = { low = 50, high = 100 } }"),
        ('value = "50-100 EUR"', "{ uniform = { low = 50, high = 100 } }"),
        ("value = { mean = 80, cv = 1 }", "{ lognormal = { mean = 80, cv = 1 } }"),
        ("value = { exponential = { mean = 0 } }", "{ constant = 0 }"),
        ("value = { }", "{ constant = 80 }"),
        # durations
        ('horizon = "30 Tage"', '"30 days"'),
        ('horizon = "30 dais"', '"30 days"'),
        ('horizon = "1 year"', '"365 days"'),
        ('horizon = "3 months"', '"91 days"'),
        ('horizon = "1 Quartal"', '"91 days"'),
        ('horizon = "1,5 days"', '"1.5 days"'),
        ('horizon = "1 day 12 h"', '"36 h"'),
        ("horizon = 30 days", '"30 days"'),
        ("horizon = 30", '"30 days"'),
        ('horizon = "30"', '"30 days"'),
        ("horizon = 2027-12-31", '"30 days"'),
        # dates and hours
        ('start = "4.1.2027"', "2027-01-04"),
        ("start = 2027-01-04T08:00:00", "2027-01-04"),
        ('open = ["Mon 09:00-17:00"]', '"Mon-Fri 09:00-19:00; Sat 10:00-14:00"'),
        # texts and tables
        ("currency = CHF", '"CHF"'),
        ("currency = “CHF”", '"CHF"'),
        ("currency = „CHF“", '"CHF"'),
        ("currency = 5", '"5"'),
    ],
)
def test_what_a_message_says_to_write_is_taken(wrong: str, right: str) -> None:
    assert right in said(with_lines(wrong))
    line = right if " = " in right and right[0] != "{" else f"{wrong.split(' ')[0]} = {right}"
    fs.Scenario.from_toml(with_lines(line))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('horizon = "-5 days"', "a duration is not negative"),
        ('horizon = "30 days', 'a quote " is missing'),
        ("horizon = 30 days", 'a duration stands in quotes: write "30 days"'),
        ("leads_per_day = 10\u00a0", "a character in it that cannot be seen"),
        ("value = { uniform = [50, 100] }", "write uniform = { low = 50, high = 100 }"),
        ("value = { uniform = { low = 9, high = 5 } }", "put them in this order"),
        ("value = { lognormal = { mean = 80, sd = 20 } }", "standard deviation ÷ mean"),
        ("value = { lognormal = { mean = 80, cv = -1 } }", "between 0.05 and 100"),
        ("value = { lognormal = { mean = 80, cv = 800 } }", "write 8 for 800 %"),
        ("value = { empirical = [50, 80] }", "write empirical = { values = [50, 80] }"),
        ("leads_per_day = 10\nweekdays = [1, 1, 1, 1, 1]", "here are 5: such as [1,"),
        ("leads_per_day = 10\nweekdays = [1, 1, 1, 1, 1, 0,5, 0]", "decimals have a point"),
        ('leads_per_day = 10\nhours = "9-17"', "0, 1, 1, 1, 1, 1, 1, 1, 1, 0"),
        ('leads_per_day = 10\ngrowth = "20 %"', "write 0.2 for 20 %, or 1.2 for 20 % more"),
        ("leads_per_day = 10\nlabels = { number = 5 }", 'write { number = "5" }'),
        ("reps = 2\nskills = 1.5", "write [1.5]"),
        ("reps = 2\nclosed = 2027-12-25", "write [2027-12-25]"),
        ("reps = 2\nreps = 3", "this key is there already"),
        ('team = "sales"\nhandling_time = 30', '{ constant = "30 days" }, or with h or min'),
        ('team = "sales"\nhandling_time = { uniform = ["1 h", "2 Std"] }', 'high = "2 h" }'),
    ],
)
def test_a_slip_is_told_with_its_way_out(line: str, words: str) -> None:
    assert words in said(with_lines(line))


LIKE = 'write "Mon-Fri 09:00-19:00; Sat 10:00-14:00", or "always"'
DATE = "write 2027-01-04, which is year, month and day"
REASONS = 'write { "too expensive" = 2, other = 1 }'


@pytest.mark.parametrize(
    ("line", "found", "words"),
    [
        ("conversion = 1/4", "not TOML: ", A_LINE),
        ("start = 04.01.2027", "not TOML: ", A_LINE),
        ("start = 01/04/2027", "not TOML: ", A_LINE),
        ("start = 2027-02-30", "not TOML: Invalid date", A_LINE),
        ('currency: "CHF"', "not TOML: Expected '=' after a key", A_LINE),
        ("leads_per_day = –10", "not TOML: ", A_LINE),
        ("value = { constant = 80", "not TOML: ", A_LINE),
        ("value = { constant: 80 }", "not TOML: Expected '=' after a key", A_LINE),
        ("loss_reasons = { too expensive = 2 }", "not TOML: Expected '=' after a key", A_LINE),
        ("leads_per_day = 10\nweekdays = [1 1 1 1 1 1 1]", "not TOML: Unclosed array", A_LINE),
        ("leads_per_day = 1\nweekdays = 1,1,1,1,1,0,0", "not TOML: ", A_LINE),
        ("leads_per_day = 1\nweekdays = 1, 0.5", "not TOML: ", A_LINE),
        ("reps = 2\n= 3", "not TOML: ", A_LINE),
        ("loss_reasons = { = 3 }", "not TOML: ", A_LINE),
        ('start = "4.1.27"', 'start is "4.1.27"', DATE),
        ('reps = 2\nclosed = ["25.12.2027"]', "closed is ['25.12.2027']", DATE),
        ('open = "9-17"', "'9-17' is no weekday with hours", LIKE),
        ('open = "Mo-Fr 9-17"', "'Mo-Fr 9-17' is no weekday with hours", LIKE),
        ('open = "24/7"', "'24/7' is no weekday with hours", LIKE),
        ('loss_reasons = ["price", "too late"]', "['price', 'too late']", REASONS),
        ('loss_reasons = "price"', 'loss_reasons is "price"', REASONS),
        ('reps = ["Anna", "Ben"]', "['Anna', 'Ben']", "this is a whole number from 1 to 100,000"),
        ("value = { uniform = { min = 5, max = 9 } }", "no such key", "there are: low, high"),
    ],
)
def test_where_nothing_is_guessed_the_rule_and_an_example_are_told(
    line: str, found: str, words: str
) -> None:
    told = said(with_lines(line))
    assert found in told
    assert words in told


def test_the_examples_that_are_told_are_taken() -> None:
    values = A_LINE.removeprefix("a line is key = ").replace("or ", "")
    tomllib.loads(f"x = [{values}]")
    for line in (
        f"start = {DATE[6:16]}",
        f"loss_reasons = {REASONS[6:]}",
        f"open = {LIKE[6:].split(',')[0]}",
    ):
        fs.Scenario.from_toml(with_lines(line))


NIGHT = "a night is two parts: Fri 22:00-24:00; Sat 00:00-06:00"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('open = "Mo-Fr 17-9"', LIKE),
        ('open = "Mon 9:00 - 25:00"', NIGHT),
        ('open = "Mon 22:00-06:00"', NIGHT),
        ('open = "9am-5am"', LIKE),
        ('open = "9:75-17"', LIKE),
        ('open = "daily-Fri 9-17"', LIKE),
        ('horizon = "0.01 months"', 'write "30 min", "2 h", "1.5 days" or "3 weeks"'),
        ("horizon = 2 3 days", "not TOML: Expected newline"),
        ('leads_per_day = "1,2,3"', "write the number alone, without quotes"),
        ('leads_per_day = "2 3 leads"', "write the number alone, without quotes"),
        ('leads_per_day = "12.5.2027"', "write the number alone, without quotes"),
        ("conversion = -5 %", "write -0.05 for -5 %"),
        ("conversion = –5 %", "write -0.05 for –5 %"),
        ("conversion = 1e400 %", "not TOML: Expected newline"),
        ("conversion = 1e-5 %", "not TOML: Expected newline"),
        ("leads_per_day = 1,234,567", "write 1234567"),
        ("currency = null", "leave the line out"),
        ("currency = None", "leave the line out"),
        ("reps = 2\n[stages.A B]", 'write [stages."A B"]'),
        ("reps = 2\n[stages.follow up]", "write [stages.follow_up]"),
        ("reps = 2\n[ stages ] x", "not TOML: nothing stands after ]"),
        ('reps = 2\n[stages."A B"] x', "not TOML: nothing stands after ]"),
    ],
)
def test_what_is_said_takes_nothing_from_what_is_written(line: str, words: str) -> None:
    (told,) = said(with_lines(line)).splitlines()
    assert words in told


def test_a_line_below_what_is_not_closed_is_the_only_one_told() -> None:
    with pytest.raises(fs.ScenarioError) as caught:
        fs.Scenario.from_toml('a = """x\nb = 3\n')
    assert [p.way_out for p in caught.value.problems] == ["above it a [ or a quote is not closed"]


def test_all_lines_with_a_known_slip_are_told_at_once() -> None:
    text = TEXT.replace("= 0.5", "= 5 %").replace("= 2\n", "= 2,5\n").replace('"30 days"', "9 Tage")
    with pytest.raises(fs.ScenarioError) as caught:
        fs.Scenario.from_toml(text)
    assert [p.path for p in caught.value.problems] == ["line 3", "line 12", "line 17"]


# --- the wrong table, and lists -------------------------------------------------------------------

TOP = "it belongs at the top, before the first [table]"
STAGES = "add [[stages]] with name and conversion for each step, and a last one with its name"
FOLLOW_UP = "[stages.follow_up]\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TEXT + 'currency = "CHF"\n', f'order.currency is "CHF"; there is no such key: {TOP}'),
        (TEXT.replace("[order]", 'warm_up = "1 day"\n[order]'), f"there is no such key: {TOP}"),
        (TEXT.replace(FOLLOW_UP, ""), "it belongs in [stages.follow_up]"),
        (
            TEXT.replace('"sales"\n\n[[stages]]\n', '"sales"\nconversion = 1\n\n'),
            "follow_up.conversion is 1; there is no such key: it belongs to [[stages]] itself, "
            "above [stages.follow_up]",
        ),
        (TEXT.replace('"sales"\n\n[[stages]]\n', '"sales"\n'), "it belongs to [[stages]] itself"),
        ("margin = 0.4\n" + TEXT, "it belongs in [order]"),
        (TEXT + "[[tiers]]\n", "write [[loyalty.tiers]]"),
        (TEXT + "[order.retention]\n", "write [retention], not inside of [order]"),
        (
            TEXT.replace("[stages.f", "[stages.Interest.f"),
            "write [stages.follow_up], below its",
        ),
        (
            TEXT.replace(FOLLOW_UP, f"[{FOLLOW_UP[:-1]}]\n"),
            "of [[stages.follow_up]], once",
        ),
        (TEXT.replace("[order]", "[[order]]"), "write [order] in place of [[order]], once"),
        (TEXT.replace(f'{FOLLOW_UP}team = "sales"', 'follow_up = "sales"'), '{ team = "sales" }'),
        # lists
        ('name = "shop"\nhorizon = "9 days"\n', f"stages is missing; it is needed: {STAGES}"),
        ('name = "shop"\n', 'add [[channels]] with name = "web" and leads_per_day = 10'),
        (TEXT.split("[[stages]]")[0] + 'stages = ["Interest"]', STAGES),
        (
            TEXT.replace("[[stages]]", "[stages]"),
            "write [[stages]] above each of them, in",
        ),
        (TEXT.replace("[[stages]]", "[stages]", 1), "write [[stages]] above that one too"),
        (TEXT.replace("[[channels]]", "[channels]"), "write [[channels]] above each of them"),
        (TEXT.replace("[[teams]]", "[teams]"), "write [[teams]] above each of them"),
        (
            TEXT.replace(FOLLOW_UP, FOLLOW_UP + FOLLOW_UP),
            "it belongs to the [[stages]] above it, and there is one for each",
        ),
        (TEXT + "[order]\n", "it is there already: put the two together"),
        (TEXT.replace("[[teams]]", "[[teams]"), "write [[teams]]"),
        (
            TEXT.split("[[stages]]")[0] + "[stages.Interest]\nconversion = 1\n[stages.Action]\n",
            'write [[stages]] above each of them, with name = "Interest" below it',
        ),
        (
            TEXT.replace('[[teams]]\nname = "sales"\nreps = 2\nopen = "always"', "").replace(
                "sales", "Vertrieb"
            ),
            'there is no such team: add [[teams]] with name = "Vertrieb" and reps = 2',
        ),
        (TEXT.replace("[order]", '[[stages]]\nname = "Loyalty"\n'), "goes into life_stages"),
    ],
)
def test_a_key_in_the_wrong_table_is_told_where_it_belongs(text: str, words: str) -> None:
    assert words in said(text)


def test_a_list_of_teams_that_is_none_is_told_once() -> None:
    assert "no such team" not in said(TEXT.replace("[[teams]]", "[teams]"))


@pytest.mark.parametrize("ends", ["5 days", "10 days"])
def test_a_burst_that_ends_before_it_begins_is_refused(ends: str) -> None:
    burst = f'leads_per_day = 10\nbursts = [{{ from = "10 days", to = "{ends}", factor = 3 }}]'
    told = said(TEXT.replace("leads_per_day = 10", burst))
    assert f'channels.web.bursts.#1.to is "{ends}"; a burst ends after it begins, and' in told


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "asked", "words"),
    [
        ("my.toml", "mine.toml", "there is no file {folder}/mine.toml: did you mean my.toml?"),
        ("mein.toml.txt", "mein.toml", "did you mean mein.toml.txt?"),
        ("shop.toml", "meine.toml", "there are: shop.toml"),
        ("notes.txt", "meine.toml", "there is no .toml file in this folder"),
        ("mein.toml", "sub/mein.toml", "there is no folder {folder}/sub"),
        ("mein.toml", "aida.toml", 'write "aida" for the scenario that comes along'),
        ("mein.toml", "mein", 'write "mein.toml" for the file'),
        ("mein.toml", "./", "{folder} is a folder: there are: mein.toml"),
    ],
)
def test_a_file_that_is_not_there_is_told_with_where_it_was_looked_for(
    there: str, asked: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / there).write_text(TEXT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(fs.FunnelSimError) as caught:
        fs.load(asked)
    assert words.format(folder=tmp_path.resolve()) in str(caught.value)


def test_a_file_of_another_encoding_is_told_how_to_save_it(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes(TEXT.replace("Action", "Käufer").encode("latin-1"))
    with pytest.raises(fs.FunnelSimError, match=r"line 23 is not UTF-8.*encoding UTF-8"):
        fs.load(path)
