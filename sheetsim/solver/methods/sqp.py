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
- Where the linear models contradict each other, each may be violated by s at a price of ½σs²: the
  step then mends what it can. If that stands still, Levenberg-Marquardt on the violations
  alone decides: it finds a feasible point to go on from, or the search ends without one.
- Variables are measured in units of their start (1 if that is 0) and the objective by its
  gradient there, because BFGS begins with a multiple of I. Where a search comes to rest and a
  variable's own gradients do not cancel, measured by the largest that it met, these units were
  wrong, as those of a variable of millions that began at 0. Then the search begins anew, with the
  Lagrangian's own Hessian (see `curvature`) in units in which its diagonal is 1; where that is
  too dear, in units of the present x.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Ending, Outcome
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.found import Found
from sheetsim.solver.methods.restoration import at_the_least, met, restore
from sheetsim.solver.parts import quadratic_program
from sheetsim.solver.parts.bounds import Box
from sheetsim.solver.parts.curvature import Curvature, curvature
from sheetsim.solver.parts.finite_differences import LEAST_SCALE
from sheetsim.solver.parts.no_end import falls_on
from sheetsim.solver.parts.optimality import (
    BOTTOM,
    DEEPER,
    KKT,
    NEARLY,
    left_over,
    not_finite_at,
    optimal,
    unbounded,
)

CAP = 300  # iterations, and ten for each variable
TINY_STEP = 1e-12  # of the variables: a step that is rounding
EXACT = 1e-9  # a violation that is worth another step, though the precision be coarser
AT_BOUND = 1e-9  # of a variable: as near to its bound it stands on it
RESTORATIONS = 3
ARMIJO = 1e-4
RENEWALS = 4
RENEWING = 1e-12  # of the objective: what a search that began anew has to gain to do so again
TINIEST = 1e-100  # a curvature, lest none at all be divided by
FIRM = 1e-10  # of the largest curvature: the least that is taken for one
SMALL = 1e-12  # of the objective's fall: what a step promises at an optimum
CUSP = 20  # iterations, the last half of them without progress, until a cusp is thought of
CUSP_ROUNDING = 1e-14  # by how much rounding alone may miss rows
CUSP_FORCE = 1e-3  # of the rows' gradients times multipliers: the objective's, where these cancel
REFACTOR = 50  # updates of M until it is made anew from H
EPS = float(np.finfo(float).eps)


@dataclass
class _Search:
    """One run. `s` (n,) are the units of the variables; z = x / s is what is iterated on.

    Attributes:
        unit: Of the objective.
        point, g, A: Where it stands, the gradient (n,) and the Jacobian (m, n) there, in z.
        H, M: (n, n) the Lagrangian's Hessian and a factor of its inverse.
        age: Updates of H since it was a multiple of I.
        rho: (m,) what a violation costs in the merit.
        lam: (m,) multipliers.
        guess: Rows that were active in the last subproblem.
        soft: Violations after steps past models that contradict each other.
        recent: Where the last accepted, feasible iterations ended.
        restored: How often a feasible point was sought by least squares.
        mended: The best of the feasible points that were.
        seen: (n,) the objective's largest slope that each variable met, in x.
        renewed: How often the search began anew.
        renewed_at: The objective at the last time.
        knows: Whether that was with the Lagrangian's own curvature.
        start: (n,) where it began.
        bottom: An objective so low that a way without end is looked for.
    """

    evaluator: Evaluator
    low: Floats
    high: Floats
    s: Floats
    unit: float
    point: Point
    g: Floats
    A: Floats
    H: Floats
    M: Floats
    rho: Floats
    lam: Floats
    age: int = 0
    guess: list[int] | None = None
    soft: list[float] = field(default_factory=list)
    recent: list[Point] = field(default_factory=list)
    restored: int = 0
    mended: Point | None = None
    seen: Floats = field(default_factory=lambda: np.zeros(0))
    renewed: int = 0
    renewed_at: float = math.inf
    knows: bool = False
    start: Floats = field(init=False)
    bottom: float = field(init=False)

    def __post_init__(self) -> None:
        self.start = self.point.x
        self.bottom = BOTTOM * max(1.0, self.unit, abs(self.point.f))

    @property
    def feasible(self) -> bool:
        """Whether every row is met within the precision."""
        return self.evaluator.worst(self.point) <= self.evaluator.options.precision

    def found(self, outcome: Outcome) -> Found:
        """The end, here, with the multipliers."""
        return Found(self.point, outcome, self.lam * self.unit)

    def move(self, point: Point) -> None:
        """Stand at a point."""
        g, A = self.evaluator.derive(point)
        self.point, self.g, self.A = point, g * self.s / self.unit, A * self.s
        self.seen = np.fmax(self.seen, np.abs(g)) if self.seen.size else np.abs(g)

    def merit(self, point: Point) -> float:
        """Give f + Σρ|c|₊; inf where a value is not finite."""
        if not point.finite:
            return math.inf
        return point.f / self.unit + float(self.rho @ self.evaluator.violations(point.c))

    def reset(self) -> None:
        """Forget the curvature."""
        self.restart(max(1.0, float(np.abs(self.g).max())))

    def restart(self, size: float) -> None:
        """Take a multiple of I for the curvature."""
        n = self.g.size
        self.H, self.M, self.age = size * np.eye(n), size**-0.5 * np.eye(n), 0

    def take(self, W: Floats) -> None:
        """Take a Hessian (n, n) of the Lagrangian for the curvature, made positive definite.

        What the constraints hold need not be positive: with ρ AᵀA added, steps that keep to the
        constraints are the same. Else each eigenvalue is taken for its size.
        """
        near = self.evaluator.equal | (self.point.c > -self.evaluator.options.precision)
        rows = self.A[near]
        span = rows.T @ rows
        weight = float(np.abs(W).max()) / max(float(np.abs(span).max()), TINIEST)
        for rho in (0.0, 1.0, 1e2, 1e4) if len(rows) else (0.0,):
            H = W + rho * weight * span
            values, Q = np.linalg.eigh(H)
            if values[0] > FIRM * values[-1]:
                break
        values = np.maximum(np.abs(values), max(FIRM * float(np.abs(values).max()), TINIEST))
        self.H, self.M, self.age = Q * values @ Q.T, Q / values**0.5, 1

    def step(self, c: Floats) -> tuple[Floats, bool]:
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

    def learn(self, before: Point, g: Floats, A: Floats) -> None:
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


def _factor(H: Floats) -> Floats:
    """M with MMᵀ = H⁻¹.

    Raises:
        numpy.linalg.LinAlgError: H is not positive definite.
    """
    M: Floats = np.linalg.inv(np.linalg.cholesky(H)).T
    return M


def run(evaluator: Evaluator, start: Floats, low: Floats, high: Floats) -> Found:
    """Search from a start (n,) within bounds (n,).

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    search = _begin(evaluator, np.clip(start, low, high), low, high)
    if isinstance(search, Found):
        return search
    cap = CAP + 10 * start.size
    for _ in range(1 + RENEWALS):
        for _ in range(cap):
            evaluator.tick()
            ended = _iterate(search)
            if ended is not None:
                return ended
        if search.renewed or not _renew(search):  # once, where there was no rest to do so
            break
    why = f"the cap of {cap} iterations was reached"
    return Found(search.point, Outcome(Ending.ITERATIONS, why))


def _begin(evaluator: Evaluator, x: Floats, low: Floats, high: Floats) -> _Search | Found:
    point = evaluator.at(x)
    if not point.finite:
        return Found(point, not_finite_at("at the start"))
    g, A = evaluator.derive(point)
    if not (np.isfinite(g).all() and np.isfinite(A).all()):
        return Found(point, not_finite_at("at the start"))
    s = np.where(x == 0, 1.0, np.clip(np.abs(x), 1e-3, 1e6))
    unit = max(1e-8, float(np.abs(g * s).max(initial=0.0)))
    unit = 1.0 if unit <= 1e-8 else unit
    eye, nothing = np.eye(x.size), np.zeros(point.c.size)
    search = _Search(evaluator, low, high, s, unit, point, g, A, eye, eye, nothing, nothing)
    search.move(point)
    search.reset()
    return search


def _iterate(search: _Search) -> Found | None:
    """One step; the end, if this is it."""
    point = search.point
    if point.f < search.bottom and search.evaluator.feasible(point):
        if falls_on(search.evaluator, point, search.start, search.low, search.high) is not None:
            return Found(point, unbounded())
        search.bottom *= DEEPER
    try:
        d, hard = search.step(point.c)
    except np.linalg.LinAlgError:
        return _without_model(search)
    if _settled(search, d, hard):
        return _ended(search, d)
    taken = None if _stuck(search, hard) else _line_search(search, d, hard)
    if taken is None:
        return _no_step(search, d)
    ended = _accept(search, taken)
    if ended is not None:
        return ended
    if _flat(search):
        return _ended(search, d, flat=True)
    return _at_cusp(search) if _cusp(search) else None


def _without_model(search: _Search) -> Found | None:
    """What to do where the subproblem has no solution in floating point: forget H, or end."""
    if search.age == 0:
        why = "the search's model of the functions cannot be solved here"
        return Found(search.point, Outcome(Ending.NO_BETTER, why, sure=False))
    search.reset()
    return None


def _accept(search: _Search, taken: Point) -> Found | None:
    """Stand at the point that was taken, and learn from the step; the end, if that is no place."""
    before, g, A = search.point, search.g, search.A
    search.move(taken)
    if not (np.isfinite(search.g).all() and np.isfinite(search.A).all()):
        why = "a derivative is NaN or infinite at a point on the way"
        return Found(taken, Outcome(Ending.ERROR_VALUE, why))
    try:
        search.learn(before, g, A)
    except np.linalg.LinAlgError:
        search.reset()
    return None


def _no_step(search: _Search, d: Floats) -> Found | None:
    """What to do where the line search found nothing, which may be the fault of a bad H."""
    if search.age == 0 or search.soft:
        return _at_rest(search, d)
    search.reset()
    return None


def _at_rest(search: _Search, d: Floats) -> Found | None:
    """Nothing is gained here: end, or look for a feasible point to go on from."""
    if search.feasible:
        return _ended(search, d)
    if search.restored == RESTORATIONS:
        assert search.mended is not None  # noqa: S101 - it was restored before
        why = f"{RESTORATIONS} times the search left the feasible points for others"
        return Found(search.mended, Outcome(Ending.NO_BETTER, why, sure=False))
    mended = restore(search.evaluator, search.point, search.low, search.high)
    if not met(search.evaluator, mended):
        return at_the_least(search.evaluator, mended, search.low, search.high)
    if search.mended is None or mended.f < search.mended.f:
        search.mended = mended
    search.restored += 1
    search.move(mended)
    search.reset()
    search.soft.clear()
    search.recent.clear()
    return None


def _soft(
    y0: Floats, B: Floats, limits: Floats, equal: int, m: int, price: float
) -> tuple[Floats, Floats, list[int]]:
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
    search.soft.append(float(search.evaluator.violations(search.point.c).sum()))
    return len(search.soft) > 5 and search.soft[-1] > 0.9 * search.soft[-6]


def _left(search: _Search) -> tuple[float, float]:
    """What is left of the Lagrangian's gradient: as a part of the gradients that must cancel.

    The first is measured by the largest of all; the second, variable by variable, by the largest
    that it met.
    """
    slope = search.g + search.A.T @ search.lam
    z = search.point.x / search.s
    room = AT_BOUND * np.maximum(1.0, np.abs(z))
    held = Box(search.low / search.s, search.high / search.s).held(z, slope, room)
    slope = np.where(held, 0.0, slope)
    largest = search.seen * search.s / search.unit + np.abs(search.A.T) @ np.abs(search.lam)
    own = np.divide(np.abs(slope), largest, out=np.zeros_like(slope), where=largest > 0)
    return left_over(slope, search.g, search.A, search.lam), float(own.max())


def _settled(search: _Search, d: Floats, hard: bool) -> bool:
    """Whether the subproblem asks for no step that is worth making, at a feasible point."""
    off = search.evaluator.violations(search.point.c)
    precision = search.evaluator.options.precision
    if not hard or float(off.max(initial=0.0)) > min(precision, EXACT):
        return False
    z = search.point.x / search.s
    still = bool((np.abs(d) <= TINY_STEP * np.maximum(1.0, np.abs(z))).all())
    gain = abs(float(search.g @ d)) + float(np.abs(search.lam) @ off)
    return still or gain <= EPS**2 * abs(search.point.f)


def _ended(search: _Search, d: Floats, *, flat: bool = False) -> Found | None:
    """Feasible, and with nothing more to gain: which of Excel's three sentences fits.

    None if the search begins anew instead.
    """
    left, own = _left(search)
    small = search.knows and _gain(search, d) <= SMALL * _fall(search)
    done = (own <= KKT and small) or (left <= KKT and (own <= KKT or small))
    if not done and _renew(search):
        return None
    if done:
        return search.found(optimal(left if left <= KKT else own))
    if flat:
        limit = search.evaluator.options.convergence
        why = f"the objective changed by at most {limit:g} of itself over five iterations"
        return search.found(Outcome(Ending.CONVERGED, why))
    why = f"no step lowers the objective, though gradients cancel to {left:.1g} only"
    sure = left <= NEARLY or search.evaluator.model.kinked
    return search.found(Outcome(Ending.NO_BETTER, why, sure))


def _gain(search: _Search, d: Floats) -> float:
    """What the last step promised, of the objective."""
    off = search.evaluator.violations(search.point.c)
    return search.unit * (abs(float(search.g @ d)) + float(np.abs(search.lam) @ off))


def _fall(search: _Search) -> float:
    """The size of the objective, or how far it fell, whichever is more."""
    first = search.evaluator.begin().f
    return max(abs(search.point.f), abs(first - search.point.f))


def _renew(search: _Search) -> bool:
    """Begin anew in other units; say whether that was not tried here already.

    Raises:
        Stop: A limit of time was reached.
    """
    evaluator, point = search.evaluator, search.point
    progress = search.renewed_at - point.f > RENEWING * abs(point.f)
    if search.renewed >= RENEWALS or not progress or evaluator.whole.any():
        return False
    search.renewed, search.renewed_at = search.renewed + 1, point.f
    size = np.maximum(np.abs(point.x), LEAST_SCALE * search.s)
    free = np.flatnonzero(search.high > search.low)
    seen = curvature(evaluator, point, search.lam * search.unit, size, free)
    search.knows = seen is not None
    if seen is None:
        search.s = size
        search.move(point)
        search.reset()
    else:
        search.s = _units(search, seen, size)
        search.move(point)
        W = seen.W * search.s * search.s[:, None] / search.unit
        search.take(W)
    search.recent.clear()
    search.guess = None
    return True


def _units(search: _Search, seen: Curvature, size: Floats) -> Floats:
    """The step (n,) of each variable that changes the objective by what it fell, by curvature.

    Where that is rounding, the variable's size; never more than the way between its bounds.
    """
    bent = np.abs(np.diag(seen.W)) > seen.noise
    units = np.where(bent, (_fall(search) / seen.diagonal) ** 0.5, size)
    units = np.where(units > 0, units, size)
    width = search.high - search.low
    return np.where((width > 0) & (units > width), width, units)


def _flat(search: _Search) -> bool:
    """Whether the objective hardly changed over five accepted, feasible iterations."""
    recent = search.recent
    if not search.feasible or search.evaluator.aims:
        recent.clear()
        return False
    recent.append(search.point)
    limit = search.evaluator.options.convergence * abs(search.point.f)
    return len(recent) > 5 and _spread(recent[-6:]) <= limit


def _spread(points: list[Point]) -> float:
    """How far the objectives of points are apart."""
    values = [point.f for point in points]
    return max(values) - min(values)


def _cusp(search: _Search) -> bool:
    """Whether the search treads water where the rows' gradients cancel, all but for rounding.

    Where the feasible points come to a cusp there may be no multipliers: those of the subproblems
    grow without limit, until the objective's gradient is nothing beside what they balance.
    """
    recent = search.recent[-CUSP:]
    if len(recent) < CUSP:
        return False
    merits = [search.merit(point) for point in recent]
    if min(merits[CUSP // 2 :]) < min(merits[: CUSP // 2]):
        return False
    forces = search.rho * np.abs(search.A).max(axis=1, initial=0.0)
    slope, seen = np.abs(search.g).max(), (search.seen * search.s).max() / search.unit
    return bool(CUSP_FORCE * seen <= slope <= CUSP_FORCE * forces.max())


def _at_cusp(search: _Search) -> Found:
    """The end there, at the best of the points that miss the rows by the least."""
    point = min(
        search.recent[-CUSP:],
        key=lambda one: (max(search.evaluator.worst(one), CUSP_ROUNDING), one.f),
    )
    why = "the constraints' gradients all but cancel here, and no multipliers tell what is best"
    return Found(point, Outcome(Ending.NO_BETTER, why), search.rho * search.unit)


def _line_search(search: _Search, d: Floats, hard: bool) -> Point | None:
    """A point along d that lowers the merit enough, or None."""
    point = search.point
    off, slope = _promise(search, d, hard)
    here = search.merit(point)
    noise = 10 * EPS * (abs(point.f) / search.unit + float(search.rho @ np.abs(off)))
    if slope > noise:
        return None
    alpha = 1.0
    while alpha > 1e-12:
        trial = _at(search, alpha * d)
        there = search.merit(trial)
        if there <= here + ARMIJO * alpha * slope + noise:
            return trial
        if alpha == 1.0 and point.c.size and trial.finite:
            bent = _bend(search, d, trial, hard)
            if bent is not None and search.merit(bent) <= here + ARMIJO * slope + noise:
                return bent
        shrink = 0.1
        if math.isfinite(there):
            shrink = min(0.5, max(0.1, -slope * alpha / (2 * (there - here - slope * alpha))))
        alpha *= shrink
    return None


def _promise(search: _Search, d: Floats, hard: bool) -> tuple[Floats, float]:
    """The violations (m,) here, and the merit's slope along d; ρ is raised until it falls."""
    violations, lam = search.evaluator.violations, np.abs(search.lam)
    search.rho = np.maximum(lam, (search.rho + lam) / 2)
    off = violations(search.point.c)
    after = np.zeros(off.size) if hard else violations(search.point.c + search.A @ d)
    slope = float(search.g @ d) - float(search.rho @ (off - after))
    fall = float((off - after).sum())
    if slope >= 0 and fall > 0:
        search.rho = search.rho + 2 * slope / fall + 1.0
        slope = float(search.g @ d) - float(search.rho @ (off - after))
    return off, slope


def _bend(search: _Search, d: Floats, trial: Point, hard: bool) -> Point | None:
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


def _at(search: _Search, d: Floats) -> Point:
    x = np.clip(search.point.x + search.s * d, search.low, search.high)
    return search.evaluator.at(x)
