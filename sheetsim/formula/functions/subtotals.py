"""Statistics of what is shown: SUBTOTAL and AGGREGATE.

Both leave out the cells that hold such a formula themselves. SUBTOTAL leaves out the rows that a
filter hides, and from function 101 on those hidden by hand as well; AGGREGATE leaves out what its
second argument says, errors too. What is left is a statistic of the table, with its derivative:
what is left out is blank to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest

import numpy as np
import numpy.typing as npt

from sheetsim.arrays import Floats
from sheetsim.formula.functions import ranks, statistics
from sheetsim.formula.functions._function import Function, Sight, UnequalSizesError
from sheetsim.formula.functions._make import everywhere, general, lost_range
from sheetsim.formula.values import (
    BLANK,
    VALUE_ERROR,
    ArrayValue,
    Bools,
    choose,
    errors_of,
    failed,
    from_objects,
)

_KNOWN = {
    name: function
    for function in (*statistics.FUNCTIONS, *ranks.FUNCTIONS)
    if isinstance(function, Function)
    for name in (function.name, *function.also)
}
_PLAIN = ("AVERAGE", "COUNT", "COUNTA", "MAX", "MIN", "PRODUCT", "STDEV.S", "STDEV.P", "SUM",
          "VAR.S", "VAR.P")  # fmt: skip
_MORE = ("MEDIAN", "MODE.SNGL")
_RANKED = ("LARGE", "SMALL", "PERCENTILE.INC", "QUARTILE.INC", "PERCENTILE.EXC", "QUARTILE.EXC")
_NOT_SHOWN = Sight.HIDDEN | Sight.FILTERED
_WITHOUT_ERRORS = {2, 3, 6, 7}

Parts = tuple[Function, list[ArrayValue]]
"""A statistic, and what it is asked of."""

Splits = Callable[[Sequence[ArrayValue]], "Parts | None"]
"""What it is for some arguments; None for what is refused."""


def _blanked(array: ArrayValue, out: Bools) -> ArrayValue:
    """Return an array, blank where it is left out."""
    if not out.any():
        return array
    kind = np.zeros(1, np.uint8) if array.kind is None else array.kind
    blank = np.broadcast_to(out, np.broadcast_shapes(out.shape, array.shape))
    num = np.where(blank, 0.0, array.num)
    kinds = np.where(blank, np.uint8(BLANK), kind)
    obj = None
    if array.obj is not None:
        obj = np.broadcast_to(array.obj, blank.shape).copy()
        obj[blank] = None
    bad = array.bad and bool((~np.isfinite(num)).any())
    return ArrayValue(num, kinds, obj, bad=bad, literal=False)


def _bits(sight: ArrayValue | None) -> npt.NDArray[np.int64]:
    if sight is None:
        return np.full((1, 1, 1, 1), int(Sight.VALUE), np.int64)
    good = np.isfinite(sight.num) & (np.abs(sight.num) < 2**31)
    return np.where(good, sight.num, 0.0).astype(np.int64)


def _whole(number: ArrayValue) -> int | None:
    """Return a whole number; None if it is none.

    Raises:
        UnequalSizesError: it is another in other cells, which are other functions there.
    """
    values, labels = np.unique(np.trunc(number.num), return_inverse=True)
    if values.size > 1:
        shape = number.shape
        if shape[-2:] != (1, 1):
            return None
        raise UnequalSizesError(labels.reshape(shape[:-2]))
    return int(values[0]) if np.isfinite(values[0]) else None


def _subtotal(args: Sequence[ArrayValue]) -> Parts | None:
    code = _whole(args[0])
    if code is None or not 1 <= code % 100 <= len(_PLAIN) or not 0 < code < 200:
        return None
    leave = Sight.NESTED | (_NOT_SHOWN if code > 100 else Sight.FILTERED)
    ranges = []
    for array, sight in zip_longest(args[1::2], args[2::2]):
        bits = _bits(sight)
        if (bits & Sight.VALUE).any():
            return None
        ranges.append(_blanked(array, (bits & leave) != 0))
    return _KNOWN[_PLAIN[code % 100 - 1]], ranges


def _aggregate(args: Sequence[ArrayValue]) -> Parts | None:
    code, option = _whole(args[0]), _whole(args[1])
    names = (*_PLAIN, *_MORE, *_RANKED)
    if code is None or option is None or not (1 <= code <= len(names) and 0 <= option <= 7):
        return None
    leave = (Sight.NESTED if option < 4 else Sight(0)) | (_NOT_SHOWN if option % 2 else Sight(0))
    ranked = names[code - 1] in _RANKED
    pairs = list(zip_longest(args[2::2], args[3::2]))
    if ranked and len(pairs) != 2:
        return None
    out = []
    for k, (array, sight) in enumerate(pairs):
        bits = _bits(sight)
        if ranked and k:
            out.append(array)
            continue
        if not ranked and (bits & Sight.VALUE).any():
            return None
        gone: Bools = (bits & leave) != 0
        out.append(_blanked(array, gone | failed(array) if option in _WITHOUT_ERRORS else gone))
    return _KNOWN[names[code - 1]], out


def _value(split: Splits, singles: int) -> Callable[..., ArrayValue]:
    """Return the value, of so many single values and ranges behind them."""

    def value(*args: ArrayValue) -> ArrayValue:
        found = split(args)
        out = everywhere(args, VALUE_ERROR) if found is None else found[0].value(found[1], True)
        lost = [one for one in args[singles::2] if lost_range(one)] if found is None else []
        for one in reversed([*args[:singles], *lost]):
            if failed(one).any():
                out = choose(failed(one), from_objects(errors_of(one)), out)
        return out

    return value


def _slopes(split: Splits, singles: int) -> Callable[..., list[Floats | None]]:
    def slopes(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:
        found = split(args)
        result: list[Floats | None] = [None] * len(args)
        if found is not None:
            function, ranges = found
            for k, slope in enumerate(function.slopes(ranges, out, [True] * len(ranges))):
                result[singles + 2 * k] = slope
        return result

    return slopes


FUNCTIONS = (
    general("SUBTOTAL", 2, 255, _value(_subtotal, 1), partials=_slopes(_subtotal, 1),
            params="VR", kinks={0}, sees=1, over_references=True,
            sample=(9.4, [[0.3, 0.9], [0.5, 1.6]], 0.0)),
    general("AGGREGATE", 3, 255, _value(_aggregate, 2), partials=_slopes(_aggregate, 2),
            params="VVA", kinks={0, 1}, sees=2, over_references=True,
            sample=(14.4, 0.4, [[0.3, 0.9], [0.5, 1.6]], 0.0, 2.4, 8.4)),
)  # fmt: skip
