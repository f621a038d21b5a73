"""With a range: the same sum through a sigmoid onto y_range.

    raw   = sum over f of U[i, f] * M[f, j]  +  movie_bias[j]  +  user_bias[i]
    P     = low + (high - low) * sigmoid(raw)        sigmoid(x) = 1 / (1 + e^-x)

A raw score of 0 is the middle of the range; the same step of the raw score moves the prediction
less and less towards its ends, for the derivative is

    dP/draw = (high - low) * s * (1 - s)             s = sigmoid(raw)

at most a quarter of the range, in the middle, and nearly nothing far out. The factors and biases
mean logits now, not stars. high is 5.5 and not 5 because the sigmoid never reaches its end: the
sheet reach shows what a rating of 5 would ask for.

The lecture's `lesson4-collab` has `y_range = [0, 5.5]`; fast.ai's `sigmoid_range` is this formula,
and so is `EmbeddingDotBias` with a y_range. The Solver changes factors and biases to make RMSE
least, as without the sigmoid; the problem is no longer bilinear, so sheetsim solves it for all
variables at once.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetsim.sheet import Array, Sheet, Valid
from sheetsim.solver import Model, sigmoid_factor_model
from sheetsim.topics import _ratings_grid as _grid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Inputs, Plan, Topic, variables_of
from sheetsim.topics._ratings_grid import FACT_LABELS, Grid
from sheetsim.topics._tries import Try, add, every, put, same
from sheetsim.topics.collab_filter.bias import predict, settle, squared_errors

LOW, HIGH, MARGIN = 0.0, 5.5, 0.5
"""The lecture's range, and how far beyond the ratings it ends where they do not fit into it."""


def sigmoid_range(raw: Array, low: float, high: float) -> Array:
    """Raw scores, of any shape, mapped to between `low` and `high`; no score overflows."""
    small = np.exp(-np.abs(raw))
    share = np.where(np.asarray(raw) < 0, small, 1.0) / (1 + small)
    return np.asarray(low + (high - low) * share)


def sigmoid_range_slope(raw: Array, low: float, high: float) -> Array:
    """Derivative of `sigmoid_range` by the raw scores, of their shape."""
    small = np.exp(-np.abs(raw))
    return np.asarray((high - low) * small / (1 + small) ** 2)


def range_for(ratings: Array) -> tuple[float, float]:
    """A range that holds all ratings (any shape, NaN for none): the lecture's, if it does."""
    least, most = float(np.nanmin(ratings)), float(np.nanmax(ratings))
    if least > LOW and most < HIGH:
        return LOW, HIGH
    return least - MARGIN, most + MARGIN


def _given(plan: Plan, given: Inputs, options: Mapping[str, Any]) -> dict[str, Any]:
    low, high = range_for(given["linear_rating"]["ratings"])
    start = _grid.random_start(plan, options["seed"], bias=True)
    return {**start, "low": low, "high": high}


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("sigmoid_rating", "With a range: the same through a sigmoid")
    grid = Grid(book.plan["users"], book.plan["movies"], book.plan["k"] + 1, 1)
    lead = "prediction = low + (high - low) / (1 + e^-raw), raw = factors · factors + both biases"
    predictions = "predictions for all cells; bold where the user has not rated the movie"
    _grid.bands(sheet, grid, _grid.factor_names(book, bias=True), lead, predictions)
    source = book["linear_rating"]
    shown = _grid.living_ratings(sheet, grid, source)
    low, high, cap = _range_facts(sheet)
    movies, tastes = parts = _grid.parameters(sheet, grid)
    raw = predict(tastes.values, movies.values)
    predicted = (
        f"=low+(high-low)/(1+EXP(MIN(cap,0-({_grid.raw_score(movies, tastes)}))))",
        sigmoid_range(np.maximum(raw, -cap), low, high),
    )
    _grid.fit(sheet, grid, shown, source["ratings"].qualified, parts, predicted, squared_errors)
    return sheet


def _range_facts(sheet: Sheet) -> tuple[float, float, float]:
    """The range, on the left of the outcome; returns its ends and the cap of the exponent."""
    ends = (
        Fact("low", "low", None, LOW, "input.general", Valid(-1e6, 1e6)),
        Fact("high", "high", None, HIGH, "input.general", Valid(-1e6, 1e6)),
        # e^710 is an error in Excel, and in IronCalc it is not.
        Fact("cap", "cap", None, 700.0, "input.general", Valid(1, 700)),
    )
    low, high, cap = (float(b.value) for b in facts(sheet, FACT_LABELS, 0, ends).values())
    return low, high, cap


def _model(sheet: Sheet) -> Model:
    stars = sheet["ratings"].values
    return sigmoid_factor_model(
        np.where(stars == "", np.nan, stars).astype(float),
        sheet["user_factors"].columns - 1,
        low=float(sheet["low"].value),
        high=float(sheet["high"].value),
        start=variables_of(sheet),
    )


TOPIC = Topic(
    name="sigmoid_rating",
    title="With a range",
    summary="the same sum through a sigmoid onto a range from low to high",
    sheet=_sheet,
    order=2,
    tries=(
        Try(
            "Add 3 to one movie's bias.",
            "Every prediction in its column rises, high ones by little, and none beyond high.",
            edits=({"movie_factors": lambda s: add(s["movie_factors"], 3, (0, 0))},),
            holds=lambda was, now: every(
                now["predictions"][:, 0] > was["predictions"][:, 0],
                now["predictions"] <= now["high"],
                (now["predictions"] - was["predictions"])[was["predictions"][:, 0].argmax(), 0] < 1,
                (now["predictions"] - was["predictions"])[:, 0].max() > 3,
            ),
            rests_on="predictions",
        ),
        Try(
            "Set high to 5.",
            "All predictions shrink towards low, and RMSE jumps: the factors were found for "
            "another range.",
            edits=({"high": 5.0},),
            holds=lambda was, now: every(
                now["predictions"] < was["predictions"], now["rmse"] > 1.5 * was["rmse"]
            ),
            rests_on="predictions",
        ),
        Try(
            "Set every factor of a user, and the user's bias, to 0.",
            "The user's predictions say what the movies' biases say: a bias of 0 would be the "
            "middle of the range.",
            edits=({"user_factors": lambda s: put(s["user_factors"], 0, 0)},),
            holds=lambda _was, now: every(
                same(
                    now["predictions"][0],
                    now["low"]
                    + (now["high"] - now["low"]) / (1 + np.exp(-now["movie_factors"][0])),
                )
            ),
            rests_on="predictions",
        ),
    ),
    needs=("linear_rating",),
    given=_given,
    model=_model,
    settle=settle,
)
