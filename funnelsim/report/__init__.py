"""A simulated funnel, or a plan, as one self-contained HTML page.

It opens offline, prints and fits a phone. `frame.py` holds the look, `of_journal.py` and
`of_plan.py` what stands on the page.
"""

from __future__ import annotations

from pathlib import Path

from funnelsim.calibration import Calibration
from funnelsim.journal import Journal
from funnelsim.planner import Plan
from funnelsim.report.of_journal import page
from funnelsim.report.of_plan import plan_page
from funnelsim.saving import write_text

__all__ = ["page", "plan_page", "write_report"]


def write_report(
    told: Journal | Plan,
    path: str | Path,
    *,
    title: str | None = None,
    calibration: Calibration | None = None,
    note: str = "",
) -> Path:
    """Write the page of a journal or of a plan, and return where it is.

    With the `calibration` that a journal's scenario came from, the page also shows the figures
    beside those of the export, what was used and left out, and what was assumed. `note` is a line
    under the title (a date, an author); nothing is taken from the clock. A folder that is missing
    is made; an existing file is replaced.

    Raises FunnelSimError for what is neither and for a file that cannot be written.

    >>> import tempfile
    >>> import funnelsim as fs
    >>> j = fs.simulate(fs.load("aida"), seed=1, progress=False)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_report(j, Path(folder) / "aida.html").name
    'aida.html'
    """
    if isinstance(told, Plan):
        return write_text(path, plan_page(told, title=title, note=note))
    return write_text(path, page(told, title=title, calibration=calibration, note=note))
