"""slice(lr): the head at full rate, all groups before it at a third of it.

`fit(epochs, slice(0.12))` in the lesson's fast.ai:

    rate of the last group = lr        rate of all others = lr / 3

A rule of thumb between one rate for all and a rate for each group. The 3 is the lesson's; the
library divides by 10 in later versions, and `divisor` on sheet layer_rates is an input, which all
runs share.
"""

from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.transfer._run import Run

TOPIC = Run(
    name="slice_one",
    title="slice(lr): the head at lr, the others at lr / divisor",
    summary="slice(lr): the last group at lr, the others at a third of it",
    order=5,
    way=2,
    tries=(
        Try(
            "Set divisor on sheet layer_rates to 10.",
            "Groups 1 and 2 train at lr / 10 and move less; their rates here follow.",
            edits=({"layer_rates!divisor": 10.0},),
            holds=lambda was, now: every(
                same(now["rate"], [[now["lr"] / 10, now["lr"] / 10, now["lr"]]]),
                now["moved_a"] < was["moved_a"],
                now["moved_b"] < was["moved_b"],
            ),
            rests_on="rate",
        ),
        Try(
            "Set divisor on sheet layer_rates to 1.",
            "The same rate for all: rows, loss and curve are those of one_rate.",
            edits=({"layer_rates!divisor": 1.0},),
            holds=lambda _was, now: every(
                same(now["epoch_loss"], now["one_rate!epoch_loss"]),
                same(now["end"], now["one_rate!end"]),
            ),
            rests_on="rate",
        ),
    ),
).topic()
