# ruff: noqa: ARG001  (all partials are called alike: result, arguments)
"""Conditions, and what is known of a value: IF, AND, IFERROR, ISNUMBER, ..."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.book import CellError
from sheetsim.formula.areas import NO_CELL, Areas, first_errors, nowhere, with_lost
from sheetsim.formula.functions import _steps
from sheetsim.formula.functions._function import LinearForm, Reader
from sheetsim.formula.functions._make import ALL, coerced, everywhere, general, plain
from sheetsim.formula.values import (
    BLANK,
    BOOL,
    ERROR,
    NA_ERROR,
    NUMBER,
    TEXT,
    VALUE_ERROR,
    ArrayValue,
    Bools,
    ExcelError,
    Ints,
    Objects,
    booleans,
    choose,
    constant,
    failed,
    from_objects,
)


def truth(condition: ArrayValue) -> tuple[Bools, ArrayValue | None]:
    """Return where a condition holds, and the errors where it is none (None: nowhere)."""
    if condition.truth is None:
        condition.truth = _truth(condition)
    return condition.truth


def _truth(condition: ArrayValue) -> tuple[Bools, ArrayValue | None]:
    kind = condition.kind
    texts = kind is not None and bool((kind == TEXT).any())  # "1" is no condition, though a number
    if not condition.bad and not texts and (kind is not None or np.isfinite(condition.num).all()):
        return condition.num != 0, None
    objects = condition.objects()
    holds = np.zeros(objects.shape, bool)
    codes = np.full(objects.shape, None, object)
    for index in np.ndindex(objects.shape):
        try:
            holds[index] = coerced(objects[index], "b")
        except ExcelError as error:
            codes[index] = error.error
    return holds, from_objects(codes) if (codes != None).any() else None  # noqa: E711


def _if(condition: ArrayValue, yes: ArrayValue, *others: ArrayValue) -> ArrayValue:
    holds, errors = truth(condition)
    out = choose(holds, yes, others[0] if others else constant(False))
    return out if errors is None else choose(np.asarray(errors.kind == ERROR), errors, out)


def _if_partials(args: list[ArrayValue], out: ArrayValue) -> list[Any]:
    holds, _ = truth(args[0])
    return [None, holds, ~holds][: len(args)]


def _ifs(*args: ArrayValue) -> ArrayValue:
    out = everywhere(args, NA_ERROR)
    for condition, value in reversed(list(zip(args[::2], args[1::2], strict=False))):
        out = _if(condition, value, out)
    return out


def _ifs_partials(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:
    slopes: list[Floats | None] = [None] * len(args)
    left: Floats = np.ones((1, 1, 1, 1))
    for i in range(0, len(args) - 1, 2):
        holds = truth(args[i])[0].astype(np.float64)
        slopes[i + 1] = left * holds
        left = left * (1.0 - holds)
    return slopes


def _wrong(value: ArrayValue, *, only_na: bool) -> Bools:
    wrong = failed(value)
    if only_na and value.obj is not None:
        return np.asarray(wrong & (value.obj == NA_ERROR), bool)
    return np.zeros(wrong.shape, bool) if only_na else wrong


def _if_error(value: ArrayValue, other: ArrayValue, *, only_na: bool) -> ArrayValue:
    return choose(_wrong(value, only_na=only_na), other, value)


def _if_error_partials(
    args: list[ArrayValue], out: ArrayValue, *, only_na: bool
) -> list[Floats | None]:
    wrong = _wrong(args[0], only_na=only_na).astype(np.float64)
    return [1.0 - wrong, wrong]


def _choose(index: ArrayValue, *values: ArrayValue) -> ArrayValue:
    out = everywhere((index, *values), VALUE_ERROR)
    number = np.trunc(index.num)
    for i, value in enumerate(values, 1):
        out = choose(number == i, value, out)
    if not index.bad:
        out.bad = out.bad and bool(failed(out).any())
        if out.kind is not None and not out.kind.any():
            out.kind = None
        return out
    return choose(failed(index), index, out)


def _choose_partials(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:
    number = np.trunc(args[0].num)
    return [None, *((number == i).astype(np.float64) for i in range(1, len(args)))]


def _if_chooses(condition: ArrayValue, *, count: int = 3) -> Ints:
    holds, errors = truth(condition)
    chosen = np.where(holds, 1, 2)
    return (chosen if errors is None else np.where(errors.kind == ERROR, -1, chosen))[..., 0, 0]


def _choose_chooses(index: ArrayValue, *, count: int = 255) -> Ints:
    number = np.where(np.isfinite(index.num), np.trunc(index.num), -1)
    return np.where((number < 1) | (number > 254), -1, number).astype(np.intp)[..., 0, 0]


def _if_error_chooses(value: ArrayValue, *, only_na: bool, count: int) -> Ints:
    return np.where(_wrong(value, only_na=only_na), 1, 0)[..., 0, 0]


def _joined(*args: ArrayValue, join: Callable[..., bool]) -> ArrayValue:
    """Join the conditions of all arguments; texts and blanks in ranges do not count."""
    ahead = np.broadcast_shapes(*(arg.shape[:-2] for arg in args))
    parts = [np.broadcast_to(a.objects(), (*ahead, *a.shape[-2:])) for a in args]
    single = [arg.literal and arg.shape[-2:] == (1, 1) for arg in args]
    out = np.empty((*ahead, 1, 1), object)
    for index in np.ndindex(ahead):
        try:
            found = [
                holds
                for part, alone in zip(parts, single, strict=True)
                for holds in _conditions(part[index], alone=alone)
            ]
            out[index] = join(found) if found else VALUE_ERROR
        except ExcelError as error:
            out[index] = error.error
    return from_objects(out)


def _conditions(values: Objects, *, alone: bool) -> Iterator[bool]:
    """Give the conditions in a range, or in a single value that is an argument itself.

    Raises:
        ExcelError: one is an error, or alone and a text that is none.
    """
    for one in values.ravel():
        if isinstance(one, CellError):
            raise ExcelError(one)
        if isinstance(one, bool | float):
            yield bool(one)
        elif alone and isinstance(one, str):
            if one.upper() not in {"TRUE", "FALSE"}:
                raise ExcelError(VALUE_ERROR)
            yield one.upper() == "TRUE"


def _is(array: ArrayValue, *kinds: int) -> ArrayValue:
    """Return where a value is of one of these kinds."""
    kind = np.full(array.num.shape, NUMBER, np.uint8) if array.kind is None else array.kind
    kind = np.where((kind == NUMBER) & ~np.isfinite(array.num), np.uint8(ERROR), kind)
    return booleans(np.isin(kind, kinds))


def _ifs_decides(count: int) -> range:
    return range(0, count, 2)


def _ifs_chooses(*conditions: ArrayValue, count: int) -> Ints:
    """Return the value behind the first condition that holds; -1 for none, or an error."""
    out: Ints = np.full((1, 1), -1)
    for k, condition in reversed(list(enumerate(conditions))):
        holds, errors = truth(condition)
        own = holds[..., 0, 0]
        out = np.where(own, 2 * k + 1, out)
        if errors is not None:
            out = np.where(failed(errors)[..., 0, 0], -1, out)
    return out


def referring(chooses: Callable[..., Ints], first: int) -> Callable[..., Areas]:
    """Return what makes a function that chooses among references one that returns a reference.

    Args:
        chooses: the function's.
        first: which argument is the first of the references; all are from there on.
    """

    def refers(reader: Reader, areas: Sequence[Areas], args: Sequence[ArrayValue]) -> Areas:
        chosen = chooses(*args) - first
        out = nowhere(areas[0].sheet, NO_CELL)
        if len({one.sheet for one in areas}) > 1:  # only if all cells agree on it
            k = int(chosen.flat[0])
            alike = bool((chosen == k).all()) and 0 <= k < len(areas)
            return areas[k] if alike else out
        for k, one in enumerate(areas):
            picks = chosen == k
            out = Areas(
                out.sheet, *(np.where(picks, a, b) for a, b in zip(one[1:], out[1:], strict=True))
            )
        rows = first_errors(args, frozenset())
        return with_lost(out, rows < 0, rows)

    return refers


FUNCTIONS = (
    general("IF", 2, 3, _if, partials=_if_partials, kinks={0}, linear={1, 2}, cell_by_cell=True,
            picks=True, returns={1, 2}, default=False, chooses=_if_chooses, sample=(1.0, 0.4, 0.7),
            refers=referring(_if_chooses, 1), references={1, 2}, refers_if_asked=True,
            steps=_steps.choice, linear_form=LinearForm.CHOICE),
    general("IFS", 2, 254, _ifs, partials=_ifs_partials, kinks=range(0, 254, 2),
            linear=range(1, 254, 2), cell_by_cell=True, returns=range(1, 254, 2),
            decides=_ifs_decides, chooses=_ifs_chooses, sample=(0.0, 0.3, 1.0, 0.6),
            linear_form=LinearForm.CASES),
    general("IFERROR", 2, 2, partial(_if_error, only_na=False), linear=ALL, kinks={0},
            partials=partial(_if_error_partials, only_na=False), cell_by_cell=True,
            returns=ALL, chooses=partial(_if_error_chooses, only_na=False),
            steps=_steps.value_or_other, linear_form=LinearForm.VALUE_OR_OTHER),
    general("IFNA", 2, 2, partial(_if_error, only_na=True), linear=ALL, kinks={0},
            partials=partial(_if_error_partials, only_na=True), cell_by_cell=True,
            returns=ALL, chooses=partial(_if_error_chooses, only_na=True),
            steps=_steps.value_or_other, linear_form=LinearForm.VALUE_OR_OTHER),
    general("CHOOSE", 2, 255, _choose, partials=_choose_partials, kinks={0},
            linear=range(1, 255), cell_by_cell=True, returns=range(1, 255),
            chooses=_choose_chooses, refers=referring(_choose_chooses, 1),
            references=range(1, 255), refers_if_asked=True, sample=(2.4, 0.4, 0.7),
            linear_form=LinearForm.NUMBERED),
    general("AND", 1, 255, partial(_joined, join=all), params="R", kinks=ALL, picks=True,
            steps=_steps.all_hold, linear_form=LinearForm.ALL),
    general("OR", 1, 255, partial(_joined, join=any), params="R", kinks=ALL,
            steps=_steps.any_holds, linear_form=LinearForm.ANY),
    general("XOR", 1, 255, partial(_joined, join=lambda found: sum(found) % 2 == 1), params="R",
            kinks=ALL, linear_form=LinearForm.ODD),
    plain("NOT", "b", lambda a: not a, steps=_steps.truth("not", NUMBER, BOOL, BLANK),
          linear_form=LinearForm.NEGATION),
    plain("TRUE", "", lambda: True),
    plain("FALSE", "", lambda: False),
    plain("NA", "", lambda: NA_ERROR),
    general("ISERROR", 1, 1, lambda a: booleans(failed(a)), kinks=ALL),
    general("ISERR", 1, 1, lambda a: booleans(failed(a) & ~_wrong(a, only_na=True)), kinks=ALL),
    general("ISNA", 1, 1, lambda a: booleans(_wrong(a, only_na=True)), kinks=ALL),
    general("ISNUMBER", 1, 1, lambda a: _is(a, NUMBER)),
    general("ISTEXT", 1, 1, lambda a: _is(a, TEXT)),
    general("ISBLANK", 1, 1, lambda a: _is(a, BLANK)),
)  # fmt: skip
