"""Frozen: only the new head trains; the pre-trained layers are used as they are.

A frozen group gets no update, so its weights stay what they were, to the last bit:

    rate = 0 while frozen                weight <- weight - 0 x derivative = weight

With layers 1 and 2 frozen the net is a linear model of two fixed features, g_1 and g_2, and its
loss a plain parabola in the head's three weights: safe at rates that would ruin the layers, and
soon done. What the old features cannot express it never learns, which is where the loss stays.

fast.ai's `cnn_learner` starts like this: `freeze()` freezes all groups but the last. In PyTorch
freezing is requires_grad = False and saves the work of the backward pass too; here the
derivatives are worked out all the same, so that you can see what is not used.
"""

import numpy as np

from sheetsim.topics._tries import Try, every, put, same
from sheetsim.topics.transfer._run import Run

TOPIC = Run(
    name="frozen",
    title="Frozen: only the head trains",
    summary="layers 1 and 2 frozen throughout: only the new head trains",
    order=3,
    way=1,
    freeze=(1, 1, 0),
    tries=(
        Try(
            "Look at groups 1 and 2 in the rows start and end.",
            "The same numbers, and 'group 1 moved', 'group 2 moved' are exactly 0.",
            holds=lambda was: every(
                was["start"][0, :10] == was["end"][0, :10],
                was["moved_a"] == 0,
                was["moved_b"] == 0,
                was["moved_c"] > 0,
            ),
            rests_on="end",
        ),
        Try(
            "Set unfreeze_after of group 2 to 2.",
            "rate 2 is 0 in epochs 1 and 2 and lr from 3 on, where its weights begin to move.",
            edits=({"unfreeze_after": lambda s: put(s["unfreeze_after"], 2, (0, 1))},),
            holds=lambda _was, now: every(
                now["epoch_rate"][:2, 1] == 0,
                same(now["epoch_rate"][2:, 1], now["lr"]),
                np.diff(now["p_11"][:13], axis=0) == 0,
                np.diff(now["p_11"][12:], axis=0) != 0,
            ),
            rests_on="epoch_rate",
        ),
        Try(
            "Set freeze of group 3 to 1 as well, and its unfreeze_after to 999.",
            "Nothing trains: the loss is the same in every epoch.",
            edits=(
                {
                    "freeze": lambda s: put(s["freeze"], 1, (0, 2)),
                    "unfreeze_after": lambda s: put(s["unfreeze_after"], 999, (0, 2)),
                },
            ),
            holds=lambda _was, now: every(
                same(now["epoch_loss"], now["epoch_loss"][0, 0]), now["end"] == now["start"]
            ),
            rests_on="epoch_loss",
        ),
    ),
).topic()
