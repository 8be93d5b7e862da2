"""funnelsim: a teaching and simulation kit for sales funnels.

    import funnelsim as fs

    s = fs.load("aida")            # a scenario: what is simulated
    fs.describe(s)                 # what it says before anything is simulated
    j = fs.simulate(s, seed=1)     # a journal: what happened
    fs.funnel_table(j)             # counts and rates by stage
    fs.summary(j)                  # key figures
    fs.explore(s)                  # sliders, in JupyterLab; fs.board(s, "money") is another

Every name below loads its module when it is first used, so that `import funnelsim` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from funnelsim.version import __version__ as __version__

_HOME = {
    "FunnelSimError": "errors",
    "ScenarioError": "errors",
    "Scenario": "scenario",
    "load": "scenario",
    "templates": "scenario",
    "parameters": "scenario.parameters",
    "schema": "scenario.schema",
    "simulate": "engines",
    "story": "stories",
    "Story": "stories",
    "State": "state",
    "Journal": "journal",
    "Backtest": "planner.tested",
    "Calibration": "calibration",
    "Comparison": "experiment",
    "Description": "description",
    "Experiment": "experiment",
    "Forecast": "planner",
    "Plan": "planner",
    "Sensitivity": "experiment",
    "Sweep": "experiment",
    "Track": "planner.tracking",
    "WarmUp": "experiment",
    "funnel_table": "metrics",
    "summary": "metrics",
    "figures": "metrics.figures",
    "channels_table": "metrics",
    "recoveries": "metrics.recoveries",
    "response_times": "metrics",
    "points_liability": "metrics",
    "nps": "metrics.nps",
    "referrals": "metrics.referrals",
    "cohort_retention": "metrics.cohorts",
    "customer_lifetime_value": "metrics.cohorts",
    "retention_by_period": "metrics.cohorts",
    "order_rates": "metrics.orders",
    "orders_by_age": "metrics.orders",
    "fit_retention": "retention",
    "repeat_buying": "retention",
    "open_deals": "metrics.pipeline",
    "pipeline_board": "metrics.pipeline",
    "mix_and_rate": "metrics.mix",
    "weighted_forecast": "metrics.pipeline",
    "sales_velocity": "metrics.pipeline",
    "win_probabilities": "metrics.pipeline",
    "win_probabilities_by_age": "metrics.pipeline",
    "stale_deals": "metrics.pipeline",
    "pipeline_forecast": "metrics.pipeline_forecast",
    "pipeline_changes": "metrics.pipeline_changes",
    "changed_deals": "metrics.pipeline_changes",
    "judged_probabilities": "metrics.judged",
    "funnel_by": "metrics.groups",
    "reps_table": "metrics.groups",
    "read_deals": "deals",
    "Deals": "deals",
    "calibrate": "calibration",
    "load_crm_deals": "datasets",
    "read_olist_funnel": "datasets",
    "replicate": "experiment",
    "compare": "experiment",
    "sweep": "experiment",
    "sensitivity": "experiment",
    "marginal_cac": "experiment",
    "warm_up_advice": "experiment",
    "AbTest": "ab_tests",
    "RepeatedTest": "ab_tests",
    "ab_test": "ab_tests",
    "ab_test_by_day": "ab_tests",
    "always_valid": "ab_tests",
    "peeking": "ab_tests",
    "repeat_ab_test": "ab_tests",
    "sample_size": "ab_tests",
    "stopping_limits": "ab_tests",
    "load_of_teams": "experiment.load",
    "team_load": "analytic.teams",
    "describe": "description",
    "plan": "planner",
    "forecast": "planner",
    "backtest": "planner.backtests",
    "track": "planner.tracking",
    "write_report": "report",
    "write_workbook": "workbook",
    "board": "widgets.boards",
    "demonstrate": "widgets.demonstration",
    "explore": "widgets.boards.explore",
    "plan_form": "widgets.plan_form",
    "check": "exercises",
    "hint": "exercises",
    "student": "exercises.students",
    "results": "exercises.sheets",
    "class_results": "exercises.classes",
    "predict": "exercises.predictions",
    "reveal": "exercises.predictions",
}
_MODULES = {
    "charts": "charts",
    "cohorts": "metrics.cohorts",
    "datasets": "datasets",
    "groups": "metrics.groups",
    "pipeline": "metrics.pipeline",
    "retention": "retention",
}

__all__ = [
    "AbTest",
    "Backtest",
    "Calibration",
    "Comparison",
    "Deals",
    "Description",
    "Experiment",
    "Forecast",
    "FunnelSimError",
    "Journal",
    "Plan",
    "RepeatedTest",
    "Scenario",
    "ScenarioError",
    "Sensitivity",
    "State",
    "Story",
    "Sweep",
    "Track",
    "WarmUp",
    "ab_test",
    "ab_test_by_day",
    "always_valid",
    "backtest",
    "board",
    "calibrate",
    "changed_deals",
    "channels_table",
    "charts",
    "check",
    "class_results",
    "cohort_retention",
    "cohorts",
    "compare",
    "customer_lifetime_value",
    "datasets",
    "demonstrate",
    "describe",
    "explore",
    "figures",
    "fit_retention",
    "forecast",
    "funnel_by",
    "funnel_table",
    "groups",
    "hint",
    "judged_probabilities",
    "load",
    "load_crm_deals",
    "load_of_teams",
    "marginal_cac",
    "mix_and_rate",
    "nps",
    "open_deals",
    "order_rates",
    "orders_by_age",
    "parameters",
    "peeking",
    "pipeline",
    "pipeline_board",
    "pipeline_changes",
    "pipeline_forecast",
    "plan",
    "plan_form",
    "points_liability",
    "predict",
    "read_deals",
    "read_olist_funnel",
    "recoveries",
    "referrals",
    "repeat_ab_test",
    "repeat_buying",
    "replicate",
    "reps_table",
    "response_times",
    "results",
    "retention",
    "retention_by_period",
    "reveal",
    "sales_velocity",
    "sample_size",
    "schema",
    "sensitivity",
    "simulate",
    "stale_deals",
    "stopping_limits",
    "story",
    "student",
    "summary",
    "sweep",
    "team_load",
    "templates",
    "track",
    "warm_up_advice",
    "weighted_forecast",
    "win_probabilities",
    "win_probabilities_by_age",
    "write_report",
    "write_workbook",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    elif name in _MODULES:
        value = import_module(f"{__name__}.{_MODULES[name]}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


if TYPE_CHECKING:
    from funnelsim import charts, datasets, retention
    from funnelsim.ab_tests import (
        AbTest,
        RepeatedTest,
        ab_test,
        ab_test_by_day,
        always_valid,
        peeking,
        repeat_ab_test,
        sample_size,
        stopping_limits,
    )
    from funnelsim.analytic.teams import team_load
    from funnelsim.calibration import Calibration, calibrate
    from funnelsim.datasets import load_crm_deals, read_olist_funnel
    from funnelsim.deals import Deals, read_deals
    from funnelsim.description import Description, describe
    from funnelsim.engines import simulate
    from funnelsim.errors import FunnelSimError, ScenarioError
    from funnelsim.exercises import check, hint
    from funnelsim.exercises.classes import class_results
    from funnelsim.exercises.predictions import predict, reveal
    from funnelsim.exercises.sheets import results
    from funnelsim.exercises.students import student
    from funnelsim.experiment import (
        Comparison,
        Experiment,
        Sensitivity,
        Sweep,
        WarmUp,
        compare,
        marginal_cac,
        replicate,
        sensitivity,
        sweep,
        warm_up_advice,
    )
    from funnelsim.experiment.load import load_of_teams
    from funnelsim.journal import Journal
    from funnelsim.metrics import (
        channels_table,
        cohorts,
        funnel_table,
        groups,
        pipeline,
        points_liability,
        response_times,
        summary,
    )
    from funnelsim.metrics.cohorts import (
        cohort_retention,
        customer_lifetime_value,
        retention_by_period,
    )
    from funnelsim.metrics.figures import figures
    from funnelsim.metrics.groups import funnel_by, reps_table
    from funnelsim.metrics.judged import judged_probabilities
    from funnelsim.metrics.mix import mix_and_rate
    from funnelsim.metrics.nps import nps
    from funnelsim.metrics.orders import order_rates, orders_by_age
    from funnelsim.metrics.pipeline import (
        open_deals,
        pipeline_board,
        sales_velocity,
        stale_deals,
        weighted_forecast,
        win_probabilities,
        win_probabilities_by_age,
    )
    from funnelsim.metrics.pipeline_changes import changed_deals, pipeline_changes
    from funnelsim.metrics.pipeline_forecast import pipeline_forecast
    from funnelsim.metrics.recoveries import recoveries
    from funnelsim.metrics.referrals import referrals
    from funnelsim.planner import Forecast, Plan, forecast, plan
    from funnelsim.planner.backtests import backtest
    from funnelsim.planner.tested import Backtest
    from funnelsim.planner.tracking import Track, track
    from funnelsim.report import write_report
    from funnelsim.retention import fit_retention, repeat_buying
    from funnelsim.scenario import Scenario, load, templates
    from funnelsim.scenario.parameters import parameters
    from funnelsim.scenario.schema import schema
    from funnelsim.state import State
    from funnelsim.stories import Story, story
    from funnelsim.widgets.boards import board
    from funnelsim.widgets.boards.explore import explore
    from funnelsim.widgets.demonstration import demonstrate
    from funnelsim.widgets.plan_form import plan_form
    from funnelsim.workbook import write_workbook
