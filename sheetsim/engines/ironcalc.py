"""IronCalc: a spreadsheet engine in Rust, run in this very process.

What was met with 0.9.1:

- It ignores cached values, and computes a chain of 300,000 cells without a stack overflow.
- A formula that it cannot parse is no failure to load: the cell shows `#ERROR!` or `#NAME?`.
  So does another sheet's name, `=momentum!lr`; refer to its cell instead.
- It computes in plain binary, as Python does: 0.1 + 0.2 - 0.3 is 5.6e-17, where Excel and
  LibreOffice snap to 0. `TRUE=1` is FALSE, as in Excel, not as in LibreOffice. 0^0 is `#NUM!`.
- It refuses to load a file without styles, a sheet in UTF-16, a cell that leaves out its `r`.
  It takes a prefix on the names, Strict Open XML, and a file without a theme or properties.
- A panic in Rust arrives as `pyo3_runtime.PanicException`, which is no `Exception`.
- A call cannot be interrupted, so the time limit is looked at between loading, evaluating and
  reading, no finer.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sheetsim.book import CellError
from sheetsim.engines.base import DEFAULT_TIMEOUT, Facts, require_recalculated
from sheetsim.errors import EngineError, EngineMissingError
from sheetsim.formula.functions import Elsewhere
from sheetsim.workbook.read.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sheetsim.book import Value
    from sheetsim.engines.base import Values


class IronCalc:
    """The engine; see `base.Engine`."""

    name = "ironcalc"
    facts = Facts(
        "IronCalc",
        not_known=frozenset({"#NAME?", "#ERROR!", "#N/IMPL!"}),
        otherwise=frozenset(
            {
                Elsewhere.BLANK_IN_PAIR,
                Elsewhere.BLANK_IN_MATRIX,
                Elsewhere.NO_ORDER,
                Elsewhere.ROOT_OF_NEGATIVE,
            }
        ),
    )

    def version(self) -> str:
        """Return IronCalc's version; see `base.Engine`."""
        return str(ironcalc_module().__version__)

    def recalculate(self, path: str | Path, *, timeout: float = DEFAULT_TIMEOUT) -> Values:
        """Compute every formula of a workbook; see `base.Engine`."""
        module = ironcalc_module()
        require_readable(path)
        deadline = time.monotonic() + timeout
        with troubles_named(path):
            model = module.load_from_xlsx(str(path), "en", "UTC", "en")
            _require_time(deadline, timeout, path)
            model.evaluate()
            _require_time(deadline, timeout, path)
            values = _values(model, module.CellType)
        return require_recalculated(values, "IronCalc", path)


ENGINE = IronCalc()


def ironcalc_module() -> Any:
    """Import IronCalc when it is needed: it may be missing where there is no wheel for it.

    Raises:
        EngineMissingError: it is missing.
    """
    try:
        import ironcalc
    except ImportError as error:
        raise EngineMissingError(f"IronCalc is missing ({error}); pip install ironcalc") from error
    return ironcalc


@contextmanager
def troubles_named(path: str | Path) -> Iterator[None]:
    """Turn whatever IronCalc raises within, a panic too, into an error of ours.

    Raises:
        EngineError: IronCalc failed; the message names the file.
    """
    try:
        yield
    except EngineError:
        raise
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise EngineError(f"{path}: IronCalc cannot calculate it ({error})") from error
        raise  # Ctrl-C is the user's


def require_readable(path: str | Path) -> None:
    """Say what is wrong with a file that IronCalc cannot read: its own words do not.

    Raises:
        WorkbookError: it is no workbook.
        EngineError: it has no styles, which are a matter of looks to all others.
    """
    with Archive(path) as archive:
        if archive.link(archive.workbook, "styles") is None:
            raise EngineError(
                f"{path}: has no part with styles, xl/styles.xml, without which IronCalc reads no "
                "file; expected one, as any spreadsheet program writes when it saves the file"
            )


def _require_time(deadline: float, timeout: float, path: str | Path) -> None:
    if time.monotonic() > deadline:
        raise EngineError(f"{path}: IronCalc took more than {timeout:g} s")


def _values(model: Any, types: Any) -> Values:
    """Read every cell that is not blank; IronCalc counts sheets from 0, rows and columns from 1."""
    sheets = [sheet["name"] for sheet in model.get_worksheets_properties()]
    values: Values = {name: {} for name in sheets}
    for sheet, row, column in model.get_all_cells():
        value = cell_value(model, types, (sheet, row, column))
        if value is not None:
            values[sheets[sheet]][row - 1, column - 1] = value
    return values


def cell_value(model: Any, types: Any, cell: tuple[int, int, int]) -> Value:
    """Return what a cell holds: an error comes as its text, and only the type tells it apart."""
    value = model.get_cell_value(*cell)
    if isinstance(value, str) and model.get_cell_type(*cell) == types.ErrorValue:
        return CellError(value)
    if value is None or isinstance(value, str | bool):
        return value
    return float(value)
