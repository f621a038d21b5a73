# ruff: noqa: ARG001  (what stands in the same field of the table is called alike)
"""What a reference is, and not what it holds: ISREF, ISFORMULA, FORMULATEXT, SHEET, CELL, ADDRESS.

None of these needs the values of its reference, so that a cell may ask about itself. What CELL is
told of a file's path, of formats and of widths is not known here; it is named, and keeps its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from sheetsim.book import Cell, CellError, Value
from sheetsim.formula.areas import Areas, errors_in, lost
from sheetsim.formula.functions._function import Function, Reader, UnknownResultError
from sheetsim.formula.functions._make import everywhere, general, plain
from sheetsim.formula.values import (
    NA_ERROR,
    VALUE_ERROR,
    ArrayValue,
    ExcelError,
    constant,
    errors_of,
    failed,
    from_objects,
    text_of,
)
from sheetsim.references import MAX_COLUMNS, MAX_ROWS, column_name

_PLAIN_SHEET = re.compile(r"[A-Za-z_\u0080-\uffff][\w.\u0080-\uffff]*")
_LIKE_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[RrCc]|[Rr][0-9]*[Cc][0-9]*")
_PREFIX = re.compile(r"_xl(?:fn|ws|pm|udf|eta)\.", re.IGNORECASE)
_MOST_CELLS = 1_000_000

Asks = Callable[[Reader, "Areas | None", Sequence[ArrayValue]], ArrayValue]


def _asking(name: str, least: int, most: int, asks: Asks, *, about: int = 0) -> Function:
    """Make a function that asks of a reference what it is."""

    def value(*args: ArrayValue) -> ArrayValue:
        return everywhere(args, VALUE_ERROR)

    return replace(general(name, least, most, value, asks=asks, about=about), kind="asking")


def _first(array: ArrayValue) -> Value:
    value: Value = array.objects().ravel().tolist()[0]
    return value


def _is_reference(reader: Reader, areas: Areas | None, args: Sequence[ArrayValue]) -> ArrayValue:
    return constant(areas is not None and not bool(lost(areas).any()))


def _each_cell(answer: Callable[[Cell | None], Value]) -> Asks:
    """Ask of each cell of a reference."""

    def asks(reader: Reader, areas: Areas | None, args: Sequence[ArrayValue]) -> ArrayValue:
        if areas is None:
            wrong = bool(args) and bool(failed(args[0]).any())
            return from_objects(errors_of(args[0])) if wrong else constant(VALUE_ERROR)
        if lost(areas).any():
            return errors_in(areas)
        top, left, bottom, right = (int(one.flat[0]) for one in areas[1:])
        if (bottom - top + 1) * (right - left + 1) > _MOST_CELLS:
            raise UnknownResultError(f"a question about more than {_MOST_CELLS:,} cells")
        out = np.empty((1, 1, bottom - top + 1, right - left + 1), object)
        for r in range(top, bottom + 1):
            for c in range(left, right + 1):
                out[0, 0, r - top, c - left] = answer(reader.cell(areas.sheet, (r, c)))
        return from_objects(out)

    return asks


def _has_formula(cell: Cell | None) -> Value:
    return cell is not None and cell.has_formula


def _formula_text(cell: Cell | None) -> Value:
    """Return a formula as it is shown, without the prefixes of newer functions."""
    if cell is None or not cell.has_formula:
        return NA_ERROR
    if cell.array is not None:  # with braces or without: the file says it elsewhere
        raise UnknownResultError("FORMULATEXT of an array formula")
    return _PREFIX.sub("", cell.formula or "")


def _sheet(reader: Reader, areas: Areas | None, args: Sequence[ArrayValue]) -> ArrayValue:
    """Return the number of a sheet: of a reference, of a name, or the formula's own."""
    names = [name.casefold() for name in reader.sheets()]
    if areas is not None:
        if lost(areas).any():
            return errors_in(areas)
        name: Value = areas.sheet
    elif args:
        name = _first(args[0])
        if isinstance(name, CellError):
            return constant(name)
    else:
        name = reader.own[0]
    if not isinstance(name, str) or name.casefold() not in names:
        return constant(NA_ERROR)
    return constant(names.index(name.casefold()) + 1.0)


def _sheets(reader: Reader, areas: Areas | None, args: Sequence[ArrayValue]) -> ArrayValue:
    if areas is not None:
        return errors_in(areas) if lost(areas).any() else constant(1.0)
    if args:
        wrong = bool(failed(args[0]).any())
        return from_objects(errors_of(args[0])) if wrong else constant(NA_ERROR)
    return constant(float(len(reader.sheets())))


def _areas(reader: Reader, areas: Areas | None, args: Sequence[ArrayValue]) -> ArrayValue:
    if areas is None:
        return constant(VALUE_ERROR)
    return errors_in(areas) if lost(areas).any() else constant(1.0)


def _cell(reader: Reader, areas: Areas | None, args: Sequence[ArrayValue]) -> ArrayValue:
    """Return where a reference lies; all else that CELL may be asked is not known."""
    asked = _first(args[0]) if args else None
    if isinstance(asked, CellError):
        return constant(asked)
    word = text_of(asked).strip().casefold()
    if word not in {"address", "col", "row"}:
        raise UnknownResultError("CELL of what is not in the cells")
    if areas is None:
        raise UnknownResultError("CELL without a reference")
    if lost(areas).any():
        return errors_in(areas)
    top, left = int(areas.top.flat[0]), int(areas.left.flat[0])
    if word == "address":
        if areas.sheet.casefold() != reader.own[0].casefold():
            raise UnknownResultError("CELL of the address of another sheet")
        return constant(f"${column_name(left)}${top + 1}")
    return constant((top if word == "row" else left) + 1.0)


def _address(
    row: int, column: int, kind: Value = None, style: Value = None, sheet: Value = None
) -> str:
    """Return a reference as a text, in either style, fixed or relative."""
    fixed = 1 if kind is None else int(_number(kind))
    if not (1 <= row <= MAX_ROWS and 1 <= column <= MAX_COLUMNS and 1 <= fixed <= 8):
        raise ExcelError(VALUE_ERROR)
    fixed = (fixed - 1) % 4 + 1
    fixed_row, fixed_column = fixed in (1, 2), fixed in (1, 3)
    if style is None or _number(style) != 0:
        letters = column_name(column - 1)
        text = f"{'$' * fixed_column}{letters}{'$' * fixed_row}{row}"
    else:
        text = f"R{row if fixed_row else f'[{row}]'}C{column if fixed_column else f'[{column}]'}"
    if sheet is None:
        return text
    name = text_of(sheet)
    if name and (not _PLAIN_SHEET.fullmatch(name) or _LIKE_CELL.fullmatch(name)):
        name = "'" + name.replace("'", "''") + "'"
    return f"{name}!{text}"


def _number(value: Value) -> float:
    if isinstance(value, CellError):
        raise ExcelError(value)
    if isinstance(value, str):
        raise ExcelError(VALUE_ERROR)
    return float(value or 0.0)


FUNCTIONS = (
    _asking("ISREF", 1, 1, _is_reference),
    _asking("ISFORMULA", 1, 1, _each_cell(_has_formula)),
    _asking("FORMULATEXT", 1, 1, _each_cell(_formula_text)),
    _asking("SHEET", 0, 1, _sheet),
    _asking("SHEETS", 0, 1, _sheets),
    _asking("AREAS", 1, 1, _areas),
    _asking("CELL", 1, 2, _cell, about=1),
    plain("ADDRESS", "ii|vvv", _address),
)
