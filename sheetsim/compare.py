"""What became of a workbook of ours in somebody else's hands.

A teacher presses Solve in Excel, a student changes ratings in LibreOffice. `compare` reads the
inputs and the variables that they left, works everything out again with NumPy, and says for each
Solver model: the objective as saved, the objective recomputed at the same variables, and what
sheetsim's solver reaches from there and from the start that the file remembers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sheetsim.check import Difference, cell_differences, rounding_floors
from sheetsim.sheet import Sheet
from sheetsim.sheet.reference import a1
from sheetsim.solver import Options, Result
from sheetsim.topics import Book, Topic, lay_out, lessons, solve_topic
from sheetsim.workbook.package import CellError
from sheetsim.workbook.reader import Read, read_workbook


@dataclass(frozen=True)
class ModelComparison:
    """One Solver model, before and after.

    Attributes:
        topic: whose model.
        cell: of the objective.
        saved: what the program that saved the file had there; None if nothing.
        recomputed: NumPy's objective at the variables in the file.
        from_here: what sheetsim's solver reaches from those variables.
        from_start: what it reaches from the start that the file remembers.
        start: the objective at that start.
        status: why the solver stopped, from here.
    """

    topic: str
    cell: str
    saved: Any
    recomputed: float
    from_here: float
    from_start: float
    start: float
    status: str

    @property
    def verdict(self) -> str:
        """Who found the better optimum, in a sentence."""
        best = min(self.from_here, self.from_start)
        gap = self.recomputed - best
        if gap <= 1e-6 * max(best, 1e-9):
            return "the variables in the file are as good as any that sheetsim finds"
        return f"sheetsim finds {best:.6f}, {gap:.2g} below the variables in the file"


@dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    Attributes:
        path: the file.
        models: a row for every Solver model.
        cells: how many formula cells were compared.
        differences: cells whose saved value is not NumPy's.
    """

    path: str
    models: tuple[ModelComparison, ...]
    cells: int
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        """Whether every saved value is NumPy's."""
        return not self.differences

    @property
    def status(self) -> str:
        """The outcome in a sentence."""
        if self.ok:
            return f"all {self.cells:,} formula cells are saved with NumPy's values"
        return f"{len(self.differences):,} of {self.cells:,} formula cells differ from NumPy"

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {"ok": self.ok, "status": self.status, **asdict(self)}


def compare(path: str | Path) -> Comparison:
    """Compare a workbook of ours, as somebody saved it, with NumPy and with our solver.

    Args:
        path: the workbook; it is not touched.

    Returns:
        A row for each model, and the cells that differ.

    Raises:
        WorkbookError: the file cannot be read, is not one of ours, or an input is no number.
    """
    read = read_workbook(path)
    sheets = lay_out(read.book)
    floors = rounding_floors(read.book, sheets)
    differences: list[Difference] = []
    cells = 0
    for sheet in sheets:
        saved = {at: cell.value for at, cell in read.cells[sheet.name].items()}
        cells += sum(1 for _ in sheet.cells())
        differences += cell_differences(
            sheet, "the file", "as saved", saved, floors[sheet.name], read.cells[sheet.name]
        ).differences
    lesson = lessons()[read.book.plan["workbook"]]
    models = tuple(
        _model(lesson.topic(sheet.name), sheet, read)
        for sheet in sheets
        if sheet.solver is not None
    )
    return Comparison(str(path), models, cells, tuple(differences))


def _model(topic: Topic, sheet: Sheet, read: Read) -> ModelComparison:
    assert sheet.solver is not None  # noqa: S101 - only asked of sheets with a model
    objective = sheet.solver.objective
    cell = read.cells[sheet.name].get((objective.row, objective.column))
    here = solve_topic(topic, sheet, Options())
    there = _from_start(topic, sheet, read)
    return ModelComparison(
        topic=topic.name,
        cell=f"{sheet.name}!{a1(objective.row, objective.column)}",
        saved=_plain(None if cell is None else cell.value),
        recomputed=float(objective.value),
        from_here=here.objective,
        from_start=there.objective,
        start=there.start_objective,
        status=here.status,
    )


def _from_start(topic: Topic, sheet: Sheet, read: Read) -> Result:
    """Solve again from the start that the solver sheet keeps."""
    assert sheet.solver is not None  # noqa: S101 - only asked of sheets with a model
    kept: Mapping[str, Any] = read.book.given["solver"]
    given = {name: dict(values) for name, values in read.book.given.items()}
    for block in sheet.solver.variables:
        given[sheet.name][block.name] = kept[f"{topic.name}_start_{block.name}"]
    book = Book(read.book.plan, given)
    lay_out(book)
    return solve_topic(topic, book[sheet.name], Options())


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, CellError) else value
