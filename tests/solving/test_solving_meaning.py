"""What the cells of a model mean, and what is refused with the way out.

Oracles: closed forms, and what Excel's Solver does since 2010.
"""

from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest
from model_page import Page

from sheetsim.errors import WorkbookError
from sheetsim.solving import Request, Solved, solve_file


def book(tmp_path: Path, cells: Mapping[str, object], merged: str | None = None) -> Path:
    """A workbook of one sheet S with some cells and no model of use, perhaps with merged cells."""
    page = Page(tmp_path / "m.xlsx", "S", "A model")
    for cell, content in cells.items():
        page.put(cell, content if isinstance(content, str) else float(str(content)))
    page.put("Z98", 1.0)
    page.put("Z99", "=Z98^2")
    path = page.save("Z99", "Z98")
    if merged is not None:
        other = openpyxl.load_workbook(path)
        other["S"].merge_cells(merged)
        other.save(path)
    return path


def solved(path: Path, objective: str, by: str, *subject_to: str, **more: object) -> Solved:
    request = Request(objective=objective, by=(by,), subject_to=subject_to, **more)  # type: ignore[arg-type]
    return solve_file(path, request)


def test_a_hidden_cell_is_no_variable(tmp_path: Path) -> None:
    cells = {"A10": 1.0, "B10": 1.0, "C10": 1.0, "B3": "=A10^2+(B10-1)^2+(C10-2)^2"}
    path = book(tmp_path, cells, merged="B10:C10")
    with pytest.raises(WorkbookError, match=r"S!C10 is hidden under the merged area S!B10:C10"):
        solved(path, "B3", "A10:C10")
    assert solved(path, "B3", "A10:B10").success  # the first cell is to be seen
    assert solved(book(tmp_path, cells), "B3", "A10:C10").success


@pytest.mark.parametrize(
    ("bound", "least"),
    [
        ("A3>=-5", 9.0),  # a number
        ("A3>=D3", 9.0),  # a cell that holds one
        ("A3>=D4", 64.0),  # a formula, though it does not move
        ("A3>=B4", 64.0),  # a formula that moves
        ("A3<=5", 64.0),
    ],
)
def test_only_a_constant_bound_waives_non_negative(
    bound: str, least: float, tmp_path: Path
) -> None:
    """(x + 8)² is 9 at -5, and 64 at 0."""
    cells = {"A3": 1.0, "A4": 0.0, "B3": "=(A3+8)^2+A4^2", "B4": "=A4-5", "D3": -5.0, "D4": "=D3"}
    assert solved(
        book(tmp_path, cells), "B3", "A3:A4", bound, non_negative=True
    ).objective == pytest.approx(least)


def test_a_variable_that_holds_a_formula_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = book(tmp_path, {"A3": 1.0, "A4": "=2*A3", "B3": "=A3^2+A4"})
    with pytest.raises(WorkbookError, match=r"holds a formula, =2\*A3, .*such as those that"):
        solved(path, "B3", "A3:A4")


@pytest.mark.parametrize("right", ["TRUE", "=true", "1"])
def test_a_right_side_may_be_true(right: str, tmp_path: Path) -> None:
    """x + y is least where both are 3 at least: AND says when."""
    cells = {"A3": 9.0, "A4": 9.0, "B3": "=A3+A4", "B4": "=AND(A3>=3,A4>=3)"}
    found = solved(
        book(tmp_path, cells), "B3", "A3:A4", f"B4={right}", "A3:A4<=9", "A3:A4 integer",
        non_negative=True, engine="Evolutionary",
    )  # fmt: skip
    assert found.objective == pytest.approx(6)
