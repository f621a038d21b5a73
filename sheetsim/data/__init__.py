"""Datasets: where they are from, their units and shapes.

| dataset             | source                             | unit         | shape              |
| ------------------- | ---------------------------------- | ------------ | ------------------ |
| `default_ratings()` | invented; `scripts/make_ratings`   | stars, 0.5-5 | 15 x 15, 19 blanks |
| `load_ratings(f)`   | a CSV: a class's, or MovieLens's   | the file's   | n_users x n_movies |
| `line_points()`     | drawn on y = 2 x + 30, x in 1..100 | none         | 29 points          |
| `load_points(f)`    | a CSV with headings x and y        | the file's   | n points           |
| `load_digits()`     | UCI, real; `scripts/make_digits`   | ink, 0-16    | 1,797 x 8 x 8      |
| `load_digits(dir)`  | a folder of MNIST's IDX files      | ink, 0-255   | n x h x w          |
| `load_movielens(d)` | a folder of MovieLens's files      | stars, 0.5-5 | n ratings, titles  |

`fetch_movielens` downloads MovieLens 100k into the user's cache, if it is not there yet.
`as_ratings` and `as_points` take any of these or a DataFrame or array. Everything comes back as
a frozen dataclass with read-only float64 arrays, checked; what cannot be used raises DataError.

A dataset a file: `ratings` (with `wide_rows`, a class's table, and `long_rows`, the busiest of
many), `points`, `digits`, `movielens` (with `_movielens_files`). Readers: `csv_table` (with
`separators`), `frame_table` and `idx`, each strict; `numbers`, `decimal_marks` and `labels` say
what may stand in a cell, and `problems` all that does not. From the internet: `download`, with
`_sources` (addresses and checksums), `_unpack` and `_lock`.
"""

from sheetsim.data.digits import Digits, load_digits
from sheetsim.data.idx import read_idx
from sheetsim.data.movielens import MovieLens, fetch_movielens, load_movielens
from sheetsim.data.points import Points, PointsLike, as_points, line_points, load_points
from sheetsim.data.ratings import (
    Ratings,
    RatingsLike,
    as_ratings,
    default_ratings,
    load_ratings,
)

__all__ = [
    "Digits",
    "MovieLens",
    "Points",
    "PointsLike",
    "Ratings",
    "RatingsLike",
    "as_points",
    "as_ratings",
    "default_ratings",
    "fetch_movielens",
    "line_points",
    "load_digits",
    "load_movielens",
    "load_points",
    "load_ratings",
    "read_idx",
]
