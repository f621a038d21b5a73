"""Results as large as their cells: the first value alone, or filled up over an array's range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.compile.batches import Operation
from sheetsim.formula.functions import ALL, Function
from sheetsim.formula.values import ERROR, NA_ERROR, NUMBER, ArrayValue

if TYPE_CHECKING:
    from sheetsim.formula.compile.batches import Batch

_REGISTER = 1_000_000  # beyond all that the steps of a formula have


def fit_to_cells(batch: Batch, root: ArrayValue) -> ArrayValue:
    """Return a batch's result as large as its cells; add the operation that makes it so.

    Args:
        batch: which.
        root: its value with the variables' own.
    """
    out = resized(root, batch.group.size)
    if out.shape[-2:] != root.shape[-2:] or out.kind is not root.kind:
        resize = Operation(_resizing(batch.group.size), (batch.root,), _REGISTER)
        batch.operations = [*batch.operations, resize]
        batch.root = _REGISTER
    return out


def is_resizing(operation: Operation) -> bool:
    """Return whether an operation is the one that `fit_to_cells` adds."""
    return operation.out == _REGISTER


def resized(values: ArrayValue, size: tuple[int, int] | None) -> ArrayValue:
    """Return values as large as the cells: the first one, or filled up with `#N/A`."""
    height, width = size or (1, 1)
    own = values.shape[-2:]
    if own == (height, width) or (size is not None and own == (1, 1)):
        return values

    def cut(part: Floats) -> Floats:
        return part[..., :height, :width]

    kind = None if values.kind is None else cut(values.kind)  # type: ignore[arg-type]
    obj = None if values.obj is None else cut(values.obj)  # type: ignore[arg-type]
    out = ArrayValue(cut(values.num), kind, obj, bad=values.bad)  # type: ignore[arg-type]
    lacks = (own[0] not in (1,) and own[0] < height, own[1] not in (1,) and own[1] < width)
    return _filled(out, height, width) if any(lacks) else out


def _filled(values: ArrayValue, height: int, width: int) -> ArrayValue:
    """Fill up with `#N/A` what an array formula's range has and its result has not."""
    objects = values.objects()
    rows = 1 if objects.shape[-2] == 1 else height
    columns = 1 if objects.shape[-1] == 1 else width
    out = np.full((*objects.shape[:-2], rows, columns), NA_ERROR, object)
    out[..., : objects.shape[-2], : objects.shape[-1]] = objects
    num = np.full(out.shape, np.nan)
    num[..., : objects.shape[-2], : objects.shape[-1]] = values.num
    kind = np.full(out.shape, ERROR, np.uint8)
    kind[..., : objects.shape[-2], : objects.shape[-1]] = (
        NUMBER if values.kind is None else values.kind
    )
    return ArrayValue(num, kind, out, bad=True)


def _resizing(size: tuple[int, int] | None) -> Function:
    """Make what gives a result the size of its cells."""

    def moved(part: Floats, like: Floats) -> Floats:
        """The part's cells that both have; 0 elsewhere."""
        out = np.zeros((*part.shape[:-2], *like.shape[-2:]))
        height, width = np.minimum(part.shape[-2:], like.shape[-2:])
        out[..., :height, :width] = part[..., :height, :width]
        return out

    def whole(part: Floats, like: Floats) -> Floats:
        return np.broadcast_to(part, (*part.shape[:-2], *like.shape[-2:]))

    return Function(
        "size of the result",
        1,
        1,
        lambda args, _strict: resized(args[0], size),
        kind="matrix",
        jvp=lambda _i, tangent, y, a: moved(whole(tangent, a), y),
        vjp=lambda _i, bar, y, a: moved(whole(bar, y), a),
        linear=ALL,
        returns=ALL,
    )
