"""Choose a version of every package that funnelsim and its extras need; write constraints.txt.

    make constraints

pip resolves everything, newest first, as for the very first release of the oldest Python that
funnelsim supports: some packages ask for a later bugfix release than the one a distribution has.
Nothing is installed. Where packages come from is the business of pip's own settings and is not
written down.
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
# Written by `make constraints` (scripts/constraints.py) for Python {oldest} and newer; do not edit.
# Held back, with the reason, in scripts/constraints.py:
{held}
"""


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"]
    for extra in project["optional-dependencies"].values():
        wanted += extra
    oldest = project["requires-python"].removeprefix(">=")
    versions = resolve([*wanted, *HELD], oldest)
    held = "\n".join(f"#   {what}: {why}" for what, why in HELD.items())
    lines = [f"{name}=={version}" for name, version in sorted(versions.items())]
    text = HEADER.format(oldest=oldest, held=held) + "\n".join(lines) + "\n"
    (ROOT / "constraints.txt").write_text(text, encoding="utf-8", newline="\n")
    print(f"constraints.txt: {len(lines)} packages")


def resolve(wanted: list[str], oldest: str) -> dict[str, str]:
    """The version of each package that pip would install for these requirements."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"]
        # another Python than the one that runs: pip wants a target and no builds
        command += ["--python-version", f"{oldest}.0", "--target", folder, "--only-binary=:all:"]
        command += ["--ignore-installed", "--report", str(report), *wanted]
        subprocess.run(command, check=True)
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {
        package["metadata"]["name"].lower(): package["metadata"]["version"] for package in found
    }


if __name__ == "__main__":
    main()
