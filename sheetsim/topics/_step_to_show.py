"""The step up to which charts draw a run: an input, the step that it comes to, and the cells drawn.

A curve has a row for each epoch (or step); `points` is how many steps an epoch has. The rows up to
the step shown hold their own numbers, and all later ones what is so in the step shown, so that the
curve ends there:

    x   =IF(epoch*points<=shown_step,epoch,shown_step/points)
    y   =IF(epoch*points<=shown_step,number of the epoch,number in the step shown)
"""

import numpy as np

from sheetsim.sheet import Array, Valid
from sheetsim.topics._inputs import Fact


def step_to_show(steps: int) -> Fact:
    """The input, at first the last of all steps."""
    valid = Valid(0, steps, whole=True)
    return Fact("step_to_show", "step_to_show", None, steps, "input.index", valid)


def shown_step(asked: float, steps: float) -> Fact:
    """The whole step from 0 to `steps_made` that is nearest below what was asked for."""
    formula = "=INT(MAX(MIN(step_to_show,steps_made),0))"
    shown = np.floor(np.clip(asked, 0, steps))
    return Fact("step shown", "shown_step", formula, shown, "calc.index")


def until_formula(epoch: str, number: str, here: str) -> str:
    """The formula of y above: a number of an epoch, given by its cell, and the one in the step."""
    return f"=IF({epoch}*points<=shown_step,{number},{here})"


def epoch_formula(epoch: str) -> str:
    """The formula of x above."""
    return until_formula(epoch, epoch, "shown_step/points")


def until(epochs: Array, points: float, shown: float, numbers: Array, here: float) -> Array:
    """What NumPy says of y above, of epochs and numbers (n, 1)."""
    return np.where(epochs * points <= shown, numbers, here)
