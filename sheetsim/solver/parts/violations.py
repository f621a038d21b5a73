"""By how much rows of constraints are off, once each reads c = 0 or c <= 0."""

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.functions import Mask


def excess(c: Floats, equal: Mask | bool) -> Floats:
    """What would have to be taken from each row c (..., m): c of an equality, else its excess."""
    over: Floats = np.where(equal, c, np.maximum(c, 0.0))
    return over


def violations(c: Floats, equal: Mask | bool) -> Floats:
    """By how much each row c (..., m) is off."""
    return np.abs(excess(c, equal))
