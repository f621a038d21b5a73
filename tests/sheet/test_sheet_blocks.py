"""Blocks, tables and sheets: how cells refer to each other, and what is refused."""

import numpy as np
import pytest

from sheetsim.errors import OptionError
from sheetsim.sheet import Block, Column, Kind, Sheet, Valid, table


@pytest.fixture
def sheet() -> Sheet:
    return Sheet("my sheet", "A sheet")


def test_references_of_a_block_are_those_of_the_lecture(sheet: Sheet) -> None:
    ratings = sheet.inputs(1, 7, "ratings", np.ones((15, 15)))  # its ratings stand in H2:V16
    assert ratings.cell == "H2"
    assert ratings.range == "$H$2:$V$16"
    assert ratings.across == "$H2:$V2"
    assert ratings.down == "H$2:H$16"
    assert ratings.at(0, 3) == "$K$2"
    assert ratings.qualified.range == "'my sheet'!$H$2:$V$16"
    assert ratings.qualified.at(14) == "'my sheet'!$H$16"
    assert (ratings.bottom, ratings.right) == (16, 22)


def test_part_of_a_block_is_a_block_of_its_own(sheet: Sheet) -> None:
    whole = sheet.fill(1, 7, "whole", "=A1", np.arange(12.0).reshape(3, 4))
    part = whole.part(slice(1, None), slice(2, 4))
    assert (part.range, part.values.tolist()) == ("$J$3:$K$4", [[6, 7], [10, 11]])
    assert part.formulas == (("=C2", "=D2"), ("=C3", "=D3"))
    assert whole.part(slice(0, 1)).range == "$H$2:$K$2"


def test_fill_moves_what_is_relative(sheet: Sheet) -> None:
    block = sheet.fill(0, 3, "sums", "=SUM($A1:$C1)*D$9", np.zeros((2, 2)))
    assert block.formulas == (
        ("=SUM($A1:$C1)*D$9", "=SUM($A1:$C1)*E$9"),
        ("=SUM($A2:$C2)*D$9", "=SUM($A2:$C2)*E$9"),
    )


def test_inputs_take_what_is_given_and_else_their_default() -> None:
    sheet = Sheet("s", "t", {"lr": 0.25})
    assert sheet.input(0, 0, "lr", 1.0).value == 0.25
    assert sheet.input(1, 0, "beta1", 0.9).value == 0.9


def test_inputs_hold_what_a_cell_can_hold() -> None:
    """The writer keeps 16 digits; what a formula sees must be what the file holds."""
    value = 0.1 + 0.2
    sheet = Sheet("s", "t", {"lr": value})
    assert sheet.input(0, 0, "lr", 1.0).value == float(f"{value:.16g}")


def test_given_of_another_shape_is_refused() -> None:
    sheet = Sheet("s", "t", {"x": np.ones(3)})
    with pytest.raises(ValueError, match="reshape"):
        sheet.inputs(0, 0, "x", np.ones((2, 1)))


def test_formulas_of_another_shape_are_refused(sheet: Sheet) -> None:
    with pytest.raises(ValueError, match="values for other formulas"):
        sheet.formulas(0, 0, "f", [["=1"], ["=2"]], np.ones((1, 2)))


def test_two_blocks_of_one_name_are_refused(sheet: Sheet) -> None:
    sheet.input(0, 0, "lr", 1.0)
    with pytest.raises(ValueError, match="two blocks are called 'lr'"):
        sheet.input(1, 0, "lr", 1.0)


@pytest.mark.parametrize(("row", "column"), [(1_048_575, 0), (0, 16_383)])
def test_what_leaves_the_sheet_is_refused(sheet: Sheet, row: int, column: int) -> None:
    sheet.numbers(row, column, [[1]])
    with pytest.raises(OptionError, match=r"a sheet has 1,048,576 and 16,384"):
        sheet.numbers(row, column, [[1, 2], [3, 4]])


def test_walking_over_cells_gives_each_formula_with_its_value(sheet: Sheet) -> None:
    sheet.text(0, 0, "x", "heading")
    sheet.input(1, 0, "x", 3.0)
    sheet.fill(1, 1, "twice", "=2*A2", np.array([[6.0], [8.0]]))
    assert [(c.row, c.column, c.formula, c.value, c.block) for c in sheet.cells()] == [
        (1, 1, "=2*A2", 6.0, "twice"),
        (2, 1, "=2*A3", 8.0, "twice"),
    ]
    assert [block.kind for block in sheet.of_kind(Kind.INPUT)] == [Kind.INPUT]
    assert sheet.extent == (3, 2)


def test_tables_refer_to_their_row_and_the_one_above(sheet: Sheet) -> None:
    columns = [
        Column("x", None, np.array([1.0, 2.0, 3.0, 4.0])),
        Column("b", "={^new_b}", np.zeros(4), first="=b0", restart="={^b}"),
        Column("new_b", '={b}-lr*{x}&"100%"', np.zeros(4)),
    ]
    blocks = table(sheet, 4, 1, columns, epoch=2)
    assert [line[0] for line in blocks["b"].formulas or ()] == ["=b0", "=D5", "=C6", "=D7"]
    assert [line[0] for line in blocks["new_b"].formulas or ()] == [
        f'=C{row}-lr*B{row}&"100%"' for row in range(5, 9)
    ]
    assert blocks["x"].kind is Kind.TEXT


@pytest.mark.parametrize(
    ("valid", "sentence"),
    [
        (Valid(), "a number"),
        (Valid(0, above=True), "a number, above 0"),
        (Valid(0, 1), "a number, at least 0 and at most 1"),
        (Valid(1, 5, choices="$A$1:$A$5"), "a whole number from 1 to 5"),
    ],
)
def test_inputs_say_what_they_may_be(valid: Valid, sentence: str) -> None:
    assert valid.sentence() == sentence


def test_block_of_one_cell_refers_to_it_alone() -> None:
    block = Block("s", "lr", 2, 0, np.array([[0.5]]), Kind.INPUT, "input")
    assert (block.range, block.across, block.down, block.value) == ("$A$3", "$A3", "A$3", 0.5)
