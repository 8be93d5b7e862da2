"""The course is found or copied, the reader's files are safe, and Lab opens on the course page."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from funnelsim import cli, lab
from funnelsim.errors import FunnelSimError


@pytest.fixture
def package(tmp_path, monkeypatch) -> Path:
    """An installed package that brought a small course along, and an empty folder to work in."""
    package = tmp_path / "site" / "funnelsim"
    for name in ("notebooks/README.md", "notebooks/00.ipynb", "exercises/solutions/01.ipynb"):
        path = package / "_course" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"the course's {name}", encoding="utf-8")
    checkpoint = package / "_course" / "notebooks" / ".ipynb_checkpoints"
    checkpoint.mkdir()
    monkeypatch.setattr(lab, "_PACKAGE", package)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return package


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_course_is_copied_whole(package, capsys):
    assert cli.main(["course", "my course"]) == 0
    assert "my course" in capsys.readouterr().out
    assert files(Path("my course")) == files(package / "_course") - {"notebooks/.ipynb_checkpoints"}


def test_copy_keeps_what_the_reader_wrote_and_brings_back_what_is_gone(package):
    lab.copy_course(Path("mine"))
    Path("mine/notebooks/00.ipynb").write_text("my work", encoding="utf-8")
    Path("mine/notebooks/README.md").unlink()
    lab.copy_course(Path("mine"))
    assert Path("mine/notebooks/00.ipynb").read_text(encoding="utf-8") == "my work"
    assert Path("mine/notebooks/README.md").exists()


def test_lab_without_a_folder_takes_a_copy_then_the_same_again(package):
    first = lab.find_course()
    (first / "notebooks/00.ipynb").write_text("my work", encoding="utf-8")
    assert lab.find_course() == first
    assert (first / "notebooks/00.ipynb").read_text(encoding="utf-8") == "my work"


def test_lab_in_a_course_opens_that_course(package, monkeypatch):
    lab.copy_course(Path("mine"))
    monkeypatch.chdir("mine")
    assert lab.find_course() == Path.cwd()


def test_lab_on_a_folder_without_a_course_says_how_to_get_one(package, capsys):
    assert cli.main(["lab", "no where"]) == 1
    assert 'funnelsim course "no where"' in capsys.readouterr().err


def test_copy_to_an_impossible_place_is_an_error_of_ours(package):
    Path("a file").write_text("", encoding="utf-8")
    with pytest.raises(FunnelSimError, match="a file"):
        lab.copy_course(Path("a file"))


def test_lab_opens_the_course_as_a_page_without_news_or_update_checks(package, tmp_path):
    lab.copy_course(Path("mine"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "funnelsim", "lab", "mine", "--no-browser"]
    command += [f"--port={port}", "--", "--IdentityProvider.token="]
    log = tmp_path / "lab.log"
    with log.open("wb") as sink:
        server = subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT)
    try:
        opened, _ = fetch(f"http://127.0.0.1:{port}/", server, log)
        assert opened.endswith("/lab/tree/notebooks/README.md")
        _, answer = fetch(f"http://127.0.0.1:{port}/lab/api/settings", server, log)
        settings = {entry["id"]: entry["schema"] for entry in json.loads(answer)["settings"]}
        _, page = fetch(f"http://127.0.0.1:{port}/lab", server, log)
        _, style = fetch(f"http://127.0.0.1:{port}/custom/custom.css", server, log)
        told = log.read_text(encoding="utf-8", errors="replace")
        assert f"at port {port}, open it at\n\n    http://localhost:{port}/lab/tree/" in told
    finally:
        server.terminate()
        server.wait(timeout=600)
    assert b"custom/custom.css" in page
    widest = re.search(
        r"\.jp-RenderedMarkdown :is\(p, li[^{]*\{\s*max-width: (\d+)ch", style.decode()
    )
    assert widest, "nothing says how wide text is"
    assert 45 <= int(widest[1]) <= 66, "a zero is wider than a letter: 66 of them are 77 letters"
    news = settings["@jupyterlab/apputils-extension:notification"]["properties"]
    assert news["fetchNews"]["default"] == "false"
    assert news["checkForUpdates"]["default"] is False
    viewers = settings["@jupyterlab/docmanager-extension:plugin"]["properties"]["defaultViewers"]
    assert viewers["default"] == {"markdown": "Markdown Preview"}


@pytest.fixture
def taken():
    """A port that another program has."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_that_is_taken_is_refused_before_anything_starts(package, taken, capsys):
    assert cli.main(["lab", "--port", str(taken), "--no-browser"]) == 1
    told = capsys.readouterr()
    assert f"--port {taken} cannot be had: another program has it; name another" in told.err
    assert not Path(lab.COPY).exists()


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_number_that_is_no_port_is_refused(package, port):
    with pytest.raises(FunnelSimError, match=f"--port {port}: a port is a number from 1 to 65,535"):
        lab.start_lab(port=port)


def test_without_a_port_a_free_one_is_taken_and_said(package, taken, tmp_path):
    """Jupyter's own setting stands for its 8888, which this machine may or may not have free."""
    lab.copy_course(Path("mine"))
    command = [sys.executable, "-m", "funnelsim", "lab", "mine", "--no-browser"]
    command += ["--", f"--ServerApp.port={taken}", "--IdentityProvider.token="]
    log = tmp_path / "lab.log"
    with log.open("wb") as sink:
        server = subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT)
    try:
        for _ in range(600):
            told = re.search(r"at port (\d+), open it at\s+(\S+)", log.read_text("utf-8"))
            if told or server.poll() is not None:
                break
            time.sleep(0.1)
        assert told and int(told[1]) != taken, log.read_text("utf-8")
        opened, _ = fetch(told[2], server, log)
        assert opened == told[2]
    finally:
        server.terminate()
        server.wait(timeout=30)


def fetch(url: str, server: subprocess.Popen[bytes], log: Path) -> tuple[str, bytes]:
    """Where the request ended up and the answer, as soon as the server is up."""
    for _ in range(6000):
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=600) as answer:
                return answer.url, answer.read()
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace"))
