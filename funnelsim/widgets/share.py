"""A board's setting to take along: as a short text, as Python, as a scenario file.

A panel that its button opens above the pictures. The text of another board is pasted into its
first field.
"""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ipywidgets

from funnelsim.errors import Finding, FunnelSimError, Problem
from funnelsim.pages import page
from funnelsim.scenario import Scenario
from funnelsim.widgets.board_text import as_python, in_code
from funnelsim.widgets.controls import as_said, button

COPIED = """{% if text %}<div><b>{{ name }}</b>
<button onclick="{{ copy }}" aria-label="Copy: {{ name }}">Copy</button>
<pre tabindex="0" aria-label="{{ name }}">{{ text }}</pre></div>{% endif %}"""
LONGEST = 36  # characters of a file's name, to be read in its field
COPY = "navigator.clipboard.writeText(this.nextElementSibling.textContent)"


class Share(ipywidgets.VBox):
    """The panel; `opens` is its button.

    `apply` puts a text into the board, `save` writes the scenario to a file. Either may raise a
    FunnelSimError, which the panel says.
    """

    def __init__(self, apply: Callable[[str], None], save: Callable[[str], Path]) -> None:
        self._apply, self._save = apply, save
        self.opens = ipywidgets.ToggleButton(
            description="Share", tooltip="Take this setting along, or paste another one"
        )
        self.text = ipywidgets.Text(
            description="Setting",
            placeholder="paste the text of another board",
            continuous_update=False,
        )
        self.file = ipywidgets.Text(description="File")
        put = button("Apply", "Set the sliders as this text says")
        write = button("Save", "Write the scenario as the sliders stand, beside the notebook")
        self._copied = [ipywidgets.HTML() for _ in range(3)]
        self._said = ipywidgets.HTML()
        self._in_a_file = ipywidgets.HBox([self.file, write])
        setting = ipywidgets.HBox([self.text, put])
        super().__init__([setting, *self._copied[:2], self._in_a_file, self._copied[2], self._said])
        self.add_class("funnelsim-share")
        self.layout.display = "none"
        put.on_click(lambda _: self._tried(self._put))
        write.on_click(lambda _: self._tried(self._written))
        self.opens.observe(lambda change: self._show(change["new"]), "value")

    @property
    def is_open(self) -> bool:
        return bool(self.opens.value)

    def tell(
        self, text: str, start: Any, now: Any, change: Mapping[str, Any], named: Sequence[str] = ()
    ) -> None:
        """What there is to take along; where nothing is simulated, neither code nor a file.

        `named` are the sliders that `fs.explore` is to have, if they are not those of its own.
        """
        code = toml = ""
        if isinstance(start, Scenario):
            varied = f".vary({as_python(dict(change))})" if change else ""
            code, toml = f"s = {in_code(start)}{varied}", now.to_toml()
            code += f"\nfs.explore(s, {json.dumps(list(named), ensure_ascii=False)})" * bool(named)
            self.file.value = self.file.value or f"{_file_name(start.name)}.toml"
        names = "Setting as text", "In Python", "Scenario file"
        for name, its, widget in zip(names, (text, code, toml), self._copied, strict=True):
            widget.value = page(COPIED, name=name, text=its, copy=COPY)
        self._in_a_file.layout.display = None if toml else "none"

    def _show(self, is_open: bool) -> None:
        self.layout.display = None if is_open else "none"
        self._said.value = ""

    def _put(self) -> str:
        self._apply(self.text.value)
        return "The sliders stand as the text says."

    def _written(self) -> str:
        name = self.file.value.strip() or "scenario.toml"
        path = Path(name if Path(name).suffix else f"{name}.toml")
        try:
            is_there = path.exists()
        except (OSError, ValueError) as error:  # too long, or with what no name may hold
            raise FunnelSimError(f"{name} is no name of a file: {error}") from None
        if is_there:
            rule, way_out = "no file is written over", "choose another name"
            raise FunnelSimError(str(Problem(str(path), Finding("there already"), rule, way_out)))
        return f"Written: {self._save(str(path)).resolve()}"

    def _tried(self, does: Callable[[], str]) -> None:
        try:
            self._said.value = as_said(does())
        except FunnelSimError as error:
            self._said.value = as_said(error, "funnelsim-problem")


def _file_name(name: str) -> str:
    """A name of a scenario as that of a file, on any system: short, in plain letters.

    >>> _file_name("Frühjahr: Kundengewinnung der Vertriebsgesellschaft"), _file_name("客户")
    ('fruhjahr-kundengewinnung-der', 'scenario')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    words = " ".join(re.findall(r"[a-z0-9]+", plain))
    return textwrap.shorten(words, LONGEST, placeholder="").replace(" ", "-") or "scenario"
