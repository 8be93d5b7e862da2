"""`funnelsim.metrics.pipeline` by the name it had in earlier versions; goes with the next one."""

import sys
import warnings

from funnelsim.metrics import pipeline

now = "funnelsim.pipeline is now funnelsim.metrics.pipeline, or fs.pipeline"
warnings.warn(now, DeprecationWarning, stacklevel=2)
sys.modules[__name__] = pipeline
