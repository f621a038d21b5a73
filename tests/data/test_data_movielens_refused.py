"""Bad files of MovieLens's: each gets one line with file, line, column and what was expected."""

from pathlib import Path

import pytest
from set_of_files import ITEM_HEAD, ITEMS, RATINGS, new, old, refusal

from sheetsim.data import _movielens_files

REST = "|01-Jan-1995||http://us.imdb.com/" + "|0" * 19

BAD_RATINGS: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "empty": ("", ("u.data: the file is empty",)),
    "blank": (" \n\n", ("u.data: the file is empty",)),
    "heading only": ("user|item|rating|timestamp\n", ("no rating after the heading",)),
    "heading only, no end": ("user|item|rating|timestamp", ("no rating after the heading",)),
    "no delimiter": ("1 10 3 100\n", ("line 1", "tabs, | or commas", "'1 10 3 100'")),
    "semicolons": ("1;10;3;100\n", ("line 1", "found semicolons")),
    "two delimiters": ("1|10,3|100\n", ("line 1", "vertical bars and commas")),
    "ml-1m": ("1::10::3::100\n", ("line 1", "ml-1m")),
    "delimiter changes": (RATINGS + "3|10|2|100\n", ("line 4", "found 1 field;", "by tabs")),
    "three fields": ("1,10,3\n", ("line 1", "3 fields and no heading", "user, item, rating")),
    "decimal comma": ("1,10,3,5,100\n", ("line 1", "5 fields and no heading")),
    "missing column": ("user|item|stars\n1|10|3\n", ("line 1", "missing heading rating")),
    "two of one": ("user|item|movieId|rating\n", ("line 1", "two columns hold item")),
    "no number": (RATINGS + "3\t10\tgood\t1\n", ("line 4, column rating", "'good'")),
    "NaN": (RATINGS + "3\t10\tnan\t1\n", ("line 4, column rating", "not a finite number")),
    "inf": ("1\t10\tinf\t1\n", ("line 1, column rating", "not a finite number")),
    "blank rating": ("1\t10\t\t1\n", ("line 1, column rating", "blank")),
    "comma in it": ("1\t10\t4\t1\n1\t20\t3,5\t1\n", ("line 2, column rating", "decimal comma")),
    "too high": (RATINGS + "\n3\t10\t11\t1\n", ("line 5, column rating: 11", "0 to 10")),
    "negative": ("1\t10\t-1\t1\n", ("line 1, column rating: -1", "0 to 10")),
    "far too high": ("1\t10\t1e999\t1\n", ("line 1, column rating: inf", "0 to 10")),
    "too small": ("1\t10\t1e-200\t1\n", ("line 1, column rating: 1e-200", "0 to 10")),
    "text as id": (RATINGS + "x\t10\t3\t1\n", ("line 4, column user", "'x' is not an id")),
    "id with point": ("1.0\t10\t3\t1\n", ("line 1, column user", "'1.0' is not an id")),
    "leading zero": ("1\t010\t3\t1\n", ("line 1, column item", "'010' is not an id")),
    "negative id": ("1\t-10\t3\t1\n", ("line 1, column item", "'-10' is not an id")),
    "huge id": (f"1\t{10**15}\t3\t1\n", ("line 1, column item", "up to 15 digits")),
    "blanks": ("1\t10\t3\t1\n2\t 10\t3\t1\n", ("line 2, column item", "blanks around")),
    "time": ("1\t10\t3\tnoon\n", ("line 1, column timestamp", "whole seconds")),
    "cut off": (RATINGS + "3\t10", ("line 4", "found 2 fields; expected 4", "may be cut off")),
    "cut off in CRLF": (
        RATINGS.replace("\n", "\r\n") + "3",
        ("line 4", "found 1 field;", "may be cut off"),
    ),
    "short line": (RATINGS + "3\t10\n1\t30\t3\t1\n", ("line 4: found 2 fields; expected 4, sep",)),
    "long line": ("1\t10\t3\t1\t9\n", ("line 1: found 5 fields",)),
    "twice": (RATINGS + "\n2\t10\t4\t1\n", ("line 5: user 2 rates item 10 twice", "line 2;")),
    "two twice": (RATINGS + "2\t10\t4\t1\n1\t10\t4\t1\n", ("line 4: user 2 rates item 10",)),
    "too high, headed": (
        "user\titem\trating\n\n1\t10\t3\n1\t20\t9e9\n",
        ("line 4, column rating: 9e+09",),
    ),
    "Python's digits": ("1\t10\t0_3\t1\n", ("line 1, column rating", "'0_3'")),
    "sign of a time": ("1\t10\t3\t+1\n", ("line 1, column timestamp", "'+1'")),
    "NUL": (b"1\t10\t3\t1\r\n1\t20\t\x00\t1\r\n", ("line 2", "NUL byte")),
    "UTF-16": (RATINGS.encode("utf-16"), ("line 1", "UTF-16")),
    "junk": (bytes(range(1, 256)) * 20, ("line 1: missing heading user, item, rating",)),
    "zip": (b"PK\x03\x04,\x01\x02\xff\n", ("line 1: missing heading user",)),
    "control character": ("1\t10\t3\x0b\t1\n", ("line 1, column rating",)),
    "other digits": ("1\t10\t٣\t1\n", ("line 1, column rating",)),
}


@pytest.mark.parametrize("case", BAD_RATINGS)
def test_bad_ratings(tmp_path: Path, case: str) -> None:
    content, parts = BAD_RATINGS[case]
    message = refusal(old(tmp_path, content))
    assert message.startswith("u.data: ")
    for part in parts:
        assert part in message


BAD_ITEMS: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "empty": ("", ("the file is empty",)),
    "missing title": ("item|name\n10|Kolya\n", ("line 1: missing heading title", "'name'")),
    "no delimiter": ("10;Kolya\n", ("line 1", "expected fields separated by | or tabs")),
    "too few fields": ("10|Kolya|x\n", ("line 1: found 3 fields; expected 24\n",)),
    "cut off": (f"10|Kolya{REST}\n20|Far", ("line 2: found 2 fields", "may be cut off")),
    "bar in a title": (ITEM_HEAD + "10|A|B\n20|F\n", ("line 2: found 3 fields; expected 2\n",)),
    "bad id": (ITEM_HEAD + "10|A\nx|B\n", ("line 3, column item: 'x' is not an id",)),
    "twice": (ITEM_HEAD + "10|A\n20|B\n10|C\n", ("line 4", "10 is there twice, as 'A'")),
    "no title": (ITEM_HEAD + "10| \n20|B\n", ("line 2, column title: the title is empty",)),
    "long title": (ITEM_HEAD + f"10|{'x' * 256}\n", ("line 2, column title", "too long")),
    "control character": (ITEM_HEAD + "10|A\x07\n", ("line 2", "a control character")),
    "one not there": (ITEM_HEAD + "10|A\n", ("no title for 1 of the 2 items", "u.data", ": 20;")),
    "none there": (ITEM_HEAD, ("no title for 2 of the 2 items", "10, 20; expected a row")),
    "NUL": (b"10|A\x00\n", ("line 1", "NUL byte")),
}


@pytest.mark.parametrize("case", BAD_ITEMS)
def test_bad_items(tmp_path: Path, case: str) -> None:
    content, parts = BAD_ITEMS[case]
    message = refusal(old(tmp_path, RATINGS, content)) + "\n"
    assert message.startswith("u.item: ")
    for part in parts:
        assert part in message


def test_many_without_title(tmp_path: Path) -> None:
    rows = "".join(f"1\t{item}\t3\t1\n" for item in range(2000))
    message = refusal(old(tmp_path, rows, ITEM_HEAD + "7|A\n"))
    assert "no title for 1,999 of the 2,000 items that u.data rates: 0, 1, 2, …;" in message


def test_bad_movies_csv(tmp_path: Path) -> None:
    ratings = "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n"
    assert "missing heading title" in refusal(new(tmp_path, ratings, "movieId,name\n1,A\n"))
    assert "line 3" in refusal(new(tmp_path, ratings, "movieId,title\n1,A\n2,B,C\n"))


def test_bad_folder(tmp_path: Path) -> None:
    assert "no such folder; expected u.data and u.item or" in refusal(tmp_path / "nowhere")
    (tmp_path / "x.zip").write_text("")
    assert "is not a folder" in refusal(tmp_path / "x.zip")
    message = refusal(tmp_path)
    assert "none of the files is there" in message
    assert "u.data and u.item or ratings.csv and movies.csv" in message
    (tmp_path / "u.item").write_text(ITEMS)
    assert "has u.item but no u.data" in refusal(tmp_path)
    (tmp_path / "u.data").mkdir()
    assert "u.data: is not a file" in refusal(tmp_path)


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_movielens_files, "MAX_BYTES", 10)
    assert "too large" in refusal(old(tmp_path))
