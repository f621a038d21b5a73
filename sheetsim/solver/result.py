"""What a solve returns: the best point, why the search ended, and what a report needs."""

from dataclasses import dataclass, field, fields

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.mixed_integer import MixedInteger
from sheetsim.solver.endings import Ending, Outcome
from sheetsim.solver.functions import Mask


@dataclass(frozen=True, slots=True)
class Trial:
    """One line of the log.

    Of models whose functions take many points at once, every trial point of the start that won,
    kept or not; of other models, those that bettered the best point so far, by Deb's rules.

    Attributes:
        iteration: 0 is the start.
        objective: Of the best point so far.
        evaluations: Of the objective so far, those for finite differences included.
        step: Euclidean length of the step; 0 at the start.
        damping: Levenberg-Marquardt's damping or L-BFGS's step length along its direction, as
            used in this trial; NaN where there is none.
        violation: By how much the best point's worst constraint is off.
    """

    iteration: int
    objective: float
    evaluations: int
    step: float
    damping: float
    violation: float = 0.0


@dataclass(frozen=True)
class Row:
    """One block of constraints at the solution, row by row, as the model gave it.

    Attributes:
        name: Of the block.
        relation: Of `values` to 0.
        values: (m,) the function.
        slack: (m,) how far it is from its limit, negative where it is violated; -|value| for =.
        binding: (m,) whether it stands at its limit.
        multipliers: (m,) by how much the objective would grow per unit that 0 is raised (Excel's
            *Lagrange Multiplier* or *Shadow Price*); NaN where the engine has none.
    """

    name: str
    relation: str
    values: Floats
    slack: Floats
    binding: Mask
    multipliers: Floats


@dataclass(frozen=True)
class Ranges:
    """How far the data of a linear model may change before the basis does.

    Attributes:
        cost: (n,) the objective's coefficients.
        cost_down, cost_up: (n,) allowable decrease and increase of each.
        rhs_down, rhs_up: One (m,) per block: allowable decrease and increase of its 0.
    """

    cost: Floats
    cost_down: Floats
    cost_up: Floats
    rhs_down: tuple[Floats, ...]
    rhs_up: tuple[Floats, ...]


@dataclass(frozen=True)
class Conflict:
    """Constraints that cannot all hold, of a model without a solution.

    Attributes:
        rows: block and row of each.
        bounds: variable, and whether it is its upper bound.
        proved: whether it is proved; else they are those that the search missed at its best point.
        irreducible: whether without any one of them the others can all hold.
    """

    rows: tuple[tuple[int, int], ...]
    bounds: tuple[tuple[int, bool], ...]
    proved: bool
    irreducible: bool


@dataclass(frozen=True)
class Result:
    """The best point found and how it was found.

    Attributes:
        objective: The number the sheet shows, at `variables`.
        variables: (n,) in the model's own order.
        ending: How the search ended.
        status: The same as a sentence of ours, which says why.
        success: Whether the point is feasible and the engine could not better it.
        iterations: Of the engine, over all starts; trial points of the start that won, where all
            starts are one batch.
        evaluations: Of the objective, over all starts, finite differences included.
        seconds: By the clock of the call.
        log: The way there; see `Trial`.
        start: (n,) the start that won, before anything was done to it but projection on the
            bounds.
        start_objective: The objective there.
        engine: As Excel calls it.
        violation: By how much the worst constraint, bound or whole number is off.
        constraints: One for each block.
        reduced_gradients: (n,) of the objective less what the constraints account for (Excel's
            *Reduced Gradient* or *Reduced Cost*): 0 for a variable between its bounds; NaN
            where the engine has none.
        ranges: Of a linear model without whole numbers.
        gap: How far the best bound is from the objective, relative to it; for whole numbers.
        proved: Whether the ending holds for the whole model: no better point anywhere, or no
            feasible one. An optimum without it is one of its surroundings.
        by: Which other program solved it, and why, in words; "" if our own methods did.
        ends: How each start ended, where there were many; the status says it, too.
        conflict: The constraints that cannot all hold, where there is no solution.
        reformulated: The model with binaries for its formulas, where HiGHS was given it.
    """

    objective: float
    variables: Floats
    ending: Ending
    status: str
    success: bool
    iterations: int
    evaluations: int
    seconds: float
    log: tuple[Trial, ...]
    start: Floats
    start_objective: float
    engine: str
    violation: float = 0.0
    constraints: tuple[Row, ...] = ()
    reduced_gradients: Floats = field(default_factory=lambda: np.zeros(0))
    ranges: Ranges | None = None
    gap: float | None = None
    proved: bool = False
    by: str = ""
    ends: tuple[Outcome, ...] = ()
    conflict: Conflict | None = None
    reformulated: MixedInteger | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for array in (self.variables, self.start):
            array.flags.writeable = False

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the search; the point is the best one until then."""
        return self.ending is Ending.STOPPED

    @property
    def message(self) -> str:
        """Excel's sentence for the ending; `status` is ours."""
        return self.ending.message

    def columns(self) -> dict[str, list[float]]:
        """The log as plain columns by heading, ready for a sheet or a DataFrame."""
        names = [field.name for field in fields(Trial)]
        return {name: [getattr(trial, name) for trial in self.log] for name in names}
