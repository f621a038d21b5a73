"""AdaGrad: divide each gradient by the root of the sum of all its squares so far.

    v <- v + grad^2                   x <- x - lr grad / (sqrt(v) + epsilon)

from v = 0, parameter by parameter (Duchi, Hazan and Singer 2011, the diagonal form of their
algorithm). Were each parameter's steps divided by a fixed number, then of all such numbers of one
sum the roots of the sums of squares of all gradients would give the least bound on the regret; as
these are not known before the end, every step takes those of the gradients so far. What follows:

    rate = lr / (sqrt(v) + epsilon)   each parameter's own learning rate

is small where gradients have been large, so that a narrow valley costs less; the first step is lr
long, whatever the gradient; and as v only grows, a rate only falls. With gradients of one size the
t-th step is lr / sqrt(t): the right decay for a convex loss, which needs no schedule, and too much
where the way is long, since the first large gradients are never forgotten. RMSProp is AdaGrad with
a v that forgets.

This is torch.optim.Adagrad (lr_decay and weight_decay 0, epsilon 1e-10). Keras and optax start v at
0.1 instead of 0 and have epsilon under the root. The lecture has no AdaGrad.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sheetsim.sheet import Array, Valid
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.gradient_descent._optimizer import Extra, Optimizer, Torch, Training
from sheetsim.topics.gradient_descent._optimizer_topic import topic_of
from sheetsim.topics.gradient_descent._steps import Pair, State, Variant


def init(x: Pair) -> State:
    """V = 0."""
    return (np.zeros_like(x),)


def step(
    x: Pair, grad: Pair, state: State, *, lr: float, epsilon: float, **_: float
) -> tuple[Pair, State]:
    """A step with the sum of squares that already counts this one."""
    v = state[0] + grad**2
    return x - lr * grad / (np.sqrt(v) + epsilon), (v,)


def rate_b(frame: pd.DataFrame, hyper: Mapping[str, float]) -> Array:
    """The learning rate of the intercept, in this step."""
    return np.asarray(hyper["lr"] / (np.sqrt(frame.v_b) + hyper["epsilon"]))


def rate_a(frame: pd.DataFrame, hyper: Mapping[str, float]) -> Array:
    """The learning rate of the slope, in this step."""
    return np.asarray(hyper["lr"] / (np.sqrt(frame.v_a) + hyper["epsilon"]))


OPTIMIZER = Optimizer(
    name="adagrad",
    title="AdaGrad",
    order=30,
    summary="steps divided by the root of the sum of all squared gradients so far",
    state=("v",),
    wide=("v",),
    lecture=None,
    textbook=Variant(
        init,
        step,
        hyper={"lr": 3.0, "epsilon": 1e-10},
        formulas={
            "v_b": "={^v_b}+{de_db}^2",
            "v_a": "={^v_a}+{de_da}^2",
            "new_b": "={b}-lr*{de_db}/(SQRT({v_b})+epsilon)",
            "new_a": "={a}-lr*{de_da}/(SQRT({v_a})+epsilon)",
        },
        rule="v = v + gradient²; new = old - lr gradient / (√v + epsilon)",
        difference="rate_b and rate_a are lr / (√v + epsilon): they only ever fall.",
    ),
    torch=Torch(
        "Adagrad",
        {"lr": "lr", "eps": "epsilon"},
        cases=({"lr": 0.3, "epsilon": 1e-8}, {"lr": 1.0, "epsilon": 0.1}),
    ),
    training=Training(hyper={"epsilon": 1e-10}, digits_lr=1e-2),  # PyTorch's defaults
    ranges={name: Valid(0) for name in ("start_v_b", "start_v_a")},
    extras=(
        Extra("rate_b", "=lr/(epsilon+SQRT({v_b}))", rate_b, style="calc.power"),
        Extra("rate_a", "=lr/(epsilon+SQRT({v_a}))", rate_a, style="calc.power"),
    ),
    tries=(
        Try(
            "Set lr to 0.3.",
            "a is soon right; then b hardly moves, since its rate has fallen before it has got "
            "there, and RMSE stays above 10.",
            edits=({"lr": 0.3},),
            holds=lambda _was, now: every(
                np.abs(now["epoch_a"][3:] - 2) < 0.5,
                np.abs(np.diff(now["epoch_b"][-3:], axis=0)) < 0.5,
                now["rate_b"][-1] < now["rate_b"][0] / 2,
                now["rmse"] > 10,
            ),
            rests_on="rate_b",
        ),
        Try(
            "Set lr to 100, and look down rate_b and rate_a.",
            "The first step is 100 long, and far off; its large gradients stay in v, so that the "
            "rates fall to match, and after ten epochs RMSE is almost what it is with 3.",
            edits=({"lr": 100.0},),
            holds=lambda was, now: every(
                same(now["new_b"][0, 0] - now["b"][0, 0], 100),
                np.abs(now["pred"][1] - now["y"][1]) > 1000,
                now["rate_a"][-1] < now["rate_a"][0] / 10,
                np.abs(now["rmse"][-1] - was["rmse"][-1]) < 1,
            ),
            rests_on="rate_a",
        ),
    ),
)
TOPIC = topic_of(OPTIMIZER)
