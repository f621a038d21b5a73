"""The options of a solve of a general model: those of `Options`, and the rest of Excel's dialog.

Excel's own default of *Integer Optimality* is 1%, which ends a search at a solution that may be
1% off without a word about it. Ours is 0: the optimum.
"""

import math
from dataclasses import dataclass
from numbers import Real

from sheetsim.errors import OptionError
from sheetsim.solver.options import Options, whole


@dataclass(frozen=True)
class Settings(Options):
    """What Excel's *All Methods*, *GRG Nonlinear* and *Evolutionary* tabs hold.

    Attributes:
        precision: A constraint is met if it is off by at most this, relative to its `scale`.
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

    integer_tolerance: float = 0.0
    max_subproblems: int | None = None
    mutation_rate: float = 0.075
    max_stall: int = 100
    max_stall_time: float | None = None
    ignore_integers: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("integer_tolerance", "mutation_rate"):
            _share(name, getattr(self, name))
        if self.max_subproblems is not None:
            whole("max_subproblems", self.max_subproblems, 1, "a whole number >= 1, or None")
        whole("max_stall", self.max_stall, 1)
        seconds = self.max_stall_time
        if seconds is not None and not (_number(seconds) and 0 < seconds < math.inf):
            raise OptionError(
                f"option max_stall_time: got {seconds!r}, expected seconds, a number > 0, or None"
            )
        if not isinstance(self.ignore_integers, bool):
            raise OptionError(
                f"option ignore_integers: got {self.ignore_integers!r}, expected True or False"
            )


def _number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _share(name: str, value: object) -> None:
    if not (_number(value) and 0 <= value <= 1):  # type: ignore[operator]
        raise OptionError(f"option {name}: got {value!r}, expected a number from 0 to 1")
