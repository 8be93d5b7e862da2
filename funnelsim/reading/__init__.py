"""Reads a table the way a firm has it: a file whose dialect nobody wrote down.

`read_table` finds encoding, separator, header and end of a file (`files`, `encodings`, `lines`,
`sheets`, `layout`); `read_times` and `read_numbers` make dates and amounts of its columns (`dates`,
`amounts`), decided from whole columns. What cannot be decided is asked for, what cannot be read is
named with its line: nothing is guessed for a single value and nothing is fixed in silence.
"""

from funnelsim.reading.amounts import currencies_in, currency_in, is_amount, read_numbers
from funnelsim.reading.dates import read_moment, read_times
from funnelsim.reading.files import read_bytes, read_table, table_of
from funnelsim.reading.known import known_table
from funnelsim.reading.values import Findings, find_column, named, place, read_text
from funnelsim.reading.written_dates import dates_among

__all__ = [
    "Findings",
    "currencies_in",
    "currency_in",
    "dates_among",
    "find_column",
    "is_amount",
    "known_table",
    "named",
    "place",
    "read_bytes",
    "read_moment",
    "read_numbers",
    "read_table",
    "read_text",
    "read_times",
    "table_of",
]
