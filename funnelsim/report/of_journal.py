"""A simulated funnel as a page: figures, pictures, tables, and where the scenario comes from."""

from __future__ import annotations

from datetime import timedelta
from html import escape

from funnelsim import charts
from funnelsim.calibration import Calibration
from funnelsim.calibration.beside import beside_export, in_words
from funnelsim.distributions import DAY
from funnelsim.journal import Journal
from funnelsim.metrics import a_journal
from funnelsim.metrics.figures import stated_figures
from funnelsim.report.frame import chart, framed, tiles
from funnelsim.tables import as_html, beside_text, figures_text, funnel_text, loss_text, reps_text

OF_REPS = (
    "A lead is brought in by the rep who first reached it. A deal is in the hands of the rep who "
    "reached it last; a stage that it went on from, and its sale, are credited there. Rates are of "
    "those decided."
)


def page(
    journal: Journal,
    *,
    title: str | None = None,
    calibration: Calibration | None = None,
    note: str = "",
) -> str:
    """The page as text; the arguments are those of `write_report`."""
    s = a_journal(journal, "write_report").scenario
    title = title or s.name
    days = (s.horizon - s.warm_up) / DAY
    begin = s.start + timedelta(microseconds=s.warm_up)
    about = f"{days:,.0f} days from {begin:%Y-%m-%d}, simulated with seed {journal.seed}"
    if s.warm_up:
        about += f" after a warm-up of {s.warm_up / DAY:,.0f} days"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="about">{escape(about)}.{" " + escape(note) if note else ""}</p>',
        tiles(figures_text(journal), [figure.docs for figure in stated_figures(s).values()]),
        "<h2>The funnel</h2>",
        "<p>Leads that came in during these days, each counted once per stage; those still open "
        "at the end may yet go on.</p>",
        chart(charts.funnel, journal, "The funnel by stage"),
        as_html(funnel_text(journal)),
    ]
    if s.order is not None:
        parts += ["<h2>Revenue</h2>", chart(charts.revenue, journal, "Revenue as it adds up")]
    lost = loss_text(journal)
    if not lost.empty:
        parts += ["<h2>Lost leads</h2>", chart(charts.losses, journal, "Lost leads by reason")]
        parts.append(as_html(lost))
    if any(stage.follow_up for stage in s.stages):
        parts += ["<h2>Reps</h2>", f"<p>{OF_REPS}</p>", as_html(reps_text(journal))]
    if calibration is not None:
        table = beside_export(calibration.report, journal)
        parts.append("<h2>Beside what the export shows</h2>")
        parts.append(as_html(beside_text(table, s.currency)))
        parts += [f"<p>{escape(sentence)}</p>" for sentence in in_words(table)]
        parts.append("<h2>Where the scenario comes from</h2>")
        parts.append(calibration.report._repr_html_())
    parts += [
        "<h2>The scenario</h2>",
        "<details><summary>as a file that funnelsim reads</summary>"
        f"<pre>{escape(s.to_toml())}</pre></details>",
        "<footer>Made with funnelsim. Simulated figures are what may happen if the scenario is "
        "right, not a forecast with its uncertainty.</footer>",
    ]
    return framed(title, parts)
