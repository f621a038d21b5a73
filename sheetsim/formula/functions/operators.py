# ruff: noqa: ARG001, ARG005  (what stands in the same field of the table is called alike)
"""The operators of formulas: arithmetic, comparison, joining of texts, and of references."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.areas import NO_CELL, NO_COMMON, Areas, nowhere, with_lost
from sheetsim.formula.functions import _steps
from sheetsim.formula.functions._function import (
    Elsewhere,
    Function,
    LinearForm,
    Outer,
    Reader,
    Reads,
)
from sheetsim.formula.functions._make import ALL, ONE, elementwise, general, plain, reference
from sheetsim.formula.functions._squares import power_of_two, square_of_power, square_of_product
from sheetsim.formula.functions.texts import joined
from sheetsim.formula.values import BLANK, NUMBER, ArrayValue, Bools, compare


def power(a: Floats, b: Floats) -> Floats:
    """Return a to the b; 0^0 is an error in Excel, NaN here.

    So is a negative number to a fraction, also to one that has a root: (-8)^(1/3) is `#NUM!` by
    Microsoft's documentation, and -2 in IronCalc and LibreOffice.
    """
    if b.size == 1 and b.flat[0] == 2.0:
        return a * a
    out: Floats = np.power(a, b)
    nothing = (a == 0) & (b == 0)
    return np.where(nothing, np.nan, out) if nothing.any() else out


def power_slope(y: Floats, a: Floats, b: Floats) -> Floats:
    """Return the derivative of a^b by a."""
    if b.size == 1 and b.flat[0] == 2.0:
        return 2.0 * a
    out: Floats = b * np.power(a, b - 1.0)
    return out


def power_growth(y: Floats, a: Floats, b: Floats) -> Floats:
    """Return the derivative of a^b by b: y ln(a), 0 where a is not positive."""
    out: Floats = y * np.log(np.where(a > 0, a, 1.0))
    return out


def _as_is(a: ArrayValue) -> ArrayValue:
    return a


def _comparison(
    name: str, test: Callable[[Floats, Floats], Bools], op: str, form: LinearForm
) -> Function:
    steps = _steps.truth(op, NUMBER, BLANK)
    return general(
        name, 2, 2, lambda a, b: compare(a, b, test), kinks=ALL, cell_by_cell=True, steps=steps,
        linear_form=form,
    )  # fmt: skip


def _times(fixed: int | None, by: float) -> Outer | None:
    return Outer(factor=by) if by > 0 else None


def _over(fixed: int | None, by: float) -> Outer | None:
    return Outer(factor=1 / by) if fixed == 1 and by > 0 else None


def _minus(fixed: int | None, by: float) -> Outer | None:
    return Outer(shift=-by) if fixed == 1 else None


def _to_the(fixed: int | None, by: float) -> Outer | None:
    return Outer(root=True) if fixed == 1 and by == 0.5 else None


def _unchanged(fixed: int | None, by: float) -> Outer:
    return Outer()


def _around_both(reader: Reader, areas: list[Areas], args: list[ArrayValue]) -> Areas:
    """Return the smallest area around both: A1:INDEX(...)."""
    return _joined(areas, np.minimum, np.maximum)


def _in_common(reader: Reader, areas: list[Areas], args: list[ArrayValue]) -> Areas:
    """Return what two references have in common: A1:C3 B2:B9."""
    return _joined(areas, np.maximum, np.minimum)


def _joined(areas: list[Areas], least: np.ufunc, most: np.ufunc) -> Areas:
    a, b = areas
    if a.sheet != b.sheet:
        return nowhere(a.sheet, NO_CELL)
    top, left = least(a.top, b.top), least(a.left, b.left)
    bottom, right = most(a.bottom, b.bottom), most(a.right, b.right)
    apart = (bottom < top) | (right < left)
    return with_lost(Areas(a.sheet, top, left, bottom, right), apart, NO_COMMON)


def _spilled(reader: Reader, areas: list[Areas], args: list[ArrayValue]) -> Areas:
    """Return the range of the array formula that starts in a cell: `A1#`."""
    return reader.spilled(areas[0])


def _ones(args: list[ArrayValue], y: ArrayValue) -> list[Floats]:
    return [np.ones_like(y.num)]


AS_IS = general("pos", 1, 1, _as_is, partials=_ones, linear=ALL, cell_by_cell=True, returns=ALL,
                outer=_unchanged, sign="+", steps=_steps.as_is,
                linear_form=LinearForm.SAME)  # fmt: skip
"""The plus sign before a value, which changes nothing."""

FUNCTIONS = (
    elementwise("+", np.add, lambda y, a, b: 1.0, lambda y, a, b: 1.0,
                linear=ALL, outer=lambda fixed, by: Outer(shift=by), steps="add",
                elsewhere={Elsewhere.EMPTY_TEXT}, linear_form=LinearForm.SUM_OF_TWO),
    elementwise("-", np.subtract, lambda y, a, b: 1.0, lambda y, a, b: -1.0,
                linear=ALL, outer=_minus, steps="subtract", elsewhere={Elsewhere.EMPTY_TEXT},
                linear_form=LinearForm.DIFFERENCE),
    elementwise("*", np.multiply, lambda y, a, b: b, lambda y, a, b: a, linear=ONE,
                outer=_times, squares=square_of_product, steps="multiply",
                elsewhere={Elsewhere.EMPTY_TEXT}, linear_form=LinearForm.PRODUCT),
    elementwise("/", np.divide, lambda y, a, b: 1 / b, lambda y, a, b: -y / b,
                div0=lambda a, b: b == 0, linear={0}, outer=_over, steps="divide",
                elsewhere={Elsewhere.EMPTY_TEXT}, linear_form=LinearForm.QUOTIENT),
    elementwise("^", power, power_slope, power_growth,
                div0=lambda a, b: (a == 0) & (b < 0), also="POWER", outer=_to_the,
                squares=square_of_power, quadratic=power_of_two, steps=_steps.power,
                elsewhere={Elsewhere.ROOT_OF_NEGATIVE, Elsewhere.EMPTY_TEXT},
                linear_form=LinearForm.POWER),
    elementwise("neg", np.negative, lambda y, a: -1.0, linear=ALL, sign="-", steps="negative",
                linear_form=LinearForm.NEGATIVE),
    elementwise("%", lambda a: a / 100.0, lambda y, a: 0.01, linear=ALL, steps="percent",
                linear_form=LinearForm.PERCENT),
    AS_IS,
    general("SINGLE", 1, 1, _as_is, partials=_ones, params="S", linear=ALL, cell_by_cell=True,
            returns=ALL, outer=_unchanged, sign="@", steps=_steps.as_is,
            elsewhere={Elsewhere.NOT_KNOWN}, linear_form=LinearForm.SAME),
    plain("&", "tt", joined),
    _comparison("=", np.equal, "equal", LinearForm.EQUAL),
    _comparison("<>", np.not_equal, "unequal", LinearForm.UNEQUAL),
    _comparison("<", np.less, "less", LinearForm.LESS),
    _comparison(">", np.greater, "greater", LinearForm.MORE),
    _comparison("<=", np.less_equal, "at_most", LinearForm.AT_MOST),
    _comparison(">=", np.greater_equal, "at_least", LinearForm.AT_LEAST),
    reference(":", 2, 2, _around_both, references={0, 1}, reads=Reads.AROUND),
    reference(" ", 2, 2, _in_common, references={0, 1}),
    reference("ANCHORARRAY", 1, 1, _spilled, references={0}, reads=Reads.AROUND, sign="#",
              elsewhere={Elsewhere.NOT_KNOWN}),
)  # fmt: skip
