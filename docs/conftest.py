"""The examples of a page run in a folder of their own, with the files that it tells to save."""

from __future__ import annotations

import pytest
from doc_pages import files

collect_ignore = ["conf.py"]  # settings of Sphinx, no example


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in files(request.node.path.read_text(encoding="utf-8")).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
