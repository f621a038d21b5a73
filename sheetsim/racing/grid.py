"""The sweep: an optimizer's loss at the end, over a grid of learning rates and betas and seeds.

All runs of the grid are one batch of arrays. Learning rates are spaced evenly in their logarithm,
betas in that of 1 - beta: an average with beta remembers about 1 / (1 - beta) steps, so that 0,
0.9 and 0.99 are as far apart as 1, 10 and 100 steps of memory.

Several seeds draw several noises on the gradient, and a cell is the median of their losses. A run
that diverges or ends above its start counts as infinity; a cell in which half of them do has no
loss.

For plain momentum on a quadratic the picture is known: it converges where

    lr < 2 (1 + beta1) / largest eigenvalue

and is best along a ridge that climbs to beta1 = ((sqrt c - 1) / (sqrt c + 1))^2 for condition
number c (Polyak 1964).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sheetsim.errors import OptionError, OptionName
from sheetsim.learn.rules import RULES
from sheetsim.option_values import BELOW_1
from sheetsim.racing import _checked
from sheetsim.racing._checked import plain
from sheetsim.racing.contest import STEPS
from sheetsim.racing.runs import Say, run
from sheetsim.racing.surfaces import Pair, Surface
from sheetsim.sheet import Array

if TYPE_CHECKING:
    import pandas as pd

LR_RANGE = (1e-6, 10.0, 57)
BETA_RANGE = (0.0, 0.999, 40)


@dataclass(frozen=True, eq=False)
class Sweep:
    """Losses over a grid.

    Attributes:
        surface: where.
        optimizer: who.
        over: the parameter that is swept, such as beta1.
        lrs: learning rates, rising, (L,).
        betas: rising, (K,).
        hyper: the optimizer's further parameters, which are the same everywhere.
        steps: of each run.
        start: of each run.
        noise: standard deviation of the noise on each component of the gradient.
        seeds: of the noise, (S,).
        losses: the median over the seeds of the loss after the last step, (K, L); infinity where
            half of the runs or more failed.
        failed: how many of the S runs diverged or ended above the start, (K, L).
        best: place (row, column) of the least loss, first of equals; None if all cells failed.
        status: the outcome in a sentence.
    """

    surface: Surface
    optimizer: str
    over: str
    lrs: Array
    betas: Array
    hyper: Mapping[str, float]
    steps: int
    start: Pair
    noise: float
    seeds: tuple[int, ...]
    losses: Array
    failed: NDArray[np.int64]
    best: tuple[int, int] | None
    status: str

    def frame(self) -> pd.DataFrame:
        """The grid as rows: the beta, lr, loss (NaN where it failed), runs and how many failed."""
        import pandas as pd

        betas, lrs = np.meshgrid(self.betas, self.lrs, indexing="ij")
        return pd.DataFrame(
            {
                self.over: betas.ravel(),
                "lr": lrs.ravel(),
                "loss": np.where(np.isfinite(self.losses), self.losses, np.nan).ravel(),
                "runs": len(self.seeds),
                "failed": self.failed.ravel(),
            }
        )

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values; losses[i][j] belongs to the i-th beta and the j-th lr."""
        row, column = self.best or (0, 0)
        best = {
            self.over: float(self.betas[row]),
            "lr": float(self.lrs[column]),
            "loss": float(self.losses[row, column]),
        }
        return {
            "surface": self.surface.name,
            "optimizer": self.optimizer,
            "over": self.over,
            "steps": self.steps,
            "start": plain(self.start),
            "noise": self.noise,
            "seeds": plain(self.seeds),
            "hyper": dict(self.hyper),
            "lrs": plain(self.lrs),
            "betas": plain(self.betas),
            "losses": plain(self.losses),
            "failed": plain(self.failed),
            "best": best if self.best else None,
            "status": self.status,
        }


def sweep(
    surface: str = "line",
    optimizer: str = "momentum",
    *,
    over: str | None = None,
    lr_range: Sequence[float] = LR_RANGE,
    beta_range: Sequence[float] = BETA_RANGE,
    steps: int = STEPS,
    beta1: float | None = None,
    beta2: float | None = None,
    start: Sequence[float] | None = None,
    noise: float = 0.0,
    seed: int = 0,
    seeds: int = 1,
    progress: Say | None = None,
    **hyper: float,
) -> Sweep:
    """Run an optimizer over a grid of learning rates, betas and seeds, as one batch of arrays.

    Args:
        surface: as in `race`.
        optimizer: name of a rule that has parameters to sweep (`swept` in its topic's file).
        over: the one of them that is swept, such as `beta2`; by default the first.
        lr_range: lowest, highest and how many learning rates, spaced evenly in their logarithm;
            the rates that `race` tunes with by default.
        beta_range: the same of betas, spaced evenly in the logarithm of 1 - beta; (0, 0.999, 40) by
            default.
        steps: of each run, 1 to 100,000.
        beta1: if it is not swept.
        beta2: likewise.
        start: as in `race`.
        noise: as in `race`.
        seed: of the noise; the first if there are several.
        seeds: how many noises are drawn for each cell of the grid; above 1 only with noise.
        progress: called with words and with the number of steps done since.
        **hyper: further parameters of the optimizer, such as `epsilon`, if they are not swept.

    Returns:
        `lrs` (L,), `betas` (K,), `losses` (K, L): the median over the seeds of the loss after the
        last step, infinity where half of them or more diverged or ended above the start; `failed`
        (K, L), how many did; `best`, the place of the least loss; `status`; and `frame()`, the grid
        as a DataFrame with a row for each cell. `save` draws it.

    Raises:
        OptionError: a name that is none, a number out of its range, more than 1,000,000 runs.
    """
    place = _checked.surface_of(surface)
    (name,) = _checked.optimizers_of(optimizer)
    over = _over(name, over)
    fixed = {"beta1": beta1, "beta2": beta2, **hyper}
    if fixed.get(over) is not None:
        raise OptionError(
            OptionName(over),
            f" is {fixed[over]}, and it is swept; expected ",
            OptionName("beta_range"),
            " for it",
        )
    settings = _checked.hyper_of((name,), fixed)[name]
    del settings[over]
    steps = _checked.steps_of("steps", steps)
    at = _checked.start_of(place, start)
    noise = _checked.noise_of("noise", noise)
    drawn = _seeds(seed, seeds, noise)
    rate, beta = _checked.rate_of, _checked.beta_of
    lrs = np.geomspace(*_checked.span_of("lr_range", lr_range, rate, "above 0"))
    between = f"from 0 to {BELOW_1}"
    low, high, count = _checked.span_of("beta_range", beta_range, beta, between)
    betas = 1 - np.geomspace(1 - low, 1 - high, count)
    betas[[0, -1]] = low, high
    if (runs := len(lrs) * len(betas) * len(drawn)) > _checked.MAX_RUNS:
        raise OptionError(f"the sweep has {runs:,} runs; expected {_checked.MAX_RUNS:,} at most")
    shape = len(betas), len(lrs), len(drawn)
    by_run = np.meshgrid(betas, lrs, np.array(drawn), indexing="ij")
    beta_column, lr_column = (grid.reshape(-1, 1) for grid in by_run[:2])
    batch = run(
        place, RULES[name], lr_column, {**settings, over: beta_column}, np.array(at), steps,
        noise=noise, seeds=by_run[2].ravel(), say=progress,
    )  # fmt: skip
    losses = np.median(np.where(batch.sound, batch.loss, np.inf).reshape(shape), axis=2)
    failed = np.sum(~batch.sound.reshape(shape), axis=2)
    best = None
    if np.isfinite(losses).any():
        row, column = divmod(int(np.argmin(losses)), len(lrs))
        best = row, column
    status = f"{name} on {place.name}, {runs:,} runs of {steps:,} step{'s' * (steps > 1)}: "
    if best:
        status += (
            f"least loss {losses[best]:.3g} at lr {lrs[best[1]]:.3g}, {over} {betas[best[0]]:.4g}"
        )
        bad = int(np.sum(~np.isfinite(losses)))
        status += f"; {bad:,} of {losses.size:,} cells diverged or ended above the start"
    else:
        status += "none ended below the start"
    return Sweep(
        place, name, over, lrs, betas, settings, steps, at, noise, drawn, losses, failed, best,
        status,
    )  # fmt: skip


def _over(name: str, over: str | None) -> str:
    """The parameter to sweep: the given one, or the first that the rule has."""
    swept = RULES[name].swept
    if not swept:
        able = [rule.name for rule in RULES.values() if rule.swept]
        raise OptionError(
            OptionName("optimizer"), f" is {name!r}, which has no beta; expected {', '.join(able)}"
        )
    if over is None:
        return swept[0]
    if over not in swept:
        raise OptionError(OptionName("over"), f" is {over!r}; {name} has {', '.join(swept)}")
    return over


def _seeds(first: int, count: int, noise: float) -> tuple[int, ...]:
    """As many seeds as wanted, from the first on."""
    first = _checked.seed_of("seed", first)
    count = _checked.count_of("seeds", count)
    if count > 1 and not noise:
        raise OptionError(
            OptionName("seeds"), f" is {count}, and there is no noise to draw; expected noise too"
        )
    return tuple(range(first, first + count))
