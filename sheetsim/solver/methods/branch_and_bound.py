"""Whole numbers for a smooth model: branch and bound on the continuous solver.

Dropping the whole numbers gives a relaxation whose optimum is a bound (Land & Doig 1960; Dakin
1965). A variable that comes out at 3.4 splits it in two, x <= 3 and x >= 4; the part with the
lowest bound is next, and a part whose bound is no better than the best whole point is dropped.
Each part starts from its parent's optimum. At the first node, and at every tenth, the optimum is
also rounded and the rest solved for, which often finds a good point early.

The bounds are bounds where the relaxation's local optima are global ones: here, where constraints
are known to be linear and the objective linear or convex. Elsewhere a local optimum may hide a
better one, and a search that finds no feasible point may have missed one; then the answer is the
best point found, and neither "no better one exists" nor "infeasible" is said. A feasible start is
the first to beat.
"""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Ending, Outcome
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.found import Found
from sheetsim.solver.parts.feasibility import infeasible, none_found

CAP = 5_000  # nodes
NEAR = 1e-6  # of a whole number: what a continuous solver calls whole
ROUNDING_EVERY = 10
SAME = 1e-9  # of the objective: a bound that promises no more than rounding

Local = Callable[[Evaluator, Floats, Floats, Floats], Found]


@dataclass(order=True)
class _Node:
    bound: float
    number: int
    x: Floats = field(compare=False)
    low: Floats = field(compare=False)
    high: Floats = field(compare=False)


@dataclass
class _Tree:
    evaluator: Evaluator
    local: Local
    best: Found | None = None
    nodes: int = 0
    unsure: bool = False
    stalled: bool = False

    def __post_init__(self) -> None:
        known = self.evaluator.best
        if known is not None and self.evaluator.feasible(known):
            self.best = Found(known, Outcome(Ending.NO_BETTER, "known before"))

    @property
    def tells_feasible(self) -> bool:
        """Whether a relaxation without a feasible point has none, each of them."""
        model = self.evaluator.model
        aimed = model.sense != "value" or model.linear
        return bool(aimed and all(each.linear for each in model.constraints)) and not self.unsure

    @property
    def bounds(self) -> bool:
        """Whether the relaxations' optima were bounds, each of them."""
        model = self.evaluator.model
        convex = bool(model.linear or model.convex)
        return self.tells_feasible and convex and not self.stalled

    def cut(self, bound: float) -> bool:
        """Whether a bound is no better than what is there."""
        if self.best is None:
            return False
        f = self.best.point.f
        slack = max(self.evaluator.options.integer_tolerance, SAME) * max(1.0, abs(f))
        return bound >= f - slack

    def keep(self, found: Found) -> bool:
        """Take a whole and feasible point if it is the best; say whether it is one at all."""
        ok = self.evaluator.feasible(found.point)
        if ok and (self.best is None or found.point.f < self.best.point.f):
            self.best = found
        return ok

    def rounded(self, x: Floats, low: Floats, high: Floats) -> bool:
        """Try the nearest whole numbers, the other variables solved for; say if they will do."""
        whole = self.evaluator.whole
        near = np.where(whole, np.clip(np.round(x), low, high), x)
        if whole.all():
            point = self.evaluator.at(near)
            return self.keep(Found(point, Outcome(Ending.OPTIMAL, "every variable is whole")))
        fixed = np.where(whole, near, low), np.where(whole, near, high)
        return self.keep(self.local(self.evaluator, near, *fixed))

    def parts(self, node: _Node, found: Found) -> list[tuple[Floats, Floats]]:
        """The bounds of the two parts of a node that is worth it, from its relaxation's optimum."""
        ending, point = found.outcome.ending, found.point
        if not (ending.solved and _met(self.evaluator, point)):
            self.unsure |= ending is not Ending.INFEASIBLE
            return []
        self.stalled |= not found.outcome.success
        if self.cut(point.f):
            return []
        whole = np.flatnonzero(self.evaluator.whole)
        off = np.abs(point.x[whole] - np.round(point.x[whole]))
        if off.max(initial=0.0) <= NEAR:
            if self.rounded(point.x, node.low, node.high):
                return []
            # So near to whole numbers, and yet they will not do: a small step that costs much.
            if not off.any():
                self.unsure = True
                return []
        elif self.nodes % ROUNDING_EVERY == 1:
            self.rounded(point.x, node.low, node.high)
        return _split(point.x, node, int(whole[np.argmax(off)]))


def run(evaluator: Evaluator, start: Floats, local: Local) -> Found:
    """Search from a start (n,); `local` solves relaxations.

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    tree, numbers = _Tree(evaluator, local), itertools.count()
    cap = evaluator.options.max_subproblems or CAP
    queue = [_Node(-np.inf, next(numbers), start, evaluator.low, evaluator.high)]
    while queue and tree.nodes < cap:
        node = heapq.heappop(queue)
        if tree.cut(node.bound):
            break  # and so is every other: they are sorted
        tree.nodes += 1
        found = local(evaluator, node.x, node.low, node.high)
        if found.outcome.ending is Ending.UNBOUNDED:
            return found
        x = found.point.x
        for low, high in tree.parts(node, found):
            child = _Node(found.point.f, next(numbers), np.clip(x, low, high), low, high)
            heapq.heappush(queue, child)
    return _ended(tree, queue, evaluator)


def _met(evaluator: Evaluator, point: Point) -> bool:
    """Whether all is met but that numbers are whole."""
    return point.finite and evaluator.worst(point) <= evaluator.options.precision


def _split(x: Floats, node: _Node, at: int) -> list[tuple[Floats, Floats]]:
    low, high = node.low.copy(), node.high.copy()
    high[at], low[at] = np.floor(x[at]), np.ceil(x[at])
    return [(node.low, high), (low, node.high)]


def _ended(tree: _Tree, queue: list[_Node], evaluator: Evaluator) -> Found:
    best = tree.best
    left = bool(queue) and not tree.cut(queue[0].bound)
    if best is None:
        assert evaluator.best is not None  # noqa: S101 - a node was evaluated
        if tree.tells_feasible and not left:
            why = "no whole point meets the constraints"
            return Found(evaluator.best, infeasible(why), proved=True)
        why = f"no feasible whole point was found in {tree.nodes} subproblems"
        if left:
            return Found(evaluator.best, Outcome(Ending.SUBPROBLEMS, why))
        why += ", which is no proof that there is none"
        return Found(evaluator.best, none_found(why))
    if left:
        why = f"the limit of {tree.nodes} subproblems was reached; the best whole point is returned"
        return Found(best.point, Outcome(Ending.SUBPROBLEMS, why), best.multipliers)
    if not tree.bounds:
        why = (
            f"the best whole point of {tree.nodes} subproblems; that none is better is not proved, "
            "for the relaxations were solved locally"
        )
        return Found(best.point, Outcome(Ending.NO_BETTER, why), best.multipliers)
    tolerance = evaluator.options.integer_tolerance
    words = f"within {tolerance:g} of the best possible" if tolerance else "no better one exists"
    ending = Ending.INTEGER if tolerance else Ending.OPTIMAL
    parts = "the optimum of 1 subproblem is a bound"
    if tree.nodes > 1:
        parts = f"the optima of {tree.nodes} subproblems are bounds"
    why = f"{parts}: {words}"
    return Found(best.point, Outcome(ending, why), best.multipliers, proved=True)
