"""A page computes what the workbook's own formulas give: in a real Chromium, cell by cell."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import chromium, needs_chromium, opened, values_of
from conftest import DATA, ROOT, Sample
from playwright.sync_api import Browser

from sheetsim.book import Book, CellError, Place, Value
from sheetsim.formula.recalc.evaluate import evaluate
from sheetsim.formula.recalc.overlay import overlay
from sheetsim.pages.assemble import page_of
from sheetsim.pages.plans import value_json
from sheetsim.workbook.read.book import read_book

BOOKS = sorted((ROOT / "workbooks").glob("*.xlsx"))
LECTURE = [
    DATA / "lecture" / name
    for name in ("collab_filter.xlsx", "entropy_example.xlsx", "graddesc.xlsm")
]
RELATIVE, ROUNDING = 1e-9, 1e-11
"""How far two numbers may be apart: of their size, and where they are what rounding left of 0."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


def same(ours: Any, theirs: Value) -> bool:
    """Whether the page shows what a cell holds; a blank text is read from files as a blank."""
    if isinstance(theirs, CellError):
        return bool(ours == theirs.code)
    if theirs is None or theirs == "":
        return ours in (None, "")
    if isinstance(ours, bool) or isinstance(theirs, bool | str):
        return type(ours) is type(theirs) and ours == theirs
    if not isinstance(ours, int | float):
        return False
    return abs(ours - theirs) <= max(RELATIVE * max(abs(ours), abs(theirs)), ROUNDING)


def differences(page: Any, expected: dict[str, dict[tuple[int, int], Value]]) -> list[str]:
    found = []
    for (sheet, row, column), value in values_of(page).items():
        other = expected[sheet].get((row, column))
        if not same(value, other):
            found.append(f"{sheet} {row},{column}: {value!r}, expected {other!r}")
    return found


def cached(book: Book) -> dict[str, dict[tuple[int, int], Value]]:
    return {
        name: {at: cell.value for at, cell in book.sheets[name].items()} for name in book.sheets
    }


EDITS: tuple[Value, ...] = (None, 0.0, 1.0, -3.5, 1e200, "abc", True, 0.25)


def edits_of(book: Book, sample: Sample) -> list[tuple[str, Place, Value]]:
    """Inputs of a workbook, each with what it is set to; 50 of them with `--all`, else two."""
    found = [
        (name, at, value)
        for name in book.sheets
        for at, cell in book.sheets[name].items()
        if not cell.has_formula and isinstance(cell.value, float)
        for value in EDITS
    ]
    chosen = sample(found, 2)
    if len(chosen) > 50:
        chosen = random.Random(book.path).sample(chosen, 50)  # noqa: S311 - no secret
    return chosen


@needs_chromium
@pytest.mark.parametrize("path", [*BOOKS, *LECTURE], ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_page_computes_what_the_workbook_does(
    path: Path, browser: Browser, tmp_path: Path, sample: Sample
) -> None:
    """What the file holds; what NumPy gives when inputs are edited; the file's values again."""
    if not path.exists():
        pytest.skip("the lecture's files are not on this machine")
    made = page_of(path)
    assert not made.missing
    assert set(made.unknown) <= {"RANDBETWEEN"}
    made.save(tmp_path / "page.html")
    book = read_book(path)
    formulas = sum(cell.has_formula for name in book.sheets for cell in book.sheets[name].values())
    with opened(browser, tmp_path / "page.html") as page:
        assert len(values_of(page)) == formulas - sum(made.unknown.values())
        assert not differences(page, cached(book))[:5]
        for name, at, value in edits_of(book, sample):
            page.evaluate(
                "([sheet, row, column, value]) => window.sheetsim.change([{"
                "sheet: window.sheetsim.engine.names.indexOf(sheet), row, column, value}])",
                [name, *at, value_json(value)],
            )
            changed, _ = overlay(book, {(name, at): value})
            found = differences(page, evaluate(changed).values)
            assert not found, (name, at, value, found[:5])
            page.evaluate("() => window.sheetsim.undo()")
        assert not differences(page, cached(book))[:5]
