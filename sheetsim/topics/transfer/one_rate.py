"""One rate for all: the pre-trained layers learn as fast as the random head.

`fit(epochs, 0.12)`, a plain number, gives every group the same rate:

    rate of group 1 = rate of group 2 = rate of the head = lr

In the first steps the head is random, and the gradients that flow back through it are
of no use to the layers; at the head's rate they follow them all the same, and lose what they knew.
The cell 'old task's loss' says how much: it asks the layers, as they are at the end, for the old
task, with the head that they were trained with (on sheet net it is nearly 0).

A rate small enough for the layers leaves the head behind: try a tenth. That one number cannot
suit both is the case for a rate for each group (Howard and Ruder, Universal Language Model
Fine-tuning for Text Classification, 2018, who call it discriminative fine-tuning).
"""

from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.transfer._run import Run

TOPIC = Run(
    name="one_rate",
    title="One rate: every group at lr",
    summary="nothing frozen, one rate for all groups, as fit(epochs, lr) has it",
    order=4,
    way=1,
    tries=(
        Try(
            "Set lr to 0.012, a tenth.",
            "The old task's loss is far lower, but the head is slow: slice_two still ends lower.",
            edits=({"lr": 0.012},),
            holds=lambda was, now: every(
                now["end_old_loss"] < was["end_old_loss"] / 2,
                now["slice_two!end_loss"] < now["end_loss"],
            ),
            rests_on="end_old_loss",
        ),
        Try(
            "Set way to 2, then to 3.",
            "The run of slice_one, then that of slice_two: only the rates set the sheets apart.",
            edits=({"way": 2.0}, {"way": 3.0}),
            holds=lambda _was, two, three: every(
                same(two["epoch_loss"], two["slice_one!epoch_loss"]),
                same(two["end"], two["slice_one!end"]),
                same(three["epoch_loss"], three["slice_two!epoch_loss"]),
                same(three["end"], three["slice_two!end"]),
            ),
            rests_on="rate",
        ),
        Try(
            "Set step_to_show to 0, then to 6.",
            "One epoch is enough: the loss is higher than at the start, and the old task's loss is "
            "2.8 where it was nearly 0.",
            edits=({"step_to_show": 0.0}, {"step_to_show": 6.0}),
            holds=lambda was, start, later: every(
                same(start["step_loss"], was["net!loss"]),
                same(start["step_old_loss"], was["net!old_loss"]),
                start["step_old_loss"] < 0.001,
                later["step_loss"] > 2 * start["step_loss"],
                2.7 < later["step_old_loss"] < 2.9,
                later["drawn_epoch"].max() == 1,
            ),
            rests_on="there",
        ),
    ),
).topic()
