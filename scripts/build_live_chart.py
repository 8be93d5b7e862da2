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
    bundle = banner + _alone_on_a_page(vl_convert.javascript_bundle(source, vl_version="6.4"))
    target = WIDGETS / "static" / "live_chart.js"
    target.write_text(bundle, encoding="utf-8", newline="\n")
    return target.stat().st_size


def _alone_on_a_page(bundle: str) -> str:
    """Each board loads a bundle of its own, and Vega counts its clips from one in each: without a
    name of its own a chart is cut as the chart of another board is.
    """
    for counted in ('"clip"+', '"gradient_"+'):
        if bundle.count(counted) != 1:
            raise SystemExit(f"Vega counts differently now: {counted} is not there once")
        bundle = bundle.replace(counted, f"funnelsimOwn+{counted}")
    return f"const funnelsimOwn=Math.random().toString(36).replace(/^0./,'f')+'-';{bundle}"


if __name__ == "__main__":
    raise SystemExit(main())
