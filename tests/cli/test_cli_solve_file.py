"""`sheetsim solve FILE.xlsx`: what works, what is refused, and what Ctrl-C leaves.

The largest box from 12 m² of sheet without a lid is 2 x 2 x 1, 4 m³; from A m², (A/3)^1.5 / 2.
"""

import builtins
import csv
import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from cli_runs import OLD, error_line, run, snapshot, spawn, the_line
from click.testing import Result

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "solving"))
from model_page import Page

from sheetsim.workbook.book_read import read_book
from sheetsim.workbook.solver_read import read_models
from sheetsim.workbook.stored_model import Engine, Goal

BEST = {"Box!B3": 2.0, "Box!B4": 2.0, "Box!B5": 1.0}


def make_box(path: Path) -> Path:
    page = Page(path, "Box", "The largest box")
    page.block("A3", [["length", 1.0], ["width", 1.0], ["height", 1.0], ["sheet", 12.0]])
    page.block("A8", [["volume", "=B3*B4*B5"], ["area", "=B3*B4+2*B5*(B3+B4)"]])
    return page.save("B8", "B3:B5", ["B9<=B6", "B3:B5>=0.1"], goal=Goal.MAXIMISE)


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


def solved(*args: str | Path, code: int = 0) -> dict[str, Any]:
    """What `solve --json` prints."""
    result = run("solve", *args, "--json")
    assert (result.exit_code, result.stderr) == (code, "")
    found = json.loads(result.stdout, parse_constant=no_constant)
    assert isinstance(found, dict)
    return found


def no_constant(token: str) -> Any:
    raise AssertionError(f"{token} is no JSON")


def well(result: Result) -> str:
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return result.stdout


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# What a file holds -----------------------------------------------------------------------------


def test_list_says_it_in_words(box: Path) -> None:
    assert well(run("solve", box, "--list")).splitlines()[:3] == [
        "Box: maximise B8 by changing 3 cells, B3:B5",
        "  subject to B9 <= B6",
        "  subject to B3:B5 >= 0.1",
    ]
    assert names(box.parent) == ["box.xlsx"]
    found = json.loads(well(run("solve", box, "--list", "--json")))
    assert found["file"] == str(box)
    model = found["models"]["Box"]
    assert model["words"].startswith("Box: maximise B8 by changing 3 cells, B3:B5")
    assert model["problems"] == []


def test_list_of_the_lecture_says_which_cannot_be_solved(lecture: Path) -> None:
    said = well(run("solve", lecture / "collab_filter.xlsx", "--list"))
    assert "dotprod: minimise V41 by changing 150 cells" in said
    assert "movielens_emb: cannot be solved as it is stored" in said
    assert "deleted" in said
    found = json.loads(well(run("solve", lecture / "collab_filter.xlsx", "--list", "--json")))
    assert found["models"]["movielens_emb"]["problems"]
    assert not found["models"]["dotprod"]["problems"]


# Where the copy goes ---------------------------------------------------------------------------


def test_the_copy_is_named_after_the_file_and_stands_here(box: Path, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    os.chdir(tmp_path / "here")
    before = box.read_bytes()
    said = well(run("solve", box))
    assert said.splitlines()[-1] == "box.solved.xlsx"
    assert "objective Box!B8: 1 at the start, 4 in the end" in said
    assert (
        "Solver found a solution. All constraints and optimality conditions are satisfied." in said
    )
    assert "Box: maximise B8 by changing 3 cells, B3:B5" in said.splitlines()[0]
    assert names(tmp_path / "here") == ["box.solved.xlsx"]
    assert box.read_bytes() == before
    cells = read_book("box.solved.xlsx").sheets["Box"]
    assert cells[(7, 1)].value == pytest.approx(4.0, rel=1e-6)


def test_out_is_a_file_or_a_folder_or_the_file_itself(box: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    assert solved(box, "--out", folder)["out"] == str(folder / "box.solved.xlsx")
    assert solved(box, "--out", folder / "a.xlsx")["out"] == str(folder / "a.xlsx")
    assert names(folder) == ["a.xlsx", "box.solved.xlsx"]
    assert names(tmp_path) == ["box.xlsx", "out"]
    solved(box, "--out", box)
    assert solved(box, "--no-copy")["start_objective"] == pytest.approx(4.0, rel=1e-6)


def test_no_copy(box: Path) -> None:
    assert solved(box, "--no-copy")["out"] is None
    assert names(box.parent) == ["box.xlsx"]


def test_json_has_the_fields(box: Path) -> None:
    found = solved(box, "--no-copy")
    assert found["objective"] == pytest.approx(4.0, rel=1e-6)
    assert found["status"].startswith("converged: ")
    assert found["success"] is True
    assert found["variables"] == pytest.approx(BEST, rel=1e-4)
    assert isinstance(found["iterations"], int)
    assert found["iterations"] >= 1
    assert found["evaluations"] >= found["iterations"]
    assert 0 < found["seconds"] < 60


# Reports ---------------------------------------------------------------------------------------


def test_reports(box: Path, tmp_path: Path) -> None:
    well(run("solve", box, "--report", "--save-report", "r.json"))
    assert list(read_book("box.solved.xlsx").sheets)[1:] == [
        *("Answer Report 1", "Sensitivity Report 1", "Limits Report 1", "Trials")
    ]
    found = json.loads(Path("r.json").read_text(), parse_constant=no_constant)
    assert found["report"]["objective"]["after"] == pytest.approx(4.0, rel=1e-6)
    well(run("solve", box, "--no-copy", "--save-report", "r.csv"))
    tables = [f"r_{name}.csv" for name in ("answer", "limits", "sensitivity", "trials")]
    assert names(tmp_path) == ["box.solved.xlsx", "box.xlsx", "r.json", *tables]
    rows = list(csv.reader(Path("r_answer.csv").read_text().splitlines()))
    assert any("Box!$B$8" in cell for row in rows for cell in row)


# The model by options --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        ["--objective", "B9", "--minimize", "--by", "B3:B5", "--subject-to", "B8=4"],
        ["--objective", "Box!B9", "--minimize", "--by", "B3", "--by", "Box!$B$4,B5"]
        + ["--subject-to", "B8 >= 4", "--subject-to", "0.1 <= B3:B5"],
        ["--objective", "'Box'!$B$9", "--minimize", "--by", "B3,B4:B5", "--subject-to", "4<=B8"],
        ["--objective=b9", "--minimize", "--subject-to=B8 ≥ 4", "--subject-to=B3:B5≥0.1"],
    ],
)
def test_a_model_by_options(box: Path, options: list[str]) -> None:
    """The least sheet for a box of 4 m³ is 12 m²; the copy holds the model that was given."""
    found = solved(box, *options, "--out", "least.xlsx")
    assert found["objective"] == pytest.approx(12.0, rel=1e-6)
    assert found["objective_cell"] == "Box!B9"
    (model,) = read_models(read_book("least.xlsx")).values()
    assert (str(model.objective), model.goal) == ("Box!B9", Goal.MINIMISE)
    assert solved("least.xlsx", "--no-copy")["objective"] == pytest.approx(12.0, rel=1e-6)


def test_goals(box: Path) -> None:
    within = ("--no-copy", "--subject-to", "B3:B5<=3", "--subject-to", "B3:B5>=1")
    assert solved(box, *within, "--maximize")["objective"] == pytest.approx(27.0, rel=1e-6)
    assert solved(box, *within, "--minimize")["objective"] == pytest.approx(1.0, rel=1e-6)
    assert solved(box, *within, "--value", "8")["objective"] == pytest.approx(8.0, abs=1e-5)


def test_whole_numbers(box: Path) -> None:
    """With whole metres, 12 m² give at most 2 x 2 x 1 too; with 11, 3 x 1 x 1."""
    options = ["--subject-to", "B9<=B6", "--subject-to", "B3:B5>=1"]
    options += ["--subject-to", "B3:B5 integer", "--no-copy"]
    assert solved(box, *options)["objective"] == pytest.approx(4.0, abs=1e-5)
    assert solved(box, *options, "--set", "B6=11")["objective"] == pytest.approx(3.0, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        *[("GRG Nonlinear", "GRG Nonlinear"), ("grg", "GRG Nonlinear")],
        *[("Simplex LP", "Simplex LP"), ("lp", "Simplex LP"), ("SIMPLEX", "Simplex LP")],
        *[("Evolutionary", "Evolutionary"), ("evolutionary", "Evolutionary")],
    ],
)
def test_engines_by_name(box: Path, name: str, title: str) -> None:
    if title == "Simplex LP":
        pytest.importorskip("highspy", reason="the extra lp is not installed")
    options = ["--objective", "B9", "--maximize", "--by", "B3", "--subject-to", "B3<=9"]
    found = solved(box, *options, "--subject-to", "B3>=1", "--engine", name)
    assert found["engine"] == title
    assert found["objective"] == pytest.approx(9 + 2 * 10, rel=1e-6)
    (model,) = read_models(read_book("box.solved.xlsx")).values()
    assert model.engine is Engine([*"GSE"].index(title[0]) + 1)


# Starts and inputs -----------------------------------------------------------------------------


def test_starts_and_seeds(box: Path) -> None:
    def start(*options: str) -> list[Any]:
        found = solved(box, "--no-copy", "--max-iterations", "1", *options, code=1)
        return [found["start_objective"], found["seed"]]

    assert start() == [1.0, 0]
    assert start("--start", "zero") == [pytest.approx(1e-3), 0]  # the nearest that is allowed
    assert start("--start", "random", "--seed", "3") == start("--start", "random", "--seed", "3")
    assert start("--start", "random", "--seed", "3") != start("--start", "random", "--seed", "4")
    many = solved(box, "--no-copy", "--start", "random", "--seed", "1", "--starts", "5")
    assert many["objective"] == pytest.approx(4.0, rel=1e-6)
    again = solved(box, "--no-copy", "--start", "random", "--seed", "1", "--starts", "5")
    assert many["variables"] == again["variables"]


def test_inputs_are_set(box: Path) -> None:
    found = solved(box, "--set", "Box!B6=48")
    assert found["objective"] == pytest.approx(32.0, rel=1e-6)
    assert read_book("box.solved.xlsx").sheets["Box"][(5, 1)].value == 48.0


# Sweeps ----------------------------------------------------------------------------------------


def test_a_sweep_is_printed_and_written(box: Path, tmp_path: Path) -> None:
    said = well(run("solve", box, "--sweep", "B6=12:48:2"))
    assert [word in said for word in ("Box!B6", "objective", "32", "converged")] == [True] * 4
    assert names(tmp_path) == ["box.xlsx"]
    for suffix in ("csv", "json", "xlsx"):
        said = well(run("solve", box, "--sweep", "B6=12:48:2", "--out", f"s.{suffix}"))
        assert said.splitlines()[-1] == f"s.{suffix}"
    rows = list(csv.DictReader(Path("s.csv").read_text().splitlines()))
    assert [float(row["objective"]) for row in rows] == pytest.approx([4.0, 32.0], rel=1e-6)
    found = json.loads(Path("s.json").read_text(), parse_constant=no_constant)
    assert found[1]["inputs"] == {"Box!B6": 48.0}
    assert read_book("s.xlsx").sheets["Sweep"][(2, 1)].value == pytest.approx(32.0, rel=1e-6)


def test_jobs_do_not_matter(box: Path) -> None:
    def rows(*options: str) -> list[dict[str, Any]]:
        result = run("solve", box, "--sweep", "B6=6,12,48", "--json", *options)
        found = json.loads(well(result), parse_constant=no_constant)
        return [{key: row[key] for key in row if key != "seconds"} for row in found]

    one = rows()
    assert [row["objective"] for row in one] == pytest.approx(
        [(a / 3) ** 1.5 / 2 for a in (6, 12, 48)], rel=1e-6
    )
    assert one == rows("--jobs", "2")


# Ends before the end ---------------------------------------------------------------------------


@pytest.mark.parametrize("option", [["--max-iterations", "2"], ["--max-time", "1e-9"]])
def test_limits_end_with_the_best_point_so_far(box: Path, option: list[str]) -> None:
    found = solved(box, *option, code=1)
    assert found["success"] is False
    assert found["message"].startswith("Stop chosen when the maximum")
    assert found["status"].split(":")[0] in {"stalled", "out of time"}
    assert 1.0 <= found["objective"] < 4.0
    cells = read_book("box.solved.xlsx").sheets["Box"]
    assert cells[(7, 1)].value == pytest.approx(found["objective"], rel=1e-12)


def test_not_solved_is_1_and_no_copy(box: Path) -> None:
    Path("box.solved.xlsx").write_bytes(OLD)
    options = ["--subject-to", "B9<=-1", "--subject-to", "B3:B5>=0.1"]
    result = run("solve", box, *options)
    assert (result.exit_code, result.stderr) == (1, "")
    assert "no copy was written" in result.stdout
    assert Path("box.solved.xlsx").read_bytes() == OLD
    found = solved(box, *options, code=1)
    assert (found["success"], found["out"]) == (False, None)
    assert found["status"].startswith("infeasible")


def test_a_sweep_of_which_one_fails_is_1(box: Path) -> None:
    result = run("solve", box, "--sweep", "B6=-1,12", "--out", "s.csv")
    assert (result.exit_code, result.stderr) == (1, "")
    rows = list(csv.DictReader(Path("s.csv").read_text().splitlines()))
    assert [row["success"] for row in rows] == ["False", "True"]


def endless(path: Path) -> Path:
    """Evolutionary on 30 variables with kinks: it takes far longer than a test does."""
    page = Page(path, "S", "Kinks")
    page.down("A3", [3.3] * 30)
    page.fill("B3", "B32", "=ABS(A{r}-ROUND(A{r},0))+A{r}^2")
    page.put("B34", "=SUM(B3:B32)")
    return page.save("B34", "A3:A32", ["A3:A32<=5", "A3:A32>=-5"], engine=Engine.EVOLUTIONARY)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize(
    "options", [["--json"], ["--json", "--sweep", "B1=1:3:3"], ["--starts", "200"]]
)
def test_ctrl_c_gives_the_best_point_so_far(tmp_path: Path, options: list[str]) -> None:
    path = endless(tmp_path / "endless.xlsx")
    more = ["--convergence", "1e-300", "--population", "2000"]
    if "--sweep" in options:
        more += ["--out", "s.csv"]
    process = subprocess.Popen(
        [sys.executable, "-c", SAY_WHEN, "solve", str(path), *options, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    try:
        assert process.stderr is not None
        assert process.stderr.readline() == "solving\n"
        time.sleep(0.7)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, err) == (130, "")
    if "--sweep" in options:
        (row,) = json.loads(out)
        assert row["status"].startswith("interrupted")
        assert len(Path(tmp_path / "s.csv").read_text().splitlines()) == 2
        return
    if "--json" in options:
        found = json.loads(out)
        assert found["status"].startswith("interrupted: Ctrl-C")
        assert found["objective"] < found["start_objective"]
    else:
        assert "Solver stopped at user's request." in out
    copy = read_book(tmp_path / "endless.solved.xlsx").sheets["S"]
    value = copy[(33, 1)].value
    assert isinstance(value, float)
    assert value < 30 * (0.3 + 3.3**2)


SAY_WHEN = """
import sys
from sheetsim.solver import solve
wrapped = dict(solve.ENGINES)
def telling(engine):
    def run(evaluator):
        print("solving", file=sys.stderr, flush=True)
        return engine(evaluator)
    return run
solve.ENGINES.update({name: telling(engine) for name, engine in wrapped.items()})
from sheetsim.cli import main
main()
"""


# Refusals --------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[list[str], str]] = {
    "no such option": (["--nonsense"], "no such option"),
    "no such engine": (["--engine", "excel"], "engine: got 'excel', expected one of GRG Nonlinear"),
    "no such sheet": (["--sheet", "Nowhere"], "has no sheet 'Nowhere'; it has Box"),
    "both goals": (["--minimize", "--maximize"], "--minimize and --maximize were given"),
    "a goal and a value": (["--minimize", "--value", "3"], "without minimize"),
    "a value that is none": (["--value", "much"], "'much' is not a valid float"),
    "a value without end": (["--value", "nan"], "--value: got nan, expected a finite number"),
    "no starts": (["--starts", "0"], "0 is not in the range x>=1"),
    "a seed below zero": (["--seed", "-1"], "-1 is not in the range x>=0"),
    "a start that is none": (["--start", "warm"], "'warm' is not one of"),
    "no time": (["--max-time", "0"], "0.0 is not in the range x>0"),
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
    "a sweep that is none": (["--sweep", "B6=1:2"], "expected first:last:count"),
    "a sweep without end": (["--sweep", "B6=0:1:1e9"], "a count from 1 to 100,000"),
    "a sweep of a variable": (["--sweep", "B3=1:2:3"], "Box!B3 is a variable"),
    "a sweep twice": (["--sweep", "B6=1:2:3", "--sweep", "B6=1:2:3"], "named twice"),
    "too many sweeps": (
        ["--sweep", "B6=1:2:10000", "--sweep", "C6=1:2:10000"],
        "more than 1,000,000 solves",
    ),
    "a sweep to pdf": (["--sweep", "B6=1:2:3", "--out", "s.pdf"], "ends in .csv, .json, .xlsx"),
    "a sweep with a report": (["--sweep", "B6=1:2:3", "--report"], "without --sweep"),
    "a copy and none": (["--no-copy", "--out", "a.xlsx"], "expected one of them"),
    "a report on nothing": (["--no-copy", "--report"], "expected it without --no-copy"),
    "a report in prose": (["--save-report", "r.txt"], "ends in .json or .csv"),
    "a report nowhere": (["--save-report", "no/r.json"], "there is no folder"),
    "a copy to pdf": (["--out", "a.pdf"], "ends in .xlsx"),
    "a copy with macros": (["--out", "a.xlsm"], "expected a name that ends in .xlsx"),
    "a copy nowhere": (["--out", "no/a.xlsx"], "cannot be written, there is no folder"),
    "no jobs": (["--jobs", "0"], "0 is not in the range x>=1"),
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
    import xlsxwriter

    with xlsxwriter.Workbook("plain.xlsx") as book:
        book.add_worksheet("one").write_formula("A1", "=B1^2")
        book.add_worksheet("two")
    for option in ([], ["--list"]):
        line = error_line(run("solve", "plain.xlsx", *option), 2)
        assert "holds no Solver model; expected one, or --objective and --by" in line
    line = error_line(run("solve", "plain.xlsx", "--objective", "A1", "--by", "B1"), 2)
    assert "sheet" in line
    found = solved("plain.xlsx", "--objective", "one!A1", "--by", "B1", "--start", "random")
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
    import xlsxwriter

    hide("ironcalc", monkeypatch)
    with xlsxwriter.Workbook("odd.xlsx") as book:
        sheet = book.add_worksheet("one")
        sheet.write("A1", 2.0)
        sheet.write_formula("B1", "=A1^2+BESSELJ(A1,1)", None, 4.5767248077568736)
        sheet.write_formula("C1", "=A1^2", None, 4.0)
    before = snapshot(tmp_path)
    options = ["--objective", "B1", "--by", "A1"]
    line = error_line(run("solve", "odd.xlsx", *options), 3)
    assert "IronCalc is missing" in line
    assert snapshot(tmp_path) == before
    assert solved("odd.xlsx", "--objective", "C1", "--by", "A1")["success"] is True


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_places_that_are_read_only(box: Path, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked").chmod(0o500)
    (tmp_path / "old.xlsx").write_bytes(OLD)
    (tmp_path / "old.xlsx").chmod(0o400)
    assert "read-only" in error_line(run("solve", box, "--out", "locked"), 2)
    assert "is read-only" in error_line(run("solve", box, "--out", "old.xlsx"), 2)
    box.chmod(0o000)
    assert "cannot be read (Permission denied)" in error_line(run("solve", box), 2)


def test_as_users_have_it(box: Path, tmp_path: Path) -> None:
    done = spawn("solve", "box.xlsx", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert math.isclose(json.loads(done.stdout)["objective"], 4.0, rel_tol=1e-6)
    failed = spawn("solve", "box.xlsx", "--sheet", "x", cwd=tmp_path)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "has no sheet 'x'" in the_line(failed.stderr)
