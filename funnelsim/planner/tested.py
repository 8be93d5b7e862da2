"""`Backtest`: forecasts of earlier days beside what came, and what they say in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

from funnelsim.pages import page
from funnelsim.planner.doubt import is_too_sure
from funnelsim.tables import as_html, as_text, figure_text

BAND = (0.1, 0.9)  # 8 in 10 futures
SHARE = 0.8
FEW = 20  # forecasts: fewer say little
NO_LARGER = "Their errors are no larger than chance makes them: a plan's doubt stays as it is."
PAGE = """{% for sentence in sentences %}
<p>{% if loop.first %}<strong>{{ sentence }}</strong>{% else %}{{ sentence }}{% endif %}</p>
{% endfor %}
{{ table }}"""


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts that would have been made on earlier days, and what came: by `fs.backtest`.

    - `table`: a row a cut: day (the last that was known), until, deals (known by then), of the
      wins the mean of the forecast, low and high (8 in 10 futures), happened, inside
    - `every`: the same for each figure ("sales", "revenue") and part (column of: "all", "open
      deals": those that were open on the day, "new leads": those that came after it)
    - `coverage`: the share of cuts whose wins lay in the band, which should be 0.8;
      `coverage_interval`: where the share of many such forecasts may be (95 %, Clopper and Pearson)
    - `bias`: wins forecast ÷ wins that came - 1, over all cuts: above 0 too many were forecast;
      `bias_interval`: 95 %, from the differences among cuts (Student's t; NaN of a single cut)
    - `by_part`: coverage and bias of each figure and part
    - `errors`: of each cut (happened - mean) ÷ standard deviation of the forecast's futures
    - `widening`: how many times as wide a plan takes what is not known: 1 where the errors are no
      larger than they should be (`funnelsim/planner/doubt.py` says how it is found)
    - `sentences`: all that in words, the most important first

    `days` is the horizon, `replications` the futures of each forecast, `until` the last day that is
    compared.

    >>> import funnelsim as fs
    >>> told = fs.backtest(fs.read_deals(fs.datasets.bundled("crm_deals.csv")), cuts=2, n=50)
    >>> told.coverage, told.widening
    (1.0, 1.0)
    """

    name: str
    days: int
    currency: str
    deals: tuple[int, ...]
    every: pd.DataFrame
    errors: tuple[float, ...]
    widening: float
    replications: int
    until: pd.Timestamp
    export_date: pd.Timestamp

    @property
    def table(self) -> pd.DataFrame:
        every = self.every
        found = every[(every["figure"] == "sales") & (every["of"] == "all")]
        found = found.drop(columns=["figure", "of"]).set_index("cut")
        found.insert(2, "deals", self.deals)
        return found.astype({"happened": int})

    @property
    def coverage(self) -> float:
        return float(self.table["inside"].mean())

    @property
    def coverage_interval(self) -> tuple[float, float]:
        return share_interval(int(self.table["inside"].sum()), len(self.table))

    @property
    def bias(self) -> float:
        return bias_of(self.table)[0]

    @property
    def bias_interval(self) -> tuple[float, float]:
        return bias_of(self.table)[1:]

    @property
    def by_part(self) -> pd.DataFrame:
        rows = {}
        for key, one in self.every.groupby(["figure", "of"], sort=False):
            inside = int(one["inside"].sum())
            low, high = share_interval(inside, len(one))
            bias, *ends = bias_of(one)
            rows[key] = {
                "cuts": len(one), "inside": inside, "coverage": inside / len(one),
                "coverage_low": low, "coverage_high": high, "forecast": float(one["mean"].sum()),
                "happened": float(one["happened"].sum()), "bias": bias, "bias_low": ends[0],
                "bias_high": ends[1],
            }  # fmt: skip
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["figure", "of"])

    @property
    def is_too_sure(self) -> bool:
        """Whether the errors are larger than chance makes those of right forecasts."""
        return is_too_sure(self.errors)

    @property
    def sentences(self) -> tuple[str, ...]:
        return (self._held(), self._off(), *self._stop(), *self._few(), self._so())

    def _held(self) -> str:
        cuts, inside = len(self.table), int(self.table["inside"].sum())
        if cuts == 1:
            held = "held" if inside else "did not hold"
            made = f"A forecast of {self.days} days, made as of an earlier day, {held}"
        else:
            made = (
                f"Of {cuts} forecasts of {self.days} days, made as of earlier days, {inside} held"
            )
        return f"{made}: the wins that came lay where 8 in 10 futures had been foreseen."

    def _off(self) -> str:
        table = self.table
        seen, came = table["mean"].sum(), table["happened"].sum()
        told = f"Together they foresaw {seen:,.0f} wins, and {came:,.0f} came"
        low, high = self.bias_interval
        if not came or np.isnan(self.bias):
            return told + "."
        told += f": {_more_or_fewer(self.bias)}"
        if np.isfinite([low, high]).all():
            told += f" (95 % interval {_signed(low)} to {_signed(high)})"
        return told + "."

    def _stop(self) -> list[str]:
        quiet = (self.export_date - self.until).days
        if quiet < 1:
            return []
        return [
            f"Leads stop on {self.until:%Y-%m-%d}, {quiet:,} days before the day of the export: "
            "only days up to then are compared."
        ]

    def _few(self) -> list[str]:
        cuts = len(self.table)
        if cuts >= FEW:
            return []
        low, high = (figure_text(end, "share") for end in self.coverage_interval)
        are = "forecast says" if cuts == 1 else "forecasts say"
        return [
            f"{cuts} {are} little: in the long run {low} to {high} of them may hold (95 %), "
            "where 80 % should."
        ]

    def _so(self) -> str:
        if self.widening == 1:
            return NO_LARGER
        size = float(np.sqrt(np.mean(np.square(self.errors))))
        return (
            f"Their errors are {size:.1f} times as large as they should be, which chance does to "
            "right forecasts less than once in ten times: so a plan takes what is not known of "
            f"conversions, times, rates and values as {self.widening:.1f} times as wide."
        )

    def in_text(self) -> pd.DataFrame:
        """The table as one reads it."""
        rows = [
            (f"{row['day']:%Y-%m-%d}", f"{row['until']:%Y-%m-%d}", f"{row['deals']:,}",
             f"{row['mean']:,.0f}", f"{row['low']:,.0f} to {row['high']:,.0f}",
             f"{row['happened']:,}", "yes" if row["inside"] else "no")
            for _, row in self.table.iterrows()
        ]  # fmt: skip
        heads = ["as of", "until", "deals known", "wins foreseen"]
        heads += ["8 in 10 futures", "came", "held"]
        return pd.DataFrame(rows, columns=heads)

    def __str__(self) -> str:
        return "\n".join([*self.sentences, "", as_text(self.in_text()).rstrip()])

    def __repr__(self) -> str:
        held = f"{int(self.table['inside'].sum())} of {len(self.table)} in the 80 % band"
        return f"<Backtest of {self.name!r}: {held}>\n{self}"

    def _repr_html_(self) -> str:
        return page(PAGE, sentences=self.sentences, table=Markup(as_html(self.in_text())))


def share_interval(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (C. J. Clopper and E. S. Pearson, Biometrika 26, 1934).

    >>> tuple(round(end, 3) for end in share_interval(5, 6))
    (0.359, 0.996)
    """
    from scipy.stats import beta

    low = float(beta.ppf(0.025, hits, of - hits + 1)) if hits else 0.0
    return low, float(beta.ppf(0.975, hits + 1, of - hits)) if hits < of else 1.0


def bias_of(table: pd.DataFrame) -> tuple[float, float, float]:
    """Forecast ÷ happened - 1 over all cuts, and its 95 % interval (a ratio estimate)."""
    from scipy.stats import t

    seen, came = table["mean"].to_numpy(float), table["happened"].to_numpy(float)
    if not came.sum():
        return np.nan, np.nan, np.nan
    ratio, n = seen.sum() / came.sum(), len(seen)
    if n == 1:
        return ratio - 1, np.nan, np.nan
    error = np.sqrt(n / (n - 1) * ((seen - ratio * came) ** 2).sum()) / came.sum()
    away = float(t.ppf(0.975, n - 1) * error)
    return float(ratio - 1), max(float(ratio - 1 - away), -1.0), float(ratio - 1 + away)


def _more_or_fewer(bias: float) -> str:
    if abs(bias) < 0.005:
        return "as many"
    return f"{abs(bias):.0%} too {'many' if bias > 0 else 'few'}".replace("%", " %")


def _signed(share: float) -> str:
    sign = "−" if share < 0 else "+"
    return f"{sign}{100 * abs(share):.0f} %"
