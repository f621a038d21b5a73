"""Adam: momentum's average of the gradients over RMSProp's root of the mean square.

    m <- beta1 m + (1 - beta1) grad        v <- beta2 v + (1 - beta2) grad^2

Lecture (its sheet `adam`): x <- x - lr m / sqrt(v) with this row's m and v, beta1 = beta2 = 0.9,
no bias correction and no epsilon; instead its Reset warms m and v up (v from 1e4).
Textbook (Kingma and Ba 2015, torch.optim.Adam): from m = v = 0, and corrected for that start,

    x <- x - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)

in step t = 1, 2, ... The column `correction` is what the correction multiplies a step by.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sheetsim.sheet import Array
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.gradient_descent._optimizer import Extra, Optimizer, Torch, Training
from sheetsim.topics.gradient_descent._optimizer_topic import topic_of
from sheetsim.topics.gradient_descent._steps import Pair, State, Variant
from sheetsim.topics.gradient_descent.rmsprop import RESET_V


def init_lecture(x: Pair) -> State:
    """M = 0 and v = 1e4."""
    return np.zeros_like(x), np.full_like(x, RESET_V)


def init_textbook(x: Pair) -> State:
    """M = v = 0."""
    return np.zeros_like(x), np.zeros_like(x)


def averages(grad: Pair, state: State, beta1: float, beta2: float) -> tuple[Pair, Pair]:
    """The averages of the gradients and of their squares, with this one."""
    m, v = state
    return beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2


def lecture(
    x: Pair, grad: Pair, state: State, *, lr: float, beta1: float, beta2: float, **_: float
) -> tuple[Pair, State]:
    """A step without correction."""
    m, v = averages(grad, state, beta1, beta2)
    return x - lr * m / np.sqrt(v), (m, v)


def textbook(
    x: Pair,
    grad: Pair,
    state: State,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    t: int,
    **_: float,
) -> tuple[Pair, State]:
    """Step number t, corrected for the start at zero."""
    m, v = averages(grad, state, beta1, beta2)
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return x - lr * m_hat / (np.sqrt(v_hat) + epsilon), (m, v)


def step_number(frame: pd.DataFrame, _hyper: Mapping[str, float]) -> Array:
    """1, 2, 3, ... over all epochs."""
    return np.arange(1.0, len(frame) + 1)


def correction(frame: pd.DataFrame, hyper: Mapping[str, float]) -> Array:
    """What the textbook's bias correction multiplies a step by: towards 1 as t grows."""
    t = step_number(frame, hyper)
    return np.asarray(np.sqrt(1 - hyper["beta2"] ** t) / (1 - hyper["beta1"] ** t))


AVERAGES = {
    "m_b": "=beta1*{^m_b}+(1-beta1)*{de_db}",
    "m_a": "=beta1*{^m_a}+(1-beta1)*{de_da}",
    "v_b": "=beta2*{^v_b}+(1-beta2)*{de_db}^2",
    "v_a": "=beta2*{^v_a}+(1-beta2)*{de_da}^2",
}
EXTRAS = (
    Extra("t", "=({epoch}-1)*points+{step}", step_number, before="m_b", style="calc.index"),
    Extra("correction", "=SQRT(1-beta2^{t})/(1-beta1^{t})", correction),
)
RULE = "m averages the gradients (beta1), v their squares (beta2); new = old - lr "

LECTURE = Variant(
    init_lecture,
    lecture,
    hyper={"lr": 1.0, "beta1": 0.9, "beta2": 0.9},
    formulas={
        **AVERAGES,
        "new_b": "={b}-lr*{m_b}/SQRT({v_b})",
        "new_a": "={a}-lr*{m_a}/SQRT({v_a})",
    },
    rule=RULE + "m / √v",
    difference="PyTorch multiplies the t-th step from m = v = 0 by the column correction, adds "
    "epsilon, and keeps each epoch's last update, which is dropped here.",
    keeps_all=False,
    warm_up=2,
)
TEXTBOOK = Variant(
    init_textbook,
    textbook,
    hyper={"lr": 0.3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},  # PyTorch's, but for lr
    formulas={
        **AVERAGES,
        "new_b": "={b}-lr*({m_b}/(1-beta1^{t}))/(SQRT({v_b}/(1-beta2^{t}))+epsilon)",
        "new_a": "={a}-lr*({m_a}/(1-beta1^{t}))/(SQRT({v_a}/(1-beta2^{t}))+epsilon)",
    },
    rule=RULE + "(m / (1 - beta1^t)) / (√(v / (1 - beta2^t)) + epsilon)",
    difference="The lecture has no correction (see that column) and no epsilon, and drops each "
    "epoch's last update.",
)

OPTIMIZER = Optimizer(
    name="adam",
    title="Adam",
    order=50,
    summary="momentum and RMSProp in one",
    state=("m", "v"),
    wide=("v",),
    lecture=LECTURE,
    textbook=TEXTBOOK,
    torch=Torch(
        "Adam",
        {"lr": "lr", "betas": ("beta1", "beta2"), "eps": "epsilon"},
        cases=(
            {"lr": 1.0, "beta1": 0.9, "beta2": 0.9, "epsilon": 1e-8},
            {"lr": 0.1, "beta1": 0.0, "beta2": 0.5, "epsilon": 0.1},
        ),
    ),
    training=Training(
        hyper={"beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8},  # fast.ai's, not PyTorch's 0.999
        digits_lr=1e-3,  # the lesson's
        momentum="beta1",
        swept=("beta1", "beta2"),
    ),
    extras=EXTRAS,
    tries=(
        Try(
            "Set lr to 0.1.",
            "RMSE falls in every epoch, and slowly: b has a long way to go in steps of about 0.1.",
            edits=({"lr": 0.1},),
            holds=lambda _was, now: every(
                np.diff(now["rmse"], axis=0) < 0,
                np.diff(now["rmse"][2:], axis=0) > -5,
                np.abs(now["new_b"] - now["b"]) < 0.4,
            ),
            rests_on="new_b",
        ),
        Try(
            "Set beta1 to 0.",
            "The average of gradients is gone: m is each row's gradient, and the rule is RMSProp's "
            "with this row's mean square.",
            edits=({"beta1": 0.0},),
            holds=lambda _was, now: every(
                same(now["m_b"], now["de_db"]),
                same(now["m_a"], now["de_da"]),
                same(now["new_b"], now["b"] - now["lr"] * now["de_db"] / np.sqrt(now["v_b"])),
            ),
            rests_on="m_b",
        ),
    ),
)
TOPIC = topic_of(OPTIMIZER)
