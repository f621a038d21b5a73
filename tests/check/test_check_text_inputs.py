"""Inputs that are texts: laid out, written, read back, changed for the second pass, refused."""

from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook

from sheetsim import build
from sheetsim.checking.changed_inputs import changed_book, input_edits
from sheetsim.checking.expected import rounding_floors
from sheetsim.checking.read_back import read_workbook
from sheetsim.errors import WorkbookError
from sheetsim.sheet import Sheet
from sheetsim.sheet.block import LONGEST
from sheetsim.topics import lay_out
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("words", tmp_path_factory.mktemp("texts"))


def typed(workbook: Path, value: float | str, row: int = 0) -> Path:
    """A copy with something else in a cell of the sentence."""
    words = {sheet.name: sheet for sheet in read_workbook(workbook).sheets}["vocabulary"]["words"]
    copy = workbook.with_name("typed.xlsx")
    invalidated_copy(workbook, copy, {"vocabulary": {(words.row + row, words.column): value}})
    return copy


def test_words_take_what_is_given_and_else_their_default() -> None:
    sheet = Sheet("s", "t", {"words": np.array([["a"], [""]], dtype=object)})
    words = sheet.words(0, 0, "words", [["x"], ["y"]], blanks=True)
    other = sheet.words(0, 1, "others", [["x"], ["y"]])
    assert (words.values.tolist(), other.values.tolist()) == ([["a"], [""]], [["x"], ["y"]])
    assert words.of_texts
    assert not sheet.input(3, 0, "lr", 0.1).of_texts
    assert not sheet.text(4, 0, "a label").of_texts


def test_a_text_cell_is_of_the_format_text_and_refuses_long_ones(workbook: Path) -> None:
    page = load_workbook(workbook)["vocabulary"]
    words = {sheet.name: sheet for sheet in read_workbook(workbook).sheets}["vocabulary"]["words"]
    for row, column, i, _ in words.cells():
        cell = page.cell(row + 1, column + 1)
        assert cell.number_format == "@"
        assert cell.value == (words.values[i, 0] or None)
    (rule,) = page.data_validations.dataValidation
    assert (rule.type, rule.operator) == ("textLength", "lessThanOrEqual")
    assert float(rule.formula1) == LONGEST


@pytest.mark.parametrize("value", ["007", "=1+1", "Ünï ☃", " a ", "x" * LONGEST, ""])
def test_texts_are_read_back_as_they_stand(value: str, workbook: Path) -> None:
    book = read_workbook(typed(workbook, value)).book
    assert book.given["vocabulary"]["words"][0, 0] == value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (7.5, r"B8 \(words\) is the number 7\.5; expected a text .* with an apostrophe"),
        ("x" * (LONGEST + 1), r"B8 \(words\) is a text of 61 characters; expected a text of at"),
        (True, r"B8 \(words\) is True; expected a text of at most 60 characters$"),
    ],
)
def test_what_is_no_short_text_is_refused(value: float | str, words: str, workbook: Path) -> None:
    with pytest.raises(WorkbookError, match=words):
        read_workbook(typed(workbook, value))


def test_the_second_pass_has_other_words_everywhere(workbook: Path) -> None:
    read = read_workbook(workbook)
    changed = changed_book(read.book, read.sheets)
    sheets = lay_out(changed)
    before = read.book.given["vocabulary"]["words"].ravel().tolist()
    after = changed.given["vocabulary"]["words"].ravel().tolist()
    assert len(set(after)) == len(after)
    assert not set(after) & set(before)
    edits = input_edits(sheets, read.sheets)["vocabulary"]
    assert list(edits.values()) == after


def test_the_longest_text_is_changed_too(workbook: Path) -> None:
    read = read_workbook(typed(workbook, "x" * LONGEST))
    after = changed_book(read.book, read.sheets).given["vocabulary"]["words"]
    assert max(len(text) for text in after.ravel()) <= LONGEST
    assert after[0, 0] != "x" * LONGEST


def test_floors_move_no_text(workbook: Path) -> None:
    read = read_workbook(workbook)
    floors = rounding_floors(read.book, read.sheets)
    assert not any(floor.any() for floor in floors["vocabulary"].values())
    assert any(floor.any() for floor in floors["similar_words"].values())
