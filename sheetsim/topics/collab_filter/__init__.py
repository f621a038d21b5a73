"""collab_filter.xlsx: who likes what, learned from a table of ratings with holes in it.

Every user and every movie gets k numbers, its factors. What a user thinks of a movie is the dot
product of the two; the factors are whatever makes those products fit the ratings that we have.
One-hot encoding, embeddings and biases are the same model seen three more ways.

Source: fast.ai, Practical Deep Learning for Coders (2019), lesson 5, collab_filter.xlsx.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetsim.data import as_ratings
from sheetsim.errors import OptionError
from sheetsim.topics._lesson import Book, Lesson
from sheetsim.topics._options import Option, anything, one_of, whole

MAX_SIDE = 60
"""Most users, and most movies: one_hot has a row for every pair of the two."""


def _prepare(options: Mapping[str, Any]) -> Book:
    ratings = as_ratings(options["ratings"], options["users"], options["movies"])
    k = options["k"]
    if max(ratings.n_users, ratings.n_movies) > MAX_SIDE:
        raise OptionError(
            f"{ratings.source}: {ratings.n_users} users and {ratings.n_movies} movies; this "
            f"workbook takes {MAX_SIDE} of each at most, because one_hot has a row for every pair"
        )
    if k > min(ratings.n_users, ratings.n_movies):
        raise OptionError(
            f"k is {k}, more than a table of {ratings.n_users} users and {ratings.n_movies} movies"
            f" has to tell; expected 1 to {min(ratings.n_users, ratings.n_movies)}"
        )
    labels = (*ratings.users, *ratings.movies)
    plan = {
        "ratings": ratings.source,
        "users": ratings.n_users,
        "movies": ratings.n_movies,
        "k": k,
        "wildcards": int(any(set("?*~") & set(str(label)) for label in labels)),
        "seed": options["seed"],
        "parameters": options["at"],
    }
    table = {
        "users": np.array(ratings.users, dtype=object)[:, None],
        "movies": np.array(ratings.movies, dtype=object)[None, :],
        "ratings": ratings.values,
    }
    return Book(plan, {"dot_product": table})


def _rows(plan: Mapping[str, Any]) -> int:
    """One_hot and embedding have a row for every pair, the others one for each user."""
    pairs = {"one_hot", "embedding"} & set(str(plan["topics"]).split())
    return int(plan["users"]) * (int(plan["movies"]) if pairs else 1)


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
        "Blue cells on cream are inputs: change any of them and everything that depends on it "
        "follows. All other numbers are formulas.",
    ),
    options=(
        Option("ratings", None, anything, "CSV of ratings: a wide table, or long rows", "FILE"),
        Option("users", 15, whole(1, MAX_SIDE), "busiest users to take from long rows", "N"),
        Option("movies", 15, whole(1, MAX_SIDE), "most-rated movies to take from long rows", "N"),
        Option("k", 5, whole(1, 50), "factors of each user and movie, 1 to 50", "K"),
        Option("seed", 0, whole(0, 2**32 - 1), "seed of the start, uniform in 0 to 1", "SEED"),
        Option(
            "at",
            "optimum",
            one_of("optimum", "start"),
            "write the parameters as solved (optimum) or as drawn (start)",
            "WHERE",
        ),
    ),
    prepare=_prepare,
    limits={"users": MAX_SIDE, "movies": MAX_SIDE, "k": 50, "wildcards": 1},
    rows=_rows,
)
