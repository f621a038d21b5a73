"""From a tree to a plan: what one formula does, for whatever cells it stands in.

A plan is a list of steps, each behind those that it needs. Some steps find an area (a reference,
or what OFFSET, INDEX or `A1:INDEX(...)` refer to), the others a value. Names and tables are
replaced by what they stand for. Whether a range is taken whole or cut to the cell's own row or
column is decided in `implicit_intersection`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from sheetsim.book import CellError
from sheetsim.formula.compile.implicit_intersection import Wanted, argument_wanted
from sheetsim.formula.functions import TABLE, Sight
from sheetsim.formula.functions.operators import AS_IS
from sheetsim.formula.syntax.parser import Tree
from sheetsim.formula.syntax.rewriting import find_sheet, function_of, on_sheet, rewritten
from sheetsim.formula.syntax.tokens import Ref
from sheetsim.formula.values import CALC_ERROR, VALUE_ERROR, ArrayValue, constant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sheetsim.book import Book, Place
    from sheetsim.formula.functions import Function
    from sheetsim.formula.syntax.parser import Node


class StepKind(StrEnum):
    """What a step does; `value`, `args` and `areas` are those of its `Step`."""

    CONST = "const"
    """`value` is its value."""
    AREA = "area"
    """`value` is a `Ref`."""
    REFERENCE = "reference"
    """`value` is the function that returns one; `areas` and `args` are its references, values."""
    GATHER = "gather"
    """The values in the area `areas[0]`; `value`: whether to cut it to the cell's row or column."""
    GEOMETRY = "geometry"
    """`value` is the function."""
    SIGHT = "sight"
    """Which cells of an area are shown."""
    CALL = "call"
    """`value` is the function."""
    CHOICE = "choice"
    """Likewise, of a function that returns one of its values, as large as that is."""
    RANGES = "ranges"
    """A choice among ranges."""
    PARAM = "param"
    """A parameter of a LAMBDA."""
    ASK = "ask"
    """`value` is the function that asks what its reference is."""
    EACH = "each"
    """`value` is the `Body`; `args` are the other arguments."""


_AREAS = {StepKind.AREA, StepKind.REFERENCE}
"""Kinds of steps that find one."""


class Reason(StrEnum):
    """Why a formula cannot be computed here, besides a function that is not in the table."""

    LINK = "a link to another file"
    SHEETS = "a reference through several sheets"
    UNREADABLE = "a formula that cannot be read"


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        kind: what it does.
        value: see `StepKind`.
        args: steps that give values.
        areas: steps that give areas.
    """

    kind: StepKind
    value: Any
    args: tuple[int, ...] = ()
    areas: tuple[int, ...] = ()


class Body(NamedTuple):
    """A LAMBDA in a plan.

    Attributes:
        function: MAP, or the like.
        params: the steps that stand for its parameters, -1 for one that is not used.
        numbers: the numbers of these.
        inner: the steps that depend on them, in order.
        root: the step of its value.
    """

    function: Function
    params: tuple[int, ...]
    numbers: tuple[int, ...]
    inner: tuple[int, ...]
    root: int


@dataclass(frozen=True)
class Plan:
    """The steps of a formula; the last one is its value.

    Attributes:
        steps: see `Step`.
        refs: the references whose cells the formula needs in any case.
        lines: the references of which it needs the one cell in its own row or column.
        dynamic: steps that gather what a dynamic reference refers to, known only when its
            arguments are.
        ahead: steps that have to be computed to know what the dynamic references refer to.
        unknown: a function that is not in the table, or another reason why the formula cannot
            be computed here; "" if it can.
        random: whether every recalculation gives another value.
        inner: the steps that depend on parameters of a LAMBDA, and are done for each element,
            with the numbers of these.
    """

    steps: tuple[Step, ...]
    refs: tuple[Ref, ...] = ()
    lines: tuple[Ref, ...] = ()
    dynamic: tuple[int, ...] = ()
    ahead: frozenset[int] = frozenset()
    unknown: str = ""
    random: bool = False
    inner: Mapping[int, frozenset[int]] = field(default_factory=dict)

    @cached_property
    def constants(self) -> dict[int, ArrayValue]:
        """The values of the steps that are constants."""
        return {
            i: constant(step.value)
            for i, step in enumerate(self.steps)
            if step.kind is StepKind.CONST
        }


@dataclass
class _Planner:
    """Steps in the making."""

    tree: Tree
    own: str
    array: bool
    steps: list[Step] = field(default_factory=list)
    done: dict[tuple[int, Wanted], int] = field(default_factory=dict)
    made: dict[Step, int] = field(default_factory=dict)
    inside: dict[int, frozenset[int]] = field(default_factory=dict)  # step -> parameters' numbers

    @cached_property
    def moving(self) -> frozenset[int]:
        """The nodes that depend on a parameter of a LAMBDA."""
        found: set[int] = set()
        for i, node in enumerate(self.tree):
            if node.kind == "param" or not found.isdisjoint(node.args):
                found.add(i)
        return frozenset(found)

    def is_reference(self, i: int, *, asked: bool = True) -> bool:
        """Whether a node is a reference, or becomes one; INDEX does if its first argument does.

        What depends on a parameter is a value, if it can be one.

        Args:
            i: the node.
            asked: whether a reference is due.
        """
        stack = [i]
        while stack:
            at = stack.pop()
            node = self.tree[at]
            if node.kind == "ref":
                continue
            function = function_of(node)
            if function is None or function.refers is None:
                return False
            if function.kind == "reference":
                continue
            if at in self.moving or (function.refers_if_asked and not asked):
                return False
            stack += [arg for k, arg in enumerate(node.args) if k in function.references]
        return True

    def add(self, step: Step) -> int:
        """Add a step, or find the equal one."""
        if step.kind is StepKind.CONST:
            self.steps.append(step)
            return len(self.steps) - 1
        if step not in self.made:
            self.made[step] = len(self.steps)
            self.steps.append(step)
            free = self._free(step)
            if free:
                self.inside[self.made[step]] = free
        return self.made[step]

    def _bound_in(self, body: Body) -> frozenset[int]:
        """Return the numbers of the parameters of all LAMBDAs within one."""
        inside = (self.steps[i] for i in body.inner)
        found = [one.value for one in inside if one.kind is StepKind.EACH]
        return frozenset(number for one in found for number in one.numbers)

    def _free(self, step: Step) -> frozenset[int]:
        """Return the numbers of the parameters that a step depends on."""
        if step.kind is StepKind.PARAM:
            return frozenset({step.value})
        none: frozenset[int] = frozenset()
        free = none.union(*(self.inside.get(i, none) for i in (*step.args, *step.areas)))
        if step.kind is StepKind.EACH:
            body: Body = step.value
            inner = none.union(*(self.inside.get(i, none) for i in (*body.inner, body.root)))
            free |= inner - frozenset(body.numbers) - self._bound_in(body)
        return free


def make_plan(book: Book, tree: Tree, sheet: str, place: Place, *, array: bool) -> Plan:
    """Plan a formula.

    Args:
        book: for names, tables and sheets.
        tree: the formula's.
        sheet: the sheet that it stands on.
        place: a cell that it stands in; matters for a table's reference without a name only.
        array: whether it is an array formula.

    Raises:
        WorkbookError: a name refers to itself.
    """
    tree = rewritten(book, tree, sheet, place)
    unknown = _unknown(book, tree)
    if unknown:
        return _unknown_plan(book, tree, sheet, unknown)
    planner = _Planner(tree, sheet, array)
    _walk(planner, book)
    gathers = [i for i, step in enumerate(planner.steps) if step.kind is StepKind.GATHER]
    sources = {i: planner.steps[planner.steps[i].areas[0]] for i in gathers}
    written = [
        (planner.steps[i].value, one.value)
        for i, one in sources.items()
        if one.kind is StepKind.AREA
    ]
    return Plan(
        tuple(planner.steps),
        tuple(ref for cut, ref in written if not cut),
        tuple(ref for cut, ref in written if cut),
        tuple(i for i, source in sources.items() if source.kind is not StepKind.AREA),
        _ahead(planner.steps),
        random=any(function.random for node in tree if (function := function_of(node))),
        inner=dict(planner.inside),
        unknown=_unknown_parameter(planner),
    )


def _unknown_plan(book: Book, tree: Tree, sheet: str, unknown: str) -> Plan:
    """Return the plan of a formula that cannot be computed: what it refers to, alone."""
    found = [node.value for node in tree if node.kind == "ref"]
    return Plan(
        tuple(Step(StepKind.AREA, ref) for ref in found),
        tuple(
            on_sheet(ref, sheet)
            for ref in found
            if ref.sheet is None or find_sheet(book, ref.sheet) is not None
        ),
        unknown=unknown,
    )


def _ahead(steps: list[Step]) -> frozenset[int]:
    """Return the dynamic references and all steps that they need."""
    found: set[int] = set()
    for i in range(len(steps) - 1, -1, -1):
        if i in found or steps[i].kind is StepKind.REFERENCE:
            found |= {i, *steps[i].args, *steps[i].areas}
    return frozenset(found)


def _unknown(book: Book, tree: Tree) -> str:
    """Return why a formula cannot be computed here, "" if it can."""
    for node in tree:
        why = ""
        if node.kind == "call":
            if node.value != "," or node is tree[-1]:  # of others, areas have become arguments
                why = _unknown_call(node)
        elif node.kind == "ref" and isinstance(node.value, Ref) and node.value.sheet:
            why = _unknown_sheet(book, node.value.sheet)
        if why:
            return why
    return ""


def _unknown_call(node: Node) -> str:
    """Return why a call cannot be computed here, "" if it can."""
    name, function = str(node.value), function_of(node)
    if function is None:
        return name
    if not function.least <= len(node.args) <= function.most:
        return f"{name} with {len(node.args)} arguments"
    return ""


def _unknown_sheet(book: Book, sheet: str) -> str:
    """Return why a reference to a sheet cannot be followed here, "" if it can."""
    if sheet.startswith("["):
        return Reason.LINK
    if ":" in sheet and find_sheet(book, sheet) is None:
        return Reason.SHEETS
    return ""


def _walk(planner: _Planner, book: Book) -> None:
    """Make the steps from the root down, with a stack: (node, how it is wanted)."""
    tree = planner.tree
    root = (len(tree) - 1, Wanted.ARRAYS if planner.array else Wanted.VALUE)
    stack = [root]
    while stack:
        task = stack[-1]
        if task in planner.done:
            stack.pop()
            continue
        needs = _needs(planner, *task)
        missing = [one for one in needs if one not in planner.done]
        if missing:
            stack += reversed(missing)
            continue
        stack.pop()
        planner.done[task] = _step(planner, book, task, [planner.done[one] for one in needs])
    if planner.done[root] != len(planner.steps) - 1:  # the root is an earlier, equal step
        planner.steps.append(Step(StepKind.CALL, AS_IS, (planner.done[root],)))


def _unknown_parameter(planner: _Planner) -> str:
    """Return which reference depends on a parameter of a LAMBDA, "" if none does."""
    for i in planner.inside:
        if planner.steps[i].kind in _AREAS:
            return f"{planner.steps[i].value.name} of a parameter of a LAMBDA"
    return ""


def _function(book: Book, node: Node) -> Function:
    """Return the function that a node calls, in a workbook that counts days as it does."""
    function = TABLE[str(node.value)]
    if book.date1904 and function.from_1904 is not None:
        return function.from_1904
    return function


def _needs(planner: _Planner, i: int, wanted: Wanted) -> list[tuple[int, Wanted]]:
    """Return what a node needs, each with how it is wanted."""
    tree = planner.tree
    node = tree[i]
    if node.kind != "call":
        return []
    function = TABLE[str(node.value)]
    arrays = wanted is Wanted.ARRAYS
    as_reference = Wanted.ARRAYS_REFERENCE if arrays else Wanted.REFERENCE
    if planner.is_reference(i, asked=wanted.is_reference):
        if not wanted.is_reference:  # the values in it, once it is known
            return [(i, as_reference)]
        return [
            (a, wanted if k in function.references else _beside(function, k, wanted))
            for k, a in enumerate(node.args)
        ]
    if function.unrolls is not None and tree[node.args[-1]].kind == "lambda":
        body = tree[node.args[-1]].args[0]
        return [(a, Wanted.ARRAYS) for a in (*node.args[:-1], body)]
    if function.asks is not None:
        return [
            (a, as_reference if k == function.about and planner.is_reference(a) else Wanted.VALUE)
            for k, a in enumerate(node.args)
        ]
    if function.measures is not None:
        return [(a, as_reference if planner.is_reference(a) else Wanted.ARRAYS) for a in node.args]
    count = len(node.args)
    needs = []
    for k, a in enumerate(node.args):
        needs.append((a, argument_wanted(function, k, wanted, count)))
        if function.sees is not None and k >= function.sees and planner.is_reference(a):
            needs.append((a, as_reference))
    return needs


def _beside(function: Function, k: int, wanted: Wanted) -> Wanted:
    """Return how argument k, no reference, is wanted where the result is wanted as one."""
    if wanted is Wanted.ARRAYS_REFERENCE or function.letter(k) == "A":
        return Wanted.ARRAYS
    return Wanted.RANGE if function.letter(k) == "R" else Wanted.VALUE


def _step(planner: _Planner, book: Book, task: tuple[int, Wanted], needs: list[int]) -> int:
    """Make the step of a node whose needs are made."""
    i, wanted = task
    node = planner.tree[i]
    if node.kind == "const":
        return planner.add(Step(StepKind.CONST, node.value))
    if node.kind == "ref":
        return _range_step(planner, book, on_sheet(node.value, planner.own), wanted)
    if node.kind == "param":
        return planner.add(Step(StepKind.PARAM, node.value))
    if node.kind == "lambda":
        return planner.add(Step(StepKind.CONST, CALC_ERROR))
    function = _function(book, node)
    if function.unrolls is not None and planner.tree[node.args[-1]].kind == "lambda":
        return _each_step(planner, function, planner.tree[node.args[-1]].value, needs)
    if planner.is_reference(i, asked=wanted.is_reference):
        if wanted.is_reference:
            return _reference_step(planner, function, needs)
        if planner.steps[needs[0]].kind not in _AREAS:
            return needs[0]  # the error that stands for it
        return planner.add(Step(StepKind.GATHER, wanted is Wanted.VALUE, areas=(needs[0],)))
    if function.asks is not None:
        found = [n for n in needs if planner.steps[n].kind in _AREAS]
        rest = tuple(n for n in needs if n not in found)
        return planner.add(Step(StepKind.ASK, function, rest, tuple(found)))
    if function.measures is not None:
        is_area = bool(needs) and planner.steps[needs[0]].kind in _AREAS
        args, areas = ((), tuple(needs)) if is_area else (tuple(needs), ())
        return planner.add(Step(StepKind.GEOMETRY, function, args, areas))
    if function.sees is not None:
        needs = _with_sight(planner, function, node, needs)
    kind = StepKind.CALL
    if function.chooses is not None and wanted is not Wanted.VALUE:
        kind = StepKind.RANGES if wanted is Wanted.RANGE else StepKind.CHOICE
    return planner.add(Step(kind, function, tuple(needs)))


def _with_sight(planner: _Planner, function: Function, node: Node, needs: list[int]) -> list[int]:
    """Put behind each of a function's values what is to be seen of it."""
    out, rest = [], iter(needs)
    for k, a in enumerate(node.args):
        out.append(next(rest))
        if function.sees is None or k < function.sees:
            continue
        area = next(rest) if planner.is_reference(a) else -1
        if area >= 0 and planner.steps[area].kind in _AREAS:
            out.append(planner.add(Step(StepKind.SIGHT, None, areas=(area,))))
        else:
            out.append(planner.add(Step(StepKind.CONST, float(Sight.VALUE))))
    return out


def _each_step(
    planner: _Planner, function: Function, params: tuple[int, ...], needs: list[int]
) -> int:
    """Make the step of a function that computes a LAMBDA for each element."""
    *args, root = needs
    own = set(params)
    inner = tuple(i for i, free in sorted(planner.inside.items()) if free & own)
    steps = planner.steps
    places = {steps[i].value: i for i in inner if steps[i].kind is StepKind.PARAM}
    at = tuple(places.get(one, -1) for one in params)
    inner = tuple(i for i in inner if steps[i].kind is not StepKind.PARAM)
    return planner.add(Step(StepKind.EACH, Body(function, at, params, inner, root), tuple(args)))


def _range_step(planner: _Planner, book: Book, ref: Ref, wanted: Wanted) -> int:
    """Make the step of a reference that is written as one."""
    sheet = find_sheet(book, ref.sheet or "")
    if sheet is None:
        return planner.add(Step(StepKind.CONST, CellError("#REF!")))
    area = planner.add(Step(StepKind.AREA, ref._replace(sheet=sheet)))
    if wanted.is_reference:
        return area
    cut = wanted is Wanted.VALUE and not ref.is_cell
    return planner.add(Step(StepKind.GATHER, cut, areas=(area,)))


def _reference_step(planner: _Planner, function: Function, needs: list[int]) -> int:
    """Make the step of a function that returns a reference."""
    found = [planner.steps[n].kind in _AREAS for n in needs]
    others = [n for k, n in enumerate(needs) if k in function.references and not found[k]]
    if others:  # A1:5, OFFSET(5,1,1), a sheet that is not there
        wrong = planner.steps[others[0]].value
        error = wrong if isinstance(wrong, CellError) else VALUE_ERROR
        return planner.add(Step(StepKind.CONST, error))
    areas = tuple(n for n, is_area in zip(needs, found, strict=True) if is_area)
    args = tuple(n for n, is_area in zip(needs, found, strict=True) if not is_area)
    return planner.add(Step(StepKind.REFERENCE, function, args, areas))
