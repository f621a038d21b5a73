"""Formats for cells of new sheets: bold headings, whole numbers, others with some decimals.

They are added at the ends of the lists in the workbook's part of styles, so that all that is there
keeps its number.

    <numFmts>   one format of numbers, if Excel has none by itself
    <fonts>     the first font once more, in bold
    <cellXfs>   what a cell's `s` counts from 0
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheetsim.workbook.read.xml_scan import Handler, scan
from sheetsim.workbook.rewrite.xml_edits import (
    element_end,
    require_editable,
    start_tag,
    with_attribute,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sheetsim.book import Value
    from sheetsim.workbook.read.archive import Archive

_PART = "xl/styles.xml"
_DECIMALS = "0.00####"
_FIRST_OWN = 164  # below are Excel's own formats
_WHOLE, _SCIENTIFIC = 1, 11  # of these: 0 and 0.00E+00
_LEAST, _MOST = 1e-3, 1e10  # what decimals show


@dataclass(frozen=True, slots=True)
class Styles:
    """What cells of new sheets have as their style; None for none.

    Attributes:
        heading: bold.
        whole, decimal, scientific: of numbers.
    """

    heading: int | None = None
    whole: int | None = None
    decimal: int | None = None
    scientific: int | None = None

    def of(self, value: Value, *, heading: bool) -> int | None:
        """Return the style of a value."""
        if heading:
            return self.heading
        if not isinstance(value, int | float) or isinstance(value, bool):
            return None
        size = abs(value)
        if value == round(value) and size < _MOST:
            return self.whole
        return self.decimal if _LEAST <= size < _MOST else self.scientific


def with_styles(archive: Archive, changed: dict[str, bytes]) -> Styles:
    """Add the styles to a workbook; none are, where it has no part of styles as Excel writes it.

    Args:
        archive: the workbook.
        changed: new bytes of parts that are there; read and written.

    Raises:
        WorkbookError: the part cannot be edited.
    """
    if _PART not in {entry.filename for entry in archive.entries}:
        return Styles()
    data = changed.get(_PART) or archive.read(_PART)
    where = f"{archive.path}: {_PART}"
    found = _read(data, where)
    if found.first_font is None or "cellXfs" not in found.spans:
        return Styles()
    prefix = re.sub(rb"fonts$", b"", start_tag(data, found.spans["fonts"][0])[1])
    number = max([_FIRST_OWN - 1, *found.formats]) + 1
    start, end = found.first_font
    tag = start_tag(data, start)
    inside = b"" if tag[3] else data[start : element_end(data, start, end)]
    bold = b"<%bfont><%bb/>" % (prefix, prefix) + _inner(inside) + b"</%bfont>" % prefix
    font = found.counts["fonts"]
    kinds = ((0, font), (_WHOLE, 0), (number, 0), (_SCIENTIFIC, 0))
    cells = b"".join(
        b'<%bxf numFmtId="%d" fontId="%d" fillId="0" borderId="0" xfId="0"%b/>'
        % (prefix, kind, of, b' applyFont="1"' if of else b' applyNumberFormat="1"')
        for kind, of in kinds
    )
    form = b'<%bnumFmt numFmtId="%d" formatCode="%b"/>' % (prefix, number, _DECIMALS.encode())
    # From the last list to the first, so that the places of the others stay.
    data = _extended(data, found, "cellXfs", cells, len(kinds))
    data = _extended(data, found, "fonts", bold, 1)
    if "numFmts" in found.spans:
        data = _extended(data, found, "numFmts", form, 1)
    else:
        at = found.spans["fonts"][0]
        new = b'<%bnumFmts count="1">%b</%bnumFmts>' % (prefix, form, prefix)
        data = data[:at] + new + data[at:]
    changed[_PART] = data
    first = found.counts["cellXfs"]
    return Styles(first, first + 1, first + 2, first + 3)


def _inner(element: bytes) -> bytes:
    """Return what stands in an element, without a `b` of its own."""
    body = element[element.index(b">") + 1 : element.rindex(b"</")] if element else b""
    return re.sub(rb"<(\w+:)?b( [^>]*)?/>", b"", body)


def _extended(data: bytes, found: _Lists, name: str, new: bytes, more: int) -> bytes:
    """Return the part with elements at the end of a list, and their count."""
    start, end = found.spans[name]
    data = data[:end] + new + data[end:]
    return with_attribute(data, start, b"count", b"%d" % (found.counts[name] + more))


def _read(data: bytes, where: str) -> _Lists:
    require_editable(data, where)
    found = _Lists()
    scan(data, where, found)
    return found


class _Lists(Handler):
    """Finds the lists, how long they are, and the first font."""

    _ITEMS = (("numFmts", "numFmt"), ("fonts", "font"), ("cellXfs", "xf"))

    def __init__(self) -> None:
        self.spans: dict[str, tuple[int, int]] = {}
        self.counts: dict[str, int] = dict.fromkeys(("numFmts", "fonts", "cellXfs"), 0)
        self.formats: list[int] = []
        self.first_font: tuple[int, int] | None = None
        self._open: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        outer = self._open[-1] if self._open else ""
        self._open.append(name)
        if (outer, name) in self._ITEMS:
            self.counts[outer] += 1
            if name == "numFmt" and attributes.get("numFmtId", "").isdecimal():
                self.formats.append(int(attributes["numFmtId"]))
            if name == "font" and self.first_font is None:
                self.first_font = (self.at, self.at)
        elif name in self.counts:
            self.spans[name] = (self.at, self.at)

    def end(self, name: str) -> None:
        self._open.pop()
        outer = self._open[-1] if self._open else ""
        if name in self.counts and name in self.spans:
            self.spans[name] = (self.spans[name][0], self.at)
        elif (outer, name) == ("fonts", "font") and self.counts["fonts"] == 1:
            assert self.first_font is not None  # noqa: S101 - it has begun
            self.first_font = (self.first_font[0], self.at)
