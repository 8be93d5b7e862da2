"""The pipeline board: what it shows of a day is what the pipeline's figures say of it."""

from __future__ import annotations

import html
import re
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from test_charts import CONFUSIONS, seen

import funnelsim as fs
from funnelsim.charts.theme import COLOURS
from funnelsim.tables import figure_text
from funnelsim.widgets import kanban

FIRM = fs.load("b2b-pipeline").vary(
    {"horizon": "130 days", "warm_up": "20 days", "stages.Proposal.silent": 0.5}
)


@pytest.fixture(scope="module")
def firm():
    return fs.board(FIRM, "pipeline", seed=2)


@pytest.fixture(scope="module")
def journal():
    return fs.simulate(FIRM, seed=2, progress=False)


@pytest.fixture(scope="module")
def export(journal):
    """As a CRM wrote it, with an owner and a deal of a name as nobody should have."""
    table = journal.to_crm("hubspot", day=120)
    names = {name: f"<b>Анна 客户 {name}" for name in table["Deal owner"].dropna().unique()}
    return fs.read_deals(table.assign(**{"Deal owner": table["Deal owner"].map(names)}))


@pytest.fixture(scope="module")
def of_deals(export):
    return fs.board(export, "pipeline")


def words(text):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))).strip()


def columns(board):
    """By stage: the lines of its head, and of each card the words and the marks."""
    found = {}
    for section in re.findall(r"<section.*?</section>", board._html[1][1].value, flags=re.DOTALL):
        name = words(re.search("<h4.*?</h4>", section)[0])
        head, cards = section.split("<ol", 1)
        lines = [words(line) for line in re.findall("<p.*?</p>", head)]
        each = re.findall("<li.*?</li>", cards, flags=re.DOTALL)
        marks = [[words(m) for m in re.findall("<em.*?</em>", c, flags=re.DOTALL)] for c in each]
        more = words(re.search('<p class="more">.*?</p>', cards)[0])
        found[name] = lines, [words(card) for card in each], marks, more
    return found


PER_DAY = {"d": 1, "h": 24, "min": 1440, "s": 86400}


def money(value):
    return figure_text(float(value), "money", short=True)


def near(text, value):
    """It is the value, rounded as narrow columns ask for."""
    return text == "–" if np.isnan(value) else float(text) == pytest.approx(value, abs=0.51)


def test_what_is_shown_is_what_the_functions_say(firm, journal, of_deals, export):
    said, then = set(), export.history()  # of which a day is quicker than of the export
    whole = [day for _, day in of_deals.views["Day"].options]
    for board, source, day in (
        (firm, journal, 27.0),
        (firm, journal, 130.0),
        (of_deals, then, whole[70]),
        (of_deals, export, whole[-1]),
    ):
        board.views["Day"].value = day
        said |= columns_are_right(board, source, day)
        strip_and_line_are_right(board, source, day)
    assert {"new", "moved on", "slipped", "stale"} <= said


def columns_are_right(board, source, day):
    table, shown = fs.pipeline_board(source, day), columns(board)
    stale = fs.stale_deals(source, day, [0.9]).xs(0.9, level="quantile")
    deals, changed = fs.open_deals(source, day), fs.changed_deals(source, day)
    by_age = fs.win_probabilities_by_age(source, day, ages=[*deals.days_in_stage.unique()])
    assert list(shown) == list(table.index)
    said = set()
    for stage, (lines, cards, marks, more) in shown.items():
        line, here = table.loc[stage], deals[deals["stage"] == stage]
        assert lines[0].split()[0] == f"{int(line.deals):,}"
        assert lines[1:3] == [money(line.value), f"weighted {money(line.weighted_value)}"]
        mean, chance = re.fullmatch(r"mean ([–\d.]+).*, ([–\d.]+).*", lines[3]).groups()
        assert near(mean, line.mean_age_days) and near(chance, 100 * line.win_probability)
        assert lines[4].startswith(f"{stale.deals[stage]} stale")
        assert len(cards) == min(5, len(here))
        assert more == (f"and {len(here) - 5} more" if len(here) > 5 else "")
        here = here.sort_values("value", ascending=False, kind="stable")
        for card, mark, deal in zip(cards, marks, here.itertuples(), strict=False):
            name = getattr(deal, deals.columns[0])
            told = by_age.win_probability[stage, deal.days_in_stage]
            value, chance, stay, unit = re.match(r"(\S+) (\S+)(?: %)? (\S+) (\S+) ", card).groups()
            assert value == money(deal.value) and near(chance, 100 * told)
            assert near(stay, deal.days_in_stage * PER_DAY[unit])
            assert card.endswith(str(name))
            assert ("–" if pd.isna(deal.owner) else deal.owner) in card
            since = changed.change[(changed.iloc[:, 0] == name) & (changed.change != "revalued")]
            assert mark == [*since, *["stale"] * deal.stale]
            said.update(mark)
    return said


def strip_and_line_are_right(board, source, day):
    table, strip = fs.pipeline_changes(source, day), words(board._html[0][1].value)
    for name in ("new", "won", "lost", "moved on", "moved back", "slipped"):
        line = table.loc[name]
        worth = f" ({money(line.value)})" if line.deals else ""
        assert f"{int(line.deals):,} {name}{worth}" in strip
    deals = fs.open_deals(source, day)
    assert f"{deals.stale.sum()} stale" in strip
    currency = "EUR" if isinstance(source, fs.Journal) else ""
    sums = deals.value.sum(), fs.weighted_forecast(source, day)
    worth, weighted = (figure_text(float(amount), "money", currency) for amount in sums)
    said = words(board._sum.value)
    assert f"{len(deals)} open deals worth {worth}, weighted {weighted}" in said


def test_a_move_of_the_day_simulates_nothing_and_the_order_is_chosen(firm, journal, monkeypatch):
    monkeypatch.setattr("funnelsim.widgets.picture.simulate_together", None)
    firm.views["Day"].value = 100.0
    firm.views["Shown as"].value = kanban.OLDEST
    deals = fs.open_deals(journal, 100).sort_values("days_in_stage", ascending=False, kind="stable")
    for stage, (_, cards, _, _) in columns(firm).items():
        oldest = deals[deals["stage"] == stage].head(5)
        assert [card.rpartition("#")[2] for card in cards] == [str(lead) for lead in oldest["lead"]]
    firm.views["Shown as"].value = kanban.TABLE
    table = fs.pipeline_board(journal, 100)
    cells = re.findall(r"<td[^>]*>(.*?)</td>", firm._html[1][1].value)
    rows = [cells[at : at + 10] for at in range(0, len(cells), 10)]
    assert [row[0] for row in rows] == list(table.index)
    for row, line in zip(rows, table.itertuples(), strict=True):
        assert row[1:4] == [
            f"{line.deals:,}",
            figure_text(line.value, "money"),
            figure_text(line.weighted_value, "money"),
        ]
        assert row[6] == f"{line.stale}" and row[7] == figure_text(line.stale_value, "money")
    firm.views["Shown as"].value = kanban.LARGEST
    assert firm.change == {}


def test_a_journal_is_shown_as_it_is(firm, journal):
    board = fs.board(journal, "pipeline")
    for day in (20.0, 64.0):
        firm.views["Day"].value = board.views["Day"].value = day
        for (_, one), (_, other) in zip(board._html, firm._html, strict=True):
            assert one.value == other.value
    assert board.sliders == {} and board.journal is journal
    assert "Keep as today" not in [
        getattr(b, "description", "") for b in board.children[1].children
    ]
    assert "seed 2" in board._head.value


def test_in_the_first_week_nothing_is_known_of_the_week_before(firm):
    firm.views["Day"].value = 26.0
    assert "A week earlier nothing was known yet" in firm._html[0][1].value
    assert "new" not in {m for *_, marks, _ in columns(firm).values() for one in marks for m in one}
    firm.views["Day"].value = 27.0
    assert "In the last 7 days" in firm._html[0][1].value


def test_a_turned_slider_shows_another_history_beside_what_was_kept():
    board = fs.board(FIRM, "pipeline", seed=2)
    before = columns(board)["Proposal"][0][0].split()[0]
    board.keep()
    board.sliders["Proposal: never says no"].value = 0.0
    assert board.change == {"stages.Proposal.silent": 0.0}
    direct = fs.simulate(FIRM.vary(board.change), seed=2, progress=False)
    now = fs.pipeline_board(direct).deals["Proposal"]
    assert columns(board)["Proposal"][0][0] == f"{now} deals ▼ {int(before) - now}"
    assert re.search(r"As kept: \d+ open deals worth", board._sum.value)
    assert "silent" in board._foot.value
    for slider in board.sliders.values():
        assert slider.value in [value for _, value in slider.options]


def test_the_slider_has_each_day_that_is_known(firm, of_deals, export):
    assert [day for _, day in firm.views["Day"].options] == list(range(20, 131))
    assert firm.views["Day"].options[-1][0] == "day 130 (Fri 14 May 2027)"
    options = of_deals.views["Day"].options
    assert options[-1][0] == f"{export.export_date:%a} {export.export_date.day} May 2027"
    assert len({label for label, _ in options}) == len(options)
    label, day = options[-1]  # a day is the date that the functions take
    one, other = (fs.open_deals(export, when) for when in (pd.Timestamp(label[4:]), day))
    pd.testing.assert_frame_equal(one, other)
    years = kanban.days_shown(pd.Timestamp("2015-01-01"), 0.5, 4000.25, False)
    assert len(years) < 600 and years[-1][1] == 4000.25
    assert set(np.diff([day for _, day in years[:-1]])) == {7.0}
    assert [d for _, d in kanban.days_shown(pd.Timestamp("2027-01-04"), 0.0, 0.04, False)] == [
        0.0,
        0.04,
    ]


def test_names_are_text_and_never_markup(of_deals):
    shown = of_deals._html[1][1].value
    assert "<b>Анна" not in shown and "&lt;b&gt;Анна 客户" in shown


def test_twelve_stages_stand_in_two_rows_and_nothing_sold_has_no_money():
    stage = {"conversion": 0.9, "decision_time": {"constant": "1 day"}}
    stages = [{"name": f"Этап {n}", **stage} for n in range(12)] + [{"name": "Won"}]
    channels = [{"name": "сайт", "leads_per_day": 20}]
    scenario = fs.Scenario(name="漏斗", horizon="20 days", channels=channels, stages=stages)
    board = fs.board(scenario, "pipeline")
    shown = board._html[1][1].value
    assert "--columns: 6; --most: 2; --few: 1" in shown and len(columns(board)) == 12
    assert "value" not in words(shown) and "weighted" not in board._sum.value
    assert "<b>#" in shown and "<small>#" not in shown  # a deal's number stands there once
    board.views["Shown as"].value = kanban.TABLE
    assert "value" not in words(board._html[1][1].value)


def test_where_nobody_comes_the_columns_are_empty():
    nobody = {f"channels.{channel.name}.leads_per_day": 0.0 for channel in FIRM.channels}
    board = fs.board(FIRM.vary(nobody), "pipeline")
    assert "0 open deals" in board._sum.value
    assert all(cards == [] and more == "" for _, cards, _, more in columns(board).values())
    assert "nan" not in "".join(widget.value for _, widget in board._html).lower()


@pytest.mark.parametrize("kind", CONFUSIONS)
def test_the_colours_of_statuses_are_told_apart(kind):
    statuses = {*kanban.SINCE, *kanban.MARKS}
    for one, other in combinations(sorted(statuses), 2):
        first, second = (np.array(seen(COLOURS[name], kind)) for name in (one, other))
        assert np.linalg.norm(first - second) > 55, (one, other)  # of 441, black to white


def test_a_colour_is_set_in_one_place(firm, monkeypatch):
    monkeypatch.setitem(COLOURS, "stale", "#123456")
    firm.views["Day"].value = 90.0
    assert all("#123456" in widget.value for _, widget in firm._html)


def test_what_tells_no_deals_is_refused():
    with pytest.raises(fs.FunnelSimError, match="board takes a Scenario"):
        fs.board("deals.csv", "pipeline")
