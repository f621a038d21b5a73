"""The cells of one sheet as they stand in its XML, and their replacement in the bytes.

    <c r="B2" s="1" t="str"><f>A2&amp;"x"</f><v>ax</v></c>

`raw_cells` reads them, each with the bytes that it covers; `replaced` gives the bytes of a cell
with another value. Nothing is ever serialised again, so whatever else stands in the part
(namespaces, extensions, the order of attributes) survives byte for byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from sheetsim.book import Place
from sheetsim.errors import WorkbookError
from sheetsim.references import ALL_CELLS, MAX_COLUMNS, MAX_ROWS, read_cell
from sheetsim.workbook.read.texts import short
from sheetsim.workbook.read.xml_scan import Handler, scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Edit = tuple[int, int, bytes]
"""From which byte, up to which, and what to put there instead."""

__all__ = [
    "CellHandler",
    "Edit",
    "Place",
    "RawCell",
    "element_end",
    "has_value_metadata",
    "parse_cell",
    "parse_range",
    "raw_cells",
    "replaced",
    "splice",
    "start_tag",
    "with_attribute",
    "without_kind",
]

# A start tag. These two patterns are sound because they only ever meet bytes where expat has
# found a start tag: an attribute's value is quoted and cannot hold its own quote or a "<".
_TAG = re.compile(rb"""<([^\s/>]+)((?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(/?)>""")
_OF_VALUE = {b"t", b"vm"}
_ATTRIBUTE = re.compile(rb"""\s+([^\s=]+)\s*=\s*(?:"[^"]*"|'[^']*')""")


@dataclass(slots=True)
class RawCell:
    """One `<c>` element.

    Attributes:
        place: its row and column.
        kind: the attribute `t`: "n", "s", "str", "inlineStr", "b", "e" or "d".
        value: the text of `<v>`, None if there is none.
        inline: the text of `<is>`, None if there is none.
        formula: the text of `<f>`, which may be empty; None if there is none.
        formula_attributes: the attributes of `<f>`.
        start: the byte where the element starts.
        end: where its end tag starts, or, if it has none, just behind it.
        children: name, start and end, likewise, of the elements within.
    """

    place: Place
    kind: str
    start: int
    end: int = 0
    value: str | None = None
    inline: str | None = None
    formula: str | None = None
    formula_attributes: Mapping[str, str] = field(default_factory=dict)
    children: list[tuple[str, int, int]] = field(default_factory=list)


def raw_cells(data: bytes, where: str) -> list[RawCell]:
    """Read every `<c>` element of a sheet's part.

    Args:
        data: the part.
        where: file and part, for the message of an error.

    Returns:
        The cells in the order of the file.

    Raises:
        WorkbookError: the XML is bad, or a cell says that it stands outside a sheet.
    """
    handler = CellHandler(where)
    scan(data, where, handler)
    return handler.cells


def parse_cell(text: str, where: str) -> Place:
    """Return the row and column, from 0, of a cell such as `B2`.

    Raises:
        WorkbookError: it is none, or lies outside a sheet.
    """
    place = read_cell(text)
    if place is None:
        raise WorkbookError(f"{where}: {short(text)} is no cell; expected one from {ALL_CELLS}")
    return place


def parse_range(text: str, where: str) -> tuple[Place, Place]:
    """Return the first and the last cell of a range such as `B2:D4`, or of a single cell."""
    first, _, last = text.partition(":")
    (top, left), (bottom, right) = (
        parse_cell(first, where),
        parse_cell(last or first, where),
    )
    return (min(top, bottom), min(left, right)), (max(top, bottom), max(left, right))


def replaced(data: bytes, cell: RawCell, kind: bytes, content: bytes) -> bytes:
    """Return the bytes of a cell with another value, its formula and all else kept.

    Not kept is `vm`, which says more about the old value (that it is a picture, a rich value, or
    which of the newer errors). `cm`, about the formula, is.

    Args:
        data: the part that the cell was read from.
        cell: the cell.
        kind: the new attribute `t` with a space before it, or nothing for a number.
        content: the new `<v>` or `<is>`, with `%b` wherever the prefix of the names belongs.

    Returns:
        The new element.
    """
    tag = start_tag(data, cell.start)
    prefix = tag[1][:-1]  # the element's name is "c", or "x:c" in files that use a prefix
    new = content.replace(b"%b", prefix)
    kept = without_kind(tag[2])
    edits: list[Edit] = []
    place = tag.end()  # the schema wants the order f, v, is, extLst
    for name, start, end in cell.children:
        behind = element_end(data, start, end)
        if name == "f":
            place = behind
        elif name in {"v", "is"}:
            edits.append((start, behind, b""))
    edits.append((place, place, new))
    inside = new if tag[3] else splice(data, edits, tag.end(), cell.end)
    return b"<%b%b%b>%b</%b>" % (tag[1], kept, kind, inside, tag[1])


@lru_cache(maxsize=4096)
def without_kind(attributes: bytes) -> bytes:
    """Return the attributes of a `<c>` without those that belong to its value, `t` and `vm`."""
    return b"".join(m[0] for m in _ATTRIBUTE.finditer(attributes) if m[1] not in _OF_VALUE)


def has_value_metadata(data: bytes, cell: RawCell) -> bool:
    """Whether a cell says more about its value in the workbook's metadata."""
    return any(m[1] == b"vm" for m in _ATTRIBUTE.finditer(start_tag(data, cell.start)[2]))


def with_attribute(data: bytes, start: int, name: bytes, value: bytes) -> bytes:
    """Return the part with an attribute set on the element whose start tag stands at `start`."""
    tag = start_tag(data, start)
    kept = b"".join(m[0] for m in _ATTRIBUTE.finditer(tag[2]) if m[1] != name)
    new = b'<%b%b %b="%b"%b>' % (tag[1], kept, name, value, tag[3])
    return data[:start] + new + data[tag.end() :]


def element_end(data: bytes, start: int, end: int) -> int:
    """Return the byte behind an element, given its start and where expat reported its end."""
    return end if start_tag(data, start)[3] else data.index(b">", end) + 1


def start_tag(data: bytes, start: int) -> re.Match[bytes]:
    """Return the start tag at a byte where expat found one: name, attributes, "/" or nothing."""
    tag = _TAG.match(data, start)
    if tag is None:  # cannot be, see the note at the pattern
        raise WorkbookError(f"no start tag at byte {start} where the XML parser saw one")
    return tag


def splice(data: bytes, edits: Iterable[Edit], start: int = 0, stop: int | None = None) -> bytes:
    """Return `data[start:stop]` with each edit (from, to, bytes) made; they must not overlap."""
    pieces, at = [], start
    for first, behind, new in sorted(edits):
        pieces += [data[at:first], new]
        at = behind
    return b"".join([*pieces, data[at:stop]])


class CellHandler(Handler):
    """Collects the cells. Rows and cells may leave out where they stand: the next place, then.

    Override `finish` to be told of each cell instead of keeping them all.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.cells: list[RawCell] = []
        self._path: list[str] = []
        self._row, self._column = -1, -1
        self._cell: RawCell | None = None  # the one that is open
        self._depth = 0  # of its element
        self._child = 0  # where its open child starts
        self._text: list[str] = []  # the text in that child

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Open a row, a cell, or a child of the open cell."""
        self._path.append(name)
        if self._cell is not None:
            if len(self._path) == self._depth + 1:
                self._child = self.at
                self._text.clear()
                if name == "f":
                    self._cell.formula_attributes = attributes
        elif name == "row":
            row = attributes.get("r", "")
            self._row = int(row) - 1 if row.isdecimal() else self._row + 1
            self._column = -1
        elif name == "c" and self._path[-2:-1] == ["row"]:
            place = self._place(attributes.get("r"))
            self._row, self._column = place
            self._depth = len(self._path)
            self._cell = RawCell(place, attributes.get("t", "n"), self.at)

    def end(self, name: str) -> None:
        """Close the open cell or its child."""
        depth = len(self._path) - self._depth
        self._path.pop()
        cell = self._cell
        if cell is None:
            return
        if depth == 0:
            cell.end = self.at
            self._cell = None
            self.finish(cell)
        elif depth == 1:
            cell.children.append((name, self._child, self.at))
            text = "".join(self._text)
            if name == "v":
                cell.value = text
            elif name == "f":
                cell.formula = text
            elif name == "is":
                cell.inline = text

    def _place(self, named: str | None) -> Place:
        """Return where a cell says that it stands, or the next place if it does not say."""
        if named:
            return parse_cell(named, self.where)
        row, column = self._row, self._column + 1
        if not (0 <= row < MAX_ROWS and column < MAX_COLUMNS):
            raise WorkbookError(
                f"{self.where}: row {row + 1}, column {column + 1} is no cell; expected one from "
                f"{ALL_CELLS}"
            )
        return row, column

    def finish(self, cell: RawCell) -> None:
        """Take a cell whose element has ended."""
        self.cells.append(cell)

    def text(self, text: str) -> None:
        """Keep the text of the open cell's child; of `<is>`, the runs but not their reading."""
        if self._cell is None:
            return
        if "is" not in self._path or (self._path[-1] == "t" and "rPh" not in self._path):
            self._text.append(text)
