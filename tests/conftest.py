"""What tests share: a browser if there is one, public data if it is here, a seed, a last line."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import chromium as chromium_finder
import hypothesis
import pytest

if TYPE_CHECKING:
    from funnelsim.widgets.plan_form import PlanForm

# A slow machine is not a failure: an example may take its time, and so may making one up. Who only
# asks whether a test fails (scripts/mutants.py) need not have the smallest example that does.
_FOR_WORDS = {hypothesis.Phase.shrink, hypothesis.Phase.explain}
hypothesis.settings.register_profile(
    "funnelsim",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    phases=[
        phase
        for phase in hypothesis.Phase
        if phase not in _FOR_WORDS or os.environ.get("FUNNELSIM_SMALLEST") != "0"
    ],
)
hypothesis.settings.load_profile("funnelsim")


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The path of a Chromium; without one the test is skipped, and under CI it fails."""
    lack = chromium_finder.missing()
    if lack and chromium_finder.under_ci():
        pytest.fail(f"CI=true, and {lack}; {chromium_finder.HOW_TO_GET_IT}")
    path = chromium_finder.find()
    if lack or path is None:
        pytest.skip(f"{lack}")
    return Path(path)


@pytest.fixture(scope="session")
def olist() -> Path:
    """The folder of Olist's marketing funnel, which is never part of the project."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("FUNNELSIM_DATA", beside)) / "olist_funnel"
    if not folder.is_dir():
        pytest.skip("the Marketing Funnel by Olist is not here (FUNNELSIM_DATA names its parent)")
    return folder


@pytest.fixture
def seed() -> int:
    """A new seed every time, told where the test fails: the promise is not about one seed."""
    number = secrets.randbelow(2**32)
    print(f"seed {number}")
    return number


@pytest.fixture
def nothing_tried_yet() -> Iterator[None]:
    """The checks of exercises know of no earlier tries."""
    from funnelsim.exercises import _tries

    _tries.clear()
    yield
    _tries.clear()


@pytest.fixture
def few_futures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans are made from few futures: enough where a test asks what is said, kept or refused.

    How sure a plan is, and how exact, is asked of whole ones (tests/test_planner*.py).
    """
    from funnelsim.planner import futures, parameter_uncertainty, trials

    few = {"FEW_LEADS": 5_000, "MANY_LEADS": 20_000, "SOME_LEADS": 2_000, "ENOUGH": 10}
    for name, number in few.items():
        monkeypatch.setattr(trials, name, number)
    monkeypatch.setattr(trials, "FEWEST", 10)
    monkeypatch.setattr(parameter_uncertainty, "CLASSES", 5)
    monkeypatch.setattr(futures, "MOST", 20)


@pytest.fixture
def no_export_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan from an export does not try it in the past (tests/test_backtest.py does): seconds."""
    from funnelsim.planner import backtests

    monkeypatch.setattr(backtests, "_by_itself", lambda *_: None)


@pytest.fixture
def without_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of a journal in a moment; what a chart is has its own tests."""
    from markupsafe import Markup

    from funnelsim.report import of_journal

    monkeypatch.setattr(of_journal, "chart", lambda *_: Markup("<figure></figure>"))


@pytest.fixture(scope="module")
def nothing_is_drawn() -> Iterator[None]:
    """Boards do not compile their charts, which takes half of the time; how each is drawn is asked
    in test_boards.py and in a browser."""
    from funnelsim.widgets import live_chart

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_chart, "vega", lambda chart, config: {"config": dict(config)})
        yield


@pytest.fixture
def form(tmp_path: Path) -> PlanForm:
    """The planner's form in a folder of its own, with `aida`."""
    import funnelsim as fs

    form = fs.plan_form(tmp_path)
    form.source.chosen.value = "aida"
    return form


# Files that take longest, the longest first: at the end no process waits for another one.
LONGEST = (
    *("test_layout", "test_browser", "test_exercises_over_seeds", "test_lint", "test_docs"),
    *("test_plan_form", "test_planner", "test_compiled", "test_progress", "test_engines_agree"),
    *("test_app", "test_boards", "test_demonstrations", "test_board_follow_up", "test_widgets"),
    *("test_parameters", "test_plan_curves", "test_nothing_happened", "test_state"),
    ".ipynb",
)


def _place(name: str) -> int:
    return next((i for i, part in enumerate(LONGEST) if part in name), len(LONGEST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {item.path: _place(item.path.name) for item in items}
    items.sort(key=lambda item: places[item.path])


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line of all: whether the browser was left out, and how to have it."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None or hasattr(config, "workerinput"):
        return
    skipped = sum("browser" in report.keywords for report in terminal.stats.get("skipped", []))
    if skipped:
        terminal.write_line(
            f"NOT TESTED in a browser: {skipped} skipped ({chromium_finder.missing()}). "
            f"To have them, {chromium_finder.HOW_TO_GET_IT}"
        )
