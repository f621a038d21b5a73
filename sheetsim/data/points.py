"""Points (x, y) for gradient descent on a line.

The lecture's sheet draws x with `RANDBETWEEN(1,100)` and takes y = 2 x + 30 without noise: 29
points, whose best line is known, so that a class sees how near each optimizer comes.
`line_points` draws such points anew from a seed; `load_points` reads a CSV with headings x and y.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from sheetsim.arrays import Floats
from sheetsim.data.csv_table import Table, open_table, printable
from sheetsim.data.frame_table import frame_table, is_frame
from sheetsim.data.numbers import first_out_of_range, parse_number, range_text, read_only, to_floats
from sheetsim.errors import DataError, OptionError, OptionName, shown
from sheetsim.option_values import whole_number
from sheetsim.references import MAX_ROWS

if TYPE_CHECKING:
    import pandas as pd

MIN_POINTS = 2
"""A line needs two."""

MAX_POINTS = MAX_ROWS - 1
"""Excel's 1,048,576 rows, less the heading."""

LARGEST = 1e100
"""Largest magnitude of x and y: the product of any two, summed over all rows, stays below the
largest number of Excel and NumPy, 1.8e308."""

_LARGEST_OPTION = 1e90


@dataclass(frozen=True, eq=False)
class Points:
    """Points in the plane; two are equal if x and y are, whatever their source.

    Attributes:
        x: abscissas, float64 (n,), read-only, each 0 or of magnitude 1e-100 to 1e100; any unit.
        y: ordinates, float64 (n,), read-only, same range; any unit.
        source: where they are from, for people to read: a file's name, or the line's equation.

    Raises:
        DataError: x and y differ in length, fewer than 2 points, more than 1,048,575, or a
            number out of range, NaN and infinity included.
    """

    x: Floats
    y: Floats
    source: str

    def __post_init__(self) -> None:
        for axis, values in (("x", self.x), ("y", self.y)):
            floats = to_floats(values, f"{self.source}: {axis}", "numbers, shape (n,)")
            if floats.ndim != 1:
                raise DataError(
                    f"{self.source}: {axis} has shape {floats.shape}; expected (n,), one axis"
                )
            bad = first_out_of_range(floats, LARGEST)
            if bad is not None:
                raise DataError(
                    f"{self.source}: row {bad[0] + 1}, column {axis}: {floats[bad]:g} is out of "
                    f"range; expected {range_text(LARGEST)}"
                )
            object.__setattr__(self, axis, read_only(floats))
        if len(self.x) != len(self.y):
            raise DataError(
                f"{self.source}: {len(self.x)} values of x, {len(self.y)} of y; expected as many"
            )
        _check_count(len(self.x), self.source)

    @property
    def n(self) -> int:
        """Number of points, from 2 to 1,048,575."""
        return len(self.x)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Points):
            return NotImplemented
        return np.array_equal(self.x, other.x) and np.array_equal(self.y, other.y)

    def __hash__(self) -> int:
        return hash((self.n, float(self.x[0]), float(self.y[0])))


PointsLike: TypeAlias = "Points | str | os.PathLike[str] | pd.DataFrame | npt.ArrayLike | None"
"""What `as_points` accepts."""


def line_points(
    n: int = 29, a: float = 2.0, b: float = 30.0, noise: float = 0.0, seed: int = 42
) -> Points:
    """Draw points around a line: y = a x + b + noise e, with e standard normal.

    x are whole numbers from 1 to 100, as the lecture's RANDBETWEEN(1,100) draws them.

    Args:
        n: number of points, from 2 to 1,048,575.
        a: slope, magnitude up to 1e90.
        b: intercept, magnitude up to 1e90.
        noise: standard deviation of the noise in units of y, from 0 to 1e90.
        seed: seed of NumPy's default generator, 0 or more. x depend on n and seed alone.

    Returns:
        The points, x and y of shape (n,).

    Raises:
        OptionError: an argument is outside its range.
    """
    n = whole_number("n", n, MIN_POINTS, MAX_POINTS)
    seed = whole_number("seed", seed, 0)
    a, b, noise = (_real(name, v) for name, v in (("a", a), ("b", b), ("noise", noise)))
    if noise < 0:
        raise OptionError(
            OptionName("noise"), f" is {noise:g}; expected a standard deviation, 0 or more"
        )
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 101, size=n).astype(np.float64)
    y = a * x + b
    if noise:
        y = y + noise * rng.standard_normal(n)
    source = f"y = {a:g} x {'-' if b < 0 else '+'} {abs(b):g}, noise {noise:g}, seed {seed}"
    return Points(x, y, source)


def load_points(path: str | os.PathLike[str]) -> Points:
    """Read a CSV with headings x and y, in any order and case; other columns are ignored.

    Returns:
        The points in the file's order, x and y of shape (n,).

    Raises:
        DataError: see `open_table`; or a heading is missing, a field is blank, no number or out
            of range, or there are too few or too many points.
    """
    with open_table(path) as table:
        return _points(table, printable(Path(path).name))


def as_points(obj: PointsLike = None) -> Points:
    """Points from whatever holds them, checked alike.

    Args:
        obj: None for `line_points()`, a path (see `load_points`), Points, a DataFrame with
            columns x and y, a tuple (x, y) of two sequences of shape (n,), or an array (n, 2).

    Raises:
        DataError: the object holds no such points; see `Points` and `load_points`.
    """
    if obj is None:
        return line_points()
    if isinstance(obj, Points):
        return obj
    if isinstance(obj, str | os.PathLike):
        return load_points(obj)
    if is_frame(obj):
        return _points(frame_table(obj), "DataFrame")
    if isinstance(obj, tuple):
        if len(obj) != 2:
            raise DataError(f"points: a tuple of {len(obj)}; expected two sequences, (x, y)")
        return Points(obj[0], obj[1], "arrays")
    pairs = to_floats(obj, "points", "numbers, shape (n, 2)")
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise DataError(f"points: an array of shape {pairs.shape}; expected (n, 2), or (x, y)")
    return Points(pairs[:, 0], pairs[:, 1], "array")


def _points(table: Table, source: str) -> Points:
    wanted = table.columns("x", "y")
    xy: list[list[float]] = [[], []]
    for row, fields in table.rows:
        for values, column in zip(xy, wanted, strict=True):
            try:
                values.append(parse_number(fields[column], LARGEST))
            except ValueError as problem:
                raise DataError(f"{table.at(row, column)}: {problem}") from None
        if len(xy[0]) > MAX_POINTS:
            break
    _check_count(len(xy[0]), table.name)
    return Points(np.array(xy[0]), np.array(xy[1]), source)


def _check_count(n: int, name: str) -> None:
    if n < MIN_POINTS:
        raise DataError(f"{name}: {n} point{'' if n == 1 else 's'}; expected at least {MIN_POINTS}")
    if n > MAX_POINTS:
        raise DataError(
            f"{name}: more than {MAX_POINTS:,} points; expected no more than fit Excel's "
            f"{MAX_ROWS:,} rows with a heading"
        )


def _real(name: str, value: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not abs(number) <= _LARGEST_OPTION:
        raise OptionError(
            OptionName(name),
            f" is {shown(value)}; expected a number of magnitude up to {_LARGEST_OPTION:g}",
        )
    return number
