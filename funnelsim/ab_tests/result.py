"""What an A/B test says: tables, one sentence, and beside it the truth, where there is one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from funnelsim.ab_tests.sums import Measured
from funnelsim.errors import FunnelSimError
from funnelsim.journal.provenance import Provenance
from funnelsim.metrics.figure import SHARE
from funnelsim.tables import figure_text

if TYPE_CHECKING:
    import pandas as pd

OFF = 0.001  # a sample ratio with a smaller p-value is no accident
NO_TRUTH = (
    "the truth is known of a journal alone: the same customers can be simulated in each arm, a "
    "firm's table is all that there will ever be"
)


@dataclass(eq=False)
class AbTest:
    """What a test says of each arm, and of each against the control.

    - `arms`: a row per arm (the index). `n` leads; `value` of the figure with `standard_error`
      and the ends `low`, `high` of its interval; `expected_n`, the leads it should have by its
      share.
    - `effects`: a row per arm other than the control. `difference` with `low` and `high`; `lift`
      = difference ÷ the control's value, with `lift_low` and `lift_high`; `p`, of several arms
      after Holm; `p_any_day`, which holds however often one looks; `power`, the chance to find the
      planned lift with these leads; `smallest_lift`, which is found with the planned power.
    - `sample_ratio_p`: how likely arms of such sizes are by chance; below 0.001 the split itself
      is broken (`is_off`), and no effect should be read.
    - `more_leads` and `more_days` it takes until the planned lift is found with the planned power,
      0 if it is by now; `more_days` is NaN where no time is known.
    - `sentence` says it in words, `warnings` what stands against it; `provenance` how the journal
      was made.

    `truth` is what is so: see there.

    >>> import funnelsim as fs
    >>> test = fs.ab_test({"A": (5588, 407), "B": (4695, 399)})
    >>> test.is_off, round(float(test.effects.loc["B", "lift"]), 2)
    (True, 0.17)
    """

    figure: str
    control: str
    day: float | None
    arms: pd.DataFrame
    effects: pd.DataFrame
    sample_ratio_p: float
    more_leads: int
    more_days: float
    plan: Plan
    warnings: list[str]
    tested: Measured = field(repr=False)
    currency: str = ""
    provenance: Provenance | None = field(default=None, repr=False)
    look_up: Callable[[], pd.DataFrame] | None = field(default=None, repr=False)

    @property
    def is_off(self) -> bool:
        """Whether the arms' sizes are too far from their shares to be chance."""
        return self.sample_ratio_p < OFF

    @cached_property
    def truth(self) -> pd.DataFrame:
        """What is so: all leads of the journal in each arm, the same customers.

        A row per arm (the index): `value`, the figure if everybody had been in that arm
        (`scenario.all_in(arm)`, the same seed and replication), and `difference` and `lift` to
        the control. What a firm can never see. Raises `FunnelSimError` of a table.
        """
        if self.look_up is None:
            raise FunnelSimError(NO_TRUTH)
        return self.look_up()

    @property
    def sentence(self) -> str:
        """The test in words."""
        told = [self._first(arm) for arm in self.effects.index]
        if self.is_off:
            told.insert(0, f"Do not read the effect: {self.sample_ratio_sentence}")
        return " ".join([*told, self._plan()])

    @property
    def sample_ratio_sentence(self) -> str:
        """The sizes of the arms in words."""
        sizes = ", ".join(f"{arm} {row.n:,.0f}" for arm, row in self.arms.iterrows())
        planned = ", ".join(f"{row.expected_n:,.0f}" for _, row in self.arms.iterrows())
        p = p_text(self.sample_ratio_p)
        how = "which chance does not explain" if self.is_off else "which chance explains"
        return f"the arms have {sizes} leads where {planned} were planned, {how} ({p})."

    def text(self, value: float) -> str:
        """A value of the figure as text."""
        return figure_text(value, self.tested.unit, self.currency)

    def change(self, value: float) -> str:
        """A difference as text, with its sign."""
        if not math.isfinite(value):
            return self.text(value)
        points = " points" if self.tested.unit == SHARE else ""
        text = self.text(abs(value)).replace(" %", "")
        return f"{'+' if value >= 0 else '−'}{text}{points}"

    def _first(self, arm: Any) -> str:
        row, value = self.effects.loc[arm], self.arms["value"]
        if not math.isfinite(row["p"]):
            return f"Of {arm} against {self.control} nothing can be said yet."
        interval = f"{self.change(row['low'])} to {self.change(row['high'])}"
        is_beyond = row["p"] < self.plan.alpha
        beyond = "chance alone hardly does that" if is_beyond else "chance alone may do that"
        return (
            f"{self.tested.label}: {self.text(value[arm])} in {arm}, "
            f"{self.text(value[self.control])} in {self.control}: {self.change(row['difference'])} "
            f"({interval}), {p_text(row['p'])}: {beyond}."
        )

    def _plan(self) -> str:
        lift = f"A lift of {100 * self.plan.lift:g} %"
        power = self.effects["power"].min()
        if not math.isfinite(power):
            return f"{lift} cannot be planned for yet."
        told = f"{lift} is found with a chance of {figure_text(power, 'share')} by now"
        if not self.more_leads:
            return f"{told}."
        days = f" ({self.more_days:,.0f} days)" if math.isfinite(self.more_days) else ""
        more = f"{self.more_leads:,} more leads{days}"
        return f"{told}; for {100 * self.plan.power:g} % it takes {more}."

    def __repr__(self) -> str:
        return "\n".join([f"<AbTest of {self.figure}>", self.sentence, *self.warnings])


@dataclass(frozen=True)
class Plan:
    """What was planned: the relative `lift` worth finding, with which `power`, at which `alpha`."""

    lift: float
    power: float
    alpha: float


def p_text(p: float) -> str:
    """A p-value as text.

    >>> p_text(0.0412), p_text(0.00002)
    ('p = 0.041', 'p < 0.001')
    """
    if not math.isfinite(p):
        return "p = –"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.0995 else f"p = {p:.2f}"
