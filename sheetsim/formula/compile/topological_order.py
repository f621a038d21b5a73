"""Orders of computation: strongly connected parts, waves, and the circle that stops them.

Tarjan's algorithm (SIAM J. Comput. 1, 1972) with an explicit stack, and Kahn's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


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
    cells: Iterable[int], needs: Mapping[int, list[int]], members: Mapping[int, list[int]]
) -> list[list[int]]:
    """Return cells in waves: those of each need only those of earlier ones.

    Args:
        cells: to be ordered.
        needs: cell -> areas.
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
        waiting = [area for area in dict.fromkeys(needs[cell]) if open_areas[area]]
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


def find_circle(
    left: set[int], needs: Mapping[int, list[int]], members: Mapping[int, list[int]]
) -> list[int]:
    """Return the cells of a circle among those that no wave reached, the first also as last."""
    cell = min(left)
    seen: dict[int, int] = {}
    path: list[int] = []
    while cell not in seen:
        seen[cell] = len(path)
        path.append(cell)
        cell = next(s for area in needs[cell] for s in members[area] if s in left)
    circle = [*path[seen[cell] :], cell]
    if len(circle) > 12:
        return [*circle[:8], *circle[-3:]]
    return circle
