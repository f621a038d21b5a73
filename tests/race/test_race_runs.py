"""Batches of runs: closed forms on the quadratic, and every run as if it were alone."""

import math
from typing import Any

import numpy as np
import pytest

from sheetsim.learn.rules import RULES
from sheetsim.racing.runs import NEVER, Runs, run
from sheetsim.racing.surfaces import SURFACES

LINE = SURFACES["line"]
BEST = np.array(LINE.minima[0])
START = np.array(LINE.start)


def batch(
    name: str, lr: Any, steps: int, surface: str = "line", *, keep: bool = True, **rest: Any
) -> Runs:
    """Runs of one optimizer with its own defaults."""
    rule = RULES[name]
    rates = np.reshape(np.array(lr, dtype=float), (-1, 1))
    hyper = {**rule.hyper, **rest.pop("hyper", {})}
    start = rest.pop("start", SURFACES[surface].start)
    return run(SURFACES[surface], rule, rates, hyper, start, steps, keep=keep, **rest)


def test_gradient_descent_is_a_power_of_a_matrix() -> None:
    """x_k - best = (I - lr H)^k (x_0 - best)."""
    rates = [1e-5, 1e-4, 2.3e-4]
    paths = batch("sgd", rates, 50).paths
    for i, lr in enumerate(rates):
        for k in (0, 1, 7, 50):
            matrix = np.linalg.matrix_power(np.eye(2) - lr * LINE.hessian, k)
            np.testing.assert_allclose(paths[k, i], BEST + matrix @ (START - BEST), rtol=1e-10)


def test_momentum_is_a_power_of_a_matrix() -> None:
    """(m, x) <- (beta m + H (x - best), x - lr m): one matrix of 4 x 4, block by block."""
    rates, betas = [1e-5, 1e-4, 4e-4], [0.5, 0.9, 0.99]
    hyper = {"beta1": np.array(betas)[:, None]}
    paths = batch("momentum", rates, 60, hyper=hyper).paths
    for i, (lr, beta) in enumerate(zip(rates, betas, strict=True)):
        hessian, eye = LINE.hessian, np.eye(2)
        step = np.block([[beta * eye, hessian], [-lr * beta * eye, eye - lr * hessian]])
        for k in (1, 2, 13, 60):
            start = np.concatenate([np.zeros(2), START - BEST])
            expected = BEST + (np.linalg.matrix_power(step, k) @ start)[2:]
            np.testing.assert_allclose(paths[k, i], expected, rtol=1e-9)


def test_adam_in_pythons_own_floats() -> None:
    """Kingma and Ba's algorithm 1, on Rosenbrock, one number at a time."""
    lr, beta1, beta2 = 0.3, 0.8, 0.95
    path = batch("adam", lr, 40, "rosenbrock", hyper={"beta1": beta1, "beta2": beta2}).paths[:, 0]
    x, m, v = [-1.2, 1.0], [0.0, 0.0], [0.0, 0.0]
    for t in range(1, 41):
        bend = x[1] - x[0] ** 2
        grad = [-2 * (1 - x[0]) - 400 * x[0] * bend, 200 * bend]
        for i in (0, 1):
            m[i] = beta1 * m[i] + (1 - beta1) * grad[i]
            v[i] = beta2 * v[i] + (1 - beta2) * grad[i] ** 2
            x[i] -= lr * m[i] / (1 - beta1**t) / (math.sqrt(v[i] / (1 - beta2**t)) + 1e-8)
        np.testing.assert_allclose(path[t], x, rtol=1e-8)


def test_rmsprop_in_pythons_own_floats() -> None:
    lr, beta2 = 0.05, 0.9
    path = batch("rmsprop", lr, 40, "saddle", hyper={"beta2": beta2}).paths[:, 0]
    x, v = [1.5, 0.001], [0.0, 0.0]
    for t in range(1, 41):
        for i, grad in enumerate((x[0], x[1] ** 3 - x[1])):
            v[i] = beta2 * v[i] + (1 - beta2) * grad**2
            x[i] -= lr * grad / (math.sqrt(v[i]) + 1e-8)
        np.testing.assert_allclose(path[t], x, rtol=1e-8)


def steps_have_a_length(name: str) -> bool:
    """Whether a step is as long for a thousand times the gradient, and so cannot diverge."""
    rule, x = RULES[name], np.array([[2.0, 3.0]])
    one, thousand = (
        rule.step(x, scale * x, rule.init(x), lr=1.0, t=1, **rule.hyper)[0] for scale in (1, 1000)
    )
    return np.allclose(one, thousand)


@pytest.mark.sampled(20)
@pytest.mark.processor
@pytest.mark.parametrize("noise", [0.0, 2.0])
@pytest.mark.parametrize("surface", list(SURFACES))
@pytest.mark.parametrize("name", list(RULES))
def test_a_batch_is_its_runs_one_by_one(name: str, surface: str, noise: float) -> None:
    """To the last bit, those that diverge included."""
    rates, seeds = np.geomspace(1e-6, 10, 23), np.arange(23) % 5
    betas = {k: np.linspace(0, 0.99, 23)[:, None] for k in RULES[name].hyper if k[:4] == "beta"}
    together = batch(name, rates, 100, surface, hyper=betas, noise=noise, seeds=seeds)
    assert noise or (together.diverged != NEVER).any() or steps_have_a_length(name)
    for i, lr in enumerate(rates):
        mine = {key: values[[i]] for key, values in betas.items()}
        alone = batch(name, lr, 100, surface, hyper=mine, noise=noise, seeds=seeds[[i]])
        np.testing.assert_array_equal(alone.paths[:, 0], together.paths[:, i])
        np.testing.assert_array_equal(alone.losses[:, 0], together.losses[:, i])
        for of in ("loss", "diverged", "reached", "sound"):
            np.testing.assert_array_equal(getattr(alone, of)[0], getattr(together, of)[i])


@pytest.mark.parametrize("name", list(RULES))
def test_a_batch_is_the_rule_in_a_plain_loop(name: str) -> None:
    rule, surface = RULES[name], SURFACES["rosenbrock"]
    rates = np.geomspace(1e-5, 1e-3, 7)
    ends = batch(name, rates, 80, "rosenbrock", keep=False).x
    for lr, end in zip(rates.tolist(), ends, strict=True):
        x = np.array(surface.start)
        state = rule.init(x)
        for t in range(1, 81):
            x, state = rule.step(x, surface.gradient(x), state, lr=lr, t=t, **rule.hyper)
        np.testing.assert_allclose(x, end, rtol=1e-12)


def test_noise_is_the_seeds_generators() -> None:
    """Step t adds the t-th pair of numbers of the seed's generator, in blocks or not."""
    lr, noise, steps = 1e-5, 30.0, 150
    path = batch("sgd", [lr, lr], steps, noise=noise, seeds=np.array([7, 3])).paths
    for i, seed in enumerate((7, 3)):
        z = np.random.default_rng(seed).standard_normal((steps, 2))
        x = START
        for t in range(steps):
            x = x - lr * (LINE.gradient(x) + noise * z[t])
            np.testing.assert_allclose(path[t + 1, i], x, rtol=1e-12)


def test_a_longer_run_begins_as_a_shorter_one() -> None:
    short = batch("adam", 0.1, 70, noise=5.0, seeds=np.array([4]))
    long = batch("adam", 0.1, 200, noise=5.0, seeds=np.array([4]))
    np.testing.assert_array_equal(long.paths[:71], short.paths)


def test_divergence_is_marked_and_stays() -> None:
    """Plain descent grows by 1 - lr eigenvalue each step, so the step of the overflow is known."""
    lr, steps = 0.01, 300
    result = batch("sgd", [lr, 1e-5], steps)
    values, vectors = np.linalg.eigh(LINE.hessian)
    part = abs(vectors[:, 1] @ (START - BEST)) * math.sqrt(values[1] / 2)
    growth = math.log(lr * values[1] - 1)
    expected = (math.log(np.finfo(float).max) / 2 - math.log(part)) / growth
    first = int(result.diverged[0])
    assert abs(first - expected) <= 2
    assert np.isfinite(result.losses[:first, 0]).all()
    assert np.isinf(result.losses[first:, 0]).all()
    assert np.isnan(result.paths[first:, 0]).all()
    assert list(result.diverged) == [first, NEVER]
    assert list(result.sound) == [False, True]


def test_ending_above_the_start_is_not_sound() -> None:
    result = batch("adam", [1e-3, 1e9], 20)
    assert list(result.diverged) == [NEVER, NEVER]
    assert list(result.sound) == [True, False]


def test_reached_is_the_first_step_at_the_goal() -> None:
    result = batch("adam", [2.0, 1e-4], 200, within=0.01)
    losses = result.losses[:, 0]
    first = int(np.flatnonzero(losses <= 0.01 * losses[0])[0])
    assert first > 0
    assert list(result.reached) == [first, NEVER]
    assert batch("sgd", 1e-5, 3, start=BEST).reached[0] == 0


def test_paths_are_kept_on_demand() -> None:
    kept, not_kept = (batch("sgd", [1e-5, 1e-4], 9, keep=keep) for keep in (True, False))
    assert kept.paths.shape == (10, 2, 2)
    assert not_kept.paths.shape == (0, 2, 2)
    np.testing.assert_array_equal(kept.paths[-1], not_kept.x)
    np.testing.assert_array_equal(kept.losses[-1], not_kept.loss)
    np.testing.assert_array_equal(kept.losses, LINE.loss(kept.paths))


def test_runs_may_have_a_start_each() -> None:
    starts = np.array([[0.0, 0.0], [5.0, 5.0]])
    paths = batch("sgd", [1e-5, 1e-5], 4, start=starts).paths
    np.testing.assert_array_equal(paths[0], starts)


@pytest.mark.parametrize("steps", [1, 63, 64, 65, 130])
def test_progress_counts_every_step(steps: int) -> None:
    reported: list[tuple[str, int]] = []
    batch("sgd", 1e-5, steps, say=lambda words, done: reported.append((words, done)))
    assert sum(done for _, done in reported) == steps
    assert reported[-1][0] == f"step {steps:,} of {steps:,}"
