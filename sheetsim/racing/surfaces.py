"""Loss surfaces of two parameters, each with its exact gradient, its start and its minima.

All are shifted so that their least value is 0, which makes a logarithmic scale possible.

line: the mean squared error of y = b + a x over the points of gradient_descent.xlsx. It is a
    quadratic with the constant matrix H = 2/n [[n, sum x], [sum x, sum x^2]], and as the mean of
    x is large beside its spread, H's eigenvalues are thousands of times apart: the narrow valley.
rosenbrock: (1 - x)^2 + 100 (y - x^2)^2, a bent valley; start and minimum as in Rosenbrock (1960).
beale: the sum of (c_i - x (1 - y^i))^2 for i = 1, 2, 3 and c = 1.5, 2.25, 2.625; start (1, 1) as
    in More, Garbow and Hillstrom, Testing Unconstrained Optimization Software (1981), no. 5.
saddle: x^2 / 2 + (y^2 - 1)^2 / 4, a saddle at (0, 0) between two minima at (0, 1) and (0, -1).
    The start is almost on the ridge, where the gradient leads to the saddle. Many draw the saddle
    x^2 - y^2 instead, which has no minimum: whoever falls faster would win without end.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from sheetsim.data import Points, line_points
from sheetsim.sheet import Array

Pair = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Surface:
    """A loss of two parameters.

    Attributes:
        name: what `sheetsim race` calls it.
        title: for a figure.
        axes: names of the two parameters.
        loss: (..., 2) -> (...), 0 at the minima and above it elsewhere.
        gradient: (..., 2) -> (..., 2), exact.
        hessian: the matrix of second derivatives at the first minimum, (2, 2).
        start: where a race begins.
        minima: all places of loss 0.
        box: ((low, high) of the first parameter, of the second): what a figure shows.
    """

    name: str
    title: str
    axes: tuple[str, str]
    loss: Callable[[Array], Array]
    gradient: Callable[[Array], Array]
    hessian: Array
    start: Pair
    minima: tuple[Pair, ...]
    box: tuple[Pair, Pair]

    @property
    def condition(self) -> float:
        """Condition number: the ratio of the hessian's eigenvalues, at the first minimum."""
        low, high = np.linalg.eigvalsh(self.hessian)
        return float(high / low)

    def distance(self, x: Array) -> Array:
        """How far points (..., 2) are from the nearest minimum, (...)."""
        gaps = x[..., None, :] - np.array(self.minima)
        return np.asarray(np.hypot(gaps[..., 0], gaps[..., 1]).min(axis=-1))


def pair(first: Array, second: Array) -> Array:
    """Two parameters of any shape as one array (..., 2), each of them contiguous in memory.

    Arithmetic with a column of learning rates is several times as fast on this layout as on the
    usual one, whose innermost loops are two numbers long.
    """
    both = np.empty((2, *np.shape(first)))
    both[0], both[1] = first, second
    return np.moveaxis(both, 0, -1)


def line_surface(points: Points) -> Surface:
    """The mean squared error of a line through points that lie on one.

    Args:
        points: with at least two different x, and on a line, so that the least error is 0.
    """
    n, x, y = points.n, points.x, points.y
    # Sums of whole numbers are exact, so that best_a and best_b are.
    wide = n * (x @ x) - x.sum() ** 2
    best_a = float((n * (x @ y) - x.sum() * y.sum()) / wide)
    best_b = float((y.sum() - best_a * x.sum()) / n)
    mean, square = float(x.mean()), float(x @ x) / n

    def gradient(at: Array) -> Array:
        db, da = at[..., 0] - best_b, at[..., 1] - best_a
        # Not a product of matrices: how that rounds depends on how many points it gets.
        return pair(2 * (db + mean * da), 2 * (mean * db + square * da))

    def loss(at: Array) -> Array:
        db, da = at[..., 0] - best_b, at[..., 1] - best_a
        return np.asarray((db + mean * da) ** 2 + (square - mean**2) * da**2)

    return Surface(
        name="line",
        title="Mean squared error of the line y = b + a x",
        axes=("b", "a"),
        loss=loss,
        gradient=gradient,
        hessian=2 * np.array([[1, mean], [mean, square]]),
        start=(1.0, 1.0),
        minima=((best_b, best_a),),
        box=((-8.0, 44.0), (0.7, 3.5)),
    )


def _rosenbrock(at: Array) -> Array:
    x, y = at[..., 0], at[..., 1]
    return np.asarray((1 - x) ** 2 + 100 * (y - x**2) ** 2)


def _rosenbrock_gradient(at: Array) -> Array:
    x, y = at[..., 0], at[..., 1]
    bend = 200 * (y - x**2)
    return pair(2 * (x - 1) - 2 * x * bend, bend)


BEALE = (1.5, 2.25, 2.625)


def _beale(at: Array) -> Array:
    x, y = at[..., 0], at[..., 1]
    r1, r2, r3 = (c - x * (1 - y**i) for i, c in enumerate(BEALE, start=1))
    return np.asarray(r1**2 + r2**2 + r3**2)


def _beale_gradient(at: Array) -> Array:
    x, y = at[..., 0], at[..., 1]
    r1, r2, r3 = (c - x * (1 - y**i) for i, c in enumerate(BEALE, start=1))
    by_x = r1 * (y - 1) + r2 * (y**2 - 1) + r3 * (y**3 - 1)
    by_y = x * (r1 + 2 * y * r2 + 3 * y**2 * r3)
    return pair(2 * by_x, 2 * by_y)


def _saddle(at: Array) -> Array:
    x, y = at[..., 0], at[..., 1]
    return np.asarray(x**2 / 2 + (y**2 - 1) ** 2 / 4)


def _saddle_gradient(at: Array) -> Array:
    x, y = at[..., 0], at[..., 1]
    return pair(x, y * (y**2 - 1))


SURFACES: Mapping[str, Surface] = {
    surface.name: surface
    for surface in (
        line_surface(line_points()),
        Surface(
            name="rosenbrock",
            title="Rosenbrock's valley",
            axes=("x", "y"),
            loss=_rosenbrock,
            gradient=_rosenbrock_gradient,
            hessian=np.array([[802.0, -400.0], [-400.0, 200.0]]),
            start=(-1.2, 1.0),
            minima=((1.0, 1.0),),
            box=((-2.0, 2.0), (-1.0, 3.0)),
        ),
        Surface(
            name="beale",
            title="Beale's function",
            axes=("x", "y"),
            loss=_beale,
            gradient=_beale_gradient,
            # 2 J'J: the residuals are 0 there, and J has rows (y^i - 1, i x y^(i - 1)).
            hessian=np.array([[3.15625, -11.4375], [-11.4375, 46.125]]),
            start=(1.0, 1.0),
            minima=((3.0, 0.5),),
            box=((-0.5, 4.5), (-1.5, 1.7)),
        ),
        Surface(
            name="saddle",
            title="A saddle between two minima",
            axes=("x", "y"),
            loss=_saddle,
            gradient=_saddle_gradient,
            hessian=np.array([[1.0, 0.0], [0.0, 2.0]]),
            start=(1.5, 0.001),
            minima=((0.0, 1.0), (0.0, -1.0)),
            box=((-2.0, 2.0), (-1.6, 1.6)),
        ),
    )
}
"""By name, in the order of the help."""
