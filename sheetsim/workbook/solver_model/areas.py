"""Areas, and text that names them: `dotprod!$H$19:$V$23,B25:F39`, or a defined name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheetsim.errors import OptionError
from sheetsim.references import (
    ALL_CELLS,
    ANY_SHEET,
    MAX_COLUMNS,
    MAX_ROWS,
    a1_range,
    column_name,
    quoted,
    read_reference,
    unquoted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sheetsim.book import Book, Place
    from sheetsim.references import Reference

MAX_NAMES_FOLLOWED = 1000
"""Names that one text may lead to, names of names included: more are a circle."""

MAX_PIECES = 100_000
"""References that one text may come to; a name of names can multiply them."""

_NAME = re.compile(rf"(?:(?P<sheet>{ANY_SHEET})!)?(?P<name>[^\W\d][\w.\\?]*)")
_QUOTED = re.compile(r"'(?:[^']|'')*'")


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells on one sheet.

    Attributes:
        sheet: the sheet's name.
        first: its top left cell, (row, column) from 0.
        last: its bottom right cell.
    """

    sheet: str
    first: Place
    last: Place

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.last[0] - self.first[0] + 1, self.last[1] - self.first[1] + 1

    @property
    def size(self) -> int:
        """How many cells there are."""
        rows, columns = self.shape
        return rows * columns

    def places(self) -> Iterator[Place]:
        """Give every cell, row by row."""
        for row in range(self.first[0], self.last[0] + 1):
            for column in range(self.first[1], self.last[1] + 1):
                yield row, column

    @property
    def local(self) -> str:
        """The rectangle without its sheet: `H19:V23`, `B:B`, `3:4`."""
        (top, left), (bottom, right) = self.first, self.last
        if (top, bottom) == (0, MAX_ROWS - 1):
            return f"{column_name(left)}:{column_name(right)}"
        if (left, right) == (0, MAX_COLUMNS - 1):
            return f"{top + 1}:{bottom + 1}"
        return a1_range(self.first, self.last)

    @property
    def absolute(self) -> str:
        """The rectangle as a defined name has it: `dotprod!$H$19:$V$23`."""
        cells = a1_range(self.first, self.last, fix_row=True, fix_column=True)
        return f"{quoted(self.sheet)}!{cells}"

    def __str__(self) -> str:
        return f"{quoted(self.sheet)}!{self.local}"


def parse_areas(text: str, book: Book, sheet: str | None) -> tuple[Area, ...]:
    """Return the areas that a text names, in their order.

    Args:
        text: references, ranges and defined names with commas between them, with or without "$".
        book: the workbook, whose sheets and names are known.
        sheet: the sheet of references that name none; None if there is none such.

    Returns:
        At least one area.

    Raises:
        OptionError: the text names something else, or a sheet that is not there; without the
            file's name, which the caller knows how to say.
    """
    areas: list[Area] = []
    waiting = list(reversed(list(split_commas(text))))
    followed = 0
    while waiting:
        piece = waiting.pop()
        reference = read_reference(piece)
        if reference is not None:
            areas.append(_area(reference, piece, book, sheet))
            continue
        meaning = _meaning(piece, book, sheet)
        followed += 1
        if meaning is None:
            raise OptionError(printable(_not_cells(piece)))
        if followed > MAX_NAMES_FOLLOWED:
            raise OptionError(f"the name {piece!r} leads from name to name and to no cell")
        waiting += reversed(list(split_commas(meaning)))
        if len(waiting) + len(areas) > MAX_PIECES:
            raise OptionError(f"the name {piece!r} comes to more than {MAX_PIECES:,} references")
    return tuple(areas)


def split_commas(text: str) -> Iterator[str]:
    """Cut a text at its commas, but not at those in quotes; outer parentheses are dropped."""
    text = text.strip().removeprefix("=").strip()
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    # A quoted sheet's name is masked, so that what is in it cannot be taken for a comma.
    masked = _QUOTED.sub(lambda match: "_" * len(match[0]), text)
    at = 0
    for piece in masked.split(","):
        yield text[at : at + len(piece)].strip()
        at += len(piece) + 1


def printable(text: str) -> str:
    """Return a text of a file on one line, without signs that control a terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _area(reference: Reference, piece: str, book: Book, sheet: str | None) -> Area:
    """Return the area that a reference names.

    Raises:
        OptionError: it names no sheet and there is none to assume, or one that is not there, or
            cells outside of a sheet.
    """
    named = reference.sheet if reference.sheet is not None else sheet
    if named is None:
        several = ", ".join(book.sheets)
        raise OptionError(f"{piece} names no sheet; expected one of {several}, as in Sheet1!A1")
    found = book.find_sheet(named)
    if found is None:
        raise OptionError(f"{piece} is on sheet {named!r}, which is not there")
    if not reference.on_sheet:
        raise OptionError(f"{piece} lies outside of a sheet; expected {ALL_CELLS}")
    return Area(found, *reference.corners)


def _meaning(piece: str, book: Book, sheet: str | None) -> str | None:
    """Return what a defined name stands for; None if it is none."""
    match = _NAME.fullmatch(piece)
    if match is None:
        return None
    scope = unquoted(match["sheet"]) if match["sheet"] else sheet
    found = book.find_name(match["name"], scope)
    return None if found is None else found.text


def _not_cells(piece: str) -> str:
    """Say what a text is that names no cells."""
    shown = repr(piece if len(piece) <= 60 else f"{piece[:60]}…")
    if "#REF!" in piece.upper():
        return f"{piece[:60]} names a cell that was deleted"
    if not piece:
        return "nothing is named where cells were expected, such as Sheet1!B1:B5"
    if "[" in piece and "!" in piece:
        return f"{shown} is in another file, which is not followed"
    return f"{shown} names no cells; expected some such as Sheet1!B1:B5, or a defined name"
