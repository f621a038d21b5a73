"""weight_decay.xlsx: keep weights small, by a term in the loss or by a factor at every step.

Add wd sum(w^2) to the loss, and every gradient gets 2 wd w more, which pulls the weight towards
0. Under plain gradient descent that is the same as multiplying each weight by a number a little
below 1 at every step; under Adam it is not, and which of the two a program does matters.

Source: fast.ai, Practical Deep Learning for Coders (2019), lessons 4 and 5.
"""

from collections.abc import Mapping
from typing import Any

from sheetsim.option_values import whole
from sheetsim.topics._lesson import Draft, Lesson
from sheetsim.topics._options import Option

STEPS = 30
"""Steps of each run, after row 0, the start, unless the plan says otherwise."""

MAX_STEPS = 100
"""The most that may be asked for: by 300 Adam amplifies rounding until no two programs agree."""


def _prepare(options: Mapping[str, Any]) -> Draft:
    return Draft({"parameters": "start", "steps": options["steps"]})


def _rows(plan: Mapping[str, Any]) -> int:
    """The sheets of runs have a row for every step."""
    runs = set(str(plan["topics"]).split()) & {"decay_under_sgd", "decay_under_adam"}
    return int(plan["steps"]) if runs else 1


LESSON = Lesson(
    name="weight_decay",
    title="Weight decay",
    about=(
        "Large weights make wild models. Add wd times the sum of the squared weights to the loss, "
        "and the gradient of every weight w gets 2 wd w more: a pull towards 0.",
        "Three inputs, two of them nearly the same, show what the pull does; plain gradient "
        "descent and Adam show that adding it to the loss and shrinking the weights are the "
        "same for the one and not for the other; a polynomial shows what it is for.",
        "Blue cells on cream are inputs: change any of them and everything that depends on it "
        "follows. All other numbers are formulas.",
    ),
    options=(Option("steps", STEPS, whole(8, MAX_STEPS), "steps of every run", "N"),),
    prepare=_prepare,
    limits={"steps": MAX_STEPS},
    rows=_rows,
    picture="decay_under_adam",
)
