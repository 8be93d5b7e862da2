"""The whole path without a browser: a CRM export goes in, a simulated quarter comes out.

Reads an export, calibrates a scenario, simulates the 90 days after the export with SimPy, prints
funnel and key figures beside what the export shows, and writes one HTML page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from funnelsim.calibration import calibrate
from funnelsim.calibration.beside import beside_export, in_words
from funnelsim.datasets import (
    CRM_COLUMNS,
    OLIST_COLUMNS,
    OLIST_DEALS,
    OLIST_LEADS,
    bundled,
    read_olist_funnel,
)
from funnelsim.deals import Deals, read_deals
from funnelsim.distributions import DAY
from funnelsim.engines import simulate
from funnelsim.errors import FunnelSimError
from funnelsim.report import write_report
from funnelsim.saving import write_text
from funnelsim.tables import as_text, beside_text, heading, print_journal, say


def demo(data: Path | None, out: Path, seed: int) -> Path:
    """Do it all, print it, and return the path of the page."""
    source, deals, columns = _source(data)
    print(f"Reading {source} ...", flush=True)
    calibration = calibrate(deals, **columns)
    print(f"\n{calibration.report}\n")

    s = calibration.scenario
    quarter = (s.horizon - s.warm_up) / DAY
    say(
        f"Simulating with SimPy: the {quarter:.0f} days after the export, after "
        f"{s.warm_up / DAY:.0f} days that fill the pipeline (seed {seed}) ..."
    )
    journal = simulate(s, seed=seed, engine="process", progress=True)
    print_journal(journal)

    table = beside_export(calibration.report, journal)
    heading("Beside what the export shows")
    print(as_text(beside_text(table, s.currency)), end="\n\n")
    for sentence in in_words(table):
        say(sentence)

    print("\nWriting the report ...", flush=True)
    page = write_report(journal, out / "report.html", calibration=calibration)
    comment = calibration.provenance.as_comment()
    scenario = write_text(out / "scenario.toml", f"{comment}\n{s.to_toml()}")
    print(f"Report (opens offline): {page.resolve()}")
    print(f"Scenario:               {scenario.resolve()}")
    return page


def _source(data: Path | None) -> tuple[str, pd.DataFrame | Path | Deals, dict[str, Any]]:
    """What is read, as a name, a table or a file, and what `calibrate` must be told about it."""
    if data is None:
        path = bundled("crm_deals.csv")
        named = {"name": "B2B firm, from the bundled CRM export"}
        return f"the bundled export, {path.name}", path, CRM_COLUMNS | named
    if (data / OLIST_LEADS).is_file() or (data / OLIST_DEALS).is_file():
        named = {"name": "Marketing Funnel by Olist, leads of 2018", "currency": "BRL"}
        return f"{data} (Olist)", read_olist_funnel(data), OLIST_COLUMNS | named
    if data.is_dir():
        raise FunnelSimError(
            f"{data} is a folder without {OLIST_LEADS}; the demo takes the folder of the Marketing "
            "Funnel by Olist, or the file of an export"
        )
    deals = read_deals(data)
    print(f"{deals}\n")
    say("What was guessed, as the full command; change what is wrong:")
    print(f"  {deals.command}\n")
    return str(data), deals, {"name": f"calibrated from {data.name}"}
