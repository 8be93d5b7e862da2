"""Writes channels.csv: channels that all do better while the whole does worse (channels.toml).

    python datasets/make_channels.py

The same seed gives the same bytes. It also prints the truth: each channel's chances as the scenario
states them, in both halves of the year.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import funnelsim as fs

HERE = Path(__file__).parent
SEED = 20261231
YEAR = 365  # days


def channels_table(scenario: fs.Scenario, seed: int) -> pd.DataFrame:
    """A row for each month and channel: its visitors, how many of them bought, what they cost."""
    journal = fs.simulate(scenario, seed=seed, progress=False)
    leads = journal.leads[journal.leads["arrived"] < YEAR]
    day = pd.Timestamp(scenario.start) + pd.to_timedelta(leads["arrived"], unit="D")
    paid = journal.orders.groupby("customer")["paid"].sum()
    costs = {channel.name: channel.cost_per_lead for channel in scenario.channels}
    rows = pd.DataFrame(
        {
            "month": day.dt.strftime("%Y-%m"),
            "channel": leads["channel"].astype(str),
            "leads": 1,
            "customers": (leads["outcome"] == "customer").astype(int),
            "revenue": leads["lead"].map(paid).fillna(0.0),
            "spend": leads["channel"].astype(str).map(costs),
        }
    )
    return rows.groupby(["month", "channel"]).sum().round(2).reset_index()


def truth(scenario: fs.Scenario) -> pd.DataFrame:
    """The chance that a lead buys, by channel and of all, in the first half and in the second.

    As the scenario states it: once without its changes, once as if they had always been.
    """
    always = {f"changes.{change.name}.from": "0 days" for change in scenario.changes}
    halves = {"first half": scenario.vary({"changes": []}), "second half": scenario.vary(always)}
    rows = {}
    for half, told in halves.items():
        table = fs.describe(told).channels
        rows[half] = table["conversion"]
        rows[half]["all"] = (table["leads"] * table["conversion"]).sum() / table["leads"].sum()
    return pd.DataFrame(rows)


def write(path: Path) -> None:
    """The table as the project ships it."""
    table = channels_table(fs.load(HERE / "channels.toml"), SEED)
    text = table.to_csv(index=False, float_format="%.2f", lineterminator="\n")
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(HERE / "channels.csv")
    print(truth(fs.load(HERE / "channels.toml")).round(4))
