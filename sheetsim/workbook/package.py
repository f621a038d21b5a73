"""What a workbook file holds, cell by cell, and the poisoned copy that proves it.

A cell with a formula stores two things: the formula, and the value that the program which saved
the file last got for it, its cached value. A program that opens the file may show the cached
value without computing anything, and headless LibreOffice does just that with a file that looks
as if Excel made it. So a check that compares what LibreOffice says with what was cached can pass
on a workbook whose formulas are wrong. `poisoned_copy` removes that way out: it replaces every
cached value with a number that no sheet contains. What comes back was computed, or is `POISON`.
"""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import Translator, TranslatorError

from sheetsim.errors import WorkbookError
from sheetsim.files import replace_file
from sheetsim.workbook.archive import Archive
from sheetsim.workbook.cellxml import (
    Place,
    RawCell,
    element_end,
    parse_range,
    raw_cells,
    reference,
    replaced,
    splice,
    with_attribute,
)
from sheetsim.workbook.texts import Names, Strings, escaped, unescaped
from sheetsim.workbook.xmlscan import Handler

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from sheetsim.workbook.archive import SheetPart

POISON = -987654321.25
"""The value that `poisoned_copy` plants: far from any sheet's, and exact in 15 digits."""


@dataclass(frozen=True, slots=True)
class CellError:
    """An error that a spreadsheet shows in a cell, such as `#DIV/0!`."""

    code: str

    def __str__(self) -> str:
        return self.code


Content = float | str | bool | CellError
"""What a cell that is not blank shows."""

Value = Content | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a file.

    Attributes:
        formula: its formula with the leading "=", None for a constant. Each cell of a shared
            formula has its own; each cell of an array formula has the whole range's.
        value: the constant, or the cached value of the formula; None if there is none.
        array: the range of the array formula that the cell belongs to, such as "B2:D4".
    """

    formula: str | None = None
    value: Value = None
    array: str | None = None


Cells = dict[str, dict[Place, Cell]]
"""Sheet name to (row, column), from 0, to cell; sheets in the workbook's order."""


@dataclass(frozen=True, slots=True)
class DefinedName:
    """A name of the workbook, or of one sheet if `sheet` is not None; `text` is what it means."""

    name: str
    sheet: str | None
    hidden: bool
    text: str


def read_cells(path: str | Path) -> Cells:
    """Read every cell that holds something, of every sheet, hidden ones too.

    Args:
        path: an .xlsx or .xlsm file, by whatever program it was saved.

    Returns:
        Sheet name to (row, column), from 0, to cell. A sheet that is but a chart is left out.

    Raises:
        WorkbookError: the file is not a workbook that can be read safely.
    """
    with Archive(path) as archive:
        strings = _shared_strings(archive)
        return {
            sheet.name: _read_sheet(archive, sheet.part, strings)
            for sheet in archive.sheets()
            if sheet.part is not None
        }


def defined_names(path: str | Path) -> list[DefinedName]:
    """Read the names of a workbook, hidden and sheet-scoped ones too, in the file's order.

    Raises:
        WorkbookError: the file is not a workbook that can be read safely.
    """
    with Archive(path) as archive:
        handler = Names()
        archive.scan(archive.workbook, handler)
        sheets = archive.sheets()
    names = []
    for attributes, text in handler.found:
        name, scope = attributes.get("name", ""), attributes.get("localSheetId")
        if scope is not None and not (scope.isdecimal() and int(scope) < len(sheets)):
            raise WorkbookError(
                f"{path}: name {name!r} belongs to sheet {scope}, which is not there"
            )
        sheet = None if scope is None else sheets[int(scope)].name
        names.append(DefinedName(name, sheet, attributes.get("hidden") in {"1", "true"}, text))
    return names


def poisoned_copy(
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
            sheet.part: _poisoned_sheet(archive, sheet, edits.get(sheet.name, {}))
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


def _read_sheet(archive: Archive, part: str, strings: list[str]) -> dict[Place, Cell]:
    """Read the cells of one part; blank cells that only carry a style are left out."""
    where = f"{archive.path}: {part}"
    raws = raw_cells(archive.read(part), where)
    arrays = _array_members(raws, where)
    shared: dict[str, Translator] = {}
    cells = {}
    for raw in raws:
        value = _value(raw, strings, where)
        array, formula = arrays.get(raw.place, (None, None))
        if raw.formula is not None and formula is None:
            formula = _formula(raw, shared, where)
        if formula is not None or value is not None:
            cells[raw.place] = Cell(formula, value, array)
    return cells


def _value(raw: RawCell, strings: list[str], where: str) -> Value:
    """Turn the text of `<v>` or `<is>` into the value that it stands for."""
    if raw.kind == "inlineStr":
        return unescaped(raw.inline or raw.value or "")
    text = raw.value
    if text is None:
        return None
    if raw.kind in {"str", "d"}:
        return unescaped(text)
    text = text.strip()
    if not text:
        return None
    if raw.kind == "e":
        return CellError(text)
    if raw.kind == "b":
        return text in {"1", "true"}
    try:
        if raw.kind == "s":
            return strings[int(text)]
        number = float(text)
        if math.isfinite(number):
            return number
    except (ValueError, IndexError):
        pass
    raise WorkbookError(
        f"{where} {reference(raw.place)}: {text!r} is no value of a cell of type {raw.kind!r}"
    )


def _formula(raw: RawCell, shared: dict[str, Translator], where: str) -> str:
    """Return the formula of a cell, that of a shared one moved to where the cell stands."""
    attributes, text = raw.formula_attributes, raw.formula or ""
    if attributes.get("t") == "dataTable":
        return f"=TABLE({attributes.get('r1', '')},{attributes.get('r2', '')})"
    if attributes.get("t") != "shared":
        return f"={text}"
    group = attributes.get("si", "")
    try:
        if text:  # the first of the group holds the text
            shared[group] = Translator(f"={text}", reference(raw.place))
            return f"={text}"
        return str(shared[group].translate_formula(reference(raw.place)))
    except (KeyError, TranslatorError, TokenizerError, ValueError) as error:
        raise WorkbookError(
            f"{where} {reference(raw.place)}: shared formula {group!r} makes no sense here"
        ) from error


def _array_members(raws: list[RawCell], where: str) -> dict[Place, tuple[str, str]]:
    """Return (range, formula) of each stored cell that an array formula covers.

    The first cell of the range holds the formula, the others only their cached values.
    """
    members = {}
    places = [raw.place for raw in raws]
    for raw in raws:
        extent = raw.formula_attributes.get("ref")
        if raw.formula is None or raw.formula_attributes.get("t") != "array" or not extent:
            continue
        (top, left), (bottom, right) = parse_range(extent, where)
        covered: Iterable[Place] = places
        if (bottom - top + 1) * (right - left + 1) < len(places):  # else the sheet is smaller
            covered = ((r, c) for r in range(top, bottom + 1) for c in range(left, right + 1))
        for row, column in covered:
            if top <= row <= bottom and left <= column <= right:
                members[row, column] = (extent, f"={raw.formula}")
    return members


def _poisoned_sheet(
    archive: Archive, sheet: SheetPart, edits: Mapping[Place, float | str]
) -> bytes:
    """Return the bytes of a sheet's part, poisoned and edited."""
    part = sheet.part or ""
    data = archive.read(part)
    if b"\0" in data[:4] or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise WorkbookError(f"{archive.path}: {part} is in UTF-16, which is not edited here")
    raws = raw_cells(data, f"{archive.path}: {part}")
    arrays = _array_members(raws, f"{archive.path}: {part}")
    computed = {raw.place for raw in raws if raw.formula is not None} | arrays.keys()
    poison = b"<%%bv>%b</%%bv>" % str(POISON).encode()
    missing = edits.keys() - {raw.place for raw in raws}
    for place in sorted(missing | (edits.keys() & computed)):
        problem = "is not in the file" if place in missing else "holds a formula"
        raise WorkbookError(
            f"{archive.path}: {sheet.name}!{reference(place)} {problem}; "
            "only a constant can be edited"
        )
    changes = []
    for raw in raws:
        if raw.place in computed:
            kind, content = b"", poison
        elif raw.place in edits:
            at = f"{archive.path}: {sheet.name}!{reference(raw.place)}"
            kind, content = _constant(edits[raw.place], at)
        elif not raw.children and b" t=" in data[raw.start : raw.end].partition(b">")[0]:
            kind, content = b"", b""  # openpyxl's blank of type "n" is 0 to IronCalc
        else:
            continue
        new = replaced(data, raw, kind, content)
        changes.append((raw.start, element_end(data, raw.start, raw.end), new))
    return splice(data, changes)


def _constant(value: float | str, where: str) -> tuple[bytes, bytes]:
    """Return the type attribute and the content of a cell with this constant."""
    if isinstance(value, str):
        # References for all but ASCII: right in whatever encoding the part declares.
        text = escape(escaped(value)).encode("ascii", "xmlcharrefreplace")
        return b' t="inlineStr"', b'<%bis><%bt xml:space="preserve">' + text + b"</%bt></%bis>"
    if isinstance(value, bool):
        return b' t="b"', b"<%%bv>%d</%%bv>" % value
    number = float(value)
    if not math.isfinite(number):
        raise WorkbookError(f"{where}: {number} cannot stand in a cell; expected a finite number")
    return b"", b"<%%bv>%b</%%bv>" % repr(number).encode()


def _recalculating(archive: Archive) -> bytes:
    """Return the workbook's part with the request to compute everything when it is opened."""
    data = archive.read(archive.workbook)
    handler = _CalculationPlace()
    archive.scan(archive.workbook, handler)
    if handler.found is None:
        return data  # a request is all it is: engines are told by other means as well
    return with_attribute(data, handler.found, b"fullCalcOnLoad", b"1")


def _shared_strings(archive: Archive) -> list[str]:
    """Return the texts that cells refer to by number; a workbook may have none."""
    part = archive.link(archive.workbook, "sharedStrings")
    handler = Strings()
    if part is not None:
        archive.scan(part, handler)
    return handler.found


class _CalculationPlace(Handler):
    """Finds where the element stands that says how to calculate."""

    def __init__(self) -> None:
        self.found: int | None = None

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        if name == "calcPr":
            self.found = self.at
