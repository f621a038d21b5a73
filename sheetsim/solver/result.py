"""What a solve returns: the optimum, why it stopped, what it cost, and the log of its trials."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Trial:
    """One iteration: one trial point, kept if it lowered the objective.

    Attributes:
        iteration: 0 is the start.
        objective: Of the best point so far, so the column never rises.
        evaluations: Of the objective so far, those for finite differences included.
        step: Euclidean length of the step that was tried, kept or not; 0 at the start.
        damping: Levenberg-Marquardt's damping or the quasi-Newton's step length along its
            direction, as used in this trial; NaN where there is none.
    """

    iteration: int
    objective: float
    evaluations: int
    step: float
    damping: float


@dataclass(frozen=True)
class Result:
    """The best point found and how it was found.

    Attributes:
        objective: The number the sheet shows, at `variables`.
        variables: (n,) in the problem's own order.
        status: A sentence that begins with converged, stalled, out of time, diverged or
            infeasible, and goes on to say why.
        success: Whether the method converged.
        iterations: Trial points of the start that won.
        evaluations: Of the objective, over all starts, finite differences included.
        seconds: Wall-clock time.
        log: The trials of the start that won.
        start: (n,) the start that won, before anything was done to it but projection on the
            bounds.
        start_objective: The objective there.
    """

    objective: float
    variables: npt.NDArray[np.float64]
    status: str
    success: bool
    iterations: int
    evaluations: int
    seconds: float
    log: tuple[Trial, ...]
    start: npt.NDArray[np.float64]
    start_objective: float

    def __post_init__(self) -> None:
        for array in (self.variables, self.start):
            array.flags.writeable = False

    def columns(self) -> dict[str, list[float]]:
        """The log as plain columns by heading, ready for a sheet or a DataFrame."""
        names = [field.name for field in fields(Trial)]
        return {name: [getattr(trial, name) for trial in self.log] for name in names}
