"""weight_decay.xlsx: keep weights small, by a term in the loss or by a factor at every step.

Add wd sum(w^2) to the loss, and every gradient gets 2 wd w more, which pulls the weight towards
0. Under plain gradient descent that is the same as multiplying each weight by a number a little
below 1 at every step; under Adam it is not, and which of the two a program does matters.

`_runs` has the steps of a rule and the columns that show them, which the topics share.

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


TERMS = {
    "w_i": "weights of the model",
    "weights": "weights of the model",
    "x_i": "inputs of the model",
    "x": "inputs of the model",
    "h": "how far a weight is moved to estimate a slope",
    "factor": "what wd w is multiplied by where a step takes it off the weight; 1 is decay as such",
    "weight_to_move": "number of the weight that the chart moves",
    "move_from": "where the chart's moved weight starts",
    "move_to": "where the chart's moved weight ends",
    "m": "average of the gradients, as in momentum",
    "v": "average of the squared gradients, as in RMSProp",
    "L2": "wd sum(w²) as a part of the loss, whose gradient Adam divides by √v as all others",
    "l2": "the run with wd sum(w²) in the loss",
    "aw": "the run of AdamW",
    "AdamW": "Adam whose weights decay by themselves, beside the step of the gradient",
    "base": "of wd = base^exponent",
    "exponents": "of wd = base^exponent, a column for each",
    "column_to_show": "the column whose polynomial is drawn",
    "reach": "the curves are drawn from -reach to reach",
    "points_x": "x of the points that the weights are fitted to",
    "points_y": "y of the points that the weights are fitted to",
    "held_x": "x of the rows held back",
    "held_y": "y of the rows held back",
    "c": "X'y / n: what the weights of least error are made from, with G",
    "X": "the points' powers of x, a row for each point",
    "I": "identity matrix: 1 on the diagonal, 0 elsewhere",
    "n": "how many points there are",
    "diverged_above": "a run that ends with weights of so many times the first has diverged",
    "weight_limit": "the size of weights from which on a run has diverged; charts draw up to it",
    "diverged_in": "the step in which a run that diverged first went beyond weight_limit",
    "beyond": "1 from the first step on that was beyond weight_limit, 0 before it",
    "G": "X'X / n, from the points' powers of x",
    "y": "what is so, and should be predicted",
}
"""What symbols and inputs mean in this workbook."""

LESSON = Lesson(
    name="weight_decay",
    title="Weight decay",
    about=(
        "Large weights make wild models. Add wd times the sum of the squared weights to the loss, "
        "and the gradient of every weight w gets 2 wd w more: a pull towards 0.",
        "Three inputs, two of them nearly the same, show what the pull does; plain gradient "
        "descent and Adam show that adding it to the loss and shrinking the weights are the "
        "same for the one and not for the other; a polynomial shows what it is for.",
    ),
    options=(Option("steps", STEPS, whole(8, MAX_STEPS), "steps of every run", "N"),),
    prepare=_prepare,
    limits={"steps": MAX_STEPS},
    rows=_rows,
    picture="decay_under_adam",
    terms=TERMS,
)
