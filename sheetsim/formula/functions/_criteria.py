"""The criteria of COUNTIF and its like: `">5"`, `"<>"`, `"a*"`, 7, a blank, ...

Excel's rules: `=` (or no sign) compares with numbers, also with those that a text in the range
spells, and `<>` with true numbers alone; `<`, `>` and the like compare numbers with numbers only,
texts with texts only. A text may hold wildcards; case does not matter. `"="` finds cells that are
truly blank, `""` also those with an empty text, `"<>"` those that are not blank. A blank cell as
the criterion means 0.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sheetsim.book import CellError, Value
from sheetsim.formula.functions._wildcards import pattern
from sheetsim.formula.values import BLANK, BOOL, ERROR, NUMBER, TEXT, ArrayValue, Bools, number_of

_SIGN = re.compile(r"(<=|>=|<>|<|>|=)?(.*)", re.DOTALL)
_TESTS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
_ERRORS = {"#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!"}


def split_criterion(criterion: str) -> tuple[str | None, str]:
    """Return a criterion's sign, None if it has none, and what is behind it."""
    match = _SIGN.fullmatch(criterion)
    return (match[1], match[2]) if match else (None, criterion)


class Tested:
    """A range that criteria are asked of; masks have the shape (..., rows, columns)."""

    def __init__(self, array: ArrayValue) -> None:
        self.array = array
        self.num = array.num
        kind = np.zeros(1, np.uint8) if array.kind is None else array.kind
        kind = np.where((kind == NUMBER) & ~np.isfinite(self.num), np.uint8(ERROR), kind)
        self.kind = np.broadcast_to(kind, self.num.shape)
        self._texts: Any = None

    def texts(self) -> Any:
        """Return the texts without case, None elsewhere."""
        if self._texts is None:
            fold = np.frompyfunc(lambda v: v.casefold() if isinstance(v, str) else None, 1, 1)
            obj = self.array.obj
            self._texts = np.full(self.num.shape, None) if obj is None else fold(obj)
        return self._texts

    def meets(self, criterion: Value) -> Bools:
        """Return where a criterion holds."""
        if isinstance(criterion, CellError):
            return self._is_error(criterion.code)
        if not isinstance(criterion, str):
            return self._equal(0.0 if criterion is None else criterion)
        sign, text = split_criterion(criterion)
        if not text:
            return self._empty(sign)
        number = number_of(text)
        if sign in _TESTS:
            return self._beyond(_TESTS[sign], number, text)
        if number == number and sign == "<>":
            found = np.asarray((self.num == number) & (self.kind == NUMBER))
        elif number == number:
            found = self._equal(number)
        elif text.upper() in {"TRUE", "FALSE"}:
            found = self._equal(text.upper() == "TRUE")
        elif text.upper() in _ERRORS:
            found = self._is_error(text.upper())
        else:
            found = self._alike(text)
        return ~found if sign == "<>" else found

    def _is_error(self, code: str) -> Bools:
        objects = self.array.objects()
        same = np.frompyfunc(lambda v: isinstance(v, CellError) and v.code == code, 1, 1)
        return np.asarray(same(objects), bool)

    def _equal(self, value: float | bool) -> Bools:
        kinds = (BOOL,) if isinstance(value, bool) else (NUMBER, TEXT)
        return np.asarray((self.num == value) & np.isin(self.kind, kinds))

    def _beyond(self, test: Callable[[Any, Any], Any], number: float, text: str) -> Bools:
        if number == number:
            return np.asarray(test(self.num, number) & (self.kind == NUMBER))
        wanted = text.casefold()
        one = np.frompyfunc(lambda v: v is not None and test(v, wanted), 1, 1)
        return np.asarray(one(self.texts()), bool)

    def _alike(self, text: str) -> Bools:
        if not any(sign in text for sign in "*?~"):
            return np.asarray(self.texts() == text.casefold(), bool)
        test = pattern(text)
        one = np.frompyfunc(lambda v: v is not None and test(v), 1, 1)
        return np.asarray(one(self.texts()), bool)

    def _empty(self, sign: str | None) -> Bools:
        blank = self.kind == BLANK
        if sign == "<>":
            return np.asarray(~blank)
        if sign == "=":
            return np.asarray(blank)
        if sign is None:
            return np.asarray(blank | (self.texts() == ""), bool)
        return np.zeros(self.num.shape, bool)


def groups(criteria: Sequence[ArrayValue]) -> list[tuple[tuple[Value, ...], Bools]]:
    """Return the different criteria, and in which cells (..., h, w) each of them is meant."""
    objects = np.broadcast_arrays(*(one.objects() for one in criteria))
    found: dict[Any, tuple[tuple[Value, ...], list[int]]] = {}
    for i, values in enumerate(zip(*(one.ravel() for one in objects), strict=True)):
        key = tuple((type(value), value) for value in values)
        found.setdefault(key, (values, []))[1].append(i)
    out = []
    for values, cells in found.values():
        where = np.zeros(objects[0].size, bool)
        where[cells] = True
        out.append((values, where.reshape(objects[0].shape)))
    return out
