"""funnelsim: a teaching and simulation kit for sales funnels.

    import funnelsim as fs

    s = fs.load("aida")            # a scenario: what is simulated
    j = fs.simulate(s, seed=1)     # a journal: what happened
    fs.funnel_table(j)             # counts and rates by stage
    fs.summary(j)                  # key figures
    fs.explore(s)                  # sliders, in JupyterLab

Every name below loads its module when it is first used, so that `import funnelsim` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "FunnelSimError": "errors",
    "ScenarioError": "errors",
    "Scenario": "scenario",
    "load": "scenario",
    "templates": "scenario",
    "simulate": "engines",
    "State": "state",
    "Journal": "journal",
    "funnel_table": "metrics",
    "summary": "metrics",
    "channels_table": "metrics",
    "points_liability": "metrics",
    "cohort_retention": "cohorts",
    "customer_lifetime_value": "cohorts",
    "retention_by_period": "cohorts",
    "open_deals": "pipeline",
    "pipeline_board": "pipeline",
    "funnel_by": "groups",
    "reps_table": "groups",
    "read_deals": "deals",
    "Deals": "deals",
    "calibrate": "calibration",
    "load_crm_deals": "datasets",
    "read_olist_funnel": "datasets",
    "replicate": "experiment",
    "compare": "experiment",
    "sweep": "experiment",
    "sensitivity": "experiment",
    "warm_up_advice": "experiment",
    "load_of_teams": "experiment",
    "plan": "planner",
    "forecast": "planner",
    "write_report": "report",
    "write_workbook": "workbook",
    "explore": "widgets.explorer",
    "plan_form": "widgets.plan_form",
    "check": "exercises",
}
_MODULES = ("charts", "cohorts", "datasets")

__all__ = [
    "Deals",
    "FunnelSimError",
    "Journal",
    "Scenario",
    "ScenarioError",
    "State",
    "calibrate",
    "channels_table",
    "charts",
    "check",
    "cohort_retention",
    "cohorts",
    "compare",
    "customer_lifetime_value",
    "datasets",
    "explore",
    "forecast",
    "funnel_by",
    "funnel_table",
    "load",
    "load_crm_deals",
    "load_of_teams",
    "open_deals",
    "pipeline_board",
    "plan",
    "plan_form",
    "points_liability",
    "read_deals",
    "read_olist_funnel",
    "replicate",
    "reps_table",
    "retention_by_period",
    "sensitivity",
    "simulate",
    "summary",
    "sweep",
    "templates",
    "warm_up_advice",
    "write_report",
    "write_workbook",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    elif name in _MODULES:
        value = import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


if TYPE_CHECKING:
    from funnelsim import charts, cohorts, datasets
    from funnelsim.calibration import calibrate
    from funnelsim.cohorts import cohort_retention, customer_lifetime_value, retention_by_period
    from funnelsim.datasets import load_crm_deals, read_olist_funnel
    from funnelsim.deals import Deals, read_deals
    from funnelsim.engines import simulate
    from funnelsim.errors import FunnelSimError, ScenarioError
    from funnelsim.exercises import check
    from funnelsim.experiment import (
        compare,
        load_of_teams,
        replicate,
        sensitivity,
        sweep,
        warm_up_advice,
    )
    from funnelsim.groups import funnel_by, reps_table
    from funnelsim.journal import Journal
    from funnelsim.metrics import channels_table, funnel_table, points_liability, summary
    from funnelsim.pipeline import open_deals, pipeline_board
    from funnelsim.planner import forecast, plan
    from funnelsim.report import write_report
    from funnelsim.scenario import Scenario, load, templates
    from funnelsim.state import State
    from funnelsim.widgets.explorer import explore
    from funnelsim.widgets.plan_form import plan_form
    from funnelsim.workbook import write_workbook
