"""L-BFGS with bounds by projection, over a batch of starts, for any smooth objective.

The direction is d = -Bg, where B approximates the inverse Hessian from the last `MEMORY` pairs
s = change of x, y = change of g, through the two-loop recursion (Nocedal 1980; Nocedal & Wright
2006, algorithm 7.4). It costs 4·MEMORY·n multiplications and stores no n x n matrix, so 10,000
variables are no matter.

Bounds: a variable on its bound whose gradient points outward is held; pairs and gradient are
restricted to the others, and the path x(α) = P(x + αd) is projected. Held variables are decoupled
from the rest, so the path descends (Bertsekas 1982, two-metric projection). L-BFGS-B (Byrd, Lu,
Nocedal & Zhu 1995) finds the held set along a Cauchy path instead, which takes a loop over break
points for every start; here it is a comparison of arrays.

Line search: bisection for the weak Wolfe conditions (Lewis & Overton 2013). α must lower f by
C1 of what the slope promises, else it is too long; and the slope at its end must have risen to
C2 of that at its start, else it is too short. With both a too long and a too short α known, try
the middle; with no long one, double. A step that met a bound only has to lower f: the slope may
never rise there. Each start has its own bracket and tries one point a tick, so no start waits for
another's line search, and a tick is one call of the objective for all.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Ending, Outcome
from sheetsim.solver.functions import Index, Many, Mask, Vectorized, checked
from sheetsim.solver.options import Derivatives
from sheetsim.solver.parts.bounds import Box
from sheetsim.solver.parts.finite_differences import EPS, difference, evaluations, noise
from sheetsim.solver.parts.journal import (
    Alive,
    Counts,
    Journal,
    Limits,
    Memory,
    not_finite,
    trapped,
)

CAP = 20_000  # iterations (trial points), unless the options say otherwise
MEMORY = 10
C1, C2 = 1e-4, 0.9
TRIALS = 50  # of one line search: α has then doubled past 1e15 or halved below 1e-15
FLAT = 1e-12  # projected gradient that counts as zero, as a part of the largest one met
NOISE = 100  # errors of a finite difference within which a gradient may be nothing else

AT_ZERO = Outcome(Ending.OPTIMAL, "the gradient is zero to rounding")
DONE = Outcome(Ending.OPTIMAL, "no step lowers the objective, nor does its gradient promise one")
STUCK = Outcome(
    Ending.NO_BETTER, "no step lowers the objective, though its gradient promises one", sure=False
)


@dataclass
class _State(Alive):
    """The runs alive, one row each: the point, its direction, the line search, and the memory."""

    rows: Index
    x: Floats
    f: Floats
    g: Floats
    d: Floats
    alpha: Floats
    first: Floats  # the line search's first α
    low: Floats
    high: Floats
    tries: Counts
    trapped: Mask  # whether a trial from x ended in NaN or an infinity
    s: Floats  # (S, MEMORY, n), the newest last
    y: Floats
    memory: Memory
    largest: Floats
    evaluations: Counts


@dataclass(frozen=True)
class _Run:
    """What stays the same while the runs iterate.

    Attributes:
        cost: Evaluations that a gradient takes.
        noise: Relative error of a gradient, 0 for an analytic one.
    """

    box: Box
    limits: Limits
    journal: Journal
    objective: Many
    gradient: Callable[[Floats, Floats], Floats]
    cost: int
    noise: float


def run(
    function: Vectorized,
    box: Box,
    limits: Limits,
    starts: Floats,
    *,
    derivatives: Derivatives = "analytic",
    journal: Journal | None = None,
) -> Journal:
    """Iterate on starts (S, n), within the box, until each has ended.

    `journal` is an empty one to write in, for who wants to have it after Ctrl-C.
    """
    objective, gradient, cost, error = _functions(function, box, derivatives, starts.shape[1])
    f = objective(starts)
    journal = Journal() if journal is None else journal
    journal.open(starts, f)
    this = _Run(box, limits, journal, objective, gradient, cost, error)
    state = _begin(starts, f, gradient(starts, f), cost, box)
    fresh = np.ones(len(starts), dtype=bool)
    _close_diverged(this, state, fresh, 0)
    _close_converged(this, state, fresh)
    iteration = 0
    while journal.living:
        if journal.living < len(state.rows):
            state.keep(journal.alive(state.rows))
        spent = limits.spent(iteration)
        if spent is not None:
            everyone = np.ones(len(state.rows), dtype=bool)
            journal.close(everyone, state.rows, state.x, state.f, spent)
        else:
            iteration += 1
            _tick(this, state, iteration)
    return journal


def _begin(x: Floats, f: Floats, g: Floats, cost: int, box: Box) -> _State:
    S, n = x.shape
    state = _State(
        rows=np.arange(S),
        x=x.copy(),
        f=f.copy(),
        g=g.copy(),
        d=np.zeros_like(x),
        alpha=np.ones(S),
        first=np.ones(S),
        low=np.zeros(S),
        high=np.full(S, np.inf),
        tries=np.zeros(S, np.int64),
        trapped=np.zeros(S, dtype=bool),
        s=np.zeros((S, MEMORY, n)),
        y=np.zeros((S, MEMORY, n)),
        memory=Memory.empty(S),
        largest=np.abs(box.projected(x, g)).max(axis=1),
        evaluations=np.full(S, 1 + cost, np.int64),
    )
    _aim(state, np.ones(S, dtype=bool), box)
    return state


def _tick(this: _Run, state: _State, iteration: int) -> None:
    """Try one point in every run: too long, too short, or the next point."""
    used = state.alpha.copy()
    trial = this.box.project(state.x + used[:, None] * state.d)
    f = this.objective(trial)
    moved = trial - state.x
    promised = np.einsum("sn,sn->s", state.g, moved)
    lower = (f <= state.f + C1 * promised) & (f < state.f) & (promised < 0)
    state.evaluations += 1 + this.cost * lower
    g = np.full_like(trial, np.nan)
    if lower.any():
        g[lower] = this.gradient(trial[lower], f[lower])
    accepted = lower & ~_bracket(state, trial, g, lower)
    state.trapped |= ~np.isfinite(f)
    if accepted.any():
        _accept(state, accepted, trial, f, g, this.box)
    length = np.sqrt(np.einsum("sn,sn->s", moved, moved))
    this.journal.record(state.rows, state.x, state.f, state.evaluations, length, used)
    bottomless = f == -np.inf
    if bottomless.any():
        why = "the objective falls without limit"
        outcome = Outcome(Ending.UNBOUNDED, why, iteration=iteration)
        this.journal.close(bottomless, state.rows, state.x, state.f, outcome)
    if accepted.any():
        _close_diverged(this, state, accepted, iteration)
        _close_converged(this, state, accepted)
        flat = state.memory.flat(accepted, state.f, this.limits.convergence)
        this.journal.close(flat, state.rows, state.x, state.f, this.limits.flat)
    over = ~accepted & ((state.tries >= TRIALS) | (promised >= -EPS * np.abs(state.f)))
    if over.any():
        _give_up(this, state, over, iteration)


def _bracket(state: _State, trial: Floats, g: Floats, lower: Mask) -> Mask:
    """Narrow the line searches and set the next α; which steps (S,) are lower but too short."""
    used = state.alpha
    free_path = (trial == state.x + used[:, None] * state.d).all(axis=1)
    slope, slope_there = (np.einsum("sn,sn->s", each, state.d) for each in (state.g, g))
    state.tries += 1
    # A line search that has run long enough takes any point that is lower.
    short: Mask = lower & free_path & (slope_there < C2 * slope) & (state.tries < TRIALS)
    state.low = np.where(short, used, state.low)
    state.high = np.where(lower, state.high, used)
    middle = (state.low + state.high) / 2
    state.alpha = np.where(np.isfinite(state.high), middle, 2 * used)
    return short


def _accept(state: _State, accepted: Mask, trial: Floats, f: Floats, g: Floats, box: Box) -> None:
    """Move; remember the pair; aim anew."""
    state.s[accepted] = np.roll(state.s[accepted], -1, axis=1)
    state.y[accepted] = np.roll(state.y[accepted], -1, axis=1)
    state.s[accepted, -1] = trial[accepted] - state.x[accepted]
    state.y[accepted, -1] = g[accepted] - state.g[accepted]
    state.trapped[accepted] = False
    state.x[accepted], state.f[accepted], state.g[accepted] = (
        trial[accepted],
        f[accepted],
        g[accepted],
    )
    _aim(state, accepted, box)


def _aim(state: _State, which: Mask, box: Box) -> None:
    """Set the direction and a fresh line search along it."""
    g = box.projected(state.x[which], state.g[which])
    s, y = state.s[which], state.y[which]
    if box.is_bounded:
        free = (g != 0)[:, None, :]
        s, y = s * free, y * free
    d, remembered = _two_loops(g, s, y)
    uphill = ~(np.einsum("sn,sn->s", d, g) < 0)
    d[uphill] = -g[uphill]
    state.d[which] = d
    # Without a memory the gradient's length says nothing of how far to go: move by at most 1.
    alone = uphill | ~remembered
    length = np.abs(g).sum(axis=1)
    gentle = 1 / np.maximum(1.0, length)
    state.first[which] = state.alpha[which] = np.where(alone, gentle, 1.0)
    state.low[which], state.high[which], state.tries[which] = 0.0, np.inf, 0


def _two_loops(g: Floats, s: Floats, y: Floats) -> tuple[Floats, Mask]:
    """-Bg (S, n), and whether any pair was used (S,).

    A pair of too little curvature is skipped, which keeps B positive definite.
    """
    sy, yy = np.einsum("smn,smn->sm", s, y), np.einsum("smn,smn->sm", y, y)
    used = sy > EPS * np.sqrt(yy * np.einsum("smn,smn->sm", s, s))
    rho = np.divide(1.0, sy, out=np.zeros_like(sy), where=used)
    q, a = g.copy(), np.zeros_like(sy)
    for i in range(MEMORY - 1, -1, -1):  # the recursion forces a loop over the memory
        a[:, i] = rho[:, i] * np.einsum("sn,sn->s", s[:, i], q)
        q -= a[:, i, None] * y[:, i]
    newest = MEMORY - 1 - np.argmax(used[:, ::-1], axis=1)
    at = np.arange(len(g)), newest
    scale = np.where(used[at], np.divide(sy[at], yy[at], out=np.ones(len(g)), where=yy[at] > 0), 1)
    q *= scale[:, None]
    for i in range(MEMORY):
        b = rho[:, i] * np.einsum("sn,sn->s", y[:, i], q)
        q += (a[:, i] - b)[:, None] * s[:, i]
    return -q, used.any(axis=1)


def _close_diverged(this: _Run, state: _State, fresh: Mask, iteration: int) -> None:
    ended = fresh & ~(np.isfinite(state.f) & np.isfinite(state.g.sum(axis=1)))
    if ended.any():
        this.journal.close(ended, state.rows, state.x, state.f, not_finite(iteration))


def _close_converged(this: _Run, state: _State, fresh: Mask) -> None:
    size = np.abs(this.box.projected(state.x, state.g)).max(axis=1)
    state.largest = np.maximum(state.largest, size)
    ended = fresh & (size <= FLAT * state.largest)
    if ended.any():
        this.journal.close(ended, state.rows, state.x, state.f, AT_ZERO)


def _give_up(this: _Run, state: _State, over: Mask, iteration: int) -> None:
    """A line search found nothing: forget the memory and try the gradient, or end the run."""
    fallible = over & state.s.any(axis=(1, 2))
    if fallible.any():
        state.s[fallible], state.y[fallible] = 0.0, 0.0
        _aim(state, fallible, this.box)
    g = this.box.projected(state.x, state.g)
    slope = np.abs(np.einsum("sn,sn->s", g, state.d)) * state.first
    in_noise = np.abs(g).max(axis=1) <= NOISE * this.noise * state.largest
    settled = in_noise | (slope <= this.limits.convergence * np.abs(state.f))
    for ended, outcome in ((settled, DONE), (state.trapped, trapped(iteration)), (True, STUCK)):
        this.journal.close(over & ~fallible & ended, state.rows, state.x, state.f, outcome)


def _functions(
    function: Vectorized, box: Box, derivatives: Derivatives, n: int
) -> tuple[Many, Callable[[Floats, Floats], Floats], int, float]:
    """The objective, its gradient, how many evaluations a gradient takes, and its error."""
    own = function.derivatives
    scheme = "central" if derivatives == "analytic" else derivatives

    def objective(x: Floats) -> Floats:
        return checked("objective", function.values(x), x.shape[:1])

    if own is not None and derivatives == "analytic":
        return objective, lambda x, _: checked("gradient", own(x), x.shape), 0, 0.0
    cost = evaluations(scheme, n)

    def gradient(x: Floats, f: Floats) -> Floats:
        return difference(objective, x, f, scheme, box)

    return objective, gradient, cost, noise(scheme)
