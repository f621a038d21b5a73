"""Ratings: the lecture's table, MovieLens cut as the lecture cut it, and every form accepted."""

import csv
import itertools
import math
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim.data import Ratings, as_ratings, load_ratings
from sheetsim.data.labels import ascending, fold, typed_labels
from sheetsim.errors import DataError, OptionError

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
LECTURE = SHARED / "lecture" / "ratings.csv"
MOVIELENS = SHARED / "movielens" / "u.data"

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.sampled_from(" ,\";=+-@#'_"),
    min_size=1,
    max_size=8,
).map(lambda text: f"{text.strip()}x")
words = texts.filter(lambda text: fold(text) not in {"userid", "movieid", "rating"})
stars = st.integers(1, 10).map(lambda n: n / 2) | st.floats(-1e6, 1e6).filter(
    lambda v: v == 0 or abs(v) >= 1e-100
)


@st.composite
def tables(draw: st.DrawFn) -> Ratings:
    """Tables with ascending labels, so that the long form of one gives it back."""
    axes: list[tuple[int | str, ...]] = []
    for _ in range(2):
        labels: list[int] | list[str] = draw(
            st.lists(st.integers(-(10**14), 10**14), min_size=1, max_size=6, unique=True)
            | st.lists(words, min_size=1, max_size=6, unique_by=fold)
        )
        axes.append(tuple(labels[i] for i in ascending(labels)))
    users, movies = axes
    values = np.full((len(users), len(movies)), np.nan)
    for i, j in itertools.product(range(len(users)), range(len(movies))):
        if i % len(movies) == j or j % len(users) == i or draw(st.booleans()):
            values[i, j] = draw(stars)
    return Ratings(users, movies, values, "drawn")


def write(path: Path, rows: list[list[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows(rows)
    return path


def wide_rows(table: Ratings) -> list[list[object]]:
    rows: list[list[object]] = [["userId", *table.movies]]
    for user, values in zip(table.users, table.values.tolist(), strict=True):
        rows.append([user, *("" if math.isnan(v) else repr(v) for v in values)])
    return rows


def long_rows(table: Ratings) -> list[list[object]]:
    return [
        [repr(float(table.values[i, j])), table.users[i], "x", table.movies[j]]
        for i, j in zip(*np.nonzero(table.mask), strict=True)
    ]


def test_the_lectures_table() -> None:
    if not LECTURE.exists():
        pytest.skip(f"the lecture's data are not here: {LECTURE}")
    table = load_ratings(LECTURE)
    assert (table.n_users, table.n_movies, table.count) == (15, 15, 206)
    assert int((~table.mask).sum()) == 19
    assert table.users[:3] == (14, 29, 72)
    assert table.movies[-1] == 505
    assert table.values[0, :5].tolist() == [3, 5, 1, 3, 4]
    assert np.isnan(table.values[3, 9])
    assert table.source == "ratings.csv"
    assert load_ratings(LECTURE, users=2, movies=2) == table  # a wide table is taken whole


def test_the_lectures_table_from_pandas() -> None:
    if not LECTURE.exists():
        pytest.skip(f"the lecture's data are not here: {LECTURE}")
    frame = pd.read_csv(LECTURE)
    table = load_ratings(LECTURE)
    assert as_ratings(frame) == table
    assert as_ratings(frame.set_index("userId")) == table
    assert as_ratings(frame[["27", "userId", *frame.columns[2:]]]) == table
    melted = frame.melt(id_vars="userId", var_name="movieId", value_name="rating").dropna()
    assert as_ratings(melted) == table
    assert as_ratings(melted.astype({"movieId": "int64", "userId": "float64"})) == table
    assert as_ratings(melted.pivot_table("rating", "userId", "movieId")).count == 206


@pytest.fixture(scope="session")
def movielens(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[str]]]:
    """MovieLens 100k as a long CSV, and its rows."""
    if not MOVIELENS.exists():
        pytest.skip(f"MovieLens is not here: {MOVIELENS}")
    lines = MOVIELENS.read_text(encoding="ascii").splitlines()
    rows = [re.split(r"[|\t]", line) for line in lines if line[0].isdigit()]
    assert len(rows) == 100_000  # as GroupLens says
    path = tmp_path_factory.mktemp("movielens") / "ratings.csv"
    write(path, [["userId", "movieId", "rating", "timestamp"], *rows])
    return path, rows


@pytest.mark.parametrize(("users", "movies"), [(15, 15), (40, 25), (1, 15), (3, 40)])
def test_movielens_against_a_plain_count(
    movielens: tuple[Path, list[list[str]]], users: int, movies: int
) -> None:
    path, rows = movielens

    def top(column: int, limit: int) -> list[int]:
        counts = Counter(int(row[column]) for row in rows)
        return sorted(sorted(counts, key=lambda label: (-counts[label], label))[:limit])

    top_users, top_movies = top(0, users), top(1, movies)
    rated = {(int(u), int(m)): float(r) for u, m, r, _ in rows}
    pairs = [pair for pair in itertools.product(top_users, top_movies) if pair in rated]
    if {u for u, _ in pairs} != set(top_users) or {m for _, m in pairs} != set(top_movies):
        with pytest.raises(DataError, match=r"empty (user|movie): [0-9]+ has no rating"):
            load_ratings(path, users, movies)
        return
    table = load_ratings(path, users, movies)
    assert list(table.users) == top_users
    assert list(table.movies) == top_movies
    for (i, user), (j, movie) in itertools.product(enumerate(top_users), enumerate(top_movies)):
        np.testing.assert_equal(table.values[i, j], rated.get((user, movie), math.nan))


def test_a_hundred_thousand_rows_read_quickly(movielens: tuple[Path, list[list[str]]]) -> None:
    start = time.process_time()
    load_ratings(movielens[0])
    assert time.process_time() - start < 2  # takes about 0.2 s; the machine may be busy


def long_csv(path: Path, rows: list[tuple[object, object]]) -> Path:
    heading: list[object] = ["userId", "movieId", "rating"]
    return write(path, [heading, *([user, movie, 3] for user, movie in rows)])


def test_ties_go_to_the_lower_id_by_value(tmp_path: Path) -> None:
    rows = [(user, movie) for user in (100, 20, 3) for movie in (9, 80, 700)]
    path = long_csv(tmp_path / "ties.csv", [*rows, (100, 1)])
    table = load_ratings(path, users=2, movies=2)
    assert table.users == (3, 100)  # 100 is busiest; 3 and 20 tie, and "100" < "20" < "3" as text
    assert table.movies == (9, 80)  # all tie but movie 1, with a single rating
    assert load_ratings(path, users=1, movies=4).movies == (1, 9, 80, 700)


def test_ties_go_to_the_lower_id_as_text_if_one_is_text(tmp_path: Path) -> None:
    rows = [(user, movie) for user in ("100", "20", "b") for movie in ("007", "07", "8")]
    path = long_csv(tmp_path / "ties.csv", list(rows))
    table = load_ratings(path, users=2, movies=2)
    assert table.users == ("100", "20")
    assert table.movies == ("007", "07")


def test_the_planted_tie_is_not_broken_by_file_order(tmp_path: Path) -> None:
    rows: list[tuple[object, object]] = [(1, 30), (1, 20), (1, 10), (2, 30), (2, 20), (2, 10)]
    for number, order in enumerate(itertools.permutations(rows)):
        if number % 40 == 0:
            table = load_ratings(long_csv(tmp_path / "ties.csv", list(order)), 1, 2)
            assert (table.users, table.movies) == ((1,), (10, 20))


def test_counts_are_taken_over_the_whole_file(tmp_path: Path) -> None:
    # Movie 1 has three ratings, movie 2 two; but of the busy user's, one each and one for 3.
    rows: list[tuple[object, object]] = [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1), (2, 2)]
    table = load_ratings(long_csv(tmp_path / "whole.csv", rows), users=1, movies=2)
    assert (table.users, table.movies) == ((1,), (1, 2))


def test_fewer_than_asked_for(tmp_path: Path) -> None:
    path = long_csv(tmp_path / "few.csv", [(2, 5), (1, 5)])
    table = load_ratings(path, users=15, movies=15)
    assert (table.users, table.movies, table.count) == ((1, 2), (5,), 2)


@pytest.mark.parametrize("bad", [0, -1, 201, 1.5, True, "15", None])
def test_bad_options(bad: Any) -> None:
    with pytest.raises(OptionError, match=r"users is .*; expected a whole number from 1 to 200"):
        load_ratings("absent.csv", users=bad)
    with pytest.raises(OptionError, match="movies is"):
        as_ratings(None, movies=bad)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["1", "-2", "0"], (1, -2, 0)),
        (["1", "007"], ("1", "007")),
        (["+1"], ("+1",)),
        (["-0"], ("-0",)),
        (["1.0"], ("1.0",)),
        (["1_0"], ("1_0",)),
        (["٣"], ("٣",)),
        (["999999999999999"], (999999999999999,)),
        (["1000000000000000"], ("1000000000000000",)),
    ],
)
def test_integers_are_those_that_survive_the_round_trip(
    labels: list[str], expected: tuple[int | str, ...]
) -> None:
    assert typed_labels(labels) == expected


def test_labels_that_look_like_formulas_are_kept_as_they_are(tmp_path: Path) -> None:
    users, movies = ["=1+1", "+Ana", "@Bo", "-7", "'x"], ["=CMD()", " A, B ", "#REF!"]
    rows = [[user, *range(1, 4)] for user in users]
    table = load_ratings(write(tmp_path / "formulas.csv", [["userId", *movies], *rows]))
    assert table.users == tuple(users)
    assert table.movies == ("=CMD()", "A, B", "#REF!")  # but for the blanks around


def test_a_file_from_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"  # byte-order mark, CRLF, spaces, rows of commas left behind
    path.write_bytes('\ufeffUSERID,"A ""1""",B\r\n Zoë , 4.5 ,\r\nBo,,+3\r\n,,\r\n\r\n'.encode())
    table = load_ratings(path)
    assert (table.users, table.movies) == (("Zoë", "Bo"), ('A "1"', "B"))
    np.testing.assert_array_equal(table.values, [[4.5, np.nan], [np.nan, 3]])


@settings(max_examples=60, deadline=None)
@given(table=tables(), data=st.data())
def test_wide_and_long_round_trips(
    tmp_path_factory: pytest.TempPathFactory, table: Ratings, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("round")
    assert load_ratings(write(folder / "wide.csv", wide_rows(table))) == table
    rows = data.draw(st.permutations(long_rows(table)))
    heading: list[object] = ["rating", "userId", "note", "movieId"]
    assert load_ratings(write(folder / "long.csv", [heading, *rows]), 6, 6) == table
    index = pd.Index(table.users)
    assert as_ratings(pd.DataFrame(table.values, index, pd.Index(table.movies))) == table
    assert as_ratings(pd.DataFrame(rows, columns=pd.Index(heading)), 6, 6) == table


@settings(max_examples=200)
@given(
    data=st.binary(max_size=60)
    | st.binary(max_size=40).map(lambda b: b"userId,A,B\n1,2,3\n" + b)
    | st.binary(max_size=40).map(lambda b: b"userId,movieId,rating\n1,2,3\n" + b)
    | st.text('0123456789,.\n"eEnaif-+ ', max_size=40).map(
        lambda text: b"userId,movieId,rating\n1,2,3\n" + text.encode()
    )
)
def test_arbitrary_bytes_raise_nothing_but_data_errors(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "ratings-bytes.csv"
    path.write_bytes(data)
    try:
        assert load_ratings(path).count >= 1
    except DataError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017


def test_arrays_are_labelled_from_one() -> None:
    table = as_ratings([[1, np.nan, 2.5], [np.nan, 3, 4]])
    assert (table.users, table.movies) == ((1, 2), (1, 2, 3))
    assert table.count == 4
    assert as_ratings(np.array([[1, None, 2.5], [None, 3, 4]])) == table
    assert as_ratings(np.ma.masked_less([[1, -9, 2.5], [-9, 3, 4]], 0)) == table
    assert as_ratings(table) is table


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        ([1, 2, 3], r"shape \(3,\); expected \(n_users, n_movies\)"),
        ([[1, np.inf]], "user 1, movie 2: inf is out of range"),
        ([[1, -2e6]], "user 1, movie 2: -2e\\+06 is out of range"),
        ([[1, np.nan], [2, np.nan]], "empty movie: 2 has no rating"),
        ([[1, 2], [np.nan, np.nan]], "empty user: 2 has no rating"),
        ([["1", "2"]], "expected numbers"),
        ([[1, "2"]], "expected numbers"),
        ([[True]], "bool values"),
        ([[1, 2], [3]], "not an array of numbers"),
        (np.empty((0, 3)), "users: none"),
        (np.ones((1, 201)), "movies: more than 200 movies"),
        (np.ones((201, 1)), "users: more than 200 users"),
        ({"a": 1}, "not an array of numbers"),
        (pd.DataFrame({"userId": [1, 1], "A": [2, 3]}), "row 2, column userId: duplicate user"),
        (pd.DataFrame({"userId": [1], "A": ["x"]}), "DataFrame: row 1, column A: 'x'"),
        (pd.DataFrame({"A": [np.inf]}), "DataFrame: row 1, column A: 'inf' is not a finite"),
        (pd.DataFrame({"A": []}), "DataFrame: no row at all"),
        (pd.DataFrame({"userId": [1], "rating": [3]}), "headings: missing heading movieId"),
        (
            pd.DataFrame({"userId": [1, 1], "movieId": [2, 2], "rating": [3, 3]}),
            "row 2, column userId: user '1' rates movie '2' twice, first on row 1",
        ),
        (
            pd.DataFrame({"userId": [1], "movieId": [2], "rating": [np.nan]}),
            "row 1, column rating: the field is blank",
        ),
        (pd.DataFrame([[1, 2]], columns=["A", "a"]), "headings, column 3: duplicate heading 'a'"),
        (pd.DataFrame([[1]], index=["\ud800"], columns=["A"]), r"surrogate\) \(U\+D800\)"),
        (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), "several levels"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else None,
)
def test_bad_objects(obj: Any, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        as_ratings(obj)
    assert "expected" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("users", "message"),
    [
        ((), "users: none"),
        (("a", 1), "several kinds"),
        ((True, 2), "several kinds"),
        ((1.5, 2), "several kinds"),
        (("a", "A"), "'A' stands twice .*case"),
        ((1, 1), "1 stands twice"),
        (("a", ""), "users: the label is empty"),
        ((1, 10**15), "more than 15 digits"),
        (("a", "b", "c"), r"values of shape \(2, 2\); expected numbers, shape \(3, 2\)"),
    ],
    ids=str,
)
def test_the_class_itself_checks_labels(users: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"mine: .*{message}|mine: {message}"):
        Ratings(users, ("x", "y"), np.ones((2, 2)), "mine")


def test_ratings_are_frozen_copies() -> None:
    values = np.ones((2, 2))
    table = Ratings((np.int64(1), 2), (" x ", "y"), values, "mine")  # type: ignore[arg-type]
    assert table.movies == ("x", "y")
    assert type(table.users[0]) is int
    values[0, 0] = 9
    assert table.values[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        table.values[0, 0] = 9
    with pytest.raises(AttributeError):
        table.source = "other"  # type: ignore[misc]
    same = Ratings((1, 2), ("x", "y"), np.ones((2, 2)), "other")
    assert len({table, same}) == 1
    assert table != Ratings((1, 2), ("x", "z"), np.ones((2, 2)), "mine")
    assert table != "ratings"
