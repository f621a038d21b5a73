"""What a reader can try on a sheet: the line's words, the edit, and the promise as a condition.

The first sheet of a workbook says "try this" and "what should happen". Both texts stand here beside
the edit that they mean and a condition on cells that says whether it happened, so that no line is
without its test: the edit is made in the file, spreadsheet programs recalculate it, and the
condition must hold of what they show. The block that the promise rests on is named as well: with
its formulas broken, the condition must fail.

Cells are found by the names of their blocks, wherever these stand: `lr` on the topic's own sheet,
`step!lr` on another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheetsim.sheet import Block, Sheet

Edit = Mapping[str, Any]
"""Block -> what is typed over it: a value, an array of its shape, or a function of what is `Seen`.

NaN, or "" among texts, empties a cell.
"""


@dataclass(frozen=True)
class Seen:
    """What the cells of a workbook show.

    Attributes:
        sheets: as laid out, by name; they tell where the blocks are.
        values: sheet -> (row, column) -> what the cell shows; blank cells are left out.
        home: the sheet of names without one.
    """

    sheets: Mapping[str, Sheet]
    values: Mapping[str, Mapping[tuple[int, int], Any]]
    home: str

    def block(self, name: str) -> Block:
        """The block of that name, as laid out."""
        sheet, _, block = name.rpartition("!")
        return self.sheets[sheet or self.home][block]

    def __getitem__(self, name: str) -> Any:
        """What a block shows: an array of its shape, or the one value of a block of one cell.

        Numbers are floats, with NaN for a blank cell or an error; an array with a text in it is
        one of objects, in which a blank cell is "" and an error NaN.
        """
        import numpy as np

        block = self.block(name)
        cells = self.values[block.sheet]
        shown = [cells.get((row, column)) for row, column, _, _ in block.cells()]
        texts = any(isinstance(value, str) for value in shown)
        blank = "" if texts else np.nan
        plain = (type(None), str, bool, float)  # anything else is an error
        found = [value if isinstance(value, plain) else np.nan for value in shown]
        kept = np.empty(len(found), dtype=object if texts else float)
        kept[:] = [blank if value is None else value for value in found]
        return kept[0] if kept.size == 1 else kept.reshape(block.values.shape)


@dataclass(frozen=True)
class Try:
    """One line of "try this".

    Attributes:
        change: what to do, in words.
        outcome: what should happen, in words.
        holds: (what the cells show before, and after each edit) -> whether it happened.
        edits: what to do, one after the other; none where there is only something to look at.
        rests_on: the block whose formulas the promise rests on.
        when: what the plan must hold, where it cannot be tried in every file.
    """

    change: str
    outcome: str
    holds: Callable[..., Any]
    rests_on: str
    edits: tuple[Edit, ...] = ()
    when: Mapping[str, Any] = field(default_factory=dict)

    def fits(self, plan: Mapping[str, Any]) -> bool:
        """Whether it can be tried in a workbook of that plan."""
        return self.when.items() <= plan.items()


def typed(seen: Seen, edit: Edit) -> dict[str, dict[tuple[int, int], Any]]:
    """The cells that an edit changes: sheet -> (row, column) -> what is typed, None for nothing."""
    import numpy as np

    cells: dict[str, dict[tuple[int, int], Any]] = {}
    for name, given in edit.items():
        block, shown = seen.block(name), seen[name]
        new = np.array(given(seen) if callable(given) else given, dtype=object)
        new = np.broadcast_to(new, block.values.shape)
        before = np.broadcast_to(np.asarray(shown, dtype=object), block.values.shape)
        for row, column, i, j in block.cells():
            value = new[i, j]
            if isinstance(value, str):
                value = value or None
            else:
                value = None if np.isnan(value) else float(value)
            was = before[i, j]
            blank = was == "" or was != was  # NaN
            if value != (None if blank else was):
                cells.setdefault(block.sheet, {})[row, column] = value
    return cells


# What conditions and edits are written with ---------------------------------------------


def every(*conditions: Any) -> bool:
    """Whether all hold, in all cells of those that are arrays."""
    import numpy as np

    return all(bool(np.all(condition)) for condition in conditions)


def same(one: Any, other: Any, apart: float = 1e-9) -> bool:
    """Whether numbers are the same but for rounding: apart by so much of the largest of them."""
    import numpy as np

    a, b = np.broadcast_arrays(np.asarray(one, dtype=float), np.asarray(other, dtype=float))
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    return bool(np.abs(a - b).max() <= apart * max(np.abs(a).max(), np.abs(b).max()))


def put(array: Any, value: Any, at: Any) -> Any:
    """A copy of an array with something else at an index."""
    copy = array.copy()
    copy[at] = value
    return copy


def add(array: Any, value: Any, at: Any) -> Any:
    """A copy of an array with a number added at an index."""
    return put(array, array[at] + value, at)


def first(mask: Any) -> tuple[int, ...]:
    """The index of the first cell, row by row, for which a mask holds."""
    import numpy as np

    return tuple(int(index) for index in np.argwhere(mask)[0])
