"""Real spreadsheet engines, which recalculate a workbook so that it can be checked.

A module of this package that holds an `ENGINE` is an engine: to add one, add its file.

`base` says what an engine offers, `choice` which there are and which of them take part;
`ironcalc` and `libreoffice` are two, all that is known of each in its file. `child_process` runs a
program, such as LibreOffice, and ends it when its time is over. `ironcalc_model` asks IronCalc for
outputs as a function of variables, where our own formulas do not suffice, and `ironcalc_formulas`
for what it has read.

The names below are imported when they are first asked for: the command line knows what engines
there are before any of them is.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheetsim.engines.base import DEFAULT_TIMEOUT, Engine, Values, recalculate_all
    from sheetsim.engines.choice import Choice, choose, engines

__all__ = [
    "DEFAULT_TIMEOUT",
    "Choice",
    "Engine",
    "Values",
    "choose",
    "engines",
    "recalculate_all",
]

_IN_BASE = ("DEFAULT_TIMEOUT", "Engine", "Values", "recalculate_all")
_MODULES = {name: "base" if name in _IN_BASE else "choice" for name in __all__}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    return value
