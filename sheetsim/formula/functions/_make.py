# ruff: noqa: ARG001, ARG005  (all partials are called alike: result, arguments)
"""The constructors of the six kinds of functions; see the package's docstring."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.book import CellError, Value
from sheetsim.formula.areas import Areas, carrying, measured, whole_areas
from sheetsim.formula.functions._function import ALL, NUMERIC, ONE, Function, Outer, Reads, fit
from sheetsim.formula.values import (
    BOOL,
    DIV_ERROR,
    ERROR,
    NA_ERROR,
    NUM_ERROR,
    NUMBER,
    TEXT,
    VALUE_ERROR,
    ArrayValue,
    Bools,
    ExcelError,
    choose,
    describe,
    failed,
    from_objects,
    number_of,
    text_of,
    texts_from_1904,
    with_errors,
)

__all__ = [
    "ALL",
    "NUMERIC",
    "ONE",
    "Function",
    "Outer",
    "Reads",
    "count",
    "counting_from_1904",
    "elementwise",
    "everywhere",
    "first_error",
    "fit",
    "general",
    "geometry",
    "matrix",
    "pairs",
    "plain",
    "reference",
    "statistic",
    "total",
    "weight",
]


def elementwise(
    name: str,
    f: Callable[..., Any],
    *partials: Callable[..., Any] | None,
    least: int | None = None,
    most: int | None = None,
    div0: Callable[..., Bools] | None = None,
    flags: Collection[int] = (),
    booleans: bool = True,
    **more: Any,
) -> Function:
    """Make a function of numbers, cell by cell; see the package's docstring, 1."""

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        if flags or not booleans:
            args = [
                _as_flag(arg) if i in flags else arg if booleans else _without_booleans(arg)
                for i, arg in enumerate(args)
            ]
        nums = [arg.num for arg in args]
        num = f(*nums)
        if strict or any(arg.bad for arg in args):
            return with_errors(num, args, div0(*nums) if div0 else None)
        return ArrayValue(num)

    def derive(
        args: Sequence[ArrayValue], out: ArrayValue, want: Sequence[bool]
    ) -> Sequence[Floats | None]:
        nums = [arg.num for arg in args]
        return [
            None
            if not wanted
            else _difference(f, nums, i)
            if i >= len(partials) or partials[i] is None
            else np.asarray(partials[i](out.num, *nums))  # type: ignore[misc]
            for i, wanted in enumerate(want)
        ]

    count = len(partials)
    least, most = count if least is None else least, count if most is None else most
    more = {"cell_by_cell": True, **_sets(more)}
    made = Function(name, least, most, value, "elementwise", partials=derive, raw=f, **more)
    return counting_from_1904(made)


def counting_from_1904(made: Function) -> Function:
    """Let a function of numbers take texts for dates as a workbook does that counts from 1904."""

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        return made.value([texts_from_1904(arg) for arg in args], strict)

    def derive(
        args: Sequence[ArrayValue], out: ArrayValue, want: Sequence[bool]
    ) -> Sequence[Floats | None]:
        return made.slopes([texts_from_1904(arg) for arg in args], out, want)

    return replace(made, from_1904=replace(made, value=value, partials=derive))


def _as_flag(array: ArrayValue) -> ArrayValue:
    """Return the array with the texts TRUE and FALSE as what they say."""
    if array.kind is None or array.obj is None:
        return array
    values = array.objects()
    words = {"TRUE": True, "FALSE": False}
    for index in np.argwhere(np.broadcast_to(array.kind, array.shape) == TEXT):
        text = values[tuple(index)]
        values[tuple(index)] = words.get(text.strip().upper(), text)
    return from_objects(values, literal=array.literal)


def _without_booleans(array: ArrayValue) -> ArrayValue:
    """Return the array with `#VALUE!` in place of booleans."""
    if array.kind is None or not (array.kind == BOOL).any():
        return array
    values = array.objects()
    values[np.broadcast_to(array.kind == BOOL, values.shape)] = VALUE_ERROR
    return from_objects(values, literal=array.literal)


def _difference(f: Callable[..., Any], nums: Sequence[Floats], i: int) -> Floats:
    """Return the derivative in argument i by central differences."""
    step = 6e-6 * np.maximum(1.0, np.abs(nums[i]))
    up, down = list(nums), list(nums)
    up[i], down[i] = nums[i] + step, nums[i] - step
    slope: Floats = (f(*up) - f(*down)) / (up[i] - down[i])
    return slope


def total(x: Floats) -> Floats:
    """Return the sum over the last axis, kept with length 1."""
    out: Floats = x.sum(-1, keepdims=True)
    return out


def count(x: Floats, m: Bools | None) -> Floats:
    """Return how many numbers there are along the last axis, kept with length 1."""
    if m is None:
        return np.full((*x.shape[:-1], 1), float(x.shape[-1]))
    return np.asarray(m.sum(-1, keepdims=True, dtype=np.float64))


def weight(x: Floats, m: Bools | None) -> Floats:
    """Return 1 where there is a number and 0 elsewhere, shaped like x."""
    return np.ones_like(x) if m is None else np.broadcast_to(m, x.shape).astype(np.float64)


def numbers_in(args: Sequence[ArrayValue]) -> tuple[Floats, Bools | None, list[tuple[int, ...]]]:
    """Return x (..., n), m and the shapes that the arguments have in x."""
    if len(args) == 1 and args[0].kind is None:
        num = args[0].num
        return num.reshape((*num.shape[:-2], -1)), None, [num.shape]
    ahead = np.broadcast_shapes(*(arg.shape[:-2] for arg in args))
    parts, masks, shapes = [], [], []
    for arg in args:
        shape = (*ahead, *arg.shape[-2:])
        shapes.append(shape)
        num, mask = arg.num, None
        if arg.kind is not None:
            mask = arg.kind == NUMBER
            if arg.literal and arg.shape[-2:] == (1, 1):
                mask = mask | (arg.kind != ERROR)
            num = np.where(mask, num, 0.0)
        parts.append(np.broadcast_to(num, shape).reshape((*ahead, -1)))
        masks.append(None if mask is None else np.broadcast_to(mask, shape).reshape((*ahead, -1)))
    x = parts[0] if len(parts) == 1 else np.concatenate(parts, -1)
    if all(mask is None for mask in masks):
        return x, None, shapes
    full = [np.ones(p.shape, bool) if k is None else k for p, k in zip(parts, masks, strict=True)]
    return x, full[0] if len(full) == 1 else np.concatenate(full, -1), shapes


def statistic(
    name: str,
    f: Callable[[Floats, Bools | None], Any],
    partial: Callable[[Floats, Bools | None, Floats], Floats],
    *,
    few: int = 0,
    most: int = 255,
    **more: Any,
) -> Function:
    """Make a statistic of all numbers in its arguments; see the package's docstring, 2.

    `partial` is called with y (..., 1).
    """

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        x, m, _ = numbers_in(args)
        num = np.asarray(f(x, m))[..., None, None]
        if strict or any(arg.bad for arg in args):
            lack = count(x, m)[..., None] < few if few else None
            if lack is not None and lack.any():
                num = np.where(lack, np.nan, num)
            return with_errors(num, [first_error(arg) for arg in args], lack)
        return ArrayValue(num)

    def derive(
        args: Sequence[ArrayValue], out: ArrayValue, want: Sequence[bool]
    ) -> Sequence[Floats | None]:
        x, m, shapes = numbers_in(args)
        slope = partial(x, m, out.num[..., 0])
        if m is not None:
            slope = slope * m
        sizes = [shape[-1] * shape[-2] for shape in shapes]
        ends = np.cumsum([0, *sizes])
        return [
            slope[..., a:b].reshape((*slope.shape[:-1], *shape[-2:])) if wanted else None
            for wanted, (a, b), shape in zip(want, pairwise(ends), shapes, strict=True)
        ]

    more.setdefault("params", "R")
    made = Function(name, 1, most, value, "statistic", partials=derive, raw=f, **_sets(more))
    return counting_from_1904(made)


def first_error(array: ArrayValue) -> ArrayValue:
    """Return (..., 1, 1): the first error of each range, 0 where there is none."""
    if not array.bad and np.isfinite(array.num).all():
        return ArrayValue(np.zeros((*array.shape[:-2], 1, 1)))
    single = array.literal and array.shape[-2:] == (1, 1)  # of arrays, texts are passed over
    values = array.objects()
    flat = values.reshape((*values.shape[:-2], -1))
    out = np.zeros((*flat.shape[:-1], 1, 1), object)
    for index in np.ndindex(flat.shape[:-1]):
        for one in flat[index]:
            if isinstance(one, CellError):
                out[index] = one
            elif isinstance(one, float) and not math.isfinite(one):
                out[index] = NUM_ERROR
            elif single and isinstance(one, str) and math.isnan(number_of(one)):
                out[index] = VALUE_ERROR
            else:
                continue
            break
    return from_objects(out)


def pairs(
    name: str,
    f: Callable[[Floats, Floats, Bools | None], Any],
    partials: Callable[[Floats, Floats, Bools | None, Floats], tuple[Floats, Floats]],
    *,
    few: int = 0,
    **more: Any,
) -> Function:
    """Make a statistic of pairs of numbers; see the package's docstring, 3."""

    def both(args: Sequence[ArrayValue]) -> tuple[Floats, Floats, Bools | None]:
        (x, here), (y, there) = args[0].flat(), args[1].flat()
        if here is None:
            return (x if there is None else np.where(there, x, 0.0)), y, there
        if there is None:
            return x, np.where(here, y, 0.0), here
        mask = here & there
        return np.where(mask, x, 0.0), np.where(mask, y, 0.0), mask

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        if args[0].shape[-1] * args[0].shape[-2] != args[1].shape[-1] * args[1].shape[-2]:
            return everywhere(args, NA_ERROR)
        x, y, m = both(args)
        num = np.asarray(f(x, y, m))[..., None, None]
        if strict or any(arg.bad for arg in args):
            lack = np.zeros(num.shape, bool)
            if few:
                lack = (count(x + y, m)[..., None] < few) | ~np.isfinite(num)
                num = np.where(lack, np.nan, num)
            return with_errors(num, [first_error(arg) for arg in args], lack)
        return ArrayValue(num)

    def derive(
        args: Sequence[ArrayValue], out: ArrayValue, want: Sequence[bool]
    ) -> Sequence[Floats | None]:
        x, y, m = both(args)
        found = partials(x, y, m, out.num[..., 0])
        return [
            None
            if not wanted
            else (p if m is None else p * m).reshape((*p.shape[:-1], *arg.shape[-2:]))
            for p, arg, wanted in zip(found, args, want, strict=True)
        ]

    more.setdefault("params", "A")
    return Function(name, 2, 2, value, "pairs", partials=derive, raw=f, **_sets(more))


def everywhere(args: Sequence[ArrayValue], error: CellError) -> ArrayValue:
    """Return one error for each cell of the block."""
    ahead = np.broadcast_shapes(*(arg.shape[:-2] for arg in args))
    return from_objects(np.full((*ahead, 1, 1), error, object))


def matrix(
    name: str,
    arity: int,
    f: Callable[..., Floats],
    jvp: Callable[..., Floats],
    vjp: Callable[..., Floats],
    *,
    check: Callable[..., bool] | None = None,
    moves: bool = False,
    **more: Any,
) -> Function:
    """Make a function of matrices; see the package's docstring, 4.

    `check(*arrays)` says whether their shapes go together; if not, the result is `#VALUE!`.
    """

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        if moves:
            parts = [None if one is None else f(one) for one in _parts(args[0])]
            return ArrayValue(*parts, bad=args[0].bad)  # type: ignore[arg-type]
        if check is not None and not check(*(arg.num for arg in args)):
            return everywhere(args, VALUE_ERROR)
        if any(arg.kind is not None for arg in args):
            args = [_only_numbers(arg) for arg in args]
        num = f(*(arg.num for arg in args))
        if strict or any(arg.bad for arg in args):
            codes = [first_error(arg) for arg in args]
            blocked = sum(code.num for code in codes)  # NaN where an argument has an error
            return with_errors(num + blocked, codes)
        return ArrayValue(num)

    more.setdefault("params", "A")
    return Function(name, arity, arity, value, "matrix", jvp=jvp, vjp=vjp, raw=f, **_sets(more))


def _parts(array: ArrayValue) -> list[Any]:
    """Return the numbers, kinds and objects of an array, of one shape where there are some."""
    parts = [array.num, array.kind, array.obj]
    return [None if one is None else np.broadcast_to(one, array.shape) for one in parts]


def _only_numbers(array: ArrayValue) -> ArrayValue:
    """Return the array with `#VALUE!` in place of blanks, texts and booleans."""
    if array.kind is None:
        return array
    values = array.objects()
    other = (array.kind != NUMBER) & (array.kind != ERROR)
    values[np.broadcast_to(other, values.shape)] = VALUE_ERROR
    return from_objects(values)


def plain(
    name: str,
    letters: str,
    f: Callable[..., Value],
    *,
    most: int | None = None,
    booleans: bool = True,
    **more: Any,
) -> Function:
    """Make a function of single values of any type; see the package's docstring, 5."""
    needed, _, optional = letters.partition("|")
    kinds = needed + optional

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        if not booleans:
            args = [_without_booleans(arg) for arg in args]
        codes = [kinds[min(i, len(kinds) - 1)] for i in range(len(args))]
        ahead = np.broadcast_shapes(*(arg.shape[:-2] for arg in args)) if args else (1, 1)
        cells = [a.shape[-2:] for a, code in zip(args, codes, strict=True) if code != "r"]
        own = np.broadcast_shapes(*cells) if cells else (1, 1)
        objects = [
            np.broadcast_to(a.objects(), (*ahead, *(a.shape[-2:] if code == "r" else own)))
            for a, code in zip(args, codes, strict=True)
        ]
        out = np.empty((*ahead, *own), object)
        for index in np.ndindex(out.shape):
            try:
                out[index] = f(
                    *(
                        one[index[:-2]].tolist() if code == "r" else coerced(one[index], code)
                        for one, code in zip(objects, codes, strict=True)
                    )
                )
            except ExcelError as error:
                out[index] = error.error
            except ZeroDivisionError:
                out[index] = DIV_ERROR
            except (ArithmeticError, ValueError):
                out[index] = NUM_ERROR
        return from_objects(out)

    more.setdefault("params", "".join("R" if one == "r" else "V" for one in kinds) or "V")
    more.setdefault("kinks", ALL)
    more.setdefault("cell_by_cell", True)
    return Function(
        name,
        len(needed),
        len(kinds) if most is None else most,
        value,
        "plain",
        partials=lambda args, out, want: [None for _ in args],
        raw=f,
        **_sets(more),
    )


def coerced(value: Any, letter: str) -> Any:
    """Return a value as a function takes it: n, i, t, b, or v for as it is.

    Raises:
        ExcelError: it is an error, or cannot be taken so.
    """
    if letter == "v":
        return value
    if isinstance(value, CellError):
        raise ExcelError(value)
    if letter == "t":
        return text_of(value)
    if letter == "b" and isinstance(value, str):
        if value.upper() not in {"TRUE", "FALSE"}:
            raise ExcelError(VALUE_ERROR)
        return value.upper() == "TRUE"
    number, _ = describe(value)
    if not math.isfinite(number):
        raise ExcelError(VALUE_ERROR)
    if letter == "b":
        return number != 0
    return int(number) if letter == "i" else number


def general(
    name: str,
    least: int,
    most: int,
    f: Callable[..., ArrayValue],
    *,
    partials: Callable[..., Sequence[Floats | None]] | None = None,
    ranges: Collection[int] = (),
    **more: Any,
) -> Function:
    """Make a function of `ArrayValue`s; see the package's docstring, 6."""

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        wrong = [args[i] for i in ranges if i < len(args) and lost_range(args[i])]
        none = any(failed(arg).all() for arg in wrong)  # there is nothing to compute
        out = everywhere(args, VALUE_ERROR) if none else f(*args)
        for arg in reversed(wrong):
            out = choose(failed(arg), arg, out)
        return out

    def derive(
        args: Sequence[ArrayValue], out: ArrayValue, want: Sequence[bool]
    ) -> Sequence[Floats | None]:
        if partials is None:
            return [None for _ in want]
        return [p if w else None for p, w in zip(partials(args, out), want, strict=True)]

    return Function(name, least, most, value, "general", partials=derive, raw=f, **_sets(more))


def lost_range(array: ArrayValue) -> bool:
    """Whether an error stands where a range is due; an error in a range's one cell is none."""
    return array.literal and array.shape[-2:] == (1, 1) and bool(failed(array).any())


def reference(
    name: str,
    least: int,
    most: int,
    refers: Callable[..., Areas],
    *,
    texts: Collection[int] = (),
    **more: Any,
) -> Function:
    """Make a function whose result is a reference; see the package's docstring, 7."""

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        return everywhere(args, VALUE_ERROR)

    refers = carrying(refers, frozenset(texts))
    return Function(name, least, most, value, "reference", refers=refers, **_sets(more))


def geometry(
    name: str,
    least: int,
    most: int,
    measures: Callable[[Areas], ArrayValue],
    **more: Any,
) -> Function:
    """Make a function that asks of a reference where it lies; see the package's docstring, 8."""

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        if not args:
            return everywhere(args, VALUE_ERROR)
        return measures(whole_areas(args[0].shape[-2:]))

    measures = measured(measures)
    return Function(name, least, most, value, "geometry", measures=measures, **_sets(more))


def _sets(more: dict[str, Any]) -> dict[str, Any]:
    """Return the keywords with sets frozen."""
    for key in ("kinks", "linear", "returns", "references", "elsewhere"):
        if key in more:
            more[key] = frozenset(more[key])
    if isinstance(more.get("also"), str):
        more["also"] = (more["also"],)
    return more
