"""What `compare` says of workbooks that somebody edited, solved and saved with other programs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from installed import installed
from scipy.optimize import least_squares

from sheetsim import build, check, compare
from sheetsim.checking.read_back import read_workbook
from sheetsim.engines import engines
from sheetsim.engines.libreoffice import ENGINE as LIBREOFFICE
from sheetsim.errors import WorkbookError
from sheetsim.references import a1
from sheetsim.sheet import Array, Block, Sheet
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

RATINGS = pd.DataFrame(
    [[4, np.nan, 3, 2.5], [1, 5, np.nan, 2], [3, 3.5, 4, 1], [2, 1, 5, np.nan], [4.5, 2, 3, 2]],
    index=["Dora", "Ann", "Emil", "Carl", "Bea"],
    columns=["Up", "Alien", "Rocky", "Jaws"],
)
POINTS = np.array([[1, 12.5], [5, 30], [2, 21], [9, 40]])

Typed = dict[str, dict[tuple[int, int], float | str]]


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    return build("collab_filter", tmp_path, ratings=RATINGS, k=1, at="start")


@pytest.fixture
def points(tmp_path: Path) -> Path:
    return build("gradient_descent", tmp_path, points=POINTS, epochs=2, at="start")


def sheet_of(path: Path, name: str) -> Sheet:
    return next(sheet for sheet in read_workbook(path).sheets if sheet.name == name)


def typed(block: Block, values: Array) -> dict[tuple[int, int], float | str]:
    return {(row, column): float(values[i, j]) for row, column, i, j in block.cells()}


def saved_by_libreoffice(path: Path, edits: Typed) -> Path:
    """The workbook opened, edited, recalculated and saved by LibreOffice."""
    if not installed(LIBREOFFICE):
        pytest.skip("libreoffice is not installed here")
    folder = path.parent / "by_libreoffice"
    folder.mkdir()
    edited = path.with_name("edited.xlsx")
    invalidated_copy(path, edited, edits)
    (made,) = LIBREOFFICE._convert([edited], folder, "xlsx:Calc MS Excel 2007 XML", 120)
    return Path(shutil.copyfile(made, path.with_name("saved.xlsx")))


def saved_by_openpyxl(path: Path, change: Any) -> Path:
    """Loaded by openpyxl, changed and saved, which drops all cached values."""
    book = openpyxl.load_workbook(path)
    change(book)
    target = path.with_name("saved.xlsx")
    book.save(target)
    return target


# Solved, and saved by another program ----------------------------------------------------------


def test_solved_by_scipy_and_saved_by_libreoffice(ratings: Path) -> None:
    """SciPy's optimum typed in: nothing that sheetsim finds is better, and every cell agrees."""
    sheet = sheet_of(ratings, "dot_product")
    movies, users = sheet["movie_factors"], sheet["user_factors"]
    stars = sheet["ratings"].values.astype(float)
    rated, cut = np.isfinite(stars), movies.values.size

    def residuals(variables: Array) -> Array:
        u, m = variables[cut:].reshape(users.values.shape), variables[:cut].reshape(1, -1)
        return np.asarray((u @ m - stars)[rated])

    start = np.concatenate([movies.values.ravel(), users.values.ravel()])
    found = least_squares(residuals, start, xtol=1e-14, ftol=1e-14, gtol=1e-14)
    edits = typed(movies, found.x[:cut].reshape(movies.values.shape))
    edits |= typed(users, found.x[cut:].reshape(users.values.shape))
    path = saved_by_libreoffice(ratings, {"dot_product": edits})

    comparison = compare(path)
    assert comparison.differences == ()
    assert comparison.ok
    solved, untouched = comparison.models
    assert (solved.topic, untouched.topic) == ("dot_product", "bias")
    rmse = np.sqrt(np.mean(found.fun**2))
    assert solved.recomputed == pytest.approx(rmse, rel=1e-12)
    assert solved.saved == pytest.approx(rmse, rel=1e-12)
    assert solved.from_here == pytest.approx(rmse, rel=1e-6)
    assert solved.verdict == "the variables in the file are as good as any that sheetsim finds"
    assert untouched.recomputed == untouched.start > untouched.from_here
    assert untouched.from_start == pytest.approx(untouched.from_here, rel=1e-6)
    assert untouched.verdict.startswith(f"sheetsim finds {untouched.from_here:.4g}"[:18])
    assert f"less than the {untouched.recomputed:.6g} of the file" in untouched.verdict
    assert check(path, ["ironcalc"]).differences == ()


def test_inputs_changed_and_saved_by_libreoffice(points: Path) -> None:
    data, adam = sheet_of(points, "data"), sheet_of(points, "adam")
    lr, y = adam["lr"], data["y"]
    edits: Typed = {"adam": {(lr.row, lr.column): 0.25}, "data": {(y.row, y.column): -7.5}}
    path = saved_by_libreoffice(points, edits)
    assert sheet_of(path, "adam")["lr"].value == 0.25
    assert sheet_of(path, "data")["y"].value == -7.5
    comparison = compare(path)
    assert comparison.differences == ()
    assert (
        comparison.status == f"all {comparison.cells:,} formula cells are saved with NumPy's values"
    )
    names = [name for name, engine in engines().items() if installed(engine)]
    assert check(path, names).differences == ()


def test_saved_without_values_by_openpyxl(ratings: Path) -> None:
    path = saved_by_openpyxl(ratings, lambda _book: None)
    comparison = compare(path)
    assert not comparison.ok
    numbers = [d for d in comparison.differences if d.expected != ""]
    assert len(numbers) <= comparison.cells
    assert all(d.found is None for d in comparison.differences)
    assert all(model.saved is None for model in comparison.models)
    assert comparison.without_values
    assert "no formula cell has a saved value" in comparison.status
    assert "`sheetsim recalc`" in comparison.status
    assert check(path, ["ironcalc"]).differences == ()


def test_a_stale_value_is_listed(ratings: Path) -> None:
    stale = ratings.with_name("stale.xlsx")
    sheet = sheet_of(ratings, "bias")
    factor = sheet["user_factors"]
    invalidated_copy(ratings, stale, {"bias": {(factor.row, factor.column): 0.5}})
    comparison = compare(stale)
    assert len(comparison.differences) > 100  # no cached value is left
    assert {d.inputs for d in comparison.differences} == {"as saved"}
    assert comparison.as_dict()["models"][0]["saved"] == -987654321.25


def test_at_an_exact_fit_rounding_is_no_better_optimum(tmp_path: Path) -> None:
    comparison = compare(build("data", tmp_path))
    (model,) = comparison.models
    assert model.recomputed < 1e-12
    assert model.verdict == "the variables in the file are as good as any that sheetsim finds"
    json.dumps(comparison.as_dict(), allow_nan=False)


def test_an_objective_that_is_no_number(ratings: Path) -> None:
    block = sheet_of(ratings, "dot_product")["ratings"]
    edited = ratings.with_name("edited.xlsx")
    blank: Typed = {"dot_product": {(row, column): "" for row, column, _, _ in block.cells()}}
    invalidated_copy(ratings, edited, blank)
    comparison = compare(edited)
    said = json.loads(json.dumps(comparison.as_dict(), allow_nan=False))
    assert said["models"][0]["recomputed"] is None
    assert said["models"][0]["verdict"] == "at the variables in the file the objective is no number"
    assert check(edited, ["ironcalc"]).differences == ()


# Damaged by its user -----------------------------------------------------------------------


def cell_of(path: Path, sheet: str, block: str) -> str:
    found = sheet_of(path, sheet)[block]
    return a1(found.row, found.column)


@pytest.mark.parametrize(
    ("sheet", "block", "value", "found"),
    [
        ("sgd", "lr", "fast", "is 'fast'"),
        ("sgd", "lr", None, "is blank"),
        ("sgd", "start_a", True, "is 'True'"),
        ("data", "guess_a", "1,5", "is '1,5'"),
        ("adam", "epoch_to_show", "#N/A", "is an error, #N/A"),
        ("sgd", "start_b", 1e200, "is 1e+200"),
    ],
)
def test_an_input_that_is_no_number(
    points: Path, sheet: str, block: str, value: Any, found: str
) -> None:
    cell = cell_of(points, sheet, block)

    def change(book: Any) -> None:
        book[sheet][cell] = value

    path = saved_by_openpyxl(points, change)
    for function in (compare, check):
        with pytest.raises(WorkbookError) as caught:
            function(path)
        assert f"{sheet}!{cell} ({block}) {found}; expected a" in str(caught.value)


def test_sheets_deleted_or_renamed(points: Path) -> None:
    def delete(book: Any) -> None:
        del book["momentum"]

    def rename(book: Any) -> None:
        book["adam"].title = "adam (2)"

    def rename_plan(book: Any) -> None:
        book["plan"].title = "Plan 2"

    for change, message in (
        (delete, "there is no sheet 'momentum'; expected all"),
        (rename, "there is no sheet 'adam'; expected all"),
        (rename_plan, "not a workbook that sheetsim wrote; expected a sheet 'plan'"),
    ):
        path = saved_by_openpyxl(points, change)
        with pytest.raises(WorkbookError, match=message):
            compare(path)


def test_a_number_typed_over_a_formula(points: Path) -> None:
    block = sheet_of(points, "momentum")["m_a"]
    cell = a1(block.row + 3, block.column)

    def change(book: Any) -> None:
        book["momentum"][cell] = float(block.values[3, 0])

    path = saved_by_openpyxl(points, change)
    said = {(d.sheet, d.cell): d for d in compare(path).differences}
    reason = said["momentum", cell].reason
    assert reason.startswith("the cell holds no formula; sheetsim writes =beta1*")
    checked = check(path, ["ironcalc"]).differences
    assert (checked[0].sheet, checked[0].cell, checked[0].reason) == ("momentum", cell, reason)


@pytest.mark.parametrize("where", [1, 7, 9, 14, 20, 26])
@pytest.mark.parametrize("what", ["rows", "cols"])
def test_a_row_or_column_inserted(ratings: Path, what: str, where: int) -> None:
    """Openpyxl moves cells, but neither names nor formulas: wherever it is, something is said."""

    def change(book: Any) -> None:
        getattr(book["bias"], f"insert_{what}")(where)

    path = saved_by_openpyxl(ratings, change)
    sheet = sheet_of(ratings, "bias")
    if where > (sheet.extent[0] if what == "rows" else max(b.right for b in sheet.parts)):
        pytest.skip("beyond all cells")
    try:
        ok = compare(path).ok or check(path, ["ironcalc"]).ok
    except WorkbookError as error:
        message = str(error)
    else:
        assert not ok
        return
    assert "bias" in message


def test_names_that_moved_tell_of_an_inserted_row(points: Path) -> None:
    """As Excel and LibreOffice do it: the names move along with the cells."""

    def change(book: Any) -> None:
        names = book["sgd"].defined_names
        names["lr"].attr_text = names["lr"].attr_text.replace("$4", "$5")

    path = saved_by_openpyxl(points, change)
    with pytest.raises(WorkbookError, match=r"'lr' of sheet 'sgd' stands for sgd!\$A\$5; expected"):
        compare(path)
    with pytest.raises(WorkbookError, match=r"were rows, columns or cells inserted"):
        check(path)
