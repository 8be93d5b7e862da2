"""Exports of worlds whose truth is known: leads with two fates, as a CRM shows them on a day."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

START = pd.Timestamp("2026-01-05")


class World(NamedTuple):
    """One stage: who advances, medians (days) and spreads (of logarithms) of both fates."""

    p: float
    won: tuple[float, float]
    lost: tuple[float, float]
    silent: float = 0.0
    days: int = 120
    rate: float = 9.0
    is_marked: bool = True
    law: str = "normal"  # of the logarithm

    def time(self, chance: np.random.Generator, of: tuple[float, float], size: int) -> Any:
        draw = chance.normal if self.law == "normal" else chance.logistic
        return of[0] * np.exp(draw(0, of[1], size))

    def leads(self, seed: int) -> pd.DataFrame:
        """A row per lead: created, won, lost in days from the start (NaN: never)."""
        chance = np.random.default_rng(seed)
        size = chance.poisson(self.rate * self.days)
        created = np.sort(chance.random(size) * self.days)
        advances = chance.random(size) < self.p
        won = created + self.time(chance, self.won, size)
        lost = created + self.time(chance, self.lost, size)
        told = ~advances & (chance.random(size) >= self.silent)
        return pd.DataFrame({"created": created, "won": np.where(advances, won, np.nan),
                             "lost": np.where(told, lost, np.nan)})  # fmt: skip

    def export(self, leads: pd.DataFrame) -> dict[str, Any]:
        """What `fs.calibrate` is given: the table as of the last day, and its columns."""
        seen = leads.assign(**{c: leads[c].where(leads[c] < self.days) for c in ("won", "lost")})
        table = pd.DataFrame({
            c: (START + pd.to_timedelta(seen[c], unit="D")).dt.floor("min") for c in seen
        })  # fmt: skip
        columns = {"created": "created", "won": "won"}
        if self.is_marked:
            columns["lost"] = "lost"
        else:
            table = table.drop(columns="lost")
        stand = START + pd.Timedelta(days=self.days) - pd.Timedelta(seconds=1)
        return {"deals": table, **columns, "export_date": stand, "progress": False}


WORLDS = {
    "losses slower": World(0.3, (8, 0.9), (25, 0.8)),
    "not marked": World(0.15, (15, 1.0), (1, 1), is_marked=False, rate=16.0),
    "one in four silent": World(0.3, (12, 0.9), (12, 0.9), silent=0.25),
    "log-logistic": World(0.25, (10, 0.5), (18, 0.5), law="logistic"),
}
