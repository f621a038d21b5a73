"""Two sets of values of one workbook: where they diverge, and which cell is the root.

Numbers agree within a relative tolerance; texts, booleans and errors agree exactly; a blank is the
same as an empty text (programs store `""` in either way), and never the same as 0.

A cell that does not agree gets one of these marks, in an order of computation:

- *unsupported*: the program answers `#NAME?` and the like, or lost the cell when it loaded the
  file, or the cell needs such a one;
- *volatile*: it needs random numbers or the time, which no program computes twice (NumPy takes the
  cached ones, so that its values are compared all the same);
- *root*: its formula, computed by NumPy from the program's own values of the cells that it refers
  to, does not give what the program shows. Here something is wrong;
- *follower*: its formula does, and a cell that it refers to is a root or a follower;
- *rounding*: its formula does, and no cell that it refers to is wrong. What differs are the last
  digits of those, which the formula magnifies: a cancellation, or a long recurrence.

The cell of a data table is a root if it is off by more than 1e-9: what it shows is no function of
the cells that it refers to alone.

So no tolerance has to be widened for long chains, and there is no absolute one. Where terms cancel
within one formula, its own rounding counts: by how much it moves when the cells that it refers to
move in their 15th digit, as in `sheetsim.checking.expected`. That floor only counts where
moves a hundred times as large do more: else something has tipped over, such as a comparison.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

import numpy as np

from sheetsim.book import Value
from sheetsim.formula.recalc.formula_alone import Formulas, Places
from sheetsim.tolerances import FLOOR_SAFETY, LAST_DIGITS, TRUSTED

Values = Mapping[int, Value]
"""Slot to value."""


class Mark(Enum):
    """Why a cell does not simply agree."""

    ROOT = auto()
    """Its own formula does not give what is shown."""
    FOLLOWER = auto()
    """It follows from a root."""
    VOLATILE = auto()
    """Random numbers, times, and what follows from them."""
    UNSUPPORTED = auto()
    """It cannot be computed there, or follows from such a cell."""
    ROUNDING = auto()
    """It agrees but for rounding."""


TRIALS: Final = 3
FURTHER: Final = 100.0
"""How much larger the second moves are, and half the least by which the formula moves more."""

LEAST_GROWTH: Final = 5.0


def apart(one: Value, other: Value) -> float:
    """Return the relative difference of two values; inf where they do not match."""
    if one is None or other is None:
        return 0.0 if one in (None, "") and other in (None, "") else np.inf
    if isinstance(one, bool) or isinstance(other, bool):
        return 0.0 if one is other else np.inf
    if isinstance(one, float | int) and isinstance(other, float | int):
        gap = abs(one - other)
        return gap / max(abs(one), abs(other)) if gap else 0.0
    return 0.0 if one == other else np.inf


class Source:
    """One set of values, and whether it obeys the formulas.

    Attributes:
        name: who computed them.
        values: slot to value, of the cells that are there.
        tolerance: within which its numbers are to agree.
    """

    def __init__(
        self, formulas: Formulas, name: str, values: dict[int, Value], tolerance: float
    ) -> None:
        self.name, self.values, self.tolerance = name, values, tolerance
        self._formulas = formulas
        self._known: dict[int, bool] = {}

    def disobeying(self, slots: Iterable[int]) -> set[int]:
        """Return the cells that are not what their formulas give for this source's own values."""
        slots = list(slots)
        new = [slot for slot in slots if slot not in self._known]
        if new:
            wrong = self._wrong(new)
            self._known.update((slot, slot in wrong) for slot in new)
        return {slot for slot in slots if self._known[slot]}

    def _wrong(self, slots: list[int]) -> set[int]:
        local = self._formulas.from_values(self.values, slots)
        suspects = {
            slot: value
            for slot, value in local.items()
            if apart(value, self.values.get(slot)) > self.tolerance
        }
        if not suspects:
            return set()
        floors = self._floors(suspects)
        return {slot for slot, value in suspects.items() if not self._within(slot, value, floors)}

    def _within(self, slot: int, value: Value, floors: Mapping[int, float]) -> bool:
        shown = self.values.get(slot)
        if not isinstance(value, float) or not isinstance(shown, float):
            return False
        return abs(value - shown) <= self.tolerance * abs(value) + floors[slot]

    def _floors(self, suspects: Values) -> dict[int, float]:
        """Return what rounding within each formula can do to its value."""
        rng = np.random.default_rng(20190501)
        near, far = dict.fromkeys(suspects, 0.0), dict.fromkeys(suspects, 0.0)
        size = self._formulas.size
        for _ in range(TRIALS):
            noise = LAST_DIGITS * rng.uniform(0.5, 1, size) * rng.choice([-1.0, 1.0], size)
            for moves, factor in ((near, 1.0), (far, FURTHER)):
                moved = self._formulas.from_values(self.values, suspects, factor * noise)
                for slot, value in moved.items():
                    old = suspects[slot]
                    if isinstance(value, float) and isinstance(old, float):
                        moves[slot] = max(moves[slot], abs(value - old))
        return {
            slot: FLOOR_SAFETY * near[slot] if far[slot] >= LEAST_GROWTH * near[slot] else 0.0
            for slot in suspects
        }


@dataclass
class Judgement:
    """How one source fares against the reference.

    Attributes:
        cells: how many were compared.
        agree: how many agree, those by rounding among them.
        rounding: how many agree only because their formulas are right.
        worst: largest relative difference of two numbers that agree within the tolerance.
        marks: cell that does not agree within the tolerance -> its mark.
        origin: follower -> the root that it follows from.
    """

    cells: int = 0
    agree: int = 0
    rounding: int = 0
    worst: float = 0.0
    marks: dict[int, Mark] = field(default_factory=dict)
    origin: dict[int, int] = field(default_factory=dict)

    def marked(self, mark: Mark) -> list[int]:
        """Return the cells with a mark, in an order of computation."""
        return [slot for slot, one in self.marks.items() if one == mark]


def judge(
    formulas: Formulas,
    reference: Source,
    source: Source,
    unsupported: Collection[int] = (),
    lost: Places | None = None,
    volatile: Collection[int] = (),
) -> Judgement:
    """Compare the values of a source with those of the reference.

    Args:
        formulas: the workbook's.
        reference: what the values are compared with.
        source: the values; cells that it lacks are not compared.
        unsupported: cells that the source cannot compute.
        lost: cells without formulas that the source does not have, or has otherwise.
        volatile: cells that need random numbers, which the source had others of.
    """
    result = Judgement()
    open_cells = set(formulas.unknowns)
    open_cells -= reference.values.keys()  # nobody says what these are
    unsupported = {*unsupported, *open_cells}
    differing = sorted(open_cells)
    for slot, expected in reference.values.items():
        if slot in formulas.frozen or slot not in source.values:
            continue
        if slot in volatile:
            result.marks[slot] = Mark.VOLATILE
            continue
        result.cells += 1
        distance = 0.0 if slot in unsupported else apart(expected, source.values[slot])
        if slot in unsupported or distance > source.tolerance:
            differing.append(slot)
        else:
            result.worst = max(result.worst, distance)
    differing.sort(key=formulas.position)
    checked = [slot for slot in differing if slot not in unsupported]
    wrong = reference.disobeying(checked) | source.disobeying(checked)
    wrong |= {
        slot
        for slot in checked
        if formulas.is_swept(slot) and apart(reference.values[slot], source.values[slot]) > TRUSTED
    }
    _mark(formulas, differing, unsupported, wrong, lost or {}, result)
    result.cells -= len(set(result.marked(Mark.UNSUPPORTED)) - open_cells)
    result.rounding = len(result.marked(Mark.ROUNDING))
    result.agree = result.cells - len(result.marked(Mark.ROOT)) - len(result.marked(Mark.FOLLOWER))
    return result


_STRENGTH = {Mark.ROUNDING: 0, Mark.ROOT: 1, Mark.FOLLOWER: 1, Mark.UNSUPPORTED: 2}


def _mark(
    formulas: Formulas,
    differing: list[int],
    unsupported: Collection[int],
    wrong: set[int],
    lost: Places,
    result: Judgement,
) -> None:
    """Mark cells in their order of computation: those that a cell needs are marked before it."""
    marks = _Marks(formulas, lost, result)
    for slot in differing:
        mark, origin = marks.handed_on(slot)
        if slot in unsupported:
            mark = Mark.UNSUPPORTED
        elif slot in wrong and mark is not Mark.UNSUPPORTED:
            mark = Mark.ROOT
        elif mark is Mark.ROUNDING and formulas.unknown(slot):
            mark = Mark.ROOT  # nobody can tell: its formula is not computed here
        marks.put(slot, mark, origin)


class _Marks:
    """The marks so far, and what they mean for the cells that depend on those marked."""

    def __init__(self, formulas: Formulas, lost: Places, result: Judgement) -> None:
        self._formulas, self._lost, self._result = formulas, lost, result
        self._strongest: dict[int, int] = {}  # home -> its cell with the strongest mark
        self._in_area: dict[int, int] = {}  # area -> the cell in it with the strongest, or -1

    def handed_on(self, slot: int) -> tuple[Mark, int]:
        """Return the strongest mark that a cell's precedents hand on, and where it begins."""
        mark, origin = Mark.ROUNDING, slot
        for area in self._formulas.areas(slot):
            other = self._within(area)
            theirs = Mark.ROUNDING if other < 0 else self._result.marks[other]
            if self._formulas.holds(area, self._lost):
                theirs = Mark.UNSUPPORTED
            theirs = Mark.FOLLOWER if theirs is Mark.ROOT else theirs
            if _STRENGTH[theirs] > _STRENGTH[mark]:
                mark, origin = theirs, self._result.origin.get(other, other)
        return mark, origin

    def _within(self, area: int) -> int:
        """Return the cell with the strongest mark in an area, -1 if none has one."""
        if area not in self._in_area:
            homes = self._formulas.members(area)
            found = [self._strongest[home] for home in homes if home in self._strongest]
            self._in_area[area] = max(found, key=self._strength, default=-1)
        return self._in_area[area]

    def _strength(self, slot: int) -> int:
        return _STRENGTH[self._result.marks[slot]]

    def put(self, slot: int, mark: Mark, origin: int) -> None:
        """Mark a cell."""
        self._result.marks[slot] = mark
        if mark is Mark.FOLLOWER:
            self._result.origin[slot] = origin
        home = self._formulas.home(slot)
        known = self._strongest.get(home)
        if known is None or self._strength(slot) > self._strength(known):
            self._strongest[home] = slot
