"""The training loop: mini-batches, an optimizer's rule, schedules, freezing, the finder of rates.

    learner = Learner(model, train, valid, optimizer="adam", weight_decay=0.1)
    learner.lr_find().suggested
    learner.fit_one_cycle(5, 5e-3)
    learner.history                   a DataFrame, a row an epoch

Every step takes one batch: gradients from the model, each group of parameters decayed by
1 - lr weight_decay and moved by the optimizer's rule with that group's rate. `fit` begins with a
fresh state of the optimizer (fastai keeps the one of the fit before, if there was one). The order
of the batches comes from the seed.

The schedules are those of the workbook `schedules`, the rates of groups those of `transfer`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from sheetsim.errors import OptionError, OptionName
from sheetsim.learn.models import Model
from sheetsim.learn.rules import rule_of
from sheetsim.option_values import BELOW_1, real, whole, whole_number
from sheetsim.sheet import Array
from sheetsim.topics.schedules.lr_finder import exponential, smoothed, stop_at, suggest
from sheetsim.topics.schedules.one_cycle import one_cycle
from sheetsim.topics.transfer.layer_rates import group_rates

if TYPE_CHECKING:
    import pandas as pd

Metric = Callable[[Array, Array], float]

SKIPPED = 10
"""First steps of the finder that do not count; fastai's plot leaves out as many."""

_WHOLE, _SEED = whole(1, 10**9), whole(0, 2**32 - 1)
_DECAY, _RATE = real(0, 1e6), real(0, 1e6, above=True)
_SCHEDULE = {
    **dict.fromkeys(("div", "div_final"), real(0, above=True)),
    "pct_start": real(0, 1),
    **dict.fromkeys(("momentum_high", "momentum_low"), real(0, BELOW_1)),
}


class TrainingEnd(Enum):
    """How a training ended; the sentence for people is `Learner.status`."""

    NOT_TRAINED = "not trained yet"
    FINISHED = "finished"
    DIVERGED = "diverged"
    STOPPED = "stopped by a callback"


class Callback:
    """Is called as a training goes on. Does nothing; override what is of interest."""

    def on_train_begin(self, learner: Learner, steps: int) -> None:
        """A fit begins that will take so many steps."""

    def on_batch_end(self, learner: Learner, step: int, loss: float) -> bool | None:
        """A batch is done, the `step`-th of this fit; return True to stop."""

    def on_epoch_end(self, learner: Learner, epoch: Epoch) -> None:
        """An epoch is done and validated."""

    def on_train_end(self, learner: Learner) -> None:
        """The fit is over."""


@dataclass(frozen=True)
class Data:
    """Rows to learn from.

    Attributes:
        inputs: arrays of n rows each, what the model's `predict` takes.
        targets: (n,) what it should have said.
    """

    inputs: tuple[Array, ...]
    targets: Array

    def __post_init__(self) -> None:
        if len(self.targets) == 0 or any(len(x) != len(self.targets) for x in self.inputs):
            counts = [len(x) for x in self.inputs]
            raise OptionError(
                f"inputs have {counts} rows and targets {len(self.targets)}; expected as many of "
                "each, and one at least"
            )

    def take(self, rows: Array | slice) -> Data:
        """Some of the rows, in the order given."""
        return Data(tuple(x[rows] for x in self.inputs), self.targets[rows])


@dataclass(frozen=True)
class Epoch:
    """What an epoch came to.

    Attributes:
        epoch: its number, from 1 on, over all fits.
        train_loss: mean of the batches' losses, each before its step.
        valid_loss: loss on the rows held back, after the epoch; NaN if there are none.
        valid_metric: the learner's metric on them, such as accuracy; NaN if it has none.
        seconds: how long it took, validation included.
    """

    epoch: int
    train_loss: float
    valid_loss: float
    valid_metric: float
    seconds: float


@dataclass(frozen=True)
class RateSearch:
    """What the finder of learning rates saw.

    Attributes:
        lr: (n,) rate of every step, up to where it stopped.
        loss: (n,) loss of the step's batch.
        smoothed: (n,) the same, smoothed.
        suggested: rate at the least smoothed loss, divided by 10; the first `SKIPPED` steps do not
            count, whose average is of a few batches that may have been lucky.
        status: how the run ended, and how far to trust it.
    """

    lr: Array
    loss: Array
    smoothed: Array
    suggested: float
    status: str


@dataclass
class Learner:
    """A model, its data, and how it learns.

    Attributes:
        model: whose groups of parameters change.
        train: rows to learn from.
        valid: rows held back, if any.
        optimizer: one of `sheetsim.learn.rules.RULES`, by name.
        hyper: its hyperparameters besides lr, where they are not to be the defaults.
        batch_size: rows in a batch; the last of an epoch may have fewer.
        weight_decay: 0 or above; see `decoupled`.
        decoupled: shrink the weights by 1 - lr weight_decay before every step (AdamW), or else
            add weight_decay sum(w^2) to the loss.
        seed: of the order of the batches.
        metric: (predictions, targets) -> a number to watch on the rows held back.
        callbacks: called after every batch and epoch.
        epochs: what the epochs so far came to.
        losses: of all batches so far.
        ended: how the last fit ended.
        status: the same in a sentence.
    """

    model: Model
    train: Data
    valid: Data | None = None
    optimizer: str = "adam"
    hyper: dict[str, float] = field(default_factory=dict)
    batch_size: int = 64
    weight_decay: float = 0.0
    decoupled: bool = True
    seed: int = 42
    metric: Metric | None = None
    callbacks: Sequence[Callback] = ()
    epochs: list[Epoch] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    ended: TrainingEnd = TrainingEnd.NOT_TRAINED
    status: str = TrainingEnd.NOT_TRAINED.value

    def __post_init__(self) -> None:
        self.batch_size = _WHOLE("batch_size", self.batch_size)
        self.weight_decay = _DECAY("weight_decay", self.weight_decay)
        self.seed = _SEED("seed", self.seed)
        self._rule, self._hyper = rule_of(self.optimizer, self.hyper)
        self._frozen: set[str] = set()
        self._rng = np.random.default_rng([self.seed, 1])
        self._state: dict[str, tuple[Array, ...]] = {}
        self._t = 0

    # Training ----------------------------------------------------------------------------

    def fit(self, epochs: int, lr: float | slice) -> None:
        """Train at a constant rate.

        Args:
            epochs: passes over the rows, at least 1.
            lr: of every group, or `slice(x)`, `slice(x, y)` (see `group_rates`).

        Raises:
            OptionError: epochs or a rate that may not be so.
        """
        steps = self.steps(epochs)
        self._run(epochs, np.outer(np.ones(steps), self._rates(lr)), None)

    def fit_one_cycle(self, epochs: int, lr_max: float | slice, **schedule: float) -> None:
        """Train with a rate that rises and falls once, and a momentum that does the opposite.

        Args:
            epochs: passes over the rows, at least 1.
            lr_max: greatest rate, as in `fit`.
            **schedule: `div`, `div_final`, `pct_start`, `momentum_high`, `momentum_low`.

        Raises:
            OptionError: epochs or a rate that may not be so.
        """
        for name in schedule:
            if name not in _SCHEDULE:
                raise OptionError(f"a one-cycle has no {name}; it has {', '.join(_SCHEDULE)}")
        checked = {name: _SCHEDULE[name](name, value) for name, value in schedule.items()}
        shape, momentum = one_cycle(self.steps(epochs), lr_max=1.0, **checked)
        rates = np.outer(shape, self._rates(lr_max))
        self._run(epochs, rates, momentum if self._rule.momentum else None)

    def lr_find(self, steps: int = 100, low: float = 1e-7, high: float = 10.0) -> RateSearch:
        """Let the rate grow from batch to batch until the loss explodes; then undo all of it.

        Args:
            steps: at most so many batches.
            low: first rate.
            high: last rate.

        Returns:
            Rates and losses up to where the smoothed loss exceeded 4 times its least.

        Raises:
            OptionError: the very first loss is no number, or an argument that may not be so.
        """
        steps, low = whole(2, 10**6)("steps", steps), _RATE("low", low)
        high = real(low, 1e6, above=True)("high", high)
        kept = {name: x.copy() for name, x in self.model.groups.items()}
        rng = np.random.default_rng([self.seed, 2])
        rates, losses = exponential(steps, low, high), list[float]()
        self._begin()
        try:
            with _calm():
                for batch in self._endless(rng):
                    lr = float(rates[len(losses)])
                    losses.append(self._step(batch, [lr] * len(kept), self._hyper))
                    if len(losses) == steps or stop_at(smoothed(np.array(losses))) < len(losses):
                        break
        finally:
            self.model.groups.update(kept)
        smooth = smoothed(np.array(losses))
        end = stop_at(smooth)
        if end == 0:
            raise OptionError("the loss is no number before the first step; nothing can be found")
        first = min(SKIPPED, end - 1)
        best = suggest(rates[first:end], smooth[first:end])
        ended = _how_it_ended(rates[:end], smooth[first:end], steps)
        return RateSearch(rates[:end], np.array(losses[:end]), smooth[:end], best, ended)

    # Groups ------------------------------------------------------------------------------

    def freeze(self) -> None:
        """Let the last group alone train."""
        self.freeze_to(len(self.model.groups) - 1)

    def unfreeze(self) -> None:
        """Let every group train."""
        self._frozen.clear()

    def freeze_to(self, first: int) -> None:
        """Let the groups from number `first` on train, counted from 0.

        Raises:
            OptionError: there is no such group.
        """
        names = list(self.model.groups)
        if not 0 <= first < len(names):
            raise OptionError(OptionName("group"), f" is {first}; expected 0 to {len(names) - 1}")
        self._frozen = set(names[:first])

    # Looking at it -----------------------------------------------------------------------

    @property
    def history(self) -> pd.DataFrame:
        """The epochs so far: epoch, train_loss, valid_loss, valid_metric, seconds."""
        import pandas as pd

        return pd.DataFrame([asdict(epoch) for epoch in self.epochs])

    def validate(self, data: Data | None = None) -> tuple[float, float]:
        """Loss and metric on the rows held back, or on others; NaN where there are none."""
        rows = self.valid if data is None else data
        if rows is None:
            return float("nan"), float("nan")
        predictions = self.model.predict(*rows.inputs)
        loss = self.model.loss(predictions, rows.targets)
        return loss, self.metric(predictions, rows.targets) if self.metric else float("nan")

    # Inside ------------------------------------------------------------------------------

    def steps(self, epochs: int) -> int:
        """How many batches so many epochs have.

        Raises:
            OptionError: epochs is no whole number from 1 on.
        """
        return whole_number("epochs", epochs, 1) * -(-len(self.train.targets) // self.batch_size)

    def _rates(self, lr: float | slice) -> Array:
        return group_rates(lr, len(self.model.groups))

    def _begin(self) -> None:
        """A fresh state of the optimizer."""
        self._t = 0
        self._state = {name: self._rule.init(x) for name, x in self.model.groups.items()}

    def _run(self, epochs: int, rates: Array, momentum: Array | None) -> None:
        """All epochs, calmly."""
        with _calm():
            self._train(epochs, rates, momentum)

    def _train(self, epochs: int, rates: Array, momentum: Array | None) -> None:
        """All epochs; a loss that is no number, or a callback, ends them early."""
        self._begin()
        plan = rates.tolist()
        hyper = dict(self._hyper)
        self._call("on_train_begin", len(plan))
        step = 0
        self._end(TrainingEnd.FINISHED, f": {len(plan):,} steps, epochs: {epochs}")
        for _ in range(epochs):
            start, first = time.perf_counter(), len(self.losses)
            for batch in self._batches(self._rng):
                if momentum is not None:
                    hyper[self._rule.momentum] = float(momentum[step])
                loss = self._step(batch, plan[step], hyper)
                self.losses.append(loss)
                step += 1
                if not np.isfinite(loss):
                    why = f" at step {step:,}: the loss is {loss}; try a smaller lr"
                    self._end(TrainingEnd.DIVERGED, why)
                    break
                if self._call("on_batch_end", step, loss):
                    self._end(TrainingEnd.STOPPED, f" at step {step:,}")
                    break
            loss, metric = self.validate()
            if self.ended is TrainingEnd.FINISHED and not self._is_finite(loss):
                why = f" in epoch {len(self.epochs) + 1}: try a smaller lr"
                self._end(TrainingEnd.DIVERGED, why)
            mean = float(np.mean(self.losses[first:]))
            seconds = time.perf_counter() - start
            self.epochs.append(Epoch(len(self.epochs) + 1, mean, loss, metric, seconds))
            self._call("on_epoch_end", self.epochs[-1])
            if self.ended is not TrainingEnd.FINISHED:
                break
        self._call("on_train_end")

    def _end(self, ended: TrainingEnd, why: str) -> None:
        """Note how the fit ended, and say it."""
        self.ended, self.status = ended, ended.value + why

    def _is_finite(self, valid_loss: float) -> bool:
        """Whether the parameters, and the loss on the rows held back, are numbers still."""
        known = self.valid is None or np.isfinite(valid_loss)
        return bool(known) and all(np.isfinite(x).all() for x in self.model.groups.values())

    def _step(self, batch: Data, rates: Sequence[float], hyper: dict[str, float]) -> float:
        """One step; returns the batch's loss before it."""
        loss, gradients = self.model.gradients(batch.inputs, batch.targets)
        self._t += 1
        groups, decay = self.model.groups, self.weight_decay
        for name, lr in zip(groups, rates, strict=True):
            if name in self._frozen:
                continue
            x, gradient = groups[name], gradients[name]
            if decay and self.decoupled:
                x = x * (1 - lr * decay)
            elif decay:
                loss += decay * float(np.vdot(x, x))
                gradient = gradient + 2 * decay * x
            state = self._state[name]
            groups[name], self._state[name] = self._rule.step(
                x, gradient, state, lr=lr, t=self._t, **hyper
            )
        return loss

    def _batches(self, rng: np.random.Generator) -> Iterator[Data]:
        """The rows in a random order, cut into batches."""
        shuffled = self.train.take(rng.permutation(len(self.train.targets)))
        for start in range(0, len(shuffled.targets), self.batch_size):
            yield shuffled.take(slice(start, start + self.batch_size))

    def _endless(self, rng: np.random.Generator) -> Iterator[Data]:
        while True:
            yield from self._batches(rng)

    def _call(self, event: str, *what: Any) -> bool:
        """Call every callback; whether one of them wants to stop."""
        answers = [getattr(callback, event)(self, *what) for callback in self.callbacks]
        return any(answers)  # every callback is called, whatever the first one wants


@contextmanager
def _calm() -> Iterator[None]:
    """One thread of BLAS, for more wait for each other; what diverges says so in a sentence."""
    with threadpool_limits(limits=1, user_api="blas"), np.errstate(all="ignore"):
        yield


def _how_it_ended(rates: Array, smooth: Array, steps: int) -> str:
    """A sentence on a run of the finder, whose losses that count are the last ones."""
    last = f"{rates[-1]:.2g}"
    ended = f"the loss never exploded up to lr {last}"
    if len(rates) < steps:
        ended = f"the smoothed loss passed four times its least at lr {last}"
    least = int(smooth.argmin())
    if smooth[least] > 0.98 * smooth[0]:
        return f"{ended}; but it hardly fell at all: do not trust the suggestion"
    if least == len(smooth) - 1:
        return f"{ended}, and was still falling: the suggestion is a lower limit"
    return ended
