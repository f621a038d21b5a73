"""What a peer is given, a model as functions, and what it answers, a point and a claim."""

from __future__ import annotations

import enum
import importlib
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetsim.errors import EngineMissingError
from sheetsim.solver.endings import Ending, Outcome, Stop
from sheetsim.solver.evaluator import Evaluator

if TYPE_CHECKING:
    from sheetsim.arrays import Floats
    from sheetsim.solver.evaluator import Point
    from sheetsim.solver.functions import Mask


class Claim(enum.Enum):
    """What a solver says of the point that it returns."""

    BEST = "no better point anywhere"
    NEARBY = "no better point nearby"
    INFEASIBLE = "no feasible point"
    UNBOUNDED = "no limit to the objective"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Answer:
    """What a peer returns.

    Attributes:
        x: (n,) its point.
        claim: what it says of it.
        message: the same in its own words.
    """

    x: Floats
    claim: Claim
    message: str


class Refused(Exception):  # noqa: N818 - no error: a solver takes some models and not others
    """A peer does not take the model; the message says why."""


class Peer(ABC):
    """A solver that is not ours.

    Attributes:
        name: how it is called on the command line and in the table.
        package: what is to be installed for it.
        module: of that, which it imports.
    """

    name: str
    package: str
    module: str

    def library(self) -> Any:
        """Import its module.

        Raises:
            EngineMissingError: it is not installed.
        """
        try:
            return importlib.import_module(self.module)
        except ImportError as error:
            why = f"{self.module} is not installed: pip install {self.package}"
            raise EngineMissingError(why) from error

    @abstractmethod
    def solve(self, task: Task) -> Answer:
        """Solve it, within the task's limits.

        Raises:
            Refused: the model is not of its kind.
            Stop: a limit of the task was reached, in one of its functions.
        """


@dataclass
class Task:
    """A model for a peer: minimize f(x) subject to c(x) = 0 or <= 0, and low <= x <= high.

    Every function is ours, compiled from the workbook, counted and timed.

    Attributes:
        evaluator: of the model: its functions, bounds, limits and memory of the best point.
        trace: when each better point was met, in seconds since the start, and its objective.
    """

    evaluator: Evaluator
    trace: list[tuple[float, float]] = field(default_factory=list)
    _last: Point | None = field(default=None, init=False, repr=False)

    @property
    def x0(self) -> Floats:
        """The start (n,), within the bounds."""
        return self.evaluator.start.copy()

    @property
    def low(self) -> Floats:
        """Lower bounds (n,), -inf for none."""
        return self.evaluator.low

    @property
    def high(self) -> Floats:
        """Upper bounds (n,), inf for none."""
        return self.evaluator.high

    @property
    def equal(self) -> Mask:
        """Which rows of c (m,) are equalities."""
        return self.evaluator.equal

    @property
    def most(self) -> int:
        """The most iterations."""
        return self.evaluator.options.max_iterations or 10_000

    def require_smooth(self) -> None:
        """Refuse whole numbers, for a solver of smooth models.

        Raises:
            Refused: there are some.
        """
        if self.evaluator.whole.any() or self.evaluator.groups:
            raise Refused("takes no whole numbers")

    def point(self, x: Floats, *, slopes: bool = True) -> Point:
        """The model at x (n,), with derivatives if asked; the last point is remembered.

        Raises:
            Stop: the time is over, or x is no number.
        """
        x = np.array(x, dtype=float)
        last = self._last
        if last is not None and np.array_equal(last.x, x):
            return last
        if not np.isfinite(x).all():
            raise Stop(Outcome(Ending.ERROR_VALUE, "it asked for a point that is no number"))
        evaluator = self.evaluator
        known = len(evaluator.log)
        point = evaluator.at(x, slopes=slopes)
        if len(evaluator.log) > known and evaluator.best is not None:
            self.trace.append((evaluator.clock() - evaluator.began, evaluator.best.shown))
        self._last = point
        return point

    def f(self, x: Floats) -> float:
        """The objective, as it is minimized, at x (n,)."""
        return self.point(x).f

    def gradient(self, x: Floats) -> Floats:
        """Its gradient (n,)."""
        return self.evaluator.derive(self.point(x))[0].copy()

    def c(self, x: Floats) -> Floats:
        """The constraints (m,)."""
        return self.point(x).c.copy()

    def jacobian(self, x: Floats) -> Floats:
        """Their Jacobian (m, n)."""
        return self.evaluator.derive(self.point(x))[1].copy()

    def hessian(self, x: Floats, sigma: float, multipliers: Floats) -> Floats:
        """The Hessian (n, n) of sigma f + multipliers · c, by differences of exact derivatives."""

        def slope(at: Floats) -> Floats:
            g, A = self.evaluator.derive(self.evaluator.at(at, probe=True))
            return sigma * g + A.T @ multipliers

        steps = math.sqrt(np.finfo(float).eps) * np.maximum(1.0, np.abs(x))
        there = [slope(x + step * unit) for step, unit in zip(steps, np.eye(x.size), strict=True)]
        H = (np.stack(there) - slope(x)) / steps[:, None]
        return 0.5 * (H + H.T)
