"""When a point is an optimum, nearly one, or none: what methods for smooth models share.

At an optimum the gradients of the objective and of what is binding cancel (Karush 1939; Kuhn &
Tucker 1951). What is left of them is measured by the largest of those that should cancel, so that
neither units nor the objective's size matter.
"""

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Ending, Outcome
from sheetsim.solver.evaluator import Evaluator, Point

KKT = 1e-6  # of the gradients that must cancel: what may be left at an optimum
NEARLY = 1e-3  # the same, where the search can go no further and may all the same be right
LEAST = 1e-6  # of a scaled gradient: one that is smaller is an optimum by itself
BOTTOM = -1e13  # of the objective's size at the start: it may have no minimum
DEEPER = 1e3  # of a low objective on no way without end: how low it has to come for another look


def left_over(slope: Floats, g: Floats, A: Floats, multipliers: Floats) -> float:
    """What is left of the Lagrangian's gradient, as a part of the terms that it sums.

    Args:
        slope: (n,) the Lagrangian's gradient, 0 for the variables that bounds hold.
        g: (n,) the objective's.
        A: (m, n) that of the constraints.
        multipliers: (m,).
    """
    terms = np.abs(A.T) @ np.abs(multipliers) + np.abs(g)
    return float(np.abs(slope).max()) / max(float(terms.max()), LEAST)


def optimal(left: float, what: str = "gradients cancel to") -> Outcome:
    """The outcome at an optimum; `left` is what is left of the gradients."""
    why = f"no feasible direction lowers the objective ({what} {left:.1g})"
    return Outcome(Ending.OPTIMAL, why)


def unbounded() -> Outcome:
    """The outcome where there is no optimum."""
    return Outcome(Ending.UNBOUNDED, "unbounded: the objective falls or rises without limit")


def not_finite_at(where: str) -> Outcome:
    """The outcome where a value or a derivative is no number: "at the start" and the like."""
    return Outcome(Ending.ERROR_VALUE, f"NaN or an infinity {where}")


def below_bottom(evaluator: Evaluator, point: Point, share: float = 1.0) -> bool:
    """Whether the objective is so low, measured by the first one, that there is no minimum."""
    return point.f < share * BOTTOM * max(1.0, abs(evaluator.log[0].objective))
