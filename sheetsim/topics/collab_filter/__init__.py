"""collab_filter.xlsx: who likes what, learned from a table of ratings with holes in it.

Every user and every movie gets k numbers, its factors. What a user thinks of a movie is the dot
product of the two; the factors are whatever makes those products fit the ratings that we have.
One-hot encoding, embeddings and biases are the same model seen three more ways.

`_pairs` has the row for every pair of user and movie, which two topics share.

Source: fast.ai, Practical Deep Learning for Coders (2019), lesson 5, collab_filter.xlsx.
"""

from collections.abc import Mapping
from typing import Any

from sheetsim.topics._lesson import Draft, Lesson
from sheetsim.topics._ratings_options import LIMITS, OPTIONS, ratings_book


def _prepare(options: Mapping[str, Any]) -> Draft:
    return ratings_book(options, "dot_product", why="because one_hot has a row for every pair")


def _rows(plan: Mapping[str, Any]) -> int:
    """One_hot and embedding have a row for every pair, the others one for each user."""
    pairs = {"one_hot", "embedding"} & set(str(plan["topics"]).split())
    return int(plan["users"]) * (int(plan["movies"]) if pairs else 1)


TERMS = {
    "bias": "what a user gives to all movies, or a movie gets from all users, alike",
    "user_index": "the row of a user in the table of ratings",
    "movie_index": "the column of a movie in the table of ratings",
}
"""What symbols and inputs mean in this workbook."""

LESSON = Lesson(
    name="collab_filter",
    title="Collaborative filtering",
    about=(
        "Users rate movies; most of what they would say is missing or could be. Give every user "
        "and every movie k numbers (factors), and let the dot product of the two be the "
        "prediction. Solver finds the factors.",
        "The whole workbook shows one model four ways: as a dot product, as one-hot rows times "
        "matrices, as a look-up in the same matrices (an embedding), and with a bias for each user "
        "and movie.",
    ),
    options=OPTIONS,
    prepare=_prepare,
    limits=LIMITS,
    rows=_rows,
    picture="dot_product",
    terms=TERMS,
)
