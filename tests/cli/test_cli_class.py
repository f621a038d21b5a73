"""`build --ratings` with a form's export of a class: what it says, and what is in the workbook."""

import json
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from cli_runs import error_line, run

PUPILS = 34


@pytest.fixture
def form(tmp_path: Path) -> Path:
    """What a form of a class of 34 exports where decimals have commas."""
    lines = ["Timestamp;Email;Your name;Mark;The films [Dunes];The films [Hills];The films [Rain]"]
    for i in range(PUPILS):
        who = f"24.11.2026 10:{i:02d}:59;p{i}@school.example;Pupil {i};B+"
        lines.append(f"{who};{i % 5 + 1};{'3,5' if i % 3 else 'not seen'};{4 - i % 3}")
    path = tmp_path / "class.csv"
    path.write_text("\n".join(lines), encoding="utf-8-sig")
    return path


def test_a_class_of_thirty_and_more(form: Path, tmp_path: Path) -> None:
    args = ("build", "collab_filter", "--ratings", form, "--without", "Mark", "--k", "3")
    done = run(*args, "--out", tmp_path)
    assert done.exit_code == 0, done.stderr
    said = done.stderr.splitlines()
    left_out = "Timestamp (time stamps), Email (e-mail addresses), Mark"
    assert said == [f"class.csv: left out {left_out}"]
    book = openpyxl.load_workbook(tmp_path / "collab_filter.xlsx")
    texts = {cell.value for page in book for row in page.iter_rows() for cell in row}
    assert {"Dunes", "Hills", "Rain", "Pupil 33"} <= texts
    assert not [text for text in texts if isinstance(text, str) and "school.example" in text]


def test_over_two_hundred_variables_it_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "class.csv"
    movies = [f"m{j}" for j in range(10)]
    halves = np.random.default_rng(7).integers(1, 11, (PUPILS, 10)) / 2
    rows = [[f"p{i}", *map(str, line)] for i, line in enumerate(halves.tolist())]
    path.write_text("\n".join(",".join(row) for row in [["Name", *movies], *rows]))
    args = ("build", "dot_product", "--ratings", path, "--out", tmp_path)
    said = run(*args).stderr
    assert said == (
        "dot_product has 220 variables. Too many variables for Excel's Solver, which will refuse: "
        "build with --k 4 or less, leave out a part of the table, or use sheetsim solve.\n"
    )
    assert [json.loads(run(*args, "--json").stdout)["notes"]] == [[said.strip()]]
    assert run(*args, "--k", "4").stderr == ""
    assert run("solve", "dot_product", "--ratings", path).exit_code == 0


def test_all_that_is_wrong_in_one_line(form: Path) -> None:
    text = form.read_text(encoding="utf-8-sig")
    form.write_text(text.replace("Pupil 7;", "Pupil 6;").replace(";B+;3;", ";B+;tree;", 1))
    line = error_line(run("build", "bias", "--ratings", form, "--without", "Mark"), 2)
    assert line.startswith(f"{form}: 2 problems; expected none: (1) line 4, column ")
    assert "(2) line 9, column Your name: duplicate user 'Pupil 6', already on line 8" in line
