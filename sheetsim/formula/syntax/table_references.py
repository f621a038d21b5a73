"""References to tables: `Table1[[#This Row],[a]:[b]]`, `Table1[a]`, `[@a]`, `Table1[#Totals]`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sheetsim.book import CellError
from sheetsim.formula.syntax.parser import Node
from sheetsim.formula.syntax.tokens import Ref

if TYPE_CHECKING:
    from sheetsim.book import Book, Place, Table

_REF = CellError("#REF!")
_PIECE = re.compile(r"\s*(?:\[((?:[^\[\]']|'.)*)\]|([^\[\],:\s][^\[\],:]*))\s*")


def table_ref(book: Book, value: tuple[str, str], sheet: str, place: Place) -> Node:
    """Return a table's reference as an ordinary one, `#REF!` if it leads nowhere.

    Args:
        book: the workbook.
        value: the table's name, "" for the one around `place`, and the text in brackets.
        sheet: the sheet of the formula.
        place: the formula's cell.
    """
    name, text = value
    table = book.find_table(name) if name else around(book, sheet, place)
    found = None if table is None else _bounds(table, *_items(text[1:-1]))
    if table is None or found is None:
        return Node("const", _REF)
    top, bottom, left, right, this_row = found
    fixed = (not this_row, True, not this_row, True)
    return Node("ref", Ref(table.sheet, top, left, bottom, right, fixed))


def around(book: Book, sheet: str, place: Place) -> Table | None:
    """Return the table that a cell stands in."""
    for table in book.tables.values():
        (top, left), (bottom, right) = table.first, table.last
        inside = top <= place[0] <= bottom and left <= place[1] <= right
        if inside and table.sheet.casefold() == sheet.casefold():
            return table
    return None


def _items(text: str) -> tuple[set[str], list[str]]:
    """Return the keywords (`#data`, ...) and the columns: none, one, or the first and last."""
    keywords: set[str] = set()
    text = text.strip()
    if text.startswith("@"):
        keywords.add("#this row")
        text = text[1:].strip()
    if not text.startswith("["):
        pieces = [text] if text else []
    else:
        # XlsxWriter writes [@b] as [[#This Row],b], the column without its brackets.
        pieces = [
            match[2].strip() if match[1] is None else match[1] for match in _PIECE.finditer(text)
        ]
    columns = []
    for piece in pieces:
        if piece.strip().casefold() in _ROWS:
            keywords.add(piece.strip().casefold())
        else:
            columns.append(re.sub(r"'(.)", r"\1", piece))
    return keywords, columns


_ROWS = {"#this row", "#all", "#data", "#headers", "#totals"}


def _bounds(
    table: Table, keywords: set[str], columns: list[str]
) -> tuple[int, int, int, int, bool] | None:
    """Return (top, bottom, left, right) and whether the rows are the formula's own."""
    known = {column.casefold(): i for i, column in enumerate(table.columns)}
    if any(column.casefold() not in known for column in columns):
        return None
    first, last = table.first[1], table.last[1]
    if columns:
        first = table.first[1] + known[columns[0].casefold()]
        last = table.first[1] + known[columns[-1].casefold()]
    if "#this row" in keywords:
        return 0, 0, first, last, True
    top = table.first[0] + table.header_rows
    bottom = table.last[0] - table.totals_rows
    if "#all" in keywords:
        return table.first[0], table.last[0], first, last, False
    if "#headers" in keywords:
        if not table.header_rows:
            return None
        bottom = bottom if "#data" in keywords else table.first[0]
        top = table.first[0]
    elif "#totals" in keywords:
        if not table.totals_rows:
            return None
        top = top if "#data" in keywords else table.last[0]
        bottom = table.last[0]
    return top, bottom, first, last, False
