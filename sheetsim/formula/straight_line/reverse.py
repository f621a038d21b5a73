"""Reverse mode on a plan: the steps of an output's derivatives by the cells given.

From the output back, each step passes on its bar, the derivative of the output by it, times its
partials (Griewank and Walther, *Evaluating Derivatives*, 2008, ch. 3). Bars are steps of the plan
themselves, so that what several outputs share, and constants, are computed once.
"""

from __future__ import annotations

from heapq import heappop, heappush

from sheetsim.formula.straight_line.rules import RULES, Partials
from sheetsim.formula.straight_line.scalar_plan import Plan


class Reverse:
    """Derivatives of a plan's steps.

    Args:
        plan: the steps are added to it.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._moves: dict[int, bool] = {}
        self._partials: dict[int, Partials] = {}

    def gradient(self, output: int) -> dict[int, int]:
        """Return cell -> the step of the output's derivative by it, for those that move it.

        Raises:
            TooLongError: there are too many steps.
        """
        plan = self._plan
        self._look(output)
        out: dict[int, int] = {}
        bars = {output: plan.number(1.0)}
        waiting = [-output]  # no step needs a later one
        while waiting:
            at = -heappop(waiting)
            bar = bars.pop(at)
            step = plan.steps[at]
            if step.op == "cell":
                out[step.note] = bar
                continue
            for one, partial in zip(step.args, self._slopes(at), strict=True):
                if partial is None or not self._moves[one]:
                    continue
                more = plan.times(bar, partial)
                if one in bars:
                    bars[one] = plan.plus(bars[one], more)
                else:
                    bars[one] = more
                    heappush(waiting, -one)
        return out

    def _slopes(self, at: int) -> Partials:
        if at not in self._partials:
            op, args, _ = self._plan.steps[at]
            partials: Partials = [None] * len(args)
            if any(self._moves[one] for one in args):
                partials = RULES[op].partials(self._plan, at, *args)
            self._partials[at] = partials
        return self._partials[at]

    def _look(self, output: int) -> None:
        """See which of the steps that an output needs depend on the cells."""
        moves, steps = self._moves, self._plan.steps
        todo = [output]
        while todo:
            at = todo[-1]
            if at in moves:
                todo.pop()
                continue
            step = steps[at]
            missing = [one for one in step.args if one not in moves]
            if missing:
                todo += missing
                continue
            moves[at] = step.op == "cell" or any(moves[one] for one in step.args)
            todo.pop()
