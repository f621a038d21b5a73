"""Inputs that are set before a solve: `Sheet1!A1=5`, and `Sheet1!B1=0.1:1:10` for a sweep."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.book import CellAddress, CellError
from sheetsim.errors import OptionError
from sheetsim.workbook.solver_model.areas import parse_areas
from sheetsim.workbook.solver_model.constraint_sides import as_number

if TYPE_CHECKING:
    from sheetsim.arrays import Floats
    from sheetsim.book import Book, Value

_SIDES = re.compile(r"((?:'(?:[^']|'')*'|[^'=])+)=(.*)", re.DOTALL)

MAX_VALUES = 100_000
"""Values of one sweep; more are a slip of the pen."""


def parse_setting(text: str, book: Book, sheet: str | None = None) -> dict[CellAddress, Value]:
    """Return what `Sheet1!A1=5` sets: a number, TRUE or FALSE, or a text; nothing for a blank.

    Args:
        text: cells, "=", and a value; a range sets each of its cells.
        book: the workbook.
        sheet: the sheet of references that name none.

    Raises:
        OptionError: the text cannot be understood, or a cell holds a formula.
    """
    cells, value = _sides(text, "Sheet1!A1=5")
    return dict.fromkeys(_inputs(cells, book, sheet, text), _value(value))


def parse_sweep(text: str, book: Book, sheet: str | None = None) -> tuple[CellAddress, Floats]:
    """Return the cell and the values of `Sheet1!B1=0.1:1:10`: first, last, how many.

    `Sheet1!B1=1,2,5` lists the values one by one.

    Args:
        text: a cell, "=", and the values.
        book: the workbook.
        sheet: the sheet of a reference that names none.

    Raises:
        OptionError: the text cannot be understood, or the cell holds a formula.
    """
    cells, values = _sides(text, "Sheet1!B1=0.1:1:10")
    addresses = _inputs(cells, book, sheet, text)
    if len(addresses) != 1:
        raise OptionError(f"sweep {text!r}: names {len(addresses):,} cells; expected one")
    pieces = values.split(":")
    if len(pieces) == 3:
        first, last, count = (as_number(piece) for piece in pieces)
        if first is None or last is None or count is None or not 1 <= count <= MAX_VALUES:
            raise OptionError(
                f"sweep {text!r}: expected A:B:N, from A to B, with N from 1 to {MAX_VALUES:,}"
            )
        if count != int(count):
            raise OptionError(f"sweep {text!r}: the count {pieces[2]} is no whole number")
        return addresses[0], np.linspace(first, last, int(count))
    numbers = [as_number(piece) for piece in values.split(",")]
    if any(number is None for number in numbers):
        raise OptionError(f"sweep {text!r}: expected A:B:N, or numbers with commas")
    return addresses[0], np.array(numbers, float)


def _sides(text: str, example: str) -> tuple[str, str]:
    match = _SIDES.fullmatch(text.strip())
    if match is None:
        raise OptionError(f"input {text!r}: expected a cell and a value, such as {example}")
    return match[1].strip(), match[2].strip()


def _inputs(cells: str, book: Book, sheet: str | None, text: str) -> list[CellAddress]:
    """Return the cells that a text names, none of which may hold a formula."""
    try:
        areas = parse_areas(cells, book, sheet)
    except OptionError as error:
        raise OptionError(f"input {text!r}: ", *error.args) from None
    if sum(area.size for area in areas) > MAX_VALUES:
        raise OptionError(f"input {text!r}: names more than {MAX_VALUES:,} cells")
    addresses = [(area.sheet, place) for area in areas for place in area.places()]
    for area in areas:
        held = book.sheets[area.sheet]
        for place in area.places():
            cell = held.get(place)
            if cell is not None and cell.has_formula:
                formula = str(cell.formula)[:60]
                raise OptionError(
                    f"input {text!r}: {area} holds the formula {formula}; expected a cell "
                    "without one"
                )
    return addresses


def _value(text: str) -> Value:
    number = as_number(text)
    if number is not None:
        return number
    if text.upper() in {"TRUE", "FALSE"}:
        return text.upper() == "TRUE"
    if text.startswith("#") and text.endswith(("!", "?", "/A")):
        return CellError(text.upper())
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return (text[1:-1] if quoted else text) or None
