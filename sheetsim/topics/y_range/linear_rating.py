"""Without a range: the dot product with biases, which predicts whatever comes out.

    P[i, j] = sum over f of U[i, f] * M[f, j]  +  movie_bias[j]  +  user_bias[i]

This is the sheet `bias` of collab_filter.xlsx, solved for the same ratings, and here it is what
the next sheets are compared with. Nothing in it knows that ratings end at 0.5 and at 5 stars.
Where a user has rated a movie, the fit keeps the prediction on the scale; where not, nothing does,
and those are the predictions that the model is for. The sheet outside_range counts them.

The ratings are typed in here; the other sheets copy them. fast.ai's `EmbeddingDotBias` returns
this sum as it stands when its `y_range` is None.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetsim.sheet import Sheet
from sheetsim.solver import Model, factor_model
from sheetsim.topics import _ratings_grid as _grid
from sheetsim.topics._lesson import Draft, Inputs, Plan, Topic, variables_of
from sheetsim.topics._ratings_grid import Grid, as_floats
from sheetsim.topics._tries import Try, add, every, same
from sheetsim.topics.collab_filter.bias import predict, settle, squared_errors


def _given(plan: Plan, _given: Inputs, options: Mapping[str, Any]) -> dict[str, Any]:
    return _grid.random_start(plan, options["seed"], bias=True)


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("linear_rating", "Without a range: dot product with biases")
    grid = Grid(book.plan["users"], book.plan["movies"], book.plan["k"] + 1, 1)
    lead = "prediction = user factors · movie factors + movie bias + user bias"
    predictions = "predictions for all cells; bold where the user has not rated the movie"
    _grid.bands(sheet, grid, _grid.factor_names(book, bias=True), lead, predictions)
    shown = _grid.given_ratings(sheet, grid)
    movies, tastes = parts = _grid.parameters(sheet, grid)
    predicted = f"={_grid.raw_score(movies, tastes)}", predict(tastes.values, movies.values)
    _grid.fit(sheet, grid, shown, shown[1], parts, predicted, squared_errors)
    return sheet


def _model(sheet: Sheet) -> Model:
    k = sheet["user_factors"].columns - 1
    ratings = np.asarray(as_floats(sheet["ratings"]))
    return factor_model(ratings, k, bias=True, start=variables_of(sheet))


TOPIC = Topic(
    name="linear_rating",
    title="Without a range",
    summary="the dot product with biases, whose predictions may leave the scale of stars",
    sheet=_sheet,
    order=1,
    tries=(
        Try(
            "Add 3 to one movie's bias.",
            "Every prediction in its column rises by exactly 3, some of them beyond 5 stars.",
            edits=({"movie_factors": lambda s: add(s["movie_factors"], 3, (0, 0))},),
            holds=lambda was, now: every(
                same(now["predictions"][:, 0], was["predictions"][:, 0] + 3),
                (now["predictions"][:, 0] > 5).any(),
            ),
            rests_on="predictions",
        ),
        Try(
            "Look at the bold predictions: there is no rating to hold them.",
            "outside_range counts how many are no stars that anybody could give.",
            holds=lambda was: every(
                was["outside_range!unrated_linear_rating"][:, 0]
                == [
                    np.isnan(was["ratings"]).sum(),
                    (
                        np.isnan(was["ratings"])
                        & (was["predictions"] < was["outside_range!least_stars"])
                    ).sum(),
                    (
                        np.isnan(was["ratings"])
                        & (was["predictions"] > was["outside_range!most_stars"])
                    ).sum(),
                ]
            ),
            rests_on="outside_range!unrated_linear_rating",
        ),
    ),
    given=_given,
    model=_model,
    settle=settle,
)
