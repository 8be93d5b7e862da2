"""A CRM export goes in, a scenario comes out, with what was used, left out and assumed.

`deals/` reads the export and checks every lead. Of each stage `cells` counts the visits, `mixture`
fits two fates to them (`laws`: the families of times), `fates` weighs the models, `curves` shows
the data without any, and `stages` holds all that together. `groups` are channels and owners,
`arrivals` the leads that come, `blocks` and `draws` what the scenario may be as well.
`team` is who calls and how soon, where that is asked for.
`to_scenario` and `state_today` write it down, `sentences` finds the words, `report` shows them.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from funnelsim.arguments import a_seed, a_whole_number, refused
from funnelsim.calibration import sentences
from funnelsim.calibration.arrivals import arrivals
from funnelsim.calibration.blocks import DRAWS, blocks, weights
from funnelsim.calibration.curves import cumulative_incidence
from funnelsim.calibration.draws import Draws, draws_of
from funnelsim.calibration.groups import base_conversions, entered_by, group_odds
from funnelsim.calibration.report import CalibrationReport
from funnelsim.calibration.stages import StageFit, stage_fit, stage_table
from funnelsim.calibration.state_today import state_today
from funnelsim.calibration.team import Team, team_of, with_first_contact, with_team
from funnelsim.calibration.to_scenario import loss_reasons, lost_after, scenario_tables
from funnelsim.deals import Deals, read_deals
from funnelsim.earlier import gone_argument
from funnelsim.errors import FunnelSimError, nearest
from funnelsim.journal.provenance import Provenance
from funnelsim.pages import page
from funnelsim.progress import progress_bar
from funnelsim.scenario import Scenario
from funnelsim.state import State

__all__ = ["Calibration", "CalibrationReport", "Draws", "Team", "calibrate"]

FEWEST_DRAWS = 20
MOST_OWNERS = 200


@dataclass(frozen=True)
class Calibration:
    """A scenario that behaves as the export did, and the report on how it was found.

    `overall` is the share of leads that become customers (the product of the stages'
    conversions), `overall_se` its standard error and `interval` where it lies in 19 cases of 20.
    `draws` says what the scenario may be as well (`fs.calibration.Draws`): a plan, a forecast and
    `fs.replicate` of a calibration take a draw for each future. `state` holds the deals that were
    open when the export was taken: `fs.plan(calibration, ..., initial=calibration.state)`.
    `curves` has, for each stage, how many had advanced and been lost so many days after they
    entered it (Aalen-Johansen). `provenance` says of which file and columns it was made;
    `deals` are those it was made of: a plan tries itself on them (`fs.backtest`).

    >>> from funnelsim import calibrate, load_crm_deals
    >>> deals = load_crm_deals()
    >>> found = calibrate(deals, created="created", won="won", lost="lost", outcome="outcome")
    >>> found.interval[0] < found.overall < found.interval[1], len(found.state.deals) > 0
    (True, True)
    """

    scenario: Scenario
    report: CalibrationReport
    overall: float
    overall_se: float
    interval: tuple[float, float]
    draws: Draws
    state: State
    curves: dict[str, pd.DataFrame]
    provenance: Provenance
    deals: Deals | None = field(default=None, repr=False)

    @property
    def pilot(self) -> tuple[int, int] | None:
        """Sales and leads of a pilot that is worth as much as `overall` ± `overall_se`.

        After n sales of m leads a plan takes the conversion as Beta(1 + n, 1 + m - n). This is the
        one with the mean and standard error of the calibration, in whole numbers: a pilot goes
        where a calibration does not, into a command. None where no pilot knows so little, and
        where there is no doubt.
        """
        mean, error = self.overall, self.overall_se
        if not (0 < mean < 1 and error > 0):
            return None
        together = mean * (1 - mean) / error**2 - 1
        sales, leads = round(mean * together - 1), round(together - 2)
        return (sales, leads) if 0 < sales <= leads else None

    def vary(self, changes: Mapping[str, Any]) -> Calibration:
        """The same calibration with a changed scenario: what an export does not know, or a policy.

        `changes` are those of `Scenario.vary`: what a lead costs, a ceiling, reps. What was
        estimated stays known as well as it was, and the draws go along: odds, rates and values are
        multiplied, and a stage has the times of the draw unless they are changed here. The report
        stays that of the export. Raises FunnelSimError for what `Scenario.vary` refuses.

        >>> import funnelsim as fs
        >>> found = fs.calibrate(fs.load_crm_deals()).vary({"channels.website.cost_per_lead": 3})
        >>> found.scenario.channels[0].cost_per_lead, found.overall_se > 0
        (3.0, True)
        """
        return replace(self, scenario=self.scenario.vary(changes))

    def __str__(self) -> str:
        return f"{self.scenario.name}\n\n{self.report}"

    def _repr_html_(self) -> str:
        return page("<h2>{{ name }}</h2>", name=self.scenario.name) + self.report._repr_html_()


@gone_argument("decided_quantile", "leads that are still open count by how old they are")
def calibrate(
    deals: Deals | pd.DataFrame | str | Path,
    *,
    name: str = "calibrated from an export",
    currency: str | None = None,
    team: bool = False,
    draws: int = DRAWS,
    seed: int = 1,
    progress: bool = True,
    **columns: Any,
) -> Calibration:
    """A scenario from a CRM's export: `deals` as `fs.read_deals` reads them, or what it takes.

    `columns` and all else that `read_deals` takes may be given for a file or a DataFrame: which
    column is created, won, lost, closed, outcome, id, channel, owner, value, reason; stages,
    won_value, lost_value, since, export_date, dayfirst, decimal, encoding, first_stage, goal, ...
    Without them the columns are guessed: `fs.read_deals(...).columns` says how.

    Conversion and times. At each stage a lead advances with some probability, after a winners'
    time; else it is lost after a losers' time, or never says so. All that have entered the stage
    count, the young too: those still open by how old they are. Weibull, lognormal and log-logistic
    times are fitted by maximum likelihood and weighed by Akaike's criterion, with one time for both
    fates or two, and, where losses are marked, with and without losses that nobody marked. Whether
    the follow-up is long enough is tested (Maller and Zhou); where it is not, the interval spans
    the families that the data do not rule out. docs/calibration.md has the method and its sources.

    Errors come from `draws` resamples of the weeks in which leads arrived, with the same `seed` the
    same ones.

    Arrivals: per channel, rate, weekday factors with mean 1, dispersion, and whether the rate
    changes. Odds ratios by channel, the same at every stage, drawn toward the whole where little
    is known; the scenario holds the conversions of the largest channel. Order value: mean and
    coefficient of variation of the won deals.

    With `team` the owners and the first contacts (`owner`, `contacted` of `read_deals`) become a
    team that calls each lead: reps at work, opening hours, a time of a call that makes it as late
    as it was, and the first contact as a stage. `report.team` has response times with their errors,
    and how those contacted soon were won against the others: what goes with it, not its effect.

    The scenario begins so long before the day after the export that the pipeline is full by
    then (warm_up), and ends 90 days after it.

    Raises FunnelSimError for a column that is not there, a date or amount that cannot be read
    (with its row), an empty file, and where nothing has been decided at a stage.

    >>> deals = pd.DataFrame({
    ...     "in": pd.date_range("2026-01-01", periods=40), "sold": pd.NaT})
    >>> deals.loc[::2, "sold"] = deals["in"] + pd.Timedelta(days=5)
    >>> found = calibrate(deals, created="in", won="sold", export_date="2026-03-02")
    >>> found.scenario.stages[0].name, round(found.overall, 2)
    ('Lead', 0.5)
    """
    if not isinstance(team, bool):
        raise refused("team", team, "it is True or False")
    draws, seed = a_whole_number("draws", draws, FEWEST_DRAWS), a_seed(seed)
    if isinstance(deals, Deals):
        if columns:
            raise FunnelSimError(
                f"{next(iter(columns))}: these deals have been read already; say it to read_deals"
            )
    else:
        known = inspect.signature(read_deals).parameters
        for unknown in set(columns) - set(known):
            raise FunnelSimError(
                f"{unknown}= is no argument of calibrate; {nearest(unknown, known)}"
            )
        deals = read_deals(deals, currency=currency, **columns)
    asked = {"draws": draws, "seed": seed} | ({"team": True} if team else {})
    return _estimated(deals, name, currency or deals.currency or "EUR", asked, progress)


def _estimated(
    read: Deals, name: str, currency: str, asked: dict[str, Any], progress: bool
) -> Calibration:
    """Scenario and report of an export that has been read."""
    deals, contact = with_first_contact(read) if "team" in asked else (read, None)
    chance = np.random.default_rng(asked["seed"])
    of_leads = blocks(deals.entered.iloc[:, 0])
    of_blocks = weights(int(of_leads.max()) + 1, asked["draws"], chance)
    team = team_of(deals, contact, of_leads, of_blocks) if "team" in asked else None
    fits, drawn = [], []
    with progress_bar(2 * (len(deals.stages) - 1), progress, "step") as bar:
        for stage in deals.stages[:-1]:
            fits.append(stage_fit(deals, stage, of_leads))
            bar.update(1)
            drawn.append(fits[-1].draws(of_blocks, chance))
            bar.update(1)
    table = stage_table(fits, drawn)
    rates, weekdays, days = arrivals(deals)
    odds = group_odds(fits, "channel", list(rates.index))
    entered = entered_by(fits, "channel", list(rates.index))
    log = odds["log"].to_numpy()
    base = base_conversions(table["conversion"].to_numpy(float), log - log[0], entered)
    table["scenario_conversion"] = base
    channels = rates.join(odds.rename(columns={"se": "se_of_group"}))
    worth, worth_notes = _value(deals)
    tables = scenario_tables(deals, fits, base.tolist(), channels, weekdays, worth)
    if team is not None:
        tables = with_team(tables, team, lost_after(fits[0]))
    scenario = Scenario(name=name, currency=currency, **tables)
    draws = draws_of(scenario, deals, drawn, of_leads, of_blocks, channels, entered, base, chance)
    overall = draws.table["overall"]
    report = CalibrationReport(
        reading=sentences.reading(deals, days),
        left_out=deals.left_out,
        problems=deals.problems,
        rule=sentences.rule(fits, channels, asked["draws"]),
        stages=table,
        channels=channels,
        weekdays=weekdays,
        value=worth,
        reasons=_reason_table({stage.name: loss_reasons(stage.visits) for stage in fits}),
        assumptions=sentences.assumptions(not worth.empty, deals, days, channels, team),
        notes=(*deals.notes, *worth_notes, *sentences.warnings(fits, table, worth, deals, days)),
        owners=_owners(deals, fits),
        team=team,
        curves={stage.name: cumulative_incidence(stage.visits) for stage in fits},
    )
    return Calibration(
        scenario=scenario,
        report=report,
        overall=float(table["conversion"].prod()),
        overall_se=float(overall.std(ddof=1)),
        interval=(float(overall.quantile(0.025)), float(overall.quantile(0.975))),
        draws=draws,
        state=state_today(deals, fits),
        curves=report.curves,
        provenance=Provenance("calibration", scenario, None, _asked(deals, asked)),
        deals=read,
    )


def _asked(deals: Deals, asked: dict[str, Any]) -> dict[str, Any]:
    """Which export it was and how it was read, guesses included: enough to do the same again."""
    return {"deals": deals.source, **deals.arguments, **asked}


def _owners(deals: Deals, fits: Sequence[StageFit]) -> pd.DataFrame:
    """What sets owners apart, those who brought most first; empty where the file names none."""
    counts = deals.leads["owner"].value_counts()
    counts = counts[counts > 0]
    if len(counts) < 2 or len(counts) > MOST_OWNERS:
        return pd.DataFrame()
    return group_odds(list(fits), "owner", list(counts.index))


def _reason_table(reasons: Mapping[str, Mapping[str, int]]) -> pd.DataFrame:
    table = pd.DataFrame({s: pd.Series(r, dtype=float) for s, r in reasons.items() if r})
    counts = table.reindex(table.sum(axis=1).sort_values(ascending=False, kind="stable").index)
    return counts.fillna(0).astype(int).rename_axis("reason")


def _value(deals: Deals) -> tuple[pd.DataFrame, list[str]]:
    """Count, mean and coefficient of variation of the won deals' values; notes on the rest."""
    won = deals.leads[deals.leads["outcome"] == "won"]
    if deals.leads["value"].isna().all():
        return pd.DataFrame(), []
    notes, worth = [], won["value"].dropna()
    if len(worth) < len(won):
        notes.append(f"value: {len(won) - len(worth):,} of {len(won):,} won deals have none")
    if (worth < 0).any():
        notes.append(f"value: {int((worth < 0).sum()):,} won deals below 0 are left out")
        worth = worth[worth >= 0]
    if (worth == 0).any():
        notes.append(f"value: {int((worth == 0).sum()):,} won deals are worth 0, and counted")
    if worth.empty or worth.mean() <= 0:
        return pd.DataFrame(), [*notes, "value: no won deal has one; the scenario has no order"]
    spread = float(worth.std(ddof=1)) if len(worth) > 1 else 0.0
    row = {
        "deals": len(worth),
        "mean": float(worth.mean()),
        "± s.e.": spread / len(worth) ** 0.5,
        "cv": spread / float(worth.mean()),
    }
    return pd.DataFrame([row], index=pd.Index(["won deals"], name="value of")), notes
