"""A copy of a workbook whose cached values are invalid, so that only what is computed can be right.

A cell with a formula stores two things: the formula, and the value that the program which saved
the file last got for it, its cached value. A program that opens the file may show the cached
value without computing anything, and headless LibreOffice does just that with a file that looks
as if Excel made it. So a check that compares what LibreOffice says with what was cached can pass
on a workbook whose formulas are wrong. `invalidated_copy` removes that way out: it replaces every
cached value with a number that no sheet contains. What comes back was computed, or is
`INVALID_VALUE`.
"""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from sheetsim.errors import WorkbookError
from sheetsim.files import replace_file
from sheetsim.references import a1
from sheetsim.workbook.read.archive import Archive
from sheetsim.workbook.read.array_formulas import array_formulas, covered_cells
from sheetsim.workbook.read.cell_xml import raw_cells
from sheetsim.workbook.read.plain_sheet import (
    PlainCell,
    plain_attributes,
    plain_column,
    plain_row,
    plain_tokens,
)
from sheetsim.workbook.read.xml_scan import Handler
from sheetsim.workbook.rewrite.cell_bytes import replaced, without_kind
from sheetsim.workbook.rewrite.encoded_value import attribute, content, encoded
from sheetsim.workbook.rewrite.xml_edits import (
    element_end,
    require_editable,
    splice,
    with_attribute,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sheetsim.book import Place
    from sheetsim.workbook.read.archive import SheetPart
    from sheetsim.workbook.read.plain_sheet import WholeToken

INVALID_VALUE = -987654321.25
"""The value that `invalidated_copy` plants: far from any sheet's, and exact in 15 digits."""


_INVALID = str(INVALID_VALUE).encode()


def invalidated_copy(
    source: str | Path,
    target: str | Path,
    edits: Mapping[str, Mapping[Place, float | str]] | None = None,
) -> None:
    """Copy a workbook with every cached value destroyed and, if given, some inputs changed.

    Only the bytes of the cells concerned change, and `fullCalcOnLoad`, which asks the reader to
    compute all. Formulas stay where they were, so the calculation chain stays valid.

    Args:
        source: the workbook.
        target: the copy; replaced if it exists, untouched if anything fails.
        edits: sheet name to (row, column), from 0, to the new number, text or boolean, for cells
            that hold a constant, or are blank but stand in the file for their style.

    Raises:
        WorkbookError: the source cannot be read, or an edit names a sheet or a cell that is not
            there, a cell that holds a formula, or a number that is not finite.
        OutputError: the target cannot be written.
    """
    edits = edits or {}
    with Archive(source) as archive:
        sheets = archive.sheets()
        unknown = edits.keys() - {sheet.name for sheet in sheets if sheet.part}
        if unknown:
            known = ", ".join(sheet.name for sheet in sheets)
            raise WorkbookError(f"{source}: has no sheet {min(unknown)!r} to edit; it has {known}")
        changed = {
            sheet.part: _invalidated_sheet(archive, sheet, edits.get(sheet.name, {}))
            for sheet in sheets
            if sheet.part is not None
        }
        changed[archive.workbook] = _recalculating(archive)
        # All is read before the target is touched: from here on, an OSError is one of writing.
        parts = [
            (entry, changed.get(entry.filename) or archive.read(entry.filename))
            for entry in archive.entries
        ]
    with replace_file(target) as temporary, zipfile.ZipFile(temporary, "w") as copy:
        for entry, data in parts:
            # A new ZipInfo: the one that was read knows offsets and flags of the old file.
            fresh = zipfile.ZipInfo(entry.filename, entry.date_time)
            fresh.external_attr = entry.external_attr
            copy.writestr(fresh, data, zipfile.ZIP_DEFLATED, compresslevel=1)


def _invalidated_sheet(
    archive: Archive, sheet: SheetPart, edits: Mapping[Place, float | str]
) -> bytes:
    """Return the bytes of a sheet's part, with invalid cached values and edited inputs."""
    part = sheet.part or ""
    data = archive.read(part)
    require_editable(data, f"{archive.path}: {part}")
    plain = _invalidated_plain(data, edits, f"{archive.path}: {sheet.name}")
    if plain is not None:
        return plain
    raws = raw_cells(data, f"{archive.path}: {part}")
    places = {raw.place for raw in raws}
    arrays = covered_cells(array_formulas(raws), places, f"{archive.path}: {part}")
    computed = {raw.place for raw in raws if raw.formula is not None} | arrays.keys()
    invalid = b"<%%bv>%b</%%bv>" % _INVALID
    missing = edits.keys() - places
    for place in sorted(missing | (edits.keys() & computed)):
        problem = "is not in the file" if place in missing else "holds a formula"
        raise WorkbookError(
            f"{archive.path}: {sheet.name}!{a1(*place)} {problem}; only a constant can be edited"
        )
    changes = []
    for raw in raws:
        if raw.place in computed:
            kind, inside = b"", invalid
        elif raw.place in edits:
            kind, inside = _typed(edits[raw.place], f"{archive.path}: {sheet.name}", raw.place)
        elif not raw.children and b" t=" in data[raw.start : raw.end].partition(b">")[0]:
            kind, inside = b"", b""  # openpyxl's blank of type "n" is 0 to IronCalc
        else:
            continue
        new = replaced(data, raw, kind, inside)
        changes.append((raw.start, element_end(data, raw.start, raw.end), new))
    return splice(data, changes)


def _invalidated_plain(data: bytes, edits: Mapping[Place, float | str], where: str) -> bytes | None:
    """Return the bytes of a sheet in the plain form, with invalid cached values and edited inputs.

    They are those of the general way, in a fifth of its time.

    Returns:
        None where the general way must look: at a sheet in another form, at array formulas, and
        at an edit that cannot be made.
    """
    tokens = plain_tokens(data)
    if tokens is None:
        return None
    plain = _PlainSheet(data, edits, where)
    try:
        changes = [
            (at, at + len(token[0]), new)
            for at, token in tokens
            if token[1] and (new := plain.changed(at, token)) is not None
        ]
    except ValueError:
        return None
    return None if plain.missing else splice(data, changes)


class _PlainSheet:
    """A sheet in the plain form, whose cells change one by one.

    Attributes:
        missing: the edits that have not been made yet.
    """

    def __init__(self, data: bytes, edits: Mapping[Place, float | str], where: str) -> None:
        self.missing = set(edits)
        self._data, self._edits, self._where = data, edits, where
        self._wanted = {a1(*place).encode(): place for place in edits}
        self._single: set[bytes] = set()  # start tags of formulas that are no array's
        self._rows: dict[bytes, int] = {}
        self._columns: dict[bytes, int] = {}

    def changed(self, at: int, token: WholeToken) -> bytes | None:
        """Return the new bytes of a cell; None if it stays as it is.

        Raises:
            ValueError: it stands outside a sheet, or the general way must look at it.
        """
        _, letters, digits, style, formula, text, value = token[:7]
        if digits not in self._rows:
            self._rows = {digits: plain_row(digits)}  # of the row that is being read
        if letters not in self._columns:
            self._columns[letters] = plain_column(letters)
        edited = self._wanted.get(letters + digits) if self._wanted else None
        if formula:
            self._require_single(formula, edited)
            end = b">" if formula.endswith(b"/") else b">%b</f>" % text
            head = b'<c r="%b%b"%b>' % (letters, digits, without_kind(style))
            return b"%b%b%b<v>%b</v></c>" % (head, formula, end, _INVALID)
        place = (self._rows[digits], self._columns[letters])
        if edited is not None:
            self.missing.discard(edited)
            typed = _typed(self._edits[edited], self._where, edited)
            return replaced(self._data, PlainCell(place, token, at).raw(), *typed)
        if not value and b" t=" in style:  # see `_invalidated_sheet`
            return replaced(self._data, PlainCell(place, token, at).raw(), b"", b"")
        return None

    def _require_single(self, formula: bytes, edited: Place | None) -> None:
        """Leave array formulas, and edits of cells with formulas, to the general way."""
        if formula not in self._single:
            if plain_attributes(formula[2:]).get("t") == "array":
                raise ValueError
            self._single.add(formula)
        if edited is not None:
            raise ValueError


def _typed(value: float | str, sheet: str, place: Place) -> tuple[bytes, bytes]:
    """Return the type and the content of a cell into which something is typed."""
    form, text = encoded(value, formula=False, where=f"{sheet}!{a1(*place)}")
    return attribute(form), content(form, text)


def _recalculating(archive: Archive) -> bytes:
    """Return the workbook's part with the request to compute everything when it is opened."""
    data = archive.read(archive.workbook)
    handler = _CalculationPlace()
    archive.scan(archive.workbook, handler)
    if handler.found is None:
        return data  # it is but a request, and engines get it in other ways as well
    return with_attribute(data, handler.found, b"fullCalcOnLoad", b"1")


class _CalculationPlace(Handler):
    """Finds where the element stands that says how to calculate."""

    def __init__(self) -> None:
        self.found: int | None = None

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        if name == "calcPr":
            self.found = self.at
