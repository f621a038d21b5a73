"""Simplex LP: linear models against published optima, with and without whole numbers.

Oracles: the Wyndor Glass Co. of Hillier & Lieberman, *Introduction to Operations Research*, with
the Sensitivity report of its chapter 7; the Powerco transport problem of Winston, *Operations
Research*; the 0-1 knapsack of rosettacode.org; SciPy's linprog, for random programs.
"""

import sys
from typing import Any

import numpy as np
import pytest
import scipy.optimize

from sheetsim.arrays import Floats
from sheetsim.errors import EngineMissingError
from sheetsim.solver.endings import Ending
from sheetsim.solver.model import Constraint, Model, Relation
from sheetsim.solver.options import Options
from sheetsim.solver.solve_model import solve

highspy = pytest.importorskip("highspy", reason="the extra lp is not installed")

SIMPLEX, GRG = "Simplex LP", "GRG Nonlinear"


def rows(A: Any, b: Any, relation: Relation, *, slopes: bool = True) -> Constraint:
    A, b = np.atleast_2d(np.array(A, dtype=float)), np.atleast_1d(np.array(b, dtype=float))
    return Constraint(lambda x: (A @ x - b, A if slopes else None), relation, "rows", linear=True)


def program(cost: Any, *constraints: Constraint, slopes: bool = True, **more: Any) -> Model:
    """The cost of variables that are not negative."""
    c = np.array(cost, dtype=float)
    more = {"lower": np.zeros(c.size), "linear": True, **more}
    return Model(
        start=np.zeros(c.size),
        objective=lambda x: (float(c @ x), c if slopes else None),
        constraints=constraints,
        **more,
    )


def wyndor(*, slopes: bool = True) -> Model:
    """Doors and windows, in three plants."""
    plants = rows([[1, 0], [0, 2], [3, 2]], [4, 12, 18], "<=", slopes=slopes)
    return program([3, 5], plants, sense="maximize", slopes=slopes)


@pytest.mark.parametrize("engine", [SIMPLEX, GRG])
@pytest.mark.parametrize("slopes", [True, False])
def test_product_mix(engine: Any, slopes: bool) -> None:
    result = solve(wyndor(slopes=slopes), engine=engine)
    (plants,) = result.constraints
    assert result.ending is Ending.OPTIMAL, result.status
    assert result.message == Ending.OPTIMAL.message
    assert result.engine == engine
    assert result.objective == pytest.approx(36, rel=1e-9)
    np.testing.assert_allclose(result.variables, [2, 6], rtol=1e-7)
    np.testing.assert_allclose(plants.multipliers, [0, 1.5, 1], atol=1e-6)
    np.testing.assert_allclose(plants.slack, [2, 0, 0], atol=1e-6)
    np.testing.assert_array_equal(plants.binding, [False, True, True])
    np.testing.assert_allclose(result.reduced_gradients, 0, atol=1e-6)


def test_product_mix_ranges_are_those_of_the_sensitivity_report() -> None:
    ranges = solve(wyndor(), engine="Simplex LP").ranges
    assert ranges is not None
    np.testing.assert_allclose(ranges.cost, [3, 5])
    np.testing.assert_allclose(ranges.cost_up, [4.5, np.inf])
    np.testing.assert_allclose(ranges.cost_down, [3, 3])
    np.testing.assert_allclose(ranges.rhs_up[0], [np.inf, 6, 6])
    np.testing.assert_allclose(ranges.rhs_down[0], [2, 6, 6])


def test_ranges_of_a_minimum_with_rows_the_other_way_round() -> None:
    """The same program, its signs turned: 36 becomes -36, and <= becomes >=."""
    plants = rows([[-1, 0], [0, -2], [-3, -2]], [-4, -12, -18], ">=")
    result = solve(program([-3, -5], plants), engine="Simplex LP")
    assert result.objective == pytest.approx(-36)
    np.testing.assert_allclose(result.constraints[0].multipliers, [0, 1.5, 1], atol=1e-9)
    assert result.ranges is not None
    np.testing.assert_allclose(result.ranges.cost_down, [4.5, np.inf])
    np.testing.assert_allclose(result.ranges.cost_up, [3, 3])
    np.testing.assert_allclose(result.ranges.rhs_down[0], [np.inf, 6, 6])
    np.testing.assert_allclose(result.ranges.rhs_up[0], [2, 6, 6])


def test_a_reduced_cost_is_what_a_forced_unit_costs() -> None:
    """A third product of profit 1 that takes one unit of plants 2 and 3 would cost 1.5."""
    plants = rows([[1, 0, 0], [0, 2, 1], [3, 2, 1]], [4, 12, 18], "<=")
    model = program([3, 5, 1], plants, sense="maximize")
    result = solve(model, engine="Simplex LP")
    np.testing.assert_allclose(result.reduced_gradients, [0, 0, -1.5], atol=1e-9)
    forced = program([3, 5, 1], plants, sense="maximize", lower=np.array([0, 0, 1.0]))
    assert solve(forced, engine="Simplex LP").objective == pytest.approx(36 - 1.5)
    assert result.ranges is not None
    assert result.ranges.cost_up[2] == pytest.approx(1.5)
    assert result.ranges.cost_down[2] == np.inf


COSTS = np.array([[8, 6, 10, 9], [9, 12, 13, 7], [14, 9, 16, 5]], dtype=float)
SUPPLY, DEMAND = [35, 50, 40], [45, 20, 30, 30]


@pytest.mark.parametrize("engine", [SIMPLEX, GRG])
def test_transport(engine: Any) -> None:
    sent = np.kron(np.eye(3), np.ones(4))
    received = np.kron(np.ones(3), np.eye(4))
    model = program(COSTS.ravel(), rows(sent, SUPPLY, "<="), rows(received, DEMAND, ">="))
    result = solve(model, engine=engine)
    plan = result.variables.reshape(3, 4)
    assert result.ending is Ending.OPTIMAL, result.status
    assert result.objective == pytest.approx(1020, rel=1e-9)
    np.testing.assert_allclose(plan.sum(axis=0), DEMAND, atol=1e-6)
    assert (plan.sum(axis=1) <= np.array(SUPPLY) + 1e-6).all()


WEIGHTS = "9 13 153 50 15 68 27 39 23 52 11 32 24 48 73 42 43 22 7 18 4 30"
VALUES = "150 35 200 160 60 45 60 40 30 10 70 30 15 10 40 70 75 80 20 12 50 10"


def knapsack() -> Model:
    weights, values = (np.array(text.split(), dtype=float) for text in (WEIGHTS, VALUES))
    binary = np.ones(weights.size, bool)
    return program(values, rows(weights, 400, "<="), sense="maximize", binary=binary)


def test_knapsack() -> None:
    result = solve(knapsack(), engine="Simplex LP")
    assert result.ending is Ending.OPTIMAL, result.status
    assert result.objective == 1030
    weight = result.variables @ np.array(WEIGHTS.split(), dtype=float)
    assert weight == 396
    np.testing.assert_array_equal(np.unique(result.variables), [0, 1])
    assert not np.signbit(result.variables).any()
    assert result.gap == 0
    assert np.isnan(result.reduced_gradients).all()  # whole numbers have no sensitivity


def test_a_small_knapsack_by_every_engine() -> None:
    """Items 0, 3: 10 + 31 of weight 46, or 0, 1, 2: 10 + 13 + 18 of the same."""
    model = program(
        [10, 13, 18, 31, 7, 15],
        rows([11, 15, 20, 35, 10, 33], 47, "<="),
        sense="maximize",
        binary=np.ones(6, bool),
    )
    for engine in (SIMPLEX, GRG, "Evolutionary"):
        result = solve(model, engine=engine)  # type: ignore[arg-type]
        assert result.success, result.status
        assert result.objective == 41


def test_a_tolerance_is_said_to_be_one() -> None:
    result = solve(knapsack(), Options(integer_tolerance=0.05), "Simplex LP")
    assert result.ending is Ending.INTEGER, result.status
    assert 1030 * 0.95 <= result.objective <= 1030


def test_integers_are_exact_and_the_rest_is_solved_for_again() -> None:
    """max 2x + y, x whole, with 3x + y <= 10 and y <= 1.7: x = 2, y = 1.7, or x = 3, y = 1."""
    model = program(
        [2, 1],
        rows([[3, 1], [0, 1]], [10, 1.7], "<="),
        sense="maximize",
        integer=np.array([True, False]),
    )
    result = solve(model, engine="Simplex LP")
    assert result.objective == pytest.approx(7)
    assert result.variables[0] == 3
    assert result.variables[1] == pytest.approx(1)


@pytest.mark.parametrize("seed", range(10))
def test_random_programs_agree_with_linprog(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, m = 8, 5
    A, inside = rng.normal(size=(m, n)), rng.uniform(0, 2, n)
    b, c = A @ inside + rng.uniform(0, 1, m), rng.normal(size=n)
    equal = rng.normal(size=(1, n))
    whole = rng.uniform(size=n) < 0.4 if seed % 2 else np.zeros(n, bool)
    if whole.any():
        inside = np.where(whole, np.round(inside), inside)
        b = A @ inside + rng.uniform(0, 1, m)
    model = program(
        c,
        rows(A, b, "<="),
        rows(equal, equal @ inside, "="),
        upper=np.full(n, 5.0),
        integer=whole,
    )
    result = solve(model, engine="Simplex LP")
    expected = scipy.optimize.linprog(
        c,
        A_ub=A,
        b_ub=b,
        A_eq=equal,
        b_eq=equal @ inside,
        bounds=(0, 5),
        integrality=whole.astype(int),
    )
    assert result.ending is Ending.OPTIMAL, result.status
    assert result.objective == pytest.approx(expected.fun, rel=1e-6, abs=1e-9)
    if not whole.any():
        np.testing.assert_allclose(
            result.constraints[0].multipliers, expected.ineqlin.marginals, atol=1e-6
        )
        np.testing.assert_allclose(
            result.constraints[1].multipliers, expected.eqlin.marginals, atol=1e-6
        )
        marginals = expected.lower.marginals + expected.upper.marginals
        np.testing.assert_allclose(result.reduced_gradients, marginals, atol=1e-6)


def test_all_different_gives_the_largest_weight_the_smallest_number() -> None:
    weights = np.array([3, 9, 1, 7, 5, 8])
    model = program(weights, different=(np.arange(6),), lower=None)
    result = solve(model, engine="Simplex LP")
    assert result.ending is Ending.OPTIMAL, result.status
    np.testing.assert_array_equal(result.variables, [5, 1, 6, 3, 4, 2])


def test_all_different_beside_other_rows() -> None:
    """As above, but the first variable must be below the fourth."""
    model = program(
        [3, 9, 1, 7], rows([1, 0, 0, -1], -1, "<="), different=(np.arange(4),), lower=None
    )
    result = solve(model, engine="Simplex LP")
    np.testing.assert_array_equal(result.variables, [2, 1, 4, 3])


def test_a_value_is_met() -> None:
    model = program([1, 2], sense="value", target=7.0, upper=np.full(2, 3.0))
    result = solve(model, engine="Simplex LP")
    assert result.ending is Ending.OPTIMAL, result.status
    assert result.objective == pytest.approx(7)


def test_infeasible_and_unbounded() -> None:
    clash = rows([1, 1], 1, ">="), rows([1, 1], 0.5, "<=")
    result = solve(program([1, 1], *clash), engine="Simplex LP")
    assert result.ending is Ending.INFEASIBLE, result.status
    assert result.message == Ending.INFEASIBLE.message
    result = solve(program([1, 1], rows([1, -1], 2, "<="), sense="maximize"), engine="Simplex LP")
    assert result.ending is Ending.UNBOUNDED, result.status
    assert result.message == Ending.UNBOUNDED.message
    whole = program([1, 1], *clash, integer=np.ones(2, bool))
    assert solve(whole, engine="Simplex LP").ending is Ending.INFEASIBLE


def product(x: Floats) -> tuple[float, Floats]:
    return float(x[0] * x[1]), x[::-1].copy()


def test_what_is_not_linear_is_named() -> None:
    result = solve(Model(start=np.zeros(2), objective=product), engine="Simplex LP")
    assert result.ending is Ending.NOT_LINEAR
    assert result.message == Ending.NOT_LINEAR.message
    assert "objective" in result.status
    bent = Constraint(lambda x: (np.array([x[0], x[0] ** 2]), None), "<=", "Sheet1!B1:B2")
    result = solve(program([1, 1], bent), engine="Simplex LP")
    assert result.ending is Ending.NOT_LINEAR
    assert "'Sheet1!B1:B2', row 2" in result.status
    kink = Model(start=np.ones(2), objective=lambda x: (float(abs(x[0])), None))
    assert solve(kink, engine="Simplex LP").ending is Ending.NOT_LINEAR


def test_a_constant_objective_is_linear() -> None:
    model = program([0, 0], rows([1, 1], 2, "="))
    result = solve(model, engine="Simplex LP")
    assert result.ending is Ending.OPTIMAL, result.status
    assert result.variables.sum() == pytest.approx(2)


def test_without_highspy_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    with pytest.raises(EngineMissingError, match=r"pip install 'sheetsim\[lp\]'"):
        solve(wyndor(), engine="Simplex LP")


def market_split() -> Model:
    """Cornuéjols & Dawande (1998): few rows, 40 binaries, and hours of branching."""
    rng = np.random.default_rng(4)
    A = rng.integers(0, 100, (5, 40)).astype(float)
    left = np.concatenate([A, np.eye(5), -np.eye(5)], axis=1)
    binary = np.arange(50) < 40
    cost = np.concatenate([np.zeros(40), np.ones(10)])
    return program(cost, rows(left, np.floor(A.sum(axis=1) / 2), "="), binary=binary)


def test_a_time_limit_ends_with_a_feasible_point() -> None:
    result = solve(market_split(), Options(max_time=4.0), "Simplex LP")
    assert not result.success
    assert result.message == "Stop chosen when the maximum time limit was reached."
    assert result.violation <= 1e-6


def test_ctrl_c_ends_with_a_feasible_point(monkeypatch: pytest.MonkeyPatch) -> None:
    wait, calls = highspy.Highs.wait, []

    def pressed(self: Any, timeout: float = -1.0) -> Any:
        calls.append(timeout)
        if len(calls) == 10:
            raise KeyboardInterrupt
        return wait(self, timeout)

    monkeypatch.setattr(highspy.Highs, "wait", pressed)
    result = solve(market_split(), engine="Simplex LP")
    assert result.ending is Ending.STOPPED, result.status
    assert result.violation <= 1e-6
