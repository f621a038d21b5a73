"""How a solve may end: the endings of Excel's Solver, and why one came about.

`Ending.code` is what Excel's VBA function `SolverSolve` returns, and `Ending.message` the sentence
of its *Solver Results* dialog (Microsoft, "SolverSolve Function"; Frontline Systems, "Solver Result
Messages"). Endings that can not happen here (out of memory, too large, stepping through trials,
bounds that a multistart requires) are left out. `Ending.word` begins our own sentence, which goes
on to say why: `Outcome.status`. Excel has one sentence where we tell two endings apart: a model
that has no feasible point, and one of which none was found.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Ending(Enum):
    """Excel's result code, the word that our sentence begins with, and Excel's sentence."""

    OPTIMAL = (
        0,
        "converged",
        "Solver found a solution. All constraints and optimality conditions are satisfied.",
    )
    CONVERGED = (
        1,
        "converged",
        "Solver has converged to the current solution. All constraints are satisfied.",
    )
    NO_BETTER = (
        2,
        "no better point found",
        "Solver cannot improve the current solution. All constraints are satisfied.",
    )
    ITERATIONS = (3, "stalled", "Stop chosen when the maximum iteration limit was reached.")
    UNBOUNDED = (4, "diverged", "The Objective Cell values do not converge.")
    INFEASIBLE = (5, "infeasible", "Solver could not find a feasible solution.")
    NOT_FOUND = (5, "no feasible point found", "Solver could not find a feasible solution.")
    STOPPED = (6, "interrupted", "Solver stopped at user's request.")
    NOT_LINEAR = (
        7,
        "refused",
        "The linearity conditions required by this LP Solver are not satisfied.",
    )
    ERROR_VALUE = (
        9,
        "diverged",
        "Solver encountered an error value in the Objective Cell or a Constraint cell.",
    )
    TIME = (10, "out of time", "Stop chosen when the maximum time limit was reached.")
    INTEGER = (
        14,
        "converged",
        "Solver found an integer solution within tolerance. All constraints are satisfied.",
    )
    SUBPROBLEMS = (
        16,
        "stalled",
        "Stop chosen when the maximum number of integer subproblems was reached.",
    )
    PROBABLE = (17, "converged", "Solver converged in probability to a global solution.")
    CONFLICT = (
        19,
        "infeasible",
        "Variable bounds conflict in binary or alldifferent constraint.",
    )
    CROSSED = (
        20,
        "infeasible",
        "Lower and upper bounds on variables allow no feasible solution.",
    )

    def __init__(self, code: int, word: str, message: str) -> None:
        self.code, self.word, self.message = code, word, message

    @property
    def solved(self) -> bool:
        """Whether it promises a feasible point that the engine could not better."""
        return self in _SOLVED

    @property
    def limited(self) -> bool:
        """Whether a limit or Ctrl-C cut the search short, so that its best point is of use."""
        return self in _LIMITED


_SOLVED = frozenset(
    {Ending.OPTIMAL, Ending.CONVERGED, Ending.NO_BETTER, Ending.INTEGER, Ending.PROBABLE}
)
_LIMITED = frozenset({Ending.ITERATIONS, Ending.TIME, Ending.STOPPED, Ending.SUBPROBLEMS})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a search ended, and why.

    Attributes:
        ending: how.
        why: a plain sentence without its first word.
        sure: whether an ending that promises a solution may be believed: a search that is stuck
            far from where it could end has none, and is said to have stalled.
        iteration: at which one, where the sentence is to name it.
    """

    ending: Ending
    why: str
    sure: bool = True
    iteration: int | None = None

    @property
    def success(self) -> bool:
        """Whether there is a solution, if the point is feasible."""
        return self.ending.solved and self.sure

    @property
    def status(self) -> str:
        """Our sentence."""
        stuck = self.ending is Ending.NO_BETTER and not self.sure
        word = "stalled" if stuck else self.ending.word
        at = "" if self.iteration is None else f" at iteration {self.iteration}"
        return f"{word}{at}: {self.why}"


_WORDS = {
    Ending.UNBOUNDED: "diverged",
    Ending.ERROR_VALUE: "diverged",
    Ending.INFEASIBLE: "found no feasible point",
    Ending.NOT_FOUND: "found no feasible point",
}
"""What became of a start."""


def tally(ends: Sequence[Outcome]) -> str:
    """How many starts ended how, to follow the sentence of the best.

    Nothing if there were not many, or Ctrl-C ended all that were left.
    """
    if len(ends) < 2 or any(outcome.ending is Ending.STOPPED for outcome in ends):
        return ""
    words = Counter(_word(outcome) for outcome in ends)
    parts = ", ".join(f"{count} {word}" for word, count in words.most_common())
    return f"; best of {len(ends):,} starts: {parts}"


def _word(outcome: Outcome) -> str:
    if outcome.ending.limited:
        return "stopped at a limit"
    if outcome.ending is Ending.NO_BETTER:
        return "found no better point" if outcome.sure else "stalled"
    return _WORDS.get(outcome.ending, "converged")


INTERRUPTED = Outcome(Ending.STOPPED, "Ctrl-C; this is the best point so far")


class Stop(Exception):  # noqa: N818 - no error: it ends a search from within an evaluation
    """A limit was reached; the best point so far is the answer."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.status)
        self.outcome = outcome


def stopping(function: Callable[..., Any], kept: list[BaseException]) -> Callable[..., Any]:
    """Return a function for a library that no exception may pass through.

    It gives NaN from the first `Stop` or Ctrl-C on.

    Args:
        function: ours.
        kept: what came, to be raised by who called the library.
    """

    def safe(*args: Any) -> Any:
        if kept:
            return math.nan
        try:
            return function(*args)
        except (Stop, KeyboardInterrupt) as reason:
            kept.append(reason)
            return math.nan

    return safe
