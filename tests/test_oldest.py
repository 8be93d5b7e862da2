"""What `make oldest` installs is what pyproject.toml says is old enough."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from constraints import lowest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NEEDED = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["speed"]


def pinned(requirement: str) -> tuple[str, str]:
    """The name as it is looked up, and the version without the zeros at its end."""
    name, _, version = requirement.partition("==")
    return re.sub(r"[-_.]+", "-", name).lower(), re.sub(r"(\.0)+$", "", version)


@pytest.mark.parametrize("requirement", NEEDED)
def test_the_oldest_version_of_each_package_is_named_and_tested(requirement):
    text = (ROOT / "constraints-oldest.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    versions = dict(map(pinned, lines))
    name, version = pinned(lowest(requirement))
    assert versions[name] == version
