# ruff: noqa: ARG001  (what stands in the same field of the table is called alike)
"""Statistics of a table with headers, of the rows that meet criteria with headers: DSUM, DGET, ...

The rows of the criteria are alternatives, the cells of each hold together; a blank one says
nothing. A text without a sign means all that begin with it. Criteria that are computed for each
row, under a header that the table does not have, are not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.book import CellError, Value
from sheetsim.formula.functions import statistics
from sheetsim.formula.functions._criteria import Tested
from sheetsim.formula.functions._function import Function, UnknownResultError
from sheetsim.formula.functions._make import ALL, everywhere, general
from sheetsim.formula.functions.lookup import part
from sheetsim.formula.values import (
    BLANK,
    NUM_ERROR,
    VALUE_ERROR,
    ArrayValue,
    Bools,
    ExcelError,
    constant,
    from_objects,
    number_of,
)

_KNOWN = {one.name: one for one in statistics.FUNCTIONS if isinstance(one, Function)}
_SIGNS = ("=", "<", ">")
_WHOLE = slice(None)


def _header(value: Value) -> Value:
    return value.strip().casefold() if isinstance(value, str) else value


def _one(array: ArrayValue) -> list[list[Value]]:
    """Return the values of an array in one cell of a block."""
    rows: list[list[Value]] = array.objects().reshape(array.shape[-2:]).tolist()
    return rows


def _cells(args: Sequence[ArrayValue]) -> tuple[tuple[int, ...], list[list[ArrayValue]]]:
    """Return the shape of the block, and the arguments in each of its cells."""
    ahead = np.broadcast_shapes(*(arg.shape[:-2] for arg in args))

    def at(arg: ArrayValue, index: tuple[int, ...]) -> ArrayValue:
        parts = [
            None
            if one is None
            else np.broadcast_to(one, (*ahead, *arg.shape[-2:]))[index][None, None]
            for one in (arg.num, arg.kind, arg.obj)
        ]
        return ArrayValue(*parts, bad=arg.bad, literal=arg.literal)  # type: ignore[arg-type]

    return ahead, [[at(arg, index) for arg in args] for index in np.ndindex(ahead)]


def _each(f: Callable[..., ArrayValue]) -> Callable[..., ArrayValue]:
    """Make of a function of one cell's arguments one of a block's."""

    def value(*args: ArrayValue) -> ArrayValue:
        ahead, cells = _cells(args)
        out = np.empty((*ahead, 1, 1), object)
        for index, own in zip(np.ndindex(ahead), cells, strict=True):
            out[index] = f(*own).objects().reshape(1, 1)
        return from_objects(out)

    return value


def _each_slope(f: Callable[[list[ArrayValue]], Floats]) -> Callable[..., list[Floats | None]]:
    """Make derivatives by the table of a function in one cell those of a block."""

    def partials(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:
        ahead, cells = _cells(args)
        slopes = [f(own) for own in cells]
        return [np.stack(slopes).reshape((*ahead, *args[0].shape[-2:])), None, None]

    return partials


def _column(headers: list[Value], field: Value) -> int:
    """Return which column a name or a number means.

    Raises:
        ExcelError: none.
    """
    if isinstance(field, CellError):
        raise ExcelError(field)
    if isinstance(field, str):
        names = [_header(one) for one in headers]
        if _header(field) in names:
            return names.index(_header(field))
    elif field is not None and 1 <= float(field) < len(headers) + 1:
        return int(field) - 1
    raise ExcelError(VALUE_ERROR)


def _criterion(value: Value) -> Value:
    """Return what COUNTIF would be asked: a text alone means all that begin with it."""
    plain = isinstance(value, str) and value and not value.startswith(_SIGNS)
    if plain and number_of(str(value)) != number_of(str(value)):
        return f"{value}*"
    return value


def _meeting(table: ArrayValue, headers: list[Value], criteria: list[list[Value]]) -> Bools:
    """Return which rows below the headers meet one of the criteria, (rows,)."""
    names = [_header(one) for one in headers]
    count = table.shape[-2] - 1
    out: Bools = np.zeros(count, bool)
    for row in criteria[1:]:
        holds: Bools = np.ones(count, bool)
        for name, value in zip(criteria[0], row, strict=True):
            if value is None or value == "":
                continue
            if _header(name) not in names:
                raise UnknownResultError("a criterion of a database that is computed for each row")
            at = names.index(_header(name))
            tested = Tested(part(table, slice(1, None), slice(at, at + 1)))
            holds = holds & tested.meets(_criterion(value)).reshape(-1)[:count]
        out = out | holds
    return out


def _chosen(args: Sequence[ArrayValue]) -> tuple[ArrayValue, Bools, int | None]:
    """Return a column below its header, which of its cells count, and which column it is.

    Raises:
        ExcelError: there is no such column.
    """
    table, field, criteria = args
    headers = _one(part(table, slice(0, 1), _WHOLE))[0]
    meets = _meeting(table, headers, _one(criteria))
    left_out = field.literal and field.kind is not None and bool((field.kind == BLANK).all())
    if left_out:  # all rows that meet the criteria count
        return constant([[1.0]] * max(1, table.shape[-2] - 1)), meets, None
    at = _column(headers, _one(field)[0][0])
    return part(table, slice(1, None), slice(at, at + 1)), meets, at


def _blanked(column: ArrayValue, meets: Bools) -> ArrayValue:
    gone = ~meets[:, None]
    kind = np.zeros(1, np.uint8) if column.kind is None else column.kind
    kinds = np.where(gone, np.uint8(BLANK), np.broadcast_to(kind, column.shape))
    obj = None
    if column.obj is not None:
        obj = np.broadcast_to(column.obj, column.shape).copy()
        obj[..., gone] = None
    num = np.where(gone, 0.0, column.num)
    bad = column.bad and bool((~np.isfinite(num)).any())
    return ArrayValue(num, kinds, obj, bad=bad, literal=False)


def _statistic(name: str, inner: str) -> Function:
    function = _KNOWN[inner]

    def value(*args: ArrayValue) -> ArrayValue:
        try:
            column, meets, _ = _chosen(args)
        except ExcelError as error:
            return everywhere(args, error.error)
        return function.value([_blanked(column, meets)], True)

    def slopes(args: list[ArrayValue]) -> Floats:
        slope = np.zeros(args[0].shape[-2:])
        try:
            column, meets, at = _chosen(args)
        except ExcelError:
            return slope
        counted = _blanked(column, meets)
        found = function.slopes([counted], function.value([counted], True), [True])[0]
        if at is not None and found is not None:
            slope[1:, at] = np.broadcast_to(found, column.shape).reshape(-1)
        return slope

    return general(name, 3, 3, _each(value), partials=_each_slope(slopes), params="RVR", kinks=ALL,
                   ranges={0, 2}, sample=_SAMPLE)  # fmt: skip


def _get(*args: ArrayValue) -> ArrayValue:
    """Return the one value that meets the criteria: none is `#VALUE!`, several are `#NUM!`."""
    try:
        column, meets, _ = _chosen(args)
    except ExcelError as error:
        return everywhere(args, error.error)
    rows = np.flatnonzero(meets)
    if len(rows) != 1:
        return everywhere(args, NUM_ERROR if len(rows) else VALUE_ERROR)
    return part(column, slice(int(rows[0]), int(rows[0]) + 1), _WHOLE)


def _get_slopes(args: list[ArrayValue]) -> Floats:
    slope = np.zeros(args[0].shape[-2:])
    try:
        _, meets, at = _chosen(args)
    except ExcelError:
        return slope
    if at is not None and meets.sum() == 1:
        slope[1 + int(np.flatnonzero(meets)[0]), at] = 1.0
    return slope


_SAMPLE = (
    [["kind", "size"], ["a", 0.7], ["b", 1.3], ["a", 1.9], ["ab", 0.4]], "size",
    [["kind", "size"], ["a", ">0.5"], ["b", None]],
)  # fmt: skip

FUNCTIONS = (
    *(
        _statistic(name, inner)
        for name, inner in (
            ("DSUM", "SUM"), ("DAVERAGE", "AVERAGE"), ("DCOUNT", "COUNT"), ("DCOUNTA", "COUNTA"),
            ("DMAX", "MAX"), ("DMIN", "MIN"), ("DPRODUCT", "PRODUCT"), ("DSTDEV", "STDEV"),
            ("DSTDEVP", "STDEVP"), ("DVAR", "VAR"), ("DVARP", "VARP"),
        )
    ),
    general("DGET", 3, 3, _each(_get), partials=_each_slope(_get_slopes), params="RVR", kinks=ALL,
            ranges={0, 2}, returns=ALL, sample=(_SAMPLE[0], "size", [["kind"], ["b"]])),
)  # fmt: skip
