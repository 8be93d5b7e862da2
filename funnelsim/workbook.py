"""A plan as an Excel workbook: the values, and the assumptions beside them, to be sent on.

Numbers are numbers, with formats, and texts are texts: a channel called "=1+1" is written as the
text that it is, so that no spreadsheet works it out. There are no formulas, macros or links.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from funnelsim.earlier import earlier_argument
from funnelsim.errors import Finding, FunnelSimError, Problem
from funnelsim.planner import Plan
from funnelsim.planner.text_tables import OUTCOME, about, assumptions, said_of_reps
from funnelsim.saving import beside
from funnelsim.scenario import Scenario
from funnelsim.scenario.embedded import (
    HASH,
    LINE,
    LONGEST_CELL,
    PLANNED_SHEET,
    SHEET,
    VERSION,
    rows_of,
)

WIDEST = 60  # characters of a column
A_DAY = datetime.datetime(2027, 1, 1)  # always the same: the same plan makes the same bytes
FORMATS = {
    "text": {},
    "whole": {"num_format": "#,##0"},
    "tenth": {"num_format": "#,##0.0"},
    "any": {"num_format": "General"},
    "share": {"num_format": "0.0%"},
    "money": {"num_format": "#,##0.00"},
    "head": {"bold": True, "bottom": 1},
    "first": {"bold": True, "font_size": 13, "text_wrap": True},
    "wrapped": {"text_wrap": True, "valign": "top"},
}
Column = tuple[str, str, Sequence[Any]]  # head, format, values


@earlier_argument("p", "plan")
def write_workbook(plan: Plan, path: str | Path) -> Path:
    """Write the workbook (.xlsx) and return where it is.

    Sheets: Plan (the answer and what it says), Stages, Channels, People (where there are teams),
    By month (or week, or quarter, where the plan was asked for it), Chance (the curve, with a
    chart), Outcome, Assumptions (every field of the scenario, stated or
    left at its default), Made with (version, seed, all that was asked, and the scenario that was
    planned from), Planned scenario; `fs.load` reads both scenarios back. Of a target that cannot be
    met they hold the best that was tried, and say so. A folder that is missing is made; an existing
    file is replaced. Raises FunnelSimError for what is no plan, for a name that does not end in
    .xlsx and for a file that cannot be written.

    >>> import tempfile
    >>> import funnelsim as fs
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_workbook(fs.plan(fs.load("aida"), 150), Path(folder) / "plan.xlsx").name
    'plan.xlsx'
    """
    import xlsxwriter

    if not isinstance(plan, Plan):
        found = Finding(f"given a {type(plan).__name__}")
        way_out = "write fs.plan(scenario, target=100)"
        raise FunnelSimError(str(Problem("write_workbook", found, "it takes a Plan", way_out)))
    path = an_xlsx(path)
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": False,
    }
    with beside(path) as draft:
        try:
            with xlsxwriter.Workbook(str(draft), options) as book:
                book.set_properties({"title": plan.today.name, "created": A_DAY})
                formats = {name: book.add_format(form) for name, form in FORMATS.items()}
                _plan_sheet(book, formats, plan)
                for name, columns in _sheets(plan):
                    _table_sheet(book, formats, name, columns)
                _chance_chart(book, plan)
                made, planned = plan.provenance, plan.scenario
                hashed = [(VERSION, made.version), (HASH, planned.sha256)]
                _scenario_sheet(book, formats, SHEET, made.rows(), made.scenario)
                _scenario_sheet(book, formats, PLANNED_SHEET, hashed, planned)
        except xlsxwriter.exceptions.FileCreateError as error:  # the system's, in a wrapper
            raise OSError(str(error)) from error
    return path


def an_xlsx(path: str | Path) -> Path:
    """The path, if its name is that of a workbook; FunnelSimError if not.

    A name such as plan.csv would promise what the file is not, and Excel would not open it.

    >>> an_xlsx("plan.csv")
    Traceback (most recent call last):
    ...
    funnelsim.errors.FunnelSimError: plan.csv cannot be written: a workbook is an .xlsx file; \
write plan.xlsx
    """
    path = Path(path)
    if path.suffix.lower() != ".xlsx":
        better = path.with_suffix(".xlsx").name if path.name else "plan.xlsx"
        raise FunnelSimError(
            f"{path} cannot be written: a workbook is an .xlsx file; write {better}"
        )
    return path


def _plan_sheet(book: Any, formats: dict[str, Any], p: Plan) -> None:
    """The answer: what was asked, the number, its chance, and all sentences."""
    sheet = book.add_worksheet("Plan")
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 90)
    money = p.today.currency
    interval = [
        ("Leads in all, from (95 %)", p.leads_low, "whole"),
        ("Leads in all, to (95 %)", p.leads_high, "whole"),
    ]
    rows: list[tuple[str, Any, str]] = [
        ("Scenario", p.today.name, "text"),
        ("Asked", about(p), "wrapped"),
        ("Target can be met", "yes" if p.is_reached else "no", "text"),
        ("What is moved", "budget" if p.change == "budget" else p.moved, "text"),
        (_planned(p).capitalize(), p.setting, "text"),
        ("Today", p.setting_today, "text"),
        ("Leads in all", p.leads, "whole"),
        *(interval if p.is_reached else []),
        ("Leads a day", p.leads_per_day, "tenth"),
        ("Chance of the target", p.chance, "share"),
        ("Leads by the usual sum", p.naive_leads, "whole"),
        ("Chance with those", p.naive_chance, "share"),
        ("Leads that not knowing the conversion costs", p.price_of_not_knowing, "whole"),
        (f"Budget, {money}", p.budget, "money"),
        (f"Of it commission on the sales, {money}", p.commission, "money"),
        (f"Cost per customer (CAC), {money}", p.cac, "money"),
        ("Days until a customer has paid that back", p.payback_days, "whole"),
    ]
    for row, (name, value, form) in enumerate(rows):
        _write(sheet, row, 0, name, formats["text"])
        _write(sheet, row, 1, value, formats[form])
        if form not in ("text", "wrapped"):
            sheet.set_row(row, None)
    at = len(rows) + 1
    _write(sheet, at, 0, "In words", formats["head"])
    for row, sentence in enumerate(p.sentences, start=at):
        _write(sheet, row, 1, sentence, formats["first" if row == at else "wrapped"])


def _planned(plan: Plan) -> str:
    return "planned" if plan.is_reached else "best tried"


def _moved(plan: Plan) -> str:
    """What is moved, as the head of a column."""
    return plan.moved[0].upper() + plan.moved[1:]


def _sheets(plan: Plan) -> list[tuple[str, list[Column]]]:
    money = plan.today.currency
    stages, channels, curve = plan.stages.reset_index(), plan.channels.reset_index(), plan.curve
    sold = plan.per_sale.loc[plan.channels.index]
    moved = "leads" if "leads" in curve else "setting"
    made: list[tuple[str, list[Column]]] = [
        ("Stages", [
            ("Stage", "text", list(stages["stage"])),
            ("Leads that enter", "whole", list(stages["entered"])),
            ("A day", "tenth", list(stages["per_day"])),
            ("Went on in time", "share", list(stages["went_on"])),
        ]),
        ("Channels", [
            ("Channel", "text", list(channels["channel"])),
            ("Leads a day today", "tenth", list(channels["today"])),
            (f"Leads a day {_planned(plan)}", "tenth", list(channels["planned"])),
            ("Leads in all", "whole", list(channels["leads"])),
            (f"Cost, {money}", "money", list(channels["cost"])),
            (f"Of it commission, {money}", "money", list(channels["commission"])),
            ("Ceiling a day", "tenth", list(channels["ceiling"])),
            ("Sales on average", "whole", list(sold["sales"])),
            (f"A sale leaves, {money}", "money", list(sold["leaves"])),
            (f"It costs to win, {money}", "money", list(sold["costs"])),
            (f"Is left of it, {money}", "money", list(sold["leaves"] - sold["costs"])),
        ]),
    ]  # fmt: skip
    if not plan.reps_tried.empty:
        tried = plan.reps_tried
        made.append(("People", [
            ("Team", "text", list(tried["team"])),
            ("Reps", "whole", list(tried["reps"])),
            ("Gone cold", "share", list(tried["gone_cold"])),
            ("Utilisation", "share", list(tried["utilisation"])),
            ("Sales on average", "whole", list(tried["sales"])),
            ("What it is", "text", [said_of_reps(plan, row) for _, row in tried.iterrows()]),
        ]))  # fmt: skip
    if plan.over_time is not None:
        made.append((f"By {plan.over_time.index.name}", _over_time(plan)))
    rests = assumptions(plan)
    made += [
        ("Chance", [
            (_moved(plan), "tenth" if moved == "leads" else "any", list(curve[moved])),
            ("Chance of the target", "share", list(curve["chance"])),
            (f"{plan.metric.capitalize()} on average", "money", list(curve["mean"])),
            ("Chance ± s.e.", "share", list(curve["chance_se"])),
            ("Average ± s.e.", "money", list(curve["mean_se"])),
        ]),
        ("Outcome", [
            ("By the end", "text", list(plan.outcome.index)),
            *((head.capitalize(), "money", list(plan.outcome[q])) for q, head in OUTCOME.items()),
        ]),
        ("Assumptions", [
            ("Assumption", "text", list(rests.iloc[:, 0])),
            (_planned(plan).capitalize(), "text", list(rests["planned"])),
            ("From", "text", list(rests["from"])),
            ("Today, if different", "text", list(rests["today, if different"])),
        ]),
    ]  # fmt: skip
    return made


def _over_time(plan: Plan) -> list[Column]:
    """The plan by week, month or quarter."""
    table, money = plan.over_time, plan.today.currency
    assert table is not None
    of_teams = [str(column) for column in table if str(column).startswith("reps")]
    told = "tenth" if plan.metric == "sales" else "money"
    of_metric = plan.metric.capitalize() + ("" if plan.metric == "sales" else f", {money}")
    return [
        (str(table.index.name).capitalize(), "text", [str(period) for period in table.index]),
        ("From", "text", [f"{day:%Y-%m-%d}" for day in table["from"]]),
        ("To", "text", [f"{day:%Y-%m-%d}" for day in table["to"]]),
        ("Leads", "tenth", list(table["leads"])),
        *((name.capitalize(), "tenth", list(table[name])) for name in of_teams),
        (f"Budget, {money}", "money", list(table["budget"])),
        (f"Reps cost, {money}", "money", list(table["staff"])),
        (f"Changes, {money}", "money", list(table["changes"])),
        (f"{of_metric} on average", told, list(table[plan.metric])),
        *(
            (f"{head.capitalize()}", told, list(table[q]))
            for q, head in OUTCOME.items()
            if q in table
        ),
        ("So far on average", told, list(table["so far"])),
        *(
            (f"So far, {head}", told, list(table[f"so far {q}"]))
            for q, head in OUTCOME.items()
            if q != "mean"
        ),
        ("Chance of the target by then", "share", list(table["chance"])),
    ]


def _table_sheet(book: Any, formats: dict[str, Any], name: str, columns: list[Column]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for place, (head, form, values) in enumerate(columns):
        _write(sheet, 0, place, head, formats["head"])
        for row, value in enumerate(values, start=1):
            _write(sheet, row, place, value, formats[form])
        longest = max(len(str(v)) for v in values) if form == "text" and len(values) else 12
        sheet.set_column(place, place, min(max(longest, len(head)) + 2, WIDEST))


def _scenario_sheet(
    book: Any,
    formats: dict[str, Any],
    name: str,
    made_with: Iterable[tuple[str, str]],
    scenario: Scenario,
) -> None:
    """A scenario as `fs.load` reads it back (`scenario/embedded.py`), below what is said of it."""
    sheet = book.add_worksheet(name)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 90)
    rows = [*made_with, ("", "")]
    heads = (LINE, "The scenario, as a file that funnelsim reads")
    lines = list(rows_of(scenario.to_toml()))
    for row, (left, right) in enumerate([*rows, heads, *lines]):
        form = formats["head" if row == len(rows) else "text"]
        _write(sheet, row, 0, left, formats["whole"] if isinstance(left, int) else form)
        _write(sheet, row, 1, right[:LONGEST_CELL], form)


def _write(sheet: Any, row: int, column: int, value: Any, form: Any) -> None:
    """A number as a number, any text as text, whatever it begins with; nothing where it is not."""
    if isinstance(value, str):
        sheet.write_string(row, column, value, form)
    elif value is not None and math.isfinite(float(value)):
        sheet.write_number(row, column, float(value), form)
    else:
        sheet.write_blank(row, column, None, form)


def _chance_chart(book: Any, p: Plan) -> None:
    """The curve as a chart of the spreadsheet's own, on its sheet."""
    rows = len(p.curve)
    chart = book.add_chart({"type": "scatter", "subtype": "straight"})
    series = {
        "name": "Chance of the target",
        "categories": ["Chance", 1, 0, rows, 0],
        "values": ["Chance", 1, 1, rows, 1],
    }
    chart.add_series(series)
    chart.set_y_axis({"min": 0, "max": 1, "num_format": "0%"})
    form = "#,##0" if "leads" in p.curve else "General"
    chart.set_x_axis({"name": _moved(p), "num_format": form})
    chart.set_legend({"none": True})
    book.get_worksheet_by_name("Chance").insert_chart("G2", chart)
