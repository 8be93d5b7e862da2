"""Sphinx settings: the pages are Markdown, the reference is written from the docstrings."""

from importlib.metadata import version

project = "funnelsim"
author = "funnelsim contributors"
copyright = "funnelsim contributors; text CC BY 4.0, code MIT"
release = version("funnelsim")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"funnelsim {release}"
