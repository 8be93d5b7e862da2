"""Deals as of an earlier day are those that an export of that day would have held."""

from __future__ import annotations

import pandas as pd
import pytest

import funnelsim as fs
from funnelsim import datasets

DAY = pd.Timestamp("2026-01-31 23:59:59")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return fs.load_crm_deals()


def then(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that the CRM held on the day, with what it knew."""
    past = table[table["created"] <= DAY].copy()
    for column in ("qualified", "proposal", "won", "lost"):
        past[column] = past[column].where(past[column] <= DAY)
    past.loc[past["won"].isna() & past["lost"].isna(), "outcome"] = "open"
    return past


def test_they_are_what_an_export_of_that_day_held(table: pd.DataFrame) -> None:
    now, past = fs.read_deals(table, **datasets.CRM_COLUMNS).as_of(DAY), then(table)
    read = fs.read_deals(past, **datasets.CRM_COLUMNS, export_date=DAY)
    pd.testing.assert_frame_equal(now.entered, read.entered)
    pd.testing.assert_frame_equal(now.known, read.known)
    told = ["outcome", "ended", "channel", "owner"]
    pd.testing.assert_frame_equal(now.leads[told], read.leads[told])
    assert now.export_date == read.export_date and now.losses_marked == read.losses_marked
    mine, theirs = (fs.calibrate(deals).scenario for deals in (now, read))
    assert mine == theirs


def test_skipped_stages_and_wins_without_a_date(table: pd.DataFrame) -> None:
    won = table.index[table["won"].notna() & (table["won"] < "2025-12-01")]
    gaps = table.copy()
    gaps.loc[won[:20], "proposal"] = pd.NaT  # skipped
    gaps.loc[won[20:40], "won"] = pd.NaT
    deals = fs.read_deals(gaps, **datasets.CRM_COLUMNS).as_of("2026-01-31")
    some = deals.leads.loc[won[:40]]
    assert (some["outcome"] == "won").all()
    assert deals.entered.loc[won[:40]].notna().all(axis=None)
    assert not deals.known.loc[won[:20], "Proposal"].any()
    early = fs.read_deals(gaps, **datasets.CRM_COLUMNS).as_of(gaps["created"][won[0]])
    assert early.leads.loc[won[0], "outcome"] == "open"


def test_a_log_forgets_what_came_later() -> None:
    rows = [("a", "Lead", "2026-01-01"), ("a", "Offer", "2026-01-05"), ("a", "Won", "2026-02-05"),
            ("b", "Lead", "2026-01-03"), ("b", "Lost", "2026-03-01")]  # fmt: skip
    log = pd.DataFrame(rows, columns=["deal", "stage", "time"])
    deals = fs.read_deals(log, id="deal", stage="stage", time="time").as_of("2026-01-31")
    assert deals.visits["outcome"].tolist() == ["moved", "open", "open"]
    assert deals.leads["outcome"].tolist() == ["open", "open"]


def test_days_that_are_none(table: pd.DataFrame) -> None:
    deals = fs.read_deals(table, **datasets.CRM_COLUMNS)
    assert deals.as_of("2030-01-01") is deals
    for wrong in ("soon", "2020-01-01"):
        with pytest.raises(fs.FunnelSimError, match="day is"):
            deals.as_of(wrong)
