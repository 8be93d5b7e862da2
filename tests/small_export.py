"""A small CRM export for tests, and which of its columns is which."""

from __future__ import annotations

import numpy as np
import pandas as pd


def small(rows: int = 60, **columns: object) -> pd.DataFrame:
    """A small export: a lead a day, every second one won after 3 days, the others lost after 5."""
    created = pd.date_range("2026-01-01 09:00", periods=rows, freq="D")
    even = np.arange(rows) % 2 == 0
    data = {
        "id": [f"n{i}" for i in range(rows)],
        "created": created,
        "won": (created + pd.Timedelta(days=3)).where(even),
        "lost": (created + pd.Timedelta(days=5)).where(~even),
    }
    return pd.DataFrame(data | columns)


COLUMNS = {"id": "id", "created": "created", "won": "won", "lost": "lost"}
