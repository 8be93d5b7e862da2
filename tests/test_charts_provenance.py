"""Every public chart says how it was made, and a file of it gives its scenario back."""

from __future__ import annotations

import inspect
import json
import pickle
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import altair as alt
import everything
import pytest

import funnelsim as fs
from funnelsim import charts
from funnelsim.charts import theme
from funnelsim.datasets import bundled
from funnelsim.journal.provenance import versions

AIDA = fs.load("aida").vary({"horizon": "20 days", "start": "2026-06-10"})
CONVERSION = "stages.Interest.conversion"
QUIET: dict[str, Any] = {"n": 2, "progress": False}


@cache
def a_journal() -> fs.Journal:
    return everything.simulated(3)


@cache
def a_plan() -> fs.Plan:
    return fs.plan(AIDA, 20, within="20 days", progress=False)


@cache
def some_deals() -> fs.Deals:
    return fs.read_deals(bundled("crm_deals.csv"))


@cache
def a_calibration() -> fs.Calibration:
    return fs.calibrate(some_deals(), draws=20, progress=False)


FROM: dict[str, Callable[[], Any]] = {
    "journal": a_journal,
    "before": a_journal,
    "plan": a_plan,
    "plan_over_time": lambda: fs.plan(AIDA, 20, within="20 days", by="week", progress=False),
    "scenario": lambda: fs.load("promotion"),
    "forecast": lambda: fs.forecast(AIDA, within="20 days", n=10, progress=False),
    "experiment": lambda: fs.replicate(AIDA, **QUIET),
    "comparison": lambda: fs.compare({"now": AIDA, "then": AIDA.vary({CONVERSION: 0.4})}, **QUIET),
    "sweep": lambda: fs.sweep(AIDA, CONVERSION, [0.4, 0.5], **QUIET),
    "sensitivity": lambda: fs.sensitivity(AIDA, changes=[CONVERSION], **QUIET),
    "warm_up": lambda: fs.warm_up_advice(AIDA, n=3, progress=False),
    "calibration": a_calibration,
    "fit": lambda: fs.fit_retention([100, 80, 70, 65]),
    "table": lambda: fs.marginal_cac(AIDA, "search ads", [10, 20], **QUIET),
    "backtest": lambda: fs.backtest(some_deals(), 2, "30 days", n=20, progress=False),
    "test": lambda: fs.ab_test(everything.simulated(3)),
    "ab_test_by_day": lambda: fs.ab_test_by_day(everything.simulated(3)),
    "way": lambda: fs.cheapest(AIDA, 20, within="20 days", progress=False),
    "track": lambda: fs.track(a_plan(), some_deals(), progress=False),
}
BESIDES = {"funnels": {"by": "channel"}, "mix_and_rate": {"after": a_journal}}
PUBLIC = [name for name in charts.__all__ if inspect.isfunction(getattr(charts, name))]


@cache
def drawn(name: str) -> tuple[Any, Any]:
    """What a chart is made of by its name or its first argument, and its spec."""
    draw = getattr(charts, name)
    first = next(iter(inspect.signature(draw).parameters))
    made_of = FROM.get(name, FROM[first])()
    more = {key: v() if callable(v) else v for key, v in BESIDES.get(name, {}).items()}
    return made_of, draw(made_of, **more).to_dict()


@pytest.mark.parametrize("name", PUBLIC)
def test_a_chart_says_how_it_was_made(name: str) -> None:
    made_of, spec = drawn(name)
    said = spec["usermeta"]["funnelsim"]
    assert len(said) == (2 if name == "mix_and_rate" else 1)
    made = getattr(made_of.plan if name == "track" else made_of, "provenance", None)
    if made is None:  # a table, a fit, a backtest
        assert said == [{"made": "chart", "made with": versions()}]
        return
    assert said[0]["made"] == made.made
    assert said[0]["made with"] == dict(made.rows())
    assert fs.Scenario.from_toml(said[0]["scenario"]) == made.scenario


def test_a_chart_of_an_export_says_which_file_it_was() -> None:
    [said] = charts.stale_deals(some_deals()).to_dict()["usermeta"]["funnelsim"]
    assert said["made with"] == {**versions(), "deals": some_deals().source}
    assert said["made with"]["deals"].startswith("crm_deals.csv, 6,320 rows, SHA-256 ")


def test_what_is_drawn_is_the_same_without_it() -> None:
    journal = a_journal()
    chart, bare = charts.waterfall(journal), inspect.unwrap(charts.waterfall)(journal)
    assert {k: v for k, v in chart.to_dict().items() if k != "usermeta"} == bare.to_dict()


def test_charts_beside_each_other_and_changed_are_still_charts() -> None:
    """Vega-Lite refuses a part that says what only a whole chart may say."""
    one, other = charts.funnel(a_journal()), charts.revenue(a_journal())
    rule = alt.Chart(alt.InlineData(values=[{}])).mark_rule()
    for together in (one | other, one & other, alt.concat(one, other), alt.layer(one, one)):
        spec = together.to_dict()  # validates it
        assert "usermeta" not in spec and "usermeta" not in json.dumps(spec)
    for changed in (one + rule, one.properties(title="mine"), pickle.loads(pickle.dumps(one))):
        assert changed.to_dict()["usermeta"] == one.to_dict()["usermeta"]


def test_a_notebook_holds_the_same_whatever_version_drew_it() -> None:
    spec = drawn("revenue")[1]
    assert "usermeta" not in theme.mime_bundle(spec)[theme.VEGA_MIME]


# --- read back ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "how"), [("c.json", {}), ("c.html", {}), ("c.htm", {"inline": True, "format": "html"})]
)
def test_a_saved_chart_gives_its_scenario_back(
    name: str, how: dict[str, Any], tmp_path: Path
) -> None:
    charts.plan_stages(a_plan()).save(tmp_path / name, **how)
    assert fs.load(tmp_path / name) == AIDA
    with pytest.raises(fs.FunnelSimError, match=r"no planned scenario: only a report or a work"):
        fs.load(tmp_path / name, planned=True)


def test_a_chart_whose_scenario_was_edited_is_refused(tmp_path: Path) -> None:
    text = json.dumps(drawn("funnel")[1])
    assert text.count("200 days") == 1
    (tmp_path / "c.json").write_text(text.replace("200 days", "90 days"), encoding="utf-8")
    with pytest.raises(fs.FunnelSimError, match=r"scenario in c\.json is edited by hand"):
        fs.load(tmp_path / "c.json")


@pytest.mark.parametrize(
    "text",
    [
        '{"mark": "bar"}',
        '{"usermeta": {"embedOptions": {}}}',
        '{"usermeta": {"funnelsim": [{"made with": {}, "scenario": "a = 1"}]}}',
        '{"usermeta": [1]}',
        "{broken",
        json.dumps({"usermeta": {"funnelsim": [{"made": "chart", "made with": versions()}]}}),
    ],
)
def test_a_chart_without_a_scenario_says_the_way_out(text: str, tmp_path: Path) -> None:
    (tmp_path / "chart.json").write_text(text, encoding="utf-8")
    with pytest.raises(
        fs.FunnelSimError, match=r"this chart holds no scenario: load a \.toml file"
    ):
        fs.load(tmp_path / "chart.json")
