"""By how much constraints are missed, and the outcomes where no point meets them all.

Two claims are kept apart: that there is no feasible point, which needs a proof, and that a search
met none.
"""

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Ending, Outcome
from sheetsim.solver.functions import Mask


def excess(c: Floats, equal: Mask | bool) -> Floats:
    """What would have to be taken from each row c (..., m): c of an equality, else its excess."""
    over: Floats = np.where(equal, c, np.maximum(c, 0.0))
    return over


def violations(c: Floats, equal: Mask | bool) -> Floats:
    """By how much each row c (..., m) is off, once it reads c = 0 or c <= 0."""
    return np.abs(excess(c, equal))


def infeasible(why: str) -> Outcome:
    """The outcome where no point meets all constraints; `why` is what shows it."""
    return Outcome(Ending.INFEASIBLE, why)


def none_found(why: str) -> Outcome:
    """The outcome where a search met no feasible point, and there may be one all the same."""
    return Outcome(Ending.NOT_FOUND, why)
