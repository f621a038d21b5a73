"""Outputs of a workbook as a function of its variables, computed by IronCalc.

It stands in for the compiled formulas (`sheetsim.formula`) where these cannot compute a model: a
function that is not in their table, LET and LAMBDA, an OFFSET or INDIRECT that moves with the
variables. There are no derivatives, and one point at a time costs a recalculation; so

- the sheets that the outputs do not need are deleted from the model in memory. The lecture's
  collab_filter.xlsx takes 12 ms an evaluation, its sheet dotprod alone 0.18 ms;
- cells of random numbers and times stay at their cached values, as in the compiled formulas;
- nothing is optimised that IronCalc gets wrong: where an output is not the value that the file
  shows for it, opening ends in an error that names the first cell that is wrong and its function.

What IronCalc 0.9.1 has not: references through several sheets and to a name of another sheet
(`#ERROR!`), and what-if data tables, with which it does not even load. The latter are taken out
of a copy, and an error is put into their cells, so that an output that needs one shows it.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetsim.book import CellAddress, CellError
from sheetsim.engines.ironcalc import cell_value, ironcalc_module, require_readable, troubles_named
from sheetsim.engines.ironcalc_formulas import Formulas
from sheetsim.errors import EngineError, OptionError, shown
from sheetsim.references import address_text
from sheetsim.tolerances import IRONCALC_ROUNDING, IRONCALC_TOLERANCE
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.rewrite.without_data_tables import without_data_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sheetsim.arrays import Floats
    from sheetsim.book import Book, Place, Value


NOT_COMPUTED = frozenset({"#NAME?", "#N/IMPL!", "#ERROR!"})
"""What IronCalc shows for a function, a name or a formula that it does not know."""


@dataclass(frozen=True)
class _Opened:
    """A workbook in IronCalc; of rows and columns, the first is 1 there."""

    path: str
    model: Any
    types: Any
    numbers: dict[str, int]

    def cell(self, address: CellAddress) -> tuple[int, int, int]:
        sheet, (row, column) = address
        return self.numbers[sheet], row + 1, column + 1

    def value(self, address: CellAddress) -> Value:
        return cell_value(self.model, self.types, self.cell(address))

    def evaluate(self) -> None:
        with troubles_named(self.path):
            self.model.evaluate()

    def put(self, address: CellAddress, value: Value) -> None:
        """Let a cell hold a value, whatever it held."""
        at, model = self.cell(address), self.model
        if value is None:
            model.clear_cell_contents(*at)
        elif isinstance(value, CellError):
            model.update_cell_with_formula(*at, f"={value.code}")
        elif isinstance(value, bool):
            model.update_cell_with_bool(*at, value)
        elif isinstance(value, str):
            model.update_cell_with_text(*at, value)
        else:
            model.update_cell_with_number(*at, float(value))


class IronCalcModel:
    """Outputs as a function of variables, as `formula.program.Program` has it, less derivatives.

    Attributes:
        outputs, variables: their cells, such as `Sheet1!B2`.
        start: (n,) the variables' values in the workbook, 0 for a blank or a text.
        seconds: what an evaluation took when the workbook was opened.
        left_out: the sheets that were left out because no output needs them.
        frozen: the cells of random numbers and times, which stay as they were cached.
    """

    def __init__(
        self,
        opened: _Opened,
        variables: Sequence[CellAddress],
        outputs: Sequence[CellAddress],
        start: Floats,
        left_out: Sequence[str],
        frozen: Sequence[CellAddress],
    ) -> None:
        self._opened = opened
        self._cells = [opened.cell(address) for address in variables]
        self._outputs = list(outputs)
        self._out = [opened.cell(address) for address in outputs]
        self.outputs = tuple(map(address_text, outputs))
        self.variables = tuple(map(address_text, variables))
        self.start = start
        self.left_out = tuple(left_out)
        self.frozen = tuple(map(address_text, frozen))
        self._at = np.full(len(variables), np.nan)
        began = time.perf_counter()
        self.values(start)
        self.seconds = time.perf_counter() - began

    def values(self, x: Floats) -> Floats:
        """Return the outputs (m,) at x (n,), or (S, m) at x (S, n), one after another.

        Raises:
            OptionError: x has not one number a variable.
            EngineError: an output needs a function that IronCalc does not have, which the start
                did not show.
        """
        x = np.asarray(x, np.float64)
        if x.ndim not in (1, 2) or x.shape[-1] != self.start.size:
            n = self.start.size
            raise OptionError(f"x has shape {x.shape}; expected ({n},) or (S, {n})")
        if x.ndim == 1:
            return self._values(x)
        rows = [self._values(row) for row in x]
        return np.array(rows, np.float64).reshape(len(x), len(self._out))

    def _values(self, x: Floats) -> Floats:
        if not np.isfinite(x).all():  # no cell can hold it
            return np.full(len(self._out), np.nan)
        put = self._opened.model.update_cell_with_number
        # Of finite differences, n points differ in one variable each. (-0.0 differs from 0.0.)
        changed = (x != self._at) | (np.signbit(x) != np.signbit(self._at))
        for number in np.flatnonzero(changed).tolist():
            put(*self._cells[number], float(x[number]))
        self._at = x.copy()
        self._opened.evaluate()
        return np.array([self._number(k) for k in range(len(self._out))], np.float64)

    def _number(self, output: int) -> float:
        """Return an output as a number: 0 for a blank, NaN for a text or an error."""
        value = self._opened.model.get_cell_value(*self._out[output])
        if isinstance(value, int | float):
            return float(value)
        if value is None:
            return 0.0
        if value in NOT_COMPUTED and isinstance(
            self._opened.value(self._outputs[output]), CellError
        ):
            raise EngineError(
                f"{self._opened.path}: IronCalc gives {value} for {self.outputs[output]} at "
                "another point than the file's: its formulas need what IronCalc does not compute"
            )
        return np.nan


def open_model(
    path: str | Path,
    variables: Sequence[CellAddress],
    outputs: Sequence[CellAddress],
    settings: Mapping[CellAddress, Value] | None = None,
    *,
    book: Book | None = None,
) -> IronCalcModel:
    """Load a workbook into IronCalc, once, to compute outputs from variables.

    Args:
        path: the file; it is not modified.
        variables: sheet and (row, column), from 0, of the cells that x stands for.
        outputs: likewise.
        settings: inputs that are to hold another value than the file's.
        book: the workbook, if it has been read already.

    Raises:
        OptionError: a cell's sheet is not there.
        WorkbookError: the file is no workbook.
        EngineError: IronCalc is missing, cannot load the file, or does not compute an output as
            the file shows it; the message names the first cell that is wrong and its function.
    """
    book = read_book(path) if book is None else book
    settings = {_own(book, address): value for address, value in (settings or {}).items()}
    variables = [_own(book, address) for address in variables]
    outputs = [_own(book, address) for address in outputs]
    with troubles_named(path):
        model = _load(ironcalc_module(), path)
        formulas = Formulas(model)
        kept = formulas.needed({sheet for sheet, _ in [*variables, *outputs]})
        left_out = [sheet for sheet in formulas.sheets if sheet not in kept]
        for sheet in left_out:
            model.delete_sheet(_numbers(model)[sheet])
        opened = _Opened(str(path), model, ironcalc_module().CellType, _numbers(model))
        frozen = _prepare(opened, formulas, book, kept)
        opened.evaluate()
        _require_right(opened, formulas, book, kept, outputs)
        for address, value in settings.items():
            if address[0] in kept:
                opened.put(address, value)
    held = [settings.get(address, _cached(book, address)) for address in variables]
    start = np.array([_number(value) for value in held], np.float64)
    return IronCalcModel(opened, variables, outputs, start, left_out, frozen)


def _number(value: Value) -> float:
    """Return where a variable starts: 0 for a blank or a text."""
    return float(value) if isinstance(value, int | float) else 0.0


def _numbers(model: Any) -> dict[str, int]:
    return {one["name"]: i for i, one in enumerate(model.get_worksheets_properties())}


def _own(book: Book, address: CellAddress) -> CellAddress:
    """Return a cell with its sheet as the workbook spells it."""
    sheet = book.find_sheet(address[0])
    if sheet is None:
        known = ", ".join(map(shown, book.sheets))
        raise OptionError(f"{book.path}: has no sheet {shown(address[0])}; expected one of {known}")
    return sheet, address[1]


def _cached(book: Book, address: CellAddress) -> Value:
    cell = book.sheets[address[0]].get(address[1])
    return None if cell is None else cell.value


def _load(module: Any, path: str | Path) -> Any:
    """Load a workbook; one with data tables, which IronCalc refuses, without them."""

    def load(file: str | Path) -> Any:
        return module.load_from_xlsx(str(file), "en", "UTC", "en")

    require_readable(path)
    try:
        return load(path)
    except module.WorkbookError:
        plain = without_data_tables(path)
        if plain is None:
            raise
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "without_data_tables.xlsx"
        copy.write_bytes(plain)
        return load(copy)


def _prepare(
    opened: _Opened, formulas: Formulas, book: Book, kept: Sequence[str]
) -> list[CellAddress]:
    """Put errors into data tables, and cached values into random cells; return the latter."""
    frozen = [(sheet, place) for sheet in kept for place in formulas.random(sheet)]
    if any(_cached(book, address) is None for address in frozen):
        opened.evaluate()  # there are no cached values: let it draw once
    for address in frozen:
        value = _cached(book, address)
        opened.put(address, opened.value(address) if value is None else value)
    for sheet in kept:
        for place in _data_tables(book, sheet):
            # No such function, so an error: whatever needs the cell will show it.
            opened.model.update_cell_with_formula(*opened.cell((sheet, place)), "=TABLE()")
    return frozen


def _data_tables(book: Book, sheet: str) -> list[Place]:
    """Return the cells of a sheet that what-if data tables fill."""
    cells = book.sheets[sheet].items()
    return [p for p, cell in cells if cell.formula and cell.formula.startswith("=TABLE(")]


def _require_right(
    opened: _Opened,
    formulas: Formulas,
    book: Book,
    kept: Sequence[str],
    outputs: Sequence[CellAddress],
) -> None:
    """Refuse outputs that are not what the file shows.

    Raises:
        EngineError: one is not; the message names the first cell that is wrong.
    """
    computed, floor = _shown_values(book, kept)

    def differs(address: CellAddress) -> bool:
        return _differs(opened.value(address), _cached(book, address) if computed else None, floor)

    output = next(filter(differs, outputs), None)
    if output is None:
        return
    cells = [(sheet, place) for sheet in kept for place in formulas.of(sheet)]
    cells += [(sheet, place) for sheet in kept for place in _data_tables(book, sheet)]
    first = formulas.first_wrong(output, dict.fromkeys(filter(differs, cells)))
    needed = "" if first == output else f", which {address_text(output)} needs,"
    what = f"{_given(opened, formulas, book, first)}{needed} {shown(_formula(book, first), 60)}"
    if computed:
        what += f", where the file shows {_cached(book, first)!s}"
    raise EngineError(f"{opened.path}: IronCalc {what}")


def _shown_values(book: Book, kept: Sequence[str]) -> tuple[bool, float]:
    """Return whether the file shows computed values, and what is as good as 0 beside them."""
    cells = [cell for sheet in kept for cell in book.sheets[sheet].values()]
    # XlsxWriter's files show 0 in every formula until Excel opens them, openpyxl's nothing.
    computed = any(cell.value not in (None, 0) for cell in cells if cell.has_formula)
    numbers = [abs(c.value) for c in cells if type(c.value) is float and np.isfinite(c.value)]
    return computed, IRONCALC_ROUNDING * max(numbers, default=0.0)


def _given(opened: _Opened, formulas: Formulas, book: Book, address: CellAddress) -> str:
    """Say what IronCalc gives for a cell, and the functions of its formula that it lacks."""
    table = "TABLE" if _formula(book, address).startswith("=TABLE(") else ""
    unknown = formulas.unknown(*address) or table
    what = f"does not compute {unknown} and gives" if unknown else "gives"
    return f"{what} {opened.value(address)!s} for {address_text(address)}"


def _formula(book: Book, address: CellAddress) -> str:
    cell = book.sheets[address[0]].get(address[1])
    return "" if cell is None else cell.formula or ""


def _differs(found: Value, shown: Value, floor: float) -> bool:
    """Whether IronCalc's value of a cell is another than the one that the file shows, if any."""
    if shown is None:
        return isinstance(found, CellError) and found.code in NOT_COMPUTED
    if isinstance(found, float) and isinstance(shown, float):
        return not abs(found - shown) <= IRONCALC_TOLERANCE * abs(shown) + floor
    if isinstance(found, CellError) and isinstance(shown, CellError):
        # Engines disagree on which error it is.
        return found.code in NOT_COMPUTED and found != shown
    return found != shown and not (found is None and shown in ("", 0.0))
