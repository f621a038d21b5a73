"""Trees rewritten before they are planned, until no name, table or union is left in them.

A defined name becomes what it stands for, and so does a table's reference; `Jan:Dec!B2` becomes a
union of the cells of these sheets, and a union so many arguments: SUM((A1,B2)) is SUM(A1,B2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.book import CellError
from sheetsim.errors import PlacedError, WorkbookError
from sheetsim.formula.functions import TABLE
from sheetsim.formula.functions.operators import AS_IS
from sheetsim.formula.functions.references import COLUMNS, OFFSET, ROWS
from sheetsim.formula.syntax.binding import bound
from sheetsim.formula.syntax.parser import Node, Tree, parse
from sheetsim.formula.syntax.precedents import (
    find_precedents,
    is_external,
    named_functions,
)
from sheetsim.formula.syntax.table_references import table_ref
from sheetsim.formula.syntax.tokens import Ref, Token

if TYPE_CHECKING:
    from sheetsim.book import Book, Place
    from sheetsim.formula.functions import Function

_MOST_NAMES = 100

MAX_NODES = 100_000
"""Values and operators that a formula may have with all that its names stand for."""


def rewritten(book: Book, tree: Tree, sheet: str, place: Place) -> Tree:
    """Return a formula's tree without names, tables, unions and stacks of sheets.

    Args:
        book: for names, tables and sheets.
        tree: the formula's.
        sheet: the sheet that it stands on.
        place: a cell that it stands in; matters for a table's reference without a name only.

    Raises:
        WorkbookError: a name refers to itself, or names stand for more than `MAX_NODES` nodes.
    """
    return _widened(_spliced(_stacked(book, _expanded(book, tree, sheet, place))))


def on_sheet(value: Ref, sheet: str) -> Ref:
    """Return a reference with its sheet named."""
    return value if value.sheet is not None else value._replace(sheet=sheet)


def function_of(node: Node) -> Function | None:
    """Return what a node calls; None if it calls nothing that is in the table."""
    return TABLE.get(str(node.value)) if node.kind == "call" else None


def find_sheet(book: Book, name: str) -> str | None:
    """Return a sheet as the workbook spells it; sheets without cells count as well."""
    found = book.find_sheet(name)
    if found is None:
        found = next((one for one in book.states if one.casefold() == name.casefold()), None)
    return found


class _Merged:
    """Nodes in the making, equal ones once: names of names that double stay small in this way."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._known: dict[object, int] = {}

    def add(self, node: Node) -> int:
        """Add a node, or find the equal one; return its position."""
        kind, value, args = node
        same = repr(value) if isinstance(value, tuple) and kind == "const" else value  # 1 == True
        key = (kind, type(value), same, args)
        found = self._known.get(key)
        if found is None:
            if len(self.nodes) >= MAX_NODES:
                raise _too_large()
            found = self._known[key] = len(self.nodes)
            self.nodes.append(node)
        return found

    def add_tree(self, tree: Tree) -> int:
        """Add a tree; return the position of its root."""
        moved: list[int] = []
        for node in tree:
            moved.append(self.add(node._replace(args=tuple(moved[i] for i in node.args))))
        return moved[-1]


def _too_large() -> WorkbookError:
    return WorkbookError(
        f"the formula has more than {MAX_NODES:,} values and operators with all that its names "
        "stand for; expected fewer"
    )


def _expanded(book: Book, tree: Tree, sheet: str, place: Place) -> Tree:
    """Replace names and tables by what they stand for."""
    tree = _called(book, _bound(book, tree, sheet), sheet, place)
    for _ in range(_MOST_NAMES):
        if not any(node.kind in {"name", "table"} for node in tree):
            return tree
        merged = _Merged()
        moved: list[int] = []
        for node in tree:
            if node.kind == "name":
                found = _called(book, meaning(book, node.value, sheet), sheet, place)
                moved.append(merged.add_tree(found))
            elif node.kind == "table":
                moved.append(merged.add(table_ref(book, node.value, sheet, place)))
            else:
                moved.append(merged.add(node._replace(args=tuple(moved[i] for i in node.args))))
        tree = tuple(merged.nodes)
    names = ", ".join(str(node.value[1]) for node in tree if node.kind == "name")
    raise PlacedError(f"{book.path}: name {names} refers to itself, directly or through others")


def _bound(book: Book, tree: Tree, sheet: str) -> Tree:
    """Take LET and LAMBDA out of a tree."""
    merged = _Merged()
    root = bound(book, tree, sheet, merged.add)
    if root is None:
        return tree
    if root < len(merged.nodes) - 1:  # the root stands last
        merged.nodes.append(Node("call", AS_IS.name, (root,)))
    return tuple(merged.nodes)


def _called(book: Book, tree: Tree, sheet: str, place: Place) -> Tree:
    """Add to calls of defined names, such as a LAMBDA's, what these read.

    They cannot be computed here; but what they depend on has to be known.
    """
    named = {i for i, node in enumerate(tree) if _is_named(book, node)}
    if not named:
        return tree
    nodes: list[Node] = []
    moved: list[int] = []
    for i, node in enumerate(tree):
        args = tuple(moved[a] for a in node.args)
        if i in named:
            token = Token("function", node.value, 0)
            first = len(nodes)
            nodes += [
                Node("ref", ref) for ref in find_precedents(book, (token,), sheet, place).refs
            ]
            node = node._replace(value=f"the name {node.value} as a function")
            args += tuple(range(first, len(nodes)))
        nodes.append(node._replace(args=args))
        moved.append(len(nodes) - 1)
    return tuple(nodes)


def _is_named(book: Book, node: Node) -> bool:
    return node.kind == "call" and bool(named_functions(book, str(node.value)))


def meaning(book: Book, value: tuple[str | None, str], sheet: str) -> Tree:
    """Return the tree of a defined name; `#NAME?` if there is none.

    Args:
        book: the workbook.
        value: the sheet that is written before it, or None, and the name.
        sheet: the sheet of the formula.

    Returns:
        The tree, its relative references distances from any cell that uses it; they wrap.
    """
    scope, name = value
    if is_external(scope):
        return (Node("ref", Ref(scope, 0, 0, 0, 0, (True, True, True, True))),)
    found = book.find_name(name, scope if scope is not None else sheet)
    if found is None or not found.text.strip():
        return (Node("const", CellError("#NAME?")),)
    return tuple(_of_name(node, found.sheet) for node in parse(found.text))


def _of_name(node: Node, home: str | None) -> Node:
    """Return a node of a name's tree, `home` being the sheet that the name belongs to."""
    if node.kind == "ref":
        ref = node.value if home is None else on_sheet(node.value, home)
        return node._replace(value=ref if all(ref.fixed) else ref._replace(wraps=True))
    if node.kind == "name" and home is not None and node.value[0] is None:
        return node._replace(value=(home, node.value[1]))
    return node


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
            function = function_of(node)
            known = node.kind != "call" or (function is not None and function.over_sheets)
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
    if (
        not sheet
        or ":" not in sheet
        or sheet.startswith("[")
        or find_sheet(book, sheet) is not None
    ):
        return []
    first, _, last = sheet.partition(":")
    order = list(book.states) or list(book.sheets)
    folded = [name.casefold() for name in order]
    if first.casefold() not in folded or last.casefold() not in folded:
        return []
    ends = sorted((folded.index(first.casefold()), folded.index(last.casefold())))
    return [name for name in order[ends[0] : ends[1] + 1] if book.find_sheet(name) is not None]


def _spliced(tree: Tree) -> Tree:
    """Make the areas of a union arguments of their own: SUM((A1,B2)) is SUM(A1,B2).

    Only what takes any number of arguments alike may be asked for that; RANK of a union
    is named as something that cannot be computed here.
    """
    if not any(node.kind == "call" and node.value == "," for node in tree):
        return tree
    parts: list[tuple[int, ...]] = []
    nodes: list[Node] = []
    size = 0
    for i, node in enumerate(tree):
        size += sum(len(parts[a]) for a in node.args)
        if size > MAX_NODES:
            raise _too_large()
        flat = tuple(p for a in node.args for p in parts[a])
        if len(flat) > len(node.args) and not _takes_many(node):
            node = node._replace(value=f"{node.value} of a union")
        parts.append(flat if node.value == "," and node.kind == "call" else (i,))
        nodes.append(node._replace(args=flat))
    return tuple(nodes)


def _takes_many(node: Node) -> bool:
    """Whether a node takes any number of arguments, or is a union itself."""
    function = function_of(node)
    return function is None or function.most > 100


def _widened(tree: Tree) -> Tree:
    """Give the third range of SUMIF and AVERAGEIF the size of the first, as Excel does."""
    if not any(_resizes(node) for node in tree):
        return tree
    nodes: list[Node] = []
    moved: list[int] = []
    for node in tree:
        args = tuple(moved[i] for i in node.args)
        if len(args) == 3 and _resizes(node):
            more = _as_large(nodes, args[2], args[0])
            nodes += more
            args = (*args[:2], len(nodes) - 1) if more else args
        nodes.append(node._replace(args=args))
        moved.append(len(nodes) - 1)
    return tuple(nodes)


def _resizes(node: Node) -> bool:
    function = function_of(node)
    return function is not None and function.third_as_first


def _as_large(nodes: list[Node], which: int, like: int) -> list[Node]:
    """Return nodes, the last a reference with the size of another; none if nothing changes."""
    ref, other = nodes[which].value, nodes[like].value
    if not (isinstance(ref, Ref) and isinstance(other, Ref)):
        return []
    bottom = ref.top + other.bottom - other.top
    right = ref.left + other.right - other.left
    if all(one.fixed[:2] == one.fixed[2:] for one in (ref, other)):
        return [Node("ref", ref._replace(bottom=bottom, right=right))]
    if ref.fixed == other.fixed and (ref.bottom, ref.right) == (bottom, right):
        return []
    at = len(nodes)  # a size that is another in each cell
    return [
        Node("const", 0.0),
        Node("call", ROWS.name, (like,)),
        Node("call", COLUMNS.name, (like,)),
        Node("call", OFFSET.name, (which, at, at, at + 1, at + 2)),
    ]
