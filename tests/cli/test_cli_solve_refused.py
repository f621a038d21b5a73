"""`sheetsim solve FILE.xlsx`: every refusal is one line, its exit code, and no file touched."""

import builtins
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from children import PATIENCE
from cli_runs import OLD, error_line, run, snapshot, spawn, the_line
from solve_books import make_box, solution


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_box(tmp_path_factory.mktemp("good") / "box.xlsx")


@pytest.fixture
def box(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The box, alone in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "box.xlsx"
    path.write_bytes(good.read_bytes())
    return path


REFUSED: dict[str, tuple[list[str], str]] = {
    "no such option": (["--nonsense"], "no such option"),
    "no such engine": (["--engine", "excel"], "engine: got 'excel', expected one of GRG Nonlinear"),
    "no such sheet": (["--sheet", "Nowhere"], "has no sheet 'Nowhere'; it has Box"),
    "both goals": (["--minimize", "--maximize"], "--minimize and --maximize were given"),
    "a goal and a value": (["--minimize", "--value", "3"], "expected it without --minimize"),
    "a value that is none": (
        ["--value", "much"],
        "--value is much; expected a number from -1e+308 to 1e+308",
    ),
    "a value without end": (
        ["--value", "nan"],
        "--value is nan; expected a number from -1e+308 to 1e+308",
    ),
    "no starts": (["--starts", "0"], "--starts is 0; expected a whole number from 1 to"),
    "a seed below zero": (
        ["--seed", "-1"],
        "--seed is -1; expected a whole number from 0 to 4,294,967,295",
    ),
    "a start that is none": (
        ["--start", "warm"],
        "--start is warm; expected current, random or zero",
    ),
    "no time": (["--max-time", "0"], "--max-time is 0; expected a number above 0, up to 1e+100"),
    "time that is none": (["--max-time", "nan"], "max-time"),
    "precision that is none": (["--precision", "nan"], "precision"),
    "an objective that is none": (["--objective", "somewhere"], "objective 'somewhere'"),
    "an objective without formula": (["--objective", "B6"], "Box!B6 holds no formula"),
    "an objective of many cells": (["--objective", "B8:B9"], "expected a single cell"),
    "an objective elsewhere": (["--objective", "Nowhere!B8"], "Nowhere"),
    "variables with formulas": (
        ["--by", "B8:B9"],
        "the variable Box!B8 and 1 more holds a formula",
    ),
    "variables that are none": (["--by", "all of them"], "cells to change 'all of them'"),
    "a constraint that is none": (["--subject-to", "B3"], "constraint 'B3': expected <=, = or >="),
    "a constraint twice": (["--subject-to", "1<=B3<=2"], "compares more than once"),
    "a strict constraint": (["--subject-to", "B3<2"], "constraint 'B3<2': expected <=, = or >="),
    "sides that do not fit": (["--subject-to", "B3:B5<=B3:B4"], "3 cells on the left and 2"),
    "integers elsewhere": (["--subject-to", "B6 integer"], "is none of the cells to change"),
    "an input with a formula": (["--set", "B8=3"], "Box!B8 holds the formula =B3*B4*B5"),
    "an input that is none": (["--set", "B6"], "expected a cell and a value"),
    "a sweep that is none": (["--sweep", "B6=1:2"], "expected A:B:N"),
    "a sweep without end": (["--sweep", "B6=0:1:1e9"], "with N from 1 to 100,000"),
    "a sweep of a variable": (["--sweep", "B3=1:2:3"], "Box!B3 is a variable"),
    "a sweep twice": (["--sweep", "B6=1:2:3", "--sweep", "B6=1:2:3"], "named twice"),
    "too many sweeps": (
        ["--sweep", "B6=1:2:10000", "--sweep", "C6=1:2:10000"],
        "more than 1,000,000 solves",
    ),
    "a sweep to pdf": (["--sweep", "B6=1:2:3", "--out", "s.pdf"], "ends in .csv, .json, .xlsx"),
    "a sweep with a report": (["--sweep", "B6=1:2:3", "--report"], "without --sweep"),
    "a sweep with a report to keep": (
        ["--sweep", "B6=1:2:3", "--save-report", "x.json"],
        "--save-report is of one solution; expected it without --sweep",
    ),
    "nothing for a new folder": (["--sheet", "Nowhere", "--out", "new/folder"], "has no sheet"),
    "no sweep for a new folder": (
        ["--sheet", "Nowhere", "--sweep", "B6=1:2:3", "--out", "new/folder"],
        "has no sheet",
    ),
    "a copy and none": (["--no-copy", "--out", "a.xlsx"], "expected one of them"),
    "a report on nothing": (["--no-copy", "--report"], "expected it without --no-copy"),
    "a report in prose": (
        ["--save-report", "r.txt"],
        "--save-report is r.txt; expected a name that ends in .json",
    ),
    "a report nowhere": (["--save-report", "no/r.json"], "there is no folder"),
    "a copy to pdf": (
        ["--out", "a.pdf"],
        "--out is a.pdf; expected a name that ends in .xlsx, or a folder",
    ),
    "a copy with macros": (["--out", "a.xlsm"], "expected a name that ends in .xlsx"),
    "a copy nowhere": (["--out", "no/a.xlsx"], "cannot be written, there is no folder"),
    "no jobs": (["--jobs", "0"], "--jobs is 0; expected a whole number from 1 to 10,000"),
    "a scheduler that is none": (
        ["--scheduler", "here", "--sweep", "B6=1:2:3"],
        "got 'here', expected tcp://host:port",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(box: Path, tmp_path: Path, case: str) -> None:
    options, words = REFUSED[case]
    Path("box.solved.xlsx").write_bytes(OLD)
    before = snapshot(tmp_path)
    line = error_line(run("solve", box, *options), 2)
    assert words in line
    assert snapshot(tmp_path) == before
    assert not list(tmp_path.glob("new*"))


def test_files_that_are_none(box: Path, tmp_path: Path) -> None:
    line = error_line(run("solve", "absent.xlsx"), 2)
    assert line == "absent.xlsx: no such file; expected an .xlsx workbook"
    for name in ("box.xls", "box.ods", "box.xlsb", "./box", "box.csv/"):
        assert "whose name ends in .xlsx or .xlsm" in error_line(run("solve", name), 2)
    (tmp_path / "folder.xlsx").mkdir()
    assert "is a folder" in error_line(run("solve", "folder.xlsx"), 2)
    line = error_line(run("solve", "two\nlines\x1b[31m.xlsx"), 2)
    assert line.startswith(r"two\nlines\x1b[31m.xlsx: no such file")
    assert "--list" not in error_line(run("solve", "absent.xlsx", "--list"), 2)


def test_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with xlsxwriter.Workbook("plain.xlsx") as book:
        book.add_worksheet("one").write_formula("A1", "=B1^2")
        book.add_worksheet("two")
    for option in ([], ["--list"]):
        line = error_line(run("solve", "plain.xlsx", *option), 2)
        assert "holds no Solver model; expected one, or --objective and --by" in line
    line = error_line(run("solve", "plain.xlsx", "--objective", "A1", "--by", "B1"), 2)
    assert "sheet" in line
    found = solution("plain.xlsx", "--objective", "one!A1", "--by", "B1", "--start", "random")
    assert found["objective"] == pytest.approx(0.0, abs=1e-9)


def hide(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a package were not installed."""
    real = builtins.__import__

    def without(module: str, *args: Any, **rest: Any) -> Any:
        if module == name:
            raise ImportError(f"No module named {name!r}")
        return real(module, *args, **rest)

    monkeypatch.setattr(builtins, "__import__", without)


def test_without_highspy(box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide("highspy", monkeypatch)
    Path("box.solved.xlsx").write_bytes(OLD)
    before = snapshot(tmp_path)
    line = error_line(run("solve", box, "--engine", "Simplex LP"), 3)
    assert "highspy is not installed; get it with" in line
    assert snapshot(tmp_path) == before


def test_without_ironcalc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A formula that is not in the table needs it; others do not."""
    monkeypatch.chdir(tmp_path)
    hide("ironcalc", monkeypatch)
    with xlsxwriter.Workbook("odd.xlsx") as book:
        sheet = book.add_worksheet("one")
        sheet.write("A1", 2.0)
        sheet.write_formula("B1", "=A1^2+FVSCHEDULE(A1,{0.1,0.2})", None, 6.64)
        sheet.write_formula("C1", "=A1^2", None, 4.0)
    before = snapshot(tmp_path)
    options = ["--objective", "B1", "--by", "A1"]
    line = error_line(run("solve", "odd.xlsx", *options), 3)
    assert "IronCalc is missing" in line
    assert snapshot(tmp_path) == before
    assert solution("odd.xlsx", "--objective", "C1", "--by", "A1")["success"] is True


# What is imported late is imported before root becomes nobody, who may not read it.
AS_NOBODY = """
import contextlib, io, os, sys
import sheetsim.solving.many, sheetsim.solving.reports
from sheetsim.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main(["solve", os.environ["WARM"], "--no-copy"])
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
main(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="rights are POSIX's")
def test_places_that_are_read_only(good: Path) -> None:
    """As a user without rights: root may write anywhere."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in ("locked", "open"):
            (folder / part).mkdir()
        (folder / "open").chmod(0o777)
        (folder / "locked" / "box.xlsx").write_bytes(good.read_bytes())
        (folder / "open" / "hidden.xlsx").write_bytes(good.read_bytes())
        (folder / "open" / "hidden.xlsx").chmod(0o000)
        (folder / "open" / "old.xlsx").write_bytes(OLD)
        (folder / "open" / "old.xlsx").chmod(0o444)
        (folder / "locked").chmod(0o555)

        def refused(*args: str) -> str:
            done = subprocess.run(
                [sys.executable, "-c", AS_NOBODY, "solve", *args],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
                cwd=folder / "locked",
                env={**os.environ, "WARM": str(good)},
            )
            assert (done.returncode, done.stdout) == (2, "")
            return the_line(done.stderr)

        assert refused("box.xlsx") == (
            "box.solved.xlsx: cannot be written, its folder is read-only"
        )
        assert "read-only" in refused("box.xlsx", "--out", "../open/old.xlsx")
        assert "read-only" in refused("box.xlsx", "--no-copy", "--save-report", "r.json")
        assert "read-only" in refused("box.xlsx", "--sweep", "B6=1:2:2", "--out", "s.csv")
        assert "cannot be read (Permission denied)" in refused("../open/hidden.xlsx", "--no-copy")
        assert sorted(each.name for each in (folder / "open").iterdir()) == [
            "hidden.xlsx",
            "old.xlsx",
        ]
        assert (folder / "open" / "old.xlsx").read_bytes() == OLD
        (folder / "locked").chmod(0o755)


def test_as_users_have_it(box: Path, tmp_path: Path) -> None:
    done = spawn("solve", "box.xlsx", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert math.isclose(json.loads(done.stdout)["objective"], 4.0, rel_tol=1e-6)
    failed = spawn("solve", "box.xlsx", "--sheet", "x", cwd=tmp_path)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "has no sheet 'x'" in the_line(failed.stderr)
