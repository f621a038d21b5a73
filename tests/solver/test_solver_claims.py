"""What is claimed is proved: whole numbers, and never worse than a feasible start.

Expected values are from brute force over the whole points.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from solver_models import rows, square

from sheetsim.arrays import Floats
from sheetsim.solver import Constraint, Ending, Model, Options, Result, Vectorized, solve
from sheetsim.solver.endings import Outcome
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.found import Found
from sheetsim.solver.methods import branch_and_bound, enumeration
from sheetsim.solver.solve_model import Engine

BIG = 10**9
"""What an evaluation is said to cost where enumeration must not step in."""


def stepped(x: Floats) -> Floats:
    """A function without slopes: MOD and ROUNDUP."""
    return np.asarray(np.ceil(x[:, 0] / 7) + np.mod(3 * x[:, 1] + x[:, 0], 5))


def whole(function: Callable[[Floats], Floats], high: float, **more: object) -> Model:
    given = {"lower": np.zeros(2), "upper": np.full(2, high), "integer": np.ones(2, bool)}
    return Model(
        start=np.array([3.0, 4.0]),
        objective=Vectorized(function, lambda x: np.zeros_like(x), at=lambda x: (
            float(function(x[None])[0]), np.zeros(x.size)
        )),
        **{**given, **more},  # type: ignore[arg-type]
    )  # fmt: skip


def brute_force(model: Model) -> float:
    """The least objective over the whole points that meet all constraints; inf if there is none."""
    best = np.inf
    spans = [range(int(a), int(b) + 1) for a, b in zip(model.low, model.high, strict=True)]
    for point in itertools.product(*spans):
        x = np.array(point, float)
        ok = all(
            (each.scaled(each.values(x[None])) <= 1e-6).all()
            if each.relation != "="
            else (abs(each.values(x[None])) <= 1e-6).all()
            for each in model.constraints
        )
        if ok:
            best = min(best, model.at(x)[0])
    return best


@pytest.mark.parametrize("engine", ["GRG Nonlinear", "Evolutionary"])
def test_few_whole_points_are_all_tried(engine: Engine) -> None:
    model = whole(stepped, 40.0, work=2)
    result = solve(model, engine=engine)
    assert result.objective == brute_force(model)
    assert result.ending is Ending.OPTIMAL
    assert result.proved
    assert "each of the 1,681 whole points" in result.status


@pytest.mark.parametrize("engine", ["GRG Nonlinear", "Evolutionary"])
def test_no_whole_point_meets_the_constraints(engine: Engine) -> None:
    odd = Constraint(Vectorized(lambda x: np.mod(x[:, :1], 2) - 0.5), "=")
    result = solve(whole(stepped, 9.0, constraints=(odd,), work=2), engine=engine)
    assert result.ending is Ending.INFEASIBLE
    assert result.proved


def test_permutations_are_tried_too() -> None:
    """Two groups and a lone variable: 3! * 2! * 4 points."""
    weights = np.array([3.0, -2.0, 5.0, 1.0, -4.0, 0.5])

    def cost(x: Floats) -> Floats:
        return np.asarray(np.abs(np.mod(x @ weights, 7) - 3.25))

    groups = np.array([0, 1, 2]), np.array([3, 4])
    model = Model(
        start=np.ones(6),
        objective=Vectorized(cost, at=lambda x: (float(cost(x[None])[0]), None)),
        lower=np.zeros(6),
        upper=np.full(6, 3.0),
        integer=np.arange(6) == 5,
        different=groups,
        work=6,
    )
    expected = min(
        float(cost(np.array([[*a, *b, c]], float))[0])
        for a in itertools.permutations((1, 2, 3))
        for b in itertools.permutations((1, 2))
        for c in range(4)
    )
    result = solve(model, engine="Evolutionary")
    assert result.objective == expected
    assert "each of the 48 whole points" in result.status


@pytest.mark.parametrize("engine", ["GRG Nonlinear", "Evolutionary"])
@pytest.mark.parametrize("relation", ["=", "<="])
def test_of_binaries_that_add_up_to_one_only_one_is_one(
    engine: Engine, relation: Literal["=", "<="]
) -> None:
    """Eight jobs to three machines: 3^8 points, or 4^8, of the 2^24."""
    jobs = np.array([17.0, 23, 9, 31, 14, 26, 12, 19])
    cost = np.arange(24.0).reshape(8, 3) % 5

    def makespan(x: Floats) -> Floats:
        y = x.reshape(-1, 8, 3)
        loads, left = np.einsum("sjm,j->sm", y, jobs), jobs @ (1 - y.sum(axis=2)).T
        return np.asarray(loads.max(axis=1) + 0.1 * (y * cost).sum(axis=(1, 2)) + 3 * left)

    one = rows(np.kron(np.eye(8), np.ones(3)), np.ones(8), relation)
    model = Model(
        start=np.tile([1.0, 0, 0], 8),
        objective=Vectorized(makespan, at=lambda x: (float(makespan(x[None])[0]), None)),
        binary=np.ones(24, bool),
        constraints=(one,),
        work=24,
    )
    choices = np.eye(3) if relation == "=" else np.concatenate([np.eye(3), np.zeros((1, 3))])
    digits = np.indices((len(choices),) * 8).reshape(8, -1).T
    expected = float(makespan(choices[digits].reshape(len(digits), 24)).min())
    result = solve(model, engine=engine)
    assert result.objective == pytest.approx(expected, abs=1e-12)
    assert result.proved
    assert f"each of the {len(choices) ** 8:,} whole points" in result.status


def test_many_points_are_not_enumerated() -> None:
    assert "whole points was tried" not in solve(whole(stepped, 40.0, work=BIG)).status
    assert "whole points was tried" not in solve(whole(stepped, np.inf, work=2)).status


def test_a_relaxation_without_slopes_proves_nothing() -> None:
    """Found in a file (q24): "no whole point meets the constraints", where the start does."""
    odd = Constraint(
        Vectorized(lambda x: np.mod(x[:, :1], 3), lambda x: np.zeros((len(x), 1, 2))), "="
    )
    result = solve(whole(stepped, 40.0, constraints=(odd,), work=BIG))
    assert result.ending is Ending.NO_BETTER
    assert "not proved" in result.status
    assert not result.proved
    assert result.violation == 0
    nowhere = Constraint(
        Vectorized(lambda x: np.mod(x[:, :1], 3) - 5, lambda x: np.zeros((len(x), 1, 2))), "="
    )
    result = solve(whole(stepped, 40.0, constraints=(nowhere,), work=BIG))
    assert result.ending is Ending.NOT_FOUND
    assert result.status.startswith("no feasible point found")
    assert not result.proved


def test_bounds_that_are_bounds_prove(monkeypatch: pytest.MonkeyPatch) -> None:
    """A convex objective over linear rows, by branch and bound alone."""
    monkeypatch.setattr(enumeration, "suits", lambda _evaluator: False)
    model = square(
        [1.4, 2.6],
        lower=np.zeros(2),
        upper=np.full(2, 9.0),
        integer=np.ones(2, bool),
        constraints=(rows([3, 5], 11, "<="),),
    )
    result = solve(model)
    assert result.ending is Ending.OPTIMAL
    assert result.proved
    assert result.objective == pytest.approx(brute_force(model), abs=1e-9)


def test_a_relaxation_that_stalled_is_no_bound() -> None:
    """Of (x - 0.4)^2: a relaxation that stays at 3.5 and says so is no proof that 3 is best."""
    model = whole(lambda x: (x[..., 0] - 0.4) ** 2, 6, convex=True)
    evaluator = Evaluator(model, Options())

    def stuck(evaluator: Evaluator, start: Floats, low: Floats, high: Floats) -> Found:
        there = evaluator.at(np.clip(np.full(model.n, 3.5), low, high))
        return Found(there, Outcome(Ending.NO_BETTER, "stuck", sure=False))

    found = branch_and_bound.run(evaluator, np.full(model.n, 3.0), stuck)
    assert not found.proved
    assert found.outcome.ending is Ending.NO_BETTER


# Never worse than a feasible start ---------------------------------------------------------


def ticking(after: int) -> Callable[[], float]:
    """A clock that stands still, until it has been asked so many times; then time is over."""
    asked: Iterator[int] = itertools.count()
    return lambda: 0.0 if next(asked) < after else 1e6


@st.composite
def models(draw: st.DrawFn) -> Model:
    """A few variables, some of them whole, a cost with a hill or none, rows met at the start."""
    n = draw(st.integers(2, 4))
    numbers = st.lists(st.integers(-5, 5), min_size=n, max_size=n)
    c, start = np.array(draw(numbers), float), np.array(draw(numbers), float)
    bend = draw(st.sampled_from([0.0, 0.3, -0.2]))
    A = np.array([draw(numbers) for _ in range(draw(st.integers(0, 2)))], float).reshape(-1, n)
    slack = draw(st.integers(0, 3))
    block = rows(A, A @ start + slack, "<=")
    integer = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))

    def cost(x: Floats) -> Floats:
        return np.asarray(x @ c + bend * (x**2).sum(axis=1))

    def at(x: Floats) -> tuple[float, Floats]:
        return float(cost(x[None])[0]), c + 2 * bend * x

    return Model(
        start=start,
        objective=Vectorized(cost, lambda x: c + 2 * bend * x, at=at),
        sense=draw(st.sampled_from(["minimize", "maximize"])),
        lower=np.full(n, -6.0),
        upper=np.full(n, 6.0),
        constraints=(block,) if len(A) else (),
        integer=integer,
        linear=bend == 0,
        work=draw(st.sampled_from([1, BIG])),
    )


@settings(max_examples=60, deadline=None)
@given(
    models(),
    st.sampled_from(["GRG Nonlinear", "Simplex LP", "Evolutionary"]),
    st.sampled_from([None, 1, 2, 5]),
    st.sampled_from([None, 2, 5, 20, 100]),
)
def test_never_worse_than_a_feasible_start(
    model: Model, engine: Engine, iterations: int | None, asked: int | None
) -> None:
    if engine == "Simplex LP":
        pytest.importorskip("highspy", reason="Simplex LP needs the package highspy")
    options = Options(
        max_iterations=iterations,
        max_time=None if asked is None else 1.0,
        population=20,
        max_subproblems=30,
    )
    clock = time.perf_counter if asked is None else ticking(asked)
    result = solve(model, options, engine, clock=clock)
    require_no_worse(model, result)


def require_no_worse(model: Model, result: Result) -> None:
    start = model.at(model.start)[0]
    sign = -1.0 if model.sense == "maximize" else 1.0
    assert result.violation <= 1e-6, result.status
    assert sign * (result.objective - start) <= 1e-9 * max(1.0, abs(start)), result.status


def test_an_interrupt_leaves_the_start_at_least() -> None:
    """Ctrl-C in the middle of a search that is at a worse point."""
    calls = itertools.count()

    def at(x: Floats) -> tuple[float, Floats]:
        if next(calls) == 7:
            raise KeyboardInterrupt
        return float(np.cos(3 * x[0]) + x[0] ** 2), np.array([2 * x[0] - 3 * np.sin(3 * x[0])])

    model = Model(start=np.array([0.9]), objective=at, integer=np.zeros(1, bool))
    result = solve(model)
    assert result.ending is Ending.STOPPED
    assert result.objective <= at(np.array([0.9]))[0]


def test_an_engine_that_ends_at_a_worse_point_is_overruled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A planted bug: branch and bound that forgets what it knew."""
    worse = np.array([5.0, 5.0])

    def forgetful(evaluator, start, local):  # type: ignore[no-untyped-def]
        found = local(evaluator, start, evaluator.low, evaluator.high)
        found.point = evaluator.at(worse, probe=True)
        return found

    monkeypatch.setattr(branch_and_bound, "run", forgetful)
    model = square(
        [0.0, 0.0], start=np.ones(2), lower=np.full(2, -9.0), upper=np.full(2, 9.0),
        integer=np.array([True, False]),
    )  # fmt: skip
    result = solve(model)
    require_no_worse(model, result)
    assert not result.success
    assert "the search ended elsewhere" in result.status
