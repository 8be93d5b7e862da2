"""The page stands alone, says what the journal says, and holds text as text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from everything import everything, simulated

import funnelsim as fs
from funnelsim import charts, datasets
from funnelsim.metrics.figures import stated_figures
from funnelsim.report import page, write_report
from funnelsim.report.frame import NARROW, WIDE, svg
from funnelsim.tables import figure_text, figures_text, funnel_text


@pytest.fixture(scope="module")
def journal():
    return fs.simulate(fs.load("aida-follow-up"), seed=3, progress=False)


@pytest.fixture(scope="module")
def calibrated():
    found = fs.calibrate(datasets.bundled("crm_deals.csv"), **datasets.CRM_COLUMNS)
    return found, fs.simulate(found.scenario, seed=1, progress=False)


class Page(HTMLParser):
    """Collects what a page would load, and whether its tags close."""

    VOID = frozenset({"meta", "br", "hr", "img", "input", "link"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        self.loads += [v for k, v in attrs if k in ("src", "href", "xlink:href") and v]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_page_loads_nothing(journal, calibrated):
    found, simulated = calibrated
    for text in (page(journal), page(simulated, calibration=found)):
        read = Page(text)
        assert read.open == []
        assert [link for link in read.loads if not link.startswith("#")] == []
        assert not read.tags & {"script", "link", "iframe", "img"}
        assert "@import" not in text and "url(http" not in text


def test_page_shows_the_figures_of_the_journal(journal):
    text = page(journal)
    for figure, value in figures_text(journal).to_numpy():
        assert f"<dt>{figure}</dt><dd>{value}</dd>" in text
    for cell in funnel_text(journal).to_numpy().ravel():
        assert f">{cell}</td>" in text
    assert text.count("<svg") == 6  # three charts, each for a page and for a phone
    for stage in journal.scenario.stages:
        assert stage.name in text


def test_charts_for_a_phone_are_no_wider_than_it(journal):
    phone = re.findall(r'<div class="on-phone"><svg[^>]* width="(\d+)"', page(journal))
    assert len(phone) == 3
    assert max(map(int, phone)) <= 430  # nearly as drawn at 400 pixels, with all the reasons


def test_same_journal_same_page(journal):
    assert page(journal) == page(journal)
    assert page(journal, note="as of 2026-01-01") != page(journal)


def test_a_page_of_a_calibration_says_what_was_used_and_assumed(calibrated):
    found, simulated = calibrated
    text = page(simulated, calibration=found)
    for part in ("Beside what the export shows", "usual range", "never says no", "handling time"):
        assert part in text
    assert f"{found.report.stages.loc['Lead', 'entered']:,}" in text


def test_names_are_text_not_markup():
    s = fs.Scenario(
        name='<img src=x onerror="alert(1)"> & Co',
        horizon="30 days",
        channels=[{"name": "<b>ads</b>", "leads_per_day": 5}],
        stages=[
            {"name": "<i>In</i>", "conversion": 0.5, "loss_reasons": {"<u>no</u>": 1}},
            {"name": "</script>Out"},
        ],
    )
    text = page(fs.simulate(s, seed=1, progress=False))
    for markup in ("<img", "<b>", "<i>", "<u>", "</script>"):
        assert markup not in text
    assert Page(text).open == []


@pytest.mark.parametrize("rate", [0, 5])
def test_a_funnel_without_leads_losses_or_orders_has_a_page(rate):
    s = fs.Scenario(
        name="bare",
        horizon="20 days",
        channels=[{"name": "web", "leads_per_day": rate}],
        stages=[{"name": "In", "conversion": 1.0}, {"name": "Out"}],
    )
    text = page(fs.simulate(s, seed=1, progress=False))
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL).lower()
    assert "Revenue" not in text and "Lost leads" not in text


def test_report_makes_the_folder_and_says_where_it_is(journal, tmp_path):
    path = write_report(journal, tmp_path / "new" / "page.html", title="Spring")
    assert path == tmp_path / "new" / "page.html"
    assert "<title>Spring</title>" in path.read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_is_named(journal, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(fs.FunnelSimError, match=r"page\.html cannot be written"):
        write_report(journal, tmp_path / "file" / "page.html")


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (1234.5, "count", "1,234"),
        (0.1234, "share", "12.3 %"),
        (0.07, "share", "7.00 %"),
        (1.05, "share", "105.0 %"),
        (0.9996, "share", "99.96 %"),
        (0.99999, "share", ">99.99 %"),
        (0.00001, "share", "<0.01 %"),
        (1, "share", "100 %"),
        (-12.5, "money", "-12.50 EUR"),
        (-0.001, "money", "0.00 EUR"),
        (1234.6, "money", "1,235 EUR"),
        (0.5, "days", "12.0 h"),
        (59.6 / 1440, "days", "1.0 h"),
        (59.4 / 1440, "days", "59 min"),
        (-2.5 / 1440, "days", "-2.5 min"),
        (59.8 / 86400, "days", "1.0 min"),
        (42 / 86400, "days", "42 s"),
        (-1e-9, "days", "0 s"),
        (1.5, "days", "1.5 days"),
        (float("nan"), "money", "–"),
    ],
)
def test_figures_as_text(value, kind, text):
    assert figure_text(value, kind, "EUR") == text


def test_a_tile_says_millions():
    assert figure_text(12_340_000, "money") == "12,340,000"
    assert figure_text(12_340_000, "money", short=True) == "12.3 M"


SHOP = {
    "name": "shop",
    "horizon": "20 days",
    "channels": [{"name": "web", "leads_per_day": 5}],
    "stages": [{"name": "In", "conversion": 0.5}, {"name": "Out"}],
}
GOAL = {"name": "Action"}
ORDER = {"order": {"value": {"constant": 80}}}
CALLS = {"team": "sales", "patience": {"constant": "1 day"}}
CLICKS = {"impressions_per_day": 50, "click_through_rate": 0.1, "cost_per_click": 0.5}
TEAM = {"teams": [{"name": "sales", "reps": 1, "cost_per_rep_day": 110}]}
BACK = {"recovery": {"probability": 0.1, "cost": 0.05}}


def first(**entries):
    return {"stages": [{**SHOP["stages"][0], **entries}, {"name": "Out"}]}


@pytest.mark.parametrize(
    ("stated", "cac", "profit"),
    [
        ({}, False, False),
        ({"channels": [{"name": "web", "leads_per_day": 5, "cost_per_lead": 2}]}, True, True),
        ({"channels": [{"name": "web", **CLICKS}]}, True, True),
        ({"channels": [{"name": "web", "leads_per_day": 5, "cost_per_day": 9}]}, True, True),
        ({"channels": [{"name": "web", "leads_per_day": 5, "commission": 0.1}]}, True, True),
        ({"channels": [{"name": "web", "leads_per_day": 5, "cost_per_sale": 9}]}, True, True),
        (first(**BACK), True, True),
        (TEAM, True, True),
        ({"order": {"value": {"constant": 80}, "margin": 0.4}}, False, True),
    ],
)
def test_cac_and_profit_are_shown_where_costs_are_stated(stated, cac, profit):
    shown = stated_figures(fs.Scenario(**(SHOP | ORDER | stated)))
    assert ("cac" in shown, "contribution" in shown, "profit" in shown) == (cac, profit, profit)


def test_a_figure_that_the_scenario_says_nothing_about_is_left_out():
    assert list(stated_figures(fs.Scenario(**SHOP))) == ["leads", "customers", "overall_conversion"]
    called = stated_figures(fs.Scenario(**(SHOP | TEAM | first(follow_up={"team": "sales"}))))
    assert {"mean_response_days", "p90_response_days", "utilisation: sales", "cac"} <= set(called)
    assert "share_gone_cold" not in called and "profit" not in called
    assert "share_gone_cold" in stated_figures(
        fs.Scenario(**(SHOP | TEAM | first(follow_up=CALLS)))
    )


def test_every_stated_figure_is_one_of_the_summary(journal):
    assert set(stated_figures(journal.scenario)) < set(fs.summary(journal).index)
    all_said = simulated(1)
    assert set(stated_figures(all_said.scenario)) == set(fs.summary(all_said).index)
    assert list(stated_figures(journal.scenario))[:3] == [
        "leads",
        "customers",
        "overall_conversion",
    ]


@pytest.mark.parametrize(
    ("without", "figures"),
    [
        ({"satisfaction": None, "referral": None}, {"nps", "nps_se", "k_factor"}),
        ({"loyalty": None}, {"members", "points_earned", "points_liability", "breakage"}),
        (
            {"teams": (), "stages": [SHOP["stages"][0], {"name": "Desire", "conversion": 1}, GOAL]},
            {"utilisation: sales", "mean_response_days", "share_gone_cold"},
        ),
    ],
)
def test_a_part_of_the_scenario_brings_its_figures(without, figures):
    silent = stated_figures(everything(**without))
    assert figures <= set(stated_figures(everything()))
    assert not figures & set(silent)


def test_gross_is_shown_where_orders_can_end_badly_and_frequency_where_some_come_back():
    with_all = stated_figures(everything())
    assert {"gross", "net_of_gross", "purchase_frequency", "arpu"} <= set(with_all)
    plain = stated_figures(everything(order={"value": {"constant": 80}}))
    assert not {"gross", "net_of_gross"} & set(plain)
    once = everything(retention=None, campaigns=(), upsell=None, life_stages={})
    assert not {"purchase_frequency", "arpu", "repeat_purchase_rate"} & set(stated_figures(once))


def test_a_ratio_reads_with_two_digits_and_labels_name_the_denominator(journal):
    figures = dict(figures_text(journal).to_numpy())
    roas = fs.summary(journal)["roas"]
    assert figures["Revenue / cost of channels (ROAS)"] == f"{roas:.2f}"


def test_the_rows_of_life_stages_are_on_the_page_without_what_they_lack():
    text = funnel_text(simulated(1)).set_index("stage")
    assert (text.loc["Action":, ["advanced", "lost", "open", "mean time"]] == "–").all().all()
    assert text.loc["Loyalty", "went on, of entered"].endswith("%")


def test_a_report_of_what_is_no_journal_is_refused(journal, tmp_path):
    with pytest.raises(fs.FunnelSimError, match="write_report is given a Scenario; it takes a Jou"):
        write_report(journal.scenario, tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_a_chart_for_a_phone_says_what_the_one_for_a_page_says():
    plan = fs.plan(fs.load("aida-follow-up"), 300, progress=False)
    wide, narrow = (
        set(re.findall(r"<text[^>]*>([^<]*)<", svg(charts.plan_reps(plan, "sales"), width, "")))
        for width in (WIDE, NARROW)
    )
    assert wide == narrow
    assert any("%" in text for text in narrow)


@pytest.mark.browser
@pytest.mark.parametrize("font", ["narrow", "wide"])
def test_page_in_a_browser(calibrated, tmp_path, chromium: Path, font):
    """Offline, at the width of a screen and of a phone: nothing asked for, nothing cut off."""
    from layout import flaws, in_place_of_the_machines
    from playwright.sync_api import sync_playwright

    found, simulated = calibrated
    path = write_report(simulated, tmp_path / "page.html", calibration=found)
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        page = browser.new_page()
        page.add_init_script(in_place_of_the_machines(font))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: asked.append(str(error)))
        for width, charts in ((1280, ".on-page"), (400, ".on-phone")):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert flaws(page, "main") == []
            cut = "all => all.filter(w => w.scrollWidth > w.clientWidth + 1).length"
            assert width < 1280 or page.locator(".wide").evaluate_all(cut) == 0
            assert page.locator(f"{charts} svg").first.is_visible()
            assert page.locator("svg:visible").count() == 3
        browser.close()
    assert {url for url in asked if not url.startswith("data:font")} == {path.as_uri()}
