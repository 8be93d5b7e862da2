"""Who belongs to which group, and the rows that are counted in each.

By team and rep there are two groups of a deal: that of its owner, who brought it in, and that of
who had it in hand (`groups.py` says which is which).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.arguments import a_choice
from funnelsim.distributions import DAY
from funnelsim.journal import CUSTOMER, KINDS, NEVER, Journal
from funnelsim.journal.people import holders_of_visits, named, teams_of_people
from funnelsim.metrics.basis import since_warm_up
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

REP = "rep"
HANDS = ("team", REP)  # by them a lead is credited twice


def groups_of_leads(journal: Journal, by: str) -> pd.Series:
    """The group of each lead, for whom may ask for any `by`: FunnelSimError for one not there."""
    a_grouping(journal, by)
    return groups_of(journal, by)


def groups_of(journal: Journal, by: str) -> pd.Series:
    """The group of each lead, categories in the scenario's order; NaN where it has none."""
    return _teams(journal, journal.leads["owner"], by) if by in HANDS else journal.leads[by]


def a_grouping(journal: Journal, by: str) -> None:
    """Raises FunnelSimError for what the leads of the journal cannot be grouped by."""
    rule = "this is what the leads of the journal can be grouped by"
    a_choice("by", by, _known(journal.scenario), rule)


def _teams(journal: Journal, who: pd.Series, by: str) -> pd.Series:
    """These people, or their teams."""
    import pandas as pd

    if by == REP:
        return who
    teams = [team.name for team in journal.scenario.teams]
    codes = np.append(teams_of_people(journal), NEVER)[who.cat.codes]
    return pd.Series(pd.Categorical.from_codes(codes, teams, ordered=True), index=who.index)


def _known(scenario: Scenario) -> list[str]:
    """What the leads of a scenario can be grouped by."""
    labels = [name for channel in scenario.channels for name in channel.labels]
    labels += [name for segment in scenario.segments for name in segment.labels]
    hands = HANDS if any(stage.follow_up for stage in scenario.stages) else ()
    return [*dict.fromkeys(["channel", "segment", "arm", "kind", *hands, *labels])]


def stages_of(scenario: Scenario, by: str) -> list[str]:
    """The stages before the goal; for owners from the first that calls."""
    stages = list(scenario.stages[:-1])
    if by in HANDS:
        first = next(i for i, stage in enumerate(stages) if stage.follow_up)
        stages = stages[first:]
    return [stage.name for stage in stages]


def brought_in(journal: Journal, by: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The final visits and the leads of those that came in, with the `group` of the lead."""
    group = groups_of(journal, by)
    leads, visits, _ = since_warm_up(journal)
    visits = visits.assign(group=group.loc[visits["lead"]].array)
    return _final(visits), leads[["lead", "outcome"]].assign(group=group.loc[leads.index].array)


def in_hand(journal: Journal, by: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same of all deals, those of the start too, with the `group` that had each in hand."""
    import pandas as pd

    of_visits = pd.Series(named(journal, holders_of_visits(journal)))
    leads, visits = journal.leads, journal.stage_visits.assign(group=_teams(journal, of_visits, by))
    is_deal = leads["arrived"] >= journal.scenario.warm_up / DAY
    is_deal &= leads["kind"] != KINDS[CUSTOMER]
    deals = leads[is_deal]
    deals = deals[["lead", "outcome"]].assign(group=_teams(journal, deals["holder"], by).array)
    return _final(visits[is_deal.loc[visits["lead"]].to_numpy()]), deals


def _final(visits: pd.DataFrame) -> pd.DataFrame:
    """The last visit of each lead to each stage."""
    return visits.drop_duplicates(["lead", "stage"], keep="last")
