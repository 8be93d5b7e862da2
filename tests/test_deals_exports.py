"""The same deals as eleven CRMs and ten languages write them: read untouched, and read alike."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from crm_exports import Written, exports, the_deals

import funnelsim as fs

EXPORTS = exports()


@pytest.fixture(params=EXPORTS)
def written(request: pytest.FixtureRequest) -> Written:
    return EXPORTS[request.param]


def saved(written: Written, folder: Path) -> Path:
    path = folder / written.name
    path.write_bytes(written.content)
    return path


def test_it_is_read_as_it_was_written(written: Written, tmp_path: Path) -> None:
    deals = fs.read_deals(saved(written, tmp_path))
    truth = the_deals()
    assert (deals.vendor, deals.currency) == (written.vendor, written.currency)
    assert len(deals.stages) == written.stages
    assert deals.left_out.empty
    assert deals.problems["text"].tolist() == ["Total"] * (written.name == "titled.csv")
    counts = deals.leads["outcome"].value_counts()
    assert counts.to_dict() == truth["outcome"].value_counts().to_dict()
    won = deals.leads["outcome"] == "won"
    assert deals.leads.loc[won, "value"].sum() == pytest.approx(
        truth.loc[truth["outcome"] == "won", "deal_value"].sum(), abs=0.6 * won.sum()
    )
    days = deals.entered["Won"][won].dt.floor("D").value_counts()
    assert days.sort_index().equals(
        truth["won"].dropna().dt.floor("D").astype(days.index.dtype).value_counts().sort_index()
    )
    assert deals.export_date.date() == max(truth["created"].max(), truth["closed"].max()).date()


@pytest.fixture(scope="module")
def whole() -> fs.Calibration:
    return fs.calibrate(the_deals(), created="created", won="won", lost="lost", outcome="outcome")


def test_its_conversion_is_within_a_standard_error(
    written: Written, whole: fs.Calibration, tmp_path: Path
) -> None:
    found = fs.calibrate(fs.read_deals(saved(written, tmp_path)), draws=20)  # of its errors no more
    assert abs(found.overall - whole.overall) < whole.overall_se
    assert found.scenario.currency == (written.currency or "EUR")


def test_the_command_that_it_prints_reads_the_same(written: Written, tmp_path: Path) -> None:
    """Read again with what was guessed said out loud, nothing is guessed, and all is the same."""
    path = saved(written, tmp_path)
    guessed = fs.read_deals(path)
    told = fs.read_deals(path, **guessed.arguments)
    assert guessed.is_guessed and not told.is_guessed
    pd.testing.assert_frame_equal(told.leads, guessed.leads)
    pd.testing.assert_frame_equal(told.entered, guessed.entered)
    assert told.command == guessed.command


def test_parquet_is_read_where_a_library_for_it_is(tmp_path: Path) -> None:
    if not any(map(find_spec, ("pyarrow", "fastparquet"))):
        pytest.skip("neither pyarrow nor fastparquet, which read Parquet, is installed")
    the_deals().drop(columns=["closed", "expected", "stage"]).to_parquet(tmp_path / "d.parquet")
    deals = fs.read_deals(tmp_path / "d.parquet")
    assert deals.stages == ["Lead", "qualified", "proposal", "Won"]
    assert len(deals.leads) == len(the_deals())
