"""A day of the line in simulated time, its checker, and SimPy's model of the same line."""
