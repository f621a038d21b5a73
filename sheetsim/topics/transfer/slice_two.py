"""slice(lr_start, lr): from a small rate for the first group to a large one for the head.

`fit(epochs, slice(0.012, 0.12))`, evenly spread in equal ratios:

    rates 0.012, 0.0379, 0.12        each the square root of 10 times the one before

The first layers hold what is most general and should move least; the head is random and has the
longest way to go. Here nothing is frozen: the layers do move from the first epoch on, but slowly,
while the head finds its place.
"""

from sheetsim.topics.transfer._run import Run

TOPIC = Run(
    name="slice_two",
    title="slice(lr_start, lr): a rate for each group",
    summary="slice(lr_start, lr): discriminative rates, the early groups slower",
    order=6,
    way=3,
    tries=(
        (
            "Set lr_start to 0.000001.",
            "Groups 1 and 2 hardly move, and the old task's loss stays near 0.",
        ),
        (
            "Set lr_start to 0.12, the value of lr.",
            "The same rate for all: the run is that of one_rate.",
        ),
        (
            "Set freeze of group 1 to 1 and its unfreeze_after to 999.",
            "'group 1 moved' is exactly 0; groups 2 and 3 go on training at their rates.",
        ),
    ),
).topic()
