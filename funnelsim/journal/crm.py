"""A simulated firm's deals as a CRM would export them on a day, and beside them the truth.

`Journal.to_crm` is its face. The vendors' headings, words and forms are those of `vendors/`, by
which `deals/` reads them; `crm_dirt.py` spoils the file as people do.
"""

from __future__ import annotations

import numbers
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.arguments import a_choice, a_seed, refused
from funnelsim.distributions import DAY, Ints
from funnelsim.journal.crm_dirt import MOST_DIRT, spoil, with_titles
from funnelsim.journal.people import first_talks, owners, people, reps
from funnelsim.journal.there import days_before
from funnelsim.saving import beside
from funnelsim.vendors import vendors

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.journal import Journal

LOG = "log"  # no vendor's: a row for each stage that a deal entered
HOW_LOGS = {"dates": "%Y-%m-%d %H:%M:%S", "won": "Closed Won", "lost": "Closed Lost"}
CONTACTED = "First Contacted At"  # in every style, where it is asked for
HOPEFUL = 60  # days until open deals are expected to be closed, at most
NAMES = (
    "Anna Berger", "Jonas Weber", "Lena Vogt", "Marek Novak", "Sofia Rossi", "Paul Martin",
    "Elena Petrova", "Tom Becker", "Clara Dubois", "Luis Ortega", "Nina Holm", "Adam Kowalski",
    "Maria Silva", "Felix Braun", "Yuki Tanaka", "Omar Haddad", "Ines Costa", "David Cohen",
    "Eva Lindqvist", "Ravi Sharma",
)  # fmt: skip


def to_crm(
    journal: Journal,
    style: str,
    dirt: str,
    path: str | Path | None,
    day: float | None,
    seed: int,
    truth: bool,
    contacts: bool = False,
) -> Any:
    """See `Journal.to_crm`."""
    style = a_choice("style", style, [*vendors(), LOG], "no export is written so")
    dirt = a_choice("dirt", dirt, MOST_DIRT)
    rng, last = np.random.default_rng(a_seed(seed)), journal.scenario.horizon / DAY
    day = last if day is None else day
    is_day = isinstance(day, numbers.Real) and not isinstance(day, bool)
    if not is_day or not 0 <= float(day) <= last:
        raise refused("day", day, f"it is a day of the simulation, from 0 to {last:g}")
    how = HOW_LOGS if style == LOG else vendors()[style]["export"]
    deals = _deals(journal, float(day), how)
    if contacts:
        deals["contacted"] = _contacts(journal, deals["lead"], float(day), how)
    if style == LOG:
        table, holds = _as_log(journal, deals, float(day), how), {"changed_at": "created",
                                                                  "amount": "value"}  # fmt: skip
    else:
        table, holds = _as_vendor(journal, deals, float(day), how, rng)
    if contacts:
        of = deals.set_index("id")["contacted"]
        when = of.reindex(table["deal_id"]) if style == LOG else deals["contacted"]
        table[CONTACTED] = _dates(when, "created", how).to_numpy()
    table, deals["dirt"] = spoil(table, holds, deals, dirt, how, journal.scenario.currency, rng)
    found: pd.DataFrame | Path = table
    if path is not None:
        found = Path(path)
        with beside(found) as draft:
            _write(with_titles(table, dirt, found.stem) if dirt != "none" else table, how, draft)
    return (found, deals.drop(columns="lead")) if truth else found


# --- the truth ----------------------------------------------------------------------------------


def _deals(journal: Journal, day: float, how: dict[str, Any]) -> pd.DataFrame:
    """What is known of each deal on the day, as finely as the CRM writes it, and what comes."""
    import pandas as pd

    leads, visits = journal.leads, journal.stage_visits
    goal = journal.scenario.stages[-1].name
    came = leads["arrived"] <= day
    came &= leads["lead"].isin(visits["lead"])  # customers of the start are no deals
    leads = leads[came]
    created = leads["arrived"].copy()
    there, before = days_before(journal)
    created[there] -= before
    so_far = visits[visits["lead"].isin(leads["lead"]) & (visits["entered"] <= day)]
    last = so_far.groupby("lead").last().reindex(leads["lead"])
    ended = last["decided"].where(last["decided"] <= day)
    is_won = (last["stage"] == goal) & ended.notna()
    is_lost = (last["outcome"] == "lost") & ended.notna()
    outcome = np.select([is_won, is_lost], ["won", "lost"], "open")
    begun = journal.follow_ups["started"].to_numpy() <= day
    moment = _moments(journal, how)
    number = np.arange(1, len(leads) + 1)
    later = leads["outcome"].astype(object).replace("customer", "won")
    table = {
        "lead": leads["lead"],
        "id": [how.get("id", "{number}").format(number=n) for n in number],
        "outcome": outcome,
        "stage": last["stage"].astype(object).to_numpy(),
        "created": moment(created, "created"),
        "closed": moment(ended.where(outcome != "open"), "closed"),
        "value": _written_values(leads["deal_value"], how),
        "channel": leads["channel"].astype(object),
        "owner": _named(journal, owners(journal, begun)[leads["lead"]]),
        "reason": last["reason"].astype(object).where(outcome == "lost").to_numpy(),
    }
    for stage in journal.scenario.stages[1:]:
        first = so_far[so_far["stage"] == stage.name].groupby("lead")["entered"].first()
        entered = moment(first.reindex(leads["lead"]), "created")
        table[f"entered {stage.name}"] = entered
    table |= {
        "ends": later.where(leads["outcome"] != "open"),
        "ends_at": moment(leads["decided"], "created"),
    }
    columns = {name: np.asarray(column, dtype=getattr(column, "dtype", object))
               for name, column in table.items()}  # fmt: skip
    return pd.DataFrame(columns).sort_values("created", kind="stable", ignore_index=True)


def _contacts(journal: Journal, leads: pd.Series, day: float, how: dict[str, Any]) -> Any:
    """When each lead was first reached, as finely as the dates are written."""
    started = journal.follow_ups["started"]
    first = first_talks(journal, started.to_numpy() <= day)[leads]
    when = started.reindex(first).set_axis(leads.index)
    return _moments(journal, how)(when, "created")


def _moments(journal: Journal, how: dict[str, Any]) -> Any:
    """Days of the simulation as moments, as finely as the dates of the export are written."""
    import pandas as pd

    from funnelsim.reading.dates import lengths_of_time

    start = pd.Timestamp(journal.scenario.start)

    def moment(days: pd.Series, kind: str) -> pd.Series:
        form = how.get("closing", how["dates"]) if kind == "closed" else how["dates"]
        unit = "s" if "%S" in form else "min" if "%M" in form else "D"
        return (start + lengths_of_time(days, "D")).dt.floor(unit)

    return moment


def _written_values(values: pd.Series, how: dict[str, Any]) -> pd.Series:
    return values.round(0 if ".0f" in how.get("amounts", "") else 2)


def _named(journal: Journal, numbers_: Ints) -> list[str | None]:
    """Reps by the names of people, who are the same in every export; None: nobody."""
    known = people(journal)
    count = len(reps(journal))
    names = [NAMES[n] if n < len(NAMES) else f"{NAMES[n % len(NAMES)]} {n // len(NAMES) + 1}"
             for n in range(count)] + known[count:]  # fmt: skip
    return [names[n] if n >= 0 else None for n in numbers_]


# --- the export ---------------------------------------------------------------------------------


def _as_vendor(
    journal: Journal,
    deals: pd.DataFrame,
    day: float,
    how: dict[str, Any],
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The table in the vendor's shape, and what each of its headings holds."""
    import pandas as pd

    is_open = deals["outcome"] == "open"
    times = deals.filter(like="entered ")
    changed = pd.concat([deals[["created", "closed"]], times], axis=1).max(axis=1)
    ahead = pd.to_timedelta(rng.integers(1, HOPEFUL + 1, len(deals)), unit="D")
    today = pd.Timestamp(journal.scenario.start) + pd.Timedelta(days=int(day))
    expected = (today + ahead).to_series(index=deals.index)
    words = {"won": how["won"], "lost": how["lost"]}
    ends = {fate: deals["closed"].where(deals["outcome"] == fate) for fate in words}
    said = deals["outcome"].map(words).fillna(how.get("open", deals["stage"]))
    dates = {"created": deals["created"], "closed": deals["closed"], "expected": expected,
             "closing": deals["closed"].where(~is_open, expected), "changed": changed,
             **ends}  # fmt: skip
    texts = {
        "id": deals["id"],
        "name": "Deal " + (deals.index + 1).astype(str).to_series(index=deals.index),
        "outcome": said,
        "stage": deals["stage"].where(deals["outcome"] != "won", _before(journal)),
        "value": _amounts(deals["value"], journal, how),
        "currency": pd.Series(journal.scenario.currency, index=deals.index),
        **{name: deals[name].fillna("") for name in ("owner", "channel", "reason")},
    }
    columns: dict[str, Any] = {}
    holds: dict[str, str] = {}
    for heading, what in how["headings"]:
        if what == "entered":
            for name in times:
                stage = name.removeprefix("entered ")
                if stage != journal.scenario.stages[-1].name:
                    head = how["entered"].format(stage=stage)
                    columns[head], holds[head] = _dates(times[name], "created", how), what
            for fate, word in words.items():
                head = how["entered"].format(stage=word)
                columns[head], holds[head] = _dates(ends[fate], "created", how), fate
        elif what.startswith("="):
            columns[heading] = what[1:]
        else:
            is_date = what in dates
            columns[heading] = _dates(dates[what], what, how) if is_date else texts[what]
            holds[heading] = what
    return pd.DataFrame(columns, index=deals.index), holds


def _before(journal: Journal) -> str:
    return journal.scenario.stages[-2].name


def _as_log(journal: Journal, deals: pd.DataFrame, day: float, how: dict[str, Any]) -> pd.DataFrame:
    """A row for each stage that a deal entered, and for its end; returns are rows of their own."""
    import pandas as pd

    visits = journal.stage_visits
    by_lead = deals.set_index("lead")
    visits = visits[visits["lead"].isin(by_lead.index) & (visits["entered"] <= day)]
    goal, moment = journal.scenario.stages[-1].name, _moments(journal, how)
    stage = visits["stage"].astype(object).where(visits["stage"] != goal, how["won"])
    entered = pd.DataFrame({"lead": visits["lead"], "stage": stage, "at": visits["entered"]})
    ends = visits[(visits["outcome"] == "lost") & (visits["decided"] <= day)]
    lost = pd.DataFrame({"lead": ends["lead"], "stage": how["lost"], "at": ends["decided"]})
    log = pd.concat([entered, lost]).sort_values("at", kind="stable", ignore_index=True)
    of = by_lead.loc[log["lead"]]
    return pd.DataFrame(
        {
            "deal_id": of["id"].to_numpy(),
            "stage": log["stage"],
            "changed_at": _dates(moment(log["at"], "created"), "created", how),
            "amount": _amounts(of["value"], journal, how).to_numpy(),
            "owner": of["owner"].fillna("").to_numpy(),
            "source": of["channel"].fillna("").to_numpy(),
        }
    )


def _dates(times: pd.Series, what: str, how: dict[str, Any]) -> pd.Series:
    """As the vendor writes them; a workbook holds dates themselves."""
    is_day = what in ("closed", "closing", "expected")
    form = how.get("closing", how["dates"]) if is_day else how["dates"]
    if how.get("file") == "xlsx":
        return (
            times.dt.floor("D" if "%H" not in form else "min")
            .astype(object)
            .where(times.notna(), None)
        )
    return times.dt.strftime(form).astype(object).where(times.notna(), how.get("never", ""))


def _amounts(values: pd.Series, journal: Journal, how: dict[str, Any]) -> pd.Series:
    if how.get("file") == "xlsx":
        return values.astype(object).where(values.notna(), None)
    form, marks = how.get("amounts", "{value:.2f}"), how.get("marks", ",.")
    turned = str.maketrans(",.", marks)
    return values.map(
        lambda value: "" if np.isnan(value)
        else form.format(value=value, currency=journal.scenario.currency).translate(turned)
    ).astype(object)  # fmt: skip


def _write(table: pd.DataFrame, how: dict[str, Any], path: Path) -> None:
    is_titled = table.columns[0] == 0
    if how.get("file") == "xlsx":
        table.to_excel(path, index=False, header=not is_titled, engine="xlsxwriter")
        return
    table.to_csv(path, index=False, header=not is_titled, sep=how.get("separator", ","),
                 encoding=how.get("encoding", "utf-8"))  # fmt: skip
