"""The tables of a workbook: ranges that formulas refer to by a name and those of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.book import Table
from sheetsim.errors import WorkbookError, shown
from sheetsim.workbook.read.cell_xml import parse_range
from sheetsim.workbook.read.escapes import unescaped
from sheetsim.workbook.read.xml_scan import Handler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sheetsim.workbook.read.archive import Archive, SheetPart


def read_tables(archive: Archive, parts: list[SheetPart]) -> dict[str, Table]:
    """Return the tables of all sheets by name."""
    tables: dict[str, Table] = {}
    for sheet in parts:
        if sheet.part is None:
            continue
        for kind, part in archive.links(sheet.part).values():
            if kind != "table":
                continue
            handler = _TableReader()
            archive.scan(part, handler)
            table = handler.table(sheet.name, f"{archive.path}: {part}")
            if table.name in tables:
                raise WorkbookError(f"{archive.path}: two tables are named {shown(table.name)}")
            tables[table.name] = table
    return tables


class _TableReader(Handler):
    """Collects one table's part."""

    def __init__(self) -> None:
        self._attributes: Mapping[str, str] = {}
        self._columns: list[str] = []
        self._filtered = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "table":
            self._attributes = attributes
        elif name == "tableColumn":
            self._columns.append(unescaped(attributes.get("name", "")))
        elif name == "filterColumn":
            self._filtered = True

    def table(self, sheet: str, where: str) -> Table:
        """Return the table that was read.

        Raises:
            WorkbookError: its range, its rows or its columns make no sense.
        """
        attributes = self._attributes
        name = attributes.get("displayName") or attributes.get("name") or ""
        first, last = parse_range(attributes.get("ref", ""), where)
        headers = attributes.get("headerRowCount", "1")
        totals = attributes.get("totalsRowCount", "0")
        if headers not in {"0", "1"} or totals not in {"0", "1"}:
            raise WorkbookError(
                f"{where}: table {shown(name)} has {headers[:20]} rows of headers and "
                f"{totals[:20]} of totals; expected one of each at most"
            )
        width = last[1] - first[1] + 1
        if not name or len(self._columns) != width:
            raise WorkbookError(
                f"{where}: table {shown(name)} of {shown(sheet)} names {len(self._columns)} "
                f"columns; expected the {width} of {attributes['ref']}"
            )
        columns = tuple(self._columns)
        rows = int(headers), int(totals)
        return Table(name, sheet, first, last, columns, *rows, filtered=self._filtered)
