"""Reading an export: dates, amounts and files as firms have them, and what is refused."""

from __future__ import annotations

import csv
import math
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_export import COLUMNS, small

from funnelsim.calibration import calibrate
from funnelsim.deals import read_deals
from funnelsim.errors import FunnelSimError
from funnelsim.reading import Findings, read_moment, read_numbers, read_table, read_times

# --- reading --------------------------------------------------------------------------------


def written(folder: Path, deals: pd.DataFrame, separator: str, encoding: str, form: str) -> Path:
    text = deals.assign(**{c: deals[c].dt.strftime(form) for c in ("created", "won", "lost")})
    path = folder / "export.csv"
    path.write_text(text.to_csv(index=False, sep=separator), encoding=encoding)
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("form", ["%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%SZ"])
def test_files_as_firms_have_them(tmp_path, separator, encoding, form):
    deals = small(channel="Möbelmesse", worth="1.234,56")
    path = written(tmp_path, deals, separator, encoding, form)
    found = calibrate(path, **COLUMNS, channel="channel", value="worth")
    expected = calibrate(deals, **COLUMNS, channel="channel", value="worth")
    pd.testing.assert_frame_equal(found.report.stages, expected.report.stages)
    assert found.report.channels.index.tolist() == ["Möbelmesse"]
    assert found.report.value["mean"].iloc[0] == pytest.approx(1234.56)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31.12.2026", "2026-12-31"),
        ("31.12.2026 14:05", "2026-12-31 14:05"),
        ("1.2.26", "2026-02-01"),
        ("12/31/2026", "2026-12-31"),
        ("31/12/2026", "2026-12-31"),
        ("12/31/2026 12:05 AM", "2026-12-31 00:05"),
        ("2026-12-31", "2026-12-31"),
        ("2026-12-31T14:05:09.250+01:00", "2026-12-31 14:05:09"),
        ("2026-12-31 14:05:09+00", "2026-12-31 14:05:09"),
        ("2026-12-31+01:00", "2026-12-31"),
    ],
)
def test_dates(text, expected):
    (times,) = read_times([pd.Series([text])])
    assert times[0] == pd.Timestamp(expected)


def test_one_date_decides_for_all_columns():
    first, second = read_times([pd.Series(["03/04/2026"]), pd.Series(["13/04/2026"])])
    assert first[0] == pd.Timestamp("2026-04-03") and second[0] == pd.Timestamp("2026-04-13")
    (told,) = read_times([pd.Series(["03/04/2026"])], dayfirst=False)
    assert told[0] == pd.Timestamp("2026-03-04")


def at(*values: str, zone: str | None = None) -> pd.Series:
    """A column of text, or of times of a zone."""
    return pd.Series(pd.to_datetime(list(values)).tz_localize(zone) if zone else list(values))


@pytest.mark.parametrize(
    ("created", "won", "expected"),
    [
        (at("2026-07-01 10:00+02:00"), at("2026-07-01 10:00Z"), ("08:00", "10:00")),
        (at("2026-07-01 10:00+02"), at("2026-07-01 10:00-0530"), ("08:00", "15:30")),
        (at("2026-07-01 10:00", zone="Europe/Berlin"), at("2026-07-01 10:00Z"), ("08:00", "10:00")),
        (at("2026-07-01", zone=None), at("2026-07-01 10:00Z"), ("00:00", "10:00")),
        (at("2026-07-01 10:00Z"), at("2026-07-01 10:00", zone="UTC"), ("10:00", "10:00")),
        (at("2026-07-01 10:00+02:00"), at("2026-07-01 11:00+02:00"), ("10:00", "11:00")),
    ],
)
def test_times_of_several_zones_become_utc(created, won, expected):
    found = Findings()
    times = read_times([created, won], findings=found)
    notes = found.notes
    assert tuple(f"{column[0]:%H:%M}" for column in times) == expected
    moved = expected[0] == "08:00"
    assert len(notes) == moved and all("UTC" in note for note in notes)


def test_offsets_that_change_within_a_column_are_counted_in():
    """Created 09:00 at +01:00 or at +02:00; won and lost on the clock of London's winter."""
    deals = small().astype({"created": str})
    deals["created"] += np.where(np.arange(60) < 30, "+01:00", "+02:00")
    for column in ("won", "lost"):
        deals[column] = deals[column].dt.tz_localize("UTC")
    found, plain = calibrate(deals, **COLUMNS), calibrate(small(), **COLUMNS)
    assert any("UTC" in note for note in found.report.notes)
    later = found.report.stages["median_days"] - plain.report.stages["median_days"]
    assert 1 / 24 < later["Lead"] < 2 / 24


def test_times_with_and_without_a_zone_are_refused():
    columns = [pd.Series(["2026-07-01 10:00Z"]), pd.Series(["2026-07-01 09:30"], name="won")]
    with pytest.raises(FunnelSimError, match=r"'won', row 0: '2026-07-01 09:30' has no time zone"):
        read_times(columns)


@pytest.mark.parametrize(
    ("given", "dayfirst", "expected"),
    [
        ("05.08.2026", None, "2026-08-05"),
        ("05/08/2026", True, "2026-08-05"),
        ("05/08/2026", False, "2026-05-08"),
        ("31/12/2026", None, "2026-12-31"),
        ("2026-08-05 10:30", None, "2026-08-05 10:30"),
        (pd.Timestamp("2026-08-05"), None, "2026-08-05"),
        (date(2026, 8, 5), None, "2026-08-05"),
        (np.datetime64("2026-08-05"), None, "2026-08-05"),
    ],
)
def test_a_date_as_argument_is_read_like_a_column(given, dayfirst, expected):
    assert read_moment(given, "since", dayfirst) == pd.Timestamp(expected)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("05/08/2026", "export_date is '05/08/2026'.*dayfirst="),
        ("31.02.2026", "export_date is '31.02.2026'; write a date"),
        ("", "export_date is ''"),
        (20260805, "export_date is 20260805"),
        (pd.NaT, "export_date is NaT"),
        ("2026-08-05 10:00+02:00", "without a time zone"),
        (pd.Timestamp("2026-08-05", tz="UTC"), "without a time zone"),
    ],
)
def test_a_date_as_argument_that_cannot_be_read(given, said):
    with pytest.raises(FunnelSimError, match=said):
        calibrate(small(), **COLUMNS, export_date=given)


def test_a_dotted_export_date_is_day_first():
    dotted = calibrate(small(), **COLUMNS, export_date="05.02.2026", since="02.01.2026")
    plain = calibrate(small(), **COLUMNS, export_date="2026-02-05", since="2026-01-02")
    pd.testing.assert_frame_equal(dotted.report.stages, plain.report.stages)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["2026-01-01", "soon"], r"row 1: 'soon'"),
        (["31.02.2026"], r"row 0: '31.02.2026'"),
        (["2026-01-01 25:00"], "25:00"),
        (["2026-01-01", "9999-12-31"], r"row 1: '9999-12-31' is not in the years"),
        (["03/04/2026"], r"dayfirst=True or dayfirst=False"),
        (["13/01/2026", "01/13/2026"], "row 0 .* row 1"),
    ],
)
def test_dates_that_cannot_be_read(values, said):
    with pytest.raises(FunnelSimError, match=said):
        read_times([pd.Series(values, name="created")])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1.234,56", "80"], [1234.56, 80]),
        (["1,234.56"], [1234.56]),
        (["1.234", "12,5"], [1234, 12.5]),
        (["1.234.567"], [1234567]),
        (["€ 1 234,50", "EUR 3,1"], [1234.5, 3.1]),
        (["12.5", "1000"], [12.5, 1000]),
        (["-3"], [-3]),
    ],
)
def test_amounts(values, expected):
    assert read_numbers(pd.Series(values)).tolist() == pytest.approx(expected)


def test_amounts_that_cannot_be_read():
    with pytest.raises(FunnelSimError, match=r"worth.*row 0: '1.234'.*decimal="):
        read_numbers(pd.Series(["1.234"], name="worth"))
    assert read_numbers(pd.Series(["1.234"]), decimal=".").tolist() == [1.234]
    with pytest.raises(FunnelSimError, match=r"row 1: 'a lot'"):
        read_numbers(pd.Series(["5", "a lot"]))


@pytest.mark.parametrize("values", [[5, math.inf], ["5", "9" * 400]])
def test_an_infinite_amount_is_refused_with_its_row(values):
    with pytest.raises(FunnelSimError, match=r"'worth', row 1: .* is no finite amount"):
        read_numbers(pd.Series(values, name="worth"))


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_excels_first_line_says_the_separator(tmp_path, first):
    path = tmp_path / "export.csv"
    path.write_text(f"{first}\na,b,c;won\n2026-01-01;2026-01-02\n", encoding="utf-8")
    table = read_table(path)
    assert table.columns.tolist() == ["a,b,c", "won"] and table.index.tolist() == [3]


def test_long_lines_and_cells_are_read(tmp_path):
    """The csv module stops at 131,072 characters unless it is told otherwise."""
    limit = csv.field_size_limit()
    path = tmp_path / "export.csv"
    for header, cell in (("h" * 140_000, "x"), ("note", "x" * 140_000)):
        path.write_text(f"created,{header}\n2026-01-01,{cell}\n", encoding="utf-8")
        assert read_table(path)[header].tolist() == [cell]
    path.write_text("h" * 140_000 + "\n2026-01-01\n", encoding="utf-8")
    assert read_table(path).shape == (1, 1)
    assert csv.field_size_limit() == limit  # for everybody else as it was


def test_rows_are_named_by_the_line_of_their_file(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("created;won\n2026-01-01;\n\n2026-01-03;then\n", encoding="utf-8")
    with pytest.raises(FunnelSimError, match=r"export.csv, column 'won', line 4: 'then'"):
        calibrate(path, created="created", won="won")


# --- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"created": "creatd"}, "did you mean created"),
        ({"won": "sold"}, "won='sold' is not a column.*there are: id, created, won, lost"),
        ({"stages": ["won"]}, "repeat a name or a column"),
        ({"stages": "won"}, "stages is 'won'"),
        ({"outcome": "id"}, "never says 'won' or 'lost'"),
        ({"draws": 1.5}, "draws is 1.5; it is a whole number of at least 20"),
        ({"draws": 3}, "draws is 3"),
        ({"seed": "x"}, "seed is"),
        ({"created": ["created"]}, r"created is \['created'\]; it is the name of a column"),
        ({"id": 3}, "id is 3; it is the name of a column"),
        ({"stages": {"Offer": None}}, r"stages\['Offer'\] is None"),
        ({"stages": {1: "id"}}, "stage 1: names are text"),
        ({"stages": 5}, "stages is 5"),
        ({"outcome": "id", "won_value": 1, "lost_value": True}, "never says 1 or True"),
        ({"dayfirst": "yes"}, "dayfirst is 'yes'"),
        ({"since": "2027-01-01"}, "no lead is left"),
        ({"since": "new year"}, "since is 'new year'"),
        ({"export_date": "2025-01-01"}, "no lead is left.*created after the export date"),
        ({"export_date": "2026-01-02"}, "stage Lead: no lead is old enough"),
    ],
)
def test_refusals_name_place_and_way_out(change, said):
    with pytest.raises(FunnelSimError, match=said):
        calibrate(small(), **COLUMNS | change)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("created,won\n", "holds no lead"),
        ("created,won\n\n", "holds no lead"),
        ("created,won\n2026-01-01,,\n2026-01-02,,,x\n", "line 3: 4 cells, but the header has 2"),
        ('created,won\n"2026-01-01,\n', "line 2: .*quotation marks"),
    ],
)
def test_files_that_are_no_export(tmp_path, content, said):
    path = tmp_path / "export.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FunnelSimError, match=said):
        calibrate(path, created="created", won="won")


def test_a_file_that_is_not_there_or_no_csv(tmp_path):
    with pytest.raises(FunnelSimError, match="no such file"):
        read_table(tmp_path / "none.csv")
    for strange in ("x" * 5_000, "nul\0.csv"):
        with pytest.raises(FunnelSimError, match="cannot be read"):
            read_table(strange)
    with pytest.raises(FunnelSimError, match="cannot be read"):
        read_table(tmp_path)
    (tmp_path / "binary.csv").write_bytes(b"created,won\n\x00\x01")
    with pytest.raises(FunnelSimError, match="not a text file"):
        read_table(tmp_path / "binary.csv")
    with pytest.raises(FunnelSimError, match="deals is a list"):
        calibrate([1, 2], created="created", won="won")


def test_an_argument_that_went_is_taken_with_a_warning():
    deals = read_deals(small(), **COLUMNS)
    asked = {"draws": 20, "progress": False}
    with pytest.warns(DeprecationWarning, match="decided_quantile=.*changes nothing any more"):
        found = calibrate(deals, decided_quantile=0.9, **asked)
    assert found.scenario == calibrate(deals, **asked).scenario
