"""What holds for every sheet of every topic, whatever its size: found by discovery."""

import re
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from openpyxl.formula import Tokenizer
from openpyxl.utils import range_boundaries
from writer_cases import ALL, CONTENTS, Laid, laid_out, occupied

from sheetsim.sheet import Block, Kind, Sheet
from sheetsim.topics import find, lessons
from sheetsim.topics._warning import NAME as WARNING
from sheetsim.workbook.write.styles import properties

CLASSIC = {
    *(
        "ABS",
        "ACOS",
        "AND",
        "AVERAGE",
        "AVERAGEIFS",
        "COLUMN",
        "COS",
        "COUNT",
        "IF",
        "INDEX",
        "INTERCEPT",
        "MATCH",
    ),
    *("MAX", "MIN", "MMULT", "RADIANS", "ROW", "SIN", "SLOPE", "SQRT", "STDEVP", "SUM"),
    "SUMPRODUCT",
    *("ROUND", "TANH"),
    *("CHOOSE", "EXP", "SUMSQ"),
    *("LN", "LOWER", "NA", "PI", "TRIM"),
    *("DEVSQ", "IFERROR", "LARGE", "MINVERSE", "SMALL"),
    *("INT", "ISERROR", "LEFT", "OR"),
}
"""Functions that Excel 2010 (even 97), LibreOffice 7.4 and Google Sheets all have, and that give
the same everywhere. To add one: look it up in all three, and in traps.md. MMULT is safe where one
row meets one column, which is all that SUM(MMULT()) of ours does, and within SUMPRODUCT; so is
MINVERSE there. IFERROR came with Excel 2007."""

STRUCTURAL = {
    "0": "no error, the exact match of MATCH, a lower limit, the test for none",
    "1": "1 - beta, 1 and 0 of one-hot, the first of a count from 1",
    "2": "the square and its derivative",
    "30": "where EXP is cut off, so that it is no error: a sigmoid is 0 to 13 digits there",
}
"""Numbers that belong to the maths and that nobody would want to change, and why."""

WORD = re.compile(r"[a-z][a-z_0-9]*")
CELL_LIKE = re.compile(r"[A-Z]{1,3}[0-9]{1,7}|R[0-9]*C[0-9]*|R[0-9]*|C[0-9]*|TRUE|FALSE", re.I)
REFERENCE = re.compile(
    r"(?:('(?:[^']|'')+'|[A-Za-z_]+)!)?(\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?)"
)


@pytest.fixture(params=ALL)
def laid(request: pytest.FixtureRequest) -> Laid:
    return laid_out(request.param)


@cache
def tokens(formula: str) -> tuple[tuple[str, str, str], ...]:
    """Value, type and subtype of each token, as openpyxl reads them."""
    return tuple((t.value, t.type, t.subtype) for t in Tokenizer(formula).items)


def operands(sheet: Sheet, subtype: str) -> Iterator[tuple[str, str]]:
    """The operands of a kind in all of a sheet's formulas, each once, with one formula."""
    seen = set()
    for cell in sheet.cells():
        for value, kind, sub in tokens(cell.formula):
            if kind == "OPERAND" and sub == subtype and value not in seen:
                seen.add(value)
                yield value, cell.formula


def names_on(sheet: Sheet) -> dict[str, Block]:
    """What formulas of a sheet may call by name: what the writer defines."""
    return {
        name: block
        for name, block in sheet.blocks.items()
        if block.kind is Kind.INPUT or (block.kind is Kind.FORMULA and block.values.size == 1)
    }


def test_no_two_blocks_overlap(laid: Laid) -> None:
    for sheet in laid.sheets:
        cells = occupied(sheet)
        for (row, column), last in sheet.merges.items():
            covered = [(row, c) for c in range(column + 1, last + 1)]
            assert not [at for at in covered if at in cells], f"{sheet.name}: merged over cells"


def test_no_chart_covers_a_cell_or_another_chart(laid: Laid) -> None:
    for sheet in laid.sheets:
        cells = {at: f"{block.name or block.value!r}" for at, block in occupied(sheet).items()}
        for chart in sheet.charts:
            for row in range(chart.row, chart.row + chart.rows):
                for column in range(chart.column, chart.column + chart.columns):
                    other = cells.setdefault((row, column), chart.title)
                    assert other == chart.title, f"{sheet.name}: {chart.title!r} covers {other}"


def test_charts_show_cells_of_one_length(laid: Laid) -> None:
    for sheet in laid.sheets:
        for chart in sheet.charts:
            for series in chart.series:
                assert series.x.values.size == series.y.values.size > 0, series.name
                assert 1 in series.x.values.shape
                assert 1 in series.y.values.shape


def test_names_are_words_that_no_program_takes_for_a_cell(laid: Laid) -> None:
    for sheet in laid.sheets:
        for name in names_on(sheet):
            assert WORD.fullmatch(name), f"{sheet.name}: {name!r} gets no name"
            assert not CELL_LIKE.fullmatch(name), f"{sheet.name}: {name!r} reads as a cell"


@pytest.mark.sampled(15)
def test_formulas_parse_and_use_classic_functions_only(laid: Laid) -> None:
    for sheet in laid.sheets:
        for cell in sheet.cells():
            assert cell.formula.startswith("=")
            assert len(cell.formula) <= 8192, "Excel's limit"
            assert "_xl" not in cell.formula
            assert "@" not in cell.formula
            for value, kind, sub in tokens(cell.formula):
                if kind == "FUNC" and sub == "OPEN":
                    assert value.rstrip("(") in CLASSIC, f"{sheet.name}: {cell.formula}"
                assert (kind, sub) != ("OPERAND", "ERROR"), f"{sheet.name}: {cell.formula}"
                assert kind != "ARRAY", f"{sheet.name}: {cell.formula}"


def test_every_name_in_a_formula_is_defined_on_its_sheet(laid: Laid) -> None:
    for sheet in laid.sheets:
        known = names_on(sheet)
        for operand, formula in operands(sheet, "RANGE"):
            if not REFERENCE.fullmatch(operand):
                assert operand in known, f"{sheet.name}: {operand} of {formula}"


def test_every_reference_leads_to_cells_that_hold_something(laid: Laid) -> None:
    cells = {sheet.name: occupied(sheet) for sheet in laid.sheets}
    for sheet in laid.sheets:
        for operand, formula in operands(sheet, "RANGE"):
            match = REFERENCE.fullmatch(operand)
            if match is None:
                continue
            name = match[1].strip("'") if match[1] else sheet.name
            assert name in cells, f"{sheet.name}: {formula}"
            left, top, right, bottom = range_boundaries(match[2])
            for row in range(top - 1, bottom):
                for column in range(left - 1, right):
                    where = f"{sheet.name}: {formula}: row {row + 1} column {column + 1} of {name}"
                    block = cells[name].get((row, column))
                    assert block is not None, f"{where} is blank"
                    value = block.values[row - block.row, column - block.column]
                    blank = (
                        block.kind is Kind.INPUT and not isinstance(value, str) and np.isnan(value)
                    )
                    assert block.blanks or not blank, f"{where} is a blank input"


def test_no_formula_refers_to_its_own_cell(laid: Laid) -> None:
    """No circles of one; longer ones would show as cells that disagree in `check`."""
    for sheet in laid.sheets:
        for cell in sheet.cells():
            for value, kind, sub in tokens(cell.formula):
                match = REFERENCE.fullmatch(value) if (kind, sub) == ("OPERAND", "RANGE") else None
                if match and not match[1]:
                    left, top, right, bottom = range_boundaries(match[2])
                    inside = top <= cell.row + 1 <= bottom and left <= cell.column + 1 <= right
                    assert not inside, f"{sheet.name}: {cell.formula}"


def test_no_constant_is_buried_in_a_formula(laid: Laid) -> None:
    for sheet in laid.sheets:
        lines = sheet[WARNING].formulas if WARNING in sheet.blocks else ()
        limits = {f for line in lines or () for f in line}
        for operand, formula in operands(sheet, "NUMBER"):
            if formula in limits:  # what an input may be stands in its validation as well
                continue
            assert operand in STRUCTURAL, f"{sheet.name}: {operand} of {formula} should be an input"


def test_squares_and_powers_are_in_brackets_where_a_sign_stands_before(laid: Laid) -> None:
    """-2^2 is 4 in spreadsheets, and 2^3^2 is 64."""
    for sheet in laid.sheets:
        for cell in sheet.cells():
            if cell.block == WARNING:  # of limits, which may be below 0
                continue
            assert not re.search(r"\^[^-+*/,)]*\^", cell.formula), cell.formula
            unary = [i for i, t in enumerate(tokens(cell.formula)) if t[1] == "OPERATOR-PREFIX"]
            assert not unary, f"{sheet.name}: {cell.formula} begins a term with a sign"


def test_inputs_look_like_inputs_and_nothing_else_does(laid: Laid) -> None:
    for sheet in laid.sheets:
        for block in sheet.parts:
            look = block.style.partition(".")[0]
            properties(block.style)  # raises if the writer does not know it
            assert (look == "input") == (block.kind is Kind.INPUT), f"{sheet.name}: {block.name}"


def test_every_number_that_is_no_input_is_a_formula_or_a_record(laid: Laid) -> None:
    """Numbers of the layout are counts: whole, or the plan that the first sheet keeps."""
    for sheet in laid.sheets:
        for block in sheet.of_kind(Kind.TEXT):
            numbers = [v for v in block.values.ravel() if not isinstance(v, str)]
            assert all(float(v).is_integer() for v in numbers), f"{sheet.name}: {numbers}"


def test_values_fit_the_formulas_of_their_block(laid: Laid) -> None:
    for sheet in laid.sheets:
        for block in sheet.of_kind(Kind.FORMULA):
            assert block.formulas is not None
            assert block.values.shape == (len(block.formulas), len(block.formulas[0])), block.name
            for value in block.values.ravel():
                assert isinstance(value, str | int | float | np.floating | np.integer), block.name


def test_first_sheet_names_and_links_every_other(laid: Laid) -> None:
    first, *others = laid.sheets
    assert first.name == CONTENTS
    assert list(first.blocks) == ["show_what_happens", "outcomes", "warning"]
    texts = {
        (row, column): block.values[i, j]
        for block in first.parts
        for row, column, i, j in block.cells()
    }
    for at, target in first.links.items():
        assert texts[at] == target
        assert (at[0], at[1] + 1) in texts, "a link has its line beside it"
    assert set(first.links.values()) == {sheet.name for sheet in others if not sheet.hidden}


def test_plan_on_the_last_sheet_is_the_books(laid: Laid) -> None:
    from sheetsim.topics import read_plan

    cells = {
        (row, column): block.values[i, j]
        for block in laid.sheets[-1].parts
        for row, column, i, j in block.cells()
    }
    assert laid.sheets[-1].hidden
    assert read_plan(cells) == laid.book.plan


def test_every_topic_has_its_sheet_with_something_to_try(laid: Laid) -> None:
    lesson, names = find(laid.workbook)
    assert [sheet.name for sheet in laid.sheets if sheet.name in names] == list(names)
    for topic in lesson.topics:
        assert topic.tries, f"{topic.name} says nothing to try"
        assert "\n" not in topic.summary
        assert any(laid[topic.name].cells()), f"{topic.name} has no live cell"


def test_headings_stay_in_sight_and_print_on_every_page(laid: Laid) -> None:
    for sheet in laid.sheets[1:]:
        assert sheet.freeze != (0, 0), sheet.name
        frozen_rows, frozen_columns = sheet.freeze
        assert frozen_rows <= 12, f"{sheet.name}: too little is left to scroll"
        width = sum(sheet.widths.get(column, 8.43) for column in range(frozen_columns))
        assert width <= 100, f"{sheet.name}: frozen columns fill the screen"
        if sheet.repeat_rows is not None:
            assert sheet.repeat_rows[1] < frozen_rows, sheet.name


def test_every_topic_alone_brings_what_it_needs() -> None:
    for lesson in lessons().values():
        for topic in lesson.topics:
            wanted = lesson.with_needs((topic.name,))
            before = [other.name for other in lesson.topics if other.order < topic.order]
            needs = before if "*" in topic.needs else topic.needs
            assert set(needs) < set(wanted)
            assert list(wanted) == [t.name for t in lesson.topics if t.name in wanted]
            order = [wanted.index(name) for name in (*needs, topic.name)]
            assert order[-1] == max(order), f"{topic.name} stands before what it needs"
