"""A difference of two conversions taken apart: by hand, by its laws, and against chance itself."""

from __future__ import annotations

from fractions import Fraction

import everything
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.charts.channels import ALL, arrow_rows, step_rows

quick = settings(max_examples=40, deadline=None)


def counts(*pairs: tuple[int, int]) -> pd.DataFrame:
    """Leads and customers of groups a, b, c ..."""
    return pd.DataFrame(pairs, columns=["leads", "customers"], index=list("abcdefgh"[: len(pairs)]))


@st.composite
def periods(draw: st.DrawFn, least: int = 1) -> list[pd.DataFrame]:
    groups = draw(st.integers(1, 5))
    found = []
    for _ in range(2):
        leads = draw(st.lists(st.integers(least, 400), min_size=groups, max_size=groups))
        won = [draw(st.integers(0, n)) for n in leads]
        found.append(counts(*zip(leads, won, strict=True)))
    return found


# --- the effects ----------------------------------------------------------------------------------


def test_a_conversion_that_falls_although_it_rises_everywhere() -> None:
    """By hand: twice 1,000 leads with 20 % and 5 %, then 1,000 and 3,000 with 21 % and 5.5 %."""
    table = fs.mix_and_rate(counts((1000, 200), (1000, 50)), counts((1000, 210), (3000, 165)))
    assert (table.rate_after > table.rate_before).tolist() == [True, True, False]
    assert table.share_after.tolist() == [0.25, 0.75, 1.0]
    # shares -1/4 and +1/4, mean rates 20.5 % and 5.25 %; mean shares 3/8 and 5/8
    assert table.mix_effect["overall"] == pytest.approx(-0.25 * 0.205 + 0.25 * 0.0525)
    assert table.rate_effect["overall"] == pytest.approx(0.01 * 3 / 8 + 0.005 * 5 / 8)
    # the overall rates are 12.5 % and 9.375 %: their mean is taken off
    middle = (0.125 + 0.09375) / 2
    assert table.mix_effect["a"] == pytest.approx(-0.25 * (0.205 - middle))
    assert table.rate_effect["b"] == pytest.approx(0.005 * 5 / 8)
    assert table.interaction.tolist() == pytest.approx([-0.0025, 0.00125, -0.00125])


@given(periods())
@quick
def test_mix_and_rate_add_up_and_turn_round_with_time(both: list[pd.DataFrame]) -> None:
    table, back = fs.mix_and_rate(*both), fs.mix_and_rate(*both[::-1])
    whole = table.loc["overall"]
    exact = [Fraction(int(c.customers.sum()), int(c.leads.sum())) for c in both]
    assert whole.effect == pytest.approx(float(exact[1] - exact[0]), abs=1e-12)
    effects = table[["mix_effect", "rate_effect", "effect", "interaction"]]
    assert effects.drop("overall").sum().to_numpy() == pytest.approx(
        effects.loc["overall"].to_numpy(), abs=1e-12
    )
    assert (effects.mix_effect + effects.rate_effect).to_numpy() == pytest.approx(
        effects.effect.to_numpy(), abs=1e-12
    )
    turned = back[["mix_effect", "rate_effect"]].to_numpy()
    assert turned == pytest.approx(-effects[["mix_effect", "rate_effect"]].to_numpy(), abs=1e-12)


@given(periods(), st.integers(2, 9))
@quick
def test_what_did_not_change_has_no_effect(both: list[pd.DataFrame], times: int) -> None:
    same_shares = both[0].assign(customers=both[0].leads - both[0].customers)
    assert fs.mix_and_rate(both[0], same_shares).mix_effect.to_numpy() == pytest.approx(0)
    grown = both[0].mul([times, *[1] * (len(both[0]) - 1)], axis=0)  # one group, at its rate
    table = fs.mix_and_rate(both[0], grown)
    assert table.rate_effect.to_numpy() == pytest.approx(0)
    assert (table.rate_effect_se.to_numpy() >= 0).all()


@given(periods())
@quick
def test_at_the_rates_of_before_it_is_the_mix_less_half_of_the_interaction(
    both: list[pd.DataFrame],
) -> None:
    table = fs.mix_and_rate(*both)
    each, whole = table.drop("overall"), table.loc["overall"]
    at_old_rates = (each.rate_before * each.share_after).sum() - whole.rate_before
    assert at_old_rates == pytest.approx(whole.mix_effect - whole.interaction / 2, abs=1e-12)


def test_a_group_that_is_new_or_gone_is_mix_alone() -> None:
    before, after = counts((100, 20), (50, 5)), counts((100, 20), (50, 5)).iloc[:1]
    after.loc["new"] = [300, 30]
    table = fs.mix_and_rate(before, after)
    assert table.index.tolist() == ["a", "b", "new", "overall"]
    assert table.leads_after.tolist() == [100, 0, 300, 400]
    assert np.isnan(table.rate_after["b"])
    assert np.isnan(table.rate_before["new"])
    assert table.rate_effect.tolist() == pytest.approx([0, 0, 0, 0])
    assert table.mix_effect["overall"] == pytest.approx(50 / 400 - 25 / 150)
    assert np.isfinite(table.filter(like="_se").to_numpy()).all()


# --- standard errors ------------------------------------------------------------------------------


@pytest.mark.parametrize("new", [False, True])
def test_standard_errors_are_what_chance_does(seed: int, new: bool) -> None:
    """The spread of the effects over samples; that of a spread from n draws is 1 / √(2n) of it."""
    n, leads = 1500, (900, 1400)
    shares = [[0.5, 0.3, 0.2], [0.3, 0.4, 0.3]]
    rates = [[0.3, 0.1, 0.02], [0.33, 0.08, 0.05]]
    if new:
        shares[0] = [0.6, 0.4, 0.0]
    cells = [
        [p * q for p, r in zip(s, rs, strict=True) for q in (r, 1 - r)]
        for s, rs in zip(shares, rates, strict=True)
    ]
    draw = np.random.default_rng(seed)
    samples = [draw.multinomial(k, p, n) for k, p in zip(leads, cells, strict=True)]
    effects = []
    for one, other in zip(*samples, strict=True):
        pair = (counts(*((a + b, a) for a, b in s.reshape(3, 2).tolist())) for s in (one, other))
        effects.append(_bare(*pair))
    expected = [counts(*((k * (a + b), k * a) for a, b in np.reshape(p, (3, 2)).round(6).tolist()))
                for k, p in zip(leads, cells, strict=True)]  # fmt: skip
    table = fs.mix_and_rate(*(c.round().astype(int) for c in expected))
    found = table[["mix_effect_se", "rate_effect_se", "effect_se"]].loc["overall"]
    spread = np.std(effects, axis=0)
    assert found.to_numpy() == pytest.approx(spread, rel=4 / np.sqrt(2 * n) + 0.01)


def _bare(before: pd.DataFrame, after: pd.DataFrame) -> tuple[float, float, float]:
    """The overall effects in the plainest way."""
    s0, s1 = (c.leads.to_numpy() / c.leads.sum() for c in (before, after))
    with np.errstate(invalid="ignore"):
        r0, r1 = (c.customers.to_numpy() / c.leads.to_numpy() for c in (before, after))
    r0, r1 = np.where(np.isnan(r0), r1, r0), np.where(np.isnan(r1), r0, r1)
    mix, rate = ((s1 - s0) * (r0 + r1) / 2).sum(), ((r1 - r0) * (s0 + s1) / 2).sum()
    return mix, rate, mix + rate


def test_of_the_whole_it_is_that_of_two_shares() -> None:
    table = fs.mix_and_rate(counts((200, 30), (300, 60)), counts((250, 50), (150, 12)))
    p, q = 90 / 500, 62 / 400
    se = np.sqrt(p * (1 - p) / 500 + q * (1 - q) / 400)
    assert table.effect_se["overall"] == pytest.approx(se)


# --- of journals ----------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["channel", "segment", "kind", "team", "rep"])
def test_of_journals_it_explains_the_conversion_that_the_summary_says(by: str) -> None:
    before, after = everything.simulated(1), everything.simulated(2)
    table = fs.mix_and_rate(before, after, by)
    whole = table.loc["overall"]
    for journal, at in ((before, "before"), (after, "after")):
        figures = fs.summary(journal)
        assert whole[f"leads_{at}"] == figures.leads
        assert whole[f"rate_{at}"] == pytest.approx(figures.overall_conversion)
    assert table.index.name == by
    if by == "rep":  # whom nobody reached
        assert table.index[-2] == "–"
    if by == "channel":
        own = fs.channels_table(before)
        assert table.leads_before.drop("overall").to_dict() == own.leads.to_dict()
        assert fs.mix_and_rate(own, fs.channels_table(after)).equals(table)


BAD = counts((10, 3))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (5, "a int; it is a journal, or a table"),
        (BAD[["leads"]], "a table without customers"),
        (BAD.assign(customers=11), "nobody is a customer who was no lead"),
        (BAD.assign(customers=2.5), "whole numbers"),
        (BAD.assign(leads=np.nan), "whole numbers"),
        (BAD.assign(customers=-1), "whole numbers"),
        (BAD * 0, "no conversion where no lead came"),
        (pd.concat([BAD, BAD]), "a with a twice|a twice"),
        (BAD.rename(index={"a": "overall"}), "all groups together"),
    ],
)
def test_what_cannot_be_taken_apart_is_said(wrong: object, words: str) -> None:
    with pytest.raises(fs.FunnelSimError, match=f"^before.*({words})"):
        fs.mix_and_rate(wrong, BAD)
    with pytest.raises(fs.FunnelSimError, match=f"^after.*({words})"):
        fs.mix_and_rate(BAD, wrong)


def test_a_group_that_is_none_is_named() -> None:
    journal = everything.simulated(1)
    with pytest.raises(fs.FunnelSimError, match="did you mean channel"):
        fs.mix_and_rate(journal, journal, "chanel")


# --- its picture ----------------------------------------------------------------------------------


def test_the_picture_draws_what_the_table_says() -> None:
    both = counts((1000, 200), (1000, 50)), counts((1000, 210), (3000, 165))
    table = fs.mix_and_rate(*both)
    arrows = arrow_rows(table)
    assert [row["group"] for row in arrows] == ["a", "b", ALL]
    assert [row["way"].split()[0] for row in arrows] == ["higher", "higher", "lower"]
    assert arrows[1]["label"] == "5.00 % → 5.50 %, of the leads 50.0 % → 75.0 %"
    steps = step_rows(table)
    assert [row["from"] for row in steps[1:3]] == pytest.approx(
        [0.125, 0.125 + table.mix_effect["overall"]]
    )
    assert steps[2]["to"] == steps[3]["to"] == pytest.approx(0.09375)
    assert steps[1]["text"].startswith("−3.81 ± ")
    chart = fs.charts.mix_and_rate(*both, by="channel")
    assert chart.title.text == "From 12.5 % to 9.38 %"
    assert chart.to_dict()["vconcat"]


def test_a_group_without_leads_in_one_of_the_two_is_drawn_all_the_same() -> None:
    gone = counts((100, 20), (50, 5)), counts((100, 20), (0, 0))
    rows = arrow_rows(fs.mix_and_rate(*gone))
    assert rows[1]["after"] is None
    assert fs.charts.mix_and_rate(*gone).to_dict()
    never = counts((100, 20), (0, 0))
    assert len(arrow_rows(fs.mix_and_rate(never, never))) == 2
    nobody_buys = counts((100, 0))
    assert fs.charts.mix_and_rate(nobody_buys, nobody_buys).to_dict()
