"""An optimizer's rule as two pure functions, and the loop over points and epochs that runs it.

    state = init(x)
    x, state = step(x, grad, state, *, lr, ...)

The two go together as one object, as in optax: here a `Variant`. x is the pair (b, a), intercept
before slope as in the lecture's columns, and `grad` the pair of derivatives (de/db, de/da) of one
point's squared error e = (b + a x - y)^2:

    de/db = 2 (b + a x - y)        de/da = x de/db

The state is a tuple of such pairs. What a variant of the lecture does at the end of an epoch is
the loop's business: the lecture carries over b and a as they stood BEFORE the last row's update
(so that 28 of 29 updates are kept), the textbook all updates.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sheetsim.data import Points
from sheetsim.option_values import LARGEST

Pair = NDArray[np.float64]
State = tuple[Pair, ...]
Step = Callable[..., tuple[Pair, State]]

COMMON = ("epoch", "step", "x", "y", "b", "a", "pred", "squared_error", "de_db", "de_da")
"""Columns of every optimizer, in the order in which they stand."""

ANNEALING = ("epoch_lr", "avg_grad2", "prev_grad2")
"""Columns of a rule whose learning rate may fall between epochs."""


@dataclass(frozen=True)
class Variant:
    """An optimizer's rule as the lecture or as the textbook has it, in maths and in formulas.

    Attributes:
        init: x -> the state before any step.
        step: (x, grad, state, *, lr, ...) -> (x, state); it is given all of `hyper`, and `t`, the
            number of the step from 1.
        hyper: the parameters on the sheet, lr first, and their defaults there.
        formulas: column -> template, for the state and new_b, new_a; written by hand, beside the
            maths and not from it.
        rule: the rule in a line, for the sheet.
        difference: what sets it apart from the other variant, for the sheet.
        keeps_all: all updates of an epoch are kept; the lecture drops the last.
        warm_up: passes with which the lecture's Reset fills the state; 0 for none.
        anneals: the learning rate may fall between epochs.
    """

    init: Callable[[Pair], State]
    step: Step
    hyper: Mapping[str, float]
    formulas: Mapping[str, str]
    rule: str
    difference: str = ""
    keeps_all: bool = True
    warm_up: int = 0
    anneals: bool = False


@dataclass
class Run:
    """The steps of a run, a list for each column.

    Attributes:
        rows: (steps, columns) of numbers; NaN from where it diverged.
        diverged: number of the step at which a number left the range of floats; 0 if none did.
        carried: the state after the last row, and (b, a) as the next epoch would find them.
    """

    columns: tuple[str, ...]
    rows: NDArray[np.float64]
    carried: State = field(default=())
    at: Pair = field(default_factory=lambda: np.ones(2))
    diverged: int = 0


def state_names(names: Sequence[str]) -> tuple[str, ...]:
    """M -> m_b, m_a, and so on: the columns of a state."""
    return tuple(f"{name}_{of}" for name in names for of in ("b", "a"))


def run(
    variant: Variant,
    names: Sequence[str],
    points: Points,
    epochs: int,
    start: Pair,
    hyper: Mapping[str, float],
    state: State,
    prev_grad2: float = math.nan,
) -> Run:
    """Step through the points, in their order, `epochs` times.

    Args:
        variant: the rule.
        names: of the pairs in the state: "m" for averages of gradients, "v" of their squares.
        points: x and y, (n,) each.
        epochs: at least 1.
        start: (b, a).
        hyper: as in `variant.hyper`.
        state: what the first row carries in.
        prev_grad2: what the annealing rule compares with, if there is one.

    Returns:
        A row for every step: `COMMON`, the state after the step, new_b, new_a, and for an
        annealing rule epoch_lr, avg_grad2 and prev_grad2.
    """
    extra = ANNEALING if variant.anneals else ()
    columns = (*COMMON, *state_names(names), "new_b", "new_a", *extra)
    result = Run(columns, np.full((epochs * points.n, len(columns)), np.nan), state, start)
    x, hyper, row = start.astype(float), dict(hyper), 0
    with np.errstate(all="ignore"):  # numbers that leave the range are found below
        for epoch in range(1, epochs + 1):
            if variant.anneals and epoch > 1:
                hyper["lr"], prev_grad2 = anneal(hyper, gradient_size(state), prev_grad2)
            for i in range(points.n):
                before = x
                pred = before[0] + before[1] * points.x[i]
                error = 2 * (pred - points.y[i])
                grad = np.array([error, points.x[i] * error])
                x, state = variant.step(before, grad, state, t=row + 1, **hyper)
                x, state = _nan_for_inf(x), tuple(map(_nan_for_inf, state))
                values = [epoch, i + 1, points.x[i], points.y[i], *before, pred]
                values += [(points.y[i] - pred) ** 2, *grad, *np.ravel(state), *x]
                if variant.anneals:
                    values += [hyper["lr"], gradient_size(state), prev_grad2]
                result.rows[row] = _nan_for_inf(np.array(values))
                row += 1
                if not result.diverged and not np.isfinite(result.rows[row - 1]).all():
                    result.diverged = row
            if not variant.keeps_all:
                x = before
    result.carried, result.at = state, x
    return result


def anneal(hyper: Mapping[str, float], avg_grad2: float, prev_grad2: float) -> tuple[float, float]:
    """The lecture's rule between epochs: cut lr where the gradients have grown.

    Returns:
        The next epoch's lr, and what the next comparison is with.
    """
    ratio = np.divide(avg_grad2, prev_grad2)
    lr = hyper["lr"] / hyper["anneal_by"] if ratio > hyper["anneal_above"] else hyper["lr"]
    if not np.isfinite(ratio):  # an error in a spreadsheet, and in all that follows from it
        lr = math.nan
    return lr, float(np.minimum(avg_grad2, prev_grad2))


def gradient_size(state: State) -> float:
    """sqrt(v_b) + sqrt(v_a), the lecture's avg_grad2; v is the last pair of the state."""
    with np.errstate(invalid="ignore"):
        return float(np.sqrt(state[-1]).sum())


def reset(
    variant: Variant, names: Sequence[str], points: Points, hyper: Mapping[str, float]
) -> tuple[State, float]:
    """The state as the lecture's Reset leaves it, and prev_grad2.

    Reset sets a = b = 1, m = 0 and v = 1e4 and makes warm-up passes that keep nothing but the
    state; prev_grad2 is taken after the first of them. A variant without warm-up starts from
    `init`, and with a prev_grad2 that no epoch exceeds.
    """
    ones = np.ones(2)
    state, prev_grad2 = variant.init(ones), LARGEST
    for passes in range(variant.warm_up):
        state = run(variant, names, points, 1, ones, hyper, state, prev_grad2).carried
        if passes == 0 and variant.anneals:
            prev_grad2 = gradient_size(state)
    return state, prev_grad2


def as_frame(result: Run) -> pd.DataFrame:
    """The steps as a DataFrame.

    `attrs["diverged"]` is the step at which the run left the range of floats, counted from 1, or 0
    if it did not; `attrs["status"]` says it in a sentence.
    """
    frame = pd.DataFrame(result.rows, columns=list(result.columns))
    whole = ["epoch", "step"]
    frame[whole] = frame[whole].ffill().astype(int)
    steps = len(frame)
    frame.attrs["diverged"] = result.diverged
    if result.diverged:
        row = frame.iloc[result.diverged - 1]
        frame.attrs["status"] = (
            f"diverged at step {result.diverged} (epoch {row['epoch']:.0f}, point "
            f"{row['step']:.0f}): a number left the range of floats; try a smaller lr"
        )
    else:
        frame.attrs["status"] = f"finished: {steps:,} steps"
    return frame


def _nan_for_inf(values: Any) -> Any:
    """Infinite numbers as NaN, for a spreadsheet turns them into errors that stay errors."""
    return np.where(np.isfinite(values), values, np.nan)
