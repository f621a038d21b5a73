"""The constraints that cannot all hold, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.references import address_text

if TYPE_CHECKING:
    from sheetsim.solver.result import Conflict, Result
    from sheetsim.solving.compiled import Compiled
    from sheetsim.solving.functions import Block
    from sheetsim.solving.prepare import Prepared

SHOWN = 8
"""Constraints or cells that a line names."""


def conflict_lines(prepared: Prepared, solution: Result) -> list[str]:
    """Say which constraints cannot all hold, in a line."""
    found = solution.conflict
    if found is None:
        return []
    compiled = prepared.compiled
    members = [_row_text(compiled.blocks[k], i, compiled) for k, i in found.rows]
    low, high = prepared.model().low, prepared.model().high
    members += [
        f"{compiled.names[j]} {'<=' if upper else '>='} {(high if upper else low)[j]:.12g}"
        for j, upper in found.bounds
    ]
    more = f", and {len(members) - SHOWN:,} more" if len(members) > SHOWN else ""
    return [f"{title_of(found)}: {', '.join(members[:SHOWN])}{more}"]


def title_of(found: Conflict) -> str:
    """Return what is said of a conflict."""
    if not found.proved:
        return "These constraints could not be met together in our search"
    if found.irreducible:
        return "These constraints cannot all hold, and without any one of them the others can"
    return "These constraints cannot all hold; perhaps fewer of them contradict already"


def _row_text(block: Block, i: int, compiled: Compiled) -> str:
    left = address_text(compiled.outputs[block.left[i]])
    sign = block.stored.relation.sign
    if block.right is None:
        return f"{left} {sign} {block.number:.12g}"
    right = compiled.outputs[block.right[i if block.right.size > 1 else 0]]
    formula = block.stored.right if isinstance(block.stored.right, str) else address_text(right)
    return f"{left} {sign} {formula}"
