"""The planner's form: what it asks, says and saves, without a browser."""

from __future__ import annotations

import dataclasses
import datetime
import re
from pathlib import Path
from typing import Any

import pytest
from a_form import GERMAN, crm, sent, upload

import funnelsim as fs
from funnelsim.datasets import bundled
from funnelsim.widgets import plan_form, plan_source, stoppable
from funnelsim.widgets.plan_form import PlanForm

pytestmark = pytest.mark.usefixtures("few_futures", "no_export_is_tried")


def test_a_target_that_is_typed_is_answered_as_fs_plan_answers(form: PlanForm) -> None:
    form.target.value = 200
    p = fs.plan(fs.load("aida"), 200, within="90 days")
    assert form.answer.leads == p.leads
    for sentence in p.sentences:
        assert sentence.replace("÷", "÷") in form._said.value
    assert form._curve.value.count("<svg") == 1 and form._shown.value.count("<svg") >= 2


def test_the_form_offers_what_the_scenario_has(form: PlanForm) -> None:
    assert list(form.metric.options) == ["sales", "revenue", "contribution", "profit"]
    form.source.chosen.value = "awareness-to-decision"
    assert list(form.metric.options) == ["sales"]
    form.source.chosen.value = "aida-follow-up"
    assert "teams.sales.reps" in [value for _, value in form.change.options]
    assert form.within.value == "90 days"


def test_the_first_target_is_near_what_today_brings(form: PlanForm) -> None:
    assert 100 < form.target.value < 200  # 1,080 leads at 13 %
    form.metric.value = "revenue"
    assert 10_000 < form.target.value < 20_000


def test_what_is_wrong_is_said_and_nothing_is_lost(form: PlanForm) -> None:
    form.target.value = 200
    form.within.value = "soon"
    assert "within is" in form._said.value and "funnelsim-problem" in form._said.value
    assert form.target.value == 200
    assert form._report.disabled
    form.within.value = "60 days"
    assert form.answer.is_reached and not form._report.disabled


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The targets that were planned so far."""
    asked: list[float] = []

    def counted(scenario: Any, target: float, *more: Any, **others: Any) -> Any:
        asked.append(target)
        return fs.plan(scenario, target, *more, **others)

    monkeypatch.setattr(plan_form, "plan", counted)
    return asked


def test_an_entry_and_a_click_are_one_question(form: PlanForm, plans: list[float]) -> None:
    form.target.value = 200  # leaving the field for the button sends the entry first
    form._ask.click()
    assert plans == [200]
    form._foresee.click()  # another answer is seen now: the button is a question again
    form._ask.click()
    assert plans == [200, 200]


def test_another_metric_is_planned_with_its_own_target(form: PlanForm, plans: list[float]) -> None:
    form.metric.value = "revenue"
    assert plans == [form.target.value]
    assert form.answer.metric == "revenue"


def test_nothing_can_be_saved_of_another_scenario(form: PlanForm) -> None:
    form.target.value = 200
    form.source.chosen.value = "subscription"
    assert form.answer is None
    assert form._report.disabled and form._workbook.disabled


def test_it_says_how_far_it_has_come(form: PlanForm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stoppable, "TELL_EVERY", 0.0)
    form.source.chosen.value = "aida-follow-up"
    said: list[str] = []
    shares: list[float] = []
    form._work._words.observe(lambda change: said.append(change["new"]), "value")
    form._work._share.observe(lambda change: shares.append(change["new"]), "value")
    form.target.value = 200
    found = [re.search(r"([\d,]+) of about", text) for text in said]
    counts = [int(match[1].replace(",", "")) for match in found if match]
    assert len(counts) > 5  # one process alone
    assert counts == sorted(counts)
    assert len(shares) > 5 and shares == sorted(shares) and shares[-1] == 1
    assert not form._work.is_busy


def test_report_and_workbook_are_saved_and_nothing_is_overwritten(
    form: PlanForm, tmp_path: Path
) -> None:
    form.target.value = 200
    form._report.click()
    form._report.click()
    form._workbook.click()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "plan-aida-2.html",
        "plan-aida.html",
        "plan-aida.xlsx",
    ]
    assert "plan-aida.xlsx" in form._saved.value


def test_what_has_been_seen_is_part_of_the_plan(form: PlanForm) -> None:
    form.pilot.value = "60 of 500"
    form.target.value = 200
    assert form.answer.price_of_not_knowing > 0


def test_a_scenario_file_is_read(form: PlanForm) -> None:
    upload(form, "mine.toml", fs.load("subscription").to_toml().encode())
    form.target.value = 700
    assert form.answer.today.name == fs.load("subscription").name


def test_a_broken_file_is_named(form: PlanForm) -> None:
    upload(form, "mine.toml", b"name = ")
    assert "mine.toml" in form._said.value
    upload(form, "mine.toml", b"\xff\xfe")
    assert "cannot be read as UTF-8" in form._said.value


def test_an_export_is_calibrated_with_its_open_deals(form: PlanForm) -> None:
    upload(form, "deals.csv", bundled("crm_deals.csv").read_bytes())
    source: Any = form.source
    assert source.columns.layout.display == ""
    # the columns whose names say what they are
    guessed = {role: box.value for role, box in source.roles.items()}
    assert (guessed["created"], guessed["won"], guessed["value"]) == (
        "created",
        "won",
        "deal_value",
    )
    assert source.stages.value == ("qualified", "proposal")
    form.target.value = 130
    assert form.answer.open_business is not None
    assert "remain to be won" in form._said.value
    assert "What was used of the export" in source.used.value
    seen = source.used.value.partition("What was used of the export")[0]
    assert "What became of the leads" in seen and "<svg" in seen and "proposal: by day" in seen


# --- entries stay -----------------------------------------------------------------------------


def test_another_column_keeps_every_entry_and_is_answered(
    form: PlanForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_plan = fs.plan(fs.load("aida"), 200)

    def told(_: Any, *, target: float, metric: str, **others: Any) -> Any:
        return dataclasses.replace(some_plan, target=target, metric=metric)

    monkeypatch.setattr(plan_form, "plan", told)  # of what is asked, not of how it is worked out
    source = sent(form, crm(GERMAN)[::10])
    form.metric.value = "revenue"
    form.target.value, form.within.value = 20_000, "13 weeks"
    form.change.value = "stages.Lead.conversion"
    source.roles["owner"].value = "(none)"
    asked = ("revenue", 20_000, "13 weeks", 90, "stages.Lead.conversion", "", None)
    assert form._entries() == asked
    assert (form.answer.target, form.answer.metric) == (20_000, "revenue")
    source.roles["value"].value = "(none)"  # no revenue is known of any more
    assert (form.metric.value, form.within.value) == ("sales", "13 weeks")
    source.roles["value"].value = "deal_value"
    form.metric.value = "revenue"
    assert form.target.value == 20_000


def test_the_usual_target_of_a_small_firm_is_a_whole_number_of_sales(form: PlanForm) -> None:
    """Some ten in the time of the plan: two digits alone would make it 9.9."""
    sent(form, crm(GERMAN)[::10])
    assert form.metric.value == "sales" and form.target.value % 1 == 0
    form.plan()
    assert form.answer.target == form.target.value


def test_what_is_typed_before_the_columns_are_chosen_stays(form: PlanForm) -> None:
    source = sent(form, crm(GERMAN, created="one", won="other"))
    form.target.value = 87
    assert "Say which column is" in form._said.value and form.target.value == 87
    source.roles["created"].value, source.roles["won"].value = "one", "other"
    assert (form.answer.target, form.within.value) == (87, "90 days")


def test_nothing_can_be_typed_that_the_form_is_about_to_fill_in(form: PlanForm) -> None:
    """While an export is read, a word typed into a field would be written over."""
    fields = [form.target, form.within, form.pilot]
    open_as_it_filled: list[bool] = []
    form.target.observe(
        lambda _: open_as_it_filled.extend(not field.disabled for field in fields), "value"
    )
    upload(form, "deals.csv", bundled("crm_deals.csv").read_bytes())
    assert open_as_it_filled and not any(open_as_it_filled)
    assert not any(field.disabled for field in fields)
    upload(form, "deals.csv", b"a,b\n1,2\n")  # what cannot be read closes nothing
    assert not any(field.disabled for field in fields)


def test_what_was_seen_of_one_scenario_is_not_said_of_another(form: PlanForm) -> None:
    form.pilot.value = "15 of 300"
    form.chance.value = 80
    form.source.chosen.value = "online-shop"
    assert (form.pilot.value, form.chance.value) == ("", 80)


def test_a_quarter_is_a_time(form: PlanForm) -> None:
    form.within.value = "1 quarter"  # of 2027: January to March
    assert "within 90 days" in form._said.value and form.within.value == "1 quarter"
    form.within.value = "90"
    assert "13 weeks" in form._said.value and "funnelsim-problem" in form._said.value


def test_open_deals_are_read_as_tolerantly_as_an_export(form: PlanForm) -> None:
    content = "stage;days_in_stage;owner\nInterest;2,5;Jörg\nInterest;4;Eva\n".encode("cp1252")
    file = {"name": "open.csv", "type": "", "size": len(content), "content": content}
    now = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
    form.source.deals.value = ({**file, "last_modified": now},)
    form.target.value = 200
    assert form.answer.open_business is not None


def test_an_export_is_read_once_however_many_columns_are_guessed(
    form: PlanForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counted(*table: Any, **roles: Any) -> Any:
        read.append(form._said.value)
        return fs.calibrate(*table, **roles)

    monkeypatch.setattr(plan_source, "calibrate", counted)
    upload(form, "deals.csv", bundled("crm_deals.csv").read_bytes())
    assert len(read) == 1 and "Working it out" in read[0]


def test_what_is_running_already_comes_from_files(form: PlanForm, tmp_path: Path) -> None:
    places = tmp_path / "deals.csv", tmp_path / "customers.csv"
    fs.simulate(fs.load("aida"), 1, progress=False).state(30).write(*places)
    now = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
    for box, path in zip((form.source.deals, form.source.customers), places, strict=True):
        content = path.read_bytes()
        file = {"name": path.name, "type": "", "size": len(content), "content": content}
        box.value = ({**file, "last_modified": now},)
    form.target.value = 200
    assert form.answer.open_business is not None
    form.source.deals.value = ({**file, "content": b"stage\nnowhere\n", "last_modified": now},)
    form.plan()
    assert "the table needs days_in_stage" in form._said.value


def test_an_export_needs_its_two_columns(form: PlanForm) -> None:
    upload(form, "deals.csv", b"a,b\n1,2\n")
    assert "Say which column is" in form._said.value


def test_todays_leads_are_foreseen(form: PlanForm) -> None:
    form._foresee.click()
    assert "<svg" in form._curve.value and not form._shown.value
    assert "funnelsim-busy" not in form._said.value
    form.pilot.value = "15 of 300"
    form._foresee.click()
    assert "known only from 15 sales seen" in form._curve.value


def test_it_says_how_large_a_file_may_be_where_that_matters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("FUNNELSIM_LAB", raising=False)
    assert "more than 10 MB" in plan_source.Source(lambda: None).told.value
    monkeypatch.setenv("FUNNELSIM_LAB", "1")
    assert plan_source.Source(lambda: None).told.value == ""
