"""The live board in a browser: from a slider's key press to the redrawn chart.

Each press is timed inside the page, from the key event to the frame that carries its picture; the
way through the kernel, the simulation and back is all in it. The picture comes with a band drafted
from a few replications; then, once the slider rests, comes the band from all of them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "tests"), str(REPOSITORY / "scripts")]

# Presses a key 15 times, and takes the times of two pictures: the one with the funnel changed, and
# the one after it, with the full band. `rest` is waited before each press; without it, the full
# picture is.
SINGLE = """async rest => {
  const live = document.querySelector('.funnelsim-live-chart');
  const handle = document.querySelectorAll('.funnelsim-slider .noUi-handle')[1];
  const funnel = () => live.querySelector('.funnelsim-chart').vegaView
    .data('funnel').map(row => row.leads).join();
  const drafts = [], full = [];
  for (let press = 0; press < 15; press++) {
    const before = funnel(), start = performance.now();
    handle.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));
    while (funnel() === before) await new Promise(requestAnimationFrame);
    drafts.push(performance.now() - start);
    const draft = live.dataset.frame;
    if (rest === null) {
      while (live.dataset.frame === draft) await new Promise(requestAnimationFrame);
      full.push(performance.now() - start);
    }
    await new Promise(done => setTimeout(done, rest ?? 100));
  }
  return [drafts, full];
}"""

BURST = """async () => {
  const live = document.querySelector('.funnelsim-live-chart');
  const handle = document.querySelectorAll('.funnelsim-slider .noUi-handle')[1];
  const funnel = () => live.querySelector('.funnelsim-chart').vegaView
    .data('funnel').map(row => row.leads).join();
  const first = Number(live.dataset.frame);
  for (let press = 0; press < 20; press++) {
    handle.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowLeft', bubbles: true}));
    await new Promise(done => setTimeout(done, 50));
  }
  const end = performance.now();
  let last = end, seen = funnel(), frame = live.dataset.frame;
  while (performance.now() < end + 2000) {
    await new Promise(requestAnimationFrame);
    if (funnel() === seen) continue;
    seen = funnel(), last = performance.now(), frame = live.dataset.frame;
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
    drafts, full, hurried, (frames, lag) = measure(str(chromium.find()))
    return (
        f"{head}| what | measured |\n|---|--:|\n"
        f"| slider to redrawn chart with a draft of the band, median of {len(drafts)} presses "
        f"| {median(drafts):.0f} ms |\n"
        f"| the slowest of them | {max(drafts):.0f} ms |\n"
        f"| slider to the band from all replications, median | {median(full):.0f} ms |\n"
        f"| the same draft, pressed while an older band is being made, median "
        f"| {median(hurried):.0f} ms |\n"
        f"| 20 presses in a second: pictures drawn | {frames} |\n"
        f"| ... the last funnel after the last press | {lag:.0f} ms |\n"
    )


def measure(path: str) -> tuple[list[float], list[float], list[float], Any]:
    """Times in ms of single presses: to the draft, to the full band, to a draft that interrupts
    one; pictures drawn and the lag (ms) after a burst of them.
    """
    import browser

    with (
        TemporaryDirectory() as folder,
        browser.lab(browser.course_copy(Path(folder)), Path(path)) as lab,
    ):
        page = lab.page()
        lab.open(page, "notebooks/live_board.ipynb")
        lab.run_all(page)
        page.locator(".funnelsim-chart svg").nth(1).wait_for()
        page.evaluate(SINGLE, 250)  # the first presses warm everything up
        page.get_by_role("button", name="Reset").click()
        page.wait_for_timeout(3000)
        drafts, full = page.evaluate(SINGLE, None)
        hurried, _ = page.evaluate(SINGLE, 250)
        page.wait_for_timeout(3000)
        return drafts, full, hurried, page.evaluate(BURST)
