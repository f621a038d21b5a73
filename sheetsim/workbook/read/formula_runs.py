"""Runs: formulas that a program wrote out one by one, though each is the one above filled down.

    B1 = A1*$D$1     B2 = A2*$D$1     B3 = A3*$D$1

Excel shares such formulas in the file; most libraries do not. A formula is compared with what the
one above it, or the one to its left, becomes when it is filled to its cell. If that is its very
text, it is of the same run, and need not be read again. Down a column the comparison is a pattern
with the numbers of rows left open (`references.DownFill`), so that a run costs little more than
comparing its bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import ascii_letters, digits
from typing import TYPE_CHECKING

from sheetsim.columns import FormulaRun
from sheetsim.errors import WorkbookError

if TYPE_CHECKING:
    from sheetsim.references import DownFill

MAX_LENGTH = 8_193
"""Characters of a formula with its "=", as Excel has it; it shows none of the prefixes below."""

_PREFIXES = re.compile(r"_xl(?:fn|ws|pm|udf)\.")
_FRAME = str.maketrans("", "", ascii_letters + digits)


@dataclass(slots=True)
class _Last:
    """The last formula of a column.

    Attributes:
        run: the number of its run.
        frame: its text without letters and digits, which filling does not change.
        below: what it is in the cells below, once one of them had the same frame.
    """

    run: int
    frame: str
    below: DownFill | None = None


class FormulaRuns:
    """The runs of one sheet, met in the order of the file.

    Attributes:
        runs: all of them.
    """

    def __init__(self) -> None:
        self.runs: list[FormulaRun] = []
        self._columns: dict[int, _Last] = {}
        self._before: tuple[int, int] = (-1, -1)  # the cell of the formula before this one

    def add(self, run: FormulaRun) -> int:
        """Take a run up; return its number.

        Raises:
            WorkbookError: its text is longer than a formula may be.
        """
        text = str(run.text)
        if len(text) > MAX_LENGTH and len(_PREFIXES.sub("", text)) > MAX_LENGTH:
            raise WorkbookError(
                f"a formula of {len(text) - 1:,} characters; expected at most {MAX_LENGTH - 1:,}"
            )
        self.runs.append(run)
        return len(self.runs) - 1

    def find(self, row: int, column: int, text: str) -> int:
        """Return the number of the run of a formula that is written out.

        Args:
            row: its cell's, from 0.
            column: likewise.
            text: it, with the leading "=".
        """
        last = self._columns.get(column)
        if last is not None and last.below is not None:
            origin = self.runs[last.run].place[0]
            if last.below.at(row - origin) == text:
                self._before = (row, column)
                return last.run
        if "[" in text:  # a table's row may be meant, and tables stand below each other
            self._columns.pop(column, None)
            return self.add(FormulaRun(text, (row, column)))
        frame = text.translate(_FRAME)
        left = self._columns.get(column - 1) if self._before == (row, column - 1) else None
        self._before = (row, column)
        for other in (last, left):
            if other is not None and other.frame == frame:
                run = self.runs[other.run]
                if run.at(row, column) == text:
                    run.shared = True
                    below = run.source().below(column - run.place[1])
                    self._columns[column] = _Last(other.run, frame, below)
                    return other.run
        number = self.add(FormulaRun(text, (row, column)))
        self._columns[column] = _Last(number, frame)
        return number
