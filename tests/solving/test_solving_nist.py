"""NIST's certified regressions as workbook files, solved from their formulas and both starts.

Digits are log relative errors, the least over a problem's parameters. A certified value has 11
digits, so that 11 is all that can be seen.
"""

from pathlib import Path

import pytest
from nist_books import FOLDER, MODELS, nist_book, nist_digits, read_nist

from sheetsim.solver.endings import Ending
from sheetsim.solving import solve_file
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.solver_model.read import read_models

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"no reference data: {FOLDER} is not there"
)


def test_every_data_set_has_its_model() -> None:
    assert {path.stem for path in FOLDER.glob("*.dat")} == set(MODELS)


@pytest.mark.parametrize("start", [1, 2])
@pytest.mark.parametrize("name", MODELS)
def test_ten_digits_of_every_certified_parameter(name: str, start: int, tmp_path: Path) -> None:
    problem, p = read_nist(name), read_nist(name).certified.size
    path, copy = tmp_path / f"{name}.xlsx", tmp_path / "solved.xlsx"
    result = solve_file(nist_book(path, name, start), out=copy).solution
    assert result.ending is Ending.OPTIMAL, result.status
    assert result.start.tolist() == problem.starts[start - 1].tolist()
    assert nist_digits(problem, result.variables) >= 10
    if name != "Lanczos1":  # whose residuals, 1e-13 each, are rounding for the most part
        assert result.objective == pytest.approx(problem.squares, rel=1e-9)
    shown = read_book(copy).sheets[name][8 + p, 1]  # the sheet counts the digits, too
    assert shown.value == pytest.approx(nist_digits(problem, result.variables), abs=0.01)


@pytest.mark.parametrize("name", MODELS)
def test_the_file_holds_a_formula_a_row_and_the_model(name: str, tmp_path: Path) -> None:
    book = read_book(nist_book(tmp_path / f"{name}.xlsx", name))
    problem = read_nist(name)
    (model,) = read_models(book).values()
    p = problem.certified.size
    assert model.sheet == name
    assert model.variable_cells() == [(name, (6 + i, 1)) for i in range(p)]
    assert model.objective is not None
    assert model.objective.local == f"B{8 + p}"
    formulas = [cell.formula or "" for cell in book.sheets[name].values()]
    # The model itself is in as many rows as there are observations, and uses every parameter.
    fits = [text for text in formulas if all(f"$B${7 + i}" in text for i in range(p))]
    assert len(fits) == len(problem.data)
