"""A planner's session in a real browser that reaches no other machine."""

from __future__ import annotations

import browser
import pandas as pd
import pytest
from browser import PATIENCE
from playwright.sync_api import expect

import funnelsim as fs
from funnelsim.datasets import bundled

pytestmark = pytest.mark.browser

FORM = "notebooks/plan_a_target.ipynb"
READY = "() => document.querySelector('.funnelsim-plan input[type=\"number\"]')"


@pytest.fixture(scope="module")
def lab(chromium, tmp_path_factory):
    folder = browser.course_copy(tmp_path_factory.mktemp("course"))
    with browser.lab(folder, chromium) as running:
        running.folder = folder
        yield running


@pytest.fixture(scope="module")
def page(lab):
    page = lab.page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(error.stack or str(error)))
    lab.open(page, FORM)
    lab.run_all(page)
    page.wait_for_function(READY)
    yield page
    assert page.strangers == [], "the page asked another machine"
    assert page.errors == []
    page.close()


def typed(page, label: str, text: str) -> None:
    box = page.get_by_label(label, exact=True)
    box.fill(text)
    box.press("Enter")


def test_a_target_is_typed_and_answered_in_words_and_pictures(page):
    typed(page, "Target", "300")
    first = page.locator(".funnelsim-plan .funnelsim-first")
    expect(first).to_contain_text("you reach 300 sales within 90 days", timeout=PATIENCE)
    expect(page.locator(".funnelsim-told figure svg").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".funnelsim-told")).to_contain_text("The usual sum", timeout=PATIENCE)
    expect(page.locator(".funnelsim-old")).to_have_count(0, timeout=PATIENCE)  # all are drawn
    assert page.locator(".funnelsim-told figure svg").count() >= 4


def test_stop_keeps_the_answer_before_and_the_form_goes_on(page):
    typed(page, "Target", "100000")  # far more than the team can do: many ways out are tried
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(".funnelsim-asked")).to_contain_text("Stopped", timeout=PATIENCE)
    first = page.locator(".funnelsim-plan .funnelsim-first")
    expect(first).to_contain_text("you reach 300 sales")
    expect(page.get_by_label("Target", exact=True)).to_have_value("100000")
    expect(page.locator(".funnelsim-old")).to_have_count(0, timeout=PATIENCE)
    typed(page, "Target", "310")
    expect(first).to_contain_text("you reach 310 sales", timeout=PATIENCE)
    expect(page.locator(".funnelsim-old")).to_have_count(0, timeout=PATIENCE)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)


def test_what_is_wrong_is_said_in_the_form(page):
    typed(page, "Within", "soon")
    expect(page.locator(".funnelsim-plan .funnelsim-problem").first).to_contain_text(
        "within is", timeout=PATIENCE
    )
    typed(page, "Within", "90 days")
    expect(page.locator(".funnelsim-plan .funnelsim-first")).to_be_visible(timeout=PATIENCE)


def test_report_and_workbook_are_saved_beside_the_notebook(page, lab):
    for name, file in (
        ("Save report", "plan-aida-with-follow-up.html"),
        ("Save workbook", "plan-aida-with-follow-up.xlsx"),
    ):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator(".funnelsim-asked")).to_contain_text(file, timeout=PATIENCE)
        assert (lab.folder / "notebooks" / file).stat().st_size > 4_000


def test_an_export_is_planned_by_its_columns(page, tmp_path):
    """No label and no word of the report is cut, however much there is to choose."""
    deals = pd.read_csv(bundled("crm_deals.csv"), dtype="string").tail(1_500)
    deals["outcome"] = deals["outcome"].map({"won": "Closed Won", "lost": "Closed Lost"})
    deals.to_csv(tmp_path / "deals.csv", sep=";", index=False)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_label("Scenario", exact=True).select_option(label="a file of your own ...")
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Choose a file").click()
    chosen.value.set_files(tmp_path / "deals.csv")
    asked = page.locator(".funnelsim-asked")
    expect(asked).to_contain_text("of the leads become customers", timeout=PATIENCE)
    expect(asked).to_contain_text("Ctrl-click")
    expect(page.get_by_label("Won is called", exact=True)).to_have_values(["Closed Won"])
    typed(page, "Target", "130")
    first = page.locator(".funnelsim-plan .funnelsim-first")
    expect(first).to_contain_text("you reach 130 sales within 90 days", timeout=PATIENCE)
    page.get_by_text("What was used of the export").click()
    cut = page.evaluate(
        "() => [...document.querySelectorAll('.funnelsim-plan label, .funnelsim-plan p')]"
        ".filter(box => box.offsetParent && box.scrollWidth > box.clientWidth + 1)"
        ".map(box => box.innerText)"
    )
    assert cut == []
    right = "box => box.getBoundingClientRect().right"
    edge = page.locator(".funnelsim-plan-body").evaluate(right)
    assert (
        max(page.locator(".funnelsim-plan p:visible").evaluate_all(f"all => all.map({right})"))
        <= edge
    )


@pytest.mark.parametrize("width", [1280, 1920])
def test_nothing_is_cut_off_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    wide = page.evaluate(
        "() => [...document.querySelectorAll('.funnelsim-plan, .funnelsim-plan-body')]"
        ".map(box => box.scrollWidth - box.clientWidth)"
    )
    assert max(wide) <= 1


def test_a_file_of_more_than_ten_megabytes_arrives(page, tmp_path):
    file = tmp_path / "large.toml"
    text = fs.load("aida").vary({"name": "Large file"}).to_toml()
    file.write_text(f"{text}\n# {'.' * 12_000_000}\n", encoding="utf-8")
    target = page.get_by_label("Target", exact=True)
    before = target.input_value()
    page.get_by_label("Scenario", exact=True).select_option(label="a file of your own ...")
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Choose a file").click()
    chosen.value.set_files(file)
    expect(target).not_to_have_value(before, timeout=PATIENCE)  # but what is usual in that file
    typed(page, "Target", "133")
    expect(page.locator(".funnelsim-plan figure svg").first).to_contain_text(
        "Chance of 133 sales, Large file", timeout=PATIENCE
    )
