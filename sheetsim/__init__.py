"""Spreadsheet-style optimization: live workbooks, a NumPy solver, and proof cell by cell.

The functions of `sheetsim.api` are the package's own; errors are in `sheetsim.errors`.
"""

from sheetsim.api import (
    build,
    check,
    compare,
    race,
    save,
    solve,
    sweep,
    topics,
    trace,
    workbooks,
)
from sheetsim.errors import SheetsimError

__all__ = [
    "SheetsimError",
    "build",
    "check",
    "compare",
    "race",
    "save",
    "solve",
    "sweep",
    "topics",
    "trace",
    "workbooks",
]
__version__ = "0.1.0"
