"""A/B tests: by hand, against published tables, and against the truth of the same customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import funnelsim as fs
from funnelsim.ab_tests import effects as of
from funnelsim.ab_tests.sums import TESTED, journal_sums, sums_of
from funnelsim.distributions import DAY

SHOP = fs.load("shop-with-experiment").vary({"horizon": "7 days"})
NULL = SHOP.vary({"arms.new page.odds_ratio": 1.0})


# --- against what is published ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("looks", "chance"),
    [(1, 0.050), (2, 0.083), (3, 0.107), (4, 0.126), (5, 0.142), (10, 0.193), (20, 0.248)],
)
def test_peeking_is_the_table_of_armitage_mcpherson_and_rowe(looks, chance):
    assert fs.peeking(looks) == pytest.approx(chance, abs=0.0006)


@pytest.mark.parametrize(("looks", "limit"), [(2, 2.178), (3, 2.289), (5, 2.413), (10, 2.555)])
def test_pocock_s_limits(looks, limit):
    assert fs.stopping_limits(looks).z.to_numpy() == pytest.approx(limit, abs=0.0006)


@pytest.mark.parametrize(("looks", "limit"), [(2, 1.977), (3, 2.004), (5, 2.040), (10, 2.087)])
def test_the_last_limit_of_o_brien_and_fleming(looks, limit):
    table = fs.stopping_limits(looks, kind="obrien-fleming")
    assert table.z.iloc[-1] == pytest.approx(limit, abs=0.0006)
    assert table.z.iloc[0] == pytest.approx(limit * looks**0.5, abs=0.003)
    assert table.spent.iloc[-1] == pytest.approx(0.05, abs=1e-8)


def test_unequal_looks_are_those_of_a_walk(seed):
    times, runs = np.array([1.0, 1.5, 4.0]), 40_000
    steps = np.random.default_rng(seed).normal(size=(runs, 3)) * np.sqrt(np.diff(times, prepend=0))
    beyond = (np.abs(steps.cumsum(axis=1)) > 1.96 * np.sqrt(times)).any(axis=1).mean()
    chance = fs.peeking(times.tolist())
    assert abs(beyond - chance) < 5 * (chance * (1 - chance) / runs) ** 0.5


def test_always_valid_p_is_valid_on_every_look(seed):
    walk = np.random.default_rng(seed).normal(size=(2_000, 200)).cumsum(axis=1)
    n = np.arange(1, 201)
    p = fs.always_valid(walk / n, np.broadcast_to(n**-0.5, walk.shape), expected=0.2)
    assert (p < 0.05).any(axis=1).mean() < 0.05 + 5 * (0.05 * 0.95 / 2_000) ** 0.5


def test_sample_size_is_that_of_the_textbook():
    # R: power.prop.test(p1=.05, p2=.06, power=.8), and power.t.test(delta=2, sd=60, power=.9)
    assert fs.sample_size(0.05, 0.2) == 2 * 8158
    assert fs.sample_size(20, 0.1, 0.9, spread=60) == pytest.approx(2 * 18_914, rel=0.001)
    assert fs.sample_size(0.05, 0.2, share=0.1) > 2 * fs.sample_size(0.05, 0.2)


# --- by hand ------------------------------------------------------------------------------------


def test_counts_are_the_chi_square_test():
    from scipy.stats import chi2_contingency

    test = fs.ab_test({"A": (5000, 250), "B": (5100, 320)})
    p = chi2_contingency([[250, 4750], [320, 4780]], correction=False).pvalue
    assert test.effects.loc["B", "p"] == pytest.approx(p, rel=0.02)
    assert test.effects.loc["B", "lift"] == pytest.approx(320 / 5100 / 0.05 - 1)


def test_a_mean_is_welch_s_test(seed):
    from scipy.stats import ttest_ind

    r = np.random.default_rng(seed)
    a, b = r.gamma(2, 10, 4000), r.gamma(2, 10.3, 3000)
    table = pd.DataFrame({"arm": ["A"] * 4000 + ["B"] * 3000, "paid": np.r_[a, b]})
    found = fs.ab_test(table, "paid").effects.loc["B"]
    its = ttest_ind(b, a, equal_var=False)
    assert found["difference"] == pytest.approx(b.mean() - a.mean())
    z = found["difference"] / (found["high"] - found["low"]) * 2 * 1.959964
    assert z == pytest.approx(its.statistic, rel=1e-5)


def test_a_ratio_is_the_delta_method(seed):
    """Its standard error is that of many tables, where the orders of a customer are alike."""
    r = np.random.default_rng(seed)
    runs, n = 1000, 300
    orders = r.poisson(2, (runs, n)) + 1.0
    paid = orders * r.gamma(2, 10, (runs, n))
    group = np.repeat(np.arange(runs), n)
    told = of.estimates(sums_of(paid.ravel(), orders.ravel(), group, runs))
    spread = told.value.std(ddof=1)
    assert np.sqrt((told.error**2).mean()) == pytest.approx(spread, rel=5 / (2 * runs) ** 0.5)


def test_rows_of_one_unit_are_one():
    one = pd.DataFrame({"arm": [*"AABB"] * 30, "paid": [1.0, 3, 2, 5] * 30, "orders": 1})
    one["who"] = np.arange(120)
    twice = pd.concat([one, one]).sort_values("who")
    found = fs.ab_test(twice, "paid", per="orders", unit="who")
    assert found.arms["n"].tolist() == [60, 60]
    pd.testing.assert_frame_equal(
        found.effects[["low", "high", "p"]],
        fs.ab_test(one, "paid", per="orders").effects[["low", "high", "p"]],
    )
    one.loc[0, "who"] = 2  # the unit of a row of B
    assert "in several arms" in fs.ab_test(one, "paid", unit="who").warnings[0]


def test_a_split_is_tested_by_chi_square_with_a_degree_less_than_arms():
    n, shares = np.array([520.0, 250.0, 230.0]), np.array([0.5, 0.25, 0.25])
    usual = stats.chisquare(n, 1000 * shares).pvalue
    assert of.sample_ratio(n, shares) == pytest.approx(usual)


def test_a_broken_split_is_said_first():
    test = fs.ab_test({"A": (5500, 250), "B": (5000, 320)})
    assert test.is_off and test.sentence.startswith("Do not read the effect")
    assert not fs.ab_test({"A": (5500, 250), "B": (5000, 320)}, shares={"A": 11, "B": 10}).is_off


def test_how_much_longer_is_what_power_asks_for():
    test = fs.ab_test({"A": (2000, 200), "B": (2000, 200)}, days=10, lift=0.2)
    n = 4000 + test.more_leads
    again = fs.ab_test({"A": (n // 2, n // 20), "B": (n // 2, n // 20)}, lift=0.2)
    assert again.effects["power"].iloc[0] == pytest.approx(0.8, abs=0.002)
    assert test.more_days == pytest.approx(10 * test.more_leads / 4000, rel=0.01)
    assert again.more_leads < 10


# --- a journal ----------------------------------------------------------------------------------


@pytest.mark.parametrize("figure", list(TESTED))
def test_figures_are_those_of_the_journal(figure, seed):
    commission = {f"channels.{SHOP.channels[0].name}.commission": 0.1}
    j = fs.simulate(SHOP.vary(commission), seed=seed, progress=False)
    leads, orders = j.leads, j.orders
    orders = orders.assign(arm=leads["arm"].to_numpy()[orders["customer"]])
    is_kept = ~orders["status"].astype(str).isin(["cancelled", "refused", "returned"])
    n = leads.groupby("arm", observed=True).size()
    won = (leads["outcome"] == "customer").groupby(leads["arm"], observed=True).sum()
    kept = orders[is_kept].groupby("arm", observed=True)
    costs = j.messages.groupby(leads["arm"].to_numpy()[j.messages["lead"]])["cost"].sum()
    by_hand = {
        "conversion": won / n,
        "revenue_per_lead": kept["paid"].sum() / n,
        "contribution_per_lead": (kept["contribution"].sum() - costs.reindex(n.index).fillna(0))
        / n,
        "repeat_purchase_rate": (orders["number"] == 2).groupby(orders["arm"]).sum() / won,
        "aov": kept["paid"].mean(),
    }
    found = fs.ab_test(j, figure).arms["value"]
    assert found.to_numpy() == pytest.approx(by_hand[figure].reindex(found.index).to_numpy())


def test_a_day_knows_nothing_later(seed):
    """What is known on day 4 is the journal of four days."""
    short = fs.simulate(SHOP.vary({"horizon": "4 days"}), seed=seed, progress=False)
    whole = fs.simulate(SHOP, seed=seed, progress=False)
    for figure in TESTED:
        a, b = journal_sums(short, figure, 4 * DAY), journal_sums(whole, figure, 4 * DAY)
        for one, other in zip(a, b, strict=True):
            assert one == pytest.approx(other)
    by_day = fs.ab_test_by_day(whole).loc[4]
    assert by_day["p"].iloc[0] == pytest.approx(
        of.effect(*_arms(of.estimates(journal_sums(short, "conversion", 4 * DAY))), 0.95).p
    )


def _arms(told):
    return of.Estimate(told.value[0, 0], told.error[0, 0]), of.Estimate(
        told.value[0, 1], told.error[0, 1]
    )


def test_each_lead_within_as_much_time(seed):
    j = fs.simulate(SHOP, seed=seed, progress=False)
    test = fs.ab_test(j, within="2 days", day=6)
    mine = j.leads[j.leads["arrived"] <= 4]
    soon = mine["entered_Order"] < mine["arrived"] + 2
    by_hand = soon.groupby(mine["arm"], observed=True).mean()
    assert test.arms["value"].to_numpy() == pytest.approx(by_hand.to_numpy())


def test_the_truth_is_of_the_same_customers(seed):
    truth = fs.ab_test(fs.simulate(NULL, seed=seed, progress=False)).truth
    assert truth.loc["new page", "difference"] == 0
    j = fs.simulate(SHOP, seed=seed, progress=False)
    worlds = [
        fs.simulate(SHOP.all_in(arm), seed=seed, progress=False) for arm in ("old page", "new page")
    ]
    rates = [float(fs.summary(world)["overall_conversion"]) for world in worlds]
    assert fs.ab_test(j).truth["value"].iloc[:2].tolist() == pytest.approx(rates)


def test_a_hold_out_s_truth_is_what_the_messages_changed(seed):
    j = fs.simulate(SHOP, seed=seed, progress=False)
    test = fs.ab_test(j, "contribution_per_lead", control="no message")
    all_get_it = fs.simulate(SHOP.all_in("old page"), seed=seed, progress=False)
    changed = float(fs.recoveries(all_get_it)["effect"].iloc[0])
    found = test.truth.loc["old page", "difference"] * len(j.leads)
    assert found == pytest.approx(changed, abs=0.01)


def test_many_tests_of_nothing(seed):
    found = fs.repeat_ab_test(NULL, n=200, seed=seed, looks=5, progress=False)
    share = found.summary["share"]
    error = 4.5 * (0.05 * 0.95 / 200) ** 0.5
    assert found.is_null and abs(share["significant at the end"] - 0.05) < error
    chance = fs.peeking(5)
    looked = share["significant on some look"]
    assert abs(looked - chance) < 4.5 * (chance * (1 - chance) / 200) ** 0.5
    assert share["beyond the limits of pocock on some look"] < 0.05 + error
    assert share["always-valid p on some look"] < 0.05 + error


def test_a_repeated_test_is_the_test_of_each_replication():
    found = fs.repeat_ab_test(SHOP, "revenue_per_lead", n=3, seed=5, looks=[3, 7], progress=False)
    j = fs.simulate(SHOP, seed=5, replication=2, progress=False)
    test = fs.ab_test(j, "revenue_per_lead")
    row = found.table.loc[2]
    assert row["difference"] == pytest.approx(test.effects.loc["new page", "difference"])
    assert row["truth"] == pytest.approx(test.truth.loc["new page", "difference"])
    assert "significant" in found.sentence


def test_looks_end_at_the_horizon_and_exaggeration_is_of_what_was_significant():
    clear = SHOP.vary({"arms.new page.odds_ratio": 1.6})
    found = fs.repeat_ab_test(clear, n=6, seed=3, looks=4, progress=False)
    assert found.provenance.settings["looks"] == [1.75, 3.5, 5.25, 7.0]
    sure = found.table.loc[found.table["p"] < 0.05, "difference"]
    assert len(sure) and found.exaggeration == pytest.approx(sure.abs().mean() / found.truth)


# --- hold-outs of what is done for customers ------------------------------------------------------

KEPT = {
    "name": "kept",
    "horizon": "60 days",
    "channels": [{"name": "web", "leads_per_day": 8}],
    "arms": [{"name": "all", "share": 0.5}, {"name": "held out", "share": 0.5}],
    "stages": [{"name": "Visit", "conversion": 0.7}, {"name": "Order"}],
    "order": {"value": {"lognormal": {"mean": 60, "cv": 0.5}}, "margin": 0.5},
    "retention": {
        "repeat_probability": {"beta": {"a": 2, "b": 3}},
        "gap": {"exponential": {"mean": "9 days"}},
    },
    "loyalty": {
        "enrolment": 0.6,
        "self_selection": 2.0,
        "points_per_unit": 1.0,
        "tiers": [{"name": "all", "discount": 0.05, "repeat_odds_ratio": 2.5}],
    },
    "campaigns": [
        {"name": "again", "kind": "post-purchase", "within": "5 days", "odds_ratio": 2.5},
        {"name": "miss you", "kind": "win-back", "after": "20 days", "probability": 0.4},
    ],
}


@pytest.mark.parametrize(("part", "nothing"), [("campaigns", []), ("loyalty", None)])
def test_a_hold_out_of_campaigns_or_loyalty_tells_what_they_do(part, nothing, seed):
    """Its truth is the firm with it against the same firm without; the test is right on average."""
    kept = fs.Scenario(**KEPT).vary({"arms.held out.without": [part]})
    j = fs.simulate(kept, seed=seed, progress=False)
    truth = fs.ab_test(j, "revenue_per_lead", control="held out").truth
    worlds = [
        fs.simulate(kept.vary({"arms": []} | change), seed=seed, progress=False)
        for change in ({}, {part: nothing})
    ]
    revenue = [float(fs.summary(world)["revenue"]) for world in worlds]
    assert truth["value"].to_numpy() * len(j.leads) == pytest.approx(revenue, abs=0.01)
    found = fs.repeat_ab_test(
        kept, "revenue_per_lead", n=80, seed=seed, control="held out", progress=False
    )
    off = found.table["difference"] - found.table["truth"]
    assert abs(off.mean()) < 4.5 * off.std(ddof=1) / len(off) ** 0.5
    assert found.truth > 0


# --- what is refused, and charts ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: fs.ab_test(fs.simulate(fs.load("aida"), progress=False)), "two arms"),
        (lambda: fs.ab_test({"A": (10, 20), "B": (10, 2)}), "at most the number of visitors"),
        (lambda: fs.ab_test({"A": 5}), "visitors and conversions"),
        (lambda: fs.ab_test(3), "it takes a Journal, a DataFrame"),
        (lambda: fs.ab_test(pd.DataFrame({"am": [1]}), "x"), "did you mean"),
        (lambda: fs.ab_test(pd.DataFrame({"arm": [*"AB"], "x": [1, None]}), "x"), "x, row 1"),
        (lambda: fs.ab_test({"A": (10, 2), "B": (10, 2)}).truth, "known of a journal alone"),
        (lambda: fs.repeat_ab_test(SHOP, "conversoin", n=2), "did you mean conversion"),
        (lambda: fs.repeat_ab_test(SHOP, n=2, within="soon"), "a duration"),
        (lambda: fs.sample_size(0.9, 0.2), "no share"),
        (lambda: fs.peeking([1, 1]), "more leads than the one before"),
        (lambda: fs.stopping_limits(5, kind="pocok"), "did you mean pocock"),
        (lambda: fs.stopping_limits(5, alpha=1e-9), "1e-06 and more"),
        (lambda: fs.sample_size(0.05, 1e-9), "more than 1e\\+15 leads"),
        (lambda: fs.repeat_ab_test(SHOP, n=2, lift="10 %"), "lift is"),
        (lambda: fs.ab_test({"A": (9, 2), "B": (9, 2)}, "x"), "nothing comes of it with counts"),
        (lambda: fs.ab_test({"A": (9, 2), "B": (9, 2)}, day=3), "comes of it with a table"),
        (lambda: fs.ab_test({"A": (9, 2), "B": (9, 2)}, shares=0.5), 'write {"A": 0.5, "B": 0.5}'),
        (
            lambda: fs.ab_test(pd.DataFrame({"arm": [*"AB"], "x": [1, np.inf]}), "x"),
            "x, row 1 is inf",
        ),
        (lambda: fs.ab_test(pd.DataFrame([[1, 1]], columns=["arm", "arm"]), "x"), "rename one"),
        (
            lambda: fs.ab_test(
                pd.DataFrame({"arm": [*"AB"], "x": 1, "u": [1, None]}), "x", unit="u"
            ),
            "u, row 1 is missing; each row is of somebody",
        ),
    ],
)
def test_what_is_refused_says_why(call, says):
    with pytest.raises(fs.FunnelSimError, match=says):
        call()


def test_few_and_none_are_said():
    nobody = fs.ab_test({"A": (10, 0), "B": (10, 0)})
    assert "nothing can be said yet" in nobody.sentence and "too few" in nobody.warnings[0]
    fs.charts.ab_test(nobody).to_dict()


def test_the_chart_says_the_same_as_the_table():
    test = fs.ab_test(fs.simulate(SHOP, progress=False))
    spec = fs.charts.ab_test(test, truth=True).to_dict()
    sets = [part["data"].get("values", []) for part in spec["layer"]] + [
        *spec.get("datasets", {}).values()
    ]
    rows = next(rows for rows in sets if rows and "arm" in rows[0])
    assert rows[0]["low"] == pytest.approx(test.effects["low"].iloc[0])
    assert rows[0]["truth"] == pytest.approx(test.truth["difference"].iloc[1])


def test_the_bundled_table_has_a_broken_split():
    test = fs.ab_test(fs.datasets.load_ab_test(), "bought", arm="variant")
    assert test.is_off and test.control == "A"
    assert test.effects.loc["B", "low"] > 0  # and still B changes nothing
    scenario = fs.load(fs.datasets.bundled("ab_test.toml"))
    assert scenario.arms[0].odds_ratio == scenario.arms[1].odds_ratio
