"""Exports in the planner's form, whatever their words, columns and rows: read, or asked about."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from a_form import ENGLISH, GERMAN, crm, sent, upload

import funnelsim as fs
from funnelsim.deals import words_that_say
from funnelsim.widgets.plan_form import PlanForm

pytestmark = pytest.mark.usefixtures("few_futures", "no_export_is_tried")


def test_an_export_of_salesforce_is_planned_without_a_choice(form: PlanForm) -> None:
    """One Close Date, which is also when an open deal is expected; the stage says the outcome."""
    table = crm(ENGLISH, closing=True, lead_id="Opportunity ID", channel="Lead Source",
                owner="Opportunity Owner", created="Created Date", won="Close Date",
                outcome="Stage", deal_value="Amount")  # fmt: skip
    table["Close Date"] = table["Close Date"].fillna("2026-09-30")
    source = sent(form, table)
    assert [box.value for box in source.words.values()] == [("Closed Won",), ("Closed Lost",)]
    form.target.value = 130
    roles = {"won": "Close Date", "lost": "Close Date", "outcome": "Stage", "value": "Amount",
             "won_value": "Closed Won", "lost_value": "Closed Lost", "channel": "Lead Source",
             "id": "Opportunity ID", "owner": "Opportunity Owner"}  # fmt: skip
    found = fs.calibrate(table, created="Created Date", **roles)
    assert form.answer.leads == fs.plan(found, 130, initial=found.state).leads
    assert "Outcomes read as open: Negotiation" in source.told.value


def test_a_german_export_is_planned_without_a_choice(form: PlanForm) -> None:
    table = crm(GERMAN, lead_id="Nummer", channel="Quelle", owner="Verkäufer",
                created="Angelegt am", qualified="Qualifiziert", proposal="Angebot",
                won="Gewonnen am", lost="Verloren am", outcome="Status",
                deal_value="Auftragswert (€)")  # fmt: skip
    source = sent(form, table, ";", "cp1252")
    assert {name: box.value for name, box in source.roles.items()} == {
        "created": "Angelegt am", "won": "Gewonnen am", "lost": "Verloren am", "closed": "(none)",
        "outcome": "Status", "id": "Nummer", "value": "Auftragswert (€)",
        "currency_column": "(none)", "channel": "Quelle", "owner": "Verkäufer",
        "reason": "lost_reason", "contacted": "(none)",
            "stage": "(none)", "time": "(none)",
    }  # fmt: skip
    assert source.stages.value == ("Qualifiziert", "Angebot")
    form.target.value = 130
    assert form.answer.is_reached


def test_words_that_nobody_could_guess_are_asked_for_in_the_form(form: PlanForm) -> None:
    source = sent(form, crm({"won": "ja", "lost": "nein", "open": "mal sehen"}))
    assert "Say which word in the column" in form._said.value and "_value" not in form._said.value
    won, lost = source.words.values()
    assert won.layout.display == "" and won.options == ("nein", "ja", "mal sehen")
    lost.value = ["nein"]
    won.value = ["ja", "nein"]
    assert "&#39;nein&#39; means won or lost, not both" in form._said.value
    won.value = ["ja"]
    assert form._said.value == ""
    form.target.value = 130
    assert form.answer.is_reached


def test_several_words_may_mean_lost(form: PlanForm) -> None:
    table = crm({"won": "Won", "lost": "Lost", "open": "Open"})
    table.loc[table["lost_reason"] == "no fit", "outcome"] = "Disqualified"
    source = sent(form, table)
    assert [box.value for box in source.words.values()] == [("Won",), ("Lost", "Disqualified")]
    assert "138 deals are open" in source.told.value  # as of the export that says lost of both


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("Successful", "won"), ("ClosedWon", "won"), ("5_won", "won"), ("Deal erfolgreich", "won"),
        ("closedwon", "won"), ("closedlost", "lost"), ("Closed Lost - No Decision", "lost"),
        ("Lost (no budget)", "lost"), ("Verloren, nicht im Budget", "lost"), ("Lost", "lost"),
        ("Lost - won't buy", "lost"), ("Lost, not won", "lost"), ("Unsuccessful", ""),
        ("Won/Lost", ""), ("gewonnen oder verloren", ""), ("Not won", ""), ("Not yet won", ""),
        ("Noch nicht verloren", ""), ("not yet lost", ""), ("Unsold", ""), ("Wonderful", ""),
        ("Nicht erfolgreich", ""), ("Negotiation", ""),
    ],
)  # fmt: skip
def test_a_word_of_an_outcome_says_one_fate_or_none(word: str, said: str) -> None:
    assert [fate for fate in ("won", "lost") if words_that_say([word], fate)] == [said] * bool(said)


def test_the_words_are_not_asked_for_where_they_are_won_and_lost(form: PlanForm) -> None:
    source = sent(form, crm({"won": "won", "lost": "Lost", "open": "open"}))
    assert {box.layout.display for box in source.words.values()} == {"none"}


def test_rows_that_repeat_a_lead_are_left_out_with_a_word(form: PlanForm) -> None:
    table = crm(GERMAN)
    source = sent(form, pd.concat([table, table.head(500)]))
    assert "500 rows left out: the same id stands in an earlier row" in source.told.value
    source.roles["id"].value = "(none)"
    assert "repeat an earlier one in every cell, and are counted: 500" in source.told.value


@pytest.mark.parametrize(
    ("name", "value", "choice"), [("dayfirst", "03/04/2026", False), ("decimal", "1,234", ".")]
)
def test_what_no_value_decides_is_asked_for_in_the_form(
    form: PlanForm, name: str, value: str, choice: Any
) -> None:
    dates = name == "dayfirst"
    table = pd.DataFrame(
        {"created": ["03/04/2026" if dates else "2026-03-04"] * 40,
         "won": ["05/04/2026" if dates else "2026-05-04", None] * 20,
         "amount": ["7" if dates else "1,234"] * 40, "id": range(40)}
    )  # fmt: skip
    source = sent(form, table, ";")
    box = source.read_as[name]
    assert value in form._said.value and box.description in form._said.value
    assert "say " not in form._said.value and box.layout.display == ""
    box.value = choice
    assert form._said.value == "" and box.layout.display == ""


def test_columns_that_do_not_go_together_are_said_in_the_words_of_the_form(form: PlanForm) -> None:
    source = sent(form, crm(ENGLISH, closing=True, won="Close Date"))
    source.roles["outcome"].value = "(none)"
    assert "is the date of both, won and lost" in form._said.value
    source.roles["created"].value = "Close Date"
    assert "Lead came in (date) has a column of its own" in form._said.value


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "empty.csv is empty"),
        ("deals.xlsx", b"PK\x03\x04\x8f", "deals.xlsx cannot be read: it is no workbook"),
        ("renamed.csv", b"PK\x03\x04\x8f", "renamed.csv cannot be read: it is no workbook"),
        ("binary.csv", bytes(range(256)), "binary.csv is not a text file"),
        ("head.csv", b"created,won\n", "the export holds no lead"),
        ("twice.csv", b"created,won,won\n2026-01-01,,\n", "Say which column is"),
    ],
)
def test_a_file_that_is_no_export_is_named_by_its_own_name(
    form: PlanForm, name: str, content: bytes, said: str
) -> None:
    upload(form, name, content)
    assert said in form._said.value
    assert "codec" not in form._said.value and "/tmp" not in form._said.value
