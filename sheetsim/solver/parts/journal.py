"""What a batch of runs did: where each run stands, why it ended, and the log of its trials.

Levenberg-Marquardt and L-BFGS iterate all starts together. At each tick every run that is still
alive tries one point; a run that ends drops out of the arrays and leaves its outcome here.

Ctrl-C may come at any moment, when the arrays of a method are half-way changed. What a journal
holds is that of the last whole tick, so who hands one in has the best points until then.
"""

from dataclasses import dataclass, field, fields
from typing import Self

import numpy as np
import numpy.typing as npt

from sheetsim.arrays import Floats
from sheetsim.solver.endings import INTERRUPTED, Ending, Outcome
from sheetsim.solver.evaluator import Clock, Evaluator
from sheetsim.solver.functions import Index, Mask
from sheetsim.solver.result import Trial

Counts = npt.NDArray[np.int64]
WINDOW = 5  # accepted iterations over which the objective must be flat: five, as in Excel


@dataclass(frozen=True)
class Limits:
    """When a run must end.

    Attributes:
        convergence: The relative change of the objective that counts as none.
        max_iterations: Of each run.
        deadline: By the clock.
        clock: That of the call.
    """

    convergence: float
    max_iterations: int
    deadline: float
    clock: Clock

    @classmethod
    def of(cls, evaluator: Evaluator, cap: int, convergence: float | None = None) -> Self:
        """The limits of a call; `cap` is the method's own limit of iterations."""
        options = evaluator.options
        flat = options.convergence if convergence is None else convergence
        most = cap if options.max_iterations is None else options.max_iterations
        return cls(float(flat), int(most), evaluator.deadline, evaluator.clock)

    @property
    def flat(self) -> Outcome:
        """Why a run ended whose objective changes no more."""
        why = (
            f"the objective changed by at most {self.convergence:g} of itself "
            "over the last five iterations"
        )
        return Outcome(Ending.CONVERGED, why)

    def spent(self, iteration: int) -> Outcome | None:
        """Why every run must end now, if it must."""
        if self.clock() >= self.deadline:
            return Outcome(Ending.TIME, f"max_time was reached at iteration {iteration}")
        if iteration >= self.max_iterations:
            why = f"the iteration limit of {self.max_iterations} was reached"
            return Outcome(Ending.ITERATIONS, why)
        return None


def not_finite(iteration: int) -> Outcome:
    """Why a run ended that met NaN or an infinity where it would go on from."""
    at = "the start" if iteration == 0 else "a point on the way"
    return Outcome(Ending.ERROR_VALUE, f"NaN or an infinity at {at}", iteration=iteration)


def trapped(iteration: int) -> Outcome:
    """Why a run ended around which there are no numbers."""
    why = "every step from here ends in NaN or an infinity"
    return Outcome(Ending.ERROR_VALUE, why, iteration=iteration)


@dataclass
class Alive:
    """What a method knows of the runs that are alive: fields of one row for each of them."""

    def keep(self, mask: Mask) -> None:
        """Drop the other rows."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name)[mask])


@dataclass
class Memory:
    """The objective of every run after its last five accepted iterations.

    Attributes:
        ring: (S, WINDOW), a ring buffer; inf where nothing has been accepted yet.
        count: (S,) accepted iterations so far.
    """

    ring: Floats
    count: Counts

    @classmethod
    def empty(cls, S: int) -> Self:
        """The memory of S runs that begin."""
        return cls(np.full((S, WINDOW), np.inf), np.zeros(S, np.int64))

    def __getitem__(self, mask: Mask) -> Self:
        return type(self)(self.ring[mask], self.count[mask])

    def flat(self, accepted: Mask, objective: Floats, convergence: float) -> Mask:
        """Remember what was accepted; say in which of these runs the objective hardly changed."""
        at = np.arange(len(accepted)), self.count % WINDOW
        before = self.ring[at]
        change: Mask = accepted & (before - objective <= convergence * np.abs(objective))
        self.ring[at] = np.where(accepted, objective, before)
        self.count += accepted
        return change


@dataclass
class Journal:
    """The outcome of S runs; empty until it is opened.

    Attributes:
        x: (S, n) the best points.
        objective: (S,) there.
        outcomes: S of them; None while a run is alive.
        living: How many runs are.
        ticks: Per tick: the runs alive, and their objective, evaluations, step and damping.
        last: Of the last tick: the runs alive, their points and objective.
    """

    x: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    objective: Floats = field(default_factory=lambda: np.zeros(0))
    outcomes: list[Outcome | None] = field(default_factory=list)
    living: int = 0
    ticks: list[tuple[Index, Floats, Counts, Floats, Floats]] = field(default_factory=list)
    last: tuple[Index, Floats, Floats] | None = None

    def open(self, x: Floats, objective: Floats) -> None:
        """Begin with S starts x (S, n) and the objective (S,) there."""
        S = x.shape[0]
        self.x, self.objective = x.copy(), objective.copy()
        self.outcomes, self.living = [None] * S, S
        none = np.zeros(S)
        self.record(np.arange(S), x, objective, np.ones(S, np.int64), none, np.full(S, np.nan))

    def record(
        self,
        rows: Index,
        x: Floats,
        objective: Floats,
        evaluations: Counts,
        step: Floats,
        damping: Floats,
    ) -> None:
        """Log one tick of the runs `rows`; copies what the methods change in place."""
        self.ticks.append((rows, objective.copy(), evaluations.copy(), step, damping.copy()))
        self.last = rows, x.copy(), self.ticks[-1][1]  # one assignment, which nothing interrupts

    def interrupt(self) -> None:
        """End every run that is alive where it stood after the last whole tick.

        Raises:
            KeyboardInterrupt: There is no point yet, for the journal was not opened.
        """
        if self.last is None:
            raise KeyboardInterrupt
        rows, x, objective = self.last
        self.close(np.ones(len(rows), dtype=bool), rows, x, objective, INTERRUPTED)

    def close(
        self, ended: Mask, rows: Index, x: Floats, objective: Floats, outcome: Outcome
    ) -> None:
        """End the runs `rows[ended]` that have not ended yet."""
        for at in np.flatnonzero(ended):
            row = int(rows[at])
            if self.outcomes[row] is None:
                self.x[row], self.objective[row] = x[at], objective[at]
                self.outcomes[row] = outcome  # after its point, lest Ctrl-C comes between
                self.living -= 1

    def alive(self, rows: Index) -> Mask:
        """Which of the runs `rows` have not ended."""
        return np.array([self.outcomes[row] is None for row in rows], dtype=bool)

    def outcome(self, run: int) -> Outcome:
        """Why a run ended."""
        outcome = self.outcomes[run]
        assert outcome is not None  # noqa: S101 - the methods iterate until none is alive
        return outcome

    @property
    def ends(self) -> tuple[Outcome, ...]:
        """Why each of many runs ended; () of a single one."""
        return tuple(map(self.outcome, range(len(self.outcomes)))) if len(self.outcomes) > 1 else ()

    @property
    def evaluations(self) -> int:
        """Of the objective, over all runs."""
        last = np.zeros(len(self.outcomes), np.int64)
        for rows, _, evaluations, _, _ in self.ticks:
            last[rows] = evaluations
        return int(last.sum())

    def log(self, run: int) -> tuple[Trial, ...]:
        """The trials of one run."""
        trials = []
        for iteration, (rows, objective, evaluations, step, damping) in enumerate(self.ticks):
            at = int(np.searchsorted(rows, run))
            if at == rows.size or rows[at] != run:
                break  # a run that has dropped out does not come back
            numbers = float(objective[at]), int(evaluations[at]), float(step[at])
            trials.append(Trial(iteration, *numbers, float(damping[at])))
        return tuple(trials)

    def best(self) -> int:
        """The run with the lowest finite objective, the first of equals; 0 if none is finite."""
        return int(np.argmin(np.where(np.isfinite(self.objective), self.objective, np.inf)))
