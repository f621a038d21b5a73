"""Whatever is typed into an input: no sheet shows an error without saying why, and engines agree.

Each input is set to the ends of what it may be, to 0, to blank, to ten times and a tenth of itself,
and to a text pasted over it (an input of texts to a number and a long text as well): of a block of
alike inputs one cell, all of them with `--all`. The workbook is edited in IronCalc's memory, and
every formula cell compared with NumPy's where the input may be what was typed. LibreOffice
computes some of the edits, in copies of the file, and shows the same as IronCalc.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Sample
from installed import installed
from needed import NEEDED
from played import Played, Shown, errors

from sheetsim import build
from sheetsim.book import Cell, CellError
from sheetsim.checking.agreement import cell_differences
from sheetsim.checking.expected import Expected
from sheetsim.engines.libreoffice import ENGINE as LIBREOFFICE
from sheetsim.option_values import LARGEST
from sheetsim.references import a1
from sheetsim.sheet import Block, Kind, Sheet
from sheetsim.sheet.block import LONGEST
from sheetsim.topics import Draft, lay_out, lessons, new_book
from sheetsim.topics._tries import Seen
from sheetsim.topics._warning import MARK, NAME
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

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

WORKBOOKS = 3
"""Of how many workbooks LibreOffice computes an edit, besides those that went wrong before."""

EDITS = 8
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


def apart(one: Book, ours: Shown, theirs: Shown) -> list[str]:
    """The formula cells in which two engines do not show the same, but for rounding.

    On a sheet that warns, an error in one engine need not be one in the other: in a column of like
    formulas LibreOffice 7.4 takes an error in the row above for 0 (momentum, a text over start_m_a:
    E38-lr*K38 is E38 where K38 is #VALUE!).
    """
    found = []
    numbers = [abs(v) for cells in ours.values() for v in cells.values() if isinstance(v, float)]
    largest = max(filter(math.isfinite, numbers), default=0.0)
    for sheet in one.played.sheets.values():
        said = (
            [one.played.seen(shown, sheet.name)[NAME] for shown in (ours, theirs)]
            if NAME in sheet.blocks
            else [""]
        )
        warned = all(str(words).startswith(MARK) for words in said)
        for cell in sheet.cells():
            a, b = (shown[sheet.name].get((cell.row, cell.column)) for shown in (ours, theirs))
            failed = isinstance(a, CellError), isinstance(b, CellError)
            alike = a == b or all(failed) or (any(failed) and warned)
            alike |= {a, b} == {None, ""}
            if isinstance(a, float) and isinstance(b, float):
                alike |= abs(a - b) <= ROUNDING * max(largest, abs(a))
            if not alike:
                found.append(
                    f"{sheet.name}!{a1(cell.row, cell.column)} {cell.formula}: {a!r}, {b!r}"
                )
    return found


def file_of(one: Book, cells: dict[str, dict[tuple[int, int], Any]], path: Path) -> Path:
    """A copy of the workbook with some cells edited, for an engine that reads files."""
    typed = {
        sheet: {at: "" if value is None else value for at, value in own.items()}
        for sheet, own in cells.items()
    }
    invalidated_copy(one.path, path, typed)
    return path


@pytest.mark.sampled(6)
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


def test_libreoffice_shows_the_same(folder: Path, sample: Sample) -> None:
    """Of each workbook one edit, and all that have gone wrong before."""
    if not installed(LIBREOFFICE):
        pytest.skip("libreoffice is not installed here")
    tries = []
    for name in sample(NAMES, WORKBOOKS):
        one = book(name, folder)
        some = sample(all_edits(one, sample), 1)
        tries += [(str(e), one, {e.block.sheet: {e.place: e.value}}) for e in some]
    for named, name, edits in NAMED:
        one = book(name, folder)
        tries.append((named, one, cells_of(one, edits)))
    files = [file_of(one, cells, folder / f"{i}.xlsx") for i, (_, one, cells) in enumerate(tries)]
    wrong = {}
    for (named, one, cells), shown in zip(tries, LIBREOFFICE.recalculate_all(files), strict=True):
        found = apart(one, one.played.after(cells), shown)
        if found:
            wrong[named] = found[:5]
    assert wrong == {}


# What went wrong before -----------------------------------------------------------------------

NAMED: list[tuple[str, str, dict[str, Any]]] = [
    (
        "the run is on its line",
        "averages",
        {"averaged_gradients!start_b": 30.0, "averaged_gradients!start_a": 2.0},
    ),
    ("an empty sentence", "words", {"vocabulary!words": None}),
    ("a vector of zeros", "words", {"word_vectors!matrix": 0.0}),
    ("a start of zeros", "pca", {"power_iteration!start": 0.0}),
    ("no step rises", "schedules", {"one_cycle!pct_start": 0.0}),
    ("a batch of one", "schedules", {"lr_finder!batch": 1.0}),
    ("a number of a word is deleted", "words", {"word_vectors!matrix": None}),
    ("a factor is deleted", "collab_filter", {"dot_product!user_factors": None}),
    ("a bias is deleted", "collab_filter", {"bias!movie_factors": None}),
    ("a text over a rating", "collab_filter", {"dot_product!ratings": PASTED}),
    ("factors at their ends", "movielens", {"users!user_factors": -1000.0}),
]
"""What a student did, in which workbook, and what was typed; where it is one cell that is emptied
or pasted over, it is the first."""


def cells_of(one: Book, edits: dict[str, Any]) -> dict[str, dict[tuple[int, int], Any]]:
    """The cells that are typed into."""
    cells: dict[str, dict[tuple[int, int], Any]] = {}
    for key, value in edits.items():
        sheet, name = key.split("!")
        block = one.played.sheets[sheet][name]
        places = [(row, column) for row, column, _, _ in block.cells()]
        single = not block.of_texts and not isinstance(value, float)
        for place in places[:1] if single else places:
            cells.setdefault(sheet, {})[place] = value
    return cells


def named(what: str, folder: Path) -> tuple[Book, Seen]:
    """A workbook after what went wrong before."""
    ((name, edits),) = ((name, edits) for case, name, edits in NAMED if case == what)
    one = book(name, folder)
    sheet = next(iter(edits)).split("!")[0]
    return one, one.played.seen(one.played.after(cells_of(one, edits)), sheet)


def warning(one: Book, seen: Seen, sheet: str) -> str:
    said = str(seen[f"{sheet}!{NAME}"])
    return said if said.startswith(MARK) else ""


@pytest.mark.parametrize("what", [case for case, _, _ in NAMED])
def test_what_went_wrong_before_is_explained(what: str, folder: Path) -> None:
    one, seen = named(what, folder)
    assert unexplained(one, {name: dict(cells) for name, cells in seen.values.items()}) == []


def test_what_went_wrong_before_is_said(folder: Path) -> None:
    one, seen = named("the run is on its line", folder)
    assert not errors(one.played.sheets["averaged_gradients"], seen.values["averaged_gradients"])
    assert (seen["g_ratio"], seen["step_ratio"]) == ("both are 0", "both are 0")
    one, seen = named("an empty sentence", folder)
    for sheet in ("vocabulary", "word_vectors", "similar_words"):
        assert not errors(one.played.sheets[sheet], seen.values[sheet])
    assert set(seen["word_vectors!average"].ravel()) == {"no words"}
    assert set(seen["similar_words!lengths"].ravel()) == {""}
    one, seen = named("a vector of zeros", folder)
    assert not errors(one.played.sheets["similar_words"], seen.values["similar_words"])
    assert (seen["similar_words!cosine"], seen["similar_words!nearest"]) == ("none", "no word")
    one, seen = named("a start of zeros", folder)
    assert "all zeros" in warning(one, seen, "power_iteration")
    assert warning(one, seen, "components") == warning(one, seen, "power_iteration")
    one, seen = named("no step rises", folder)
    assert (seen["peak_at"], "No step rises" in seen["note"]) == ("none", True)
    one, seen = named("a batch of one", folder)
    assert (seen["suggested_lr"], "no rate" in seen["status"]) == ("none", True)


def test_no_rating_is_beyond_the_end_of_its_range(folder: Path) -> None:
    """EXP(1000) is an error in LibreOffice and none in IronCalc."""
    one, seen = named("factors at their ends", folder)
    for sheet in ("card", "recommendations"):
        assert not errors(one.played.sheets[sheet], seen.values[sheet])
    low, high = seen["titles!low"], seen["titles!high"]
    found = seen["recommendations!predictions"].ravel()
    assert ((found >= low) & (found <= high)).all()
    assert found.min() == pytest.approx(low, abs=1e-12)


def test_a_factor_that_is_deleted_is_0_on_every_sheet(folder: Path) -> None:
    one, seen = named("a factor is deleted", folder)
    for sheet in ("dot_product", "one_hot", "embedding"):
        assert "(user_factors)" in warning(one, seen, sheet)
        assert not errors(one.played.sheets[sheet], seen.values[sheet])
    table = seen["dot_product!predictions"].ravel()
    np.testing.assert_allclose(seen["one_hot!prediction"].ravel(), table, rtol=1e-12)
    np.testing.assert_array_equal(seen["embedding!prediction"], seen["one_hot!prediction"])
    users, movies = (
        one.played.sheets["dot_product"][f"{of}_factors"].values for of in ("user", "movie")
    )
    without = users.copy()
    without[0, 0] = 0
    np.testing.assert_allclose(table, (without @ movies).ravel(), rtol=1e-12)
