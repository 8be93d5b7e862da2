"""The live board in a browser: from a slider's key press to the redrawn chart.

Each press is timed inside the page, from the key event to the frame that carries its picture; the
way through the kernel, the simulation and back is all in it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "tests"), str(REPOSITORY / "scripts")]

SINGLE = """async () => {
  const live = document.querySelector('.funnelsim-live-chart');
  const handle = document.querySelectorAll('.funnelsim-slider .noUi-handle')[1];
  const times = [];
  for (let press = 0; press < 15; press++) {
    const before = live.dataset.frame, start = performance.now();
    handle.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));
    while (live.dataset.frame === before) await new Promise(requestAnimationFrame);
    times.push(performance.now() - start);
    await new Promise(done => setTimeout(done, 300));
  }
  return times;
}"""

BURST = """async () => {
  const live = document.querySelector('.funnelsim-live-chart');
  const handle = document.querySelectorAll('.funnelsim-slider .noUi-handle')[1];
  const first = Number(live.dataset.frame);
  for (let press = 0; press < 20; press++) {
    handle.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowLeft', bubbles: true}));
    await new Promise(done => setTimeout(done, 50));
  }
  const end = performance.now();
  let last = end, frame = live.dataset.frame;
  while (performance.now() < end + 2000) {
    await new Promise(requestAnimationFrame);
    if (live.dataset.frame !== frame) { frame = live.dataset.frame; last = performance.now(); }
  }
  return [Number(frame) - first, last - end];
}"""


def board() -> str:
    """The section of RESULTS.md; says so where there is no browser to measure with."""
    import chromium

    lack = chromium.missing()
    head = "## The live board (`notebooks/live_board.ipynb`, in Chromium)\n\n"
    if lack:
        return f"{head}Not measured: {lack}.\n"
    single, (frames, lag) = measure(str(chromium.find()))
    return (
        f"{head}| what | measured |\n|---|--:|\n"
        f"| slider to redrawn chart, median of {len(single)} presses | {median(single):.0f} ms |\n"
        f"| the slowest of them | {max(single):.0f} ms |\n"
        f"| 20 presses in a second: pictures drawn | {frames} |\n"
        f"| ... the last picture after the last press | {lag:.0f} ms |\n"
    )


def measure(path: str) -> tuple[list[float], Any]:
    """Times in ms of single presses; pictures drawn and the lag (ms) after a burst of them."""
    import browser

    with (
        TemporaryDirectory() as folder,
        browser.lab(browser.course_copy(Path(folder)), Path(path)) as lab,
    ):
        page = lab.page()
        lab.open(page, "notebooks/live_board.ipynb")
        lab.run_all(page)
        page.locator(".funnelsim-chart svg").nth(1).wait_for()
        page.evaluate(SINGLE)  # the first presses warm everything up
        return page.evaluate(SINGLE), page.evaluate(BURST)
