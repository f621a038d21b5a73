"""How a model is asked for itself as a mixed-integer linear one, and why it is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sheetsim.arrays import Floats
from sheetsim.mixed_integer import MixedInteger
from sheetsim.solver.functions import Mask


@dataclass(frozen=True)
class NotLinear:
    """Why a model is no such one.

    Attributes:
        cell: of the workbook, "" if it is not one cell's doing.
        why: a plain sentence.
        unbounded: whether a bound on a variable is all that is missing.
    """

    cell: str
    why: str
    unbounded: bool = False

    @property
    def sentence(self) -> str:
        """The cell and why."""
        return f"{self.cell}: {self.why}" if self.cell else self.why


Reformulate = Callable[[Floats, Floats, Mask, bool, bool], MixedInteger | NotLinear]
"""Lower and upper bounds (n,), which variables are whole, whether a value is to be reached, and
whether constraints tighten the bounds. The model's constraints are the first of the rows."""
