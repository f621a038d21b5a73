"""Each bad table gets one line that says where (file, line, column), what, and what is expected."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sheetsim.data import load_points, load_ratings
from sheetsim.data.csv_table import MAX_BYTES, open_table
from sheetsim.data.ratings import MAX_SIDE
from sheetsim.errors import DataError

Cases = dict[str, tuple[str | bytes, tuple[str, ...]]]

LONG = "userId,movieId,rating\n"


def refusal(load: Callable[[Path], Any], path: Path) -> str:
    """The message with which a file is refused: one line, with the file's name in front."""
    with pytest.raises(DataError) as caught:
        load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert "\r" not in message
    assert message.startswith(f"{path}: ")
    assert "expected" in message
    return message


def assert_refused(
    tmp_path: Path, load: Callable[[Path], Any], content: str | bytes, parts: tuple[str, ...]
) -> None:
    path = tmp_path / "class.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    message = refusal(load, path)
    for part in parts:
        assert part in message


BOTH: Cases = {
    "empty file": ("", ("the file is empty", "a heading")),
    "blank lines only": ("\n\r\n , ,\n", ("the file is empty",)),
    "UTF-16": ("x,y\n1,2\n".encode("utf-16"), ("line 1", "0xFF", "UTF-16", "UTF-8")),
    "UTF-16 without mark": ("x,y\n".encode("utf-16-le"), ("line 1", "NUL byte", "UTF-8")),
    "NUL": (b"userId,x,y\n1,2,3\n1,\x002,3\n", ("line 3", "NUL byte")),
    "workbook": (b"PK\x03\x04\x14\x00\x06\x00\xff\xff", ("line 1", "looks like a workbook")),
    "unclosed quote": ('userId,x,y\n1,2,3\n1,"2\n3,4\n', ("line 3", "quoted field closed")),
    "text after quote": ('userId,x,y\n1,"2"3,4\n', ("line 2", "commas")),
    "huge field": ('userId,x,y\n1,2,"' + "a" * 200_000 + '"\n', ("line 2", "field limit")),
    "bars": ("userId|x|y\n1|2|3\n", ("line 1", "vertical bars", "expected commas")),
    "duplicate heading": (
        "userId,x,y,x\n1,2,3,4\n",
        ("line 1, column 4", "duplicate heading 'x'", "column 2"),
    ),
    "duplicate but for case": (
        "userId,x,y,Y\n1,2,3,4\n",
        ("line 1, column 4", "duplicate heading 'Y'", "as 'y'", "more than case"),
    ),
}


@pytest.mark.parametrize("load", [load_ratings, load_points])
@pytest.mark.parametrize("case", BOTH)
def test_bad_csv(tmp_path: Path, load: Callable[[Path], Any], case: str) -> None:
    assert_refused(tmp_path, load, *BOTH[case])


LATIN_1 = "userId,A,B\nAna,1,2\r\nZoë,3,4\n".encode("latin-1")

RATINGS: Cases = {
    "latin-1": (LATIN_1, ("line 3", "0xEB", "UTF-8")),
    "heading only, wide": ("userId,A,B\n", ("no row at all", "line 1", "at least one")),
    "heading only, long": (LONG, ("no row at all", "line 1")),
    "neither form": ("name,movie\nAna,1\n", ("line 1", "found 'name', 'movie'", "userId")),
    "missing movieId": (
        "userId,rating,timestamp\n1,2,3\n",
        ("line 1", "missing heading movieId", "'timestamp'", "expected userId, movieId, rating"),
    ),
    "missing two": ("rating,A\n1,2\n", ("line 1", "missing heading userId, movieId")),
    "no movie": ("userId\nAna\n", ("line 1", "no movie")),
    "short row": ("userId,A,B\nAna,1,2\nBo,3\n", ("line 3", "found 2 fields", "expected 3")),
    "long row": (LONG + "1,1,4,5\n", ("line 2", "found 4 fields", "expected 3", "decimal comma")),
    "text, wide": ("userId,A,B\nAna,1,two\n", ("line 2, column B", "'two'", "not a number")),
    "text, long": (LONG + "1,1,3\n1,2,good\n", ("line 3, column rating", "'good'", "such as")),
    "nan, wide": ("userId,A,B\nAna,1,NaN\n", ("line 2, column B", "'NaN'", "not a finite")),
    "nan, long": (LONG + "1,1,nan\n", ("line 2, column rating", "'nan'", "not a finite")),
    "inf": (LONG + "1,1,-inf\n", ("line 2, column rating", "'-inf'", "not a finite")),
    "overflow": (LONG + "1,1,1e999\n", ("line 2, column rating", "'1e999'", "1e+06")),
    "too large": (LONG + "1,1,1000001\n", ("line 2, column rating", "out of range", "1e+06")),
    "subnormal": (LONG + "1,1,1e-310\n", ("line 2, column rating", "out of range", "1e-100")),
    "underscore": (LONG + "1,1,1_0\n", ("line 2, column rating", "'1_0'", "not a number")),
    "other digits": (LONG + "1,1,٣\n", ("line 2, column rating", "not a number")),
    "blank rating": (LONG + "1,1,\n", ("line 2, column rating", "blank", "a number")),
    "rated twice": (
        LONG + "1,7,3\n2,7,4\n1,8,4\n2,7,4\n",
        ("line 5", "user '2'", "movie '7'", "twice", "first on line 3"),
    ),
    "user twice": (
        "userId,A\nAna,1\nBo,2\n Ana ,3\n",
        ("line 4, column userId", "duplicate user 'Ana'", "line 2"),
    ),
    "user twice but for case": (
        "userId,A\nAna,1\nBo,2\nANA,3\n",
        ("line 4", "duplicate user 'ANA'", "line 2 as 'Ana'", "case"),
    ),
    "movie twice": (
        "userId,7,8,7\n1,2,3,4\n",
        ("line 1, column 4", "duplicate heading '7'", "column 2"),
    ),
    "movie in two cases": (
        LONG + "1,Dunes,3\n1,Hills,3\n2,dunes,4\n",
        ("line 4, column movieId", "'dunes'", "'Dunes' (line 2)", "case"),
    ),
    "user in two spellings": (
        LONG + "Zoe\u0308,1,3\nZo\u00eb,2,3\n",
        ("line 3, column userId", "(line 2)", "spelling"),
    ),
    "empty user, wide": (
        "userId,A,B\nAna,1,2\nBo,,\n",
        ("line 3", "empty user", "'Bo'", "at least one"),
    ),
    "empty movie, wide": ("userId,A,B\nAna,1,\nBo,2, \n", ("empty movie", "'B'")),
    "empty user label, wide": ("userId,A\nAna,1\n ,2\n", ("line 3, column userId", "empty")),
    "empty movie label, wide": ("userId,A,\nAna,1,2\n", ("line 1, column 3", "empty")),
    "empty label, long": (LONG + "1,1,3\n1, ,3\n", ("line 3, column movieId", "empty")),
    "control character": (
        LONG + "1,A\x07,3\n",
        ("line 2, column movieId", "control character (U+0007)"),
    ),
    "line break in a label": (
        'userId,A,B\nAna,1,2\n"Bo\nB",1,2\n',
        ("line 3, column userId", "control character (U+000A)"),
    ),
    "long label": (LONG + f"1,{'a' * 256},3\n", ("line 2, column movieId", "too long", "255")),
    "too many movies": (
        f"userId,{','.join(map(str, range(MAX_SIDE + 1)))}\nAna{',4' * (MAX_SIDE + 1)}\n",
        (f"line 1, column {MAX_SIDE + 2}", f"more than {MAX_SIDE} movies"),
    ),
    "too many users": (
        "userId,A\n" + "".join(f"{i},1\n" for i in range(MAX_SIDE + 1)),
        (f"line {MAX_SIDE + 2}", f"more than {MAX_SIDE} users"),
    ),
}


@pytest.mark.parametrize("case", RATINGS)
def test_bad_ratings(tmp_path: Path, case: str) -> None:
    assert_refused(tmp_path, load_ratings, *RATINGS[case])


POINTS: Cases = {
    "semicolons": ("userId;x;y\n1;2;3\n", ("line 1", "semicolons", "expected commas")),
    "tabs": ("userId\tx\ty\n1\t2\t3\n", ("line 1", "tabs", "expected commas")),
    "latin-1": ("x,y,note\n1,2,à\n".encode("latin-1"), ("line 2", "0xE0", "UTF-8")),
    "cut off in a letter": ("x,y,note\n1,2,à".encode()[:-1], ("line 2", "0xC3", "UTF-8")),
    "heading only": ("x,y\n", ("no row at all", "line 1")),
    "missing y": ("x,z\n1,2\n", ("line 1", "missing heading y", "'x', 'z'", "expected x, y")),
    "no heading": ("1,2\n3,4\n", ("line 1", "missing heading x, y", "'1', '2'")),
    "short row": ("x,y\n1,2\n\n3\n", ("line 4", "found 1 field", "expected 2")),
    "line breaks counted": ('y,x,n\n1,2,"a\nb"\n1,q,c\n', ("line 4, column x", "'q'")),
    "text": ("x,y\n1,2\n3,up\n", ("line 3, column y", "'up'", "not a number")),
    "nan": ("x,y\n1,2\nnan,3\n", ("line 3, column x", "'nan'", "not a finite")),
    "inf": ("x,y\n1,2\n3,Infinity\n", ("line 3, column y", "'Infinity'", "not a finite")),
    "overflow": ("x,y\n1,1e999\n3,4\n", ("line 2, column y", "out of range", "1e+100")),
    "too large": ("x,y\n1,1e101\n3,4\n", ("line 2, column y", "out of range", "1e+100")),
    "decimal comma": ('x,y\n1,"2,5"\n3,4\n', ("line 2, column y", "decimal comma", "4.5")),
    "split decimal comma": ("x,y\n1,2,5\n3,4\n", ("line 2", "found 3", "decimal comma")),
    "blank": ("x,y\n1,\n3,4\n", ("line 2, column y", "blank")),
    "one point": ("x,y\n1,2\n", ("1 point;", "at least 2")),
    "too many": ("x,y\n" + "1,2\n" * 1_048_576, ("1,048,575", "1,048,576 rows")),
}


@pytest.mark.parametrize("case", POINTS)
def test_bad_points(tmp_path: Path, case: str) -> None:
    assert_refused(tmp_path, load_points, *POINTS[case])


def test_a_user_emptied_by_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv"  # user 1 is busiest, but rated neither of the popular movies
    rows = [(1, 91), (1, 92), (1, 93), (2, 7), (3, 7), (4, 7), (2, 8), (3, 8), (4, 8)]
    path.write_text(LONG + "".join(f"{user},{movie},3\n" for user, movie in rows))
    message = refusal(lambda file: load_ratings(file, users=2, movies=2), path)
    for part in ("after the cut to 2 users and 2 movies", "empty user", "1 has no rating"):
        assert part in message
    assert load_ratings(path, users=4, movies=5).count == len(rows)


def test_a_movie_emptied_by_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv"  # movie 5 is the most rated, by users who are not busy
    rows = [(1, 7), (1, 8), (1, 9), (2, 5), (3, 5), (4, 5)]
    path.write_text(LONG + "".join(f"{user},{movie},3\n" for user, movie in rows))
    message = refusal(lambda file: load_ratings(file, users=1, movies=2), path)
    assert re.search("empty movie: 5 has no rating", message)


@pytest.mark.parametrize("load", [load_ratings, load_points])
def test_no_file_to_read(
    tmp_path: Path, load: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no such file" in refusal(load, tmp_path / "absent.csv")
    assert "is a folder" in refusal(load, tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refusal(load, tmp_path / "pipe")
    for impossible in (Path("nul\0.csv"), tmp_path / ("a" * 300), Path("\udcff\ud800.csv")):
        with pytest.raises(DataError, match="expected a CSV file"):
            load(impossible)

    locked = tmp_path / "locked.csv"
    locked.write_text("x,y\n1,2\n")

    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # chmod would not stop root
    assert "Permission denied" in refusal(load, locked)


@pytest.mark.parametrize("load", [load_ratings, load_points])
def test_a_huge_file_is_refused_unread(tmp_path: Path, load: Callable[[Path], Any]) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as handle:
        handle.truncate(MAX_BYTES + 1)  # sparse: takes no room
    assert "200,000,001 bytes" in refusal(load, path)


def test_a_file_name_that_would_break_the_line(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load_points(tmp_path / "two\nlines.csv")
    assert r"two\nlines.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_byte_that_goes_bad_far_into_the_file(tmp_path: Path) -> None:
    path = tmp_path / "far.csv"
    path.write_bytes(b"x,y\r\n" + b"1,2\r\n" * 50_000 + b"3,\x80\r\n")
    assert "line 50002: byte 0x80" in refusal(load_points, path)


def test_the_file_is_closed_when_the_reader_stops_early(tmp_path: Path) -> None:
    path = tmp_path / "early.csv"
    path.write_text("x,y\n1,2\n3,4\n")
    with open_table(path) as table:
        assert next(table.rows) == (2, ["1", "2"])
    with pytest.raises(ValueError, match="closed"):
        next(table.rows)
