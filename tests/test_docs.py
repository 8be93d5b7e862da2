"""The pages of docs/: built without a warning, complete, up to date, and what they name is there.

That their examples run is pytest's own to say: docs/ is among its testpaths.
"""

from __future__ import annotations

import inspect
import os
import re
import shlex
import subprocess
import sys
import types
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
import scenario_page
from doc_pages import DOCS, ROOT, blocks, pages

import funnelsim as fs
from funnelsim import cli
from funnelsim.distributions import Part
from funnelsim.scenario import Scenario

PAGES = pages()
TEXTS = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
REFERENCE = [page for page in PAGES if page.parent.name == "reference"]
NOT_RUN = {
    "many_machines.md": "a script of its own and a cluster; tests/test_many_machines.py tries both",
    "figures.md": "an entry of the package; tests/test_figures.py makes it one",
}
FOLDERS = "funnelsim|tests|scripts|notebooks|exercises|datasets|docs|benchmarks"
EARLIER_NAMES = {"load_of_teams"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def sections(page: str) -> list[tuple[str, str]]:
    """(title, text) of what stands below each heading of the second level."""
    return [(title, told.strip()) for title, told in re.findall(
        r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL
    )]  # fmt: skip


# --- the site -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(find_spec("sphinx") is None, reason="needs the extra docs; `make test` has it")
def test_the_site_is_built_without_a_warning_and_fetches_nothing(tmp_path):
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "-q", "-d", tmp_path / "trees"]
    done = subprocess.run(
        [*map(str, command), str(DOCS), str(tmp_path / "html")],
        capture_output=True, encoding="utf-8", env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    built = sorted((tmp_path / "html").rglob("*.html"))
    assert {page.with_suffix("").relative_to(DOCS) for page in PAGES} <= {
        page.with_suffix("").relative_to(tmp_path / "html") for page in built
    }
    for page in built:
        fetched = re.findall(
            r'<(?:script|link|img|iframe)\b[^>]*?(?:src|href)="([^"]*)"', text(page)
        )
        assert fetched
        assert not [url for url in fetched if re.match(r"(https?:)?//", url)], page
    for style in (tmp_path / "html").rglob("*.css"):
        assert not re.search(r"@import|url\([\"']?(https?:)?//", text(style)), style


# --- the reference --------------------------------------------------------------------------------


def documented() -> list[str]:
    """What the reference documents, by the path that it is imported from."""
    return [
        name
        for page in REFERENCE
        for name in re.findall(r"^\.\. auto(?:function|class|exception):: (\S+)$", text(page), re.M)
    ]


def found(path: str) -> object:
    """The thing at a dotted path; a module of the public face is called as a reader does."""
    if path.startswith("funnelsim."):
        here: object = fs
        for step in path.split(".")[1:]:
            here = getattr(here, step, None)
        if here is not None:
            return here
    module, _, last = path.rpartition(".")
    return getattr(import_module(module), last)


def public() -> dict[str, object]:
    """Every public function and class, those of public modules too, by how it is called."""
    names: dict[str, object] = {}
    for each in fs.__all__:
        value = getattr(fs, each)
        if isinstance(value, types.ModuleType):
            inside = {f"{each}.{n}": getattr(value, n) for n in value.__all__}
            names |= {n: v for n, v in inside.items() if callable(v)}
        else:
            names[each] = value
    return names


PUBLIC = public()


@pytest.mark.parametrize("each", PUBLIC)
def test_every_public_name_is_in_the_reference(each):
    assert any(found(path) is PUBLIC[each] for path in documented()), (
        f"fs.{each} belongs on a page of docs/reference/"
    )


def test_nothing_is_in_the_reference_twice_and_all_of_it_is_there():
    things = [found(path) for path in documented()]
    assert len(things) > len(fs.__all__)
    assert len({id(thing) for thing in things}) == len(things)


def own_docstrings(thing: object) -> str:
    """The docstring of a function; of a class those of its methods, too."""
    inside = vars(thing).values() if inspect.isclass(thing) else ()
    return "".join(inspect.getdoc(each) or "" for each in (thing, *inside) if each is not None)


@pytest.mark.parametrize("each", sorted(PUBLIC.keys() - EARLIER_NAMES))
def test_every_public_name_says_what_it_is_with_an_example(each):
    assert len(inspect.getdoc(PUBLIC[each]) or "") > 30
    assert ">>>" in own_docstrings(PUBLIC[each]), f"fs.{each} has no example"


# --- up to date -----------------------------------------------------------------------------------


def test_the_page_of_the_scenario_file_is_as_the_fields_are():
    now = text(scenario_page.PAGE)
    assert scenario_page.page(now) == now, "run python scripts/scenario_page.py"


def test_the_page_of_the_scenario_file_has_every_key_in_its_table():
    tables = dict(sections(text(scenario_page.PAGE)))
    parts = [("", Scenario), *scenario_page.parts(Scenario)]
    for path, part in parts:
        table = tables[scenario_page.header(path)]
        keys = re.findall(r"^\| `(\w+)` \|", table, re.M)
        assert keys == [info.alias or field for field, info in part.model_fields.items()]
    assert len(parts) > 15


# --- what a page says is there --------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_of_python_is_an_example_that_runs(page):
    for block in blocks(text(page), "python"):
        assert block.startswith(">>> ") or page.name in NOT_RUN, block


@pytest.mark.parametrize("page", TEXTS, ids=name)
def test_links_lead_to_files_that_are_there(page):
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text(page)):
        if not re.match(r"https?://", link):
            assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", TEXTS, ids=name)
def test_files_that_are_named_are_there(page):
    for path in re.findall(rf"`((?:{FOLDERS})/[\w./-]+)`", text(page)):
        is_pattern = "NN" in path or path.split("/")[1] in ("_build", "_course")  # made when asked
        assert is_pattern or (ROOT / path).exists(), path


@pytest.mark.parametrize("page", TEXTS, ids=name)
def test_commands_are_ones_that_there_are(page):
    for line in re.findall(r"^    (?:\S*/)?funnelsim (.*)$", text(page), re.M):
        given = [word for word in shlex.split(line) if word != "..."]
        if "--help" not in given:
            cli.parser().parse_args(given)


def test_the_guides_are_all_in_their_list():
    listed = text(DOCS / "guides" / "index.md")
    for page in (DOCS / "guides").glob("*.md"):
        title = text(page).partition("\n")[0].removeprefix("# ")
        assert page.name == "index.md" or f"| {title} | [answer]({page.name})" in listed


# --- the glossary ---------------------------------------------------------------------------------

GLOSSARY = text(DOCS / "glossary.md")
WORDS = sections(GLOSSARY)[2:]  # after others' words, and the languages


def keys_of_files() -> set[str]:
    """Keys of scenario files, and their headers as the glossary writes them."""
    known = set()
    for path, part in [("", Scenario), *scenario_page.parts(Scenario)]:
        assert issubclass(part, Part)
        known |= {info.alias or field for field, info in part.model_fields.items()}
        known.add(scenario_page.header(path).strip("`"))
    return known


def columns() -> set[str]:
    """Columns and names of the tables that functions return."""
    dropping = fs.load("b2b-pipeline").vary({"stages.Proposal.drop_after": "60 days"})
    journal = fs.simulate(dropping, seed=1, progress=False)
    shop = fs.simulate(fs.load("subscription"), seed=1, progress=False)
    tables = [
        fs.funnel_table(journal), fs.channels_table(journal), fs.reps_table(journal),
        fs.open_deals(journal, 100), fs.pipeline_board(journal, 100), fs.figures(),
        fs.retention_by_period(shop), fs.customer_lifetime_value(shop),
        fs.team_load(journal.scenario),
    ]  # fmt: skip
    known = {str(column) for table in tables for column in table.columns}
    known |= set(fs.figures().index) | set(fs.pipeline.sales_velocity(journal).index)
    for table in ("leads", "stage_visits", "follow_ups", "orders", "events"):
        known |= {table, *(f"{table}.{column}" for column in getattr(journal, table).columns)}
        known |= set(getattr(journal, table).columns)
    return known


def test_the_glossary_is_in_order_and_every_word_has_its_place():
    assert len(WORDS) > 50
    order = [word.lower() for word, _ in WORDS]
    assert order == sorted(order)
    for word, what in WORDS:
        assert what.split("\n\n")[0].rstrip().endswith((".", ".)")), word
        assert "- *Here*: " in what, word


def test_what_the_glossary_names_is_there():
    known = keys_of_files() | columns()
    arguments = {
        argument
        for function in (fs.plan, fs.simulate, fs.calibrate)
        for argument in inspect.signature(function).parameters
    }
    for word, what in WORDS:
        for named in re.findall(r"`([^`]+)`", what):
            if named.startswith("fs."):
                assert found(f"funnelsim.{named[3:]}") is not None, (word, named)
            else:
                is_list = f"[{named}]" in known
                assert named in known | arguments or is_list, (word, named)


def test_from_their_words_leads_to_ours():
    ours = [word for word, _ in WORDS]
    theirs = GLOSSARY[: GLOSSARY.index("## In five languages")]
    for word in re.findall(r"\| \[(.+?)\]\(#", theirs):
        assert word in ours
