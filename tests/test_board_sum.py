"""What the live board's sum says: both sides count the same leads, and who lifts it is named."""

from __future__ import annotations

import html
import math
import re

import pandas as pd
import pytest

import funnelsim as fs
from funnelsim.widgets.arithmetic import lift_of, sum_html

FOLLOW_UP = fs.load("aida-follow-up")
BARE = FOLLOW_UP.vary(
    {
        "teams": [],
        "retention": None,
        "channels.search ads.leads_per_day": 900,
        **{f"stages.{stage}.follow_up": None for stage in ("Interest", "Desire")},
        **{
            f"stages.{stage}.decision_time": {"constant": "0 s"}
            for stage in ("Attention", "Interest", "Desire")
        },
    }
)


def said(journal):
    return re.sub(" +", " ", html.unescape(re.sub("<.*?>", " ", sum_html(journal)))).strip()


def simulated(scenario, seed=1):
    return fs.simulate(scenario, seed=seed, progress=False)


def test_without_odds_it_is_leads_times_conversions():
    plain = FOLLOW_UP.vary({"channels.trade fair.odds_ratio": 1, "segments": []})
    journal = simulated(plain)
    table = fs.funnel_table(journal)
    leads, customers = int(table["entered"].iloc[0]), int(table["entered"].iloc[-1])
    expected = f"{leads * 0.6 * 0.5 * 0.4:,.0f}"
    assert f"{leads:,} × 60 % × 50 % × 40 % = {expected}; simulated {customers:,}" in said(journal)
    assert f"{table['open'].sum():,} still open" in said(journal)
    assert f"{table['lost: gone cold'].sum():,} gone cold" in said(journal)
    assert "convert" not in said(journal)


def test_odds_ratios_are_one_more_factor_and_the_sum_comes_out(seed):
    journal = simulated(BARE, seed)
    count = journal.leads["channel"].value_counts()
    lift, leads = lift_of(BARE, count), len(journal.leads)
    rate = 0.6 * 0.5 * 0.4 * lift
    customers = int((journal.leads["outcome"] == "customer").sum())
    error = math.sqrt(leads * rate * (1 - rate))
    assert abs(customers - leads * rate) < 4 * error + 0.005 * leads * rate  # it is rounded
    told = f"{leads:,} × 60 % × 50 % × 40 % × {lift:.3g} = {leads * rate:,.0f}; "
    assert told + f"simulated {customers:,}" in said(journal)
    assert f"× {lift:.3g}: “trade fair” and “knows us” convert better" in said(journal)


def test_one_stage_and_one_odds_ratio_by_hand():
    tables = {
        "name": "one",
        "horizon": "30 days",
        "channels": [
            {"name": "a", "leads_per_day": 1, "odds_ratio": 1.5},
            {"name": "b", "leads_per_day": 1},
        ],
        "stages": [{"name": "In", "conversion": 0.5}, {"name": "Out"}],
    }
    # odds of 1.5 are a chance of 0.6
    assert lift_of(fs.Scenario(**tables), pd.Series({"a": 1, "b": 0})) == 1.2
    assert lift_of(fs.Scenario(**tables), pd.Series({"a": 1, "b": 1})) == 1.1
    assert lift_of(fs.Scenario(**tables), pd.Series({"a": 0, "b": 0})) == 1


def test_who_converts_worse_is_named_too():
    journal = simulated(FOLLOW_UP.vary({"segments.first-time.odds_ratio": {"Interest": 0.5}}))
    told = "“trade fair” and “knows us” convert better, “first-time” converts worse"
    assert told in said(journal)


@pytest.mark.parametrize(
    ("name", "kind", "word"),
    [("upsell", "upsell", "upsells"), ("aida-loyalty-advocacy", "referral", "referred")],
)
def test_who_enters_further_down_is_not_in_the_sum_but_beside_it(name, kind, word):
    journal = simulated(fs.load(name))
    leads, later = journal.leads, journal.leads["kind"] == kind
    bought = leads["outcome"] == "customer"
    assert f"{(~later).sum():,} × " in said(journal)
    assert f"simulated {(bought & ~later).sum():,} " in said(journal)
    told = rf"\+{later.sum():,} {word} from \w+ on, {(bought & later).sum():,} bought"
    assert re.search(told, said(journal))
    # what the tile beside it says: an upsell is no further customer, a referred lead is
    customers = (bought & ~later).sum() + (bought & later).sum() * (kind == "referral")
    assert customers == fs.summary(journal)["customers"]


def test_those_who_came_back_are_said():
    journal = simulated(fs.load("awareness-to-decision"))
    back = (journal.leads["recovered"] > 0).sum()
    assert f"{back:,} came back after being lost" in said(journal)
