"""New sheets in a copy of a workbook that exists: their parts, and the places that list them.

A new sheet is `xl/worksheets/sheetN.xml`; it is listed in the workbook's part, in that part's
relationships and in `[Content_Types].xml`, and the formats of its cells in the part of styles.
These four are edited in their bytes, and nothing else of the file changes: texts stand in the cells
themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetsim.errors import WorkbookError
from sheetsim.references import a1
from sheetsim.workbook.read.archive import links_part
from sheetsim.workbook.read.xml_scan import Handler, scan
from sheetsim.workbook.rewrite.encoded_value import attribute, content, encoded, xml_text
from sheetsim.workbook.rewrite.line_chart import LineChart, chart_parts
from sheetsim.workbook.rewrite.new_parts import HEAD, LINKS, TYPE, free_part, link_xml
from sheetsim.workbook.rewrite.new_styles import Styles, with_styles
from sheetsim.workbook.rewrite.xml_edits import element_end, require_editable, start_tag

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sheetsim.book import Value
    from sheetsim.workbook.read.archive import Archive

_USUAL, _OTHER = b"http://schemas.openxmlformats.org", b"http://purl.oclc.org/ooxml"
_STRICT = tuple(
    (_USUAL + b"/%b/2006/" % kind, _OTHER + b"/%b/" % kind)
    for kind in (b"spreadsheetml", b"officeDocument", b"drawingml")
)
"""Namespaces as Excel writes them, and as it does when it saves "Strict Open XML"."""

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_CONTENT_TYPES = "[Content_Types].xml"
_CONTENT_NAMESPACE = "http://schemas.openxmlformats.org/package/2006/content-types "

MAX_NAME = 31
"""Characters of a sheet's name."""

_WIDEST = 60
"""Characters of a column at most, however long its texts."""


class Heading(list[Any]):
    """A row of a new sheet that is shown in bold."""


@dataclass(frozen=True, slots=True)
class NewSheet:
    """A sheet to add.

    Attributes:
        title: its name; a number follows if it is taken, as Excel does with its reports.
        rows: the cells, row by row from A1; None leaves one blank.
        chart: a chart to the right of the cells, if any.
        numbered: whether the first one has a number too: "Answer Report 1".
    """

    title: str
    rows: Sequence[Sequence[Value]]
    chart: LineChart | None = None
    numbered: bool = True


def with_sheets(
    archive: Archive,
    sheets: Sequence[NewSheet],
    changed: dict[str, bytes],
    added: dict[str, bytes],
) -> None:
    """Put new sheets behind the others of a workbook.

    Args:
        archive: the workbook.
        sheets: what to add, in this order.
        changed: new bytes of parts that are there; read and written.
        added: bytes of new parts; written.

    Raises:
        WorkbookError: a part that lists the sheets is missing or cannot be edited, or a number
            is not finite.
    """
    taken = {entry.filename.lower() for entry in archive.entries}
    names = {sheet.name.casefold() for sheet in archive.sheets()}
    rels = links_part(archive.workbook)
    parts = {
        part: changed.get(part) or archive.read(part)
        for part in (archive.workbook, rels, _CONTENT_TYPES)
    }
    lists = {part: _scanned(archive, part, data) for part, data in parts.items()}
    next_id = lists[archive.workbook].next_sheet_id()
    styles = with_styles(archive, changed)
    new: dict[str, list[bytes]] = {part: [] for part in parts}
    for sheet_id, sheet in enumerate(sheets, next_id):
        name = free_name(sheet, names)
        names.add(name.casefold())
        part, kinds = _sheet_parts(sheet, name, archive, styles, taken, added)
        link = _free_link(lists[rels].ids)
        new[rels].append(link_xml(link, "worksheet", "/" + part))
        new[_CONTENT_TYPES] += [
            b'<%%bOverride PartName="/%b" ContentType="%b"/>' % (one.encode(), kind.encode())
            for one, kind in kinds.items()
        ]
        new[archive.workbook].append(
            b'<%%bsheet name="%b" sheetId="%d" r:id="%b" xmlns:r="%b"/>'
            % (xml_text(name), sheet_id, link.encode(), LINKS.encode())
        )
    strict = _OTHER in parts[archive.workbook]
    for part, data in parts.items():
        changed[part] = lists[part].extended(data, _as(b"".join(new[part]), strict=strict))
    for part in added:
        added[part] = _as(added[part], strict=strict)


def _sheet_parts(
    sheet: NewSheet,
    name: str,
    archive: Archive,
    styles: Styles,
    taken: set[str],
    added: dict[str, bytes],
) -> tuple[str, dict[str, str]]:
    """Add the parts of a sheet; return the sheet's, and all with their content types."""
    part = free_part("xl/worksheets/sheet", taken)
    added[part] = _sheet_xml(sheet, styles, f"{archive.path}: sheet {name!r}")
    kinds = {part: f"{TYPE}.spreadsheetml.worksheet+xml"}
    if sheet.chart is not None:
        column = max(len(row) for row in sheet.rows) + 1
        kinds |= chart_parts(sheet.chart, name, part, column, taken, added)
    return part, kinds


def _as(data: bytes, *, strict: bool) -> bytes:
    """Return new XML with the namespaces of the workbook that it goes into."""
    for usual, other in _STRICT if strict else ():
        data = data.replace(usual, other)
    return data


def free_name(sheet: NewSheet, taken: Collection[str]) -> str:
    """Return the name of a new sheet that no other has; `taken` are the others, case folded."""
    number = 1
    while True:
        suffix = f" {number}" if sheet.numbered or number > 1 else ""
        name = f"{sheet.title[: MAX_NAME - len(suffix)]}{suffix}"
        if name.casefold() not in taken:
            return name
        number += 1


def _free_link(taken: set[str]) -> str:
    number = len(taken) + 1
    while f"rId{number}" in taken:
        number += 1
    taken.add(f"rId{number}")
    return f"rId{number}"


def _sheet_xml(sheet: NewSheet, styles: Styles, where: str) -> bytes:
    """Return the part of a new sheet."""
    widths: dict[int, int] = {}
    rows = []
    for row, values in enumerate(sheet.rows):
        cells = []
        for column, value in enumerate(values):
            if value is None:
                continue
            name = a1(row, column)
            kind, text = encoded(value, formula=False, where=f"{where} {name}")
            body = content(kind, text).replace(b"%b", b"")
            style = styles.of(value, heading=isinstance(values, Heading))
            look = b"" if style is None else b' s="%d"' % style
            cells.append(b'<c r="%b"%b%b>%b</c>' % (name.encode(), look, attribute(kind), body))
            # A title may run over the cells to its right, which are blank.
            length = len(value) if isinstance(value, str) and len(values) > 1 else 10
            widths[column] = min(max(widths.get(column, 0), length + 2), _WIDEST)
        rows.append(b'<row r="%d">%b</row>' % (row + 1, b"".join(cells)))
    columns = b"".join(
        b'<col min="%d" max="%d" width="%d" customWidth="1"/>' % (column + 1, column + 1, width)
        for column, width in sorted(widths.items())
    )
    drawing = b'<drawing r:id="rId1"/>' if sheet.chart is not None else b""
    return b"".join(
        [
            HEAD,
            b'<worksheet xmlns="%b" xmlns:r="%b">' % (_MAIN.encode(), LINKS.encode()),
            b'<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>',
            b"<cols>%b</cols>" % columns if columns else b"",
            b"<sheetData>%b</sheetData>" % b"".join(rows),
            b'<pageSetup orientation="landscape" fitToHeight="0"/>',
            drawing,
            b"</worksheet>",
        ]
    )


def _scanned(archive: Archive, part: str, data: bytes) -> _Lists:
    where = f"{archive.path}: {part}"
    require_editable(data, where)
    lists = _Lists(where)
    scan(data, where, lists)
    return lists


class _Lists(Handler):
    """Finds the element that lists sheets, relationships or content types."""

    _NAMES = ("sheets", "Relationships", f"{_CONTENT_NAMESPACE}Types")

    def __init__(self, where: str) -> None:
        self.where = where
        self.ids: set[str] = set()
        self._sheet_ids: list[str] = []
        self._span: tuple[int, int] | None = None

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name in self._NAMES:
            self._span = (self.at, self.at)
        elif name == "Relationship":
            self.ids.add(attributes.get("Id", ""))
        elif name == "sheet":
            self._sheet_ids.append(attributes.get("sheetId", ""))

    def end(self, name: str) -> None:
        if name in self._NAMES and self._span is not None:
            self._span = (self._span[0], self.at)

    def next_sheet_id(self) -> int:
        """Return a number that no sheet has yet."""
        numbers = [int(one) for one in self._sheet_ids if one.isdecimal() and len(one) < 10]
        return 1 + max(numbers, default=0)

    def extended(self, data: bytes, new: bytes) -> bytes:
        """Return the part with elements put at the end of the list; `%b` is for its prefix.

        Raises:
            WorkbookError: there is no such list.
        """
        if self._span is None:
            raise WorkbookError(f"{self.where}: has no list to add a sheet to")
        start, end = self._span
        tag = start_tag(data, start)
        prefix = re.sub(rb"(sheets|Relationships|Types)$", b"", tag[1])
        new = new.replace(b"%b", prefix)
        if tag[3]:
            new = b"<%b%b>%b</%b>" % (tag[1], tag[2], new, tag[1])
            return data[:start] + new + data[element_end(data, start, end) :]
        return data[:end] + new + data[end:]
