"""What is seen: JupyterLab in a real browser that reaches no other machine.

Lab serves a copy of the course. `LESSON` is run as a reader would; it holds an `fs.explore` cell.
"""

from __future__ import annotations

import browser
import pytest
from browser import DRAWN, PATIENCE
from playwright.sync_api import expect

import funnelsim as fs
from funnelsim.experiment.spread import nine_in_ten

pytestmark = pytest.mark.browser

LESSON = "notebooks/00_start_here.ipynb"
BOARD = "notebooks/live_board.ipynb"
CHARTS = "notebooks/charts_for_the_test.ipynb"
TWO_BOARDS = "notebooks/boards_for_the_test.ipynb"
PIPELINE = "notebooks/pipeline_for_the_test.ipynb"
DEMONSTRATION = "notebooks/demonstration_for_the_test.ipynb"

# What the funnel on the page says: the length of each bar as it is drawn, and the rows behind it.
BARS = """() => {
  const box = document.querySelector('.funnelsim-live-chart .funnelsim-chart');
  const paths = box.querySelectorAll('.mark-rect.role-mark path[aria-label]');
  return [...paths].map(path => path.getAttribute('d')).join(' ');
}"""
ROWS = """() => document.querySelector('.funnelsim-live-chart .funnelsim-chart').vegaView
  .data('funnel').map(row => row.leads)"""

# Watches every frame that the browser draws: an empty chart, and a jump of the page.
WATCH = """() => {
  const board = document.querySelector('.funnelsim-board');
  const top = board.getBoundingClientRect().top;
  const seen = window.seen = { frames: 0, blank: 0, jumps: 0, heights: new Set(), stop: false };
  (function look() {
    seen.frames += 1;
    const charts = [...board.querySelectorAll('.funnelsim-chart')];
    if (charts.some(chart => chart.querySelectorAll('svg path').length < 3)) seen.blank += 1;
    if (Math.abs(board.getBoundingClientRect().top - top) > 1) seen.jumps += 1;
    seen.heights.add(Math.round(board.getBoundingClientRect().height));
    if (!seen.stop) requestAnimationFrame(look);
  })();
}"""
SEEN = "() => { seen.stop = true; return { ...seen, heights: seen.heights.size }; }"


@pytest.fixture(scope="module")
def lab(chromium, tmp_path_factory):
    folder = browser.course_copy(tmp_path_factory.mktemp("course"))
    cells = ["import funnelsim as fs\nj = fs.simulate(fs.load('aida-follow-up'), progress=False)"]
    cells += [f"fs.charts.{name}(j)" for name in ("funnel", "revenue", "losses")]
    browser.write_notebook(folder / CHARTS, *cells)
    cells = [
        f"import funnelsim as fs\nfs.board(name='{name}', n=8)" for name in ("loyalty", "money")
    ]
    browser.write_notebook(folder / TWO_BOARDS, *cells)
    cell = "import funnelsim as fs\nfs.demonstrate('The third rep', n=8)"
    browser.write_notebook(folder / DEMONSTRATION, cell)
    browser.write_notebook(folder / PIPELINE, "import funnelsim as fs\nfs.board(name='pipeline')")
    with browser.lab(folder, chromium) as running:
        yield running


def watched(lab):
    page = lab.page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(error.stack or str(error)))
    page.on("console", lambda told: page.errors.append(told.text) if is_vegas(told) else None)
    return page


def is_vegas(message):
    """A warning of a chart, such as of the infinite extent of rows that are not there."""
    return message.text.startswith("WARN")


def a_board(lab, notebook):
    """A page with the board of this notebook, drawn."""
    page = watched(lab)
    lab.open(page, notebook)
    lab.run_all(page)
    page.wait_for_function(DRAWN)
    return page


def assert_calm(page):
    assert page.strangers == [], "the page asked another machine"
    assert page.errors == []


@pytest.fixture
def page(lab):
    page = watched(lab)
    yield page
    assert_calm(page)
    page.close()


@pytest.fixture(scope="module")
def running_board(lab):
    page = a_board(lab, BOARD)
    yield page
    page.close()


@pytest.fixture
def board_page(running_board):
    """The live board, run once; a test that moves something puts it back."""
    yield running_board
    assert_calm(running_board)


def test_a_moved_slider_changes_the_chart_and_nothing_flickers(lab, page):
    """In a lesson, as a reader comes to it."""
    lab.open(page, LESSON)
    lab.run_all(page)
    lab.show(page, ".funnelsim-board")
    page.wait_for_function(DRAWN)
    nothing_flickers(page)


def test_nothing_flickers_on_the_live_board(board_page):
    nothing_flickers(board_page)


def nothing_flickers(page):
    bars, rows = page.evaluate(BARS), page.evaluate(ROWS)
    words = page.locator(".funnelsim-sum").first.text_content()
    assert bars
    page.evaluate(WATCH)

    handle = page.locator(".funnelsim-board .noUi-handle").first
    handle.focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(f"was => ({BARS})() !== was", arg=bars)
    page.wait_for_function("() => document.querySelector('.funnelsim-foot code') !== null")
    page.wait_for_function(f"was => ({ROWS})()[0] > was[0]", arg=rows)
    expect(page.locator(".funnelsim-sum").first).not_to_have_text(words, timeout=PATIENCE)

    page.get_by_role("button", name="Reset").first.click()
    page.wait_for_function(f"was => ({BARS})() === was", arg=bars)
    seen = page.evaluate(SEEN)
    assert seen["frames"] > 5
    assert (seen["blank"], seen["jumps"], seen["heights"]) == (0, 0, 1), seen


def test_a_dragged_slider_ends_at_the_newest_picture(board_page):
    page = board_page
    handle = page.locator(".funnelsim-board .noUi-handle").first
    place = handle.bounding_box()
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 70, y, steps=25)
    label = page.locator(".funnelsim-slider .widget-readout").first.text_content()
    page.mouse.up()
    assert label != "60 %"  # the label moves with the hand
    page.wait_for_function(
        "share => document.querySelector('.funnelsim-sum').textContent.includes(`× ${share} ×`)",
        arg=label,
    )
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("() => document.querySelector('.funnelsim-foot code') === null")


def test_a_draft_of_the_band_comes_with_the_picture_and_the_full_one_after(board_page):
    page = board_page
    expect(page.locator(RANGES)).to_have_text("Ranges: 9 of 10 histories", timeout=PATIENCE)
    before = page.evaluate(BAND)
    assert before["height"] > 5  # pixels, at the right edge of the chart
    page.evaluate(NOTE_WORDS)
    page.locator(".funnelsim-board .noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => window.words.some(text => text.includes('The first 8 end'))")
    page.wait_for_function("() => window.words.at(-1).includes('9 of 10 end between')")
    expect(page.locator(RANGES)).to_have_text("Ranges: 9 of 10 histories", timeout=PATIENCE)
    after = page.evaluate(BAND)
    assert after["height"] > 5
    assert after["path"] != before["path"]
    # the words say the range in the tile, and that is what replications give
    scenario = fs.load("aida-follow-up").vary({"stages.Attention.conversion": 0.61})
    table = fs.replicate(scenario, n=100, seed=1, progress=False).table
    for name, key in (("Revenue, EUR", "revenue"), ("Customers", "customers")):
        low, high = nine_in_ten(table[key])
        tile = page.locator(".funnelsim-figures > div", has_text=name)
        expect(tile.locator(".range")).to_have_text(f"{low:,.0f} to {high:,.0f}")
    low, high = nine_in_ten(table["revenue"])
    assert f"{low:,.0f} and {high:,.0f} EUR" in page.evaluate("() => window.words.at(-1)")
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function(f"was => ({BAND})().path === was", arg=before["path"])


RANGES = ".funnelsim-foot > span:last-child"
BAND = """() => {
  const path = document.querySelector('.funnelsim-chart svg .mark-area path[fill="#8C8C8C"]');
  return { path: path.getAttribute('d'), height: path.getBoundingClientRect().height };
}"""
NOTE_WORDS = """() => {
  const chart = document.querySelectorAll('.funnelsim-chart')[1];
  const words = window.words = [];
  (function look() {
    const text = chart.vegaView.data('band_text')[0].text;
    if (words.at(-1) !== text) words.push(text);
    requestAnimationFrame(look);
  })();
}"""


def test_tooltips_say_the_numbers(board_page):
    page = board_page
    for number, words in enumerate(["Of those who entered", "First orders (EUR)"]):
        marks = page.locator(".funnelsim-chart").nth(number).locator(".mark-rect.role-mark path")
        marks.nth(-1 if number else 0).hover(force=True)
        page.locator(".funnelsim-tooltip", has_text=words).wait_for()


def test_the_board_follows_the_theme_of_the_page(board_page):
    page = board_page
    for name in ("JupyterLab Dark", "JupyterLab Light"):
        change_theme(page, name)
        page.wait_for_function(TEXT_STANDS_OUT, arg=name == "JupyterLab Dark")


def change_theme(page, name):
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
    light = str(name == "JupyterLab Light").lower()
    page.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=light)
    # Lab's own splash, shown anew before it has faded, is removed twice: an error of Lab's
    page.locator("#jupyterlab-splash").wait_for(state="detached")


# Light text on a dark page, dark text on a light one; the page itself has changed, too.
TEXT_STANDS_OUT = """dark => {
  const text = document.querySelector('.funnelsim-chart svg .role-axis-label text');
  const light = parseInt(text.getAttribute('fill').slice(1, 3), 16) > 128;
  return (document.body.dataset.jpThemeLight === 'false') === dark && light === dark;
}"""


def test_two_boards_in_one_notebook_each_show_what_simulate_says(lab, page):
    page.set_viewport_size({"width": 1280, "height": 1500})  # both of them in view
    lab.open(page, TWO_BOARDS)
    lab.run_all(page)
    page.wait_for_function(f"() => ({CHARTS_OF_BOARDS})().join() === '2,2'")
    ids = page.evaluate("() => [...document.querySelectorAll('clipPath')].map(clip => clip.id)")
    assert ids and len(set(ids)) == len(ids), "a chart is cut as that of another board is"
    loyalty, money = page.locator(".funnelsim-board").all()
    for board, slider, key, moves in ((loyalty, 0, "End", 1), (money, 0, "ArrowRight", 20)):
        board.locator(".noUi-handle").nth(slider).focus()
        for _ in range(moves):
            page.keyboard.press(key)
    expect(loyalty.locator(".funnelsim-foot code")).to_contain_text('{"loyalty.enrolment": 1.0}')
    shop = fs.load("aida-loyalty-advocacy").vary({"horizon": "250 days", "loyalty.enrolment": 1.0})
    both = [
        fs.summary(fs.simulate(s, progress=False)) for s in (shop, shop.vary({"loyalty": None}))
    ]
    line = loyalty.locator(".funnelsim-worlds tr", has_text="Revenue")
    for cell, figures in enumerate(both):
        expect(line.locator("td").nth(cell)).to_have_text(f"{figures['revenue']:,.0f}")
    changed = {"channels.trade fair.leads_per_day": 4.0, "channels.search ads.leads_per_day": 24.8}
    journal = fs.simulate(fs.load("aida-follow-up").vary(changed), progress=False)
    expect(money.locator(".funnelsim-sum")).to_contain_text("1 lead fewer of trade fair, 4.8 more")
    profit = f"{fs.summary(journal)['profit']:,.0f}"
    expect(money.locator(".funnelsim-figures > div", has_text="Profit")).to_contain_text(profit)
    last = money.locator(".funnelsim-chart").first.locator(".mark-text text").last
    expect(last).to_have_text(profit)
    assert page.locator(".funnelsim-slider").evaluate_all(NAMELESS) == 0
    assert page.locator(".funnelsim-chart div[aria-label]").count() == 4  # each says what it shows
    names = page.locator(".funnelsim-chart svg [id]").evaluate_all("all => all.map(one => one.id)")
    assert len(set(names)) == len(names) > 4  # none is clipped by what another board's are
    page.evaluate("() => jupyterapp.shell.collapseLeft()")
    page.set_viewport_size({"width": 390, "height": 844})  # a telephone
    page.wait_for_function(CHARTS_CAN_BE_READ)


CHARTS_OF_BOARDS = """() => [...document.querySelectorAll('.funnelsim-board')].map(
  board => board.querySelectorAll('.funnelsim-chart svg').length)"""
CHARTS_CAN_BE_READ = """() => [...document.querySelectorAll('.funnelsim-chart svg')].every(
  chart => chart.clientWidth >= 400)"""
NAMELESS = """all => all.filter(one => !one.querySelector('.widget-label').textContent).length"""


def test_the_pipeline_of_any_day_is_what_the_figures_say(lab, page):
    lab.open(page, PIPELINE)
    lab.run_all(page)
    column = page.locator(".funnelsim-kanban section").last
    column.wait_for()
    board, panel = (
        page.locator(part).bounding_box()
        for part in (".funnelsim-board", ".jp-WindowedPanel-outer")
    )
    assert board["y"] + board["height"] <= panel["y"] + panel["height"]  # in 1280 x 800
    page.locator(".funnelsim-pictures .noUi-handle").focus()
    page.keyboard.press("Home")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    journal = fs.simulate(fs.load("b2b-pipeline"), progress=False)
    line = fs.pipeline_board(journal, 110).loc["Proposal"]
    expect(column.locator("p").nth(1)).to_have_text(f"{line.value:,.0f}")
    expect(column.locator("p").nth(0)).to_have_text(f"{int(line.deals)} deals")
    new = fs.pipeline_changes(journal, 110).deals["new"]
    expect(page.locator(".funnelsim-since em").first).to_contain_text(f"{int(new)} new")
    deals = fs.open_deals(journal, 110).query("stage == 'Proposal'").nlargest(5, "value")
    names = column.locator("li small").all_text_contents()
    assert names == [f"#{lead}" for lead in deals["lead"]]
    page.get_by_label("Shown as").select_option("table")
    cell = page.locator(".funnelsim-table tr", has_text="Proposal").locator("td").nth(2)
    expect(cell).to_have_text(f"{line.value:,.0f}")
    assert page.locator(".funnelsim-slider").evaluate_all(NAMELESS) == 0


def test_a_demonstration_is_played_with_one_key_and_leaves_its_last_picture(lab):
    page = watched(lab)
    lab.open(page, DEMONSTRATION)
    lab.run_all(page)
    page.wait_for_function(f"() => ({CHARTS_OF_BOARDS})().join() === '3'")
    place, said = page.locator(".funnelsim-bar output"), page.locator(".funnelsim-said")
    said.click()  # a click on the board, and the keys are the demonstration's
    s = fs.load("aida-follow-up")
    for key, stop in (("ArrowRight", 2), ("PageDown", 3), (" ", 4), ("ArrowRight", 5), (" ", 6)):
        page.keyboard.press(key)
        expect(place).to_have_text(f"{stop} of 6")
        if stop == 3:
            journal = fs.simulate(s.vary({"teams.sales.reps": 3}), progress=False)
            profit = fs.summary(journal)["profit"]
            expect(said).to_contain_text(f"Profit {profit:,.0f} EUR")
            tile = page.locator(".funnelsim-figures > div", has_text="Profit")
            expect(tile).to_contain_text(f"{profit:,.0f}")
            board, panel = (
                page.locator(part).bounding_box()
                for part in (".funnelsim-board", ".jp-WindowedPanel-outer")
            )
            assert board["y"] + board["height"] <= panel["y"] + panel["height"]  # in 1280 x 800
    for stop in (5, 4):
        page.keyboard.press("ArrowLeft")
        expect(place).to_have_text(f"{stop} of 6")
    readouts = page.locator(".funnelsim-slider .widget-readout")
    expect(readouts.nth(1)).to_have_text("2")
    expect(readouts.nth(1)).to_have_attribute("contenteditable", "false")
    page.locator(".funnelsim-board .noUi-handle").nth(1).focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".funnelsim-sum").first).to_contain_text("4 reps in sales")
    page.keyboard.press("Control+z")  # both keys were one move
    expect(page.locator(".funnelsim-sum").first).to_contain_text("2 reps in sales")
    page.get_by_role("button", name="Redo").click()
    expect(readouts.nth(1)).to_have_text("4")
    still = page.locator(".funnelsim-still")
    expect(still).to_be_hidden()
    reps = '"teams.sales.reps": 4'
    expect(still).to_contain_text(reps)  # once the slider rests
    lab.save_and_stop(page)
    assert_calm(page)
    lab.open(page, DEMONSTRATION, kernel=False)
    expect(still).to_be_visible()
    expect(still).to_contain_text(reps)
    expect(page.locator(".jp-OutputArea").first).not_to_contain_text("Error displaying widget")
    assert page.strangers == []
    page.close()


def test_titles_of_charts_are_read_on_a_dark_page_and_show_again_without_a_kernel(lab, page):
    page.set_viewport_size({"width": 1280, "height": 1700})  # all of them in view
    lab.open(page, CHARTS)
    change_theme(page, "JupyterLab Dark")
    lab.run_all(page)
    page.wait_for_function(f"() => ({INK_OF_TITLES})().filter(n => n > 100).length === 3")
    change_theme(page, "JupyterLab Light")
    lab.save_and_stop(page)
    page.goto("about:blank")
    lab.open(page, CHARTS, kernel=False)
    page.wait_for_function(f"() => ({COLOURS_OF_CHARTS})().filter(n => n > 3).length === 3")


# Dark pixels where the title of a chart stands, on its white ground.
INK_OF_TITLES = """() => [...document.querySelectorAll('.jp-RenderedVega5 canvas')].map(c => {
  const high = Math.round(28 * c.width / c.clientWidth);
  const { data } = c.getContext('2d').getImageData(0, 0, c.width, high);
  let ink = 0;
  for (let i = 0; i < data.length; i += 4) ink += data[i + 3] > 200 && data[i] < 90;
  return ink;
})"""


COLOURS_OF_CHARTS = """() => [...document.querySelectorAll('.jp-RenderedVega5 canvas')].map(c => {
  const pixels = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  return new Set(new Uint32Array(pixels.buffer)).size;
})"""


def test_the_course_page_opens_rendered(lab, page):
    lab.open_start(page)
    page.locator(".jp-MarkdownViewer h1").first.wait_for()
    page.locator(".jp-MarkdownViewer a[href*='00_start_here']").first.wait_for()
