"""Make the pictures of README and pages in docs/pictures: charts, and the board in a real browser.

    python scripts/pictures.py

Needs a Chromium (see scripts/chromium.py). Every number in the pictures is simulated here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import altair as alt
import vl_convert

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "scripts")]

import browser  # noqa: E402
import chromium  # noqa: E402
from doc_pages import files  # noqa: E402

import funnelsim as fs  # noqa: E402
from funnelsim.charts.theme import VEGA_LITE, small_png  # noqa: E402


def _draw(name: str, chart: alt.TopLevelMixin) -> None:
    picture = vl_convert.vegalite_to_png(chart.to_dict(), vl_version=VEGA_LITE, scale=2)
    (PICTURES / f"{name}.png").write_bytes(small_png(picture))


BOARDS = ("loyalty", "money", "pipeline")


def _boards(path: Path, names: Sequence[str] = BOARDS) -> None:
    """The boards that the reference shows, as they come, each in a notebook of its own."""
    with TemporaryDirectory() as folder:
        course = browser.course_copy(Path(folder))
        browser.write_notebook(course / "notebooks" / "flow.ipynb", FLOW)
        for name in names:
            source = f'import funnelsim as fs\nfs.board(name="{name}")'
            browser.write_notebook(course / "notebooks" / f"{name}.ipynb", source)
        with browser.lab(course, path) as lab:
            for name in names:
                page = lab.page(1280, 800)
                lab.open(page, f"notebooks/{name}.ipynb")
                lab.run_all(page)
                if name == "pipeline":  # cards, and no chart
                    page.locator(".funnelsim-kanban li").first.wait_for()
                else:
                    page.locator(".funnelsim-chart svg").nth(1).wait_for()
                    page.get_by_text("Ranges: 9 of 10 histories").wait_for()
                page.locator(".funnelsim-board").screenshot(path=PICTURES / f"board_{name}.png")
                page.close()
            _flow(lab)


FLOW = """import funnelsim as fs
fs.board(name="flow", beside={"teams.sales.reps": 1})"""
GONE_COLD = 67  # a lead whom one rep more would have reached in time


def _flow(lab: browser.Lab) -> None:
    """Two worlds with those lit up who fare differently, and the story of a lead."""
    page = lab.page(1280, 800)
    lab.open(page, "notebooks/flow.ipynb")
    lab.run_all(page)
    page.get_by_label("light up who fares differently").check()
    number = page.get_by_label("Number of a lead, to read its story")
    number.fill(str(GONE_COLD))
    number.press("Enter")
    page.locator(".flow-story", has_text="Had a rep been free").wait_for()
    page.locator(".funnelsim-board").screenshot(path=PICTURES / "board_flow.png")
    page.close()


def main() -> None:
    """Write one picture for each chart, one of the explorer with a baseline kept, and one each of
    the boards that the reference shows.
    """
    PICTURES.mkdir(parents=True, exist_ok=True)
    journal = fs.simulate(fs.load("aida-follow-up"), seed=1, progress=False)
    for name in ("funnel", "revenue", "losses"):
        _draw(name, getattr(fs.charts, name)(journal))
    plan = fs.plan(fs.load("aida-follow-up"), 330, progress=False)
    _draw("plan_chance", fs.charts.plan_chance(plan))
    tutorial = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    shop = fs.Scenario.from_toml(files(tutorial)["shop.toml"])
    _draw("tutorial_funnel", fs.charts.funnel(fs.simulate(shop, seed=1)))
    path = chromium.find()
    if path is None:
        sys.exit(f"the board needs a browser: {chromium.HOW_TO_GET_IT}")
    with browser.lab(ROOT, Path(path)) as lab:
        page = lab.page(1280, 800)
        lab.open(page, "notebooks/live_board.ipynb")
        lab.run_all(page)
        page.locator(".funnelsim-chart svg").nth(1).wait_for()
        page.get_by_role("button", name="Keep as today").click()
        page.locator(".funnelsim-board .noUi-handle").nth(1).focus()
        for _ in range(8):
            page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "() => document.querySelector('.funnelsim-sum').textContent.includes('× 58 % ×')"
        )
        page.get_by_text("Ranges: 9 of 10 histories").wait_for()
        page.locator(".funnelsim-board").screenshot(path=PICTURES / "live_board.png")
    _boards(Path(path))
    for picture in sorted(PICTURES.glob("*.png")):
        print(picture.relative_to(ROOT), picture.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
