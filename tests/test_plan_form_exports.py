"""Exports in the planner's form, as their CRMs wrote them: none of it is chosen by hand."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from crm_exports import exports, the_deals

import funnelsim as fs
from funnelsim.widgets.plan_form import PlanForm

EXPORTS = exports()


@pytest.fixture
def form(tmp_path: Path) -> PlanForm:
    form = fs.plan_form(tmp_path)
    form.source.chosen.value = ""
    return form


def sent(form: PlanForm, name: str, content: bytes) -> Any:
    file = {"name": name, "type": "", "size": len(content), "content": content}
    now = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
    form.source.file.value = ({**file, "last_modified": now},)
    return form.source


@pytest.mark.parametrize("name", ["Dynamics", "Bitrix24", "log"])
def test_it_is_read_without_a_choice(form: PlanForm, name: str) -> None:
    written = EXPORTS[name]
    source = sent(form, written.name, written.content)
    found = source.scenario()
    whole = fs.calibrate(the_deals(), created="created", won="won", lost="lost", outcome="outcome")
    assert abs(found.overall - whole.overall) < whole.overall_se
    assert len(found.scenario.stages) == written.stages
    assert "138 deals are open" in source.told.value
    assert "funnelsim-problem" not in form._said.value


def test_the_currency_is_asked_for_and_the_day_of_the_export_may_be_set(form: PlanForm) -> None:
    table = the_deals()[["lead_id", "created", "closed", "outcome", "deal_value"]]
    table = table.assign(currency=["EUR", "USD", "EUR"] * 500)
    source = sent(form, "deals.csv", table.to_csv(index=False).encode())
    box = source.read_as["currency"]
    assert "several currencies" in form._said.value and box.layout.display == ""
    assert [code for _, code in box.options] == [None, "EUR", "USD"]
    box.value = "USD"
    assert source.scenario().scenario.currency == "USD" and form._said.value == ""
    source.export_date.value = "2026-06-30"
    assert "2026-06-30 23:59, as given" in source.told.value


def test_the_encoding_is_asked_for_and_the_answer_reads_the_file(form: PlanForm) -> None:
    text = "created,won,lost,source\n2026-01-05,2026-01-12,,сайт\n2026-01-06,,2026-01-15,\n"
    source = sent(form, "deals.csv", text.encode("koi8_r"))
    box = source.read_as["encoding"]
    assert box.description in form._said.value and source.columns.layout.display == ""
    box.value = next(value for name, value in box.options if "сайт" in name)
    assert "сайт" in source._read["source"].tolist()
    assert (source.roles["created"].value, form._said.value) == ("created", "")


def test_what_was_read_is_shown_and_a_team_may_be_asked_for(
    form: PlanForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = the_deals()[["lead_id", "created", "closed", "outcome", "owner"]]
    table["First contact"] = [3.5] * len(table)
    source = sent(form, "deals.csv", table.to_csv(index=False).encode())
    assert source.roles["contacted"].value == "First contact"
    assert f"<td>{table['lead_id'].iloc[2]}</td>" in source.used.value
    asked: dict[str, Any] = {}

    def calibrate(deals: Any, **how: Any) -> Any:
        asked.update(how, contacted=deals.leads.get("contacted"))
        raise fs.FunnelSimError("no more is needed")

    monkeypatch.setattr("funnelsim.widgets.plan_source.calibrate", calibrate)
    source.team.value = True
    assert asked["team"] and asked["contacted"].notna().any()
