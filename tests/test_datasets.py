"""The bundled export is what its script makes and its dictionary says; Olist is read as it is."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

import funnelsim as fs
from funnelsim import datasets
from funnelsim.errors import FunnelSimError

ROOT = Path(__file__).resolve().parents[1]
DATASETS = ROOT / "datasets"


@pytest.fixture
def script(monkeypatch):
    """Imports a script of datasets/ by its name."""
    monkeypatch.syspath_prepend(str(DATASETS))
    return import_module


@pytest.mark.parametrize("name", ["crm_deals", "ab_test", "orders", "channels"])
def test_script_writes_the_same_bytes(script, name, tmp_path):
    script(f"make_{name}").write(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (DATASETS / f"{name}.csv").read_bytes()


def test_another_seed_writes_other_leads(script):
    make_crm_deals = script("make_crm_deals")
    scenario = make_crm_deals.fs.load(DATASETS / "crm_deals.toml").vary({"horizon": "20 days"})
    one, other = (make_crm_deals.crm_export(scenario, seed) for seed in (1, 2))
    assert not one.equals(other)


def test_crm_deals_are_a_crm_export():
    deals = datasets.load_crm_deals()
    assert 5_500 < len(deals) < 6_500
    assert deals["lead_id"].is_unique
    assert deals["created"].is_monotonic_increasing
    won, lost, open_ = (deals[deals["outcome"] == o] for o in ("won", "lost", "open"))
    assert len(won) + len(lost) + len(open_) == len(deals)
    assert min(len(won), len(lost), len(open_)) > 100
    assert won["won"].notna().all() and won["lost"].isna().all()
    assert lost["lost"].notna().all() and lost["lost_reason"].notna().all()
    assert open_[["won", "lost"]].isna().all(axis=None)
    times = deals[["created", "qualified", "proposal", "won"]]
    assert (times.cummax(axis=1) == times).where(times.notna(), True).all(axis=None)
    assert deals["deal_value"].notna().equals(deals["proposal"].notna())
    never_called = deals[deals["owner"].isna()]
    assert len(never_called) > 0
    assert never_called["qualified"].isna().all()


def test_dictionary_names_every_column():
    text = (DATASETS / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE)
    loaded = (
        datasets.load_crm_deals(),
        datasets.load_ab_test(),
        datasets.load_orders(),
        datasets.load_channels(),
    )
    assert named == [column for table in loaded for column in table.columns]


def rows_told(truth):
    """The rows of a table of the truth, as the dictionary has them."""
    text = (DATASETS / "README.md").read_text(encoding="utf-8")
    return [f"| {' | '.join([name, *row])} |" in text for name, row in truth.iterrows()]


def test_the_truth_about_members_is_what_the_dictionary_says(script):
    make_orders = script("make_orders")
    truth = make_orders.truth(fs.load(DATASETS / "orders.toml"), make_orders.SEED)
    assert all(rows_told(truth.map("{:.2f}".format)))
    orders = datasets.load_orders()
    size = (
        orders.groupby(["member", "customer"])["paid"].agg(["size", "sum"]).groupby("member").mean()
    )
    seen = truth.loc[["others", "members"], ["orders_with", "paid_with"]]
    assert size.to_numpy() == pytest.approx(seen.to_numpy(), abs=0.01)


def test_every_channel_does_better_and_all_of_them_worse(script):
    truth = script("make_channels").truth(fs.load(DATASETS / "channels.toml"))
    assert all(rows_told((100 * truth).map("{:.1f} %".format)))
    better = truth["second half"] > truth["first half"]
    assert better.drop("all").all() and not better["all"]
    months = datasets.load_channels()
    half = (months["month"] >= "2026-07").map({False: "first half", True: "second half"})
    sums = months.groupby([half, "channel"])[["leads", "customers"]].sum()
    seen, leads = (
        (sums["customers"] / sums["leads"]).unstack("month"),
        sums["leads"].unstack("month"),
    )
    chance = truth.drop("all").loc[seen.index]
    error = (chance * (1 - chance) / leads) ** 0.5
    assert ((seen - chance).abs() < 4 * error).all(axis=None)  # of this one seed
    assert (seen["second half"] > seen["first half"]).all()


def test_olist_is_one_row_per_lead(olist):
    """Facts counted in the two files by hand (sort, cut, uniq)."""
    leads = datasets.read_olist_funnel(olist)
    assert len(leads) == 8_000 and leads["id"].is_unique
    assert leads["won"].notna().sum() == 842
    assert leads["channel"].isna().sum() == 60
    assert (leads["channel"] == "organic_search").sum() == 2_296
    assert leads["created"].min() == pd.Timestamp("2017-06-14")
    assert leads["created"].max() == pd.Timestamp("2018-05-31")
    assert (leads["created"] >= "2018-01-01").sum() == 5_998
    # the first deal of the file, and its lead's row in the other file
    one = leads.set_index("id").loc["5420aad7fec3549a85876ba1c529bd84"]
    assert one["won"] == pd.Timestamp("2018-02-26 19:58:54")
    assert one["segment"] == "pet" and one["lead_type"] == "online_medium"


def olist_like(folder: Path) -> Path:
    (folder / datasets.OLIST_LEADS).write_text(
        "mql_id,first_contact_date,landing_page_id,origin\na,2018-01-01,p,social\n", "utf-8"
    )
    (folder / datasets.OLIST_DEALS).write_text(
        "mql_id,sdr_id,sr_id,won_date,business_segment,lead_type\n"
        "a,s,r,2018-02-01 10:00:00,pet,x\n",
        "utf-8",
    )
    return folder


def test_a_folder_like_olists_is_read(tmp_path):
    (lead,) = datasets.read_olist_funnel(olist_like(tmp_path)).to_dict("records")
    assert lead["won"] == pd.Timestamp("2018-02-01 10:00") and lead["owner"] == "r"


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda f: (f / datasets.OLIST_DEALS).unlink(), datasets.OLIST_DEALS),
        (lambda f: (f / datasets.OLIST_LEADS).write_text("mql_id,origin\na,b\n", "utf-8"),
         "first_contact_date"),
        (lambda f: (f / datasets.OLIST_LEADS).write_text("", "utf-8"), "is empty"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(tmp_path, spoil, named):
    spoil(olist_like(tmp_path))
    with pytest.raises(FunnelSimError, match=named):
        datasets.read_olist_funnel(tmp_path)


def test_a_missing_folder_says_where_the_data_come_from(tmp_path):
    with pytest.raises(FunnelSimError, match=r"nowhere.*Marketing Funnel by Olist.*Kaggle"):
        datasets.read_olist_funnel(tmp_path / "nowhere")
