"""Choose a version of every package that funnelsim and its extras need; write two files.

    make constraints

constraints.txt has the newest versions, for the very first release of the oldest Python that
funnelsim supports: some packages ask for a later bugfix release than the one a distribution has.
constraints-oldest.txt has the oldest versions that pyproject.toml allows of what funnelsim itself
needs, and beside them the newest of all else. pip resolves; nothing is installed. Where packages
come from is the business of pip's own settings and is not written down.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# What is held back, and why. Look here first when refreshing.
HELD = {
    "jsonschema<4.25": "later ones import rfc3987-syntax: 2 s for each kernel that imports Altair",
}

HEADER = """\
# The versions that funnelsim is tested with: pip install -c constraints.txt -e ".[test]"
# Written by `make constraints` (scripts/constraints.py) for Python {python} and newer; do not edit.
# Held back, with the reason, in scripts/constraints.py:
{held}
"""
HEADER_OF_THE_OLDEST = """\
# The oldest versions that pyproject.toml allows, which `make oldest` tests on Python {python}.
# Written by `make constraints` (scripts/constraints.py); do not edit.
"""


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed, extras = project["dependencies"], project["optional-dependencies"]
    python = project["requires-python"].removeprefix(">=")
    held = "\n".join(f"#   {what}: {why}" for what, why in HELD.items())
    every = [*needed, *(entry for extra in extras.values() for entry in extra)]
    write("constraints.txt", HEADER.format(python=python, held=held), every, python)
    oldest = [lowest(entry) for entry in needed + extras["speed"]]
    write(
        "constraints-oldest.txt",
        HEADER_OF_THE_OLDEST.format(python=python),
        [*oldest, *extras["test"]],
        python,
    )


def lowest(requirement: str) -> str:
    """ "pandas>=2.2.2" -> "pandas==2.2.2"; ValueError where no oldest version is named."""
    name, at_least, version = requirement.partition(">=")
    if not at_least:
        raise ValueError(f"pyproject.toml does not say how old {name} may be")
    return f"{name}=={version}"


def write(name: str, header: str, wanted: list[str], python: str) -> None:
    versions = resolve([*wanted, *HELD], python)
    lines = [f"{package}=={version}" for package, version in sorted(versions.items())]
    text = header + "\n".join(lines) + "\n"
    (ROOT / name).write_text(text, encoding="utf-8", newline="\n")
    print(f"{name}: {len(lines)} packages")


def resolve(wanted: list[str], python: str) -> dict[str, str]:
    """The version of each package that pip would install for these requirements."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"]
        # another Python than the one that runs: pip wants a target and no builds
        command += ["--python-version", f"{python}.0", "--target", folder, "--only-binary=:all:"]
        command += ["--ignore-installed", "--report", str(report), *wanted]
        subprocess.run(command, check=True)
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {
        package["metadata"]["name"].lower(): package["metadata"]["version"] for package in found
    }


if __name__ == "__main__":
    main()
