"""Better starts for least squares that are linear in some of the variables: variable projection.

Residuals r(y, z) are often linear in a part y of the variables once the others, z, are held:
amplitudes of curves, one side of a table of factors. The best y for a z is then a linear least
squares problem, and what is left is a function of z alone (Golub & Pereyra 1973),

    min over z of |r(y*(z), z)|²,    y*(z) = -A⁺ r(0, z),    A = ∂r/∂y,

which has fewer variables, fewer minima, and no plateau where an amplitude is far off. With P what
A's columns cannot explain, its residuals are Pr, and Kaufman's Jacobian (1975) is P ∂r/∂z at y*.

Which variables are linear the formulas say (`Model.partly_linear`): of a set that is not, halves
are asked about, and then their halves, until no variable can be added to those that are.

Where the residuals are linear in z as well, once y is held, as in a factor model, a start is led
out of the noise first. From a random start the first steps fit noise, and the search ends in a
minimum that is not the lowest. A ridge λ|x|² on the variables that interact is the nuclear norm of
their products in disguise (Srebro, Rennie & Jaakkola 2005; Hastie, Mazumder, Lee & Zadeh 2015): it
shrinks the directions that noise alone could make. y and z are solved for in turn, under a λ that
is `LEVEL` of the norm of pure noise: of the products' share in the objective's second derivatives,
with numbers drawn with the residuals' own deviation in place of the residuals.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.functions import Index, Mask
from sheetsim.solver.methods import levenberg_marquardt
from sheetsim.solver.methods.levenberg_marquardt import Squares
from sheetsim.solver.parts.bounds import Box
from sheetsim.solver.parts.journal import Limits

EPS = float(np.finfo(float).eps)
MOST = 600  # variables: matrices are dense
SAME = 1e-9  # of a column's largest number: a change that is rounding
RANK = 1e-11  # of the largest singular value: directions that A does not have
SWEEPS = 20
LEVEL = 0.2
POWERS = 8  # steps of the power method, for the norm of noise


class Source(Protocol):
    """Residuals with their Jacobian, point by point."""

    def both(self, x: Floats) -> tuple[Floats, Floats]:
        """R (m,) and J (m, n) at x (n,)."""


@dataclass(frozen=True)
class Separable:
    """Residuals that are linear in some variables while the others are held.

    Attributes:
        source: the residuals.
        y: (n,) the variables that they are linear in.
        mixed: (n,) those that interact with others.
        bilinear: whether they are linear in the others, too, while these are held.
    """

    source: Source
    y: Mask
    mixed: Mask
    bilinear: bool

    def better(self, evaluator: Evaluator, x: Floats, low: Floats, high: Floats) -> Floats:
        """A point (n,) within the bounds that is no worse than x (n,): a start to go on from.

        Raises:
            Stop: A limit of time was reached.
        """
        with np.errstate(all="ignore"):
            try:
                found = self._led(x) if self.bilinear else self._projected(evaluator, x, low, high)
            except np.linalg.LinAlgError:  # an A or a ridge that is no number
                return x
        found = np.clip(found, low, high)
        if not np.isfinite(found).all():
            return x
        ours, theirs = (self._squares(one) for one in (found, x))
        return found if ours < theirs or not np.isfinite(theirs) else x

    def _squares(self, x: Floats) -> float:
        r, _ = self.source.both(x)
        return float(r @ r)

    # Projection -----------------------------------------------------------------------------

    def _projected(self, evaluator: Evaluator, x: Floats, low: Floats, high: Floats) -> Floats:
        """The end of a search over z alone, from x; bounds of y are left aside."""
        z = ~self.y
        squares = Squares(normal_equations=self._normal_equations)
        limits = Limits.of(evaluator, levenberg_marquardt.CAP)
        limits = replace(limits, convergence=min(limits.convergence, SAME))
        box = Box.of(low[z], high[z])
        journal = levenberg_marquardt.run(squares, box, limits, x[z][None])
        return self._full(journal.x[0])[0]

    def _full(self, z: Floats) -> tuple[Floats, Floats]:
        """All variables (n,) where y is best for z (p,), and a basis of A's columns (m, k)."""
        full = np.zeros(self.y.size)
        full[~self.y] = z
        r, J = self.source.both(full)
        A = J[:, self.y]
        size = np.linalg.norm(A, axis=0)
        size[size == 0] = 1.0
        U, sigma, Vt = np.linalg.svd(A / size, full_matrices=False)
        kept = sigma > RANK * sigma[0]
        full[self.y] = -(Vt[kept].T @ ((U.T @ r)[kept] / sigma[kept])) / size
        return full, U[:, kept]

    def _normal_equations(self, z: Floats) -> tuple[Floats, Floats, Floats]:
        """Σ r², Jᵀr and JᵀJ of the problem in z (S, p) alone."""
        S, p = z.shape
        F, g, H = np.full(S, np.inf), np.zeros((S, p)), np.zeros((S, p, p))
        for s in range(S):
            try:
                full, basis = self._full(z[s])
            except np.linalg.LinAlgError:
                continue
            r, J = self.source.both(full)
            J = J[:, ~self.y]
            r, J = r - basis @ (basis.T @ r), J - basis @ (basis.T @ J)
            F[s], g[s], H[s] = r @ r, J.T @ r, J.T @ J
        return F, g, H

    # The lead ---------------------------------------------------------------------------------

    def _led(self, x: Floats) -> Floats:
        """X after sweeps over y and z in turn, each at its best under the ridge."""
        x = x.copy()
        ridge = np.where(self.mixed, LEVEL * self._noise(x), 0.0)
        for _ in range(SWEEPS):
            for side in (self.y, ~self.y):
                r, J = self.source.both(x)
                x[side] = _best(J[:, side], r, x[side], ridge[side])
        return x

    def _noise(self, x: Floats) -> float:
        """The norm of the second derivatives that residuals of pure noise would have."""
        base = x.copy()
        base[self.mixed] = 0.0
        r, J = self.source.both(base)
        if not self.mixed.all():
            alone = ~self.mixed
            base[alone] = _best(J[:, alone], r, base[alone], np.zeros(int(alone.sum())))
            r, J = self.source.both(base)
        rng = np.random.default_rng(0)
        noise = rng.normal(0.0, float(r.std()), r.size)
        v, norm = rng.normal(size=x.size), 0.0
        for _ in range(POWERS):
            v = np.where(self.mixed, v, 0.0)
            v /= float(np.linalg.norm(v)) or 1.0
            v = (self.source.both(base + v)[1] - J).T @ noise  # exact: J is linear in v
            norm = float(np.linalg.norm(v))
        return norm


def _best(A: Floats, r: Floats, x: Floats, ridge: Floats) -> Floats:
    """The x (q,) that are best for residuals that are r (m,) at x, with derivatives A (m, q)."""
    G = A.T @ A
    least = EPS * A.shape[0] * (float(np.trace(G)) or 1.0)  # where A lacks rank
    G[np.diag_indices_from(G)] += ridge + least
    return np.asarray(np.linalg.solve(G, A.T @ (A @ x - r)))


def separable(evaluator: Evaluator, source: Source, x: Floats) -> Separable | None:
    """What is linear in the residuals, by their formulas; None if all is or nothing is.

    Args:
        evaluator: of the model.
        source: its residuals.
        x: (n,) around which it is tried out which variables interact.
    """
    known, n = evaluator.model.partly_linear, x.size
    if known is None or not 2 <= n <= MOST:
        return None
    y = max(_linear(known, np.arange(n)), _linear(known, np.arange(n)[::-1]), key=np.sum)
    if not y.any() or y.all():
        return None
    with np.errstate(all="ignore"):
        mixed = _mixed(source, x)
    return Separable(source, y, mixed, known(~y)) if mixed.any() else None


def _linear(known: Callable[[Mask], bool], order: Index) -> Mask:
    """A set of variables (n,) to which no other can be added; those that come first are first."""
    chosen = np.zeros(order.size, bool)
    queue = [order]
    while queue:
        block = queue.pop()
        chosen[block] = True
        if known(chosen):
            continue
        chosen[block] = False
        if block.size > 1:
            half = block.size // 2
            queue += [block[half:], block[:half]]
    return chosen


def _mixed(source: Source, x: Floats) -> Mask:
    """The variables (n,) whose column of the Jacobian changes with the others."""
    rng = np.random.default_rng(0)
    size = np.maximum(1.0, np.abs(x))
    first, second = (source.both(x + size * rng.uniform(0.05, 0.15, x.size))[1] for _ in range(2))
    scale = np.maximum(np.abs(first).max(axis=0), np.abs(second).max(axis=0))
    return np.asarray(~(np.abs(second - first).max(axis=0) <= SAME * scale))
