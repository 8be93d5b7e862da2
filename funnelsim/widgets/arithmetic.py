"""The sum that a live board says: leads × conversions, what lifts it, and what came of it.

Both sides count the same leads: those who entered at the first stage. Referrals and upsells may
enter further down; they are said beside it, or the sum would not be one of like with like.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from funnelsim.analytic.usual_sum import lift_of_odds
from funnelsim.journal import DROPPED, KINDS, REFERRED, UPSOLD, Journal
from funnelsim.journal.whole import FAILED_CALLS
from funnelsim.metrics.basis import since_warm_up
from funnelsim.pages import page
from funnelsim.scenario import Channel, Scenario
from funnelsim.scenario.in_words import share_text
from funnelsim.scenario.values import REFERRAL, OddsRatio

NAMED = 2  # channels and segments; more names would fill the line
LONG = 40  # characters of the product: with the result more than a narrow board's line
WHY = (
    "Leads that came in × the conversions of the stages. Who converts better or worse than that is "
    "the last factor. The rest is chance, leads still open, gone cold, never reached or dropped, "
    "late answers, and those who come back after they were lost."
)
SUM = (
    '<div class="funnelsim-sum{% if is_long %} long{% endif %}" title="{{ why }}"><p>'
    '<span class="product" title="{{ product }}">{{ product }}</span> '
    '<span class="result">{{ result }}</span></p>'
    '<small title="{{ notes }}">{{ notes }}</small></div>'
)


def sum_html(journal: Journal) -> str:
    """The arithmetic of the funnel in words, what was simulated, and a line of what lies between.

    The product may be cut where the board is narrow, the result never.
    """
    s = journal.scenario
    leads, _, _ = since_warm_up(journal)
    from_the_top = leads[f"entered_{s.stages[0].name}"].notna()
    first, later = leads[from_the_top], leads[~from_the_top]
    rates = [stage.conversion for stage in s.stages if stage.conversion is not None]
    lift = lift_of(s, first["channel"].value_counts())
    expected = len(first) * math.prod(rates) * lift
    product = " × ".join([f"{len(first):,}", *map(share_text, rates)])
    if lift != 1:
        product += f" × {lift:.3g}"
    result = f"= {expected:,.0f}; simulated {_bought(first):,}"
    notes = "; ".join([*_lifted(s, first, lift), *_between(first), *_later(s, later)])
    return page(
        SUM, product=product, result=result, notes=notes, why=WHY, is_long=len(product) > LONG
    )


def lift_of(s: Scenario, leads: pd.Series) -> float:
    """How many times as often as the conversions say leads buy, for the odds ratios of channels,
    segments and arms; `leads` is how many there are of each channel. To three digits, as said.

    >>> from funnelsim import load
    >>> lift_of(load("aida-follow-up"), pd.Series({"search ads": 80, "trade fair": 20}))
    1.38
    """
    channels = _channels(s)
    count = leads.reindex([channel.name for channel in channels], fill_value=0).to_numpy(float)
    return float(f"{lift_of_odds(s.model_copy(update={'channels': channels}), count):.3g}")


def _channels(s: Scenario) -> tuple[Channel, ...]:
    """Those of the scenario, and the one that referred leads come by."""
    referral = s.referral
    if referral is None:
        return s.channels
    return (*s.channels, Channel(name=REFERRAL, leads_per_day=0, odds_ratio=referral.odds_ratio))


def _lifted(s: Scenario, leads: pd.DataFrame, lift: float) -> list[str]:
    """Who makes the last factor of the product, by name."""
    if lift == 1:
        return []
    there = {name for of in ("channel", "segment", "arm") for name in leads[of].unique()}
    ratios = [(c.name, c.odds_ratio) for c in _channels(s)]
    ratios += [(segment.name, segment.odds_ratio) for segment in s.segments]
    ratios += [(arm.name, arm.odds_ratio) for arm in s.arms]
    over = [(f"“{name}”", _over_stages(ratio)) for name, ratio in ratios if name in there]
    better = [name for name, ratio in over if ratio > 1]
    worse = [name for name, ratio in over if ratio < 1]
    told = [
        f"{_listed(names)} {'convert' if len(names) > 1 else 'converts'} {how}"
        for names, how in ((better, "better"), (worse, "worse"))
        if names
    ]
    return [f"× {lift:.3g}: {', '.join(told) or 'kinds of leads differ'}"]


def _over_stages(ratio: OddsRatio) -> float:
    """Above 1 for who goes on more often, all stages together."""
    return ratio if isinstance(ratio, float) else math.prod(ratio.values())


def _listed(names: list[str]) -> str:
    """Names in a sentence, the first few of them.

    >>> _listed(["a"]), _listed(["a", "b"]), _listed(["a", "b", "c", "d"])
    ('a', 'a and b', 'a, b and 2 more')
    """
    rest = len(names) - NAMED
    if rest > 0:
        return f"{', '.join(names[:NAMED])} and {rest} more"
    return " and ".join(names)


def _between(leads: pd.DataFrame) -> list[str]:
    """What the conversions do not know of: open leads, calls that failed, and a way back."""
    counts: dict[str, Any] = {"still open": (leads["outcome"] == "open").sum()}
    counts |= {reason: (leads["reason"] == reason).sum() for reason in (*FAILED_CALLS, DROPPED)}
    counts["came back after being lost"] = (leads["recovered"] > 0).sum()
    return [f"{count:,} {what}" for what, count in counts.items() if count]


def _later(s: Scenario, leads: pd.DataFrame) -> list[str]:
    """Who entered further down, and how many of them have bought."""
    told = []
    for kind, part, name in ((REFERRED, s.referral, "referred"), (UPSOLD, s.upsell, "upsells")):
        these = leads[leads["kind"] == KINDS[kind]]
        if part is not None and len(these):
            told.append(f"+{len(these):,} {name} from {part.enters} on, {_bought(these):,} bought")
    return told


def _bought(leads: pd.DataFrame) -> int:
    return int((leads["outcome"] == "customer").sum())
