"""Live boards: widgets that simulate while a slider is moved."""
