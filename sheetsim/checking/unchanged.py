"""Whether a workbook that is built again differs from the file that stands there by rounding only.

Processors round differently: a matrix product adds in another order, an exponential ends in another
digit, and an optimum carries that further. So a workbook that is built on another machine has
other last digits, and nothing else is new in it. The file is as good as new if

- it has the same parts, which are the same to the byte but for the numbers in cells and charts;
- its inputs, records and other constants are the new ones, within 1e-11 of themselves;
- a number that a solver found is the new one within what rounding does to it: by how much it
  moves when all that the solver is given moves in its 15th digit, the floor of `expected`,
  found by solving again;
- its formula cells hold what NumPy finds for the file's own inputs, as `check` demands it of a
  spreadsheet, floors included;
- its charts remember what its cells hold, or what the new ones do.

The inputs that a solver found are compared with each other, and a formula's value with NumPy's for
the very inputs beside it: so a formula cell is held as tightly as by `check`, however flat the
valley may be in which the optimum lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sheetsim.checking.agreement import cell_differences
from sheetsim.checking.expected import TRIALS, moves, nudged_book, nudged_values
from sheetsim.checking.read_back import Read, read_workbook
from sheetsim.errors import WorkbookError
from sheetsim.references import a1
from sheetsim.sheet import Array, Block, Kind, Sheet
from sheetsim.tolerances import CANCELS, CHECK_TOLERANCE, FLOOR_SAFETY
from sheetsim.topics import SOLVER, Draft, solved_again
from sheetsim.workbook.read.archive import Archive
from sheetsim.workbook.read.outline import chart_numbers, outline

_Start = dict[str, dict[str, Array]]
"""Topic -> variable block -> where its solver started."""


def is_unchanged(path: str | Path, new: str | Path, book: Draft, sheets: Sequence[Sheet]) -> bool:
    """Whether a file may stay as it is, for a new one would differ by rounding only.

    Args:
        path: the file that stands there, if any does; it may be anything.
        new: what was written just now.
        book: what the new file was written from.
        sheets: the book laid out, as they were written.
    """
    if not Path(path).is_file():
        return False
    try:
        return next(changes(path, new, book, sheets), None) is None
    except WorkbookError:  # it is none of ours
        return False


def changes(
    path: str | Path, new: str | Path, book: Draft, sheets: Sequence[Sheet]
) -> Iterator[str]:
    """In plain words, what differs by more than rounding; see `is_unchanged`.

    The parts come first; where they differ, numbers are not compared.

    Raises:
        WorkbookError: a file is not a workbook, or the first is none that sheetsim wrote.
    """
    before, after = _parts(path), _parts(new)
    if before == after:
        return
    if list(before) != list(after):
        yield "other parts, or in another order"
        return
    others = [name for name in before if outline(name, before[name]) != outline(name, after[name])]
    yield from others
    if others:
        return
    read = read_workbook(path)
    yield from _constants(read, book, sheets)
    yield from _formulas(read)
    yield from _charts(read, before, after)


def _parts(path: str | Path) -> dict[str, bytes]:
    """Name -> bytes of every part, in the file's order."""
    with Archive(path) as archive:
        return {entry.filename: archive.read(entry.filename) for entry in archive.entries}


class _Constant(NamedTuple):
    """A number that is no formula's and differs by more than 1e-11 of itself."""

    block: Block
    at: tuple[int, int]  # row and column within the block
    before: float

    @property
    def after(self) -> float:
        return float(self.block.values[self.at])

    def within(self, floor: float) -> bool:
        return abs(self.before - self.after) <= CHECK_TOLERANCE * abs(self.after) + floor

    def __str__(self) -> str:
        row, column = self.block.row + self.at[0], self.block.column + self.at[1]
        return f"{self.block.sheet}!{a1(row, column)}: {self.before!r}, now {self.after!r}"


def _constants(read: Read, book: Draft, sheets: Sequence[Sheet]) -> Iterator[str]:
    """Inputs, records and numbers of the layout that differ."""
    solved = _solved(sheets)
    waiting = []
    for each in _apart(read, sheets):
        if (each.block.sheet, each.block.name) in solved:
            waiting.append(each)
        else:
            yield str(each)
    floors = _solved_floors(book, sheets)
    while waiting and (known := next(floors, None)) is not None:
        waiting = [each for each in waiting if not each.within(_floor(known, each))]
    yield from map(str, waiting)


def _apart(read: Read, sheets: Sequence[Sheet]) -> Iterator[_Constant]:
    """Numbers that are no formula's and are not the new ones within the tolerance."""
    for sheet in sheets:
        cells = read.cells[sheet.name]
        for block in sheet.parts:
            if block.kind is Kind.FORMULA:
                continue
            for row, column, i, j in block.cells():
                cell = cells.get((row, column))
                if cell is None or not isinstance(cell.value, float):
                    continue  # texts and blanks are the same, or the parts would differ
                constant = _Constant(block, (i, j), cell.value)
                if not constant.within(0.0):
                    yield constant


def _floor(floors: Mapping[tuple[str, str], Array], constant: _Constant) -> float:
    floor = floors.get((constant.block.sheet, constant.block.name))
    return 0.0 if floor is None else float(floor[constant.at])


def _solved(sheets: Sequence[Sheet]) -> set[tuple[str, str]]:
    """Sheet and name of each block that holds what a solver found."""
    return {
        (block.sheet, block.name)
        for sheet in sheets
        for block in (
            sheet.of_kind(Kind.RECORD)
            if sheet.name == SOLVER
            else sheet.solver.variables
            if sheet.solver is not None
            else ()
        )
    }


def _solved_floors(
    book: Draft, sheets: Sequence[Sheet]
) -> Iterator[Mapping[tuple[str, str], Array]]:
    """What rounding does to each number that a solver found, better known with every trial.

    As in `check` no floor exceeds 1e-9 of the largest term: of the largest number that a model is
    given. A solver that is cut off on its way may end anywhere, and that is no rounding.
    """
    rng = np.random.default_rng(20190501)
    models = [sheet for sheet in sheets if sheet.solver is not None]
    most = CANCELS * max(
        float(np.nanmax(np.abs(block.values), initial=0.0))
        for sheet in models
        for block in sheet.of_kind(Kind.INPUT)
        if not block.of_texts
    )
    blocks = {(sheet.name, name): block for sheet in sheets for name, block in sheet.blocks.items()}
    found = {key: _numbers(blocks[key].values) for key in _solved(sheets)}
    floors = {key: np.zeros(values.shape) for key, values in found.items()}
    for _ in range(TRIALS):
        starts = {sheet.name: _nudged_start(book, sheet, rng) for sheet in models}
        again = solved_again(nudged_book(book, sheets, rng), starts)
        for (sheet, name), values in found.items():
            moved = _numbers(again.given.get(sheet, {}).get(name))
            if moved.size == values.size:  # a run that takes more steps has a longer log
                apart = FLOOR_SAFETY * moves(values, moved.reshape(values.shape))
                floor = floors[sheet, name]
                np.fmin(np.fmax(floor, apart), most, out=floor)
        yield floors


def _nudged_start(book: Draft, sheet: Sheet, rng: np.random.Generator) -> dict[str, Array]:
    """Where a sheet's solver started, moved in the 15th digit."""
    assert sheet.solver is not None  # noqa: S101 - only asked of sheets with a model
    given = book.given[SOLVER]
    return {
        block.name: nudged_values(_numbers(given[f"{sheet.name}_start_{block.name}"]), rng)
        for block in sheet.solver.variables
    }


def _numbers(values: Any) -> Array:
    """Values as numbers; NaN for a text."""
    flat = np.asarray(values, dtype=object)
    numbers = [each if isinstance(each, int | float) else np.nan for each in flat.ravel().tolist()]
    return np.array(numbers, dtype=float).reshape(flat.shape)


def _formulas(read: Read) -> Iterator[str]:
    """Formula cells of the file that do not hold what NumPy finds for the file's inputs."""
    for sheet in read.sheets:
        cells = read.cells[sheet.name]
        held = {place: cell.value for place, cell in cells.items()}
        outcome = cell_differences(sheet, "the file", "as saved", held, cells, read.expected)
        for each in outcome.differences:
            yield f"{each.sheet}!{each.cell}: {each.found!r}, now {each.expected!r}"


def _charts(read: Read, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[str]:
    """Numbers of the file's charts that are neither the new ones nor what its cells hold."""
    for name in before:
        if not name.startswith("xl/charts/"):
            continue
        old, new = (chart_numbers(parts[name], name) for parts in (before, after))
        for was, now in zip(old, new, strict=True):
            cell = read.cells[was.sheet].get(was.place)
            held = None if cell is None else cell.value
            if was.number not in (now.number, held):
                yield f"{name}: {was.number!r}, where {was.sheet}!{a1(*was.place)} is {held!r}"
