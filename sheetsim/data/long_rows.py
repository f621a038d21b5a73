"""Long rows (userId, movieId, rating) cut to the busiest users and the most-rated movies.

The cut is the lecture's: ratings are counted over the whole file, per user and per movie apart,
so a user is busy by all they rated and not only by the movies that end up in the table. Where
the lecture left a tie in the counts to chance, the lower id wins here.

Each distinct text is checked once and rows carry its code, a small integer; so the checks cost
by the number of distinct texts, and counting and cutting are a few NumPy calls.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sheetsim.arrays import Floats
from sheetsim.data.csv_table import Table
from sheetsim.data.decimal_marks import Marks
from sheetsim.data.labels import ascending, clean_label, first_duplicate, typed_labels
from sheetsim.data.problems import require_none
from sheetsim.errors import shown

Codes = npt.NDArray[np.int64]
Labels = tuple[int | str, ...]
Problems = list[tuple[int, str]]


@dataclass(frozen=True)
class _Column:
    """One column: `texts` (distinct, in order of appearance) and `codes` into them, (n_rows,)."""

    number: int
    texts: list[str]
    codes: Codes

    def first_row(self, code: int) -> int:
        return int(np.argmax(self.codes == code))


def busiest(table: Table, users: int, movies: int, largest: float) -> tuple[Labels, Labels, Floats]:
    """The ratings of the `users` busiest users for the `movies` most-rated movies.

    Args:
        table: rows with columns userId, movieId and rating, among others.
        users: how many users to take, at least 1; all if there are fewer.
        movies: how many movies to take, at least 1; all if there are fewer.
        largest: largest magnitude of a rating.

    Returns:
        Users' labels and movies' labels, both ascending, and the ratings (n_users, n_movies),
        NaN where there is none. A user or a movie may be left without any.

    Raises:
        DataError: a column is missing, a label or rating is not as it must be, two labels differ
            in case only, or a user rates a movie twice; names every such row.
    """
    rows, user, movie, rating = _read(table)
    problems: Problems = []
    user_labels = _labels(table, rows, user, problems)
    movie_labels = _labels(table, rows, movie, problems)
    stars = _numbers(table, rows, rating, largest, problems)
    _find_doubles(table, rows, user, movie, problems)
    require_none(table.name, [*table.ragged, *problems])

    kept_users = _most(user_labels, user.codes, users)
    kept_movies = _most(movie_labels, movie.codes, movies)
    i = _positions(kept_users, len(user_labels))[user.codes]
    j = _positions(kept_movies, len(movie_labels))[movie.codes]
    kept = (i >= 0) & (j >= 0)
    values = np.full((len(kept_users), len(kept_movies)), np.nan)
    values[i[kept], j[kept]] = stars[kept]
    return (
        tuple(user_labels[code] for code in kept_users),
        tuple(movie_labels[code] for code in kept_movies),
        values,
    )


def _read(table: Table) -> tuple[Codes, _Column, _Column, _Column]:
    u, m, r = numbers = table.columns("userId", "movieId", "rating")
    books: tuple[dict[str, int], ...] = ({}, {}, {})
    codes = (array("q"), array("q"), array("q"))
    rows = array("q")
    (user_book, movie_book, rating_book), (user, movie, rating) = books, codes
    for row, fields in table.rows:
        rows.append(row)
        user.append(user_book.setdefault(fields[u].strip(), len(user_book)))
        movie.append(movie_book.setdefault(fields[m].strip(), len(movie_book)))
        rating.append(rating_book.setdefault(fields[r].strip(), len(rating_book)))
    columns = [
        _Column(number, list(book), np.array(code, dtype=np.int64))
        for number, book, code in zip(numbers, books, codes, strict=True)
    ]
    return np.array(rows, dtype=np.int64), columns[0], columns[1], columns[2]


def _labels(table: Table, rows: Codes, column: _Column, problems: Problems) -> Labels:
    def place(code: int) -> int:
        return int(rows[column.first_row(code)])

    for code, text in enumerate(column.texts):
        try:
            clean_label(text)
        except ValueError as problem:
            problems += _everywhere(table, rows, column, code, str(problem))
    duplicate = first_duplicate(column.texts)
    if duplicate:
        first, again = duplicate
        row = place(again)
        problems.append(
            (
                row,
                f"{_at(table, row, column)}: {shown(column.texts[again])} differs from "
                f"{shown(column.texts[first])} ({table.row_word} {place(first)}) in case or "
                "spelling only; expected labels that a spreadsheet, which ignores case, can tell "
                "apart",
            )
        )
    return typed_labels(column.texts)


def _numbers(
    table: Table, rows: Codes, column: _Column, largest: float, problems: Problems
) -> Floats:
    values = np.full(len(column.texts), np.nan)
    marks = Marks(column.texts)
    for code, text in enumerate(column.texts):
        try:
            values[code] = marks.number(text, largest)
        except ValueError as problem:
            problems += _everywhere(table, rows, column, code, str(problem))
    return values[column.codes]


def _find_doubles(
    table: Table, rows: Codes, user: _Column, movie: _Column, problems: Problems
) -> None:
    pairs = user.codes * len(movie.texts) + movie.codes
    order = np.argsort(pairs, kind="stable")
    same = np.flatnonzero(pairs[order[1:]] == pairs[order[:-1]])
    for again in order[1:][same].tolist():
        first = int(np.argmax(pairs == pairs[again]))
        row = int(rows[again])
        problems.append(
            (
                row,
                f"{_at(table, row, user)}: user {shown(user.texts[user.codes[again]])} rates movie "
                f"{shown(movie.texts[movie.codes[again]])} twice, first on {table.row_word} "
                f"{rows[first]}; expected one rating per user and movie",
            )
        )


def _everywhere(
    table: Table, rows: Codes, column: _Column, code: int, problem: str
) -> Iterator[tuple[int, str]]:
    """A problem with a text, on every row that has it."""
    for row in rows[column.codes == code].tolist():
        yield row, f"{_at(table, row, column)}: {problem}"


def _at(table: Table, row: int, column: _Column) -> str:
    return table.at(row, column.number).removeprefix(f"{table.name}: ")


def _most(labels: Labels, codes: Codes, limit: int) -> Codes:
    """Codes of the `limit` labels with most rows, ties to the lower label, ascending by label."""
    by_label = np.array(ascending(labels), dtype=np.int64)
    counts = np.bincount(codes, minlength=len(labels))[by_label]
    most = np.argsort(-counts, kind="stable")[:limit]  # stable: equal counts stay in label order
    return by_label[np.sort(most)]


def _positions(kept: Codes, n_labels: int) -> Codes:
    """Where each code stands in the cut table; -1 for those cut away."""
    positions = np.full(n_labels, -1, dtype=np.int64)
    positions[kept] = np.arange(len(kept))
    return positions
