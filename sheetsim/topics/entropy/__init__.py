"""entropy.xlsx: from a model's outputs to probabilities, and from these to a loss.

Softmax turns any numbers into probabilities that add up to 1, cross entropy says how badly they
fit what is true, and the logarithm in it may be taken of every class or be looked up for the
right one. Where nothing may be in the picture at all, softmax is the wrong choice.

Source: fast.ai, Practical Deep Learning for Coders (2019), lesson 5, entropy_example.xlsx.
"""

from collections.abc import Mapping
from typing import Any

from sheetsim.topics._lesson import Draft, Lesson


def _prepare(_options: Mapping[str, Any]) -> Draft:
    return Draft({"parameters": "start"})


LESSON = Lesson(
    name="entropy",
    title="Softmax and cross entropy",
    about=(
        "A model gives each class a number, its output. Softmax makes them probabilities that add "
        "up to 1; cross entropy is the logarithm of the one that was right, with its sign turned.",
        "Every number is shown the plain way and the way that programs compute it, with a cell "
        "that says whether the two agree. Logarithms are natural; the base is an input (the "
        "lecture's sheet has base 10).",
        "Blue cells on cream are inputs: change any of them and everything that depends on it "
        "follows. All other numbers are formulas.",
    ),
    options=(),
    prepare=_prepare,
    limits={},
    picture="nothing_there",
)
