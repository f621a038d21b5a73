"""SciPy's trust-constr: a trust-region interior-point method (Byrd, Hribar & Nocedal 1999)."""

from __future__ import annotations

import numpy as np

from sheetsim.peers.base import Answer, Claim, Peer, Task


class ScipyTrustConstr(Peer):
    """`scipy.optimize.minimize` with the method trust-constr, BFGS for second derivatives."""

    name = "scipy-trust-constr"
    package = "scipy"
    module = "scipy.optimize"

    def solve(self, task: Task) -> Answer:
        """Solve it; see `Peer`."""
        task.require_smooth()
        optimize = self.library()
        constraints = []
        if task.equal.size:
            lower = np.where(task.equal, 0.0, -np.inf)
            constraints.append(
                optimize.NonlinearConstraint(
                    task.c, lower, 0.0, jac=task.jacobian, hess=optimize.BFGS()
                )
            )
        found = optimize.minimize(
            task.f,
            task.x0,
            jac=task.gradient,
            hess=optimize.BFGS(),
            method="trust-constr",
            bounds=optimize.Bounds(task.low, task.high),
            constraints=constraints,
            options={"maxiter": task.most},
        )
        claim = Claim.NEARBY if found.status in (1, 2) else Claim.NOTHING
        return Answer(np.asarray(found.x), claim, found.message)


PEER = ScipyTrustConstr()
