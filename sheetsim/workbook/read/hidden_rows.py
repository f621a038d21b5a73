"""The rows of a sheet that are not shown, and which of them a filter hides.

    <row r="3" hidden="1">...</row>
    <autoFilter ref="A1:D9"><filterColumn colId="0">...</filterColumn></autoFilter>

A file says of a row that it is hidden, and not by what: those within a filter that is in use are
hidden by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.book import HiddenRows
from sheetsim.workbook.read.cell_xml import parse_range
from sheetsim.workbook.read.xml_scan import Handler, scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sheetsim.book import Table

_YES = {"1", "true"}


def read_hidden_rows(data: bytes, where: str, tables: Iterable[Table]) -> HiddenRows:
    """Read which rows of a sheet's part are not shown.

    Args:
        data: the part.
        where: file and part, for the message of an error.
        tables: those of the sheet, which have filters of their own.

    Raises:
        WorkbookError: the XML is bad, or a filter's range is none.
    """
    handler = _Rows()
    scan(data, where, handler)
    filters = [parse_range(extent, where) for extent in handler.filters]
    filters += [(table.first, table.last) for table in tables if table.filtered]
    by_filter = {row for row in handler.hidden if any(a[0] < row <= b[0] for a, b in filters)}
    return HiddenRows(frozenset(handler.hidden - by_filter), frozenset(by_filter))


class _Rows(Handler):
    """Collects the hidden rows, and the ranges of the filters that are in use."""

    def __init__(self) -> None:
        self.hidden: set[int] = set()
        self.filters: list[str] = []
        self._row = -1
        self._filter = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "row":
            row = attributes.get("r", "")
            self._row = int(row) - 1 if row.isdecimal() else self._row + 1
            if attributes.get("hidden") in _YES:
                self.hidden.add(self._row)
        elif name == "autoFilter":
            self._filter = attributes.get("ref", "")
        elif name == "filterColumn" and self._filter:
            self.filters.append(self._filter)

    def end(self, name: str) -> None:
        if name == "autoFilter":
            self._filter = ""
