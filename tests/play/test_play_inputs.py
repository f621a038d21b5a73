"""Whatever is typed into an input: no sheet shows an error without saying why, and engines agree.

Each input is set to the ends of what it may be, to 0, to blank, to ten times and a tenth of itself,
and to a text pasted over it (an input of texts to a number and a long text as well): of a block of
alike inputs one cell, all of them with `--all`. The workbook is edited in IronCalc's memory, and
every formula cell compared with NumPy's where the input may be what was typed.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Sample
from needed import NEEDED
from played import Played, Shown, errors

from sheetsim import build
from sheetsim.book import Cell
from sheetsim.checking.agreement import cell_differences
from sheetsim.checking.expected import Expected
from sheetsim.option_values import LARGEST
from sheetsim.references import a1
from sheetsim.sheet import Block, Kind, Sheet
from sheetsim.sheet.block import LONGEST
from sheetsim.topics import Draft, lay_out, lessons, new_book
from sheetsim.topics._warning import MARK, NAME

NAMES = list(lessons())

PASTED = "see above"
"""The text that is pasted over."""

TYPED = 1e30
"""Beyond this NumPy's values are not compared."""

ROUNDING = 1e-9
"""What is less than this part of a sheet's greatest number is rounding: inputs at their ends make
terms of all sizes, what is left where they cancel has few digits, and a run that jumps about makes
more of it. A formula that takes another branch, or fails, is far beyond it."""

LEFT_OUT = {
    ("net", "h", 1e-9): "a slope by differences over 1e-9 has seven digits left",
}
"""Edits after which NumPy's values are not compared: (sheet, input, value), and why."""

EDITS = 20
"""How many edits of a workbook a run looks at; `--all` looks at them all."""


@dataclass(frozen=True)
class Edit:
    """One cell of an input, and what is typed there.

    Attributes:
        block: the input.
        i, j: the cell, counted from the block's own.
        value: None empties it.
    """

    block: Block
    i: int
    j: int
    value: float | str | None

    @property
    def place(self) -> tuple[int, int]:
        """Row and column on the sheet."""
        return self.block.row + self.i, self.block.column + self.j

    @property
    def is_allowed(self) -> bool:
        """Whether the input may be that, of a size that somebody would type."""
        if self.refused or self.value is None:
            return not self.refused
        valid = self.block.valid
        if (self.block.sheet, self.block.name, self.value) in LEFT_OUT:
            return False
        if isinstance(self.value, float) and abs(self.value) > TYPED:
            return False
        return valid is None or valid.allows(self.value)

    @property
    def refused(self) -> bool:
        """Whether NumPy refuses to compute it, as no input may hold it."""
        if self.value is None:
            return not self.block.blanks
        if self.block.of_texts:
            chosen = self.block.valid is not None
            return not isinstance(self.value, str) or (len(self.value) > LONGEST and not chosen)
        return isinstance(self.value, str)

    def __str__(self) -> str:
        return f"{self.block.sheet}!{a1(*self.place)} ({self.block.name}) = {self.value!r}"


def ends(block: Block) -> Iterator[float | str]:
    """The ends of what an input may be."""
    valid = block.valid
    if block.of_texts:
        if valid is not None:
            yield from (valid.options[0], valid.options[-1])
        return
    low, high = (-LARGEST, LARGEST) if valid is None else (valid.low, valid.high)
    yield float(low + 1e-9 if valid is not None and valid.above else low)
    yield float(high)


def edits_of(block: Block, i: int, j: int) -> list[Edit]:
    """What is typed into one cell of an input."""
    now = block.values[i, j]
    typed: list[Any] = [*ends(block), None, PASTED]
    if block.of_texts:
        typed += ["x" * (LONGEST + 1), 7.0, "=1+1", "?*"]
    else:
        typed += [0.0, float(10 * now), float(now / 10)]
    kept = [v for v in typed if not (isinstance(v, float) and np.isnan(v)) and v != now]
    return [Edit(block, i, j, value) for value in dict.fromkeys(kept)]


@dataclass(frozen=True)
class Book:
    """A workbook as it is built, and open in IronCalc."""

    path: Path
    draft: Draft
    played: Played

    def expected(self, edit: Edit) -> list[Sheet]:
        """NumPy's sheets after an edit."""
        return lay_out(self.edited(edit))

    def edited(self, edit: Edit) -> Draft:
        draft = Draft(dict(self.draft.plan), {n: dict(g) for n, g in self.draft.given.items()})
        for sheet in self.played.sheets.values():  # what stands in the file, and no default
            own = {block.name: block.values for block in sheet.of_kind(Kind.INPUT)}
            draft.given[sheet.name] = draft.given.get(sheet.name, {}) | own
        values = edit.block.values.copy()
        blank = "" if edit.block.of_texts else np.nan
        values[edit.i, edit.j] = blank if edit.value is None else edit.value
        draft.given.setdefault(edit.block.sheet, {})[edit.block.name] = values
        return draft


@functools.cache
def book(name: str, folder: Path) -> Book:
    options = NEEDED.get(name, {})
    draft = new_book(name, options)
    path = build(name, folder, **options)
    return Book(path, draft, Played(path, lay_out(draft)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("played")


def all_edits(one: Book, sample: Sample) -> list[Edit]:
    """The edits of every input: of one of its cells, or of all with `--all`."""
    blocks = [b for sheet in one.played.sheets.values() for b in sheet.of_kind(Kind.INPUT)]
    cells = [(b, i, j) for b in blocks for i, j in sample(list(np.ndindex(b.values.shape)), 1)]
    return [edit for block, i, j in cells for edit in edits_of(block, i, j)]


def unexplained(one: Book, shown: Shown) -> list[str]:
    """The errors on sheets that do not say why."""
    found = []
    for sheet in one.played.sheets.values():
        wrong = errors(sheet, shown[sheet.name])
        if wrong:
            at = (sheet[NAME].row, sheet[NAME].column) if NAME in sheet.blocks else None
            said = shown[sheet.name].get(at) if at else None
            if not (isinstance(said, str) and said.startswith(MARK)):
                found += wrong[:3]
    return found


def differences(one: Book, edit: Edit, shown: Shown) -> list[str]:
    """Where an engine and NumPy differ on what a formula cell shows, by more than rounding."""
    draft = one.edited(edit)
    expected = Expected(draft, lay_out(draft))
    found = []
    for sheet in expected.sheets:
        file = {(c.row, c.column): Cell(formula=c.formula) for c in sheet.cells()}
        at = (sheet, "ironcalc", str(edit), shown[sheet.name], file, expected)
        largest = largest_of(sheet)
        for d in cell_differences(*at).differences:
            numbers = isinstance(d.expected, float) and isinstance(d.found, float)
            if not numbers or abs(d.expected - d.found) > ROUNDING * largest:
                found.append(f"{d.sheet}!{d.cell} {d.formula}: {d.expected}, {d.found}")
    return found


def largest_of(sheet: Sheet) -> float:
    """The greatest number on a sheet, whose last digits are in all that is worked out from it."""
    numbers = [b.values.astype(float) for b in sheet.parts if b.values.dtype == float]
    sizes = [np.abs(values[np.isfinite(values)]).max(initial=0) for values in numbers]
    return float(max(sizes, default=0))


@pytest.mark.parametrize("name", NAMES)
def test_no_edit_leaves_an_error_unexplained(name: str, folder: Path, sample: Sample) -> None:
    one = book(name, folder)
    wrong = {}
    for edit in sample(all_edits(one, sample), EDITS):
        shown = one.played.after({edit.block.sheet: {edit.place: edit.value}})
        found = unexplained(one, shown)
        if edit.is_allowed:
            found += differences(one, edit, shown)[:4]
        if found:
            wrong[str(edit)] = found
    assert wrong == {}
