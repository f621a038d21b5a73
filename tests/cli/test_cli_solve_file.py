"""`sheetsim solve FILE.xlsx`: what works, and what limits and Ctrl-C leave.

The largest box from 12 m² of sheet without a lid is 2 x 2 x 1, 4 m³; from A m², (A/3)^1.5 / 2.
"""

import csv
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from children import PATIENCE, child
from cli_runs import OLD, SAY_WHEN, run
from click.testing import Result
from solve_books import Page, make_box, no_constant, solution

from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.solver_model.model import Goal, SolverEngine
from sheetsim.workbook.solver_model.read import read_models

BEST = {"Box!B3": 2.0, "Box!B4": 2.0, "Box!B5": 1.0}


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


def well(result: Result) -> str:
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return result.stdout


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# What a file holds -----------------------------------------------------------------------------


def test_list_says_it_in_words(box: Path) -> None:
    assert well(run("solve", box, "--list")).splitlines()[:3] == [
        "Box: maximize B8 by changing 3 cells, B3:B5",
        "  subject to B9 <= B6",
        "  subject to B3:B5 >= 0.1",
    ]
    assert names(box.parent) == ["box.xlsx"]
    found = json.loads(well(run("solve", box, "--list", "--json")))
    assert found["file"] == str(box)
    model = found["models"]["Box"]
    assert model["words"].startswith("Box: maximize B8 by changing 3 cells, B3:B5")
    assert model["problems"] == []


def test_list_of_the_lecture_says_which_cannot_be_solved(lecture: Path) -> None:
    said = well(run("solve", lecture / "collab_filter.xlsx", "--list"))
    assert "dotprod: minimize V41 by changing 150 cells" in said
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
    assert "Box: maximize B8 by changing 3 cells, B3:B5" in said.splitlines()[0]
    assert names(tmp_path / "here") == ["box.solved.xlsx"]
    assert box.read_bytes() == before
    cells = read_book("box.solved.xlsx").sheets["Box"]
    assert cells[(7, 1)].value == pytest.approx(4.0, rel=1e-6)


def test_out_is_a_file_or_a_folder_or_the_file_itself(box: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    assert solution(box, "--out", folder)["out"] == str(folder / "box.solved.xlsx")
    assert solution(box, "--out", folder / "a.xlsx")["out"] == str(folder / "a.xlsx")
    assert names(folder) == ["a.xlsx", "box.solved.xlsx"]
    assert names(tmp_path) == ["box.xlsx", "out"]
    solution(box, "--out", box)
    assert solution(box, "--no-copy")["start_objective"] == pytest.approx(4.0, rel=1e-6)


def test_the_log_is_in_the_json(box: Path) -> None:
    """From the start to the solution, each trial better than the one before it."""
    found = solution(box, "--no-copy")
    log = found["log"]
    assert log[0]["objective"] == found["start_objective"]
    assert log[-1]["objective"] == pytest.approx(found["objective"])
    counts = [trial["evaluations"] for trial in log]
    assert counts == sorted(counts)
    assert len(log) > 1
    assert log[-1]["violation"] <= 1e-6


def test_no_copy(box: Path) -> None:
    assert solution(box, "--no-copy")["out"] is None
    assert names(box.parent) == ["box.xlsx"]


def test_json_has_the_fields(box: Path) -> None:
    found = solution(box, "--no-copy")
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
        [
            *("--objective", "Box!B9", "--minimize", "--by", "B3", "--by", "Box!$B$4,B5"),
            *("--subject-to", "B8 >= 4", "--subject-to", "0.1 <= B3:B5"),
        ],
        ["--objective", "'Box'!$B$9", "--minimize", "--by", "B3,B4:B5", "--subject-to", "4<=B8"],
        ["--objective=b9", "--minimize", "--subject-to=B8 ≥ 4", "--subject-to=B3:B5≥0.1"],
    ],
)
def test_a_model_by_options(box: Path, options: list[str]) -> None:
    """The least sheet for a box of 4 m³ is 12 m²; the copy holds the model that was given."""
    found = solution(box, *options, "--out", "least.xlsx")
    assert found["objective"] == pytest.approx(12.0, rel=1e-6)
    assert found["objective_cell"] == "Box!B9"
    (model,) = read_models(read_book("least.xlsx")).values()
    assert (str(model.objective), model.goal) == ("Box!B9", Goal.MINIMIZE)
    assert solution("least.xlsx", "--no-copy")["objective"] == pytest.approx(12.0, rel=1e-6)


def test_goals(box: Path) -> None:
    within = ("--no-copy", "--subject-to", "B3:B5<=3", "--subject-to", "B3:B5>=1")
    assert solution(box, *within, "--maximize")["objective"] == pytest.approx(27.0, rel=1e-6)
    assert solution(box, *within, "--minimize")["objective"] == pytest.approx(1.0, rel=1e-6)
    assert solution(box, *within, "--value", "8")["objective"] == pytest.approx(8.0, abs=1e-5)


def test_whole_numbers(box: Path) -> None:
    """With whole metres, 12 m² give at most 2 x 2 x 1 too; with 11, 3 x 1 x 1."""
    options = ["--subject-to", "B9<=B6", "--subject-to", "B3:B5>=1"]
    options += ["--subject-to", "B3:B5 integer", "--no-copy"]
    assert solution(box, *options)["objective"] == pytest.approx(4.0, abs=1e-5)
    assert solution(box, *options, "--set", "B6=11")["objective"] == pytest.approx(3.0, abs=1e-5)


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
    found = solution(box, *options, "--subject-to", "B3>=1", "--engine", name)
    assert found["engine"] == title
    assert found["objective"] == pytest.approx(9 + 2 * 10, rel=1e-6)
    (model,) = read_models(read_book("box.solved.xlsx")).values()
    assert model.engine is SolverEngine([*"GSE"].index(title[0]) + 1)


# Starts and inputs -----------------------------------------------------------------------------


def test_starts_and_seeds(box: Path) -> None:
    def start(*options: str) -> list[Any]:
        found = solution(box, "--no-copy", "--max-iterations", "1", *options, code=1)
        return [found["start_objective"], found["seed"]]

    assert start() == [1.0, 0]
    assert start("--start", "zero") == [pytest.approx(1e-3), 0]  # the nearest that is allowed
    assert start("--start", "random", "--seed", "3") == start("--start", "random", "--seed", "3")
    assert start("--start", "random", "--seed", "3") != start("--start", "random", "--seed", "4")
    many = solution(box, "--no-copy", "--start", "random", "--seed", "1", "--starts", "5")
    assert many["objective"] == pytest.approx(4.0, rel=1e-6)
    again = solution(box, "--no-copy", "--start", "random", "--seed", "1", "--starts", "5")
    assert many["variables"] == again["variables"]


def test_inputs_are_set(box: Path) -> None:
    found = solution(box, "--set", "Box!B6=48")
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
    found = solution(box, *option, code=1)
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
    found = solution(box, *options, code=1)
    assert (found["success"], found["out"]) == (False, None)
    assert found["status"].startswith("no feasible point found")  # no proof for what is curved


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
    return page.save("B34", "A3:A32", ["A3:A32<=5", "A3:A32>=-5"], engine=SolverEngine.EVOLUTIONARY)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize(
    "options",
    [["--json"], ["--json", "--sweep", "B1=1:3:3"], ["--starts", "2000", "--engine", "grg"]],
)
def test_ctrl_c_gives_the_best_point_so_far(tmp_path: Path, options: list[str]) -> None:
    path = endless(tmp_path / "endless.xlsx")
    more = ["--convergence", "1e-300", "--population", "2000"]
    if "--sweep" in options:
        more += ["--out", "s.csv"]
    words = ["-c", SAY_WHEN, "solve", str(path), *options, *more]
    with child(*words, cwd=tmp_path) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "solving\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
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
