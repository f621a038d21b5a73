"""HiGHS, as SciPy has it, on the coefficients of a linear model (Huangfu & Hall 2018)."""

from __future__ import annotations

import importlib

import numpy as np

from sheetsim.peers.base import Answer, Claim, Peer, Refused, Task
from sheetsim.solver.parts.linearity import linear


class Highs(Peer):
    """`scipy.optimize.milp`; the coefficients are read from our functions."""

    name = "highs"
    package = "scipy"
    module = "scipy.optimize"

    def solve(self, task: Task) -> Answer:
        """Solve it; see `Peer`."""
        optimize = self.library()
        if task.evaluator.groups:
            raise Refused("takes no all-different groups")
        model = linear(task.evaluator)
        if isinstance(model, str):
            raise Refused(model)
        limit = task.evaluator.options.max_time
        rows = []
        if model.offset.size:
            lower = np.where(task.equal, -model.offset, -np.inf)
            A = importlib.import_module("scipy.sparse").csr_array(
                (model.A.values, model.A.columns, model.A.starts), shape=model.A.shape
            )
            rows.append(optimize.LinearConstraint(A, lower, -model.offset))
        found = optimize.milp(
            model.cost,
            integrality=task.evaluator.whole.astype(int),
            bounds=optimize.Bounds(task.low, task.high),
            constraints=rows,
            options={"mip_rel_gap": 0.0} | ({} if limit is None else {"time_limit": limit}),
        )
        claims = {0: Claim.BEST, 2: Claim.INFEASIBLE, 3: Claim.UNBOUNDED}
        x = task.x0 if found.x is None else np.asarray(found.x)
        x = np.where(task.evaluator.whole, np.round(x), x)
        return Answer(x, claims.get(found.status, Claim.NOTHING), found.message)


PEER = Highs()
