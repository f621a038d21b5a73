"""The race: several optimizers from one start, with one budget of steps.

A learning rate that suits one optimizer is useless to another (Adam's step is about lr long,
whatever the gradient; plain descent's is lr times the gradient), so that a race at one rate for
all says little. Here a rate is given, or it is tuned by a rule that is the same for everyone:

    of 57 rates, 8 a decade from 1e-6 to 10, the one whose loss after the last step is least,
    the smallest of them if several are equal; runs that diverge or end above the start lose

The 57 runs are one batch. It is a rule for a race and not for practice: it spends 57 budgets to
find the rate, and it looks at the loss at the end alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sheetsim.learn.rules import RULES
from sheetsim.racing import _checked
from sheetsim.racing._checked import plain
from sheetsim.racing.runs import NEVER, Runs, Say, run
from sheetsim.racing.surfaces import Pair, Surface
from sheetsim.sheet import Array

STEPS = 300
"""The budget, if none is given."""

WITHIN = 1e-3
"""The goal: this part of the start's loss."""

RATES = 10.0 ** (np.arange(-48, 9) / 8)
"""What a rate is tuned from, (57,)."""

TUNING = (
    "of 57 rates, 8 a decade from 1e-6 to 10, the one with the least loss after the last step "
    "(the smallest of equals)"
)


class Chosen(StrEnum):
    """How a racer's learning rate was found."""

    GIVEN = "given"
    TUNED = "tuned"
    IN_VAIN = "tuned, in vain"
    """No rate of the grid ends below the start."""
    AT_END = "tuned, at the grid's end"
    """A better one may lie beyond."""


class Ended(Enum):
    """How a racer's run ended; the value says it to people."""

    FINISHED = "finished"
    ABOVE = "ended above its start"
    DIVERGED = "diverged in step {:,}"


@dataclass(frozen=True, eq=False)
class Racer:
    """An optimizer in a race.

    Attributes:
        optimizer: its name.
        lr: its learning rate.
        chosen: how that was found.
        hyper: its further parameters.
        path: its places, (steps + 1, 2), NaN once it has diverged.
        losses: its losses, (steps + 1,), infinity once it has diverged.
        distance: from the nearest minimum, after the last step; NaN if it diverged.
        reached: the first step after which its loss is at most a thousandth of the start's; None
            if it never is.
        ended: how its run ended.
        diverged: in which step; 0 if it did not.
    """

    optimizer: str
    lr: float
    chosen: Chosen
    hyper: Mapping[str, float]
    path: Array
    losses: Array
    distance: float
    reached: int | None
    ended: Ended
    diverged: int = 0

    @property
    def can_win(self) -> bool:
        """Whether it neither diverged nor ended above its start."""
        return self.ended is Ended.FINISHED

    @property
    def status(self) -> str:
        """How its run ended, in plain words."""
        return self.ended.value.format(self.diverged)

    @property
    def loss(self) -> float:
        """After the last step; infinity if it diverged."""
        return float(self.losses[-1])

    @property
    def end(self) -> tuple[float, float]:
        """Loss and distance after the last step."""
        return self.loss, self.distance


@dataclass(frozen=True, eq=False)
class Race:
    """A race and how it ended.

    Attributes:
        surface: where.
        steps: the budget.
        start: the place that all start from.
        noise: standard deviation of the noise on each component of the gradient.
        seed: of the noise, which is the same for all.
        racers: in the order in which they were named.
        winner: of those that can win the one of least loss, the sooner at the goal of equals; ""
            if there is none.
        status: the outcome in a sentence.
    """

    surface: Surface
    steps: int
    start: Pair
    noise: float
    seed: int
    racers: tuple[Racer, ...]
    winner: str
    status: str

    @property
    def goal(self) -> float:
        """The loss to reach: a thousandth of the start's."""
        return WITHIN * float(self.racers[0].losses[0])

    @property
    def tuning(self) -> str:
        """The rule by which rates were tuned, in a sentence; "" if all were given."""
        return TUNING if any(racer.chosen is not Chosen.GIVEN for racer in self.racers) else ""

    def as_dict(self) -> dict[str, Any]:
        """All of it but the paths, as plain values."""
        return {
            "surface": self.surface.name,
            "condition": self.surface.condition,
            "minima": plain(self.surface.minima),
            "steps": self.steps,
            "start": plain(self.start),
            "noise": self.noise,
            "seed": self.seed,
            "tuning": self.tuning,
            "goal": self.goal,
            "racers": [
                {
                    "optimizer": racer.optimizer,
                    "lr": racer.lr,
                    "chosen": str(racer.chosen),
                    "hyper": dict(racer.hyper),
                    "loss": racer.loss,
                    "x": plain(racer.path[-1]),
                    "distance": racer.distance,
                    "reached": racer.reached,
                    "sound": racer.can_win,
                    "status": racer.status,
                }
                for racer in self.racers
            ],
            "winner": self.winner,
            "status": self.status,
        }


def race(
    surface: str = "line",
    *,
    optimizers: str | Sequence[str] | None = None,
    steps: int = STEPS,
    lr: float | Mapping[str, float] | None = None,
    beta1: float | None = None,
    beta2: float | None = None,
    start: Sequence[float] | None = None,
    noise: float = 0.0,
    seed: int = 0,
    progress: Say | None = None,
    **hyper: float,
) -> Race:
    """Race optimizers, in their textbook variants, over a loss surface of two parameters.

    All have the same start and the same budget of steps, each with the whole surface's gradient.
    A learning rate that is not given is tuned: of 57 rates, 8 a decade from 1e-6 to 10, the one
    whose loss after the last step is least, the smallest of equals.

    Args:
        surface: `line` (the mean squared error over the points of gradient_descent.xlsx),
            `rosenbrock`, `beale` or `saddle`; see `sheetsim.racing.surfaces`.
        optimizers: names of some of `sheetsim.learn.rules.RULES`; all by default.
        steps: the budget of each, 1 to 100,000.
        lr: learning rate of all, above 0; or a mapping, name to rate, for some of them.
        beta1: of those that have it; by default each has its own.
        beta2: likewise.
        start: two numbers; the surface's own start by default.
        noise: standard deviation of the normal noise that is added to each component of each
            gradient, the same for all optimizers.
        seed: of the noise.
        progress: called with words and with the number of optimizers done since.
        **hyper: further parameters, such as `epsilon`, of those that have them.

    Returns:
        `racers`, each with `lr`, `path` (steps + 1, 2), `losses` (steps + 1,), `distance` from the
        nearest minimum, `reached` (the first step after which the loss is at most a thousandth of
        the start's, or None) and `status`; `winner`, the one of least loss that neither diverged
        nor ended above the start; `status`. `save` draws it.

    Raises:
        OptionError: a name that is none, or a number out of its range.
    """
    place = _checked.surface_of(surface)
    names = _checked.optimizers_of(optimizers)
    steps = _checked.steps_of("steps", steps)
    rates = _checked.rates_of(lr, names)
    settings = _checked.hyper_of(names, {"beta1": beta1, "beta2": beta2, **hyper})
    at = _checked.start_of(place, start)
    noise, seed = _checked.noise_of("noise", noise), _checked.seed_of("seed", seed)
    racers = []
    for name in names:
        if progress is not None:
            progress(f"{name}: running", 0)
        racers.append(_racer(place, name, rates.get(name), settings[name], at, steps, noise, seed))
        if progress is not None:
            progress(f"{name}: done", 1)
    able = [racer for racer in racers if racer.can_win]
    best = min(able, key=_standing, default=None)
    status = _status(place, at, steps, best, racers)
    return Race(
        place, steps, at, noise, seed, tuple(racers), best.optimizer if best else "", status
    )


def tuned(losses: Array, sound: NDArray[np.bool_]) -> int:
    """Which run is the best: least loss, first of equals; sound runs before all others."""
    return int(np.argmin(np.where(sound, losses, np.inf)))


def _racer(
    surface: Surface,
    name: str,
    lr: float | None,
    hyper: Mapping[str, float],
    start: Pair,
    steps: int,
    noise: float,
    seed: int,
) -> Racer:
    def runs(rates: Array, *, keep: bool) -> Runs:
        seeds = np.full(len(rates), seed)
        at = np.array(start)
        return run(
            surface, RULES[name], rates[:, None], hyper, at, steps,
            noise=noise, seeds=seeds, within=WITHIN, keep=keep,
        )  # fmt: skip

    chosen = Chosen.GIVEN
    if lr is None:
        batch = runs(RATES, keep=False)
        best = tuned(batch.loss, batch.sound)
        lr, chosen = float(RATES[best]), Chosen.TUNED
        if not batch.sound.any():
            chosen = Chosen.IN_VAIN
        elif best in (0, len(RATES) - 1):
            chosen = Chosen.AT_END
    alone = runs(np.array([lr]), keep=True)
    lost = int(alone.diverged[0])
    ended = Ended.FINISHED if alone.sound[0] else Ended.ABOVE
    if lost != NEVER:
        ended = Ended.DIVERGED
    reached = int(alone.reached[0])
    return Racer(
        optimizer=name,
        lr=lr,
        chosen=chosen,
        hyper=hyper,
        path=alone.paths[:, 0],
        losses=alone.losses[:, 0],
        distance=float(surface.distance(alone.x[0])),
        reached=None if reached == NEVER else reached,
        ended=ended,
        diverged=0 if lost == NEVER else lost,
    )


def _standing(racer: Racer) -> tuple[float, float]:
    return racer.loss, np.inf if racer.reached is None else racer.reached


def _status(
    surface: Surface, start: Pair, steps: int, best: Racer | None, racers: list[Racer]
) -> str:
    where = f"{surface.name}, {steps:,} step{'s' * (steps > 1)} from ({start[0]:g}, {start[1]:g})"
    if best is None:
        return f"{where}: nobody ended below the start"
    lost = sum(not racer.can_win for racer in racers)
    note = f"; {lost} of {len(racers)} diverged or ended above the start" if lost else ""
    equals = sum(racer.can_win and _standing(racer) == _standing(best) for racer in racers)
    first = f", the first of {equals} equals," if equals > 1 else ""
    return f"{where}: {best.optimizer}{first} has the least loss at the end, {best.loss:.3g}{note}"
