"""schedules.xlsx: how the learning rate goes over a training, and how to find its size.

The one-cycle schedule step by step; the learning-rate finder, run live on a line through points;
and constant, falling and one-cycle rates side by side on the same points from the same start.

`_points` has the points that the runs are fitted to.

Source: fast.ai, Practical Deep Learning for Coders (2019), lessons 2 and 5.
"""

from collections.abc import Mapping
from typing import Any

from sheetsim.option_values import whole
from sheetsim.topics._lesson import Draft, Lesson
from sheetsim.topics._options import Option, seed_option

STEPS, MAX_STEPS = 100, 400
"""Steps of every run: as many as the lesson has, and the most that may be asked for."""


def _prepare(options: Mapping[str, Any]) -> Draft:
    return Draft({"steps": options["steps"]})


TERMS = {
    "lr_max": "the highest learning rate",
    "diverged_above": "a run that ends so many times as far from the best line has diverged",
    "excess_limit": "the excess from which on a run has diverged, and up to which the chart draws",
    "diverged_in": "the step in which a run that diverged first went beyond excess_limit",
    "low": "the rate of the first mini-batch",
    "high": "the rate of the last mini-batch",
    "beta": "what the smoothed loss keeps of itself; the rest is the new loss",
    "div": "what the highest rate is divided by at the start of one cycle",
    "div_final": "what the highest rate is divided by at the end of one cycle",
    "pct_start": "the part of all steps in which the rate of one cycle rises",
    "momentum_high": "momentum at both ends of one cycle",
    "momentum_low": "momentum at the top of one cycle",
    "momentum": "what the average of the gradients keeps of itself at every step",
    "step_every": "step decay cuts the rate after so many steps",
    "step_factor": "what step decay multiplies the rate by",
    "exp_end": "the last rate of exponential decay over its first",
    "cos_end": "the last rate of cosine decay over its first",
    "stop_factor": "the run stops where the smoothed loss is so many times its best",
    "divide_by": "the suggested rate is the one at the least smoothed loss over this",
    "batch": "points in a mini-batch",
    "x_shift": "what is taken off every x to make u",
    "x_scale": "what x - x_shift is divided by to make u",
    "u": "x less a shift, divided by a scale: what the line is fitted over",
    "log_base": "of the logarithms of the chart",
    "log_lr": "logarithm of lr",
    "running": "1 up to the step at which the run stops, then 0",
    "first": "number of the mini-batch's first point",
    "m": "average of the gradients: momentum",
    "de_db": "slope of the mini-batch's loss in b",
    "de_da": "slope of the mini-batch's loss in a",
    "excess": "(b - best_b)² + (a - best_a)²: by how much MSE is above its least",
    "beyond": "1 from the first step on whose excess was beyond what the chart draws, else 0",
    "const": "constant rate",
    "expo": "exponential decay of the rate",
    "cos": "cosine decay of the rate",
    "decay": "step decay of the rate",
    "cycle": "one cycle of the rate: up, then down",
    "cycle_beta": "momentum of one cycle",
    "cycle_rise": "how far the rise of one cycle has got, 0 to 1",
    "cycle_fall": "how far the fall of one cycle has got, 0 to 1",
}
"""What symbols and inputs mean in this workbook."""

LESSON = Lesson(
    name="schedules",
    title="Learning-rate schedules",
    about=(
        "How large a learning rate may be, and how it should go over a training. The finder "
        "raises it until the loss explodes, and suggests one; one cycle takes it up and down "
        "once; the last sheet compares constant, falling and one-cycle rates.",
    ),
    options=(
        Option("steps", STEPS, whole(8, MAX_STEPS), "steps of every run", "N"),
        seed_option(42),
    ),
    prepare=_prepare,
    limits={"steps": MAX_STEPS},
    rows=lambda plan: int(plan["steps"]),
    picture="schedules_compared",
    terms=TERMS,
)
