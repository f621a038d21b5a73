"""Uno: SQP and interior-point methods put together from parts (Vanaret & Leyffer 2024).

The preset is `ipopt`; second derivatives are differences of our exact first ones.
"""

from __future__ import annotations

import contextlib
import math
import os
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.peers.base import Answer, Claim, Peer, Task, stopping

if TYPE_CHECKING:
    from sheetsim.arrays import Floats
    from sheetsim.solver.endings import Stop


class Uno(Peer):
    """`unopy.UnoSolver` with the preset ipopt."""

    name = "uno"
    package = "unopy"
    module = "unopy"

    def solve(self, task: Task) -> Answer:
        """Solve it; see `Peer`."""
        task.require_smooth()
        unopy = self.library()
        n, m = task.x0.size, task.equal.size
        kept: list[Stop] = []

        def gradient(x: Floats, out: Floats) -> None:
            out[:] = stopping(task.gradient, kept)(np.asarray(x))

        def constraints(x: Floats, out: Floats) -> None:
            out[:] = stopping(task.c, kept)(np.asarray(x))

        def jacobian(x: Floats, out: Floats) -> None:
            out[:] = np.ravel(np.broadcast_to(stopping(task.jacobian, kept)(np.asarray(x)), (m, n)))

        lower = np.tril_indices(n)

        def hessian(x: Floats, sigma: float, multipliers: Floats, out: Floats) -> None:
            # Uno's Lagrangian subtracts the constraints.
            H = stopping(task.hessian, kept)(np.array(x), sigma, -np.array(multipliers))
            out[:] = np.broadcast_to(H, (n, n))[lower]

        model = unopy.Model(
            unopy.PROBLEM_NONLINEAR, n, task.low.tolist(), task.high.tolist(),
            unopy.ZERO_BASED_INDEXING,
        )  # fmt: skip
        model.set_objective(unopy.MINIMIZE, stopping(task.f, kept), gradient)
        if m:
            rows, columns = np.divmod(np.arange(m * n), n)
            model.set_constraints(
                m, constraints, np.where(task.equal, 0.0, -math.inf).tolist(), [0.0] * m,
                m * n, rows.tolist(), columns.tolist(), jacobian,
            )  # fmt: skip
        at = lower[0].tolist(), lower[1].tolist()
        model.set_lagrangian_hessian(lower[0].size, unopy.LOWER_TRIANGLE, *at, hessian)
        model.set_lagrangian_sign_convention(unopy.MULTIPLIER_NEGATIVE)
        model.set_initial_primal_iterate(task.x0.tolist())
        solver = unopy.UnoSolver()
        solver.set_preset("ipopt")
        solver.set_option("max_iterations", task.most)
        with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - it has no path
            with contextlib.suppress(AttributeError, TypeError):
                solver.set_logger_stream(nowhere)
            found = solver.optimize(model)
        if kept:
            raise kept[0]
        claims = {
            unopy.SolutionStatus.FEASIBLE_KKT_POINT: Claim.NEARBY,
            unopy.SolutionStatus.INFEASIBLE_STATIONARY_POINT: Claim.INFEASIBLE,
        }
        status = found.solution_status
        words = str(status).rpartition(".")[2].replace("_", " ").lower()
        return Answer(np.array(found.primal_solution), claims.get(status, Claim.NOTHING), words)


PEER = Uno()
