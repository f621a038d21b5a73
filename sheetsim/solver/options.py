"""The solver's options, named as in the dialog of Excel's Solver.

Excel's own defaults differ in two places that matter. Its *Convergence* is 1e-4, which stops on the
way to the optimum of a factor model: the lecture's, with biases, at an RMSE of 0.31871 where
0.31865 can be had; ours is 1e-10, and the methods here are fast enough to afford it. Its *Integer
Optimality* is 1%, which ends a search at a solution that may be 1% off without a word about it;
ours is 0: the optimum.
"""

from dataclasses import dataclass, fields
from typing import Literal, get_args

from sheetsim.option_values import Parse, flag, one_of, real, whole_number

Derivatives = Literal["analytic", "central", "forward"]


@dataclass(frozen=True)
class Options:
    """How long and how exactly to search.

    Attributes:
        precision: A constraint is met if it is off by at most this, relative to its `scale`, > 0;
            and by so much a lower bound may exceed its upper bound. Bounds themselves are met
            exactly, by projection.
        convergence: Stop when the objective's relative change over the last five accepted
            iterations is at most this, > 0. Excel's default is 1e-4.
        max_time: Seconds, > 0, or None for no limit. The best point so far is returned.
        max_iterations: Iterations (trial points) per start, >= 1, or None for the method's own
            cap. The best point so far is returned.
        derivatives: `analytic` takes the model's own derivatives, and central differences
            where it has none; `central` and `forward` always take differences.
        population: Of Evolutionary: how many points, >= 1.
        seed: Of all random numbers, >= 0. The same seed gives the same result to the last bit.
        integer_tolerance: How far, relative to the optimum, the objective of an integer solution
            may be off, from 0 to 1. Excel's *Integer Optimality (%)* is 0.01.
        max_subproblems: Nodes of the branch and bound, >= 1, or None for its own cap.
        mutation_rate: Of Evolutionary: the share of trials that are mutations, from 0 to 1.
        max_stall: Of Evolutionary: the generations without improvement after which it has
            converged, >= 1. (Excel counts seconds, which makes the answer depend on the machine.)
        max_stall_time: The same in seconds, > 0, or None for no limit.
        ignore_integers: Solve the relaxation: integers, binaries and all-different are dropped.

    Raises:
        OptionError: An option is out of its range or of a wrong type.
    """

    precision: float = 1e-6
    convergence: float = 1e-10
    max_time: float | None = None
    max_iterations: int | None = None
    derivatives: Derivatives = "analytic"
    population: int = 100
    seed: int = 0
    integer_tolerance: float = 0.0
    max_subproblems: int | None = None
    mutation_rate: float = 0.075
    max_stall: int = 100
    max_stall_time: float | None = None
    ignore_integers: bool = False

    def __post_init__(self) -> None:
        for name, parse in _PARSERS.items():
            given = getattr(self, name)
            if given is not None or name not in _NO_LIMIT:
                object.__setattr__(self, name, parse(name, given))

    @property
    def scheme(self) -> str:
        """By which differences derivatives are taken that a model does not have."""
        return "central" if self.derivatives == "analytic" else self.derivatives

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The options' names, in the dialog's order."""
        return tuple(field.name for field in fields(cls))


def _from(least: int) -> Parse:
    return lambda name, value: whole_number(name, value, least)


_PARSERS: dict[str, Parse] = {
    "precision": real(0, above=True),
    "convergence": real(0, above=True),
    "max_time": real(0, above=True),
    "max_iterations": _from(1),
    "derivatives": one_of(*get_args(Derivatives)),
    "population": _from(1),
    "seed": _from(0),
    "integer_tolerance": real(0, 1),
    "max_subproblems": _from(1),
    "mutation_rate": real(0, 1),
    "max_stall": _from(1),
    "max_stall_time": real(0, above=True),
    "ignore_integers": flag,
}
_NO_LIMIT = {"max_time", "max_iterations", "max_subproblems", "max_stall_time"}
"""Options that may be None."""
