"""The one strict reader of CSV files, and the `Table` that it hands on row by row.

What a CSV must be: UTF-8 (a byte-order mark is allowed), fields separated by commas, any line
ends, quotes as in RFC 4180 (so a field may hold commas and line breaks), one heading, then rows
of as many fields as the heading. Lines of nothing but commas and blanks are passed over, as
spreadsheets leave them behind. Semicolons and tabs are refused, not guessed at, but for tables
whose reader understands the decimal commas that come with them: see `separators`.

Why not `pandas.read_csv`: it renames duplicate headings, takes "nan" and "inf" for numbers,
fills short rows, and loses the line numbers that a useful message needs. The standard `csv`
module reads a million rows in about a second.

Every message names the file, the line (as an editor counts it) and the column.
"""

import csv
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sheetsim.data.labels import first_duplicate
from sheetsim.data.separators import separator_of
from sheetsim.errors import DataError, shown

MAX_BYTES = 200_000_000
"""Largest CSV that is read, in bytes: about eight million ratings."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SPLITS = {
    ",": "a decimal comma or an unquoted comma",
    ";": "an unquoted semicolon",
    "\t": "an unquoted tab",
}
_MAGIC = {
    b"\xff\xfe": "it looks like UTF-16",
    b"\xfe\xff": "it looks like UTF-16",
    b"PK\x03\x04": "it looks like a workbook or a zip",
    b"\x1f\x8b": "it looks like a gzip",
}


@dataclass(frozen=True)
class Table:
    """A table being read, row by row.

    Attributes:
        name: the file as the user named it, or "DataFrame"; begins every message.
        headings: trimmed column headings; a text may be empty, but no two are the same.
        heading_place: where the headings stand, for messages: "line 1" or "headings".
        row_word: what a row is called in messages: "line" for a file, "row" for a DataFrame.
        rows: (line or row number, fields) for each row, as many fields as headings; to be
            walked through once. Raises DataError at the first bad row, and at the end if there
            was no row at all.
        ragged: rows with too few or too many fields, passed over so far, where whoever reads the
            table names them with all else that is wrong: (line number, what to say of it).
    """

    name: str
    headings: tuple[str, ...]
    heading_place: str
    row_word: str
    rows: Iterator[tuple[int, Sequence[str]]]
    ragged: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        duplicate = first_duplicate(
            heading or f"\0{column}" for column, heading in enumerate(self.headings)
        )
        if duplicate:
            first, again = duplicate
            raise DataError(
                f"{self.at_heading(again)}: duplicate heading {shown(self.headings[again])}, "
                f"already in column {first + 1} as {shown(self.headings[first])}; expected "
                "headings that differ by more than case"
            )

    def at(self, row: int, column: int) -> str:
        """The place of a field (row as in `rows`, column from 0), to begin a message with."""
        heading = self.headings[column]
        title = shown(heading)[1:-1] if heading else str(column + 1)
        return f"{self.name}: {self.row_word} {row}, column {title}"

    def at_heading(self, column: int) -> str:
        """The place of a heading (column from 0), to begin a message with."""
        return f"{self.name}: {self.heading_place}, column {column + 1}"

    def find(self, heading: str) -> int | None:
        """Number (from 0) of the column so headed, case ignored, or None."""
        folded = [text.casefold() for text in self.headings]
        return folded.index(heading.casefold()) if heading.casefold() in folded else None

    def columns(self, *wanted: str) -> list[int]:
        """Numbers (from 0) of the columns with these headings, in any order, case ignored.

        Raises:
            DataError: a heading is missing; says which were found and which are expected.
        """
        found = [self.find(heading) for heading in wanted]
        missing = [heading for heading, at in zip(wanted, found, strict=True) if at is None]
        if missing:
            raise DataError(
                f"{self.name}: {self.heading_place}: missing heading {', '.join(missing)}; "
                f"found {self.found()}; expected {', '.join(wanted)}"
            )
        return [at for at in found if at is not None]

    def found(self) -> str:
        """The headings for a message, the first few of them."""
        first = ", ".join(shown(heading) for heading in self.headings[:6])
        return first + (", …" if len(self.headings) > 6 else "")


@contextmanager
def open_table(
    path: str | os.PathLike[str], *, any_separator: bool = False, keep_ragged: bool = False
) -> Iterator[Table]:
    """Open a CSV file; the table's rows can be read until the `with` block ends.

    Args:
        path: of the file.
        any_separator: whether semicolons and tabs may stand in the place of the commas.
        keep_ragged: whether the caller names rows with too few or too many fields.

    Raises:
        DataError: at opening, or while the rows are read: no such file, a folder, not readable,
            larger than `MAX_BYTES`, empty, not UTF-8, a NUL byte, an unclosed quote, duplicate
            headings, a row with too few or too many fields, no row at all.
    """
    file = Path(path)
    name = printable(file)
    try:
        _check_file(file, name)
        separator, declared = separator_of(file, name) if any_separator else (",", False)
        with file.open(encoding="utf-8-sig", newline="") as handle:
            records = _records(handle, name, separator)
            if declared:
                next(records)
            line, fields = next(records, (0, [""]))
            if not line:
                raise DataError(f"{name}: the file is empty; expected a heading, then rows")
            _check_separator(fields, f"{name}: line {line}")
            headings = tuple(field.strip() for field in fields)
            ragged: list[tuple[int, str]] = []
            rows = _rows(records, name, (line, len(headings)), separator, ragged, keep_ragged)
            yield Table(name, headings, f"line {line}", "line", rows, ragged)
    except UnicodeDecodeError:
        raise DataError(f"{name}: {_first_bad_byte(file)}") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(f"{name}: cannot be read ({reason}); expected a CSV file") from None


def printable(path: str | os.PathLike[str]) -> str:
    """The path as messages show it, on one line whatever characters it has."""
    text = os.fspath(path)
    return text if text.isprintable() else ascii(text)


def _check_file(file: Path, name: str) -> None:
    if not file.exists():
        raise DataError(f"{name}: no such file; expected a CSV file")
    if file.is_dir():
        raise DataError(f"{name}: is a folder; expected a CSV file")
    if not file.is_file():
        raise DataError(f"{name}: is not a regular file; expected a CSV file")
    size = file.stat().st_size
    if size > MAX_BYTES:
        raise DataError(
            f"{name}: the file is too large ({size:,} bytes); expected at most {MAX_BYTES:,}"
        )


def _check_separator(fields: Sequence[str], place: str) -> None:
    for character, word in _OTHER_SEPARATORS.items():
        if len(fields) == 1 and character in fields[0]:
            raise DataError(
                f"{place}: fields are separated by {word}; expected commas between the fields "
                "and points in the decimals"
            )


def _records(handle: IO[str], name: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """(line number where it begins, fields) of each record that has any text in it."""
    reader = csv.reader(_lines(handle, name), delimiter=separator, strict=True)
    line = 1
    try:
        for fields in reader:
            if fields and (fields[0].strip() or any(field.strip() for field in fields)):
                yield line, fields
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{name}: line {line}: cannot be split into fields ({error}); expected commas "
            "between fields, and every quoted field closed"
        ) from None


def _lines(handle: IO[str], name: str) -> Iterator[str]:
    for number, line in enumerate(handle, 1):
        if "\0" in line:
            raise DataError(
                f"{name}: line {number}: has a NUL byte, so this is no text file"
                f"{_guess(line.encode()[:4])}; expected CSV saved as UTF-8"
            )
        yield line


def _rows(
    records: Iterator[tuple[int, list[str]]],
    name: str,
    heading: tuple[int, int],
    separator: str,
    ragged: list[tuple[int, str]],
    keep_ragged: bool,
) -> Iterator[tuple[int, list[str]]]:
    line, (heading_line, width) = heading[0], heading
    for line, fields in records:
        if len(fields) == width:
            yield line, fields
            continue
        problem = (
            f"line {line}: found {len(fields)} fields; expected {width}, as in the heading "
            f"(line {heading_line})"
        )
        if not ragged and len(fields) > width:  # said once
            problem += f"; {_SPLITS[separator]} splits a field in two"
        if not keep_ragged:
            raise DataError(f"{name}: {problem}")
        ragged.append((line, problem))
    if line == heading_line:
        raise DataError(
            f"{name}: no row at all after the heading (line {heading_line}); expected at least one"
        )


def _first_bad_byte(file: Path) -> str:
    """Where the file stops being UTF-8, as the rest of a message."""
    data = file.read_bytes()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = len(_LINE_END.findall(data, 0, error.start)) + 1
        return (
            f"line {line}: byte 0x{data[error.start]:02X} is not UTF-8{_guess(data[:4])}; "
            "expected CSV saved as UTF-8"
        )
    return "changed while it was read; expected CSV saved as UTF-8"


def _guess(start: bytes) -> str:
    return next((f" ({guess})" for magic, guess in _MAGIC.items() if start.startswith(magic)), "")
