"""`funnelsim.analytic.teams` by the name it had in earlier versions; goes with the next one."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from funnelsim.analytic.teams import team_load
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


def load_of_teams(scenario: Scenario) -> pd.DataFrame:
    """`fs.team_load` by its earlier name, with a warning."""
    warnings.warn("load_of_teams is now fs.team_load", DeprecationWarning, stacklevel=2)
    return team_load(scenario)
