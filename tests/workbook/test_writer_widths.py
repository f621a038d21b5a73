"""Columns are wide enough for what stands in them, as far as counting characters tells."""

import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
from writer_cases import ALL, Laid, laid_out, occupied
from xlsxwriter.utility import xl_pixel_width

from sheetsim.sheet import Block, Kind, Sheet
from sheetsim.workbook.write import growth
from sheetsim.workbook.write.styles import properties

DEFAULT = 8.43
LINE = 15.0
"""Points of a line of 11 point text."""

PADDING = 5
"""Pixels that a column has beside those of its characters."""

BOLD = 1.05
"""Bold letters are wider by so much."""

LABEL, MOST_LINES = 15, 5
"""A column of labels is made no wider than this, a row of them no higher."""


@pytest.fixture(params=ALL)
def laid(request: pytest.FixtureRequest) -> Laid:
    return laid_out(request.param)


def as_shown(value: float, form: str, width: float = math.inf) -> str:
    """A number in one of the few formats that the styles use, in a column of so many pixels."""
    if not math.isfinite(value):
        return "#NUM!"
    most = growth.limit(width, form) if math.isfinite(width) else None
    if most is not None and abs(value) > most:
        mantissa, exponent = f"{value:.2E}".split("E")
        decimals = len(growth.scientific(width).partition("E")[0]) - 1
        return f"{float(mantissa):.{max(decimals - 1, 0)}f}E{exponent}"
    if form == ";;;":  # a colour, and no number
        return ""
    if form == "0.00E+00":
        return f"{value:.2E}"
    if form in ("General", ""):  # General rounds to what fits, but for whole numbers
        return str(int(value)) if value.is_integer() and abs(value) < 1e11 else ""
    assert re.fullmatch(r"0(\.0+)?", form), f"a new format, {form}: teach this test to write it"
    return f"{value:.{len(form.partition('.')[2])}f}"


def needs(block: Block, value: Any, width: float = math.inf) -> float:
    """Pixels that a value takes on one line, from Excel's widths of the letters of its font."""
    look = properties(block.style)
    scale = look.get("font_size", 11) / 11 * (BOLD if look.get("bold") else 1)
    form = look.get("num_format", "")
    text = value if isinstance(value, str) else as_shown(float(value), form, width)
    return float(scale * xl_pixel_width(text))


def pixels(sheet: Sheet, column: int) -> float:
    """Pixels of a column."""
    return 7 * sheet.widths.get(column, DEFAULT) + PADDING


def room(sheet: Sheet, cells: dict[tuple[int, int], Block], row: int, column: int) -> float:
    """Pixels from a cell to the next one in its row that holds something."""
    beyond = sheet.merges.get((row, column), column) + 1
    while (row, beyond) not in cells and beyond < column + 60:
        beyond += 1
    return sum(pixels(sheet, c) for c in range(column, beyond))


def own_room(sheet: Sheet, row: int, column: int) -> float:
    """Pixels of a cell, with those that it is merged with."""
    last = sheet.merges.get((row, column), column)
    return sum(pixels(sheet, c) for c in range(column, last + 1))


def each(sheet: Sheet) -> Iterator[tuple[Block, int, int, Any]]:
    for block in sheet.parts:
        for row, column, i, j in block.cells():
            yield block, row, column, block.values[i, j]


def is_label(block: Block) -> bool:
    """Labels are the user's own and may be long: their columns stop growing at some width."""
    return block.kind is Kind.RECORD or block.name.startswith(("user", "movie"))


def test_numbers_fit_their_columns(laid: Laid) -> None:
    """Where one does not, a program shows ######."""
    tight = [
        f"{sheet.name}: {block.name}: {as_shown(float(value), form)} in column {column + 1}"
        for sheet in laid.sheets
        for block, _, column, value in each(sheet)
        if not isinstance(value, str)
        and (form := properties(block.style).get("num_format", "General"))
        and needs(block, value, pixels(sheet, column)) > pixels(sheet, column)
    ]
    assert not tight


def test_texts_on_one_line_reach_no_neighbour(laid: Laid) -> None:
    tight = []
    for sheet in laid.sheets:
        cells = occupied(sheet)
        for block, row, column, value in each(sheet):
            one_line = isinstance(value, str) and not properties(block.style).get("text_wrap")
            if one_line and needs(block, value) > room(sheet, cells, row, column):
                cut = is_label(block) and sheet.widths.get(column, DEFAULT) >= LABEL
                # over a table of one or two columns its title is cut short: a known limit
                below = [(row + 1, column + offset) in cells for offset in range(3)]
                cut |= block.style == "band" and not all(below)
                tight += [f"{sheet.name}: row {row + 1} column {column + 1}: {value!r}"] * (not cut)
    assert not tight


def test_wrapped_texts_fit_their_cells(laid: Laid) -> None:
    """Their longest word fits the width, and their lines the height."""
    tight = []
    for sheet in laid.sheets:
        for block, row, column, value in each(sheet):
            if not isinstance(value, str) or not properties(block.style).get("text_wrap"):
                continue
            have = own_room(sheet, row, column)
            longest = max((needs(block, word) for word in value.split()), default=0)
            if longest > have and not is_label(block):
                tight.append(
                    f"{sheet.name}: row {row + 1} column {column + 1}: a word of {value!r}"
                )
            lines = math.floor(sheet.heights.get(row, LINE) / LINE + 0.1)
            if needs(block, value) > lines * have and not (is_label(block) and lines >= MOST_LINES):
                tight.append(f"{sheet.name}: row {row + 1} column {column + 1}: {value!r}")
    assert not tight
