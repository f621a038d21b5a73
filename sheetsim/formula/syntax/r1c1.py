"""References in the other style, `R2C1:R[-1]C`, which only INDIRECT's texts use in a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sheetsim.errors import WorkbookError
from sheetsim.references import MAX_COLUMNS, MAX_ROWS, QUOTED_SHEET, column_name

if TYPE_CHECKING:
    from sheetsim.book import Place

_PART = r"(?=[RC])(?:R(?:[0-9]{1,7}|\[-?[0-9]{1,7}\])?)?(?:C(?:[0-9]{1,5}|\[-?[0-9]{1,5}\])?)?"
_REFERENCE = re.compile(
    rf"(?P<sheet>(?:{QUOTED_SHEET}|[^\W\d][\w.]*)!)?(?P<first>{_PART})(?::(?P<last>{_PART}))?",
    re.IGNORECASE,
)
_LINE = re.compile(r"([RC])(\[?)(-?[0-9]*)", re.IGNORECASE)

Lines = dict[str, int]
"""R, C or both to the row or column, from 1."""


def a1_style(text: str, place: Place) -> str:
    """Return a reference such as `R1C1:R[-1]C` in the usual style, `$A$1:$B$4`.

    Anything else, such as a name, is returned as it is.

    Args:
        text: the reference.
        place: the cell from which `R[-1]C` counts, row and column from 0.

    Raises:
        WorkbookError: it is no reference to a place on a sheet.
    """
    match = _REFERENCE.fullmatch(text.strip())
    if match is None:
        return text
    first = _lines(match["first"], place)
    last = _lines(match["last"] or match["first"], place)
    if first.keys() != last.keys():
        raise WorkbookError(f"{text[:60]!r}: expected two references of one kind")
    return f"{match['sheet'] or ''}{_named(first)}:{_named(last)}"


def _lines(part: str, place: Place) -> Lines:
    """Return the row, the column, or both, that a part such as `R[-1]C` means."""
    found: Lines = {}
    for letter, bracket, digits in _LINE.findall(part.upper()):
        own, most = (place[0], MAX_ROWS) if letter == "R" else (place[1], MAX_COLUMNS)
        relative = bool(bracket) or not digits
        line = own + 1 + int(digits or 0) if relative else int(digits)
        if relative:  # runs round the sheet's edges
            line = (line - 1) % most + 1
        if not 1 <= line <= most:
            raise WorkbookError(f"{part}: lies outside a sheet")
        found[letter] = line
    return found


def _named(lines: Lines) -> str:
    column = f"${column_name(lines['C'] - 1)}" if "C" in lines else ""
    row = f"${lines['R']}" if "R" in lines else ""
    return column + row
