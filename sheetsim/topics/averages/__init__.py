"""averages.xlsx: exponentially weighted moving averages, and what optimizers make of them.

An average that forgets: every new value counts alpha, all that came before 1 - alpha. Momentum is
this average of the gradients, RMSProp that of their squares, and Adam has both. First the average
itself, over a noisy curve; then what it remembers; then gradients and their averages.

Source: fast.ai, Practical Deep Learning for Coders (2019), lesson 5.
"""

from collections.abc import Mapping
from typing import Any

from sheetsim.topics._lesson import Draft, Lesson
from sheetsim.topics._options import seed_option


def _prepare(options: Mapping[str, Any]) -> Draft:
    return Draft({"seed": options["seed"]})


LESSON = Lesson(
    name="averages",
    title="Moving averages, momentum and RMSProp",
    about=(
        "An exponentially weighted moving average needs one number of memory and one setting: "
        "each new value counts alpha, and all that came before counts beta = 1 - alpha.",
        "Momentum is this average of the gradients, RMSProp that of their squares. The sheets show "
        "the average over a noisy curve, how long it remembers, and the two averages of gradients.",
        "Blue cells on cream are inputs: change any of them and everything that depends on it "
        "follows. All other numbers are formulas.",
    ),
    options=(seed_option(42),),
    prepare=_prepare,
    limits={},
    picture="smoothing",
)
