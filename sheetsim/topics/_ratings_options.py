"""The options of every workbook about a table of ratings, and what it begins with."""

from collections.abc import Mapping
from typing import Any

from sheetsim.errors import OptionError, OptionName
from sheetsim.option_values import anything, one_of, text, whole
from sheetsim.topics._lesson import Draft
from sheetsim.topics._options import Option, seed_option

MAX_SIDE = 60
"""Most users, and most movies: some sheets have a row for every pair of the two."""

OPTIONS = (
    Option("ratings", None, anything, "CSV of ratings: a wide table, or long rows", "FILE"),
    Option("users", 15, whole(1, MAX_SIDE), "busiest users to take from long rows", "N"),
    Option("movies", 15, whole(1, MAX_SIDE), "most-rated movies to take from long rows", "N"),
    Option("who", "", text, "column that says who rated, or none: they get numbers", "COLUMN"),
    Option("without", "", text, "columns to leave out, with ; between", "COLUMNS"),
    Option("blank", "", text, "further words that mean not rated, with ; between", "WORDS"),
    Option("k", 5, whole(1, 50), "factors of each user and movie, 1 to 50", "K"),
    seed_option(0),
    Option(
        "at",
        "optimum",
        one_of("optimum", "start"),
        "write the Solver's cells as solved (optimum) or as they start (start)",
        "WHERE",
    ),
)

LIMITS: dict[str, int] = {"users": MAX_SIDE, "movies": MAX_SIDE, "k": 50, "wildcards": 1}
"""Greatest value of each number in the plan."""


def wishes(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the options say of the columns and words of a table of ratings."""
    lists = {
        name: [part.strip() for part in options[name].split(";") if part.strip()]
        for name in ("without", "blank")
    }
    return {"who": options["who"].strip(), **lists}


def ratings_book(options: Mapping[str, Any], topic: str, why: str) -> Draft:
    """The plan and the ratings of a new workbook.

    Args:
        options: those above, checked.
        topic: whose sheet the ratings are typed into.
        why: the table may not be larger.

    Raises:
        DataError: ratings that cannot be used.
        OptionError: a table that is too large, or a k too large for it.
    """
    import numpy as np

    from sheetsim.data import as_ratings

    ratings = as_ratings(options["ratings"], options["users"], options["movies"], **wishes(options))
    k = options["k"]
    if max(ratings.n_users, ratings.n_movies) > MAX_SIDE:
        raise OptionError(
            f"{ratings.source}: {ratings.n_users} users and {ratings.n_movies} movies; this "
            f"workbook takes {MAX_SIDE} of each at most, {why}"
        )
    if k > min(ratings.n_users, ratings.n_movies):
        raise OptionError(
            OptionName("k"),
            f" is {k}, more than a table of {ratings.n_users} users and {ratings.n_movies} movies"
            f" has to tell; expected 1 to {min(ratings.n_users, ratings.n_movies)}",
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
    notes = [f"{ratings.source}: left out {', '.join(ratings.left_out)}"] * bool(ratings.left_out)
    return Draft(plan, {topic: table}, notes=notes)
