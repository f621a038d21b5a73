"""Limits, divergence, multistart and determinism: the same for both methods of many points."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from solver_problems import (
    rosenbrock,
    rosenbrock_gradient,
    rosenbrock_jacobian,
    rosenbrock_residuals,
)

from sheetsim.arrays import Floats
from sheetsim.errors import OptionError
from sheetsim.solver import Ending, Model, Options, Vectorized, solve
from sheetsim.solver.endings import tally
from sheetsim.solver.functions import Many

START = np.array([-1.2, 1.0])
BOTH = {
    "quasi-Newton": ("objective", Vectorized(rosenbrock, rosenbrock_gradient)),
    "Levenberg-Marquardt": ("residuals", Vectorized(rosenbrock_residuals, rosenbrock_jacobian)),
}
WORDS = ("converged", "stalled", "out of time", "diverged", "infeasible")
both = pytest.mark.parametrize("method", BOTH)


def model(method: str, start: Floats = START, function: Vectorized | None = None) -> Model:
    """Rosenbrock's function for a method, or another in its place."""
    name, own = BOTH[method]
    return Model(start=start, **{name: function or own})  # type: ignore[arg-type]


class Clock:
    """Time that passes by itself while a function is evaluated."""

    def __init__(self, function: Vectorized, seconds: float) -> None:
        self.now, self.seconds, self.function = 0.0, seconds, function

    def __call__(self) -> float:
        return self.now

    @property
    def slow(self) -> Vectorized:
        """The function, which takes its time."""
        return replace(self.function, values=self._values)

    def _values(self, x: Floats) -> Floats:
        self.now += self.seconds
        return self.function.values(x)


@both
def test_the_iteration_limit_ends_with_the_best_point_so_far(method: str) -> None:
    result = solve(model(method), Options(max_iterations=4))
    assert result.status == "stalled: the iteration limit of 4 was reached"
    assert not result.success
    assert result.iterations == 4
    assert result.objective == min(result.columns()["objective"]) < result.start_objective
    assert rosenbrock(result.variables[None])[0] == pytest.approx(result.objective, rel=1e-12)


@both
def test_out_of_time_ends_with_the_best_point_so_far(method: str) -> None:
    clock = Clock(BOTH[method][1], 0.02)
    result = solve(model(method, function=clock.slow), Options(max_time=0.07), clock=clock)
    assert result.status.startswith("out of time: max_time was reached at iteration")
    assert result.ending is Ending.TIME
    assert not result.success
    assert 1 <= result.iterations <= 4
    assert result.objective < result.start_objective
    assert result.seconds == pytest.approx(0.08)


class Interrupted:
    """A function in the midst of which Ctrl-C is pressed, and the best that was seen until then."""

    def __init__(self, function: Many, after: int) -> None:
        self.function, self.left = function, after
        self.best = np.inf

    def __call__(self, x: Floats) -> Floats:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        self.best = min(self.best, float(np.nanmin(rosenbrock(x))))
        return self.function(x)


@both
@pytest.mark.parametrize("starts", [1, 6])
@pytest.mark.parametrize("part", ["values", "derivatives"])
def test_ctrl_c_ends_with_the_best_point_so_far(method: str, starts: int, part: str) -> None:
    """Whichever function it comes in; what is not yet accepted may be lost, and no more."""
    own = BOTH[method][1]
    interrupted = Interrupted(getattr(own, part), 8)
    function = replace(own, **{part: interrupted})  # type: ignore[arg-type]
    given = np.random.default_rng(3).uniform(-2, 2, (starts, 2))
    result = solve(model(method, function=function), Options(convergence=1e-300), starts=given)
    assert result.ending is Ending.STOPPED
    assert result.status == "interrupted: Ctrl-C; this is the best point so far"
    assert not result.success
    assert interrupted.left == 0
    assert result.objective == result.log[-1].objective < rosenbrock(given).min()
    assert rosenbrock(result.variables[None])[0] == pytest.approx(result.objective, rel=1e-12)
    if part == "values":
        assert result.objective == pytest.approx(interrupted.best, rel=1e-12)


@both
def test_ctrl_c_before_the_start_was_evaluated_is_passed_on(method: str) -> None:
    function = replace(BOTH[method][1], values=Interrupted(BOTH[method][1].values, 0))
    with pytest.raises(KeyboardInterrupt):
        solve(model(method, function=function))


@both
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_start_that_is_no_number_diverges_at_iteration_0(method: str, bad: float) -> None:
    start = np.array([bad, 1.0])
    result = solve(model(method, start))
    assert result.status == "diverged at iteration 0: NaN or an infinity at the start"
    assert not result.success
    assert result.iterations == 0


@both
def test_overflow_at_the_start_diverges_without_a_warning(method: str) -> None:
    result = solve(model(method, np.array([1e200, 1.0])))
    assert result.status.startswith("diverged at iteration 0")


@both
def test_a_nan_on_the_way_is_backed_away_from(method: str) -> None:
    # x[1] > 1.1 is forbidden ground that a bold step enters; the minimum is outside it.
    clean = BOTH[method][1]

    def forbidden(x: Floats) -> Floats:
        value = clean.values(x)
        value[x[:, 1] > 1.1] = np.nan
        return value

    result = solve(model(method, function=replace(clean, values=forbidden)))
    assert result.success, result.status
    np.testing.assert_allclose(result.variables, [1, 1], atol=1e-6)


@both
def test_nan_all_around_diverges_and_says_at_which_step(method: str) -> None:
    clean = BOTH[method][1]

    def island(x: Floats) -> Floats:
        value = clean.values(x)
        value[(x != START).any(axis=1)] = np.nan
        return value

    result = solve(model(method, function=replace(clean, values=island)))
    assert result.status.startswith("diverged at iteration ")
    assert result.status.endswith("every step from here ends in NaN or an infinity")
    np.testing.assert_array_equal(result.variables, START)


@both
def test_a_derivative_that_turns_nan_diverges_and_says_at_which_step(method: str) -> None:
    clean = BOTH[method][1]

    def undefined(x: Floats) -> Floats:
        assert clean.derivatives is not None
        value = clean.derivatives(x)
        value[x[:, 0] > 0] = np.nan
        return value

    result = solve(model(method, function=replace(clean, derivatives=undefined)))
    at = result.iterations
    assert at > 0
    assert result.status == f"diverged at iteration {at}: NaN or an infinity at a point on the way"


def test_an_objective_without_a_minimum_diverges() -> None:
    falling = Vectorized(
        lambda x: -np.exp((x**2).sum(axis=1)),
        lambda x: -2 * x * np.exp((x**2).sum(axis=1))[:, None],
    )
    result = solve(Model(start=np.ones(2), objective=falling))
    assert result.status.startswith("diverged"), result.status
    assert np.isfinite(result.variables).all()


@both
def test_a_batch_equals_its_single_runs(method: str) -> None:
    starts = np.random.default_rng(2).uniform(-2, 2, size=(9, 2))
    batch = solve(model(method), starts=starts)
    drawing = replace(model(method, starts[0]), sample=lambda _, n: starts[1 : n + 1])
    drawn = solve(drawing, starts=9)
    np.testing.assert_array_equal(drawn.variables, batch.variables)
    singles = [solve(model(method, s)) for s in starts]
    best = min(singles, key=lambda result: result.objective)
    assert batch.evaluations == sum(single.evaluations for single in singles)
    assert batch.status == best.status + tally(batch.ends)
    assert [end.status for end in batch.ends] == [single.status for single in singles]
    assert batch.iterations == best.iterations
    np.testing.assert_array_equal(batch.start, best.start)
    np.testing.assert_allclose(batch.variables, best.variables, rtol=1e-12)
    np.testing.assert_allclose(
        batch.columns()["objective"], best.columns()["objective"], rtol=1e-9, atol=1e-25
    )


def test_multistart_finds_the_deeper_of_two_wells() -> None:
    def wells(x: Floats) -> Floats:
        return np.asarray((x[:, 0] ** 2 - 1) ** 2 + 0.3 * x[:, 0])

    both = Model(
        start=np.array([0.9]),
        objective=Vectorized(wells),
        lower=np.array([-2.0]),
        upper=np.array([2.0]),
    )
    single = solve(both)
    many = solve(both, starts=21)
    assert single.variables[0] > 0
    assert many.variables[0] < 0
    assert many.objective < single.objective
    assert many.start_objective == pytest.approx(wells(many.start[None])[0], rel=1e-14)


@both
def test_multistart_survives_starts_that_diverge(method: str) -> None:
    mixed = replace(
        model(method, np.array([np.nan, 0.0])),
        sample=lambda rng, n: np.where(np.arange(n)[:, None] % 2, np.inf, rng.normal(size=(n, 2))),
    )
    result = solve(mixed, starts=7)
    assert result.success, result.status
    np.testing.assert_allclose(result.variables, [1, 1], atol=1e-6)


@both
def test_the_same_seed_gives_the_same_bits(method: str) -> None:
    one, two, other = (solve(model(method), Options(seed=seed), starts=11) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one.variables, two.variables)
    assert one.log == two.log or str(one.log) == str(two.log)  # NaN is not equal to itself
    assert not np.array_equal(one.start, other.start)


@both
def test_the_model_and_the_result_share_no_memory(method: str) -> None:
    start = START.copy()
    result = solve(model(method, start))
    assert not np.shares_memory(result.start, start)
    assert not np.shares_memory(result.start, result.variables)
    for array in (result.start, result.variables):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 7
    start[:] = 7
    np.testing.assert_array_equal(result.start, START)


def test_a_status_begins_with_one_of_the_words() -> None:
    for options in (Options(), Options(max_iterations=1), Options(max_time=1e-9)):
        status = solve(Model(start=START, objective=Vectorized(rosenbrock)), options).status
        assert sum(word in status for word in WORDS) == 1
        assert status.startswith(WORDS)


@pytest.mark.parametrize("starts", [np.zeros(2), np.zeros((0, 2)), np.zeros((3, 1))])
def test_starts_of_a_wrong_shape_are_refused(starts: Floats) -> None:
    with pytest.raises(OptionError, match=r"starts: got shape .* expected \(S, 2\)"):
        solve(model("quasi-Newton"), starts=starts)


def test_other_engines_take_one_start() -> None:
    options = Options(max_iterations=3)
    one = solve(model("quasi-Newton"), options, "Evolutionary", starts=np.array([[0.5, 0.25]]))
    np.testing.assert_array_equal(one.start, [0.5, 0.25])
    with pytest.raises(OptionError, match="S = 1 for Evolutionary"):
        solve(model("quasi-Newton"), options, "Evolutionary", starts=np.zeros((2, 2)))


@pytest.mark.parametrize("starts", [0, -1, 2.5, True, None, "many"])
def test_a_number_of_starts_that_is_none_is_refused(starts: Any) -> None:
    with pytest.raises(OptionError, match=r"starts.* whole number"):
        solve(model("quasi-Newton"), starts=starts)


def test_a_linear_model_is_solved_from_one_start() -> None:
    line = Model(
        start=np.zeros(1), objective=lambda x: (float(x[0]), np.ones(1)), lower=np.zeros(1)
    )
    with pytest.raises(OptionError, match="starts: got 2, expected 1 for Simplex LP"):
        solve(line, None, "Simplex LP", starts=2)
