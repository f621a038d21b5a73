"""What operators and functions of single values do to expressions, value by value.

Each takes expressions and constants as Python has them (float, bool, str, None for a blank,
`CellError`), at least one of them an expression, and returns one of both.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from sheetsim.book import CellError
from sheetsim.formula.functions._function import LinearForm
from sheetsim.formula.structure.binaries.affine import EITHER, Affine, fixed, negated
from sheetsim.formula.structure.binaries.pieces import (
    all_of,
    at_least_zero,
    chosen,
    floor_of,
    is_zero,
    product,
    size_of,
)
from sheetsim.formula.structure.binaries.rows import Columns, NotLinearError
from sheetsim.formula.values import BOOL, ERROR, NUMBER, TEXT, describe

if TYPE_CHECKING:
    from collections.abc import Callable

    Value = Affine | float | bool | str | CellError | None
    Single = Callable[..., Any]


def number(own: Columns, value: Value) -> Affine:
    """Return a value as arithmetic takes it.

    Raises:
        NotLinearError: it is a text that is no number, or an error.
    """
    if isinstance(value, Affine):
        return value if value.kind == NUMBER else value.of_kind(NUMBER)
    if isinstance(value, float):
        return fixed(value)
    found, _ = describe(value)
    if found != found:
        what = value.code if isinstance(value, CellError) else "a text"
        raise NotLinearError(own.cell, f"it computes with {what}")
    return fixed(found)


def kind_of(value: Value) -> int:
    """Return the kind of a value; a blank counts as a number, as what a cell shows of it."""
    if isinstance(value, Affine):
        return value.kind
    return NUMBER if value is None else describe(value)[1]


def truth(own: Columns, value: Value) -> Affine:
    """Return a value as a condition."""
    found = number(own, value)
    if kind_of(value) == BOOL or not found.moves:
        return found if found.moves else fixed(float(found.constant != 0)).of_kind(BOOL)
    low, high = own.range(found)
    whole = all(c.is_integer() for c in (found.constant, *found.terms.values()))
    if own.is_exact(found) and whole and low >= 0 and high <= 1:
        return found.of_kind(BOOL)
    return negated(is_zero(own, found))


def _plus(own: Columns, a: Value, b: Value) -> Affine:
    return number(own, a).plus(number(own, b))


def _minus(own: Columns, a: Value, b: Value) -> Affine:
    return number(own, a).plus(number(own, b), -1.0)


def _times(own: Columns, a: Value, b: Value) -> Affine:
    return product(own, number(own, a), number(own, b))


def _over(own: Columns, a: Value, b: Value) -> Affine:
    by = number(own, b)
    if by.moves:
        raise NotLinearError(own.cell, "it divides by what depends on the variables")
    if not by.constant:
        raise NotLinearError(own.cell, "it divides by 0")
    return quotient(number(own, a), by.constant)


def quotient(a: Affine, by: float) -> Affine:
    """Return a / by, from which a whole part can be taken exactly if `by` is whole."""
    out = a.times(1 / by)
    ratio = (a, by) if by > 0 and by.is_integer() else None
    exact = abs(by) in {2.0**k for k in range(-10, 11)}
    return Affine(out.terms, out.constant, exact and out.grainy, out.peak, ratio=ratio)


def _power(own: Columns, a: Value, b: Value) -> Affine:
    base, to = number(own, a), number(own, b)
    if to.moves or to.constant not in (1.0, 2.0):
        raise NotLinearError(own.cell, "it has a power of what depends on the variables")
    return base if to.constant == 1.0 else product(own, base, base)


def _negative(own: Columns, a: Value) -> Affine:
    return number(own, a).times(-1.0)


def _percent(own: Columns, a: Value) -> Affine:
    return number(own, a).times(0.01)


def _same(_own: Columns, a: Value) -> Value:
    return a


COMPARISONS = (
    *(LinearForm.EQUAL, LinearForm.UNEQUAL, LinearForm.LESS),
    *(LinearForm.MORE, LinearForm.AT_MOST, LinearForm.AT_LEAST),
)


def compared(own: Columns, a: Value, b: Value, form: LinearForm) -> Affine:
    """Return whether a comparison holds, as a boolean; numbers < texts < booleans."""
    kinds = [kind_of(one) for one in (a, b)]
    blank = [one is None for one in (a, b)]
    kinds = [kinds[1 - k] if blank[k] else kind for k, kind in enumerate(kinds)]
    if EITHER in kinds:
        raise NotLinearError(own.cell, "it compares what is a number here and a boolean there")
    if ERROR in kinds:
        raise NotLinearError(own.cell, "it compares an error")
    if kinds[0] != kinds[1]:
        order = [{NUMBER: 0, TEXT: 1, BOOL: 2}[kind] for kind in kinds]
        difference = fixed(float(order[0] - order[1]))
    else:
        difference = number(own, a).plus(number(own, b), -1.0)
    if form in (LinearForm.EQUAL, LinearForm.UNEQUAL):
        same = is_zero(own, difference)
        return same if form is LinearForm.EQUAL else negated(same)
    if form is LinearForm.AT_LEAST:
        return at_least_zero(own, difference)
    if form is LinearForm.LESS:
        return negated(at_least_zero(own, difference))
    less = at_least_zero(own, difference.times(-1.0))
    return less if form is LinearForm.AT_MOST else negated(less)


def _comparison(form: LinearForm) -> Single:
    return lambda own, a, b: compared(own, a, b, form)


def _not(own: Columns, a: Value) -> Affine:
    return negated(truth(own, a))


def _if(own: Columns, condition: Value, yes: Value, no: Value = False) -> Value:
    holds = truth(own, condition)
    if not holds.moves:
        return yes if holds.constant else no
    kinds = {kind_of(yes), kind_of(no)}
    if not kinds <= {NUMBER, BOOL, EITHER}:
        raise NotLinearError(own.cell, "it is a number at some points and a text at others")
    found = chosen(own, holds, number(own, yes), number(own, no))
    return found.of_kind(kinds.pop() if len(kinds) == 1 else EITHER)


def _ifs(own: Columns, *args: Value) -> Value:
    tests = [truth(own, one) for one in args[::2]]
    last = next((k for k, one in enumerate(tests) if not one.moves and one.constant), None)
    if last is None:
        raise NotLinearError(own.cell, "its cases have no last condition that always holds")
    out: Value = args[2 * last + 1]
    for k in range(last - 1, -1, -1):
        out = _if(own, tests[k], args[2 * k + 1], out)
    return out


def _choose(own: Columns, which: Value, *args: Value) -> Value:
    at = number(own, which)
    low, high = own.range(at)
    if not own.is_exact(at) or low < 1 or high >= len(args) + 1:
        raise NotLinearError(own.cell, "it needs a whole number that is within its choices")
    out: Value = args[-1]
    for k in range(len(args) - 2, -1, -1):
        out = _if(own, negated(at_least_zero(own, at.plus(fixed(k + 2.0), -1.0))), args[k], out)
    return out


def _if_error(_own: Columns, a: Value, b: Value) -> Value:
    return b if isinstance(a, CellError) else a  # an expression is never an error


def _size(own: Columns, a: Value) -> Affine:
    return size_of(own, number(own, a))


def _sign(own: Columns, a: Value) -> Affine:
    e = number(own, a)
    up, down = at_least_zero(own, e), at_least_zero(own, e.times(-1.0))
    return up.plus(down, -1.0)


def _floor(own: Columns, a: Value) -> Affine:
    return floor_of(own, number(own, a))


def _unit(own: Columns, digits: Value) -> float:
    """Return what ROUND and its like round to, with so many digits."""
    found = number(own, digits)
    if found.moves or not found.constant.is_integer() or abs(found.constant) > 12:
        raise NotLinearError(own.cell, "it rounds to digits that are no fixed whole number")
    return float(10.0**-found.constant)


def _rounded(own: Columns, a: Value, unit: float, *, up: bool) -> Affine:
    """Return a rounded to a unit, away from 0 or towards it; its sign has to be known."""
    e = number(own, a)
    low, high = own.range(e)
    if low < 0 < high:
        raise NotLinearError(own.cell, "it rounds what may be on either side of 0")
    away = up == (low >= 0)
    if unit == 1.0 and e.ratio is not None:
        dividend, by = e.ratio
        scaled = quotient(dividend.times(-1.0) if away else dividend, by)
    else:
        scaled = quotient(e.times(-1.0) if away else e, unit)
    whole = floor_of(own, scaled).times(-1.0 if away else 1.0)
    return whole.times(unit)


def _round_up(own: Columns, a: Value, digits: Value) -> Affine:
    return _rounded(own, a, _unit(own, digits), up=True)


def _round_down(own: Columns, a: Value, digits: Value = 0.0) -> Affine:
    return _rounded(own, a, _unit(own, digits), up=False)


def _to_multiple(*, up: bool) -> Single:
    def multiple(own: Columns, a: Value, unit: Value) -> Affine:
        of = number(own, unit)
        if of.moves or of.constant <= 0 or own.range(number(own, a))[0] < 0:
            raise NotLinearError(own.cell, "it rounds to a multiple of what is not known to be > 0")
        return _rounded(own, a, of.constant, up=up)

    return multiple


def _remainder(own: Columns, a: Value, by: Value) -> Affine:
    of = number(own, by)
    if of.moves or of.constant <= 0:
        raise NotLinearError(own.cell, "it takes a remainder of what is not known to be > 0")
    e = number(own, a)
    return e.plus(floor_of(own, quotient(e, of.constant)), -of.constant)


def joined_odd(own: Columns, truths: list[Affine]) -> Affine:
    """Return XOR: a + b - 2 a b."""

    def odd(a: Affine, b: Affine) -> Affine:
        return a.plus(b).plus(all_of(own, [a, b]), -2.0).of_kind(BOOL)

    return reduce(odd, truths)


SINGLES: dict[LinearForm, Single] = {
    LinearForm.SUM_OF_TWO: _plus,
    LinearForm.DIFFERENCE: _minus,
    LinearForm.PRODUCT: _times,
    LinearForm.QUOTIENT: _over,
    LinearForm.POWER: _power,
    LinearForm.NEGATIVE: _negative,
    LinearForm.PERCENT: _percent,
    LinearForm.SAME: _same,
    **{form: _comparison(form) for form in COMPARISONS},
    LinearForm.NEGATION: _not,
    LinearForm.CHOICE: _if,
    LinearForm.CASES: _ifs,
    LinearForm.NUMBERED: _choose,
    LinearForm.VALUE_OR_OTHER: _if_error,
    LinearForm.SIZE: _size,
    LinearForm.SIGN: _sign,
    LinearForm.FLOOR: _floor,
    LinearForm.REMAINDER: _remainder,
    LinearForm.CUT: _round_down,
    LinearForm.CUT_UP: _round_up,
    LinearForm.MULTIPLE_ABOVE: _to_multiple(up=True),
    LinearForm.MULTIPLE_BELOW: _to_multiple(up=False),
}
"""What a function is -> (columns, values) -> value."""
