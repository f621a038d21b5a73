"""From a file to its solved copy: the lecture's workbook, models given as text, inputs, sweeps.

Oracles: the optimum that the lecture's sheets reach (0.392901, 0.318655), SciPy, closed forms, and
IronCalc and LibreOffice, which recalculate the copies.
"""

import json
import math
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize
from installed import installed
from model_page import Page

import sheetsim
from sheetsim.engines import engines
from sheetsim.errors import OptionError, WorkbookError
from sheetsim.solving import Request, solve_file
from sheetsim.solving.many import Table, save_table, sweep_file
from sheetsim.solving.report_content import ReportContent
from sheetsim.solving.reports import save_report
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.solver_model.model import Goal
from sheetsim.workbook.solver_model.read import read_models

DOTPROD = 0.39290079
BIAS = 0.31865450


@pytest.fixture(scope="session")
def factors(lecture: Path) -> Path:
    """The lecture's file."""
    return lecture / "collab_filter.xlsx"


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """The largest box from a sheet of 12 m² (without a lid): 4 m³, 2 x 2 x 1."""
    page = Page(tmp_path / "box.xlsx", "Box", "The largest box")
    page.block("A3", [["length", 1.0], ["width", 1.0], ["height", 1.0], ["sheet", 12.0]])
    page.put("A8", "volume")
    page.put("B8", "=B3*B4*B5")
    page.put("A9", "area")
    page.put("B9", "=B3*B4+2*B5*(B3+B4)")
    page.put("A11", "note")
    page.put("B11", '="volume "&ROUND(B8,2)')
    page.put("B12", "=IF(B8>3,TRUE,FALSE)")
    page.put("B13", "=1/(B8-1)")
    return page.save("B8", "B3:B5", ["B9<=B6", "B3:B5>=0.1"], goal=Goal.MAXIMIZE)


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# The lecture's file ----------------------------------------------------------------------------


def test_the_lecture_from_a_random_start(factors: Path, tmp_path: Path) -> None:
    out = tmp_path / "solved.xlsx"
    solved = sheetsim.solve(factors, sheet="dotprod", start="random", seed=1, out=out)
    assert solved.success, solved.status
    assert solved.objective == pytest.approx(DOTPROD, abs=1e-7)
    assert len(solved.variables) == 150
    assert solved.path == out
    before, after = parts(factors), parts(out)
    assert before.keys() == after.keys()
    changed = {name for name in before if before[name] != after[name]}
    # dotprod, and the two sheets whose formulas refer to its factors; bias and all else stay.
    assert changed == {f"xl/worksheets/sheet{i}.xml" for i in (1, 2, 3)}
    book = read_book(out)
    cell = book.sheets["dotprod"][(40, 21)]
    assert cell.value == pytest.approx(solved.objective, rel=1e-14)


@pytest.mark.parametrize("engine", ["ironcalc", "libreoffice"])
def test_engines_recalculate_the_copy_to_the_same(box: Path, tmp_path: Path, engine: str) -> None:
    if not installed(engines()[engine]):
        pytest.skip(f"{engine} is not here")
    out = tmp_path / "solved.xlsx"
    solved = solve_file(box, out=out)
    assert solved.objective == pytest.approx(4.0, rel=1e-6)
    values = engines()[engine].recalculate(out)["Box"]
    for place, cell in read_book(out).sheets["Box"].items():
        if isinstance(cell.value, float):
            assert values[place] == pytest.approx(cell.value, rel=1e-12), place
        elif cell.formula is not None:
            assert values[place] == cell.value, place


def test_many_starts_reach_the_optimum_with_biases(factors: Path) -> None:
    solved = solve_file(factors, Request(sheet="bias", start="random", starts=12, seed=0))
    assert solved.success
    assert solved.objective == pytest.approx(BIAS, abs=1e-6)


def test_a_file_with_several_models_asks_which(factors: Path) -> None:
    with pytest.raises(OptionError, match="holds 4 Solver models; expected sheet with"):
        solve_file(factors)
    with pytest.raises(WorkbookError, match=r"movielens_emb.*names a cell that was deleted"):
        solve_file(factors, Request(sheet="movielens_emb"))


# Models as text --------------------------------------------------------------------------------


def test_an_aim_that_is_false_is_one_that_is_left_out(box: Path) -> None:
    stored = sheetsim.solve(box)
    assert sheetsim.solve(box, maximize=False).variables == stored.variables
    assert sheetsim.solve(box, minimize=False, maximize=False).variables == stored.variables
    assert sheetsim.solve(box, minimize=False, maximize="B8").variables == stored.variables
    least = sheetsim.solve(box, minimize=True, maximize=False)
    assert least.objective < 0.002 < 4 - 1e-6 < stored.objective


def test_a_model_given_as_text_goes_into_the_copy(box: Path, tmp_path: Path) -> None:
    out = tmp_path / "solved.xlsx"
    solved = sheetsim.solve(
        box, objective="B9", minimize=True, by="B3:B5", subject_to=["B8 = 4", "B3:B5>=0.1"], out=out
    )
    assert solved.objective == pytest.approx(12.0, rel=1e-6)
    (model,) = read_models(read_book(out)).values()
    assert str(model.objective) == "Box!B9"
    assert [str(c) for c in model.constraints] == ["Box!B8 = 4", "Box!B3:B5 >= 0.1"]
    again = solve_file(out)
    assert again.objective == pytest.approx(12.0, rel=1e-6)


def test_a_value_is_reached(box: Path) -> None:
    solved = solve_file(box, Request(value=3.0))
    assert solved.success, solved.status
    assert solved.objective == pytest.approx(3.0, abs=1e-6)


def test_a_formula_on_the_right(box: Path) -> None:
    request = Request(subject_to=("B9 <= B6/2+2*3", "B3:B5 >= 0.1"))
    assert solve_file(box, request).objective == pytest.approx(4.0, rel=1e-6)


def test_cells_that_do_not_move_are_bounds(tmp_path: Path) -> None:
    page = Page(tmp_path / "bounds.xlsx", "S", "Bounds")
    page.block("A3", [[0.0, 1.0], [0.0, 2.0]])
    page.put("A6", "=(A3-3)^2+(A4-1)^2")
    solved = solve_file(page.save("A6", "A3:A4", ["A3:A4<=B3:B4"]))
    assert not solved.prepared.compiled.blocks
    np.testing.assert_allclose(list(solved.variables.values()), [1.0, 1.0], atol=1e-9)
    report = ReportContent(solved)
    assert [slack.binding for slack in report.constraints] == [True, False]
    assert report.constraints[1].slack == pytest.approx(1.0)


def test_zero_and_random_starts_lie_where_they_should(box: Path) -> None:
    zero = solve_file(box, Request(start="zero")).solution
    np.testing.assert_array_equal(zero.start, [0.1, 0.1, 0.1])  # the nearest that is allowed
    one = solve_file(box, Request(start="random", seed=4)).solution
    two = solve_file(box, Request(start="random", seed=4)).solution
    assert ((one.start >= 0.1) & (one.start <= 1.1)).all()
    np.testing.assert_array_equal(one.variables, two.variables)


# What stands in the copy -----------------------------------------------------------------------


def test_texts_booleans_and_errors_follow(box: Path, tmp_path: Path) -> None:
    out = tmp_path / "solved.xlsx"
    solve_file(box, out=out)
    cells = read_book(out).sheets["Box"]
    assert cells[(10, 1)].value == "volume 4"
    assert cells[(11, 1)].value is True
    assert cells[(12, 1)].value == pytest.approx(1 / 3, rel=1e-6)
    before = read_book(box).sheets["Box"]
    assert before[(11, 1)].value is False
    assert str(before[(12, 1)].value) == "#DIV/0!"


def test_a_point_that_misses_a_constraint_is_not_written(box: Path, tmp_path: Path) -> None:
    out = tmp_path / "solved.xlsx"
    solved = solve_file(box, Request(subject_to=("B9<=-1", "B3:B5>=0.1")), out=out)
    assert not solved.success
    assert solved.path is None
    assert "no copy was written" in solved.after[-1]
    assert not out.exists()


def test_inputs_that_are_set_stand_in_the_copy(box: Path, tmp_path: Path) -> None:
    out = tmp_path / "solved.xlsx"
    solved = sheetsim.solve(box, set={"B6": 48}, out=out)
    assert solved.objective == pytest.approx(32.0, rel=1e-6)
    assert read_book(out).sheets["Box"][(5, 1)].value == 48.0
    assert read_book(box).sheets["Box"][(5, 1)].value == 12.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("B8=3", "holds the formula =B3"),
        ("B99", "expected a cell and a value"),
        ("Nowhere!B1=3", "sheet 'Nowhere', which is not there"),
        ("=3", "expected a cell and a value"),
    ],
)
def test_inputs_that_cannot_be_set(box: Path, text: str, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        solve_file(box, Request(set=(text,)))


# Sweeps ----------------------------------------------------------------------------------------


def test_a_sweep_is_as_many_single_solves(box: Path, tmp_path: Path) -> None:
    prepared, table = sweep_file(box, Request(), ["Box!B6=6:48:4"])
    assert table.inputs == ("Box!B6",)
    for (sheet,), solution in table.rows:
        assert solution is not None
        assert solution.objective == pytest.approx((sheet / 3) ** 1.5 / 2, rel=1e-6)
        alone = solve_file(box, Request(set=(f"B6={sheet}",)))
        assert solution.objective == pytest.approx(alone.objective, rel=1e-9)
    csv = save_table(prepared, table, tmp_path / "sweep.csv").read_text()
    assert csv.splitlines()[0].startswith("Box!B6,objective,success,status")
    assert len(csv.splitlines()) == 5
    found = json.loads(save_table(prepared, table, tmp_path / "sweep.json").read_text())
    assert [row["inputs"]["Box!B6"] for row in found] == [6.0, 20.0, 34.0, 48.0]
    copy = read_book(save_table(prepared, table, tmp_path / "sweep.xlsx"))
    assert copy.sheets["Sweep"][(0, 0)].value == "Box!B6"
    assert copy.sheets["Sweep"][(4, 1)].value == pytest.approx(32.0, rel=1e-6)


def rows_of(table: Table) -> list[tuple[object, ...]]:
    """The rows without their times."""
    columns = table.columns()
    at = columns.index("seconds")
    return [row[:at] + row[at + 1 :] for row in table.records()]


def test_two_sweeps_give_every_combination_and_jobs_do_not_matter(box: Path) -> None:
    sweeps = ["B6=12:24:2", "B3=1,2"]
    request = Request(by=("B4:B5",), subject_to=("B9<=B6", "B4:B5>=0.1"))
    _, one = sweep_file(box, request, sweeps)
    assert [values for values, _ in one.rows] == [(12, 1), (12, 2), (24, 1), (24, 2)]
    for (sheet, length), solution in one.rows:
        # Of a box of length a: max a b h with a b + 2 h (a + b) = A, by one equation for b.
        widths = np.linspace(0.1, 20, 200_000)
        heights = (sheet - length * widths) / (2 * (length + widths))
        best = (length * widths * heights).max()
        assert solution is not None
        assert solution.objective == pytest.approx(best, rel=1e-6)
    _, two = sweep_file(box, request, sweeps, jobs=2)
    assert rows_of(one) == rows_of(two)


def test_a_sweep_on_a_dask_cluster(box: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    options = {"processes": True, "n_workers": 2, "threads_per_worker": 1}
    with distributed.LocalCluster(dashboard_address="127.0.0.1:0", **options) as cluster:
        _, there = sweep_file(box, Request(), ["B6=6:48:4"], scheduler=cluster.scheduler_address)
    _, here = sweep_file(box, Request(), ["B6=6:48:4"])
    assert rows_of(there) == rows_of(here)


def test_many_starts_do_not_depend_on_the_number_of_jobs(box: Path) -> None:
    request = Request(start="random", starts=120, seed=3)
    one, two = (solve_file(box, request, jobs=jobs).solution for jobs in (1, 2))
    np.testing.assert_array_equal(one.variables, two.variables)
    assert one.evaluations == two.evaluations


@pytest.mark.parametrize("text", ["B6=1:2", "B6=a:b:c", "B6=1:2:0", "B6=1:2:2.5", "B4:B6=1:2:3"])
def test_sweeps_that_are_none(box: Path, text: str) -> None:
    with pytest.raises(OptionError, match=r"sweep|names"):
        sweep_file(box, Request(), [text])


def test_a_variable_is_not_swept(box: Path) -> None:
    with pytest.raises(OptionError, match="Box!B3 is a variable"):
        sweep_file(box, Request(), ["B3=1:2:3"])


# Inputs that nothing reads ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "warned"),
    [("Z9=1", "Box!Z9"), ("B6=14", ""), ("C9=3", "Box!C9"), ("X1:X5=2", "Box!X1")],
)
def test_an_input_that_nothing_reads_is_warned_of(box: Path, text: str, warned: str) -> None:
    lines = [line for line in solve_file(box, Request(set=(text,))).before if "reads" in line]
    assert [warned in line for line in lines] == ([True] if warned else [])
    assert all("no formula and no constraint reads" in line for line in lines)


# Reports ---------------------------------------------------------------------------------------


def test_before_is_what_the_workbook_shows_wherever_a_search_began(box: Path) -> None:
    """Excel's Original Value is the cell's when Solve was pressed."""
    there = read_book(box).sheets["Box"]
    own = [float(str(there[row, 1].value)) for row in (2, 3, 4)]
    for request in (Request(start="random", seed=3), Request(starts=4)):
        solved = solve_file(box, request)
        answers = ReportContent(solved)
        assert [change.before for change in answers.variables] == own
        assert answers.objective is not None
        assert answers.objective.before == pytest.approx(np.prod(own), rel=1e-12)


def test_the_reports_as_sheets_and_files(box: Path, tmp_path: Path) -> None:
    out = tmp_path / "solved.xlsx"
    solved = sheetsim.solve(box, out=out, report=True)
    titles = ["Answer Report 1", "Sensitivity Report 1", "Limits Report 1", "Trials"]
    assert list(read_book(out).sheets)[1:] == titles
    found = json.loads(save_report(solved, tmp_path / "r.json")[0].read_text())["report"]
    assert found["objective"]["after"] == pytest.approx(4.0, rel=1e-6)
    (area,) = [row for row in found["constraints"] if row["cell"] == "Box!$B$9"]
    assert area["binding"] is True
    # V = (A/3)^1.5 / 2, so that a square metre more is worth dV/dA = (A/3)^0.5 / 4 = 0.5.
    (price,) = found["constraint_sensitivities"]
    assert price["worth"] == pytest.approx(0.5, rel=1e-5)
    # Alone, no variable can grow: the sheet is used up. Each can shrink to its bound.
    for row in found["limits"]:
        assert row["upper"] == pytest.approx(row["value"], rel=1e-6)
        assert row["lower"] == pytest.approx(0.1)
    names = [path.name for path in save_report(solved, tmp_path / "r.csv")]
    assert names == [f"r_{name}.csv" for name in ("answer", "sensitivity", "limits", "trials")]


# Compiled for other optimizers -----------------------------------------------------------------


def test_a_compiled_objective_in_scipy(factors: Path) -> None:
    f = sheetsim.compile(factors, "dotprod!V41", "dotprod!H19:V23,dotprod!B25:F39")
    x = np.random.default_rng(0).uniform(size=f.start.size)
    assert f(x) == pytest.approx(float(f.values(x)[0]), rel=1e-15)
    assert f(np.stack([x, x])).shape == (2,)
    found = scipy.optimize.minimize(
        f.value_and_gradient, x, jac=True, method="L-BFGS-B", options={"maxiter": 5000}
    )
    assert found.fun == pytest.approx(DOTPROD, abs=2e-3)
    assert math.isclose(f(found.x), found.fun)
