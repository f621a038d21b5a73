"""What a solution's constraints and bounds cost: shadow prices, slacks and reduced gradients.

At an optimum the gradient of the Lagrangian f + λᵀc vanishes but for the bounds: a row's λ is by
how much the objective changes for each unit of its right side (Excel's *Lagrange multiplier*, or
shadow price), and what is left of the gradient is that of a bound (the reduced gradient, or cost).
"""

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.found import Found
from sheetsim.solver.result import Row


def sensitivity(evaluator: Evaluator, found: Found) -> tuple[tuple[Row, ...], Floats]:
    """The constraints row by row, and the reduced gradients (n,), in the sheet's own terms."""
    point, lam, model = found.point, found.multipliers, evaluator.model
    aims = int(evaluator.aims)
    reduced = np.zeros(0)
    if lam is not None and lam.size == point.c.size and not aims and point.finite:
        reduced = evaluator.sign * evaluator.lagrangian_slope(point, lam)
    else:
        lam = np.full(point.c.size, np.nan)
    rows, at = [], aims
    for block, size in zip(model.constraints, evaluator.sizes, strict=True):
        scale = np.broadcast_to(np.asarray(block.scale, dtype=float), size)
        c, price = point.c[at : at + size] * scale, lam[at : at + size] / scale
        at += size
        values = -c if block.relation == ">=" else c
        slack = -np.abs(c) if block.relation == "=" else -c
        binding = np.abs(c) <= evaluator.options.precision * scale
        up = 1.0 if block.relation == ">=" else -1.0
        # What is not binding has no price, and -0.0 is no number for a report.
        prices = np.where(binding | np.isnan(price), up * evaluator.sign * price, 0.0) + 0.0
        rows.append(Row(block.name, block.relation, values + 0.0, slack + 0.0, binding, prices))
    return tuple(rows), reduced + 0.0
