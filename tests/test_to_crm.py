"""A simulated firm's export, as each vendor writes it: read back to the same deals, with dirt."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import funnelsim as fs
from funnelsim.vendors import vendors

DAY = 80
STYLES = [*vendors(), "log"]
BY_STAGE = ("hubspot", "log")
# what dirt takes from a deal, as `read_deals` says it does
WITHOUT_DATE = ("no date of closing", "nonsense date")
WITHOUT_VALUE = ("amount in words",)


@pytest.fixture(scope="module")
def firm() -> fs.Journal:
    changes = {"horizon": "100 days", "warm_up": "0 days", "channels.website.leads_per_day": 3}
    return fs.simulate(fs.load("b2b-pipeline").vary(changes), seed=4, progress=False)


def written(firm: fs.Journal, style: str, dirt: str, folder: Path) -> tuple[Path, pd.DataFrame]:
    kind = vendors()[style]["export"].get("file", "csv") if style != "log" else "csv"
    path, truth = firm.to_crm(style, dirt, folder / f"deals.{kind}", day=DAY, seed=7, truth=True)
    return path, truth.set_index("id")


def same(read: pd.Series, true: pd.Series) -> bool:
    """Times to the day, where a date without a time of day has moved behind the time before it."""
    read, true = read.reindex(true.index), true
    return bool(((read == true) | (read.dt.floor("D") == true) | (read.isna() & true.isna())).all())


@pytest.mark.parametrize("style", STYLES)
def test_it_is_read_back_to_the_same_deals(firm, style: str, tmp_path: Path) -> None:
    path, truth = written(firm, style, "none", tmp_path)
    deals = fs.read_deals(path)
    assert deals.vendor == ("" if style == "log" else vendors()[style]["name"])
    assert deals.problems.empty and deals.left_out.empty and deals.rows == len(truth)
    leads = deals.leads.set_index("id")
    assert set(truth["outcome"]) == {"won", "lost", "open"}
    assert (
        leads["outcome"]
        .reindex(truth.index)
        .equals(truth["outcome"].astype(leads["outcome"].dtype))
    )
    entered = deals.entered.where(deals.known).set_axis(leads.index)
    assert same(entered[deals.stages[0]], truth["created"])
    won = truth["outcome"] == "won"
    assert same(entered[deals.stages[-1]], truth["closed"].where(won))
    assert same(leads["ended"], truth["closed"].where(truth["outcome"] == "lost"))
    assert leads["value"].reindex(truth.index).to_numpy() == pytest.approx(
        truth["value"].to_numpy()
    )
    assert leads["channel"].reindex(truth.index).tolist() == truth["channel"].tolist()
    owners = leads["owner"].reindex(truth.index).fillna("")
    assert owners.tolist() == truth["owner"].fillna("").tolist()
    assert deals.currency in (None, "EUR")
    if style in BY_STAGE:
        names = [stage.name for stage in firm.scenario.stages]
        assert deals.stages[1:-1] == names[1:-1]
        for name in names[1:-1]:
            assert same(entered[name], truth[f"entered {name}"])


@pytest.mark.parametrize(
    "style", ["hubspot", "salesforce", "dynamics", "one_c", "freshsales", "log"]
)
def test_of_dirt_all_is_named_that_is_not_read_back(firm, style: str, tmp_path: Path) -> None:
    path, truth = written(firm, style, "some", tmp_path)
    deals = fs.read_deals(path)
    leads = deals.leads.set_index("id")
    assert truth["dirt"].str.contains("the row twice").any()
    if style != "log":
        (left_out,) = deals.left_out.to_dict("records")
        assert "same id" in left_out["left out because"]
        assert left_out["leads"] == truth["dirt"].str.contains("the row twice").sum()
        kinds = {kind for dirt in truth["dirt"] for kind in dirt.split(", ") if kind}
        assert len(kinds) == 7
    told = deals.problems["text"].astype(str)
    assert told.str.startswith("Total").sum() == 1
    assert (
        leads["outcome"]
        .reindex(truth.index)
        .equals(truth["outcome"].astype(leads["outcome"].dtype))
    )
    entered = deals.entered.where(deals.known).set_axis(leads.index)
    assert same(entered[deals.stages[0]].dt.floor("D"), truth["created"].dt.floor("D"))
    undated = truth["dirt"].str.contains("|".join(WITHOUT_DATE))
    won = (truth["outcome"] == "won") & ~undated
    assert same(entered[deals.stages[-1]], truth["closed"].where(won))
    unvalued = truth["dirt"].str.contains("|".join(WITHOUT_VALUE))
    assert (told == "to be agreed").sum() == unvalued.sum()
    values = truth["value"].mask(unvalued).to_numpy()
    assert leads["value"].reindex(truth.index).to_numpy() == pytest.approx(values, nan_ok=True)


def test_much_dirt_hides_losses_that_only_the_teacher_knows(firm, tmp_path: Path) -> None:
    path, truth = written(firm, "salesforce", "much", tmp_path)
    leads = fs.read_deals(path).leads.set_index("id")
    hidden = truth["dirt"].str.contains("loss not marked")
    lost = truth["outcome"] == "lost"
    assert 0.15 < hidden.sum() / lost.sum() < 0.25
    there = leads.index
    assert (leads["outcome"] == "open").sum() == (hidden | (truth["outcome"] == "open"))[
        there
    ].sum()
    no_day = truth.index[truth["dirt"].str.contains("no date of creation")]
    assert len(no_day) and not set(no_day) & set(there)


def test_what_comes_later_is_in_the_truth_alone(firm) -> None:
    export, truth = firm.to_crm("zoho", day=DAY, truth=True)
    was_open = truth["outcome"] == "open"
    assert truth.loc[was_open, "ends"].isin(["won", "lost"]).any()
    assert (truth.loc[was_open, "ends_at"].dropna() > truth["closed"].max()).all()
    # a firm that has been simulated for as long and no longer writes the same
    short = fs.simulate(firm.scenario.vary({"horizon": f"{DAY} days"}), seed=4, progress=False)
    pd.testing.assert_frame_equal(export, short.to_crm("zoho"))


def test_returns_are_open_again_and_rows_of_a_log(tmp_path: Path) -> None:
    from small_journal import small_journal

    six = small_journal()
    truth = six.to_crm("log", day=25, truth=True)[1].set_index("id")
    assert truth["outcome"].tolist() == ["won", "open", "open", "lost", "lost", "open"]
    log = six.to_crm("log", day=25)
    assert log.loc[log["deal_id"] == "2", "stage"].tolist() == [
        "Lead", "Offer", "Closed Lost", "Offer",
    ]  # fmt: skip
    assert six.to_crm("pipedrive", day=7)["Deal - Lost time"].ne("").sum() == 1


@pytest.mark.parametrize("style", ["hubspot", "dynamics", "log"])
def test_of_nothing_there_is_an_empty_export(style: str, tmp_path: Path) -> None:
    from small_journal import small_journal

    nobody = small_journal(leads=[], visits=[], calls=[], orders=[])
    for dirt in ("none", "much"):
        assert nobody.to_crm(style, dirt, seed=1).empty


def test_without_an_order_no_amount_is_written() -> None:
    without = fs.simulate(fs.load("awareness-to-decision"), seed=1, progress=False)
    assert (without.to_crm("hubspot", "none", day=30)["Amount"] == "").all()


def test_what_there_is_not_is_told(firm, tmp_path: Path) -> None:
    for given, said in [
        ({"style": "hubspott"}, "did you mean hubspot"),
        ({"dirt": "a lot"}, "dirt is"),
        ({"day": 101}, "from 0 to 100"),
        ({"seed": -1}, "seed is -1"),
        ({"path": tmp_path}, "cannot be written"),
    ]:
        with pytest.raises(fs.FunnelSimError, match=said):
            firm.to_crm(**given)
