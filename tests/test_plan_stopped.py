"""A plan that takes a while is stopped: in the form by its button, in a program by Ctrl-C."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import funnelsim as fs
from funnelsim.experiment import chunks
from funnelsim.widgets import plan_form, stoppable
from funnelsim.widgets.plan_form import OLD, PlanForm

pytestmark = pytest.mark.usefixtures("few_futures")

LONG, SHORT = 330, 120  # targets of aida-follow-up
OPEN = fs.State(deals={"stage": ["Desire"] * 5, "days_in_stage": [1.0] * 5})


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How each work of the form ended: "done", or the name of what ended it."""
    ended: list[str] = []

    def watched(do: Callable[..., Any]) -> Callable[..., Any]:
        def done(*given: Any, **named: Any) -> Any:
            try:
                answer = do(*given, **named)
            except BaseException as end:
                ended.append(type(end).__name__)
                raise
            ended.append("done")
            return answer

        return done

    monkeypatch.setattr(stoppable, "TELL_EVERY", 0.0)
    monkeypatch.setattr(plan_form, "plan", watched(fs.plan))
    monkeypatch.setattr(plan_form, "forecast", watched(fs.forecast))
    return ended


@pytest.fixture
def form(ways: list[str], tmp_path: Path) -> PlanForm:
    """With an answer on view, worked out at once: there is no loop yet."""
    form = fs.plan_form(tmp_path)
    form.source.chosen.value = "aida-follow-up"
    form.target.value = SHORT
    ways.clear()
    return form


def once_it_is_under_way(form: PlanForm, do: Callable[[], None]) -> None:
    """As soon as the bar has moved for the first time."""

    def see(change: dict[str, Any]) -> None:
        if change["new"] > 0:
            form._work._share.unobserve(see, "value")
            do()

    form._work._share.observe(see, "value")


async def quiet(form: PlanForm, ways: list[str], count: int) -> None:
    """Until so many works have ended and nothing is seen to go on."""
    while len(ways) < count or form._work.is_busy:
        await asyncio.sleep(0.01)


def seen(form: PlanForm) -> tuple[str, ...]:
    return form._said.value, form._curve.value, form._shown.value


def test_stop_leaves_the_entries_and_the_answer_before(form: PlanForm, ways: list[str]) -> None:
    before, answer = seen(form), form.answer
    typed: list[Any] = []

    def stop() -> None:
        form._work.button.click()
        typed.append((form._work.is_busy, seen(form), form.target.value, form.answer))

    async def stop_and_ask_again() -> None:
        once_it_is_under_way(form, stop)
        form.target.value = LONG
        assert form._work.is_busy and form.answer is answer
        await quiet(form, ways, 1)
        # at once, and to the last: the same entries, the answer before, as one that holds
        assert typed == [(False, before, LONG, answer)]
        assert (seen(form), form.answer, form.target.value) == (before, answer, LONG)
        assert ways == ["Stopped"]
        assert "Stopped" in form._saved.value
        assert not any(OLD in part._dom_classes for part in (form._said, form._curve, form._shown))
        form._ask.click()  # the same entries are a question again
        await quiet(form, ways, 2)

    asyncio.run(stop_and_ask_again())
    assert ways == ["Stopped", "done"]
    assert form.answer.target == LONG
    assert form.answer.leads == fs.plan(fs.load("aida-follow-up"), LONG, progress=False).leads
    assert "Stopped" not in form._saved.value and form._shown.value.count("<svg") >= 2


def test_another_entry_takes_the_place_of_what_is_under_way(
    form: PlanForm, ways: list[str]
) -> None:
    said: list[str] = []
    form._said.observe(lambda change: said.append(change["new"]), "value")

    def type_again() -> None:
        form.target.value = SHORT + 1

    async def type_twice() -> None:
        once_it_is_under_way(form, type_again)
        form.target.value = LONG
        await quiet(form, ways, 2)

    asyncio.run(type_twice())
    assert sorted(ways) == ["Stopped", "done"]
    assert form.answer.target == SHORT + 1
    assert len(said) == 1 and f"{SHORT + 1} sales" in said[0]  # of the first nothing was seen


def test_another_scenario_ends_what_is_under_way(form: PlanForm, ways: list[str]) -> None:
    async def choose() -> None:
        once_it_is_under_way(form, lambda: setattr(form.source.chosen, "value", "aida"))
        form.target.value = LONG
        await quiet(form, ways, 1)

    asyncio.run(choose())
    assert ways == ["Stopped"]
    assert form.answer is None and not form._work.is_busy


def test_a_forecast_can_be_stopped_too(form: PlanForm, ways: list[str]) -> None:
    before = seen(form)

    async def stop() -> None:
        once_it_is_under_way(form, form._work.button.click)
        form._foresee.click()
        await quiet(form, ways, 1)

    asyncio.run(stop())
    assert (ways, seen(form)) == (["Stopped"], before)


def test_what_cannot_be_is_said_from_beside_too(form: PlanForm, ways: list[str]) -> None:
    async def ask() -> None:
        form.within.value = "soon"
        await quiet(form, ways, 1)

    asyncio.run(ask())
    assert "within is" in form._said.value and not form._work.is_busy


def test_a_bug_is_in_the_log_and_the_form_stays(
    form: PlanForm, ways: list[str], monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    before = form.answer

    def fails(*_: Any, **__: Any) -> Any:
        ways.append("failed")
        raise ZeroDivisionError("a bug")

    async def ask(target: int, count: int) -> None:
        form.target.value = target
        await quiet(form, ways, count)

    with monkeypatch.context() as patched:
        patched.setattr(plan_form, "plan", fails)
        asyncio.run(ask(LONG, 1))
    assert "a bug" in caplog.text and form.answer is before
    asyncio.run(ask(SHORT + 1, 2))
    assert form.answer.target == SHORT + 1


# --- in a program ---------------------------------------------------------------------------------


class Ends:
    """A bar that ends the work when it has been told of it five times."""

    def __init__(self, end: type[BaseException]) -> None:
        self._end, self._told = end, 0

    def update(self, n: int) -> None:
        self._told += 1
        if self._told == 5:
            raise self._end


class Recorded(ThreadPoolExecutor):
    """Knows what was handed over to it."""

    def __init__(self) -> None:
        super().__init__(1)
        self.futures: list[Future[Any]] = []

    def submit(self, *given: Any, **named: Any) -> Future[Any]:
        self.futures.append(super().submit(*given, **named))
        return self.futures[-1]


@pytest.mark.parametrize("end", [KeyboardInterrupt, stoppable.Stopped])
def test_the_workers_stop_too(end: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "LEADS", 200)  # in a chunk: there are many to be done
    scenario = fs.load("aida-follow-up")
    with Recorded() as pool:
        with pytest.raises(end):
            fs.plan(scenario, SHORT, executor=pool, progress=Ends(end))
        # but for the one that was being worked on, nothing is still to be done
        assert sum(not future.done() for future in pool.futures) <= 1
        assert any(future.cancelled() for future in pool.futures)
        shared = fs.plan(scenario, SHORT, executor=pool, progress=False)
    assert shared.leads == fs.plan(scenario, SHORT, progress=False).leads


@pytest.mark.parametrize("initial", [None, OPEN])
def test_an_interrupt_ends_a_plan_as_such(initial: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        fs.plan(fs.load("aida-follow-up"), SHORT, initial=initial, progress=Ends(KeyboardInterrupt))


def test_a_bar_is_told_how_much_there_is_about() -> None:
    class Counted:
        total, done = 0, 0

        def update(self, n: int) -> None:
            assert self.total > self.done  # of nothing more is nobody told
            self.done += n

    for asked in ({}, {"pilot": "60 of 400"}, {"target": 100_000}):
        bar = Counted()
        fs.plan(fs.load("aida-follow-up"), **{"target": LONG, **asked}, progress=bar)
        assert bar.done / 3 < bar.total < 3 * bar.done
