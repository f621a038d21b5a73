"""Problems of Hock & Schittkowski, *Test Examples for Nonlinear Programming Codes* (1981).

Starts, bounds and optima are the book's. A constraint is a function that is to be >= 0 or = 0.
Where the book gives the optimum in closed form, so does the table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
import pytest

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Ending
from sheetsim.solver.model import Constraint, Model, Relation
from sheetsim.solver.options import Options
from sheetsim.solver.solve_model import solve

Function = Callable[[Floats], Floats]
INF = np.inf


@dataclass(frozen=True)
class Case:
    f: Function
    start: list[float]
    best: float
    above: Function | None = None
    equal: Function | None = None
    low: list[float] | None = None
    high: list[float] | None = None


def ball(x: Floats) -> Floats:
    return x @ x


def three(x: Floats) -> Floats:
    return np.array([ball(x) - 10, x[1] * x[2] - 5 * x[3] * x[4], x[0] ** 3 + x[1] ** 3 + 1])


def hs43(x: Floats) -> Floats:
    a, b, c, d = x
    return np.array(
        [
            8 - ball(x) - a + b - c + d,
            10 - a**2 - 2 * b**2 - c**2 - 2 * d**2 + a + d,
            5 - 2 * a**2 - b**2 - c**2 - 2 * a + b + d,
        ]
    )


def hs76(x: Floats) -> Floats:
    a, b, c, d = x
    return np.array([5 - a - 2 * b - c - d, 4 - 3 * a - b - 2 * c + d, b + 4 * c - 1.5])


def hs100(x: Floats) -> Floats:
    a, b, c, d, e, f, g = x
    return np.array(
        [
            127 - 2 * a**2 - 3 * b**4 - c - 4 * d**2 - 5 * e,
            282 - 7 * a - 3 * b - 10 * c**2 - d + e,
            196 - 23 * a - b**2 - 6 * f**2 + 8 * g,
            -4 * a**2 - b**2 + 3 * a * b - 2 * c**2 - 5 * f + 11 * g,
        ]
    )


def hs100_objective(x: Floats) -> Floats:
    a, b, c, d, e, f, g = x
    return np.asarray(
        (a - 10) ** 2
        + 5 * (b - 12) ** 2
        + c**4
        + 3 * (d - 11) ** 2
        + 10 * e**6
        + 7 * f**2
        + g**4
        - 4 * f * g
        - 10 * f
        - 8 * g
    )


def hs113(x: Floats) -> Floats:
    a, b, c, d, e, f, g, h, i, j = x
    return np.array(
        [
            105 - 4 * a - 5 * b + 3 * g - 9 * h,
            -10 * a + 8 * b + 17 * g - 2 * h,
            8 * a - 2 * b - 5 * i + 2 * j + 12,
            -3 * (a - 2) ** 2 - 4 * (b - 3) ** 2 - 2 * c**2 + 7 * d + 120,
            -5 * a**2 - 8 * b - (c - 6) ** 2 + 2 * d + 40,
            -0.5 * (a - 8) ** 2 - 2 * (b - 4) ** 2 - 3 * e**2 + f + 30,
            -(a**2) - 2 * (b - 2) ** 2 + 2 * a * b - 14 * e + 6 * f,
            3 * a - 6 * b - 12 * (i - 8) ** 2 + 7 * j,
        ]
    )


def hs113_objective(x: Floats) -> Floats:
    weights = np.array([1, 4, 1, 2, 5, 7, 2, 1])
    centres = np.array([10, 5, 3, 1, 0, 11, 10, 7])
    a, b = x[0], x[1]
    quadratic = a**2 + b**2 + a * b - 14 * a - 16 * b + 45
    return np.asarray(quadratic + weights @ (x[2:] - centres) ** 2)


def rosenbrock(x: Floats) -> Floats:
    return np.asarray(100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2)


CASES = {
    1: Case(rosenbrock, [-2, 1], 0, low=[-INF, -1.5]),
    2: Case(rosenbrock, [-2, 1], 0.0504261879, low=[-INF, 1.5]),
    3: Case(lambda x: x[1] + 1e-5 * (x[1] - x[0]) ** 2, [10, 1], 0, low=[-INF, 0]),
    4: Case(lambda x: (x[0] + 1) ** 3 / 3 + x[1], [1.125, 0.125], 8 / 3, low=[1, 0]),
    5: Case(
        lambda x: np.sin(x[0] + x[1]) + (x[0] - x[1]) ** 2 - 1.5 * x[0] + 2.5 * x[1] + 1,
        [0, 0],
        -sqrt(3) / 2 - pi / 3,
        low=[-1.5, -3],
        high=[4, 3],
    ),
    6: Case(lambda x: (1 - x[0]) ** 2, [-1.2, 1], 0, equal=lambda x: 10 * (x[1:] - x[:1] ** 2)),
    7: Case(
        lambda x: np.log(1 + x[0] ** 2) - x[1],
        [2, 2],
        -sqrt(3),
        equal=lambda x: (1 + x[:1] ** 2) ** 2 + x[1:] ** 2 - 4,
    ),
    9: Case(
        lambda x: np.sin(pi * x[0] / 12) * np.cos(pi * x[1] / 16),
        [0, 0],
        -0.5,
        equal=lambda x: 4 * x[:1] - 3 * x[1:],
    ),
    10: Case(
        lambda x: x[0] - x[1],
        [-10, 10],
        -1,
        lambda x: -3 * x[:1] ** 2 + 2 * x[:1] * x[1:] - x[1:] ** 2 + 1,
    ),
    11: Case(
        lambda x: (x[0] - 5) ** 2 + x[1] ** 2 - 25,
        [4.9, 0.1],
        -8.498464223,
        lambda x: x[1:] - x[:1] ** 2,
    ),
    12: Case(
        lambda x: 0.5 * x[0] ** 2 + x[1] ** 2 - x[0] * x[1] - 7 * x[0] - 7 * x[1],
        [0, 0],
        -30,
        lambda x: 25 - 4 * x[:1] ** 2 - x[1:] ** 2,
    ),
    14: Case(
        lambda x: (x[0] - 2) ** 2 + (x[1] - 1) ** 2,
        [2, 2],
        9 - 2.875 * sqrt(7),
        lambda x: -(x[:1] ** 2) / 4 - x[1:] ** 2 + 1,
        lambda x: x[:1] - 2 * x[1:] + 1,
    ),
    21: Case(
        lambda x: 0.01 * x[0] ** 2 + x[1] ** 2 - 100,
        [-1, -1],
        -99.96,
        lambda x: 10 * x[:1] - x[1:] - 10,
        low=[2, -50],
        high=[50, 50],
    ),
    22: Case(
        lambda x: (x[0] - 2) ** 2 + (x[1] - 1) ** 2,
        [2, 2],
        1,
        lambda x: np.array([2 - x[0] - x[1], x[1] - x[0] ** 2]),
    ),
    26: Case(
        lambda x: (x[0] - x[1]) ** 2 + (x[1] - x[2]) ** 4,
        [-2.6, 2, 2],
        0,
        equal=lambda x: (1 + x[1:2] ** 2) * x[:1] + x[2:] ** 4 - 3,
    ),
    28: Case(
        lambda x: (x[0] + x[1]) ** 2 + (x[1] + x[2]) ** 2,
        [-4, 1, 1],
        0,
        equal=lambda x: x[:1] + 2 * x[1:2] + 3 * x[2:] - 1,
    ),
    29: Case(
        lambda x: np.asarray(-np.prod(x)),
        [1, 1, 1],
        -16 * sqrt(2),
        lambda x: 48 - x[:1] ** 2 - 2 * x[1:2] ** 2 - 4 * x[2:] ** 2,
    ),
    30: Case(
        ball,
        [1, 1, 1],
        1,
        lambda x: x[:1] ** 2 + x[1:2] ** 2 - 1,
        low=[1, -10, -10],
        high=[10, 10, 10],
    ),
    35: Case(
        lambda x: (
            9 - np.array([8, 6, 4]) @ x + np.array([2, 2, 1]) @ x**2 + 2 * x[0] * (x[1] + x[2])
        ),
        [0.5, 0.5, 0.5],
        1 / 9,
        lambda x: 3 - x[:1] - x[1:2] - 2 * x[2:],
        low=[0, 0, 0],
    ),
    37: Case(
        lambda x: np.asarray(-np.prod(x)),
        [10, 10, 10],
        -3456,
        lambda x: np.array([72, 0]) + np.array([-1, 1]) * (x[0] + 2 * x[1] + 2 * x[2]),
        low=[0] * 3,
        high=[42] * 3,
    ),
    39: Case(
        lambda x: -x[0],
        [2] * 4,
        -1,
        equal=lambda x: np.array([x[1] - x[0] ** 3 - x[2] ** 2, x[0] ** 2 - x[1] - x[3] ** 2]),
    ),
    40: Case(
        lambda x: np.asarray(-np.prod(x)),
        [0.8] * 4,
        -0.25,
        equal=lambda x: np.array(
            [x[0] ** 3 + x[1] ** 2 - 1, x[0] ** 2 * x[3] - x[2], x[3] ** 2 - x[1]]
        ),
    ),
    43: Case(
        lambda x: np.array([1, 1, 2, 1]) @ x**2 + np.array([-5, -5, -21, 7]) @ x,
        [0] * 4,
        -44,
        hs43,
    ),
    48: Case(
        lambda x: (x[0] - 1) ** 2 + (x[1] - x[2]) ** 2 + (x[3] - x[4]) ** 2,
        [3, 5, -3, 2, -2],
        0,
        equal=lambda x: np.array([x.sum() - 5, x[2] - 2 * (x[3] + x[4]) + 3]),
    ),
    60: Case(
        lambda x: (x[0] - 1) ** 2 + (x[0] - x[1]) ** 2 + (x[1] - x[2]) ** 4,
        [2] * 3,
        0.03256820025,
        equal=lambda x: x[:1] * (1 + x[1:2] ** 2) + x[2:] ** 4 - 4 - 3 * sqrt(2),
        low=[-10] * 3,
        high=[10] * 3,
    ),
    66: Case(
        lambda x: 0.2 * x[2] - 0.8 * x[0],
        [0, 1.05, 2.9],
        0.5181632741,
        lambda x: np.array([x[1] - np.exp(x[0]), x[2] - np.exp(x[1])]),
        low=[0] * 3,
        high=[100, 100, 10],
    ),
    71: Case(
        lambda x: x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2],
        [1, 5, 5, 1],
        17.0140173,
        lambda x: np.array([np.prod(x) - 25]),
        lambda x: np.array([ball(x) - 40]),
        low=[1] * 4,
        high=[5] * 4,
    ),
    76: Case(
        lambda x: (
            np.array([1, 0.5, 1, 0.5]) @ x**2
            - x[0] * x[2]
            + x[2] * x[3]
            + np.array([-1, -3, 1, -1]) @ x
        ),
        [0.5] * 4,
        -4.681818181,
        hs76,
        low=[0] * 4,
    ),
    78: Case(np.prod, [-2, 1.5, 2, -1, -1], -2.91970041, equal=three),
    80: Case(
        lambda x: np.exp(np.prod(x)),
        [-2, 2, 2, -1, -1],
        0.0539498478,
        equal=three,
        low=[-2.3, -2.3, -3.2, -3.2, -3.2],
        high=[2.3, 2.3, 3.2, 3.2, 3.2],
    ),
    100: Case(hs100_objective, [1, 2, 0, 4, 0, 1, 1], 680.6300573, hs100),
    113: Case(hs113_objective, [2, 3, 5, 5, 1, 2, 7, 3, 6, 10], 24.3062091, hs113),
}


def slopes(function: Function, x: Floats) -> Floats:
    """Exact derivatives by complex steps, (..., n)."""
    steps = 1e-30j * np.eye(x.size)
    rows = [np.asarray(function(x + step)).imag / 1e-30 for step in steps]
    return np.moveaxis(np.array(rows, dtype=float), 0, -1)


def block(function: Function | None, relation: Relation) -> tuple[Constraint, ...]:
    if function is None:
        return ()
    return (Constraint(lambda x: (function(x), slopes(function, x)), relation, "block"),)


def model(case: Case) -> Model:
    return Model(
        start=np.array(case.start, dtype=float),
        objective=lambda x: (float(case.f(x)), slopes(case.f, x)),
        constraints=block(case.above, ">=") + block(case.equal, "="),
        lower=None if case.low is None else np.array(case.low),
        upper=None if case.high is None else np.array(case.high),
    )


@pytest.mark.parametrize("number", CASES)
def test_the_published_optimum_is_found(number: int) -> None:
    case = CASES[number]
    result = solve(model(case))
    assert result.success, result.status
    assert result.ending is Ending.OPTIMAL, result.status
    assert result.message == Ending.OPTIMAL.message
    assert result.violation <= 1e-9
    assert result.objective == pytest.approx(case.best, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("scheme", ["central", "forward"])
@pytest.mark.parametrize("number", CASES)
def test_finite_differences_will_do(number: int, scheme: str) -> None:
    case = CASES[number]
    result = solve(model(case), Options(derivatives=scheme))  # type: ignore[arg-type]
    assert result.success, result.status
    assert result.objective == pytest.approx(case.best, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("number", CASES)
def test_multipliers_and_reduced_gradients_balance_the_gradient(number: int) -> None:
    """The Karush-Kuhn-Tucker conditions, from the model's own functions."""
    case = CASES[number]
    result = solve(model(case))
    x = result.variables
    expected = slopes(case.f, x)
    for row in result.constraints:
        function = case.above if row.relation == ">=" else case.equal
        assert function is not None
        expected = expected - slopes(function, x).T @ row.multipliers
        if row.relation == ">=":  # raising the 0 can only make a minimum dearer
            assert (row.multipliers >= -1e-6).all()
            assert (row.multipliers[~row.binding] == 0).all()
    size = 1e-5 * max(1.0, float(np.abs(slopes(case.f, x)).max()))
    np.testing.assert_allclose(result.reduced_gradients, expected, atol=size)
    low = np.full(x.size, -INF) if case.low is None else np.array(case.low)
    high = np.full(x.size, INF) if case.high is None else np.array(case.high)
    inside = (x > low + 1e-7) & (x < high - 1e-7)
    np.testing.assert_allclose(result.reduced_gradients[inside], 0, atol=size)
    assert (result.reduced_gradients[x <= low + 1e-7] >= -size).all()
    assert (result.reduced_gradients[x >= high - 1e-7] <= size).all()


@pytest.mark.parametrize("number", [7, 14, 43, 71, 100])
def test_the_maximum_of_the_negative_is_the_same_point(number: int) -> None:
    case = CASES[number]
    negative = Model(
        start=np.array(case.start, dtype=float),
        objective=lambda x: (-float(case.f(x)), -slopes(case.f, x)),
        sense="maximize",
        constraints=model(case).constraints,
        lower=model(case).lower,
        upper=model(case).upper,
    )
    one, other = solve(model(case)), solve(negative)
    np.testing.assert_array_equal(one.variables, other.variables)
    assert one.objective == -other.objective
    for row, its in zip(one.constraints, other.constraints, strict=True):
        np.testing.assert_array_equal(row.multipliers, -its.multipliers)


@pytest.mark.parametrize("number", [12, 35, 43, 76, 113])
@pytest.mark.parametrize("seed", range(3))
def test_convex_problems_are_solved_from_anywhere(number: int, seed: int) -> None:
    case = CASES[number]
    rng = np.random.default_rng([seed, number])
    one = model(case)
    far = Model(
        start=rng.normal(size=one.n) * 10,
        objective=one.objective,
        constraints=one.constraints,
        lower=one.lower,
        upper=one.upper,
    )
    result = solve(far)
    assert result.ending in (Ending.OPTIMAL, Ending.CONVERGED), result.status
    assert result.objective == pytest.approx(case.best, rel=1e-7)
