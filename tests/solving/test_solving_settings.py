"""What the summary says of settings: used, not used, assumed; and what kinks leave of a claim."""

from pathlib import Path

import numpy as np
import openpyxl
import pytest
from model_page import Page

from sheetsim.solver.endings import Ending
from sheetsim.solving import Request, Solved, solve_file
from sheetsim.workbook.solver_model.model import SolverEngine, SolverSettings

USED, NOT_USED, ASSUMED = "stored settings used", "stored settings not used", "not stored, and"


def line(found: Solved, begin: str) -> str:
    """What a line of the summary says behind its title, "" if it is not there."""
    lines = [line.partition(": ")[2] for line in found.before if line.startswith(begin + " ")]
    lines += [line.partition(": ")[2] for line in found.before if line.startswith(begin + ":")]
    assert len(lines) <= 1
    return lines[0] if lines else ""


def book(tmp_path: Path, engine: SolverEngine, **settings: object) -> Path:
    """x + y is at least 3, both whole."""
    page = Page(tmp_path / "m.xlsx", "S", "A model")
    page.block("A3", [[5.0], [5.0]])
    page.put("B3", "=2*A3+3*A4")
    page.put("B4", "=A3+A4")
    return page.save(
        "B3", "A3:A4", ["B4>=3", "A3:A4 integer", "A3:A4<=9"], engine=engine, non_negative=True,
        settings=SolverSettings(**settings),  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "settings", "used", "not_used"),
    [
        (SolverEngine.GRG, {"tolerance": 0.05}, "", "integer tolerance 0.05 (Excel's default"),
        (SolverEngine.GRG, {"tolerance": 0.2}, "integer tolerance 0.2", ""),
        (SolverEngine.GRG, {"precision": 1e-5}, "precision 1e-05", ""),
        (SolverEngine.GRG, {"convergence": 1e-12}, "convergence 1e-12", ""),
        (SolverEngine.GRG, {"convergence": 1e-4}, "", "convergence 0.0001 (Excel's default; 1e-10"),
        (SolverEngine.GRG, {"convergence": 1e-3}, "", "convergence 0.001 (too coarse; 1e-10"),
        (SolverEngine.GRG, {"central": True}, "", "central differences (derivatives are exact)"),
        (SolverEngine.GRG, {"seconds": 77.0}, "at most 77.0 s", ""),
        (SolverEngine.GRG, {"multistart": True, "population": 3}, "population of 3", ""),
        (SolverEngine.EVOLUTIONARY, {"seed": 9}, "seed 9", "30 s without improvement"),
        (SolverEngine.EVOLUTIONARY, {"mutation": 0.5}, "mutation rate 0.5", ""),
    ],
)
def test_stored_settings_are_used_or_not(
    engine: SolverEngine, settings: dict[str, object], used: str, not_used: str, tmp_path: Path
) -> None:
    found = solve_file(book(tmp_path, engine, **settings))
    assert found.objective == 6, found.status
    assert used in line(found, USED)
    assert not_used in line(found, NOT_USED)
    for words in (used, not_used):  # each on one of the two lines
        assert not words or (words in line(found, USED)) != (words in line(found, NOT_USED))
    assert not line(found, ASSUMED)  # the file says it all


def test_what_the_file_does_not_say_is_assumed(tmp_path: Path) -> None:
    page = Page(tmp_path / "m.xlsx", "S", "A model")
    page.put("A3", 5.0)
    page.put("B3", "=(A3+1)^2")
    path = page.save("B3", "A3")
    plain = tmp_path / "plain.xlsx"
    # As if no model had ever been stored.
    other = openpyxl.load_workbook(path)
    for name in list(other["S"].defined_names):
        del other["S"].defined_names[name]
    other.save(plain)
    found = solve_file(plain, Request(objective="B3", by=("A3",)))
    assert line(found, ASSUMED) == "minimize, GRG Nonlinear, variables may be negative"
    assert found.variables == {"S!A3": pytest.approx(-1)}
    more = Request(objective="B3", by=("A3",), goal="minimize", engine="grg", non_negative=True)
    found = solve_file(plain, more)
    assert not line(found, ASSUMED)
    assert found.objective == 1


@pytest.mark.parametrize(
    ("formula", "least", "ending"),
    [
        ("=(A3-2)^2+1", 1.0, Ending.OPTIMAL),
        ("=SQRT(ABS(A3-2))+1", 1.0, None),
        ("=MAX(A3,1)^2+(A3-3)^2", 4.5, Ending.CONVERGED),  # least at 1.5, away from the kink
    ],
)
def test_kinks_leave_no_optimality(
    formula: str, least: float, ending: Ending | None, tmp_path: Path
) -> None:
    page = Page(tmp_path / "m.xlsx", "S", "A model")
    page.put("A3", 7.0)
    page.put("B3", formula)
    found = solve_file(page.save("B3", "A3"))
    np.testing.assert_allclose(found.objective, least, rtol=1e-6)
    if ending is not Ending.OPTIMAL:
        assert "optimality" not in found.message
        assert found.solution.ending is not Ending.OPTIMAL
    if ending is not None:
        assert found.solution.ending is ending, found.status
