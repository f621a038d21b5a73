"""What every spreadsheet engine offers, and the check that it really calculated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from sheetsim.book import Content
from sheetsim.errors import EngineError
from sheetsim.references import a1
from sheetsim.workbook.rewrite.invalidated_copy import INVALID_VALUE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sheetsim.book import Place
    from sheetsim.formula.functions import Elsewhere

DEFAULT_TIMEOUT = 600.0
"""Seconds that an engine may take. A workbook of 100,000 formulas takes LibreOffice about 10."""

Values = dict[str, dict[tuple[int, int], Content]]
"""Sheet name to (row, column), from 0, to what the cell shows; blank cells are left out."""


@dataclass(frozen=True)
class Facts:
    """What is known of an engine beside how it is run.

    Attributes:
        title: how it is called in sentences.
        not_known: what it shows for a function, or a formula, that it does not know.
        otherwise: what it takes in another way than Excel, as was measured.
    """

    title: str
    not_known: frozenset[str] = frozenset({"#NAME?"})
    otherwise: frozenset[Elsewhere] = frozenset()


class Engine(Protocol):
    """A spreadsheet program that computes the formulas of a workbook file.

    It may have `facts`, which are told from its name alone if it has none.

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


@runtime_checkable
class TakesMany(Protocol):
    """An engine for which several files at once are less work than one after the other."""

    def recalculate_all(
        self, paths: Sequence[str | Path], *, timeout: float = DEFAULT_TIMEOUT
    ) -> list[Values]:
        """Compute every formula of several workbooks; see `Engine.recalculate`.

        Args:
            paths: the files, at least one.
            timeout: how many seconds all of them may take.
        """


def recalculate_all(
    engine: Engine, paths: Sequence[str | Path], *, timeout: float = DEFAULT_TIMEOUT
) -> list[Values]:
    """Compute every formula of several workbooks, together where the engine can do that.

    Args:
        engine: any.
        paths: the files, at least one.
        timeout: how many seconds one may take, or all of them where the engine takes them together.

    Returns:
        Of each file what `Engine.recalculate` returns.

    Raises:
        WorkbookError: as `Engine.recalculate`.
        EngineError: as `Engine.recalculate`.
    """
    if isinstance(engine, TakesMany):
        return engine.recalculate_all(paths, timeout=timeout)
    return [engine.recalculate(path, timeout=timeout) for path in paths]


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
