"""Gradients by central differences, sparse gradients beside dense ones, classes and starts."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax as scipy_log_softmax

from sheetsim.learn.classifier import Classifier, accuracy, log_softmax
from sheetsim.learn.collab import SPREAD, DotProductBias
from sheetsim.learn.models import Model
from sheetsim.learn.rows import Rows
from sheetsim.learn.rules import RULES
from sheetsim.sheet import Array

RNG = np.random.default_rng(3)
STEP = 1e-6


def differences(model: Model, inputs: tuple[Array, ...], targets: Array) -> dict[str, Array]:
    """The gradient of the mean loss, by central differences."""
    found = {}
    for name, group in model.groups.items():
        gradient = np.zeros_like(group)
        for at in np.ndindex(group.shape):
            kept = group[at]
            losses = []
            for sign in (1, -1):
                group[at] = kept + sign * STEP
                losses.append(model.loss(model.predict(*inputs), targets))
            group[at] = kept
            gradient[at] = (losses[0] - losses[1]) / (2 * STEP)
        found[name] = gradient
    return found


def dense(gradient: Any) -> Array:
    return gradient.dense() if isinstance(gradient, Rows) else np.asarray(gradient)


@pytest.mark.parametrize("y_range", [(0.0, 5.5), (-1.0, 1.0), None])
def test_gradients_of_collab(y_range: tuple[float, float] | None) -> None:
    model = DotProductBias(5, 7, 3, y_range=y_range, dtype=np.float64)
    for name, group in model.groups.items():
        model.groups[name] = group + RNG.normal(0, 0.5, group.shape)
    inputs = (RNG.integers(0, 5, 20), RNG.integers(0, 7, 20))
    targets = RNG.uniform(1, 5, 20)
    loss, gradients = model.gradients(inputs, targets)
    assert loss == pytest.approx(model.loss(model.predict(*inputs), targets), rel=1e-14)
    for name, expected in differences(model, inputs, targets).items():
        np.testing.assert_allclose(dense(gradients[name]), expected, atol=1e-8)


@pytest.mark.parametrize("sizes", [(6, 3), (6, 5, 3), (6, 4, 5, 3)])
def test_gradients_of_the_classifier(sizes: tuple[int, ...]) -> None:
    model = Classifier(sizes, dtype=np.float64)
    inputs, targets = (RNG.normal(size=(9, 6)),), RNG.integers(0, 3, 9)
    loss, gradients = model.gradients(inputs, targets)
    assert loss == pytest.approx(model.loss(model.predict(*inputs), targets), rel=1e-14)
    for name, expected in differences(model, inputs, targets).items():
        np.testing.assert_allclose(dense(gradients[name]), expected, atol=1e-8)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.sampled_from(sorted(RULES)))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_rules_take_rows_as_they_take_dense_arrays(index: list[int], name: str) -> None:
    rule, rng = RULES[name], np.random.default_rng(len(index))
    x, values = rng.normal(size=(6, 2)), rng.normal(size=(len(index), 2))
    rows = Rows.summed(np.array(index), values, x.shape)
    whole = np.zeros_like(x)
    np.add.at(whole, index, values)
    np.testing.assert_allclose(rows.dense(), whole, atol=1e-15)
    hyper = {"lr": 0.1, "t": 3, **rule.hyper}
    state = tuple(np.abs(rng.normal(size=x.shape)) for _ in rule.init(x))
    kept = x.copy()
    sparse_x, sparse_state = rule.step(x, rows, state, **hyper)
    dense_x, dense_state = rule.step(x, whole, state, **hyper)
    np.testing.assert_allclose(sparse_x, dense_x, rtol=1e-13)
    np.testing.assert_array_equal(x, kept)
    for one, other in zip(sparse_state, dense_state, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)


@pytest.mark.parametrize("name", sorted(RULES))
def test_rules_keep_float32(name: str) -> None:
    rule = RULES[name]
    x = np.ones((4, 2), np.float32)
    rows = Rows.summed(np.array([1, 1]), np.ones((2, 2), np.float32), x.shape)
    for gradient in (rows, rows.dense()):
        new, state = rule.step(x, gradient, rule.init(x), lr=0.1, t=1, **rule.hyper)
        assert new.dtype == np.float32
        assert all(part.dtype == np.float32 for part in state)


def test_log_softmax_is_scipys_and_does_not_overflow() -> None:
    logits = np.array([[1.0, 2.0, 3.0], [1000.0, 0.0, -1000.0], [-5.0, -5.0, -5.0]])
    np.testing.assert_allclose(log_softmax(logits), scipy_log_softmax(logits, axis=1), rtol=1e-14)


def test_accuracy_counts() -> None:
    assert accuracy(np.array([[2.0, 1.0], [0.0, 1.0], [3.0, 1.0]]), np.array([0, 1, 1])) == 2 / 3


def test_the_start_of_collab_is_a_normal_cut_at_two_deviations() -> None:
    start = DotProductBias(2000, 3000, 40, seed=1).groups["items"]
    assert np.abs(start).max() <= 2 * SPREAD * (1 + 1e-6)
    assert abs(start.mean()) < 1e-4
    # variance of a standard normal cut at +-2, from its closed form: 1 - 4 phi(2) / (2 Phi(2) - 1)
    assert start.std() == pytest.approx(SPREAD * 0.8796, rel=0.01)


def test_the_start_of_the_classifier_is_pytorchs_linear() -> None:
    layer = Classifier((400, 10), seed=1).groups["layer 1"]
    assert np.abs(layer).max() <= 1 / 20
    assert layer.std() == pytest.approx(1 / 20 / np.sqrt(3), rel=0.03)
