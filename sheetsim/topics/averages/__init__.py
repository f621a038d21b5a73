"""averages.xlsx: exponentially weighted moving averages, and what optimizers make of them.

An average that forgets: every new value counts alpha, all that came before 1 - alpha. Momentum is
this average of the gradients, RMSProp that of their squares, and Adam has both. First the average
itself, over a noisy curve; then what it remembers; then gradients and their averages.

`_running` has the column that needs the row above it, which the topics share.

Source: fast.ai, Practical Deep Learning for Coders (2019), lesson 5.
"""

from collections.abc import Mapping
from typing import Any

from sheetsim.topics._lesson import Draft, Lesson
from sheetsim.topics._options import seed_option


def _prepare(options: Mapping[str, Any]) -> Draft:
    return Draft({"seed": options["seed"]})


TERMS = {
    "alpha": "how much a new value counts in an average; all before it counts 1 - alpha",
    "S": "the exponentially weighted moving average: alpha new + (1 - alpha) S before",
    "corrected": "an average divided by the sum of its weights so far, below 1 at the start",
    "window": "how many of the last values the plain moving average takes",
    "level": "the height around which the clean curve swings",
    "swing": "how far the clean curve goes up and down",
    "period": "steps from one top of the clean curve to the next",
    "share": "the part of all weight that is asked for",
    "t": "number of the step, from 1",
    "mse_s": "mean squared distance of S from the clean curve",
    "g": "gradient",
    "m": "average of the gradients: momentum",
    "v": "average of the squared gradients, as in RMSProp",
    "RMS": "root of the mean square: the typical size, whatever the sign",
    "step": "corrected m / (√corrected v + epsilon): what Adam multiplies with lr",
}
"""What symbols and inputs mean in this workbook."""

LESSON = Lesson(
    name="averages",
    title="Moving averages, momentum and RMSProp",
    about=(
        "An exponentially weighted moving average needs one number of memory and one setting: "
        "each new value counts alpha, and all that came before counts beta = 1 - alpha.",
        "Momentum is this average of the gradients, RMSProp that of their squares. The sheets show "
        "the average over a noisy curve, how long it remembers, and the two averages of gradients.",
    ),
    options=(seed_option(42),),
    prepare=_prepare,
    limits={},
    picture="smoothing",
    terms=TERMS,
)
