"""Ratings of movies by users, as the lecture's collaborative filtering takes them.

The lecture's table is the 15 busiest users by the 15 most-rated movies of MovieLens, blank where
a user has not rated a movie. `load_ratings` cuts such a table from long rows, or takes a wide
table whole; `default_ratings` is an invented one that the project brings along (its generator is
`scripts/make_ratings`).

Why an empty user or movie is refused: without one rating nothing fits its factors, and the
solver's equations for it are 0 = 0.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sheetsim.arrays import Floats
from sheetsim.data.csv_table import Table, open_table, printable
from sheetsim.data.frame_table import frame_table, is_frame
from sheetsim.data.labels import MAX_DIGITS, clean_label, first_duplicate, typed_labels
from sheetsim.data.long_rows import busiest
from sheetsim.data.numbers import first_out_of_range, range_text, read_only, to_floats
from sheetsim.data.wide_rows import Wishes, read_wide
from sheetsim.errors import DataError, shown
from sheetsim.option_values import whole_number

if TYPE_CHECKING:
    import pandas as pd

MAX_SIDE = 200
"""Most users, and most movies, of a table. Excel's sheets end at 16,384 columns; 200 x 200 is
40,000 ratings, beyond which neither a class nor a spreadsheet follows."""

LARGEST = 1e6
"""Largest magnitude of a rating. MovieLens has 0.5 to 5 stars; other scales may be negative."""

DEFAULT_SOURCE = "embedded default"


@dataclass(frozen=True, eq=False)
class Ratings:
    """A table of ratings; two are equal if labels and values are, whatever their source.

    Attributes:
        users: labels of the rows, (n_users,), all int or all text, no two the same when case is
            ignored.
        movies: labels of the columns, (n_movies,), likewise.
        values: ratings, float64 (n_users, n_movies), read-only, NaN where there is none; each 0
            or of magnitude 1e-100 to 1e6, MovieLens's in stars from 0.5 to 5.
        source: where they are from, for people to read: "embedded default", or a file's name.
        left_out: columns of a file that were not taken, for people to read.

    Raises:
        DataError: labels or values break these rules, there are more than 200 users or movies,
            or a user or movie has no rating at all.
    """

    users: tuple[int | str, ...]
    movies: tuple[int | str, ...]
    values: Floats
    source: str
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for axis in ("user", "movie"):
            labels = _axis_labels(getattr(self, f"{axis}s"), axis, self.source)
            object.__setattr__(self, f"{axis}s", labels)
        expected = f"numbers, shape ({len(self.users)}, {len(self.movies)})"
        values = to_floats(self.values, self.source, expected)
        if values.shape != (len(self.users), len(self.movies)):
            raise DataError(f"{self.source}: values of shape {values.shape}; expected {expected}")
        bad = first_out_of_range(values, LARGEST, blanks=True)
        if bad is not None:
            raise DataError(
                f"{self.source}: user {shown(self.users[bad[0]])}, movie "
                f"{shown(self.movies[bad[1]])}: {values[bad]:g} is out of range; expected "
                f"{range_text(LARGEST)}, or NaN for not rated"
            )
        object.__setattr__(self, "values", read_only(values))
        _check_filled(self.users, self.movies, self.mask, self.source)

    @property
    def n_users(self) -> int:
        """Number of users, from 1 to 200."""
        return len(self.users)

    @property
    def n_movies(self) -> int:
        """Number of movies, from 1 to 200."""
        return len(self.movies)

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        """True where there is a rating, (n_users, n_movies)."""
        return ~np.isnan(self.values)

    @property
    def count(self) -> int:
        """Number of ratings, blanks not counted."""
        return int(self.mask.sum())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ratings):
            return NotImplemented
        return (
            self.users == other.users
            and self.movies == other.movies
            and np.array_equal(self.values, other.values, equal_nan=True)
        )

    def __hash__(self) -> int:
        return hash((self.users, self.movies))


RatingsLike: TypeAlias = "Ratings | str | os.PathLike[str] | pd.DataFrame | npt.ArrayLike | None"
"""What `as_ratings` accepts."""


def load_ratings(
    path: str | os.PathLike[str],
    users: int = 15,
    movies: int = 15,
    *,
    who: str = "",
    without: Sequence[str] = (),
    blank: Sequence[str] = (),
) -> Ratings:
    """Read ratings from a CSV, wide or long, as its heading says.

    Wide: the first column says who rated, whatever its heading, every other is headed by its
    movie; a blank, or words such as "not seen", is a movie not rated. Time stamps and e-mail
    addresses are left out. The table is taken whole, in the file's order, and `users` and `movies`
    do not matter; see `sheetsim.data.wide_rows`. Semicolons or tabs may separate the fields, and
    decimals have points or commas.

    Long: a column headed movieId or rating makes it long; then userId, movieId and rating must
    all be there, in any order, and other columns are ignored. Taken are the users with the most
    ratings in the whole file and the movies with the most ratings in the whole file, ties broken
    by the lower id, fewer if the file has fewer; rows and columns stand in ascending order of id
    (by value if all the file's ids of that kind are integers, else as text by code point).

    Args:
        path: the CSV file; see `sheetsim.data.csv_table` for what a CSV must be.
        users: how many users to take from long rows, from 1 to 200.
        movies: how many movies to take from long rows, from 1 to 200.
        who: of a wide table the column that says who rated; "none" if no column does, and users
            are numbered; by default it is looked for.
        without: columns of a wide table to leave out.
        blank: further words that mean not rated, in a wide table.

    Returns:
        The ratings, shape (n_users, n_movies).

    Raises:
        OptionError: `users` or `movies` is not from 1 to 200, or a column that is named is not
            there.
        DataError: the file or something in it is not as it must be, or can be read in two ways;
            names file, line, column of all that is wrong in its rows.
    """
    sides = _sides(users, movies)
    wishes = Wishes(who, tuple(without), tuple(blank))
    with open_table(path, any_separator=True, keep_ragged=True) as table:
        return _from_table(table, printable(Path(path).name), *sides, wishes)


@functools.cache
def default_ratings() -> Ratings:
    """The embedded table: 15 invented users, 15 invented movies, 206 ratings in half stars."""
    embedded = resources.files("sheetsim.data").joinpath("ratings.csv")
    with resources.as_file(embedded) as path, open_table(path) as table:
        return _from_table(table, DEFAULT_SOURCE, 15, 15, Wishes())


def as_ratings(
    obj: RatingsLike = None, users: int = 15, movies: int = 15, **wishes: Any
) -> Ratings:
    """Ratings from whatever holds them, checked alike.

    Args:
        obj: None for `default_ratings()`; a path (see `load_ratings`); Ratings; a DataFrame,
            long or wide as a CSV may be, the users of a wide one in its index or in a column
            userId; or an array (n_users, n_movies), NaN where not rated, labelled from 1.
        users: how many users to take from long rows, from 1 to 200.
        movies: how many movies to take from long rows, from 1 to 200.
        **wishes: `who`, `without` and `blank` of a path; see `load_ratings`.

    Returns:
        The ratings, shape (n_users, n_movies).

    Raises:
        OptionError: `users` or `movies` is not from 1 to 200.
        DataError: the object holds no such ratings; see `Ratings` and `load_ratings`.
    """
    sides = _sides(users, movies)
    if obj is None:
        return default_ratings()
    if isinstance(obj, Ratings):
        return obj
    if isinstance(obj, str | os.PathLike):
        return load_ratings(obj, users, movies, **wishes)
    if is_frame(obj):
        return _from_table(_frame_table(obj), "DataFrame", *sides, Wishes())
    values = to_floats(obj, "ratings", "numbers, shape (n_users, n_movies)")
    if values.ndim != 2:
        raise DataError(f"ratings: an array of shape {values.shape}; expected (n_users, n_movies)")
    n_users, n_movies = values.shape
    return Ratings(tuple(range(1, n_users + 1)), tuple(range(1, n_movies + 1)), values, "array")


def _frame_table(frame: pd.DataFrame) -> Table:
    """Bring the users of a wide frame to the first column, where a CSV has them."""
    names = [str(name).strip().casefold() for name in frame.columns]
    if "movieid" in names or "rating" in names:  # long; its other columns need not become text
        wanted = [i for i, name in enumerate(names) if name in ("userid", "movieid", "rating")]
        return frame_table(frame.iloc[:, wanted])
    if "userid" not in names:
        return frame_table(frame, index_heading="userId")
    first = names.index("userid")
    return frame_table(frame.iloc[:, [first, *(i for i in range(len(names)) if i != first)]])


def _from_table(table: Table, source: str, users: int, movies: int, wishes: Wishes) -> Ratings:
    if table.find("movieId") is not None or table.find("rating") is not None:
        return _from_long(table, source, users, movies)
    return _from_wide(table, source, wishes)


def _from_wide(table: Table, source: str, wishes: Wishes) -> Ratings:
    wide = read_wide(table, wishes, MAX_SIDE, LARGEST)
    labels = typed_labels(wide.users), typed_labels(wide.movies)
    _check_filled(*labels, ~np.isnan(wide.values), table.name)
    return Ratings(*labels, wide.values, source, wide.left_out)


def _from_long(table: Table, source: str, users: int, movies: int) -> Ratings:
    user_labels, movie_labels, values = busiest(table, users, movies, LARGEST)
    _check_filled(
        user_labels,
        movie_labels,
        ~np.isnan(values),
        f"{table.name}: after the cut to {len(user_labels)} users and {len(movie_labels)} movies",
    )
    return Ratings(user_labels, movie_labels, values, source)


def _check_filled(
    users: Sequence[int | str],
    movies: Sequence[int | str],
    mask: npt.NDArray[np.bool_],
    place: str,
) -> None:
    for axis, labels, rated in (
        ("user", users, mask.any(axis=1)),
        ("movie", movies, mask.any(axis=0)),
    ):
        if not rated.all():
            raise DataError(f"{place}: {_empty(axis, labels[int(np.argmin(rated))])}")


def _empty(axis: str, label: int | str) -> str:
    return f"empty {axis}: {shown(label)} has no rating; expected at least one for every {axis}"


def _too_many(axis: str) -> str:
    return f"more than {MAX_SIDE} {axis}s; expected at most {MAX_SIDE}"


def _axis_labels(labels: Iterable[int | str], axis: str, source: str) -> tuple[int | str, ...]:
    given = tuple(labels)
    place = f"{source}: {axis}s"
    if not given:
        raise DataError(f"{place}: none; expected at least one {axis}")
    if len(given) > MAX_SIDE:
        raise DataError(f"{place}: {_too_many(axis)}")
    if all(isinstance(label, str) for label in given):
        try:
            clean: tuple[int | str, ...] = tuple(clean_label(str(label)) for label in given)
        except ValueError as problem:
            raise DataError(f"{place}: {problem}") from None
    elif all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in given):
        clean = tuple(int(number) for number in given)
        if not all(isinstance(n, int) for n in typed_labels([str(n) for n in clean])):
            raise DataError(f"{place}: an id has more than {MAX_DIGITS} digits; expected fewer")
    else:
        raise DataError(f"{place}: labels of several kinds; expected all int or all text")
    duplicate = first_duplicate(clean)
    if duplicate:
        first, again = duplicate
        raise DataError(
            f"{place}: {shown(clean[again])} stands twice (places {first + 1} and {again + 1}); "
            "expected labels that differ by more than case"
        )
    return clean


def _sides(users: int, movies: int) -> tuple[int, int]:
    return (
        whole_number("users", users, 1, MAX_SIDE),
        whole_number("movies", movies, 1, MAX_SIDE),
    )
