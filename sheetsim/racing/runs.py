"""Any number of runs at once: the time steps are a Python loop, the runs are rows of arrays.

A run has its own learning rate, hyperparameters, start and seed. Rates and hyperparameters are
arrays, also where all runs share one, for a power of a number may round differently from a power
of an array. So the optimizer's rule does the same arithmetic on one run as on many, and each run
of a batch takes exactly the steps that it takes alone, to the last bit. With noise, what the rule
gets is the gradient plus noise z, z drawn from a standard normal by the generator of the run's
seed: runs of one seed see the same z, step by step.

A run has diverged at the first step after which its place or its loss is no finite number; from
then on it is NaN. It needs no warning: it is counted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sheetsim.learn.rules import Rule
from sheetsim.racing.surfaces import Surface, pair
from sheetsim.sheet import Array

Say = Callable[[str, int], None]

BLOCK = 64
"""Steps whose noise is drawn at once, and after which `say` is called."""

NEVER = -1


@dataclass(frozen=True, eq=False)
class Runs:
    """What became of B runs.

    Attributes:
        x: places after the last step, (B, 2); NaN where diverged.
        loss: there, (B,); infinity where diverged.
        start_loss: before the first step, (B,).
        diverged: the step, counted from 1, in which a run left the range of floats, (B,);
            `NEVER` if none.
        reached: the first step after which the loss is at most `within` of the start's, (B,);
            0 if it is 0 at the start, `NEVER` if it never is.
        paths: all places, (steps + 1, B, 2); (0, B, 2) if they were not to be kept.
        losses: all losses, (steps + 1, B), likewise.
    """

    x: Array
    loss: Array
    start_loss: Array
    diverged: NDArray[np.int64]
    reached: NDArray[np.int64]
    paths: Array
    losses: Array

    @property
    def sound(self) -> NDArray[np.bool_]:
        """Runs that neither diverged nor ended above their start, (B,)."""
        return np.asarray(self.loss <= self.start_loss)


def run(
    surface: Surface,
    rule: Rule,
    lr: Array,
    hyper: Mapping[str, float | Array],
    start: Array,
    steps: int,
    *,
    noise: float = 0.0,
    seeds: NDArray[np.int64] | None = None,
    within: float = 1e-3,
    keep: bool = False,
    say: Say | None = None,
) -> Runs:
    """Step B runs of an optimizer over a surface.

    Args:
        surface: whose gradient is followed.
        rule: the optimizer.
        lr: learning rates, (B, 1).
        hyper: the rule's further parameters, each a number or (B, 1).
        start: places to start from, (B, 2) or (2,).
        steps: how many, at least 1.
        noise: standard deviation of what is added to each component of the gradient.
        seeds: of the noise, (B,); all 0 by default.
        within: see `Runs.reached`.
        keep: return the paths and losses too.
        say: called now and then with words and the number of steps done since.

    Returns:
        How the runs ended.
    """
    runs = len(lr)
    arrays = {name: np.atleast_2d(value) for name, value in hyper.items()}
    x = pair(*np.broadcast_to(np.asarray(start, dtype=float), (runs, 2)).T)
    draws = _Noise(noise, np.zeros(runs, int) if seeds is None else seeds, steps)
    with np.errstate(all="ignore"):  # a run that diverges is marked, below
        loss = start_loss = surface.loss(x)
        diverged = np.full(runs, NEVER)
        reached = np.where(start_loss == 0, 0, NEVER)
        goal = within * start_loss
        places = (steps + 1) * keep
        paths, losses = np.empty((places, runs, 2)), np.empty((places, runs))
        if keep:
            paths[0], losses[0] = x, loss
        state = rule.init(x)
        for t in range(1, steps + 1):
            grad = surface.gradient(x)
            if noise:
                grad = grad + draws(t)
            x, state = rule.step(x, grad, state, lr=lr, t=t, **arrays)
            loss = surface.loss(x)
            lost = ~(np.isfinite(loss) & np.isfinite(x[:, 0]) & np.isfinite(x[:, 1]))
            if lost.any():
                diverged[lost & (diverged == NEVER)] = t
                x[lost] = np.nan
                loss = np.where(lost, np.inf, loss)
            reached[(loss <= goal) & (reached == NEVER)] = t
            if keep:
                paths[t], losses[t] = x, loss
            if say is not None and (t % BLOCK == 0 or t == steps):
                say(f"step {t:,} of {steps:,}", (t - 1) % BLOCK + 1)
    return Runs(x, loss, start_loss, diverged, reached, paths, losses)


class _Noise:
    """Standard normal numbers, times a standard deviation, for each run and step."""

    def __init__(self, scale: float, seeds: NDArray[np.int64], steps: int) -> None:
        self._scale, self._steps = scale, steps
        distinct, self._whose = np.unique(seeds, return_inverse=True)
        self._generators = [np.random.default_rng(int(seed)) for seed in distinct]
        self._block = np.empty((0, 0, 2))

    def __call__(self, t: int) -> Array:
        """The noise of step t, (B, 2); steps are asked for one after the other, from 1."""
        at = (t - 1) % BLOCK
        if at == 0:
            size = (min(BLOCK, self._steps - t + 1), 2)
            drawn = [generator.standard_normal(size) for generator in self._generators]
            self._block = self._scale * np.stack(drawn, axis=-1)
        return pair(*self._block[at][:, self._whose])
