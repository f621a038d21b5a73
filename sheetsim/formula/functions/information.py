# ruff: noqa: ARG001  (all partials are called alike: arguments, result)
"""What is known of a value, and choices by value: ISODD, N, TYPE, ERROR.TYPE, SWITCH."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.book import CellError, Value
from sheetsim.formula.functions._make import ALL, elementwise, everywhere, general, plain
from sheetsim.formula.functions._special import flat
from sheetsim.formula.values import (
    ERROR,
    NA_ERROR,
    NUMBER,
    TEXT,
    VALUE_ERROR,
    ArrayValue,
    Bools,
    ExcelError,
    Ints,
    choose,
    compare,
    constant,
    describe,
    failed,
)

_CODES = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA")


def _number(value: ArrayValue) -> ArrayValue:
    """Return N: the number, 1 or 0 of a boolean, an error as it is, 0 of anything else."""
    if value.kind is None:
        return value
    text = value.kind == TEXT
    if not text.any() and not (value.kind == ERROR).any():
        return ArrayValue(value.num)
    kind = np.where(value.kind == ERROR, value.kind, np.uint8(NUMBER))
    return ArrayValue(np.where(text, 0.0, value.num), kind, value.obj, bad=value.bad)


def _number_partials(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:
    kind = args[0].kind
    return [np.ones_like(out.num) if kind is None else (kind == NUMBER) * 1.0]


def _parity(odd: bool) -> Callable[[Value], Value]:
    def test(value: Value) -> Value:
        if isinstance(value, CellError):
            raise ExcelError(value)
        number, _ = describe(value)
        if isinstance(value, bool) or number != number:
            raise ExcelError(VALUE_ERROR)
        return int(abs(number)) % 2 == odd

    return test


def _error_type(value: Value) -> float:
    if not isinstance(value, CellError):
        raise ExcelError(NA_ERROR)
    if value.code in _CODES:
        return _CODES.index(value.code) + 1.0
    return {"#SPILL!": 9.0, "#CALC!": 14.0}.get(value.code, 13.0)


def _type(value: ArrayValue) -> ArrayValue:
    """Return 1 for a number or a blank, 2 for a text, 4, 16, and 64 for an array."""
    if value.shape[-2:] != (1, 1):
        return constant(64.0)
    codes = np.array([1.0, 4.0, 2.0, 16.0, 1.0])
    kind = np.where(failed(value), np.uint8(ERROR), NUMBER if value.kind is None else value.kind)
    return ArrayValue(codes[kind])


def _hits(args: list[ArrayValue]) -> list[Bools]:
    """Return where each of SWITCH's values is the first that equals."""
    open_: Bools = np.ones((1, 1), bool)
    hits = []
    for i in range(1, len(args) - 1, 2):
        same = compare(args[0], args[i], np.equal)
        equal = (same.num != 0) & ~np.isnan(same.num)
        hits.append(open_ & equal)
        open_ = open_ & ~equal
    return [*hits, open_]


def _switch(*args: ArrayValue) -> ArrayValue:
    """Return the value behind the first that equals; an error that is met on the way is shown."""
    out = args[-1] if len(args) % 2 == 0 else everywhere(args, NA_ERROR)
    for i in reversed(range(1, len(args) - 1, 2)):
        same = compare(args[0], args[i], np.equal)
        lost = failed(same)
        out = choose((same.num != 0) & ~lost, args[i + 1], out)
        if lost.any():
            out = choose(lost, same, out)
    return out


def _switch_decides(count: int) -> Sequence[int]:
    return (0, *range(1, count - 1, 2))


def _switch_chooses(value: ArrayValue, *among: ArrayValue, count: int) -> Ints:
    """Return the argument behind the first that equals, the last one for none; -1 for an error."""
    out: Ints = np.full((1, 1), count - 1 if count % 2 == 0 else -1)
    for k, one in reversed(list(enumerate(among))):
        same = compare(value, one, np.equal)
        lost = failed(same)[..., 0, 0]
        equal = (same.num != 0)[..., 0, 0] & ~lost
        out = np.where(lost, -1, np.where(equal, 2 * k + 2, out))
    return out


def _switch_partials(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:
    *hits, rest = _hits(args)
    slopes: list[Floats | None] = [None] * len(args)
    for i, hit in enumerate(hits):
        slopes[2 * i + 2] = hit.astype(np.float64)
    if len(args) % 2 == 0:
        slopes[-1] = rest.astype(np.float64)
    return slopes


def _is_logical(value: Value) -> Value:
    return isinstance(value, bool)


FUNCTIONS = (
    general("N", 1, 1, _number, partials=_number_partials, linear=ALL, over_references=True),
    general("SWITCH", 3, 254, _switch, partials=_switch_partials, kinks=ALL, cell_by_cell=True,
            returns=ALL, decides=_switch_decides, chooses=_switch_chooses,
            sample=("b", "a", 0.3, "b", 0.7, 0.9)),
    plain("ISEVEN", "v", _parity(False)),
    plain("ISODD", "v", _parity(True)),
    plain("ISLOGICAL", "v", _is_logical),
    plain("ISNONTEXT", "v", lambda value: not isinstance(value, str)),
    plain("ERROR.TYPE", "v", _error_type),
    general("TYPE", 1, 1, _type, kinks=ALL),
    elementwise("DELTA", lambda a, *b: (a == (b[0] if b else 0)) + 0.0 * a, flat, flat, least=1,
                kinks=ALL, booleans=False),
    elementwise("GESTEP", lambda a, *b: (a >= (b[0] if b else 0)) + 0.0 * a, flat, flat, least=1,
                kinks=ALL, booleans=False),
)  # fmt: skip
