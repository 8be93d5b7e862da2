"""The model told a third time, as slowly and plainly as can be, from what MODEL says of it alone.

One list of events, one lead at a time, one number from the table of chance at a time; amounts in
exact fractions where something is rounded down. It shares no line with the engines or with what
both of them read (`engines/draws/`, `distributions/`, `opening_hours.py`): those are what it is
there to find out. It takes the scenario's data as they stand in a file, the table of chance with
the names of its questions, and the journal's numbers for outcomes. Business that is already
running at the start is not told here.

Read `funnel.py`, then `customers.py`; `Reference(scenario, seed)` is all of it.
"""

from reference.customers import Reference

__all__ = ["Reference"]
