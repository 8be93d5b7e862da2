"""The model, in SimPy. Read `process.py`, then `customer_life.py`; the rest serves these two."""
