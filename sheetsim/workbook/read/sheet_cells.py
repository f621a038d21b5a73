"""The cells of one sheet's part as plain data: values, formulas, shared and array formulas.

Cells are taken one at a time while the XML goes by, so that a sheet of a million formulas costs
what its cells cost and not what its XML would as a tree.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from sheetsim.book import Cell, CellError, DataTable
from sheetsim.errors import WorkbookError, shown
from sheetsim.references import a1
from sheetsim.workbook.read.array_formulas import covered_cells
from sheetsim.workbook.read.cell_xml import CellHandler, parse_range
from sheetsim.workbook.read.escapes import unescaped
from sheetsim.workbook.read.formula_runs import FormulaRuns
from sheetsim.workbook.read.plain_sheet import (
    plain_attributes,
    plain_column,
    plain_region,
    plain_row,
    plain_text,
    tokens,
)
from sheetsim.workbook.read.shared_formulas import Filled, SharedFormula
from sheetsim.workbook.read.value_text import index_in, moment_in, number_in
from sheetsim.workbook.read.xml_scan import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sheetsim.book import Place, Value
    from sheetsim.workbook.read.cell_xml import RawCell
    from sheetsim.workbook.read.plain_sheet import Token

_T = TypeVar("_T")

MAX_CELLS = 8_000_000
"""Cells of one sheet: about 3 GB as Python keeps them. The largest of Excel's have fewer."""

_MOST = sys.float_info.max
_LEAST = -_MOST

REPORT_EVERY = 20_000
"""Cells between two reports of progress."""


def read_sheet(
    data: bytes,
    where: str,
    strings: Callable[[], Sequence[str]],
    progress: Callable[[float], None] | None = None,
    *,
    date1904: bool = False,
) -> dict[Place, Cell]:
    """Read the cells of a sheet's part; blank cells that only carry a style are left out.

    Args:
        data: the part.
        where: file and sheet or part, for the message of an error.
        strings: gives the workbook's shared strings; called once, and only if there are any.
        progress: called with how much has been read, from 0 to 1.
        date1904: whether the workbook counts days from 1904; matters for cells of type "d".

    Returns:
        (row, column), from 0, to cell, in the order of the file.

    Raises:
        WorkbookError: the XML is bad, or a cell makes no sense or stands outside a sheet.
    """
    found = _read_plain(data, strings, progress, date1904)
    if found is None:
        reader = _Reader(data, where, strings, progress, date1904)
        scan(data, where, reader)
        found = reader.found
    return found.covered(where)


@dataclass(slots=True)
class _Found:
    """What has been read of a sheet.

    Attributes:
        cells: those that hold something.
        blanks: those that only carry a style; an array formula may cover them.
        arrays: the range and the formula of each array formula.
        data_tables: and of each what-if data table.
        shared: the shared formulas by their number.
        runs: the formulas that are written out, though they are filled from others.
    """

    cells: dict[Place, Cell] = field(default_factory=dict)
    blanks: list[Place] = field(default_factory=list)
    arrays: list[tuple[str, str]] = field(default_factory=list)
    data_tables: list[tuple[str, DataTable]] = field(default_factory=list)
    shared: dict[str, SharedFormula] = field(default_factory=dict)
    runs: FormulaRuns = field(default_factory=FormulaRuns)

    def covered(self, where: str) -> dict[Place, Cell]:
        """Return the cells, those of array formulas and data tables with their formula."""
        cells = self.cells
        if self.data_tables:
            places = cells.keys() | set(self.blanks)
            for place, (_, table) in covered_cells(self.data_tables, places, where).items():
                if place in places:
                    cell = cells.get(place)
                    cells[place] = Cell(table, cell.value if cell else None)
        if self.arrays:
            places = cells.keys() | set(self.blanks)
            for place, (extent, formula) in covered_cells(self.arrays, places, where).items():
                if place in places:
                    cell = cells.get(place)
                    cells[place] = Cell(formula, cell.value if cell else None, extent)
        return cells

    def with_formula(
        self, place: Place, attributes: Mapping[str, str], text: str, value: Value
    ) -> Cell:
        """Return a cell with its formula, that of a shared one moved to where the cell stands.

        Raises:
            KeyError: it shares a formula whose text has not come yet.
        """
        kind, extent = attributes.get("t"), attributes.get("ref")
        if kind == "dataTable":
            table = _data_table(place, attributes)
            if extent:
                self.data_tables.append((extent, table))
            return Cell(table, value)
        if kind == "array" and extent:
            self.arrays.append((extent, f"={text}"))
        if kind != "shared":
            source = self.runs.find(*place, text) if kind is None else None
            if source is not None:
                return Cell(Filled(source, place), value, None, source.origin)
            return Cell(f"={text}", value)
        group = attributes.get("si", "")
        if text:  # the first of the group holds the text
            self.shared[group] = SharedFormula(text, *place)
            return Cell(f"={text}", value, None, place)
        shared = self.shared[group]
        return Cell(Filled(shared, place), value, None, shared.origin)


def _data_table(place: Place, attributes: Mapping[str, str]) -> DataTable:
    """Return what fills the cells of a data table; the first one holds it.

    `dt2D` says that there are two input cells, the row's first; `dtr` that the only one is the
    row's.

    Raises:
        WorkbookError: its range is none.
    """
    first, last = parse_range(attributes.get("ref") or a1(*place), "data table")
    one, other = attributes.get("r1", ""), attributes.get("r2", "")
    if attributes.get("dt2D") in {"1", "true"}:
        return DataTable(first, last, one, other)
    is_row = attributes.get("dtr") in {"1", "true"}
    return DataTable(first, last, one if is_row else "", "" if is_row else one)


def _read_plain(
    data: bytes,
    strings: Callable[[], Sequence[str]],
    progress: Callable[[float], None] | None,
    date1904: bool = False,
) -> _Found | None:
    """Read a sheet in the plain form; None if it is in another, or anything about it is wrong."""
    region = plain_region(data)
    if region is None:
        return None
    values = _PlainValues(strings, date1904)
    if data.find(b"_", *region) >= 0:
        values.number = number_in
    found = _Found()
    count = 0
    try:
        for stop, chunk in tokens(data, *region):
            count += len(chunk)
            if count > MAX_CELLS:
                return None
            _take(chunk, found, values)
            if progress is not None and count >= REPORT_EVERY:
                progress(stop / len(data))
    except (ValueError, LookupError, WorkbookError):
        return None  # whatever it is, the general reader says it, at the right cell
    return found


def _take(chunk: list[Token], found: _Found, values: _PlainValues) -> None:
    """Keep the cells of some tokens; this loop is what reading a large sheet costs.

    Raises:
        ValueError, LookupError, WorkbookError: something does not fit.
    """
    cells, blanks, make = found.cells, found.blanks, tuple.__new__
    columns, kinds, formulas = values.columns, values.kinds, values.formulas
    to_number = values.number
    number, row = b"", -1
    followers = values.followers
    for letters, digits, style, start, text, has_value, raw, gap in chunk:
        if not letters:
            if gap:
                raise ValueError
            continue
        if digits != number:
            number, row = digits, plain_row(digits)
        place = (row, columns[letters])
        kind = kinds[style]
        value: Value = None
        if kind == "n" and raw:
            value = to_number(raw)
            if not _LEAST <= value <= _MOST:
                raise ValueError  # inf or NaN
        elif has_value:
            value = values.of(kind, raw)
        if not start:
            if value is not None:
                cells[place] = make(Cell, (None, value, None, None))
            else:
                blanks.append(place)
            continue
        shared = None if text else followers.get(start)
        if shared is not None:
            filled = make(Filled, (shared, place))
            cells[place] = make(Cell, (filled, value, None, shared.origin))
            continue
        attributes = formulas[start]
        cells[place] = found.with_formula(place, attributes, plain_text(text), value)
        if attributes.get("t") == "shared":
            if text:  # from here on, the number may stand for this one
                followers.clear()
            else:
                followers[start] = found.shared[attributes.get("si", "")]


class _Memo(dict[bytes, _T]):
    """What has been made of some bytes: there are few different ones, and a million in all."""

    def __init__(self, make: Callable[[bytes], _T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: bytes) -> _T:
        made = self[key] = self._make(key)
        return made


class _PlainValues:
    """What the tokens of a plain sheet mean."""

    def __init__(self, strings: Callable[[], Sequence[str]], date1904: bool = False) -> None:
        self.number: Callable[[bytes], float] = float  # faster than `number_in`, but reads 1_0
        self._date1904 = date1904
        self.columns = _Memo(plain_column)
        self.kinds = _Memo(_plain_kind)
        self.formulas = _Memo(lambda start: plain_attributes(start[2:]))
        self.followers: dict[bytes, SharedFormula] = {}  # start tags of `<f>` without a text
        self._get_strings = strings
        self._strings: Sequence[str] | None = None

    def of(self, kind: str, raw: bytes) -> Value:
        """Return the value that the text of `<v>` stands for in a cell of any type but "n".

        Raises:
            ValueError, LookupError, WorkbookError: something does not fit.
        """
        if kind == "s":
            if self._strings is None:
                self._strings = self._get_strings()
            number = index_in(raw)
            return self._strings[number if number >= 0 else len(self._strings)]
        text = plain_text(raw)
        if kind == "str":
            return unescaped(text)
        if kind == "d":
            return moment_in(text, date1904=self._date1904)
        if kind not in {"n", "e", "b"}:
            raise ValueError
        text = text.strip()
        if not text:
            return None
        return CellError(text) if kind == "e" else text in {"1", "true"}


def _plain_kind(style: bytes) -> str:
    kind = plain_attributes(style).get("t", "n")
    if kind == "inlineStr":  # a text even without one
        raise ValueError
    return kind


class _Reader(CellHandler):
    """Turns each cell into plain data when its element ends."""

    def __init__(
        self,
        data: bytes,
        where: str,
        strings: Callable[[], Sequence[str]],
        progress: Callable[[float], None] | None,
        date1904: bool = False,
    ) -> None:
        super().__init__(where)
        self._date1904 = date1904
        self._size = max(len(data), 1)
        self._progress = progress
        self._count = 0
        self._get_strings = strings
        self._strings: Sequence[str] | None = None
        self.found = _Found()

    def finish(self, cell: RawCell) -> None:
        """Keep what a cell holds."""
        self._count += 1
        if self._count % REPORT_EVERY == 0 and self._progress is not None:
            self._progress(self.at / self._size)
        if self._count > MAX_CELLS:
            raise WorkbookError(f"{self.where}: has more than {MAX_CELLS:,} cells; refused")
        value = self._value(cell)
        if cell.formula is not None:
            self.found.cells[cell.place] = self._with_formula(cell, cell.formula, value)
        elif value is not None:
            self.found.cells[cell.place] = Cell(None, value)
        else:
            self.found.blanks.append(cell.place)

    def _with_formula(self, cell: RawCell, text: str, value: Value) -> Cell:
        attributes = cell.formula_attributes
        try:
            return self.found.with_formula(cell.place, attributes, text, value)
        except KeyError:
            group = attributes.get("si", "")
            raise WorkbookError(
                f"{self.where} {a1(*cell.place)}: shared formula {shown(group)} makes no "
                "sense here; expected one whose text stands in a cell before"
            ) from None

    def _value(self, cell: RawCell) -> Value:
        """Turn the text of `<v>` or `<is>` into the value that it stands for."""
        kind = cell.kind
        if kind == "inlineStr":
            return unescaped(cell.inline or cell.value or "")
        text = cell.value
        if text is None:
            return None
        if kind == "str":
            return unescaped(text)
        if kind == "d":
            return moment_in(text, date1904=self._date1904)
        text = text.strip()
        if not text:
            return None
        if kind == "e":
            return CellError(text)
        if kind == "b":
            return text in {"1", "true"}
        try:
            if kind == "s":
                return self._string(index_in(text))
            number = number_in(text)
            if math.isfinite(number):
                return number
        except (ValueError, IndexError):
            pass
        raise WorkbookError(
            f"{self.where} {a1(*cell.place)}: {shown(text)} is no value of a cell of type "
            f"{shown(kind)}"
        )

    def _string(self, number: int) -> str:
        if number < 0:  # not the last but one
            raise IndexError
        if self._strings is None:
            self._strings = self._get_strings()
        return self._strings[number]
