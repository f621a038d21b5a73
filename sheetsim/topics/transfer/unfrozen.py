"""Frozen, then unfrozen: first the head alone, then all groups, the early ones slower.

The lesson's recipe in two stages:

    learn.fit(2)                                        layers 1 and 2 frozen
    learn.unfreeze(); learn.fit(4, slice(lr_start, lr)) all groups train, the early ones slower

In the first stage the head stops being random; what flows back through it afterwards is worth
learning, and the layers have little to unlearn. `unfreeze_after` says when the first stage
ends, for each group: unfreezing group 2 before group 1 is the gradual unfreezing of Howard and
Ruder (2018). In fast.ai one would choose smaller rates for the second stage; here they are the
same in both, which keeps the two apart from each other by one thing only.
"""

import numpy as np

from sheetsim.topics._tries import Try, every, put, same
from sheetsim.topics.transfer._run import Run

TOPIC = Run(
    name="unfrozen",
    title="Frozen, then unfrozen: the head first, then all groups",
    summary="layers 1 and 2 frozen at first, then unfrozen at slice(lr_start, lr)",
    order=7,
    way=3,
    freeze=(1, 1, 0),
    after=2,
    tries=(
        Try(
            "Set unfreeze_after of groups 1 and 2 to 0.",
            "Never frozen: the run is that of slice_two.",
            edits=({"unfreeze_after": lambda s: put(s["unfreeze_after"], 0, (0, slice(0, 2)))},),
            holds=lambda _was, now: every(
                same(now["epoch_loss"], now["slice_two!epoch_loss"]),
                same(now["end"], now["slice_two!end"]),
            ),
            rests_on="epoch_rate",
        ),
        Try(
            "Set unfreeze_after of groups 1 and 2 to 999.",
            "Only the head trains: the run is that of frozen.",
            edits=({"unfreeze_after": lambda s: put(s["unfreeze_after"], 999, (0, slice(0, 2)))},),
            holds=lambda _was, now: every(
                same(now["epoch_loss"], now["frozen!epoch_loss"]),
                same(now["end"], now["frozen!end"]),
            ),
            rests_on="epoch_rate",
        ),
        Try(
            "Set unfreeze_after of group 1 to 4, leave that of group 2.",
            "Gradual unfreezing: rate 2 is above 0 from epoch 3 on, rate 1 from epoch 5 on.",
            edits=({"unfreeze_after": lambda s: put(s["unfreeze_after"], 4, (0, 0))},),
            holds=lambda _was, now: every(
                (now["epoch_rate"][:, 1] > 0) == (np.arange(1, 7) >= 3),
                (now["epoch_rate"][:, 0] > 0) == (np.arange(1, 7) >= 5),
            ),
            rests_on="epoch_rate",
        ),
    ),
).topic()
