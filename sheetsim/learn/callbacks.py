"""Callbacks that are ready to use; what a callback is stands beside the loop that calls it."""

from collections.abc import Callable

from sheetsim.learn.learner import Callback, Learner


class LossLine(Callback):
    """Says how far a training is, with its loss smoothed, every so many steps.

    Attributes:
        say: called with words, and how many steps were done since it was last called.
        every: steps between two calls.
        beta: how much of the smoothed loss is kept from step to step.
    """

    def __init__(self, say: Callable[[str, int], None], every: int = 25, beta: float = 0.98):
        self.say, self.every, self.beta = say, every, beta
        self._average, self._said, self._steps = 0.0, 0, 0

    def on_train_begin(self, _learner: Learner, steps: int) -> None:
        """Start the average anew."""
        self._average, self._said, self._steps = 0.0, 0, steps

    def on_batch_end(self, _learner: Learner, step: int, loss: float) -> None:
        """Average the loss, and speak up now and then."""
        self._average = self.beta * self._average + (1 - self.beta) * loss
        if step % self.every == 0 or step == self._steps:
            smooth = self._average / (1 - self.beta**step)
            self.say(f"step {step:,} of {self._steps:,}, loss {smooth:.4f}", step - self._said)
            self._said = step
