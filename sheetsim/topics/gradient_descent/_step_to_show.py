"""The step up to which charts draw a run: an input, and the step that it comes to."""

import numpy as np

from sheetsim.sheet import Valid
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
