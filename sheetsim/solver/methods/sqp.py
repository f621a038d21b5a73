"""Sequential quadratic programming: smooth objectives and constraints, some hundred variables.

Excel's GRG solves the active constraints for some variables and walks in the others. SQP does the
two together (Wilson 1963; Han 1977; Powell 1978; Nocedal & Wright 2006, chapter 18): at x, the
step d is the minimum of a quadratic model of the Lagrangian L = f + λᵀc on linear models of the
constraints,

    min gᵀd + ½dᵀHd   subject to   c_e + A_e d = 0,  c_i + A_i d <= 0,  low <= x + d <= high,

whose multipliers are the next λ. Both reach points where no feasible direction descends; SQP may
pass through infeasible points on the way, which is what makes it quick.

- H is a BFGS estimate of L's Hessian, kept positive definite by Powell's damping: where sᵀy is
  less than a fifth of sᵀHs, y is moved towards Hs. Before the first update H is set to
  (yᵀy / sᵀy)·I (Shanno & Phua 1978). The subproblem needs a factor M of H⁻¹ = MMᵀ; it is updated
  beside H by M ← (I - syᵀ/sᵀy)M + s(M⁻¹s)ᵀ/√(sᵀy·sᵀHs) (Brodlie, Gourlay & Greenstadt 1973), so
  that an iteration costs n² and not n³. On a linear objective the damping divides H by five each
  time, so that steps grow and an unbounded problem shows.
- A step is judged by f + Σρ_i|c_i|₊, which has its minimum at the solution where ρ_i > |λ_i|
  (Powell's update of ρ). Near a curved constraint a full step may be refused although it is
  excellent (Maratos 1978); then it is bent by the second-order correction: the same
  subproblem with c at its end.
- Where the linear models contradict each other, each may be missed by s at a price of ½σs²: the
  step then mends what it can. If that stands still, Levenberg-Marquardt on the violations
  alone decides: it finds a feasible point to go on from, or the problem counts as infeasible.
- Variables are measured in units of their start (1 if that is 0) and the objective by its
  gradient there, because BFGS begins with a multiple of I.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.outcome import (
    CONVERGED,
    ERROR_VALUE,
    INFEASIBLE,
    ITERATIONS,
    NO_BETTER,
    OPTIMAL,
    UNBOUNDED,
    Ending,
)
from sheetsim.solver.parts import quadratic_program
from sheetsim.solver.parts.restoration import restore
from sheetsim.solver.problem import Array
from sheetsim.solver.solution import Ranges

CAP = 300  # iterations, and ten for each variable
KKT = 1e-6  # of the gradients that must cancel: what may be left at an optimum
TINY_STEP = 1e-12  # of the variables: a step that is rounding
EXACT = 1e-9  # a violation that is worth another step, though the precision be coarser
NEARLY = 1e-3  # the same, where the search can go no further and may all the same be right
BOTTOM = -1e13  # of the objective's size at the start: it has no minimum
ARMIJO = 1e-4
REFACTOR = 50  # updates of M until it is made anew from H
EPS = float(np.finfo(float).eps)


@dataclass
class Found:
    """Where a search ended.

    Attributes:
        point: The answer.
        ending: Why.
        multipliers: λ (m,) of c, if they are known.
        ranges: Of a linear model.
        gap: For whole numbers: how far the best bound is, relative to the objective.
    """

    point: Point
    ending: Ending
    multipliers: Array | None = None
    ranges: Ranges | None = None
    gap: float | None = None


@dataclass
class _Search:
    """One run. `s` (n,) are the units of the variables; z = x / s is what is iterated on."""

    evaluator: Evaluator
    low: Array
    high: Array
    s: Array
    unit: float
    point: Point
    g: Array
    A: Array
    H: Array
    M: Array
    age: int
    rho: Array
    lam: Array
    guess: list[int] | None = None
    soft: list[float] = field(default_factory=list)

    def move(self, point: Point) -> None:
        """Stand at a point."""
        g, A = self.evaluator.derive(point)
        self.point, self.g, self.A = point, g * self.s / self.unit, A * self.s

    def merit(self, point: Point) -> float:
        """Give f + Σρ|c|₊; inf where a value is not finite."""
        if not point.sound:
            return math.inf
        return point.f / self.unit + float(self.rho @ self.evaluator.missed(point.c))

    def reset(self) -> None:
        """Forget the curvature."""
        self.restart(max(1.0, float(np.abs(self.g).max())))

    def restart(self, size: float) -> None:
        """Take a multiple of I for the curvature."""
        n = self.g.size
        self.H, self.M, self.age = size * np.eye(n), size**-0.5 * np.eye(n), 0

    def step(self, c: Array) -> tuple[Array, bool]:
        """The step d (n,) in z for constraints c at it, and whether it meets their models."""
        m, equal = c.size, self.evaluator.equal
        order = np.argsort(~equal, kind="stable")
        sign = np.where(equal, 1.0, -1.0)[order]
        z = self.point.x / self.s
        low, high = self.low / self.s - z, self.high / self.s - z
        free = np.flatnonzero(self.high > self.low)  # a fixed variable has no place in it
        lows = np.flatnonzero(np.isfinite(low[free]))
        highs = np.flatnonzero(np.isfinite(high[free]))
        M = self.M if free.size == z.size else _factor(self.H[np.ix_(free, free)])
        rows = sign[:, None] * self.A[order][:, free] @ M
        B = np.concatenate([rows, M[lows], -M[highs]])
        limits = np.concatenate([-sign * c[order], low[free][lows], -high[free][highs]])
        y0, count = -M.T @ self.g[free], int(equal.sum())
        found = quadratic_program.solve(y0, B, limits, count, self.guess)
        hard = found is not None
        if found is None:
            price = 1e4 * max(1.0, float(np.diag(self.H).max()), float(np.abs(self.g).max()))
            found = _soft(y0, B, limits, count, m, price)
        y, u, active = found
        self.guess = active if hard else None
        self.lam = np.zeros(m)
        self.lam[order] = -sign * u[:m]
        step = np.zeros(z.size)
        step[free] = M @ y
        return np.clip(step, low, high), hard

    def learn(self, before: Point, g: Array, A: Array) -> None:
        """BFGS with Powell's damping, from the step that was just made."""
        step = (self.point.x - before.x) / self.s
        y = self.g - g + (self.A - A).T @ self.lam
        sy = float(step @ y)
        if self.age == 0 and sy > 0:
            self.restart(min(max(float(y @ y) / sy, 1e-8), 1e8))
        self.age += 1
        Hs = self.H @ step
        sHs = float(step @ Hs)
        if not sHs > 0:
            return
        if sy < 0.2 * sHs:
            theta = 0.8 * sHs / (sHs - sy)
            y = theta * y + (1 - theta) * Hs
            sy = 0.2 * sHs
        H = self.H - np.outer(Hs, Hs) / sHs + np.outer(y, y) / sy
        self.H = (H + H.T) / 2
        self.M += np.outer(step, self.M.T @ (Hs / (sy * sHs) ** 0.5 - y / sy))
        if self.age % REFACTOR == 0:
            self.M = _factor(self.H)


def _factor(H: Array) -> Array:
    """M with MMᵀ = H⁻¹.

    Raises:
        numpy.linalg.LinAlgError: H is not positive definite.
    """
    M: Array = np.linalg.inv(np.linalg.cholesky(H)).T
    return M


def run(evaluator: Evaluator, start: Array, low: Array, high: Array) -> Found:
    """Search from a start (n,) within bounds (n,).

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    search = _begin(evaluator, np.clip(start, low, high), low, high)
    if isinstance(search, Found):
        return search
    memory: list[float] = []
    restored = 0
    cap = CAP + 10 * start.size
    bottom = BOTTOM * max(1.0, search.unit, abs(search.point.f))
    for _ in range(cap):
        evaluator.tick()
        point = search.point
        if point.f < bottom and evaluator.feasible(point):
            return Found(point, Ending(UNBOUNDED, "the objective falls or rises without limit"))
        try:
            d, hard = search.step(point.c)
        except np.linalg.LinAlgError:
            if search.age == 0:
                why = "the search's model of the functions cannot be solved here"
                return Found(point, Ending(NO_BETTER, why, sure=False))
            search.reset()
            continue
        ended = _settled(search, d, hard)
        if ended is not None:
            return ended
        taken = None if _stuck(search, hard) else _line_search(search, d, hard)
        if taken is not None:
            before, g, A = search.point, search.g, search.A
            search.move(taken)
            if not (np.isfinite(search.g).all() and np.isfinite(search.A).all()):
                why = "a derivative is NaN or infinite at a point on the way"
                return Found(taken, Ending(ERROR_VALUE, why))
            try:
                search.learn(before, g, A)
            except np.linalg.LinAlgError:
                search.reset()
        flat = taken is not None and _flat(memory, search)
        if taken is not None and not flat:
            continue
        if not (search.age == 0 or flat or search.soft):
            search.reset()  # a line search that fails may be the fault of a bad H
            continue
        if _missed(search) <= evaluator.settings.precision:
            return _ended(search, flat)
        mended = restore(evaluator, search.point, low, high) if restored < 3 else None
        restored += 1
        if mended is None:
            why = "the violation of the constraints can be lowered no further"
            return Found(search.point, Ending(INFEASIBLE, why))
        search.move(mended)
        search.reset()
        search.soft.clear()
        memory.clear()
    return Found(search.point, Ending(ITERATIONS, f"the cap of {cap} iterations was reached"))


def _begin(evaluator: Evaluator, x: Array, low: Array, high: Array) -> "_Search | Found":
    point = evaluator.at(x)
    sick = Ending(ERROR_VALUE, "NaN or an infinity at the start")
    if not point.sound:
        return Found(point, sick)
    g, A = evaluator.derive(point)
    if not (np.isfinite(g).all() and np.isfinite(A).all()):
        return Found(point, sick)
    s = np.where(x == 0, 1.0, np.clip(np.abs(x), 1e-3, 1e6))
    unit = max(1e-8, float(np.abs(g * s).max(initial=0.0)))
    unit = 1.0 if unit <= 1e-8 else unit
    nothing = np.zeros(point.c.size)
    search = _Search(
        evaluator,
        low,
        high,
        s,
        unit,
        point,
        g,
        A,
        np.eye(x.size),
        np.eye(x.size),
        0,
        nothing,
        nothing,
    )
    search.move(point)
    search.reset()
    return search


def _soft(
    y0: Array, B: Array, limits: Array, equal: int, m: int, price: float
) -> tuple[Array, Array, list[int]]:
    """The subproblem with a slack for each of the first m rows, at a price."""
    slack = np.concatenate([np.eye(m), np.zeros((len(B) - m, m))]) / price**0.5
    wide = np.concatenate([B, slack], axis=1)
    found = quadratic_program.solve(np.concatenate([y0, np.zeros(m)]), wide, limits, equal)
    if found is None:  # bounds alone are left, and they hold where we stand
        return np.zeros(y0.size), np.zeros(len(B)), []
    y, u, active = found
    return y[: y0.size], u, active


def _stuck(search: _Search, hard: bool) -> bool:
    """Whether steps past contradicting models no longer mend much: by a tenth in five."""
    if hard:
        search.soft.clear()
        return False
    search.soft.append(float(search.evaluator.missed(search.point.c).sum()))
    return len(search.soft) > 5 and search.soft[-1] > 0.9 * search.soft[-6]


def _missed(search: _Search) -> float:
    return float(search.evaluator.missed(search.point.c).max(initial=0.0))


def _left(search: _Search) -> float:
    """What is left of the Lagrangian's gradient, as a part of the gradients that must cancel."""
    slope = search.g + search.A.T @ search.lam
    z = search.point.x / search.s
    room = 1e-9 * np.maximum(1.0, np.abs(z))
    at_low, at_high = z - search.low / search.s <= room, search.high / search.s - z <= room
    slope = np.where(at_low & (slope > 0) | at_high & (slope < 0), 0.0, slope)
    terms = np.abs(search.A.T) @ np.abs(search.lam) + np.abs(search.g)
    # The objective is scaled by its gradient at the start; far smaller ones are an optimum too.
    return float(np.abs(slope).max()) / max(float(terms.max()), 1e-6)


def _settled(search: _Search, d: Array, hard: bool) -> Found | None:
    """The end, if the subproblem asks for no step that is worth making."""
    missed = _missed(search)
    if not hard or missed > min(search.evaluator.settings.precision, EXACT):
        return None
    z = search.point.x / search.s
    still = bool((np.abs(d) <= TINY_STEP * np.maximum(1.0, np.abs(z))).all())
    gain = abs(float(search.g @ d)) + float(
        np.abs(search.lam) @ search.evaluator.missed(search.point.c)
    )
    return _ended(search, False) if still or gain <= EPS**2 * abs(search.point.f) else None


def _ended(search: _Search, flat: bool) -> Found:
    """Feasible, and with nothing more to gain: which of Excel's three sentences fits."""
    left = _left(search)
    if left <= KKT:
        why = f"no feasible direction lowers the objective (gradients cancel to {left:.1g})"
        return Found(search.point, Ending(OPTIMAL, why), search.lam * search.unit)
    if flat:
        limit = search.evaluator.settings.convergence
        why = f"the objective changed by at most {limit:g} of itself over five iterations"
        return Found(search.point, Ending(CONVERGED, why), search.lam * search.unit)
    why = f"no step lowers the objective, though gradients cancel to {left:.1g} only"
    sure = left <= NEARLY or search.evaluator.model.kinked
    return Found(search.point, Ending(NO_BETTER, why, sure), search.lam * search.unit)


def _flat(memory: list[float], search: _Search) -> bool:
    """Whether the objective hardly changed over five accepted, feasible iterations."""
    if _missed(search) > search.evaluator.settings.precision or search.evaluator.aims:
        memory.clear()
        return False
    memory.append(search.point.f)
    limit = search.evaluator.settings.convergence * abs(search.point.f)
    return len(memory) > 5 and max(memory[-6:]) - min(memory[-6:]) <= limit


def _line_search(search: _Search, d: Array, hard: bool) -> Point | None:
    """A point along d that lowers the merit enough, or None."""
    point, lam = search.point, np.abs(search.lam)
    search.rho = np.maximum(lam, (search.rho + lam) / 2)
    missed = search.evaluator.missed(point.c)
    after = search.evaluator.missed(point.c + search.A @ d) if not hard else np.zeros(missed.size)
    slope = float(search.g @ d) - float(search.rho @ (missed - after))
    fall = float((missed - after).sum())
    if slope >= 0 and fall > 0:
        search.rho = search.rho + 2 * slope / fall + 1.0
        slope = float(search.g @ d) - float(search.rho @ (missed - after))
    here = search.merit(point)
    noise = 10 * EPS * (abs(point.f) / search.unit + float(search.rho @ np.abs(missed)))
    if slope > noise:
        return None
    alpha = 1.0
    while alpha > 1e-12:
        trial = _at(search, alpha * d)
        there = search.merit(trial)
        if there <= here + ARMIJO * alpha * slope + noise:
            return trial
        if alpha == 1.0 and point.c.size and trial.sound:
            bent = _bend(search, d, trial, hard)
            if bent is not None and search.merit(bent) <= here + ARMIJO * slope + noise:
                return bent
        shrink = 0.1
        if math.isfinite(there):
            shrink = min(0.5, max(0.1, -slope * alpha / (2 * (there - here - slope * alpha))))
        alpha *= shrink
    return None


def _bend(search: _Search, d: Array, trial: Point, hard: bool) -> Point | None:
    """The second-order correction of a full step."""
    if not hard:
        return None
    lam, guess = search.lam, search.guess
    try:
        bent, met = search.step(trial.c - search.A @ d)
    except np.linalg.LinAlgError:
        return None
    search.lam, search.guess = lam, guess
    # A correction that outgrows the step corrects nothing.
    if not met or np.linalg.norm(bent - d) > np.linalg.norm(d):
        return None
    return _at(search, bent)


def _at(search: _Search, d: Array) -> Point:
    x = np.clip(search.point.x + search.s * d, search.low, search.high)
    return search.evaluator.at(x)
