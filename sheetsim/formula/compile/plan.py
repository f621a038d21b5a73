"""From a tree to a plan: what one formula does, for whatever cells it stands in.

A plan is a list of steps, each behind those that it needs. Some steps find an area (a reference,
or what OFFSET, INDEX or `A1:INDEX(...)` refer to), the others a value. Names and tables are
replaced by what they stand for. Whether a range is taken whole or cut to the cell's own row or
column (implicit intersection) is decided here, from the kind of formula and of parameter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sheetsim.book import CellError
from sheetsim.formula.functions import TABLE, dates
from sheetsim.formula.syntax.parser import Tree
from sheetsim.formula.syntax.rewriting import find_sheet, on_sheet, rewritten
from sheetsim.formula.syntax.tokens import Ref
from sheetsim.formula.values import VALUE_ERROR, Array, constant

if TYPE_CHECKING:
    from sheetsim.book import Book, Place

SITES = {"OFFSET", "INDIRECT", ":", " ", "INDEX", "ANCHORARRAY"}
"""What returns a reference."""

GEOMETRY = {"ROW", "COLUMN", "ROWS", "COLUMNS"}
"""What asks of a reference where it lies."""

_FIRST_IS_AREA = {"OFFSET", "INDEX", "ANCHORARRAY"}
_AREAS = {"area", "site"}  # kinds of steps that find one
_AS_AREA = {"area", "areas"}  # how a reference is wanted as such

_CHOICES = {"IF", "CHOOSE", "IFERROR", "IFNA"}
"""What returns one of its arguments: a range as such, unless it is the first argument."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        kind: "area" (value: a `Ref`), "site" (value: its name; `areas` and `args` are its
            references and values), "const" (value), "gather" (the values in the area
            `areas[0]`; value: whether to cut it to the cell's own row or column), "geometry"
            (value: the name), "call" (value: the function's name), "choice" or "choice of ranges"
            (likewise: one of the values, as large as it is).
        value: see above.
        args: steps that give values.
        areas: steps that give areas.
    """

    kind: str
    value: Any
    args: tuple[int, ...] = ()
    areas: tuple[int, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The steps of a formula; the last one is its value.

    Attributes:
        steps: see `Step`.
        refs: the references whose cells the formula needs in any case.
        sites: steps that gather what a site refers to, known only when its arguments are.
        ahead: steps that have to be computed to know what the sites refer to.
        unknown: a function that is not in the table, or another reason why the formula cannot
            be computed here; "" if it can.
        random: whether every recalculation gives another value.
    """

    steps: tuple[Step, ...]
    refs: tuple[Ref, ...] = ()
    sites: tuple[int, ...] = ()
    ahead: frozenset[int] = frozenset()
    unknown: str = ""
    random: bool = False

    @cached_property
    def constants(self) -> dict[int, Array]:
        """The values of the steps that are constants."""
        return {
            i: constant(step.value) for i, step in enumerate(self.steps) if step.kind == "const"
        }


@dataclass
class _Planner:
    """Steps in the making."""

    tree: Tree
    own: str
    array: bool
    steps: list[Step] = field(default_factory=list)
    done: dict[tuple[int, str], int] = field(default_factory=dict)
    made: dict[Step, int] = field(default_factory=dict)

    def add(self, step: Step) -> int:
        """Add a step, or find the equal one."""
        if step.kind == "const":
            self.steps.append(step)
            return len(self.steps) - 1
        if step not in self.made:
            self.made[step] = len(self.steps)
            self.steps.append(step)
        return self.made[step]


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
        steps = tuple(Step("area", n.value) for n in tree if n.kind == "ref")
        refs = tuple(
            on_sheet(n.value, sheet) for n in tree if n.kind == "ref" and _known(book, n.value)
        )
        return Plan(steps, refs, unknown=unknown)
    planner = _Planner(tree, sheet, array)
    _walk(planner, book)
    gathers = [i for i, step in enumerate(planner.steps) if step.kind == "gather"]
    direct = [i for i in gathers if planner.steps[planner.steps[i].areas[0]].kind == "area"]
    found = [planner.steps[planner.steps[i].areas[0]].value for i in direct]
    return Plan(
        tuple(planner.steps),
        tuple(ref for ref in found if isinstance(ref, Ref)),
        tuple(i for i in gathers if i not in set(direct)),
        _ahead(planner.steps),
        random=any(n.kind == "call" and str(n.value) in _RANDOM for n in tree),
    )


def _ahead(steps: list[Step]) -> frozenset[int]:
    """Return the sites and all steps that they need."""
    found: set[int] = set()
    for i in range(len(steps) - 1, -1, -1):
        if i in found or steps[i].kind == "site":
            found |= {i, *steps[i].args, *steps[i].areas}
    return frozenset(found)


_RANDOM = {name for name, function in TABLE.items() if function.random}


def _known(book: Book, ref: Ref) -> bool:
    return ref.sheet is None or find_sheet(book, ref.sheet) is not None


def _unknown(book: Book, tree: Tree) -> str:
    """Return why a formula cannot be computed here, "" if it can."""
    for node in tree:
        if node.kind == "call":
            name = str(node.value)
            if name == "," and node is not tree[-1]:
                continue  # its areas have become arguments
            if name not in TABLE and name not in SITES and name not in GEOMETRY:
                return name
            if book.date1904 and name in _OF_DATES:
                return f"{name} with dates counted from 1904"
            least, most = _arity(name)
            if not least <= len(node.args) <= most:
                return f"{name} with {len(node.args)} arguments"
        elif node.kind == "ref" and isinstance(node.value, Ref) and node.value.sheet:
            if node.value.sheet.startswith("["):
                return "a link to another file"
            if ":" in node.value.sheet and find_sheet(book, node.value.sheet) is None:
                return "a reference through several sheets"
    return ""


_OF_DATES = {name for f in dates.FUNCTIONS for name in (f.name, *f.also)}
"""Functions that know days by the number since 1900."""

_ARITIES = {
    "OFFSET": (3, 5), "INDIRECT": (1, 2), ":": (2, 2), " ": (2, 2), "ANCHORARRAY": (1, 1),
    "ROW": (0, 1), "COLUMN": (0, 1), "ROWS": (1, 1), "COLUMNS": (1, 1),
}  # fmt: skip


def _arity(name: str) -> tuple[int, int]:
    if name in _ARITIES:
        return _ARITIES[name]
    return TABLE[name].least, TABLE[name].most


def _is_area(tree: Tree, i: int) -> bool:
    """Whether a node is a reference, or becomes one."""
    while True:
        node = tree[i]
        if node.kind == "ref":
            return True
        if node.kind != "call" or node.value not in SITES:
            return False
        if node.value != "INDEX":
            return True
        i = node.args[0]


def _walk(planner: _Planner, book: Book) -> None:
    """Make the steps from the root down, with a stack: (node, how it is wanted).

    How: "area" (as a reference), "areas" (likewise, what it is computed from as arrays), "V" (a
    single value), "R" (a range whole, anything else a single value), "A" (everything as arrays).
    """
    tree = planner.tree
    root = (len(tree) - 1, "A" if planner.array else "V")
    stack = [root]
    while stack:
        task = stack[-1]
        if task in planner.done:
            stack.pop()
            continue
        needs = _needs(tree, *task)
        missing = [one for one in needs if one not in planner.done]
        if missing:
            stack += reversed(missing)
            continue
        stack.pop()
        planner.done[task] = _step(planner, book, task, [planner.done[one] for one in needs])
    if planner.done[root] != len(planner.steps) - 1:  # the root is an earlier, equal step
        planner.steps.append(Step("call", "pos", (planner.done[root],)))


def _needs(tree: Tree, i: int, how: str) -> list[tuple[int, str]]:
    """Return what a node needs, each with how."""
    node = tree[i]
    if node.kind != "call":
        return []
    name = str(node.value)
    inner = "A" if how == "A" else "V"
    if name in SITES and _is_area(tree, i):
        if how not in _AS_AREA:
            return [(i, "areas" if how == "A" else "area")]
        firsts = len(node.args) if name in {":", " "} else int(name in _FIRST_IS_AREA)
        inner = "A" if how == "areas" else "V"
        return [(a, how if k < firsts else inner) for k, a in enumerate(node.args)]
    if name in GEOMETRY:
        own = "areas" if how == "A" else "area"
        return [(a, own if _is_area(tree, a) else "A") for a in node.args]
    params = TABLE[name].params
    if name in _CHOICES and how == "R":  # what it returns may be a range
        return [(a, "R" if k else "V") for k, a in enumerate(node.args)]
    out = []
    for k, a in enumerate(node.args):
        letter = params[min(k, len(params) - 1)]
        out.append((a, "A" if letter == "A" or how == "A" else letter if letter == "R" else inner))
    if name == "SINGLE":
        return [(a, "V") for a in node.args]
    return out


def _step(planner: _Planner, book: Book, task: tuple[int, str], needs: list[int]) -> int:
    """Make the step of a node whose needs are made."""
    i, how = task
    node = planner.tree[i]
    if node.kind == "const":
        return planner.add(Step("const", node.value))
    if node.kind == "ref":
        ref = on_sheet(node.value, planner.own)
        sheet = find_sheet(book, ref.sheet or "")
        if sheet is None:
            return planner.add(Step("const", CellError("#REF!")))
        area = planner.add(Step("area", ref._replace(sheet=sheet)))
        if how in _AS_AREA:
            return area
        cut = how == "V" and not ref.is_cell
        return planner.add(Step("gather", cut, areas=(area,)))
    name = str(node.value)
    if name in SITES and _is_area(planner.tree, i):
        if how not in _AS_AREA:
            if planner.steps[needs[0]].kind not in _AREAS:
                return needs[0]  # the error that stands for it
            return planner.add(Step("gather", how == "V", areas=(needs[0],)))
        parts = [planner.steps[n].kind in _AREAS for n in needs]
        firsts = len(needs) if name in {":", " "} else int(name != "INDIRECT")
        if not all(parts[:firsts]):  # A1:5, OFFSET(5,1,1), a sheet that is not there
            wrong = planner.steps[needs[parts.index(False)]].value
            error = wrong if isinstance(wrong, CellError) else VALUE_ERROR
            return planner.add(Step("const", error))
        areas = tuple(n for n, is_area in zip(needs, parts, strict=True) if is_area)
        args = tuple(n for n, is_area in zip(needs, parts, strict=True) if not is_area)
        return planner.add(Step("site", name, args, areas))
    if name in GEOMETRY:
        is_area = bool(needs) and planner.steps[needs[0]].kind in _AREAS
        if is_area:
            return planner.add(Step("geometry", name, (), (needs[0],)))
        return planner.add(Step("geometry", name, tuple(needs)))
    kind = "call"
    if name in _CHOICES and how != "V":
        kind = "choice of ranges" if how == "R" else "choice"
    return planner.add(Step(kind, name, tuple(needs)))
