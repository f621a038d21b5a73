"""slice(lr_start, lr): from a small rate for the first group to a large one for the head.

`fit(epochs, slice(0.012, 0.12))`, evenly spread in equal ratios:

    rates 0.012, 0.0379, 0.12        each the square root of 10 times the one before

The first layers hold what is most general and should move least; the head is random and has the
longest way to go. Here nothing is frozen: the layers do move from the first epoch on, but slowly,
while the head finds its place.
"""

import numpy as np

from sheetsim.topics._tries import Try, every, put, same
from sheetsim.topics.transfer._run import Run

TOPIC = Run(
    name="slice_two",
    title="slice(lr_start, lr): a rate for each group",
    summary="slice(lr_start, lr): discriminative rates, the early groups slower",
    order=6,
    way=3,
    tries=(
        Try(
            "Set lr_start to 0.000001.",
            "Groups 1 and 2 hardly move, and the old task's loss stays near 0.",
            edits=({"lr_start": 1e-6},),
            holds=lambda _was, now: every(
                now["moved_a"] < 0.01, now["moved_b"] < 0.05, now["end_old_loss"] < 0.1
            ),
            rests_on="rate",
        ),
        Try(
            "Set lr_start to 0.12, the value of lr.",
            "The same rate for all: the run is that of one_rate.",
            edits=({"lr_start": 0.12},),
            holds=lambda _was, now: every(
                same(now["epoch_loss"], now["one_rate!epoch_loss"]),
                same(now["end"], now["one_rate!end"]),
            ),
            rests_on="rate",
        ),
        Try(
            "Set freeze of group 1 to 1 and its unfreeze_after to 999.",
            "'group 1 moved' is exactly 0; groups 2 and 3 go on training at their rates.",
            edits=(
                {
                    "freeze": lambda s: put(s["freeze"], 1, (0, 0)),
                    "unfreeze_after": lambda s: put(s["unfreeze_after"], 999, (0, 0)),
                },
            ),
            holds=lambda was, now: every(
                now["moved_a"] == 0,
                now["moved_b"] > 0,
                now["moved_c"] > 0,
                same(now["rate"], was["rate"]),
            ),
            rests_on="moved_a",
        ),
        Try(
            "Set step_to_show to 0, then to 12, 24 and 36.",
            "The predictions move onto the points, and the curve falls, epoch by epoch.",
            edits=tuple({"step_to_show": float(step)} for step in (0, 12, 24, 36)),
            holds=lambda was, *after: every(
                np.diff([now["step_loss"] for now in after]) < 0,
                same(after[-1]["step_loss"], was["end_loss"]),
                same(after[-1]["drawn_loss"], was["epoch_loss"]),
                [now["drawn_epoch"].max() for now in after] == [0, 2, 4, 6],
            ),
            rests_on="there_pred",
        ),
    ),
).topic()
