"""Where a function of one variable takes a value: Newton's method, and bracketing where it fails.

    x <- x - (f(x) - target) / f'(x)

Newton's steps are cut by halves until they bring f nearer to the target. Where a step does not
help, or there is no slope (f goes in steps, or its slope is not known), points on both sides of the
start, farther and farther away, are looked at in one batch. Between two neighbours of which one is
too small and the other too large, Brent's method closes in (R. P. Brent, *Algorithms for
Minimization without Derivatives*, 1973, chapter 4). If f jumps over the target there, no point hits
it, and the next such pair is tried. Last, Newton's method starts again from the points that come
nearest: a target that f only touches has no such pair.

A root is only called one where f was evaluated and lies within the tolerance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sheetsim.arrays import Floats

Both = Callable[[float], tuple[float, float | None]]
"""x -> f(x) and its slope; the slope is None where it is not known, NaN for no number."""

MOST_STEPS = 200
"""Steps of one search, of Newton's method or of Brent's."""

AGAIN = 5
"""Points from which Newton's method starts again, and gaps that are closed, at most."""

_POLISHED = 3  # steps within the tolerance, for the last digits
_HALVINGS = 40
_FAR, _NEAR, _SIDE = 1e12, 1e-6, 200
_ROUNDING = 4 * float(np.finfo(float).eps)


@dataclass(frozen=True)
class Jump:
    """A place where f passes the target without taking it: neighbours, and its values there."""

    x: float
    below: float
    above: float


@dataclass(frozen=True)
class Root:
    """What a search found.

    Attributes:
        x: the point at which f is nearest to the target, of all that were looked at.
        value: f there; NaN if it is no number anywhere.
        found: whether that is within the tolerance.
        tolerance: what counted as such: the one that was asked for, or what moving x in its last
            digits does to f, if that is more.
        evaluations: of f.
        jump: the nearest place where f jumps over the target, if nothing was found.
    """

    x: float
    value: float
    found: bool
    tolerance: float
    evaluations: int
    jump: Jump | None = None


def find_root(
    both: Both, values: Callable[[Floats], Floats], start: float, target: float, tolerance: float
) -> Root:
    """Look for an x with f(x) = target.

    Args:
        both: value and slope at a point.
        values: f at many points (S,) -> (S,); NaN where it is no number.
        start: where to begin.
        target: the value.
        tolerance: how far f may be from it.
    """
    search = _Search(both, values, target, tolerance)
    if search.newton(start):
        return search.root()
    points = _around(start)
    missed = search.look(points)
    jump = None
    for left, right in _gaps(points, missed, start)[: 4 * AGAIN]:
        found = search.close(left, right)
        if found is None:
            search.newton(search.x)  # for the last digits
            return search.root()
        jump = jump or found
    for i in np.argsort(np.where(np.isfinite(missed), np.abs(missed), np.inf))[:AGAIN]:
        if np.isfinite(missed[i]) and search.newton(float(points[i])):
            return search.root()
    return search.root(jump)


def _around(start: float) -> Floats:
    """Return points from near the start to far away, on both sides, 0 and whole ones among them."""
    scale = max(abs(start), 1.0)
    steps = scale * np.geomspace(_NEAR, _FAR, _SIDE)
    decades = 10.0 ** np.arange(-6, 13)
    whole = np.arange(-20.0, 21.0)
    return np.unique(
        np.concatenate([start - steps, [start], start + steps, decades, -decades, whole])
    )


def _gaps(points: Floats, missed: Floats, start: float) -> list[tuple[float, float]]:
    """Return neighbours between which f passes the target, those nearest to the start first."""
    some = np.isfinite(missed)
    x, sign = points[some], np.sign(missed[some])
    at = np.flatnonzero(sign[:-1] * sign[1:] < 0)
    away = np.minimum(np.abs(x[at] - start), np.abs(x[at + 1] - start))
    return [(float(x[i]), float(x[i + 1])) for i in at[np.argsort(away, kind="stable")]]


class _Search:
    """The evaluations, and the nearest point of them."""

    def __init__(
        self, both: Both, values: Callable[[Floats], Floats], target: float, tolerance: float
    ) -> None:
        self.both, self.values, self.target, self.tolerance = both, values, target, tolerance
        self.evaluations = 0
        self.x, self.missed, self.slope = float("nan"), float("inf"), 0.0

    def root(self, jump: Jump | None = None) -> Root:
        """The nearest point, and whether it is a root."""
        found = self._is_root()
        value = self.target + self.missed if np.isfinite(self.missed) else float("nan")
        return Root(
            self.x, value, found, self._allowed(), self.evaluations, None if found else jump
        )

    def _allowed(self) -> float:
        rounding = _ROUNDING * abs(self.slope * self.x)
        return max(self.tolerance, rounding if np.isfinite(rounding) else 0.0)

    def _is_root(self) -> bool:
        return abs(self.missed) <= self._allowed()

    def _note(self, x: float, missed: float, slope: float | None) -> None:
        """Keep a point that is nearer than all before."""
        if np.isnan(self.x) or abs(missed) < abs(self.missed):
            self.x, self.missed = x, missed
            self.slope = slope if slope is not None and np.isfinite(slope) else 0.0

    def at(self, x: float) -> tuple[float, float | None]:
        """By how much f misses the target at a point (inf for no number), and its slope."""
        self.evaluations += 1
        value, slope = self.both(x)
        missed = value - self.target if np.isfinite(value) else float("inf")
        self._note(x, missed, slope)
        return missed, slope

    def look(self, points: Floats) -> Floats:
        """By how much f misses the target at many points, NaN for no number."""
        self.evaluations += points.size
        missed = np.asarray(self.values(points) - self.target, float)
        missed = np.where(np.isfinite(missed), missed, np.nan)
        if np.isfinite(missed).any():
            best = int(np.nanargmin(np.abs(missed)))
            self._note(float(points[best]), float(missed[best]), None)
        return missed

    def newton(self, x: float) -> bool:
        """Step from a point as long as that helps; return whether it led to a root."""
        missed, slope = self.at(x)
        polished = 0
        for _ in range(MOST_STEPS):
            polished += self._is_root()
            if polished > _POLISHED or missed == 0:
                return True
            if not slope or not np.isfinite(missed) or not np.isfinite(slope):
                break
            step, share = missed / slope, 1.0
            for _ in range(_HALVINGS):
                new = x - share * step
                there, own = self.at(new) if np.isfinite(new) else (float("inf"), None)
                if abs(there) < abs(missed):
                    break
                share /= 2
            else:
                break
            if abs(there) > 0.9999 * abs(missed) and share < 1:
                break  # it creeps
            x, missed, slope = new, there, own
        return self._is_root()

    def close(self, left: float, right: float) -> Jump | None:
        """Close in between two points by Brent's method; return the jump, if there is no more."""
        a, b = left, right
        fa, fb = self.at(a)[0], self.at(b)[0]
        c, fc, before = a, fa, b - a
        for _ in range(MOST_STEPS):
            if self._is_root():
                return None
            if np.sign(fb) == np.sign(fc):
                c, fc, before = a, fa, b - a
            if abs(fc) < abs(fb):
                a, b, c = b, c, b
                fa, fb, fc = fb, fc, fb
            middle = 0.5 * (c - b)
            if np.nextafter(b, c) == c or middle == 0:
                break
            step = _interpolated(a, b, c, fa, fb, fc)
            if step is None or not 2 * abs(step) < min(3 * abs(middle), abs(before)):
                step = middle
            before = step
            a, fa = b, fb
            b = b + step if b + step != b else float(np.nextafter(b, c))
            fb = self.at(b)[0]
            if not np.isfinite(fb):  # a hole, from which nothing can be told
                break
        low, high = sorted((fb, fc))
        return Jump(b, self.target + low, self.target + high)


def _interpolated(a: float, b: float, c: float, fa: float, fb: float, fc: float) -> float | None:
    """Return the step from b to where a line or an inverse parabola meets 0; None for none."""
    with np.errstate(all="ignore"):
        s = fb / fa if fa else float("inf")
        if a == c:
            p, q = (c - b) * s, 1 - s
        else:
            u, r = fa / fc, fb / fc
            p = s * ((c - b) * u * (u - r) - (b - a) * (r - 1))
            q = (u - 1) * (r - 1) * (s - 1)
    if not np.isfinite(p) or not np.isfinite(q) or q == 0:
        return None
    step = p / q if a == c else -p / q
    toward = step * (c - b) > 0
    return float(step) if toward else None
