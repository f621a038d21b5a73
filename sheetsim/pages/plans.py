"""The formulas of a workbook as plans in JSON, which the page computes.

A plan is a list of steps (`formula.compile.plan`), each as a list whose first item says its kind:

    ["c", value]  ["e", error's code]  ["k", rows of values]          constants
    ["a", sheet or -1, top, left, bottom, right, fixed, wraps]        a reference; fixed in bits
    ["r", function, areas, arguments]                                 one that a function returns
    ["g", area, cut]                                                  the values in it
    ["m", function, areas, arguments]                                 where it lies
    ["f", function, arguments]                                        a function

Sheets are numbers. What the page cannot compute keeps its cached values, and says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sheetsim.book import CellError
from sheetsim.errors import WorkbookError
from sheetsim.formula.compile.plan import Plan, Step, StepKind, make_plan
from sheetsim.formula.syntax.formula_groups import GroupKeys, extent
from sheetsim.formula.syntax.parser import parse

if TYPE_CHECKING:
    from sheetsim.book import Book, Cell, Place, Value
    from sheetsim.formula.functions import Function
    from sheetsim.formula.syntax.tokens import Ref

Json = Any
"""What `json.dumps` takes."""

_DEFINES = re.compile(
    r"^(?:whole|lifted|numeric|statistic|pairwise|ranked|textual|joining|asking|conditional"
    r"|comparison)\(\s*\"([^\"]+)\"",
    re.MULTILINE,
)
_LISTED = re.compile(r"for \(const name of \[([^\]]+)\]\)")
_FIELDS = re.compile(r'^  (?:"([^"]+)"|([A-Z]+))(?:\(|: \()', re.MULTILINE)
"""What a module of functions defines: by a call, by a list of names, or in a record of them."""


class UnknownError(Exception):
    """What the page does not compute; the message says what."""


@dataclass
class Formulas:
    """The formulas of a workbook.

    Attributes:
        plans: each plan once.
        groups: cells of a sheet that have one formula, as the page's `Group` without its plan.
        cached: values of cells that the page does not compute: sheet, row, column, value.
        unknown: what the page does not compute, and in how many cells.
    """

    plans: list[Json] = field(default_factory=list)
    groups: list[Json] = field(default_factory=list)
    cached: list[Json] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def plan(self, steps: Json) -> int:
        """Return the number of a plan."""
        key = repr(steps)
        if key not in self._numbers:
            self._numbers[key] = len(self.plans)
            self.plans.append(steps)
        return self._numbers[key]


@cache
def known_functions() -> frozenset[str]:
    """Return the functions of the table that the page computes, as its modules define them."""
    found: set[str] = set()
    for part in (files("sheetsim.pages") / "js").iterdir():
        if not part.name.startswith("functions"):
            continue
        text = part.read_text("utf-8")
        found.update(_DEFINES.findall(text))
        for names in _LISTED.findall(text):
            found.update(re.findall(r'"([^"]+)"', names))
        found.update(name or other for name, other in _FIELDS.findall(text))
    return frozenset(found)


def formulas_of(book: Book) -> Formulas:
    """Return the formulas of a workbook as the page computes them."""
    out = Formulas()
    numbers = {name: i for i, name in enumerate(book.sheets)}
    keys = GroupKeys(book)
    for name in book.sheets:
        groups: dict[object, list[Place]] = {}
        for place, cell in book.sheets[name].items():
            if not cell.has_formula:
                continue
            size = None
            if cell.array is not None:
                first, size = extent(cell.array)
                if first != place:
                    continue
            try:
                key = keys.find(name, place, cell, size)
            except WorkbookError:
                key = (name, place)
            groups.setdefault(key, []).append(place)
        for places in groups.values():
            out.groups.append(_group(out, book, numbers, name, places))
    return out


def _group(
    out: Formulas, book: Book, numbers: dict[str, int], sheet: str, places: list[Place]
) -> Json:
    """Return the cells of one formula."""
    cell = book.sheets[sheet][places[0]]
    size = None if cell.array is None else extent(cell.array)[1]
    group: Json = {
        "sheet": numbers[sheet],
        "plan": -1,
        "text": cell.formula,
        "at": _runs(places),
    }
    if size is not None:
        group["size"] = list(size)
    try:
        plan = plan_of(book, sheet, places[0], cell, array=size is not None)
        if plan.unknown:
            raise UnknownError(plan.unknown)
        group["plan"] = out.plan([step_json(step, numbers) for step in plan.steps])
        if plan.random:
            raise UnknownError("a value that changes at every recalculation")
    except (UnknownError, WorkbookError) as error:
        why = str(error) if isinstance(error, UnknownError) else "a formula that cannot be read"
        group |= {"plan": -1, "unknown": why}
        _keep_cached(out, book, numbers[sheet], sheet, places, size, why)
    return group


def _keep_cached(
    out: Formulas,
    book: Book,
    number: int,
    sheet: str,
    places: list[Place],
    size: tuple[int, int] | None,
    why: str,
) -> None:
    height, width = size or (1, 1)
    for top, left in places:
        for row in range(top, top + height):
            for column in range(left, left + width):
                cell = book.sheets[sheet].get((row, column))
                if cell is not None and cell.value is not None:
                    out.cached.append([number, row, column, value_json(cell.value)])
    out.unknown[why] = out.unknown.get(why, 0) + len(places) * height * width


def plan_of(book: Book, sheet: str, place: Place, cell: Cell, *, array: bool) -> Plan:
    """Return the plan of a cell's formula."""
    return plan_of_text(book, sheet, place, cell.formula or "", array=array)


def plan_of_text(book: Book, sheet: str, place: Place, text: str, *, array: bool = False) -> Plan:
    """Return the plan of a formula that stands, or is taken to stand, in a cell.

    Raises:
        WorkbookError: it cannot be read.
    """
    return make_plan(book, parse(text, place), sheet, place, array=array)


def _runs(places: list[Place]) -> list[list[int]]:
    """Return cells as runs downwards: row, column, count."""
    runs: list[list[int]] = []
    for row, column in places if len(places) == 1 else sorted(places, key=lambda p: (p[1], p[0])):
        if runs and runs[-1][1] == column and runs[-1][0] + runs[-1][2] == row:
            runs[-1][2] += 1
        else:
            runs.append([row, column, 1])
    first = places[0]
    runs.sort(key=lambda run: run[1] != first[1] or not run[0] <= first[0] < run[0] + run[2])
    return runs


def step_json(step: Step, numbers: dict[str, int]) -> Json:
    """Return a step as the page reads it.

    Raises:
        UnknownError: the page cannot do it.
    """
    kind = step.kind
    if kind is StepKind.CONST:
        return _constant(step.value)
    if kind is StepKind.AREA:
        return _reference(step.value, numbers)
    if kind is StepKind.GATHER:
        return ["g", step.areas[0], 1 if step.value else 0]
    name = _name(step.value) if kind not in {StepKind.EACH, StepKind.SIGHT, StepKind.PARAM} else ""
    if kind is StepKind.REFERENCE:
        return ["r", name, list(step.areas), list(step.args)]
    if kind is StepKind.GEOMETRY:
        return ["m", name, list(step.areas), list(step.args)]
    if kind in {StepKind.CALL, StepKind.CHOICE, StepKind.RANGES}:
        return ["f", name, list(step.args)]
    if kind is StepKind.EACH:
        raise UnknownError(step.value.function.name)
    raise UnknownError("a function that asks what a reference is")


def _name(function: Function) -> str:
    names = (function.name, *function.also)
    known = known_functions()
    for name in names:
        if name in known:
            return name
    raise UnknownError(function.name)


def _constant(value: Any) -> Json:
    if isinstance(value, CellError):
        return ["e", value.code]
    if isinstance(value, list | tuple):
        return ["k", [[value_json(one) for one in row] for row in value]]
    return ["c", value_json(value)]


def value_json(value: Value) -> Json:
    """Return a value as JSON: an error as `{"e": code}`; whole numbers without a point."""
    if isinstance(value, CellError):
        return {"e": value.code}
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _reference(ref: Ref, numbers: dict[str, int]) -> Json:
    if ref.sheet is not None and ref.sheet not in numbers:
        raise UnknownError(f"a reference to {ref.sheet}")
    fixed = sum(bit for bit, is_fixed in zip((1, 2, 4, 8), ref.fixed, strict=True) if is_fixed)
    sheet = -1 if ref.sheet is None else numbers[ref.sheet]
    bounds = [ref.top, ref.left, ref.bottom, ref.right]
    return ["a", sheet, *bounds, fixed, 1] if ref.wraps else ["a", sheet, *bounds, fixed]
