"""Real spreadsheet engines, which recalculate a workbook so that it can be checked.

A module of this package that holds an `ENGINE` is an engine: to add one, add its file.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from sheetsim.engines.base import DEFAULT_TIMEOUT, Engine, Values

__all__ = ["DEFAULT_TIMEOUT", "Engine", "Values", "engines"]


def engines() -> dict[str, Engine]:
    """Return every engine by its name, in alphabetical order, whether it is installed or not."""
    return dict(_found())


@cache
def _found() -> tuple[tuple[str, Engine], ...]:
    modules = (
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
    )
    found: list[Engine] = [m.ENGINE for m in modules if hasattr(m, "ENGINE")]
    return tuple(sorted((engine.name, engine) for engine in found))
