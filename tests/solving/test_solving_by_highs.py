"""What HiGHS says is held against the workbook: sizes, whole numbers, and the precision.

Expected values are closed forms, which stand beside each case.
"""

from pathlib import Path
from typing import Literal

import pytest
from model_page import Page

from sheetsim.solver.endings import Ending
from sheetsim.solver.result import Result
from sheetsim.solving import Request, solve_file

pytest.importorskip("highspy", reason="the extra lp is not installed")

Direction = Literal["minimize", "maximize"]
SIMPLEX, GRG = "Simplex LP", "GRG Nonlinear"


def solved(
    tmp_path: Path,
    engine: str,
    goal: Direction,
    start: tuple[float, ...],
    formulas: dict[str, str],
    *subject_to: str,
) -> Result:
    """The end of a model of variables from A1 down that are not negative; C1 is the objective."""
    page = Page(tmp_path / "m.xlsx", "S", "A model")
    for i, value in enumerate(start):
        page.put(f"A{i + 1}", value)
    for cell, formula in formulas.items():
        page.put(cell, formula)
    page.save("C1", "A1")
    by = (f"A1:A{len(start)}",)
    request = Request(
        objective="C1", goal=goal, by=by, subject_to=subject_to, engine=engine, non_negative=True
    )
    return solve_file(page.path, request).solution


SUM = {"B1": "=A1+A2"}
BILLIONS = "B1>=2000000000"


@pytest.mark.parametrize("engine", [SIMPLEX, GRG])
@pytest.mark.parametrize(
    ("goal", "start", "formula", "rows", "best"),
    [
        ("maximize", (0, 0), "=3*A1+2*A2", ("B1<=2000000000",), 6e9),
        ("minimize", (0, 0), "=3*A1+2*A2", (BILLIONS,), 4e9),
        ("minimize", (15e8, 15e8), "=MAX(A1,A2)", (BILLIONS, "A1:A2<=4000000000"), 1e9),
        ("minimize", (0, 0), "=3*A1+2*A2", ("B1>=2E15",), 4e15),
    ],
)
def test_limits_in_the_billions_are_held(
    tmp_path: Path, engine: str, goal: Direction, start: tuple[float, ...], formula: str,
    rows: tuple[str, ...], best: float,
) -> None:  # fmt: skip
    found = solved(tmp_path, engine, goal, start, SUM | {"C1": formula}, *rows)
    assert found.objective == pytest.approx(best, rel=1e-9)
    assert found.proved


def test_prices_and_ranges_of_a_row_in_the_billions(tmp_path: Path) -> None:
    """3 A1 gains 3 for each unit of the limit, whatever HiGHS was given; A1's profit may fall to 2.

    Multipliers are those of the rows as the workbook has them.
    """
    found = solved(tmp_path, SIMPLEX, "maximize", (0, 0), SUM | {"C1": "=(3*A1+2*A2)/1000"},
                   "B1<=2000000000")  # fmt: skip
    assert found.ranges is not None
    assert found.constraints[0].multipliers == pytest.approx([0.003])
    assert found.ranges.cost == pytest.approx([0.003, 0.002])
    assert found.ranges.cost_down[0] == pytest.approx(0.001)
    assert found.ranges.rhs_down[0] == pytest.approx([2e9])


@pytest.mark.parametrize("engine", [SIMPLEX, GRG])
@pytest.mark.parametrize(("large", "needed"), [(1e6, 0.9), (1e8, 5)])
def test_a_large_m_does_not_hide_a_fixed_charge(
    tmp_path: Path, engine: str, large: float, needed: float
) -> None:
    """1,000 once and 0.01 a piece, or 5,000 a piece; needed/large is 0 for HiGHS, nearly."""
    formulas = {"B1": f"=A1-{large}*A2", "B2": "=A1+A3", "C1": "=1000*A2+5000*A3+0.01*A1"}
    rows = ("B1<=0", f"B2>={needed}", "A2 binary")
    found = solved(tmp_path, engine, "minimize", (0, 1, needed), formulas, *rows)
    assert found.objective == pytest.approx(1000 + 0.01 * needed, rel=1e-9)
    assert found.proved


def test_linear_where_it_was_looked_at_is_no_proof(tmp_path: Path) -> None:
    """A step up by 5,000 at 650 that is 0 at all points tried."""
    formulas = SUM | {"C1": "=5000/(1+EXP(-(A1-650)))-A1-A2"}
    found = solved(tmp_path, SIMPLEX, "maximize", (0, 0), formulas, "B1<=5000")
    assert not found.proved
    assert found.ending is Ending.NO_BETTER


@pytest.mark.parametrize("engine", [SIMPLEX, GRG])
@pytest.mark.parametrize(
    ("start", "formula", "rows", "best"),
    [
        ((0, 0), "=(3*A1+2*A2)*1E-10", ("B1<=4000",), 1.2e-6),
        ((3999, 0), "=(3*A1+2*A2)*1E-13", ("B1<=4000.5", "A1:A2 integer"), 1.2e-9),
        ((1, 1), "=MIN(A1,A2)*1E-10", ("B1<=100", "A1:A2<=80"), 5e-9),
    ],
)
def test_a_tiny_objective_is_no_less_an_objective(
    tmp_path: Path, engine: str, start: tuple[float, ...], formula: str,
    rows: tuple[str, ...], best: float,
) -> None:  # fmt: skip
    found = solved(tmp_path, engine, "maximize", start, SUM | {"C1": formula}, *rows)
    assert found.objective == pytest.approx(best, rel=1e-6, abs=0)
    assert found.proved


@pytest.mark.parametrize("start", [(0.5, 0.5), (3, 3)])
def test_what_differs_by_less_than_the_precision_is_no_contradiction(
    tmp_path: Path, start: tuple[float, ...]
) -> None:
    formulas = SUM | {"B2": "=A1+A2+0", "C1": "=A1+2*A2"}
    found = solved(tmp_path, SIMPLEX, "minimize", start, formulas, "B1=1", "B2=1.0000005")
    assert found.ending is (Ending.NO_BETTER if start[0] == 0.5 else Ending.NOT_FOUND)
    assert not found.proved
