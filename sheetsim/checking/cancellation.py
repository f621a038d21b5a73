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

from sheetsim.book import CellAddress, Place
from sheetsim.formula.functions import TABLE
from sheetsim.formula.syntax.tokens import Token, tokenize
from sheetsim.sheet import Sheet
from sheetsim.tolerances import CANCELS, TERM_ROUNDING


class Terms:
    """The cells that formulas point at, and what NumPy says they hold."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self._sheets = {sheet.name: sheet for sheet in sheets}
        self._precedents: dict[CellAddress, tuple[list[CellAddress], list[CellAddress]]] = {}
        self._clouded: dict[CellAddress, bool] = {}
        self._sizes: dict[CellAddress, float] = {}

    def floor(self, cell: CellAddress, floor: float) -> float:
        """The floor of a cell, bounded as above."""
        if self._cancels(cell):
            return max(floor, self._rounding(cell))
        if self._is_clouded(cell):
            _, behind = self._points_at(cell)
            picked = [cell for cell in behind if self._cancels(cell)]
            if _shows_a_cell(self._formulas[cell]):  # which is one of these
                return max([floor, *map(self._rounding, picked)])
            return floor
        return min(floor, CANCELS * self._largest(cell))

    def highest(self, floor: float) -> float:
        """No less than the floor of any cell of which `rounding_floors` says `floor`."""
        rounding = TERM_ROUNDING * self._most
        return max(floor, rounding, rounding * rounding)  # ** would raise where it is too large

    def _rounding(self, cell: CellAddress) -> float:
        """What rounding leaves of the largest term of a cell in which terms cancel."""
        rounding = TERM_ROUNDING * self._largest(cell)
        return rounding * rounding if "^2" in self._formulas[cell] else rounding

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
    def _values(self) -> dict[CellAddress, float]:
        """Every number on the sheets."""
        return {
            (name, (row, column)): abs(float(block.values[i, j]))
            for name, sheet in self._sheets.items()
            for block in sheet.parts
            for row, column, i, j in block.cells()
            if isinstance(block.values[i, j], float)
        }

    @cached_property
    def _formulas(self) -> dict[CellAddress, str]:
        return {
            (name, (cell.row, cell.column)): cell.formula
            for name, sheet in self._sheets.items()
            for cell in sheet.cells()
        }

    def _largest(self, cell: CellAddress) -> float:
        if cell not in self._sizes:
            terms, _ = self._points_at(cell)
            sizes = [self._values.get(term, 0.0) for term in (cell, *terms)]
            self._sizes[cell] = max((size for size in sizes if size == size), default=0.0)  # NaN
        return self._sizes[cell]

    def _cancels(self, cell: CellAddress) -> bool:
        return self._values.get(cell, 0.0) < CANCELS * self._largest(cell)

    def _is_clouded(self, cell: CellAddress) -> bool:
        """Whether terms cancel in a cell or in any that it depends on."""
        waiting = [cell]
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
        return self._clouded[cell]

    def _points_at(self, cell: CellAddress) -> tuple[list[CellAddress], list[CellAddress]]:
        """Cells that a formula counts in, and all formula cells that it depends on."""
        if cell not in self._precedents:
            formula = self._formulas.get(cell)
            self._precedents[cell] = ([], []) if formula is None else self._parse(cell, formula)
        return self._precedents[cell]

    def _parse(
        self, cell: CellAddress, formula: str
    ) -> tuple[list[CellAddress], list[CellAddress]]:
        terms: list[CellAddress] = []
        behind: list[CellAddress] = []
        for operand, function in _operands(formula, cell[1]):
            cells = self._cells(cell, operand)
            behind += [one for one in cells if one in self._formulas]
            # A quotient does not add its divisor up: 0.05 / 250,000 is small, and nothing cancels.
            picks = function in TABLE and TABLE[function].picks
            if not picks and function != "/":
                terms += cells
        return terms, behind

    def _cells(self, cell: CellAddress, operand: Token) -> list[CellAddress]:
        """The cells of a reference, or of a name on a sheet, in the formula of a cell."""
        own, (row, column) = cell
        if operand.kind == "name":
            sheet, name = operand.value
            named = self._sheets[sheet or own].blocks[name]
            return [(named.sheet, (i, j)) for i, j, _, _ in named.cells()]
        top, left, bottom, right = operand.value.at(row, column)
        sheet = operand.value.sheet or own
        return [(sheet, (i, j)) for i in range(top, bottom + 1) for j in range(left, right + 1)]


def _shows_a_cell(formula: str) -> bool:
    """Whether a formula calls a function that shows a cell of a range, by its place there."""
    name, call, _ = formula.removeprefix("=").partition("(")
    function = TABLE.get(name) if call else None
    return (
        function is not None
        and function.refers is not None
        and function.picks
        and not function.refers_if_asked
    )


def _operands(formula: str, place: Place) -> list[tuple[Token, str]]:
    """Every reference and name in a formula, and the function whose argument it is.

    Args:
        formula: with its leading `=`.
        place: the cell that it stands in.

    Returns:
        Pairs of a token and, such as "INDEX", the function; that is "(" within parentheses of its
        own and "" outside of any, and "/" for what something is divided by.
    """
    found: list[tuple[Token, str]] = []
    opened, before = [""], ""
    for token in tokenize(formula, place):
        if token.kind in ("function", "("):
            opened.append(token.value or "(")
        elif token.kind == ")":
            opened.pop()
        elif token.kind in ("ref", "name"):
            found.append((token, "/" if before == "/" else opened[-1]))
        before = token.kind if token.kind != " " else before
    return found
