"""The planner's form in a browser: from Enter in the target's field to the answer on the page."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "tests"), str(REPOSITORY / "scripts")]

SESSIONS = {
    "AIDA": range(200, 280, 10),
    "AIDA with follow-up": range(300, 380, 10),
    "B2B pipeline": range(30, 62, 4),
}
ANSWERED = """target => ['.funnelsim-told figure svg', '.funnelsim-first'].every(
  part => document.querySelector(part)?.textContent.includes(`${target} sales`))"""

ALL_DRAWN = "() => !document.querySelector('.funnelsim-old')"


def section() -> str:
    """The section of RESULTS.md; says so where there is no browser to measure with."""
    import chromium

    head = "## The planner's form (`notebooks/plan_a_target.ipynb`, in Chromium)\n\n"
    lack = chromium.missing()
    if lack:
        return f"{head}Not measured: {lack}.\n"
    rows = "".join(
        f"| {scenario} | {median(first):.2f} s | {max(first):.2f} s | {median(all_):.2f} s |\n"
        for scenario, (first, all_) in measure(str(chromium.find())).items()
    )
    return (
        f"{head}From a typed target to the words and the curve of the chance, and to all pictures; "
        "eight targets each. The first scenario has a formula, the others are searched.\n\n"
        "| scenario | answer, median | slowest | all pictures, median |\n|---|--:|--:|--:|\n"
        f"{rows}"
    )


def measure(path: str) -> dict[str, tuple[list[float], list[float]]]:
    """Seconds to the answer and to all pictures, for each target, by scenario."""
    import browser

    times: dict[str, tuple[list[float], list[float]]] = {}
    with (
        TemporaryDirectory() as folder,
        browser.lab(browser.course_copy(Path(folder)), Path(path)) as lab,
    ):
        page = lab.page()
        lab.open(page, "notebooks/plan_a_target.ipynb")
        lab.run_all(page)
        box = page.get_by_label("Target", exact=True)
        box.wait_for()
        for scenario, targets in SESSIONS.items():
            page.get_by_label("Scenario", exact=True).select_option(label=scenario)
            page.wait_for_timeout(3000)
            answered, drawn = times[scenario] = [], []
            for target in [targets[0] + 5, *targets]:  # the first one warms everything up
                box.fill(str(target))
                begun = time.perf_counter()
                box.press("Enter")
                page.wait_for_function(ANSWERED, arg=target)
                answered.append(time.perf_counter() - begun)
                page.wait_for_function(ALL_DRAWN)
                drawn.append(time.perf_counter() - begun)
            del answered[0], drawn[0]
    return times
