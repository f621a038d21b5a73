"""The maths of the topics, against closed forms and against what must stay the same."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import sheetsim
from sheetsim.data import line_points
from sheetsim.sheet import Array
from sheetsim.topics import new_book
from sheetsim.topics.collab_filter import bias, dot_product, embedding, one_hot
from sheetsim.topics.gradient_descent import adagrad, adam, compare, data, sgd
from sheetsim.topics.gradient_descent._all import optimizers
from sheetsim.topics.gradient_descent._optimizer import Optimizer

number = st.floats(-10, 10, allow_nan=False).map(lambda value: round(value, 3))


@st.composite
def factors(draw: st.DrawFn, extra: int) -> dict[str, Array]:
    """Movie factors (k + extra, n_movies) and user factors (n_users, k + extra), k at most both."""
    n_users, n_movies = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    k = draw(st.integers(1, min(n_users, n_movies)))
    return {
        "movie_factors": draw(arrays(float, (k + extra, n_movies), elements=number)),
        "user_factors": draw(arrays(float, (n_users, k + extra), elements=number)),
    }


def near(found: Array, expected: Array) -> None:
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11 * scale)


@settings(max_examples=150, deadline=None)
@given(factors(extra=0))
def test_settled_factors_predict_the_same(blocks: dict[str, Array]) -> None:
    users, movies = blocks["user_factors"], blocks["movie_factors"]
    settled = dot_product.settle(blocks)
    assert {name: block.shape for name, block in settled.items()} == {
        name: block.shape for name, block in blocks.items()
    }
    near(
        dot_product.predict(settled["user_factors"], settled["movie_factors"]),
        dot_product.predict(users, movies),
    )
    weights = np.linalg.norm(settled["movie_factors"], axis=1)
    assert (np.diff(weights) <= 1e-9 * (1 + weights[0])).all(), "factor 1 explains most"
    near(weights, np.linalg.norm(settled["user_factors"], axis=0))


@settings(max_examples=150, deadline=None)
@given(factors(extra=1))
def test_settled_biases_predict_the_same(blocks: dict[str, Array]) -> None:
    users, movies = blocks["user_factors"], blocks["movie_factors"]
    settled = bias.settle(blocks)
    predictions = bias.predict(settled["user_factors"], settled["movie_factors"])
    near(predictions, bias.predict(users, movies))
    scale = max(1.0, float(np.abs(predictions).max()))
    assert abs(settled["user_factors"][:, 0].mean()) < 1e-11 * scale, "users' biases average 0"
    rest = settled["user_factors"][:, 1:] @ settled["movie_factors"][1:]
    near(rest.mean(axis=0), np.zeros(rest.shape[1]))
    near(settled["movie_factors"][0], predictions.mean(axis=0))


def test_settling_what_is_settled_changes_nothing() -> None:
    draw = np.random.default_rng(3).random
    for maths, extra in ((dot_product, 0), (bias, 1)):
        blocks = {"movie_factors": draw((3 + extra, 7)), "user_factors": draw((6, 3 + extra))}
        once = maths.settle(blocks)
        for name, block in maths.settle(once).items():
            np.testing.assert_allclose(block, once[name], rtol=1e-9, atol=1e-12)


def test_bias_is_the_dot_product_with_a_factor_of_ones_on_either_side() -> None:
    """The closed form: [1, u0, u] · [m0, 1, m] = m0 + u0 + u · m."""
    draw = np.random.default_rng(4).random
    users, movies = draw((5, 4)), draw((4, 6))
    left = np.column_stack([np.ones(5), users])
    right = np.vstack([movies[:1], np.ones((1, 6)), movies[1:]])
    np.testing.assert_allclose(
        bias.predict(users, movies), dot_product.predict(left, right), rtol=1e-13
    )


@pytest.mark.parametrize("maths", [dot_product, bias])
def test_squared_errors_count_no_blank(maths: Any) -> None:
    ratings = np.array([[1.0, np.nan], [np.nan, 4.0]])
    predictions = np.array([[1.5, 9.0], [9.0, 2.0]])
    assert maths.squared_errors(ratings, predictions).tolist() == [[0.25, 0], [0, 4]]


@settings(max_examples=60, deadline=None)
@given(factors(extra=0), st.data())
def test_one_hot_is_the_embedding_to_the_last_bit(blocks: dict[str, Array], draw: Any) -> None:
    """All but one of the products are 0, and adding 0 changes no bit (but of the sign of 0)."""
    matrix = blocks["user_factors"]
    index = np.array(draw.draw(st.lists(st.integers(0, len(matrix) - 1), min_size=1)))
    product = one_hot.one_hot(index, len(matrix)) @ matrix
    assert (product == embedding.look_up(matrix, index)).all()


def test_one_hot_rows_have_a_single_one() -> None:
    rows = one_hot.one_hot(np.array([2, 0, 2]), 4)
    assert rows.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]]


# Gradient descent --------------------------------------------------------------------------


def test_gradients_are_those_of_central_differences() -> None:
    """de/db and de/da of every step; a squared error's central difference is exact but for
    rounding, whatever the nudge."""
    steps = sheetsim.trace("sgd", epochs=2, lr=1e-4)
    b, a, x, y = (steps[name].to_numpy() for name in ("b", "a", "x", "y"))

    def error(b: Array, a: Array) -> Array:
        return np.asarray((b + a * x - y) ** 2)

    nudge = 0.25
    by_b = (error(b + nudge, a) - error(b - nudge, a)) / (2 * nudge)
    by_a = (error(b, a + nudge) - error(b, a - nudge)) / (2 * nudge)
    np.testing.assert_allclose(steps["de_db"], by_b, rtol=1e-9)
    np.testing.assert_allclose(steps["de_da"], by_a, rtol=1e-9)


@pytest.mark.parametrize("h", [0.01, 1.0])
def test_finite_differences_are_off_by_h(h: float) -> None:
    """The closed form of the lecture: est de/db is too large by h, est de/da by h x²."""
    steps = sheetsim.trace("sgd", epochs=1, h=h)
    gap_b = steps["est_de_db"] - steps["de_db"]
    gap_a = steps["est_de_da"] - steps["de_da"]
    np.testing.assert_allclose(gap_b, h, rtol=1e-6)
    np.testing.assert_allclose(gap_a, h * steps["x"] ** 2, rtol=1e-6)
    assert sgd.HYPER["h"] == 0.01, "the lecture's step"


def test_best_line_is_numpys() -> None:
    """numpy.polyfit, an implementation of its own."""
    draw = np.random.default_rng(0)
    x = draw.uniform(-5, 5, 40)
    y = 3 * x - 2 + draw.normal(size=40)
    np.testing.assert_allclose(data.least_squares(x, y), np.polyfit(x, y, 1), rtol=1e-10)
    assert data.least_squares(np.array([1.0, 2.0]), np.array([3.0, 5.0])) == (2, 1)


def test_points_of_the_default_lie_on_the_lectures_line() -> None:
    points = line_points()
    assert (points.y == 30 + 2 * points.x).all()
    assert points.n == 29


def test_contours_of_the_map_have_the_rmse_that_they_say() -> None:
    x = line_points().x
    y = line_points(noise=3).y
    a, b = data.least_squares(x, y)
    least = math.sqrt(np.mean((b + a * x - y) ** 2))
    da, db = compare.contour(50.0, least, float(x.mean()), float(x.std()))
    rmse = [math.sqrt(np.mean((b + j + (a + i) * x - y) ** 2)) for i, j in zip(da, db, strict=True)]
    np.testing.assert_allclose(rmse, 50, rtol=1e-10)
    assert (compare.contour(1.0, 2.0, 0.0, 1.0)[0] == 0).all(), "below the least: a point"


def test_special_cases_of_the_optimizers_meet() -> None:
    """Closed forms: without memory, momentum is plain SGD and Adam RMSProp with this row's v."""
    plain = sheetsim.trace("sgd", epochs=3)[["b", "a"]]
    for variant in ("lecture", "textbook"):
        steps = sheetsim.trace("momentum", epochs=3, variant=variant, beta1=0, lr=1e-4)
        same = sheetsim.trace("sgd", epochs=3, variant=variant)[["b", "a"]]
        np.testing.assert_allclose(steps[["b", "a"]], same, rtol=1e-13)
    assert not np.allclose(plain, same)
    adams = sheetsim.trace("adam", epochs=2, variant="textbook", beta1=0, beta2=0, epsilon=0, lr=1)
    np.testing.assert_allclose(np.abs(adams["new_b"] - adams["b"]), 1, rtol=1e-12)


def test_nesterov_without_memory_is_plain_descent() -> None:
    steps = sheetsim.trace("nesterov", epochs=3, beta1=0, lr=1e-4)
    same = sheetsim.trace("sgd", epochs=3, variant="textbook", lr=1e-4)
    for name in ("b", "a"):
        np.testing.assert_allclose(steps[name], same[name], rtol=1e-13)
        np.testing.assert_array_equal(steps[f"theta_{name}"], steps[f"new_{name}"])


def test_nesterov_looks_ahead_as_sutskever_has_it() -> None:
    """v <- mu v - lr grad(theta + mu v), theta <- theta + v (2013, equations 3 and 4)."""
    lr, mu, points = 2e-5, 0.95, line_points()
    steps = sheetsim.trace("nesterov", epochs=2, lr=lr, beta1=mu, b=3, a=-2)
    theta, v, seen = [3.0, -2.0], [0.0, 0.0], [*zip(points.x, points.y, strict=True)] * 2
    columns = steps[["b", "a", "theta_b", "theta_a"]].to_numpy(float)
    for row, (x, y) in zip(columns, seen, strict=True):
        ahead = [theta[i] + mu * v[i] for i in (0, 1)]
        slope = 2 * (ahead[0] + ahead[1] * x - y)
        for i, grad in enumerate((slope, slope * x)):
            v[i] = mu * v[i] - lr * grad
            theta[i] += v[i]
        np.testing.assert_allclose(row, ahead + theta, rtol=1e-9)


def test_adagrad_divides_by_the_root_of_the_sum_of_squares() -> None:
    """One number at a time, from a sum that is given; and what follows from its rule."""
    lr, epsilon = 2.0, 0.5
    given: dict[str, Any] = {"epochs": 2, "lr": lr, "epsilon": epsilon}
    steps = sheetsim.trace("adagrad", state=[4.0, 9.0], **given)
    x, v = [1.0, 1.0], [4.0, 9.0]
    for row in steps.itertuples():
        for i, grad in enumerate((row.de_db, row.de_da)):
            v[i] += float(grad) ** 2  # type: ignore[arg-type]
            x[i] -= lr * float(grad) / (math.sqrt(v[i]) + epsilon)  # type: ignore[arg-type]
        found = np.array([row.new_b, row.new_a, row.v_b, row.v_a], dtype=float)
        np.testing.assert_allclose(found, x + v, rtol=1e-12)
    for rate in (steps["rate_b"], steps["rate_a"]):
        assert (rate.diff().dropna() <= 0).all(), "a rate only falls"


def test_adagrads_steps_by_gradients_of_one_size_fall_as_the_root_of_their_number() -> None:
    """The closed form: step t is lr / sqrt(t) long, the first one lr, whatever the gradient."""
    for size in (1e-3, 7.0, 1e6):
        x, state = np.zeros(2), adagrad.init(np.zeros(2))
        for t in range(1, 50):
            before, grad = x, np.array([size, -size])
            x, state = adagrad.step(x, grad, state, lr=0.3, epsilon=0.0)
            np.testing.assert_allclose(np.abs(x - before), 0.3 / math.sqrt(t), rtol=1e-12)


def test_adam_has_pytorchs_beta2_in_its_sheet_and_fast_ais_in_training() -> None:
    assert adam.TEXTBOOK.hyper["beta2"] == 0.999
    assert adam.OPTIMIZER.training is not None
    assert adam.OPTIMIZER.training.hyper["beta2"] == 0.99


@pytest.mark.parametrize("optimizer", optimizers(), ids=lambda one: one.name)
def test_defaults_are_in_their_ranges_and_known_to_the_rule(optimizer: Optimizer) -> None:
    for variant in (optimizer.lecture, optimizer.textbook):
        for name, value in {} if variant is None else variant.hyper.items():
            assert optimizer.checked(name, value) == value
    training = optimizer.training
    if training is not None:
        assert {*training.hyper} <= {*optimizer.textbook.hyper}
        assert {*training.swept, training.momentum} - {""} <= {*training.hyper}
        assert optimizer.checked("lr", training.digits_lr) > 0
        for name, value in training.hyper.items():
            assert optimizer.checked(name, value) == value


def test_average_of_a_constant_is_the_constant() -> None:
    grad = np.array([3.0, -4.0])
    m, v = adam.averages(grad, (grad, grad**2), 0.9, 0.99)
    np.testing.assert_allclose(m, grad, rtol=1e-15)
    np.testing.assert_allclose(v, grad**2, rtol=1e-15)


def test_start_of_the_factors_is_uniform_and_the_seeds() -> None:
    books = [new_book("dot_product", {"at": "start", "seed": seed}).given for seed in (0, 0, 1)]
    first, again, other = (book["dot_product"]["movie_factors"] for book in books)
    assert (first == again).all()
    assert not (first == other).any()
    assert (first >= 0).all()
    assert (first < 1).all()
