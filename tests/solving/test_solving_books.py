"""The workbooks that these tests solve are right before they are solved, for people, too."""

from pathlib import Path

import pytest
from classic_books import CLASSICS
from hock_books import HOCK, hock_book
from nist_books import FOLDER, MODELS, nist_book
from other_books import tour_book

from sheetsim.engines import engines
from sheetsim.workbook.book_read import read_book
from sheetsim.workbook.package import defined_names
from sheetsim.workbook.solver_read import read_models

BOOKS = {
    **CLASSICS,
    "tour": tour_book,
    **{f"hock {number}": number for number in HOCK},
    **{f"nist {name}": name for name in MODELS},
}


@pytest.mark.parametrize("name", BOOKS)
def test_ironcalc_sees_the_values_that_are_cached(name: str, tmp_path: Path) -> None:
    path, make = tmp_path / "model.xlsx", BOOKS[name]
    if isinstance(make, int):
        hock_book(path, make)
    elif isinstance(make, str):
        if not FOLDER.is_dir():
            pytest.skip(f"no reference data: {FOLDER} is not there")
        nist_book(path, make)
    else:
        make(path)
    book = read_book(path)
    (model,) = read_models(book).values()
    seen = engines()["ironcalc"].recalculate(path)[model.sheet]
    cells = book.sheets[model.sheet]
    formulas = {place: cell.value for place, cell in cells.items() if cell.formula is not None}
    assert formulas
    for place, value in formulas.items():
        near = pytest.approx(value, rel=1e-12, abs=1e-12) if isinstance(value, float) else value
        assert seen[place] == near, place
