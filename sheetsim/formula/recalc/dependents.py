"""Which formulas may depend on some cells, found without computing anything.

Every reference of a formula is a rectangle that moves with the cell, so that for all cells of one
formula "does it touch a cell that moves" is one operation on arrays: with the number of moving
cells above and to the left of every corner (an integral image, Crow 1984), the number inside a
rectangle is four look-ups. Rounds of that run until nothing is added.

The answer may hold some cells too many, never too few:
- OFFSET, `A1#` and `A1:INDEX(...)` are taken to read the whole sheet of their references;
- INDIRECT, references through several sheets, data tables and formulas that cannot be read are
  taken to depend on everything, and so are functions that nobody knows if there are macros;
- a table's reference is taken to read the whole table;
- a recurrence of more rows than `MAX_ROUNDS` is followed in steps of whole tiles of its sheet.

A sheet that mentions no sheet, name or table concerned is not even read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.columns import columns_of
from sheetsim.errors import WorkbookError
from sheetsim.formula.functions import Reads
from sheetsim.formula.recalc.rectangles import TILES, EdgeCollector, Edges, Ints32, MovingCells
from sheetsim.formula.syntax.formula_groups import GroupKeys, extent
from sheetsim.formula.syntax.parser import parse_tokens
from sheetsim.formula.syntax.precedents import UNSEEN, Precedents, find_precedents
from sheetsim.formula.syntax.rewriting import function_of, rewritten
from sheetsim.formula.syntax.tokens import Ref
from sheetsim.formula.values import Bools, Ints
from sheetsim.references import MAX_COLUMNS, MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sheetsim.book import Book, Cell, CellAddress, Place
    from sheetsim.columns import SheetColumns
    from sheetsim.formula.syntax.formula_groups import Sample

MAX_ROUNDS = 40
"""Rounds in which single cells are followed; formulas are seldom nested deeper."""

_WHOLE = Ref(None, 0, 0, MAX_ROWS - 1, MAX_COLUMNS - 1, (True, True, True, True))
_THROUGH_SHEETS = re.compile(r":[^:!]*!")


@dataclass
class Dependents:
    """The formula cells that may depend on some cells.

    Attributes:
        places: sheet to the places that may move, in the workbook's order; no empty ones.
        loose: those of them of which nobody knows exactly what they read.
        groups: a sheet, and those of its places that have one formula; in the order in which
            they were reached, which is nearly one in which they can be computed.
    """

    places: dict[str, list[Place]]
    loose: set[CellAddress]
    groups: list[tuple[str, list[Place]]]

    @cached_property
    def moving(self) -> dict[str, frozenset[Place]]:
        """Sheet to the same places, to be looked up."""
        return {sheet: frozenset(places) for sheet, places in self.places.items()}

    @property
    def cells(self) -> list[CellAddress]:
        """All of them."""
        return [(sheet, place) for sheet, places in self.places.items() for place in places]


def find_dependents(
    book: Book, changed: Iterable[CellAddress], group_keys: GroupKeys | None = None
) -> Dependents:
    """Return every formula cell that may depend on changed cells, on any sheet.

    Args:
        book: the workbook.
        changed: sheets, as the workbook spells them, and places; not in the answer themselves
            unless they depend on others of them.
        group_keys: of the book's formulas, if whoever compiles them later has use for them.

    Returns:
        The cells in the workbook's order; possibly some too many.

    Raises:
        WorkbookError: a sheet that is concerned cannot be read.
    """
    by_sheet: dict[str, list[Place]] = {}
    for sheet, place in changed:
        by_sheet.setdefault(sheet, []).append(place)
    search = _Search(book, group_keys or GroupKeys(book))
    for sheet, places in by_sheet.items():
        search.read(sheet, places)
    search.run()
    found: dict[str, list[Place]] = {}
    loose: set[CellAddress] = set()
    for sheet in book.sheets:
        known = search.sheets.get(sheet)
        if known is not None and known.moved.any():
            found[sheet] = [p for p, m in zip(known.places, known.moved.tolist(), strict=True) if m]
            loose |= {(sheet, known.places[i]) for i in known.loose if known.moved[i]}
    return Dependents(found, loose, search.groups())


@dataclass
class _Sheet:
    """The formulas of a sheet, and those of its cells that move.

    Attributes:
        places: of the formulas.
        rows, columns: (N,) likewise.
        moved: (N,) which of them may move.
        rounds: (N,) and in which round they began to.
        groups: the numbers of those that have one formula.
        loose: the numbers of those of which it is not known exactly what they read.
        edges: sheet to the references that lead there.
        field: where cells move.
    """

    places: list[Place]
    rows: Ints32
    columns: Ints32
    moved: Bools
    rounds: Ints32
    groups: list[Ints]
    loose: list[int]
    edges: dict[str, Edges]
    field: MovingCells
    fresh: bool = True  # whether cells have begun to move since others looked


class _Search:
    """The rounds."""

    def __init__(self, book: Book, group_keys: GroupKeys) -> None:
        self.sheets: dict[str, _Sheet] = {}
        self._book, self._group_keys = book, group_keys
        self._precedents: dict[object, Precedents] = {}
        self._mentioned: set[str] = set()  # sheets whose mentions have been looked for
        self._rounds = 0

    def read(self, name: str, changed: Sequence[Place] = ()) -> None:
        """Take up a sheet with its formulas."""
        cells = columns_of(self._book.sheets[name])
        own = np.flatnonzero(cells.formulas >= 0)
        places = list(zip(cells.rows[own].tolist(), cells.columns[own].tolist(), strict=True))
        also = np.array(list(changed), np.int32).reshape(-1, 2).T
        where = np.concatenate([np.stack([cells.rows[own], cells.columns[own]]), also], axis=1)
        rows, columns = where[:, : len(places)]
        groups, unseen = self._groups(name, cells, own)
        found = EdgeCollector(places, rows, columns)
        loose = list(unseen)
        for key, members in groups.items():
            loose += members.tolist() if self._precedents[key].around else ()
            for ref in self._precedents[key].refs:
                found.add(ref, members)
        sheet = _Sheet(
            places,
            rows,
            columns,
            moved=np.zeros(len(places), bool),
            rounds=np.zeros(len(places), np.int32),
            groups=list(groups.values()),
            loose=loose,
            edges=found.edges(),
            field=MovingCells(*where),
        )
        self.sheets[name] = sheet
        sheet.field.mark(*where[:, len(places) :])
        self._move(sheet, np.array(unseen, np.intp))
        sheet.fresh = bool(changed) or bool(unseen)

    def _groups(
        self, name: str, cells: SheetColumns, own: Ints
    ) -> tuple[dict[object, Ints], list[int]]:
        """Return which of a sheet's formulas are one, and which of them may read anything.

        `own` has the positions of the cells with formulas, from whose first they are counted.
        """
        runs = cells.formulas[own]
        order = np.argsort(runs, kind="stable")
        numbers, starts = np.unique(runs[order], return_index=True)
        parts: dict[object, list[Ints]] = {}
        for part in np.split(order, starts[1:]) if len(numbers) else []:
            position = int(own[part[0]])
            place = (int(cells.rows[position]), int(cells.columns[position]))
            key = self._key(name, place, cells.cell(position))
            parts.setdefault(key, []).append(part)
        groups = {key: np.sort(np.concatenate(found)) for key, found in parts.items()}
        unseen = [groups[key] for key in groups if self._precedents[key].anywhere]
        return groups, np.concatenate(unseen).tolist() if unseen else []

    def _key(self, sheet: str, place: Place, cell: Cell) -> object:
        """Return the key of a formula, among those whose precedents are known from then on."""
        try:
            if cell.array is not None:
                return self._array_key(sheet, cell.array, cell)
            key = self._group_keys.find(sheet, place, cell, None)
            if key not in self._precedents:
                sample = self._group_keys.samples[key]
                self._precedents[key] = self._precedents_of(sheet, sample)
        except WorkbookError:  # let whoever computes it say so
            self._precedents[None] = Precedents((), around=True, anywhere=True)
            return None
        return key

    def _array_key(self, sheet: str, range_: str, cell: Cell) -> object:
        """Return the key of an array formula: all its cells move together."""
        key = ("array", sheet, range_)
        if key not in self._precedents:
            first, size = extent(range_)
            sample = self._group_keys.samples[self._group_keys.find(sheet, first, cell, size)]
            read = self._precedents_of(sheet, sample)
            pinned = tuple(_pinned(ref, first) for ref in read.refs)
            self._precedents[key] = read._replace(refs=pinned)
        return key

    def _precedents_of(self, sheet: str, sample: Sample) -> Precedents:
        """Return what a formula refers to; whole sheets where it is not known which cells."""
        found = find_precedents(self._book, sample.tokens, sheet, sample.place)
        refs, around = dict.fromkeys(found.refs), found.around
        if found.resized:
            tree = parse_tokens(sample.tokens, sample.formula)
            for node in rewritten(self._book, tree, sheet, sample.place):
                function = function_of(node)
                around = around or (function is not None and function.reads is Reads.AROUND)
                spelled = node.kind == "ref" and self._book.find_sheet(node.value.sheet or sheet)
                if spelled:
                    refs[node.value._replace(sheet=spelled)] = None
        if around:
            refs = dict.fromkeys(_WHOLE._replace(sheet=ref.sheet) for ref in refs)
        return Precedents(tuple(refs), around, found.anywhere)

    def run(self) -> None:
        """Go on until nothing is added."""
        while True:
            self._follow_mentions()
            fresh = [name for name, sheet in self.sheets.items() if sheet.fresh]
            if not fresh:
                return
            self._rounds += 1
            for name in fresh:
                self.sheets[name].fresh = False
                self._spread(name, coarse=self._rounds > MAX_ROUNDS)

    def groups(self) -> list[tuple[str, list[Place]]]:
        """Return the moving cells by formula; see `Dependents`."""
        found = []
        for name, sheet in self.sheets.items():
            for members in sheet.groups:
                which = members[sheet.moved[members]]
                if len(which):
                    places = [sheet.places[i] for i in which.tolist()]
                    found.append((int(sheet.rounds[which].max()), name, places))
        return [(name, places) for _, name, places in sorted(found, key=itemgetter(0))]

    def _spread(self, target: str, *, coarse: bool) -> None:
        """Let move what reads moving cells of a sheet."""
        counted = self.sheets[target].field.counted()
        for sheet in self.sheets.values():
            edges = sheet.edges.get(target)
            if edges is None:
                continue
            if edges.ranked is None:
                edges.ranked = self.sheets[target].field.ranked(edges.bounds)
            still = ~sheet.moved[edges.who]
            if not still.all():
                edges.who, edges.bounds = edges.who[still], edges.bounds[:, still]
                edges.ranked = edges.ranked[:, still]
            top, left, bottom, right = edges.ranked
            inside = counted[bottom, right] - counted[top, right]
            inside += counted[top, left] - counted[bottom, left]
            new = np.unique(edges.who[inside > 0])
            if coarse and len(new):
                tiles = sheet.field.tiles(sheet.rows, sheet.columns)
                hit = np.zeros(TILES, bool)
                hit[tiles[new]] = True
                new = np.flatnonzero(hit[tiles] & ~sheet.moved)
            self._move(sheet, new)

    def _move(self, sheet: _Sheet, which: Ints) -> None:
        """Let formulas move."""
        if len(which):
            sheet.moved[which] = True
            sheet.rounds[which] = self._rounds
            sheet.field.mark(sheet.rows[which], sheet.columns[which])
            sheet.fresh = True

    def _follow_mentions(self) -> None:
        """Read the sheets that mention one where cells move."""
        new = {name for name, sheet in self.sheets.items() if sheet.fresh} - self._mentioned
        if not new:
            return
        self._mentioned |= new
        words = self._words(self._mentioned)
        ask = getattr(self._book.sheets, "mentions", None)
        everything = self._book.macros  # whose functions may be anywhere
        for name in self._book.sheets:
            if name not in self.sheets and (everything or ask is None or ask(name, words)):
                self.read(name)

    def _words(self, sheets: set[str]) -> set[str]:
        """Return what a formula must mention to refer to one of some sheets."""
        words = {*sheets, *UNSEEN - {"TABLE"}}  # a data table is on the sheet of its inputs
        words |= {table.name for table in self._book.tables.values() if table.sheet in sheets}
        folded = {word.casefold() for word in words}
        while True:
            more = {name.name for name in self._book.names if _mentions(name.text, folded)}
            if more <= words:
                return words
            words |= more
            folded |= {name.casefold() for name in more}


def _mentions(text: str, words: set[str]) -> bool:
    """Whether the text of a name may mention one of some words, which are folded."""
    plain = text.replace("''", "'").casefold()
    return bool(_THROUGH_SHEETS.search(text)) or any(word in plain for word in words)


def _pinned(ref: Ref, place: Place) -> Ref:
    """Return a reference as it is in one cell."""
    return Ref(ref.sheet, *ref.at(*place), (True, True, True, True))
