"""Spreadsheet-style optimization: live workbooks, a NumPy solver, and proof cell by cell.

The functions of `sheetsim.api` are the package's own; errors are in `sheetsim.errors`. What is in
which package says the map in sheetsim/README.md.

Modules beside the packages: `arrays` (names for NumPy's arrays), `book` (a workbook as plain data),
`columns` (the cells of a sheet in arrays), `errors` (all that are raised on purpose), `files` (a
file written whole or not at all), `module_text` (what a module's file says, without an import),
`option_values` (values that are given as options), `recalculating` (fresh values for any workbook),
`mixed_integer` (a mixed-integer linear model as plain arrays), `references` (A1 references),
`sparse` (a sparse matrix as plain arrays), `spreading` (one function over many tasks), `terminal`
(printing), `tolerances` (how far two numbers may be apart).
"""

from __future__ import annotations

from sheetsim.errors import SheetsimError

TYPE_CHECKING = False  # and not from typing, which takes longer to import than all that is here
if TYPE_CHECKING:
    from typing import Any

    from sheetsim.api import (
        build,
        check,
        compare,
        compile,  # noqa: A004 - what it is called in the package alone
        goal_seek,
        list_topics,
        list_workbooks,
        page,
        race,
        read,
        recalc,
        save,
        side_by_side,
        solve,
        sweep,
        trace,
        verify,
    )

__all__ = [
    "SheetsimError",
    "build",
    "check",
    "compare",
    "compile",
    "goal_seek",
    "list_topics",
    "list_workbooks",
    "page",
    "race",
    "read",
    "recalc",
    "save",
    "side_by_side",
    "solve",
    "sweep",
    "trace",
    "verify",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """A function of `sheetsim.api`, imported when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sheetsim import api

    value = globals()[name] = getattr(api, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
