"""The flow board in a browser: what a frame with 10,000 leads takes.

The frames of a whole play are drawn one after the other, and each is timed to its last pixel: one
is read back, so that what the browser puts off is in it. A page knows no processor time: so the
fastest of three plays counts, since others use this machine too.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "tests"), str(REPOSITORY / "scripts")]

SOURCE = """import funnelsim as fs
crowd = {"channels.search ads.leads_per_day": 106, "teams.sales.reps": 9}
s = fs.load("aida-follow-up").vary(crowd)
fs.board(s, "flow", days=90)"""
# 600 frames, a play of nine days a second for ten seconds; dots glide as they do while it plays.
PLAY = """() => {
  const canvas = document.querySelector('.funnelsim-flow canvas'), flow = canvas.flow;
  const pen = canvas.getContext('2d'), took = [];
  flow.glide(9);
  for (let n = 0; n < 600; n++) {
    const start = performance.now();
    flow.jump(n * 0.15);
    pen.getImageData(0, 0, 1, 1);
    took.push(performance.now() - start);
  }
  flow.glide(0);
  return [flow.worlds()[0].leads, took];
}"""


def flow() -> str:
    """The section of RESULTS.md; says so where there is no browser to measure with."""
    import chromium

    head = '## Flow (`fs.board(s, "flow")`, in Chromium, drawn without a graphics processor)\n\n'
    if lack := chromium.missing():
        return f"{head}Not measured: {lack}.\n"
    leads, plays = measure(str(chromium.find()))
    took = min(plays, key=median)
    slow = sorted(took)[int(0.95 * len(took))]
    return (
        f"{head}| what | measured |\n|---|--:|\n"
        f"| a frame with {leads:,} leads, median of {len(took)} | {median(took):.1f} ms |\n"
        f"| 95 of 100 frames take at most | {slow:.1f} ms |\n"
        "| a frame may take, at 60 a second | 16.7 ms |\n"
    )


def measure(path: str) -> tuple[int, list[list[float]]]:
    """How many leads there are, and the times of the frames (ms) of three plays."""
    import browser

    with TemporaryDirectory() as folder:
        browser.write_notebook(Path(folder) / "flow.ipynb", SOURCE)
        with browser.lab(Path(folder), Path(path)) as lab:
            page = lab.page()
            lab.open(page, "flow.ipynb")
            lab.run_all(page)
            page.locator(".funnelsim-flow canvas").wait_for()
            found = [page.evaluate(PLAY) for _ in range(3)]
            return found[0][0], [took for _, took in found]


if __name__ == "__main__":
    print(flow())
