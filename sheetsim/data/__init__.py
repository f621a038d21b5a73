"""Datasets: where they are from, their units and shapes.

| dataset             | source                             | unit         | shape              |
| ------------------- | ---------------------------------- | ------------ | ------------------ |
| `default_ratings()` | invented; `scripts/make_ratings`   | stars, 0.5-5 | 15 x 15, 19 blanks |
| `load_ratings(f)`   | a CSV, wide or long as MovieLens's | the file's   | n_users x n_movies |
| `line_points()`     | drawn on y = 2 x + 30, x in 1..100 | none         | 29 points          |
| `load_points(f)`    | a CSV with headings x and y        | the file's   | n points           |

`as_ratings` and `as_points` take any of these or a DataFrame or array. Everything comes back as
a frozen dataclass with read-only float64 arrays, checked; what cannot be used raises DataError.
"""

from sheetsim.data.points import Points, PointsLike, as_points, line_points, load_points
from sheetsim.data.ratings import (
    Ratings,
    RatingsLike,
    as_ratings,
    default_ratings,
    load_ratings,
)

__all__ = [
    "Points",
    "PointsLike",
    "Ratings",
    "RatingsLike",
    "as_points",
    "as_ratings",
    "default_ratings",
    "line_points",
    "load_points",
    "load_ratings",
]
