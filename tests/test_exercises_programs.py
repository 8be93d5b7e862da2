"""Exercises that ask for a function: it is run, whatever it does; and the pictures of lesson 01."""

from __future__ import annotations

import pandas as pd
import pytest

import funnelsim as fs
from funnelsim.exercises import find
from funnelsim.exercises import pictures_01 as pictures

pytestmark = pytest.mark.usefixtures("nothing_tried_yet")


def stops(env, thinks, convinced, log):
    yield env.timeout(thinks)
    raise KeyError("outcome")


def another(env, thinks):
    yield env.timeout(thinks)


def endless(env, thinks, convinced, log):
    while True:
        pass
    yield env.timeout(thinks)


def chatters(env, thinks, convinced, log):
    yield env.timeout(thinks)
    print("decided")
    log.append(("advanced" if convinced else "lost", env.now))


TOLD = [
    (stops, "stops with KeyError: 'outcome' (in line 17: `raise KeyError(\"outcome\")`)"),
    (another, "cannot be called as `visitor(env, thinks, convinced, log)`"),
    (endless, "never ends"),
    (another(None, 1), 'hand over the function itself: `fs.check("01b.1", another)`'),
    (7, "the number 7; this exercise asks for a function"),
    (lambda *_: (yield 3), "yields 3, which is no event"),
    (lambda *_: None, "no `yield` in your function"),
]


@pytest.mark.parametrize(("program", "told"), TOLD, ids=range(len(TOLD)))
def test_what_goes_wrong_with_a_function_is_told(program, told):
    verdict = fs.check("01b.1", program)
    assert verdict.outcome == "wrong"
    assert told in verdict.sentence


class GoneSlowly:
    """In a ring, so that the collector takes it away, and in many steps."""

    def __init__(self, in_a_ring: bool) -> None:
        self.ring = self if in_a_ring else None

    def __del__(self) -> None:
        for _ in range(2_000):
            pass


@pytest.mark.parametrize("in_a_ring", [True, False])
def test_it_is_stopped_though_objects_are_taken_away_meanwhile(in_a_ring):
    def endless_with_garbage(env, thinks, convinced, log):
        for _ in range(2_000_000):  # an end all the same, should it not be stopped
            GoneSlowly(in_a_ring)
            env.timeout(1)
        yield env.timeout(thinks)

    assert "never ends" in fs.check("01b.1", endless_with_garbage).sentence


def test_what_a_function_prints_is_kept_quiet(capsys):
    assert fs.check("1B.1", chatters).outcome == "right"
    assert capsys.readouterr().out == ""


def test_code_of_several_lines_keeps_its_lines_in_a_notebook():
    for _ in range(3):
        hint = fs.hint("01b.2")
    html = hint._repr_html_()
    assert "<pre><code>def called(" in html
    assert "&#10;    came = env.now&#10;" in html


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_a_known_mistake_is_known_in_any_world(seed):
    for number in ("01b.1", "01b.2"):
        exercise = find(number, seed)
        assert exercise.trial is not None
        right = exercise.trial.run(exercise.right)
        for mistake in exercise.mistakes:
            assert not exercise.trial.same(exercise.trial.run(mistake.answer), right)


# --- the pictures of lesson 01 --------------------------------------------------------------------


@pytest.fixture(scope="module")
def journal() -> fs.Journal:
    return fs.simulate(fs.load("aida"), seed=1, progress=False)


def test_the_rates_of_the_last_day_are_those_of_the_table(journal):
    table = fs.funnel_table(journal).loc["Desire"]
    last = pictures.rates_by_day(journal, "Desire", [90]).loc[90]
    assert last["of those entered"] == pytest.approx(table.conversion_rate_of_entered)
    assert last["of those decided"] == pytest.approx(table.conversion_rate_of_decided)
    rate, _ = pictures.rate_of_decided(journal, "Desire")
    assert rate == pytest.approx(table.conversion_rate_of_decided)


def test_cards_dealt_out_are_all_dealt(journal):
    visits = journal.stage_visits.query("stage == 'Desire' and outcome != 'open'")
    rates = pictures.rates_of_shops(journal, "Desire", 7)
    sizes = (visits.lead % 7).value_counts().sort_index()
    assert (rates * sizes).sum() == pytest.approx((visits.outcome == "advanced").sum())


def test_a_fifth_more_brings_the_same_everywhere_and_the_lost_most_where_the_rate_is_lowest(
    journal,
):
    table = fs.funnel_table(journal)
    both = pictures.two_improvements(table)
    assert both.customers_more.to_numpy() == pytest.approx(0.2 * table.entered["Action"])
    rates = table.conversion_rate_of_entered.iloc[:3]
    assert both.customers_won_back.idxmax() == rates.idxmin()


def test_who_took_longer_needs_two_standard_errors():
    def days(mean: float) -> pd.DataFrame:
        values = {"leads": 9, "mean_days": [2.0, mean], "standard_error": 0.1}
        return pd.DataFrame(values, index=[pictures.BOUGHT, pictures.LOST])

    assert pictures.who_took_longer(days(2.2)) == pictures.NEITHER
    assert pictures.who_took_longer(days(2.4)) == pictures.LOST
    assert pictures.who_took_longer(days(1.6)) == pictures.BOUGHT


def test_a_stage_that_there_is_not(journal):
    with pytest.raises(fs.FunnelSimError, match="did you mean Desire"):
        pictures.rates_by_day(journal, "Desir")
