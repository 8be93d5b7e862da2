"""No text is cut off or runs over another, in a narrow font and in a wide one.

The board and the form in JupyterLab, in windows of three sizes, with names as long as people give.
"""

from __future__ import annotations

import browser
import pandas as pd
import pytest
from browser import CHARTS_FILL_THEIR_BOXES, DRAWN, PATIENCE
from layout import FONTS, flaws, in_place_of_the_machines
from playwright.sync_api import expect

from funnelsim.datasets import bundled

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FORM = "notebooks/plan_a_target.ipynb"
WINDOWS = [(1280, 800), (1920, 1080), (1024, 768)]
BOARDS = {
    "as it comes": "import funnelsim as fs\nfs.explore(fs.load('aida-follow-up'))",
    # a dozen stages, millions of profit, names that begin alike
    "many stages": """import funnelsim as fs
tables = fs.load("aida-follow-up").tables()
call = tables["stages"][1]["follow_up"]
names = ["Consideration of the offer", "Consideration of the offers of others", *"ABCDEFGHIJ"]
tables["stages"] = [{"name": name, "conversion": 0.8} for name in names[:-1]] + [{"name": "J"}]
tables["stages"][0]["follow_up"] = tables["stages"][1]["follow_up"] = call
tables["order"]["value"] = {"lognormal": {"mean": 25_000.0, "cv": 1.0}}
fs.explore(fs.Scenario(**tables), n=30)""",
    "long names": """import funnelsim as fs
tables = fs.load("aida-follow-up").tables()
tables["name"] = "Die Kundengewinnung der Vertriebsgesellschaft für Landmaschinen, Frühjahr"
names = ["Aufmerksamkeit für das Angebot", "Отклик на предложение о сотрудничестве",
         "客户对我们的产品感兴趣并要求报价", "Vertragsunterzeichnung"]
tables["channels"][0]["name"] = "Suchmaschinenwerbung der Regionalgesellschaften"
tables["teams"][0]["name"] = "Außendienst der Niederlassung Süd"
for stage, name in zip(tables["stages"], names):
    stage["name"] = name
    if "follow_up" in stage:
        stage["follow_up"]["team"] = tables["teams"][0]["name"]
fs.explore(fs.Scenario(**tables), n=20)""",
}
COLUMNS = {"deal_value": "What the whole deal is worth, in EUR", "outcome": "Outcome as of today"}


def notebook(name: str) -> str:
    return f"notebooks/{name.replace(' ', '_')}_for_the_test.ipynb"


@pytest.fixture(scope="module")
def lab(chromium, tmp_path_factory):
    folder = browser.course_copy(tmp_path_factory.mktemp("course"))
    for name, source in BOARDS.items():
        browser.write_notebook(folder / notebook(name), source)
    with browser.lab(folder, chromium) as running:
        yield running


@pytest.fixture(scope="module", params=list(FONTS))
def font(request):
    return request.param


@pytest.fixture(scope="module")
def shown(lab, font):
    """A page in this font."""
    page = lab.page()
    page.add_init_script(in_place_of_the_machines(font))
    yield page
    page.close()


def opened(lab, page, path):
    lab.open_instead(page, path)
    lab.run_all(page)
    assert page.evaluate("() => [...document.fonts].filter(f => f.status === 'error').length") == 0
    return page


# --- the board ------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=list(BOARDS))
def board(lab, shown, request):
    page = opened(lab, shown, notebook(request.param))
    page.wait_for_function(DRAWN)
    page.named = request.param
    return page


def in_a_window(page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function(CHARTS_FILL_THEIR_BOXES)


def test_all_of_a_board_is_read_before_anything_is_moved(board):
    board.locator(".funnelsim-foot", has_text="Move a slider").wait_for()
    for width, height in WINDOWS:
        in_a_window(board, width, height)
        assert flaws(board, ".funnelsim-board") == [], width


def test_labels_that_begin_alike_are_told_apart(board):
    """Each is whole on the board; its title is, too."""
    labels = board.locator(".funnelsim-slider .widget-label")
    titles = labels.evaluate_all("all => all.map(label => label.title)")
    assert len(set(titles)) == len(titles) == labels.count()


@pytest.fixture(scope="module")
def moved(board):
    """Kept as today, and then moved: differences in the tiles, outlines, and code below."""
    board.get_by_role("button", name="Keep as today").click()
    board.locator(".funnelsim-head", has_text="kept as today").wait_for()
    board.locator(".funnelsim-board .noUi-handle").nth(2).focus()
    for _ in range(4):
        board.keyboard.press("PageDown")  # five steps
    board.locator(".funnelsim-foot code").wait_for()
    ranges = board.locator(".funnelsim-foot > span:last-child")
    expect(ranges).to_have_text("Ranges: 9 of 10 histories", timeout=PATIENCE)
    return board


@pytest.fixture(params=[False, True], ids=["", "large type"])
def large(moved, request):
    board = moved.locator(".funnelsim-board")
    if request.param != ("funnelsim-large" in board.get_attribute("class")):
        moved.get_by_role("button", name="Large type").click()
        now = ".funnelsim-large" if request.param else ":not(.funnelsim-large)"
        moved.locator(f".funnelsim-board{now}").wait_for()
    return request.param


@pytest.mark.parametrize(("width", "height"), WINDOWS)
def test_all_of_a_board_is_read(moved, large, font, width, height):
    in_a_window(moved, width, height)
    assert flaws(moved, ".funnelsim-board") == []
    if moved.named == "as it comes" and width > 1024:  # it fits its window, too
        board = moved.locator(".funnelsim-board").bounding_box()
        panel = moved.locator(".jp-WindowedPanel-outer").bounding_box()
        assert board["x"] + board["width"] <= panel["x"] + panel["width"]
        if font == "narrow" or width > 1280:  # in a wide font it is higher than a small window
            assert board["y"] + board["height"] <= panel["y"] + panel["height"]


def test_all_that_is_shared_is_read(moved):
    in_a_window(moved, *WINDOWS[-1])
    moved.get_by_role("button", name="Share").click()
    moved.locator(".funnelsim-share pre").last.wait_for()
    assert flaws(moved, ".funnelsim-share:has(pre)") == []
    moved.get_by_role("button", name="Share").click()


@pytest.mark.parametrize("width", [900, 700])
def test_no_figure_is_cut_on_a_narrow_board(moved, large, width):
    in_a_window(moved, width, 800)
    for part in (".funnelsim-figures", ".funnelsim-sum"):
        assert flaws(moved, part) == []


# --- the form -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def form(lab, shown):
    page = opened(lab, shown, FORM)
    page.wait_for_function("() => document.querySelector('.funnelsim-plan input[type=\"number\"]')")
    return page


def test_all_of_a_plan_is_read(form):
    box = form.get_by_label("Target", exact=True)
    box.fill("300")
    box.press("Enter")
    told = form.locator(".funnelsim-told")
    expect(told).to_contain_text("you reach 300 sales", timeout=PATIENCE)
    told.get_by_text("The tables").click()
    form.locator(".funnelsim-plan").get_by_text("Running already").wait_for()
    for width, height in WINDOWS:
        form.set_viewport_size({"width": width, "height": height})
        assert flaws(form, ".funnelsim-plan") == [], width


def test_all_that_is_asked_of_an_export_is_read(form, tmp_path):
    deals = pd.read_csv(bundled("crm_deals.csv"), dtype="string").tail(1_500)
    deals["outcome"] = deals["outcome"].map({"won": "Closed Won", "lost": "Closed Lost"})
    deals.rename(columns=COLUMNS).to_csv(tmp_path / "deals.csv", sep=";", index=False)
    form.get_by_label("Scenario", exact=True).select_option(label="a file of your own ...")
    with form.expect_file_chooser() as chosen:
        form.get_by_role("button", name="Choose a file").click()
    chosen.value.set_files(tmp_path / "deals.csv")
    asked = form.locator(".funnelsim-asked")
    expect(asked).to_contain_text("of the leads become customers", timeout=PATIENCE)
    form.get_by_text("What was used of the export").click()
    for width, height in WINDOWS:
        form.set_viewport_size({"width": width, "height": height})
        assert flaws(form, ".funnelsim-plan") == [], width
