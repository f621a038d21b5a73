"""Uno: SQP and interior-point methods put together from parts (Vanaret & Leyffer 2024).

The preset is `ipopt`, fed as our own engine feeds it: sparse exact first derivatives, and second
ones that are differences of these.
"""

from __future__ import annotations

from sheetsim.peers.base import Answer, Claim, Peer, Task
from sheetsim.solver.methods.uno import Functions, optimize


class Uno(Peer):
    """`unopy.UnoSolver` with the preset ipopt."""

    name = "uno"
    package = "unopy"
    module = "unopy"

    def solve(self, task: Task) -> Answer:
        """Solve it; see `Peer`."""
        task.require_smooth()
        unopy = self.library()
        evaluator = task.evaluator
        asked = Functions(
            evaluator, task.x0, task.low, task.high, lambda x: task.point(x, slopes=False)
        )
        found = optimize(unopy, asked, task.most)
        claims = {
            unopy.SolutionStatus.FEASIBLE_KKT_POINT: Claim.NEARBY,
            unopy.SolutionStatus.INFEASIBLE_STATIONARY_POINT: Claim.INFEASIBLE,
        }
        status = found.status
        words = str(status).rpartition(".")[2].replace("_", " ").lower()
        return Answer(found.x, claims.get(status, Claim.NOTHING), words)


PEER = Uno()
