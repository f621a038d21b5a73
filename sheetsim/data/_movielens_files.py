"""Reading MovieLens's files: rows of ratings, and titles of items.

Ratings are read fast and strictly at once: one regular expression runs over the whole file and
stops where the first line is not as it must be; only then is that line taken apart to say why.
What it has passed, pandas turns into numbers, with nothing left to guess at.

| file        | delimiter       | encoding          | columns                                |
| ----------- | --------------- | ----------------- | -------------------------------------- |
| u.data      | tab             | ASCII             | user, item, rating, time; no heading   |
| u.item      | vertical bar    | UTF-8, or latin-1 | item, title, ... 24 in all; no heading |
| ratings.csv | comma           | ASCII             | userId, movieId, rating, timestamp     |
| movies.csv  | comma, quotes   | UTF-8             | movieId, title, genres                 |

Copies differ, so u.data and ratings.csv are read alike: the first line tells the delimiter, which
must be a tab, bar or comma and the only kind there, and whether it is a heading, which has no
number in it. Without one the columns are u.data's four; with one, those named user or userId,
item, movie or movieId, and rating, in any order. u.item may have a heading too. A byte-order
mark, any line ends, empty lines and a missing end of the last line are all right; titles lose
the blanks around them. Any bytes fit
latin-1, the older sets' encoding, so u.item is read as such only if it is no UTF-8.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sheetsim.arrays import Floats
from sheetsim.data.csv_table import MAX_BYTES, open_table, printable
from sheetsim.data.labels import MAX_DIGITS, clean_label
from sheetsim.data.numbers import SMALLEST, parse_number
from sheetsim.errors import DataError, shown

if TYPE_CHECKING:
    import pandas as pd

Ids = npt.NDArray[np.int64]

LARGEST = 10.0
"""Ratings are from 0 to this; MovieLens's are 0.5 to 5 stars, other sites' scales end at 10."""

ITEM_COLUMNS = 24
"""Columns of u.item: id, title, two dates, an address, and 19 genres."""

_NAMES = {
    "user": ("user", "userid", "user_id"),
    "item": ("item", "itemid", "item_id", "movie", "movieid", "movie_id"),
    "rating": ("rating",),
    "timestamp": ("timestamp",),
}
_DELIMITERS = {"\t": "tabs", "|": "vertical bars", ",": "commas", ";": "semicolons"}
_WHOLE = rf"(?:0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}}+)"
_NUMBER = r"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]{1,3}+)?"
_GRAMMAR = {"user": _WHOLE, "item": _WHOLE, "rating": _NUMBER, "timestamp": rf"-?{_WHOLE}"}
_ID = f"an id; expected a whole number of up to {MAX_DIGITS} digits, the first not 0"
_EXPECTED = {
    "user": _ID,
    "item": _ID,
    "rating": f"a rating; expected a number from 0 to {LARGEST:g}",
    "timestamp": "a time; expected whole seconds",
}
_END = r"(?:\r\n?|\n|\Z)"
_LINE = re.compile(r"([^\r\n]*)(?:\r\n?|\n|\Z)")


@dataclass(frozen=True)
class Rows:
    """The ratings as they stand in the file.

    Attributes:
        name: the file, to begin a message with.
        users: ids, (n,), 0 to 15 digits.
        items: ids, (n,), likewise.
        ratings: (n,), each from 0 to `LARGEST`.
        timestamps: seconds since 1970, (n,), or None if the file has none.
        line: number of the line on which a row (from 0) stands.
    """

    name: str
    users: Ids
    items: Ids
    ratings: Floats
    timestamps: Ids | None
    line: Callable[[int], int]


def read_rows(path: Path) -> Rows:
    """The ratings of u.data or ratings.csv.

    Raises:
        DataError: the file is not as described above; names file, line and column.
    """
    name = printable(path)
    text = _text(path, name, "latin-1")  # each byte a character; what is allowed is ASCII
    heading, first = _first_line(text, name)
    delimiter = _delimiter(first, f"{name}: line {heading}", "\t|,", "tabs, | or commas")
    fields = first.split(delimiter)
    headed = not any(re.fullmatch(_NUMBER, field.strip()) for field in fields)
    columns = _rating_columns(fields, f"{name}: line {heading}", headed)
    begin = text.index(first) + (len(first) if headed else 0)

    other = rf"[^{re.escape(delimiter)}\r\n]*+"
    row = re.escape(delimiter).join(_GRAMMAR.get(column, other) for column in columns)
    good = re.compile(rf"(?:\r\n?|\n)*+(?:{row}{_END}(?:\r\n?|\n)*+)*+").match(text, begin)
    end = good.end() if good else begin
    if end < len(text):
        _refuse(text, end, columns, delimiter, name)
    if not text[begin:].strip():
        raise DataError(f"{name}: no rating after the heading; expected at least one")
    frame = _frame(text[begin:], columns, delimiter)

    def line(row: int) -> int:
        lines = (n for n, (at, content) in enumerate(_lines(text), 1) if content and at >= begin)
        return next(n for k, n in enumerate(lines) if k == row)

    texts = frame["rating"].cat
    stars = np.array([float(text) for text in texts.categories])[texts.codes.to_numpy()]
    bad = np.flatnonzero(~((stars == 0) | ((stars >= SMALLEST) & (stars <= LARGEST))))
    if len(bad):
        raise DataError(
            f"{name}: line {line(int(bad[0]))}, column rating: {stars[bad[0]]:g} is out of "
            f"range; expected 0 to {LARGEST:g}"
        )
    time = frame["timestamp"].to_numpy() if "timestamp" in columns else None
    return Rows(name, frame["user"].to_numpy(), frame["item"].to_numpy(), stars, time, line)


def _frame(text: str, columns: list[str], delimiter: str) -> pd.DataFrame:
    """The columns of rows that are as they should be; ratings as they are written."""
    import pandas as pd

    wanted = [column for column in columns if column in _NAMES]
    return pd.read_csv(
        io.StringIO(text),
        sep=delimiter,
        header=None,
        names=columns,
        usecols=wanted,
        # ratings as texts, of which there are few: Python's float is exact in every version
        dtype={c: "category" if c == "rating" else "int64" for c in wanted},
        quoting=csv.QUOTE_NONE,
        na_filter=False,
    )


def read_titles(path: Path) -> dict[int, str]:
    """Titles by item id, of u.item or movies.csv, in the file's order; two may be the same.

    Raises:
        DataError: the file is not as described above; names file, line and column.
    """
    name = printable(path)
    titles: dict[int, str] = {}
    for place, item, title in _csv_items(path) if path.suffix == ".csv" else _items(path, name):
        if not re.fullmatch(_WHOLE, item):
            raise DataError(f"{place}, column item: {shown(item)} is not {_ID}")
        if int(item) in titles:
            raise DataError(
                f"{place}, column item: {item} is there twice, as {shown(titles[int(item)])} "
                f"before; expected one title for each id"
            )
        try:
            titles[int(item)] = clean_label(title)
        except ValueError as problem:
            reason = str(problem).replace("the label", "the title")
            raise DataError(f"{place}, column title: {reason}") from None
    return titles


def _csv_items(path: Path) -> Iterator[tuple[str, str, str]]:
    with open_table(path) as table:
        i, t = table.columns("movieId", "title")
        for row, fields in table.rows:
            yield f"{table.name}: line {row}", fields[i].strip(), fields[t]


def _items(path: Path, name: str) -> Iterator[tuple[str, str, str]]:
    try:
        text = _text(path, name, "utf-8")
    except UnicodeDecodeError:
        text = _text(path, name, "latin-1")
    heading, first = _first_line(text, name)
    delimiter = _delimiter(first, f"{name}: line {heading}", "|\t", "| or tabs", strict=False)
    found = first.split(delimiter)
    if re.fullmatch(_WHOLE, found[0].strip()):
        columns = ["item", "title", *(str(i) for i in range(3, ITEM_COLUMNS + 1))]
        heading -= 1
    else:
        columns = _named(found, f"{name}: line {heading}", ("item", "title"))
    i, t = columns.index("item"), columns.index("title")
    for n, (at, content) in enumerate(_lines(text), 1):
        if n <= heading or not content.strip():
            continue
        fields = content.split(delimiter)
        if len(fields) != len(columns):
            raise DataError(
                f"{name}: line {n}: found {_count(fields)}; expected {len(columns)}"
                f"{_cut_off(text, at, content)}"
            )
        yield f"{name}: line {n}", fields[i].strip(), fields[t]


# The first line ----------------------------------------------------------------------------


def _text(path: Path, name: str, encoding: str) -> str:
    try:
        if not path.is_file():
            raise DataError(f"{name}: is not a file; expected a file of MovieLens's")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DataError(
                f"{name}: the file is too large ({size:,} bytes); expected at most {MAX_BYTES:,}"
            )
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise DataError(f"{name}: cannot be read ({reason}); expected a text file") from None
    if b"\0" in data:
        at = data.index(b"\0")
        line = len(re.findall(rb"\r\n?|\n", data[:at])) + 1
        raise DataError(
            f"{name}: line {line}: has a NUL byte, so this is no text file or UTF-16; expected "
            "text as GroupLens has it"
        )
    return data.decode(encoding)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Where each line begins, and what it holds."""
    return ((line.start(), line[1]) for line in _LINE.finditer(text))


def _first_line(text: str, name: str) -> tuple[int, str]:
    for number, (_, content) in enumerate(_lines(text), 1):
        if content.strip():
            return number, content
    raise DataError(f"{name}: the file is empty; expected rows of MovieLens's")


def _delimiter(first: str, place: str, allowed: str, words: str, *, strict: bool = True) -> str:
    """The one delimiter in the first line; unless strict, the first of those allowed."""
    there = [d for d in (_DELIMITERS if strict else allowed) if d in first]
    if "::" in first:
        found = "'::' as in ml-1m, which is not read"
    elif not there:
        found = f"none of them in {shown(first)}"
    elif strict and len(there) > 1:
        found = " and ".join(_DELIMITERS[d] for d in there)
    elif there[0] not in allowed:
        found = _DELIMITERS[there[0]]
    else:
        return there[0]
    raise DataError(f"{place}: expected fields separated by {words}; found {found}")


def _rating_columns(fields: Sequence[str], place: str, headed: bool) -> list[str]:
    """What the columns hold: the keys of `_NAMES`, or a number for one that is passed over."""
    if headed:
        return _named(fields, place, ("user", "item", "rating"))
    if len(fields) != len(_NAMES):
        raise DataError(
            f"{place}: found {_count(fields)} and no heading; expected 4: {', '.join(_NAMES)}"
        )
    return list(_NAMES)


def _named(fields: Sequence[str], place: str, needed: Sequence[str]) -> list[str]:
    book = {name: key for key, names in _NAMES.items() for name in names} | {"title": "title"}
    columns = [book.get(field.strip().casefold(), str(i)) for i, field in enumerate(fields, 1)]
    missing = [key for key in needed if key not in columns]
    if missing:
        found = ", ".join(shown(field) for field in fields[:6])
        raise DataError(
            f"{place}: missing heading {', '.join(missing)}; found {found}; expected "
            f"{', '.join(needed)}"
        )
    for key in columns:
        if columns.count(key) > 1:
            raise DataError(f"{place}: two columns hold {key}; expected one")
    return columns


# What is wrong with a line -----------------------------------------------------------------


def _refuse(text: str, at: int, columns: Sequence[str], delimiter: str, name: str) -> None:
    """Say what is wrong with the line that begins at a place in the text."""
    number, content = next((n, c) for n, (s, c) in enumerate(_lines(text), 1) if s == at)
    place = f"{name}: line {number}"
    fields = content.split(delimiter)
    if len(fields) != len(columns):
        raise DataError(
            f"{place}: found {_count(fields)}; expected {len(columns)}, separated by "
            f"{_DELIMITERS[delimiter]}{_cut_off(text, at, content)}"
        )
    for column, field in zip(columns, fields, strict=True):
        if column in _GRAMMAR and not re.fullmatch(_GRAMMAR[column], field):
            raise DataError(f"{place}, column {column}: {_why(column, field)}")
    raise DataError(f"{place}: {shown(content)} cannot be read; expected {', '.join(columns)}")


def _why(column: str, field: str) -> str:
    if field != field.strip():
        return f"{shown(field)} has blanks around it; expected none"
    if column == "rating":
        try:
            parse_number(field, LARGEST)
        except ValueError as problem:
            return str(problem)
    return f"{shown(field)} is not {_EXPECTED[column]}"


def _count(fields: Sequence[str]) -> str:
    return f"{len(fields)} field{'' if len(fields) == 1 else 's'}"


def _cut_off(text: str, at: int, content: str) -> str:
    return "; the file ends here: it may be cut off" if at + len(content) == len(text) else ""
