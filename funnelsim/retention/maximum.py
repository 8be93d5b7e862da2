"""The parameters above 0 that make what was seen likeliest, and how well they are known.

Searched in logarithms, by SciPy's Nelder-Mead from several starts: two or four parameters, on a
ridge where customers are nearly alike. Standard errors are those of large
samples, from the curvature at the maximum (the observed information; G. Casella and R. L. Berger,
Statistical Inference, 2nd edition 2002, section 10.1.3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from funnelsim.arguments import a_number
from funnelsim.distributions import Floats
from funnelsim.pages import page

if TYPE_CHECKING:
    import pandas as pd

LEAST, MOST = 1e-3, 1e4  # of a parameter: beyond that nothing changes that could be seen
STEP = 1e-3  # of a logarithm, for the curvature


HARDLY_KNOWN = "how customers differ is hardly known from this: it takes more of them, or longer"


class Maximum(NamedTuple):
    """Where the likelihood is largest; standard errors are NaN where a parameter has no end."""

    values: Floats
    errors: Floats
    log_likelihood: float

    @property
    def is_inside(self) -> bool:
        """Whether no parameter ran to its end: else customers are alike, or none is like any."""
        return bool(np.all((self.values > 1.01 * LEAST) & (self.values < 0.99 * MOST)))

    @property
    def is_known(self) -> bool:
        """Whether each parameter is larger than its standard error."""
        return bool(np.all(self.errors < self.values))


def maximum(
    log_likelihood: Callable[[Floats], float], starts: Sequence[Sequence[float]]
) -> Maximum:
    """The largest of a function of parameters above 0, from these starts."""
    from scipy.optimize import minimize

    def lack(logs: Floats) -> float:
        return -log_likelihood(np.exp(logs))

    ends = [(np.log(LEAST), np.log(MOST))] * len(starts[0])
    exact = {"xatol": 1e-6, "fatol": 1e-8, "maxiter": 2_000}

    def found_from(start: Floats) -> Any:
        return minimize(lack, start, method="Nelder-Mead", bounds=ends, options=exact)

    # from where it stops once more: a simplex may have become too flat to go on
    tries = [found_from(found_from(np.log(start)).x) for start in starts]
    logs = min(tries, key=lambda found: float(found.fun)).x
    found = Maximum(np.exp(logs), np.full(len(logs), np.nan), -lack(logs))
    return found._replace(errors=found.values * _errors(lack, logs)) if found.is_inside else found


def _errors(lack: Callable[[Floats], float], at: Floats) -> Floats:
    """Standard errors of the logarithms: the root of the diagonal of the inverse curvature."""
    steps = STEP * np.eye(len(at))
    curvature = np.array(
        [
            [
                lack(at + i + j) - lack(at + i - j) - lack(at - i + j) + lack(at - i - j)
                for j in steps
            ]
            for i in steps
        ]
    ) / (4 * STEP**2)
    try:
        variances = np.diag(np.linalg.inv(curvature))
    except np.linalg.LinAlgError:  # flat in some direction
        return np.full(len(at), np.nan)
    found: Floats = np.sqrt(np.where(variances > 0, variances, np.nan))
    return found


class Model:
    """What fitted models have in common: parameters above 0, how well they are known, one line."""

    name: ClassVar[str]
    names: ClassVar[tuple[str, ...]]
    maximum: Maximum | None
    seen: Any

    def __post_init__(self) -> None:
        for name in self.names:
            object.__setattr__(self, name, a_number(name, getattr(self, name), above=0))

    @property
    def parameters(self) -> pd.DataFrame:
        """A row for each parameter: `value` and `standard_error`, NaN where it was not fitted."""
        import pandas as pd

        values = [getattr(self, name) for name in self.names]
        errors = self.maximum.errors if self.maximum else np.full(len(values), np.nan)
        return pd.DataFrame(
            {"value": values, "standard_error": errors}, index=pd.Index(self.names, name=self.name)
        )

    @property
    def log_likelihood(self) -> float:
        """Of what it was fitted to; NaN where it was not fitted."""
        return self.maximum.log_likelihood if self.maximum else float("nan")

    def __repr__(self) -> str:
        told = []
        for name, value, error in self.parameters.itertuples():
            told.append(f"{name} {value:.3f}" + (f" ± {error:.3f}" if error > 0 else ""))
        line = f"{self.name}: {', '.join(told)}"
        if self.maximum is None:
            return line
        line += f"; {self._customers():,} customers, log-likelihood {self.log_likelihood:,.1f}"
        return line if self.maximum.is_known else f"{line}; {HARDLY_KNOWN}"

    def _repr_html_(self) -> str:
        return page("<div>{{ line }}</div>", line=repr(self))

    def _customers(self) -> int:
        raise NotImplementedError
