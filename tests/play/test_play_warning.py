"""The line below the title says which input is wrong, and what belongs there, or it is the lead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from installed import installed
from needed import NEEDED
from played import Played

from sheetsim import build
from sheetsim.checking.read_back import read_workbook
from sheetsim.engines import engines
from sheetsim.errors import WorkbookError
from sheetsim.sheet import Kind, Sheet, Valid
from sheetsim.topics import lay_out, lessons, new_book
from sheetsim.topics._warning import MARK, NAME, add_warning
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy
from sheetsim.workbook.write.writer import write_workbook

LEAD = 'the "lead"; ' + "x" * 300

Wrong = dict[str, tuple[tuple[int, int], Any, str]]

WRONG: Wrong = {
    # sheet: (the cell, what is typed there, what the sheet then says)
    "fine": ((4, 0), 3.0, LEAD),
    "blank": ((2, 0), "", "blank!A3 (lr) should hold a number, above 0 and at most 1."),
    "text": ((2, 0), "big", "text!A3 (lr) should hold a number, above 0 and at most 1."),
    "low": ((2, 0), 0.0, "low!A3 (lr) should hold a number, above 0 and at most 1."),
    "high": ((2, 0), 1.5, "high!A3 (lr) should hold a number, above 0 and at most 1."),
    "many": ((3, 1), "-", "many!A4:C4 (x) should hold a number, or nothing in each cell."),
    "empty": ((3, 1), "", LEAD),
    "part": ((4, 0), 1.5, "part!A5 (pick) should hold a whole number from 1 to 3."),
    "other": ((4, 0), 4.0, "other!A5 (pick) should hold a whole number from 1 to 3."),
    "list": ((5, 0), "c", "list!A6 (word) should hold one of the texts in the list."),
    "letters": ((5, 0), "B", LEAD),
    "number": ((6, 0), 7.0, "number!A7 (name) should hold a text of at most 60 characters."),
    "error": ((4, 1), 0.0, "A cell of error shows an error: with these inputs a number is too "),
}


def laid_out(name: str, **given: Any) -> Sheet:
    """A sheet with an input of each sort, and a quotient of two of them."""
    sheet = Sheet(name, "t", given)
    sheet.text(0, 0, "t", "title")
    sheet.text(1, 0, LEAD, "lead")
    sheet.numbers(2, 4, [[1.0], [2.0], [3.0]])
    sheet.labels(2, 5, [["a"], ["b"]])
    lr = sheet.input(2, 0, "lr", 0.5, "input.general", Valid(0, 1, above=True))
    sheet.inputs(3, 0, "x", [[1.0, 2.0, 3.0]], blanks=True)
    sheet.input(4, 0, "pick", 2.0, valid=Valid(1, 3, choices="$E$3:$E$5"))
    by = sheet.input(4, 1, "by", 2.0)
    listed = Valid(choices="$F$3:$F$4", options=("a", "b"))
    sheet.words(5, 0, "word", [["a"]], valid=listed)
    sheet.words(6, 0, "name", [["n"]])
    with np.errstate(all="ignore"):
        ratio = float(np.float64(lr.value) / by.value)
    ratio = ratio if np.isfinite(ratio) else np.nan
    sheet.fill(7, 0, "ratio", "=lr/by", ratio)
    return sheet


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook in which each sheet has one wrong input, and another that needs the first two."""
    folder = tmp_path_factory.mktemp("warning")
    sheets = [laid_out(name) for name in WRONG]
    for sheet in sheets:
        add_warning(sheet, [])
    last = Sheet("last", "t")
    last.text(0, 0, "needs others", "lead")
    add_warning(last, sheets[:2])
    write_workbook([*sheets, last], folder / "right.xlsx")
    edits = {name: {at: value} for name, (at, value, _) in WRONG.items()}
    invalidated_copy(folder / "right.xlsx", folder / "wrong.xlsx", edits)
    return folder / "wrong.xlsx"


@pytest.mark.parametrize("engine", ["ironcalc", "libreoffice"])
def test_each_engine_says_what_is_wrong(engine: str, edited: Path) -> None:
    if not installed(engines()[engine]):
        pytest.skip(f"{engine} is not installed here")
    shown = engines()[engine].recalculate(edited)
    for name, (_, _, words) in WRONG.items():
        said = shown[name][1, 0]
        assert isinstance(said, str)
        assert said.startswith(words if words == LEAD else f"{MARK} {words}"), name
    assert shown["last"][0, 0] == shown["blank"][1, 0]


@pytest.mark.parametrize("name", ["fine", "low", "high", "part", "other", "list", "error"])
def test_numpy_says_the_same(name: str) -> None:
    (row, column), value, words = WRONG[name]
    (block,) = (b for b in laid_out(name).blocks.values() if (b.row, b.column) == (row, column))
    sheet = laid_out(name, **{block.name: np.array([[value]], dtype=block.values.dtype)})
    add_warning(sheet, [])
    said = str(sheet[NAME].value)
    assert said.startswith(words if words == LEAD else f"{MARK} {words}")


@pytest.mark.parametrize("name", lessons())
def test_every_sheet_with_inputs_has_the_line_and_no_formula_too_long_for_excel(name: str) -> None:
    for sheet in lay_out(new_book(name, NEEDED.get(name, {}))):
        if not list(sheet.of_kind(Kind.INPUT)):
            continue
        (formula,) = (line[0] for line in sheet[NAME].formulas or ())
        assert len(formula) < 8_000, sheet.name
        assert formula.count("IF(") < 60, sheet.name
        assert all(len(part) < 255 for part in formula.split('"')[1::2]), sheet.name
        assert not str(sheet[NAME].value).startswith(MARK), sheet.name


def test_what_numpy_cannot_go_on_with_is_named(tmp_path: Path) -> None:
    path = build("entropy", tmp_path)
    block = {sheet.name: sheet for sheet in read_workbook(path).sheets}["cross_entropy"][
        "true_class"
    ]
    copy = tmp_path / "edited.xlsx"
    invalidated_copy(path, copy, {"cross_entropy": {(block.row, block.column): 10.0}})
    words = r"\(true_class\) is 10.0; expected a whole number from 1 to 4"
    with pytest.raises(WorkbookError, match=words):
        read_workbook(copy)


def test_a_warning_of_a_sheet_reaches_those_that_need_it(tmp_path: Path) -> None:
    draft = new_book("collab_filter", {})
    played = Played(build("collab_filter", tmp_path), lay_out(draft))
    factors = played.sheets["dot_product"]["user_factors"]
    shown = played.after({"dot_product": {(factors.row, factors.column): "x"}})
    said = {name: shown[name][1, 0] for name in ("dot_product", "one_hot", "embedding", "solver")}
    assert set(said.values()) == {said["dot_product"]}
    assert "(user_factors) should hold a number in each cell." in said["dot_product"]
    assert (
        not str(shown["bias"][1, 0]).startswith(MARK) or said["dot_product"] == shown["bias"][1, 0]
    )
