"""digits.xlsx: a classifier of handwritten digits, trained in cells.

Twelve real digits of 8 x 8 pixels, drawn from the embedded ones, are a mini-batch. A softmax
regression, 64 pixels to 10 classes, takes one step on it with everything in sight, then several,
and its weights are looked at as pictures. `sheetsim digits` trains the same model on MNIST.

`_batch` has what the sheets share: sizes, the batch, the cells of a forward pass.

Source: fast.ai, Practical Deep Learning for Coders (2019), lesson 5, the notebook on MNIST: there
28 x 28 pixels, batches of 64, learning rate 2e-2, weight decay 1e-5.
"""

from collections.abc import Mapping
from typing import Any

from sheetsim.option_values import whole
from sheetsim.topics._lesson import Draft, Lesson
from sheetsim.topics._options import Option, seed_option

MAX_STEPS = 20
"""Most steps of the sheet steps: each takes about 900 cells."""


def _prepare(options: Mapping[str, Any]) -> Draft:
    """Draw the mini-batch: one digit of each class and a few more, shuffled."""
    import numpy as np

    from sheetsim.data import load_digits
    from sheetsim.data.digits import CLASSES
    from sheetsim.topics.digits._batch import N

    digits = load_digits().train
    rng = np.random.default_rng(options["seed"])
    each = [int(rng.choice(np.flatnonzero(digits.labels == k))) for k in range(CLASSES)]
    rest = np.setdiff1d(np.arange(digits.n), each)
    chosen = rng.permutation([*each, *rng.choice(rest, N - CLASSES, replace=False)])
    given: dict[str, Any] = {}
    for i, which in enumerate(chosen, start=1):
        given[f"picture_{i}"] = digits.images[which].astype(float)
        given[f"label_{i}"] = float(digits.labels[which])
    plan = {"digits": digits.source, "seed": options["seed"], "epochs": options["epochs"]}
    return Draft(plan, {"digit": given})


TERMS = {
    "diverged_above": "steps that end with so many times the first loss have diverged",
    "loss_limit": "the loss from which on the steps have diverged, and up to which the chart draws",
    "diverged_in": "the step after which the loss of steps that diverged first exceeded loss_limit",
    "lr": "learning rate: how far a step goes for a gradient of 1",
    "label_i": "which digit a picture shows, as somebody said who looked at it",
    "picture_i": "the ink of a picture's pixels, 0 for paper to 16 for all ink",
    "ink": "what a pixel says that is all ink: all are divided by it",
    "digit_to_show": "which of the twelve digits stands on top",
    "weights": "how much a pixel's ink speaks for a class, before the first step",
    "bias": "what a class gets whatever the picture, before the first step",
    "step_to_show": "the step whose weights are shown, and up to which curves go; 0 is the start",
    "step_loss": "loss after the step that is shown",
    "n": "how many digits the mini-batch has",
    "w": "a weight",
    "exp": "e to the power of a number",
    "decay": "how much smaller the step makes a weight by weight decay alone",
}
"""What symbols and inputs mean in this workbook."""

LESSON = Lesson(
    name="digits",
    title="Handwritten digits",
    about=(
        "Twelve real digits of 8 x 8 pixels, and the simplest model that can tell them apart: for "
        "each class a weight for every pixel and a bias, then a softmax. From the picture to the "
        "new weights, each number of a training step is a cell.",
        "The digits are from Optical Recognition of Handwritten Digits by E. Alpaydin and "
        "C. Kaynak (1998), UCI Machine Learning Repository, CC BY 4.0.",
        "The pixels of the twelve pictures are inputs, too: type 0 to 16 over any.",
    ),
    options=(
        seed_option(42),
        Option("epochs", 5, whole(1, MAX_STEPS), "steps of the sheet steps, 1 to 20", "N"),
    ),
    prepare=_prepare,
    limits={"epochs": MAX_STEPS},
    picture="weights_seen",
    terms=TERMS,
)
