"""What a formula adds up, and whether it all but cancels: the bound on a cell's floor.

The floor of `expected.rounding_floors` is carried through the whole workbook, as rounding is. In
a run that is unstable (Adam without epsilon, dozens of epochs) it grows until it exceeds the value
itself, and would excuse anything. But engines do the same operations in the same order, so no such
growth is seen; a floor is only needed where terms cancel, and in what depends on such a cell. So:

- a cell whose value is less than 1e-9 of its largest term is one in which terms cancel;
- such a cell has at least what rounding leaves of its largest term, or the square of that where
  the difference is squared (NumPy's own answer knows no more);
- all that depend on one have their floor as it is;
- every other cell has at most 1e-9 of its largest term.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from sheetsim.checking.references import references
from sheetsim.sheet import Sheet
from sheetsim.workbook.read.cell_xml import parse_range

CANCELS = 1e-9
"""Part of its largest term below which a cell counts as terms that cancel, and the most that the
floor of any other cell may be of its largest term."""

ROUNDING = 1e-12
"""What rounding leaves of a term, after a division by a step such as h."""

PICKS = ("INDEX(", "MATCH(", "MIN(", "MAX(", "IF(", "AND(", "COUNT(")
"""Functions that choose among their arguments, or count them, and so add nothing up. Nor does
a quotient add its divisor up: 0.05 / 250,000 is small, and nothing cancels in it."""

Place = tuple[str, int, int]
"""Sheet, row, column."""


class Terms:
    """The cells that formulas point at, and what NumPy says they hold."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self._sheets = {sheet.name: sheet for sheet in sheets}
        self._precedents: dict[Place, tuple[list[Place], list[Place]]] = {}
        self._clouded: dict[Place, bool] = {}
        self._sizes: dict[Place, float] = {}

    def floor(self, place: Place, floor: float) -> float:
        """The floor of a cell, bounded as above."""
        if self._cancels(place):
            return max(floor, self._rounding(place))
        if self._is_clouded(place):
            _, behind = self._points_at(place)
            picked = [cell for cell in behind if self._cancels(cell)]
            if self._formulas[place].startswith("=INDEX("):  # what it shows is one of these
                return max([floor, *map(self._rounding, picked)])
            return floor
        return min(floor, CANCELS * self._largest(place))

    def highest(self, floor: float) -> float:
        """No less than the floor of any cell of which `rounding_floors` says `floor`."""
        rounding = ROUNDING * self._most
        return max(floor, rounding, rounding**2)

    def _rounding(self, place: Place) -> float:
        """What rounding leaves of the largest term of a cell in which terms cancel."""
        rounding = ROUNDING * self._largest(place)
        return rounding**2 if "^2" in self._formulas[place] else rounding

    @cached_property
    def _most(self) -> float:
        """The greatest number on the sheets."""
        most = 0.0
        for sheet in self._sheets.values():
            for block in sheet.parts:
                values = block.values
                if values.dtype == object:
                    values = np.array([one for one in values.flat if isinstance(one, float)])
                most = float(np.fmax.reduce(np.abs(values), axis=None, initial=most))
        return most

    @cached_property
    def _values(self) -> dict[Place, float]:
        """Every number on the sheets."""
        return {
            (name, row, column): abs(float(block.values[i, j]))
            for name, sheet in self._sheets.items()
            for block in sheet.parts
            for row, column, i, j in block.cells()
            if isinstance(block.values[i, j], float)
        }

    @cached_property
    def _formulas(self) -> dict[Place, str]:
        return {
            (name, cell.row, cell.column): cell.formula
            for name, sheet in self._sheets.items()
            for cell in sheet.cells()
        }

    def _largest(self, place: Place) -> float:
        if place not in self._sizes:
            terms, _ = self._points_at(place)
            sizes = [self._values.get(term, 0.0) for term in (place, *terms)]
            self._sizes[place] = max((size for size in sizes if size == size), default=0.0)  # NaN
        return self._sizes[place]

    def _cancels(self, place: Place) -> bool:
        return self._values.get(place, 0.0) < CANCELS * self._largest(place)

    def _is_clouded(self, place: Place) -> bool:
        """Whether terms cancel in a cell or in any that it depends on."""
        waiting = [place]
        while waiting:  # depth first, without recursion: a chain may be thousands of cells long
            at = waiting[-1]
            if at in self._clouded:
                waiting.pop()
                continue
            if self._cancels(at):
                self._clouded[at] = True
                continue
            _, behind = self._points_at(at)
            unknown = [cell for cell in behind if cell not in self._clouded]
            if unknown:
                waiting += unknown
            else:
                self._clouded[at] = any(self._clouded[cell] for cell in behind)
        return self._clouded[place]

    def _points_at(self, place: Place) -> tuple[list[Place], list[Place]]:
        """Cells that a formula counts in, and all formula cells that it depends on."""
        if place not in self._precedents:
            formula = self._formulas.get(place)
            self._precedents[place] = ([], []) if formula is None else self._parse(place, formula)
        return self._precedents[place]

    def _parse(self, place: Place, formula: str) -> tuple[list[Place], list[Place]]:
        terms: list[Place] = []
        behind: list[Place] = []
        for reference, function in references(formula):
            cells = self._cells(place[0], reference)
            behind += [cell for cell in cells if cell in self._formulas]
            if function not in PICKS and function != "/":
                terms += cells
        return terms, behind

    def _cells(self, sheet: str, reference: str) -> list[Place]:
        """The cells of a reference or of a name on the sheet."""
        prefix, _, local = reference.rpartition("!")
        sheet = prefix.strip("'").replace("''", "'") or sheet
        named = self._sheets[sheet].blocks.get(local)
        if named is not None:
            return [(sheet, row, column) for row, column, _, _ in named.cells()]
        (top, left), (bottom, right) = parse_range(local.replace("$", ""), reference)
        return [
            (sheet, row, column)
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        ]
