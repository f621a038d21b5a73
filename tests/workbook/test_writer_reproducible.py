"""The same input gives the same bytes, and the committed workbooks are what the code writes."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from writer_cases import CASES, Laid, laid_out, written

import sheetsim
from sheetsim.checking.unchanged import changes
from sheetsim.topics import _solver_sheet
from sheetsim.workbook.read.all_cells import read_cells
from sheetsim.workbook.read.outline import outline
from sheetsim.workbook.write.writer import write_workbook

SMALL: dict[str, dict[str, Any]] = {
    "collab_filter": {"k": 2},
    "digits": {"epochs": 1},
    "gradient_descent": {"epochs": 1, "noise": 1},
    "transfer": {"epochs": 2},
}
"""Options that make a workbook quick to build; one without any is built as it is."""


def in_words(seconds: float) -> str:
    """The record of how long the solver took, which is a machine's and not the input's."""
    return "under a minute" if seconds >= 0 else ""


@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", sheetsim.list_workbooks())
def test_building_twice_gives_the_same_bytes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_solver_sheet, "time_taken", in_words)
    options = SMALL.get(name, {})
    first, second = (
        sheetsim.build(name, tmp_path / f"{i}.xlsx", **options).read_bytes() for i in (1, 2)
    )
    assert first == second


def test_writing_again_over_a_file_gives_the_same_bytes(tmp_path: Path) -> None:
    laid = laid_out("gradient_descent: 2 points")
    path = write_workbook(laid.sheets, tmp_path / "book.xlsx")
    before = path.read_bytes()
    assert write_workbook(laid.sheets, path).read_bytes() == before


def test_times_in_the_zip_are_fixed(tmp_path: Path) -> None:
    path = write_workbook(laid_out("gradient_descent: 2 points").sheets, tmp_path / "book.xlsx")
    with zipfile.ZipFile(path) as file:
        assert {entry.date_time[0] for entry in file.infolist()} == {1980}, "the zip format's first"


# The committed workbooks -------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """A workbook as committed, and as built now."""

    committed: Path
    rebuilt: Path
    laid: Laid


@pytest.fixture(scope="module", params=sheetsim.list_workbooks())
def pair(request: pytest.FixtureRequest, root: Path) -> Pair:
    committed = root / "workbooks" / f"{request.param}.xlsx"
    assert committed.is_file(), f"{committed} is missing: run scripts/build, and commit workbooks/"
    assert CASES[request.param] == (request.param, {})
    return Pair(committed, written(request.param), laid_out(request.param))


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {entry.filename: file.read(entry) for entry in file.infolist()}


@pytest.mark.processor
def test_committed_parts_are_what_is_built(pair: Pair) -> None:
    """Every formula, style, name, chart and text; numbers are compared below."""
    committed, rebuilt = parts(pair.committed), parts(pair.rebuilt)
    assert list(committed) == list(rebuilt), "run scripts/build, and commit workbooks/"
    for name, part in committed.items():
        same = outline(name, part) == outline(name, rebuilt[name])
        assert same, f"{pair.committed.name}: {name} is not what is built now: run scripts/build"


def test_committed_formulas_are_what_is_built(pair: Pair) -> None:
    committed, rebuilt = read_cells(pair.committed), read_cells(pair.rebuilt)
    assert list(committed) == list(rebuilt)
    for sheet, cells in committed.items():
        ours = {at: cell.formula for at, cell in cells.items()}
        assert ours == {at: cell.formula for at, cell in rebuilt[sheet].items()}, sheet


@pytest.mark.processor
def test_committed_numbers_are_what_is_computed(pair: Pair) -> None:
    """Within 1e-11 of themselves, or the floor that `check` gives to where terms cancel."""
    book, sheets = pair.laid.book, pair.laid.sheets
    assert list(changes(pair.committed, pair.rebuilt, book, sheets)) == []
    cells = [cell for sheet in read_cells(pair.committed).values() for cell in sheet.values()]
    assert sum(isinstance(cell.value, float) for cell in cells) > 100
