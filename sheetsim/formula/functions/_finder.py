"""Finding values among others: exactly, among sorted ones by halves, or the nearest.

A value is found among those of its own type only: 7 is not "7". Case does not matter.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, cast

import numpy as np

from sheetsim.book import CellError, Value
from sheetsim.formula.functions._make import coerced
from sheetsim.formula.functions._wildcards import pattern
from sheetsim.formula.values import NA_ERROR, NUM_ERROR, ArrayValue, ExcelError, from_objects

Key = float | str


def rank(value: Value) -> int:
    """Return the type's place in Excel's order; errors and blanks have none."""
    if value is None or isinstance(value, CellError):
        return -1
    return 2 if isinstance(value, bool) else 1 if isinstance(value, str) else 0


def key(value: Value) -> Key:
    """Return what a value is compared by, among those of its type."""
    return value.casefold() if isinstance(value, str) else float(cast("float", value))


class Finder:
    """One row or column of values; positions are from 0. All methods raise `#N/A` in vain."""

    def __init__(self, items: Sequence[Value]) -> None:
        self.items = items

    @cached_property
    def _places(self) -> dict[tuple[int, Key], list[int]]:
        places: dict[tuple[int, Key], list[int]] = {}
        for i, item in enumerate(self.items):
            if rank(item) >= 0:
                places.setdefault((rank(item), key(item)), []).append(i)
        return places

    @cached_property
    def _kept(self) -> dict[int, tuple[list[int], list[Any]]]:
        """The positions and keys of each type, in their order."""
        kept: dict[int, tuple[list[int], list[Any]]] = {}
        for i, item in enumerate(self.items):
            where, keys = kept.setdefault(rank(item), ([], []))
            where.append(i)
            keys.append(None if rank(item) < 0 else key(item))
        return kept

    @cached_property
    def _in_order(self) -> dict[int, list[Any]]:
        """The keys of each type in order."""
        return {kind: sorted(keys) for kind, (_, keys) in self._kept.items() if kind >= 0}

    def exact(
        self, wanted: Value, *, wild: bool = True, last: bool = False, blank: bool = False
    ) -> int:
        """Return the first (or last) position of a value; a text may hold wildcards.

        Args:
            wanted: the value.
            wild: whether a text may hold wildcards.
            last: find the last.
            blank: whether a blank is looked for as such, and not as 0.
        """
        if wanted is None and blank:
            found = [i for i, item in enumerate(self.items) if item is None]
            if found:
                return found[-1 if last else 0]
        wanted = 0.0 if wanted is None else wanted
        if wild and isinstance(wanted, str) and any(sign in wanted for sign in "*?~"):
            test = pattern(wanted)
            found = [i for i, v in enumerate(self.items) if isinstance(v, str) and test(v)]
        else:
            found = self._places.get((rank(wanted), key(wanted)), [])
        if not found:
            raise ExcelError(NA_ERROR)
        return found[-1 if last else 0]

    def nearest(self, wanted: Value, *, above: bool, last: bool = False) -> int:
        """Return where the value stands, or the next smaller (or larger) one, sorted or not.

        Numbers come before texts, and texts before booleans.
        """
        if wanted is None and None in self.items:
            return self.exact(None, last=last, blank=True)
        wanted = 0.0 if wanted is None else wanted
        own, goal = rank(wanted), cast("Any", key(wanted))
        keys = self._in_order.get(own, [])
        at = bisect_left(keys, goal) if above else bisect_right(keys, goal) - 1
        if not 0 <= at < len(keys):
            others = range(own + 1, 3) if above else range(own - 1, -1, -1)
            own = next((one for one in others if self._in_order.get(one)), -1)
            if own < 0:
                raise ExcelError(NA_ERROR)
            keys, at = self._in_order[own], 0 if above else -1
        found = self._places[own, keys[at]]
        return found[-1 if last else 0]

    def descending(self, wanted: Value) -> int:
        """Return the last item before the first that is smaller; or the first that is equal.

        Excel goes from the first on: MATCH(0, {0;1;2}, -1) is 1.
        """
        wanted = 0.0 if wanted is None else wanted
        goal: Any = key(wanted)
        found = -1
        for i, one in zip(*self._kept.get(rank(wanted), ([], [])), strict=True):
            if one < goal:
                break
            found = i
            if one == goal:
                break
        if found < 0:
            raise ExcelError(NA_ERROR)
        return found

    def sorted(self, wanted: Value) -> int:
        """Search by halves among the items of the same type, as if they were sorted.

        The steps are Excel's: `log_entropy!H2` of the lecture, MATCH(1, {1, 0}), is 1 in Excel.
        """
        wanted = 0.0 if wanted is None else wanted
        goal: Any = key(wanted)
        where, keys = self._kept.get(rank(wanted), ([], []))
        low, high = 0, len(keys) - 1
        while low <= high:
            middle = (low + high) // 2
            if keys[middle] == goal:  # the last of those that are equal and side by side
                while middle + 1 < len(keys) and keys[middle + 1] == goal:
                    middle += 1
                return where[middle]
            if keys[middle] < goal:
                low = middle + 1
            else:
                high = middle - 1
        if high < 0:
            raise ExcelError(NA_ERROR)
        return where[high]


Search = Callable[..., int]
"""(finder, wanted, *options) -> position from 0; raises `ExcelError`."""


def positions(
    search: Search,
    wanted: ArrayValue,
    among: ArrayValue,
    *options: ArrayValue,
    letter: str = "n",
) -> ArrayValue:
    """Return positions from 1 in a row or column `among`, or errors; shaped like `wanted`.

    Args:
        search: how one value is found.
        wanted: what is looked for.
        among: the rows or columns; of a block of both, all values row by row.
        options: single values that `search` takes.
        letter: how it takes them; see `coerced`.
    """
    ahead = np.broadcast_shapes(*(one.shape[:-2] for one in (wanted, among, *options)))
    cells = np.broadcast_shapes(wanted.shape[-2:], *(one.shape[-2:] for one in options))
    lists = among.objects().reshape((*among.shape[:-2], -1))
    alone = lists.size == lists.shape[-1]
    shared = Finder(lists.ravel().tolist()) if alone else None
    values = [np.broadcast_to(one.objects(), (*ahead, *cells)) for one in (wanted, *options)]
    full = lists if alone else np.broadcast_to(lists, (*ahead, lists.shape[-1]))
    out = np.empty((*ahead, *cells), object)
    known: dict[Any, float | CellError] = {}
    for index in np.ndindex(ahead):
        finder = shared or Finder(full[index].tolist())
        if shared is None:
            known = {}
        for cell in np.ndindex(cells):
            each: list[Any] = [one[index][cell] for one in values]
            same = tuple((type(one), one) for one in each)
            if same not in known:
                known[same] = _found(search, finder, each, letter)
            out[index][cell] = known[same]
    return from_objects(out)


def _found(search: Search, finder: Finder, values: list[Value], letter: str) -> float | CellError:
    try:
        if isinstance(values[0], CellError):
            return values[0]
        return 1.0 + search(finder, values[0], *(coerced(one, letter) for one in values[1:]))
    except ExcelError as error:
        return error.error
    except (ArithmeticError, ValueError):
        return NUM_ERROR
