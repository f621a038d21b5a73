# ruff: noqa: ARG001  (all partials are called alike: result, arguments)
"""Order: LARGE, SMALL, percentiles, ranks, the commonest value.

A percentile stands at a real-valued position among the sorted numbers, between two of them; its
derivative by those two is how near it is to each. Where two numbers are equal there is a kink.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.book import CellError, Value
from sheetsim.formula.functions._function import Function
from sheetsim.formula.functions._make import (
    ALL,
    everywhere,
    first_error,
    general,
    numbers_in,
    plain,
)
from sheetsim.formula.functions._ranges import mask_of, ranged, spread
from sheetsim.formula.functions.arrays import Rows, dynamic
from sheetsim.formula.values import NA_ERROR, ArrayValue, Bools, ExcelError, choose, with_errors

Slopes = tuple[Floats, Sequence[Floats | None]]
Place = Callable[[Floats, Floats], Floats]


def _sorted(x: Floats, m: Bools) -> tuple[Floats, Any, Floats]:
    """Return the numbers in order, where each of them was, and how many there are."""
    held = np.where(m, x, np.inf)
    order = np.argsort(held, -1, kind="stable")
    return np.take_along_axis(held, order, -1), order, m.sum(-1, keepdims=True, dtype=np.float64)


def _ends(at: Floats, n: Floats) -> tuple[Any, Any, Floats]:
    """Return the positions below and above one, and how far behind the lower one it is."""
    safe = np.where((at >= 0) & (at <= n - 1), at, 0.0)
    near = np.rint(safe)
    safe = np.where(np.abs(safe - near) <= 1e-13 * (1 + near), near, safe)
    low = np.floor(safe)
    high = np.minimum(low + 1, np.maximum(n - 1, 0))
    return low.astype(np.intp), high.astype(np.intp), safe - low


def _taken(values: Any, at: Any) -> Any:
    """Return values (..., 1, 1, n) at positions (..., h, w, 1), as (..., h, w, 1)."""
    ahead = np.broadcast_shapes(values.shape[:-1], at.shape[:-1])
    values = np.broadcast_to(values, (*ahead, values.shape[-1]))
    return np.take_along_axis(values, np.broadcast_to(at, (*ahead, 1)), -1)


def _placed(name: str, place: Place, speed: Place | None, also: str = "") -> Function:
    """Make a function of a range and k; `place(k, n)` is a position from 0, `speed` its slope."""

    def value(x: Floats, m: Bools, k: Floats) -> Floats:
        order, _, n = _sorted(x, m)
        at = place(k, n)
        at = np.where(np.abs(at - np.rint(at)) <= 1e-13 * (1 + np.abs(at)), np.rint(at), at)
        low, high, part = _ends(at, n)
        below, above = _taken(order, low), _taken(order, high)
        out = np.where(part == 0, below, below + part * (above - below))
        return np.where((at >= 0) & (at <= n - 1), out, np.nan)[..., 0]

    def partials(y: Floats, x: Floats, m: Bools, k: Floats) -> Slopes:
        order, places, n = _sorted(x, m)
        low, high, part = _ends(place(k, n), n)
        own = np.arange(x.shape[-1])
        slope = (own == _taken(places, low)) * (1 - part) + (own == _taken(places, high)) * part
        by_k = None
        if speed is not None:
            by_k = ((_taken(order, high) - _taken(order, low)) * speed(k, n))[..., 0]
        return slope, [by_k]

    return ranged(name, value, partials, singles=1, kinks=ALL, also=(also,) if also else (),
                  sample=([[0.3, 1.9], [1.2, 0.5]], 1.4 if speed is None else 0.37))  # fmt: skip


def _share_of(k: Floats, most: float) -> Floats:
    """Return k from 0 to `most`, NaN beyond: of a single number, too, whose place is always 0."""
    return np.where((k < 0) | (k > most), np.nan, k)


def _trimmed(m: Bools, part: Floats) -> tuple[Floats, Floats]:
    """Return how many numbers there are, and how many are cut off at each end."""
    n = m.sum(-1, keepdims=True, dtype=np.float64)
    return n, np.where((part >= 0) & (part < 1), np.floor(n * part / 2 + 1e-12), np.nan)


def _trimmed_weights(x: Floats, m: Bools, part: Floats) -> tuple[Floats, Any]:
    """Return the sorted numbers' weights in the mean, and where each of them was."""
    _, places, _ = _sorted(x, m)
    n, cut = _trimmed(m, part)
    own = np.arange(x.shape[-1])
    return ((own >= cut) & (own < n - cut)) / (n - 2 * cut) + 0 * cut, places


def _trimmean(x: Floats, m: Bools, part: Floats) -> Floats:
    order, _, _ = _sorted(x, m)
    weights, _ = _trimmed_weights(x, m, part)
    out: Floats = (np.where(np.isinf(order), 0.0, order) * weights).sum(-1)
    return out


def _trimmean_slopes(y: Floats, x: Floats, m: Bools, part: Floats) -> Slopes:
    weights, places = _trimmed_weights(x, m, part)
    places = np.broadcast_to(places, weights.shape)
    slope = np.zeros(weights.shape)
    np.put_along_axis(slope, places, weights, -1)
    return slope, [None]


def _rank(
    number: ArrayValue, among: ArrayValue, *order: ArrayValue, average: bool = False
) -> ArrayValue:
    """Return the place of a number among others, the greatest first; `#N/A` if it is not there."""
    x, m, _ = numbers_in([among])
    below, same = _below_and_same(x, mask_of(x, m), number.num)
    above = mask_of(x, m).sum(-1)[..., None, None] - below - same
    rising = order[0].num != 0 if order else np.zeros(1, bool)
    place = np.where(rising, below, above) + 1.0
    place = place + (same - 1) / 2 if average else place
    args = [number, first_error(among), *order]
    place = place + sum(0.0 * one.num for one in args)
    found = with_errors(place, args)
    lost = (same == 0) & np.isfinite(place)
    return choose(lost, everywhere((number, among), NA_ERROR), found) if lost.any() else found


def _below_and_same(x: Floats, m: Bools, own: Floats) -> tuple[Floats, Floats]:
    """Return how many numbers of x (..., n) are less than each of own (..., h, w), and equal."""
    if x[..., 0].size == 1:  # one range for all cells
        held = np.sort(x[m])
        low, high = (np.searchsorted(held, own, side=side) for side in ("left", "right"))
        return low.astype(np.float64), (high - low).astype(np.float64)
    less = (spread(x) < own[..., None]) & spread(m)
    same = (spread(x) == own[..., None]) & spread(m)
    return less.sum(-1) * 1.0, same.sum(-1) * 1.0


def _ranking(name: str, also: str = "", *, average: bool = False) -> Function:
    """Make RANK; where its number moves alone it is lost among the others, so nothing to derive."""
    made = general(name, 2, 3, lambda *args: _rank(*args, average=average), params="VRV",
                   kinks=ALL, also=(also,) if also else ())  # fmt: skip
    return replace(made, kind="plain")


def _share(rows: list[list[Value]], x: float, digits: int = 3, *, inner: bool = False) -> float:
    """Return how far up among the numbers x stands, from 0 to 1, cut to so many digits."""
    found = sorted(_floats(rows))
    if not found or digits < 1:
        raise ValueError("nothing to compare with")
    if not found[0] <= x <= found[-1]:
        raise ExcelError(NA_ERROR)
    below = sum(one < x for one in found)
    at = float(below)
    if found[below] != x:
        low, high = found[below - 1], found[below]
        at = below - 1 + (x - low) / (high - low)
    n = len(found)
    share = (at + 1) / (n + 1) if inner else at / (n - 1) if n > 1 else 1.0
    scale = 10.0**digits
    return float(np.floor(share * scale * (1 + 4e-16)) / scale)


def _floats(rows: list[list[Value]]) -> list[float]:
    """Return the numbers in a range.

    Raises:
        ExcelError: there is an error among them.
    """
    flat = [one for row in rows for one in row]
    for one in flat:
        if isinstance(one, CellError):
            raise ExcelError(one)
    return [one for one in flat if isinstance(one, float)]


def _mode(*ranges: list[list[Value]]) -> float:
    """Return the number that comes most often, the first of several; `#N/A` if none comes twice."""
    found = Counter(one for rows in ranges for one in _floats(rows))
    best = max(found, key=lambda one: found[one], default=0.0)
    if found[best] < 2:
        raise ExcelError(NA_ERROR)
    return best


def _modes(*ranges: Rows) -> Rows:
    """Return all numbers that come most often, in their order, one below the other."""
    found = Counter(one for rows in ranges for one in _floats(rows))
    most = max(found.values(), default=0)
    if most < 2:
        raise ExcelError(NA_ERROR)
    return [[one] for one, count in found.items() if count == most]


def _frequency(data: ArrayValue, bins: ArrayValue) -> ArrayValue:
    """Return how many numbers lie up to each bound, and behind the last: a column."""
    x, m, _ = numbers_in([data])
    bounds, known, _ = numbers_in([bins])
    m, known = mask_of(x, m), mask_of(bounds, known)
    held = np.where(known, bounds, np.inf)
    order = np.argsort(held, -1, kind="stable")
    rising = np.take_along_axis(held, order, -1)[..., :, None]
    below = ((x[..., None, :] <= rising) & m[..., None, :]).sum(-1)
    counts = np.diff(below, axis=-1, prepend=0)
    out = np.zeros((*counts.shape[:-1], counts.shape[-1] + 1))
    np.put_along_axis(out, np.broadcast_to(order, counts.shape), counts, -1)
    out[..., -1] = m.sum(-1) - below[..., -1]
    codes = [first_error(data), first_error(bins)]
    return with_errors(out[..., None] + sum(code.num for code in codes), codes)


def _whole(k: Floats, n: Floats) -> Floats:
    return np.trunc(k) - 1 + 0 * n


def _quarters(k: Floats) -> Floats:
    return np.trunc(k) / 4


FUNCTIONS = (
    _placed("LARGE", lambda k, n: n - 1 - _whole(k, n), None),
    _placed("SMALL", _whole, None),
    _placed("PERCENTILE.INC", lambda k, n: _share_of(k, 1) * (n - 1), lambda _, n: n - 1,
            "PERCENTILE"),
    _placed("PERCENTILE.EXC", lambda k, n: k * (n + 1) - 1, lambda _, n: n + 1),
    _placed("QUARTILE.INC", lambda k, n: _share_of(_quarters(k), 1) * (n - 1), None, "QUARTILE"),
    _placed("QUARTILE.EXC", lambda k, n: _quarters(k) * (n + 1) - 1, None),
    ranged("TRIMMEAN", _trimmean, _trimmean_slopes, singles=1, kinks=ALL,
           sample=([[0.3, 1.9, 1.2, 0.5, 0.8]], 0.45)),
    _ranking("RANK.EQ", "RANK"),
    _ranking("RANK.AVG", average=True),
    plain("PERCENTRANK.INC", "rn|i", _share, also="PERCENTRANK"),
    plain("PERCENTRANK.EXC", "rn|i", lambda *args: _share(*args, inner=True)),
    plain("MODE.SNGL", "r", _mode, most=255, also="MODE"),
    dynamic("MODE.MULT", 1, 255, _modes, params="R"),
    general("FREQUENCY", 2, 2, _frequency, params="R", kinks=ALL,
            sample=([[0.3, 1.9, 1.2, 0.5, 0.8]], [[0.6], [1.5]])),
)  # fmt: skip
