"""A new kind of distribution is one class, and its line in the list: nothing else has to know it.

Tried as it would be done: a copy of the package gets the class of `rayleigh.py` and the line.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "funnelsim"
LINE = '    rayleigh: Rayleigh[P] | None = None\n    """likelier to end as it ages"""\n'
IMPORT = "from funnelsim.distributions.rayleigh import Rayleigh\n"
SCRIPT = """
import json, pickle
import numpy as np
import funnelsim as fs

NEW, KNOWN = {"rayleigh": {"mean": "2 days"}}, {"weibull": {"mean": "2 days", "shape": 2.0}}
PATHS = ("stages.Interest.decision_time", "stages.Interest.follow_up.patience")
aida = fs.load("aida-follow-up").vary({"horizon": "30 days"})
new, known = (aida.vary(dict.fromkeys(PATHS, law)) for law in (NEW, KNOWN))

def whole(scenario, engine, **more):
    journal = fs.simulate(scenario, 1, engine=engine, progress=False, **more)
    return [column for table in journal.whole.values() for column in table.values()]

def alike(some, others, least=0):
    pairs = zip(some, others, strict=True)
    return all(x.shape == y.shape and np.abs(x.astype(float) - y).max(initial=0) <= least
               for x, y in pairs)

state = fs.simulate(new, 1, progress=False).state(15)
told = {
    "both engines": alike(whole(new, "process"), whole(new, "columns")),
    "as known": alike(whole(new, "columns"), whole(known, "columns"), 9),
    "from a state":
        alike(whole(new, "process", initial=state), whole(new, "columns", initial=state)),
    "from a state, as known":
        alike(whole(new, "columns", initial=state), whole(known, "columns", initial=state), 9),
    "read back": fs.Scenario.from_toml(new.to_toml()) == new == pickle.loads(pickle.dumps(new)),
    "parameter": fs.parameters(new).loc[f"{PATHS[0]}.rayleigh.mean", ["value", "says"]].tolist(),
    "turned": [fs.sensitivity(s, [PATHS[0]], figure="customers", n=2, progress=False)
               .table.iloc[0].tolist() for s in (new, known)],
    "decision days": [fs.describe(s).stages.decision_days.tolist()[:2] for s in (new, known)],
}
wrong = {"rayleigh": "2 days"}, {"rayleigh": {"mean": "0 days"}}, {"rayleigh": {}}, 5
for value in wrong:
    try:
        aida.vary({PATHS[0]: value})
    except fs.ScenarioError as error:
        told.setdefault("wrong", []).append(str(error).removeprefix(PATHS[0]))
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("with a new kind")
    shutil.copytree(
        PACKAGE, folder / "funnelsim", ignore=shutil.ignore_patterns("__pycache__", "_course")
    )
    kinds = folder / "funnelsim" / "distributions"
    shutil.copy(Path(__file__).with_name("rayleigh.py"), kinds)
    listed = (kinds / "distribution.py").read_text(encoding="utf-8")
    for before, line in (
        ("from funnelsim.distributions.triangular", IMPORT),
        ("    empirical: ", LINE),
    ):
        assert listed.count(before) == 1
        listed = listed.replace(before, line + before)
    (kinds / "distribution.py").write_text(listed, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_both_engines_tell_one_history_of_it_and_the_right_one(told: dict[str, Any]) -> None:
    names = ("both engines", "as known", "from a state", "from a state, as known", "read back")
    assert {name: told[name] for name in names} == dict.fromkeys(names, True)


def test_it_is_a_parameter_that_can_be_turned_and_described(told: dict[str, Any]) -> None:
    assert told["parameter"] == ["2 days", "of all values"]
    new, known = told["turned"]
    assert new == known
    assert told["decision days"][0] == told["decision days"][1]


def test_what_is_wrong_with_it_is_told_with_the_way_out(told: dict[str, Any]) -> None:
    no_table, zero, empty, number = told["wrong"]
    assert no_table.endswith('this is a table: write rayleigh = { mean = "2 days" }')
    assert zero.endswith('for 0 each time write { constant = "0 days" }')
    assert empty.endswith("it is needed: add mean = ...")
    assert "weibull, loglogistic, rayleigh, empirical" in number
