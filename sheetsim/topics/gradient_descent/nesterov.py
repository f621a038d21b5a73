"""Nesterov's accelerated gradient: momentum that looks ahead before it corrects itself.

Momentum takes its gradient where it stands, and then coasts on. Nesterov (1983) has it coast first,
and takes the gradient there, so that an overshoot is felt one step sooner. With the decaying sum m,
where lr beta1 m is how far it coasts,

    ahead = theta - lr beta1 m        m <- beta1 m + grad(ahead)        theta <- theta - lr m

(Sutskever, Martens, Dahl and Hinton 2013, whose velocity is -lr m). A loop that hands over the
gradient of its own parameters cannot evaluate one elsewhere, so the parameters are the place ahead:
with x = theta - lr beta1 m the same steps are

    m <- beta1 m + grad(x)            x <- x - lr (grad(x) + beta1 m)

because the new theta is x + lr beta1 m_old - lr m = x - lr grad(x), from where it coasts by the new
lr beta1 m. This is torch.optim.SGD with nesterov=True, momentum=beta1 and dampening=0, and what is
here; a loop that can look ahead has the first form. The columns theta_b and theta_a show theta,
new + lr beta1 m: it is where momentum has got to, before it looks ahead.

The lecture has no Nesterov.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sheetsim.sheet import Array
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.gradient_descent._optimizer import Extra, Optimizer, Torch, Training
from sheetsim.topics.gradient_descent._optimizer_topic import topic_of
from sheetsim.topics.gradient_descent._steps import Pair, State, Variant


def init(x: Pair) -> State:
    """M = 0."""
    return (np.zeros_like(x),)


def step(
    x: Pair, grad: Pair, state: State, *, lr: float, beta1: float, **_: float
) -> tuple[Pair, State]:
    """A step along the gradient and the sum that it has just been added to."""
    m = beta1 * state[0] + grad
    return x - lr * (grad + beta1 * m), (m,)


def theta_b(frame: pd.DataFrame, hyper: Mapping[str, float]) -> Array:
    """The intercept from which new_b looks ahead."""
    return np.asarray(frame.new_b + hyper["lr"] * hyper["beta1"] * frame.m_b)


def theta_a(frame: pd.DataFrame, hyper: Mapping[str, float]) -> Array:
    """The slope from which new_a looks ahead."""
    return np.asarray(frame.new_a + hyper["lr"] * hyper["beta1"] * frame.m_a)


OPTIMIZER = Optimizer(
    name="nesterov",
    title="Nesterov's accelerated gradient",
    order=25,
    summary="momentum that takes its gradient one step ahead",
    state=("m",),
    lecture=None,
    textbook=Variant(
        init,
        step,
        hyper={"lr": 1e-5, "beta1": 0.9},
        formulas={
            "m_b": "=beta1*{^m_b}+{de_db}",
            "m_a": "=beta1*{^m_a}+{de_da}",
            "new_b": "={b}-lr*({de_db}+beta1*{m_b})",
            "new_a": "={a}-lr*({de_da}+beta1*{m_a})",
        },
        rule="m = beta1 m + gradient; new = old - lr (gradient + beta1 m)",
        difference="b and a are already ahead of theta_b and theta_a, by lr beta1 m.",
    ),
    torch=Torch(
        "SGD",
        {"lr": "lr", "momentum": "beta1", "dampening": 0, "nesterov": True},
        cases=({"lr": 2e-5, "beta1": 0.5}, {"lr": 3e-6, "beta1": 0.98}),
    ),
    # Momentum's rate for digits, to compare the two.
    training=Training(hyper={"beta1": 0.9}, digits_lr=2e-2, momentum="beta1", swept=("beta1",)),
    extras=(
        Extra("theta_b", "={new_b}+lr*beta1*{m_b}", theta_b),
        Extra("theta_a", "={new_a}+lr*beta1*{m_a}", theta_a),
    ),
    tries=(
        Try(
            "Set beta1 to 0.",
            "There is nothing to look ahead with: the rule is plain gradient descent, and theta_b "
            "is new_b.",
            edits=({"beta1": 0.0},),
            holds=lambda _was, now: every(
                same(now["theta_b"], now["new_b"]),
                same(now["theta_a"], now["new_a"]),
                same(now["new_b"], now["b"] - now["lr"] * now["de_db"]),
            ),
            rests_on="theta_b",
        ),
        Try(
            "Set beta1 to 0.98, here and on the sheet momentum.",
            "Momentum's RMSE goes up and down for ten epochs; here it has settled after two: an "
            "overshoot is felt before it happens.",
            edits=({"beta1": 0.98, "momentum!beta1": 0.98},),
            holds=lambda _was, now: every(
                (np.diff(now["momentum!rmse"], axis=0) > 0).sum() >= 3,
                np.ptp(now["momentum!rmse"][3:]) > 10,
                np.ptp(now["rmse"][3:]) < 5,
            ),
            rests_on="new_a",
        ),
    ),
)
TOPIC = topic_of(OPTIMIZER)
