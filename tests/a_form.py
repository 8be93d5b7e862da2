"""A planner's form with an export sent to it: the bundled one, in the words of some CRM."""

from __future__ import annotations

import datetime
from typing import Any

import pandas as pd

from funnelsim.datasets import bundled
from funnelsim.widgets.plan_form import PlanForm


def upload(form: PlanForm, name: str, content: bytes) -> None:
    form.source.chosen.value = ""
    file = {"name": name, "type": "", "size": len(content), "content": content}
    now = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
    form.source.file.value = ({**file, "last_modified": now},)


def crm(words: dict[str, str], *, closing: bool = False, **names: str) -> pd.DataFrame:
    """The bundled export with other words and names; `closing`: one date for won and lost."""
    deals = pd.read_csv(bundled("crm_deals.csv"), dtype="string")
    deals["outcome"] = deals["outcome"].map(words)
    if closing:
        deals["won"] = deals["won"].fillna(deals["lost"])
        deals = deals.drop(columns=["qualified", "proposal", "lost", "lost_reason"])
    return deals.rename(columns=names)


ENGLISH = {"won": "Closed Won", "lost": "Closed Lost", "open": "Negotiation"}
GERMAN = {"won": "gewonnen", "lost": "verloren", "open": "offen"}


def sent(form: PlanForm, table: pd.DataFrame, sep: str = ",", encoding: str = "utf-8") -> Any:
    upload(form, "deals.csv", table.to_csv(index=False, sep=sep).encode(encoding))
    return form.source
