"""A workbook's linear model as an .mps or .lp file, its cells as the names of columns and rows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sheetsim.errors import OptionError, OptionName
from sheetsim.files import replace_file, require_writable
from sheetsim.references import a1, address_text
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.methods.linear_file import KINDS, linear_file
from sheetsim.solving.prepare import prepare

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sheetsim.book import CellAddress
    from sheetsim.solving.request import Request


def export_file(path: str | Path, request: Request, target: Path) -> Path:
    """Write a workbook's model to a file.

    Args:
        path: an .xlsx or .xlsm file.
        request: what is asked, as of `solve_file`.
        target: ends in .mps or .lp.

    Raises:
        OptionError: the name ends in something else, or the model is not linear; as `prepare`.
        WorkbookError, EngineError: as `prepare`.
        OutputError: the file cannot be written.
    """
    kind = target.suffix.lower()
    if kind not in KINDS:
        raise OptionError(
            OptionName("export"), f" is {target}; expected a name that ends in {' or '.join(KINDS)}"
        )
    require_writable(target)
    prepared = prepare(path, request)
    compiled = prepared.compiled
    rows = [compiled.outputs[i] for block in compiled.blocks for i in block.left.tolist()]
    sheet = prepared.stored.sheet
    evaluator = Evaluator(prepared.model(), prepared.options)
    held = linear_file(evaluator, kind, _names(compiled.cells, sheet), _names(rows, sheet))
    with replace_file(target) as temporary:
        temporary.write_bytes(held)
    return target


def _names(cells: Iterable[CellAddress], sheet: str) -> list[str]:
    """Names for cells, each once: without the model's own sheet, and without blanks and signs."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for cell in cells:
        text = a1(*cell[1]) if cell[0] == sheet else address_text(cell)
        name = re.sub(r"\W+", "_", text).strip("_")
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_again{seen[name]}")
    return names
