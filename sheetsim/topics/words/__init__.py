"""words.xlsx: from a sentence to numbers: vocabulary, ids, one-hot rows, embedding rows.

A network takes numbers. So a sentence is cut into words, each different word gets a number (its
id), and the id picks a row of numbers from a matrix, the embedding. That is a look-up, or, written
as mathematics, a one-hot row times the matrix: the collaborative filter's trick, with words.

Source: fast.ai, Practical Deep Learning for Coders (2019), lesson 5, sheet word_emb.
"""

from collections.abc import Mapping
from typing import Any

from sheetsim.topics._lesson import Draft, Lesson
from sheetsim.topics._options import seed_option


def _prepare(options: Mapping[str, Any]) -> Draft:
    return Draft({"seed": options["seed"]})


TERMS = {
    "words": "a word of the sentence, or a blank",
    "matrix": "the embedding: a row of numbers for each id",
    "id": "number of a word, in the order of first appearance",
    "token": "a word in lower case, as it counts",
    "word_a": "id of the first word of two",
    "word_b": "id of the second word of two",
    "a": "the first word of two",
    "cosine": "of the angle between two vectors: 1 where they point the same way",
    "distance": "between the ends of two vectors",
    "length": "of a vector: root of the sum of its squares",
}
"""What symbols and inputs mean in this workbook."""

LESSON = Lesson(
    name="words",
    title="Words as numbers",
    about=(
        "A sentence becomes numbers in three steps: each different word gets an id, in the order "
        "in which the words appear; the id becomes a one-hot row; the one-hot row picks a row of "
        "the embedding matrix.",
        "Type your own sentence on the sheet vocabulary, one word a cell. The embedding numbers "
        "are random here: in a network they are trained, as the factors of a movie are.",
    ),
    options=(seed_option(42),),
    prepare=_prepare,
    limits={},
    picture="word_vectors",
    terms=TERMS,
)
