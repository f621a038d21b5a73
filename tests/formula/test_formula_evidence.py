"""Every formula cell of the lecture's files and of this repository's workbooks, by the compiler.

The lecture's files hold what Excel cached. Those of the repository hold what NumPy computed when
they were built, and IronCalc and LibreOffice agree with it (`sheetsim check`).
"""

from collections import Counter
from pathlib import Path

import pytest

from sheetsim.book import Book, Cell, CellError, Place, Value
from sheetsim.formula.recalc.evaluate import Evaluation, evaluate
from sheetsim.workbook.read.book import read_book

ROOT = Path(__file__).parents[2]
LECTURE = ROOT.parent / "shared" / "data" / "lecture"
FILES = sorted((ROOT / "workbooks").glob("*.xlsx"))

EXCEL = {
    "collab_filter.xlsx": (12_937, {}),
    "entropy_example.xlsx": (75, {}),
    "graddesc.xlsm": (1_623, {"random": 29}),
}
"""File -> formula cells, and how many of them are not compared, and why."""

NOISE = "terms cancel: nothing but rounding is left"
CACHED_NAN = "the builder caches NaN as #NUM!; Excel, IronCalc and LibreOffice give #N/A"
ONE = "of a vector of length 1, next to nothing: what the last digit of 1 leaves"
CONDITION = "an inverse: rounding grows with the matrix's condition number"
EMPTY = "an empty text, which the reader returns as no value"


def compared(book: Book, result: Evaluation) -> tuple[Counter[str], list[str]]:
    """Count cells by what became of them, and list those that differ for no known reason."""
    counts: Counter[str] = Counter()
    wrong = []
    for sheet, values in result.values.items():
        for place, value in values.items():
            cell = book.sheets[sheet][place]
            if (sheet, place) in result.frozen:
                counts["random"] += 1
                continue
            verdict = judged(value, cell)
            counts[verdict or "wrong"] += 1
            if verdict is None:
                wrong.append(f"{sheet}!{place}: {cell.formula} is {value!r}, not {cell.value!r}")
    return counts, wrong


def judged(value: Value, cell: Cell) -> str | None:
    """Return how a value agrees with the cached one, None if it does not."""
    cached = cell.value
    if value == cached and isinstance(value, bool) == isinstance(cached, bool):
        return "agree"
    if value == "" and cached is None:
        return EMPTY
    if value == CellError("#N/A") and cached == CellError("#NUM!"):
        return CACHED_NAN
    if not isinstance(value, float) or not isinstance(cached, float):
        return None
    size, difference = max(abs(value), abs(cached)), abs(value - cached)
    if difference <= 1e-12 * size:
        return "agree"
    if size < 1e-11 and difference < 2e-14:
        return NOISE
    if size < 1e-4 and difference < 2e-16:
        return ONE
    if "MINVERSE" in (cell.formula or "") and difference <= 1e-11 * size:
        return CONDITION
    return None


@pytest.mark.parametrize("name", EXCEL)
def test_lectures_files_give_what_excel_cached(name: str) -> None:
    if not LECTURE.is_dir():
        pytest.skip("the lecture's files are not here (../shared/data/lecture)")
    book = read_book(LECTURE / name)
    result = evaluate(book)
    counts, wrong = compared(book, result)
    assert not result.unsupported
    assert wrong == []
    cells, others = EXCEL[name]
    assert counts == {"agree": cells - sum(others.values()), **others}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_our_workbooks_give_what_is_cached(path: Path) -> None:
    book = read_book(path)
    result = evaluate(book)
    counts, wrong = compared(book, result)
    assert not result.unsupported
    assert wrong == []
    assert counts["agree"] >= 0.6 * counts.total()
    assert counts[NOISE] <= (100 if path.stem == "pca" else 40)  # parts of v that die away
    assert counts[CONDITION] <= 1
    assert counts[ONE] <= (60 if path.stem == "pca" else 2)
    assert set(counts) <= {"agree", NOISE, ONE, CACHED_NAN, CONDITION, EMPTY}


def test_a_planted_bug_is_found() -> None:
    """The comparison itself: one formula of a workbook is off by a billionth."""
    book = read_book(ROOT / "workbooks" / "entropy.xlsx")
    sheet, place = next(
        (name, place)
        for name in book.sheets
        for place, cell in book.sheets[name].items()
        if cell.formula and isinstance(cell.value, float) and cell.value > 0.1 and not cell.array
    )
    cells: dict[Place, Cell] = dict(book.sheets[sheet])
    cells[place] = Cell(f"=({str(cells[place].formula)[1:]})*(1+1E-9)", cells[place].value)
    bad = Book(book.path, {**{n: book.sheets[n] for n in book.sheets}, sheet: cells}, book.names)
    _, wrong = compared(bad, evaluate(bad))
    assert any(line.startswith(f"{sheet}!{place}: ") for line in wrong)
