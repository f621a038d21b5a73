"""Trees rewritten before they are planned, until no name, table or union is left in them.

A defined name becomes what it stands for, and so does a table's reference; `Jan:Dec!B2` becomes a
union of the cells of these sheets, and a union so many arguments: SUM((A1,B2)) is SUM(A1,B2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.book import CellError
from sheetsim.errors import WorkbookError
from sheetsim.formula.parser import Node, Tree, parse
from sheetsim.formula.structured import table_ref
from sheetsim.formula.tokens import Ref

if TYPE_CHECKING:
    from sheetsim.book import Book, Place

_MOST_NAMES = 100


def rewritten(book: Book, tree: Tree, sheet: str, place: Place) -> Tree:
    """Return a formula's tree without names, tables, unions and stacks of sheets.

    Args:
        book: for names, tables and sheets.
        tree: the formula's.
        sheet: the sheet that it stands on.
        place: a cell that it stands in; matters for a table's reference without a name only.

    Raises:
        WorkbookError: a name refers to itself.
    """
    return _widened(_spliced(_stacked(book, _expanded(book, tree, sheet, place))))


def on_sheet(value: Ref, sheet: str) -> Ref:
    """Return a reference with its sheet named."""
    return value if value.sheet is not None else value._replace(sheet=sheet)


def find_sheet(book: Book, name: str) -> str | None:
    """Return a sheet as the workbook spells it; sheets without cells count as well."""
    found = book.find_sheet(name)
    if found is None:
        found = next((one for one in book.states if one.casefold() == name.casefold()), None)
    return found


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
        node._replace(value=on_sheet(node.value, home)) if node.kind == "ref" else node
        for node in tree
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


def _widened(tree: Tree) -> Tree:
    """Give the third range of SUMIF and AVERAGEIF the size of the first, as Excel does."""
    nodes: list[Node] = []
    moved: list[int] = []
    for node in tree:
        args = tuple(moved[i] for i in node.args)
        if node.kind == "call" and node.value in {"SUMIF", "AVERAGEIF"} and len(args) == 3:
            wide = _as_large(nodes[args[2]].value, nodes[args[0]].value)
            if wide is not None:
                nodes.append(Node("ref", wide))
                args = (*args[:2], len(nodes) - 1)
        nodes.append(node._replace(args=args))
        moved.append(len(nodes) - 1)
    return tuple(nodes)


def _as_large(ref: object, other: object) -> Ref | None:
    """Return a reference with the size of another, if both have one that does not change."""
    if not (isinstance(ref, Ref) and isinstance(other, Ref)):
        return None
    if any(one.fixed[:2] != one.fixed[2:] for one in (ref, other)):
        return None
    bottom = ref.top + other.bottom - other.top
    return ref._replace(bottom=bottom, right=ref.left + other.right - other.left)
