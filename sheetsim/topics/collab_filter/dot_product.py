"""The dot product: a rating is how well a user's taste matches a movie's character.

With k factors for each user, U (users x k), and for each movie, M (k x movies), the predicted
rating of movie j by user i is

    P[i, j] = sum over f of U[i, f] * M[f, j]

and the factors are those that make the root of the mean squared error over the rated cells as
small as they can. Blank cells count for nothing while fitting, which is why the table may have
holes, and get a prediction like all others, which is what the model is for.

The lecture's sheet `dotprod` is this one. It shows 0 where there is no rating; here those cells
show the prediction too, set in bold. It leaves the mask to SUMXMY2, which skips blanks in Excel
and counts them as 0 in LibreOffice; here a squared error of its own for every cell says which
cells count. It calls "mean squared error" what is its root: both are shown.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetsim.sheet import Array, Sheet
from sheetsim.solver import Model, factor_model
from sheetsim.topics import _ratings_grid as _grid
from sheetsim.topics._lesson import Draft, Inputs, Plan, Topic, variables_of
from sheetsim.topics._ratings_grid import Grid, as_floats
from sheetsim.topics._tries import Try, add, every, first, put, same


def predict(users: Array, movies: Array) -> Array:
    """Dot products of user factors (n_users, k) and movie factors (k, n_movies)."""
    return users @ movies


def squared_errors(ratings: Array, predictions: Array) -> Array:
    """Squared errors of the rated cells, 0 where the rating is NaN; all (n_users, n_movies)."""
    return np.where(np.isnan(ratings), 0.0, (ratings - predictions) ** 2)


def settle(blocks: dict[str, Array]) -> dict[str, Array]:
    """The same predictions from factors in order of weight.

    U A and A⁻¹ M predict what U and M do, for any invertible A. Of all these, take the singular
    value decomposition of U M = L S R: U = L √S, M = √S R, so that factor 1 explains most, both
    sides are of one size, and the movie that has most of a factor has a positive one.

    Args:
        blocks: movie_factors (k, n_movies) and user_factors (n_users, k).

    Returns:
        Blocks of the same names and shapes.
    """
    movies, users = blocks["movie_factors"], blocks["user_factors"]
    left, sizes, right = np.linalg.svd(users @ movies, full_matrices=False)
    k = len(movies)
    largest = np.abs(right[:k]).argmax(axis=1)
    signs = np.where(right[np.arange(k), largest] < 0, -1.0, 1.0)
    scale = signs * np.sqrt(sizes[:k])
    return {"movie_factors": scale[:, None] * right[:k], "user_factors": left[:, :k] * scale}


def _given(plan: Plan, _given: Inputs, options: Mapping[str, Any]) -> dict[str, Any]:
    return _grid.random_start(plan, options["seed"], bias=False)


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("dot_product", "Dot product: ratings from factors")
    grid = Grid(book.plan["users"], book.plan["movies"], book.plan["k"])
    names = _grid.factor_names(book, bias=False)
    lead = "prediction = user factors · movie factors, for each user (row) and movie (column)"
    predictions = "predictions for all cells; bold where the user has not rated the movie"
    _grid.bands(sheet, grid, names, lead, predictions)

    shown = _grid.given_ratings(sheet, grid)
    movies, tastes = parts = _grid.parameters(sheet, grid)
    # times 1: a factor that was deleted counts as 0, as it does where it is looked up
    formula = f"=SUMPRODUCT(MMULT({tastes.across}*1,{movies.down}*1))"
    predicted = formula, predict(tastes.values, movies.values)
    _grid.fit(sheet, grid, shown, shown[1], parts, predicted, squared_errors)
    return sheet


def _model(sheet: Sheet) -> Model:
    k = sheet["user_factors"].columns
    return factor_model(as_floats(sheet["ratings"]), k, bias=False, start=variables_of(sheet))


TOPIC = Topic(
    name="dot_product",
    title="Dot product",
    summary="ratings predicted by the dot product of user and movie factors",
    sheet=_sheet,
    order=1,
    tries=(
        Try(
            "Type another rating, say 0.5 instead of a 5.",
            "Its squared error, MSE and RMSE jump; no prediction moves before you solve again.",
            edits=({"ratings": lambda s: put(s["ratings"], 0.5, first(s["ratings"] == 5))},),
            holds=lambda was, now: every(
                now["mse"] > 2 * was["mse"],
                now["rmse"] > was["rmse"],
                (now["errors"] > was["errors"]).sum() == 1,
                now["predictions"] == was["predictions"],
            ),
            rests_on="errors",
        ),
        Try(
            "Change one movie factor by 1.",
            "The predictions in that movie's column move, each by the user's factor beside it.",
            edits=({"movie_factors": lambda s: add(s["movie_factors"], 1, (0, 0))},),
            holds=lambda was, now: every(
                same(
                    now["predictions"][:, 0] - was["predictions"][:, 0], was["user_factors"][:, 0]
                ),
                now["predictions"][:, 1:] == was["predictions"][:, 1:],
            ),
            rests_on="predictions",
        ),
        Try(
            "Empty a rated cell.",
            "The prediction turns bold and its error is 0: the cell no longer counts.",
            edits=({"ratings": lambda s: put(s["ratings"], np.nan, first(s["ratings"] > 0))},),
            holds=lambda was, now: every(
                now["rated"] == was["rated"] - 1, now["errors"][first(was["ratings"] > 0)] == 0
            ),
            rests_on="errors",
        ),
        Try(
            "Paste the start from the sheet solver onto the factors, then Data > Solver > Solve.",
            "RMSE falls from the start's value to about what the sheet solver shows.",
            edits=(
                {
                    f"{of}_factors": lambda s, of=of: s[f"solver!dot_product_start_{of}_factors"]
                    for of in ("movie", "user")
                },
                {
                    f"{of}_factors": lambda s, of=of: s[f"solver!dot_product_optimum_{of}_factors"]
                    for of in ("movie", "user")
                },
            ),
            holds=lambda _was, start, solved: every(
                same(start["rmse"], start["solver!dot_product_at_start"]),
                same(solved["rmse"], solved["solver!dot_product_optimum"]),
                solved["rmse"] < start["rmse"],
            ),
            rests_on="rmse",
        ),
    ),
    given=_given,
    model=_model,
    settle=settle,
)
