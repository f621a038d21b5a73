"""What the rest of a workbook becomes when some of its cells take other values.

After a solve the variables have new values, and every cell that depends on them has to show what
Excel would show, on whatever sheet it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sheetsim.book import Cell
from sheetsim.errors import OptionError
from sheetsim.formula.compiler import Compiler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sheetsim.book import Book, Place, Value
    from sheetsim.formula.graph import Graph, Spot


@dataclass(frozen=True)
class Followers:
    """The cells that depend on changed inputs, and what they become.

    Attributes:
        values: sheet to (row, column) to value, sheets without any left out.
        unsupported: cells that depend on the inputs through something that cannot be computed
            here, and why; they are not in `values`.
        frozen: cells of random numbers and times among those that depend on the inputs; they
            keep the values that were cached, and are not in `values` either.
    """

    values: dict[str, dict[Place, Value]]
    unsupported: dict[Spot, str]
    frozen: frozenset[Spot]


def follow(book: Book, values: Mapping[Spot, Value], *, trusted: bool = False) -> Followers:
    """Compute every cell of a workbook that depends on some cells, with other values in these.

    Args:
        book: the workbook.
        values: (sheet, (row, column)) to the number, text, boolean or error that the cell takes,
            None for a blank. A formula in such a cell is ignored.
        trusted: whether the values cached in the file may stand for the formulas that do not
            depend on these cells; faster. A formula without a cached value is computed.

    Raises:
        OptionError: a sheet is not there.
        WorkbookError: a formula cannot be read, or refers to itself in a circle.
    """
    overlaid = overlay(book, values)
    compiler = Compiler(overlaid)
    wanted = [
        (name, place)
        for name in overlaid.sheets
        for place, cell in overlaid.sheets[name].items()
        if cell.formula is not None
    ]
    compiler.add(wanted)
    store, graph = compiler.store, compiler.graph
    depend = _dependents(graph, set(overlaid.sheets.changed))  # type: ignore[attr-defined]
    lost = _without(graph, depend)
    out: dict[str, dict[Place, Value]] = {}
    for sheet, place in wanted:
        slot = store.sheet(sheet).slots[place]
        own = graph.home.get(slot, slot)
        if own in depend and own not in lost and own in graph.group_of:
            out.setdefault(sheet, {})[place] = store.value(slot)
    homes: dict[int, list[int]] = {}
    for slot, home in graph.home.items():
        homes.setdefault(home, []).append(slot)
    unsupported = {
        store.places[one]: why
        for slot, why in lost.items()
        for one in (slot, *homes.get(slot, ()))
    }
    frozen = frozenset(store.places[s] for s in graph.frozen if s in depend)
    return Followers(out, unsupported, frozen)


class _Overlaid(Mapping[str, "Mapping[Place, Cell]"]):
    """The sheets of a workbook with other values in some cells; read when asked for, as they."""

    def __init__(
        self, sheets: Mapping[str, Mapping[Place, Cell]], changed: Mapping[Spot, Value]
    ) -> None:
        self._sheets = sheets
        self.changed = changed
        self._made: dict[str, dict[Place, Cell]] = {}

    def __getitem__(self, name: str) -> Mapping[Place, Cell]:
        own = {place: value for (sheet, place), value in self.changed.items() if sheet == name}
        if not own:
            return self._sheets[name]
        if name not in self._made:
            cells = self._made[name] = dict(self._sheets[name])
            for place, value in own.items():
                if value is None:
                    cells.pop(place, None)
                else:
                    cells[place] = Cell(None, value)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sheets)

    def __len__(self) -> int:
        return len(self._sheets)


def overlay(book: Book, values: Mapping[Spot, Value]) -> Book:
    """Return a workbook with other values, instead of what stood there, in some cells.

    Raises:
        OptionError: a sheet is not there.
    """
    changed: dict[Spot, Value] = {}
    for (sheet, place), value in values.items():
        name = book.find_sheet(sheet)
        if name is None:
            raise OptionError(f"{book.path}: has no sheet {sheet!r} with cells")
        changed[name, place] = value
    return replace(book, sheets=_Overlaid(book.sheets, changed))


def _dependents(graph: Graph, changed: set[Spot]) -> set[int]:
    """Return the slots of the formulas that depend on changed cells, by what they refer to."""
    readers = _readers(graph)
    first = []
    for number, (sheet, top, left, bottom, right) in enumerate(graph.bounds):
        if any(
            name == sheet and top <= row <= bottom and left <= column <= right
            for name, (row, column) in changed
        ):
            first += readers.get(number, [])
    return _reached(graph, first)


def _readers(graph: Graph) -> dict[int, list[int]]:
    """Return area -> the slots of the formulas that refer to it."""
    readers: dict[int, list[int]] = {}
    for slot, areas in graph.needs.items():
        for area in areas:
            readers.setdefault(area, []).append(slot)
    return readers


def _reached(graph: Graph, first: list[int]) -> set[int]:
    """Return slots, and those of all formulas that depend on them."""
    readers = _readers(graph)
    areas: dict[int, list[int]] = {}
    for area, members in enumerate(graph.members):
        for slot in members:
            areas.setdefault(slot, []).append(area)
    found = set(first)
    stack = list(found)
    while stack:
        for area in areas.get(stack.pop(), ()):
            for slot in readers.get(area, ()):
                if slot not in found:
                    found.add(slot)
                    stack.append(slot)
    return found


def _without(graph: Graph, depend: set[int]) -> dict[int, str]:
    """Return the slots among `depend` that cannot be computed, and why."""
    lost: dict[int, str] = {}
    for slot, why in graph.unknown.items():
        if slot in depend:
            for one in _reached(graph, [slot]):
                lost.setdefault(one, why)
    return lost
