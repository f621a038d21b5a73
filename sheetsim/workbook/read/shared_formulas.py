"""Shared formulas: one text in the file, moved to each cell that shares it.

    <c r="B1"><f t="shared" ref="B1:B3" si="0">A1+$A$1</f></c> ... <c r="B3"><f t="shared" si="0"/>

The text is cut once at its relative references, so that filling it to another cell is joining
pieces. A reference that leaves the sheet becomes `#REF!`, as it does in Excel.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sheetsim.sheet.reference import MAX_COLUMNS, MAX_ROWS, column_index, column_name

# What comes first wins: texts, quoted sheets and brackets (columns of a table, other files) are
# stepped over whole. A reference is no part of a longer word, no function, and no sheet's name.
_TOKEN = re.compile(
    r"""
    "(?:[^"]|"")*" | '(?:[^']|'')*' | \[(?:[^][']|'.|\[(?:[^][']|'.)*\])*\]
    | (?<![\w.$\\?]) (?:
        (?P<c>\$?)(?P<column>[A-Za-z]{1,3})(?P<r>\$?)(?P<row>[1-9][0-9]{0,6})
      | (?P<c1>\$?)(?P<from_column>[A-Za-z]{1,3}):(?P<c2>\$?)(?P<to_column>[A-Za-z]{1,3})
      | (?P<r1>\$?)(?P<from_row>[1-9][0-9]{0,6}):(?P<r2>\$?)(?P<to_row>[1-9][0-9]{0,6})
    ) (?![\w.(!\\?[])
    """,
    re.VERBOSE,
)

_Part = tuple[bool, int, int]
"""Whether a row or column moves, its number from 0, and how many there are."""

_Cut = tuple[str, tuple[_Part, _Part]]
"""Which reference: "cell" (row, column), "columns" (from, to) or "rows" (from, to)."""


class SharedFormula:
    """A formula and the cell that it was written for."""

    def __init__(self, text: str, row: int, column: int) -> None:
        """Cut the formula at its references.

        Args:
            text: the formula, without the leading "=".
            row: where it stands, from 0.
            column: where it stands, from 0.
        """
        self.row, self.column = row, column
        self.origin = (row, column)
        self._pieces: list[str] = []
        self._cuts: list[_Cut] = []
        at = 0
        for match in _TOKEN.finditer(text):
            cut = _cut(match)
            if cut is not None:
                self._pieces.append(text[at : match.start()])
                self._cuts.append(cut)
                at = match.end()
        self._tail = text[at:]

    def at(self, row: int, column: int) -> str:
        """Return the formula as it reads in another cell, without the leading "="."""
        down, right = row - self.row, column - self.column
        out = []
        for piece, (kind, parts) in zip(self._pieces, self._cuts, strict=True):
            out.append(piece)
            out.append(_moved(kind, *parts, down, right))
        return "".join([*out, self._tail])


class Filled(NamedTuple):
    """A shared formula in one of its cells, written out with a leading "=" when asked for.

    Most of ten thousand filled cells are never looked at: what they compute is known from the
    one that they are filled from.
    """

    shared: SharedFormula
    place: tuple[int, int]

    def __str__(self) -> str:
        """Return the formula."""
        return f"={self.shared.at(*self.place)}"


def _cut(match: re.Match[str]) -> _Cut | None:
    """Return the reference that was met; None for what never moves."""
    found = match.groupdict()
    if found["column"]:
        column, row = column_index(found["column"].upper()), int(found["row"]) - 1
        if column >= MAX_COLUMNS or row >= MAX_ROWS or (found["c"] and found["r"]):
            return None  # a name such as ABC9999999, or fixed altogether
        return "cell", ((not found["c"], column, MAX_COLUMNS), (not found["r"], row, MAX_ROWS))
    if found["from_column"]:
        kind, limit, fixed = "columns", MAX_COLUMNS, (found["c1"], found["c2"])
        ends = [column_index(found[key].upper()) for key in ("from_column", "to_column")]
    elif found["from_row"]:
        kind, limit, fixed = "rows", MAX_ROWS, (found["r1"], found["r2"])
        ends = [int(found[key]) - 1 for key in ("from_row", "to_row")]
    else:
        return None
    if max(ends) >= limit or all(fixed):
        return None
    return kind, ((not fixed[0], ends[0], limit), (not fixed[1], ends[1], limit))


def _moved(kind: str, first: _Part, second: _Part, down: int, right: int) -> str:
    """Return a reference moved down and to the right, its `$` kept."""
    moves, one, limit = first
    if moves:
        one += down if kind == "rows" else right
        if not 0 <= one < limit:
            return "#REF!"
    also_moves, two, limit = second
    if also_moves:
        two += right if kind == "columns" else down
        if not 0 <= two < limit:
            return "#REF!"
    mark, other = "" if moves else "$", "" if also_moves else "$"
    if kind == "cell":
        return f"{mark}{column_name(one)}{other}{two + 1}"
    if kind == "columns":
        return f"{mark}{column_name(one)}:{other}{column_name(two)}"
    return f"{mark}{one + 1}:{other}{two + 1}"
