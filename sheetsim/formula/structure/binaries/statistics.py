"""What functions of ranges do to expressions: SUM, MAX, SUMIF, AND, ..."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetsim.book import CellError
from sheetsim.formula.functions._criteria import Tested, split_criterion
from sheetsim.formula.functions._function import LinearForm
from sheetsim.formula.structure.binaries.affine import EITHER, Affine, fixed
from sheetsim.formula.structure.binaries.functions import (
    compared,
    joined_odd,
    kind_of,
    number,
    truth,
)
from sheetsim.formula.structure.binaries.pieces import all_of, any_of, greatest, least_of, product
from sheetsim.formula.structure.binaries.rows import Columns, NotLinearError
from sheetsim.formula.values import BOOL, NUMBER, Objects, constant, number_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Ranged = Callable[[Columns, Sequence["Area"]], Any]


@dataclass(frozen=True, slots=True)
class Area:
    """An argument of a function of ranges, in one cell.

    Attributes:
        values: (rows, columns) of expressions and constants.
        literal: whether it was written in the formula or computed there, not read from cells.
    """

    values: Objects
    literal: bool

    @property
    def single(self) -> bool:
        """Whether it is a value that is an argument itself."""
        return self.literal and self.values.size == 1


def _counted(own: Columns, areas: Sequence[Area]) -> list[Affine]:
    """Return the numbers among all values: in ranges, texts, booleans and blanks are none."""
    out = []
    for area in areas:
        for value in area.values.ravel():
            kind = kind_of(value)
            if isinstance(value, CellError):
                raise NotLinearError(own.cell, f"it computes with {value.code}")
            if kind == EITHER and not area.single:
                why = "it counts what is a number at some points and a boolean at others"
                raise NotLinearError(own.cell, why)
            if area.single or (kind == NUMBER and value is not None):
                out.append(number(own, value))
    return out


def _sum_of(all_: Sequence[Affine]) -> Affine:
    terms: dict[int, float] = {}
    total, grainy, peak = 0.0, True, 0.0
    for one in all_:
        for column, coefficient in one.terms.items():
            terms[column] = terms.get(column, 0.0) + coefficient
        total, peak = total + one.constant, peak + one.peak
        grainy = grainy and one.grainy
    return Affine(terms, total, grainy, peak)


def _sum(own: Columns, areas: Sequence[Area]) -> Affine:
    return _sum_of(_counted(own, areas))


def _average(own: Columns, areas: Sequence[Area]) -> Affine:
    found = _counted(own, areas)
    mean = _sum_of(found).times(1 / len(found))
    return Affine(mean.terms, mean.constant, False, mean.peak)


def _most(own: Columns, areas: Sequence[Area]) -> Affine:
    found = _counted(own, areas)
    return greatest(own, found) if found else fixed(0.0)


def _least(own: Columns, areas: Sequence[Area]) -> Affine:
    found = _counted(own, areas)
    return least_of(own, found) if found else fixed(0.0)


def _median(own: Columns, areas: Sequence[Area]) -> Affine:
    """Return the middle one of three: the sum less the greatest and the least."""
    found = _counted(own, areas)
    if len(found) > 3:
        raise NotLinearError(own.cell, f"it is a median of {len(found)}, and not of 3 at most")
    total = _sum_of(found)
    if len(found) < 3:
        return total.times(1 / len(found))
    return total.plus(greatest(own, found), -1.0).plus(least_of(own, found), -1.0)


def _count(own: Columns, areas: Sequence[Area]) -> float:
    return float(len(_counted(own, areas)))


def _sum_of_products(own: Columns, areas: Sequence[Area]) -> Affine:
    if len({area.values.shape for area in areas}) > 1:
        raise NotLinearError(own.cell, "its arrays are of different sizes")
    parts = []
    for values in zip(*(area.values.ravel() for area in areas), strict=True):
        found = fixed(1.0)
        for value in values:
            _require_fixed_kind(own, value)
            counts = kind_of(value) == NUMBER and value is not None
            found = product(own, found, number(own, value) if counts else fixed(0.0))
        parts.append(found)
    return _sum_of(parts)


def _require_fixed_kind(own: Columns, value: Any) -> None:
    if isinstance(value, CellError):
        raise NotLinearError(own.cell, f"it computes with {value.code}")
    if kind_of(value) == EITHER:
        why = "it counts what is a number at some points and a boolean at others"
        raise NotLinearError(own.cell, why)


def _conditions(own: Columns, areas: Sequence[Area]) -> list[Affine]:
    out = []
    for area in areas:
        for value in area.values.ravel():
            _require_fixed_kind(own, value)
            if area.single or isinstance(value, Affine | bool | float):
                out.append(truth(own, value))
    return out


def _logical(join: Callable[[Columns, list[Affine]], Affine]) -> Ranged:
    return lambda own, areas: join(own, _conditions(own, areas))


_COMPARISONS = {
    "=": LinearForm.EQUAL, "<>": LinearForm.UNEQUAL, "<": LinearForm.LESS,
    ">": LinearForm.MORE, "<=": LinearForm.AT_MOST, ">=": LinearForm.AT_LEAST,
}  # fmt: skip
"""The sign of a criterion -> what it is."""


def _meets(own: Columns, value: Any, criterion: Any) -> Affine:
    """Return whether a value meets a criterion, as a boolean."""
    if not isinstance(value, Affine) and not isinstance(criterion, Affine):
        holds = bool(Tested(constant(value)).meets(criterion).all())
        return fixed(float(holds)).of_kind(BOOL)
    if kind_of(value) != NUMBER or isinstance(value, str | None):
        if isinstance(value, Affine) or (isinstance(criterion, Affine) and value is not None):
            raise NotLinearError(own.cell, "it tests what is no number")
        return fixed(0.0).of_kind(BOOL)  # a blank is no number, whichever is sought
    if isinstance(criterion, Affine):
        return compared(own, value, criterion, LinearForm.EQUAL)
    if not isinstance(criterion, str):
        if isinstance(criterion, bool | CellError):
            return fixed(0.0).of_kind(BOOL)
        return compared(own, value, criterion or 0.0, LinearForm.EQUAL)
    sign, text = split_criterion(criterion)
    sought = number_of(text)
    if sought == sought:
        return compared(own, value, sought, _COMPARISONS[sign or "="])
    # A number is no text, no boolean, no error and no blank.
    return fixed(float(sign == "<>")).of_kind(BOOL)


def _masks(own: Columns, pairs: Sequence[tuple[Area, Area]]) -> Objects:
    """Return for each place whether it meets all criteria."""
    shape = pairs[0][0].values.shape
    if any(area.values.shape != shape or one.values.size != 1 for area, one in pairs):
        raise NotLinearError(own.cell, "its ranges differ in size, or a criterion is an array")
    out = np.empty(shape, object)
    for place in np.ndindex(shape):
        out[place] = all_of(
            own, [_meets(own, area.values[place], one.values.flat[0]) for area, one in pairs]
        )
    return out


def _paired(areas: Sequence[Area]) -> list[tuple[Area, Area]]:
    return list(zip(areas[::2], areas[1::2], strict=True))


def _count_if(own: Columns, areas: Sequence[Area]) -> Affine:
    return _sum_of(list(_masks(own, _paired(areas)).ravel())).of_kind(NUMBER)


def _added(own: Columns, summed: Area, masks: Objects) -> Affine:
    rows, columns = masks.shape
    parts = []
    for mask, value in zip(masks.ravel(), summed.values[:rows, :columns].ravel(), strict=True):
        if not mask.moves and not mask.constant:
            continue
        _require_fixed_kind(own, value)
        if kind_of(value) == NUMBER and value is not None:
            parts.append(product(own, mask.of_kind(NUMBER), number(own, value)))
    return _sum_of(parts)


def _sum_if(own: Columns, areas: Sequence[Area]) -> Affine:
    summed = areas[2] if len(areas) > 2 else areas[0]
    masks = _masks(own, _paired(areas[:2]))
    if any(a < b for a, b in zip(summed.values.shape, masks.shape, strict=True)):
        raise NotLinearError(own.cell, "its ranges differ in size")
    return _added(own, summed, masks)


def _sum_ifs(own: Columns, areas: Sequence[Area]) -> Affine:
    masks = _masks(own, _paired(areas[1:]))
    if areas[0].values.shape != masks.shape:
        raise NotLinearError(own.cell, "its ranges differ in size")
    return _added(own, areas[0], masks)


def _matrix_product(own: Columns, areas: Sequence[Area]) -> Objects:
    a, b = (area.values for area in areas)
    out = np.empty((a.shape[0], b.shape[1]), object)
    for i, j in np.ndindex(out.shape):
        pairs = zip(a[i], b[:, j], strict=True)
        out[i, j] = _sum_of([product(own, number(own, x), number(own, y)) for x, y in pairs])
    return out


def _transposed(_own: Columns, areas: Sequence[Area]) -> Objects:
    return areas[0].values.T


RANGES: dict[LinearForm, Ranged] = {
    LinearForm.TOTAL: _sum,
    LinearForm.MEAN: _average,
    LinearForm.GREATEST: _most,
    LinearForm.LEAST: _least,
    LinearForm.MIDDLE: _median,
    LinearForm.COUNT: _count,
    LinearForm.SUM_OF_PRODUCTS: _sum_of_products,
    LinearForm.MATRIX_PRODUCT: _matrix_product,
    LinearForm.TRANSPOSE: _transposed,
    LinearForm.ALL: _logical(all_of),
    LinearForm.ANY: _logical(any_of),
    LinearForm.ODD: _logical(joined_odd),
    LinearForm.COUNT_IF: _count_if,
    LinearForm.SUM_IF: _sum_if,
    LinearForm.SUM_IFS: _sum_ifs,
}
"""What a function is -> (columns, its arguments in one cell) -> value, or rows of values."""
