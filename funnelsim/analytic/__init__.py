"""What a scenario says without being simulated, by its means alone.

`arrivals.py` says how many leads come, and when. Nothing here knows of chance or of waiting; where
a figure depends on either, it is not told here.
"""
