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


TERMS = {
    "p": "probability that the model gives",
    "y": "1 where it is so, 0 where not",
    "k": "how many classes there are",
    "exp": "e to the power of a number",
    "log": "logarithm to the base that is set, by default e",
    "base": "of the logarithms: e, or 10 as in the lecture, or 2 for bits",
    "eps": "the least probability that a logarithm is taken of, for log(0) is none",
    "shift": "what is added to all outputs of image 1 to make those of image 2",
    "extra": "what is added to single outputs of image 2 as well",
    "outputs": "what the model gives each class before it is made a probability",
    "output_three": "what the model gives each class of image 3",
    "is_cat": "1 where the picture is a cat, 0 where it is not",
    "prediction": "the probability of a cat that the model gives, 0 to 1",
    "true_class": "number of the class that is right",
    "threshold": "a class is found where its sigmoid is above this",
    "less_from": "where the constant starts that is taken off all outputs of image 1",
    "less_to": "where the constant ends that is taken off all outputs of image 1",
    "softmax": "exp of an output over the sum of all: probabilities that add up to 1",
    "sigmoid": "1 / (1 + exp(-output)): a probability for each class on its own",
}
"""What symbols and inputs mean in this workbook."""

LESSON = Lesson(
    name="entropy",
    title="Softmax and cross entropy",
    about=(
        "A model gives each class a number, its output. Softmax makes them probabilities that add "
        "up to 1; cross entropy is the logarithm of the one that was right, with its sign turned.",
        "Every number is shown the plain way and the way that programs compute it, with a cell "
        "that says whether the two agree. Logarithms are natural; the base is an input (the "
        "lecture's sheet has base 10).",
    ),
    options=(),
    prepare=_prepare,
    limits={},
    picture="nothing_there",
    terms=TERMS,
)
