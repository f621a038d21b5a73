"""RMSProp: divide each gradient by the root of a running mean of its squares.

A parameter whose gradients are large gets a small rate, and the other way round:

    v <- beta2 v + (1 - beta2) grad^2

Lecture (its sheet `rmsprop`): the step divides by the PREVIOUS row's mean square, and there is no
epsilon: x <- x - lr grad / sqrt(v_prev). Its Reset starts v at 1e4 and warms it up.
Textbook (torch.optim.RMSprop, alpha = beta2): this row's, x <- x - lr grad / (sqrt(v) + epsilon),
from v = 0. The method is Tieleman and Hinton's (2012, lecture 6e of their course).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sheetsim.sheet import Array
from sheetsim.topics._tries import Try, every
from sheetsim.topics.gradient_descent._optimizer import Extra, Optimizer, Torch, Training
from sheetsim.topics.gradient_descent._optimizer_topic import topic_of
from sheetsim.topics.gradient_descent._steps import Pair, State, Variant

RESET_V = 1e4
"""What the lecture's Reset sets the mean square to, before its warm-up."""


def init_lecture(x: Pair) -> State:
    """V = 1e4."""
    return (np.full_like(x, RESET_V),)


def init_textbook(x: Pair) -> State:
    """V = 0."""
    return (np.zeros_like(x),)


def lecture(
    x: Pair, grad: Pair, state: State, *, lr: float, beta2: float, **_: float
) -> tuple[Pair, State]:
    """A step with the mean square of the rows before this one."""
    v_prev = state[0]
    v = v_prev * beta2 + (1 - beta2) * grad**2
    return x - grad * lr / np.sqrt(v_prev), (v,)


def textbook(
    x: Pair, grad: Pair, state: State, *, lr: float, beta2: float, epsilon: float, **_: float
) -> tuple[Pair, State]:
    """A step with the mean square that already counts this row."""
    v = beta2 * state[0] + (1 - beta2) * grad**2
    return x - lr * grad / (np.sqrt(v) + epsilon), (v,)


def step_ratio(frame: pd.DataFrame, hyper: Mapping[str, float]) -> Array:
    """Textbook's step over the lecture's, for a, from this row's mean squares."""
    before = np.concatenate([[hyper["start_v_a"]], frame.v_a.to_numpy()[:-1]])
    return np.asarray(np.sqrt(before / frame.v_a.to_numpy()))


SQUARES = {
    "v_b": "=beta2*{^v_b}+(1-beta2)*{de_db}^2",
    "v_a": "=beta2*{^v_a}+(1-beta2)*{de_da}^2",
}

OPTIMIZER = Optimizer(
    name="rmsprop",
    title="RMSProp",
    order=40,
    summary="steps divided by the root of a running mean square of the gradients",
    state=("v",),
    wide=("v",),
    lecture=Variant(
        init_lecture,
        lecture,
        hyper={"lr": 0.02, "beta2": 0.9},
        formulas={
            **SQUARES,
            "new_b": "={b}-lr*{de_db}/SQRT({^v_b})",
            "new_a": "={a}-lr*{de_da}/SQRT({^v_a})",
        },
        rule="v = beta2 v + (1 - beta2) gradient²; new = old - lr gradient / √(previous v)",
        difference="PyTorch divides by this row's v: step_ratio is its step for a over this one; "
        "it keeps each epoch's last update, which is dropped here.",
        keeps_all=False,
        warm_up=2,
    ),
    textbook=Variant(
        init_textbook,
        textbook,
        hyper={"lr": 0.3, "beta2": 0.99, "epsilon": 1e-8},
        formulas={
            **SQUARES,
            "new_b": "={b}-lr*{de_db}/(SQRT({v_b})+epsilon)",
            "new_a": "={a}-lr*{de_da}/(SQRT({v_a})+epsilon)",
        },
        rule="v = beta2 v + (1 - beta2) gradient²; new = old - lr gradient / (√v + epsilon)",
        difference="The lecture divides by the previous row's v: step_ratio is this step for a "
        "over its; it drops each epoch's last update.",
    ),
    torch=Torch(
        "RMSprop",
        {"lr": "lr", "alpha": "beta2", "eps": "epsilon"},
        cases=(
            {"lr": 0.02, "beta2": 0.9, "epsilon": 1e-8},
            {"lr": 0.1, "beta2": 0.5, "epsilon": 0.1},
        ),
    ),
    # Adam's rate for digits: the steps are as long as Adam's.
    training=Training({"beta2": 0.99, "epsilon": 1e-8}, digits_lr=1e-3, swept=("beta2",)),
    extras=(Extra("step_ratio", "=SQRT({^v_a}/{v_a})", step_ratio),),
    tries=(
        Try(
            "Set lr to 1.",
            "RMSE falls at first, then goes up and down: a step is about 1 long, however near the "
            "best line is.",
            edits=({"lr": 1.0},),
            holds=lambda _was, now: every(
                now["rmse"][1] < now["rmse"][0],
                (np.diff(now["rmse"], axis=0) > 0).any(),
                (np.diff(now["rmse"][2:], axis=0) < 0).any(),
            ),
            rests_on="new_a",
        ),
        Try(
            "Set beta2 to 0.5 and look at step_ratio.",
            "It strays further from 1: the shorter the memory, the more it matters whether this "
            "row's square counts.",
            edits=({"beta2": 0.5},),
            holds=lambda was, now: every(
                np.abs(np.log(now["step_ratio"])).mean()
                > 2 * np.abs(np.log(was["step_ratio"])).mean()
            ),
            rests_on="step_ratio",
        ),
    ),
)
TOPIC = topic_of(OPTIMIZER)
