"""In which order cells are computed: each behind its precedents, formula by formula.

Groups of one formula that need each other only one way are computed whole, one after the other.
Groups that need each other both ways (a row that needs the one above), found by Tarjan's algorithm
(SIAM J. Comput. 1, 1972, here with an explicit stack), are computed in waves, which Kahn's finds:
all cells whose precedents are done, group by group. Where that stops before all cells are done,
there is a circle among the references, if not among what the formulas really need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.errors import WorkbookError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sheetsim.book import Place
    from sheetsim.formula.compile.batches import Group
    from sheetsim.formula.compile.dependency_graph import DependencyGraph

Wave = tuple["Group", "list[Place]"]
"""Cells of a group that can be computed together."""

MAX_WAVES = 200_000
"""Steps of a model's recurrence, each after the other; sheets have a million rows."""


def schedule(graph: DependencyGraph) -> list[list[Wave]]:
    """Return the cells of a graph in an order of computation.

    Returns:
        Lists of one group with its cells; or, where groups need each other, of many, wave by
        wave, each wave's cells group by group.

    Cells that no order reaches are missing; the graph notes them in `left`.

    Raises:
        WorkbookError: the recurrences of a model are too long.
    """
    graph.left.clear()
    groups = list(graph.groups.values())
    edges = [graph.needs.get(group.number, set()) for group in groups]
    order: list[list[Wave]] = []
    for component in components([sorted(one) for one in edges]):
        if len(component) == 1 and component[0] not in edges[component[0]]:
            group = groups[component[0]]
            if group.places:
                order.append([(group, group.places)])
            continue
        order.append(_in_waves(graph, [groups[i] for i in component]))
    return order


def _in_waves(graph: DependencyGraph, groups: list[Group]) -> list[Wave]:
    """Order the cells of groups that need each other."""
    slots: list[int] = []
    for group in groups:
        slots += graph.store.sheet(group.sheet).slots_of(group.places).tolist()
    inside = set(slots)
    precedents = {slot: graph.precedents(slot) for slot in slots}
    areas = sorted({area for own in precedents.values() for area in own})
    members = {a: [s for s in graph.members(a) if s in inside] for a in areas}
    found = waves(slots, precedents, members)
    if graph.variables and len(found) > MAX_WAVES:
        raise WorkbookError(
            f"{graph.book.path}: the model needs a chain of {len(found):,} cells, each of "
            f"the one before, with {graph.name(slots[0])}; expected at most {MAX_WAVES:,}"
        )
    if sum(map(len, found)) < len(slots):
        graph.left |= inside - {slot for wave in found for slot in wave}
    return [one for wave in found for one in _by_group(graph, wave)]


def _by_group(graph: DependencyGraph, slots: Iterable[int]) -> Iterable[Wave]:
    """Return cells group by group."""
    by_group: dict[int, Wave] = {}
    for slot in slots:
        group = graph.group_of[slot]
        by_group.setdefault(id(group), (group, []))[1].append(graph.store.places[slot][1])
    return by_group.values()


def components(edges: list[list[int]]) -> list[list[int]]:
    """Return the strongly connected parts of a graph, each behind those that it needs.

    Args:
        edges: node -> the nodes that it needs.
    """
    number = [-1] * len(edges)
    low = [0] * len(edges)
    on_path = [False] * len(edges)
    path: list[int] = []
    out: list[list[int]] = []
    count = 0
    for start in range(len(edges)):
        if number[start] >= 0:
            continue
        stack = [(start, 0)]
        while stack:
            node, at = stack.pop()
            if at == 0:
                number[node] = low[node] = count
                count += 1
                path.append(node)
                on_path[node] = True
            elif on_path[edges[node][at - 1]]:
                low[node] = min(low[node], low[edges[node][at - 1]])
            while at < len(edges[node]) and number[edges[node][at]] >= 0:
                other = edges[node][at]
                if on_path[other]:
                    low[node] = min(low[node], low[other])
                at += 1
            if at < len(edges[node]):
                stack.append((node, at + 1))
                stack.append((edges[node][at], 0))
            elif low[node] == number[node]:
                part = []
                while True:
                    part.append(path.pop())
                    on_path[part[-1]] = False
                    if part[-1] == node:
                        break
                out.append(sorted(part))
    return out


def waves(
    cells: Iterable[int], precedents: Mapping[int, list[int]], members: Mapping[int, list[int]]
) -> list[list[int]]:
    """Return cells in waves: those of each need only those of earlier ones.

    Args:
        cells: to be ordered.
        precedents: cell -> the areas that it refers to.
        members: area -> which of the cells lie in it.

    Returns:
        The waves. Cells of a circle, and those that need them, are missing.
    """
    cells = list(cells)
    users: dict[int, list[int]] = {}  # area -> cells that need it
    within: dict[int, list[int]] = {}  # cell -> areas that it lies in
    open_areas: dict[int, int] = {}
    open_cells: dict[int, int] = {}
    for area, inside in members.items():
        open_areas[area] = len(inside)
        for cell in inside:
            within.setdefault(cell, []).append(area)
    for cell in cells:
        waiting = [area for area in dict.fromkeys(precedents[cell]) if open_areas[area]]
        open_cells[cell] = len(waiting)
        for area in waiting:
            users.setdefault(area, []).append(cell)
    wave = [cell for cell in cells if not open_cells[cell]]
    out = []
    while wave:
        out.append(wave)
        following: list[int] = []
        for cell in wave:
            for area in within.get(cell, ()):
                open_areas[area] -= 1
                if open_areas[area]:
                    continue
                for user in users.get(area, ()):
                    open_cells[user] -= 1
                    if not open_cells[user]:
                        following.append(user)
        wave = following
    return out
