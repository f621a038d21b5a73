"""How far two numbers may be apart and still agree: every such limit of all commands.

All are relative. What rounding alone can do to a cell, its floor, is added where terms cancel; it
is found by moving numbers in their 15th digit, and never fixed. The convergence and the precision
of the solver are its own (`sheetsim.solver.options`).
"""

CHECK_TOLERANCE = 1e-11
"""`check` and `compare`: largest difference of an engine's or a file's number from NumPy's."""

VERIFY_TOLERANCE, VERIFY_ENGINE_TOLERANCE = 1e-12, 1e-11
"""`verify`: largest difference from the cached value, of NumPy's number and of an engine's;
LibreOffice writes 15 digits."""

TRUSTED = 1e-9
"""`solve`: how far the values that a file caches may be off what its formulas give, of themselves
or of 1, if cells that no variable moves are to keep them. `verify`: how far a cell of a data table
may be off, of itself."""

COMPARE_TOLERANCE = 1e-6
"""`compare`: largest difference of two objectives that are equally good."""

IRONCALC_TOLERANCE = 1e-6
"""`solve` with IronCalc: how far its value of an output may be off the one that the file shows. Far
less is rounding, and a wrong function is off by more."""

IRONCALC_ROUNDING = 1e-12
"""The same, of the largest number on the sheets: a sum of squares of 1e-17 is as good as 0."""

LAST_DIGITS = 3e-15
"""By how much of themselves, at most, numbers are moved to find what rounding can do to a cell.
This is where LibreOffice stops: it takes a difference of less than 4e-15 of its terms for 0."""

FLOOR_SAFETY = 8.0
"""The floor of a cell is so many times the largest move. What engines differ by is the rounding of
every step, of which that of the inputs is but the first; textbook Adam on points that it fits
exactly, after 1,000 steps the worst run that was found, differs by up to 4 times the largest of 8
moves."""

CANCELS = 1e-9
"""Part of its largest term below which a cell counts as terms that cancel, and the most that the
floor of any other cell may be of its largest term."""

TERM_ROUNDING = 1e-12
"""What rounding leaves of a term, after a division by a step such as h."""
