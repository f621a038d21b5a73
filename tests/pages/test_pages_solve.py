"""Solve in a page: exact gradients, searches that are drawn, and what it refuses."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import PATIENCE, chromium, needs_chromium, opened
from conftest import DATA, ROOT
from playwright.sync_api import Browser

import sheetsim
from sheetsim.pages.assemble import page_of
from sheetsim.pages.models import models_of
from sheetsim.references import address_text
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.solver_model.read import read_models

BOOKS = ("collab_filter", "gradient_descent")
LECTURE = DATA / "lecture" / "collab_filter.xlsx"

GRADIENT = """([sheet, x]) => {
    const {book, solve} = window.sheetsim;
    solve.open(book.models[sheet]);
    const {f} = solve.problem;
    const node = f.at(Float64Array.from(x));
    const found = [node.value, [...f.gradient(node)]];
    document.querySelector("#solve").close();
    return found;
}"""


RANDOM = """let seed = 1;
Math.random = () => (seed = (seed * 1664525 + 1013904223) % 4294967296) / 4294967296;"""
"""The same random numbers in each run."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@needs_chromium
@pytest.mark.parametrize("name", BOOKS)
def test_gradients_are_those_of_the_compiler(name: str, browser: Browser, tmp_path: Path) -> None:
    path = ROOT / "workbooks" / f"{name}.xlsx"
    page_of(path).save(tmp_path / "page.html")
    book = read_book(path)
    sheets = list(book.sheets)
    rng = np.random.default_rng(4)
    looked = 0
    with opened(browser, tmp_path / "page.html") as page:
        for sheet, model in read_models(book).items():
            assert model.objective is not None
            cells = model.variable_cells()
            f = sheetsim.compile(
                path,
                address_text((sheet, model.objective.first)),
                ",".join(address_text(cell) for cell in cells),
            )
            x = f.start + 0.1 * rng.standard_normal(len(cells))
            value, gradient = f.value_and_gradient(x)
            found, slopes = page.evaluate(GRADIENT, [sheets.index(sheet), x.tolist()])
            assert found == pytest.approx(float(value), rel=1e-10)
            np.testing.assert_allclose(slopes, gradient, rtol=1e-8, atol=1e-10)
            looked += 1
    assert looked


@needs_chromium
@pytest.mark.skipif(not LECTURE.exists(), reason="the lecture's files are not on this machine")
def test_the_lectures_dot_product_is_solved_from_a_random_start(
    browser: Browser, tmp_path: Path
) -> None:
    """By the mouse alone, to the value that the solver in Python reaches; undo brings it back."""
    page_of(LECTURE).save(tmp_path / "page.html")
    with opened(browser, tmp_path / "page.html", RANDOM) as page:
        page.get_by_role("tab", name="dotprod", exact=True).click()
        sheet = list(read_book(LECTURE).sheets).index("dotprod")
        read = f"() => window.sheetsim.engine.value({sheet}, 40, 21)"
        before = page.evaluate(read)
        page.get_by_role("button", name="Solve ...").click()
        page.get_by_role("button", name="Random start").click()
        assert page.evaluate(read) > 1
        page.get_by_role("button", name="Solve", exact=True).click()
        page.get_by_role("button", name="Pause").wait_for(state="detached", timeout=PATIENCE)
        page.get_by_role("button", name="Solve", exact=True).wait_for(timeout=PATIENCE)
        page.get_by_role("button", name="Close").click()
        assert page.evaluate(read) <= 0.39295
        page.get_by_role("button", name="Undo").click()
        assert page.evaluate(read) == pytest.approx(before, abs=1e-12)


@pytest.mark.skipif(not LECTURE.exists(), reason="the lecture's files are not on this machine")
def test_models_that_the_page_cannot_solve_say_so() -> None:
    book = read_book(LECTURE)
    found = {list(book.sheets)[number]: model for number, model in models_of(book).items()}
    assert "can't be solved as it stands" in found["movielens_emb"]["refused"]
    assert not found["dotprod"]["refused"]
    assert found["dotprod"]["says"][0] == "make least: dotprod!V41"
