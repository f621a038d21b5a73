"""The table of functions: each derivative against finite differences, arities, random inputs."""

from typing import Any

import numpy as np
import pytest

from sheetsim.arrays import Floats
from sheetsim.formula.functions import TABLE, Function
from sheetsim.formula.functions._make import fit
from sheetsim.formula.values import ArrayValue, constant, numbers

NAMES = sorted(TABLE)
STEP = 1e-6

USUAL: dict[str, tuple[Any, ...]] = {
    "elementwise": (0.7, 1.3, 0.4, 1.9, 0.6, 1.1),
    "statistic": ([[0.3, 0.9], [0.5, 1.6]], 1.2),
    "pairs": ([[0.3, 0.9, 0.5]], [[1.1, 0.2, 0.7]]),
}


def sample_of(function: Function) -> list[ArrayValue]:
    """Arguments to try a function with: its own, or the usual ones."""
    if function.sample is not None:
        return [constant(one) for one in function.sample]
    usual = USUAL.get(function.kind, (0.7, 1.3, 0.4))
    count = min(len(usual), max(function.least, min(function.most, 2)))
    return [constant(one) for one in usual[:count]]


def value(function: Function, nums: list[Floats], args: list[ArrayValue]) -> Floats:
    """The numbers of a function's result, other numbers put into its arguments."""
    with np.errstate(all="ignore"):
        moved = [ArrayValue(n, a.kind, a.obj) for n, a in zip(nums, args, strict=True)]
        return function.value(moved, False).num


def differences(function: Function, args: list[ArrayValue], i: int, move: Floats) -> Floats:
    up = [a.num + (STEP * move if k == i else 0) for k, a in enumerate(args)]
    down = [a.num - (STEP * move if k == i else 0) for k, a in enumerate(args)]
    return (value(function, up, args) - value(function, down, args)) / (2 * STEP)


def names_of(*kinds: str, sampled: bool = False) -> list[str]:
    """The functions that a test concerns: of these kinds, all if none, that take arguments."""
    return [
        name
        for name, function in sorted(TABLE.items())
        if not function.random
        and function.most > 0
        and (not kinds or function.kind in kinds)
        and (not sampled or function.kind != "general" or function.sample is not None)
    ]


@pytest.mark.parametrize("name", names_of("elementwise", "statistic", "pairs", "matrix", "general"))
def test_derivatives_equal_finite_differences(name: str) -> None:
    """Forward and reverse mode, in each argument; functions of texts have none to compare."""
    function = TABLE[name]
    args = sample_of(function)
    out = function.value(args, True)
    assert np.isfinite(out.num).all(), "the sample lies outside the function's domain"
    rng = np.random.default_rng(7)
    nums = [arg.num for arg in args]
    wants = [True] * len(args)
    slopes = None
    if function.partials is not None:
        slopes = function.partials(args, out, wants)
        assert len(slopes) == len(args)
    for i, arg in enumerate(args):
        move, bar = rng.normal(size=arg.shape), rng.normal(size=out.shape)
        expected = differences(function, args, i, move)
        if function.jvp is not None and function.vjp is not None:
            forward = function.jvp(i, move, out.num, *nums)
            back = function.vjp(i, bar, out.num, *nums)
        else:
            slope = None if slopes is None else slopes[i]
            if slope is None:
                np.testing.assert_allclose(expected, 0.0, atol=1e-9)
                continue
            forward = fit(move * np.asarray(slope), out.shape)
            back = fit(bar * np.asarray(slope), arg.shape)
        np.testing.assert_allclose(
            np.broadcast_to(forward, out.shape), expected, rtol=2e-7, atol=2e-9
        )
        product = float((np.broadcast_to(back, arg.shape) * move).sum())
        assert product == pytest.approx(float((bar * expected).sum()), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", [name for name in names_of() if TABLE[name].linear])
def test_declared_linear_is_linear(name: str) -> None:
    """f(a + t d) along each argument declared linear has no curvature."""
    function = TABLE[name]
    args = sample_of(function)
    for i, arg in enumerate(args):
        if i not in function.linear and -1 not in function.linear:
            continue
        nums = [[a.num + (t * 0.1 if k == i else 0) for k, a in enumerate(args)] for t in range(3)]
        low, middle, high = (value(function, n, args) for n in nums)
        np.testing.assert_allclose(low + high, 2 * middle, rtol=1e-12, atol=1e-12)
        assert arg.num is args[i].num


@pytest.mark.parametrize("name", NAMES)
def test_entry_is_well_formed(name: str) -> None:
    function = TABLE[name]
    assert 0 <= function.least <= function.most <= 255
    assert set(function.params) <= set("VRAS")
    if function.kind in {"reference", "geometry"}:  # of a place, not of numbers
        assert (function.refers is None) != (function.measures is None)
    else:
        assert function.partials is not None or function.jvp is not None
    assert name in (function.name, *function.also)
    assert name == name.upper() or name in {"neg", "pos"}


@pytest.mark.parametrize(
    "name", names_of("elementwise", "statistic", "pairs", "matrix", "general", sampled=True)
)
def test_blocks_and_batches_give_what_single_cells_give(name: str) -> None:
    """A function sees (S, R, C, h, w); each of S x R x C must come out as if it were alone."""
    function = TABLE[name]
    args = sample_of(function)
    rng = np.random.default_rng(3)
    nums = [a.num * rng.uniform(0.9, 1.1, size=(2, 3, 2, *a.shape[-2:])) for a in args]
    if function.sample is not None and function.kind == "general":
        nums[0] = args[0].num * np.ones((2, 3, 2, 1, 1)) if args[0].num.size == 1 else nums[0]
    whole = function.value([numbers(n) for n in nums], True)
    for index in np.ndindex(2, 3, 2):
        alone = function.value([numbers(n[index][None, None]) for n in nums], True)
        shape = np.broadcast_shapes(whole.num.shape, (2, 3, 2, *alone.num.shape[-2:]))
        got = np.broadcast_to(whole.num, shape)[index]
        np.testing.assert_allclose(got, alone.num[0, 0], rtol=1e-12, atol=1e-14)


def test_count() -> None:
    assert len(TABLE) >= 100
