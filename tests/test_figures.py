"""The register of key figures: one entry is known to all who tell figures; each says what it is."""

from __future__ import annotations

import re
from html import unescape

import figures_page
import numpy as np
import pytest
from everything import everything, simulated

import funnelsim as fs
from funnelsim.charts.experiment_rows import difference_rows
from funnelsim.engines import simulate_together
from funnelsim.metrics import figures, key_figures, stated
from funnelsim.metrics.basis import ratio
from funnelsim.metrics.facts import Facts
from funnelsim.metrics.figure import (
    COUNT,
    DAYS,
    DOWN,
    MONEY,
    NEITHER,
    RATIO,
    SCORE,
    SHARE,
    UP,
    Figure,
    Tile,
)
from funnelsim.metrics.figures import FIGURES, entry, figures_of, stated_figures
from funnelsim.report import page
from funnelsim.tables import print_journal
from funnelsim.widgets import board_text

FOLLOW_UP = fs.load("aida-follow-up").vary({"horizon": "20 days"})
PER_REP = Figure(
    "sales_per_rep",
    "Sales / reps",
    RATIO,
    UP,
    "First orders / reps of all teams.",
    lambda f: ratio(f.sales, sum(team.reps for team in f.scenario.teams)),
    stated.calls,
    tile=Tile("Sales per rep", 5),
)
PER_DAY = Figure(
    "calls_per_day",
    "Calls a day",
    RATIO,
    NEITHER,
    "Calls that reached a lead, of each team / days.",
    lambda f: np.outer(f.answered / f.scenario.days, [1.0] * len(f.scenario.teams)),
    by_team=True,
)


# --- one entry is enough --------------------------------------------------------------------------


@pytest.fixture
def more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "FIGURES", (*FIGURES, PER_REP, PER_DAY))


@pytest.mark.usefixtures("more")
def test_a_new_figure_is_in_the_summary_the_console_and_the_report(capsys):
    journal = fs.simulate(FOLLOW_UP, seed=1, progress=False)
    sales = (journal.orders["number"] == 1).sum()
    assert fs.summary(journal)["sales_per_rep"] == sales / 2
    assert list(fs.summary(journal).index[-2:]) == ["sales_per_rep", "calls_per_day: sales"]
    print_journal(journal)
    said = capsys.readouterr().out
    assert re.search(rf"^Sales / reps +{sales / 2:.2f}$", said, flags=re.MULTILINE)
    assert "Calls a day: sales" in said and "Calls a day: sales" in page(journal)
    tile = f'<div title="{PER_REP.docs}"><dt>Sales / reps</dt><dd>{sales / 2:.2f}</dd>'
    assert tile in page(journal)
    assert fs.figures(FOLLOW_UP).loc["sales_per_rep", "docs"] == PER_REP.docs
    nobody_calls = fs.simulate(fs.load("aida"), seed=1, progress=False)
    assert "Sales / reps" not in page(nobody_calls)


@pytest.mark.usefixtures("more")
def test_a_new_figure_has_its_tile_and_the_last_one_gives_way():
    board = fs.explore(FOLLOW_UP, n=2)
    names = [name for _, name in board_text.tiles_of(FOLLOW_UP)]
    assert names[4:6] == ["Utilisation, sales", "Sales per rep"] and len(names) == 8
    assert 'title="Sales per rep: First orders / reps of all teams."' in board._figures.value


@pytest.mark.usefixtures("more")
def test_experiments_and_their_charts_know_a_new_figure():
    x = fs.replicate(FOLLOW_UP, 4, progress=False, precision=0.9, figure="sales_per_rep")
    assert x.summary().loc["sales_per_rep", "mean"] == x.table["sales_per_rep"].mean()
    three = FOLLOW_UP.vary({"teams.sales.reps": 3})
    c = fs.compare({"two": FOLLOW_UP, "three": three}, 3, progress=False)
    assert ("sales_per_rep", "three") in c.differences().index
    assert "Sales / reps" in str(fs.charts.differences(c, ["sales_per_rep"]).to_dict())
    assert fs.charts.replications(x, "sales_per_rep").title.text.startswith("Sales / reps, ")
    path = "channels.trade fair.leads_per_day"
    found = fs.sensitivity(FOLLOW_UP, [path], "sales_per_rep", n=2, progress=False)
    assert found.figure == "sales_per_rep" and np.isfinite(found.mean)


# --- what each entry says -------------------------------------------------------------------------


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_a_figure_says_what_it_is(figure):
    assert figure.label and re.fullmatch(r"[a-z0-9_]+", figure.name)
    assert re.fullmatch(r"[A-Z][^\n]+\.", figure.docs)
    assert figure.unit in (COUNT, SHARE, MONEY, DAYS, RATIO, SCORE)
    assert figure.good in (UP, DOWN, NEITHER)
    if figure.among:
        assert entry(figure.among).among == ""


def test_no_two_figures_have_a_name_a_label_or_a_place_on_the_board_in_common():
    places = [figure.tile.place for figure in FIGURES if figure.tile.name]
    for names in ([f.name for f in FIGURES], [f.label for f in FIGURES], places):
        assert len(set(names)) == len(names)


def test_each_figure_has_a_value_for_each_replication():
    (together,) = simulate_together(everything(), 1, range(3))
    facts = Facts(together)
    for figure in FIGURES:
        assert figure.value(facts).shape == ((3, 1) if figure.by_team else (3,)), figure.name
    assert list(key_figures(together)) == list(figures_of(everything()))


def test_the_docs_of_summary_and_the_page_list_just_the_figures():
    names = [figure.name for figure in FIGURES]
    told = re.findall(r"^ +- `(\w+)[^`]*`: (\w+)", fs.summary.__doc__, flags=re.MULTILINE)
    assert told == [(f.name, re.match(r"\w+", f.docs)[0]) for f in FIGURES]
    text = figures_page.PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE) == names
    assert figures_page.written(text) == text, "python scripts/figures_page.py was forgotten"


def test_the_table_of_figures_is_that_of_a_scenario():
    scenario = everything()
    table = fs.figures(scenario)
    assert list(table.index) == list(stated_figures(scenario))
    assert table.loc["revenue", ["unit", "good", "since"]].tolist() == ["EUR", "up", 30.0]
    assert table.loc["utilisation: sales", "label"] == "Utilisation: sales"
    assert table["since"][["points_open", "breakage"]].tolist() == [0.0, 45.0]
    assert list(fs.figures().index) == [figure.name for figure in FIGURES]
    with pytest.raises(fs.FunnelSimError, match="figures takes a Scenario, or nothing"):
        fs.figures("aida")


@pytest.mark.parametrize(("horizon", "is_told"), [(40, False), (45, False), (80, True)])
def test_before_its_time_a_figure_has_no_value(horizon, is_told):
    journal = simulated(1, horizon=f"{horizon} days")
    moment = entry("breakage").since.moment(journal.scenario)
    assert (moment < journal.scenario.horizon) == is_told
    assert np.isfinite(fs.summary(journal)["breakage"]) == is_told


# --- which way is better --------------------------------------------------------------------------


def test_a_change_is_better_or_worse_by_what_its_figure_is():
    cac, customers, leads = entry("cac"), entry("customers"), entry("leads")
    assert cac.verdict(-3, -1) == "better" and cac.verdict(1, 1) == "worse"
    assert customers.verdict(1, 2) == "better" and customers.verdict(-2, -1) == "worse"
    assert customers.verdict(-1, 2) == cac.verdict(0, 0) == leads.verdict(1, 2) == ""
    assert customers.verdict(np.nan, np.nan) == ""


def test_a_board_shows_whether_a_change_is_for_better_or_worse():
    now = fs.summary(fs.simulate(FOLLOW_UP, progress=False))
    spread = fs.explore(FOLLOW_UP, n=2)._shown.spread
    same = board_text.figures_html(FOLLOW_UP, now, now, spread)
    assert same.count('class="change "') == 8
    tiles = board_text.figures_html(FOLLOW_UP, now, now / 2, spread).split("<div title=")
    told = {unescape(tile.split(":")[0].strip('"')): tile for tile in tiles}
    assert 'class="change better">▲' in told["Customers"]
    assert 'class="change worse">▲' in told["CAC, EUR"]
    assert 'class="change ">▲' in told["Utilisation, sales"]


def test_a_comparison_says_whether_a_difference_is_for_better_or_worse():
    slow = FOLLOW_UP.vary({"teams.sales.reps": 1})
    c = fs.compare({"today": FOLLOW_UP, "slow": slow}, 5, progress=False)
    known = c.differences().loc["mean_response_days"]
    (row,) = difference_rows(known, entry("mean_response_days"), "EUR")
    assert row["difference"] > 0 and row["verdict"] == "worse"
