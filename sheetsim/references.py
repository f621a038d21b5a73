"""References to cells in A1 notation, `'my sheet'!$B2:D$9`: read, written and moved.

    H2      $H$2    $H2     H$2       a cell; the row, the column, or both behind a `$` stay
    H2:V16                            a range
    A:C     3:4                       whole columns, whole rows
    data!H2         'it''s'!H2        on another sheet, its name in quotes unless it is a word

All that reads or writes such a text is here, and so are the limits of a sheet. Filling a formula
from one cell to another moves what is relative in it and leaves what is behind a `$`, as the fill
handle of a spreadsheet does; what stands in quotes or in brackets never moves.

Rows and columns are counted from 0 here, as in NumPy; A1 notation counts them from 1. The other
notation, R1C1, is `formula.syntax.r1c1`'s; names and tables are the business of whoever knows the
workbook.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sheetsim.book import CellAddress, Place

MAX_ROWS = 1_048_576
"""Rows of a sheet in Excel 2007 and later, LibreOffice and the .xlsx format."""

MAX_COLUMNS = 16_384
"""Columns of a sheet, the last of which is XFD."""

ALL_CELLS = "A1 to XFD1048576"
"""The cells of a sheet, for messages."""

# Patterns, for those who look for references among other things. Whether a match lies on a sheet
# (A0 and XFE1 do not) is only known when it has been read.
_COLUMN, _ROW = r"[A-Za-z]{1,3}", r"[0-9]{1,7}"
CELL = rf"\$?{_COLUMN}\$?{_ROW}"
COLUMNS = rf"\$?{_COLUMN}:\$?{_COLUMN}"
ROWS = rf"\$?{_ROW}:\$?{_ROW}"
AREA = rf"(?:{CELL}(?::{CELL})?|{COLUMNS}|{ROWS})"
"""A cell, a range, whole columns or whole rows, without a sheet."""

QUOTED_SHEET = r"'(?:[^']|'')+'"
_WORD_SHEET = r"[^\W\d][\w.]*"
ANY_SHEET = rf"(?:{QUOTED_SHEET}|[^'!\[\]*?/\\:(),\s]+)"
"""A sheet before a `!` in a text that is one reference, where people leave quotes out."""

FORMULA_SHEET = rf"(?:{QUOTED_SHEET}|(?:\[\d+\])?{_WORD_SHEET}(?::[\w.]+)?|\[\d+\])"
"""A sheet before a `!` within a formula: of another file too, `[1]data!`, or several, `a:b!`."""

_BOUND = re.compile(r"(\$?)([A-Za-z]*)(\$?)([0-9]*)")
_CELL = re.compile(rf"\$?({_COLUMN})\$?({_ROW})")
_REFERENCE = re.compile(
    rf"(?:({ANY_SHEET})!)?({CELL}(?:\s*:\s*{CELL})?|{COLUMNS}|{ROWS})",
)
_LOOKS_LIKE_A_CELL = re.compile(rf"{_COLUMN}[0-9]+|[Rr][0-9]*(?:[Cc][0-9]*)?|[Cc][0-9]*")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# What comes first wins: texts, quoted sheets and brackets (columns of a table, other files) are
# stepped over whole. A reference is no part of a longer word, no function, and no sheet's name.
_STEPPED_OVER = r""""(?:[^"]|"")*" | '(?:[^']|'')*' | \[(?:[^][']|'.|\[(?:[^][']|'.)*\])*\]"""
_BEFORE, _BEHIND = r"(?<![\w.$\\?])", r"(?![\w.(!\\?[])"
_TO_MOVE = re.compile(
    rf"{_STEPPED_OVER} | {_BEFORE} (?P<moving>{CELL}|{COLUMNS}|{ROWS}) {_BEHIND}", re.VERBOSE
)
_TO_FIND = re.compile(
    rf"{_BEFORE} (?:(?P<sheet>{FORMULA_SHEET})!)? (?P<area>{AREA}) {_BEHIND} | {_STEPPED_OVER}",
    re.VERBOSE,
)


# Columns, cells and ranges as texts -----------------------------------------------------------


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


@cache
def column_index(letters: str) -> int:
    """The column that the letters name, in capitals or not: A is 0, XFD is 16383, XFE 16384."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def a1(row: int, column: int, *, fix_row: bool = False, fix_column: bool = False) -> str:
    """One cell, `H2`, with a `$` before what is fixed.

    Raises:
        ValueError: if a sheet has no such cell.
    """
    if not 0 <= row < MAX_ROWS:
        raise ValueError(f"row {row} is not one of the {MAX_ROWS:,} of a sheet")
    return f"{'$' * fix_column}{column_name(column)}{'$' * fix_row}{row + 1}"


def a1_range(first: Place, last: Place, *, fix_row: bool = False, fix_column: bool = False) -> str:
    """The cells between two corners, `H2:V16`, or `H2` if there is but one.

    Raises:
        ValueError: if a sheet has no such cells.
    """
    start = a1(*first, fix_row=fix_row, fix_column=fix_column)
    if first == last:
        return start
    return f"{start}:{a1(*last, fix_row=fix_row, fix_column=fix_column)}"


def address_text(address: CellAddress) -> str:
    """A cell with its sheet, as formulas name it: `data!H2`, `'my sheet'!H2`."""
    sheet, (row, column) = address
    return f"{quoted(sheet)}!{a1(row, column)}"


def quoted(sheet: str) -> str:
    """A sheet's name as a formula writes it: in quotes unless it is a plain word.

    A word that could be a cell, such as Q1 or R1C1, is not plain.
    """
    if _WORD.fullmatch(sheet) and not _LOOKS_LIKE_A_CELL.fullmatch(sheet):
        return sheet
    return "'" + sheet.replace("'", "''") + "'"


def unquoted(written: str) -> str:
    """A sheet's name from what stands before the `!`."""
    return written[1:-1].replace("''", "'") if written.startswith("'") else written


# Texts read -----------------------------------------------------------------------------------


class Reference(NamedTuple):
    """A reference as it is written.

    Attributes:
        sheet: its sheet, without quotes; None if it names none.
        top, left, bottom, right: the rows and columns that it names, from 0 and in the order in
            which they are named; whole columns have all rows, whole rows all columns.
        fixed: whether each of the four has a `$`, as what is not named has.
    """

    sheet: str | None
    top: int
    left: int
    bottom: int
    right: int
    fixed: tuple[bool, bool, bool, bool]

    @property
    def on_sheet(self) -> bool:
        """Whether a sheet has such cells: A0 and XFE1 are written as references are."""
        rows = 0 <= self.top < MAX_ROWS and 0 <= self.bottom < MAX_ROWS
        return rows and 0 <= self.left < MAX_COLUMNS and 0 <= self.right < MAX_COLUMNS

    @property
    def corners(self) -> tuple[Place, Place]:
        """Its top left and its bottom right cell, whichever is named first."""
        return (
            (min(self.top, self.bottom), min(self.left, self.right)),
            (max(self.top, self.bottom), max(self.left, self.right)),
        )


def read_reference(text: str) -> Reference | None:
    """Read a text that is one reference, such as `data!$A$1:$A$9` or `B:B`; None if it is none."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return None
    return read_area(match[2], None if match[1] is None else unquoted(match[1]))


def read_area(text: str, sheet: str | None = None) -> Reference:
    """Read what `AREA` has matched.

    Args:
        text: a cell, a range, whole columns or whole rows.
        sheet: the sheet that it stands on.
    """
    first, _, last = text.partition(":")
    top, left, fix_top, fix_left = _corner(first.strip(), end=False)
    bottom, right, fix_bottom, fix_right = _corner((last or first).strip(), end=True)
    return Reference(sheet, top, left, bottom, right, (fix_top, fix_left, fix_bottom, fix_right))


def _corner(text: str, *, end: bool) -> tuple[int, int, bool, bool]:
    """Row and column of one end of a range, and whether they are fixed."""
    match = _BOUND.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no corner of a range")
    mark, letters, row_mark, digits = match.groups()
    if not letters:
        mark, row_mark = "", mark or row_mark
    row = int(digits) - 1 if digits else (MAX_ROWS - 1) * end
    column = column_index(letters) if letters else (MAX_COLUMNS - 1) * end
    return row, column, bool(row_mark or not digits), bool(mark or not letters)


def read_cell(text: str) -> Place | None:
    """Row and column of a cell without a sheet, such as `B2` or `$B$2`; None if it is none."""
    match = _CELL.fullmatch(text)
    if match is None:
        return None
    row, column = int(match[2]) - 1, column_index(match[1])
    return (row, column) if 0 <= row < MAX_ROWS and column < MAX_COLUMNS else None


def references_in(formula: str) -> Iterator[Reference]:
    """Give the references in a formula, one after the other; not names, nor what texts hold."""
    for match in _TO_FIND.finditer(formula):
        if match["area"]:
            found = read_area(match["area"], match["sheet"] and unquoted(match["sheet"]))
            if found.on_sheet:
                yield found


# Formulas moved -------------------------------------------------------------------------------

_Line = str | tuple[bool, int]
"""The row or column of a reference: as text, `$A`, if it stays; else whether it is a column, and
its number."""


class Fill:
    """A formula that was entered in one cell and is filled to others.

    It is cut once at its relative references, so that filling it is joining pieces.
    """

    __slots__ = ("_pieces", "_tail")

    def __init__(self, formula: str) -> None:
        self._pieces: list[tuple[str, _Line, str, _Line]] = []  # what stands before, a reference
        at = 0
        for match in _TO_MOVE.finditer(formula):
            lines = match["moving"] and _lines(match["moving"])
            if lines:
                self._pieces.append((formula[at : match.start()], *lines))
                at = match.end()
        self._tail = formula[at:]

    def at(self, down: int, right: int) -> str:
        """The formula as it reads `down` rows below and `right` columns beside its cell.

        A reference that leaves the sheet becomes `#REF!`, as in a spreadsheet.
        """
        out: list[str] = []
        for before, first, between, last in self._pieces:
            out.append(before)
            one = first if isinstance(first, str) else _moved(*first, down, right)
            two = last if isinstance(last, str) else _moved(*last, down, right)
            out.append(one + between + two if one and two else "#REF!")
        out.append(self._tail)
        return "".join(out)

    def below(self, right: int) -> DownFill | None:
        """The formula in all cells of the column that is `right` columns beside its own.

        None if a reference has left the sheet there.
        """
        pattern: list[str] = []
        shifts: list[int] = []
        for before, first, between, last in self._pieces:
            pattern.append(before.replace("%", "%%"))
            for line, behind in ((first, between), (last, "")):
                if isinstance(line, str):
                    pattern.append(line)
                elif line[0]:
                    name = _moved(*line, 0, right)
                    if not name:
                        return None
                    pattern.append(name)
                else:
                    pattern.append("%d")
                    shifts.append(line[1] + 1)
                pattern.append(behind)
        pattern.append(self._tail.replace("%", "%%"))
        return DownFill("".join(pattern), tuple(shifts))


class DownFill(NamedTuple):
    """A formula in the cells of one column.

    Attributes:
        pattern: its text with `%d` for each number of a row that moves.
        numbers: these numbers, from 1, in the cell that the formula was entered in.
    """

    pattern: str
    numbers: tuple[int, ...]

    def at(self, down: int) -> str:
        """The formula `down` rows below; "" if a reference leaves the sheet."""
        moved = tuple([number + down for number in self.numbers])
        if moved and not (min(moved) > 0 and max(moved) <= MAX_ROWS):
            return ""
        return self.pattern % moved


def _lines(text: str) -> tuple[_Line, str, _Line] | None:
    """The two lines of a cell, of columns or of rows, and what is between; None if none moves."""
    found = read_area(text)
    if not found.on_sheet:
        return None  # a name such as ABC9999999
    top, left, bottom, right = found.fixed
    columns, rows = (found.left, found.right), (found.top, found.bottom)
    if ":" not in text:
        first, last = _line(True, columns[0], left), _line(False, rows[0], top)
    elif text[-1].isdigit():
        first, last = _line(False, rows[0], top), _line(False, rows[1], bottom)
    else:
        first, last = _line(True, columns[0], left), _line(True, columns[1], right)
    moves = not (isinstance(first, str) and isinstance(last, str))
    return (first, ":" if ":" in text else "", last) if moves else None


def _line(is_column: bool, number: int, fixed: bool) -> _Line:
    if not fixed:
        return is_column, number
    return f"${column_name(number) if is_column else number + 1}"


def _moved(is_column: bool, number: int, down: int, right: int) -> str:
    """The text of a row or column that moves; "" if it leaves the sheet."""
    if is_column:
        number += right
        return column_name(number) if 0 <= number < MAX_COLUMNS else ""
    number += down
    return str(number + 1) if 0 <= number < MAX_ROWS else ""
