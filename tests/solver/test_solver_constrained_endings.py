"""How a solve of a general model ends, what it reports, and what it refuses."""

from typing import Any

import numpy as np
import pytest
from solver_models import rosenbrock, rows, square

from sheetsim.arrays import Floats
from sheetsim.errors import OptionError
from sheetsim.solver.endings import Ending
from sheetsim.solver.model import Constraint, Model
from sheetsim.solver.options import Options
from sheetsim.solver.solve_model import solve

# Endings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "constraints",
    [
        (rows([1, 1], 1, ">="), rows([1, 1], 0, "<=")),
        (rows([1, 1], 1, "="), rows([1, 1], 2, "=")),
        (Constraint(lambda x: (np.array([x @ x + 1]), 2 * x[None]), "<=", quadratic=True),),
    ],
)
def test_contradicting_constraints_are_infeasible(constraints: tuple[Constraint, ...]) -> None:
    result = solve(square([1, 1], constraints=constraints, start=np.array([3.0, 1.0])))
    assert result.ending is Ending.INFEASIBLE, result.status
    assert result.message == "Solver could not find a feasible solution."
    assert result.status.startswith("infeasible")
    assert not result.success
    assert result.violation > 0.1


def test_contradicting_constraints_of_many_variables() -> None:
    sums = rows(np.ones(500), 1, ">="), rows(np.ones(500), 0, "<=")
    result = solve(square(np.zeros(500), constraints=sums))
    assert result.ending is Ending.INFEASIBLE, result.status


@pytest.mark.parametrize("seed", range(8))
def test_an_unbounded_objective_is_said_to_be_one(seed: int) -> None:
    start = np.random.default_rng(seed).normal(size=2)
    model = Model(
        start=start,
        objective=lambda x: (float(x.sum()), np.ones(2)),
        constraints=(rows([1, -1], 0, "<="),),
    )
    result = solve(model)
    assert result.ending is Ending.UNBOUNDED, result.status
    assert result.message == "The Objective Cell values do not converge."
    assert not result.success


def test_bounds_that_cross() -> None:
    bounds = {"lower": np.array([0.0, 2.0]), "upper": np.array([1.0, 1.0])}
    result = solve(square([0, 0], **bounds))
    assert result.ending is Ending.CROSSED
    assert "variable 1 must be at least 2 and at most 1" in result.status
    binary = {"binary": np.array([False, True]), "lower": np.array([0.0, 2.0])}
    assert solve(square([0, 0], **binary)).ending is Ending.CONFLICT


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_error_value_at_the_start(bad: float) -> None:
    result = solve(Model(start=np.ones(2), objective=lambda x: (bad, x)))
    assert result.ending is Ending.ERROR_VALUE, result.status
    result = solve(
        square([0, 0], constraints=(Constraint(lambda x: (np.array([bad]), x[None]), "<="),))
    )
    assert result.ending is Ending.ERROR_VALUE, result.status


def test_errors_on_the_way_are_walked_around() -> None:
    """x - log x, whose first full step from 5 goes where the logarithm is NaN."""
    model = Model(
        start=np.array([5.0]),
        objective=lambda x: (float(100 * (x[0] - np.log(x[0]))), 100 - 100 / x),
    )
    result = solve(model)
    assert result.success, result.status
    assert result.variables[0] == pytest.approx(1, rel=1e-6)


class Interrupting:
    """An objective in the midst of which Ctrl-C is pressed."""

    def __init__(self, after: int) -> None:
        self.after, self.calls, self.seen = after, 0, [np.inf]

    def __call__(self, x: Floats) -> tuple[float, Floats]:
        self.calls += 1
        if self.calls > self.after:
            raise KeyboardInterrupt
        value, g = rosenbrock(x)
        self.seen.append(value)
        return value, g


@pytest.mark.parametrize("n", [2, 30, 600])
@pytest.mark.parametrize("after", [2, 15])
def test_ctrl_c_keeps_the_best_so_far(n: int, after: int) -> None:
    f = Interrupting(after)
    result = solve(Model(start=np.full(n, -1.2), objective=f))
    assert result.ending is Ending.STOPPED
    assert result.message == "Solver stopped at user's request."
    assert result.objective == min(f.seen)
    assert result.objective == rosenbrock(result.variables)[0]
    assert not result.success


def test_ctrl_c_prefers_a_feasible_point() -> None:
    f = Interrupting(12)
    model = Model(start=np.array([-1.2, 1.0]), objective=f, constraints=(rows([1, 1], 1, "<="),))
    result = solve(model)
    assert result.ending is Ending.STOPPED
    assert result.violation <= 1e-6


@pytest.mark.parametrize("n", [2, 600])
def test_a_time_limit(n: int) -> None:
    now = [0.0]

    def slow(x: Floats) -> tuple[float, Floats]:
        now[0] += 0.25
        return rosenbrock(x)

    model = Model(start=np.full(n, -1.2), objective=slow)
    result = solve(model, Options(max_time=2.5), clock=lambda: now[0])
    assert result.ending is Ending.TIME, result.status
    assert result.message == Ending.TIME.message
    assert result.seconds == 2.5
    assert result.objective < result.start_objective


@pytest.mark.parametrize("n", [2, 600])
def test_an_iteration_limit(n: int) -> None:
    result = solve(Model(start=np.full(n, -1.2), objective=rosenbrock), Options(max_iterations=3))
    assert result.ending is Ending.ITERATIONS, result.status
    assert result.iterations <= 3


def test_the_log_holds_the_improvements() -> None:
    result = solve(Model(start=np.array([-1.2, 1.0]), objective=rosenbrock))
    columns = result.columns()
    assert columns["objective"][0] == result.start_objective == pytest.approx(24.2)
    assert columns["objective"][-1] == result.objective
    assert (np.diff(columns["objective"]) < 0).all()
    assert (np.diff(columns["evaluations"]) > 0).all()
    assert set(columns) >= {"iteration", "step", "violation"}


def test_slack_and_binding_are_the_models_own() -> None:
    up = rows([[1, 0], [0, 1]], [2, 5], "<=", "up")
    down = rows([1, 1], 1, ">=", "down")
    result = solve(square([3, 3], constraints=(up, down)))
    first, second = result.constraints
    np.testing.assert_allclose(result.variables, [2, 3], atol=1e-8)
    assert [first.name, second.name] == ["up", "down"]
    np.testing.assert_allclose(first.slack, [0, 2], atol=1e-8)
    np.testing.assert_array_equal(first.binding, [True, False])
    np.testing.assert_allclose(first.multipliers, [-2, 0], atol=1e-6)
    np.testing.assert_allclose(second.values, [4], atol=1e-8)
    np.testing.assert_allclose(second.slack, [4], atol=1e-8)


def test_a_scale_is_what_a_violation_is_measured_in() -> None:
    """x = 1e12 can not be met to 1e-6, but to 1e-6 of itself."""
    scaled = Constraint(lambda x: (x[:1] ** 2 - 1e12, 2 * x[:1, None]), "=", scale=1e12)
    result = solve(square([0.0], start=np.array([5.0]), constraints=(scaled,)))
    assert result.success, result.status
    assert abs(result.variables[0]) == pytest.approx(1e6, rel=1e-6)
    assert result.constraints[0].multipliers[0] == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"lower": np.zeros(3)}, "lower has shape"),
        ({"upper": np.array([1.0, np.nan])}, r"upper\[1\] is NaN"),
        ({"integer": np.array([1, 0])}, "integer has shape"),
        ({"different": (np.array([0, 2]),)}, "all-different group"),
        ({"different": (np.array([0]), np.array([0, 1]))}, "two all-different groups"),
        ({"sense": "minimise"}, "sense"),
        ({"target": np.inf}, "target"),
        ({"start": np.zeros((1, 2))}, "start has shape"),
    ],
)
def test_a_wrong_model_is_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        square([0, 0], **more)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"integer_tolerance": 2}, "integer_tolerance"),
        ({"mutation_rate": True}, "mutation_rate"),
        ({"max_subproblems": 0}, "max_subproblems"),
        ({"max_stall": 0}, "max_stall"),
        ({"max_stall_time": -1}, "max_stall_time"),
        ({"ignore_integers": 1}, "ignore_integers"),
        ({"precision": 0}, "precision"),
    ],
)
def test_a_wrong_setting_is_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        Options(**more)


def test_wrong_functions_are_named() -> None:
    with pytest.raises(OptionError, match="gradient"):
        solve(Model(start=np.zeros(2), objective=lambda x: (x[0], np.zeros(3))))
    bad = Constraint(lambda x: (x, np.zeros((2, 3))), "<=", "Sheet1!B1:B2")
    with pytest.raises(OptionError, match="Sheet1!B1:B2"):
        solve(square([0, 0], constraints=(bad,)))
    with pytest.raises(OptionError, match="relation"):
        Constraint(lambda x: (x, None), "<", "less")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="engine"):
        solve(square([0]), engine="Simplex")  # type: ignore[arg-type]


def test_every_ending_has_its_words() -> None:
    for ending in Ending:
        assert ending.word
        assert ending.message.endswith(".")
        assert not (ending.solved and ending.limited)
    told_apart = {Ending.NOT_FOUND}  # from INFEASIBLE, by us and not by Excel
    assert len({ending.code for ending in Ending}) == len(Ending) - len(told_apart)
    assert {ending.code for ending in Ending if ending.solved} == {0, 1, 2, 14, 17}


def test_the_codes_are_those_that_solversolve_returns() -> None:
    """Microsoft, "SolverSolve Function", and Frontline Systems, "Solver Result Messages"."""
    codes = {ending.name: ending.code for ending in Ending}
    assert codes == {
        "OPTIMAL": 0, "CONVERGED": 1, "NO_BETTER": 2, "ITERATIONS": 3, "UNBOUNDED": 4,
        "INFEASIBLE": 5, "NOT_FOUND": 5, "STOPPED": 6, "NOT_LINEAR": 7, "ERROR_VALUE": 9,
        "TIME": 10, "INTEGER": 14, "SUBPROBLEMS": 16, "PROBABLE": 17, "CONFLICT": 19, "CROSSED": 20,
    }  # fmt: skip
