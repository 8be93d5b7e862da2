"""The history that the model in SimPy tells, a column at a time; begin with `columns.py`."""
