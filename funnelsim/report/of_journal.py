"""A simulated funnel as a page: figures, pictures, tables, and where the scenario comes from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from markupsafe import Markup

from funnelsim import charts
from funnelsim.calibration import Calibration
from funnelsim.calibration.beside import beside_export, in_words
from funnelsim.distributions import DAY
from funnelsim.journal import Journal
from funnelsim.metrics import a_journal
from funnelsim.metrics.figures import stated_figures
from funnelsim.report.frame import chart, framed
from funnelsim.scenario.embedded import ID
from funnelsim.tables import (
    as_html,
    beside_text,
    figures_text,
    funnel_text,
    loss_text,
    months_text,
    reps_text,
)
from funnelsim.what_changes import changes_text


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
    figures, docs = figures_text(journal).to_numpy(), [f.docs for f in stated_figures(s).values()]
    lost, made_with = loss_text(journal), [journal.provenance]
    told: dict[str, Any] = {
        "tiles": [(*row, said) for row, said in zip(figures, docs, strict=True)],
        "funnel_chart": chart(charts.funnel, journal, "The funnel by stage"),
        "funnel": Markup(as_html(funnel_text(journal))),
        "revenue_chart": s.order and chart(charts.revenue, journal, "Revenue as it adds up"),
        "losses_chart": not lost.empty and chart(charts.losses, journal, "Lost leads by reason"),
        "losses": Markup(as_html(lost)),
        "reps": any(x.follow_up for x in s.stages) and Markup(as_html(reps_text(journal))),
        "beside": None,
    }
    if s.changes:
        told |= {
            "changes_chart": chart(charts.changes, s, "What changes when"),
            "changes": Markup(as_html(changes_text(s))),
            "months": Markup(as_html(months_text(journal))),
        }
    if calibration is not None:
        table = beside_export(calibration.report, journal)
        made_with.append(calibration.provenance)
        told |= {
            "beside": Markup(as_html(beside_text(table, s.currency))),
            "beside_in_words": in_words(table),
            "comes_from": Markup(calibration.report._repr_html_()),
        }
    return framed(
        "journal.html", title=title, about=about, note=note, id=ID, made_with=made_with, **told
    )
