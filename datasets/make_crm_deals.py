"""Writes crm_deals.csv: what a CRM would show of the scenario crm_deals.toml.

    python datasets/make_crm_deals.py

The same seed gives the same bytes. What a CRM does not know stays out of the file: handling
times, patience, the value of a lead that never got a proposal.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import funnelsim as fs

HERE = Path(__file__).parent
SEED = 20260706
OWNERS = ("Anna Berger", "Jonas Weber", "Lena Vogt", "Marek Novak", "Sofia Rossi")
REASONS = {"missed": "never contacted", "gone cold": "never contacted"}


def crm_export(scenario: fs.Scenario, seed: int, replication: int = 0) -> pd.DataFrame:
    """One simulated history as the rows of a CRM export, times as text to the minute."""
    journal = fs.simulate(scenario, seed=seed, replication=replication, progress=False)
    leads = journal.leads
    start = pd.Timestamp(scenario.start)

    def stamp(days: pd.Series) -> pd.Series:
        # pandas 2.2 rounds memory that it has not filled where a number is missing
        times = (start + pd.to_timedelta(days.fillna(0.0), unit="D")).dt.floor("min")
        return times.where(days.notna()).dt.strftime("%Y-%m-%d %H:%M")

    outcome = leads["outcome"].astype(str).replace({"customer": "won"})
    owners = dict(zip(leads["owner"].cat.categories, OWNERS, strict=False))
    return pd.DataFrame(
        {
            "lead_id": [f"L-{number:05d}" for number in range(1, len(leads) + 1)],
            "channel": leads["channel"].astype(str),
            "owner": leads["owner"].map(owners),
            "created": stamp(leads["arrived"]),
            "qualified": stamp(leads["entered_Qualified"]),
            "proposal": stamp(leads["entered_Proposal"]),
            "won": stamp(leads["entered_Won"]),
            "lost": stamp(leads["decided"].where(outcome == "lost")),
            "outcome": outcome,
            "lost_reason": leads["reason"].astype(object).replace(REASONS),
            "deal_value": leads["deal_value"].where(leads["entered_Proposal"].notna()).round(-1),
        }
    )


def write(path: Path) -> None:
    """The export of the known scenario, as the project ships it."""
    export = crm_export(fs.load(HERE / "crm_deals.toml"), SEED)
    text = export.to_csv(index=False, float_format="%.0f", lineterminator="\n")
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(HERE / "crm_deals.csv")
    print(f"wrote {HERE / 'crm_deals.csv'}")
