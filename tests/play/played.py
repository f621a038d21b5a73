"""A workbook in IronCalc's memory, in which cells are edited, looked at, and put back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sheetsim.book import CellError
from sheetsim.engines.ironcalc import cell_value, ironcalc_module
from sheetsim.references import a1
from sheetsim.sheet import Block, Kind, Sheet
from sheetsim.topics._tries import Seen

Cells = Mapping[str, Mapping[tuple[int, int], Any]]
"""Sheet -> (row, column) -> what is typed there; None empties the cell."""

Shown = dict[str, dict[tuple[int, int], Any]]
"""Sheet -> (row, column) -> what the cell shows; blank cells are left out."""


class Played:
    """A workbook of ours, opened once and edited many times.

    Attributes:
        sheets: as laid out, by name.
        start: what its cells show as it was built.
    """

    def __init__(self, path: Path, sheets: Sequence[Sheet]) -> None:
        module = ironcalc_module()
        self.sheets = {sheet.name: sheet for sheet in sheets}
        self._types = module.CellType
        self._model = module.load_from_xlsx(str(path), "en", "UTC", "en")
        names = [sheet["name"] for sheet in self._model.get_worksheets_properties()]
        self._numbers = {name: i for i, name in enumerate(names)}
        self._places = [
            (sheet.name, row, column)
            for sheet in sheets
            for block in sheet.parts
            for row, column, _, _ in block.cells()
        ]
        self._model.evaluate()
        self.start = self._shown()

    def after(self, cells: Cells) -> Shown:
        """What all cells show with some of them edited; then they are put back."""
        before = {
            sheet: {at: self.start[sheet].get(at) for at in typed} for sheet, typed in cells.items()
        }
        try:
            self._put(cells)
            self._model.evaluate()
            return self._shown()
        finally:
            self._put(before)

    def broken(self, block: Block, plant: Callable[[str, Any], str]) -> Callable[[], None]:
        """Break the formulas of a block, each from itself and what it shows; returns a way back."""
        assert block.formulas is not None
        for row, column, i, j in block.cells():
            shown = self.start[block.sheet].get((row, column), 0.0)
            self._formula(block.sheet, row, column, plant(block.formulas[i][j], shown))

        def mend() -> None:
            assert block.formulas is not None
            for row, column, i, j in block.cells():
                self._formula(block.sheet, row, column, block.formulas[i][j])

        return mend

    def recalculated(self) -> Shown:
        """What all cells show now."""
        self._model.evaluate()
        return self._shown()

    def seen(self, shown: Shown, home: str) -> Seen:
        """The cells by the names of their blocks."""
        return Seen(self.sheets, shown, home)

    def _shown(self) -> Shown:
        shown: Shown = {name: {} for name in self._numbers}
        for sheet, row, column in self._places:
            at = (self._numbers[sheet], row + 1, column + 1)
            value = cell_value(self._model, self._types, at)
            if value is not None:
                shown[sheet][row, column] = value
        return shown

    def _put(self, cells: Cells) -> None:
        for sheet, typed in cells.items():
            for (row, column), value in typed.items():
                at = (self._numbers[sheet], row + 1, column + 1)
                if value is None:
                    self._model.clear_cell_contents(*at)
                elif isinstance(value, str):
                    self._model.update_cell_with_text(*at, value)
                else:
                    self._model.update_cell_with_number(*at, float(value))

    def _formula(self, sheet: str, row: int, column: int, formula: str) -> None:
        at = (self._numbers[sheet], row + 1, column + 1)
        self._model.update_cell_with_formula(*at, formula)


def errors(sheet: Sheet, shown: Mapping[tuple[int, int], Any]) -> list[str]:
    """The cells of a sheet that show an error, but for gaps that a formula leaves on purpose."""
    found = []
    for block in sheet.of_kind(Kind.FORMULA):
        assert block.formulas is not None
        for row, column, i, j in block.cells():
            value = shown.get((row, column))
            gap = "NA()" in block.formulas[i][j] and value == CellError("#N/A")
            if isinstance(value, CellError) and not gap:
                found.append(f"{sheet.name}!{a1(row, column)} ({block.name}) {value}")
    return found
