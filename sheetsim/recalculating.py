"""Fresh values for any workbook: all formulas computed, and the values written into its copy.

Files that a library wrote have no cached values, or stale ones: viewers show zeros, and whatever
reads values without computing them reads nothing. `recalc` computes every formula cell, by our own
compiler or by a spreadsheet engine, and writes the values; every other byte of the file is what it
was. A cell that cannot be computed keeps the value that it had, and is listed with the reason.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetsim.book import CellError
from sheetsim.engines import DEFAULT_TIMEOUT, choose
from sheetsim.engines import engines as known_engines
from sheetsim.errors import OptionError, OptionName, SheetsimError
from sheetsim.files import require_writable
from sheetsim.formula.recalc.formula_alone import Formulas
from sheetsim.references import address_text, column_name
from sheetsim.spreading import spread
from sheetsim.tolerances import VERIFY_TOLERANCE
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.read.paths import require_workbook_name
from sheetsim.workbook.rewrite.edited_copy import write_values
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy
from sheetsim.workbook.solver_model.areas import parse_areas

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from sheetsim.book import Book, CellAddress, Place, Value
    from sheetsim.engines import Engine

OURS = "numpy"
"""The name of our own compiler among those of engines."""

RANDOM_OR_TIME = "random numbers and the time are not drawn anew"
NO_NUMBER = "what it gives cannot stand in a cell"
NOT_SHOWN = "the engine gives no value"

Values = dict[str, dict[tuple[int, int], "Value"]]


@dataclass(frozen=True)
class Recalculation:
    """What became of a workbook's formulas.

    Attributes:
        path: the workbook.
        out: the file that the values were written into; None if none was asked for.
        cells: how many formula cells there are.
        changed: how many of them show another value than before.
        rounded: how many of these differ in the last digits alone.
        kept: cells that could not be computed, such as `Sheet1!B2`, and why.
        seconds: from the file to the copy.
        problem: why nothing was computed, where several files were asked for and this one is bad;
            "" if it was.
        exit_code: that of the problem's kind, 0 if there is none.
    """

    path: str
    out: str | None = None
    cells: int = 0
    changed: int = 0
    rounded: int = 0
    kept: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    problem: str = ""
    exit_code: int = 0

    @property
    def status(self) -> str:
        """What became of it, in a sentence."""
        if self.problem:
            return self.problem
        words = f"{self.cells:,} formula cells computed, {self.changed:,} changed"
        words += f" ({self.rounded:,} of them by rounding alone)" if self.rounded else ""
        return f"{words}; {len(self.kept):,} kept their values" if self.kept else words

    @property
    def reasons(self) -> dict[str, int]:
        """Why cells kept their values, with how many there are of each, most first."""
        return dict(Counter(self.kept.values()).most_common())

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        names = ("path", "out", "cells", "changed", "rounded", "kept", "seconds", "problem")
        return {name: getattr(self, name) for name in names} | {"status": self.status}


def recalc(
    path: str | Path,
    out: str | Path | None = None,
    *,
    engine: str = OURS,
    timeout: float = DEFAULT_TIMEOUT,
) -> Recalculation:
    """Compute all formulas of a workbook and write the values into a copy.

        sheetsim.recalc("report.xlsx", "report.xlsx")

    Args:
        path: an .xlsx or .xlsm file.
        out: the copy; may be the file itself. None writes nothing.
        engine: "numpy" for our own compiler, or a spreadsheet engine: "ironcalc", "libreoffice".
        timeout: seconds that an engine may take.

    Returns:
        How many cells were computed, changed, and kept as they were.

    Raises:
        OptionError: there is no such engine, or a name is no workbook's.
        WorkbookError: the file cannot be read safely, or is more than can be computed here.
        EngineError: the engine is missing, took too long, or failed.
        OutputError: the copy cannot be written; what stood there is untouched.
    """
    began = time.perf_counter()
    if out is not None:
        require_workbook_name(out)
        if Path(out).suffix.lower() != Path(path).suffix.lower():
            ending = Path(path).suffix
            raise OptionError(
                OptionName("out"), f" is {out}; expected a name that ends in {ending}"
            )
        require_writable(out)
    chosen = choose([engine], known_engines(), OURS).engines.get(engine)
    book = read_book(path)
    values, kept = _ours(book) if chosen is None else _theirs(book, chosen, timeout)
    changed = {
        sheet: {
            place: value
            for place, value in cells.items()
            if not _same(book.sheets[sheet][place].value, value)
        }
        for sheet, cells in values.items()
    }
    if out is not None:
        write_values(path, out, changed)
    return Recalculation(
        path=str(path),
        out=None if out is None else str(out),
        cells=sum(cell.has_formula for cells in book.sheets.values() for cell in cells.values()),
        changed=sum(map(len, changed.values())),
        rounded=sum(
            _rounded(book.sheets[sheet][place].value, value)
            for sheet, cells in changed.items()
            for place, value in cells.items()
        ),
        kept={address_text(address): why for address, why in kept.items()},
        seconds=time.perf_counter() - began,
    )


def recalc_files(
    files: Sequence[tuple[str, str]],
    *,
    engine: str = OURS,
    timeout: float = DEFAULT_TIMEOUT,
    jobs: int = 1,
    scheduler: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Recalculation]:
    """Do the same for many files, here, on local processes or on a Dask cluster.

    Args:
        files: the path of each, and where its copy goes.
        engine: as of `recalc`.
        timeout: for each file.
        jobs: local processes.
        scheduler: address of a Dask scheduler, in place of `jobs`.
        progress: called with the number of files that are done.

    Returns:
        One for each file that was done before Ctrl-C, in their order; a file that is bad has its
        `problem` there, and stops no other.

    Raises:
        OptionError: there is no such engine.
        EngineMissingError: it is not installed.
        EngineError: a worker died, or the scheduler cannot be reached.
    """
    choose([engine], known_engines(), OURS)  # before the work, and not once for each file
    one = partial(_recalc_one, engine=engine, timeout=timeout)
    done = spread(one, list(files), jobs=jobs, scheduler=scheduler, progress=progress)
    return [each for each in done if each is not None]


def read(path: str | Path, cells: str, *, headings: bool = False) -> pd.DataFrame:
    """Read a range of a workbook as a DataFrame, its formulas computed afresh.

        sheetsim.read("model.xlsx", "Sheet1!A1:D20")

    Args:
        path: an .xlsx or .xlsm file; it is not touched.
        cells: a range such as "Sheet1!A1:D20" or a name of one.
        headings: whether the first row names the columns; else the sheet's letters do.

    Returns:
        A row a row of the range, by its number in the sheet; numbers, texts, booleans, None for
        a blank, and an error as its text, such as "#DIV/0!".

    Raises:
        OptionError: `cells` is no range of one sheet.
        WorkbookError: the file cannot be read safely, or is more than can be computed here.
    """
    import pandas as pd

    book = read_book(path)
    areas = parse_areas(cells, book, next(iter(book.sheets)) if len(book.sheets) == 1 else None)
    if len(areas) != 1:
        raise OptionError(OptionName("cells"), f" is {cells!r}; expected one range")
    (area,) = areas
    values, _ = _ours(book)
    own, fresh = book.sheets[area.sheet], values.get(area.sheet, {})

    def shown(place: Place) -> Any:
        cell = own.get(place)
        value = fresh.get(place, None if cell is None else cell.value)
        return value.code if isinstance(value, CellError) else value

    (top, left), (bottom, right) = area.first, area.last
    rows = [
        [shown((row, column)) for column in range(left, right + 1)]
        for row in range(top, bottom + 1)
    ]
    numbers = list(range(top + 1, bottom + 2))
    if headings:
        return pd.DataFrame(rows[1:], columns=rows[0], index=numbers[1:])
    letters = [column_name(column) for column in range(left, right + 1)]
    return pd.DataFrame(rows, columns=letters, index=numbers)


def _recalc_one(task: tuple[str, str], *, engine: str, timeout: float) -> Recalculation:
    path, out = task
    try:
        return recalc(path, out, engine=engine, timeout=timeout)
    except SheetsimError as error:
        return Recalculation(path, problem=str(error), exit_code=error.exit_code)


def _ours(book: Book) -> tuple[Values, dict[CellAddress, str]]:
    """The values of all formula cells by our own compiler, and why some are missing."""
    formulas = Formulas(book)
    values: Values = {}
    kept: dict[CellAddress, str] = {}
    for (sheet, place), slot in formulas.slots.items():
        why = formulas.unknown(slot)
        if why:
            kept[sheet, place] = str(why)
        elif slot in formulas.frozen:
            kept[sheet, place] = RANDOM_OR_TIME
        else:
            value = formulas.value(slot)
            if isinstance(value, float) and not math.isfinite(value):
                kept[sheet, place] = NO_NUMBER
            else:
                values.setdefault(sheet, {})[place] = value
    return values, kept


def _theirs(book: Book, engine: Engine, timeout: float) -> tuple[Values, dict[CellAddress, str]]:
    """The same by a spreadsheet engine, from a copy that has no cached values to give back."""
    with tempfile.TemporaryDirectory(prefix="sheetsim-recalc-") as folder:
        copy = Path(folder) / "copy.xlsx"
        invalidated_copy(book.path, copy)
        found = engine.recalculate(copy, timeout=timeout)
    values: Values = {}
    kept: dict[CellAddress, str] = {}
    for sheet, cells in book.sheets.items():
        shown = found.get(sheet, {})
        for place, cell in cells.items():
            if not cell.has_formula:
                continue
            value = shown.get(place)
            if value is None and cell.value not in (None, ""):
                kept[sheet, place] = NOT_SHOWN
            else:
                values.setdefault(sheet, {})[place] = "" if value is None else value
    return values, kept


def _rounded(before: Value, now: Value) -> bool:
    numbers = type(before) is type(now) is float
    return numbers and math.isclose(before, now, rel_tol=VERIFY_TOLERANCE)  # type: ignore[arg-type]


def _same(before: Value, now: Value) -> bool:
    if before is None:  # a formula that shows an empty text has no value in some files
        return now == ""
    return type(before) is type(now) and before == now
