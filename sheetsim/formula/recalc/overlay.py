"""A workbook with other cells in some places; the file behind it is not touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sheetsim.book import Cell
from sheetsim.columns import SheetColumns, columns_of
from sheetsim.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sheetsim.book import Book, CellAddress, Place, Value


def overlay(book: Book, values: Mapping[CellAddress, Value]) -> tuple[Book, list[CellAddress]]:
    """Return a workbook with other values in some cells, and these cells as it spells them.

    Raises:
        OptionError: a sheet is not there.
    """
    return with_cells(book, {address: Cell(None, value) for address, value in values.items()})


def with_cells(book: Book, cells: Mapping[CellAddress, Cell]) -> tuple[Book, list[CellAddress]]:
    """Return a workbook with other cells in some places, and these as it spells them.

    A cell without formula and value is a blank.

    Raises:
        OptionError: a sheet is not there.
    """
    changed: dict[str, dict[Place, Cell]] = {}
    for (sheet, place), cell in cells.items():
        name = book.find_sheet(sheet)
        if name is None:
            raise OptionError(f"{book.path}: has no sheet {sheet!r} with cells")
        changed.setdefault(name, {})[place] = cell
    addresses = [(sheet, place) for sheet, own in changed.items() for place in own]
    return replace(book, sheets=_Overlaid(book.sheets, changed)), addresses


class _Overlaid(Mapping[str, "Mapping[Place, Cell]"]):
    """The sheets of a workbook with some cells exchanged; read when they are asked for."""

    def __init__(
        self,
        sheets: Mapping[str, Mapping[Place, Cell]],
        changed: Mapping[str, Mapping[Place, Cell]],
    ) -> None:
        self._sheets = sheets
        self._changed = changed
        self._made: dict[str, SheetColumns] = {}

    def __getitem__(self, name: str) -> Mapping[Place, Cell]:
        own = self._changed.get(name)
        if own is None:
            return self._sheets[name]
        if name not in self._made:
            self._made[name] = columns_of(self._sheets[name]).replaced(own)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._sheets

    def __iter__(self) -> Iterator[str]:
        return iter(self._sheets)

    def __len__(self) -> int:
        return len(self._sheets)

    def mentions(self, name: str, words: Collection[str]) -> bool:
        """Whether a sheet's formulas may mention a word; see `workbook.read.book`."""
        own = self._changed.get(name, {})
        ask = getattr(self._sheets, "mentions", None)
        return ask is None or any(c.has_formula for c in own.values()) or bool(ask(name, words))
