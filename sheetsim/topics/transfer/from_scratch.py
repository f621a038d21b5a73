"""From scratch: what the new task takes without any pre-training.

All 13 weights start uniform in -1 to 1, and all groups learn at one rate:

    start = random        rate of each group = lr        weight <- weight - lr derivative

Random layers give the head nothing that it could combine to the new curve; before the head can
learn, layers 1 and 2 have to, from derivatives that come through a head that knows nothing yet.
As the file comes, it is not a matter of patience alone: with --epochs 200 the loss at the end is
1.20, hardly lower than after 40 epochs, while the runs with slices reach 0. This run is what the
others are measured against: same points in the same order, same head to start with, same rate.

Steps are taken point by point, as in gradient_descent.xlsx; fast.ai would take mini-batches, and
Adam where this is plain gradient descent.
"""

import numpy as np

from sheetsim.topics._tries import Try, every
from sheetsim.topics.transfer._run import Run

TOPIC = Run(
    name="from_scratch",
    title="From scratch: random weights in all groups",
    summary="no pre-training: all weights random, one rate",
    order=2,
    way=1,
    start="random",
    tries=(
        Try(
            "Set lr to 0.01.",
            "Every epoch's loss is a little lower than the one before, and all are high.",
            edits=({"lr": 0.01},),
            holds=lambda was, now: every(
                np.diff(now["epoch_loss"], axis=0) < 0,
                now["epoch_loss"][-1] > 2 * was["runs!end_loss"].min(),
            ),
            rests_on="epoch_loss",
        ),
        Try(
            "Change lr to any other number.",
            "The start stays, and so does the first row of the steps; all below it follow.",
            edits=({"lr": 0.05},),
            holds=lambda was, now: every(
                now["start"] == was["start"],
                now["w_1"][0] == was["w_1"][0],
                now["pred"][0] == was["pred"][0],
                now["pred"][1:] != was["pred"][1:],
            ),
            rests_on="pred",
        ),
    ),
).topic()
