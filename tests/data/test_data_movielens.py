"""MovieLens's files: the real set, its variants, and what they are turned into.

The counts of the 100k set are those of its README (100,000 ratings, 943 users, 1,682 items);
its mean, counts by item and the first rows were taken with pandas from the file itself. The
SHA-256 of the original u.data is the one that public projects pin.
"""

import csv
import hashlib
import io
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from set_of_files import ITEM_HEAD, ITEMS, RATINGS, new, old

from sheetsim.data.download import MOVIELENS_100K, Source
from sheetsim.data.movielens import (
    MovieLens,
    batch_preview,
    fetch_movielens,
    load_movielens,
    most_rated,
    split,
)
from sheetsim.errors import DataError, OptionError

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "movielens"


@pytest.fixture(scope="session")
def real() -> MovieLens:
    if not SHARED.is_dir():
        pytest.skip(f"no reference data: {SHARED} is not there")
    return load_movielens(SHARED)


def assert_same(found: MovieLens, expected: MovieLens) -> None:
    pd.testing.assert_frame_equal(found.frame(), expected.frame())
    for name in ("users", "items", "ratings", "user_ids", "item_ids"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert found.titles == expected.titles


# The real set ------------------------------------------------------------------------------


def test_real_counts(real: MovieLens) -> None:
    assert (len(real), real.n_users, real.n_items) == (100_000, 943, 1682)
    assert real.ratings.mean() == pytest.approx(3.52986, rel=1e-15)
    np.testing.assert_array_equal(np.unique(real.ratings), [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(real.user_ids, np.arange(1, 944))
    np.testing.assert_array_equal(real.item_ids, np.arange(1, 1683))
    assert real.source == "movielens/u.data"


def test_real_first_rows(real: MovieLens) -> None:
    assert real.frame().head(3).to_numpy().tolist() == [
        [196, 242, "Kolya (1996)", 3.0, 881250949],
        [186, 302, "L.A. Confidential (1997)", 3.0, 891717742],
        [22, 377, "Heavyweights (1994)", 1.0, 878887116],
    ]


def test_real_equals_pandas(real: MovieLens) -> None:
    rows = pd.read_csv(SHARED / "u.data", sep="|")
    titles = pd.read_csv(SHARED / "u.item", sep="|", usecols=["item", "title"])
    expected = rows.merge(titles, on="item", how="left")
    expected["rating"] = expected["rating"].astype(float)
    expected["title"] = expected["title"].str.strip()  # one title ends with a blank
    columns = ["user", "item", "title", "rating", "timestamp"]
    pd.testing.assert_frame_equal(real.frame(), expected[columns], check_dtype=False)


def test_real_titles_shared_by_two_ids(real: MovieLens) -> None:
    assert len(set(real.titles)) == 1664
    assert len(set(real.labels)) == 1682
    same = [label for label in real.labels if label.startswith("Chasing Amy")]
    assert same == ["Chasing Amy (1997) [246]", "Chasing Amy (1997) [268]"]
    assert sum(label.endswith("]") for label in real.labels) == 36
    assert real.labels[49] == real.titles[49] == "Star Wars (1977)"


def test_real_most_rated(real: MovieLens) -> None:
    first = most_rated(real, 1000)
    assert real.item_ids[first[:8]].tolist() == [50, 258, 100, 181, 294, 286, 288, 1]
    counts = np.bincount(real.items)
    assert counts[first[:8]].tolist() == [583, 509, 508, 507, 485, 481, 478, 452]
    keys = [(-counts[code], code) for code in first]
    assert keys == sorted(keys)
    assert len(set(first.tolist())) == 1000
    assert counts[first].min() >= np.delete(counts, first).max()


def test_real_original_format(real: MovieLens, tmp_path: Path) -> None:
    """With tabs and without heading the copy is GroupLens's file, byte by byte."""
    data = (SHARED / "u.data").read_bytes().split(b"\n", 1)[1].replace(b"|", b"\t")
    assert hashlib.sha256(data).hexdigest() == (
        "06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490"
    )
    items = (SHARED / "u.item").read_bytes().split(b"\n", 1)[1]
    latin = items.decode().replace("Mis\ufffdrables", "Misérables").replace("\ufffd", "?")
    found = load_movielens(old(tmp_path, data, latin.encode("latin-1")))
    assert found.titles[542] == "Misérables, Les (1995)"
    assert_same(replace(found, titles=real.titles), real)


def test_real_is_fast(real: MovieLens) -> None:
    """0.07 s on the machine it was written on."""
    best = min(_seconds() for _ in range(3))
    assert best < 0.5


def _seconds() -> float:
    begin = time.process_time()
    load_movielens(SHARED)
    return time.process_time() - begin


# Formats -----------------------------------------------------------------------------------


def test_codes_and_ids(tmp_path: Path) -> None:
    found = load_movielens(old(tmp_path))
    assert found.users.tolist() == [0, 1, 0]
    assert found.items.tolist() == [0, 0, 1]
    assert found.ratings.tolist() == [3, 4.5, 0.5]
    assert found.timestamps is not None
    assert found.timestamps.tolist() == [100, 101, 102]
    assert found.user_ids.tolist() == [1, 2]
    assert found.item_ids.tolist() == [10, 20]  # 30 has a title and no rating
    assert found.titles == ("Kolya (1996)", "Fargo (1996)")
    for values in (found.users, found.items, found.ratings, found.user_ids, found.item_ids):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 1


VARIANTS = {
    "bars": RATINGS.replace("\t", "|"),
    "commas": RATINGS.replace("\t", ","),
    "heading": "user|item|rating|timestamp\n" + RATINGS.replace("\t", "|"),
    "newer heading": "userId,movieId,rating,timestamp\n" + RATINGS.replace("\t", ","),
    "any case": "USERID\tMovieID\tRating\tTimestamp\n" + RATINGS,
    "CRLF": RATINGS.replace("\n", "\r\n"),
    "CR": RATINGS.replace("\n", "\r"),
    "BOM": "\ufeff" + RATINGS,
    "BOM and heading": "\ufeffuser\titem\trating\ttimestamp\r\n" + RATINGS,
    "no end of line": RATINGS.rstrip(),
    "empty lines": "\n\r\n" + RATINGS.replace("\n", "\n\n") + "\n\n",
    "other columns": "x|user|note|item|rating|timestamp\n"
    'é|1||10|3|100\n|2|a b, c|10|+4.50|101\nz|1|"|20|5e-1|102\n',
    "other order": "timestamp,rating,item,user\n100,3,10,1\n101,4.5,10,2\n102,.5,20,1\n",
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_ratings_variants(tmp_path: Path, variant: str) -> None:
    (tmp_path / "plain").mkdir()
    expected = load_movielens(old(tmp_path / "plain"))
    assert_same(load_movielens(old(tmp_path, VARIANTS[variant])), expected)


def test_no_timestamps(tmp_path: Path) -> None:
    found = load_movielens(old(tmp_path, "user,item,rating\n1,10,3\n2,20,4\n"))
    assert found.timestamps is None
    assert list(found.frame()) == ["user", "item", "title", "rating"]


REST = "|01-Jan-1995||http://us.imdb.com/" + "|0" * 19
ITEM_VARIANTS: dict[str, tuple[str | bytes, str]] = {
    "original": (f"10|Kolya, one (1996){REST}\n20|Fargo{REST}\n", "Kolya, one (1996)"),
    "latin-1": (f"10|Misérables{REST}\n20|F{REST}\n".encode("latin-1"), "Misérables"),
    "UTF-8": (f"10|Misérables{REST}\n20|F{REST}\n", "Misérables"),
    "BOM": (f"\ufeff10|Kolya{REST}\r\n20|F{REST}", "Kolya"),
    "tabs": ("item\ttitle\n10\tA|B\n20\tF\n", "A|B"),
    "other order": ("title|x|movieId\nKolya|y|10\nF|y|20\n", "Kolya"),
    "quotes and blanks": (ITEM_HEAD + '10| "Kolya" \n\n20|F\n', '"Kolya"'),
}


@pytest.mark.parametrize("variant", ITEM_VARIANTS)
def test_item_variants(tmp_path: Path, variant: str) -> None:
    items, first = ITEM_VARIANTS[variant]
    assert load_movielens(old(tmp_path, RATINGS, items)).titles[0] == first


def test_newer_sets(tmp_path: Path) -> None:
    ratings = "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,11,4.5,964981247\n"
    movies = 'movieId,title,genres\n1,Toy Story (1995),A|B\n11,"President, The ""P"" (1995)",C\n'
    found = load_movielens(new(tmp_path, ratings, movies))
    assert found.titles == ("Toy Story (1995)", 'President, The "P" (1995)')
    assert found.source.endswith("/ratings.csv")


@pytest.mark.parametrize("below", ["ml-100k", "ml-latest-small"])
def test_folder_of_the_zip(tmp_path: Path, below: str) -> None:
    (tmp_path / below).mkdir()
    old(tmp_path / below)
    assert load_movielens(tmp_path).source == f"{below}/u.data"


@pytest.mark.parametrize(
    "change",
    [
        {"users": np.array([0])},
        {"users": np.array([0, 1, 2])},
        {"items": np.array([0, -1, 0])},
        {"titles": ("A",)},
        {"timestamps": np.array([1])},
        {"ratings": np.ones((3, 1))},
    ],
)
def test_inconsistent(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="expected"):
        replace(load_movielens(old(tmp_path)), **change)


# Whatever is written is read ---------------------------------------------------------------

IDS = st.integers(0, 10**15 - 1)
TITLES = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20
)
TABLES = st.dictionaries(
    st.tuples(st.one_of(IDS, st.integers(0, 9)), st.one_of(IDS, st.integers(0, 9))),
    st.tuples(st.one_of(st.sampled_from([0.5, 1, 4.5]), st.floats(1e-6, 10)), IDS),
    min_size=1,
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(
    table=TABLES,
    delimiter=st.sampled_from("\t|,"),
    heading=st.booleans(),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    bom=st.booleans(),
    data=st.data(),
)
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    table: dict[tuple[int, int], tuple[float, int]],
    delimiter: str,
    heading: bool,
    end: str,
    bom: bool,
    data: st.DataObject,
) -> None:
    rows = [(u, i, r, t) for (u, i), (r, t) in table.items()]
    lines = [delimiter.join(map(repr, row)) for row in rows]
    if heading:
        lines.insert(0, delimiter.join(["user", "item", "rating", "timestamp"]))
    titles = {item: data.draw(TITLES) for item in sorted({i for _, i, _, _ in rows})}
    movies = io.StringIO()
    csv.writer(movies).writerows([("movieId", "title"), *titles.items()])
    folder = tmp_path_factory.mktemp("set")
    text = ("\ufeff" if bom else "") + end.join(lines) + data.draw(st.sampled_from(["", end]))
    found = load_movielens(new(folder, text, movies.getvalue()))
    assert found.user_ids[found.users].tolist() == [u for u, _, _, _ in rows]
    assert found.item_ids[found.items].tolist() == [i for _, i, _, _ in rows]
    assert found.ratings.tolist() == [r for _, _, r, _ in rows]
    assert found.timestamps is not None
    assert found.timestamps.tolist() == [t for _, _, _, t in rows]
    assert list(found.titles) == list(titles.values())
    frame = found.frame()
    assert frame["title"].tolist() == [titles[item] for item in frame["item"]]
    assert len({label.casefold() for label in found.labels}) == len(titles)


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=60), at=st.integers(0, len(RATINGS)), whole=st.booleans())
def test_any_bytes(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, at: int, whole: bool
) -> None:
    """Junk, alone or in the middle of a good file: read, or refused in one line."""
    good = RATINGS.encode()
    folder = tmp_path_factory.mktemp("junk")
    old(folder, content if whole else good[:at] + content + good[at:])
    try:
        load_movielens(folder)
    except DataError as problem:
        assert str(problem).isprintable()  # noqa: PT017 - it may also be read
    old(folder, RATINGS, content if whole else ITEMS.encode() + content)
    try:
        load_movielens(folder)
    except DataError as problem:
        assert str(problem).isprintable()  # noqa: PT017 - it may also be read


@settings(max_examples=300, deadline=None)
@given(line=st.lists(st.text("0123456789.-+e \t,|x", max_size=8), min_size=1, max_size=5))
def test_strict_as_its_grammar(tmp_path_factory: pytest.TempPathFactory, line: list[str]) -> None:
    """A line is read if and only if Python itself reads its four numbers to the letter."""
    folder = tmp_path_factory.mktemp("line")
    text = "\t".join(line)
    fields = text.split("\t")
    old(folder, RATINGS + text + "\n", ITEMS)
    try:
        found = load_movielens(folder)
    except DataError:
        return
    if not text:
        assert len(found) == 3
        return
    assert len(fields) == 4
    user, item, rating, stamp = fields
    assert found.timestamps is not None
    assert str(found.user_ids[found.users[-1]]) == user
    assert str(found.item_ids[found.items[-1]]) == item
    assert found.ratings[-1] == float(rating)
    assert found.timestamps[-1] == int(stamp)


# Labels, split, preview --------------------------------------------------------------------


def titled(*titles: str) -> MovieLens:
    n = len(titles)
    codes, ids = np.arange(n), np.arange(n) + 1
    return MovieLens(codes, codes, np.ones(n), None, ids, ids, titles, "test")


@pytest.mark.parametrize(
    ("titles", "labels"),
    [
        (("A", "B"), ("A", "B")),
        (("A", "B", "A"), ("A [1]", "B", "A [3]")),
        (("A", "a"), ("A [1]", "a [2]")),
        (("A", "A", "A [1]"), ("A [1]", "A [2]", "A [1] [3]")),
        (("x" * 255,) * 2, ("x" * 251 + " [1]", "x" * 251 + " [2]")),
    ],
)
def test_labels(titles: tuple[str, ...], labels: tuple[str, ...]) -> None:
    assert titled(*titles).labels == labels


@given(n=st.integers(2, 500), valid=st.floats(0.001, 0.999), seed=st.integers(0, 2**40))
def test_split(n: int, valid: float, seed: int) -> None:
    rows = range(n)
    if not int(n * valid):
        with pytest.raises(OptionError, match="on either side"):
            split(rows, valid, seed)
        return
    train, held = split(rows, valid, seed)
    assert len(held) == int(n * valid)
    assert sorted([*train.tolist(), *held.tolist()]) == list(rows)
    assert (np.diff(train) > 0).all()
    assert (np.diff(held) > 0).all()
    again = split(rows, valid, seed)
    np.testing.assert_array_equal(train, again[0])
    np.testing.assert_array_equal(held, again[1])


def test_split_of_the_lesson(real: MovieLens) -> None:
    train, held = split(real)
    assert (len(train), len(held)) == (90_000, 10_000)
    assert not np.array_equal(held, split(real, seed=43)[1])
    assert real.ratings[held].mean() == pytest.approx(real.ratings.mean(), abs=0.05)


@pytest.mark.parametrize("valid", [0, 1, -0.1, 1.5, float("nan"), 1e-9])
def test_split_refuses(valid: float) -> None:
    with pytest.raises(OptionError, match="share between 0 and 1"):
        split(range(100), valid)


def test_preview(real: MovieLens) -> None:
    shown = batch_preview(real, 7, seed=1)
    assert list(shown) == ["user", "title", "rating"]
    assert len(shown) == 7
    pd.testing.assert_frame_equal(shown, batch_preview(real, 7, seed=1))
    frame = real.frame().assign(title=[real.labels[item] for item in real.items.tolist()])
    merged = shown.merge(frame, on=["user", "title", "rating"], how="left", indicator=True)
    assert (merged["_merge"] == "both").all()


def test_preview_and_most_of_few() -> None:
    few = titled("A", "B", "C")
    assert len(batch_preview(few, 10)) == 3
    assert most_rated(few, 10).tolist() == [0, 1, 2]


@pytest.mark.parametrize("bad", [0, -1, 1.5, True, "3"])
def test_counts_are_whole(bad: Any) -> None:
    for call in (batch_preview, most_rated):
        with pytest.raises(OptionError, match="expected a whole number, 1 or more"):
            call(titled("A"), bad)
    with pytest.raises(OptionError, match="seed"):
        split(range(10), seed=-1)


# The download ------------------------------------------------------------------------------


def test_fetched_and_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `fetch` brings is unpacked beside it; the download itself has tests of its own."""
    with zipfile.ZipFile(tmp_path / MOVIELENS_100K.name, "w") as opened:
        opened.writestr("ml-100k/u.data", RATINGS)
        opened.writestr("ml-100k/u.item", ITEMS)
        opened.writestr("ml-100k/README", "terms")
    asked: list[Source] = []

    def fetched(source: Source, **options: object) -> Path:
        asked.append(source)
        return tmp_path / source.name

    monkeypatch.setattr("sheetsim.data.download.fetch", fetched)
    folder = fetch_movielens(tmp_path)
    assert asked == [MOVIELENS_100K]
    assert folder == tmp_path / "ml-100k"
    assert {file.name for file in folder.iterdir()} == {"u.data", "u.item"}
    assert len(load_movielens(folder)) == len(load_movielens(tmp_path)) == 3
