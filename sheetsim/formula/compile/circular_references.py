"""Circular references: found among the cells that no order of computation reaches, and named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.errors import WorkbookError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sheetsim.formula.compile.dependency_graph import DependencyGraph


def note_circle(graph: DependencyGraph, left: set[int], members: Mapping[int, list[int]]) -> None:
    """Name a circle in the graph's list of them.

    Args:
        graph: where the cells are from.
        left: the slots of those that no wave reached.
        members: area -> which cells of the recurrence lie in it.

    Raises:
        WorkbookError: the graph keeps no list.
    """
    names = " -> ".join(map(graph.name, find_circle(left, graph.precedents, members)))
    if graph.circles is None:
        raise WorkbookError(
            f"{graph.book.path}: circular reference {names}; expected none (iterative "
            "calculation is not supported)"
        )
    graph.circles.append(names)


def circle_through_references(graph: DependencyGraph) -> WorkbookError:
    """Return the error for cells whose dynamic references wait for each other."""
    names = ", ".join(graph.name(slot) for slot in sorted(graph.pending)[:5])
    return WorkbookError(
        f"{graph.book.path}: circular reference through what OFFSET, INDEX or INDIRECT refers to "
        f"in {names}; expected none"
    )


def find_circle(
    left: set[int], precedents: Mapping[int, list[int]], members: Mapping[int, list[int]]
) -> list[int]:
    """Return the cells of a circle among those that no wave reached, the first also as last."""
    cell = min(left)
    seen: dict[int, int] = {}
    path: list[int] = []
    while cell not in seen:
        seen[cell] = len(path)
        path.append(cell)
        cell = next(s for area in precedents[cell] for s in members[area] if s in left)
    circle = [*path[seen[cell] :], cell]
    if len(circle) > 12:
        return [*circle[:8], *circle[-3:]]
    return circle
