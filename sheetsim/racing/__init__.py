"""Optimizers raced on loss surfaces of two parameters: same start, same budget of steps.

`surfaces` has the surfaces, `runs` steps any number of runs at once as one batch of arrays,
`contest` is the race with its stated rule for learning rates, `grid` the loss over a grid of
learning rates and betas. The optimizers' rules are those of the topics (`sheetsim.learn.rules`).
"""

from sheetsim.racing.contest import Race, Racer, race
from sheetsim.racing.grid import Sweep, sweep
from sheetsim.racing.surfaces import SURFACES, Surface

__all__ = ["SURFACES", "Race", "Racer", "Surface", "Sweep", "race", "sweep"]
