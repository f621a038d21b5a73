"""A class's own table: a form's export, decimal commas, words for blanks, all that is wrong.

Tables are drawn, written as some spreadsheet or form would, and read back.
"""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsim.data import Ratings, load_ratings
from sheetsim.data.labels import fold
from sheetsim.data.wide_rows import NOT_SEEN
from sheetsim.errors import DataError, OptionError

ROOT = Path(__file__).resolve().parents[2]

names = st.text(st.sampled_from("abcdefgh ÄëñЖ"), min_size=1, max_size=6).map(
    lambda text: f"{text.strip()}x"
)
NOT_MOVIES = {"userid", "movieid", "rating", "movie", "film", "title", "item", "stars", "who"}
titles = names.filter(lambda text: fold(text) not in NOT_MOVIES)


@st.composite
def classes(draw: st.DrawFn) -> Ratings:
    """A table in half stars, with blanks, every person and movie rated at least once."""
    users = draw(st.lists(names, min_size=1, max_size=5, unique_by=fold))
    movies = draw(st.lists(titles, min_size=2, max_size=5, unique_by=fold))
    shape = len(users), len(movies)
    halves = draw(st.lists(st.integers(1, 10), min_size=shape[0] * shape[1], max_size=100))
    values = np.array(halves[: shape[0] * shape[1]]).reshape(shape) / 2
    blank = draw(st.lists(st.booleans(), min_size=values.size, max_size=values.size))
    holes = np.array(blank).reshape(shape)
    holes[np.arange(shape[0]), np.arange(shape[0]) % shape[1]] = False
    holes[np.arange(shape[1]) % shape[0], np.arange(shape[1])] = False
    return Ratings(tuple(users), tuple(movies), np.where(holes, np.nan, values), "drawn")


def exported(table: Ratings, draw: st.DataObject) -> str:
    """The table as some program writes it."""
    separator = draw.draw(st.sampled_from(",;\t"))
    mark = draw.draw(st.sampled_from(",."))
    words = st.sampled_from(["", " ", *sorted(NOT_SEEN), "Not seen"])
    form, question = draw.draw(st.booleans()), draw.draw(st.booleans())
    heading = draw.draw(st.sampled_from(["who", "Your name?", "userId", "", "Nachname"]))
    rows: list[list[str]] = [[f"How was it? [{m}]" if question else str(m) for m in table.movies]]
    rows += [
        [draw.draw(words) if v != v else f"{v:g}".replace(".", mark) for v in line]
        for line in table.values.tolist()
    ]
    for number, row in enumerate(rows):
        who = str(table.users[number - 1]) if number else heading
        stamp = f"{number}/11/2026 10:0{number}:59" if number else "Timestamp"
        mail = f"p{number}@school.example" if number else "E-mail"
        row[:0] = [stamp, mail, who] if form else [who]
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows(rows)
    declared = draw.draw(st.booleans())
    return f"sep={separator}\r\n" * declared + out.getvalue()


@given(table=classes(), data=st.data())
def test_whatever_program_wrote_it(
    table: Ratings, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "class.csv"
    path.write_text(
        exported(table, data), encoding=data.draw(st.sampled_from(["utf-8", "utf-8-sig"]))
    )
    found = load_ratings(path)
    assert found == table
    assert found.left_out in ((), ("Timestamp (time stamps)", "E-mail (e-mail addresses)"))


MISTAKES = {
    "fuor": "'fuor' is not a number",
    "4 or 5": "'4 or 5' is not a number",
    "1e9": "out of range",
    "nan": "not a finite number",
}


@given(data=st.data())
def test_all_mistakes_are_listed_by_row(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Mistyped, doubled and missing, in any number of rows: each is named, and no other row is."""
    count = data.draw(st.integers(4, 35))
    rows = [[f"p{i}", "4", "3,5", "not seen"] for i in range(count)]
    rows[-1][3] = "5"
    where = data.draw(st.lists(st.integers(1, count - 2), min_size=2, max_size=12, unique=True))
    expected = []
    for i in where:
        kind = data.draw(st.sampled_from([*MISTAKES, "twice", "empty", "nameless"]))
        if kind == "twice":
            rows[i][0], reason = "P0", "duplicate user 'P0', already on line 2 as 'p0'"
        elif kind == "empty":
            rows[i][1:], reason = ["", "-", ""], f"empty user: 'p{i}' has no rating"
        elif kind == "nameless":
            rows[i][0], reason = " ", "the label is empty"
        else:
            rows[i][2], reason = kind, MISTAKES[kind]
        expected.append((i, reason))
    path = tmp_path_factory.getbasetemp() / "mistakes.csv"
    lines = ["Name;A;B;C", *(";".join(row) for row in rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_ratings(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: {len(where)} problems; expected none: (1) line ")
    parts = message.partition("expected none: ")[2].split("; (")
    assert len(parts) == len(where)
    for part, (i, reason) in zip(parts, sorted(expected), strict=True):
        assert f"line {i + 2}" in part
        assert reason in part


def test_mistakes_in_long_rows_are_listed_too(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    rows = ["1,1,3", "1,2,good", "2,1,4", "2,1,5", "1,1,2", "3,,4", '3,1,"4,5"', "3,2,good"]
    path.write_text("userId,movieId,rating\n" + "\n".join(rows))
    with pytest.raises(DataError) as caught:
        load_ratings(path)
    said = str(caught.value)
    assert "5 problems" in said
    for part in ("line 3, column rating: 'good'", "line 5, column userId: user '2'", "line 6"):
        assert part in said
    assert "line 7, column movieId: the label is empty" in said
    assert "line 9, column rating: 'good'" in said


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_rows_of_other_lengths_are_listed_with_the_rest(tmp_path: Path, separator: str) -> None:
    rows = ["Name A B C", "p1 1 2 3", "p2 1 2", "p3 1 2 3 4 5", "p4 good 2 3", "p5 1", "p1 1 1 1"]
    path = tmp_path / "class.csv"
    path.write_text("\n".join(row.replace(" ", separator) for row in rows))
    with pytest.raises(DataError, match="5 problems; expected none: ") as caught:
        load_ratings(path)
    parts = str(caught.value).partition("expected none: ")[2].split("; (")
    for part, said in zip(
        parts,
        ("line 3: found 3 fields", "line 4: found 6", "line 5, column A", "line 6", "line 7"),
        strict=True,
    ):
        assert said in part
    assert "expected 4, as in the heading (line 1)" in parts[0]
    assert "duplicate user 'p1', already on line 2" in parts[4]


def test_rows_that_are_all_of_another_length(tmp_path: Path) -> None:
    path = tmp_path / "class.csv"
    path.write_text("Name,A\nAna,4,5\nBo,3,5\n")
    with pytest.raises(DataError, match=r"2 problems.*a decimal comma or an unquoted comma splits"):
        load_ratings(path)


def test_no_more_than_forty_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("Name,A\n" + "".join(f"p{i},x{i}1\n" for i in range(100)))
    with pytest.raises(DataError, match=r"100 problems.*\(40\) line 41.*; and 60 more$"):
        load_ratings(path)


AMBIGUOUS = {
    "separators": ("name;A,B\nAna;3,4\nBo;4,2\n", ("commas", "'name;A' and 'B'", "semicolons")),
    "who or a movie": ("Dunes,Hills\n3,4\n5,2\n", ("'Dunes'", "who rated, or is a movie", "--who")),
    "thousands": ('Name,A,B\nAna,"1,500",2\nBo,3,4\n', ("'1,500'", "as 1.500 or as 1500")),
    "thousands or fraction": ("Name;A;B\nAna;1.500;2,5\nBo;3;4\n", ("'1.500'", "1.500 or as 1500")),
}


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_what_can_be_read_in_two_ways_is_refused_with_both(tmp_path: Path, case: str) -> None:
    content, parts = AMBIGUOUS[case]
    path = tmp_path / "class.csv"
    path.write_text(content)
    with pytest.raises(DataError, match="can be read in two ways") as caught:
        load_ratings(path)
    for part in parts:
        assert part in str(caught.value)
    assert "expected" in str(caught.value)


def test_what_settles_it(tmp_path: Path) -> None:
    """The same files, with what their message asks for."""
    path = tmp_path / "class.csv"
    path.write_text("sep=;\nname;A,B\nAna;3,4\nBo;4,2\n")
    assert load_ratings(path).values.tolist() == [[3.4], [4.2]]
    path.write_text('"name;A",B\n"Ana;3",4\n"Bo;4",2\n')
    assert load_ratings(path).values.tolist() == [[4], [2]]
    path.write_text("Dunes,Hills\n3,4\n5,2\n")
    assert load_ratings(path, who="dunes").users == (3, 5)
    both = load_ratings(path, who="none")
    assert (both.users, both.movies) == ((1, 2), ("Dunes", "Hills"))
    path.write_text('Name,A,B\nAna,"1,500","2,5"\nBo,3,4\n')  # 2,5 settles what a comma is
    assert load_ratings(path).values[0].tolist() == [1.5, 2.5]


def test_columns_and_words_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "class.csv"
    path.write_text("Name,Grade,A,B\nAna,7b,4,ne\nBo,7c,NE,3\n")
    with pytest.raises(DataError, match="4 problems"):
        load_ratings(path)
    table = load_ratings(path, without=["grade"], blank=["ne"])
    assert (table.movies, table.count, table.left_out) == (("A", "B"), 2, ("Grade",))
    path.write_text("Name,Why,A\nAna,fun,4\nBo,dull,1\n")
    with pytest.raises(DataError, match=r"'fun' and all that stands below.*--without 'Why'"):
        load_ratings(path)
    for wishes in ({"who": "Nom"}, {"without": ["Nom"]}):
        with pytest.raises(OptionError, match=r"no column 'Nom'; it has 'Name', 'Why', 'A'"):
            load_ratings(path, **wishes)


def test_the_template_is_a_table(tmp_path: Path) -> None:
    """What a teacher gives out: it can be read as it is, and as a semicolon program saves it."""
    template = ROOT / "workbooks" / "class_template.csv"
    table = load_ratings(template)
    assert (table.n_users, table.n_movies) == (6, 10)
    other = tmp_path / "class.csv"
    lines = template.read_text(encoding="utf-8").splitlines()
    other.write_text("\n".join(line.replace(",", ";").replace(".", ",") for line in lines))
    assert load_ratings(other) == table
