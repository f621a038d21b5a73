"""How a solve may end, in the words of Excel's Solver.

The numbers are those that Excel's VBA function `SolverSolve` returns, and the sentences those of
its *Solver Results* dialog (Microsoft, "SolverSolve Function"; Frontline Systems, "Solver Result
Messages"). Codes that can not happen here (out of memory, too large, stepping through trials,
bounds that a multistart requires) are left out.
"""

from dataclasses import dataclass

OPTIMAL, CONVERGED, NO_BETTER, ITERATIONS, UNBOUNDED, INFEASIBLE, STOPPED = range(7)
NOT_LINEAR, ERROR_VALUE, TIME = 7, 9, 10
INTEGER, SUBPROBLEMS, PROBABLE = 14, 16, 17
CONFLICT, CROSSED = 19, 20

WORDS = {
    OPTIMAL: "Solver found a solution. All constraints and optimality conditions are satisfied.",
    CONVERGED: "Solver has converged to the current solution. All constraints are satisfied.",
    NO_BETTER: "Solver cannot improve the current solution. All constraints are satisfied.",
    ITERATIONS: "Stop chosen when the maximum iteration limit was reached.",
    UNBOUNDED: "The Objective Cell values do not converge.",
    INFEASIBLE: "Solver could not find a feasible solution.",
    STOPPED: "Solver stopped at user's request.",
    NOT_LINEAR: "The linearity conditions required by this LP Solver are not satisfied.",
    ERROR_VALUE: "Solver encountered an error value in the Objective Cell or a Constraint cell.",
    TIME: "Stop chosen when the maximum time limit was reached.",
    INTEGER: "Solver found an integer solution within tolerance. All constraints are satisfied.",
    SUBPROBLEMS: "Stop chosen when the maximum number of integer subproblems was reached.",
    PROBABLE: "Solver converged in probability to a global solution.",
    CONFLICT: "Variable bounds conflict in binary or alldifferent constraint.",
    CROSSED: "Lower and upper bounds on variables allow no feasible solution.",
}

SOLVED = frozenset({OPTIMAL, CONVERGED, NO_BETTER, INTEGER, PROBABLE})
"""The codes that promise a feasible point which the engine could not better."""

KINDS = {
    OPTIMAL: "converged",
    CONVERGED: "converged",
    NO_BETTER: "no better point found",
    ITERATIONS: "stalled",
    UNBOUNDED: "diverged",
    INFEASIBLE: "infeasible",
    STOPPED: "interrupted",
    NOT_LINEAR: "refused",
    ERROR_VALUE: "diverged",
    TIME: "out of time",
    INTEGER: "converged",
    SUBPROBLEMS: "stalled",
    PROBABLE: "converged",
    CONFLICT: "infeasible",
    CROSSED: "infeasible",
}
"""The word that our own sentence begins with, as in `Result.status`."""


@dataclass(frozen=True)
class Ending:
    """Why an engine ended.

    Attributes:
        code: of the table above.
        why: a plain sentence without its word.
        sure: whether a code that promises a solution may be believed: a search that is stuck far
            from where it could end has none.
    """

    code: int
    why: str
    sure: bool = True

    @property
    def status(self) -> str:
        """Our sentence."""
        return f"{KINDS[self.code]}: {self.why}"


class Stop(Exception):  # noqa: N818 - no error: it ends a search from within an evaluation
    """A limit was reached; the best point so far is the answer."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.status)
        self.ending = ending
