"""Predict, then reveal: a class's guesses are marks in the pane that answers, before it does.

While a question stands, a board shows none of its figures: its charts have axes and guesses, and
what was kept is shown where sliders have moved since. What a guess may look like, and what is said
of it, is that of `fs.predict`. Which figure is asked, and which chart answers, a board says as
`Asked` (`widgets/board.py`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import altair as alt
import ipywidgets

from funnelsim.charts.parts import rows_data
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS
from funnelsim.exercises.predictions import Question, in_unit, read_guess, told_of
from funnelsim.pages import page
from funnelsim.widgets.board import Asked, Drawn, Seen
from funnelsim.widgets.controls import as_said, button

HELP = "Move the sliders, take the guesses, reveal. Nothing is shown until then."
NO_ANSWER = "As the sliders stand there is no such figure: nothing to divide by."
STRIP = """<figure class="funnelsim-strip" aria-label="{{ said }}">
<svg viewBox="0 0 600 44" width="100%" height="44" role="img"><title>{{ said }}</title>
<line x1="10" x2="590" y1="22" y2="22" stroke="currentColor" opacity=".4"/>
{% for x in guesses %}<line x1="{{ x }}" x2="{{ x }}" y1="10" y2="34" stroke="{{ colour }}"
 stroke-width="3" stroke-opacity=".7"/>{% endfor %}
{% if truth is not none %}<circle cx="{{ truth }}" cy="22" r="7" fill="currentColor"/>{% endif %}
</svg></figure>"""
COLOUR = COLOURS["refused"]  # of no bar
OF_NUMBERS = re.compile(r"[;\n]+")


class Predict(ipywidgets.VBox):
    """The panel, in place of the line of a board; `opens` is its button.

    `changed` is called whenever there is something else to show. `.is_open_question` says that
    nothing may be shown yet, `.guesses` what was said, in the unit of what is `.asked`.
    """

    def __init__(self, asks: Sequence[Asked], changed: Callable[[], None]) -> None:
        self._changed, self.guesses, self.is_revealed = changed, list[float](), False
        self.opens = ipywidgets.ToggleButton(
            description="Predict", tooltip="A class guesses a figure before the board shows it"
        )
        self.question = ipywidgets.Dropdown(
            options=[(one.question, one) for one in asks], description="What will it be?"
        )
        self.text = ipywidgets.Text(
            description="Guesses", placeholder="300; 420", continuous_update=False
        )
        self.reveal = button("Reveal", "Show what it is, beside the guesses")
        self._said = ipywidgets.HTML()
        super().__init__(
            [ipywidgets.HBox([self.question, self.text, self.reveal]), self._said],
            layout={"display": "none"},
        )
        self.add_class("funnelsim-predict")
        self.opens.observe(lambda _: self._begin(), "value")
        self.question.observe(lambda _: self._begin(), "value")
        self.text.observe(lambda _: self._read(), "value")
        self.reveal.on_click(lambda _: self._turn())

    @property
    def asked(self) -> Asked | None:
        """What is asked, or what was; None while the panel is closed."""
        found: Asked | None = self.question.value if self.opens.value else None
        return found

    @property
    def is_open_question(self) -> bool:
        return self.asked is not None and not self.is_revealed

    @property
    def said(self) -> str:
        """What the panel says, as HTML."""
        return str(self._said.value)

    def tell(self, seen: Seen) -> None:
        """The answer, in words, once it is revealed; it is that of what is shown."""
        if self.asked is not None and self.is_revealed:
            question, answer = Question(self._unit(seen), ()), float(self.asked.answer(seen))
            if math.isfinite(answer):
                self._say(told_of(list(self.guesses), answer, question))
            else:
                self._say(NO_ANSWER)

    def strip(self, seen: Seen) -> str:
        """The guesses as marks on a line of their own, where no chart answers."""
        one = self.asked
        if one is None or one.chart is not None:
            return ""
        answer = float(one.answer(seen))
        truth = answer if self.is_revealed and math.isfinite(answer) else None
        ends = [0.0, *self.guesses, *([] if truth is None else [truth])]
        low, high = min(ends), max(ends) or 1.0
        at = [10 + 580 * (x - low) / (high - low or 1.0) for x in self.guesses]
        said = self._heard(seen)
        place = None if truth is None else 10 + 580 * (truth - low) / (high - low or 1.0)
        return page(STRIP, guesses=at, truth=place, said=said, colour=COLOUR)

    def _unit(self, seen: Seen) -> str:
        assert self.asked is not None
        return self.asked.unit or str(getattr(seen.start, "currency", ""))

    def _heard(self, seen: Seen) -> str:
        said = "; ".join(in_unit(guess, self._unit(seen)) for guess in self.guesses)
        return f"On a line: {said or 'nothing is guessed yet'}"

    def _begin(self) -> None:
        self.layout.display = None if self.opens.value else "none"
        self.guesses, self.is_revealed = [], False
        self.text.value, self.reveal.description = "", "Reveal"
        self._say(HELP)
        self._changed()

    def _turn(self) -> None:
        if self.is_revealed:  # the next one
            self._begin()
            return
        self.is_revealed, self.reveal.description = True, "Ask again"
        self._changed()

    def _read(self) -> None:
        """Guesses as they were typed; one that cannot be read says why, and none is taken."""
        if self.asked is None or not self.text.value.strip():
            return
        question, found = Question(self.asked.unit, ()), []
        for text in filter(str.strip, OF_NUMBERS.split(self.text.value)):
            meant, complaint = read_guess(text.strip(), question)
            if complaint:
                self._say(f"{text.strip()}: {complaint}", "funnelsim-problem")
                return
            found.append(float(meant))
        self.guesses = found
        if not self.is_revealed:
            self._say(f"{len(found)} guess{'es' if len(found) != 1 else ''}.")
        self._changed()

    def _say(self, said: str, kind: str = "done") -> None:
        self._said.value = as_said(said, kind)


def guess_rows(one: Asked | None, guesses: Sequence[float], chart: int) -> Rows:
    """The marks on the chart of this number: rows with where they stand on its axis."""
    if one is None or one.chart != chart:
        return []
    return [
        {"guess": guess * one.per, "is_across": one.axis == "x", "said": f"a guess: {guess:g}"}
        for guess in guesses
    ]


def with_guesses(drawn: Drawn, name: str, axis: str) -> Drawn:
    """The chart with a line for each guess in the data of this name, along its axis "x" or "y"."""
    marks = alt.Chart(rows_data([], name)).mark_rule(
        color=COLOUR, strokeWidth=3, strokeDash=[6, 3], opacity=0.75, clip=True
    )
    place = alt.X("guess:Q") if axis == "x" else alt.Y("guess:Q")
    lines = marks.encode(place, tooltip=alt.Tooltip("said:N", title="A guess"))
    return drawn if isinstance(drawn, alt.FacetChart) else alt.layer(drawn, lines)
