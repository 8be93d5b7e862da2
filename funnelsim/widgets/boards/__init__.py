"""Live boards: `frame.py` is what they have in common, each board is data in a file of its own."""
