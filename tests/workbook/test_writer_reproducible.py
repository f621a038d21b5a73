"""The same input gives the same bytes, and the committed workbooks are what the code writes."""

import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from writer_cases import CASES, laid_out

import sheetsim
from sheetsim.topics import _solver_sheet
from sheetsim.workbook.rewrite.package import Cells, read_cells
from sheetsim.workbook.write.writer import write_workbook

RELATIVE = 1e-9
"""Processors differ in the last bits, and an optimum carries them further."""

NUMBER = re.compile(rb"<(c:v|v)>([-+0-9.eE]+)</\1>")
"""A number in a cell, or cached in a chart."""

SMALL = {"collab_filter": {"k": 2}, "gradient_descent": {"epochs": 1, "noise": 1}}
"""Options that make a workbook quick to build; one without any is built as it is."""


def in_words(seconds: float) -> str:
    """The record of how long the solver took, which is a machine's and not the input's."""
    return "under a minute" if seconds >= 0 else ""


@pytest.mark.parametrize("name", sheetsim.list_workbooks())
def test_building_twice_gives_the_same_bytes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_solver_sheet, "time_taken", in_words)
    options: dict[str, Any] = SMALL.get(name, {})
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


@pytest.fixture(scope="module", params=sheetsim.list_workbooks())
def pair(
    request: pytest.FixtureRequest, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """A workbook as committed, and as built now."""
    committed = root / "workbooks" / f"{request.param}.xlsx"
    assert committed.is_file(), f"{committed} is missing: run scripts/build, and commit workbooks/"
    assert CASES[request.param] == (request.param, {})
    rebuilt = tmp_path_factory.mktemp("rebuilt") / committed.name
    return committed, write_workbook(laid_out(request.param).sheets, rebuilt)


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {entry.filename: file.read(entry) for entry in file.infolist()}


def outline(part: bytes) -> bytes:
    """A part without its numbers, and without the solver's time in words."""
    return re.sub(rb"under 10* s", b"under a time", NUMBER.sub(rb"<\1>number</\1>", part))


def test_committed_parts_are_what_is_built(pair: tuple[Path, Path]) -> None:
    """Every formula, style, name, chart and text; numbers are compared below."""
    committed, rebuilt = (parts(path) for path in pair)
    assert list(committed) == list(rebuilt), "run scripts/build, and commit workbooks/"
    for name, part in committed.items():
        same = outline(part) == outline(rebuilt[name])
        assert same, f"{pair[0].name}: {name} is not what is built now: run scripts/build"


def test_committed_formulas_are_what_is_built(pair: tuple[Path, Path]) -> None:
    committed, rebuilt = (read_cells(path) for path in pair)
    assert list(committed) == list(rebuilt)
    for sheet, cells in committed.items():
        ours = {at: cell.formula for at, cell in cells.items()}
        assert ours == {at: cell.formula for at, cell in rebuilt[sheet].items()}, sheet


def test_committed_numbers_are_what_is_computed(pair: tuple[Path, Path]) -> None:
    """Within 1e-9 of themselves, or of the column's largest where terms cancel."""
    committed, rebuilt = (read_cells(path) for path in pair)
    compared = 0
    for sheet, cells in committed.items():
        largest = largest_by_column(committed, sheet)
        for at, cell in cells.items():
            value = rebuilt[sheet][at].value
            if isinstance(cell.value, float) and isinstance(value, float):
                gap = abs(cell.value - value)
                assert gap <= RELATIVE * largest[at[1]], f"{sheet} {at}: {cell.value} {value}"
                compared += 1
            elif not str(cell.value).startswith("under 1"):
                assert cell.value == value, f"{sheet} {at}"
    assert compared > 100


def largest_by_column(cells: Cells, sheet: str) -> dict[int, float]:
    """Largest magnitude in each column of a sheet."""
    largest: dict[int, float] = {}
    for (_, column), cell in cells[sheet].items():
        if isinstance(cell.value, float) and np.isfinite(cell.value):
            largest[column] = max(largest.get(column, 0.0), abs(cell.value))
    return largest
