"""What a loyalty programme does, told of two worlds with the same customers, one without it."""

from __future__ import annotations

from typing import Any

from funnelsim.metrics.programme import same_people
from funnelsim.scenario import Scenario
from funnelsim.tables import figure_text
from funnelsim.widgets.board import Seen
from funnelsim.widgets.picture import Pair
from funnelsim.widgets.worlds import Line


def _worth(points: Any, s: Scenario) -> Any:
    return points * (s.loyalty.point_value if s.loyalty else 0.0)


COSTS = "goods, shipping, leads, rewards, messages, days of the programme"
PAID = "what orders were cheaper by: it is not in the revenue"
GAPS = "the gap", "anyway", "by the programme"
LINES = (
    Line("Revenue", "money", "net: paid for orders kept", lambda f, s: f["revenue"]),
    Line("Costs, less fees", "money", COSTS, lambda f, s: f["revenue"] - f["contribution"]),
    Line("Contribution", "money", "revenue less costs", lambda f, s: f["contribution"]),
    Line("Paid with points", "money", PAID, lambda f, s: _worth(f["points_redeemed"], s), False),
    Line("Points owed", "money", "open points", lambda f, s: f["points_liability"], False),
    Line("Breakage", "share", "of the points earned: expired", lambda f, s: f["breakage"], False),
)


def means(pair: Pair) -> dict[str, float]:
    """What others and members spend, and what these would without the programme."""
    return same_people(pair.here.journal, pair.there.journal)


def programme_told(seen: Seen, pair: Pair) -> dict[str, str]:
    """What the programme does, what members and others spend, and where the gap comes from."""
    sides = pair.here.figures, pair.there.figures
    revenue, left = (line.told(line.effect(pair, *sides)) for line in LINES[:3:2])
    spent = means(pair)
    others, before, members = spent.values()
    gaps = members - others, before - others, members - before
    told = {"its revenue": revenue, "its contribution": left}
    told |= {name: figure_text(mean, "money", seen.start.currency) for name, mean in spent.items()}
    return told | dict(zip(GAPS, (f"{gap:+,.2f}".replace("-", "−") for gap in gaps), strict=True))
