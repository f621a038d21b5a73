"""The floor forgives rounding and nothing else: relative errors of 1e-9 are found in tiny cells."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from check_planting import Written

from sheetsim import build, check
from sheetsim.book import CellError
from sheetsim.checking.agreement import distance, within_floor
from sheetsim.checking.expected import Floors, rounding_floors
from sheetsim.checking.read_back import read_workbook
from sheetsim.engines import Values
from sheetsim.engines.ironcalc import ENGINE as IRONCALC
from sheetsim.references import a1, read_reference
from sheetsim.sheet import Kind, Sheet
from sheetsim.tolerances import FLOOR_SAFETY, LAST_DIGITS
from sheetsim.topics import lay_out, moved_digits, new_book
from sheetsim.topics._last_digits import tanh

ERROR = 1e-9


class Liar:
    """IronCalc, but for some cells, which come out wrong by one part in 1e9."""

    name = "liar"

    def __init__(self, sheet: str, places: set[tuple[int, int]]) -> None:
        self.sheet, self.places = sheet, places

    def version(self) -> str:
        return "1.0"

    def available(self) -> bool:
        return True

    def recalculate(self, path: str | Path, *, timeout: float = 60) -> Values:
        values = IRONCALC.recalculate(path, timeout=timeout)
        cells = values[self.sheet]
        for place in self.places:
            value = cells[place]
            assert isinstance(value, float)
            cells[place] = value * (1 + ERROR)
        return values


def laid_out(path: Path) -> tuple[list[Sheet], Floors]:
    read = read_workbook(path)
    return read.sheets, rounding_floors(read.book, read.sheets)


@pytest.mark.parametrize(
    ("name", "options", "sheet", "block"),
    [
        ("adam", {"points": [[1, 30.001], [2, 30], [3, 30.002]], "a": 0, "b": 30}, "adam", "v_b"),
        (
            "sgd",
            {"points": [[1, 31], [2, 30.3], [3, 30.9]], "a": 0, "b": 30},
            "sgd",
            "squared_error",
        ),
        ("adam", {"variant": "textbook", "lr": 0.01}, "adam", "v_a"),
        ("dot_product", {}, "dot_product", "predictions"),
        ("data", {"noise": 1}, "data", "mse"),
        ("one_cycle", {}, "one_cycle", "lr_last"),  # 0.05 / 250,000: a divisor is no term
    ],
)
def test_an_error_of_1e_9_is_found_however_small_the_cell(
    name: str,
    options: dict[str, Any],
    sheet: str,
    block: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if isinstance(options.get("points"), list):
        options = options | {"points": np.array(options["points"]), "epochs": 2}
    path = build(name, tmp_path, **options)
    sheets, _ = laid_out(path)
    (ours,) = (one for one in sheets if one.name == sheet)
    places = {(row, column) for row, column, _, _ in ours[block].cells()}
    module = importlib.import_module("sheetsim.checking.check")
    monkeypatch.setattr(module, "known_engines", lambda: {"liar": Liar(sheet, places)})
    report = check(path, ["liar"])
    assert {d.sheet for d in report.differences} == {sheet}
    found = Counter(d.inputs for d in report.differences)
    assert found == {"as they are": len(places), "changed": len(places)}
    for d in report.differences:
        assert d.found == pytest.approx(d.expected, rel=1.1 * ERROR, abs=0)
        assert d.reason == "the formula is sheetsim's own: look at the cells that it depends on"


def loose_cells(path: Path) -> tuple[int, Counter[str]]:
    """How many numbers there are, and by sheet those in which an error of 1e-9 may pass."""
    sheets, floors = laid_out(path)
    count, loose = 0, Counter[str]()
    for sheet in sheets:
        for block in sheet.of_kind(Kind.FORMULA):
            if block.values.dtype == float:
                floor = floors[sheet.name][block.row, block.column]
                count += floor.size
                for i, j in zip(*np.nonzero(floor > ERROR * np.abs(block.values)), strict=True):
                    shown = sheet.name == "compare" and is_of_adam(sheet, block.formulas, i, j)
                    loose["compare's Adam" if shown else sheet.name] += 1
    valley = next((sheet for sheet in sheets if sheet.name == "valley"), None)
    if valley is not None:
        assert loose.pop("valley", 0) == tiny_errors(valley, floors)
    return count, +loose


def is_of_adam(sheet: Sheet, formulas: Any, i: int, j: int) -> bool:
    """Whether a formula points at a sheet of Adam's, or at a cell beside it that does."""
    own = {(cell.row, cell.column): cell.formula for cell in sheet.cells()}
    beside = re.findall(r"(?<![\w!:$])\$?[A-Z]+\$?\d+\b(?!:)", formulas[i][j])
    behind = [read_reference(text) for text in beside]
    texts = [own.get((at.top, at.left), "") for at in behind if at is not None]
    return any(re.search(r"\badam(_annealed)?!", text) for text in [formulas[i][j], *texts])


def tiny_errors(valley: Sheet, floors: Floors) -> int:
    """How many errors across the valley are loose: what rounding of x and y leaves of them.

    There the steep error is what is left of x and y, which lag behind along the valley, and it is
    known to their 15 digits.
    """
    place = np.hypot(valley["x"].values, valley["y"].values)
    count = 0
    for name in ("steep", "drawn_steep"):  # which is the same, up to the step to show
        block = valley[name]
        floor = floors["valley"][block.row, block.column]
        loose = floor > ERROR * np.abs(block.values)
        assert (np.abs(block.values) < 1e-4 * place)[loose].all()
        assert (floor < FLOOR_SAFETY * LAST_DIGITS * place)[loose].all()
        count += int(loose.sum())
    return count


def test_hardly_a_cell_of_collab_filter_is_loose(tmp_path: Path) -> None:
    count, loose = loose_cells(build("collab_filter", tmp_path))
    print(count, loose)
    assert loose.keys() <= {"solver", "bias"}  # 'above the optimum by' is 0 but for rounding
    assert loose.total() <= 6


def test_cells_of_gradient_descent_are_loose_only_where_runs_cancel(tmp_path: Path) -> None:
    """All points lie on the line, so that at its optimum data is rounding, and Adam unstable."""
    count, loose = loose_cells(build("gradient_descent", tmp_path))
    print(count, loose)
    assert loose.total() < 0.1 * count
    assert loose["data"] <= 31  # 29 squared errors, MSE and RMSE
    assert loose["sgd"] + loose["momentum"] + loose["rmsprop"] <= 60
    assert loose["compare's Adam"] <= 40  # which shows what stands on the two sheets
    assert loose["compare"] + loose["solver"] <= 3  # least RMSE, and the same twice


def test_no_cell_is_loose_where_nothing_cancels(tmp_path: Path) -> None:
    points = np.array([[1, 12.5], [5, 30], [2, 21], [9, 33]])
    count, loose = loose_cells(build("gradient_descent", tmp_path, points=points, epochs=3))
    print(count, loose)
    assert loose.total() <= 2  # the solver's objective and its distance from the optimum


@pytest.mark.parametrize(
    ("expected", "found", "apart"),
    [
        (1.0, 1.0 + 1e-9, pytest.approx(1e-9)),
        (-2e-300, -2e-300, 0.0),
        (0.0, 1e-300, np.inf),
        (0.0, -0.0, 0.0),
        (np.nan, CellError("#NUM!"), 0.0),
        (np.nan, 5.0, np.inf),
        (1.0, CellError("#NUM!"), np.inf),
        (1.0, None, np.inf),
        (1.0, True, np.inf),
        (1.0, "1", np.inf),
        ("", None, 0.0),
        ("a", "A", np.inf),
        ("1", 1.0, np.inf),
        (True, True, 0.0),
        (np.True_, False, np.inf),
        (True, 1.0, np.inf),
    ],
)
def test_distance(expected: Any, found: Any, apart: float) -> None:
    assert distance(expected, found) == apart


def test_a_whole_number_that_moves_stays_whole(tmp_path: Path) -> None:
    """INT makes 11 of a 12 that moved down in its 15th digit: its floor would excuse anything."""
    sheets, floors = laid_out(build("sgd", tmp_path, epochs=3))
    (sgd,) = (sheet for sheet in sheets if sheet.name == "sgd")
    shown = sgd["shown_step"]
    assert shown.value == sgd["step_to_show"].value > 0
    assert floors["sgd"][shown.row, shown.column] == 0


def test_the_floor_counts_for_numbers_alone() -> None:
    assert within_floor(0.0, 1e-15, 2e-15)
    assert not within_floor(0.0, 1e-15, 0.0)
    assert not within_floor("", 1e-15, 1.0)
    assert not within_floor(1.0, CellError("#N/A"), 5.0)
    assert not within_floor(np.nan, 1.0, 5.0)


# Last digits of functions --------------------------------------------------------------------


@pytest.mark.parametrize("lr", [0.5, 1.0, 5.0])
def test_last_digits_of_tanh_are_forgiven_and_a_bug_is_not(lr: float, tmp_path: Path) -> None:
    """1 - tanh² near 1: 198 cells were said to differ at lr = 1, in both engines alike."""
    book = new_book("transfer", {"epochs": 4})
    book.given.setdefault("one_rate", {})["lr"] = lr
    sheets = lay_out(book)
    written = Written(sheets, tmp_path / "right.xlsx")
    assert check(tmp_path / "right.xlsx", ["ironcalc"]).ok
    (slope,) = (sheet["d_g_1"] for sheet in sheets if sheet.name == "one_rate")
    assert slope.formulas is not None
    place, formula = (slope.row + 2, slope.column), slope.formulas[2][0]
    bug = formula.replace("(1-", "(1.0001-")
    assert bug != formula
    wrong = written.save({"one_rate": {place: bug}}, tmp_path / "wrong.xlsx")
    found = {d.cell for d in check(wrong, ["ironcalc"]).differences if d.engine == "ironcalc"}
    assert a1(*place) in found


def test_last_digits_move_towards_0_and_only_while_they_are_asked_to() -> None:
    z = np.linspace(-20, 20, 81)
    with moved_digits(np.random.default_rng(1)):
        moved = tanh(z)
    assert np.array_equal(tanh(z), np.tanh(z))
    assert (np.abs(moved) <= np.abs(np.tanh(z))).all()
    np.testing.assert_allclose(moved, np.tanh(z), rtol=3e-16)
    assert (moved != np.tanh(z)).sum() > 70
