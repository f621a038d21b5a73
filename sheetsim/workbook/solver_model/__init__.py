"""A Solver model as Excel stores it: read, written, and given as text."""
