"""transfer.xlsx: a net that was trained on one task learns another, layer group by layer group.

The net is small enough for every weight to have its cell: one input, two layers of two tanh units
and a head of one output, three layer groups with 13 weights. Layers 1 and 2 come pre-trained on
an old task, the head is new and random. What is frozen, what is unfrozen and when, and how fast
each group may learn are inputs; every choice has its sheet, where each row is one step.

Source: fast.ai, Practical Deep Learning for Coders (2019), lesson 5 (freeze, unfreeze,
discriminative learning rates).
"""

from collections.abc import Mapping
from typing import Any

from sheetsim.option_values import whole
from sheetsim.topics._lesson import Draft, Lesson
from sheetsim.topics._options import Option, seed_option

POINTS = 6
"""Training points of the new task."""

MAX_EPOCHS = 200
"""Six sheets have a row for every point of every epoch."""


def _prepare(options: Mapping[str, Any]) -> Draft:
    return Draft({"epochs": options["epochs"], "seed": options["seed"]})


def _rows(plan: Mapping[str, Any]) -> int:
    """The sheets of runs have a row for every step; net and layer_rates have none."""
    runs = set(str(plan["topics"]).split()) - {"net", "layer_rates"}
    return POINTS * int(plan["epochs"]) if runs else 1


LESSON = Lesson(
    name="transfer",
    title="Transfer learning",
    about=(
        "A net with two pre-trained layers and a new, random head learns a new task. Its three "
        "layer groups can be frozen and unfrozen, and each has a learning rate of its own.",
        "Each choice has its sheet, where a row is one step: the net's 13 weights, its answer to "
        "one point, and the derivatives that move the weights. The sheet runs compares them.",
        "Blue cells on cream are inputs: change any of them and everything that depends on it "
        "follows. All other numbers are formulas.",
    ),
    options=(
        Option("epochs", 6, whole(2, MAX_EPOCHS), "passes over the points", "N"),
        seed_option(39),
    ),
    prepare=_prepare,
    limits={"epochs": MAX_EPOCHS},
    rows=_rows,
    picture="runs",
)
