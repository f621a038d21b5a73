from typing import Any

import numpy as np
import pytest
from solver_problems import rosenbrock, rosenbrock_gradient, rosenbrock_residuals

from sheetsim.errors import OptionError
from sheetsim.solver import Options, Problem, minimize


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"start": [[1.0]], "objective": rosenbrock}, "start has shape (1, 1)"),
        ({"start": [], "objective": rosenbrock}, "start has shape (0,)"),
        ({"start": ["a"], "objective": rosenbrock}, "expected numbers"),
        ({"start": [1.0, 2.0], "objective": rosenbrock, "lower": [0.0]}, "expected 2"),
        ({"start": [1.0], "objective": rosenbrock, "upper": [np.nan]}, "upper[0] is NaN"),
        ({"start": [1.0]}, "neither"),
        (
            {"start": [1.0], "objective": rosenbrock, "residuals": rosenbrock_residuals},
            "one of them",
        ),
        (
            {"start": [1.0], "residuals": rosenbrock_residuals, "gradient": rosenbrock_gradient},
            "without an objective",
        ),
        ({"start": [1.0], "objective": rosenbrock, "jacobian": rosenbrock}, "without residuals"),
    ],
)
def test_a_problem_that_does_not_fit_together_is_refused(
    arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(OptionError) as caught:
        Problem(**arguments)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("callables", "name"),
    [
        ({"objective": lambda x: x}, "objective"),
        ({"objective": rosenbrock, "gradient": rosenbrock}, "gradient"),
        ({"residuals": rosenbrock}, "residuals"),
        ({"residuals": rosenbrock_residuals, "jacobian": rosenbrock_gradient}, "jacobian"),
        ({"normal_equations": lambda x: (x[:, 0], x, x)}, "normal_equations, 3rd"),
        ({"objective": rosenbrock, "sample": lambda rng, _: rng.uniform(size=3)}, "sample"),
    ],
)
def test_a_callable_of_a_wrong_shape_is_named(callables: dict[str, Any], name: str) -> None:
    problem = Problem(start=np.array([0.5, 0.5]), **callables)
    with pytest.raises(OptionError) as caught:
        minimize(problem, Options(multistart="sample" in callables))
    assert name in str(caught.value)
    assert "shape" in str(caught.value)


def test_random_starts_are_within_the_bounds_and_unit_wide_where_there_are_none() -> None:
    problem = Problem(
        start=np.zeros(4),
        objective=rosenbrock,
        lower=np.array([2.0, 5.0, -np.inf, -np.inf]),
        upper=np.array([4.0, np.inf, -3.0, np.inf]),
    )
    starts = problem.draw(np.random.default_rng(0), 1000)
    low, high = np.array([2.0, 5.0, -4.0, 0.0]), np.array([4.0, 6.0, -3.0, 1.0])
    assert starts.shape == (1000, 4)
    assert ((starts >= low) & (starts <= high)).all()
    np.testing.assert_allclose(starts.mean(axis=0), (low + high) / 2, atol=0.1)


def test_crossed_bounds_are_infeasible_and_named() -> None:
    problem = Problem(
        start=np.zeros(2),
        objective=rosenbrock,
        lower=np.array([0.0, 2.0]),
        upper=np.array([1.0, 1.0]),
    )
    result = minimize(problem)
    assert result.status == "infeasible: variable 1 must be at least 2 and at most 1"
    assert not result.success


def test_bounds_that_cross_by_less_than_the_precision_are_a_fixed_variable() -> None:
    problem = Problem(
        start=np.zeros(2),
        objective=rosenbrock,
        gradient=rosenbrock_gradient,
        lower=np.array([-2.0, 1.0 + 1e-9]),
        upper=np.array([2.0, 1.0]),
    )
    result = minimize(problem)
    assert result.success
    np.testing.assert_allclose(result.variables, [1.0, 1.0], atol=1e-6)
    assert not minimize(problem, Options(precision=1e-12)).success
