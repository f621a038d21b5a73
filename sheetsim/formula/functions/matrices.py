# ruff: noqa: ARG001, ARG005  (all partials are called alike: result, arguments)
"""Functions of matrices: the last two axes are the rows and columns of each."""

from __future__ import annotations

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions import _steps
from sheetsim.formula.functions._function import Elsewhere, LinearForm
from sheetsim.formula.functions._make import ALL, ONE, matrix


def swap(a: Floats) -> Floats:
    """Return the transpose of each matrix."""
    return np.swapaxes(a, -1, -2)


def product(a: Floats, b: Floats) -> Floats:
    """Return the product of matrices, with one multiplication for a whole block of cells.

    A block of cells in which each row has a row a (R, 1, 1, k) and each column has a column
    b (1, C, k, 1), the commonest use, is one product of an (R, k) by a (k, C) matrix. So is one
    matrix times a vector that is another one at each of many points.
    """
    if _one_matrix(a) and b.ndim > 4 and b.shape[-4:-2] == (1, 1) and b.shape[-1] == 1:
        return _times_many(a[0, 0], b)
    if _one_matrix(b) and a.ndim > 4 and a.shape[-4:-1] == (1, 1, 1):
        return swap(_times_many(swap(b[0, 0]), swap(a)))
    if a.shape[-3] == 1 == a.shape[-2] and b.shape[-4] == 1 == b.shape[-1]:
        return np.asarray(a[..., 0, 0, :] @ swap(b[..., 0, :, :, 0]))[..., None, None]
    if a.shape[-2] == 1 and b.shape[-1] == 1:
        return np.asarray(np.sum(np.multiply(a, swap(b)), axis=-1, keepdims=True))
    return np.asarray(a @ b)


def _one_matrix(a: Floats) -> bool:
    """Whether a is one matrix, neither a row nor a column, for all points and cells."""
    return a.ndim == 4 and a.shape[:2] == (1, 1) and min(a.shape[2:]) > 1


def _times_many(a: Floats, b: Floats) -> Floats:
    """Return a (h, k) times each of the columns b (..., 1, 1, k, 1)."""
    flat = b.reshape(-1, b.shape[-2]) @ a.T
    return np.asarray(flat.reshape((*b.shape[:-2], a.shape[0], 1)))


def _product_jvp(i: int, t: Floats, y: Floats, a: Floats, b: Floats) -> Floats:
    return product(t, b) if i == 0 else product(a, t)


def _product_vjp(i: int, bar: Floats, y: Floats, a: Floats, b: Floats) -> Floats:
    """Return bar bᵀ or aᵀ bar, summed over the axes of the block that a or b does not have."""
    if a.shape[-3] == 1 == a.shape[-2] and b.shape[-4] == 1 == b.shape[-1]:
        flat = bar[..., 0, 0]
        if i == 0:
            return np.asarray(flat @ b[..., 0, :, :, 0])[..., :, None, None, :]
        return np.asarray(swap(flat) @ a[..., 0, 0, :])[..., None, :, :, None]
    return product(bar, swap(b)) if i == 0 else product(swap(a), bar)


def _determinant_slope(y: Floats, a: Floats) -> Floats:
    """Return the derivative of the determinant y: y a⁻ᵀ (Jacobi's formula)."""
    return np.asarray(np.multiply(y, swap(np.asarray(np.linalg.inv(a)))))


def _inverse(a: Floats) -> Floats:
    """Return the inverse; NaN where there is none, or the matrix holds NaN."""
    try:
        return np.asarray(np.linalg.inv(a))
    except np.linalg.LinAlgError:
        out = np.full(a.shape, np.nan)
        for index in np.ndindex(a.shape[:-2]):
            try:
                out[index] = np.linalg.inv(a[index])
            except np.linalg.LinAlgError:
                continue
        return out


def _square(a: Floats) -> bool:
    return bool(a.shape[-1] == a.shape[-2])


SQUARE = [[1.3, 0.4], [0.2, 0.9]]

FUNCTIONS = (
    matrix("MMULT", 2, product, _product_jvp, _product_vjp, linear=ONE,
           elsewhere={Elsewhere.BLANK_IN_MATRIX},
           check=lambda a, b: a.shape[-1] == b.shape[-2], sample=(SQUARE, [[0.5], [1.5]]),
           steps=_steps.matrix_product, linear_form=LinearForm.MATRIX_PRODUCT),
    matrix("TRANSPOSE", 1, swap, lambda i, t, y, a: swap(t), lambda i, bar, y, a: swap(bar),
           linear=ALL, moves=True, returns=ALL, sample=([[1.0, 2.0, 3.0]],),
           steps=_steps.transposed, linear_form=LinearForm.TRANSPOSE),
    matrix("MINVERSE", 1, _inverse, lambda i, t, y, a: -y @ t @ y,
           lambda i, bar, y, a: -swap(y) @ bar @ swap(y), check=_square, sample=(SQUARE,),
           elsewhere={Elsewhere.BLANK_IN_MATRIX}),
    matrix("MDETERM", 1, lambda a: np.linalg.det(a)[..., None, None],
           lambda i, t, y, a: (_determinant_slope(y, a) * t).sum((-2, -1), keepdims=True),
           lambda i, bar, y, a: bar * _determinant_slope(y, a), check=_square, sample=(SQUARE,),
           elsewhere={Elsewhere.BLANK_IN_MATRIX}),
)  # fmt: skip
