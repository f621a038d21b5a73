"""The cells of one sheet's part as plain data: values, formulas, shared and array formulas.

Cells are taken one at a time while the XML goes by, so that a sheet of a million formulas costs
what its cells cost and not what its XML would as a tree.
"""

from __future__ import annotations

import math
from itertools import compress
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.book import CellError, DataTable
from sheetsim.columns import (
    BLANK,
    NUMBER,
    Bools,
    FormulaRun,
    Ints,
    Ints32,
    Kinds,
    SheetColumns,
    keys_of,
    kind_of,
)
from sheetsim.errors import WorkbookError, shown
from sheetsim.references import MAX_COLUMNS, MAX_ROWS, a1
from sheetsim.workbook.read.array_formulas import covered_cells
from sheetsim.workbook.read.cell_xml import CellHandler, parse_range
from sheetsim.workbook.read.escapes import unescaped
from sheetsim.workbook.read.formula_runs import FormulaRuns
from sheetsim.workbook.read.plain_sheet import (
    plain_attributes,
    plain_column,
    plain_region,
    plain_text,
    tokens,
)
from sheetsim.workbook.read.value_text import index_in, moment_in, number_in
from sheetsim.workbook.read.xml_scan import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sheetsim.book import Place, Value
    from sheetsim.workbook.read.cell_xml import RawCell
    from sheetsim.workbook.read.plain_sheet import Token

_T = TypeVar("_T")

MAX_CELLS = 8_000_000
"""Cells of one sheet; the largest of Excel's have fewer."""

REPORT_EVERY = 20_000
"""Cells between two reports of progress."""


def read_sheet(
    data: bytes,
    where: str,
    strings: Callable[[], Sequence[str]],
    progress: Callable[[float], None] | None = None,
    *,
    date1904: bool = False,
) -> SheetColumns:
    """Read the cells of a sheet's part; blank cells that only carry a style are left out.

    Args:
        data: the part.
        where: file and sheet or part, for the message of an error.
        strings: gives the workbook's shared strings; called once, and only if there are any.
        progress: called with how much has been read, from 0 to 1.
        date1904: whether the workbook counts days from 1904; matters for cells of type "d".

    Returns:
        (row, column), from 0, to cell, in the order of the file, kept in columns.

    Raises:
        WorkbookError: the XML is bad, or a cell makes no sense or stands outside a sheet.
    """
    found = _read_plain(data, strings, progress, date1904)
    if found is None:
        reader = _Reader(data, where, strings, progress, date1904)
        scan(data, where, reader)
        found = reader.found
    return found.columns(where)


class _Found:
    """What has been read of a sheet: cells in pieces of columns, and what covers some of them.

    Attributes:
        arrays: the range and the formula of each array formula.
        data_tables: and of each what-if data table.
        shared: the numbers of the runs that the file says are shared, by the number it gives them.
        runs: the formulas.
    """

    def __init__(self) -> None:
        self.arrays: list[tuple[str, str]] = []
        self.data_tables: list[tuple[str, DataTable]] = []
        self.shared: dict[str, int] = {}
        self.runs = FormulaRuns()
        self._pieces: list[tuple[Any, Any, Any, Any, Any]] = []
        self._others: list[tuple[int, Value]] = []
        self._count = 0

    def add(
        self, rows: Ints32, columns: Ints32, numbers: Floats, kinds: Kinds, formulas: Ints32
    ) -> None:
        """Take cells up; those that are no numbers have their kind alone."""
        self._pieces.append((rows, columns, numbers, kinds, formulas))
        self._count += len(rows)

    def add_other(self, position: int, value: Value) -> None:
        """Note a value that is no number, of a cell of the piece that comes next."""
        self._others.append((self._count + position, value))

    def run(self, place: Place, attributes: Mapping[str, str], text: str) -> int:
        """Return the number of the run of a cell's formula.

        Raises:
            KeyError: it shares a formula whose text has not come yet.
        """
        kind, extent = attributes.get("t"), attributes.get("ref")
        if kind is None:
            return self.runs.find(*place, f"={text}")
        if kind == "dataTable":
            table = _data_table(place, attributes)
            if extent:
                self.data_tables.append((extent, table))
            return self.runs.add(FormulaRun(table, place, moves=False))
        if kind == "array" and extent:
            self.arrays.append((extent, f"={text}"))
        if kind != "shared":
            return self.runs.add(FormulaRun(f"={text}", place))
        group = attributes.get("si", "")
        if text:  # the first of the group holds the text
            self.shared[group] = self.runs.add(FormulaRun(f"={text}", place, shared=True))
        return self.shared[group]

    def columns(self, where: str) -> SheetColumns:
        """Return the cells, those of array formulas and data tables with their formula.

        Raises:
            WorkbookError: a range is none, or the ranges overlap without end.
        """
        none = (np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0), np.zeros(0, np.uint8))
        parts = zip(*[(*none, np.zeros(0, np.int32)), *self._pieces], strict=True)
        rows, columns, numbers, kinds, formulas = map(np.concatenate, parts)
        others = None
        if self._others:
            others = np.full(len(rows), None, object)
            for position, value in self._others:
                others[position] = value
        last = self._last(keys_of(rows, columns), (formulas >= 0) | (kinds != BLANK))
        if last is not None:
            rows, columns, numbers = rows[last], columns[last], numbers[last]
            kinds, formulas = kinds[last], formulas[last]
            others = None if others is None else others[last]
        self._cover(keys_of(rows, columns), formulas, where)
        keep = (formulas >= 0) | (kinds != BLANK)
        if not keep.all():
            rows, columns, numbers = rows[keep], columns[keep], numbers[keep]
            kinds, formulas = kinds[keep], formulas[keep]
            others = None if others is None else others[keep]
        return SheetColumns(rows, columns, numbers, kinds, others, formulas, self.runs.runs)

    @staticmethod
    def _last(keys: Ints, holds: Bools) -> Ints | None:
        """Return which cells count where some come twice; None if all do."""
        if len(keys) < 2 or bool((keys[1:] > keys[:-1]).all()):
            return None
        found: dict[int, int] = {}
        for i, (key, full) in enumerate(zip(keys.tolist(), holds.tolist(), strict=True)):
            if full or key not in found:
                found[key] = i
        return np.fromiter(found.values(), np.intp, len(found))

    def _cover(self, keys: Ints, formulas: Ints32, where: str) -> None:
        """Give the cells of array formulas and data tables their formula."""
        if not self.arrays and not self.data_tables:
            return
        order = np.argsort(keys, kind="stable")
        places = list(zip(*(part.tolist() for part in np.divmod(keys, MAX_COLUMNS)), strict=True))
        self._give(covered_cells(self.data_tables, places, where), keys, order, formulas)
        self._give(covered_cells(self.arrays, places, where), keys, order, formulas)

    def _give(
        self,
        found: Mapping[Place, tuple[str, str | DataTable]],
        keys: Ints,
        order: Ints,
        formulas: Ints32,
    ) -> None:
        """Give cells the runs of what covers them."""
        inside = np.array(list(found), np.intp).reshape(-1, 2)
        own = keys_of(inside[:, 0], inside[:, 1])
        at = order[np.minimum(np.searchsorted(keys, own, sorter=order), len(order) - 1)]
        there = (keys[at] == own).tolist()
        known: dict[tuple[str, str], int] = {}
        for i, is_cell, (place, what) in zip(at.tolist(), there, found.items(), strict=True):
            if is_cell:
                formulas[i] = self._covering(place, *what, known)

    def _covering(
        self,
        place: Place,
        extent: str,
        formula: str | DataTable,
        known: dict[tuple[str, str], int],
    ) -> int:
        """Return the run of a cell that an array formula or a data table covers."""
        if isinstance(formula, DataTable):
            return self.runs.add(FormulaRun(formula, place, moves=False))
        if (extent, formula) not in known:
            run = FormulaRun(formula, place, extent, moves=False)
            known[extent, formula] = self.runs.add(run)
        return known[extent, formula]


def _data_table(place: Place, attributes: Mapping[str, str]) -> DataTable:
    """Return what fills the cells of a data table; the first one holds it.

    Its attributes dt2D, dtr, del1 and del2 say that there are two input cells, the row's first;
    that the only one is the row's; and that one of them has been deleted.

    Raises:
        WorkbookError: its range is none.
    """
    first, last = parse_range(attributes.get("ref") or a1(*place), "data table")
    one, other = (
        "#REF!" if attributes.get(f"del{k}") in {"1", "true"} else attributes.get(f"r{k}", "")
        for k in (1, 2)
    )
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
    """Keep the cells of some tokens, column by column.

    Raises:
        ValueError, LookupError, WorkbookError: something does not fit.
    """
    cells = [token for token in chunk if token[0]]
    if len(cells) < len(chunk) and any(token[7] for token in chunk if not token[0]):
        raise ValueError
    if not cells:
        return
    letters, digits, styles, starts, texts, have, raws, _ = zip(*cells, strict=True)
    rows = np.array(list(map(int, digits)), np.int32) - 1
    if rows.max() >= MAX_ROWS:
        raise ValueError
    columns = np.array(list(map(values.columns.__getitem__, letters)), np.int32)
    kind_of_style = list(map(values.kinds.__getitem__, styles))
    is_number = np.array([kind == "n" for kind in kind_of_style]) & _full(raws)
    numbers, kinds = np.zeros(len(cells)), np.full(len(cells), BLANK, np.uint8)
    numbers[is_number] = list(map(values.number, compress(raws, is_number.tolist())))
    if not np.isfinite(numbers).all():
        raise ValueError
    kinds[is_number] = NUMBER
    for i in np.flatnonzero(~is_number & _full(have)).tolist():
        value = values.of(kind_of_style[i], raws[i])
        if isinstance(value, float):
            numbers[i], kinds[i] = value, NUMBER
        elif value is not None:
            kinds[i] = kind_of(value)
            found.add_other(i, value)
    formulas = np.full(len(cells), -1, np.int32)
    with_formula = np.flatnonzero(_full(starts))
    if len(with_formula):
        own = list(
            compress(zip(starts, texts, rows.tolist(), columns.tolist(), strict=True), starts)
        )
        formulas[with_formula] = _runs(own, found, values)
    found.add(rows, columns, numbers, kinds, formulas)


def _full(parts: Iterable[bytes]) -> Bools:
    """Return which are not empty."""
    return np.array(list(map(bool, parts)))


def _runs(
    cells: list[tuple[bytes, bytes, int, int]], found: _Found, values: _PlainValues
) -> list[int]:
    """Return the numbers of the runs of cells: start tag and text of their formulas, and place."""
    followers, find = values.followers, found.runs.find
    out = []
    for start, text, row, column in cells:
        if not text and start in followers:
            out.append(followers[start])
            continue
        if start == b"<f":
            out.append(find(row, column, f"={plain_text(text)}"))
            continue
        attributes = values.formulas[start]
        number = found.run((row, column), attributes, plain_text(text))
        out.append(number)
        if attributes.get("t") == "shared":
            if text:  # from here on, the number may stand for this one
                followers.clear()
            else:
                followers[start] = number
    return out


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
        self.followers: dict[bytes, int] = {}  # start tags of `<f>` without a text
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
        self._found = _Found()
        self._cells: list[tuple[int, int, float, int, int]] = []

    def finish(self, cell: RawCell) -> None:
        """Keep what a cell holds."""
        self._count += 1
        if self._count % REPORT_EVERY == 0 and self._progress is not None:
            self._progress(self.at / self._size)
        if self._count > MAX_CELLS:
            raise WorkbookError(f"{self.where}: has more than {MAX_CELLS:,} cells; refused")
        value = self._value(cell)
        number = -1 if cell.formula is None else self._run(cell, cell.formula)
        amount, kind = (value, NUMBER) if isinstance(value, float) else (0.0, kind_of(value))
        if kind not in {NUMBER, BLANK}:
            self._found.add_other(len(self._cells), value)
        self._cells.append((*cell.place, amount, kind, number))
        if len(self._cells) == REPORT_EVERY:
            self._flush()

    @property
    def found(self) -> _Found:
        """All that has been read."""
        self._flush()
        return self._found

    def _flush(self) -> None:
        """Put the cells into columns."""
        if self._cells:
            rows, columns, numbers, kinds, formulas = zip(*self._cells, strict=True)
            whole = (np.array(part, np.int32) for part in (rows, columns, formulas))
            self._found.add(
                next(whole), next(whole), np.array(numbers), np.array(kinds, np.uint8), next(whole)
            )
            self._cells.clear()

    def _run(self, cell: RawCell, text: str) -> int:
        attributes = cell.formula_attributes
        try:
            return self._found.run(cell.place, attributes, text)
        except WorkbookError as error:
            raise WorkbookError(f"{self.where} {a1(*cell.place)}: {error}") from None
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
