"""How well a calibration finds the truth: exports of known worlds, and forecasts of open deals.

    python benchmarks/own_data.py WORLDS.py [--exports 10] [--only 1,5] [--out FILE.md]

WORLDS.py is a module with `WORLDS` (name: arguments of `gen`), `gen(rng, **arguments)` (a row per
lead: created, s1, s2, ..., lost, value, in days, uncensored) and `stamp`. Each export is cut on the
last day of arrivals, read by `fs.read_deals` and calibrated; told are, over the exports,

- conversion overall: bias, spread, how often the 95 % interval covers, and overall ± 1.96 s.e.
- the deals won later of those open, in 60 days: bias of their sum, and how often the 90 % band
  covers (futures of the open deals alone, a draw each).

With --olist FOLDER the four cuts of the Olist funnel: the share won by the end of the data, and the
wins in the 165 days after the cut.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import funnelsim as fs
from funnelsim import datasets

START = pd.Timestamp("2025-01-06")
AHEAD, FUTURES, TRUTHS = 60, 100, 120
CUTS = ("2018-02-28", "2018-03-31", "2018-04-30", "2018-05-31")


def module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("worlds", path)
    assert spec and spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def export(worlds: Any, leads: pd.DataFrame, cut: float, is_marked: bool) -> pd.DataFrame:
    """What a CRM shows of these leads on the day."""
    seen = leads[leads["created"] < cut].drop(columns="orr").copy()
    times = [c for c in seen if c == "lost" or (c[0] == "s" and c[1:].isdigit())]
    for column in times:
        seen[column] = seen[column].where(seen[column] < cut)
    goal = [c for c in times if c != "lost"][-1]
    seen["value"] = seen["value"].where(seen[goal].notna())
    if not is_marked:
        seen = seen.drop(columns="lost")
    return worlds.stamp(seen)


def read(table: pd.DataFrame, stages: int, cut: float) -> fs.Deals:
    columns: dict[str, Any] = {
        "created": "created", "won": f"s{stages}", "channel": "channel", "value": "value",
        "stages": {f"Stage {n + 1}": f"s{n}" for n in range(1, stages)},
        "export_date": START + pd.Timedelta(days=cut) - pd.Timedelta(seconds=1),
    }  # fmt: skip
    if "lost" in table:
        columns["lost"] = "lost"
    return fs.read_deals(table, **columns)


def wins_of_open(found: fs.Calibration, days: int, seed: int = 1) -> np.ndarray:
    """Wins of the open deals alone in so many days: one number a future."""
    none = {f"channels.{c.name}.leads_per_day": 0 for c in found.scenario.channels}
    alone = replace(found, scenario=found.scenario.vary(none))
    told = fs.forecast(alone, initial=found.state, n=FUTURES, within=f"{days} days", seed=seed,
                       progress=False)  # fmt: skip
    return np.asarray(told.totals["sales"])


def of_world(worlds: Any, name: str, exports: int) -> dict[str, object]:
    given = worlds.WORLDS[name]
    stages, days = len(given["stages"]), given.get("days", 180)
    big = {**given, "rate": 2 * given.get("rate", 20)}
    truth = float(np.mean([
        worlds.gen(np.random.default_rng(9_000 + n), **big)[f"s{stages}"].notna().mean()
        for n in range(TRUTHS)
    ]))  # fmt: skip
    rows, begun = [], time.process_time()
    for seed in range(exports):
        leads = worlds.gen(np.random.default_rng(seed), **given)
        table = export(worlds, leads, days, "not marked" not in name)
        found = fs.calibrate(read(table, stages, days), progress=False)
        goal = leads.loc[leads["created"] < days, f"s{stages}"]
        came = int(((goal >= days) & (goal < days + AHEAD)).sum())
        wins = wins_of_open(found, AHEAD)
        low, high = found.interval
        rows.append({
            "overall": found.overall, "covers": low <= truth <= high,
            "by_se": abs(found.overall - truth) < 1.96 * found.overall_se, "se": found.overall_se,
            "came": came, "expected": wins.mean(),
            "band": np.quantile(wins, 0.05) <= came <= np.quantile(wins, 0.95),
        })  # fmt: skip
    t = pd.DataFrame(rows)
    return {
        "world": name, "truth": f"{truth:.2%}", "bias": f"{t['overall'].mean() / truth - 1:+.1%}",
        "± s.e.": f"{t['overall'].std() / truth / exports**0.5:.1%}",
        "spread": f"{t['overall'].std() / truth:.1%}", "told": f"{t['se'].mean() / truth:.1%}",
        "95 % covers": f"{t['covers'].mean():.2f}", "± 1.96 s.e.": f"{t['by_se'].mean():.2f}",
        "open: wins": f"{t['came'].mean():.0f}",
        "off by": f"{t['expected'].sum() / t['came'].sum() - 1:+.1%}",
        "90 % band": f"{t['band'].mean():.2f}", "exports": exports,
        "CPU s each": f"{(time.process_time() - begun) / exports:.1f}",
    }  # fmt: skip


def olist(folder: Path) -> list[dict[str, object]]:
    leads = datasets.read_olist_funnel(folder)
    every = fs.read_deals(leads, **datasets.OLIST_COLUMNS)
    rows: list[dict[str, object]] = []
    for day in CUTS:
        deals = every.as_of(day)
        found = fs.calibrate(deals, progress=False)
        goal = every.entered.loc[deals.leads.index].iloc[:, -1]
        later = (goal - deals.export_date) / pd.Timedelta(days=1)
        wins, came = wins_of_open(found, 165), int(((later > 0) & (later < 165)).sum())
        share, (low, high) = float(goal.notna().mean()), found.interval
        rows.append({
            "cut": day, "won in the end": f"{share:.3f}", "calibrated": f"{found.overall:.3f}",
            "95 %": f"{low:.3f} to {high:.3f}", "covers": "yes" if low <= share <= high else "no",
            "wins in 165 days": came, "forecast": f"{wins.mean():.0f}",
            "off by": f"{wins.mean() / came - 1:+.0%}",
            "90 % band": f"{np.quantile(wins, 0.05):.0f} to {np.quantile(wins, 0.95):.0f}",
        })  # fmt: skip
    return rows


def as_markdown(rows: list[dict[str, object]]) -> str:
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *([str(row[c]) for c in head] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    asked = argparse.ArgumentParser(description="How well a calibration finds the truth.")
    asked.add_argument("worlds", type=Path, nargs="?")
    asked.add_argument("--exports", type=int, default=10)
    asked.add_argument("--only", help="numbers of worlds, from 0")
    asked.add_argument("--olist", type=Path)
    asked.add_argument("--out", type=Path)
    chosen, parts = asked.parse_args(), []
    if chosen.worlds:
        worlds, rows = module(chosen.worlds), []
        names = list(worlds.WORLDS)
        for number in map(int, chosen.only.split(",")) if chosen.only else range(len(names)):
            rows.append(of_world(worlds, names[number], chosen.exports))
            print(" | ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
        parts.append(as_markdown(rows))
    if chosen.olist:
        rows = olist(chosen.olist)
        parts.append(as_markdown(rows))
        print(parts[-1])
    if chosen.out:
        chosen.out.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
