"""Every table that cannot be used, through `build` and `solve`: one line, code 3, nothing written.

What each message says is tested with the readers in tests/data; here, that it gets out whole.
"""

import re
import zipfile
from pathlib import Path

import pytest
from cli_runs import error_line, refused_build, run

LONG = "userId,movieId,rating\n"

RATINGS: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "heading": ("user,movie\n1,2\n", ("line 1", "found 'user', 'movie'", "expected userId")),
    "heading, long": ("userId,rating\n1,2\n", ("missing heading movieId",)),
    "text": (LONG + "1,1,good\n", ("line 2, column rating", "'good' is not a number")),
    "twice": (LONG + "1,7,3\n1,7,4\n", ("line 3", "twice, first on line 2")),
    "empty user": ("userId,A,B\nAna,1,2\nBo,,\n", ("line 3", "empty user: 'Bo'")),
    "empty movie": ("userId,A,B\nAna,1,\nBo,2,\n", ("empty movie: 'B'",)),
    "no row": (LONG, ("no row at all",)),
    "no row, wide": ("userId,A\n", ("no row at all",)),
    "nothing": ("", ("the file is empty",)),
    "nan": (LONG + "1,1,NaN\n", ("line 2, column rating", "not a finite number")),
    "encoding": ("userId,A\nZoë,1\n".encode("latin-1"), ("line 2: byte 0xEB is not UTF-8",)),
    "utf-16": ("userId,A\nZoë,1\n".encode("utf-16"), ("UTF-16", "expected CSV saved as UTF-8")),
}

POINTS: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "heading": ("x,z\n1,2\n3,4\n", ("line 1: missing heading y", "found 'x', 'z'")),
    "text": ("x,y\n1,2\n3,up\n", ("line 3, column y", "'up' is not a number")),
    "no row": ("x,y\n", ("no row at all",)),
    "one point": ("x,y\n1,2\n", ("1 point; expected at least 2",)),
    "nan": ("x,y\n1,2\nnan,3\n", ("line 3, column x", "not a finite number")),
    "encoding": ("x,y,é\n1,2,3\n".encode("latin-1"), ("line 1: byte 0xE9 is not UTF-8",)),
}


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("case", RATINGS)
def test_ratings(tmp_path: Path, case: str) -> None:
    content, parts = RATINGS[case]
    table = write(tmp_path / "class.csv", content)
    line = refused_build(tmp_path / "out", 2, "bias", "collab_filter", "--ratings", table)
    assert line.startswith(f"{table}: ")
    for part in parts:
        assert part in line
    assert error_line(run("solve", "bias", "--ratings", table), 2) == line


@pytest.mark.parametrize("case", POINTS)
def test_points(tmp_path: Path, case: str) -> None:
    content, parts = POINTS[case]
    table = write(tmp_path / "class.csv", content)
    line = refused_build(tmp_path / "out", 2, "sgd", "data", "--points", table)
    assert line.startswith(f"{table}: ")
    for part in parts:
        assert part in line
    assert error_line(run("solve", "data", "--points", table), 2) == line


def test_no_such_table(tmp_path: Path) -> None:
    line = refused_build(tmp_path / "out", 2, "bias", "--ratings", tmp_path / "absent.csv")
    assert line == f"{tmp_path}/absent.csv: no such file; expected a CSV file"
    assert "is a folder" in refused_build(tmp_path / "out", 2, "data", "--points", tmp_path)


def test_a_bad_table_for_the_second_workbook_leaves_the_first_alone(tmp_path: Path) -> None:
    args = ("bias", "sgd", "--points", tmp_path / "absent.csv")
    assert "no such file" in refused_build(tmp_path / "out", 2, *args)


def test_no_folder_is_made_for_a_build_that_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    error_line(run("build", "bias", "--k", "0", "--out", out), 2)
    assert not (tmp_path / "new").exists()


def test_a_table_too_large_for_one_hot(tmp_path: Path) -> None:
    movies = ",".join(f"m{i}" for i in range(61))
    table = write(tmp_path / "wide.csv", f"userId,{movies}\nAna" + ",4" * 61 + "\n")
    line = refused_build(tmp_path / "out", 2, "one_hot", "--ratings", table, "--k", "1")
    assert line.startswith("wide.csv: 1 users and 61 movies; this workbook takes 60 of each")


LABELS = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x","y")', "<b>&")


@pytest.mark.parametrize("form", ["wide", "long"])
def test_a_label_that_looks_like_a_formula_is_text(tmp_path: Path, form: str) -> None:
    quoted = ['"' + label.replace('"', '""') + '"' for label in LABELS]
    if form == "wide":
        content = "userId," + ",".join(quoted) + "\n"
        content += "".join(f"{user}" + ",3,4" * 3 + "\n" for user in quoted)
    else:
        content = LONG + "".join(f"{user},{movie},3\n" for user in quoted for movie in quoted)
    table = write(tmp_path / "=1+1.csv", content)  # the file's name stands in the workbook too
    args = ("collab_filter", "--ratings", table, "--k", "2", "--out", tmp_path)
    assert run("build", *args).exit_code == 0
    with zipfile.ZipFile(tmp_path / "collab_filter.xlsx") as archive:
        strings = archive.read("xl/sharedStrings.xml").decode()
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        formulas = [
            formula
            for sheet in sheets
            for formula in re.findall(r"<f[^>]*>([^<]*)</f>", archive.read(sheet).decode())
        ]
    assert len(formulas) > 100
    for formula in formulas:
        assert not re.search(r"1\+1|cmd|2\+3|SUM\(A1\)|HYPERLINK|&lt;b", formula), formula
    for text in ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "=HYPERLINK(", "&lt;b&gt;&amp;"):
        assert f"<t>{text}" in strings
    assert "<t>=1+1.csv</t>" in strings
    result = run("check", tmp_path / "collab_filter.xlsx", "--engine", "ironcalc")
    assert result.exit_code == 0, result.output
