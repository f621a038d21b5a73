"""What can be told of a training as it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sheetsim.learn.learner import Epoch, Learner


class Callback:
    """Does nothing; override what is of interest."""

    def on_train_begin(self, learner: Learner, steps: int) -> None:
        """A fit begins that will take so many steps."""

    def on_batch_end(self, learner: Learner, step: int, loss: float) -> bool | None:
        """A batch is done, the `step`-th of this fit; return True to stop."""

    def on_epoch_end(self, learner: Learner, epoch: Epoch) -> None:
        """An epoch is done and validated."""

    def on_train_end(self, learner: Learner) -> None:
        """The fit is over."""


class LossLine(Callback):
    """Says how far a training is, with its loss smoothed, every so many steps.

    Attributes:
        say: called with words, and how many steps were done since it was last called.
        every: steps between two calls.
        beta: how much of the smoothed loss is kept from step to step.
    """

    def __init__(self, say: Callable[[str, int], None], every: int = 25, beta: float = 0.98):
        self.say, self.every, self.beta = say, every, beta
        self._average, self._told, self._steps = 0.0, 0, 0

    def on_train_begin(self, _learner: Learner, steps: int) -> None:
        """Start the average anew."""
        self._average, self._told, self._steps = 0.0, 0, steps

    def on_batch_end(self, _learner: Learner, step: int, loss: float) -> None:
        """Average the loss, and speak up now and then."""
        self._average = self.beta * self._average + (1 - self.beta) * loss
        if step % self.every == 0 or step == self._steps:
            smooth = self._average / (1 - self.beta**step)
            self.say(f"step {step:,} of {self._steps:,}, loss {smooth:.4f}", step - self._told)
            self._told = step
