"""Writes orders.csv: three years of a shop whose members chose to be members (orders.toml).

    python datasets/make_orders.py

The same seed gives the same bytes. It also prints the truth, which no shop has: the same customers
without the programme.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import funnelsim as fs

HERE = Path(__file__).parent
SEED = 20260628


def orders_table(journal: fs.Journal) -> pd.DataFrame:
    """A row for each order, as a shop's accounts have it."""
    orders = journal.orders
    members = journal.leads.set_index("lead")["member"].astype(bool)
    number = orders["customer"].rank(method="dense").astype(int)
    day = pd.Timestamp(journal.scenario.start) + pd.to_timedelta(orders["placed"], unit="D")
    return pd.DataFrame(
        {
            "order": [f"O-{n:05d}" for n in range(1, len(orders) + 1)],
            "customer": number.map("C-{:05d}".format),
            "day": day.dt.strftime("%Y-%m-%d"),
            "member": orders["customer"].map(members).map({True: "yes", False: "no"}),
            "paid": orders["paid"].round(2),
            "points_redeemed": orders["points_redeemed"],
        }
    )


def truth(scenario: fs.Scenario, seed: int) -> pd.DataFrame:
    """Orders and paid per customer, of those who are members with the programme and of the others.

    A row for each of the two; the same customers with the programme and without it.
    """
    with_it, without = (
        fs.simulate(s, seed=seed, progress=False)
        for s in (scenario, scenario.vary({"loyalty": None}))
    )
    members = with_it.leads.set_index("lead")["member"].astype(bool)
    rows = {}
    for name, journal in (("with", with_it), ("without", without)):
        bought = journal.orders.groupby("customer")["paid"].agg(["size", "sum"])
        by = bought.groupby(bought.index.map(members)).mean()
        rows[f"orders_{name}"], rows[f"paid_{name}"] = by["size"], by["sum"]
    table = pd.DataFrame(rows).rename(index={True: "members", False: "others"})
    columns = ["orders_with", "orders_without", "paid_with", "paid_without"]
    return table.loc[["members", "others"], columns]


def write(path: Path) -> None:
    """The table as the project ships it."""
    table = orders_table(fs.simulate(fs.load(HERE / "orders.toml"), seed=SEED, progress=False))
    text = table.to_csv(index=False, float_format="%.2f", lineterminator="\n")
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(HERE / "orders.csv")
    print(truth(fs.load(HERE / "orders.toml"), SEED).round(2))
