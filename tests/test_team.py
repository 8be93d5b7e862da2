"""Reps, hours and response times of an export, where the truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from small_export import COLUMNS, small

import funnelsim as fs
from funnelsim.calibration.team import opening_hours

HOURS = "Mon-Fri 09:00-17:00"
FIRM = {
    "horizon": "240 days",
    "teams.sales.open": HOURS,
    "teams.sales.reps": 2,
    "stages.Lead.follow_up.handling_time": {"constant": "50 min"},
}


@pytest.fixture(scope="module")
def firm() -> fs.Journal:
    known = fs.load(fs.datasets.bundled("crm_deals.csv").with_suffix(".toml"))
    return fs.simulate(known.vary(FIRM), seed=3, progress=False)


@pytest.fixture(scope="module")
def export(firm: fs.Journal) -> tuple[pd.DataFrame, pd.DataFrame]:
    return firm.to_crm("hubspot", contacts=True, truth=True)


@pytest.fixture(scope="module")
def found(export) -> fs.Calibration:
    return fs.calibrate(export[0], team=True, draws=60, progress=False)


def hours_waited(journal: fs.Journal, begin: float = 0.0) -> pd.Series:
    calls = journal.follow_ups.drop_duplicates("lead")
    calls = calls[calls["started"].notna() & (calls["queued"] >= begin)]
    return (calls["started"] - calls["queued"]) * 24


def told(found: fs.Calibration, what: str) -> tuple[float, float]:
    row = found.report.team.response.loc[what]
    return float(row["found"]), float(row["se"])


# --- the export says it -----------------------------------------------------------------------


def test_the_first_contact_is_when_the_owner_first_reached_the_lead(firm, export) -> None:
    table, truth = export
    calls = firm.follow_ups
    start = pd.Timestamp(firm.scenario.start)
    served = (start + pd.to_timedelta(calls["started"].dropna(), unit="D")).dt.floor("min")
    assert sorted(truth["contacted"].dropna()) == sorted(served)
    assert truth["contacted"].notna().equals(truth["owner"].notna())
    plain = firm.to_crm("hubspot")
    pd.testing.assert_frame_equal(table.drop(columns="First Contacted At"), plain)


@pytest.mark.parametrize("style", ["salesforce", "log", "one_c"])
def test_it_stands_in_every_style_and_is_read(firm, style: str) -> None:
    table, truth = firm.to_crm(style, contacts=True, truth=True)
    deals = fs.read_deals(table)
    read = deals.leads.set_index("id")["contacted"].reindex(truth["id"]).to_numpy()
    days = truth["contacted"].dt.normalize().to_numpy()
    assert deals.told["contacted"] == "First Contacted At"
    np.testing.assert_array_equal(read.astype("datetime64[D]"), days.astype("datetime64[D]"))


# --- what is found is the truth ---------------------------------------------------------------


def test_reps_hours_and_response_times_are_those_of_the_firm(firm, found) -> None:
    team = found.report.team
    assert (team.reps, team.open) == (2, HOURS)
    other = fs.simulate(firm.scenario, seed=4, progress=False)  # the same firm in other weeks
    wait = hours_waited(other)
    for what, truth in (("mean hours", wait.mean()), ("median hours", wait.median())):
        mean, se = told(found, what)
        assert abs(mean - truth) < 4 * 2**0.5 * se, what
        assert 0 < se < 0.2 * mean
    ever, se = told(found, "ever contacted")
    assert abs(ever - 0.96) < 4 * se  # missed = 0.04


def test_the_scenario_is_as_late_and_sells_as_much(found) -> None:
    plain = fs.calibrate(found.deals, draws=60, progress=False)
    assert found.overall == pytest.approx(plain.overall, abs=0.5 * plain.overall_se)
    lead = found.scenario.stages[0]
    assert lead.follow_up is not None and lead.follow_up.team == "sales"
    assert [s.name for s in found.scenario.stages[:2]] == ["Lead", "Contacted"]
    changes = {"warm_up": "20 days", "horizon": "260 days"}  # the queue alone has filled by then
    journal = fs.simulate(found.scenario.vary(changes), seed=5, progress=False)
    mean, se = told(found, "mean hours")
    assert abs(hours_waited(journal, 20.0).mean() - mean) < 4 * 2**0.5 * se
    (drawn,) = found.draws.of(found.scenario, [7])
    assert drawn.stages[0].follow_up == lead.follow_up and drawn.stages[0].loss_time is not None


def test_it_is_off_by_default_and_told_as_what_goes_with_it(export, found) -> None:
    plain = fs.calibrate(export[0], draws=20, progress=False)
    assert plain.report.team is None and not plain.scenario.teams
    assert "Contacted" not in [stage.name for stage in plain.scenario.stages]
    team, text = found.report.team, " ".join(str(found).split())
    low, high = team.interval
    assert low < team.odds_ratio < high and low < 1 < high  # here waiting changes nothing
    assert f"{team.odds_ratio:.2f} times the odds" in text
    assert "not what a quicker call would do" in text and "Response time" in text


def test_who_waits_longer_buys_less_and_it_is_seen() -> None:
    rng = np.random.default_rng(1)
    created = pd.Series(pd.date_range("2026-01-05 09:00", periods=900, freq="3h"))
    quick = rng.random(900) < 0.5
    won = rng.random(900) < np.where(quick, 0.6, 0.3)
    hours = np.where(quick, 1.0, 30.0)
    end = created + pd.to_timedelta(hours + 48, unit="h")
    table = pd.DataFrame({"created": created, "won": end.where(won), "lost": end.where(~won),
                          "Response time (h)": hours})  # fmt: skip
    team = fs.calibrate(table, team=True, draws=20, progress=False).report.team
    truth = 0.6 / 0.4 / (0.3 / 0.7)
    assert team.interval[0] < truth < team.interval[1] and team.interval[0] > 1


def test_who_has_left_is_not_counted() -> None:
    owner = np.array(["Ada", "Bo", "Cy"])[np.arange(300) % 3]
    owner[200:] = np.where(owner[200:] == "Cy", "Ada", owner[200:])
    found = fs.calibrate(small(300, owner=owner), **COLUMNS, owner="owner", team=True, draws=20)
    team = found.report.team
    assert team.owners["at_work"].to_dict() == {"Ada": True, "Bo": True, "Cy": False}
    assert team.reps == 2 and not found.scenario.teams  # nobody says when they called
    assert "does not say when leads were first contacted" in " ".join(str(found).split())


# --- how it is read ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "factor"), [("Response time (h)", 1), ("Minutes to first contact", 60),
                            ("Reaktionszeit", 1), ("Lead response time (days)", 1 / 24)],
)  # fmt: skip
def test_how_long_it_took_is_read_in_its_unit(heading: str, factor: float) -> None:
    table = small(20, **{heading: np.full(20, 6.0) * factor})
    deals = fs.read_deals(table)
    assert ((deals.leads["contacted"] - deals.entered["Lead"]) == pd.Timedelta(hours=6)).all()


@pytest.mark.parametrize(
    "heading", ["First call", "Erstkontakt am", "Первый звонок", "首次联系时间"]
)
def test_a_first_contact_is_no_creation(heading: str) -> None:
    table = small(40)
    table.insert(1, heading, table["created"] + pd.Timedelta(hours=5))
    deals = fs.read_deals(table)
    assert (deals.told["created"], deals.told["contacted"]) == ("created", heading)


def test_contacts_before_the_lead_came_in_are_none_and_said() -> None:
    when = small(40)["created"] + pd.Timedelta(hours=5)
    when[3] = pd.Timestamp("2025-01-01")
    deals = fs.read_deals(small(40, called=when), **COLUMNS, contacted="called")
    assert deals.leads["contacted"].isna().sum() == 1
    (row,) = deals.problems.to_dict("records")
    assert (row["row"], row["column"]) == ("3", "called")
    assert "before it came in" in row["what was done"]
    then = deals.as_of("2026-01-10")
    assert then.leads["contacted"].max() <= then.export_date


def test_hours_are_those_of_each_kind_of_day() -> None:
    weekdays = pd.date_range("2026-01-05 09:10", "2026-03-27 17:00", freq="20min")
    inside = (weekdays.hour >= 9) & (weekdays.hour < 17) & (weekdays.day_of_week < 5)
    saturday = (weekdays.hour >= 10) & (weekdays.hour < 13) & (weekdays.day_of_week == 5)
    assert opening_hours(pd.Series(weekdays[inside | saturday])) == (
        "Mon-Fri 09:00-17:00; Sat 10:00-13:00"
    )
    assert opening_hours(pd.Series(weekdays)) == "always"


def test_where_the_file_has_neither_it_is_refused() -> None:
    with pytest.raises(fs.FunnelSimError, match="owner= or contacted="):
        fs.calibrate(small(40), **COLUMNS, team=True)
    with pytest.raises(fs.FunnelSimError, match='team is "yes"; it is True or False'):
        fs.calibrate(small(40), **COLUMNS, team="yes")
