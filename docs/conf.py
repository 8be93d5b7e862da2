"""Sphinx settings: the pages are Markdown, the reference is made of the docstrings."""

import dataclasses
import importlib.metadata
import re
import sys

import funnelsim

project = "funnelsim"
author = "funnelsim contributors"
copyright = "funnelsim contributors; text CC BY 4.0, code MIT"
release = importlib.metadata.version("funnelsim")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "teaching"]  # the parts of teaching.md, not yet put together

html_theme = "furo"
html_title = f"funnelsim {release}"
html_static_path = ["style"]
html_css_files = ["code.css"]
html_copy_source = False  # the pages are in docs/ already

smartquotes = False  # "leads" is to be typed as it stands
python_maximum_signature_line_length = 88
autodoc_member_order = "bysource"
default_role = "literal"  # a docstring names what is Python in single backticks
for module in ("charts", "cohorts", "datasets", "groups", "pipeline"):  # called as a reader does
    sys.modules[f"funnelsim.{module}"] = getattr(funnelsim, module)

# Types of other packages are named; their pages would have to be fetched to link to them.
_UNLISTED = r"funnelsim\.(progress\.Bar|metrics\.known\.\w+|widgets\.(board|controls)\.\w+)"
nitpick_ignore_regex = [("py:.*", r"(?!funnelsim).*"), ("py:.*", _UNLISTED)]

# Names in two columns, "`leads`, `cost`    what they are"; in the rows below one space may do.
_ENTRY = re.compile(r"(`?[a-z]\w*`?(?:, `?[a-z]\w*`?)*) {2,}(\S.*)")
_NEXT = re.compile(r"(`\w+`(?:, `\w+`)*) +(\S.*)")


def entries_as_list(app, what, name, obj, options, lines):
    """Names with what they are beside them, laid out in columns, become a list of definitions."""
    told, in_entry = [], False
    if "Attributes:" in lines:  # of a part of a scenario, whose fields have a page
        lines[lines.index("Attributes:") :] = ["All fields: :doc:`/scenario_file`."]
    for line in lines:
        if found := _ENTRY.fullmatch(line) or (in_entry and _NEXT.fullmatch(line)):
            names = re.sub(r"\w+", r"`\g<0>`", found[1].replace("`", ""))
            told += [*([] if in_entry else [""]), names, f"    {found[2]}"]
            in_entry = True
        elif in_entry and line.startswith("  "):
            told.append(f"    {line.strip()}")
        else:
            told.append(line)
            in_entry = False
    lines[:] = told


def without_fields(app, what, name, obj, options, signature, returns):
    """What a function gives back is not made by hand: its fields stand in the docstring."""
    if what == "class" and (dataclasses.is_dataclass(obj) or issubclass(obj, Exception)):
        return "", None
    return None


def setup(app):
    app.connect("autodoc-process-docstring", entries_as_list)
    app.connect("autodoc-process-signature", without_fields)
