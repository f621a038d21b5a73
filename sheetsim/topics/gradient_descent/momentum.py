"""Momentum: step along an average of the gradients, not along the last one alone.

Lecture (its sheet `momentum`): an exponentially weighted average,

    m <- beta1 m + (1 - beta1) grad        x <- x - lr m

Textbook (torch.optim.SGD with momentum=beta1, dampening=0): a decaying sum,

    m <- beta1 m + grad                    x <- x - lr m

From m = 0 the sum is the average divided by 1 - beta1 at every step, so the two take the same
steps when the textbook's lr is 1 - beta1 times the lecture's, which is why its default here is ten
times smaller. Polyak (1964) has the decaying sum.
"""

import numpy as np

from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.gradient_descent._optimizer import Optimizer, Torch, Training
from sheetsim.topics.gradient_descent._optimizer_topic import topic_of
from sheetsim.topics.gradient_descent._steps import Pair, State, Variant


def init(x: Pair) -> State:
    """M = 0."""
    return (np.zeros_like(x),)


def lecture(
    x: Pair, grad: Pair, state: State, *, lr: float, beta1: float, **_: float
) -> tuple[Pair, State]:
    """A step along the weighted average."""
    m = state[0] * beta1 + (1 - beta1) * grad
    return x - lr * m, (m,)


def textbook(
    x: Pair, grad: Pair, state: State, *, lr: float, beta1: float, **_: float
) -> tuple[Pair, State]:
    """A step along the decaying sum."""
    m = beta1 * state[0] + grad
    return x - lr * m, (m,)


NEW = {"new_b": "={b}-lr*{m_b}", "new_a": "={a}-lr*{m_a}"}

OPTIMIZER = Optimizer(
    name="momentum",
    title="Momentum",
    order=20,
    summary="steps along an average of the gradients",
    state=("m",),
    lecture=Variant(
        init,
        lecture,
        hyper={"lr": 1e-4, "beta1": 0.9},
        formulas={
            "m_b": "=beta1*{^m_b}+(1-beta1)*{de_db}",
            "m_a": "=beta1*{^m_a}+(1-beta1)*{de_da}",
            **NEW,
        },
        rule="m = beta1 m + (1 - beta1) gradient; new = old - lr m",
        difference="PyTorch leaves out the factor 1 - beta1, so its steps are 1 / (1 - beta1) "
        "times as long, and keeps each epoch's last update, which is dropped here.",
        keeps_all=False,
        warm_up=1,
    ),
    textbook=Variant(
        init,
        textbook,
        hyper={"lr": 1e-5, "beta1": 0.9},
        formulas={
            "m_b": "=beta1*{^m_b}+{de_db}",
            "m_a": "=beta1*{^m_a}+{de_da}",
            **NEW,
        },
        rule="m = beta1 m + gradient; new = old - lr m",
        difference="The lecture multiplies the gradient by 1 - beta1, so its steps are that much "
        "shorter, and drops each epoch's last update.",
    ),
    torch=Torch(
        "SGD",
        {"lr": "lr", "momentum": "beta1", "dampening": 0},
        cases=({"lr": 2e-5, "beta1": 0.5}, {"lr": 1e-4, "beta1": 0.0}),
    ),
    # SGD's rate for digits, so that one sees what it adds: its sum of gradients grows to ten.
    training=Training(hyper={"beta1": 0.9}, digits_lr=2e-2, momentum="beta1", swept=("beta1",)),
    tries=(
        Try(
            "Set beta1 to 0.",
            "No memory: in each row m is the gradient, m_b = de_db and m_a = de_da.",
            edits=({"beta1": 0.0},),
            holds=lambda _was, now: every(
                same(now["m_b"], now["de_db"]), same(now["m_a"], now["de_da"])
            ),
            rests_on="m_b",
        ),
        Try(
            "Set beta1 to 0.98.",
            "A long memory: a overshoots, and RMSE takes more epochs to come down.",
            edits=({"beta1": 0.98},),
            holds=lambda was, now: every(
                now["epoch_a"].max() > was["epoch_a"].max() + 0.3,
                was["epoch_a"].max() > was["data!best_a"],
                (now["rmse"] > 20).sum() > (was["rmse"] > 20).sum(),
            ),
            rests_on="m_a",
        ),
    ),
)
TOPIC = topic_of(OPTIMIZER)
