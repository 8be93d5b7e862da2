"""The course and JupyterLab: where the course is, how a copy is made, how Lab opens on its page.

A course is a folder that holds `notebooks/` and `exercises/` (and `datasets/`). It is the
repository itself, or a copy of what came along in the installed package.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from socket import SOCK_STREAM

from funnelsim.errors import FunnelSimError
from funnelsim.saving import copy_whole

FOLDERS = ("notebooks", "exercises", "datasets")
FILES = ("TEACHING.md",)  # for trainers
PAGE = "notebooks/README.md"
COPY = "funnelsim-course"
LAST_PORT = 65535
LARGEST_FILE = 500_000_000  # bytes
CANNOT_BE_HAD = {
    errno.EADDRINUSE: "another program has it",
    errno.EACCES: "this system keeps it for itself",
}
_PACKAGE = Path(__file__).resolve().parents[1]
SETTINGS = Path(__file__).resolve().parent / "settings"


def start_lab(
    folder: Path | None = None,
    *,
    port: int | None = None,
    browser: bool = True,
    arguments: Sequence[str] = (),
) -> None:
    """Start JupyterLab on the course page, say its address, and return when it is shut down.

    Without a folder: the course in the current folder, else the repository that funnelsim was
    installed from, else a copy in `./funnelsim-course`. Without a port: Jupyter's own, 8888, or
    another one where that is taken; 0 is any that is free. `arguments` are passed on to Jupyter.
    Raises FunnelSimError where the folder holds no course, and where the port cannot be had.
    """
    if port is not None:
        can_be_had(port)
    root = find_course(folder)
    print(f"The course is in {root}", flush=True)
    os.environ["FUNNELSIM_LAB"] = "1"  # its kernels know that a large file arrives
    from jupyter_core.application import NoStart
    from jupyterlab.labapp import LabApp  # slow to import, and only needed here

    server = LabApp.initialize_server(
        argv=[*lab_arguments(root, browser=browser, port=port), *arguments]
    )
    # last, below all that Jupyter writes while it starts, and when the port is open
    server.io_loop.add_callback(lambda: print(_address(server.port, server.public_url), flush=True))
    with contextlib.suppress(NoStart):
        server.start()


def _address(port: int, url: str) -> str:
    return f"\nJupyterLab is at port {port}, open it at\n\n    {url}\n\nCtrl-C here ends it.\n"


def can_be_had(port: int) -> None:
    """FunnelSimError for a port that a server could not take."""
    if not 0 <= port <= LAST_PORT:
        raise FunnelSimError(
            f"--port {port}: a port is a number from 1 to {LAST_PORT:,}, or 0 for any that is "
            "free; write --port 8890"
        )
    for family, _, _, _, address in socket.getaddrinfo("localhost", port, type=SOCK_STREAM):
        try:
            socket.create_server(address[:2], family=family).close()
        except OSError as error:
            if error.errno not in CANNOT_BE_HAD:
                continue  # an IPv6 that is named and not there: Jupyter does without, too
            raise FunnelSimError(
                f"--port {port} cannot be had: {CANNOT_BE_HAD[error.errno]}; name another one, or "
                "leave --port out, and one that is free is taken"
            ) from None


def lab_arguments(root: Path, *, browser: bool, port: int | None = None) -> list[str]:
    """What JupyterLab is told: where it starts, what it opens, and to leave the network alone."""
    settings = {
        # else a file of more than 10 MB, chosen in the planner's form, never arrives
        "websocket_max_message_size": LARGEST_FILE,
        # text as wide as a column of a book (there is no setting for this path alone)
        "static_custom_path": [str(SETTINGS / "custom")],
    }
    chosen = [
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{PAGE}",
        f"--LabApp.app_settings_dir={SETTINGS}",
        "--LabApp.custom_css=True",
        "--LabApp.extension_manager=readonly",  # the other one asks a package index
        f"--ServerApp.tornado_settings={settings}",
    ]
    if port is not None:
        chosen += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if not browser:
        chosen.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        chosen.append("--allow-root")  # a container; Jupyter would refuse to start
    return chosen


def find_course(folder: Path | None = None) -> Path:
    """The folder of the course to open; makes a copy where only the package has one."""
    if folder is not None:
        if not is_course(folder):
            raise FunnelSimError(
                f"{folder} holds no course (the folders notebooks and exercises); "
                f"this puts one there: funnelsim course {_quoted(folder)}"
            )
        return folder.resolve()
    here = Path.cwd()
    if is_course(here):
        return here
    source = course_source()
    if source == _PACKAGE.parent:
        return source
    print(copy_course(here / COPY))
    return here / COPY


def is_course(folder: Path) -> bool:
    """Whether there is a course in this folder."""
    return (folder / PAGE).is_file() and (folder / "exercises").is_dir()


def course_source() -> Path:
    """Where the course came along: in the package, or in the repository around it."""
    for candidate in (_PACKAGE.parent, _PACKAGE / "_course"):
        if is_course(candidate):
            return candidate
    raise FunnelSimError(
        f"the course did not come along with this installation ({_PACKAGE}); "
        "install funnelsim from its wheel or from a clone of its repository"
    )


def copy_course(folder: Path) -> str:
    """Copy the course; a file that exists stays as it is. Returns a sentence on what was done.

    Each file is there whole or not at all. Raises FunnelSimError for a folder that cannot be
    written, and for one with a link in it that leads somewhere else.
    """
    source, root, copied, kept = course_source(), folder.resolve(), 0, 0
    if root == source:
        return f"{folder} is the course itself; nothing to copy"
    for name in _files_of(source):
        target = root / name
        if not target.parent.resolve().is_relative_to(root):
            raise FunnelSimError(
                f"{folder / name} would be written outside of {folder}, since a link leads to "
                f"{target.parent.resolve()}: remove the link, or name another folder"
            )
        if target.exists() or target.is_symlink():
            kept += 1
        else:
            copy_whole(source / name, target)
            copied += 1
    sentence = f"files of the course copied to {folder}: {copied}"
    return f"{sentence}; left as they were, because they exist: {kept}" if kept else sentence


def _files_of(source: Path) -> Iterator[Path]:
    """The files of a course, by their paths in it, without what an editor or Python left there."""
    for name in FOLDERS:
        for file in sorted((source / name).rglob("*")):
            path = file.relative_to(source)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
            if file.is_file() and not hidden:
                yield path
    yield from (Path(name) for name in FILES if (source / name).is_file())


def _quoted(folder: Path) -> str:
    text = str(folder)
    return f'"{text}"' if " " in text else text
