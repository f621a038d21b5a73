"""Runs per second of a sweep: one batch of arrays beside a Python loop over single runs.

Both take the same steps by the same rule from the same start, each run with its own learning rate
and beta, without noise. The loop is what one would write for a single run: places of shape (2,), a
rate that is a number, the surface's gradient, the rule's step, and no bookkeeping; the batch also
evaluates and watches the loss in every step, as the sweep does. The two take turns, the best of
three counts for either, and what is measured is CPU time, on one core.
"""

import time

import numpy as np

from sheetsim.learn.rules import RULES, Rule
from sheetsim.racing import SURFACES, Surface
from sheetsim.racing.runs import run
from sheetsim.sheet import Array

SURFACE = "rosenbrock"
OVER = {rule.name: rule.swept[0] for rule in RULES.values() if rule.swept}
STEPS = 300
LOOPED = 40
"""Runs that the loop is timed with; more take as long each."""


def main(_given: list[str], sizes: tuple[int, ...] = (100, 1_000, 10_000), repeats: int = 3) -> int:
    """Measure and print a table."""
    surface = SURFACES[SURFACE]
    print(f"\nrace: runs of {STEPS} steps on {SURFACE} a second, as one batch and in a Python loop")
    print(f"  {'optimizer':<10} {'runs':>8} {'batch':>10} {'loop':>8}  ratio  largest difference")
    for name, over in OVER.items():
        rule = RULES[name]
        for size in sizes:
            lr, beta = grid(size)
            took = [np.inf, np.inf]
            for _ in range(repeats):
                took[0], ends = clocked(batch, surface, rule, over, lr, beta, least=took[0])
                few = slice(0, min(size, LOOPED))
                took[1], alone = clocked(
                    loop, surface, rule, over, lr[few], beta[few], least=took[1]
                )
            gap = np.nanmax(np.abs(ends[few] - alone))
            rates = size / took[0], len(alone) / took[1]
            row = f"{rates[0]:10,.0f} {rates[1]:8,.0f} {rates[0] / rates[1]:6,.0f}"
            print(f"  {name:<10} {size:8,} {row}  {gap:.1e}")
    return 0


def grid(size: int) -> tuple[Array, Array]:
    """Rates and betas at which nobody diverges, drawn, (size,) each."""
    rng = np.random.default_rng(0)
    return 10 ** rng.uniform(-5, -3.5, size), rng.uniform(0, 0.95, size)


def clocked(function, *args, least):  # type: ignore[no-untyped-def]
    """CPU seconds of a call, or the least so far if that is less, and what it returns."""
    began = time.process_time()
    result = function(*args)
    return min(least, time.process_time() - began), result


def batch(surface: Surface, rule: Rule, over: str, lr: Array, beta: Array) -> Array:
    """Where all runs end, (n, 2), as one batch."""
    hyper = {**rule.hyper, over: beta[:, None]}
    return run(surface, rule, lr[:, None], hyper, np.array(surface.start), STEPS).x


def loop(surface: Surface, rule: Rule, over: str, lr: Array, beta: Array) -> Array:
    """The same, run by run."""
    ends = []
    for rate, decay in zip(lr.tolist(), beta.tolist(), strict=True):
        x = np.array(surface.start)
        state = rule.init(x)
        hyper = {**rule.hyper, over: decay}
        for t in range(1, STEPS + 1):
            x, state = rule.step(x, surface.gradient(x), state, lr=rate, t=t, **hyper)
        ends.append(x)
    return np.array(ends)


if __name__ == "__main__":
    main([])
