"""Sphinx settings: the pages are Markdown."""

import importlib.metadata

project = "funnelsim"
author = "funnelsim contributors"
copyright = "funnelsim contributors; text CC BY 4.0, code MIT"
release = importlib.metadata.version("funnelsim")

extensions = ["myst_parser"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"funnelsim {release}"
