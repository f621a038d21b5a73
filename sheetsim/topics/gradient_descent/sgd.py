"""Stochastic gradient descent: after every point, a small step against its gradient.

    b <- b - lr de/db        a <- a - lr de/da

With e = (b + a x - y)^2 the derivatives are de/db = 2 (b + a x - y) and de/da = x de/db. Beside
them stand estimates by finite differences: nudge b (or a) by h and see what e does,

    est_de_db = (e(b + h, a) - e(b, a)) / h

which for a squared error is off by exactly h (by h x^2 for a). Where the numbers have grown so
large that h would be lost in their last digits, as in a run that diverges, the step is a longer
one, h_used: at least least_h times the numbers that it is added to.

The lecture's sheet `basic` is the lecture variant: after an epoch its macro carries over b and a
as they stood before the last row's update, so 28 of 29 updates are kept. The textbook variant
keeps all of them, as torch.optim.SGD does.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sheetsim.sheet import Array, Valid
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.gradient_descent._optimizer import Extra, Optimizer, Torch, Training
from sheetsim.topics.gradient_descent._optimizer_topic import topic_of
from sheetsim.topics.gradient_descent._steps import Pair, State, Variant


def init(_x: Pair) -> State:
    """Nothing is carried from step to step."""
    return ()


def step(x: Pair, grad: Pair, state: State, *, lr: float, **_: float) -> tuple[Pair, State]:
    """One step against the gradient."""
    return x - lr * grad, state


def h_used(frame: pd.DataFrame, hyper: Mapping[str, float]) -> Array:
    """H, or as much more as it takes for the nudged error to differ in its digits."""
    size = np.abs(frame.b) + np.abs(frame.a * frame.x) + np.abs(frame.y)
    return np.asarray(np.maximum(hyper["h"], hyper["least_h"] * size))


def nudged_b(frame: pd.DataFrame, hyper: Mapping[str, float]) -> Array:
    """Squared error with b + h in place of b."""
    return np.asarray(((frame.b + h_used(frame, hyper)) + frame.a * frame.x - frame.y) ** 2)


def nudged_a(frame: pd.DataFrame, hyper: Mapping[str, float]) -> Array:
    """Squared error with a + h in place of a."""
    return np.asarray(((frame.a + h_used(frame, hyper)) * frame.x + frame.b - frame.y) ** 2)


def estimate_b(frame: pd.DataFrame, hyper: Mapping[str, float]) -> Array:
    """Forward difference of the squared error in b."""
    return np.asarray((nudged_b(frame, hyper) - frame.squared_error) / h_used(frame, hyper))


def estimate_a(frame: pd.DataFrame, hyper: Mapping[str, float]) -> Array:
    """Forward difference of the squared error in a."""
    return np.asarray((nudged_a(frame, hyper) - frame.squared_error) / h_used(frame, hyper))


HYPER = {"lr": 1e-4, "h": 0.01, "least_h": 1.5e-8}  # the root of a float's rounding
FORMULAS = {"new_b": "={b}-lr*{de_db}", "new_a": "={a}-lr*{de_da}"}
RULE = "new_b = b - lr de_db, new_a = a - lr de_da; est_ columns: the same by finite differences"

OPTIMIZER = Optimizer(
    name="sgd",
    title="Stochastic gradient descent",
    order=10,
    summary="plain steps against the gradient, beside finite differences",
    state=(),
    lecture=Variant(
        init,
        step,
        HYPER,
        FORMULAS,
        RULE,
        "As in the lecture, each epoch's last update is dropped (lost_b, lost_a).",
        keeps_all=False,
    ),
    textbook=Variant(
        init,
        step,
        HYPER,
        FORMULAS,
        RULE,
        "As in PyTorch, all updates are kept (the lecture drops each epoch's last).",
    ),
    torch=Torch("SGD", {"lr": "lr"}, cases=({"lr": 3e-5},)),
    training=Training(hyper={}, digits_lr=2e-2),  # the lesson's rate
    ranges={"h": Valid(0, above=True), "least_h": Valid(0, 1e-3)},
    extras=(
        Extra(
            "h_used",
            "=MAX(h,least_h*(ABS({b})+ABS({a}*{x})+ABS({y})))",
            h_used,
            before="de_db",
            style="calc.power",
        ),
        Extra("nudged_b", "=((({b}+{h_used})+{a}*{x})-{y})^2", nudged_b, before="de_db"),
        Extra("est_de_db", "=({nudged_b}-{squared_error})/{h_used}", estimate_b, before="de_db"),
        Extra("nudged_a", "=((({a}+{h_used})*{x}+{b})-{y})^2", nudged_a, before="de_db"),
        Extra("est_de_da", "=({nudged_a}-{squared_error})/{h_used}", estimate_a, before="de_db"),
    ),
    tries=(
        Try(
            "Set lr to 0.0002, then to 0.0003.",
            "Each point pulls harder: RMSE is higher in every epoch, and at 0.0003 above 100.",
            edits=({"lr": 0.0002}, {"lr": 0.0003}),
            holds=lambda was, two, three: every(
                two["rmse"][1:] > was["rmse"][1:], three["rmse"][1:] > 100
            ),
            rests_on="new_a",
        ),
        Try(
            "Set lr to 0.001.",
            "The run diverges: diverged_in says in which step, numbers go to scientific form, and "
            "the curve stops at error_limit.",
            edits=({"lr": 0.001},),
            holds=lambda was, now: every(
                was["beyond"].sum() == 0,
                now["diverged_in"].startswith("step "),
                now["beyond"].sum() > 0,
                same(now["drawn_rmse"].max(), now["error_limit"]),
            ),
            rests_on="diverged_in",
            when={"live": 1},
        ),
        Try(
            "Set h to 1, then to 0.0001.",
            "est_de_db differs from de_db by exactly h, est_de_da from de_da by h x².",
            edits=({"h": 1.0}, {"h": 0.0001}),
            holds=lambda _was, *after: every(
                *(
                    np.abs(now["est_de_db"] - now["de_db"] - now["h"]) < 0.01 * now["h"]
                    for now in after
                ),
                *(
                    np.abs(now["est_de_da"] - now["de_da"] - now["h"] * now["x"] ** 2)
                    < 0.01 * now["h"] * now["x"] ** 2
                    for now in after
                ),
            ),
            rests_on="est_de_db",
        ),
        Try(
            "Set epoch_to_show to another epoch.",
            "The panel below the charts shows that epoch's rows: 1 is what the lecture's sheet "
            "shows before Run is pressed, 6 what it shows after one press, which makes 5 epochs.",
            edits=({"epoch_to_show": 6.0},),
            holds=lambda was, now: every(
                *(
                    same(was[f"shown_{of}"], was[of][: int(was["points"])])
                    for of in ("b", "a", "squared_error")
                ),
                *(
                    same(
                        now[f"shown_{of}"], now[of][5 * int(now["points"]) : 6 * int(now["points"])]
                    )
                    for of in ("b", "a", "squared_error")
                ),
            ),
            rests_on="shown_b",
        ),
    ),
)
TOPIC = topic_of(OPTIMIZER)
