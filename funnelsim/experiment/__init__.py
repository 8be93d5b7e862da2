"""Experiments: one scenario many times, several on the same customers, and how long to warm up.

    x = fs.replicate(s, 200)                                   how much is chance
    c = fs.compare({"today": s, "faster": s2}, 200)            is it better, on the same customers
    w = fs.sweep(s, "teams.sales.reps", [1, 2, 3, 4])          one parameter, or two
    t = fs.sensitivity(s, figure="profit")                     which parameter matters most
    m = fs.marginal_cac(s, "search ads")                       what one more customer costs
    a = fs.warm_up_advice(s)                                   how long until the pipeline is full

`chunks.py` does the work, in this process or on any `concurrent.futures.Executor`; replication 17
is the same wherever it is simulated. Each module beside it is one kind of experiment.
"""

from funnelsim.experiment.comparison import Comparison, compare
from funnelsim.experiment.load import load_of_teams
from funnelsim.experiment.marginal import marginal_cac
from funnelsim.experiment.replications import Experiment, replicate
from funnelsim.experiment.sensitivities import Sensitivity, sensitivity
from funnelsim.experiment.sweeps import Sweep, sweep
from funnelsim.experiment.too_small import queue_warnings
from funnelsim.experiment.warm_up import WarmUp, warm_up_advice

__all__ = [
    "Comparison",
    "Experiment",
    "Sensitivity",
    "Sweep",
    "WarmUp",
    "compare",
    "load_of_teams",
    "marginal_cac",
    "queue_warnings",
    "replicate",
    "sensitivity",
    "sweep",
    "warm_up_advice",
]
