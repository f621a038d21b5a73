"""What a batch of runs did: where each run stands, why it ended, and the log of its trials.

Both methods iterate all starts together. At each tick every run that is still alive tries one
point; a run that ends drops out of the arrays and leaves its outcome here.
"""

import math
import time
from dataclasses import dataclass, field, fields
from typing import Self

import numpy as np
import numpy.typing as npt

from sheetsim.solver.options import Options
from sheetsim.solver.problem import Array
from sheetsim.solver.result import Trial

Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
WINDOW = 5  # accepted iterations over which the objective must be flat: five, as in Excel


SICK = "every step from here ends in NaN or an infinity"


@dataclass(frozen=True)
class Limits:
    """When a run must end. `deadline` is in the seconds of `time.perf_counter`."""

    convergence: float
    deadline: float
    max_iterations: int

    @classmethod
    def of(cls, options: Options, began: float, cap: int) -> Self:
        """The limits that the options set; `cap` is the method's own iteration limit."""
        seconds = math.inf if options.max_time is None else float(options.max_time)
        most = cap if options.max_iterations is None else int(options.max_iterations)
        return cls(float(options.convergence), began + seconds, most)

    @property
    def flat_status(self) -> str:
        """The sentence for a run whose objective changes no more."""
        return (
            f"converged: the objective changed by at most {self.convergence:g} of itself "
            "over the last five iterations"
        )

    def spent(self, iteration: int) -> str:
        """Why every run must end now, or an empty string."""
        if time.perf_counter() >= self.deadline:
            return f"out of time: max_time was reached at iteration {iteration}"
        if iteration >= self.max_iterations:
            return f"stalled: the iteration limit of {self.max_iterations} was reached"
        return ""


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

    ring: Array
    count: Counts

    @classmethod
    def empty(cls, S: int) -> Self:
        """The memory of S runs that begin."""
        return cls(np.full((S, WINDOW), np.inf), np.zeros(S, np.int64))

    def __getitem__(self, mask: Mask) -> Self:
        return type(self)(self.ring[mask], self.count[mask])

    def flat(self, accepted: Mask, objective: Array, convergence: float) -> Mask:
        """Remember what was accepted; say in which of these runs the objective hardly changed."""
        at = np.arange(len(accepted)), self.count % WINDOW
        before = self.ring[at]
        change: Mask = accepted & (before - objective <= convergence * np.abs(objective))
        self.ring[at] = np.where(accepted, objective, before)
        self.count += accepted
        return change


@dataclass
class Journal:
    """The outcome of S runs.

    Attributes:
        x: (S, n) the best points.
        objective: (S,) there.
        status: S sentences; empty while a run is alive.
        living: How many runs are.
        ticks: Per tick: the runs alive, and their objective, evaluations, step and damping.
    """

    x: Array
    objective: Array
    status: list[str]
    living: int
    ticks: list[tuple[Rows, Array, Counts, Array, Array]] = field(default_factory=list)

    @classmethod
    def open(cls, x: Array, objective: Array) -> Self:
        """Begin with S starts x (S, n) and the objective (S,) there."""
        S = x.shape[0]
        journal = cls(x.copy(), objective.copy(), [""] * S, S)
        none = np.zeros(S)
        journal.record(np.arange(S), objective, np.ones(S, np.int64), none, np.full(S, np.nan))
        return journal

    def record(
        self, rows: Rows, objective: Array, evaluations: Counts, step: Array, damping: Array
    ) -> None:
        """Log one tick of the runs `rows`; copies what the methods change in place."""
        self.ticks.append((rows, objective.copy(), evaluations.copy(), step, damping.copy()))

    def close(self, ended: Mask, rows: Rows, x: Array, objective: Array, status: str) -> None:
        """End the runs `rows[ended]` that have not ended yet, with a sentence."""
        for at in np.flatnonzero(ended):
            row = int(rows[at])
            if not self.status[row]:
                self.status[row] = status
                self.living -= 1
                self.x[row], self.objective[row] = x[at], objective[at]

    def alive(self, rows: Rows) -> Mask:
        """Which of the runs `rows` have not ended."""
        return np.array([not self.status[row] for row in rows], dtype=bool)

    @property
    def evaluations(self) -> int:
        """Of the objective, over all runs."""
        last = np.zeros(len(self.status), np.int64)
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
