"""What the texts of lesson 08 say in round numbers, and what its questions rest on, is so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

import funnelsim as fs
from funnelsim.exercises import pictures_08 as pictures

PATH = Path(__file__).resolve().parents[1] / "notebooks" / "08_channels_and_budgets.ipynb"


@pytest.fixture(scope="module")
def lesson() -> dict[str, Any]:
    """The studio and both years, as the lesson's own cells have them."""
    cells = {cell.id: cell.source for cell in nbformat.read(PATH, as_version=4).cells}
    named: dict[str, Any] = {}
    exec(cells["import"] + "\n" + cells["studio"], named)
    named["journal"] = fs.simulate(named["studio"], seed=1)
    exec(cells["next-year"], named)
    return named


def test_the_cheap_click(lesson: dict[str, Any]) -> None:
    channels = fs.channels_table(lesson["journal"])
    search, social = channels.loc["search ads"], channels.loc["social ads"]
    assert social.overall_conversion / search.overall_conversion == pytest.approx(0.25, abs=0.05)
    assert social.cac / search.cac == pytest.approx(2, abs=0.2)
    costs = pictures.all_it_costs(lesson["journal"]).loc["the firm"]
    assert 30 < costs["leads and days"] + costs.commission < 35
    assert costs.reps > costs.cac / 2  # the larger part


def test_conversion_falls_and_rises_in_every_channel(lesson: dict[str, Any]) -> None:
    table = fs.mix_and_rate(lesson["journal"], lesson["later"])
    rates = table[["rate_before", "rate_after"]]
    assert rates.loc["overall"].round(3).tolist() == [0.163, 0.143]
    assert (rates.rate_after > rates.rate_before).tolist() == [True, True, True, False]
    assert table.share_after["social ads"] == pytest.approx(0.5, abs=0.02)
    whole = table.loc["overall"]
    assert abs(whole.mix_effect) > 10 * whole.mix_effect_se  # far beyond chance
    assert whole.rate_effect < 2 * whole.rate_effect_se  # less certain than it looks
    by_segment = fs.mix_and_rate(lesson["journal"], lesson["later"], "segment")
    assert by_segment.share_before["knows us"] == pytest.approx(0.2, abs=0.01)
    assert by_segment.rate_effect["overall"] == pytest.approx(whole.effect, abs=0.001)


def test_what_the_third_judgement_quotes(lesson: dict[str, Any]) -> None:
    """60 EUR on average with 40 search leads a day, and 93 that a customer leaves."""
    four_months = lesson["studio"].vary({"horizon": "120 days"})
    table = fs.marginal_cac(four_months, "search ads", [40, 50, 60], n=6, seed=1)
    assert round(table.cac[40]) == 60
    assert round(fs.customer_lifetime_value(lesson["journal"]).clv.mean()) == 93
    assert table.marginal_cac[50] > 93
    assert table.more_sales[60] < 0
