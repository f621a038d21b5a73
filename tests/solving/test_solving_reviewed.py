"""Models on which an earlier state was wrong: each a case that a reviewer found.

Oracles: closed forms and plain enumeration.
"""

import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from model_page import Page

from sheetsim.errors import OptionError, WorkbookError
from sheetsim.solver.endings import Ending
from sheetsim.solver.solve_model import solve
from sheetsim.solving import Request, Solved, solve_file
from sheetsim.solving.many import sweep_file
from sheetsim.solving.reports import report_sheets
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.solver_model.model import Goal, SolverEngine
from sheetsim.workbook.solver_model.read import read_models


def book(tmp_path: Path, cells: Mapping[str, object]) -> Path:
    """A workbook of one sheet S with some cells, and no model of use."""
    page = Page(tmp_path / "m.xlsx", "S", "A model")
    for cell, content in cells.items():
        page.put(cell, content if isinstance(content, str) else float(str(content)))
    page.put("Z98", 1.0)
    page.put("Z99", "=Z98^2")
    return page.save("Z99", "Z98")


def solved(path: Path, objective: str, by: str, *subject_to: str, **more: object) -> Solved:
    request = Request(objective=objective, by=(by,), subject_to=subject_to, **more)  # type: ignore[arg-type]
    return solve_file(path, request)


# What is given on top of a stored model ---------------------------------------------------------


def stored(tmp_path: Path) -> Path:
    """max 3x + 2y, x + y <= 4, x <= 2, both at least 0: 10 at (2, 2)."""
    page = Page(tmp_path / "stored.xlsx", "S", "Stored")
    page.block("A3", [[0.0], [0.0]])
    page.put("B3", "=3*A3+2*A4")
    page.put("B4", "=A3+A4")
    page.put("B5", "=A3+5*A4")
    return page.save(
        "B3", "A3:A4", ["B4<=4", "A3<=2"], goal=Goal.MAXIMIZE, engine=SolverEngine.SIMPLEX,
        non_negative=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "best"),
    [
        (Request(), 10.0),
        (Request(by=("A3:A4",), subject_to=("B4<=3", "A3<=2")), 8.0),
        (Request(objective="B5", by=("A3:A4",)), 20.0),
        (Request(sheet="S", objective="B5"), 20.0),
        (Request(subject_to=("B4<=3",), engine="grg"), 9.0),
        (Request(goal="minimize"), 0.0),
    ],
)
def test_what_is_not_given_is_the_stored_models(
    tmp_path: Path, request_: Request, best: float
) -> None:
    pytest.importorskip("highspy", reason="the extra lp is not installed")
    path, out = stored(tmp_path), tmp_path / "out.xlsx"
    found = solve_file(path, request_, out=out)
    assert found.success, found.status
    assert found.objective == pytest.approx(best, abs=1e-6)
    (model,) = read_models(read_book(out)).values()
    assert model.non_negative
    assert model.objective is not None


def test_variables_may_be_told_to_be_free(tmp_path: Path) -> None:
    path = stored(tmp_path)
    request = Request(goal="minimize", subject_to=("A3:A4>=-1",), non_negative=False, engine="grg")
    assert solve_file(path, request).objective == pytest.approx(-5.0, abs=1e-6)


# Linear, or not --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "bound"),
    [
        ("=A3-1E-9*A3^2", "A3<=1E10"),
        ("=A3-MAX(0,A3^2-1E9)", "A3<=100000"),
    ],
)
def test_simplex_refuses_what_is_not_linear(tmp_path: Path, formula: str, bound: str) -> None:
    pytest.importorskip("highspy", reason="the extra lp is not installed")
    path = book(tmp_path, {"A3": 0.0, "B3": formula})
    found = solved(path, "B3", "A3", bound, "A3>=0", goal="maximize", engine="Simplex LP")
    assert not found.success
    assert found.solution.ending is Ending.NOT_LINEAR
    assert found.variables == {"S!A3": 0.0}, "no point of the test of linearity"


@pytest.mark.parametrize(
    ("formula", "most"), [("=3*A3-10*MAX(0,A3-5000)", 15_000), ("=IF(A3>2000,0,A3)", 2_000)]
)
def test_simplex_makes_linear_what_it_can(tmp_path: Path, formula: str, most: float) -> None:
    pytest.importorskip("highspy", reason="the extra lp is not installed")
    path = book(tmp_path, {"A3": 0.0, "B3": formula})
    found = solved(path, "B3", "A3", "A3<=10000", "A3>=0", goal="maximize", engine="Simplex LP")
    assert found.objective == pytest.approx(most)
    assert found.solution.proved


def test_a_refused_or_unbounded_model_leaves_no_copy(tmp_path: Path) -> None:
    pytest.importorskip("highspy", reason="the extra lp is not installed")
    path, out = book(tmp_path, {"A3": 1.0, "A4": 1.0, "B3": "=A3*A4", "B4": "=A3+A4"}), "no.xlsx"
    for objective, ending in (("B3", Ending.NOT_LINEAR), ("B4", Ending.UNBOUNDED)):
        request = Request(objective=objective, by=("A3:A4",), engine="lp")
        found = solve_file(path, request, out=tmp_path / out)
        assert found.solution.ending is ending, found.status
        assert not (tmp_path / out).exists()


# No minimum ------------------------------------------------------------------------------------


def test_many_variables_without_a_bound(tmp_path: Path) -> None:
    page = Page(tmp_path / "many.xlsx", "S", "Many")
    page.down("A3", [1.0] * 500)
    page.put("B3", "=SUM(A3:A502)")
    page.put("B4", "=A3+A4")
    path = page.save("B3", "A3:A502", goal=Goal.MAXIMIZE)
    for subject_to in ((), ("B4>=100",)):
        found = solve_file(path, Request(subject_to=subject_to))
        assert found.solution.ending is Ending.UNBOUNDED, found.status
        assert not found.success


def test_evolution_without_a_bound(tmp_path: Path) -> None:
    path = book(tmp_path, {"A3": 1.0, "A4": 1.0, "B3": "=A3+A4"})
    found = solved(path, "B3", "A3:A4", "A3:A4>=0", goal="maximize", engine="evolutionary")
    assert found.solution.ending is Ending.UNBOUNDED, found.status


def test_a_logarithm_has_no_least_value(tmp_path: Path) -> None:
    assert not solved(book(tmp_path, {"A3": 3.0, "B3": "=LN(A3)"}), "B3", "A3").success


# Starts that show no way -----------------------------------------------------------------------


def test_zeros_are_no_proof(tmp_path: Path) -> None:
    cells = {
        "A3": 0.0,
        "A4": 0.0,
        "A5": 0.0,
        "B3": "=(A3*A4-6)^2+(A3*A5-2)^2",
        "B4": "=A3^4-2*A3^2",
    }
    path = book(tmp_path, cells)
    assert solved(path, "B3", "A3:A5").objective == pytest.approx(0.0, abs=1e-12)
    assert solved(path, "B4", "A3").objective == pytest.approx(-1.0, abs=1e-9)


@pytest.mark.parametrize("constraint", ["B4>=1", "B4=1", "B5>=1"])
def test_zeros_do_not_make_a_model_infeasible(tmp_path: Path, constraint: str) -> None:
    path = book(
        tmp_path, {"A3": 0.0, "A4": 0.0, "B3": "=A3+A4", "B4": "=A3*A4", "B5": "=A3^2+A4^2"}
    )
    best = 1.0 if constraint == "B5>=1" else 2.0
    found = solved(path, "B3", "A3:A4", constraint, "A3:A4>=0")
    assert found.success, found.status
    assert found.objective == pytest.approx(best, abs=1e-5)


def test_what_has_no_derivative_proves_nothing(tmp_path: Path) -> None:
    found = solved(book(tmp_path, {"A3": 2.3, "B3": "=(CODE(CHAR(60+A3))-65)^2"}), "B3", "A3")
    assert found.solution.ending in (Ending.NO_BETTER, Ending.OPTIMAL)
    assert "CHAR" in " ".join(found.before)
    assert "CHAR" in found.status or found.objective == 0


# Whole numbers, bounds, right sides ------------------------------------------------------------


def test_a_small_step_that_costs_much(tmp_path: Path) -> None:
    path = book(tmp_path, {"A3": 5.0, "A4": 0.0, "B3": "=10*A4+A3", "B4": "=A3-1E7*A4"})
    found = solved(path, "B3", "A3:A4", "B4<=0", "A3>=5", "A4 binary")
    assert found.success, found.status
    assert found.objective == pytest.approx(15.0, rel=1e-6)


def test_a_swept_bound_is_a_bound(tmp_path: Path) -> None:
    path = book(tmp_path, {"A3": 1.0, "D3": -5.0, "B3": "=(A3+8)^2"})
    request = Request(objective="B3", by=("A3",), subject_to=("A3>=D3",), non_negative=True)
    assert solve_file(path, request).objective == pytest.approx(9.0)
    _, table = sweep_file(path, request, ["D3=-5,-3"])
    assert [s and s.objective for _, s in table.rows] == [pytest.approx(9.0), pytest.approx(25.0)]


def test_a_formula_on_the_right_of_what_ironcalc_computes(tmp_path: Path) -> None:
    pytest.importorskip("ironcalc", reason="IronCalc is not here")
    page = Page(tmp_path / "bessel.xlsx", "S", "Bessel")
    page.block("A3", [[1.0, "=(FVSCHEDULE(A3,{0.1})-0.1)^2+(A4-2)^2"], [1.0]])
    page._book.close()
    with pytest.raises(
        WorkbookError, match=r"FVSCHEDULE, which IronCalc .* no cell for the formula"
    ):
        solved(page.path, "B3", "A3:A4", "A3<=A4+1")


def test_contradicting_bounds_name_the_cell(tmp_path: Path) -> None:
    path = book(tmp_path, {"A3": 1.0, "A4": 1.0, "B3": "=A3^2+A4^2"})
    found = solved(path, "B3", "A3:A4", "A4>=3", "A4<=2")
    assert not found.success
    assert "S!A4 must be at least 3 and at most 2" in found.status


def test_a_singular_model_ends_in_a_sentence(tmp_path: Path) -> None:
    cells = {"A3": 0.1, "A4": 0.01, "A5": -1.0, "B3": "=A3+A4+A5",
             "B4": "=A3+A4+A5+A3^2+A4^2+A5^2"}  # fmt: skip
    found = solved(book(tmp_path, cells), "B3", "A3:A5", "A5=1", "B4>=2")
    # With A5 = 1: a + b + a^2 + b^2 >= 0; the least a + b is -2, at a = b = -1.
    assert found.objective == pytest.approx(-1.0, abs=1e-5) or not found.success


def test_an_objective_that_nothing_moves(tmp_path: Path) -> None:
    path = book(tmp_path, {"A3": 1.0, "A4": 1.0, "B3": "=A4^2"})
    with pytest.raises(WorkbookError, match=r"S!B3 does not depend on the cells to change, S!A3"):
        solved(path, "B3", "A3")


@pytest.mark.parametrize("text", ["Rate", "12"])
def test_a_text_is_no_variable(tmp_path: Path, text: str) -> None:
    path = book(tmp_path, {"A3": text, "B3": "=LEN(A3)+A4^2", "A4": 1.0})
    with pytest.raises(WorkbookError, match=f"the variable S!A3 holds '{text}'"):
        solved(path, "B3", "A3:A4")


# Many starts, reports --------------------------------------------------------------------------


def test_starts_are_searches_or_populations(tmp_path: Path) -> None:
    path = book(tmp_path, {"A3": 1.0, "B3": "=A3^2"})
    expected = "starts is 20; expected 1 with Simplex LP, or another engine"
    with pytest.raises(OptionError, match=expected):
        solved(path, "B3", "A3", engine="simplex", starts=20)
    one, three = (
        solved(path, "B3", "A3", engine="evolutionary", starts=starts) for starts in (1, 3)
    )
    assert three.evaluations > 2 * one.evaluations
    assert any("3 populations of 100" in line for line in three.before)
    assert three.objective == pytest.approx(0, abs=1e-9)


def test_batches_of_starts_share_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that counts how often it is asked, for the machine may be busy."""
    calls = itertools.count()
    assert solve.__kwdefaults__ is not None
    monkeypatch.setitem(solve.__kwdefaults__, "clock", lambda: next(calls) / 1000)
    path = book(tmp_path, {"A3": 1.0, "A4": 2.0, "B3": "=SIN(9*A3)*COS(7*A4)+(A3^2+A4^2)/50"})
    request = Request(objective="B3", by=("A3:A4",), starts=400, options=(("max_time", 1.0),))
    found = solve_file(path, request)
    assert 1.0 < next(calls) / 1000 < 3.0
    assert found.objective < -0.9


def test_whole_numbers_have_no_limits_and_no_prices(tmp_path: Path) -> None:
    path = book(tmp_path, {"A3": 1.0, "B3": "=(A3-2.4)^2"})
    found = solved(path, "B3", "A3", "A3 integer", "A3<=10", "A3>=0")
    assert found.variables["S!A3"] == 2.0
    answer, limits, trials = report_sheets(found)
    assert [answer.title, trials.title] == ["Answer Report", "Trials"]
    assert "There are no limits" in [value for row in limits.rows for value in row]


def test_infeasible_is_said_of_what_is(tmp_path: Path) -> None:
    path = book(tmp_path, {"A3": 1.0, "B3": "=A3", "B4": "=A3^2"})
    found = solved(path, "B3", "A3", "B4<=-1")
    assert found.solution.ending is Ending.INFEASIBLE
    assert np.isfinite(found.objective)


@pytest.mark.parametrize(
    ("cells", "rows", "nearest"),
    [  # saturated: the second derivatives are 0 to the last bit at the start and about it
        ({"A3": 0.0, "B3": "=A3^2", "B4": "=1/(1+EXP(-(A3-600)))"}, ("B4>=0.5",), 600.0),
        ({"A3": 1.0, "B3": "=A3+2*A4", "A4": 0.5}, ("A3>=1.0000005", "A3<=1", "A4>=0"), 1.0),
    ],
)
def test_what_can_be_met_is_not_called_infeasible(
    tmp_path: Path, cells: Mapping[str, object], rows: tuple[str, ...], nearest: float
) -> None:
    """By a curve that is flat where one looks, and by bounds that differ by half the precision."""
    by = "A3:A4" if "A4" in cells else "A3"
    found = solved(book(tmp_path, cells), "B3", by, *rows)
    ending = found.solution.ending
    assert ending is not Ending.INFEASIBLE, found.solution.status
    assert not ending.solved or found.variables["S!A3"] == pytest.approx(nearest, rel=1e-4)


def test_a_quadratic_that_does_not_reach_its_target_is_proved_by_its_formula(
    tmp_path: Path,
) -> None:
    request = Request(objective="B3", by=("A3",), value=0.0)
    found = solve_file(book(tmp_path, {"A3": 3.0, "B3": "=A3^2+1"}), request)
    assert found.solution.ending is Ending.INFEASIBLE
    assert found.solution.proved


def test_an_error_in_the_objective_is_no_contradiction(tmp_path: Path) -> None:
    """1/(A3-1) where A3 is 1: the constraints are met, and the objective is no number."""
    path = book(tmp_path, {"A3": 3.0, "A4": 2.0, "B3": "=1/(A3-1)+A4"})
    rows = ("A3<=1", "A3>=1", "A4<=5", "A4>=0", "A3:A4 integer")
    found = solved(path, "B3", "A3:A4", *rows).solution
    assert found.ending is Ending.ERROR_VALUE
    assert not found.proved
    assert found.violation == 0
