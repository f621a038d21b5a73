"""SciPy's least_squares: MINPACK's Levenberg-Marquardt, within bounds a trust region."""

from __future__ import annotations

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.peers.base import Answer, Claim, Peer, Refused, Task

TIGHT = 1e-15


class ScipyLm(Peer):
    """`scipy.optimize.least_squares`, on the residuals that the formulas show."""

    name = "scipy-lm"
    package = "scipy"
    module = "scipy.optimize"

    def solve(self, task: Task) -> Answer:
        """Solve it; see `Peer`."""
        optimize, model = self.library(), task.evaluator.model
        residuals = model.residuals
        if residuals is None or model.sense != "minimize":
            raise Refused("takes sums of squares, and the formulas show none")
        if task.equal.size:
            raise Refused("takes no constraints")
        task.require_smooth()

        def values(x: Floats) -> Floats:
            task.point(x)  # counted, timed and remembered
            return np.asarray(residuals(x)[0])

        bounded = np.isfinite(np.concatenate([task.low, task.high])).any()
        few = values(task.x0).size < task.x0.size  # MINPACK takes none of these
        found = optimize.least_squares(
            values,
            task.x0,
            jac=lambda x: residuals(x)[1],
            bounds=(task.low, task.high) if bounded else (-np.inf, np.inf),
            method="trf" if bounded or few else "lm",
            max_nfev=task.most * (1 if bounded or few else 10),
            ftol=TIGHT,
            xtol=TIGHT,
            gtol=TIGHT,
        )
        claim = Claim.NEARBY if found.status > 0 else Claim.NOTHING
        return Answer(np.asarray(found.x), claim, found.message)


PEER = ScipyLm()
