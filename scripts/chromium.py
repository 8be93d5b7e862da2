"""Find the Chromium that the browser tests drive; under CI=true install it where it is missing.

    python scripts/chromium.py          does nothing unless CI=true

The tests (tests/conftest.py) and this script look in the same way: `find()` and `missing()`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bootstrap import apt_get

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
PACKAGES = ["chromium", "libatomic1"]  # Playwright's driver needs the second
HOW_TO_GET_IT = (
    "on Debian type: sudo apt-get install chromium libatomic1; elsewhere: "
    ".venv/bin/python -m playwright install --with-deps chromium; "
    "or name a Chromium in FUNNELSIM_CHROMIUM"
)


def under_ci() -> bool:
    """Whether this is an automatic check, where a missing browser is a failure."""
    return os.environ.get("CI", "").lower() in {"true", "1"}


def find() -> str | None:
    """The path of a Chromium that starts: FUNNELSIM_CHROMIUM, the PATH, Playwright's own; or None.

    Where FUNNELSIM_CHROMIUM is set, nothing else is tried.
    """
    named = os.environ.get("FUNNELSIM_CHROMIUM")
    if named:
        return named if starts(named) else None
    for name in NAMES:
        path = shutil.which(name)
        if path and starts(path):
            return path
    path = playwrights_own()
    return path if path and starts(path) else None


def missing() -> str | None:
    """What the browser tests lack on this machine; None where they can be done."""
    if find() is None:
        return "no Chromium that starts"
    driver = subprocess.run(
        [sys.executable, "-m", "playwright", "--version"], capture_output=True, text=True
    )
    if driver.returncode == 0:
        return None
    return f"Playwright does not start: {driver.stderr.strip().splitlines()[-1:]}"


def starts(path: str) -> bool:
    """Ubuntu has a /usr/bin/chromium-browser that only says where to get one: so try."""
    try:
        done = subprocess.run(
            [path, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def playwrights_own() -> str | None:
    # Asked in a process of its own: Playwright starts an event loop in the process that asks.
    code = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: print(p.chromium.executable_path)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    path = done.stdout.strip()
    return path if done.returncode == 0 and path and Path(path).exists() else None


def install() -> None:
    """By the system's packages where that needs no password, else by Playwright."""
    apt = apt_get() if os.name == "posix" else None
    if apt:
        updated = subprocess.run([*apt, "update", "-qq"]).returncode == 0
        if updated:
            subprocess.run([*apt, "install", "-y", "-qq", "--no-install-recommends", *PACKAGES])
    if missing():
        subprocess.run(
            [sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"],
            stdin=subprocess.DEVNULL,
        )


def main() -> None:
    if not under_ci() or not missing():
        return
    print("[set-up] Installing Chromium for the browser tests", flush=True)
    install()
    lack = missing()
    if lack:
        sys.exit(f"CI=true, and the browser tests cannot be done ({lack}); {HOW_TO_GET_IT}")


if __name__ == "__main__":
    main()
