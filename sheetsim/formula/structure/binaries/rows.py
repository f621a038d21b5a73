"""A mixed-integer linear program in the making: columns, and the rows that define the added ones.

What a formula does is said by added columns. Each has rows that keep it from being smaller than
what it stands for (its lower side), and rows that keep it from being greater (its upper side). A
cost that is to be small pushes a column down, and then its lower side alone is needed, and so on
through the rows in turn (Plaisted and Greenbaum 1986, for formulas of logic). So `MAX` that is to
be small is t >= each of its arguments, without a binary.

All that a workbook can show fulfils the rows: they are a relaxation, and bounds that are proved of
them hold for the workbook. Where they allow more (at ties of numbers that are not whole, `x > 0`
may be so at x = 0), the workbook's own formulas at the answer tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sheetsim.formula.structure.binaries.affine import GRAIN, LARGEST, Affine, fixed, is_grainy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sheetsim.arrays import Floats
    from sheetsim.formula.values import Bools

MOST_COLUMNS = 20_000
"""Columns that are added; more are no model for an exact search."""

PASSES = 8
"""Over the rows, when bounds are tightened."""

MUCH = 1e-3
"""Of a bound: less is not worth another pass."""

ROUNDING = 2e-14
"""Of the terms of a condition: within this, 15 digits and rounding may decide otherwise."""


class NotLinearError(Exception):
    """A cell that is neither linear nor can be made so with binaries; the message says why.

    Attributes:
        cell: such as `Sheet1!B2`; "" if it is not one cell's doing.
        why: a plain sentence without the cell.
        unbounded: whether a bound on a variable is all that is missing.
    """

    def __init__(self, cell: str, why: str, *, unbounded: bool = False) -> None:
        super().__init__(f"{cell}: {why}" if cell else why)
        self.cell, self.why, self.unbounded = cell, why, unbounded


@dataclass(frozen=True, slots=True)
class Row:
    """expression <= 0, or = 0.

    Attributes:
        expression: see there.
        equal: whether it is an equation.
        tie: where not None, the row decides a condition of numbers that are not whole, and by how
            much it has to hold for the condition to be beyond doubt may be added times this.
        near: within what rounding may decide the condition otherwise.
        strict: whether the condition is not so at the tie itself.
    """

    expression: Affine
    equal: bool = False
    tie: Affine | None = None
    near: float = 0.0
    strict: bool = False


@dataclass(slots=True)
class Column:
    """A variable of the model, or an added one.

    Attributes:
        low, high: what it is between.
        whole: whether it is to be a whole number.
        unit: what it stands for is a multiple of it; 0 if of nothing that is known.
        cell: whose formula it was added for; the variable's own.
        lower, upper: make the rows of its sides.
    """

    low: float
    high: float
    whole: bool
    unit: float
    cell: str
    lower: Callable[[], Iterable[Row]] | None = None
    upper: Callable[[], Iterable[Row]] | None = None


@dataclass
class Columns:
    """All columns, the model's variables first.

    Attributes:
        columns: see there.
        cell: whose formula is being read, for those that are added.
        always: rows that hold whatever is asked.
        made: what was made of what, so that it is made once.
    """

    columns: list[Column] = field(default_factory=list)
    cell: str = ""
    always: list[Row] = field(default_factory=list)
    made: dict[object, Affine] = field(default_factory=dict)

    @classmethod
    def of(cls, low: Floats, high: Floats, whole: Bools, names: Iterable[str]) -> Columns:
        """Return the columns of a model's variables."""
        given = zip(low.tolist(), high.tolist(), whole.tolist(), names, strict=True)
        return cls(
            [Column(a, b, is_whole, float(is_whole), name) for a, b, is_whole, name in given]
        )

    def add(
        self,
        low: float,
        high: float,
        lower: Callable[[], Iterable[Row]] | None,
        upper: Callable[[], Iterable[Row]] | None,
        *,
        whole: bool = False,
        unit: float = 0.0,
    ) -> Affine:
        """Add a column, and return it as an expression.

        Raises:
            NotLinearError: there are too many.
        """
        if len(self.columns) > MOST_COLUMNS:
            raise NotLinearError(self.cell, f"more than {MOST_COLUMNS:,} columns would be needed")
        self.columns.append(Column(low, high, whole, float(whole) or unit, self.cell, lower, upper))
        return self.column(len(self.columns) - 1)

    def column(self, i: int) -> Affine:
        """Return a column as an expression."""
        return Affine({i: 1.0}, 0.0, self.columns[i].unit > 0)

    def range(self, expression: Affine) -> tuple[float, float]:
        """Return what an expression is between."""
        low = high = expression.constant
        for i, c in expression.terms.items():
            if c:
                ends = c * self.columns[i].low, c * self.columns[i].high
                low, high = low + min(ends), high + max(ends)
        return low, high

    def size(self, expression: Affine) -> float:
        """Return what no number on the way to an expression's value is greater than."""
        greatest = 1.0
        for i in expression.terms:
            greatest = max(greatest, abs(self.columns[i].low), abs(self.columns[i].high))
        return expression.peak * greatest

    def is_exact(self, expression: Affine) -> bool:
        """Return whether an expression's value is computed without rounding, at whole numbers."""
        units = (c * self.columns[i].unit for i, c in expression.terms.items() if c)
        fine = expression.grainy and all(map(is_grainy, units))
        return fine and self.size(expression) < LARGEST

    def steps(self, expression: Affine) -> tuple[float, float]:
        """Return g > 0 and r: the values are r + k g, 0 <= r < g; 0 and 0 if that is not known."""
        if not (expression.moves and self.is_exact(expression)):
            return 0.0, 0.0
        terms = expression.terms.items()
        g = math.gcd(*(round(c * self.columns[i].unit / GRAIN) for i, c in terms if c))
        return g * GRAIN, (round(expression.constant / GRAIN) % g) * GRAIN

    def unit(self, *expressions: Affine) -> float:
        """Return what all values of some expressions are multiples of; 0 if it is not known."""
        units = []
        for one in expressions:
            if not self.is_exact(one):
                return 0.0
            units += [round(end / GRAIN) for end in (self.steps(one)[0], one.constant)]
        return math.gcd(*units) * GRAIN

    def is_binary(self, i: int) -> bool:
        """Return whether a column is 0 or 1."""
        column = self.columns[i]
        return column.unit == 1 and column.low >= 0 and column.high <= 1

    def least(self, expression: Affine) -> float:
        """Return the lower end of a range, which has to be finite.

        Raises:
            NotLinearError: it is not.
        """
        return self._end(expression, 0)

    def most(self, expression: Affine) -> float:
        """Return the upper end likewise."""
        return self._end(expression, 1)

    def _end(self, expression: Affine, side: int) -> float:
        end = self.range(expression)[side]
        if math.isfinite(end):
            return end
        for i, c in expression.terms.items():
            column = self.columns[i]
            open_end = column.high if (c > 0) == (side == 1) else column.low
            if c and math.isinf(open_end):
                which = "upper" if (c > 0) == (side == 1) else "lower"
                why = f"it needs a bound, and {column.cell} has no {which} one"
                raise NotLinearError(self.cell, why, unbounded=True)
        raise NotLinearError(self.cell, "it needs a bound", unbounded=True)

    def rows(self, wanted: Iterable[Row]) -> list[Row]:
        """Return rows, and behind them all others that the columns in them need, in turn.

        Raises:
            NotLinearError: an expression that needs a bound has none.
        """
        out = [*wanted, *self.always]
        done: set[tuple[int, bool]] = set()
        stack = [(row, -1) for row in out]  # with the column that a row defines
        while stack:
            row, defined = stack.pop()
            out += [row] if defined >= 0 else []
            for i, c in row.expression.terms.items():
                if not c or i == defined:
                    continue
                for lower in (True, False) if row.equal else (c > 0,):
                    if (i, lower) in done:
                        continue
                    done.add((i, lower))
                    column = self.columns[i]
                    make = column.lower if lower else column.upper
                    self.cell = column.cell
                    stack += [(one, i) for one in make()] if make else []
        return out


def at_most(
    left: Affine,
    right: Affine | float = 0.0,
    tie: Affine | None = None,
    near: float = 0.0,
    *,
    strict: bool = False,
) -> Row:
    """Return the row left <= right; see `Row` for the rest."""
    other = fixed(right) if isinstance(right, int | float) else right
    return Row(left.plus(other, -1.0), tie=tie, near=near, strict=strict)


def tighten(own: Columns, rows: Sequence[Row]) -> None:
    """Tighten the bounds of columns to what rows leave of them.

    Each row bounds each of its columns by what the others can be at most (Savelsbergh 1994). A
    little is added, so that rounding takes nothing away.
    """
    for _ in range(PASSES):
        moved = False
        for row in rows:
            for sign in (1.0, -1.0) if row.equal else (1.0,):
                moved |= _tighten(own, row.expression.times(sign))
        if not moved:
            return


def _tighten(own: Columns, expression: Affine) -> bool:
    """Use expression <= 0; return whether a bound is much tighter than it was."""
    ends = {
        i: min(c * own.columns[i].low, c * own.columns[i].high)
        for i, c in expression.terms.items()
        if c
    }
    open_ends = [i for i, end in ends.items() if math.isinf(end)]
    if len(open_ends) > 1:
        return False
    total = expression.constant + sum(end for end in ends.values() if math.isfinite(end))
    moved = False
    for i in open_ends or ends:
        c, column = expression.terms[i], own.columns[i]
        bound = -(total - (ends[i] if math.isfinite(ends[i]) else 0.0)) / c
        spare = 1e-9 * max(1.0, abs(bound), abs(total / c))
        if c > 0:
            bound = math.floor(bound + 1e-6) if column.whole else bound + spare
            moved |= bound < column.high - MUCH * max(1.0, abs(bound))
            column.high = min(column.high, max(bound, column.low))
        else:
            bound = math.ceil(bound - 1e-6) if column.whole else bound - spare
            moved |= bound > column.low + MUCH * max(1.0, abs(bound))
            column.low = max(column.low, min(bound, column.high))
    return moved
