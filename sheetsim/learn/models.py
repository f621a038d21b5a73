"""What a model is to the learner: groups of parameters, predictions, and gradients.

A group is one array. Its order is from the input to the output, so that the last group is the
head, and `freeze` leaves that one alone to train.
"""

from typing import Protocol

from sheetsim.learn.rows import Rows
from sheetsim.sheet import Array

Gradient = Array | Rows


class Model(Protocol):
    """A model that the learner can train.

    Attributes:
        kind: its name in a saved file.
        groups: parameters by the name of their layer group; the learner puts new arrays here.
    """

    kind: str
    groups: dict[str, Array]

    def predict(self, *inputs: Array) -> Array:
        """Predictions for inputs of n rows; (n, ...)."""
        ...

    def loss(self, predictions: Array, targets: Array) -> float:
        """The mean loss of predictions (n, ...) for targets (n,)."""
        ...

    def gradients(
        self, inputs: tuple[Array, ...], targets: Array
    ) -> tuple[float, dict[str, Gradient]]:
        """The mean loss of a batch, and its gradient in every group."""
        ...
