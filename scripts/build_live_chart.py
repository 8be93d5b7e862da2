"""Build funnelsim/widgets/static/live_chart.js: our live_chart.js with Vega inside.

Needs no network: Vega comes out of vl_convert. Run it after changing live_chart.js or upgrading
vl_convert; a test says when that was forgotten. The licences of what is inside come along.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import vl_convert

WIDGETS = Path(__file__).resolve().parents[1] / "funnelsim" / "widgets"


def main() -> int:
    """Write the bundle and say how large it is."""
    source = (WIDGETS / "live_chart.js").read_text(encoding="utf-8")
    print(f"{write(source)} bytes", file=sys.stdout)
    return 0


def write(source: str) -> int:
    digest = hashlib.sha256(source.encode("utf-8")).hexdigest()
    banner = (
        f"/*! funnelsim live chart, MIT; built from live_chart.js sha256:{digest}\n"
        f" *  with Vega {vl_convert.get_vega_version()} and the libraries it uses;\n"
        " *  their licences: see live_chart.LICENSES.txt beside this file */\n"
    )
    bundle = banner + alone(vl_convert.javascript_bundle(source, vl_version="6.4"))
    target = WIDGETS / "static" / "live_chart.js"
    target.write_text(bundle, encoding="utf-8", newline="\n")
    return target.stat().st_size


def alone(bundle: str) -> str:
    """Vega numbers what its marks are clipped by from 1. Each board of a page has a Vega of its
    own, so the marks of all would be clipped by the first board's: names that no two share.
    """
    numbered = '"clip"+'
    if bundle.count(numbered) != 1:
        raise SystemExit(f"{bundle.count(numbered)} places, not one, where Vega names a clip path")
    return bundle.replace(numbered, f"{numbered}Math.random().toString(36).slice(2)+")


if __name__ == "__main__":
    raise SystemExit(main())
