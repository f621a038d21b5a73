"""What every spreadsheet engine offers, and the check that it really calculated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sheetsim.book import Content
from sheetsim.errors import EngineError
from sheetsim.references import a1
from sheetsim.workbook.rewrite.invalidated_copy import INVALID_VALUE

if TYPE_CHECKING:
    from pathlib import Path

    from sheetsim.book import Place

DEFAULT_TIMEOUT = 180.0
"""Seconds that an engine may take. A workbook of 100,000 formulas takes LibreOffice about 10."""

Values = dict[str, dict[tuple[int, int], Content]]
"""Sheet name to (row, column), from 0, to what the cell shows; blank cells are left out."""


class Engine(Protocol):
    """A spreadsheet program that computes the formulas of a workbook file.

    Attributes:
        name: how it is called on the command line.
    """

    name: str

    def version(self) -> str:
        """Return the version, such as "7.4.7.2".

        Raises:
            EngineMissingError: it is not installed; the message says how to get it.
            EngineError: it is there and does not work.
        """

    def recalculate(self, path: str | Path, *, timeout: float = DEFAULT_TIMEOUT) -> Values:
        """Compute every formula of a workbook; the file itself is not modified.

        Args:
            path: the file. Give a `invalidated_copy` to be sure that no cached value passes for a
                computed one.
            timeout: how many seconds it may take.

        Returns:
            Sheet name to (row, column), from 0, to the value, for every cell that is not blank.

        Raises:
            WorkbookError: the file is not a workbook.
            EngineError: the engine is missing, took too long, died, or did not calculate.
        """


def require_recalculated(values: Values, engine: str, path: str | Path) -> Values:
    """Return the values, or raise if one is still that of `invalidated_copy`.

    Raises:
        EngineError: a cell holds `INVALID_VALUE`: what the engine returned is what was cached.
    """
    for sheet, cells in values.items():
        for place, value in cells.items():
            if value == INVALID_VALUE:
                raise _not_calculated(engine, path, sheet, place)
    return values


def _not_calculated(engine: str, path: str | Path, sheet: str, place: Place) -> EngineError:
    return EngineError(
        f"{path}: {engine} did not recalculate {sheet}!{a1(*place)}: it gave the cached value back"
    )
