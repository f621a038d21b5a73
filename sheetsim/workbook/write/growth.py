"""Numbers that outgrow their columns: in scientific form, where a program would show ####.

A column has room for so many digits before the decimal point. What needs more is shown by a
conditional format, "not between" two constants, which refers to no cell and so reads the same in
every program; a number format with conditions of its own would lose signs in LibreOffice. What is
still too wide, in another font or with an exponent of three digits, is shrunk by the style.

Pixels are those of Excel's own font, Calibri 11.
"""

import re
from collections.abc import Iterator
from itertools import groupby

from sheetsim.references import a1_range
from sheetsim.sheet import Kind, Sheet
from sheetsim.workbook.write.charts import pixels
from sheetsim.workbook.write.styles import properties

DIGIT, POINT, SIGN, MARGIN = 7.45, 3.7, 4.5, 4.0
"""Pixels of a digit, a decimal point, a minus sign, and of the space that a cell keeps free."""

SCIENTIFIC = (("0.00E+00", 68), ("0.0E+00", 60), ("0E+00", 0))
"""Scientific forms, and the pixels that a column has to have for each."""

_FIXED = re.compile(r"0(?:\.(0+))?")


def limit(width: float, form: str) -> float | None:
    """The power of ten from which numbers in a fixed format are too wide.

    Args:
        width: of the column, in pixels.
        form: the number format.

    Returns:
        None if the format has no fixed number of decimals.
    """
    fixed = _FIXED.fullmatch(form)
    if fixed is None:
        return None
    decimals = len(fixed[1] or "")
    room = width - MARGIN - SIGN - decimals * DIGIT - (POINT if decimals else 0)
    return 10.0 ** max(1, int(room / DIGIT))


def scientific(width: float) -> str:
    """The scientific form for a column of so many pixels."""
    return next(form for form, least in SCIENTIFIC if width >= least)


def growing(sheet: Sheet) -> Iterator[tuple[float, str, str]]:
    """Where numbers of a sheet may outgrow their columns.

    Yields:
        The limit, the form beyond it, and the ranges that share the two, with spaces between.
    """
    places: dict[tuple[float, str], list[str]] = {}
    for block in sheet.of_kind(Kind.INPUT, Kind.RECORD, Kind.FORMULA):
        form = properties(block.style).get("num_format", "")

        def rule(column: int, form: str = form) -> tuple[float, str] | None:
            width = pixels(sheet.widths, column)
            most = limit(width, form)
            return None if most is None else (most, scientific(width))

        for found, run in groupby(range(block.column, block.right), rule):
            if found is not None:
                columns = list(run)
                corners = (block.row, columns[0]), (block.bottom - 1, columns[-1])
                places.setdefault(found, []).append(a1_range(*corners))
    for (most, form), ranges in places.items():
        yield most, form, " ".join(ranges)
