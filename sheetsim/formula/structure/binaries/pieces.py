"""Conditions, products, the greatest of some, whole parts: as added columns with their rows.

Between bounds L <= e <= U of an expression (proved by the columns' own):

    z = [e >= 0]        e >= L (1 - z)              e <= s + (U - s) z, s < 0 what is next below 0
    w = b e, b binary   w >= L b, w >= e - U (1-b)  w <= U b, w <= e - L (1-b)
    t = max(e_k)        t >= e_k                    t <= e_k + (U - L_k)(1 - y_k), Σ y_k = 1
    n = floor(e)        n > e - 1                   n <= e

(Williams, *Model Building in Mathematical Programming*, ch. 9; McCormick 1976 for the product.)
Where e is made from whole numbers, s is the greatest value below 0 that it can have; else s = 0,
and at e = 0 z may be 0 or 1.
"""

from __future__ import annotations

import math
from functools import reduce
from typing import TYPE_CHECKING

from sheetsim.formula.structure.binaries.affine import GRAIN, Affine, fixed, negated
from sheetsim.formula.structure.binaries.rows import (
    ROUNDING,
    Columns,
    NotLinearError,
    Row,
    at_most,
)
from sheetsim.formula.values import BOOL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MOST_BITS = 10
"""Binaries that a whole number in a product is written with."""


def at_least_zero(own: Columns, e: Affine) -> Affine:
    """Return [e >= 0] as a boolean."""
    low, high = own.range(e)
    exact = own.is_exact(e)
    near = 0.0 if exact else rounding(own, e)
    if low >= near and math.isfinite(low):
        return fixed(1.0).of_kind(BOOL)
    if high < -near:
        return fixed(0.0).of_kind(BOOL)
    g, rest = own.steps(e)
    if g:
        # The ends that it can reach.
        low, high = low + (rest - low) % g, high - (high - rest) % g
        if low >= 0 or high < 0:
            return fixed(float(low >= 0)).of_kind(BOOL)
        if high - low == g:
            return e.plus(fixed(low), -1.0).times(1 / g).of_kind(BOOL)
    return _made(own, ("at least", e.key()), lambda: _condition(own, e, g, rest))


def rounding(own: Columns, e: Affine) -> float:
    """Return within what of 0 a spreadsheet may find an expression on either side."""
    if len(e.terms) < 2 and e.peak <= 2 + abs(e.constant):
        return ROUNDING * abs(e.constant)  # a column beside a number: they are compared as they are
    return ROUNDING * own.size(e)


def _condition(own: Columns, e: Affine, g: float, rest: float) -> Affine:
    below = rest - g  # the first value below 0; 0 itself where values are not in steps
    number = len(own.columns)
    near = 0.0 if g else rounding(own, e)

    def upper() -> Iterable[Row]:
        least = own.least(e)
        z = own.column(number)
        return [at_most(fixed(least).plus(z, rest - least), e, None if g else z, near)]

    def lower() -> Iterable[Row]:
        most = own.most(e)
        z = own.column(number)
        no = None if g else negated(z)
        return [at_most(e, fixed(below).plus(z, most - below), no, near, strict=True)]

    return own.add(0.0, 1.0, lower, upper, whole=True).of_kind(BOOL)


def is_zero(own: Columns, e: Affine) -> Affine:
    """Return [e = 0] as a boolean."""
    low, high = own.range(e)
    if own.is_exact(e) and not e.moves:
        return fixed(float(e.constant == 0)).of_kind(BOOL)
    g, rest = own.steps(e)
    if g:
        if rest:
            return fixed(0.0).of_kind(BOOL)
        if (low, high) == (0.0, g):
            return negated(e.times(1 / g))
        if (low, high) == (-g, 0.0):
            return negated(e.times(-1 / g))
    above, below = at_least_zero(own, e), at_least_zero(own, e.times(-1.0))
    both = above.plus(below).plus(fixed(1.0), -1.0).of_kind(BOOL)
    if both.moves and ("either", e.key()) not in own.made:
        own.made["either", e.key()] = both
        own.always.append(at_most(both.times(-1.0)))
    return both


def all_of(own: Columns, truths: Sequence[Affine]) -> Affine:
    """Return whether all booleans hold."""
    if any(not one.moves and one.constant == 0 for one in truths):
        return fixed(0.0).of_kind(BOOL)
    open_ones = list({one.key(): one for one in truths if one.moves}.values())
    if len(open_ones) < 2:
        return open_ones[0].of_kind(BOOL) if open_ones else fixed(1.0).of_kind(BOOL)
    key = ("all", frozenset(one.key() for one in open_ones))

    def make() -> Affine:
        number = len(own.columns)

        def upper() -> Iterable[Row]:
            return [at_most(own.column(number), one) for one in open_ones]

        def lower() -> Iterable[Row]:
            total: Affine = reduce(Affine.plus, open_ones)
            return [at_most(total.plus(fixed(len(open_ones) - 1.0), -1.0), own.column(number))]

        return own.add(0.0, 1.0, lower, upper, unit=1.0).of_kind(BOOL)

    return _made(own, key, make)


def any_of(own: Columns, truths: Sequence[Affine]) -> Affine:
    """Return whether one of some booleans holds."""
    return negated(all_of(own, [negated(one) for one in truths]))


def product(own: Columns, a: Affine, b: Affine) -> Affine:
    """Return a b, if one of them is a sum of whole numbers.

    Raises:
        NotLinearError: neither is, or one of them has no bound.
    """
    for one, other in ((a, b), (b, a)):
        if not one.moves:
            return other.times(one.constant)
    choices = [(_bits_in(own, one), one, other) for one, other in ((a, b), (b, a))]
    bits, one, other = min(choices, key=lambda choice: choice[0])
    if math.isinf(bits):
        raise NotLinearError(own.cell, "it multiplies variables, none of them whole and bounded")
    out = other.times(one.constant)
    for i, c in one.terms.items():
        if not c:
            continue
        for bit, worth in _bits(own, i):
            out = out.plus(_switched(own, bit, other), c * worth)
        low = own.columns[i].low
        if not own.is_binary(i) and low:
            out = out.plus(other, c * low)
    return out


def _bits_in(own: Columns, e: Affine) -> float:
    """Return how many binaries an expression is made of; inf if it is not made of any."""
    total = 0.0
    for i, c in e.terms.items():
        if c:
            column = own.columns[i]
            if not column.unit or column.unit % 1:
                return math.inf
            bits = math.inf
            if math.isfinite(column.high - column.low):
                bits = max(1, int(column.high - column.low).bit_length())
            total += bits if bits <= MOST_BITS else math.inf
    return total


def _bits(own: Columns, i: int) -> list[tuple[int, float]]:
    """Return binary columns and what they are worth, so that low + Σ worth * binary is column i."""
    if own.is_binary(i):
        return [(i, 1.0)]
    key = ("bits", i)
    column = own.columns[i]
    count = int(column.high - column.low).bit_length()
    if key not in own.made:
        total = fixed(column.low)
        for k in range(count):
            total = total.plus(own.add(0.0, 1.0, None, None, whole=True), 2.0**k)
        own.made[key] = total
        own.always.append(Row(total.plus(own.column(i), -1.0), equal=True))
    return list(own.made[key].terms.items())


def _switched(own: Columns, b: int, e: Affine) -> Affine:
    """Return a binary column times an expression."""
    inside = e.terms.get(b, 0.0)
    terms = {i: c for i, c in e.terms.items() if i != b}
    rest = Affine(terms, e.constant, e.grainy, e.peak)
    switch = own.column(b)
    if not rest.moves:
        return switch.times(rest.constant + inside)
    found = _made(own, ("times", b, rest.key()), lambda: _gate(own, b, rest))
    return found.plus(switch, inside)


def _gate(own: Columns, b: int, e: Affine) -> Affine:
    low, high = own.range(e)
    number = len(own.columns)

    def lower() -> Iterable[Row]:
        w, switch = own.column(number), own.column(b)
        high = own.most(e)
        rows = [at_most(e.plus(fixed(high), -1.0).plus(switch, high), w)]
        return [*rows, at_most(switch.times(own.least(e)), w)]

    def upper() -> Iterable[Row]:
        w, switch = own.column(number), own.column(b)
        low = own.least(e)
        rows = [at_most(w, e.plus(fixed(low), -1.0).plus(switch, low))]
        return [*rows, at_most(w, switch.times(own.most(e)))]

    return own.add(min(low, 0.0), max(high, 0.0), lower, upper, unit=own.unit(e))


def chosen(own: Columns, truth: Affine, yes: Affine, no: Affine) -> Affine:
    """Return yes where a boolean holds, no elsewhere."""
    if not truth.moves:
        return yes if truth.constant else no
    return no.plus(product(own, truth, yes.plus(no, -1.0)))


def greatest(own: Columns, all_: Sequence[Affine]) -> Affine:
    """Return the greatest of some expressions."""
    different = list({one.key(): one for one in all_}.values())
    floor = max(own.range(one)[0] for one in different)
    kept = [one for one in different if own.range(one)[1] > floor]
    # Of those that cannot be above all others, one alone may have to stand for them.
    if len(kept) < len(different):
        ends = [one for one in different if one not in kept and own.range(one)[0] == floor]
        if ends and not any(own.range(one)[0] >= floor for one in kept):
            kept.append(ends[0])
    if len(kept) == 1:
        return kept[0]
    key = ("greatest", frozenset(one.key() for one in kept))
    return _made(own, key, lambda: _peak(own, kept))


def _peak(own: Columns, all_: list[Affine]) -> Affine:
    ranges = [own.range(one) for one in all_]
    low, high = max(r[0] for r in ranges), max(r[1] for r in ranges)
    number = len(own.columns)

    def lower() -> Iterable[Row]:
        return [at_most(one, own.column(number)) for one in all_]

    def upper() -> Iterable[Row]:
        most = max(own.most(one) for one in all_)
        which = [own.add(0.0, 1.0, None, None, whole=True) for _ in all_]
        rows = [Row(reduce(Affine.plus, which).plus(fixed(1.0), -1.0), equal=True)]
        for one, y in zip(all_, which, strict=True):
            room = most - own.least(one)
            rows.append(at_most(own.column(number), one.plus(fixed(room)).plus(y, -room)))
        return rows

    return own.add(low, high, lower, upper, unit=own.unit(*all_))


def least_of(own: Columns, all_: Sequence[Affine]) -> Affine:
    """Return the least of some expressions."""
    return greatest(own, [one.times(-1.0) for one in all_]).times(-1.0)


def size_of(own: Columns, e: Affine) -> Affine:
    """Return |e|."""
    low, high = own.range(e)
    if low >= 0:
        return e
    if high <= 0:
        return e.times(-1.0)
    out = greatest(own, [e, e.times(-1.0)])
    for i in out.terms:
        own.columns[i].low = max(own.columns[i].low, 0.0)
    return out


def floor_of(own: Columns, e: Affine) -> Affine:
    """Return the greatest whole number that is not above e."""
    unit = own.unit(e)
    if unit and unit % 1 == 0:
        return e
    if not e.moves and unit:
        return fixed(float(math.floor(e.constant)))
    return _made(own, ("floor", e.key()), lambda: _floor(own, e))


def _floor(own: Columns, e: Affine) -> Affine:
    """Return n with k n <= d < k (n + 1), where e is d / k."""
    low, high = own.range(e)
    number = len(own.columns)
    d, k = e.ratio or (e, 1.0)
    gap = math.gcd(round(own.unit(d) / GRAIN), round(k / GRAIN)) * GRAIN if own.unit(d) else 0.0
    near = 0.0 if gap else rounding(own, d)
    near = near if math.isfinite(near) else 0.0
    tie = None if gap else fixed(1.0)

    def lower() -> Iterable[Row]:
        below = d.plus(fixed(k - gap), -1.0)
        return [at_most(below, own.column(number).times(k), tie, near, strict=True)]

    def upper() -> Iterable[Row]:
        return [at_most(own.column(number).times(k), d, tie, near)]

    spare = near / k + (ROUNDING * (abs(low) + abs(high)) if math.isfinite(high - low) else 0.0)
    least = math.floor(low - spare) if math.isfinite(low) else low
    most = math.floor(high + spare) if math.isfinite(high) else high
    return own.add(least, most, lower, upper, whole=True)


def _made(own: Columns, key: object, make: Callable[[], Affine]) -> Affine:
    """Return what was made for a key, or make it."""
    if key not in own.made:
        own.made[key] = make()
    return own.made[key]
