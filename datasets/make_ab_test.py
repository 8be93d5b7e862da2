"""Writes ab_test.csv: an A/B test whose split is broken, made of the scenario ab_test.toml.

    python datasets/make_ab_test.py

The same seed gives the same bytes. B changes nothing. But its page is slow, and counts a visitor
only once it has loaded: of those who leave it without a basket, one in four is gone before that. So
those who buy stand among fewer, and B seems to convert better. The arms' sizes say what happened.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import funnelsim as fs

HERE = Path(__file__).parent
SEED = 20261004
LOST = 1 / 4  # of B's visitors who leave without a basket


def ab_table(scenario: fs.Scenario, seed: int, lost: float = LOST) -> pd.DataFrame:
    """A row for each lead that was counted."""
    journal = fs.simulate(scenario, seed=seed, progress=False)
    leads = journal.leads
    paid = journal.orders.groupby("lead")["paid"].sum().reindex(leads["lead"]).fillna(0.0)
    day = pd.Timestamp(scenario.start) + pd.to_timedelta(np.floor(leads["arrived"]), unit="D")
    table = pd.DataFrame(
        {
            "visitor": [f"V-{number:05d}" for number in range(1, len(leads) + 1)],
            "day": day.dt.strftime("%Y-%m-%d"),
            "variant": leads["arm"].astype(str),
            "channel": leads["channel"].astype(str),
            "bought": (leads["outcome"] == "customer").astype(int),
            "paid": paid.round(2).to_numpy(),
        }
    )
    left = (table["variant"] == "B") & leads["entered_Basket"].isna()
    gone = left & (np.random.default_rng(seed).random(len(table)) < lost)
    return table[~gone].reset_index(drop=True)


def write(path: Path) -> None:
    """The table as the project ships it."""
    table = ab_table(fs.load(HERE / "ab_test.toml"), SEED)
    text = table.to_csv(index=False, float_format="%.2f", lineterminator="\n")
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(HERE / "ab_test.csv")
