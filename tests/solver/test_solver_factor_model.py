from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.optimize
from solver_problems import derivative_error, vectorized

from sheetsim.arrays import Floats
from sheetsim.errors import OptionError
from sheetsim.solver import Ending, Model, Options, factor_model, solve

NAN = np.nan
biases = pytest.mark.parametrize("bias", [False, True])


def table(users: int = 8, movies: int = 7, blanks: int = 10, seed: int = 0) -> Floats:
    """Half-star ratings with some structure, and blanks."""
    rng = np.random.default_rng(seed)
    taste = rng.normal(size=(users, 2)) @ rng.normal(size=(2, movies))
    ratings = np.clip(np.round(2 * (3 + taste + rng.normal(0, 0.5, taste.shape))) / 2, 0.5, 5)
    ratings.flat[rng.permutation(ratings.size)[:blanks]] = NAN
    return np.asarray(ratings)


def rmse_by_hand(x: Floats, ratings: Floats, k: int, bias: bool) -> float:
    """The lecture's cell, written out: blocks in the order of `solver_adj`, one cell at a time."""
    users, movies = ratings.shape
    q = k + bias
    V, U = x[: q * movies].reshape(q, movies), x[q * movies :].reshape(users, q)
    errors = []
    for i, j in np.argwhere(~np.isnan(ratings)):
        with_bias = U[i, 1:] @ V[1:, j] + V[0, j] + U[i, 0]
        prediction = with_bias if bias else U[i] @ V[:, j]
        errors.append((prediction - ratings[i, j]) ** 2)
    return float(np.sqrt(np.mean(errors)))


@biases
def test_the_objective_is_the_rmse_of_the_rated_cells(bias: bool) -> None:
    ratings = table()
    model = factor_model(ratings, 3, bias=bias, seed=4)
    result = solve(model)
    assert result.start_objective == pytest.approx(
        rmse_by_hand(model.start, ratings, 3, bias), rel=1e-13
    )
    assert result.objective == pytest.approx(
        rmse_by_hand(result.variables, ratings, 3, bias), rel=1e-11
    )
    np.testing.assert_array_equal(result.start, model.start)
    expected = np.random.default_rng(4).uniform(size=(3 + bias) * (8 + 7))
    np.testing.assert_array_equal(model.start, expected)


@biases
def test_derivatives_of_the_full_problem(bias: bool) -> None:
    model = factor_model(table(), 3, bias=bias)
    assert derivative_error(model) < 1e-7


def reduced(model: Model) -> Model:
    """The reduction as a model of its own."""
    assert model.reduction is not None
    u = model.reduction.restrict(model.start[None])[0]
    return Model(start=u, normal_equations=model.reduction.normal_equations)


@biases
def test_the_reduced_gradient_equals_the_full_one_where_the_movies_are_solved_for(
    bias: bool,
) -> None:
    model = factor_model(table(), 3, bias=bias)
    reduction = model.reduction
    assert reduction is not None
    residuals = vectorized(model.residuals)
    assert residuals.derivatives is not None
    u = np.random.default_rng(1).normal(size=(5, (3 + bias) * 8))
    total, gradient, _ = reduction.normal_equations(u)
    x = reduction.expand(u)
    r, J = residuals.values(x), residuals.derivatives(x)
    full = np.einsum("smn,sm->sn", J, r)
    np.testing.assert_allclose(total, (r**2).sum(axis=1), rtol=1e-10)
    movies = (3 + bias) * 7
    np.testing.assert_allclose(full[:, :movies], 0, atol=1e-8 * np.abs(full).max())
    np.testing.assert_allclose(gradient, full[:, movies:], atol=1e-8 * np.abs(full).max())


@biases
def test_the_reduced_gradient_equals_differences_of_the_reduced_objective(bias: bool) -> None:
    model = reduced(factor_model(table(), 3, bias=bias))
    assert model.normal_equations is not None
    evaluate = model.normal_equations
    own = evaluate(model.start[None])[1][0]
    differences = scipy.optimize.approx_fprime(
        model.start, lambda u: evaluate(u[None])[0][0] / 2, 1e-7
    )
    np.testing.assert_allclose(own, differences, atol=1e-4 * np.abs(own).max() + 1e-6)


@biases
def test_kaufmans_matrix_is_that_of_an_explicit_jacobian(bias: bool) -> None:
    # Kaufman: the Jacobian of r = P y is -P dA c, here built column by column with NumPy's pinv.
    ratings = table(5, 4, 4)
    model = reduced(factor_model(ratings, 2, bias=bias))
    assert model.normal_equations is not None
    q = 2 + bias
    U = np.random.default_rng(3).uniform(size=(5, q))
    _, _, H = model.normal_equations(U.reshape(1, -1))
    rows = []
    for j in range(4):
        seen = np.flatnonzero(~np.isnan(ratings[:, j]))
        A, y = U[seen].copy(), ratings[seen, j]
        if bias:
            A[:, 0], y = 1.0, y - U[seen, 0]
        c = np.linalg.pinv(A) @ y
        P = np.eye(len(seen)) - A @ np.linalg.pinv(A)
        answer = np.concatenate([[1.0], c[1:]]) if bias else c
        J = np.zeros((len(seen), 5, q))
        for row, user in enumerate(seen):
            J[:, user] += -P[:, [row]] * answer
        rows.append(J.reshape(len(seen), -1))
    J = np.concatenate(rows)
    np.testing.assert_allclose(H[0], J.T @ J, atol=1e-9 * np.abs(H).max())


@biases
@pytest.mark.parametrize("derivatives", ["central", "forward"])
def test_the_full_problem_by_differences_reaches_the_same_minimum(
    bias: bool, derivatives: Any
) -> None:
    model = factor_model(table(6, 5, 4), 1, bias=bias)
    by_elimination = solve(model)
    in_full = solve(model, Options(derivatives=derivatives))
    assert in_full.success, in_full.status
    assert in_full.objective == pytest.approx(by_elimination.objective, rel=1e-6)
    assert in_full.start_objective == by_elimination.start_objective


@biases
def test_scipy_finds_no_way_down_from_our_minimum(bias: bool) -> None:
    model = factor_model(table(), 2, bias=bias)
    residuals = vectorized(model.residuals)
    ours = solve(model, Options(convergence=1e-12))
    further = scipy.optimize.least_squares(
        lambda x: residuals(x)[0], ours.variables, lambda x: residuals(x)[1]
    )
    theirs = np.sqrt(2 * further.cost / len(further.fun))
    assert ours.objective <= theirs * (1 + 1e-7)


@biases
def test_bounds_are_kept_and_nothing_is_eliminated(bias: bool) -> None:
    n = (2 + bias) * 15
    model = factor_model(table(), 2, bias=bias, lower=np.full(n, 0.0), upper=np.full(n, 1.5))
    residuals = vectorized(model.residuals)
    ours = solve(model)
    assert ours.success, ours.status
    assert ((ours.variables >= 0) & (ours.variables <= 1.5)).all()
    further = scipy.optimize.least_squares(
        lambda x: residuals(x)[0],
        np.clip(ours.variables, 1e-9, 1.5 - 1e-9),
        lambda x: residuals(x)[1],
        bounds=(0, 1.5),
    )
    assert ours.objective <= np.sqrt(2 * further.cost / len(further.fun)) * (1 + 1e-6)


@biases
@pytest.mark.parametrize("k", [1, 5, 20, 50])
def test_every_k_ends_cleanly(k: int, bias: bool) -> None:
    ratings = table(15, 15, 19)
    model = factor_model(ratings, k, bias=bias)
    result = solve(model)
    assert result.success, result.status
    assert result.objective == pytest.approx(
        rmse_by_hand(result.variables, ratings, k, bias), rel=1e-6, abs=1e-8
    )
    assert (np.diff(result.columns()["objective"]) <= 1e-14).all()
    if k >= 15:
        assert result.objective < 1e-7
        assert result.iterations <= 40


def test_k_1_without_blanks_is_the_singular_value_decomposition() -> None:
    ratings = table(blanks=0)
    left = np.linalg.svd(ratings, compute_uv=False)[1:]
    result = solve(factor_model(ratings, 1))
    assert result.objective == pytest.approx(np.sqrt((left**2).sum() / ratings.size), rel=1e-10)


def test_k_2_with_biases_and_no_blanks_beats_the_centred_decomposition_by_nothing() -> None:
    # Removing row and column means first is optimal for additive parts of a complete table only
    # in the sense that any rank-k correction of the doubly centred table cannot do better.
    ratings = table(blanks=0)
    centred = ratings - ratings.mean(axis=0) - ratings.mean(axis=1)[:, None] + ratings.mean()
    left = np.linalg.svd(centred, compute_uv=False)[2:]
    result = solve(factor_model(ratings, 2, bias=True))
    assert result.objective == pytest.approx(np.sqrt((left**2).sum() / ratings.size), rel=1e-8)


@biases
def test_users_and_movies_with_one_rating_or_none(bias: bool) -> None:
    ratings = table(9, 8, 0)
    ratings[2] = NAN
    ratings[2, 3] = 4.0  # a user with a single rating
    ratings[:, 5] = NAN
    ratings[4, 5] = 1.5  # a movie with a single rating
    ratings[7] = NAN  # a user with none
    ratings[:, 1] = NAN  # a movie with none
    result = solve(factor_model(ratings, 3, bias=bias))
    assert result.success, result.status
    assert np.isfinite(result.variables).all()
    assert result.objective == pytest.approx(
        rmse_by_hand(result.variables, ratings, 3, bias), rel=1e-9
    )


@biases
def test_a_batch_equals_its_single_runs(bias: bool) -> None:
    ratings = table()
    model = factor_model(ratings, 2, bias=bias)
    assert model.reduction is not None
    assert model.sample is not None
    drawn = model.sample(np.random.default_rng([0, 1]), 4)  # not the stream of the start itself
    starts = np.concatenate([model.start[None], drawn])
    assert len(np.unique(starts, axis=0)) == len(starts)
    plain = replace(model.reduction, lead=lambda u: u, evaluations=0)
    singles = [
        solve(replace(model, start=start, reduction=plain if i % 2 else model.reduction))
        for i, start in enumerate(starts)
    ]
    batch = solve(model, starts=5)
    best = min(singles, key=lambda single: single.objective)
    assert batch.evaluations == sum(single.evaluations for single in singles)
    assert batch.objective == pytest.approx(best.objective, rel=1e-9)
    assert any(np.array_equal(batch.start, start) for start in starts)
    assert batch.start_objective == pytest.approx(
        rmse_by_hand(batch.start, ratings, 2, bias), rel=1e-13
    )


@biases
def test_no_start_is_led_to_a_worse_one(bias: bool) -> None:
    model = factor_model(table(), 3, bias=bias)
    assert model.reduction is not None
    u = np.random.default_rng(6).uniform(size=(20, (3 + bias) * 8))
    before, after = (
        model.reduction.normal_equations(each)[0] for each in (u, model.reduction.lead(u))
    )
    assert (after <= before * (1 + 1e-12)).all()
    assert (after < before).any()


@biases
def test_the_same_seed_gives_the_same_bits(bias: bool) -> None:
    one, two = (solve(factor_model(table(), 3, bias=bias, seed=9)) for _ in range(2))
    np.testing.assert_array_equal(one.variables, two.variables)
    assert one.objective == two.objective
    assert str(one.log) == str(two.log)


def test_from_a_solved_sheet_the_solver_stays_and_never_gets_worse() -> None:
    ratings = table()
    solved = solve(factor_model(ratings, 2, bias=True))
    again = solve(factor_model(ratings, 2, bias=True, start=solved.variables))
    assert again.success
    assert again.objective <= solved.objective * (1 + 1e-12)
    assert again.iterations <= 10


def test_the_log_begins_at_the_full_start() -> None:
    result = solve(factor_model(table(), 2))
    columns = result.columns()
    assert columns["iteration"] == list(range(result.iterations + 1))
    assert columns["objective"][0] == result.start_objective
    assert columns["evaluations"][0] == 1
    assert columns["evaluations"][-1] == result.evaluations
    assert columns["objective"][-1] == result.objective
    assert (np.diff(columns["objective"]) <= 0).all()


@pytest.mark.parametrize("where", [0, -1], ids=["movies", "users"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
def test_a_start_that_is_no_number_diverges_at_iteration_0(bad: float, where: int) -> None:
    model = factor_model(table(), 4)
    start = np.full(4 * 15, 0.5)
    start[where] = bad
    result = solve(replace(model, start=start))
    assert result.status == "diverged at iteration 0: NaN or an infinity at the start"
    assert not result.success
    assert result.iterations == 0
    survived = solve(replace(model, start=start), starts=4)
    assert survived.success


def test_excels_convergence_stops_on_the_way() -> None:
    model = factor_model(table(15, 15, 19), 5, bias=True)
    excel, ours = solve(model, Options(convergence=1e-4)), solve(model)
    assert excel.iterations < ours.iterations
    assert excel.objective > ours.objective * (1 + 1e-6)


GOOD: dict[str, Any] = {"ratings": table(), "k": 2}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"ratings": np.zeros(3)}, "shape (3,)"),
        ({"ratings": np.full((2, 2), NAN)}, "0 finite"),
        ({"ratings": np.array([[1.0, np.inf]])}, "1 infinite"),
        ({"k": 0}, "k is 0; expected"),
        ({"k": 2.5}, "k is 2.5; expected"),
        ({"k": True}, "k is True; expected"),
        ({"seed": -1}, "seed is -1; expected"),
        ({"start": np.zeros(3)}, "start: got shape (3,), expected (30,)"),
        ({"lower": np.zeros(3)}, "lower has shape (3,), expected (30,)"),
    ],
)
def test_bad_input_is_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError) as caught:
        factor_model(**(GOOD | arguments))
    assert words in str(caught.value)


@biases
@pytest.mark.parametrize("during", ["lead", "normal_equations"])
def test_ctrl_c_ends_with_the_best_point_so_far(bias: bool, during: str) -> None:
    """While starts are led to better ones, and while the method iterates."""
    ratings = table()
    model = factor_model(ratings, 3, bias=bias, seed=4)
    assert model.reduction is not None
    real, left = getattr(model.reduction, during), 1 if during == "lead" else 6

    def pressed(u: Floats) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            raise KeyboardInterrupt
        return real(u)

    asked: dict[str, Any] = {during: pressed}
    model = replace(model, reduction=replace(model.reduction, **asked))
    result = solve(model, starts=5)
    assert result.ending is Ending.STOPPED
    by_hand = rmse_by_hand(result.variables, ratings, 3, bias)
    assert result.objective == pytest.approx(by_hand, rel=1e-11)
    assert result.objective <= rmse_by_hand(model.start, ratings, 3, bias)
    if during == "normal_equations":
        assert result.objective < result.start_objective
