"""The Solver model in the file: the names that Excel wrote for the lecture's own sheet dotprod."""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pytest
from openpyxl.utils import range_boundaries
from writer_cases import ALL, Laid, laid_out
from writer_cases import written as written_file

from sheetsim.engines.ironcalc import ENGINE as IRONCALC
from sheetsim.sheet import Kind
from sheetsim.solver import Vectorized
from sheetsim.topics import lessons
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy
from sheetsim.workbook.write.writer import write_workbook

CELLS = ("solver_adj", "solver_opt")
"""Names whose meaning is where our cells are; the others are settings."""

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
SOLVABLE = {t.name: lesson for lesson in lessons().values() for t in lesson.topics if t.model}


def solver_names(path: Path) -> dict[str, dict[str, dict[str, str]]]:
    """Sheet -> name -> attributes and text, from xl/workbook.xml itself and by nobody's reader."""
    with zipfile.ZipFile(path) as file:
        root = ElementTree.fromstring(file.read("xl/workbook.xml"))  # noqa: S314 - our own file
    sheets = [sheet.attrib["name"] for sheet in root.iter(f"{MAIN}sheet")]
    found: dict[str, dict[str, dict[str, str]]] = {}
    for name in root.iter(f"{MAIN}definedName"):
        if name.attrib["name"].startswith("solver_"):
            sheet = sheets[int(name.attrib["localSheetId"])]  # raises for a name of the workbook
            found.setdefault(sheet, {})[name.attrib["name"]] = {
                **name.attrib,
                "text": name.text or "",
            }
    return found


@pytest.fixture(scope="module", params=sorted(lessons()))
def written(request: pytest.FixtureRequest) -> tuple[Laid, Path]:
    return laid_out(request.param), written_file(request.param)


def test_names_and_settings_are_excels(written: tuple[Laid, Path], lecture: Path) -> None:
    laid, path = written
    excel = solver_names(lecture / "collab_filter.xlsx")["dotprod"]
    ours = solver_names(path)
    assert set(ours) == {name for name, lesson in SOLVABLE.items() if lesson.name == laid.workbook}
    for sheet, names in ours.items():
        assert set(names) == set(excel), sheet
        for name, attributes in names.items():
            assert attributes["hidden"] == excel[name]["hidden"] == "1", f"{sheet}: {name}"
            if name not in CELLS:
                assert attributes["text"] == excel[name]["text"], f"{sheet}: {name}"


def test_names_say_what_solver_is_asked(written: tuple[Laid, Path]) -> None:
    """In words, so that a wrong number would be seen: lecture.md has the lecture's settings."""
    for names in solver_names(written[1]).values():
        settings = {name.removeprefix("solver_"): names[name]["text"] for name in names}
        assert settings["typ"] == "2", "minimize"
        assert settings["eng"] == "1", "GRG Nonlinear"
        assert settings["drv"] == "2", "central derivatives"
        assert settings["neg"] == "2", "variables may be negative"
        assert settings["num"] == "0", "no constraints"
        assert float(settings["cvg"]) == 1e-4
        assert float(settings["pre"]) == 1e-6


def test_variables_are_constants_and_the_objective_a_formula(written: tuple[Laid, Path]) -> None:
    laid, path = written
    book = openpyxl.load_workbook(path)
    for sheet, names in solver_names(path).items():
        model = laid[sheet].solver
        assert model is not None
        own, objective = names["solver_opt"]["text"].split("!")
        assert own == sheet
        assert book[sheet][objective.replace("$", "")].data_type == "f"
        count = 0
        for area in names["solver_adj"]["text"].split(","):
            assert area.startswith(f"{sheet}!"), "Solver changes cells of its own sheet only"
            left, top, right, bottom = range_boundaries(area.split("!")[1])
            for line in book[sheet].iter_rows(top, bottom, left, right):
                for cell in line:
                    assert cell.data_type == "n", f"{sheet}!{cell.coordinate}"
                    assert isinstance(cell.value, float | int)
                    count += 1
        assert count == sum(block.values.size for block in model.variables)
        assert all(block.kind is Kind.INPUT for block in model.variables)


def test_objective_depends_on_every_variable(written: tuple[Laid, Path]) -> None:
    """Nudging any one variable in NumPy moves the objective: none is beside the point."""
    laid, _ = written
    for sheet in laid.sheets:
        if sheet.solver is None:
            continue
        made = lessons()[laid.workbook].topic(sheet.name).model
        assert made is not None
        model = made(sheet)
        assert isinstance(model.residuals, Vectorized)
        residuals, start = model.residuals.values, model.start
        nudged = start + 0.5 * np.eye(len(start))
        moved = (np.atleast_2d(residuals(nudged)) - residuals(start[None])) != 0
        assert moved.any(axis=1).all(), sheet.name


@pytest.mark.parametrize("case", [case for case in ALL if case.startswith("collab_filter")])
def test_line_on_excels_limit_is_right(case: str) -> None:
    laid = laid_out(case)
    for sheet in laid.sheets:
        if sheet.solver is None:
            continue
        variables = sum(block.values.size for block in sheet.solver.variables)
        note = str(sheet["limit_note"].value)
        assert sheet["variables"].value == variables
        assert note.startswith("Too many variables" if variables > 200 else "Within the limits")
        assert sheet["limit_note"].row < sheet.freeze[0], "it stays in sight"
        advised = re.search(r"build with --k (\d+)", note)
        if variables > 200:  # as many factors as the note says fit, and one more do not
            assert advised is not None
            per_factor = sheet["ratings"].rows + sheet["ratings"].columns
            biases = variables - per_factor * laid.book.plan["k"]
            assert biases + per_factor * int(advised[1]) <= 200
            assert biases + per_factor * (int(advised[1]) + 1) > 200


def test_line_on_excels_limit_is_live(tmp_path: Path) -> None:
    """k = 8: 15 x 8 + 8 x 15 = 240 variables, more than Excel's Solver takes. Were its limit
    300, the line would change its mind."""
    laid = laid_out("collab_filter: k 8")
    sheet = laid["dot_product"]
    note, limit = sheet["limit_note"], sheet["limit"]
    assert (limit.value, sheet["variables"].value) == (200, 240)
    path = write_workbook(laid.sheets, tmp_path / "k8.xlsx")
    found = {}
    for most in (200, 239, 240, 300):
        copy = tmp_path / f"{most}.xlsx"
        invalidated_copy(
            path, copy, edits={"dot_product": {(limit.row, limit.column): float(most)}}
        )
        cells = IRONCALC.recalculate(copy)["dot_product"]
        assert cells[sheet["variables"].row, sheet["variables"].column] == 240
        found[most] = str(cells[note.row, note.column])
    assert found[200] == found[239] == note.value
    assert re.match("Too many variables for Excel's Solver", found[200])
    assert found[240] == found[300] == ("Within the limits of Excel's Solver.")
