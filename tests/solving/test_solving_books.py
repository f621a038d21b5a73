"""The workbooks that these tests solve are right before they are solved, for people, too."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from classic_books import CLASSICS
from hock_books import HOCK, hock_book
from nist_books import FOLDER, MODELS, nist_book
from other_books import tour_book

from sheetsim.engines import engines
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.solver_model.read import read_models

BOOKS: dict[str, Callable[[Path], Path]] = {
    **CLASSICS,
    "tour": tour_book,
    **{f"hock {number}": partial(hock_book, number=number) for number in HOCK},
    **{f"nist {name}": partial(nist_book, name=name) for name in MODELS},
}


@pytest.mark.parametrize("name", BOOKS)
def test_ironcalc_sees_the_values_that_are_cached(name: str, tmp_path: Path) -> None:
    if name.startswith("nist") and not FOLDER.is_dir():
        pytest.skip(f"no reference data: {FOLDER} is not there")
    path = BOOKS[name](tmp_path / "model.xlsx")
    book = read_book(path)
    (model,) = read_models(book).values()
    seen = engines()["ironcalc"].recalculate(path)[model.sheet]
    cells = book.sheets[model.sheet]
    formulas = {place: cell.value for place, cell in cells.items() if cell.formula is not None}
    assert formulas
    for place, value in formulas.items():
        near = pytest.approx(value, rel=1e-12, abs=1e-12) if isinstance(value, float) else value
        assert seen[place] == near, place


def test_the_same_book_is_the_same_file(tmp_path: Path) -> None:
    first, second = (tour_book(tmp_path / f"{name}.xlsx").read_bytes() for name in "ab")
    assert first == second


def test_the_script_writes_what_it_is_asked_for(root: Path, tmp_path: Path) -> None:
    def run(*names: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "scripts/make_models", *names]
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    done = run(str(tmp_path / "new" / "models"), "transport", "tour")
    assert done.returncode == 0, done.stderr
    written = sorted(path.name for path in (tmp_path / "new" / "models").iterdir())
    assert written == ["tour.xlsx", "transport.xlsx"]
    unknown = run(str(tmp_path), "travel")
    assert unknown.returncode == 1
    assert "no model 'travel'; expected some of product_mix" in unknown.stderr
