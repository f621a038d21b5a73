"""The proof: every formula cell recalculated by a real engine and compared with NumPy.

`check` reads the inputs of a workbook, works out with NumPy what every formula cell must hold,
and asks the engines to recalculate copies whose cached values were destroyed: one copy as it is,
and one with every input changed. `agreement` says when two values agree, and `changed_inputs`
what the second copy is for.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from sheetsim.checking.agreement import (
    Difference,
    SheetComparison,
    cell_differences,
    changed_formulas,
)
from sheetsim.checking.changed_inputs import Edits, changed_book, input_edits
from sheetsim.checking.expected import Expectations, Expected
from sheetsim.checking.read_back import Read, read_workbook
from sheetsim.engines import DEFAULT_TIMEOUT, Choice, Engine, choose, recalculate_all
from sheetsim.engines import engines as known_engines
from sheetsim.engines.choice import facts_of
from sheetsim.errors import EngineMissingError, OptionError, WorkbookError
from sheetsim.references import a1
from sheetsim.sheet import Kind
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

Progress = Callable[[str], None]


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
class CheckReport:
    """What `check` found.

    Attributes:
        path: the file.
        engines: name -> version of those that recalculated it.
        missing: name -> why an engine that is known took no part.
        sheets: a row for every sheet with formulas and every engine.
        differences: all of them; first those whose own formula was changed, then what may
            follow from these; within both in the order of the sheets.
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
        names = " and ".join(facts_of(name).title for name in self.engines)
        if self.ok:
            return f"all {cells:,} formula cells agree: NumPy, {names}"
        wrong = len({(d.sheet, d.cell) for d in self.differences})
        return f"{wrong:,} of {cells:,} formula cells differ: NumPy, {names}"

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {"ok": self.ok, "status": self.status, **asdict(self)}


@dataclass(frozen=True)
class _Pass:
    """One set of inputs.

    Attributes:
        inputs: what the report calls it.
        expected: of the workbook with these inputs.
        edits: how to type the inputs into a copy of the file.
    """

    inputs: str
    expected: Expected
    edits: Edits


def check(
    path: str | Path,
    engines: Sequence[str] | None = None,
    *,
    timeout: float = DEFAULT_TIMEOUT,
    progress: Progress | None = None,
    expectations: Expectations | None = None,
) -> CheckReport:
    """Recalculate a workbook of ours in spreadsheet engines and compare every formula cell.

    Args:
        path: the workbook; it is not touched.
        engines: names of engines that must take part; by default all that are installed.
        timeout: seconds that each engine may take.
        progress: called with a few words before each stage.
        expectations: of the files before this one, so that what follows from the plan and the
            inputs is worked out once for all that share them.

    Returns:
        The report; see `CheckReport.ok`.

    Raises:
        OptionError: there is no engine of a name, or none is named.
        WorkbookError: the file cannot be read or is not one of ours.
        EngineError: an engine that was asked for is missing, none is there, or one failed.
    """
    say = progress or (lambda _words: None)
    choice = _choose(engines)
    say("reading, and NumPy, inputs as they are")
    shared = expectations or Expectations()
    read = read_workbook(path, shared)
    rows: dict[tuple[str, str], SheetReport] = {}
    differences: list[Difference] = []
    with tempfile.TemporaryDirectory(prefix="sheetsim-check-") as folder:
        passes = _passes(read, shared, say)
        for sheet, engine, outcome in _outcomes(
            read, passes, choice.engines, Path(folder), timeout, say
        ):
            _add(rows, sheet, engine, outcome)
            differences += outcome.differences
    known = {(each.sheet, each.cell) for each in differences}
    for layout in read.sheets:
        changed = changed_formulas(layout, read.cells[layout.name])
        differences += [each for each in changed if (each.sheet, each.cell) not in known]
    order = {sheet.name: i for i, sheet in enumerate(read.sheets)}
    differences.sort(key=lambda d: (d.is_consequence, order[d.sheet]))
    reports = tuple(row for row in rows.values() if row.cells)
    return CheckReport(str(path), choice.versions, choice.missing, reports, tuple(differences))


def _passes(read: Read, shared: Expectations, say: Progress) -> tuple[_Pass, _Pass]:
    """The inputs as they are, and all of them changed.

    Raises:
        WorkbookError: an input holds a formula, so that it cannot be changed.
    """
    for sheet in read.sheets:
        for block in sheet.of_kind(Kind.INPUT):
            for row, column, _, _ in block.cells():
                cell = read.cells[sheet.name].get((row, column))
                if cell is not None and cell.has_formula:
                    raise WorkbookError(
                        f"{read.path}: {sheet.name}!{a1(row, column)} ({block.name}) holds the "
                        f"formula {cell.formula}; check changes every input, so it expects a number"
                    )
    say("NumPy, inputs changed")
    changed = changed_book(read.book, read.sheets)
    other = shared.of(changed)
    return (
        _Pass("as they are", read.expected, {}),
        _Pass("changed", other, input_edits(other.sheets, read.sheets)),
    )


def _outcomes(
    read: Read,
    passes: Sequence[_Pass],
    chosen: dict[str, Engine],
    folder: Path,
    timeout: float,
    say: Progress,
) -> Iterator[tuple[str, str, SheetComparison]]:
    """Every sheet compared with every engine, for each set of inputs in turn."""
    copies = []
    for number, one in enumerate(passes):
        copies.append(folder / f"copy{number}.xlsx")
        invalidated_copy(read.path, copies[-1], one.edits)
    found: list[list[tuple[str, str, SheetComparison]]] = [[] for _ in passes]
    for name, engine in chosen.items():
        say(name)
        values = recalculate_all(engine, copies, timeout=timeout)
        for one, shown, outcomes in zip(passes, values, found, strict=True):
            for sheet in one.expected.sheets:
                cells, file = shown.get(sheet.name, {}), read.cells[sheet.name]
                outcome = cell_differences(sheet, name, one.inputs, cells, file, one.expected)
                outcomes.append((sheet.name, name, outcome))
    return chain.from_iterable(found)


def _add(
    rows: dict[tuple[str, str], SheetReport], sheet: str, engine: str, outcome: SheetComparison
) -> None:
    """Count one pass in the row of its sheet and engine."""
    row = rows.get((sheet, engine), SheetReport(sheet, engine, outcome.cells, 0, 0.0, 0))
    rows[sheet, engine] = replace(
        row,
        differ=row.differ + len(outcome.differences),
        worst=max(row.worst, outcome.worst),
        by_floor=row.by_floor + outcome.by_floor,
    )


def _choose(names: str | Sequence[str] | None) -> Choice:
    """The engines that take part, of which there is one at least."""
    known = known_engines()
    choice = choose(names, known)
    if not choice.engines and names is not None:
        raise OptionError(f"no engine is named; expected one or more of {', '.join(known)}")
    if not choice.engines:
        reasons = "; ".join(choice.missing.values())
        raise EngineMissingError(f"no spreadsheet engine is installed: {reasons}")
    return choice
