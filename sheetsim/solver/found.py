"""What an engine hands to the front door: where its search ended, and why."""

from dataclasses import dataclass

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Outcome
from sheetsim.solver.evaluator import Point
from sheetsim.solver.result import Ranges


@dataclass
class Found:
    """Where a search ended.

    Attributes:
        point: The answer.
        outcome: Why.
        multipliers: λ (m,) of c, if they are known.
        ranges: Of a linear model.
        proved: Whether the outcome holds for the whole model, and not only near the point.
        ends: How each start ended, where there were many.
        gap: For whole numbers: how far the best bound is, relative to the objective.
        by: Which other program solved it, and why, in words; "" if the engine's own methods did.
    """

    point: Point
    outcome: Outcome
    multipliers: Floats | None = None
    ranges: Ranges | None = None
    gap: float | None = None
    proved: bool = False
    by: str = ""
    ends: tuple[Outcome, ...] = ()
