"""Cell references in A1 notation, and formulas that are filled down and to the right.

A reference is relative (`H2`), absolute (`$H$2`) or mixed (`$H2`, `H$2`). Filling a formula
from one cell to another moves its relative parts and leaves those behind a `$`, as the fill
handle of a spreadsheet does; what stands in quotes is text and never moves.

Rows and columns are counted from 0 here, as in NumPy; A1 notation counts them from 1.
"""

import re
from functools import cache

MAX_ROWS = 1_048_576
"""Rows of a sheet in Excel 2007 and later, LibreOffice and the .xlsx format."""

MAX_COLUMNS = 16_384
"""Columns of a sheet, the last of which is XFD."""

_TOKEN = re.compile(
    r"""("(?:[^"]|"")*"|'(?:[^']|'')*'!)"""  # text, or a quoted sheet name: never moved
    r"""|(?<![A-Za-z0-9_.$])(\$?)([A-Z]{1,3})(\$?)([1-9][0-9]*)(?![A-Za-z0-9_.(!])"""
)


@cache
def column_name(column: int) -> str:
    """The letters of a column: 0 is A, 25 is Z, 26 is AA.

    Raises:
        ValueError: if the column does not exist in a sheet.
    """
    if not 0 <= column < MAX_COLUMNS:
        raise ValueError(f"column {column} is not one of the {MAX_COLUMNS:,} of a sheet")
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """The column that the letters name: A is 0, XFD is 16383."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def a1(row: int, column: int, *, fix_row: bool = False, fix_column: bool = False) -> str:
    """One cell, `H2`, with a `$` before what is fixed."""
    return f"{'$' * fix_column}{column_name(column)}{'$' * fix_row}{row + 1}"


class Fill:
    """A formula that was entered in one cell and is filled to others."""

    def __init__(self, formula: str) -> None:
        self._pieces: list[str | tuple[str, int, str, int]] = []
        position = 0
        for match in _TOKEN.finditer(formula):
            text, fix_column, letters, fix_row, digits = match.groups()
            if text is not None:
                continue
            self._pieces.append(formula[position : match.start()])
            self._pieces.append((fix_column, column_index(letters), fix_row, int(digits) - 1))
            position = match.end()
        self._pieces.append(formula[position:])

    def at(self, down: int, right: int) -> str:
        """The formula as it reads `down` rows below and `right` columns beside its cell."""
        return "".join(
            piece if isinstance(piece, str) else _moved(piece, down, right)
            for piece in self._pieces
        )


def _moved(piece: tuple[str, int, str, int], down: int, right: int) -> str:
    fix_column, column, fix_row, row = piece
    column += 0 if fix_column else right
    row += 0 if fix_row else down
    return f"{fix_column}{column_name(column)}{fix_row}{row + 1}"
