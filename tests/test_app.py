"""A board without code, through Voila: what is asked for is found, and shown only here."""

from __future__ import annotations

import importlib.util
import re
import socket
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import browser
import nbformat
import pytest
from playwright.sync_api import expect, sync_playwright
from small_export import small

import funnelsim as fs
from funnelsim import cli
from funnelsim.lab.app import _write, board_arguments, cells_of


def code(*what):
    ((kind, source),) = cells_of(*what)
    assert kind == "code"
    return source.removeprefix("import funnelsim as fs\n")


def test_a_board_a_scenario_and_a_file_are_shown_by_what_they_are(tmp_path):
    assert code("follow-up") == "fs.board(name='follow-up')"
    assert code("aida-follow-up") == "fs.board(fs.load('aida-follow-up'), 'explore')"
    assert code("aida-follow-up", "money").endswith(", 'money')")
    mine = tmp_path / "it's mine.toml"
    mine.write_text(fs.load("aida").to_toml(), encoding="utf-8")
    assert code(str(mine)) == f"fs.board(fs.load({str(mine)!r}), 'explore')"
    deals = str(tmp_path / "deals.csv")
    small().to_csv(deals, index=False)
    assert code(deals) == f"fs.board(fs.read_deals({deals!r}), 'pipeline')"


def test_without_a_name_all_boards_are_shown_and_no_menu_is_spoken_of():
    cells = cells_of(None)
    assert not [source for _, source in cells if "Run ▸" in source or "folded" in source]
    shown = " ".join(source for kind, source in cells if kind == "code")
    for name in ("explore", "follow-up", "loyalty", "money", "flow", "pipeline"):
        assert f'fs.board(name="{name}"' in shown


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (["folow-up"], r"no board, no scenario .*, and no file in this folder.*mean follow-up"),
        (["aida", "--as", "loyalty"], "there is no loyalty here"),
        (["aida", "--as", "mony"], "this is the name of a board.*mean money"),
        (["flow", "--as", "money"], "this is a board already: leave --as out"),
        (["flow", "--port", "70000"], "a port is a number from 1 to 65,535"),
    ],
)
def test_what_cannot_be_shown_is_said_before_anything_starts(what, said, capsys):
    assert cli.main(["board", *what]) == 1
    assert re.search(said, capsys.readouterr().err)


def test_a_file_that_is_named_nearly_and_one_that_is_no_export_get_a_way_out(tmp_path):
    mine = tmp_path / "lesson.toml"
    mine.write_text(fs.load("aida").to_toml(), encoding="utf-8")
    with pytest.raises(fs.FunnelSimError, match=r"did you mean .*lesson\.toml"):
        cells_of(str(tmp_path / "leson.toml"))
    diary = tmp_path / "diary.csv"
    diary.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(fs.FunnelSimError, match=r"in a notebook: fs.board\(fs.read_deals\("):
        cells_of(str(diary))


def test_where_voila_is_not_installed_the_command_that_installs_it_is_said(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert cli.main(["board", "flow"]) == 1
    told = capsys.readouterr().err
    assert f"type: {sys.executable} -m pip install voila" in told.replace('"', "")


def test_a_port_that_is_named_is_the_only_one_that_is_tried(tmp_path):
    told = board_arguments(tmp_path / "board.ipynb", 8890)
    assert told[-2:] == ["--Voila.port=8890", "--Voila.port_retries=0"]
    assert "--Voila.ip=127.0.0.1" in told
    assert "--VoilaConfiguration.extension_allowlist=anywidget" in told


def test_what_is_saved_from_a_board_is_where_it_was_called(tmp_path, monkeypatch):
    """The page's own folder goes when it ends."""
    (tmp_path / "it's mine").mkdir()
    monkeypatch.chdir(tmp_path / "it's mine")
    _write(tmp_path / "board.ipynb", cells_of("flow"))
    first, *rest = nbformat.read(tmp_path / "board.ipynb", as_version=4).cells
    monkeypatch.chdir(tmp_path)
    exec(first.source, {})
    assert Path.cwd() == (tmp_path / "it's mine").resolve() and len(rest) == 1


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The address of a scenario's file as a board, and the file's scenario."""
    folder = tmp_path_factory.mktemp("board")
    scenario = fs.load("aida-follow-up").vary({"horizon": "20 days"})
    (folder / "it's mine.toml").write_text(scenario.to_toml(), encoding="utf-8")
    with browser.board(folder, "it's mine.toml") as url:
        yield url, scenario


def test_nobody_comes_in_from_another_machine_nor_without_the_address(shown):
    page = urlsplit(shown[0])
    here = f"http://127.0.0.1:{page.port}"
    assert re.fullmatch(r"token=[0-9a-f]{32,}", page.query) and page.hostname == "127.0.0.1"
    for path in ("/", "/?token=guessed", "/api/kernels", "/voila/render/board.ipynb"):
        with urllib.request.urlopen(here + path) as answer:
            assert urlsplit(answer.url).path == "/login", path
    *_, (name, _) = socket.getaddrinfo(socket.gethostname(), page.port, socket.AF_INET)[0]
    if name != "127.0.0.1":
        with pytest.raises(OSError):
            socket.create_connection((name, page.port), timeout=5)


@pytest.mark.browser
def test_a_board_lives_without_code_and_asks_no_other_machine(chromium, shown):
    url, scenario = shown
    far, said = [], []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=str(chromium), headless=True, args=[*browser.QUIET]
        )
        page = running.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(browser.PATIENCE)
        page.on("request", lambda request: far.append(request.url) if is_far(request) else 0)
        page.on("console", lambda m: said.append(m.text) if is_ours(m) else 0)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(url)
        page.wait_for_function(browser.DRAWN)
        page.locator(".funnelsim-board .noUi-handle").first.focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator(".funnelsim-foot code")).to_contain_text("0.61")
        moved = scenario.vary({"stages.Attention.conversion": 0.61})
        customers = fs.summary(fs.simulate(moved, progress=False))["customers"]
        tile = page.locator(".funnelsim-figures > div", has_text="Customers")
        expect(tile.locator(".value")).to_have_text(f"{customers:,.0f}")
        assert page.get_by_text("Run All").count() == page.locator("pre").count() == 0
        board = page.locator(".funnelsim-board").bounding_box()
        assert board["y"] + board["height"] <= 800 and board["x"] + board["width"] <= 1280
        assert (far, said) == ([], [])
        running.close()


def is_ours(message):
    """An error, also of what else is installed in JupyterLab, or a chart's warning."""
    return message.type == "error" or message.text.startswith("WARN")


def is_far(request):
    host = urlsplit(request.url).hostname
    return not request.url.startswith(("data:", "blob:")) and host not in browser.LOOPBACK
