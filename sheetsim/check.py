"""The proof: every formula cell recalculated by a real engine and compared with NumPy.

`check` reads the inputs of a workbook, works out with NumPy what every formula cell must hold,
and asks the engines to recalculate copies whose cached values were destroyed: one copy as it is,
and one with every input changed. The second pass is what shows that the cells are live: a number
in place of a formula, a swapped beta where both betas happen to be 0.9, or a lost `$` that points
at an equal cell all agree in the first.

Two numbers agree when they differ by at most

    1e-11 |NumPy's value|  +  the change of NumPy's value when inputs change in the 13th digit

The second term is the floor: what rounding alone can do to that very cell, found by changing every
input by up to 1e-13 of itself, twice, and laying the sheets out again. Where terms of 100 cancel
to 1e-14 it is 1e-11 or so, because no engine can know more; for a second moment of 1e-9 that is
a plain average of squares it is 1e-22.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sheetsim.engines import Engine
from sheetsim.engines import engines as known_engines
from sheetsim.errors import EngineError
from sheetsim.sheet import Block, Kind, Sheet
from sheetsim.sheet.reference import a1
from sheetsim.topics import Book, lay_out
from sheetsim.workbook.package import Cell, CellError, poisoned_copy
from sheetsim.workbook.reader import read_workbook

RELATIVE = 1e-11
"""Largest relative difference that counts as agreement."""

DIGITS = 1e-13
"""By how much of themselves inputs are changed to find the floor of each cell."""

TIMEOUT = 600.0
"""Seconds that an engine may take for one copy."""

Numbers = dict[str, dict[tuple[int, int], float]]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Difference:
    """A cell on which an engine and NumPy do not agree.

    Attributes:
        sheet: its sheet.
        cell: its address, `H25`.
        formula: as it stands in the file.
        engine: who says otherwise.
        inputs: "as they are" or "changed".
        expected: NumPy's value.
        found: the engine's.
        reason: what is known about it; empty if nothing.
    """

    sheet: str
    cell: str
    formula: str
    engine: str
    inputs: str
    expected: Any
    found: Any
    reason: str


@dataclass(frozen=True)
class SheetReport:
    """How one sheet fared in one engine.

    Attributes:
        sheet: its name.
        engine: which engine.
        cells: formula cells compared, in each of the two passes.
        differ: how many comparisons failed, of both passes.
        worst: largest relative difference of two numbers that agree without their floor.
        by_floor: how many comparisons agree only because of the floor.
    """

    sheet: str
    engine: str
    cells: int
    differ: int
    worst: float
    by_floor: int


@dataclass(frozen=True)
class Report:
    """What `check` found.

    Attributes:
        path: the file.
        engines: name -> version of those that recalculated it.
        missing: name -> why an engine that is known took no part.
        sheets: a row for every sheet with formulas and every engine.
        differences: all of them, in the order of the sheets.
    """

    path: str
    engines: dict[str, str]
    missing: dict[str, str]
    sheets: tuple[SheetReport, ...]
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        """Whether all engines agree with NumPy on every cell."""
        return not self.differences

    @property
    def status(self) -> str:
        """The outcome in a sentence."""
        cells = sum({row.sheet: row.cells for row in self.sheets}.values())
        names = " and ".join(self.engines)
        if self.ok:
            return f"all {cells:,} formula cells agree: NumPy, {names}"
        return f"{len(self.differences):,} differences in {cells:,} formula cells: NumPy, {names}"

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {"ok": self.ok, "status": self.status, **asdict(self)}


def check(
    path: str | Path,
    engines: Sequence[str] | None = None,
    *,
    timeout: float = TIMEOUT,
    progress: Progress | None = None,
) -> Report:
    """Recalculate a workbook of ours in spreadsheet engines and compare every formula cell.

    Args:
        path: the workbook; it is not touched.
        engines: names of engines that must take part; by default all that are installed.
        timeout: seconds for an engine and a copy.
        progress: called with a few words before each stage.

    Returns:
        The report; see `Report.ok`.

    Raises:
        WorkbookError: the file cannot be read or is not one of ours.
        EngineError: an engine that was asked for is missing, none is there, or one failed.
    """
    say = progress or (lambda _words: None)
    chosen, missing = _choose(engines)
    say("reading")
    read = read_workbook(path)
    rows: dict[tuple[str, str], SheetReport] = {}
    differences: list[Difference] = []
    with tempfile.TemporaryDirectory(prefix="sheetsim-check-") as folder:
        for inputs, book in (("as they are", read.book), ("changed", changed_book(read.book))):
            say(f"NumPy, inputs {inputs}")
            sheets = lay_out(book)
            floors = rounding_floors(book, sheets)
            copy = Path(folder) / "copy.xlsx"
            edits = input_edits(sheets, lay_out(read.book)) if inputs == "changed" else None
            poisoned_copy(read.path, copy, edits)
            for name, engine in chosen.items():
                say(f"{name}, inputs {inputs}")
                values = engine.recalculate(copy, timeout=timeout)
                for sheet in sheets:
                    outcome = cell_differences(
                        sheet,
                        name,
                        inputs,
                        values.get(sheet.name, {}),
                        floors[sheet.name],
                        read.cells[sheet.name],
                    )
                    differences += outcome.differences
                    _add(rows, sheet.name, name, outcome)
    versions = {name: engine.version() for name, engine in chosen.items()}
    order = {sheet.name: i for i, sheet in enumerate(sheets)}
    differences.sort(key=lambda d: (order[d.sheet], d.inputs))
    reports = tuple(row for row in rows.values() if row.cells)
    return Report(str(path), versions, missing, reports, tuple(differences))


def _add(
    rows: dict[tuple[str, str], SheetReport], sheet: str, engine: str, outcome: Outcome
) -> None:
    """Count one pass in the row of its sheet and engine."""
    row = rows.get((sheet, engine), SheetReport(sheet, engine, outcome.cells, 0, 0.0, 0))
    rows[sheet, engine] = replace(
        row,
        differ=row.differ + len(outcome.differences),
        worst=max(row.worst, outcome.worst),
        by_floor=row.by_floor + outcome.by_floor,
    )


def _choose(names: Sequence[str] | None) -> tuple[dict[str, Engine], dict[str, str]]:
    """The engines that take part, and why the others do not."""
    known, missing = known_engines(), {}
    chosen = {}
    for name in names if names is not None else known:
        if name not in known:
            raise EngineError(f"there is no engine {name!r}; expected {', '.join(known)}")
        try:
            known[name].version()
        except EngineError as error:
            if names is not None:
                raise
            missing[name] = str(error)
        else:
            chosen[name] = known[name]
    if not chosen:
        raise EngineError(f"no spreadsheet engine is installed: {'; '.join(missing.values())}")
    return chosen, missing


# Other inputs ------------------------------------------------------------------------------


def changed_book(book: Book) -> Book:
    """The same workbook with every input changed by some percent, each by another amount.

    Numbers shrink by 1 to 6 %, zeros become small and positive, one blank cell of a block that
    may have blanks is filled, and an input with choices takes its next one.
    """
    rng = np.random.default_rng(20190500)
    changed = Book(book.plan, {name: dict(given) for name, given in book.given.items()})
    for sheet in lay_out(book):
        for block in sheet.of_kind(Kind.INPUT):
            changed.given[sheet.name][block.name] = _changed(block, rng)
    return changed


def _changed(block: Block, rng: np.random.Generator) -> Any:
    values = block.values.astype(float)
    valid = block.valid
    if valid is not None and valid.choices:
        return np.where(values < valid.high, values + 1, valid.low)
    share = rng.uniform(0.01, 0.06, values.shape)
    high = valid.high if valid is not None else np.inf
    changed = np.where(values == 0, np.minimum(share, high), values * (1 - share))
    if valid is not None:
        changed = np.where(changed < valid.low, values * (1 + share), changed)
    blank = np.argwhere(np.isnan(values))
    if len(blank):
        changed[tuple(blank[0])] = np.nanmean(values)
    return np.vectorize(lambda value: float(f"{value:.15g}"), otypes=[float])(changed)


def input_edits(
    sheets: Sequence[Sheet], before: Sequence[Sheet]
) -> dict[str, dict[tuple[int, int], float | str]]:
    """What has to be typed into which cells to turn the inputs of one layout into another's."""
    edits: dict[str, dict[tuple[int, int], float | str]] = {}
    for new, old in zip(sheets, before, strict=True):
        pairs = zip(new.of_kind(Kind.INPUT), old.of_kind(Kind.INPUT), strict=True)
        for block, was in pairs:
            for row, column, i, j in block.cells():
                value = block.values[i, j]
                if value != was.values[i, j] and not np.isnan(value):
                    edits.setdefault(new.name, {})[row, column] = float(value)
    return edits


def rounding_floors(book: Book, sheets: Sequence[Sheet]) -> Numbers:
    """By how much each number moves when the inputs move in their 13th digit.

    Args:
        book: plan and inputs.
        sheets: as laid out from the book.

    Returns:
        sheet -> (row, column) -> the larger of two trials; 0 where it does not move.
    """
    rng = np.random.default_rng(20190501)
    floors: Numbers = {sheet.name: {} for sheet in sheets}
    for _ in range(2):
        nudged = Book(book.plan, {name: dict(given) for name, given in book.given.items()})
        for sheet in sheets:
            for block in sheet.of_kind(Kind.INPUT):
                if block.valid is None or not block.valid.choices:
                    noise = 1 + DIGITS * rng.uniform(-1, 1, block.values.shape)
                    nudged.given[sheet.name][block.name] = block.values.astype(float) * noise
        for sheet, other in zip(sheets, lay_out(nudged), strict=True):
            floor = floors[sheet.name]
            for cell, moved in zip(sheet.cells(), other.cells(), strict=True):
                if isinstance(cell.value, float) and isinstance(moved.value, float):
                    at = (cell.row, cell.column)
                    gap = abs(cell.value - moved.value)
                    floor[at] = max(floor.get(at, 0.0), gap if np.isfinite(gap) else 0.0)
    return floors


# Comparing ---------------------------------------------------------------------------------


def distance(expected: Any, found: Any) -> float:
    """Relative difference of what NumPy expects and what was found; inf where they do not match.

    NaN expects an error, an empty text may also be a blank cell, and texts match to the letter.
    """
    if isinstance(expected, str):
        return 0.0 if expected == ("" if found is None else found) else np.inf
    if isinstance(expected, bool | np.bool_):
        return 0.0 if isinstance(found, bool) and found == bool(expected) else np.inf
    if not np.isfinite(expected):
        return 0.0 if isinstance(found, CellError) else np.inf
    if not isinstance(found, float):
        return np.inf
    gap = abs(found - float(expected))
    return float(np.divide(gap, abs(float(expected)))) if gap else 0.0


@dataclass(frozen=True)
class Outcome:
    """One sheet's cells compared with one set of values.

    Attributes:
        cells: how many.
        worst: as in `SheetReport`.
        by_floor: as in `SheetReport`.
        differences: those that do not agree.
    """

    cells: int
    worst: float
    by_floor: int
    differences: list[Difference]


def cell_differences(
    sheet: Sheet,
    engine: str,
    inputs: str,
    values: Mapping[tuple[int, int], Any],
    floors: Mapping[tuple[int, int], float],
    file: Mapping[tuple[int, int], Cell],
) -> Outcome:
    """Compare every formula cell of a sheet with values from elsewhere.

    Args:
        sheet: with NumPy's values.
        engine: where the others are from, for the report.
        inputs: "as they are", "changed" or "as saved", for the report.
        values: the others, by (row, column).
        floors: what rounding can do to each cell.
        file: the sheet's cells in the file, for the formulas as they stand there.
    """
    cells, worst, by_floor, differences = 0, 0.0, 0, []
    for cell in sheet.cells():
        cells += 1
        at = (cell.row, cell.column)
        found = values.get(at)
        apart = distance(cell.value, found)
        if apart <= RELATIVE:
            worst = max(worst, apart)
        elif within_floor(cell.value, found, floors.get(at, 0.0)):
            by_floor += 1
        else:
            stored = file.get(at)
            formula = stored.formula if stored is not None else None
            reason = _reason(formula, cell.formula, cell.value, found)
            where = (sheet.name, a1(*at), formula or "", engine, inputs)
            differences.append(Difference(*where, _plain(cell.value), _plain(found), reason))
    return Outcome(cells, worst, by_floor, differences)


def within_floor(expected: Any, found: Any, floor: float) -> bool:
    """Whether two numbers differ by no more than 1e-11 of NumPy's plus what rounding can do."""
    if not isinstance(expected, float) or not isinstance(found, float):
        return False
    return abs(found - expected) <= RELATIVE * abs(expected) + floor


def _reason(formula: str | None, ours: str, expected: Any, found: Any) -> str:
    """What is known about a difference."""
    if formula is None:
        return f"the cell holds no formula; sheetsim writes {ours}"
    if _bare(formula) != _bare(ours):
        return f"the formula was changed; sheetsim writes {ours}"
    if isinstance(found, CellError):
        return f"the engine answers {found}; it, or a cell that it depends on, failed"
    if isinstance(expected, float) and not np.isfinite(expected):
        return "NumPy finds no finite number here"
    return "the formula is sheetsim's own: look at the cells that it depends on"


def _bare(formula: str) -> str:
    """A formula without what programs write differently: blanks, case, quotes of sheet names."""
    return formula.replace(" ", "").replace("'", "").upper()


def _plain(value: Any) -> Any:
    """A value that JSON can hold."""
    if isinstance(value, CellError):
        return str(value)
    if isinstance(value, np.generic):
        value = value.item()
    return "an error" if isinstance(value, float) and not np.isfinite(value) else value
