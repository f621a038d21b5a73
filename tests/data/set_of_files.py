"""Small sets in MovieLens's formats, and how one is refused."""

from pathlib import Path

import pytest

from sheetsim.data.movielens import load_movielens
from sheetsim.errors import DataError, SheetsimError

ITEM_HEAD = "item|title\n"
RATINGS = "1\t10\t3\t100\n2\t10\t4.5\t101\n1\t20\t0.5\t102\n"
ITEMS = ITEM_HEAD + "20|Fargo (1996)\n10|Kolya (1996)\n30|Nobody's\n"


def old(folder: Path, ratings: str | bytes = RATINGS, items: str | bytes = ITEMS) -> Path:
    """A folder with u.data and u.item."""
    for name, content in (("u.data", ratings), ("u.item", items)):
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def new(folder: Path, ratings: str, movies: str) -> Path:
    """A folder with ratings.csv and movies.csv."""
    (folder / "ratings.csv").write_bytes(ratings.encode())
    (folder / "movies.csv").write_bytes(movies.encode())
    return folder


def refusal(folder: Path, error: type[SheetsimError] = DataError) -> str:
    with pytest.raises(error) as caught:
        load_movielens(folder)
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith(str(folder))
    assert "expected" in message
    return message.removeprefix(f"{folder}").lstrip("/\\")
