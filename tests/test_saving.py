"""A file that a user keeps is there whole, old or new, whatever happens meanwhile."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import funnelsim as fs
from funnelsim import cli
from funnelsim.saving import beside, copy_whole, write_text

ROOT = Path(__file__).resolve().parents[1]
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions, links and limits")


@pytest.fixture(scope="module")
def plan() -> fs.Plan:
    return fs.plan(fs.load("aida"), 150, progress=False)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def writers(plan: fs.Plan) -> dict[str, Callable[[Path], Any]]:
    """Everything that writes a file which a user keeps, by the name of the file."""
    journal = fs.simulate(fs.load("aida"), progress=False)
    deals = fs.State(deals=journal.state(60).deals)
    return {
        "report.html": lambda path: fs.write_report(journal, path),
        "plan.html": lambda path: fs.write_report(plan, path),
        "plan.xlsx": lambda path: fs.write_workbook(plan, path),
        "shop.toml": lambda path: write_text(path, fs.load("aida").to_toml() * 20),
        "deals.csv": lambda path: deals.write(path, path.with_name("customers.csv")),
        "course.ipynb": lambda path: copy_whole(ROOT / "notebooks" / "README.md", path),
    }


@posix
@pytest.mark.parametrize(
    "name", ["report.html", "plan.html", "plan.xlsx", "shop.toml", "deals.csv", "course.ipynb"]
)
def test_a_disk_that_is_full_leaves_the_old_file(plan: fs.Plan, name: str, tmp_path: Path) -> None:
    import resource
    import signal

    path, write = tmp_path / name, writers(plan)[name]
    path.write_text("old", encoding="utf-8")
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, limits[1]))
    try:
        with pytest.raises(fs.FunnelSimError, match=f"{name} cannot be written"):
            write(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_text(encoding="utf-8") == "old"
    assert left_in(tmp_path) == [name], "no draft is left"
    write(path)
    assert path.stat().st_size > 500


def test_what_stops_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.toml", "old")
    for stop in (KeyboardInterrupt, RuntimeError):
        with pytest.raises(stop), beside(path) as draft:
            draft.write_text("half", encoding="utf-8")
            raise stop
    assert path.read_text(encoding="utf-8") == "old"
    assert left_in(tmp_path) == ["a.toml"]


def test_a_killed_writer_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.toml", "old")
    program = (
        "import os, sys\n"
        "from funnelsim.saving import beside\n"
        "with beside(sys.argv[1]) as draft:\n"
        "    draft.write_text('half')\n"
        "    os._exit(9)\n"
    )
    gone = subprocess.run([sys.executable, "-c", program, str(path)], cwd=ROOT, check=False)
    assert gone.returncode == 9
    assert path.read_text(encoding="utf-8") == "old"
    write_text(path, "new")
    assert path.read_text(encoding="utf-8") == "new"


def test_two_writers_at_once_leave_a_whole_file_of_one_of_them(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with beside(path) as one, beside(path) as other:
        assert one != other
        for draft, text in ((one, "one"), (other, "other")):
            with zipfile.ZipFile(draft, "w") as book:
                book.writestr("text", text)
    with zipfile.ZipFile(path) as book:
        assert book.read("text") == b"one"
    assert left_in(tmp_path) == ["a.xlsx"]


@posix
def test_permissions_stay_and_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "a.toml", tmp_path / "link.toml"
    mask = os.umask(0o027)
    try:
        write_text(path, "old")
    finally:
        os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640, "as any new file of this user"
    path.chmod(0o604)
    link.symlink_to(path)
    write_text(link, "new")
    assert link.is_symlink() and path.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_a_protected_file_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_text(tmp_path / "a.toml", "old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # nothing is protected from root
    with pytest.raises(fs.FunnelSimError, match="protected against writing"):
        write_text(path, "new")
    assert path.read_text(encoding="utf-8") == "old"


@posix
def test_what_is_no_file_is_written_as_it_is() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from funnelsim.saving import write_text\n"
         "write_text('/dev/stdout', 'through the pipe')"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "through the pipe"


def test_a_folder_in_its_place_is_said(tmp_path: Path) -> None:
    with pytest.raises(fs.FunnelSimError, match="it is a folder"):
        write_text(tmp_path, "text")
    with pytest.raises(fs.FunnelSimError, match="cannot be written"):
        write_text(write_text(tmp_path / "a file", "text") / "b.toml", "text")


@posix
def test_a_course_follows_no_link_out_of_its_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine, elsewhere = tmp_path / "mine", tmp_path / "elsewhere"
    mine.mkdir()
    elsewhere.mkdir()
    (mine / "notebooks").symlink_to(elsewhere)
    assert cli.main(["course", str(mine)]) != 0
    assert "would be written outside" in capsys.readouterr().err
    assert left_in(elsewhere) == []
    (mine / "notebooks").unlink()
    (mine / "notebooks").mkdir()
    dangling = mine / "notebooks" / "README.md"
    dangling.symlink_to(elsewhere / "README.md")
    assert cli.main(["course", str(mine)]) == 0
    assert left_in(elsewhere) == []
    assert dangling.is_symlink() and (mine / "notebooks" / "00_start_here.ipynb").is_file()
