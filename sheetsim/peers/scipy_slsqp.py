"""SciPy's SLSQP: sequential quadratic programming by Kraft (1988)."""

from __future__ import annotations

import numpy as np

from sheetsim.peers.base import Answer, Claim, Peer, Task


class ScipySlsqp(Peer):
    """`scipy.optimize.minimize` with the method SLSQP and its default tolerance."""

    name = "scipy-slsqp"
    package = "scipy"
    module = "scipy.optimize"

    def solve(self, task: Task) -> Answer:
        """Solve it; see `Peer`."""
        task.require_smooth()
        optimize = self.library()
        constraints = []
        for kind, rows, sign in (("eq", task.equal, 1.0), ("ineq", ~task.equal, -1.0)):
            if rows.any():
                constraints.append(
                    {
                        "type": kind,
                        "fun": lambda x, rows=rows, sign=sign: sign * task.c(x)[rows],
                        "jac": lambda x, rows=rows, sign=sign: sign * task.jacobian(x)[rows],
                    }
                )
        found = optimize.minimize(
            task.f,
            task.x0,
            jac=task.gradient,
            method="SLSQP",
            bounds=list(zip(task.low, task.high, strict=True)),
            constraints=constraints,
            options={"maxiter": task.most},
        )
        claims = {0: Claim.NEARBY, 4: Claim.INFEASIBLE}
        return Answer(np.asarray(found.x), claims.get(found.status, Claim.NOTHING), found.message)


PEER = ScipySlsqp()
