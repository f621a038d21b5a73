"""transfer.xlsx: a net that was trained on one task learns another, layer group by layer group.

The net is small enough for every weight to have its cell: one input, two layers of two tanh units
and a head of one output, three layer groups with 13 weights. Layers 1 and 2 come pre-trained on
an old task, the head is new and random. What is frozen, what is unfrozen and when, and how fast
each group may learn are inputs; every choice has its sheet, where each row is one step.

The topics share `_run` (a training run and its sheet), `_shown` (what it has come to, and what its
charts draw), `_steps` (training in NumPy), `_cells` (the net's formulas) and `_group_table` (the
layer groups side by side).

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


TERMS = {
    "level": "of the new task: y = level + size sin(freq x + phase)",
    "size": "of the new task: y = level + size sin(freq x + phase)",
    "freq": "of the new task: y = level + size sin(freq x + phase)",
    "phase": "of the new task: y = level + size sin(freq x + phase)",
    "old_freq": "of the old task: y = sin(old_freq x)",
    "w_i": "weights of layer group 1: h = tanh(w x + b)",
    "b_i": "biases of layer group 1: h = tanh(w x + b)",
    "p_i": "weights of layer group 2; p_12 leads from h_1 to g_2",
    "q_i": "biases of layer group 2",
    "v_i": "weights of the head, layer group 3: pred = v_1 g_1 + v_2 g_2 + c",
    "c": "bias of the head",
    "diverged_above": "a run that ends with so many times the first error has diverged",
    "loss_limit": "the squared error from which on a run has diverged, and up to which charts draw",
    "diverged_in": "the step in which a run that diverged first went beyond loss_limit",
    "beyond": "1 from the first step on whose error was beyond loss_limit, 0 before it",
    "step_to_show": "charts draw the run up to this step, counted over all epochs; 0 is the start",
    "pass_there": "loss of the epoch that the step shown is in, as far as it has come",
    "step_loss": "loss of all points after the step that is shown",
    "step_old_loss": "loss on the old task, with the old head, after the step that is shown",
    "h_i": "units of the first hidden layer",
    "g_i": "units of the second hidden layer",
    "d_out": "derivative of the squared error by the output",
    "d_g_i": "derivative of the squared error by the sum that goes into a unit of the second layer",
    "d_h_i": "derivative of the squared error by the sum that goes into a unit of the first layer",
    "old_y": "what is so in the old task",
    "old_pred": "prediction for the old task, with the old head",
    "old_squared_error": "(old_pred - old_y)²",
    "weight": "number of the weight whose derivative is checked",
    "h": "how far that weight is moved up and down",
    "lr_start": "the rate of the first layer group in slice(lr_start, lr)",
    "way": "how lr is given: 1 a number, 2 slice(lr), 3 slice(lr_start, lr)",
    "divisor": "what lr is divided by for the early groups in slice(lr)",
    "freeze": "1 for a layer group that gets no updates",
    "unfreeze_after": "after so many epochs a frozen layer group trains as well",
    "pretrained": "weights as training on the old task left them",
    "random": "weights drawn at random",
    "rate_i": "learning rate of a layer group in this step",
    "goal": "the loss that a run is to get below",
    "x": "what the net is given",
}
"""What symbols and inputs mean in this workbook."""

LESSON = Lesson(
    name="transfer",
    title="Transfer learning",
    about=(
        "A net with two pre-trained layers and a new, random head learns a new task. Its three "
        "layer groups can be frozen and unfrozen, and each has a learning rate of its own.",
        "Each choice has its sheet, where a row is one step: the net's 13 weights, its answer to "
        "one point, and the derivatives that move the weights. The sheet runs compares them.",
    ),
    options=(
        Option("epochs", 6, whole(2, MAX_EPOCHS), "passes over the points", "N"),
        seed_option(39),
    ),
    prepare=_prepare,
    limits={"epochs": MAX_EPOCHS},
    rows=_rows,
    picture="runs",
    terms=TERMS,
)
