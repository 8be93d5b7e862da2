"""What `fs.read_deals` makes of an export: read rightly, asked about, or refused with a way out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from crm_exports import dates, the_deals, words

import funnelsim as fs
from funnelsim.cli import main
from funnelsim.deals import Deals
from funnelsim.errors import QuestionError

LONG = "%Y-%m-%d %H:%M:%S"
OPEN = ("open", "open", "open")


def plain(**more: object) -> pd.DataFrame:
    """A row a deal: number, created, closed, status; and what else is given."""
    known = {"id": range(len(the_deals())), "created": dates("created", LONG),
             "closed": dates("closed", LONG), "status": words(*OPEN, "won", "lost")}  # fmt: skip
    return pd.DataFrame({**known, **more}).replace("", None)


def counted(deals: Deals) -> dict[str, int]:
    return {str(fate): int(n) for fate, n in deals.leads["outcome"].value_counts().items()}


TRUE = {"lost": 1_272, "open": 138, "won": 90}


# --- dates ------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["created", "closed"])
@pytest.mark.parametrize(
    "nonsense", ["2062-01-01", "1900-01-01", "0001-01-01", "9999-12-31", "2026-13-45", "soon"]
)
def test_one_date_in_a_thousand_moves_nothing(column: str, nonsense: str) -> None:
    table = plain()
    usual = fs.calibrate(table)
    wrong = table[column].dropna().index[500]
    table.loc[wrong, column] = nonsense
    deals = fs.read_deals(table)
    assert deals.export_date == fs.read_deals(plain()).export_date
    found = fs.calibrate(deals)
    assert abs(found.overall - usual.overall) < usual.overall_se
    rates = [each.report.channels["leads_per_day"].sum() for each in (found, usual)]
    assert rates[0] == pytest.approx(rates[1], rel=0.01)
    told = [*deals.problems["row"], *deals.left_out["rows"]]
    assert any(str(wrong) in str(rows) for rows in told)  # said, and where


def test_the_day_of_the_export_may_be_told() -> None:
    deals = fs.read_deals(plain(), export_date="2026-06-30")
    assert str(deals.export_date) == "2026-06-30 23:59:59"
    assert deals.leads["outcome"].eq("open").sum() > TRUE["open"]  # later wins have not happened


def test_what_came_after_a_given_day_of_the_export_was_open_then_and_is_said() -> None:
    """A day given by a slip is seen by how many wins it turns into open deals."""
    deals, all_ = fs.read_deals(plain(), export_date="2026-06-30"), fs.read_deals(plain())
    end = pd.Timestamp("2026-07-01")
    created = all_.entered.iloc[:, 0] < end
    won = int((created & (all_.entered["Won"] >= end)).sum())
    lost = int((created & (all_.leads["ended"] >= end)).sum())
    assert won and lost
    table = deals.problems.set_index("what was done")
    assert len(table) == 2 and set(table["column"]) == {"closed"}
    for what in ("not won yet", "not lost yet"):
        row = table.loc[f"after the export date given (2026-06-30): {what}"]
        assert row["text"].startswith("2026-07-0") and row["row"]
    (note,) = [n for n in deals.notes if "are dated after the one given" in n]
    assert f"{won:,} wins and {lost:,} losses" in note and "leave export_date= out" in note
    assert all_.problems.empty and "dated after" not in " ".join(all_.notes)
    assert deals.as_of("2026-06-15").problems.equals(deals.problems)  # a backtest adds none


def test_a_log_and_its_stages_end_with_the_given_day() -> None:
    rows = [("a", "Lead", "2026-01-01"), ("a", "Offer", "2026-02-05"), ("a", "Won", "2026-02-09"),
            ("b", "Lead", "2026-01-03"), ("b", "Lost", "2026-01-20"),
            ("c", "Lead", "2026-01-04"), ("c", "Offer", "2026-01-06"), ("c", "Won", "2026-01-08"),
            ("d", "Lead", "2026-01-04"), ("d", "Offer", "2026-01-06"),
            ("d", "Won", "2026-01-09")]  # fmt: skip
    log = pd.DataFrame(rows, columns=["deal", "stage", "time"])
    deals = fs.read_deals(log, id="deal", stage="stage", time="time", export_date="2026-01-31")
    assert deals.leads["outcome"].tolist() == ["open", "lost", "won", "won"]
    assert deals.visits["outcome"].tolist() == ["open", "lost", "moved", "won", "moved", "won"]
    assert any("not yet in Offer" in done for done in deals.problems["what was done"])


def test_wins_without_a_date_count_and_are_left_out_of_the_times() -> None:
    table = plain()
    won = table.index[table["status"] == "won"]
    table.loc[won[::3], "closed"] = None
    deals = fs.read_deals(table)
    assert counted(deals) == TRUE
    assert deals.known["Won"].sum() == len(won) - len(won[::3])
    assert any("30 of the 90 won have no date" in note for note in deals.notes)


def test_a_loss_before_its_beginning_is_left_out_and_said() -> None:
    table = plain()
    lost = table.index[table["status"] == "lost"][:15]
    table.loc[lost, "closed"] = "2024-12-24 00:00:00"
    deals = fs.read_deals(table)
    assert len(deals.leads) == len(table) - 15
    assert deals.left_out["leads"].tolist() == [15]
    assert "lost before" in deals.left_out["left out because"].iloc[0]


def test_days_as_numbers_are_dates_where_a_name_says_so() -> None:
    for since, unit in (("1899-12-30", "D"), ("1970-01-01", "s"), ("1970-01-01", "ms")):
        days = [(the_deals()[c] - pd.Timestamp(since)) / pd.Timedelta(1, unit)
                for c in ("created", "closed")]  # fmt: skip
        deals = fs.read_deals(plain(created=days[0], closed=days[1]))
        assert counted(deals) == TRUE
        assert abs(deals.export_date - pd.Timestamp("2026-07-05 22:55")) < pd.Timedelta("1 min")


# --- which column is what ---------------------------------------------------------------------


def test_what_is_no_stage_is_none_and_why_is_said() -> None:
    more = {name: dates("expected", LONG) for name in (
        "Update time", "Last modified", "Expected close date", "Next activity date",
        'Date exited "Talk"')}  # fmt: skip
    deals = fs.read_deals(plain(**more, qualified=dates("qualified", LONG)))
    assert deals.stages == ["Lead", "qualified", "Won"]
    why = deals.columns.set_index("column")
    assert (why.loc[list(more), "taken for"] == "").all()
    assert why.loc[list(more), "why"].str.contains("no time of a stage").all()
    assert why.loc["qualified", "taken for"] == "stage qualified"


def test_an_amount_of_many_deals_is_no_deal_of_a_log() -> None:
    """Dates and stages beside amounts that repeat: a row a deal all the same."""
    table = plain(**{"Deal value": [100.0, 200.0, 300.0] * 500}).drop(columns="id")
    deals = fs.read_deals(table.rename(columns={"status": "Stage", "created": "Creation date"}))
    assert len(deals.leads) == len(table) and deals.log is None


def test_the_close_that_open_deals_do_not_have_is_the_close() -> None:
    table = plain(**{"Close date": dates("expected", LONG)})
    deals = fs.read_deals(table.rename(columns={"closed": "Completed date"}))
    assert deals.arguments["closed"] == "Completed date"


@pytest.mark.parametrize(("yes", "no"), [("Yes", "No"), ("Да", "Нет"), (True, False), ("1", "0")])
def test_yes_and_no(yes: object, no: object) -> None:
    said = [yes if o == "won" else no for o in the_deals()["outcome"]]
    table = plain(**{"Won?": said}).drop(columns="status")
    deals = fs.read_deals(table)
    assert counted(deals) == TRUE  # no, and not closed: open
    again = fs.read_deals(table, **deals.arguments)
    assert counted(again) == TRUE and not again.is_guessed


def test_words_that_nobody_knows_are_asked_for_and_the_answer_works() -> None:
    strange = plain(status=words(*OPEN, "Live", "Dead end"))
    with pytest.raises(QuestionError, match=r"never says won.*won_value=") as asked:
        fs.read_deals(strange)
    assert asked.value.argument == "won_value" and "Live" in asked.value.choices
    assert counted(fs.read_deals(strange, won_value="Live")) == TRUE

    half = plain(status=words(*OPEN, "won", "Parked for good"))
    with pytest.raises(QuestionError, match="1,272 deals are 'Parked for good'"):
        fs.read_deals(half)
    assert counted(fs.read_deals(half, lost_value="Parked for good")) == TRUE

    neither = plain(status=words(*OPEN, "A", "B"))
    with pytest.raises(QuestionError, match="never says 'won' or 'lost'"):
        fs.read_deals(neither, outcome="status")
    told = fs.read_deals(neither, outcome="status", won_value="A", lost_value=["B"])
    assert counted(told) == TRUE


@pytest.mark.parametrize(
    ("missing", "said"),
    [("created", "created="), ("closed", "closed="), ("status", "outcome=")],
)
def test_what_is_missing_is_named_with_the_argument(missing: str, said: str) -> None:
    with pytest.raises(fs.FunnelSimError, match=said):
        fs.read_deals(plain().drop(columns=missing))


def test_what_is_told_is_taken_and_a_slip_is_named() -> None:
    table = plain(other=dates("created", LONG))
    assert fs.read_deals(table, created="other").arguments["created"] == "other"
    with pytest.raises(fs.FunnelSimError, match="did you mean created"):
        fs.read_deals(table, created="creatd")
    with pytest.raises(fs.FunnelSimError, match="say it to read_deals"):
        fs.calibrate(fs.read_deals(table), created="other")
    with pytest.raises(fs.FunnelSimError, match="did you mean created"):
        fs.calibrate(table, creatd="other")


# --- money ------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", [True, False])
def test_several_currencies_are_asked_about_and_never_added(column: bool) -> None:
    codes = np.array(["EUR", "USD", "EUR"] * 500)
    value = np.arange(1_500) + 1_000.0
    if column:
        table = plain(amount=value, currency=codes)
    else:
        table = plain(amount=[f"{c} {v:.2f}" for c, v in zip(codes, value, strict=True)])
    with pytest.raises(QuestionError, match=r"EUR \(1,000\), USD \(500\).*currency=") as asked:
        fs.read_deals(table)
    for currency in asked.value.choices.values():
        deals = fs.read_deals(table, currency=currency)
        assert deals.currency == currency
        assert deals.leads["value"].sum() == value[codes == currency].sum()


# --- logs -------------------------------------------------------------------------------------


def log(names: Sequence[str] = ("deal_id", "stage", "entered_at")) -> pd.DataFrame:
    """A row a stage: two deals go back, one comes back after it was lost, one is still open."""
    way = {
        1: "New Talk Offer Won", 2: "New Talk New Talk Offer Won", 3: "New Talk Lost",
        4: "New Lost Talk Offer Won", 5: "New Talk Offer Talk Lost", 6: "New Talk",
    }  # fmt: skip
    rows = [(f"d{deal}", stage, pd.Timestamp("2026-01-01") + pd.Timedelta(days=deal + 3 * i))
            for deal, stages in way.items() for i, stage in enumerate(stages.split())]  # fmt: skip
    return pd.DataFrame(rows, columns=list(names)).sort_values(names[2], ignore_index=True)


@pytest.mark.parametrize(
    "names",
    [("deal_id", "stage", "entered_at"), ("case:concept:name", "concept:name", "time:timestamp"),
     ("Case ID", "Activity", "Complete Timestamp"), ("Сделка", "Новая стадия", "Дата")],
)  # fmt: skip
def test_a_log_is_read_by_deal_and_its_returns_are_kept(names: tuple[str, ...]) -> None:
    deals = fs.read_deals(log(names))
    assert deals.stages == ["Lead", "Talk", "Offer", "Won"]
    assert dict(zip(deals.leads["id"], deals.leads["outcome"], strict=True)) == {
        "d1": "won", "d2": "won", "d3": "lost", "d4": "won", "d5": "lost", "d6": "open",
    }  # fmt: skip
    visits = deals.visits
    way = visits[visits["deal"] == "d2"]["stage"].tolist()
    assert way == ["New", "Talk", "New", "Talk", "Offer"]
    back = visits[(visits["deal"] == "d5")].iloc[-1]
    assert (back["stage"], back["outcome"], back["left"] - back["entered"]) == (
        "Talk", "lost", pd.Timedelta(days=3),
    )  # fmt: skip
    still = visits[visits["left"].isna()]
    assert still[["deal", "outcome"]].to_numpy().tolist() == [["d6", "open"]]


def test_visits_of_a_table_of_times_are_those_of_its_stages() -> None:
    deals = fs.read_deals(the_deals().drop(columns=["closed", "expected", "stage"]))
    visits = deals.visits
    there = deals.entered.where(deals.known)[["Lead", "qualified", "proposal"]].notna().sum()
    assert visits["stage"].value_counts().to_dict() == there.to_dict()
    assert (visits["outcome"] == "won").sum() == TRUE["won"]


# --- how it is shown, and the command ---------------------------------------------------------


def test_it_shows_what_was_taken_for_what_on_a_page_and_in_a_console() -> None:
    deals = fs.read_deals(plain(**{"<b>": dates("expected", LONG)}))
    text, page = str(deals), deals._repr_html_()
    for part in ("1,500 used (90 won, 1,272 lost, 138 open)", "when the lead came in", "created"):
        assert part in text and part in page
    assert "<table" in page and "&lt;table" not in page and "<b>" not in page


def test_the_command_guesses_and_says_the_whole_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "our deals.csv"
    plain(Quelle=the_deals()["channel"]).to_csv(path, index=False, sep=";")
    assert main(["calibrate", str(path)]) == 0
    guessed = capsys.readouterr().out
    line = next(line for line in guessed.splitlines() if "funnelsim calibrate" in line)
    assert fs.read_deals(path).command == line.strip()
    assert main(_words(line)[1:]) == 0
    told = capsys.readouterr().out
    assert told in guessed and "What was guessed" not in told


def _words(line: str) -> list[str]:
    import shlex

    return shlex.split(line)


@pytest.mark.parametrize("option", [{"dayfirst": True}, {"decimal": ","}, {"since": "2026-01-01"}])
def test_the_command_holds_what_was_told(option: dict[str, Any]) -> None:
    deals = fs.read_deals(plain(), **option)
    (name,) = option
    assert f"--{name}" in deals.command and deals.arguments[name] == option[name]


def test_a_calibration_says_which_columns_were_guessed() -> None:
    settings = fs.calibrate(plain()).provenance.settings
    assert settings["created"] == "created" and settings["closed"] == "closed"


def test_stages_are_found_whatever_the_order_of_the_dates() -> None:
    """All days are up to the 12th, so the order is asked for: the answer brings the stages too."""
    begin = pd.date_range("2026-01-01", periods=12, freq="D").repeat(5)
    form = "%d/%m/%Y"
    table = pd.DataFrame({
        "created": begin.strftime(form), "Lead": (begin + pd.DateOffset(months=1)).strftime(form),
        "won": (begin + pd.DateOffset(months=2)).strftime(form),
    })  # fmt: skip
    with pytest.raises(QuestionError, match="dayfirst"):
        fs.read_deals(table)
    assert fs.read_deals(table, dayfirst=True).stages == ["Lead", "Lead 2", "Won"]


def test_columns_that_most_leads_contradict_are_refused() -> None:
    table = plain(created=dates("closed", LONG, "2026-01-01"), closed=dates("created", LONG))
    with pytest.raises(fs.FunnelSimError, match=r"so the columns cannot be right.*created="):
        fs.read_deals(table)


def test_a_log_that_never_says_won_is_asked_about_and_the_answer_works() -> None:
    table = log().replace({"Won": "Live", "Lost": "Dead end"})
    with pytest.raises(QuestionError, match=r"stage='stage' never says won.*Live") as asked:
        fs.read_deals(table)
    assert asked.value.argument == "won_value"
    deals = fs.read_deals(table, won_value="Live", lost_value="Dead end")
    assert counted(deals) == {"won": 3, "lost": 2, "open": 1}


def test_a_column_that_is_nearly_right_is_named() -> None:
    with pytest.raises(fs.FunnelSimError, match="column 'created' holds no dates, such as 'soon'"):
        fs.read_deals(plain(created="soon"))
    twice = plain(more=dates("created", LONG)).rename(columns={"more": "created"})
    with pytest.raises(fs.FunnelSimError, match="several columns are named 'created'"):
        fs.read_deals(twice)


def test_real_leads_that_were_won_or_not(olist: Path) -> None:
    """Olist's marketing funnel, as one table: first contact, win; no losses are marked."""
    leads = pd.read_csv(olist / fs.datasets.OLIST_LEADS, dtype=str)
    deals = pd.read_csv(olist / fs.datasets.OLIST_DEALS, dtype=str)
    table = leads.merge(deals[["mql_id", "won_date"]], on="mql_id", how="left")
    found = fs.read_deals(table, since="2018-01-01")
    told = fs.calibrate(fs.read_olist_funnel(olist), **fs.datasets.OLIST_COLUMNS)
    assert abs(fs.calibrate(found).overall - told.overall) < told.overall_se
    assert counted(found)["won"] == 780 and not found.losses_marked


# --- rows that are not like the others --------------------------------------------------------

ROWS = [
    f"{n},2026-01-{n % 28 + 1:02},2026-02-03,{'won' if n % 3 else 'lost'},web" for n in range(40)
]


def written(folder: Path, rows: Sequence[str]) -> Path:
    path = folder / "deals.csv"
    path.write_text("\n".join(["id,created,closed,status,source", *rows]) + "\n")
    return path


def test_rows_that_are_cut_off_and_headers_in_the_midst_are_said(tmp_path: Path) -> None:
    rows = [*ROWS[:20], "id,created,closed,status,source", *ROWS[20:39], "39,2026-01-09"]
    deals = fs.read_deals(written(tmp_path, [*rows, *ROWS[:1]]))
    told = deals.problems.set_index("row")["what was done"].to_dict()
    assert told == {
        "22": "left out: it is the header once more",
        "42": "the rest of the row is taken as empty",
    }
    assert len(deals.leads) == 40


def test_most_rows_may_leave_out_empty_cells_at_the_end(tmp_path: Path) -> None:
    short = [row.removesuffix(",web") for row in ROWS]
    assert fs.read_deals(written(tmp_path, [*short[:30], *ROWS[30:]])).problems.empty


def test_rows_of_another_separator_are_refused(tmp_path: Path) -> None:
    rows = [*ROWS[:7], ROWS[7].replace(",", ";"), *ROWS[8:]]
    with pytest.raises(fs.FunnelSimError, match="line 9: its cells are separated by semicolons"):
        fs.read_deals(written(tmp_path, rows))


def test_one_number_with_two_stories_is_said(tmp_path: Path) -> None:
    again = [ROWS[1], ROWS[2].replace("won", "lost")]
    left = fs.read_deals(written(tmp_path, [*ROWS, *again])).left_out
    assert left["rows"].tolist() == ["42", "43"]
    assert "something else" in left["left out because"][1]


def test_names_that_differ_by_capital_letters_are_one() -> None:
    sources = ["web", "Web", "web", "fair", "WEB"] * 300
    deals = fs.read_deals(plain(source=sources))
    assert deals.leads["channel"].value_counts().to_dict() == {"web": 1_200, "fair": 300}
    assert any("web" in note and "capital letters" in note for note in deals.notes)


def test_stages_of_a_log_that_differ_by_capital_letters_are_one() -> None:
    log = pd.DataFrame(
        [(n, stage, f"2026-01-{day:02}") for n in range(20)
         for day, stage in ((1, "New"), (2, "offer" if n % 3 else "OFFER"), (5, "Won"))],
        columns=["deal", "stage", "time"],
    )  # fmt: skip
    assert fs.read_deals(log).stages == ["Lead", "offer", "Won"]


def test_an_amount_that_is_none_is_said() -> None:
    deals = fs.read_deals(plain(amount=["3.5k", "12k"] * 750))
    assert deals.leads["value"].isna().all()
    assert any("'amount' is not read" in note and "'3.5k'" in note for note in deals.notes)


def test_a_date_of_winning_that_losers_have_is_none() -> None:
    with pytest.raises(fs.FunnelSimError, match=r"1,272 of 1,272 deals that are lost .* closed="):
        fs.read_deals(plain(), created="created", won="closed", outcome="status")


def test_a_slip_in_a_word_for_won_is_asked_about_and_a_single_one_said() -> None:
    said = pd.Series(words(*OPEN, "Won", "Lost"))
    won = np.flatnonzero(said == "Won")
    many = said.mask(said.index.isin(won[:40]), "Wonn")
    with pytest.raises(QuestionError, match="40 deals are 'Wonn', which is nearly 'Won'") as asked:
        fs.read_deals(plain(status=many))
    for meant, count in (("Wonn is won", len(won)), ("Wonn is open", len(won) - 40)):
        told = asked.value.choices[meant]
        deals = fs.read_deals(plain(status=many), won_value=told, lost_value="Lost")
        assert (deals.leads["outcome"] == "won").sum() == count
    one = fs.read_deals(plain(status=said.mask(said.index == won[0], "Wonn")))
    assert one.problems["text"].tolist() == ["Wonn"]
    assert (one.leads["outcome"] == "won").sum() == len(won) - 1
