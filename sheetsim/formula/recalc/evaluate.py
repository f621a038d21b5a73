"""The values of all formula cells of a workbook, by the same compiler and functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheetsim.formula.compile.compiler import Compiler

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sheetsim.book import Book, CellAddress, Place, Value


@dataclass(frozen=True)
class Evaluation:
    """What the formulas of a workbook give.

    Attributes:
        values: sheet to (row, column) to value, of every cell with a formula.
        unsupported: cells whose formula cannot be computed here, and why; their values are those
            that were cached, and so are what other cells take from them.
        frozen: cells of random numbers and times, whose values are those that were cached.
    """

    values: dict[str, dict[Place, Value]]
    unsupported: dict[CellAddress, str]
    frozen: frozenset[CellAddress]


def evaluate(book: Book, sheets: Iterable[str] | None = None) -> Evaluation:
    """Compute every formula cell.

    Args:
        book: the workbook; its cached values are used where a formula cannot be computed.
        sheets: those whose cells are wanted, all if None. What they need of others is computed.

    Raises:
        WorkbookError: a formula cannot be read, or refers to itself in a circle.
    """
    names = list(book.sheets) if sheets is None else list(sheets)
    wanted = [
        (name, place)
        for name in names
        for place, cell in book.sheets[name].items()
        if cell.has_formula
    ]
    compiler = Compiler(book)
    compiler.add(wanted)
    store, graph = compiler.store, compiler.graph
    values: dict[str, dict[Place, Value]] = {name: {} for name in names}
    for name in names:
        places = [place for sheet, place in wanted if sheet == name]
        slots = store.sheet(name).slots_of(places).tolist()
        values[name] = dict(zip(places, store.values(slots), strict=True))
    return Evaluation(
        values,
        {store.places[slot]: why for slot, why in graph.unknown.items()},
        frozenset(store.places[slot] for slot in graph.frozen),
    )
