"""Solving a workbook from its file, as the tests of this folder need it."""

from pathlib import Path

from sheetsim.solving.compiled import compile_model
from sheetsim.solver.settings import Settings
from sheetsim.solver.solution import Solution
from sheetsim.solver.solve import solve
from sheetsim.workbook.book_read import read_book
from sheetsim.workbook.solver_read import read_models

__all__ = ["solve_book"]


def solve_book(path: Path) -> Solution:
    book = read_book(path)
    (stored,) = read_models(book).values()
    assert not stored.problems, stored.problems
    own = stored.settings
    settings = Settings(
        precision=own.precision, convergence=own.convergence, population=own.population, seed=0
    )
    return solve(compile_model(book, stored).model(), settings, stored.engine.title)  # type: ignore[arg-type]
