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
from sheetsim.errors import WorkbookError
from sheetsim.formula.functions import TABLE, dates
from sheetsim.formula.parser import Node, Tree, parse
from sheetsim.formula.structured import table_ref
from sheetsim.formula.tokens import Ref
from sheetsim.formula.values import Array, constant

if TYPE_CHECKING:
    from sheetsim.book import Book, Place

SITES = {"OFFSET", "INDIRECT", ":", " ", "INDEX", "ANCHORARRAY"}
"""What returns a reference."""

GEOMETRY = {"ROW", "COLUMN", "ROWS", "COLUMNS"}
"""What asks of a reference where it lies."""

_FIRST_IS_AREA = {"OFFSET", "INDEX", "ANCHORARRAY"}
_MOST_NAMES = 100
_AREAS = {"area", "site"}  # kinds of steps that find one


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        kind: "area" (value: a `Ref`), "site" (value: its name; `areas` and `args` are its
            references and values), "const" (value), "gather" (the values in the area
            `areas[0]`; value: whether to cut it to the cell's own row or column), "geometry"
            (value: the name), or "call" (value: the function's name).
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
    tree = _spliced(_stacked(book, _expanded(book, tree, sheet, place)))
    unknown = _unknown(book, tree)
    if unknown:
        steps = tuple(Step("area", n.value) for n in tree if n.kind == "ref")
        refs = tuple(_on(n.value, sheet) for n in tree if n.kind == "ref" and _known(book, n.value))
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


def _on(value: Ref, sheet: str) -> Ref:
    """Return a reference with its sheet named."""
    return value if value.sheet is not None else value._replace(sheet=sheet)


def _known(book: Book, value: object) -> bool:
    return isinstance(value, Ref) and (value.sheet is None or _sheet(book, value.sheet) is not None)


def _sheet(book: Book, name: str) -> str | None:
    """Return a sheet as the workbook spells it; sheets without cells count as well."""
    found = book.find_sheet(name)
    if found is None:
        found = next((one for one in book.states if one.casefold() == name.casefold()), None)
    return found


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
            if ":" in node.value.sheet and _sheet(book, node.value.sheet) is None:
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


def _expanded(book: Book, tree: Tree, sheet: str, place: Place) -> Tree:
    """Replace names and tables by what they stand for."""
    for _ in range(_MOST_NAMES):
        if not any(node.kind in {"name", "table"} for node in tree):
            return tree
        nodes: list[Node] = []
        moved: list[int] = []
        for node in tree:
            if node.kind == "name":
                nodes += _shifted(_meaning(book, node.value, sheet), len(nodes))
            elif node.kind == "table":
                nodes.append(table_ref(book, node.value, sheet, place))
            else:
                nodes.append(node._replace(args=tuple(moved[i] for i in node.args)))
            moved.append(len(nodes) - 1)
        tree = tuple(nodes)
    names = ", ".join(str(node.value[1]) for node in tree if node.kind == "name")
    raise WorkbookError(f"{book.path}: name {names} refers to itself, directly or through others")


def _shifted(tree: Tree, by: int) -> list[Node]:
    return [node._replace(args=tuple(i + by for i in node.args)) for node in tree]


def _meaning(book: Book, value: tuple[str | None, str], sheet: str) -> Tree:
    """Return the tree of a defined name; `#NAME?` if there is none."""
    scope, name = value
    found = book.find_name(name, scope if scope is not None else sheet)
    if found is None or not found.text.strip():
        return (Node("const", CellError("#NAME?")),)
    tree = parse(found.text)
    home = found.sheet
    if home is None:
        return tree
    return tuple(
        node._replace(value=_on(node.value, home)) if node.kind == "ref" else node for node in tree
    )


_OVER_SHEETS = {
    *("SUM", "AVERAGE", "AVERAGEA", "COUNT", "COUNTA", "MAX", "MAXA", "MIN", "MINA", "PRODUCT"),
    *("MEDIAN", "STDEV", "STDEV.S", "STDEVP", "STDEV.P", "VAR", "VAR.S", "VARP", "VAR.P"),
}
"""Functions to which the same cells of several sheets are so many arguments."""


def _stacked(book: Book, tree: Tree) -> Tree:
    """Make `Jan:Dec!B2` a union of the cells of all sheets from Jan to Dec."""
    several = {i: sheets for i, node in enumerate(tree) if (sheets := _through(book, node))}
    if not several:
        return tree
    nodes: list[Node] = []
    moved: list[int] = []
    for i, node in enumerate(tree):
        if i in several:
            first = len(nodes)
            nodes += [Node("ref", node.value._replace(sheet=sheet)) for sheet in several[i]]
            nodes.append(Node("call", ",", tuple(range(first, len(nodes)))))
        else:
            known = node.kind != "call" or str(node.value) in _OVER_SHEETS
            args = node.args
            if not known and any(a in several for a in args):
                # What else takes such a reference is not known here; what it needs is.
                node = node._replace(value=f"{node.value} over several sheets")
            nodes.append(node._replace(args=tuple(moved[a] for a in args)))
        moved.append(len(nodes) - 1)
    return tuple(nodes)


def _through(book: Book, node: Node) -> list[str]:
    """Return the sheets of a reference through several, in the workbook's order; else none."""
    sheet = node.value.sheet if isinstance(node.value, Ref) else None
    if not sheet or ":" not in sheet or sheet.startswith("[") or _sheet(book, sheet) is not None:
        return []
    first, _, last = sheet.partition(":")
    order = list(book.states) or list(book.sheets)
    folded = [name.casefold() for name in order]
    if first.casefold() not in folded or last.casefold() not in folded:
        return []
    ends = sorted((folded.index(first.casefold()), folded.index(last.casefold())))
    return [name for name in order[ends[0] : ends[1] + 1] if book.find_sheet(name) is not None]


def _spliced(tree: Tree) -> Tree:
    """Make the areas of a union arguments of their own: SUM((A1,B2)) is SUM(A1,B2)."""
    if not any(node.kind == "call" and node.value == "," for node in tree):
        return tree
    parts: list[tuple[int, ...]] = []
    nodes: list[Node] = []
    for i, node in enumerate(tree):
        flat = tuple(p for a in node.args for p in parts[a])
        parts.append(flat if node.value == "," and node.kind == "call" else (i,))
        nodes.append(node._replace(args=flat))
    return tuple(nodes)


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

    How: "area" (as a reference), "V" (a single value), "R" (a range whole, anything else a single
    value), "A" (everything as arrays).
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
        if how != "area":
            return [(i, "area")]
        firsts = len(node.args) if name in {":", " "} else int(name in _FIRST_IS_AREA)
        return [(a, "area" if k < firsts else "V") for k, a in enumerate(node.args)]
    if name in GEOMETRY:
        return [(a, "area" if _is_area(tree, a) else "A") for a in node.args]
    params = TABLE[name].params
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
        ref = _on(node.value, planner.own)
        sheet = _sheet(book, ref.sheet or "")
        if sheet is None:
            return planner.add(Step("const", CellError("#REF!")))
        area = planner.add(Step("area", ref._replace(sheet=sheet)))
        if how == "area":
            return area
        cut = how == "V" and not ref.is_cell
        return planner.add(Step("gather", cut, areas=(area,)))
    name = str(node.value)
    if name in SITES and _is_area(planner.tree, i):
        if how != "area":
            return planner.add(Step("gather", how == "V", areas=(needs[0],)))
        parts = [planner.steps[n].kind in _AREAS for n in needs]
        areas = tuple(n for n, is_area in zip(needs, parts, strict=True) if is_area)
        args = tuple(n for n, is_area in zip(needs, parts, strict=True) if not is_area)
        return planner.add(Step("site", name, args, areas))
    if name in GEOMETRY:
        is_area = bool(needs) and planner.steps[needs[0]].kind in _AREAS
        if is_area:
            return planner.add(Step("geometry", name, (), (needs[0],)))
        return planner.add(Step("geometry", name, tuple(needs)))
    return planner.add(Step("call", name, tuple(needs)))
