"""Make .venv and install funnelsim into it; do nothing where that is already done.

    python3 scripts/bootstrap.py [extra ...]           extras of pyproject.toml: test, docs, speed
    python3 scripts/bootstrap.py --oldest [extra ...]  the oldest allowed, into .venv-oldest

Needs no package but Python itself. Every step can be interrupted and repeated. A stamp in it
says what was installed from which pyproject.toml and constraints, so that a second call
returns at once and asks no network. The text stays readable to a Python 3.6, which can then
look for a newer one.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IS_OLDEST = "--oldest" in sys.argv[1:]
VENV = ROOT / (".venv-oldest" if IS_OLDEST else ".venv")
CONSTRAINTS = "constraints-oldest.txt" if IS_OLDEST else "constraints.txt"
STAMP = VENV / "funnelsim-installed.json"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST = (3, 11)
BEFORE = (3, 13) if IS_OLDEST else (4,)  # the oldest NumPy and pandas know no later one
NAMES = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"]


def main(extras):
    try:
        set_up(set(extras))
    except KeyboardInterrupt:
        sys.exit("\nThe set-up was interrupted; the same command goes on from here.")


def set_up(extras):
    stamp = read_stamp()
    here = {"folder": str(VENV), "inputs": fingerprint()}
    current = {key: stamp.get(key) for key in here} == here and answers(VENV_PYTHON)
    if current and extras <= set(stamp["extras"]):
        return
    if stamp and stamp.get("folder") != str(VENV):
        shutil.rmtree(str(VENV))  # moved or copied: its scripts point to where it was
    make_venv()
    extras |= set(stamp.get("extras", []))  # what was there stays there
    install(sorted(extras))
    STAMP.write_text(json.dumps(dict(here, extras=sorted(extras))), encoding="utf-8")


def read_stamp():
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def fingerprint():
    texts = [(ROOT / name).read_bytes() for name in ("pyproject.toml", CONSTRAINTS)]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def make_venv():
    """A .venv whose Python is new enough and whose pip works."""
    if answers(VENV_PYTHON, "pip"):
        return
    if VENV.exists():
        say("The environment " + VENV.name + " is incomplete; making it anew.")
        shutil.rmtree(str(VENV))
    python = find_python()
    say("Making the environment " + VENV.name + " with " + python)
    if not answers(python, "ensurepip", "venv") and answers(python, "pip", "venv"):
        run(python, "-m", "venv", "--without-pip", str(VENV))
        run(python, "-m", "pip", "--python", str(VENV_PYTHON), "install", "pip")
        return
    if not answers(python, "ensurepip", "venv"):
        install_venv_package(python)
    run(python, "-m", "venv", str(VENV))


def find_python():
    """The first Python that is new enough, rather one that can make environments by itself."""
    found = [shutil.which(name) for name in NAMES]
    found = [path for path in [sys.executable, *found] if path and answers(path)]
    if not found:
        if IS_OLDEST:
            sys.exit("The oldest versions allowed need a Python 3.11 or 3.12; put one on the PATH.")
        sys.exit(
            "funnelsim needs Python {}.{} or newer; this is {}.{}, and none newer is on the PATH.\n"
            "Install one (Debian 12, Ubuntu 24.04 or newer: sudo apt-get install python3) and "
            "repeat the command.".format(*OLDEST + sys.version_info[:2])
        )
    return next((path for path in found if answers(path, "ensurepip", "venv")), found[0])


def answers(python, *modules):
    """Whether this Python starts, is new enough and has the modules."""
    code = "import sys; assert {} <= sys.version_info < {}; {}".format(
        OLDEST, BEFORE, "; ".join("import " + module for module in modules)
    )
    try:
        # DEVNULL: a trial that fails is an answer, not a message
        done = subprocess.run(
            [str(python), "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError:
        return False
    return done.returncode == 0


def install_venv_package(python):
    """Debian and Ubuntu keep a part of Python that makes environments in a package of its own."""
    version = subprocess.check_output(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    )
    package = "python{}-venv".format(version.decode("ascii").strip())
    apt = apt_get()
    if apt is None:
        sys.exit(
            "This Python cannot make environments: a part of it is missing. Please type\n\n"
            "    sudo apt-get update && sudo apt-get install {}\n\n"
            "and repeat the command. (Other systems than Debian and Ubuntu: install "
            "the modules venv and ensurepip of {}.)".format(package, python)
        )
    say("Installing " + package + ", which makes environments")
    run(*apt, "update", "-qq")
    run(*apt, "install", "-y", "-qq", "--no-install-recommends", package)


def apt_get():
    """The beginning of an apt-get command that may install without asking, or None."""
    if not shutil.which("apt-get"):
        return None
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    if os.geteuid() == 0:
        return quiet
    if shutil.which("sudo"):
        asked = subprocess.run(
            ["sudo", "-n", "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if asked.returncode == 0:
            return ["sudo", "-n", *quiet]
    return None


def install(extras):
    say("Installing funnelsim and what it needs (a few minutes, the first time)")
    target = ".[{}]".format(",".join(extras)) if extras else "."
    pip = [str(VENV_PYTHON), "-m", "pip"]
    run(*pip, "install", "--no-compile", "-c", CONSTRAINTS, "-e", target)
    compile_all()
    say("Installed.")


def compile_all():
    """Bytecode of what was installed and of funnelsim, on all cores: pip uses one, for the first.

    Where Python is told to write none (PYTHONDONTWRITEBYTECODE), every kernel would compile anew.
    """
    code = (
        "import compileall, sysconfig\n"
        "for folder in (sysconfig.get_path('purelib'), 'funnelsim', 'scripts'):\n"
        "    compileall.compile_dir(folder, quiet=2, workers=0)"
    )
    # some packages bring files of other Pythons along; without bytecode all works, only slower
    nothing = subprocess.DEVNULL
    subprocess.run([str(VENV_PYTHON), "-c", code], cwd=str(ROOT), stdout=nothing, stderr=nothing)


def run(*command):
    """One command of the set-up; the set-up ends, with its exit code, where it fails."""
    environment = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1")
    for name in ("PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX"):
        environment.pop(name, None)  # these would install to somewhere else
    done = subprocess.run(command, cwd=str(ROOT), env=environment, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        say("The set-up stopped at: " + " ".join(command))
        say("What went wrong stands above. Then the same command goes on from here.")
        sys.exit(1)


def say(text):
    print("[set-up] " + text, flush=True)


if __name__ == "__main__":
    main([extra for extra in sys.argv[1:] if extra != "--oldest"])
