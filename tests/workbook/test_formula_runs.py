"""Formulas that are filled from others though they are written out: found, and never wrongly."""

import numpy as np
import pytest

from sheetsim.errors import WorkbookError
from sheetsim.formula.syntax.tokens import tokenize
from sheetsim.references import MAX_ROWS, Fill, a1
from sheetsim.workbook.read.formula_runs import FormulaRuns

PIECES = (
    "A1", "$A1", "B$2", "$C$3", "A1:B2", "A:B", "$A:B", "3:4", "'it''s A1'!B2", "Sheet1!C3:$D4",
    '"A1 is 100%"', "LOG10(A2)", "x1y", "A1B", "_xlfn.A1", "1E5", "2.5", "100%", "TRUE", "#REF!A1",
    "a1", "XFD1048576", "Sheet1:Sheet3!A2", "T[#A1]", "[1]Data!A1", "{1;2}",
)  # fmt: skip


def _keys(text: str, place: tuple[int, int]) -> object:
    """What a cell's formula is up to relative references, by the tokens themselves."""
    try:
        return [(t.kind, repr(t.value)) for t in tokenize(text, place)]
    except WorkbookError:
        return "unreadable"


def test_what_is_of_one_run_is_one_formula() -> None:
    rng = np.random.default_rng(12)
    found = 0
    for _ in range(300):
        runs = FormulaRuns()
        base = "+".join(rng.choice(PIECES, rng.integers(1, 5), replace=False))
        fill = Fill(f"={base}")
        for row in range(6):
            for column in range(3):
                text = fill.at(row, column) if rng.random() < 0.8 else f"={base}"
                run = runs.runs[runs.find(row, column, text)]
                assert run.at(row, column) == text
                assert _keys(str(run.text), run.place) == _keys(text, (row, column))
                found += run.place != (row, column)
    assert found > 1000


@pytest.mark.parametrize(
    ("first", "below"),
    [
        ("=A1*1", "=A2*2"),  # a number that grows with the rows is no reference
        ("=A1*$B$1", "=A2*$B$2"),
        ("=A1", "=A3"),
        ("=LOG10(A1)", "=LOG11(A2)"),
        ('=A1&"B1"', '=A2&"B2"'),
        ("=T[@x]*2", "=T[@x]*2"),  # of a row, perhaps of another table
    ],
)
def test_what_only_looks_alike_begins_anew(first: str, below: str) -> None:
    runs = FormulaRuns()
    assert runs.find(0, 2, first) != runs.find(1, 2, below)


def test_a_run_goes_down_and_to_the_right_and_over_gaps() -> None:
    runs = FormulaRuns()
    for row, column in ((0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (7, 4)):
        assert runs.find(row, column, f"={a1(row, column - 2)}+$A{row + 1}") == 0
    assert runs.runs[0].place == (0, 2)
    assert runs.runs[0].shared


def test_what_leaves_the_sheet_is_of_no_run() -> None:
    runs = FormulaRuns()
    assert runs.find(0, 0, "=A2") == runs.find(1, 0, "=A3") == 0
    assert runs.find(MAX_ROWS - 1, 0, f"=A{MAX_ROWS + 1}") == 1
