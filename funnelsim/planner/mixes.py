"""All mixes of leads that are worth buying, as one line: from few sales to many, cheapest first.

A channel is cut into pieces, each with what one more sale of it costs: one piece where a lead has
one price, many along the curve of `saturation`. Bought in the order of that cost, so many sales
cost least: the marginal costs of all channels in use are then equal (the condition of Lagrange). Of
an S-shaped curve its convex hull is gone along. What a lead of a channel is worth is its conversion
without a queue.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.analytic.conversion import conversion_of_channels
from funnelsim.analytic.costs import costs_by_sale
from funnelsim.arguments import refused
from funnelsim.distributions import Floats, Ints
from funnelsim.errors import Finding
from funnelsim.scenario import Channel, Scenario

PIECES = 400  # of a channel's curve
UNLIMITED = 6.0  # times the sales wanted that a channel without a ceiling may bring
HARDLY = 1e-12  # sales of a lead that brings none


@dataclass(frozen=True)
class Mixes:
    """The channels that are moved, and their pieces in the order in which they are bought."""

    names: tuple[str, ...]
    each: Floats  # sales of one lead a day, in the time
    tops: Floats  # leads a day at most
    channel: Ints  # of each piece: the place of its channel
    sales: Floats  # of each piece

    def rates(self, sales: float) -> dict[str, float]:
        """Leads a day of each channel that bring so many sales without a queue."""
        before = np.cumsum(self.sales) - self.sales
        bought = np.clip(sales - before, 0, self.sales)
        rates = np.bincount(self.channel, bought, len(self.names)) / self.each
        return dict(zip(self.names, np.minimum(rates, self.tops).tolist(), strict=True))

    @property
    def most(self) -> float:
        return float(self.sales.sum())


def mixes(today: Scenario, names: tuple[str, ...], sales: float) -> Mixes:
    """The mixes of these channels, for about so many sales.

    Raises FunnelSimError for a channel that cannot be weighed against others.
    """
    moved = [channel for channel in today.channels if channel.name in names]
    for channel in moved:
        _refuse(today, channel)
    some = {c.name: min(c.rate or 1.0, c.most or math.inf) for c in moved}
    probe = today.vary({f"channels.{name}.leads_per_day": rate for name, rate in some.items()})
    places = [place for place, c in enumerate(today.channels) if c.name in names]
    days = leads_of_channels(probe)[places] / list(some.values())  # leads in time, of one a day
    each = np.maximum(days * conversion_of_channels(probe)[places], HARDLY)
    pieces, costs, tops = [], [], []
    for channel, worth, lasts in zip(moved, each, days, strict=True):
        top = UNLIMITED * max(sales, 10.0) / worth if channel.most is None else channel.most
        ends, cost = _pieces(channel, top)
        pieces.append(np.diff(ends) * worth)
        costs.append(cost * lasts / worth)
        tops.append(top)
    if not moved:
        return Mixes((), each, each, np.empty(0, dtype=int), each)
    order = np.argsort(np.concatenate(costs), kind="stable")
    channels = np.repeat(np.arange(len(moved)), [len(piece) for piece in pieces])
    return Mixes(names, each, np.array(tops), channels[order], np.concatenate(pieces)[order])


def _pieces(channel: Channel, top: float) -> tuple[Floats, Floats]:
    """The ends of a channel's pieces, in leads a day, and what a lead more costs in each."""
    from scipy.optimize import isotonic_regression

    ends = np.linspace(0, top, PIECES + 1 if channel.saturation is not None else 2)
    rises: Floats = isotonic_regression(np.diff(channel.spend_on(ends)) / np.diff(ends)).x
    return ends, rises


def _refuse(today: Scenario, channel: Channel) -> None:
    path = f"channels.{channel.name}"
    if costs_by_sale(channel, today):
        rule = "what it costs hangs on what becomes of its leads, which differs from mix to mix"
        raise refused(path, Finding("paid by the sale"), rule, "move the others alone")
    if channel.leads_per_day is None:
        rule = "leads by channel are moved by the lead"
        raise refused(path, Finding("bought by impressions"), rule, "write its leads_per_day")
    if not channel.price and channel.saturation is None and channel.ceiling is None:
        rule = "a lead of it costs nothing and it has no ceiling, so it would bring all"
        raise refused(path, Finding("free"), rule, "give it a cost_per_lead or a ceiling")
