"""SciPy's least_squares: MINPACK's Levenberg-Marquardt, within bounds a trust region."""

from __future__ import annotations

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.peers.base import Answer, Claim, Task, package, smooth_only

TIGHT = 1e-15


class ScipyLm:
    """`scipy.optimize.least_squares`, on the residuals that the formulas show."""

    name = "scipy-lm"
    package = "scipy"
    module = "scipy.optimize"

    def refuses(self, task: Task) -> str:
        """What is no sum of squares, and constraints besides bounds."""
        model = task.evaluator.model
        if model.residuals is None or model.sense != "minimize":
            return "takes sums of squares, and the formulas show none"
        return "takes no constraints" if task.equal.size else smooth_only(task)

    def solve(self, task: Task) -> Answer:
        """Solve it; see `Peer`."""
        optimize = package(self.module, self.package)
        residuals = task.evaluator.model.residuals
        assert residuals is not None  # noqa: S101 - `refuses` saw to it

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
