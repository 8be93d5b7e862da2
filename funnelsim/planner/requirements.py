"""What the plan requires of each stage and each channel, as tables."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels, whole_days
from funnelsim.analytic.costs import cost_of_channels
from funnelsim.distributions import Floats
from funnelsim.metrics.basis import divided
from funnelsim.planner.levers import is_full, is_paid
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


def stages_required(scenario: Scenario, entered: Floats) -> pd.DataFrame:
    """A row per stage: `entered` (leads, in all), `per_day`, and the share that got from each to
    the next within the time (`went_on`)."""
    import pandas as pd

    went_on = np.append([divided(b, a) for a, b in pairwise(entered)], np.nan)
    index = pd.Index([stage.name for stage in scenario.stages], name="stage")
    days = max(whole_days(scenario), 1)
    columns = {"entered": entered, "per_day": entered / days, "went_on": went_on}
    return pd.DataFrame(columns, index=index)


def channels_required(today: Scenario, planned: Scenario, commission: Floats) -> pd.DataFrame:
    """A row per channel: leads a day `today` and `planned`, `leads` and `cost` in all, how much of
    that is `commission` on the sales, its `ceiling` a day (NaN: none), whether the plan has reached
    it (`full`), and whether a lead or a sale of it costs something (`paid`)."""
    import pandas as pd

    days = max(whole_days(planned), 1)
    leads = leads_of_channels(planned)
    ceilings = np.array(
        [np.nan if c.ceiling is None else c.ceiling for c in planned.channels], dtype=float
    )
    return pd.DataFrame(
        {
            "today": leads_of_channels(today) / days,
            "planned": leads / days,
            "leads": leads,
            "cost": cost_of_channels(planned) + commission,
            "commission": commission,
            "ceiling": ceilings,
            "full": is_full(today, planned),
            "paid": [is_paid(channel, planned) for channel in planned.channels],
        },
        index=pd.Index([channel.name for channel in planned.channels], name="channel"),
    )
