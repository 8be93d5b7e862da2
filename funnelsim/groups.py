"""`funnelsim.metrics.groups` by the name it had in earlier versions; goes with the next one."""

import sys
import warnings

from funnelsim.metrics import groups

now = "funnelsim.groups is now funnelsim.metrics.groups, or fs.groups"
warnings.warn(now, DeprecationWarning, stacklevel=2)
sys.modules[__name__] = groups
