"""schedules.xlsx: how the learning rate goes over a training, and how to find its size.

The one-cycle schedule step by step; the learning-rate finder, run live on a line through points;
and constant, falling and one-cycle rates side by side on the same points from the same start.

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


LESSON = Lesson(
    name="schedules",
    title="Learning-rate schedules",
    about=(
        "How large a learning rate may be, and how it should go over a training. The finder "
        "raises it until the loss explodes, and suggests one; one cycle takes it up and down "
        "once; the last sheet compares constant, falling and one-cycle rates.",
        "Blue cells on cream are inputs: change any of them and everything that depends on it "
        "follows, charts included. All other numbers are formulas.",
    ),
    options=(
        Option("steps", STEPS, whole(8, MAX_STEPS), "steps of every run", "N"),
        seed_option(42),
    ),
    prepare=_prepare,
    limits={"steps": MAX_STEPS},
    rows=lambda plan: int(plan["steps"]),
    picture="schedules_compared",
)
