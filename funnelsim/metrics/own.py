"""The firm's own chances, beside those that its history tells."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.arguments import is_number, refused
from funnelsim.distributions import Floats
from funnelsim.errors import FunnelSimError, nearest
from funnelsim.metrics.known import Known

if TYPE_CHECKING:
    import pandas as pd

Own = Any  # Mapping[str, float] | pd.Series | None
TAKES = "it is a mapping or a Series: {stage: chance}, or {deal: chance}"


def own_chances(own: Own, known: Known, deals: pd.DataFrame) -> Floats:
    """The firm's chance of each open deal, by its stage or by its number; NaN: it names none.

    Raises FunnelSimError for stages that there are not, and for what is no share and no percentage.
    """
    if not (isinstance(own, Mapping) or hasattr(own, "to_dict")):
        raise refused("own", own, TAKES, "write own={stage: chance}")
    table = {str(key): value for key, value in dict(own).items()}
    shares = _shares(table)
    stages = [known.stages[number] for number in deals["stage"]]
    if set(table) & set(known.stages):
        if unknown := set(table) - set(known.stages):
            one = sorted(unknown)[0]
            raise refused("own", one, "there is no such stage", nearest(one, known.stages))
        return np.array([shares.get(stage, np.nan) for stage in stages], dtype=float)
    names = [[str(name) for name in column] for column in (deals.index, deals["number"])]
    found = np.array(
        [shares.get(key, shares.get(row, np.nan)) for key, row in zip(*names, strict=True)],
        dtype=float,
    )
    if len(found) and np.isnan(found).all():
        raise FunnelSimError(
            f"own names none of the {len(found):,} open deals (such as {names[0][0]}) and no "
            f"stage ({', '.join(known.stages)}); {TAKES}"
        )
    return found


def _shares(table: Mapping[str, Any]) -> dict[str, float]:
    """As shares from 0 to 1: 20 and "20 %" are 0.2, where one of them is above 1."""
    import pandas as pd

    found, percent = {}, False
    for key, value in table.items():
        if isinstance(value, str):
            percent |= "%" in value
            with suppress(ValueError):
                value = float(value.replace("%", "").replace(",", ".").strip())
        if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
            continue
        if not is_number(value) or not 0 <= value <= 100:
            raise refused(f"own[{key!r}]", value, "it is a chance, 0 to 1", "write 0.2 for 20 %")
        found[key] = float(value)
        percent |= value > 1
    return {key: value / 100 if percent else value for key, value in found.items()}
