"""What is claimed of smooth models: optima in any units, no saddles, no end, no feasible point.

Expected values are closed forms, written beside each model.
"""

from collections.abc import Callable
from math import e, inf, pi

import numpy as np
import pytest
from conftest import Sample
from hypothesis import given, settings
from hypothesis import strategies as st
from solver_models import rows

from sheetsim.arrays import Floats
from sheetsim.solver import Constraint, Ending, Model, Vectorized, solve

Function = Callable[[Floats], tuple[float, Floats]]


# Units -------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-6, 6), min_size=2, max_size=5), st.booleans())
def test_units_do_not_matter(powers: list[int], coupled: bool) -> None:
    """Variables of 1e-6 to 1e6, from 0: Σ (x / unit - 1)², and its neighbours' products."""
    unit = 10.0 ** np.array(powers)
    n = unit.size
    H = 2 * np.eye(n) + (np.diag(np.full(n - 1, 0.5), 1) if coupled else 0)
    H = (H + H.T) / 2
    least = np.linalg.solve(H, np.full(n, 2.0))

    def f(x: Floats) -> tuple[float, Floats]:
        z = x / unit
        return float(0.5 * z @ H @ z - 2 * z.sum()), (H @ z - 2) / unit

    slack = rows(1 / unit, 100.0 * n, "<=")  # never binding; without it, other methods would do
    result = solve(Model(start=np.zeros(n), objective=f, constraints=(slack,)))
    assert result.ending is Ending.OPTIMAL, result.status
    np.testing.assert_allclose(result.variables / unit, least, rtol=1e-6)


# Saddles -----------------------------------------------------------------------------------


def hyperbola(x: Floats) -> tuple[float, Floats]:
    return float(x[0] ** 2 - x[1] ** 2), np.array([2 * x[0], -2 * x[1]])


def test_the_better_side_of_a_saddle() -> None:
    """x² - y² with y from -1 to 2 is least at (0, 2); the way to (0, -1) goes down as well."""
    model = Model(
        start=np.array([1.0, 0.0]),
        objective=hyperbola,
        lower=np.array([-inf, -1.0]),
        upper=np.array([inf, 2.0]),
    )
    result = solve(model)
    assert result.objective == pytest.approx(-4)
    assert result.ending is Ending.OPTIMAL, result.status


@pytest.mark.parametrize("unit", [1e-4, 1.0, 1e5])
def test_a_saddle_in_other_units(unit: float) -> None:
    scale = np.array([1.0, unit])

    def f(x: Floats) -> tuple[float, Floats]:
        value, g = hyperbola(x / scale)
        return -value, -g / scale

    model = Model(
        start=np.array([1.0, 0.0]),
        objective=f,
        sense="maximize",
        lower=np.array([-inf, -unit]),
        upper=np.array([inf, 2 * unit]),
    )
    assert solve(model).objective == pytest.approx(4)


def test_the_top_of_a_circle_is_no_minimum() -> None:
    """y on x² + y² = 1 from (0, 1), where the gradients cancel as they do at (0, -1)."""
    circle = Constraint(lambda x: (np.array([x @ x - 1]), 2 * x[None]), "=")
    model = Model(
        start=np.array([0.0, 1.0]),
        objective=lambda x: (float(x[1]), np.array([0.0, 1.0])),
        constraints=(circle,),
    )
    result = solve(model)
    assert result.ending is Ending.OPTIMAL, result.status
    assert result.objective == pytest.approx(-1)


def test_a_saddle_of_least_squares() -> None:
    """(x² - 1)² + (y - 3)² from (0, 0): every step of Gauss-Newton keeps x = 0."""

    def residuals(x: Floats) -> tuple[Floats, Floats]:
        return np.array([x[0] ** 2 - 1, x[1] - 3]), np.array([[2 * x[0], 0.0], [0.0, 1.0]])

    result = solve(Model(start=np.zeros(2), residuals=residuals))
    assert result.objective == pytest.approx(0, abs=1e-12)


def polynomial(seed: int) -> tuple[Model, Floats]:
    """A random polynomial of degree 2 to 4 in a box, or on or in a ball; and its units."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 5))
    unit: Floats = np.float_power(10, rng.integers(-4, 5, size=n))
    Q, T = rng.normal(size=(n, n)), rng.normal(size=(n, n, n)) * rng.integers(0, 2)
    b, fourth = rng.normal(size=n) * rng.integers(0, 2), int(rng.integers(0, 2))

    def f(x: Floats) -> tuple[float, Floats]:
        z = x / unit
        cubic = [np.einsum(how, T, z, z) for how in ("ijk,j,k->i", "jik,j,k->i", "jki,j,k->i")]
        value = 0.5 * z @ Q @ z + b @ z + z @ cubic[0] / 6 + fourth * (z**4).sum()
        return float(value), (0.5 * (Q + Q.T) @ z + b + sum(cubic) / 6 + 4 * fourth * z**3) / unit

    kind = int(rng.integers(0, 3))
    ball = Constraint(
        lambda x: (np.array([(x / unit) @ (x / unit) - 1]), (2 * x / unit**2)[None]),
        "=" if kind == 1 else "<=",
    )
    model = Model(
        start=np.zeros(n) if kind != 1 else unit / np.sqrt(n),
        objective=f,
        lower=-2 * unit if kind == 0 else None,
        upper=2 * unit if kind == 0 else None,
        constraints=(ball,) if kind else (),
    )
    return model, unit


def test_an_optimum_has_no_lower_neighbours(sample: Sample) -> None:
    """Of random models, many of whose starts are saddles; neighbours are drawn by NumPy."""
    rng = np.random.default_rng(0)
    claims = 0
    for seed in sample(range(2_000), 100):
        model, unit = polynomial(seed)
        result = solve(model)
        claims += result.ending is Ending.OPTIMAL
        if result.ending is not Ending.OPTIMAL:
            continue
        near = result.variables + 3e-4 * unit * rng.normal(size=(50, unit.size))
        near = np.clip(near, model.low, model.high)
        if model.constraints:  # back onto the ball
            length = np.linalg.norm(near / unit, axis=1, keepdims=True)
            near /= length if model.constraints[0].relation == "=" else np.maximum(length, 1)
        lower = result.objective - min(model.at(x)[0] for x in near)
        assert lower <= 5e-9 * max(1.0, abs(result.objective)), f"seed {seed}: {result.status}"
    assert claims > 80


# No end ------------------------------------------------------------------------------------


def one_by_exp(x: Floats) -> tuple[float, Floats]:
    """1 / EXP(x) as a spreadsheet has it, where EXP(710) is an error."""
    value = np.exp(-x) if x[0] < 709 else np.full(1, np.nan)
    return float(value[0]), -value


ENDLESS: dict[str, tuple[Function, float, float]] = {
    "-log x": (lambda x: (float(-np.log(x[0])), -1 / x), 1.0, -inf),
    "-sqrt x": (lambda x: (float(-np.sqrt(x[0])), -0.5 * x**-0.5), 1.0, -inf),
    "-x^0.1": (lambda x: (float(-(x[0] ** 0.1)), -0.1 * x**-0.9), 1.0, -inf),
    "exp -x": (lambda x: (float(np.exp(-x[0])), -np.exp(-x)), 0.0, 0.0),
    "7 + exp -x": (lambda x: (float(7 + np.exp(-x[0])), -np.exp(-x)), 0.0, 7.0),
    "1 / exp x": (one_by_exp, 0.0, 0.0),
    "1 / x": (lambda x: (float(1 / x[0]), -1 / x**2), 2.0, 0.0),
    "3 - atan x": (lambda x: (float(3 - np.arctan(x[0])), -1 / (1 + x**2)), 0.0, 3 - pi / 2),
    "-x": (lambda x: (float(-x[0]), np.array([-1.0])), 0.0, -inf),
}
"""Objective, start, and the limit at infinity."""


@pytest.mark.parametrize("name", ENDLESS)
@pytest.mark.parametrize("sense", ["minimize", "maximize"])
def test_what_has_no_minimum_is_said_to_have_none(name: str, sense: str) -> None:
    f, start, limit = ENDLESS[name]
    sign = -1.0 if sense == "maximize" else 1.0

    def objective(x: Floats) -> tuple[float, Floats]:
        value, g = f(x[:1])
        y = float(x[1])
        return sign * (value + y**2), sign * np.array([float(g[0]), 2 * y])

    low = np.array([0.5 if start else -inf, -inf])
    model = Model(start=np.array([start, 1.0]), objective=objective, sense=sense, lower=low)  # type: ignore[arg-type]
    result = solve(model)
    assert result.ending is Ending.UNBOUNDED, result.status
    assert not result.success
    if limit == -inf:
        assert "unbounded" in result.status
    else:
        what = "maximum" if sense == "maximize" else "minimum"
        assert f"no {what} on this way: {sign * limit + 0.0:.6g} at infinity" in result.status


@pytest.mark.parametrize("n", [3, 30, 450])
def test_an_unbounded_linear_model_is_said_to_be_one(n: int) -> None:
    """Fewer rows than variables, which are free: there is a way that meets them all."""
    rng = np.random.default_rng(n)
    c, A = rng.normal(size=n), rng.normal(size=(n // 3, n))
    model = Model(
        start=np.zeros(n),
        objective=lambda x: (float(c @ x), c),
        constraints=(rows(A, np.ones(len(A)), "<="),),
        linear=True,
    )
    result = solve(model)
    assert result.ending is Ending.UNBOUNDED, result.status


def test_a_linear_model_with_many_optima_is_not_unbounded() -> None:
    """x - y <= 1 and x - y is as large as can be, however far out."""
    model = Model(
        start=np.zeros(2),
        objective=lambda x: (float(x[0] - x[1]), np.array([1.0, -1.0])),
        sense="maximize",
        constraints=(rows([1, -1], 1, "<="),),
        linear=True,
    )
    result = solve(model)
    assert result.success, result.status
    assert result.objective == pytest.approx(1)


def test_a_pole_at_a_bound_is_no_minimum() -> None:
    """log x falls without limit towards 0; x log x does not."""
    model = Model(
        start=np.ones(1), objective=lambda x: (float(np.log(x[0])), 1 / x), lower=np.zeros(1)
    )
    result = solve(model)
    assert result.ending is Ending.UNBOUNDED, result.status
    assert "comes near to 0" in result.status
    model = Model(
        start=np.ones(1),
        objective=lambda x: (float(x[0] * np.log(x[0])), 1 + np.log(x)),
        lower=np.zeros(1),
    )
    assert solve(model).objective == pytest.approx(-1 / e)


ENDED: dict[str, tuple[Function, float, float]] = {
    "x - log x": (lambda x: (float(x[0] - np.log(x[0])), 1 - 1 / x), 3.0, 1.0),
    "x exp x": (lambda x: (float(x[0] * np.exp(x[0])), (1 + x) * np.exp(x)), 1.0, -1 / e),
    "-x / (1 + x²)": (
        lambda x: (float(-x[0] / (1 + x[0] ** 2)), (x**2 - 1) / (1 + x**2) ** 2),
        3.0,
        -0.5,
    ),
    "max(0, 1 - x)²": (
        lambda x: (float(max(0.0, 1 - x[0]) ** 2), -2 * np.maximum(0, 1 - x)),
        -3.0,
        0.0,
    ),
    "3": (lambda _: (3.0, np.zeros(1)), 1.0, 3.0),
}
"""Objective, start, and the minimum, beside which some have a way that goes on."""


@pytest.mark.parametrize("name", ENDED)
def test_what_has_a_minimum_is_not_said_to_have_none(name: str) -> None:
    f, start, least = ENDED[name]
    result = solve(Model(start=np.array([start]), objective=f))
    assert result.success, result.status
    assert result.objective == pytest.approx(least, abs=1e-9)


# No feasible point -------------------------------------------------------------------------


def ball(radius: float) -> Constraint:
    return Constraint(lambda x: (np.array([x @ x - radius**2]), 2 * x[None]), "<=", quadratic=True)


def flat(x: Floats) -> tuple[float, Floats]:
    return float(x.sum()), np.ones_like(x)


def test_a_contradiction_of_convex_rows_is_proved() -> None:
    """The unit circle and the line x + y = 5 do not meet; of radius 4 they do."""
    line = rows([1, 1], 5, ">=")
    result = solve(Model(start=np.array([3.0, 0.0]), objective=flat, constraints=(ball(1), line)))
    assert result.ending is Ending.INFEASIBLE, result.status
    assert result.proved
    result = solve(Model(start=np.array([3.0, 0.0]), objective=flat, constraints=(ball(4), line)))
    assert result.success, result.status
    assert result.objective == pytest.approx(5)


def test_a_contradiction_of_bounds_and_a_row_is_proved() -> None:
    model = Model(
        start=np.zeros(3), objective=flat, constraints=(rows([1, 2, 3], 30, "="),),
        lower=np.zeros(3), upper=np.full(3, 4.0),
    )  # fmt: skip
    result = solve(model)  # at most 4 + 8 + 12
    assert result.ending is Ending.INFEASIBLE, result.status
    assert result.proved


@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (lambda x: np.sin(x) - 2, np.cos),
        (lambda x: np.exp(x) + 1, np.exp),
        (lambda x: x**4 - x**2 + 1, lambda x: 4 * x**3 - 2 * x),
    ],
)
def test_what_is_not_proved_is_not_said(
    function: Callable[[Floats], Floats], slope: Callable[[Floats], Floats]
) -> None:
    """sin x = 2, exp x = -1, x⁴ - x² = -1 have no solution, which their values do not prove."""
    row = Constraint(lambda x: (function(x), np.diag(slope(x))), "=")
    result = solve(Model(start=np.array([1.0]), objective=flat, constraints=(row,)))
    assert result.ending is Ending.NOT_FOUND, result.status
    assert result.status.startswith("no feasible point found")
    assert not result.proved


def test_a_feasible_point_is_sought_elsewhere() -> None:
    """x³ - 3x + 3 <= 0 holds below -2.1038; from 2 the violation is least at 1, where it is 1."""
    row = Constraint(lambda x: (x**3 - 3 * x + 3, np.diag(3 * x**2 - 3)), "<=")
    model = Model(
        start=np.array([2.0]), objective=lambda x: (float(-x[0]), -np.ones(1)), constraints=(row,)
    )
    result = solve(model)
    assert result.success, result.status
    assert result.variables[0] == pytest.approx(-2.1038034027)


def test_a_row_that_is_missed_by_less_than_the_precision_ends_a_way() -> None:
    """min -x where 1 / (1 + x) >= 1E-7: x is 9,999,999 at most."""
    row = Constraint(
        Vectorized(
            lambda x: 1e-7 - 1 / (1 + x),
            at=lambda x: (1e-7 - 1 / (1 + x), (1 / (1 + x) ** 2)[None]),
        ),
        "<=",
        linear=False,
    )
    model = Model(
        start=np.ones(1),
        objective=lambda x: (float(-x[0]), np.array([-1.0])),
        lower=np.zeros(1),
        constraints=(row,),
    )
    result = solve(model)
    assert result.success, result.status
    assert result.objective == pytest.approx(-9_999_999, rel=1e-4)  # the row is, to 1e-11


@pytest.mark.parametrize("dense", [True, False])
def test_a_quartic_with_a_minimum_far_down_is_not_unbounded(dense: bool) -> None:
    """x^4 1E-16 - x^2 has its minimum -2.5E15 where x^2 is 5E15."""

    def objective(x: Floats) -> tuple[float, Floats]:
        return float(1e-16 * x[0] ** 4 - x[0] ** 2 + x[1:] @ x[1:]), np.concatenate(
            [4e-16 * x[:1] ** 3 - 2 * x[:1], 2 * x[1:]]
        )

    model = Model(start=np.ones(1 if dense else 450), objective=objective)
    result = solve(model)
    assert result.ending is not Ending.UNBOUNDED, result.status
    if dense:
        assert result.objective == pytest.approx(-2.5e15)
        result = solve(model, engine="Evolutionary")
        assert result.ending is not Ending.UNBOUNDED, result.status


def test_rounding_in_a_row_ends_no_way() -> None:
    """min -x y where x = 0.3 y: far out the two differ by more than the precision."""
    model = Model(
        start=np.ones(2),
        objective=lambda x: (float(-x[0] * x[1]), -x[::-1]),
        lower=np.zeros(2),
        constraints=(rows([1, -0.3], 0, "="),),
    )
    result = solve(model)
    assert result.ending is Ending.UNBOUNDED, result.status
