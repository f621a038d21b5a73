"""The bias: some movies are liked by everybody, and some users like everything.

One more row of parameters for the movies and one more column for the users say so without
spending a factor on it:

    P[i, j] = sum over f of U[i, f] * M[f, j]  +  movie_bias[j]  +  user_bias[i]

The lecture's sheet `bias` is this one; the bias comes first in each block of parameters, as there.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetsim.sheet import Array, Sheet
from sheetsim.solver import Model, factor_model
from sheetsim.topics import _ratings_grid as _grid
from sheetsim.topics._lesson import Draft, Inputs, Plan, Topic, variables_of
from sheetsim.topics._ratings_grid import Grid
from sheetsim.topics._tries import Try, add, every, same
from sheetsim.topics.collab_filter import dot_product


def predict(users: Array, movies: Array) -> Array:
    """Dot products plus both biases.

    Args:
        users: (n_users, 1 + k), the bias in the first column.
        movies: (1 + k, n_movies), the bias in the first row.

    Returns:
        (n_users, n_movies).
    """
    return users[:, 1:] @ movies[1:] + movies[:1] + users[:, :1]


def squared_errors(ratings: Array, predictions: Array) -> Array:
    """Squared errors of the rated cells, 0 where the rating is NaN; all (n_users, n_movies)."""
    errors = np.zeros_like(predictions)
    rated = ~np.isnan(ratings)
    errors[rated] = (ratings[rated] - predictions[rated]) ** 2
    return errors


def settle(blocks: dict[str, Array]) -> dict[str, Array]:
    """The same predictions with all that a bias can say said by the biases.

    What the dot products have in common along a row or a column is moved to the biases, the
    users' of which are made to average 0: then a movie's bias is what an average user would
    give it. The factors that remain are put in order as in dot_product.

    Args:
        blocks: movie_factors (1 + k, n_movies) and user_factors (n_users, 1 + k).

    Returns:
        Blocks of the same names and shapes.
    """
    movies, users = blocks["movie_factors"], blocks["user_factors"]
    products = users[:, 1:] @ movies[1:]
    user_mean, movie_mean = products.mean(axis=1), products.mean(axis=0)
    user_bias, movie_bias = users[:, 0] + user_mean, movies[0] + movie_mean - products.mean()
    level = user_bias.mean()
    factors = dot_product.settle(
        {
            "movie_factors": movies[1:] - movies[1:].mean(axis=1, keepdims=True),
            "user_factors": users[:, 1:] - users[:, 1:].mean(axis=0),
        }
    )
    return {
        "movie_factors": np.vstack([movie_bias + level, factors["movie_factors"]]),
        "user_factors": np.column_stack([user_bias - level, factors["user_factors"]]),
    }


def _given(plan: Plan, _given: Inputs, options: Mapping[str, Any]) -> dict[str, Any]:
    return _grid.random_start(plan, options["seed"], bias=True)


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("bias", "Dot product with a bias for each user and movie")
    grid = Grid(book.plan["users"], book.plan["movies"], book.plan["k"] + 1, 1)
    source = book["dot_product"]
    names = _grid.factor_names(book, bias=True)
    lead = "prediction = user factors · movie factors + movie bias + user bias"
    predictions = "predictions for all cells; bold where the user has not rated the movie"
    _grid.bands(sheet, grid, names, lead, predictions)

    shown = _grid.living_ratings(sheet, grid, source)
    movies, tastes = parts = _grid.parameters(sheet, grid)
    predicted = f"={_grid.raw_score(movies, tastes)}", predict(tastes.values, movies.values)
    _grid.fit(sheet, grid, shown, source["ratings"].qualified, parts, predicted, squared_errors)
    return sheet


def _model(sheet: Sheet) -> Model:
    stars = sheet["ratings"].values
    ratings = np.where(stars == "", np.nan, stars).astype(float)
    k = sheet["user_factors"].columns - 1
    return factor_model(ratings, k, bias=True, start=variables_of(sheet))


TOPIC = Topic(
    name="bias",
    title="Bias",
    summary="the dot product plus one bias for each user and each movie",
    sheet=_sheet,
    order=4,
    tries=(
        Try(
            "Add 1 to one movie's bias.",
            "Every prediction in its column rises by exactly 1, for all users alike.",
            edits=({"movie_factors": lambda s: add(s["movie_factors"], 1, (0, 0))},),
            holds=lambda was, now: every(
                same(now["predictions"][:, 0], was["predictions"][:, 0] + 1),
                now["predictions"][:, 1:] == was["predictions"][:, 1:],
            ),
            rests_on="predictions",
        ),
        Try(
            "Add 1 to one user's bias.",
            "Every prediction in that user's row rises by exactly 1.",
            edits=({"user_factors": lambda s: add(s["user_factors"], 1, (0, 0))},),
            holds=lambda was, now: every(
                same(now["predictions"][0], was["predictions"][0] + 1),
                now["predictions"][1:] == was["predictions"][1:],
            ),
            rests_on="predictions",
        ),
        Try(
            "Compare RMSE here and in dot_product, both solved.",
            "Lower here: users + movies more parameters, spent where the ratings need them.",
            holds=lambda was: every(
                was["rmse"] < was["dot_product!rmse"],
                was["variables"] - was["dot_product!variables"]
                == was["user_factors"].shape[0] + was["movie_factors"].shape[1],
            ),
            rests_on="rmse",
        ),
    ),
    needs=("dot_product",),
    given=_given,
    model=_model,
    settle=settle,
)
