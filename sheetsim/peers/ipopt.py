"""IPOPT: a primal-dual interior-point method (Waechter & Biegler 2006), as CasADi brings it.

Our functions are given to it as CasADi's callbacks, with first derivatives; its second ones are
its own limited-memory approximation.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetsim.peers.base import Answer, Claim, Peer, Task
from sheetsim.solver.endings import stopping

if TYPE_CHECKING:
    from collections.abc import Callable

    from sheetsim.arrays import Floats

CLAIMS = {
    "Solve_Succeeded": Claim.NEARBY,
    "Infeasible_Problem_Detected": Claim.INFEASIBLE,
    "Diverging_Iterates": Claim.UNBOUNDED,
}


class Ipopt(Peer):
    """`casadi.nlpsol` with the plugin ipopt."""

    name = "ipopt"
    package = "casadi"
    module = "casadi"

    def solve(self, task: Task) -> Answer:
        """Solve it; see `Peer`."""
        task.require_smooth()
        casadi = self.library()
        kept: list[BaseException] = []
        n, m = task.x0.size, task.equal.size
        f = _function(casadi, "f", n, 1, task.f, lambda x: task.gradient(x)[None], kept)
        x = casadi.MX.sym("x", n)
        model = {"x": x, "f": f(x)}
        if m:
            c = _function(casadi, "c", n, m, task.c, task.jacobian, kept)
            model["g"] = c(x)
        quiet = {"print_time": 0, "ipopt.print_level": 0, "ipopt.sb": "yes"}
        options = {"ipopt.max_iter": task.most, "ipopt.hessian_approximation": "limited-memory"}
        solver = casadi.nlpsol("solver", "ipopt", model, quiet | options)
        limits = {"lbx": task.low, "ubx": task.high}
        if m:
            limits |= {"lbg": np.where(task.equal, 0.0, -np.inf), "ubg": np.zeros(m)}
        found = solver(x0=task.x0, **limits)
        if kept:
            raise kept[0]
        status = solver.stats()["return_status"]
        words = status.replace("_", " ").lower()
        return Answer(np.array(found["x"]).ravel(), CLAIMS.get(status, Claim.NOTHING), words)


def _function(
    casadi: Any,
    name: str,
    n: int,
    m: int,
    value: Callable[[Floats], Any],
    jacobian: Callable[[Floats], Floats],
    kept: list[BaseException],
) -> Any:
    """A callback x (n,) -> (m,) with its Jacobian (m, n)."""

    class Callback(casadi.Callback):  # type: ignore[misc]
        """One of CasADi's functions, computed by ours."""

        def __init__(self, name: str, function: Callable[[Floats], Any], columns: int) -> None:
            casadi.Callback.__init__(self)
            self.function, self.columns = stopping(function, kept), columns
            self.construct(name, {})

        def get_n_in(self) -> int:
            return 1 if self.columns == 1 else 2

        def get_n_out(self) -> int:
            return 1

        def get_sparsity_in(self, i: int) -> Any:
            return casadi.Sparsity.dense(n, 1) if i == 0 else casadi.Sparsity(m, 1)

        def get_sparsity_out(self, _: int) -> Any:
            return casadi.Sparsity.dense(m, self.columns)

        def has_jacobian(self) -> bool:
            return self.columns == 1

        def get_jacobian(self, name: str, *_: Any) -> Any:
            return slopes.alias(name)

        def eval(self, arguments: Any) -> list[Any]:
            out = self.function(np.array(arguments[0]).ravel())
            return [casadi.DM(np.broadcast_to(np.asarray(out), _shape(out, m, self.columns)))]

    class Slopes(Callback):
        """The Jacobian, under whichever name CasADi wants it."""

        def alias(self, name: str) -> Any:
            self.named = Callback(name, jacobian, n)  # kept, as CasADi does not keep it
            return self.named

    slopes = Slopes(f"slopes_{name}", jacobian, n)
    made = Callback(name, value, 1)
    made.slopes = slopes
    return made


def _shape(out: Any, m: int, columns: int) -> tuple[int, ...]:
    """What CasADi takes a result as; a NaN stands for all of it."""
    scalar = isinstance(out, float) and math.isnan(out)
    return (m, columns) if scalar or columns > 1 else (m,)


PEER = Ipopt()
