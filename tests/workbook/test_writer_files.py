"""The files that are written, as openpyxl, another program, reads them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from openpyxl.utils import range_boundaries
from writer_cases import CASES, Laid, laid_out
from writer_cases import written as written_file

from sheetsim.sheet import Block, Kind, Sheet
from sheetsim.workbook.write.growth import growing

WRITTEN = [case for case in CASES if ":" not in case or case.endswith((" 1", "labels", "noise"))]
"""A default of every workbook, and the sizes in which something is written differently."""
WRITTEN += ["gradient_descent: textbook, points"]

A4 = 9
INK, PAPER = "FF0000E0", "FFFFF8E1"
"""Inputs are blue on cream."""


@dataclass(frozen=True)
class Written:
    """A case, and its file read twice: with the formulas, and with what is cached for them."""

    laid: Laid
    path: Path
    formulas: Any
    cached: Any

    def blocks(self, *kinds: Kind) -> Iterator[tuple[Sheet, Block]]:
        for sheet in self.laid.sheets:
            for block in sheet.of_kind(*kinds):
                yield sheet, block


@pytest.fixture(scope="module", params=WRITTEN)
def written(request: pytest.FixtureRequest) -> Written:
    laid, path = laid_out(request.param), written_file(request.param)
    return Written(
        laid, path, openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    )


def test_sheets_stand_in_their_order_and_the_first_opens(written: Written) -> None:
    assert written.formulas.sheetnames == [sheet.name for sheet in written.laid.sheets]
    assert written.formulas.active.title == written.laid.sheets[0].name


def test_every_formula_has_numpys_value_cached(written: Written) -> None:
    """Also where it is an error, and where it is 0, which XlsxWriter would have put anyway."""
    count = 0
    for sheet in written.laid.sheets:
        page, shown = written.formulas[sheet.name], written.cached[sheet.name]
        for cell in sheet.cells():
            at = (cell.row + 1, cell.column + 1)
            assert page.cell(*at).value == cell.formula
            value = shown.cell(*at).value
            if isinstance(cell.value, float) and not math.isfinite(cell.value):
                code = "#N/A" if "NA()" in str(cell.formula) else "#NUM!"
                assert value == code, f"{sheet.name}: {cell.formula}"
            elif cell.value == "":
                assert value in ("", None), f"{sheet.name}: {cell.formula}"
            else:
                same = value == cell.value  # XlsxWriter keeps 16 digits of a number
                if not same and isinstance(cell.value, float) and isinstance(value, float):
                    same = abs(value - cell.value) <= 1e-15 * abs(cell.value)
                assert same, f"{sheet.name}: {cell.formula}: {value!r} for {cell.value!r}"
            count += 1
    formulas = sum(
        cell.data_type == "f"
        for page in written.formulas
        for row in page.iter_rows()
        for cell in row
    )
    assert formulas == count, "no other cell holds a formula"


def test_texts_and_numbers_are_what_they_were(written: Written) -> None:
    for sheet, block in written.blocks(Kind.TEXT, Kind.INPUT, Kind.RECORD):
        page = written.formulas[sheet.name]
        for row, column, i, j in block.cells():
            cell, value = page.cell(row + 1, column + 1), block.values[i, j]
            if block.of_texts and not value:
                assert cell.value is None
            elif isinstance(value, str):
                assert (cell.data_type, cell.value) == ("s", value), f"{sheet.name}: {value!r}"
            elif np.isnan(value):
                assert cell.value is None
            else:
                assert (cell.data_type, cell.value) == ("n", value), f"{sheet.name}: {value!r}"


def test_inputs_are_blue_on_cream_and_nothing_else_is(written: Written) -> None:
    inputs = {
        (sheet.name, row, column)
        for sheet, block in written.blocks(Kind.INPUT)
        for row, column, _, _ in block.cells()
    }
    for page in written.formulas:
        for line in page.iter_rows():
            for cell in line:
                looks = cell.fill.fgColor.rgb == PAPER and cell.font.color.rgb == INK
                at = (page.title, cell.row - 1, cell.column - 1)
                assert looks == (at in inputs), f"{page.title}!{cell.coordinate}"


def test_every_input_has_a_name_that_belongs_to_its_sheet(written: Written) -> None:
    assert not written.formulas.defined_names, "no name is the whole workbook's"
    for sheet, block in written.blocks(Kind.INPUT):
        name = written.formulas[sheet.name].defined_names[block.name]
        assert name.attr_text == block.qualified.range
        assert not name.hidden


def test_names_lead_nowhere_else(written: Written) -> None:
    for sheet in written.laid.sheets:
        names = dict(written.formulas[sheet.name].defined_names)
        for name, meaning in names.items():
            if not name.startswith("solver_"):
                assert meaning.attr_text == sheet[name].qualified.range, name


def test_inputs_refuse_what_they_may_not_be(written: Written) -> None:
    for sheet, block in written.blocks(Kind.INPUT):
        if block.valid is None:
            continue
        rules = written.formulas[sheet.name].data_validations.dataValidation
        corner = written.formulas[sheet.name].cell(block.row + 1, block.column + 1).coordinate
        (rule,) = [rule for rule in rules if corner in rule.sqref]
        number = "whole" if block.valid.whole else "decimal"
        assert rule.type == ("list" if block.valid.choices else number)
        assert rule.showErrorMessage
        assert block.valid.sentence() in rule.error


FOR_CHARTS = {"gradient_limit", "steps_made", "reach"}
"""Outcomes that only charts read; they stand out of sight, beside what is printed."""


def test_pages_print_landscape_as_wide_as_a_page(written: Written) -> None:
    for sheet in written.laid.sheets:
        page = written.formulas[sheet.name]
        assert page.page_setup.orientation == "landscape"
        assert int(page.page_setup.paperSize) == A4
        if sheet.repeat_rows is not None:
            first, last = sheet.repeat_rows
            assert page.print_title_rows == f"${first + 1}:${last + 1}"
        if sheet.hidden:  # LibreOffice prints what hidden sheets say is to be printed
            assert not page.print_area
            continue
        areas = [range_boundaries(area.split("!")[1]) for area in page.print_area.split(",")]
        assert page.sheet_properties.pageSetUpPr.fitToPage
        fit = page.page_setup.fitToWidth, page.page_setup.fitToHeight
        assert tuple(1 if n is None else n for n in fit) == (1, sheet.pages)

        def printed(top: int, left: int, bottom: int, right: int, areas: Any = areas) -> bool:
            return any(
                a <= left and b <= top and right <= c and bottom <= d for a, b, c, d in areas
            )

        for chart in sheet.charts:
            ends = chart.row + chart.rows, chart.column + chart.columns
            assert printed(chart.row + 1, chart.column + 1, *ends), f"{sheet.name}: {chart.title}"
        for block in sheet.of_kind(Kind.INPUT, Kind.FORMULA):
            at = block.row + 1, block.column + 1, block.row + 1, block.column + 1
            # A setting, or an outcome: tables may be left out.
            if block.values.size == 1 and block.name not in FOR_CHARTS:
                assert printed(*at), f"{sheet.name}: {block.name}"


def test_panes_are_frozen_where_the_layout_says(written: Written) -> None:
    for sheet in written.laid.sheets:
        row, column = sheet.freeze
        expected = f"{openpyxl.utils.get_column_letter(column + 1)}{row + 1}"
        assert written.formulas[sheet.name].freeze_panes == (expected if row or column else None)


def test_links_of_the_first_sheet_lead_to_sheets(written: Written) -> None:
    first, *others = written.formulas
    targets = set()
    for line in first.iter_rows():
        for cell in line:
            if cell.hyperlink is not None:
                assert cell.hyperlink.location == f"'{cell.value}'!A1"
                assert cell.hyperlink.target is None
                targets.add(cell.value)
    assert targets == {page.title for page in others if page.sheet_state == "visible"}
    assert [page.title for page in others if page.sheet_state != "visible"] == ["plan"]
    assert not [
        cell for page in others for line in page.iter_rows() for cell in line if cell.hyperlink
    ], "a label such as http://a.b is no link"


def test_charts_and_colours_are_there(written: Written) -> None:
    for sheet in written.laid.sheets:
        page = written.formulas[sheet.name]
        assert len(page._charts) == len(sheet.charts)
        rules = sum(len(found.rules) for found in page.conditional_formatting)
        assert rules == len(sheet.color_scales) + len(sheet.highlights) + len(list(growing(sheet)))


def test_file_says_nothing_of_when_and_by_whom_it_was_built(written: Written) -> None:
    about = written.formulas.properties
    assert (about.creator, about.title) == ("sheetsim", written.laid.sheets[0].title)
    assert about.created.year == about.modified.year == 2026
    assert (about.created.month, about.created.day) == (1, 1)
