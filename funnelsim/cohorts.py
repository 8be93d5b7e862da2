"""`funnelsim.metrics.cohorts` by the name it had in earlier versions; goes with the next one."""

import sys
import warnings

from funnelsim.metrics import cohorts

now = "funnelsim.cohorts is now funnelsim.metrics.cohorts, or fs.cohorts"
warnings.warn(now, DeprecationWarning, stacklevel=2)
sys.modules[__name__] = cohorts
