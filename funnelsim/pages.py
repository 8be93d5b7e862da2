"""Pages and pieces of them, made from Jinja2 templates: what is put in is text, never markup."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template


def page(template: str, **values: Any) -> str:
    """HTML from a template, or from the file of one: a name that ends in .html, in the package.

    Every value is escaped, unless it is a `markupsafe.Markup`; one that is missing is an error.

    >>> page("<p>{{ name }}</p>", name="<b>")
    '<p>&lt;b&gt;</p>'
    """
    return _template(template).render(values)


@cache
def _template(text: str) -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    pages = Environment(autoescape=True, loader=loader, undefined=StrictUndefined, trim_blocks=True)
    return pages.get_template(text) if text.endswith(".html") else pages.from_string(text)
