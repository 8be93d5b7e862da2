"""A table as a firm has it: what is read rightly, asked for, or refused with its place."""

from __future__ import annotations

import datetime
import io
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import funnelsim as fs
from funnelsim.errors import FunnelSimError, QuestionError
from funnelsim.reading import Findings, read_numbers, read_table, read_times, table_of
from funnelsim.reading.encodings import encoding_of

# --- encodings --------------------------------------------------------------------------------

TEXTS = {
    "German": ("Quelle;Verkäufer\nMöbelmesse;Jörg Müller\nAnzeige;Änne Groß\n",
               ("cp1252", "cp1250", "mac_roman")),
    "one German word": ("source;won\nMöbelmesse;\n", ("cp1252", "mac_roman")),
    "capitals": ("KÄUFER;GRÖSSE\nMÜLLER;5\n", ("cp1252", "mac_roman")),
    "French": ("N°;Étape;Motif\n1;Gagnée;\n2;Perdue;trop cher, déjà équipé\n",
               ("cp1252", "mac_roman")),
    "one French word": ("a;b\n1;Père Noël\n", ("cp1252", "mac_roman")),
    "Spanish": ("Número;Creación\n1;señal\n", ("cp1252", "mac_roman")),
    "Portuguese": ("Número;Criação\n1;não respondeu; João Conceição\n", ("cp1252", "mac_roman")),
    "Italian": ("Numero;Perché\n1;qualità\n2;già cliente, città\n", ("cp1252", "mac_roman")),
    "Swedish": ("a;b\n1;Försäljning på mässa\n", ("cp1252", "mac_roman")),
    "Norwegian": ("a;b\n1;Øystein Sæther\n", ("cp1252", "mac_roman")),
    "Polish": ("Źródło;Właściciel\nogłoszenie;Łukasz Żak\n", ("cp1250",)),
    "one Polish name": ("a;b\n1;Wałęsa\n", ("cp1250",)),
    "Czech": ("Číslo;Vytvořeno\n1;Jiří Dvořák\n", ("cp1250",)),
    "Hungarian": ("Szám;Létrehozva;Értékesítő\n1;;Nagy Ödön\n", ("cp1250",)),
    "Russian": ("source\nРеклама\nСайт\n", ("cp1251", "koi8_r", "cp866")),
    "Russian, small letters": ("a;b\n1;сайт\n", ("cp1251",)),
    "Russian capitals": ("ИСТОЧНИК;СТАТУС\nРЕКЛАМА;1\n", ("cp1251", "cp866")),
    "Ukrainian": ("Етап;Джерело\nУгода виграна;виставка, Київ\n", ("cp1251",)),
    "Chinese": ("编号;创建时间;来源\n1;2026年1月5日;网站\n2;2026年1月6日;广告\n", ("gb18030",)),
    "Chinese with Latin": ("a;b\n1;ABC公司\n2;谷歌广告\n", ("gb18030",)),
    "amounts": ("a;b\n1;1 200,50 €\n2;80 €\n", ("cp1252", "mac_roman")),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(text, e) for text, encodings in TEXTS.values() for e in (*encodings, "utf-8", "utf-8-sig",
     "utf-16", "utf-16-le", "utf-16-be")],
)  # fmt: skip
def test_no_letter_becomes_another(text: str, encoding: str) -> None:
    found = encoding_of(text.encode(encoding), "deals.csv")
    assert text.encode(encoding).decode(found.codec) == text


def test_what_was_taken_is_said_and_may_be_overruled() -> None:
    content = "won;source\n;Möbel\n".encode("cp1252")
    found = Findings()
    table_of(content, "deals.csv", findings=found)
    assert any("Windows-1252" in note and "Möbel" in note for note in found.notes)
    told = table_of(content, "deals.csv", encoding="cp1250")
    assert told["source"].tolist() == ["Möbel"]
    assert table_of(content, "deals.csv", encoding="cp1251")["source"].tolist() == ["Mцbel"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("a;b\n1;διαφήμιση\n", "cp1253"), ("a;b\n1;Müşteri\n2;İstanbul\n", "cp1254"),
     ("a;b\n1;сайт\n", "koi8_r")],
)  # fmt: skip
def test_what_cannot_be_told_is_asked_for_and_the_answer_works(text: str, encoding: str) -> None:
    with pytest.raises(QuestionError, match=r"deals\.csv: in which encoding.*encoding=") as asked:
        table_of(text.encode(encoding), "deals.csv")
    assert asked.value.argument == "encoding"
    told = table_of(text.encode(encoding), "deals.csv", encoding=encoding)
    assert told["b"].tolist() == [line.split(";")[1] for line in text.splitlines()[1:]]


@pytest.mark.parametrize(
    ("content", "told", "said"),
    [
        (b"a\nb\n", "utf-99", "encoding is 'utf-99', which is none; write encoding='utf-8'"),
        (b"a\nb\n", "rot13", "encoding is 'rot13', which is none"),
        (b"a;b\n1;\xe9t\xe9\n", "utf-8", r"line 2: bytes that are no text in UTF-8"),
        ("a;b\n1;é\n2;ü\n3;ö\n".encode() + b"4;\xff\n", None, "line 5: .* as all the rest is"),
        (b"created,won\n\x00\x01", None, "not a text file: line 2 holds a NUL"),
    ],
)
def test_bytes_that_are_no_text_are_named_with_their_line(content, told, said) -> None:
    with pytest.raises(FunnelSimError, match=said):
        table_of(content, "deals.csv", encoding=told)


# --- where the table is -----------------------------------------------------------------------


def test_titles_above_and_totals_below_are_left_out_and_said() -> None:
    text = (
        'Deals by month\n"From 1 Jan 2026, to 31 Mar 2026"\n\ncreated,won,value\n'
        "2026-01-05,2026-01-12,5\n2026-01-06,,7\n\nTotal,,12\n2 records,,\n"
    )
    found = Findings()
    table = table_of(text.encode(), "deals.csv", findings=found)
    assert table.index.tolist() == [5, 6] and table.columns.tolist() == ["created", "won", "value"]
    assert any("the header is in line 4" in note for note in found.notes)
    assert found.table()["row"].tolist() == ["9", "8"]
    assert found.table()["text"].tolist() == ["2 records", "Total 12"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("breaks", ["\n", "\r\n", "\r"])
def test_lines_are_those_of_the_file(separator: str, breaks: str) -> None:
    lines = ["created|won|note", '2026-01-05||"two', 'lines"', "", "2026-01-06||x", "|", "2026||y"]
    text = breaks.join(lines).replace("|", separator)
    table = table_of(text.encode(), "deals.csv")
    assert table.index.tolist() == [2, 5, 7] and table.index.name == "line"
    assert table["note"].tolist() == [f"two{breaks}lines", "x", "y"]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("Deals, by month\na;b\n1,5;2,5\n1,7;3\n", ["a", "b"]),
        ("Lead;Betrag, netto;Datum\nA;1,5;x\nB;2,5;y\n", ["Lead", "Betrag, netto", "Datum"]),
        ("a|b|c\n1,2|3|4\n", ["a", "b", "c"]),
        ("only one\nx\ny\n", ["only one"]),
        ("a;;c\n1;2;3\n", ["a", "(column 2)", "c"]),
        ("a;;c\n1;;3\n", ["a", "c"]),
        ("a;b;;;\n1;2;;;\n", ["a", "b"]),
    ],
)
def test_the_separator_and_the_names(text: str, columns: list[str]) -> None:
    assert table_of(text.encode(), "deals.csv").columns.tolist() == columns


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7", "not a table but a PDF"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"<html><table>", "an HTML page"),
        (b'{"deals": []}', "JSON"),
        (b"2026-01-05,2026-01-06\n2026-01-07,\n", "line 1 holds data .*write a header line"),
        (b",,,\n,,,\n", "no heading"),
        (b"a,b,c\n1,2,3,4\n", "line 2: 4 cells, but the header has 3"),
        (b'a,b,c\n1,"2,3\n1,2,3\n1,2,3\n",4\n', "line 2: a cell in quotation marks goes on"),
        (b'a,b\n1,"x"y\n', "line 2: .*quotation marks"),
        (b"a,b\n1," + b"x" * 1_100_000, "line 2: a cell of more than 1,000,000 characters"),
        (b"x" * 3_000_000, "line 1: it has more than 1,000,000 characters"),
        (b",".join(b"c%d" % i for i in range(50_000)), "50,000 columns, more than"),
        (b"," * 100_000 + b"\n", "no heading"),
    ],
)
def test_what_is_no_table_is_refused_at_once(content: bytes, said: str) -> None:
    began = time.process_time()
    with pytest.raises(FunnelSimError, match=said) as refused:
        table_of(content, "deals.csv")
    assert len(str(refused.value)) < 400 and str(refused.value).startswith("deals.csv")
    assert time.process_time() - began < 20  # it was 69 s; now about 1


def test_a_folder_and_a_name_nearly_right(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(FunnelSimError, match=r"there is no such file; did you mean deals\.csv\?"):
        read_table(tmp_path / "deal.csv")
    with pytest.raises(FunnelSimError, match="it is a folder"):
        read_table(tmp_path)


# --- workbooks --------------------------------------------------------------------------------


def workbook(**sheets: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    with pd.ExcelWriter(file, engine="xlsxwriter") as writer:
        for name, sheet in sheets.items():
            sheet.to_excel(writer, sheet_name=name, index=False, startrow=2)
            writer.sheets[name].write(0, 0, "Deals of this year")
    return file.getvalue()


def test_a_workbook_is_read_whatever_its_name_says() -> None:
    pytest.importorskip("python_calamine")
    days = [datetime.datetime(2026, 1, 5, 9, 30), datetime.datetime(2026, 1, 6), None]
    deals = pd.DataFrame({"created": days, "value": [1.234, None, 3], "note": ["x", "-", "y"]})
    content = workbook(Deals=deals, Notes=pd.DataFrame({"a": [1], "b": ["x"]}))
    found = Findings()
    table = table_of(content, "deals.csv", findings=found)
    assert table.index.tolist() == [4, 5, 6]
    (created,) = read_times([table["created"]])
    assert created.tolist()[:2] == days[:2] and pd.isna(created[6])
    assert read_numbers(table["value"]).tolist()[::2] == [1.234, 3]  # a number is no text
    assert pd.isna(table["note"][5])
    assert any("sheet 'Deals'" in note and "'Notes'" in note for note in found.notes)
    assert table_of(content, "deals.xlsx", sheet="Notes").columns.tolist() == ["a", "b"]
    with pytest.raises(FunnelSimError, match="no sheet 'Deal'; there are: 'Deals', 'Notes'"):
        table_of(content, "deals.xlsx", sheet="Deal")


# --- dates ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "05-Jan-26", "5 January 2026", "Jan 5, 2026", "Januar 5, 2026", "5. Januar 2026",
        "5 janv. 2026", "5 de enero de 2026", "5 de janeiro de 2026", "5 gennaio 2026",
        "5 stycznia 2026", "5 sty 2026", "5 января 2026 г.", "5 січня 2026 р.", "2026年1月5日",
        "Mon, 05 Jan 2026", "20260105", "2026/1/5", "05.01.2026", "5.1.2026", "46027",
        "Mo, 05.01.2026", "1st".replace("1st", "5th") + " Jan 2026", "2026-Jan-05",
    ],
)  # fmt: skip
def test_a_day_in_many_forms(text: str) -> None:
    (found,) = read_times([pd.Series([text])])
    assert found[0] == pd.Timestamp("2026-01-05")


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05 14:05:09", "05.01.2026, 14:05:09 Uhr", "5 Jan 2026 at 2:05:09 PM",
        "2026年1月5日 下午2:05:09", "Mon Jan 05 2026 14:05:09 GMT+0100 (CET)",
        "2026-01-05T14:05:09.250Z", "2026-01-05 14:05:09 UTC", "20260105T140509Z",
        "Mon, 05 Jan 2026 14:05:09 +0000", "1767621909", "1767621909000", "46027.586909722",
    ],
)  # fmt: skip
def test_a_time_in_many_forms(text: str) -> None:
    (found,) = read_times([pd.Series([text])])
    assert abs(found[0] - pd.Timestamp("2026-01-05 14:05:09")) < pd.Timedelta(milliseconds=50)


def test_a_year_of_two_digits_is_found_by_what_lies_together_and_said() -> None:
    found = Findings()
    created = pd.Series(["26-12-30", "26-11-01", "26-10-01"], name="created")
    won = pd.Series(["26-12-31", None, "26-10-30"], name="won")
    times = read_times([created, won], findings=found)
    assert times[0].dt.strftime("%y-%m-%d").tolist() == created.tolist()
    assert any("year, month, day" in note and "2026-12-30" in note for note in found.notes)
    with pytest.raises(QuestionError, match="yearfirst=True, dayfirst=True or dayfirst=False"):
        read_times([pd.Series(["05-06-07"])])
    assert read_times([pd.Series(["05-06-07"])], yearfirst=True)[0][0].year == 2005
    assert read_times([pd.Series(["05-06-07"])], dayfirst=True)[0][0].day == 5


def test_one_date_in_a_thousand_in_another_order_decides_nothing() -> None:
    days = pd.date_range("2026-01-01", periods=1_000).strftime("%d/%m/%Y").to_series()
    days.iloc[17] = "01/18/2026"
    found = Findings()
    (times,) = read_times([days.rename("created").reset_index(drop=True)], findings=found)
    assert times.isna().sum() == 1 and times[16] == pd.Timestamp("2026-01-17")
    assert found.table()["text"].tolist() == ["01/18/2026"]


def test_a_few_cells_that_are_none_are_told_and_more_of_them_refused() -> None:
    days = pd.Series(["2026-01-05"] * 300, name="won")
    days[[7, 8]] = "soon", "9999-12-31"
    found = Findings()
    (times,) = read_times([days], findings=found)
    assert times.isna().sum() == 2
    assert found.table()[["row", "column", "text"]].to_numpy().tolist() == [
        ["7", "won", "soon"], ["8", "won", "9999-12-31"],
    ]  # fmt: skip
    days[range(10)] = "soon"
    with pytest.raises(FunnelSimError, match=r"row 0: 'soon' is not a date .*and 9 more"):
        read_times([days], findings=Findings())


def test_a_word_that_stands_for_no_date() -> None:
    closed = pd.Series(["05.01.2026", "не закрыта"] * 30, name="closed")
    assert read_times([closed])[0].isna().sum() == 30
    other = closed.replace("не закрыта", "läuft noch")
    found = Findings()
    assert read_times([other], findings=found)[0].isna().sum() == 30
    assert "no date" in found.table()["what was done"][0]


# --- amounts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("(1,500.00)", -1500), ("1,00,000", 100_000), ("25 000,50 ₴", 25_000.5),
        ("EUR 1.200,50", 1200.5), ("1 200 ₽", 1200), ("1\u00a0200,00 zł", 1200),
        ("1\u202f200,00", 1200), ("CHF 1'200.50", 1200.5), ("R$ 1.200,50", 1200.5),
        ("US$1,200.5", 1200.5), ("1.200,-", 1200), ("-€ 5", -5), ("€ -5", -5), ("500,00-", -500),
        ("−3,5", -3.5), ("1.5E+05", 150_000), ("1 200 руб.", 1200), ("Rs. 1,00,000.00", 100_000),
        ("元1,200.00", 1200), ("USD10", 10), ("kr 1 200,50", 1200.5), ("1.234.567", 1_234_567),
    ],
)  # fmt: skip
def test_an_amount_in_many_forms(text: str, amount: float) -> None:
    assert read_numbers(pd.Series([text])).tolist() == [amount]


@pytest.mark.parametrize("text", ["12k", "3 days", "5%", "12 of 30", "12 30", "1,2,3", "--5"])
def test_what_is_more_than_an_amount_is_none(text: str) -> None:
    with pytest.raises(FunnelSimError, match="row 0: "):
        read_numbers(pd.Series([text, "1.5"]))


def test_large_columns_are_read_by_their_values() -> None:
    """A million rows of few values cost little more than the values."""
    values = np.array([f"{day:02}.01.2026" for day in range(1, 29)], dtype=object)
    column = pd.Series(np.tile(values, 40_000))
    began = time.process_time()
    (times,) = read_times([column])
    assert times.nunique() == 28
    assert time.process_time() - began < 10


# --- states -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "said"),
    [("Intrest,4", r'open\.csv, line 5: stage is "Intrest"'),
     ("Interest,four", r"open\.csv, .*line 5: 'four'")],
)  # fmt: skip
def test_a_row_of_a_state_is_named_by_file_and_line(cell: str, said: str) -> None:
    text = f'stage,days_in_stage,owner\nInterest,2,"a\nb"\nInterest,3,c\n{cell},d\n'
    with pytest.raises(FunnelSimError, match=said):
        fs.simulate(fs.load("aida"), 1, initial=fs.State.of_files(("open.csv", text.encode())))
