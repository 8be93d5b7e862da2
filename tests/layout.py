"""What is cut off or runs over something else, and two fonts to look at it in.

A machine's fonts decide how wide a word is. So the layout is looked at in a narrow and in a wide
font that come with the set-up; a page opened with `in_place_of_the_machines(font)` shows them in
place of those that the style sheets name, on every system.
"""

from __future__ import annotations

import base64
import contextlib
import json
from functools import cache

import fontpkg
from playwright.sync_api import Locator, Page, TimeoutError

# Latin and Cyrillic. Unbounded is shown a little smaller: so it is as wide as DejaVu Sans and
# Verdana, in bold, too, and no system comes with a wider font for its pages.
FONTS = {"narrow": ("PT Sans Narrow", "100%"), "wide": ("Unbounded", "92%")}
NAMED = ["Arial", "Liberation Sans", "Helvetica", "Helvetica Neue", "Segoe UI"]  # in style sheets
SETTLED = 10_000  # ms that a picture may take to be drawn anew, after which it stays as it is


@cache
def in_place_of_the_machines(font: str) -> str:
    """A script that a page runs first; `page.add_init_script` takes it."""
    family, size = FONTS[font]
    files = {
        weights: base64.b64encode(fontpkg.path(family, weight).read_bytes()).decode("ascii")
        for weights, weight in (("100 500", 400), ("600 900", 700))
    }
    return (
        f"for (const [weight, file] of Object.entries({json.dumps(files)}))"
        f" for (const name of {json.dumps(NAMED)}) {{"
        " const face = new FontFace(name, `url(data:font/ttf;base64,${file})`,"
        f" {{ weight, sizeAdjust: '{size}' }}); document.fonts.add(face); face.load(); }}"
    )


def flaws(page: Page, root: str) -> list[str]:
    """What cannot be read of the text in these parts of the page, once nothing moves any more."""
    part = page.locator(root)
    with contextlib.suppress(TimeoutError):
        page.wait_for_function(
            f"root => ({FLAWS})(document.querySelector(root)).length === 0", arg=root,
            timeout=SETTLED,
        )  # fmt: skip
    return _flaws_of(part)


def _flaws_of(part: Locator) -> list[str]:
    return part.evaluate(FLAWS)


# Text beyond a box that hides what leaves it, a choice wider than its field, text over other text,
# and text in a font of the machine. What scrolls by itself (`.wide`) may; code is there to be
# copied (`code`, `pre`): both are left out.
FLAWS = """root => {
  const found = new Set();
  const isSvg = node => node.namespaceURI.endsWith('svg');
  const hides = style => ['hidden', 'clip', 'auto', 'scroll'].includes(style);
  const texts = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    const said = node.textContent.trim();
    if (!said || parent.closest('style, script, option, title, code, pre')) continue;
    if (!parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = isSvg(parent) ? [parent.getBoundingClientRect()] : [...range.getClientRects()];
    let seen = boxes.filter(box => box.width > 1 && box.height > 1);
    const font = getComputedStyle(parent).fontFamily.split(',')[0].replaceAll('"', '');
    if (seen.length && !NAMED.includes(font)) found.add(`in ${font}: ${said}`);
    for (let up = parent; up !== root.parentElement; up = up.parentElement) {
      if (isSvg(up) && up.tagName !== 'svg') continue;
      const style = getComputedStyle(up), edge = up.getBoundingClientRect();
      const scrolls = up.classList.contains('wide');
      if (hides(style.overflowX) && !scrolls
          && seen.some(box => box.left < edge.left - 1.5 || box.right > edge.right + 1.5))
        found.add(`cut off sideways: ${said}`);
      if (hides(style.overflowY) && !scrolls  // a line is higher than its letters
          && seen.some(box => box.top < edge.top - 3 || box.bottom > edge.bottom + 3))
        found.add(`cut off above or below: ${said}`);
      if (scrolls) seen = seen.map(box => ({
        left: Math.max(box.left, edge.left), right: Math.min(box.right, edge.right),
        top: box.top, bottom: box.bottom, height: box.height })).filter(b => b.right > b.left);
    }
    texts.push({ said, parent, seen });
  }
  for (const field of root.querySelectorAll('select, input:not([type=file], [type=checkbox])')) {
    if (!field.checkVisibility()) continue;
    const style = getComputedStyle(field);
    const pen = document.createElement('canvas').getContext('2d');
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const lines = field.multiple ? [...field.options].map(option => option.text)
      : [field.selectedOptions ? field.selectedOptions[0]?.text : field.value || field.placeholder];
    for (const line of lines)
      if (pen.measureText(line ?? '').width > room + 1) found.add(`cut off in its field: ${line}`);
  }
  texts.forEach((one, i) => texts.slice(i + 1).forEach(other => {
    if (one.parent === other.parent || one.said === other.said) return;  // a text and its halo
    for (const a of one.seen) for (const b of other.seen) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 2 && high > 0.35 * Math.min(a.height, b.height))
        found.add(`over one another: ${one.said} / ${other.said}`);
    }
  }));
  return [...found];
}""".replace("NAMED", json.dumps(NAMED))
