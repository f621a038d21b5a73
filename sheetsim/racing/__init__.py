"""Optimizers raced on loss surfaces of two parameters: same start, same budget of steps.

The modules: `surfaces` has the surfaces; `runs` steps any number of runs at once as one batch of
arrays; `contest` is the race, with its stated rule for learning rates; `grid` is the sweep, the
loss over a grid of learning rates and betas; `_checked` checks what callers of the two give. The
optimizers' rules are those of the topics (`sheetsim.learn.rules`); `sheetsim.figures.race` draws.
"""

from sheetsim.racing.contest import Chosen, Race, Racer, race
from sheetsim.racing.grid import Sweep, sweep
from sheetsim.racing.surfaces import SURFACES, Surface

__all__ = ["SURFACES", "Chosen", "Race", "Racer", "Surface", "Sweep", "race", "sweep"]
