from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from solver_problems import rosenbrock, rosenbrock_gradient, rosenbrock_residuals

from sheetsim.errors import OptionError
from sheetsim.solver import Model, Options, Vectorized, solve
from sheetsim.solver.parts.starts import uniform, unit_box

ROSENBROCK = Vectorized(rosenbrock)
RESIDUALS = Vectorized(rosenbrock_residuals)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"start": [[1.0]], "objective": ROSENBROCK}, "start has shape (1, 1)"),
        ({"start": [], "objective": ROSENBROCK}, "start has shape (0,)"),
        ({"start": ["a"], "objective": ROSENBROCK}, "expected numbers"),
        ({"start": [1.0, 2.0], "objective": ROSENBROCK, "lower": [0.0]}, "expected (2,)"),
        ({"start": [1.0], "objective": ROSENBROCK, "upper": [np.nan]}, "upper[0] is NaN"),
        ({"start": [1.0]}, "neither"),
        ({"start": [1.0], "objective": ROSENBROCK, "residuals": RESIDUALS}, "one of them"),
        ({"start": [1.0], "objective": ROSENBROCK, "names": ("a", "b")}, "2 names, expected 1"),
    ],
)
def test_a_model_that_does_not_fit_together_is_refused(
    arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(OptionError) as caught:
        Model(**arguments)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("callables", "name"),
    [
        ({"objective": Vectorized(lambda x: x)}, "objective"),
        ({"objective": Vectorized(rosenbrock, rosenbrock)}, "gradient"),
        ({"residuals": Vectorized(rosenbrock)}, "residuals"),
        ({"residuals": Vectorized(rosenbrock_residuals, rosenbrock_gradient)}, "jacobian"),
        ({"normal_equations": lambda x: (x[:, 0], x, x)}, "normal_equations, 3rd"),
        ({"objective": ROSENBROCK, "sample": lambda rng, _: rng.uniform(size=3)}, "sample"),
    ],
)
def test_a_callable_of_a_wrong_shape_is_named(callables: dict[str, Any], name: str) -> None:
    model = Model(start=np.array([0.5, 0.5]), **callables)
    with pytest.raises(OptionError) as caught:
        solve(model, starts=2 if "sample" in callables else 1)
    assert name in str(caught.value)
    assert "shape" in str(caught.value)


def test_random_starts_are_within_the_bounds_and_unit_wide_where_there_are_none() -> None:
    lower, upper = np.array([2.0, 5.0, -np.inf, -np.inf]), np.array([4.0, np.inf, -3.0, np.inf])
    starts = uniform(np.random.default_rng(0), unit_box(lower, upper), 1000)
    low, high = np.array([2.0, 5.0, -4.0, 0.0]), np.array([4.0, 6.0, -3.0, 1.0])
    assert starts.shape == (1000, 4)
    assert ((starts >= low) & (starts <= high)).all()
    np.testing.assert_allclose(starts.mean(axis=0), (low + high) / 2, atol=0.1)


def test_crossed_bounds_are_infeasible_and_named() -> None:
    model = Model(
        start=np.zeros(2),
        objective=ROSENBROCK,
        lower=np.array([0.0, 2.0]),
        upper=np.array([1.0, 1.0]),
    )
    result = solve(model)
    assert result.status == "infeasible: variable 1 must be at least 2 and at most 1"
    assert not result.success
    named = solve(replace(model, names=("S!A1", "S!variable 0")))
    assert named.status == "infeasible: S!variable 0 must be at least 2 and at most 1"


def test_bounds_that_cross_by_less_than_the_precision_are_a_fixed_variable() -> None:
    model = Model(
        start=np.zeros(2),
        objective=Vectorized(rosenbrock, rosenbrock_gradient),
        lower=np.array([-2.0, 1.0 + 1e-9]),
        upper=np.array([2.0, 1.0]),
    )
    result = solve(model)
    assert result.success
    np.testing.assert_allclose(result.variables, [1.0, 1.0], atol=1e-6)
    assert not solve(model, Options(precision=1e-12)).success
