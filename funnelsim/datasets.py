"""The data that come along, and readers for well-known public data.

`load_crm_deals` is a CRM export, `load_ab_test` a test of two arms whose split is broken,
`load_orders` a shop's orders whose members chose to be members, and `load_channels` what channels
brought by month: each made from a known scenario, so that its truth is known. `read_olist_funnel`
reads a real export from a folder of yours.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from funnelsim.errors import FunnelSimError
from funnelsim.reading import find_column, read_table, read_text, read_times

__all__ = [
    "bundled",
    "load_ab_test",
    "load_channels",
    "load_crm_deals",
    "load_orders",
    "read_olist_funnel",
]

# What `calibrate` has to be told about the two data sets.
CRM_COLUMNS: dict[str, Any] = {
    "id": "lead_id",
    "created": "created",
    "stages": {"Qualified": "qualified", "Proposal": "proposal"},
    "won": "won",
    "lost": "lost",
    "outcome": "outcome",
    "channel": "channel",
    "owner": "owner",
    "value": "deal_value",
    "reason": "lost_reason",
}
OLIST_COLUMNS: dict[str, Any] = {
    "id": "id",
    "created": "created",
    "won": "won",
    "channel": "channel",
    "owner": "owner",
    "since": "2018-01-01",
}
OLIST_LEADS = "olist_marketing_qualified_leads_dataset.csv"
OLIST_DEALS = "olist_closed_deals_dataset.csv"
OLIST_SOURCE = (
    "it comes with the data set 'Marketing Funnel by Olist' on Kaggle (olistbr/"
    "marketing-funnel-olist); unpack that into one folder and give its path"
)


def bundled(name: str) -> Path:
    """The path of a file in datasets/: of the repository, or of the installed package.

    >>> import funnelsim as fs
    >>> fs.datasets.bundled("crm_deals.csv").name
    'crm_deals.csv'
    """
    package = Path(__file__).parent
    places = [package / "_course" / "datasets" / name, package.parent / "datasets" / name]
    for place in places:
        if place.is_file():
            return place
    raise FunnelSimError(
        f"the bundled file datasets/{name} is missing; it lies in the repository and in the "
        "installed package: install funnelsim again"
    )


def load_crm_deals() -> pd.DataFrame:
    """The bundled CRM export: some 6,000 leads of a B2B firm over 18 months, as on 2026-07-05.

    Columns: lead_id, channel, owner (missing: never contacted), created, qualified, proposal,
    won, lost (times), outcome (won, lost, open), lost_reason, deal_value (EUR, from the proposal
    on). Made by simulation from datasets/crm_deals.toml; datasets/README.md is its dictionary.
    CC BY 4.0.

    >>> deals = load_crm_deals()
    >>> sorted(deals["outcome"].unique())
    ['lost', 'open', 'won']
    """
    times = ["created", "qualified", "proposal", "won", "lost"]
    return pd.read_csv(bundled("crm_deals.csv"), parse_dates=times)


def load_ab_test() -> pd.DataFrame:
    """The bundled A/B test, a row per visitor: its split is broken, and B changes nothing.

    Columns: visitor, day (a time), variant (A or B), channel, bought (0 or 1), paid (EUR). Made by
    simulation from datasets/ab_test.toml; datasets/README.md is its dictionary. CC BY 4.0.

    >>> sorted(load_ab_test()["variant"].unique())
    ['A', 'B']
    """
    return pd.read_csv(bundled("ab_test.csv"), parse_dates=["day"])


def load_orders() -> pd.DataFrame:
    """The bundled orders of a shop over three years, whose members chose to be members.

    Columns: order, customer, day (a time), member (yes or no), paid (EUR), points_redeemed. Made by
    simulation from datasets/orders.toml; datasets/README.md is its dictionary, and says what the
    programme really did. CC BY 4.0.

    >>> orders = load_orders()
    >>> per_customer = orders.groupby(["member", "customer"]).size()
    >>> per_customer.groupby("member").mean().round(2).to_dict()
    {'no': 1.62, 'yes': 3.56}
    """
    return pd.read_csv(bundled("orders.csv"), parse_dates=["day"])


def load_channels() -> pd.DataFrame:
    """The bundled table of channels by month: each converts better, and all of them worse.

    Columns: month (such as "2026-01"), channel, leads, customers, revenue and spend (EUR). Made by
    simulation from datasets/channels.toml; datasets/README.md is its dictionary. CC BY 4.0.

    >>> import funnelsim as fs
    >>> months = load_channels()
    >>> halves = [months[months["month"] < "2026-07"], months[months["month"] >= "2026-07"]]
    >>> before, after = (half.groupby("channel")[["leads", "customers"]].sum() for half in halves)
    >>> fs.mix_and_rate(before, after)["rate_effect"].gt(0).all()
    np.True_
    >>> fs.mix_and_rate(before, after).at["overall", "effect"].round(3)
    np.float64(-0.024)
    """
    return pd.read_csv(bundled("channels.csv"))


def read_olist_funnel(folder: str | Path) -> pd.DataFrame:
    """Marketing Funnel by Olist: real leads, one row per marketing-qualified lead.

    `folder` holds the two CSV files of the data set (8,000 leads; 842 closed deals). Columns of
    the result: id, created (date of first contact), channel (origin), landing_page, won (time;
    NaT: not won), owner (sales rep), sdr (sales development rep), segment, lead_type; from the
    deal on only for those won. People and firms are anonymised.

    Mind: deals won before 2017-12-05 are absent, so the leads of 2017 look worse than they were:
    use leads first contacted from 2018-01-01 (`calibrate(..., since="2018-01-01")`). The first
    contact is a date, the win a timestamp: times to the win are up to a day too long. No losses
    are marked, and the last leads had little time to convert (censoring). One lead is won before
    its first contact; `calibrate` leaves it out and says so.

    Source: Olist (2018), Marketing Funnel by Olist, Kaggle (olistbr/marketing-funnel-olist).
    Licence: CC BY-NC-SA 4.0; it is no part of funnelsim.

    Raises FunnelSimError if the folder, a file or a column is missing.

    >>> import funnelsim as fs
    >>> fs.read_olist_funnel("no such folder")
    Traceback (most recent call last):
        ...
    funnelsim.errors.FunnelSimError: no such folder is not a folder with ...
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FunnelSimError(f"{folder} is not a folder with {OLIST_LEADS}; {OLIST_SOURCE}")
    leads, deals = (_olist_table(folder, name) for name in (OLIST_LEADS, OLIST_DEALS))

    ids = read_text(find_column(deals, "mql_id", OLIST_DEALS))
    if ids.duplicated().any():
        raise FunnelSimError(
            f"{OLIST_DEALS}, row {deals.index[ids.duplicated()][0]}: mql_id repeats an earlier "
            f"row, but a lead is won once; {OLIST_SOURCE}"
        )
    result = pd.DataFrame({"id": read_text(find_column(leads, "mql_id", OLIST_LEADS))})
    created, won = read_times(
        [
            find_column(leads, "first_contact_date", OLIST_LEADS),
            find_column(deals, "won_date", OLIST_DEALS),
        ]
    )
    result["created"] = created
    result["channel"] = read_text(find_column(leads, "origin", OLIST_LEADS))
    result["landing_page"] = read_text(find_column(leads, "landing_page_id", OLIST_LEADS))
    result["won"] = result["id"].map(won.set_axis(ids))
    names = {"owner": "sr_id", "sdr": "sdr_id", "segment": "business_segment"}
    for name, source in (names | {"lead_type": "lead_type"}).items():
        values = read_text(find_column(deals, source, OLIST_DEALS)).set_axis(ids)
        result[name] = result["id"].map(values)
    return result


def _olist_table(folder: Path, name: str) -> pd.DataFrame:
    if not (folder / name).is_file():
        raise FunnelSimError(f"{folder} holds no {name}; {OLIST_SOURCE}")
    return read_table(folder / name)
