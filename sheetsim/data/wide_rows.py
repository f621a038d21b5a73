"""A table with a row for each person and a column for each movie, as a form or a class writes it.

Which column says who rated may have any heading. Columns that hold nothing but time stamps or
e-mail addresses, which forms add, are left out, and so is what the caller names. Words such as
"not seen" are blanks. Where a column may be two things, the table is refused and both are named.

All that is wrong with the rows is said at once, in the order of the rows: whoever mends a table
of thirty people wants the list.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.data.csv_table import Table
from sheetsim.data.decimal_marks import Marks
from sheetsim.data.labels import clean_label, first_duplicate, fold
from sheetsim.data.problems import require_none
from sheetsim.errors import DataError, OptionError, shown

NOBODY = "none"
"""The `who` of a table without a column that says who rated."""

USERS = frozenset(
    ("", "userid", "user", "user id", "user_id", "id", "no", "no.", "nr", "nr.", "number", "name")
)
"""Headings, case ignored, of a column that says who rated, even where it holds numbers."""

ROWS_OF_PAIRS = frozenset(("movie", "film", "title", "item", "stars"))
"""Headings that a table of long rows would have, and a wide one would not."""

NOT_SEEN = frozenset(
    (
        *(
            "not seen",
            "never seen",
            "unseen",
            "not watched",
            "not rated",
            "no rating",
            "don't know",
        ),
        *("haven't seen", "haven't seen it", "have not seen", "have not seen it", "not seen it"),
        *("did not see", "did not see it", "didn't see", "didn't see it", "not yet seen", "skip"),
        *("nicht gesehen", "pas vu", "no vista", "no la he visto", "non visto", "niet gezien"),
        *("-", "--", "\N{EN DASH}", "\N{EM DASH}", "?"),
    )
)
"""What people write where they have not seen a movie, case ignored."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_DATE = r"[0-9]{1,4}([-./])[0-9]{1,2}\1[0-9]{1,4}"
_STAMP = re.compile(_DATE + r"(?:[T ]+[0-9]{1,2}[:.][0-9]{2}.*)?", re.IGNORECASE)
_QUESTION = re.compile(r"(.*\S)\s*\[(.+)\]")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)")


@dataclass(frozen=True)
class Wide:
    """What a wide table holds.

    Attributes:
        users: labels of the rows, as texts.
        movies: labels of the columns, as texts.
        values: (users, movies), NaN where not rated.
        left_out: headings of the columns that were left out, each with the reason.
    """

    users: list[str]
    movies: list[str]
    values: Floats
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Wishes:
    """What the caller says of a wide table.

    Attributes:
        who: heading of the column that says who rated; "" to find it; `NOBODY` if there is none.
        without: headings of columns to leave out.
        blank: further words that mean not rated, case ignored.
    """

    who: str = ""
    without: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()


def read_wide(table: Table, wishes: Wishes, most: int, largest: float) -> Wide:
    """All rows of a wide table.

    Args:
        table: whose rows are still to be read.
        wishes: what the caller says of it.
        most: users, and movies, that it may have.
        largest: magnitude that no rating exceeds.

    Raises:
        DataError: what the table holds cannot be used; names every bad row.
        OptionError: a column that is wished for is not there.
    """
    _require_columns(table, wishes)
    rows = []
    for row, fields in table.rows:
        rows.append((row, fields))
        if len(rows) > most:
            first = _first_kept(table, wishes)
            raise DataError(
                f"{table.at(row, first)}: more than {most} users; expected at most {most}"
            )
    if not rows:
        require_none(table.name, table.ragged)
    left_out = _left_out(table, rows, wishes)
    kept = [column for column in range(len(table.headings)) if column not in left_out]
    who = _who(table, rows, kept, wishes)
    columns = [column for column in kept if column != who]
    movies = _movies(table, columns, most)
    reader = _Reader(table, rows, who, columns, wishes, largest)
    users, values = reader.users(), reader.ratings()
    require_none(table.name, [*table.ragged, *reader.problems])
    return Wide(users, movies, values, tuple(left_out.values()))


def _require_columns(table: Table, wishes: Wishes) -> None:
    named = (*wishes.without, *([wishes.who] if wishes.who not in ("", NOBODY) else []))
    for heading in named:
        if table.find(heading) is None:
            raise OptionError(
                f"{table.name} has no column {shown(heading)}; it has {table.found()}"
            )


def _first_kept(table: Table, wishes: Wishes) -> int:
    """The column of the users where nothing but the headings is known of it."""
    found = table.find(wishes.who or "userId")
    return 0 if found is None else found


def _left_out(
    table: Table, rows: Sequence[tuple[int, Sequence[str]]], wishes: Wishes
) -> dict[int, str]:
    """The columns to leave out, and what to say of each."""
    without = {table.find(heading) for heading in wishes.without}
    found = {}
    for column, heading in enumerate(table.headings):
        texts = [text for _, fields in rows if (text := fields[column].strip())]
        if column in without:
            found[column] = heading
        elif heading.casefold() == (wishes.who or "userId").casefold():
            continue
        elif texts and all(map(_STAMP.fullmatch, texts)):
            found[column] = f"{heading} (time stamps)"
        elif texts and all(map(_EMAIL.fullmatch, texts)):
            found[column] = f"{heading} (e-mail addresses)"
    return found


def _who(
    table: Table,
    rows: Sequence[tuple[int, Sequence[str]]],
    kept: Sequence[int],
    wishes: Wishes,
) -> int | None:
    """The column that says who rated; None if there is none."""
    if wishes.who == NOBODY:
        return None
    named = table.find(wishes.who or "userId")
    if named is not None:
        return named
    suspects = [table.headings[column] for column in kept]
    if not kept or any(heading.casefold() in ROWS_OF_PAIRS for heading in suspects):
        raise DataError(
            f"{table.name}: {table.heading_place}: found {table.found()}; expected userId and one "
            "column per movie (wide), or userId, movieId, rating (long)"
        )
    first = kept[0]
    heading = table.headings[first]
    texts = [text for _, fields in rows if (text := fields[first].strip())]
    blanks = _blank_words(wishes)
    if heading.casefold() not in USERS and all(
        _NUMBER.fullmatch(text) or text.casefold() in blanks for text in texts
    ):
        raise DataError(
            f"{table.at_heading(first)}: {shown(heading)} can be read in two ways: it says who "
            f"rated, or is a movie with its ratings; expected --who {shown(heading)} for the one, "
            f"--who {NOBODY} for the other"
        )
    return first


def _movies(table: Table, columns: Sequence[int], most: int) -> list[str]:
    """Labels of the movies; of a form's grid of questions what stands in the brackets."""
    headings = [table.headings[column] for column in columns]
    if not headings:
        raise DataError(f"{table.name}: {table.heading_place}: no movie; expected one per column")
    if len(headings) > most:
        raise DataError(
            f"{table.at_heading(columns[most])}: more than {most} movies; expected at most {most}"
        )
    questions = [_QUESTION.fullmatch(heading) for heading in headings]
    if (
        len(
            {
                found[1] if found else heading
                for found, heading in zip(questions, headings, strict=True)
            }
        )
        == 1
    ):
        headings = [found[2] if found else "" for found in questions] if questions[0] else headings
    movies = []
    for column, heading in zip(columns, headings, strict=True):
        try:
            movies.append(clean_label(heading))
        except ValueError as problem:
            raise DataError(f"{table.at_heading(column)}: {problem}") from None
    again = first_duplicate(movies)
    if again:
        raise DataError(
            f"{table.at_heading(columns[again[1]])}: duplicate movie {shown(movies[again[1]])}; "
            "expected labels that differ by more than case"
        )
    return movies


def _blank_words(wishes: Wishes) -> frozenset[str]:
    return NOT_SEEN | {word.strip().casefold() for word in wishes.blank}


class _Reader:
    """Reads users and ratings, and keeps what is wrong with them in `problems`."""

    def __init__(
        self,
        table: Table,
        rows: Sequence[tuple[int, Sequence[str]]],
        who: int | None,
        columns: Sequence[int],
        wishes: Wishes,
        largest: float,
    ) -> None:
        self._table, self._rows, self._who, self._columns = table, rows, who, columns
        self._blanks, self._largest = _blank_words(wishes), largest
        self.problems: list[tuple[int, str]] = []

    def users(self) -> list[str]:
        """Their labels; numbers from 1 where no column says who rated."""
        if self._who is None:
            return [str(number) for number in range(1, len(self._rows) + 1)]
        labels: list[str] = []
        first: dict[str, tuple[int, str]] = {}
        for row, fields in self._rows:
            label = fields[self._who]
            try:
                label = clean_label(label)
            except ValueError as problem:
                self._add(row, self._who, str(problem))
            else:
                earlier = first.setdefault(fold(label), (row, label))
                if earlier[0] != row:
                    self._add(
                        row,
                        self._who,
                        f"duplicate user {shown(label)}, already on {self._table.row_word} "
                        f"{earlier[0]} as {shown(earlier[1])}; expected one row per user, labels "
                        "that differ by more than case",
                    )
            labels.append(label)
        return labels

    def ratings(self) -> Floats:
        """(users, movies), NaN where not rated or not to be read."""
        texts = [[fields[column].strip() for column in self._columns] for _, fields in self._rows]
        marks = Marks(text for line in texts for text in line)
        values = np.full((len(texts), len(self._columns)), np.nan)
        wordy = self._wordy(texts)
        for i, line in enumerate(texts):
            row = self._rows[i][0]
            said = len(self.problems)
            for j, text in enumerate(line):
                if text and text.casefold() not in self._blanks and j not in wordy:
                    try:
                        values[i, j] = marks.number(text, self._largest)
                    except ValueError as problem:
                        self._add(row, self._columns[j], str(problem))
            if np.isnan(values[i]).all() and len(self.problems) == said and not wordy:
                self._add(row, None, self._empty(i))
        return values

    def _wordy(self, texts: Sequence[Sequence[str]]) -> set[int]:
        """Columns in which several people wrote and nobody a number: comments, not ratings."""
        wordy = set()
        for j, column in enumerate(self._columns):
            written = [(i, line[j]) for i, line in enumerate(texts) if line[j]]
            said = [(i, text) for i, text in written if text.casefold() not in self._blanks]
            if len(said) > 1 and not any(re.search("[0-9]", text) for _, text in said):
                wordy.add(j)
                heading = shown(self._table.headings[column])
                self._add(
                    self._rows[said[0][0]][0],
                    column,
                    f"{shown(said[0][1])} and all that stands below is no number; expected "
                    f"ratings, or --without {heading} for a column that is no movie",
                )
        return wordy

    def _empty(self, i: int) -> str:
        label = str(i + 1) if self._who is None else self._rows[i][1][self._who].strip()
        return f"empty user: {shown(label)} has no rating; expected at least one for every user"

    def _add(self, row: int, column: int | None, problem: str) -> None:
        """Keep a problem, with its place less the table's name."""
        place = f"{self._table.row_word} {row}"
        if column is not None:
            place = self._table.at(row, column).removeprefix(f"{self._table.name}: ")
        self.problems.append((row, f"{place}: {problem}"))
