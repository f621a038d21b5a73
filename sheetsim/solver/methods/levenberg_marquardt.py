"""Levenberg-Marquardt: damped Gauss-Newton for least squares, over a batch of starts.

To minimize F(x) = r(x)ᵀr(x), linearize the residuals, r(x + δ) ≈ r + Jδ. The model
F + 2gᵀδ + δᵀHδ with g = Jᵀr and H = JᵀJ is least where Hδ = -g, the Gauss-Newton step. Far from
the optimum the step overshoots, and where J lacks rank (a factor model may be rotated at will) it
is not determined, so it is damped (Levenberg 1944, Marquardt 1963):

    (H + μD) δ = -g.

D holds the largest diagonal of H seen so far (Moré 1978), which makes the method indifferent
to the variables' units. A large μ gives a short step down the scaled gradient; μ → 0 gives
Gauss-Newton. The gain ratio ρ, actual over predicted decrease, sets μ (Nielsen 1999; Madsen,
Nielsen & Tingleff 2004, section 3.2): a point that lowers F is kept and μ is multiplied by
max(1/3, 1 - (2ρ - 1)³), smoothly from ×1/3 for a good model to ×2 for a poor one; any other
point is dropped and μ grows by 2, 4, 8, ... MINPACK and SciPy's `lm` choose μ from a trust
radius instead, which takes several solves a step; μ by the gain ratio takes one, for all
starts at once.

H squares J's condition number. The optimum does not suffer, because g is formed from the
residuals themselves and steps repeat until g vanishes; only the speed may.

Bounds: a variable on its bound whose gradient points outward is held, the others take the damped
step, and the point is projected (Kanzow, Yamashita & Fukushima 2004). As D is diagonal, a large
μ turns this into the projected scaled gradient, which descends.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Ending, Outcome
from sheetsim.solver.functions import Index, Many, Mask, checked, identity
from sheetsim.solver.model import NormalEquations
from sheetsim.solver.options import Derivatives
from sheetsim.solver.parts.bounds import Box
from sheetsim.solver.parts.finite_differences import EPS, difference, evaluations
from sheetsim.solver.parts.journal import (
    Alive,
    Counts,
    Journal,
    Limits,
    Memory,
    not_finite,
    trapped,
)

CAP = 2_000  # iterations, unless the options say otherwise
FIRST_DAMPING = 1e-3  # of the diagonal of H: trusts a start of the right order of magnitude
FIRST_GROWTH = 2.0  # of the damping at a point's first failure; it doubles with every other
LEAST_DAMPING = 1e-12  # keeps H + μD regular to rounding where H is not
# Of the sum of squares at the start: where the residuals are rounding and no more.
ZERO = (100 * EPS) ** 2
AT_ZERO = Outcome(Ending.OPTIMAL, "the residuals are zero to rounding")
DONE = Outcome(Ending.OPTIMAL, "no step lowers the objective, nor do its derivatives promise one")
STUCK = Outcome(
    Ending.NO_BETTER, "no step lowers the objective, though its derivatives promise one", sure=False
)

Derive = Callable[[Mask], tuple[Floats, Floats]]
Evaluate = Callable[[Floats], tuple[Floats, Derive]]


@dataclass(frozen=True)
class Squares:
    """What is squared and summed, for many points at once: residuals, or their normal equations.

    Attributes:
        residuals: x (S, n) -> (S, m).
        jacobian: x (S, n) -> (S, m, n), of the residuals; None for finite differences.
        normal_equations: In place of residuals, or beside them where that is cheaper.
        report: Sum of squares (S,) -> objective (S,).
    """

    residuals: Many | None = None
    jacobian: Many | None = None
    normal_equations: NormalEquations | None = None
    report: Many = identity


@dataclass
class _State(Alive):
    """The runs alive, one row each.

    Attributes:
        growth: What μ is multiplied by at the next failure.
        zero: The F that counts as zero.
        promise: What the first trial from x promised, see `_step`.
        trapped: Whether a trial from x ended in NaN or an infinity.
    """

    rows: Index
    x: Floats
    F: Floats
    g: Floats
    H: Floats
    D: Floats
    mu: Floats
    growth: Floats
    memory: Memory
    zero: Floats
    promise: Floats
    trapped: Mask
    evaluations: Counts


@dataclass(frozen=True)
class _Run:
    """What stays the same while the runs iterate.

    Attributes:
        evaluate: x -> F and, on demand, g and H.
        cost: Evaluations that g and H take.
        knows_zero: The caller said what counts as zero; otherwise it must also be small beside
            Σ H_jj x_j², the squares of the terms that the residuals are differences of.
    """

    report: Many
    box: Box
    limits: Limits
    journal: Journal
    evaluate: Evaluate
    cost: int
    knows_zero: bool


def run(
    squares: Squares,
    box: Box,
    limits: Limits,
    starts: Floats,
    *,
    derivatives: Derivatives = "analytic",
    zero: Floats | None = None,
    journal: Journal | None = None,
) -> Journal:
    """Iterate on starts (S, n), within the box, until each has ended.

    `zero` (S,) is the sum of squares that counts as zero; `ZERO` of that at the starts, if None.
    `journal` is an empty one to write in, for who wants to have it after Ctrl-C.
    """
    evaluate, cost = _evaluator(squares, box, derivatives, starts.shape[1])
    F, derive = evaluate(starts)
    journal = Journal() if journal is None else journal
    journal.open(starts, squares.report(F))
    this = _Run(squares.report, box, limits, journal, evaluate, cost, knows_zero=zero is not None)
    everyone = np.ones(len(starts), dtype=bool)
    state = _begin(starts, F, *derive(everyone), cost)
    _close_diverged(this, state, everyone, 0)
    if zero is not None:
        state.zero = zero
        journal.close(zero >= F, state.rows, starts, journal.objective, AT_ZERO)
    iteration = 0
    while journal.living:
        if journal.living < len(state.rows):
            state.keep(journal.alive(state.rows))
        spent = limits.spent(iteration)
        if spent is not None:
            everyone = np.ones(len(state.rows), dtype=bool)
            journal.close(everyone, state.rows, state.x, squares.report(state.F), spent)
        else:
            iteration += 1
            _tick(this, state, iteration)
    return journal


def _begin(x: Floats, F: Floats, g: Floats, H: Floats, cost: int) -> _State:
    S = len(x)
    return _State(
        rows=np.arange(S),
        x=x.copy(),
        F=F.copy(),
        g=g.copy(),
        H=H.copy(),
        D=_diagonal(H, np.zeros_like(x)),
        mu=np.full(S, FIRST_DAMPING),
        growth=np.full(S, FIRST_GROWTH),
        memory=Memory.empty(S),
        zero=ZERO * F,
        promise=np.zeros(S),
        trapped=np.zeros(S, dtype=bool),
        evaluations=np.full(S, 1 + cost, np.int64),
    )


def _tick(this: _Run, state: _State, iteration: int) -> None:
    """Try one point in every run; keep it where it is better; end the runs that are done."""
    used = state.mu.copy()
    trial, predicted, promise = _step(state, this.box)
    F, derive = this.evaluate(trial)
    better = F < state.F  # not for a NaN
    gain = (state.F - F) / predicted
    step = trial - state.x
    length = np.sqrt(np.einsum("sn,sn->s", step, step))
    # What the first, boldest trial from a point promised tells rounding from a wrong derivative.
    first = state.growth == FIRST_GROWTH
    state.promise = np.where(first, promise, state.promise)
    state.trapped = ~np.isfinite(F) | (state.trapped & ~first)
    state.evaluations += 1 + this.cost * better
    if better.any():
        _accept(state, better, trial, F, derive)
    shrink = np.fmin(np.fmax(1 / 3, 1 - (2 * gain - 1) ** 3), 2.0)
    state.mu = np.maximum(state.mu * np.where(better, shrink, state.growth), LEAST_DAMPING)
    state.growth = np.where(better, FIRST_GROWTH, 2 * state.growth)
    objective = this.report(state.F)
    this.journal.record(state.rows, state.x, objective, state.evaluations, length, used)
    if better.any():
        _close_diverged(this, state, better, iteration)
        _close_converged(this, state, better, objective)
    if not better.all():
        _close_hopeless(this, state, ~better & ~(promise > EPS * state.F), objective, iteration)


def _step(state: _State, box: Box) -> tuple[Floats, Floats, Floats]:
    """The damped step's end (S, n) and the decrease that it predicts (S,), within the bounds.

    The third is -gᵀδ (S,) before the projection, which may undo the decrease but not that: never
    negative, between half the prediction and all of it where there are no bounds, and 0 only at a
    stationary point.
    """
    damped, g = state.H.copy(), state.g
    np.einsum("sii->si", damped)[...] += state.mu[:, None] * state.D
    if box.is_bounded:
        held = box.held(state.x, g)
        g = np.where(held, 0.0, g)
        damped = np.where(held[:, :, None] | held[:, None, :], 0.0, damped)
        np.einsum("sii->si", damped)[held] = 1.0
    try:
        delta = np.linalg.solve(damped, -g[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:  # singular to the last bit, in one run of the batch
        delta = (np.linalg.pinv(damped, hermitian=True) @ -g[:, :, None])[:, :, 0]
    promise = -np.einsum("sn,sn->s", g, delta)
    trial = state.x + delta
    if box.is_bounded:
        trial = box.project(trial)
        delta = trial - state.x
    curved = (state.H @ delta[:, :, None])[:, :, 0]
    return trial, -np.einsum("sn,sn->s", delta, 2 * state.g + curved), promise


def _accept(state: _State, better: Mask, trial: Floats, F: Floats, derive: Derive) -> None:
    g, H = derive(better)
    if better.all():
        state.x, state.F, state.g, state.H = trial, F, g, H
    else:
        state.x[better], state.F[better], state.g[better], state.H[better] = (
            trial[better],
            F[better],
            g,
            H,
        )
    state.D = _diagonal(state.H, state.D)


def _diagonal(H: Floats, before: Floats) -> Floats:
    """D (S, n): the largest diagonal so far, and never zero, so that μD regularizes."""
    D: Floats = np.maximum(before, np.einsum("sii->si", H))
    if not D.all():
        D[D == 0] = 1.0  # a variable without effect, whose step is zero anyway
    return D


def _close_diverged(this: _Run, state: _State, fresh: Mask, iteration: int) -> None:
    # D has seen every diagonal of H, and a sum is finite only if all of its terms are.
    ended = fresh & ~np.isfinite(state.F + state.g.sum(axis=1) + state.D.sum(axis=1))
    if ended.any():
        objective = this.report(state.F)
        this.journal.close(ended, state.rows, state.x, objective, not_finite(iteration))


def _close_converged(this: _Run, state: _State, better: Mask, objective: Floats) -> None:
    zero = better & (state.zero >= state.F)
    if not this.knows_zero:  # a start far out makes anything after it look small
        zero &= ZERO * np.einsum("sii,si->s", state.H, state.x**2) >= state.F
    if zero.any():
        this.journal.close(zero, state.rows, state.x, objective, AT_ZERO)
    flat = state.memory.flat(better, objective, this.limits.convergence)
    if flat.any():
        this.journal.close(flat, state.rows, state.x, objective, this.limits.flat)


def _close_hopeless(
    this: _Run, state: _State, hopeless: Mask, objective: Floats, iteration: int
) -> None:
    """End the runs in which μ grew until the step promises less than rounding."""
    settled = ~(state.promise > this.limits.convergence * state.F)
    for ended, outcome in ((settled, DONE), (state.trapped, trapped(iteration)), (True, STUCK)):
        this.journal.close(hopeless & ended, state.rows, state.x, objective, outcome)


def _evaluator(
    squares: Squares, box: Box, derivatives: Derivatives, n: int
) -> tuple[Evaluate, int]:
    """A function x -> F and, on demand, g and H; and how many evaluations the latter take."""
    normal, residuals, jacobian = squares.normal_equations, squares.residuals, squares.jacobian
    analytic = derivatives == "analytic"
    if normal is not None and (analytic or residuals is None):

        def fused(x: Floats) -> tuple[Floats, Derive]:
            F, g, H = normal(x)
            checked("normal_equations, 1st,", F, x.shape[:1])
            checked("normal_equations, 2nd,", g, x.shape)
            checked("normal_equations, 3rd,", H, (*x.shape, x.shape[1]))
            return F, lambda mask: (g, H) if mask.all() else (g[mask], H[mask])

        return fused, 0
    assert residuals is not None  # noqa: S101 - one of the two is given
    own = jacobian if analytic else None
    scheme = "central" if analytic else derivatives

    def separate(x: Floats) -> tuple[Floats, Derive]:
        r = checked("residuals", residuals(x), (x.shape[0], None))

        def derive(mask: Mask) -> tuple[Floats, Floats]:
            at, value = x[mask], r[mask]
            if own is None:
                J = difference(residuals, at, value, scheme, box)
            else:
                J = checked("jacobian", own(at), (*value.shape, x.shape[1]))
            Jt = J.transpose(0, 2, 1)
            return (Jt @ value[:, :, None])[:, :, 0], Jt @ J

        return np.einsum("sm,sm->s", r, r), derive

    return separate, 0 if own is not None else evaluations(scheme, n)
