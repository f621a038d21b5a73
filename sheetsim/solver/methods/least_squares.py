"""Least squares to the last digit: Levenberg-Marquardt, then Gauss-Newton on the gradient itself.

Levenberg-Marquardt (see `levenberg_marquardt`) keeps a point where the sum of squares F falls.
Near the minimum F is flat: a parameter that is off by √ε of itself changes F by ε, which is
rounding, and so half of the digits are out of its reach where J is badly conditioned. What still
tells a better point from a worse one there is the gradient. With J = UΣVᵀ (columns scaled to one,
variables on their bounds held), |Uᵀr| is the part of the residuals that the parameters could
still explain, to first order; at the minimum it is 0, and |Uᵀr| / |r| is the relative offset of
Bates & Watts (1981), which no scaling of parameters or data changes. So the last steps are those
of Gauss-Newton through the SVD, δ = -VΣ⁻¹Uᵀr, which does not square J's condition number, and a
step is kept if it lowers |Uᵀr| and leaves F as it is but for rounding.

Where a search with dozens of variables slows down, Newton's method takes over (see `newton`).
Where the formulas show that the residuals are linear in some of the variables, the search begins at
a better start (see `variable_projection`).
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Ending, Outcome
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.found import Found
from sheetsim.solver.functions import checked
from sheetsim.solver.methods import levenberg_marquardt, newton, variable_projection
from sheetsim.solver.methods.levenberg_marquardt import Squares
from sheetsim.solver.parts.bounds import Box
from sheetsim.solver.parts.journal import Journal, Limits

LARGEST = 1_500  # variables: J and JᵀJ are dense
EPS = float(np.finfo(float).eps)
OFFSET = 1e-8  # |Uᵀr| / |r| at an optimum
LOOSE = 1e-5  # the same where J lacks rank: F is right to its square, and no variable is certain
COARSEST = 1e-10  # change of the objective over five iterations, however coarse the option is
POLISH = 60  # steps of Gauss-Newton
SLOW = 1e-3  # change of the objective over five iterations, after which Newton is quicker
AT_RIGHT_ANGLES = Outcome(
    Ending.OPTIMAL, "the residuals stand at right angles to every change that the bounds allow"
)
SAME = 1e-9  # by how much, of itself, F may rise while the gradient falls


@dataclass
class _Fit:
    """The residuals r (m,) and their Jacobian J (m, n) at x, and what |Uᵀr| is made of."""

    x: Floats
    r: Floats
    J: Floats
    step: Floats
    offset: float
    full: bool = True  # whether J has full rank, so that every variable has digits to gain

    @property
    def squares(self) -> float:
        """The sum of squares."""
        return float(self.r @ self.r)

    @property
    def noise(self) -> float:
        """The rounding in r: of the terms that it is the difference of, for which Jx stands."""
        return 10 * EPS * float(np.linalg.norm(np.abs(self.J) @ np.abs(self.x)))


class Residuals:
    """The residuals of a model, point by point: the last batch is remembered."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._seen: dict[bytes, tuple[Floats, Floats | None]] = {}

    def at(self, x: Floats) -> tuple[Floats, Floats | None]:
        """Give r (m,) and J (m, n), if the model has it, at x (n,)."""
        function = self.evaluator.model.residuals
        assert function is not None  # noqa: S101 - the engine asked
        r, J = function(x)
        r = checked("residuals", r, (None,))
        self.evaluator.at(x, residual=r)
        if J is None or self.evaluator.options.derivatives != "analytic":
            return r, None
        return r, checked("residuals, 2nd,", J, (r.size, x.size))

    def values(self, x: Floats) -> Floats:
        """(S, m) at x (S, n)."""
        keys = [row.tobytes() for row in x]
        both = zip(keys, x, strict=True)
        old = self._seen
        self._seen = {key: old[key] if key in old else self.at(row.copy()) for key, row in both}
        return np.stack([self._seen[key][0] for key in keys])

    def jacobian(self, x: Floats) -> Floats:
        """(S, m, n) at x (S, n)."""
        return np.stack([self.slopes(row) for row in x])

    def both(self, x: Floats) -> tuple[Floats, Floats]:
        """R (m,) and J (m, n) at x (n,)."""
        r, J = self._seen.get(x.tobytes()) or self.at(x)
        return r, self.evaluator.difference(self._plain, x, r) if J is None else J

    def slopes(self, x: Floats) -> Floats:
        """J (m, n) at x (n,)."""
        return self.both(x)[1]

    def _plain(self, x: Floats) -> Floats:
        return np.stack([self.at(row)[0] for row in x])


def run(
    evaluator: Evaluator, start: Floats, low: Floats, high: Floats, *, lead: bool = True
) -> Found:
    """Search from a start (n,), within bounds (n,).

    `lead` lets variable projection lead the start out of noise. Led ones end in the same minimum,
    which need not be the lowest: of many starts, half should go without.

    Raises:
        Stop: A limit of time was reached.
    """
    residuals, box = Residuals(evaluator), Box.of(low, high)
    squares = Squares(residuals.values, residuals.jacobian, report=evaluator.model.report)
    # A coarse convergence is a floor on the effort; the digits behind it cost little here.
    convergence = min(evaluator.options.convergence, COARSEST)
    limits = Limits.of(evaluator, levenberg_marquardt.CAP, convergence)
    starts = np.clip(start, low, high)[None]
    if evaluator.options.derivatives == "analytic":
        starts = _with_better(residuals, starts[0], low, high, lead=lead)
    if len(starts) == 1 and newton.suits(evaluator):
        found = _with_newton(residuals, squares, limits, starts, low, high)
        if found is not None:
            return found
        assert evaluator.best is not None  # noqa: S101 - the start was evaluated
        starts = evaluator.best.x[None]
    with np.errstate(all="ignore"):
        journal = levenberg_marquardt.run(squares, box, limits, starts)
    best = _first_of_best(journal)
    evaluator.iteration = len(journal.log(best)) - 1
    # Whether a search that can go no further may be believed is seen below.
    outcome = replace(journal.outcome(best), sure=True, iteration=None)
    x = journal.x[best]
    r, J = residuals.at(x)
    point = evaluator.at(x, residual=r)
    hopeless = outcome.ending is Ending.ERROR_VALUE
    if hopeless or not (np.isfinite(r).all() and point.finite):
        return Found(point, outcome)
    fit = _fit(residuals, x, r, residuals.slopes(x) if J is None else J, low, high)
    if fit is None:
        return Found(point, outcome)
    fit = _polish(residuals, fit, low, high)
    if fit.offset <= _floor(fit):
        outcome = AT_RIGHT_ANGLES
    return Found(evaluator.at(fit.x), outcome, np.zeros(0))


def _with_better(
    residuals: Residuals, start: Floats, low: Floats, high: Floats, *, lead: bool
) -> Floats:
    """The starts (S, n) that variable projection makes of one (n,); itself where it does not apply.

    One that is led out of noise stands in the start's place. Others are added: a search from the
    start itself ends in the minimum next to it, where there are several of one depth.
    """
    evaluator = residuals.evaluator
    separable = variable_projection.separable(evaluator, residuals, start)
    if separable is None or (separable.bilinear and not lead):
        return start[None]
    better = separable.better(evaluator, start, low, high)
    return better[None] if separable.bilinear else np.stack([start, better])


def _first_of_best(journal: Journal) -> int:
    """The first run that ended as low as any, but for rounding."""
    best = journal.best()
    lowest = float(journal.objective[best])
    as_low = journal.objective <= lowest + COARSEST * abs(lowest)
    return int(np.argmax(as_low)) if as_low.any() else best


def _floor(fit: _Fit) -> float:
    """The |Uᵀr| of an optimum."""
    return max((OFFSET if fit.full else LOOSE) * math.sqrt(fit.squares), fit.noise)


def _with_newton(
    residuals: Residuals,
    squares: Squares,
    limits: Limits,
    starts: Floats,
    low: Floats,
    high: Floats,
) -> Found | None:
    """Search from one start until progress is slow, then by Newton; None if that is not the end."""
    evaluator = residuals.evaluator
    coarse = replace(limits, convergence=SLOW)
    with np.errstate(all="ignore"):
        journal = levenberg_marquardt.run(squares, Box.of(low, high), coarse, starts)
        evaluator.iteration = len(journal.log(0)) - 1
        if not np.isfinite(journal.objective[0]) or evaluator.iteration >= limits.max_iterations:
            return None
        point = newton.run(evaluator, journal.x[0], low, high)
        r, J = residuals.at(point.x)
        fit = _fit(residuals, point.x, r, J, low, high) if np.isfinite(r).all() else None
    if fit is None or fit.offset > _floor(fit):
        return None
    return Found(point, AT_RIGHT_ANGLES, np.zeros(0))


def _polish(residuals: Residuals, fit: _Fit, low: Floats, high: Floats) -> _Fit:
    """Gauss-Newton steps for as long as |Uᵀr| falls."""
    for _ in range(POLISH):
        enough = 10 * EPS if fit.full else LOOSE
        if fit.offset <= enough * fit.squares**0.5:
            break
        for part in (1.0, 0.5, 0.25, 0.1):
            x = np.clip(fit.x + part * fit.step, low, high)
            r, J = residuals.at(x)
            if not np.isfinite(r).all() or r @ r > fit.squares * (1 + SAME) + fit.noise**2:
                continue
            trial = _fit(residuals, x, r, J, low, high)
            if trial is not None and trial.offset < fit.offset * (1 - 0.1 * part):
                break
        else:
            break
        fit = trial
    return fit


def _fit(
    residuals: Residuals, x: Floats, r: Floats, J: Floats | None, low: Floats, high: Floats
) -> _Fit | None:
    """The step of Gauss-Newton at x; None if a derivative is not finite."""
    J = residuals.slopes(x) if J is None else J
    if not np.isfinite(J).all():
        return None
    g = J.T @ r
    held = Box(low, high).held(x, g)
    D = np.linalg.norm(J, axis=0)
    free = np.flatnonzero(~held & (D > 0))
    step = np.zeros_like(x)
    if not free.size:
        return _Fit(x, r, J, step, 0.0)
    U, sigma, Vt = np.linalg.svd(J[:, free] / D[free], full_matrices=False)
    kept = sigma > EPS * max(J.shape) * sigma[0]
    part = (U.T @ r)[kept]
    step[free] = -(Vt[kept].T @ (part / sigma[kept])) / D[free]
    return _Fit(x, r, J, step, float(np.linalg.norm(part)), bool(kept.size == kept.sum()))
