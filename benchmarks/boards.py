"""Every board and every scenario in a browser: from a slider's key press to the redrawn picture.

Twenty presses each, in JupyterLab and without code in Voila. A press is timed inside the page, from
the key event to the frame in which all panes have what is new: charts with the draft of their band,
and the leads of Flow. Between two presses the board comes to rest, its whole band made.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "tests"), str(REPOSITORY / "scripts")]

# Turns the first slider to and fro; `rest` (ms) is how long nothing may change before a press.
TURN = """async ({presses, rest}) => {
  const every = (found) => [...document.querySelectorAll(found)];
  const signs = () => [
    ...every('.funnelsim-live-chart').map((live) => live.dataset.frame),
    ...every('.funnelsim-flow canvas').map((canvas) => canvas.flow.worlds()),
    ...every('.funnelsim-kanban').map((board) => board.textContent),
  ];
  const frame = () => new Promise(requestAnimationFrame);
  const differ = (one, other) => one.some((sign, n) => sign !== other[n]);
  const settled = async () => {
    let seen = signs(), since = performance.now();
    while (performance.now() - since < rest) {
      await frame();
      const now = signs();
      if (differ(now, seen)) seen = now, since = performance.now();
    }
  };
  const handle = document.querySelector('.funnelsim-slider .noUi-handle');
  const value = (what) => Number(handle.getAttribute(what));
  let key = 'ArrowRight';
  const took = [];
  for (let press = 0; press < presses; press++) {
    if (rest) await settled();
    if (value('aria-valuenow') >= value('aria-valuemax')) key = 'ArrowLeft';
    if (value('aria-valuenow') <= value('aria-valuemin')) key = 'ArrowRight';
    const before = signs(), start = performance.now();
    handle.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
    while (!signs().every((sign, n) => sign !== before[n])) await frame();
    took.push(performance.now() - start);
  }
  return took;
}"""
IS_THERE = """() => {
  const live = [...document.querySelectorAll('.funnelsim-live-chart')];
  return document.querySelector('.funnelsim-slider .noUi-handle') && live.every(
    (one) => one.dataset.frame && one.querySelectorAll('.funnelsim-chart').length
      === one.querySelectorAll('.funnelsim-chart svg').length);
}"""


def boards() -> str:
    """The section of RESULTS.md; says so where there is no browser to measure with."""
    import chromium

    head = "## Every board and every scenario (slider to redrawn picture, in Chromium)\n\n"
    if lack := chromium.missing():
        return f"{head}Not measured: {lack}.\n"
    rows = [
        f"| {name} | {what} | {median(lab):.0f} ms | {max(lab):.0f} ms "
        f"| {median(voila):.0f} ms | {max(voila):.0f} ms |\n"
        for (name, what), lab, voila in measure(Path(str(chromium.find())))
    ]
    return (
        f"{head}Twenty presses each, charts with the draft of their band.\n\n"
        "| board | scenario | Lab, median | slowest | Voila, median | slowest |\n"
        f"|---|---|--:|--:|--:|--:|\n{''.join(rows)}"
    )


def shown() -> list[tuple[str, str]]:
    """Each board with the scenario that suits it, and the explorer with all that come along."""
    import funnelsim as fs
    from funnelsim.widgets.boards import names

    usual = [(name, "its own") for name in names() if name != "explore"]
    return [*(("explore", template) for template in fs.templates()), *usual]


def measure(path: Path) -> Iterator[tuple[tuple[str, str], list[float], list[float]]]:
    """Board and scenario, and the times in ms of twenty presses in Lab and in Voila."""
    import browser

    with TemporaryDirectory() as place:
        folder = Path(place)
        for name, what in shown():
            given = f"name={name!r}" if what == "its own" else f"fs.load({what!r}), {name!r}"
            source = f"import funnelsim as fs\nfs.board({given})"
            browser.write_notebook(folder / f"{name}-{what}.ipynb", source)
        with browser.lab(folder, path) as lab:
            page = lab.page()
            for name, what in shown():
                lab.open_instead(page, f"{name}-{what}.ipynb")
                lab.run_all(page)
                in_lab = presses(page)
                asked = [name] if what == "its own" else [what, "--as", name]
                with browser.board(folder, *asked) as url:
                    without_code = lab.page()
                    without_code.goto(url)
                    yield (name, what), in_lab, presses(without_code)
                    without_code.close()


def presses(page: Any, number: int = 20) -> list[float]:
    """Times in ms, after three presses that warm everything up."""
    page.wait_for_function(IS_THERE)
    page.bring_to_front()
    found: list[float] = page.evaluate(TURN, {"presses": number + 3, "rest": 500})
    return found[3:]


if __name__ == "__main__":
    print(boards())
