"""What a solve of a general model returns: a `Result`, and what a report needs beside it."""

from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt

from sheetsim.solver.result import Result, Trial

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Step(Trial):
    """A trial that bettered the best point so far, by Deb's rules.

    Attributes:
        violation: By how much its worst constraint is missed.
    """

    violation: float = 0.0


@dataclass(frozen=True)
class Row:
    """One block of constraints at the solution, row by row, as the model gave it.

    Attributes:
        name: Of the block.
        relation: Of `values` to 0.
        values: (m,) the function.
        slack: (m,) how far it is from its limit, negative where it is missed; -|value| for =.
        binding: (m,) whether it stands at its limit.
        multipliers: (m,) by how much the objective would grow per unit that 0 is raised (Excel's
            *Lagrange Multiplier* or *Shadow Price*); NaN where the engine has none.
    """

    name: str
    relation: str
    values: Array
    slack: Array
    binding: npt.NDArray[np.bool_]
    multipliers: Array


@dataclass(frozen=True)
class Ranges:
    """How far the data of a linear model may change before the basis does.

    Attributes:
        cost: (n,) the objective's coefficients.
        cost_down, cost_up: (n,) allowable decrease and increase of each.
        rhs_down, rhs_up: One (m,) per block: allowable decrease and increase of its 0.
    """

    cost: Array
    cost_down: Array
    cost_up: Array
    rhs_down: tuple[Array, ...]
    rhs_up: tuple[Array, ...]


@dataclass(frozen=True)
class Solution(Result):
    """The best point found and how it was found; `log` holds the improvements alone.

    `success` says that the point is feasible and the engine could not better it.

    Attributes:
        engine: As Excel calls it.
        code: Of `outcome.WORDS`.
        message: Excel's sentence for it; `status` is ours.
        violation: By how much the worst constraint, bound or whole number is missed.
        constraints: One for each block.
        reduced_gradients: (n,) of the objective less what the constraints account for (Excel's
            *Reduced Gradient* or *Reduced Cost*): 0 for a variable between its bounds; NaN
            where the engine has none.
        ranges: Of a linear model without whole numbers.
        gap: How far the best bound is from the objective, relative to it; for whole numbers.
    """

    engine: str = ""
    code: int = 0
    message: str = ""
    violation: float = 0.0
    constraints: tuple[Row, ...] = ()
    reduced_gradients: Array = field(default_factory=lambda: np.zeros(0))
    ranges: Ranges | None = None
    gap: float | None = None

    def columns(self) -> dict[str, list[float]]:
        """The log as plain columns by heading, ready for a sheet or a DataFrame."""
        names = [field.name for field in fields(Step)]
        return {name: [getattr(step, name) for step in self.log] for name in names}
