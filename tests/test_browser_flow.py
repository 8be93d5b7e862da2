"""Flow in a browser: what it shows on a day is what the journal says, by mouse and by keyboard.

Without JupyterLab: a page of its own holds the widget, with a model as a notebook gives it one.
What the page sends comes to the Python of the board, and goes back from there.
"""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor

import browser
import numpy as np
import pytest
from playwright.sync_api import expect, sync_playwright

import funnelsim as fs
from funnelsim.distributions import DAY
from funnelsim.journal.whereabouts import changes
from funnelsim.widgets.live_chart import STATIC

pytestmark = pytest.mark.browser

CROWD = fs.load("aida-follow-up").vary(
    {"channels.search ads.leads_per_day": 106, "teams.sales.reps": 9}
)  # 10,000 leads
FEWER = {"teams.sales.reps": 5}
NAMES = ["Отклик на предложение", "客户对我们的产品感兴趣", *"ABCDEFGHI", "Vertragsunterzeichnung"]

# A page with the widget, and what it stands on: a model with `get`, `set`, `on`, `save_changes`.
PAGE = """<!doctype html><html lang="en"><title>Flow</title><style>{css}</style>
<body data-jp-theme-light="true"><div class="funnelsim-board"></div></body></html>"""
BEGIN = """async ([code, picture]) => {
  const bytes = value => value?.base64 === undefined ? value
    : new DataView(Uint8Array.from(atob(value.base64), c => c.charCodeAt(0)).buffer);
  for (const world of picture.worlds)
    for (const key of Object.keys(world)) world[key] = bytes(world[key]);
  const state = { picture, chosen: {}, story: '' }, heard = {};
  const model = {
    get: name => state[name], on: (name, does) => (heard[name] = does), off: () => {},
    set: (name, value) => (state[name] = value),
    save_changes: async () => {
      state.story = await window.storyOf(state.chosen);
      heard['change:story']();
    },
  };
  const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  const { default: widget } = await import(url);
  window.end = widget.render({ model, el: document.querySelector('.funnelsim-board') });
}"""


def as_json(value):
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    raise TypeError(value)


@pytest.fixture(scope="module")
def context(chromium):
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=str(chromium), headless=True, args=[*browser.QUIET]
        )
        yield running.new_context(viewport={"width": 1024, "height": 768})
        running.close()


@pytest.fixture
def opened(context):
    """Opens a page with the flow of a board; at its end nothing was asked, warned or wrong."""
    said = []

    def open_with(board):
        page = context.new_page()
        page.set_default_timeout(browser.PATIENCE)
        page.on("console", lambda message: said.append(message.text) if is_ours(message) else None)
        page.on("pageerror", lambda error: said.append(error.stack or str(error)))
        page.on("request", lambda request: said.append(request.url) if is_far(request) else None)
        flow = board._own[0][1]

        def story_of(chosen):  # in a thread without an event loop, which does all of it at once
            with ThreadPoolExecutor() as threads:
                threads.submit(setattr, flow, "chosen", chosen).result()
            return flow.story

        page.expose_function("storyOf", story_of)
        css = (STATIC / "flow.css").read_text(encoding="utf-8")
        page.set_content(PAGE.format(css=css))
        code = (STATIC / "flow.js").read_text(encoding="utf-8")
        page.evaluate(BEGIN, [code, json.loads(json.dumps(flow.picture, default=as_json))])
        return page

    yield open_with
    assert said == []


def is_ours(message):
    return "getImageData" not in message.text  # which the test alone asks for


def is_far(request):
    return not request.url.startswith(("data:", "blob:", "about:"))


# The table below the picture: waiting, with a rep, deciding, lost, bought, came back by stage.
COUNTS = """() => [...document.querySelectorAll('details tbody tr')].map(line =>
  [...line.querySelectorAll('td')].map(cell => cell.textContent).slice(-7, -1).map(text =>
    text === '–' ? 0 : Number(text.replaceAll(',', ''))))"""
DOTS = """() => document.querySelector('canvas').flow.worlds().map(
  world => world.x.filter(x => !Number.isNaN(x)).length)"""
# One who decides in the upper world, where few are near each other; and where it is drawn.
SOMEBODY = """() => {
  const canvas = document.querySelector('canvas'), world = canvas.flow.worlds()[0];
  const lead = world.at.findLastIndex((place, lead) =>
    !Number.isNaN(world.x[lead]) && world.state[place] === 2);
  return [world.x[lead], world.y[lead]];
}"""
UNNAMED = """() => [...document.querySelectorAll('button, input, select, canvas, section')]
  .filter(one => !one.getAttribute('aria-label') && !one.textContent.trim()
    && !one.closest('label')?.textContent.trim()).map(one => one.outerHTML)"""
# How light the title of the upper world is: of what is drawn there, the mean.
TITLE = """() => {
  const pen = document.querySelector('canvas').getContext('2d');
  const seen = [...pen.getImageData(0, 0, 60, 12).data];
  const drawn = seen.filter((_, place) => place % 4 === 0 && seen[place + 3] > 200);
  return drawn.reduce((sum, one) => sum + one, 0) / drawn.length;
}"""
# The times in ms of a hundred frames of a play; told, and never judged.
FRAMES = """() => {
  const flow = document.querySelector('canvas').flow, took = [];
  for (let frame = 0; frame < 100; frame++) {
    const start = performance.now();
    flow.jump(0.9 * frame);
    took.push(performance.now() - start);
  }
  return took;
}"""


def counted(journals, day, channel=None):
    """What the table says, of the journals' own."""
    lines = []
    for journal in journals:
        states, stages = changes(journal).at(round(day * DAY))
        if channel:
            states = np.where(journal.leads["channel"] == channel, states, -1)
        for stage in range(len(journal.scenario.stages)):
            here = states[(stages == stage) & (states >= 0)]
            lines.append(np.bincount(here, minlength=6).tolist())
    return lines


def test_what_is_shown_on_a_day_is_what_the_journal_says_and_a_click_tells_a_story(opened):
    page = opened(fs.board(CROWD, "flow", days=90, beside=FEWER))
    both = [fs.simulate(s, progress=False) for s in (CROWD, CROWD.vary(FEWER))]
    page.locator("summary").click()
    day, text = page.get_by_label("Day to jump to"), page.locator(".flow-text")
    for moment in (0.4, 61.25):
        day.fill(str(moment))
        day.press("Enter")
        expect(text).to_contain_text(f"Day {moment:.2f}, ")
        assert page.evaluate(COUNTS) == counted(both, moment)
        # a dot for each that is counted, and for nobody else
        assert page.evaluate(DOTS) == [sum(map(sum, counted([j], moment))) for j in both]
    waiting = sum(stage[0] for stage in counted(both[:1], 61.25))
    expect(text).to_contain_text(f"sales: reps 9: {waiting} waiting")
    channels = page.get_by_label("Channel whose leads are shown")
    channels.select_option("trade fair")
    expect(text).to_contain_text("only trade fair")
    assert page.evaluate(COUNTS) == counted(both, 61.25, "trade fair")
    channels.select_option("all")
    page.get_by_label("light up who fares differently").check()
    assert page.evaluate(COUNTS) == counted(both, 61.25)

    x, y = page.evaluate(SOMEBODY)
    page.locator("canvas").click(position={"x": x, "y": y})
    chosen = page.get_by_label("Number of a lead, to read its story")
    expect(chosen).not_to_have_value("")
    story, told = fs.story(both[0], int(chosen.input_value())), page.locator(".flow-story")
    assert story.table["event"].iloc[0] == "came"
    for sentence in [story.title, *story.table["sentence"], *story.otherwise["sentence"][1:]]:
        expect(told).to_contain_text(sentence)
    assert page.evaluate(UNNAMED) == []
    took = sorted(page.evaluate(FRAMES))
    print(f"a frame with {sum(len(j.leads) for j in both):,} leads: {took[50]:.1f} ms, median")


def test_all_of_it_can_be_done_with_the_keyboard_and_with_less_motion(opened):
    page = opened(fs.board(CROWD, "flow", days=20))
    canvas, day = page.locator("canvas"), page.get_by_label("Day to jump to")
    chosen = page.get_by_label("Number of a lead, to read its story")
    canvas.focus()
    page.keyboard.press("Home")
    expect(day).to_have_value("0.00")
    step = float(page.get_by_label("Speed: time in a second").input_value())
    page.keyboard.press("ArrowRight")
    expect(day).to_have_value(f"{step:.2f}")
    page.keyboard.press("ArrowDown")  # the first lead, then the next
    page.keyboard.press("ArrowDown")
    expect(chosen).to_have_value("1")
    expect(page.locator(".flow-story h3")).to_contain_text("Lead 1 of")
    page.keyboard.press("ArrowUp")
    expect(chosen).to_have_value("0")
    page.keyboard.press(" ")  # it plays, gliding, until it is stopped
    moved = "day => Number(document.querySelector('[data-day]').dataset.day) > day"
    page.wait_for_function(moved, arg=step)
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Play")).to_be_visible()

    page.emulate_media(reduced_motion="reduce")
    page.keyboard.press("Home")
    page.keyboard.press(" ")  # a step a second
    page.wait_for_function(moved, arg=0)
    page.keyboard.press(" ")
    steps = float(page.evaluate("() => document.querySelector('[data-day]').dataset.day")) / step
    assert steps == pytest.approx(round(steps)) and steps >= 1
    page.keyboard.press("End")
    expect(day).to_have_value("20.00")


def test_twelve_stages_in_two_worlds_fit_a_small_window_by_any_name_and_on_a_dark_page(opened):
    tables = fs.load("aida-follow-up").tables()
    call = tables["stages"][1]["follow_up"]
    tables["stages"] = [{"name": name, "conversion": 0.8} for name in NAMES[:-1]]
    tables["stages"] += [{"name": NAMES[-1]}]
    tables["stages"][0]["follow_up"] = call
    page = opened(fs.board(fs.Scenario(**tables), "flow", days=30, beside={"teams.sales.reps": 1}))
    page.locator("summary").click()
    heads = page.locator("details th[scope=row]").all_text_contents()
    assert heads == [*NAMES, *NAMES]
    page.locator("summary").click()
    box = page.locator(".funnelsim-flow").bounding_box()
    assert box["height"] <= 600 and box["x"] + box["width"] <= 1024  # Lab leaves that much
    assert page.evaluate(TITLE) < 100
    page.evaluate(
        "() => { document.body.style.setProperty('--jp-ui-font-color1', '#fff');"
        " document.body.dataset.jpThemeLight = 'false'; }"
    )
    page.wait_for_function(f"() => ({TITLE})() > 200")
    page.evaluate("() => window.end()")
